"""Who may do a task: its assignee, else the holders of its role, else a substitute when all are barred."""

from __future__ import annotations

from uuid import UUID

import sqlalchemy as sa

from engine.database import UnitOfWork
from engine.errors import N_
from engine.handlers import RoleHeld, lookups
from engine.models import Task, TaskBar


def may_complete(uow: UnitOfWork, task: Task, person_id: UUID) -> str | None:
    """Return None when the person may do the task, else the reason why not, in Vietnamese."""
    if person_id in barred(uow, task):
        return N_("Bạn có liên quan đến hồ sơ này nên không được xử lý; người thay thế sẽ thực hiện.")
    if task.assignee_id is not None:
        if task.assignee_id == person_id:
            return None
        return N_("Việc này được giao cho %(name)s.") % {"name": _name(uow, task.assignee_id)}
    if task.claimed_by not in (None, person_id):
        return N_("%(name)s đang nhận xử lý việc này.") % {"name": _name(uow, task.claimed_by)}
    held = [role for role in lookups().roles_of(uow, person_id, uow.today) if _covers(role, task)]
    if any(not role.substitute for role in held):
        return None
    if not held:
        return N_("Bạn không giữ vai trò được giao việc này.")
    if free_holders(uow, task):
        return N_("Bạn là người thay thế; việc này còn người phụ trách chính xử lý được.")
    return None


def missing_substitute(uow: UnitOfWork, task: Task) -> str | None:
    """Return who must appoint somebody, in Vietnamese, when nobody may do an open task; else None."""
    if task.state != "open":
        return None
    bars = barred(uow, task)
    if task.assignee_id is not None:
        if task.assignee_id not in bars:
            return None
    elif free_holders(uow, task) or free_substitutes(uow, task):
        return None
    administrators = lookups().holders(uow, task.organisation_id, "administrator", None, uow.today)
    names = ", ".join(_name(uow, person_id) for person_id in administrators)
    who = N_("Người quản trị (%(names)s)") % {"names": names} if names else N_("Người quản trị")
    return N_(
        "Chưa có ai được làm việc “%(task)s”: người phụ trách vắng hoặc có liên quan đến hồ sơ. "
        "%(who)s phải cử người thay thế."
    ) % {"task": task.name, "who": who}


_BARRED = sa.select(TaskBar.person_id).where(TaskBar.task_id == sa.bindparam("task_id"))


def barred(uow: UnitOfWork, task: Task) -> set[UUID]:
    """Return those who may not do the task because it concerns themselves."""
    return set(uow.session.scalars(_BARRED, {"task_id": task.id}))


def free_holders(uow: UnitOfWork, task: Task) -> list[UUID]:
    """Return the regular holders of the task's role who are not barred."""
    people = lookups().holders(uow, task.organisation_id, task.role, task.unit_id, uow.today)
    bars = barred(uow, task)
    return [person_id for person_id in people if person_id not in bars]


def free_substitutes(uow: UnitOfWork, task: Task) -> list[UUID]:
    """Return the substitutes of the task's role who are not barred."""
    people = lookups().substitutes(uow, task.organisation_id, task.role, task.unit_id, uow.today)
    bars = barred(uow, task)
    return [person_id for person_id in people if person_id not in bars]


def open_tasks_of(uow: UnitOfWork, person_id: UUID, organisation_id: UUID) -> list[Task]:
    """Return what waits for a person, soonest due first: own tasks and those of held roles.

    Left out: what somebody else has claimed, what the person is barred from, and as a substitute
    everything that a regular holder may do.
    """
    held = [
        role
        for role in lookups().roles_of(uow, person_id, uow.today)
        if role.organisation_id == organisation_id
    ]
    bar = sa.exists().where(TaskBar.task_id == Task.id, TaskBar.person_id == person_id)
    query = sa.select(Task).where(
        Task.organisation_id == organisation_id,
        Task.state == "open",
        ~bar,
        sa.or_(Task.assignee_id == person_id, _of_roles(held, person_id)),
    )
    tasks = uow.session.scalars(query.order_by(Task.due_at.is_(None), Task.due_at, Task.id))
    return [task for task in tasks if _is_for(uow, task, person_id, held)]


def _of_roles(held: list[RoleHeld], person_id: UUID) -> sa.ColumnElement[bool]:
    names = {role.role for role in held}
    unclaimed = sa.or_(Task.claimed_by.is_(None), Task.claimed_by == person_id)
    return sa.and_(Task.assignee_id.is_(None), Task.role.in_(names), unclaimed)


def _is_for(uow: UnitOfWork, task: Task, person_id: UUID, held: list[RoleHeld]) -> bool:
    if task.assignee_id == person_id:
        return True
    covering = [role for role in held if _covers(role, task)]
    if any(not role.substitute for role in covering):
        return True
    return bool(covering) and not free_holders(uow, task)


def _covers(role: RoleHeld, task: Task) -> bool:
    """A holding without a unit covers every unit, as in the lookups."""
    return (
        role.role == task.role
        and role.organisation_id == task.organisation_id
        and (task.unit_id is None or role.unit_id is None or role.unit_id == task.unit_id)
    )


def _name(uow: UnitOfWork, person_id: UUID | None) -> str:
    return lookups().person_name(uow, person_id) if person_id else ""
