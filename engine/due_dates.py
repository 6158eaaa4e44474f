"""The due date of an open task moves only by an action with a reason; timers follow it where the diagram says so."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

import sqlalchemy as sa

from engine import execution, tasks
from engine.database import UnitOfWork
from engine.errors import N_, NotAllowed
from engine.history import Event
from engine.models import Instance, Task, Timer
from engine.spiff.runner import Run, TimerWait

FARTHEST = timedelta(days=3653)
"""A due date farther away is a year typed wrongly."""


@dataclass(frozen=True)
class MovedTimer:
    """A timer that goes with a task's due date, by as much as the due date itself."""

    element: str
    before: datetime
    after: datetime


def change_due(uow: UnitOfWork, task_id: UUID, due_at: datetime, reason: str) -> list[MovedTimer]:
    """Give an open task another due date; returns the timers that went with it.

    The callers have their own gate. Raises NotFound, Suspended, NotReady, and NotAllowed for a moment that has
    passed, is the present one or is years away.
    """
    task, instance = tasks.locked(uow, task_id)
    refusal = why_not_due(uow, task, due_at)
    if refusal is not None:
        raise NotAllowed(refusal)
    run = execution.load_run(uow, instance)
    moved = [_move(uow, run, task, wait, due_at) for wait in run.timers_of(task.engine_task_id)]
    before, task.due_at = task.due_at, due_at
    timers = [{"element": each.element, "from": each.before, "to": each.after} for each in moved]
    data = {"task": task.id, "from": before, "to": due_at, "reason": reason, "timers": timers}
    execution.record(uow, instance, Event.TASK_DUE_CHANGED, element=task.step, data=data)
    if moved:
        execution.store_run(uow, instance, run)
    return moved


def why_not_due(uow: UnitOfWork, task: Task, due_at: datetime) -> str | None:
    """Return why a task cannot be due then, in Vietnamese; None when it can."""
    if due_at <= uow.now:
        return N_("Hạn mới phải sau thời điểm hiện tại.")
    if due_at > uow.now + FARTHEST:
        return N_("Hạn mới xa quá mười năm; xin kiểm tra lại năm.")
    return N_("Hạn mới trùng với hạn hiện tại.") if due_at == task.due_at else None


def following(uow: UnitOfWork, task: Task, due_at: datetime) -> list[MovedTimer]:
    """Return the timers that would go with a task's new due date; nothing is changed."""
    run = execution.load_run(uow, uow.session.get_one(Instance, task.instance_id))
    return [_moved(task, wait, due_at) for wait in run.timers_of(task.engine_task_id)]


def _moved(task: Task, wait: TimerWait, due_at: datetime) -> MovedTimer:
    after = due_at if task.due_at is None else wait.due_at + (due_at - task.due_at)
    return MovedTimer(wait.element, wait.due_at, after)


def _move(uow: UnitOfWork, run: Run, task: Task, wait: TimerWait, due_at: datetime) -> MovedTimer:
    moved = _moved(task, wait, due_at)
    run.move_timer(wait, moved.after)
    # The row goes along: left behind, it would be taken for a round of a cycle that has fired.
    row = sa.update(Timer).where(
        Timer.instance_id == task.instance_id,
        Timer.engine_task_id == wait.engine_task_id,
        Timer.element == wait.element,
        Timer.fired_at.is_(None),
    )
    uow.session.execute(row.values(due_at=moved.after))
    return moved
