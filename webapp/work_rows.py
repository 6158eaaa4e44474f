"""A person's open work in the words of the office: one verb, what it is about, until when, and where."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from engine.database import UnitOfWork
from engine.models import Task
from webapp.i18n import translate
from webapp.task_pages import task_url
from workflows.labels import STEP_VERBS
from workflows.queries.work import Work, WorkGroup, WorkItem, subjects_of


@dataclass(frozen=True)
class WorkRow:
    """One row of a list of work."""

    id: UUID
    step: str
    verb: str
    about: str
    due: date | None
    url: str
    on_hold: bool = False
    mine: bool = False


@dataclass(frozen=True)
class Batch:
    """A step of which several tasks wait."""

    step: str
    verb: str
    count: int


def verb_of(task: Task) -> str:
    """What is to be done, as a verb; a step of a changed diagram says its own name."""
    return STEP_VERBS.get(task.step, task.name)


def groups_of(work: Work) -> list[tuple[WorkGroup, list[WorkRow]]]:
    """A page of work by urgency, each group with its rows."""
    return [(group, rows_of(group.items)) for group in work.groups]


def subject_of(uow: UnitOfWork, task: Task) -> str:
    """Which dossier, meeting or paper a task is about, in words; empty when it is about none."""
    code, name, _held = subjects_of(uow, [task]).get(task.business_key, ("", "", False))
    return " · ".join(part for part in (code, translate(name)) if part)


def rows_of(items: Sequence[WorkItem]) -> list[WorkRow]:
    """The items as rows, in the same order."""
    return [
        WorkRow(
            id=item.task_id,
            step=item.step,
            verb=item.verb,
            about=" · ".join(part for part in (item.code, translate(item.name)) if part),
            due=item.due_on,
            url=task_url(item.process_id, item.step, item.task_id),
            on_hold=item.on_hold,
            mine=item.claimed_by_me,
        )
        for item in items
    ]
