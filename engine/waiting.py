"""Keeps the rows of what an instance waits for — people, moments, messages — equal to its state."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, time
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from engine import history, jobs
from engine.candidates import NOT_SAME_PERSON_AS, named_steps
from engine.clock import ZONE
from engine.database import UnitOfWork, new_id
from engine.errors import N_, StepFailed
from engine.history import Event, instance_chain
from engine.models import Draft, Instance, Message, Subscription, Task, TaskBar, Timer
from engine.spiff.runner import MessageWait, ReadyStep, Run, TimerWait


def synchronise(uow: UnitOfWork, instance: Instance, run: Run) -> None:
    """Open, keep and close rows so that they say what the run says.

    The rows say what the run said when it was loaded, so what has not changed since then costs nothing.
    """
    with uow.session.no_autoflush:
        _synchronise_tasks(uow, instance, run)
        if run.timers or run.had_timers:
            _synchronise_timers(uow, instance, run.timers)
        if run.messages or run.had_messages:
            _synchronise_subscriptions(uow, instance, run.messages)


def close_all(uow: UnitOfWork, instance: Instance) -> None:
    """Close every task, timer and subscription of an instance that was cancelled."""
    for task in _open_tasks(uow, instance):
        _cancel(uow, task)
    _synchronise_timers(uow, instance, [])
    _synchronise_subscriptions(uow, instance, [])


_TASKS = sa.Table("task", Task.metadata)


def _open_tasks(uow: UnitOfWork, instance: Instance) -> list[Task]:
    query = sa.select(Task).where(Task.instance_id == instance.id, Task.state == "open").order_by(Task.id)
    return list(uow.session.scalars(query))


def _synchronise_tasks(uow: UnitOfWork, instance: Instance, run: Run) -> None:
    appeared, vanished = run.changed_work()
    if vanished:
        for task in _open_tasks(uow, instance):
            if task.engine_task_id in vanished:
                _cancel(uow, task)
    for step in appeared:
        _open(uow, instance, run, step)


def _cancel(uow: UnitOfWork, task: Task) -> None:
    task.state, task.completed_at = "cancelled", uow.now
    forget_drafts(uow, task.id)
    _record(uow, task.instance_id, task.organisation_id, Event.TASK_CANCELLED, task.step, {"task": task.id})


_FORGET_DRAFTS = sa.delete(Draft).where(Draft.task_id == sa.bindparam("task_id"))


def forget_drafts(uow: UnitOfWork, task_id: UUID) -> None:
    """Drop what anybody had typed into a task that is over."""
    uow.later(_FORGET_DRAFTS, {"task_id": task_id})


_INSERT_TASK = sa.insert(_TASKS)
_INSERT_BAR = sa.insert(sa.Table("task_bar", TaskBar.metadata))


def _open(uow: UnitOfWork, instance: Instance, run: Run, step: ReadyStep) -> None:
    def evaluated(name: str) -> Any:
        expression = step.properties.get(name)
        return run.evaluate(step.engine_task_id, expression) if expression else None

    task_id = new_id()
    row = {
        "id": task_id,
        "organisation_id": instance.organisation_id,
        "instance_id": instance.id,
        "engine_task_id": step.engine_task_id,
        "process_id": instance.process_id,
        "business_key": instance.business_key,
        "step": step.step,
        "name": step.name,
        "role": step.lane or "",
        "unit_id": _uuid(evaluated("unit")),
        "assignee_id": _uuid(evaluated("assignee")),
        "state": "open",
        "due_at": due_moment(evaluated("dueDate")),
        "created_at": uow.now,
        "form": step.form,
        "data": row_data(step),
    }
    uow.later(_INSERT_TASK, row)
    for person_id in {person_id for value in evaluated("barred") or () if (person_id := _uuid(value))}:
        bar = {"task_id": task_id, "person_id": person_id, "organisation_id": instance.organisation_id}
        uow.later(_INSERT_BAR, bar)
    _record(uow, instance.id, instance.organisation_id, Event.TASK_OPENED, step.step, {"task": task_id})


def row_data(step: ReadyStep) -> dict[str, Any]:
    """Return what a task's row keeps of its step beside the columns: its share of a list, whom it keeps apart."""
    data: dict[str, Any] = {} if step.item is None else {"item": step.item}
    apart = named_steps(step.properties.get(NOT_SAME_PERSON_AS, ""))
    return data | ({NOT_SAME_PERSON_AS: apart} if apart else {})


def _uuid(value: object) -> UUID | None:
    return UUID(str(value)) if value else None


def due_moment(value: object) -> datetime | None:
    """Return the moment a due date ends: of a date its last second in Vietnam. Raises ValueError."""
    if value is None or value == "":
        return None
    if isinstance(value, str):
        value = datetime.fromisoformat(value) if len(value) > 10 else date.fromisoformat(value)
    if isinstance(value, datetime):
        return value if value.tzinfo else value.replace(tzinfo=ZONE)
    if isinstance(value, date):
        return datetime.combine(value, time(23, 59, 59), tzinfo=ZONE)
    raise ValueError(f"{value!r} is not a due date")


def _synchronise_timers(uow: UnitOfWork, instance: Instance, waits: Iterable[TimerWait]) -> None:
    query = sa.select(Timer).where(Timer.instance_id == instance.id, Timer.fired_at.is_(None))
    # By the moment too: two timers stand behind one event gateway, and each round of a cycle is a row.
    known = {(timer.engine_task_id, timer.due_at): timer for timer in uow.session.scalars(query)}
    wanted = {(wait.engine_task_id, wait.due_at): wait for wait in waits}
    for key, wait in wanted.items():
        if key not in known:
            uow.session.add(
                Timer(
                    organisation_id=instance.organisation_id,
                    instance_id=instance.id,
                    engine_task_id=wait.engine_task_id,
                    element=wait.element,
                    due_at=wait.due_at,
                )
            )
    for key, timer in known.items():
        if key in wanted:
            continue
        if timer.due_at <= uow.now:
            timer.fired_at = uow.now
        else:
            uow.session.delete(timer)
    uow.session.flush()


def _synchronise_subscriptions(uow: UnitOfWork, instance: Instance, waits: Iterable[MessageWait]) -> None:
    query = sa.select(Subscription).where(Subscription.instance_id == instance.id)
    known = {subscription.message: subscription for subscription in uow.session.scalars(query)}
    # Several elements may wait for one message, e.g. a boundary event on each branch of a vote.
    wanted = {wait.name: wait for wait in waits}
    names = wanted.keys()
    for name, subscription in known.items():
        if name not in names:
            uow.session.delete(subscription)
    uow.session.flush()
    for name in sorted(names - known.keys()):
        _subscribe(uow, instance, wanted[name])
    deliver_waiting(uow, instance, sorted(names - known.keys()))


def _subscribe(uow: UnitOfWork, instance: Instance, wait: MessageWait) -> None:
    """Let the instance wait for a message; raises StepFailed naming both when another one waits for the same.

    Which of the two a result belongs to could not be told, so the second may not come to wait.
    """
    insert = postgresql.insert if uow.session.get_bind().dialect.name == "postgresql" else sqlite.insert
    statement = insert(Subscription).values(
        id=new_id(),
        organisation_id=instance.organisation_id,
        instance_id=instance.id,
        message=wait.name,
        key=instance.business_key,
    )
    if (
        uow.session.execute(statement.on_conflict_do_nothing().returning(Subscription.id)).scalar()
        is not None
    ):
        return
    query = sa.select(Instance).join(Subscription, Subscription.instance_id == Instance.id)
    other = uow.session.scalars(
        query.where(
            Subscription.organisation_id == instance.organisation_id,
            Subscription.message == wait.name,
            Subscription.key == instance.business_key,
        )
    ).first()
    words = {
        "message": wait.name,
        "mine": _named(instance),
        "other": _named(other) if other is not None else "?",
    }
    raise StepFailed(
        wait.element,
        N_(
            "%(mine)s không thể chờ thông báo “%(message)s” vì %(other)s đã chờ cùng thông báo đó "
            "cho cùng hồ sơ: không biết kết quả là của bên nào."
        )
        % words,
    )


def _named(instance: Instance) -> str:
    return f"“{instance.process_id}” ({instance.id})"


def deliver_waiting(uow: UnitOfWork, instance: Instance, names: Iterable[str]) -> None:
    """Order the delivery of the oldest message kept for each of these names."""
    for name in names:
        oldest = (
            sa.select(Message.id)
            .where(
                Message.organisation_id == instance.organisation_id,
                Message.name == name,
                Message.key == instance.business_key,
                Message.state == "waiting",
            )
            .order_by(Message.id)
            .limit(1)
        )
        message_id = uow.session.scalar(oldest)
        if message_id is not None:
            lane = jobs.lane(instance.organisation_id, instance.business_key)
            uow.enqueue("deliver_message", str(message_id), partition=lane)


def _record(
    uow: UnitOfWork, instance_id: UUID, organisation_id: UUID, event: Event, step: str, data: dict[str, Any]
) -> None:
    history.record(
        uow, instance_chain(instance_id), event, element=step, data=data, organisation_id=organisation_id
    )
