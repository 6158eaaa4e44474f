"""Another person does an open task: it is given away for good, or lent to a colleague and taken back.

Who may give away other people's tasks is the callers' to decide; here it is refused what no reason allows:
somebody's own vote, a person without the role, one who is barred or on leave.
"""

from __future__ import annotations

from uuid import UUID

import sqlalchemy as sa

from engine import execution, tasks
from engine.candidates import barred, done_by, free_holders, free_substitutes, is_personal
from engine.database import UnitOfWork
from engine.delegation_models import TaskDelegation
from engine.errors import N_, NotAllowed
from engine.handlers import lookups
from engine.history import Event
from engine.models import Task


def reassign(uow: UnitOfWork, task_id: UUID, person_id: UUID, reason: str) -> None:
    """Give a task to one person for good; a delegation of before ends. Raises NotReady, NotAllowed."""
    task, instance = tasks.locked(uow, task_id)
    _require_fit(uow, task, person_id)
    before = task.assignee_id
    _hand_over(uow, task, person_id)
    uow.session.execute(sa.delete(TaskDelegation).where(TaskDelegation.task_id == task.id))
    data = {"task": task.id, "from": before, "to": person_id, "reason": reason}
    execution.record(uow, instance, Event.TASK_REASSIGNED, element=task.step, data=data)


def delegate(uow: UnitOfWork, task_id: UUID, person_id: UUID, reason: str) -> None:
    """Let a colleague do a task that the actor may do; the actor may take it back. Raises NotReady, NotAllowed."""
    task, instance = tasks.locked(uow, task_id)
    tasks.require_permission(uow, task)
    assert uow.actor_id is not None
    if delegation_of(uow, task) is not None:
        raise NotAllowed(
            N_("Việc này do người khác giao cho bạn; chỉ người đó giao lại cho người khác được.")
        )
    _require_fit(uow, task, person_id)
    uow.session.add(
        TaskDelegation(
            task_id=task.id,
            organisation_id=task.organisation_id,
            delegated_by=uow.actor_id,
            assignee_before=task.assignee_id,
        )
    )
    _hand_over(uow, task, person_id)
    data = {"task": task.id, "to": person_id, "reason": reason}
    execution.record(uow, instance, Event.TASK_DELEGATED, element=task.step, data=data)


def take_back(uow: UnitOfWork, task_id: UUID) -> None:
    """End a delegation: the task is the delegator's again. Raises NotReady, NotAllowed for anybody else.

    The colleague may give it back in the same way.
    """
    task, instance = tasks.locked(uow, task_id)
    delegation = delegation_of(uow, task)
    if delegation is None or uow.actor_id not in (delegation.delegated_by, task.assignee_id):
        raise NotAllowed(N_("Chỉ người đã giao hoặc người được giao mới chuyển lại việc này được."))
    data = {"task": task.id, "from": task.assignee_id, "to": delegation.delegated_by}
    task.assignee_id, task.claimed_by = delegation.assignee_before, None
    if task.assignee_id is None:
        task.claimed_by = delegation.delegated_by
    uow.session.delete(delegation)
    execution.record(uow, instance, Event.TASK_TAKEN_BACK, element=task.step, data=data)


def delegation_of(uow: UnitOfWork, task: Task) -> TaskDelegation | None:
    """Return by whom a task was lent to its assignee; None for any other task."""
    return uow.session.get(TaskDelegation, task.id)


def delegated_by(uow: UnitOfWork, person_id: UUID) -> list[Task]:
    """Return the open tasks that a person has lent to colleagues, soonest due first."""
    query = (
        sa.select(Task)
        .join(TaskDelegation, TaskDelegation.task_id == Task.id)
        .where(TaskDelegation.delegated_by == person_id, Task.state == "open")
    )
    return list(uow.session.scalars(query.order_by(Task.due_at.is_(None), Task.due_at, Task.id)))


def colleagues(uow: UnitOfWork, task: Task) -> list[UUID]:
    """Return who could be given the task: those of its role and its substitutes, without who has it."""
    if is_personal(task):
        return []
    has_it = {task.assignee_id, task.claimed_by}
    people = [*free_holders(uow, task), *free_substitutes(uow, task)]
    return [person_id for person_id in dict.fromkeys(people) if person_id not in has_it]


def why_not_give(uow: UnitOfWork, task: Task, person_id: UUID) -> str | None:
    """Return why a task cannot be given to a person, in Vietnamese; None when it can."""
    name = {"name": lookups().person_name(uow, person_id)}
    if is_personal(task):
        return N_("Việc này của riêng từng người nên không giao cho người khác được.")
    if person_id == task.assignee_id:
        return N_("Việc này đang được giao cho %(name)s rồi.") % name
    if person_id in barred(uow, task):
        return N_("%(name)s có liên quan đến hồ sơ này nên không được xử lý.") % name
    done = done_by(uow, task).get(person_id)
    if done is not None:
        return N_("%(name)s đã làm bước “%(step)s” nên không được làm việc này.") % {**name, "step": done}
    if person_id in lookups().absent(uow, task.organisation_id, uow.today):
        return N_("%(name)s đang nghỉ phép.") % name
    if person_id not in (*free_holders(uow, task), *free_substitutes(uow, task)):
        return N_("%(name)s không giữ vai trò của việc này, kể cả thay thế.") % name
    return None


def _require_fit(uow: UnitOfWork, task: Task, person_id: UUID) -> None:
    refusal = why_not_give(uow, task, person_id)
    if refusal is not None:
        raise NotAllowed(refusal)


def _hand_over(uow: UnitOfWork, task: Task, person_id: UUID) -> None:
    task.assignee_id, task.claimed_by = person_id, None
    uow.session.flush()
