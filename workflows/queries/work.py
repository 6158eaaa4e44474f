"""My work: what waits for me, overdue first, one next action a row."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TypeVar
from uuid import UUID

from sqlalchemy import select

from engine import tasks
from engine.clock import local_date
from engine.database import UnitOfWork
from engine.errors import N_
from engine.models import Task
from workflows.labels import STEP_VERBS
from workflows.tables.meetings import Meeting
from workflows.tables.nominations import Nomination, Notice
from workflows.tables.packages import Package, ReceivedPackage
from workflows.tables.papers import Paper
from workflows.tables.sessions import CouncilSession

PAGE = 50
"""So many rows are read at a glance, and in one request whatever waits."""
Row = TypeVar("Row", Nomination, Meeting, CouncilSession, Paper, Package)

GROUPS: dict[str, str] = {
    "overdue": N_("Quá hạn"),
    "today": N_("Hôm nay"),
    "week": N_("Tuần này"),
    "later": N_("Sau đó"),
}
"""Work without a date of its own belongs to today: it waits for nobody else."""


@dataclass(frozen=True)
class WorkItem:
    """One task as one sentence: what to do, with which dossier, until when."""

    task_id: UUID
    step: str
    process_id: str
    business_key: str
    verb: str
    code: str
    name: str
    due_on: date | None
    group: str
    claimed_by_me: bool
    on_hold: bool


@dataclass(frozen=True)
class WorkGroup:
    """The items of one group of dates under its heading."""

    key: str
    label: str
    items: tuple[WorkItem, ...]


@dataclass(frozen=True)
class Work:
    """A page of work in groups by date, groups without work left out; `next` is the task to go on after."""

    groups: tuple[WorkGroup, ...]
    next: UUID | None

    @property
    def items(self) -> list[WorkItem]:
        """All items of the page, the most urgent first."""
        return [item for group in self.groups for item in group.items]


def my_work(
    uow: UnitOfWork, person_id: UUID, *, step: str | None = None, after: UUID | None = None, most: int = PAGE
) -> Work:
    """What the person may do now, of one step when it is given: a page, the most urgent first."""
    assert uow.organisation_id is not None
    found = tasks.open_tasks_of(uow, person_id, uow.organisation_id, step=step, after=after, most=most + 1)
    page = found[:most]
    subjects = subjects_of(uow, page)
    items = [_item(uow, task, person_id, subjects) for task in page]
    items.sort(key=lambda item: (item.due_on or uow.today, item.verb, item.code))
    groups = tuple(
        WorkGroup(key, label, tuple(item for item in items if item.group == key))
        for key, label in GROUPS.items()
        if any(item.group == key for item in items)
    )
    return Work(groups, page[-1].id if len(found) > most else None)


def group_of(due_on: date | None, today: date) -> str:
    """The group of a date: overdue, today, this week (up to Sunday), later."""
    if due_on is None or due_on == today:
        return "today"
    if due_on < today:
        return "overdue"
    sunday = today + timedelta(days=6 - today.weekday())
    return "week" if due_on <= sunday else "later"


def unread_notices(uow: UnitOfWork, person_id: UUID) -> list[Notice]:
    """The person's unread notices, newest first."""
    unread = (Notice.person_id == person_id, Notice.read_at.is_(None))
    return list(uow.session.scalars(select(Notice).where(*unread).order_by(Notice.id.desc())))


def read_notices(uow: UnitOfWork, person_id: UUID, limit: int = 100) -> list[Notice]:
    """The notices that the person has read, newest first, so many at most."""
    read = (Notice.person_id == person_id, Notice.read_at.is_not(None))
    return list(uow.session.scalars(select(Notice).where(*read).order_by(Notice.id.desc()).limit(limit)))


def _item(
    uow: UnitOfWork, task: Task, person_id: UUID, subjects: dict[str, tuple[str, str, bool]]
) -> WorkItem:
    code, name, held = subjects.get(task.business_key, ("", "", False))
    due_on = local_date(task.due_at) if task.due_at is not None else None
    return WorkItem(
        task_id=task.id,
        step=task.step,
        process_id=task.process_id,
        business_key=task.business_key,
        verb=STEP_VERBS.get(task.step, task.name),
        code=code,
        name=name,
        due_on=due_on,
        group=group_of(due_on, uow.today),
        claimed_by_me=task.claimed_by == person_id,
        on_hold=held,
    )


def subjects_of(uow: UnitOfWork, open_tasks: list[Task]) -> dict[str, tuple[str, str, bool]]:
    """Business key → (code, name, on hold) of what the tasks are about, one query a kind of thing."""
    keys: dict[str, list[UUID]] = {}
    for task in open_tasks:
        with suppress(ValueError):  # a process from elsewhere may call its runs anything
            keys.setdefault(task.process_id, []).append(UUID(task.business_key))
    return subjects(uow, keys)


def subjects(uow: UnitOfWork, keys: Mapping[str, list[UUID]]) -> dict[str, tuple[str, str, bool]]:
    """Business key → (code, name, on hold) for process → keys, one query a kind of thing."""
    found: dict[str, tuple[str, str, bool]] = {}
    for row in _rows(uow, Nomination, keys.get("nomination", [])):
        found[str(row.id)] = (row.code, row.subject_name, bool(row.on_hold_basis))
    for meeting in _rows(uow, Meeting, keys.get("unit_review", [])):
        found[str(meeting.id)] = ("", meeting.title, False)
    for session in _rows(uow, CouncilSession, keys.get("council_appraisal", [])):
        found[str(session.id)] = ("", session.title, False)
    for paper in _rows(uow, Paper, keys.get("chairman_signature", [])):
        found[str(paper.id)] = ("", paper.subject, False)
    for package in _rows(uow, Package, keys.get("city_submission", [])):
        found[str(package.id)] = (package.code, N_("Bộ hồ sơ gửi cấp trên"), False)
    if "city_desk" in keys:
        received = select(ReceivedPackage).where(ReceivedPackage.package_id.in_(keys["city_desk"]))
        for each in uow.session.scalars(received):
            found[str(each.package_id)] = (each.code, each.sender_name, False)
    return found


def _rows(uow: UnitOfWork, table: type[Row], keys: list[UUID]) -> list[Row]:
    if not keys:
        return []
    return list(uow.session.scalars(select(table).where(table.id.in_(keys))))
