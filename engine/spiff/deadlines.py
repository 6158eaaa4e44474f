"""Due times of events that wait while their diagram changes: kept, or calculated anew from the same beginning."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from SpiffWorkflow.bpmn.specs.event_definitions.timer import TimerEventDefinition
from SpiffWorkflow.bpmn.specs.mixins.events.intermediate_event import EventBasedGateway

from engine.errors import StepFailed
from engine.spiff.bridge import element_of
from engine.spiff.differ import event_facts, timer_facts
from engine.spiff.timers import ZONE, BusinessCycle, BusinessTimer

DUE_TIMER = "dueTimer"
"""The property by which a step names the timer on its edge that goes with its due date."""


@dataclass(frozen=True)
class DueChange:
    """A running timer whose expression changed: when it is due, and what the new expression gives."""

    element: str
    before: dt.datetime
    after: dt.datetime


def events_of(step: Any) -> dict[str, Any]:
    """Return element → definition of what a waiting step waits for: several behind an event gateway."""
    definition = step.event_definition
    if isinstance(step, EventBasedGateway):
        return dict(zip(step._outputs, definition.event_definitions, strict=True))
    return {step.name: definition}


def begin(step: Any, task: Any) -> None:
    """Set the due time of an event that begins to wait now, without letting it fire. Raises StepFailed."""
    for definition in events_of(step).values():
        if isinstance(definition, BusinessTimer | BusinessCycle):
            task.internal_data[definition.key] = _calculated(definition, task)


def carry(task: Any, old: Any, new: Any, rename: Callable[[str], str], recompute: bool) -> list[DueChange]:
    """Hand the due times of a task that waits at `old` over to `new`; return those whose expression changed.

    A term that is calculated anew counts from when the old one began; a timer that is new here begins now.
    Raises StepFailed when a new expression fails on the task's data.
    """
    waited = {rename(name): definition for name, definition in events_of(old).items()}
    timers = {n: d for n, d in waited.items() if isinstance(d, BusinessTimer | BusinessCycle)}
    stored = {name: task.internal_data.pop(timer.key, None) for name, timer in timers.items()}
    changes = []
    for name, timer in events_of(new).items():
        if not isinstance(timer, BusinessTimer | BusinessCycle):
            continue
        running = stored.get(name)
        if running is None or event_facts(timers[name]) != event_facts(timer):
            task.internal_data[timer.key] = _calculated(timer, task)
            continue
        if timer_facts(timers[name]) != timer_facts(timer):
            fresh = _anew(timer, task, timers[name], running)
            changes.append(DueChange(name, _due(running), _due(fresh)))
            running = fresh if recompute else running
        task.internal_data[timer.key] = running
    return changes


def move(task: Any, due_at: dt.datetime) -> None:
    """Set another moment for a task that waits for one."""
    task.internal_data[task.task_spec.event_definition.key] = due_at.astimezone(dt.UTC).isoformat()


def above(task: Any) -> list[Any]:
    """Return the tasks from which a task came, the nearest first, to the root of its own diagram."""
    found = []
    while task.parent is not None:
        task = task.parent
        found.append(task)
    return found


def _anew(timer: Any, task: Any, before: Any, running: Any) -> Any:
    if isinstance(timer, BusinessCycle):
        return _calculated(timer, task)
    return _calculated(timer, task, _beginning(before, task, _due(running)))


def _calculated(timer: Any, task: Any, *since: dt.datetime | None) -> Any:
    """Return what a timer keeps of a wait; whatever its expression gives wrongly is a failure of the step."""
    try:
        return timer.first(task, *since)
    except StepFailed:
        raise
    except Exception as error:  # the library raises a bare one for a duration it cannot read
        raise StepFailed(element_of(task), f"{timer.expression}: {error}") from error


def _beginning(timer: Any, task: Any, due: dt.datetime) -> dt.datetime | None:
    """Return when a wait began that is due then; None when the old expression is no duration."""
    try:
        duration = task.workflow.script_engine.evaluate(task, timer.expression)
    except StepFailed:
        return None
    if isinstance(duration, dt.timedelta):
        return due - duration
    if not isinstance(duration, str) or not duration.upper().startswith("P"):
        return None
    local = due.astimezone(ZONE)
    parts = TimerEventDefinition.parse_iso_duration(duration)
    delta: dt.timedelta = TimerEventDefinition.get_timedelta_from_end(parts, local)
    return (local - delta).astimezone(dt.UTC)


def _due(stored: Any) -> dt.datetime:
    return dt.datetime.fromisoformat(stored["next"] if isinstance(stored, dict) else stored)
