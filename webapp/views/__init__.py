"""The pages, one module an area. Add a module with a `blueprint` and name it in MODULES."""

from __future__ import annotations

from importlib import import_module

from flask import Blueprint

MODULES = (
    "auth",
    "health",
    "metrics",
    "work",
    "notices",
    "tasks",
    "task_operations",
    "meetings",
    "sessions",
    "session_selection",
    "ballot_boxes",
    "invitations",
    "papers",
    "packages",
    "nominations",
    "nominate",
    "evidence",
    "register",
    "movements",
    "progress",
    "admin",
    "migration",
    "inspection",
)


def blueprints() -> list[Blueprint]:
    """The blueprint of every area."""
    return [import_module(f"webapp.views.{name}").blueprint for name in MODULES]
