"""Timers that read business time instead of the wall clock (the demo stands in December 2022).

A due time is kept in the task as ISO text in UTC, under a key of its own per definition: the library shares
one key between two timers behind one event gateway. Naive values are Vietnam time (notes/engine.md, trap 16).
"""

from __future__ import annotations

import datetime as dt
from typing import Any
from zoneinfo import ZoneInfo

from SpiffWorkflow.bpmn.specs.event_definitions.timer import (
    CycleTimerEventDefinition,
    DurationTimerEventDefinition,
    TimeDateEventDefinition,
    TimerEventDefinition,
)
from SpiffWorkflow.util.task import TaskState

from engine.errors import N_

ZONE = ZoneInfo("Asia/Ho_Chi_Minh")


def moment(value: object) -> dt.datetime:
    """Return the aware UTC moment of a date (its first minute), a datetime or ISO text. Raises ValueError."""
    if isinstance(value, str):
        value = dt.datetime.fromisoformat(value)
    if isinstance(value, dt.datetime):
        aware = value if value.tzinfo is not None else value.replace(tzinfo=ZONE)
        return aware.astimezone(dt.UTC)
    if isinstance(value, dt.date):
        return dt.datetime.combine(value, dt.time(), ZONE).astimezone(dt.UTC)
    raise ValueError(N_("không phải thời điểm: %s") % repr(value))


def after(now: dt.datetime, duration: object) -> dt.datetime:
    """Return the UTC moment an ISO duration ("P10D") or timedelta after now. Raises ValueError."""
    if isinstance(duration, dt.timedelta):
        return (now + duration).astimezone(dt.UTC)
    if not isinstance(duration, str):
        raise ValueError(N_("không phải khoảng thời gian: %s") % repr(duration))
    parts = TimerEventDefinition.parse_iso_duration(duration)
    local = now.astimezone(ZONE)
    delta: dt.timedelta = TimerEventDefinition.get_timedelta_from_start(parts, local)
    return (local + delta).astimezone(dt.UTC)


class BusinessTimer(TimerEventDefinition):  # type: ignore[misc] # the library is untyped
    """One moment: a date, or a duration counted from when the token arrives."""

    def __init__(self, name: str, expression: str, key: str, is_duration: bool) -> None:
        super().__init__(name, expression)
        self.key = key
        self.is_duration = is_duration

    def due(self, task: Any) -> dt.datetime:
        stored = task.internal_data.get(self.key)
        if stored is None:
            stored = self.first(task)
            task.internal_data[self.key] = stored
        return dt.datetime.fromisoformat(stored)

    def first(self, task: Any, since: dt.datetime | None = None) -> str:
        """Return the due time of a wait that begins now, or began at `since`. Raises StepFailed."""
        engine = task.workflow.script_engine
        value = engine.evaluate(task, self.expression)
        duration = self.is_duration or (isinstance(value, str) and value.upper().startswith("P"))
        return (after(since or engine.now, value) if duration else moment(value)).isoformat()

    def has_fired(self, task: Any) -> bool:
        if self.due(task) <= task.workflow.script_engine.now:
            task.internal_data["event_fired"] = True
        return bool(task.internal_data.get("event_fired", False))

    def reset(self, task: Any) -> None:
        super().reset(task)
        task.internal_data.pop(self.key, None)

    def __eq__(self, other: object) -> bool:
        return self is other

    def __hash__(self) -> int:
        return id(self)


class BusinessCycle(CycleTimerEventDefinition):  # type: ignore[misc] # the library is untyped
    """`"R3/P1D"`: fires so many times; a missed round fires at the next look (one a refresh)."""

    key = "event_value"

    def cycle_complete(self, task: Any) -> bool:
        engine = task.workflow.script_engine
        state = task.internal_data.get(self.key)
        if state is None:
            state = self.first(task)
        ready = False
        if state["cycles"] != 0:
            due = dt.datetime.fromisoformat(state["next"])
            if due <= engine.now:
                state["next"] = (due + dt.timedelta(seconds=state["duration"])).isoformat()
                state["cycles"] -= 1
                ready = True
        else:
            task.internal_data["event_fired"] = True
        task.internal_data[self.key] = state
        return ready

    def first(self, task: Any) -> dict[str, Any]:
        """Return the state of a cycle that begins now."""
        engine = task.workflow.script_engine
        now = engine.now
        expression = str(engine.evaluate(task, self.expression))
        parts = expression.upper().replace("--", "/").removeprefix("R").split("/")
        cycles = int(parts[0]) if parts[0] else -1
        start = moment(parts[1]) if len(parts) == 3 else now
        following = after(start, parts[-1])
        first = start if len(parts) == 3 else following
        return {
            "cycles": cycles,
            "next": first.astimezone(dt.UTC).isoformat(),
            "duration": (following - start).total_seconds(),
        }

    def __eq__(self, other: object) -> bool:
        return self is other

    def __hash__(self) -> int:
        return id(self)


def business(definition: Any, index: int | None = None) -> Any:
    """Return the definition, or ours in its place when it is one of the library's timers."""
    key = "event_value" if index is None else f"event_value_{index}"
    if type(definition) is TimeDateEventDefinition:
        return BusinessTimer(definition.name, definition.expression, key, is_duration=False)
    if type(definition) is DurationTimerEventDefinition:
        return BusinessTimer(definition.name, definition.expression, key, is_duration=True)
    if type(definition) is CycleTimerEventDefinition:
        return BusinessCycle(definition.name, definition.expression)
    return definition


def due_times(definition: Any, task: Any) -> list[dt.datetime]:
    """Return when a waiting task's timer is due, in UTC; empty when the definition has no timer."""
    if isinstance(definition, BusinessTimer):
        return [definition.due(task)]
    if isinstance(definition, BusinessCycle):
        state = task.internal_data.get("event_value")
        return [dt.datetime.fromisoformat(state["next"])] if state and state["cycles"] != 0 else []
    parts = getattr(definition, "event_definitions", [])
    return [due for part in parts for due in due_times(part, task)]


def is_waiting(task: Any) -> bool:
    """Whether the task still stands in its tree and waits (the event manager keeps some that left it)."""
    workflow = task.workflow
    above = workflow.parent_task_id
    in_tree = workflow.tasks.get(task.id) is task and (
        above is None or above in workflow.top_workflow.subprocesses
    )
    return bool(in_tree and task.state == TaskState.WAITING)
