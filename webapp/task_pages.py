"""Which pages belong to a task: its own page when it has one, and the page of what it is about.

A view with a page of its own for a step (voting, the session) names it here; everything else is drawn from
the step's form by `views/tasks.py`.
"""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import current_app, url_for

from engine.models import Task

OWN_PAGES: dict[tuple[str, str], str] = {}
"""(process, step) → endpoint; the endpoint takes `task_id`."""

ABOUT_PAGES: dict[str, tuple[str, str]] = {
    "nomination": ("nominations.show", "nomination_id"),
    "unit_review": ("meetings.show", "meeting_id"),
    "council_appraisal": ("sessions.show", "session_id"),
    "chairman_signature": ("papers.show", "paper_id"),
    "city_submission": ("packages.show", "package_id"),
    "city_desk": ("packages.received", "package_id"),
}
"""process → (endpoint, the name of its argument); the argument is the task's business key."""


def task_url(process_id: str, step: str, task_id: UUID) -> str:
    """Where the task is done."""
    own = OWN_PAGES.get((process_id, step))
    if own and own in current_app.view_functions:
        return url_for(own, task_id=task_id)
    return url_for("tasks.show", task_id=task_id)


def about_url(task: Task) -> str | None:
    """The page of what the task is about; None when there is none yet."""
    endpoint, argument = ABOUT_PAGES.get(task.process_id, ("", ""))
    if endpoint not in current_app.view_functions:
        return None
    values: dict[str, Any] = {argument: task.business_key}
    return url_for(endpoint, **values)
