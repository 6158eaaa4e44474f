"""Who could do an open task instead, and the open tasks that somebody looks after."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlalchemy import select

from engine import delegation, send_back
from engine.clock import local_date
from engine.database import UnitOfWork
from engine.due_dates import MovedTimer, following
from engine.handlers import lookups
from engine.models import Instance, Task
from workflows.actions.task_operations import managed_roles, why_not_manage
from workflows.labels import STEP_VERBS
from workflows.queries.people import names_of
from workflows.queries.work import subjects_of

MOST = 500


@dataclass(frozen=True)
class BackTo:
    """An earlier step, and the other open tasks that would end if the dossier went back there."""

    step: str
    verb: str
    ended: tuple[str, ...]


@dataclass(frozen=True)
class Operations:
    """What may be done with a task beside doing it: people to choose from, None where it may not be."""

    lend_to: dict[UUID, str] | None
    give_to: dict[UUID, str] | None
    may_change_due: bool
    timers: tuple[MovedTimer, ...]
    """Those that would go with another due date, as they stand now."""
    back_to: tuple[BackTo, ...]
    """The earlier steps it may be sent back to."""
    lent_by: str
    may_take_back: bool


@dataclass(frozen=True)
class ManagedTask:
    """An open task in a list: what, about which dossier, with whom, until when."""

    id: UUID
    instance_id: UUID
    verb: str
    about: str
    holder: str
    due_on: date | None


def operations_of(uow: UnitOfWork, task: Task, *, may_do: bool) -> Operations:
    """What the actor may do with an open task; `may_do`: whether the actor may do the task itself."""
    if task.state != "open":
        return Operations(None, None, False, (), (), "", False)
    lent = delegation.delegation_of(uow, task)
    manages = why_not_manage(uow, task) is None
    people = names_of(uow, delegation.colleagues(uow, task)) if manages or may_do else {}
    others = {key: name for key, name in people.items() if key != uow.actor_id}
    lender = names_of(uow, [lent.delegated_by]) if lent else {}
    return Operations(
        lend_to=others if may_do and lent is None else None,
        give_to=people if manages else None,
        may_change_due=manages,
        timers=tuple(following(uow, task, task.due_at or uow.now)) if manages else (),
        back_to=_back_to(uow, task) if manages else (),
        lent_by=next(iter(lender.values()), ""),
        may_take_back=lent is not None and uow.actor_id in (lent.delegated_by, task.assignee_id),
    )


def _back_to(uow: UnitOfWork, task: Task) -> tuple[BackTo, ...]:
    ways = send_back.ways_back(uow, task, send_back.earlier(uow, [task]).values())
    return tuple(
        BackTo(
            way.step.id,
            STEP_VERBS.get(way.step.id, way.step.name),
            tuple(STEP_VERBS.get(each.step, each.name) for each in way.ended),
        )
        for way in ways
        if way.refusal is None
    )


def earlier_steps(uow: UnitOfWork, rows: Sequence[ManagedTask]) -> dict[str, str]:
    """The steps before any of the tasks: id → what is done there."""
    found = send_back.earlier(
        uow, uow.session.scalars(select(Task).where(Task.id.in_([row.id for row in rows])))
    )
    return {step.id: STEP_VERBS.get(step.id, step.name) for step in found.values()}


def managed_tasks(uow: UnitOfWork) -> list[ManagedTask]:
    """The open tasks of the roles that the actor looks after, soonest due first, so many at most."""
    query = (
        select(Task)
        .join(Instance, Instance.id == Task.instance_id)
        .where(
            Task.organisation_id == uow.organisation_id,
            Task.state == "open",
            Task.role.in_(managed_roles(uow)),
            Instance.status == "running",
        )
        .order_by(Task.due_at.is_(None), Task.due_at, Task.id)
        .limit(MOST)
    )
    return managed_rows(uow, list(uow.session.scalars(query)))


def lent_work(uow: UnitOfWork) -> list[ManagedTask]:
    """The open tasks that the actor has lent to colleagues, soonest due first."""
    return managed_rows(uow, delegation.delegated_by(uow, uow.actor_id)) if uow.actor_id else []


def managed_rows(uow: UnitOfWork, found: list[Task]) -> list[ManagedTask]:
    """The tasks as rows of a list, in the same order."""
    subjects = subjects_of(uow, found)
    holders = {task.id: task.assignee_id or task.claimed_by for task in found}
    names = names_of(uow, [person_id for person_id in holders.values() if person_id])
    rows = []
    for task in found:
        code, name, _held = subjects.get(task.business_key, ("", "", False))
        holder = holders[task.id]
        rows.append(
            ManagedTask(
                id=task.id,
                instance_id=task.instance_id,
                verb=STEP_VERBS.get(task.step, task.name),
                about=" · ".join(part for part in (code, name) if part),
                holder=names.get(holder, "") if holder else "",
                due_on=local_date(task.due_at) if task.due_at else None,
            )
        )
    return rows


def people_of_managed_roles(uow: UnitOfWork) -> dict[UUID, str]:
    """Everybody who holds, or stands in for, a role that the actor looks after and is not on leave: their names."""
    assert uow.organisation_id is not None
    people: set[UUID] = set()
    for role in managed_roles(uow):
        for found in (lookups().holders, lookups().substitutes):
            people.update(found(uow, uow.organisation_id, role, None, uow.today))
    return names_of(uow, people - lookups().absent(uow, uow.organisation_id, uow.today))
