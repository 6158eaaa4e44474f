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
from workflows.queries.work import WorkGroup, WorkItem, my_work


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


def work_groups(uow: UnitOfWork) -> list[tuple[WorkGroup, list[WorkRow]]]:
    """The actor's work by urgency, each group with its rows."""
    if uow.actor_id is None:
        return []
    return [(group, rows_of(group.items)) for group in my_work(uow, uow.actor_id)]


def work_rows(uow: UnitOfWork) -> list[WorkRow]:
    """All rows of the actor's work, the most urgent first."""
    return [row for _group, rows in work_groups(uow) for row in rows]


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
