"""The rows of what waits — tasks with their drafts and claims, timers — follow an instance to its new diagram."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from engine import execution, waiting
from engine.candidates import barred, may_complete
from engine.clock import ZONE
from engine.database import UnitOfWork
from engine.errors import StepFailed
from engine.history import Event
from engine.models import Instance, Task, TaskBar, Timer
from engine.spiff.runner import ReadyStep, Run
from engine.spiff.verdict import Code, Finding

_CALCULATED = ("unit", "assignee", "barred", "dueDate")


def findings(uow: UnitOfWork, instance: Instance, before: Run, after: Run) -> list[Finding]:
    """Return open tasks whose due date is calculated otherwise, or that cannot be calculated, on the new diagram."""
    found = []
    for task, was, now in _open(uow, instance, before, after):
        try:
            values = {name: _value(after, now, name) for name in _CALCULATED if _changed(was, now, name)}
            for name in values.keys() & {"unit", "assignee"}:
                _uuid(values[name])
            if "dueDate" in values:
                times = {
                    "before": _shown(task.due_at),
                    "after": _shown(waiting.due_moment(values["dueDate"])),
                }
                found.append(Finding(Code.TIMER_CHANGED, now.step, "", {"step": now.name, **times}))
        except (StepFailed, ValueError) as error:
            cause = error.cause if isinstance(error, StepFailed) else str(error)
            params = {"step": now.name, "cause": cause}
            found.append(Finding(Code.EXPRESSION_FAILS, now.step, "", params))
    return found


def _shown(moment: datetime | None) -> str:
    return f"{moment.astimezone(ZONE):%H:%M %d/%m/%Y}" if moment is not None else "–"


def _open(
    uow: UnitOfWork, instance: Instance, before: Run, after: Run
) -> Iterator[tuple[Task, ReadyStep, ReadyStep]]:
    """Yield each open task with its step on the old and on the new diagram."""
    was = {step.engine_task_id: step for step in before.ready}
    now = {step.engine_task_id: step for step in after.ready}
    query = sa.select(Task).where(Task.instance_id == instance.id, Task.state == "open").order_by(Task.id)
    for task in uow.session.scalars(query):
        if task.engine_task_id in was and task.engine_task_id in now:
            yield task, was[task.engine_task_id], now[task.engine_task_id]


def _changed(was: ReadyStep, now: ReadyStep, name: str) -> bool:
    return was.properties.get(name) != now.properties.get(name)


def _value(run: Run, step: ReadyStep, name: str) -> Any:
    expression = step.properties.get(name)
    return run.evaluate(step.engine_task_id, expression) if expression else None


def snapshot(uow: UnitOfWork, instance: Instance) -> dict[str, Any]:
    """Return what the open tasks' rows say that was calculated from the diagram, for `follow` on the way back."""
    tasks = list(
        uow.session.scalars(sa.select(Task).where(Task.instance_id == instance.id, Task.state == "open"))
    )
    return {
        str(task.id): {
            "unit": str(task.unit_id or ""),
            "assignee": str(task.assignee_id or ""),
            "dueDate": task.due_at.isoformat() if task.due_at else "",
            "barred": sorted(str(person_id) for person_id in barred(uow, task)),
        }
        for task in tasks
    }


def follow(
    uow: UnitOfWork,
    instance: Instance,
    before: Run,
    after: Run,
    *,
    recompute_due: bool,
    past: Mapping[str, Any] | None = None,
) -> None:
    """Rewrite the rows of what waits as the new diagram says it: the same rows where a step was kept.

    What the diagram calculates otherwise is calculated anew, or taken from a `past` snapshot. A claim is
    given back when the step now belongs to others. Raises StepFailed.
    """
    for task, was, now in list(_open(uow, instance, before, after)):
        known = (past or {}).get(str(task.id), {})

        def value(name: str, known: Mapping[str, Any] = known, now: ReadyStep = now) -> Any:
            return known[name] if name in known else _value(after, now, name)

        changed = {n for n in _CALCULATED if _changed(was, now, n)}
        task.step, task.name, task.role, task.form = now.step, now.name, now.lane or "", now.form
        task.data = waiting.row_data(now)
        _assign(uow, task, changed, value)
        if recompute_due and "dueDate" in changed:
            task.due_at = waiting.due_moment(value("dueDate"))
        uow.session.flush()
        _release_stranger(uow, instance, task)
    _retime(uow, instance, after)
    # Rows of what no longer waits must go, whatever waits on the new diagram.
    after.had_timers = after.had_messages = True
    waiting.synchronise(uow, instance, after)
    uow.session.flush()


def _assign(uow: UnitOfWork, task: Task, changed: set[str], value: Callable[[str], Any]) -> None:
    """Whom a task belongs to is looked up anew only where the diagram says it otherwise."""
    if "unit" in changed:
        task.unit_id = _uuid(value("unit"))
    if "assignee" in changed:
        task.assignee_id = _uuid(value("assignee"))
    if "barred" in changed:
        uow.session.execute(sa.delete(TaskBar).where(TaskBar.task_id == task.id))
        people = {person_id for each in value("barred") or () if (person_id := _uuid(each))}
        uow.session.add_all(
            TaskBar(task_id=task.id, person_id=person_id, organisation_id=task.organisation_id)
            for person_id in people
        )


def _uuid(value: object) -> UUID | None:
    return UUID(str(value)) if value else None


def _release_stranger(uow: UnitOfWork, instance: Instance, task: Task) -> None:
    claimed_by = task.claimed_by
    if claimed_by is not None and may_complete(uow, task, claimed_by) is not None:
        task.claimed_by = None
        execution.record(
            uow, instance, Event.TASK_RELEASED, element=task.step, data={"task": task.id, "from": claimed_by}
        )


def _retime(uow: UnitOfWork, instance: Instance, after: Run) -> None:
    """Move the due dates of timers that still run; one that was taken off has not fired."""
    dues: dict[str, list[tuple[str, datetime]]] = {}
    for wait in after.timers:
        dues.setdefault(wait.engine_task_id, []).append((wait.element, wait.due_at))
    query = sa.select(Timer).where(Timer.instance_id == instance.id, Timer.fired_at.is_(None))
    for timer in uow.session.scalars(query):
        here = dues.get(timer.engine_task_id, [])
        if not here:
            uow.session.delete(timer)
        elif timer.due_at not in [due for _, due in here] and len(here) == 1:
            timer.element, timer.due_at = here[0]
        else:
            timer.element = here[0][0]
    uow.session.flush()
