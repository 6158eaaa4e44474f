"""Quản trị: people, units, appointments, the calendar, regulations and what went wrong.

A system administrator sees no dossier contents: of a nomination these pages read its code, its nominee's name
and where it stands.
"""

from __future__ import annotations

from flask import Blueprint, request

from engine.errors import N_, NotAllowed
from webapp.actor import current_actor

blueprint = Blueprint("admin", __name__, url_prefix="/admin")

# Everybody at the demonstration may move its clock; the clerk keeps the series of numbers.
OTHERS: dict[str, frozenset[str] | None] = {
    "admin.clock": None,
    "admin.numbers": frozenset({"administrator", "clerk"}),
}


@blueprint.before_request
def _only_administrators() -> None:
    """The pages' own gate; each action and query has its own behind it."""
    actor = current_actor()
    allowed = OTHERS.get(request.endpoint or "", frozenset({"administrator"}))
    if actor is not None and allowed is not None and not actor.roles & allowed:
        raise NotAllowed(N_("Trang này dành cho vai trò “Quản trị hệ thống”."))


from webapp.views.admin import (  # noqa: E402  (they add their pages to the blueprint)
    appointments,
    console,
    drafts,
    editors,
    installation,
    people,
    regulations,
    troubles,
    units,
    values,
)

__all__ = [
    "appointments",
    "blueprint",
    "console",
    "drafts",
    "editors",
    "installation",
    "people",
    "regulations",
    "troubles",
    "units",
    "values",
]
