"""An open task goes back to an earlier step of its instance, with a reason; what this ends is told before.

Who may send back is the callers' to decide. What the diagram does not allow is refused here: a step that is not
an earlier one, a way over a step of no return, a branch whose others have joined already.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

import sqlalchemy as sa

from engine import execution, tasks
from engine.database import UnitOfWork
from engine.errors import NotAllowed, StepFailed
from engine.handlers import SentBack, registry
from engine.history import Event
from engine.models import Instance, Task
from engine.spiff.parser import Element
from engine.spiff.send_back import NoWayBack, earlier_steps


@dataclass(frozen=True)
class Way:
    """What sending a task back to a step would do: the other open tasks that end, or why it cannot be done."""

    step: Element
    refusal: str | None
    ended: tuple[Task, ...] = ()


def send_back(uow: UnitOfWork, task_id: UUID, step: str, reason: str) -> None:
    """Move an open task's token back to an earlier step, in the caller's transaction.

    What was known stays known; tasks, timers and subscriptions that came after the step end. Raises NotFound,
    Suspended, NotReady, NotAllowed where the diagram or the process's own handler refuses, StepFailed.
    """
    task, instance = tasks.locked(uow, task_id)
    run = execution.load_run(uow, instance)
    handler = registry().sent_back.get(instance.process_id)
    if handler is not None:
        handler(SentBack(uow, task, instance.business_key, step, reason))
    try:
        with execution.blaming(instance.id):
            name = run.send_back(task.engine_task_id, step)
            data = {"task": task.id, "to": step, "name": name, "reason": reason}
            execution.record(uow, instance, Event.TASK_SENT_BACK, element=task.step, data=data)
            execution.store_run(uow, instance, run)
    except NoWayBack as error:
        raise NotAllowed(str(error)) from error
    except StepFailed as error:
        if error.refusal is not None:
            raise error.refusal from error
        raise


def earlier(uow: UnitOfWork, open_tasks: Iterable[Task]) -> dict[str, Element]:
    """Return by id what people do before any of the tasks by their diagrams; an instance may not have passed it."""
    found: dict[str, Element] = {}
    looked: set[tuple[str, str, str]] = set()
    for task in open_tasks:
        instance = uow.session.get_one(Instance, task.instance_id)
        key = (instance.definition_hash, instance.process_id, task.step)
        if key not in looked:
            looked.add(key)
            parsed = execution.parsed_definition(uow, *key[:2])
            found |= {step.id: step for step in earlier_steps(parsed, task.step)}
    return found


def ways_back(uow: UnitOfWork, task: Task, steps: Iterable[Element]) -> list[Way]:
    """Return for each of the steps what sending an open task back to it would do; nothing is changed."""
    run = execution.load_run(uow, uow.session.get_one(Instance, task.instance_id))
    query = (
        sa.select(Task).where(Task.instance_id == task.instance_id, Task.state == "open").order_by(Task.id)
    )
    beside = {each.engine_task_id: each for each in uow.session.scalars(query)}
    ways = []
    for step in steps:
        try:
            ended = run.withdrawn_by(task.engine_task_id, step.id)
        except NoWayBack as error:
            ways.append(Way(step, str(error)))
        else:
            ways.append(Way(step, None, tuple(beside[each.engine_task_id] for each in ended)))
    return ways


def last_did(uow: UnitOfWork, instance_id: UUID, step: str) -> UUID | None:
    """Return who completed a step of an instance last; None when nobody did."""
    query = sa.select(Task.completed_by).where(
        Task.instance_id == instance_id, Task.step == step, Task.state == "completed"
    )
    return uow.session.scalars(query.order_by(Task.completed_at.desc()).limit(1)).first()
