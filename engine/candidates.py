"""Who may do a task: its assignee, else the holders of its role, else a substitute when all are barred or away."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from uuid import UUID

import sqlalchemy as sa

from engine.database import UnitOfWork
from engine.errors import N_
from engine.handlers import RoleHeld, lookups
from engine.models import Task, TaskBar

NOT_SAME_PERSON_AS = "notSamePersonAs"
"""The step's property that names the steps whose doers may not do it; its row keeps the names under this key."""
_CHUNK = 500


def named_steps(text: str) -> list[str]:
    """Return the step ids of a property's value, "draft, appraise"."""
    return [name for part in text.split(",") if (name := part.strip())]


def may_complete(
    uow: UnitOfWork, task: Task, person_id: UUID, *, is_barred: bool | None = None
) -> str | None:
    """Return None when the person may do the task, else the reason why not, in Vietnamese.

    `is_barred` when somebody has looked already whether the task concerns the person.
    """
    if person_id in barred(uow, task) if is_barred is None else is_barred:
        return N_("Bạn có liên quan đến hồ sơ này nên không được xử lý; người thay thế sẽ thực hiện.")
    done = done_by(uow, task).get(person_id)
    if done is not None:
        return N_("Bạn đã làm bước “%(step)s” nên việc này phải do người khác làm.") % {"step": done}
    if task.assignee_id == person_id:
        return None
    holder = in_charge(uow, task)
    if holder is not None and holder != person_id:
        if holder == task.assignee_id:
            return N_("Việc này được giao cho %(name)s.") % {"name": _name(uow, holder)}
        return N_("%(name)s đang nhận xử lý việc này.") % {"name": _name(uow, holder)}
    held = [role for role in lookups().roles_of(uow, person_id, uow.today) if _covers(role, task)]
    if any(not role.substitute for role in held):
        return None
    if not held:
        return N_("Bạn không giữ vai trò được giao việc này.")
    if free_holders(uow, task):
        return N_("Bạn là người thay thế; việc này còn người phụ trách chính xử lý được.")
    return None


def in_charge(uow: UnitOfWork, task: Task) -> UUID | None:
    """Return who has the task for oneself; None when it is its role's, also because that person is on leave."""
    holder = task.assignee_id or task.claimed_by
    if holder is None or is_personal(task):
        return holder
    return None if holder in _absent(uow, task.organisation_id) else holder


def is_personal(task: Task) -> bool:
    """Return whether the task is one person's share of a step, a vote: nobody else can do it instead."""
    return "item" in task.data


def missing_substitute(uow: UnitOfWork, task: Task) -> str | None:
    """Return who must appoint somebody, in Vietnamese, when nobody may do an open task; else None."""
    if task.state != "open":
        return None
    holder = in_charge(uow, task) if task.assignee_id is not None else None
    if holder is not None:
        if holder not in excluded(uow, task):
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


def done_by(uow: UnitOfWork, task: Task) -> dict[UUID, str]:
    """Return who did, in this instance, a step that the task's own must not share its doer with: person → its name."""
    steps = task.data.get(NOT_SAME_PERSON_AS)
    if not steps:
        return {}
    query = sa.select(Task.completed_by, Task.name).where(
        Task.instance_id == task.instance_id,
        Task.state == "completed",
        Task.step.in_(steps),
        Task.completed_by.is_not(None),
    )
    return {row.completed_by: row.name for row in uow.session.execute(query.order_by(Task.id))}


def excluded(uow: UnitOfWork, task: Task) -> set[UUID]:
    """Return everybody who may not do the task whatever their role: barred, or did a step it keeps apart."""
    return barred(uow, task) | done_by(uow, task).keys()


def free_holders(uow: UnitOfWork, task: Task) -> list[UUID]:
    """Return the regular holders of the task's role who may do it and are not on leave."""
    people = lookups().holders(uow, task.organisation_id, task.role, task.unit_id, uow.today)
    return _free(uow, task, people)


def free_substitutes(uow: UnitOfWork, task: Task) -> list[UUID]:
    """Return the substitutes of the task's role who may do it and are not on leave."""
    people = lookups().substitutes(uow, task.organisation_id, task.role, task.unit_id, uow.today)
    return _free(uow, task, people)


def _free(uow: UnitOfWork, task: Task, people: Iterable[UUID]) -> list[UUID]:
    unfit = excluded(uow, task) | _absent(uow, task.organisation_id)
    return [person_id for person_id in people if person_id not in unfit]


def _absent(uow: UnitOfWork, organisation_id: UUID) -> set[UUID]:
    return lookups().absent(uow, organisation_id, uow.today)


def open_tasks_of(
    uow: UnitOfWork,
    person_id: UUID,
    organisation_id: UUID,
    *,
    step: str | None = None,
    after: UUID | None = None,
    most: int | None = None,
) -> list[Task]:
    """Return what waits for a person, soonest due first, undated last: own tasks and those of held roles.

    At most so many, of one step, those that come after a task of the list before, when that is given. Left out:
    what somebody else who is not on leave has, what the person is barred from or may not do after an earlier
    step, and as a substitute everything that a regular holder may do.
    """
    held = [
        role
        for role in lookups().roles_of(uow, person_id, uow.today)
        if role.organisation_id == organisation_id
    ]
    ways = _ways(person_id, organisation_id, held, _absent(uow, organisation_id))
    start = uow.session.get(Task, after) if after is not None else None
    found: list[Task] = []
    while True:
        window = None if most is None else most - len(found) + _SPARE
        page = list(uow.session.scalars(_page(person_id, ways, step, start, window)))
        did = _steps_done(uow, person_id, page)
        found += [task for task in page if not _shares(task, did) and _is_for(uow, task, person_id, held)]
        if window is None or len(page) < window or len(found) >= (most or 0):
            return found[:most]
        start = page[-1]


_SPARE = 20
"""Rows looked at beyond a page, for those that turn out to be somebody else's."""
_IS_OPEN = Task.state == sa.literal_column("'open'")
"""Written out: with a parameter neither database finds its indexes of open tasks."""
Way = Sequence[sa.ColumnElement[bool]]


def _ways(person_id: UUID, organisation_id: UUID, held: list[RoleHeld], away: set[UUID]) -> list[Way]:
    """Return the ways in which a task can be a person's; each is one walk along an index."""
    names = sorted({role.role for role in held})
    here = Task.organisation_id == organisation_id
    unclaimed = sa.or_(Task.claimed_by.is_(None), Task.claimed_by.in_(away | {person_id}))
    ways: list[Way] = [(here, Task.assignee_id == person_id)]
    ways += [(here, Task.role == name, Task.assignee_id.is_(None), unclaimed) for name in names]
    if away and names:
        ways.append((here, Task.assignee_id.in_(away), Task.role.in_(names), unclaimed))
    return ways


def _page(
    person_id: UUID, ways: list[Way], step: str | None, start: Task | None, window: int | None
) -> sa.Select[Task]:
    bar = sa.exists().where(TaskBar.task_id == Task.id, TaskBar.person_id == person_id)
    shared: list[sa.ColumnElement[bool]] = [_IS_OPEN, ~bar]
    if step is not None:
        shared.append(Task.step == step)
    walks = []
    for way in ways:
        for following, order in _following(start):
            walk = sa.select(Task.id).where(*shared, *way, following).order_by(*order).limit(window)
            walks.append(sa.select(walk.subquery().c.id))
    ids = sa.union(*walks).subquery()
    query = sa.select(Task).where(Task.id.in_(sa.select(ids.c.id)))
    return query.order_by(Task.due_at.is_(None), Task.due_at, Task.id).limit(window)


def _following(start: Task | None) -> list[tuple[sa.ColumnElement[bool], Way]]:
    """Return the condition and the order of the dated tasks after `start`, and of the undated ones."""
    dated, undated = Task.due_at.is_not(None), Task.due_at.is_(None)
    orders: tuple[Way, Way] = ((Task.due_at, Task.id), (Task.id,))  # type: ignore[assignment]
    if start is None:
        return [(dated, orders[0]), (undated, orders[1])]
    if start.due_at is None:
        return [(sa.and_(undated, Task.id > start.id), orders[1])]
    later = sa.or_(Task.due_at > start.due_at, sa.and_(Task.due_at == start.due_at, Task.id > start.id))
    return [(sa.and_(dated, later), orders[0]), (undated, orders[1])]


def _steps_done(uow: UnitOfWork, person_id: UUID, tasks: list[Task]) -> set[tuple[UUID, str]]:
    """Which steps the person did in the instances of those tasks that keep doers apart."""
    instances = sorted({task.instance_id for task in tasks if task.data.get(NOT_SAME_PERSON_AS)})
    done: set[tuple[UUID, str]] = set()
    for first in range(0, len(instances), _CHUNK):
        query = sa.select(Task.instance_id, Task.step).where(
            Task.instance_id.in_(instances[first : first + _CHUNK]),
            Task.state == "completed",
            Task.completed_by == person_id,
        )
        done.update((row.instance_id, row.step) for row in uow.session.execute(query))
    return done


def _shares(task: Task, did: set[tuple[UUID, str]]) -> bool:
    return any((task.instance_id, step) in did for step in task.data.get(NOT_SAME_PERSON_AS, ()))


def _is_for(uow: UnitOfWork, task: Task, person_id: UUID, held: list[RoleHeld]) -> bool:
    if task.assignee_id == person_id:
        return True
    if task.assignee_id is not None and is_personal(task):
        return False
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
