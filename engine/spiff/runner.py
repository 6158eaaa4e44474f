"""One run of a definition: start, load, complete, deliver, fire timers, save. The API of engine.instances.

A run lives for one request; what is kept between requests is `dump()`.
"""

from __future__ import annotations

import datetime as dt
import logging
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from copy import deepcopy
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from SpiffWorkflow.bpmn import BpmnEvent
from SpiffWorkflow.bpmn.specs.mixins.events.end_event import EndEvent
from SpiffWorkflow.bpmn.specs.mixins.multiinstance_task import LoopTask
from SpiffWorkflow.spiff.specs.event_definitions import ErrorEventDefinition
from SpiffWorkflow.util.task import TaskState

from engine.errors import N_, StepFailed, StepNotReady
from engine.spiff import deadlines, serializer
from engine.spiff.bridge import Bridge, Host, element_of
from engine.spiff.compaction import compact
from engine.spiff.instance import Instance
from engine.spiff.parser import Element, ParsedDefinition
from engine.spiff.send_back import WayBack, go_back, levels_left, way_back
from engine.spiff.specs import Message
from engine.spiff.timers import due_times, is_waiting
from engine.spiff.values import copied, plain, plain_mapping

__all__ = ["Host", "MessageWait", "ReadyStep", "Run", "TimerWait"]

MAX_STEPS = 800
_LIVE = TaskState.WAITING | TaskState.READY | TaskState.STARTED

# Their records carry the whole data of a task: privacy, and 8–20 % of the time (notes/engine.md, trap 17).
for _name in ("spiff", "spiff.task", "spiff.workflow", "spiff.data"):
    logging.getLogger(_name).setLevel(logging.WARNING)


@dataclass(frozen=True)
class ReadyStep:
    """Work for a person. `engine_task_id` is the child's own in a multi-instance step, `item` its element."""

    engine_task_id: str
    step: str
    name: str
    lane: str | None
    form: str | None
    properties: dict[str, str]
    data: dict[str, Any]
    item: object | None


@dataclass(frozen=True)
class TimerWait:
    engine_task_id: str
    element: str
    due_at: dt.datetime


@dataclass(frozen=True)
class MessageWait:
    engine_task_id: str
    element: str
    name: str


class Run:
    """A live instance. Every method that advances it may raise StepFailed: then throw the run away."""

    def __init__(self, parsed: ParsedDefinition, workflow: Instance, bridge: Bridge) -> None:
        self._parsed = parsed
        self._workflow = workflow
        self._bridge = bridge
        self._steps = 0
        self._trace: list[str] = []
        self._done: dict[str, None] = {}
        self.ended_at: list[str] = []
        self.had_timers = self.had_messages = False
        """Whether anything of the kind waited when the run was loaded."""
        self._had: frozenset[str] = frozenset()
        """The steps that waited for people when the run was loaded, without those completed since."""

    @classmethod
    def start(cls, parsed: ParsedDefinition, data: Mapping[str, Any], host: Host) -> Run:
        """Return a new run with `data`, advanced until it waits. Raises StepFailed, ValueRefused."""
        spec, subprocess_specs = parsed.specs()
        bridge = Bridge(host)
        workflow = Instance(spec, subprocess_specs, script_engine=bridge)
        run = cls(parsed, workflow, bridge)
        workflow.get_next_task(spec_name="Start").data.update(plain_mapping(data))
        run._advance()
        if parsed.start_message is not None:
            run.deliver(parsed.start_message, {})
        return run

    @classmethod
    def load(cls, parsed: ParsedDefinition, state: bytes, host: Host) -> Run:
        """Return the run of a dump. Raises StateUnreadable when it belongs to another definition."""
        envelope = serializer.opened(state)
        if envelope["definition"] != parsed.key:
            raise serializer.StateUnreadable(N_("thuộc phiên bản quy trình khác"))
        spec, subprocess_specs = parsed.specs()
        bridge = Bridge(host)
        workflow = serializer.restored(envelope, spec, subprocess_specs)
        workflow.script_engine = bridge
        run = cls(parsed, workflow, bridge)
        run.ended_at = list(envelope["ended_at"])
        run._done = dict.fromkeys(envelope["done"])
        run.had_timers, run.had_messages = bool(run.timers), bool(run.messages)
        run._had = frozenset(str(task.id) for task in run._ready_anywhere())
        return run

    def dump(self) -> bytes:
        """Return the state without the diagram."""
        beside = {"ended_at": self.ended_at, "done": list(self._done)}
        return serializer.dumps(self._workflow, self._parsed.key, beside)

    # -- advancing ---------------------------------------------------------------------------------

    def complete(self, engine_task_id: str, data: Mapping[str, Any]) -> None:
        """Merge `data` by key into a READY step, finish it and advance.

        Raises StepNotReady (the library itself would accept a double submit and a future step, trap 6),
        StepFailed, ValueRefused.
        """
        task = self._ready_task(engine_task_id)
        values = plain_mapping(data)
        task.data.update(values)
        self._steps = 0
        with self._failing(task):
            task.run()
        self._had -= {engine_task_id}
        self._completed(task)
        self._advance()

    def deliver(self, message: str, payload: Mapping[str, Any]) -> bool:
        """Give a message to every event that waits for it and advance; False when none does.

        Raises StepFailed, ValueRefused.
        """
        if not any(wait.name == message for wait in self.messages):
            return False
        event = BpmnEvent(Message(message), payload=plain_mapping(payload))
        self._steps = 0
        with self._failing(None):
            self._workflow.send_event(event)
        self._advance()
        return True

    def fire_timers(self, now: dt.datetime) -> list[str]:
        """Let every timer due at `now` fire, advance; return the elements that fired. Raises StepFailed."""
        due = self._due(now)
        if not due:
            return []
        self._bridge.moment = now
        self._steps = 0
        try:
            self._advance()
        finally:
            self._bridge.moment = None
        still = {(wait.engine_task_id, wait.due_at) for wait in self.timers}
        return [wait.element for wait in due if (wait.engine_task_id, wait.due_at) not in still]

    def move_timer(self, wait: TimerWait, due_at: dt.datetime) -> None:
        """Let a timer that waits fire at another moment; nothing advances. Raises StepNotReady."""
        deadlines.move(self._task(wait.engine_task_id), due_at)

    def send_back(self, engine_task_id: str, step: str) -> str:
        """Move the token of a step that waits for a person back to an earlier step, advance; returns its name.

        Raises NoWayBack, StepNotReady, StepFailed.
        """
        way = self._way_back(engine_task_id, step)
        self._steps = 0
        with self._failing(None):
            go_back(self._workflow, way)
        self._advance()
        return way.step.name

    def withdrawn_by(self, engine_task_id: str, step: str) -> list[ReadyStep]:
        """Return the other steps waiting for people that `send_back` would end. Raises NoWayBack, StepNotReady."""
        way = self._way_back(engine_task_id, step)
        kept = {id(level) for level in levels_left(self._workflow, way)}
        return [
            self._ready_step(task)
            for task in self._ready_tasks()
            if str(task.id) != engine_task_id and (task.id in way.gone or id(task.workflow) not in kept)
        ]

    def _way_back(self, engine_task_id: str, step: str) -> WayBack:
        task = self._ready_task(engine_task_id)
        return way_back(self._workflow, self._parsed, task, step, self._done)

    def correct(self, changes: Mapping[str, Any]) -> None:
        """Give variables another value wherever a live step knows them; nothing advances. Raises ValueRefused.

        A variable that no live step knows is given to all of them.
        """
        values = plain_mapping(changes)
        found: dict[Any, Any] = {}
        for live in self._workflow.get_tasks(state=_LIVE):
            task = live
            while task is not None and task.id not in found:
                found[task.id] = task  # those before it too: an event that waits takes their data each time
                task = task.parent
        for name, value in values.items():
            for task in [task for task in found.values() if name in task.data] or found.values():
                task.data[name] = deepcopy(value)

    def evaluate(self, engine_task_id: str, expression: str) -> object:
        """Return an expression over the data of a step, in the sandbox. Raises StepFailed, StepNotReady."""
        return self._bridge.value(self._task(engine_task_id), expression)

    # -- looking -----------------------------------------------------------------------------------

    def data_of(self, engine_task_id: str) -> dict[str, Any]:
        """Return the data of a step that waits for a person. Raises StepNotReady."""
        return dict(copied(self._ready_task(engine_task_id).data))

    @property
    def ready(self) -> list[ReadyStep]:
        """Steps that wait for a person, in the order of the diagram's tree."""
        return [self._ready_step(task) for task in self._ready_tasks()]

    def changed_work(self) -> tuple[list[ReadyStep], frozenset[str]]:
        """Return the steps that wait for a person since the run was loaded, or since the last look, and the
        engine's ids of those that wait no more, completed ones left out."""
        ready = frozenset(str(task.id) for task in self._ready_anywhere())
        new, vanished = ready - self._had, self._had - ready
        appeared = (
            [self._ready_step(task) for task in self._ready_tasks() if str(task.id) in new] if new else []
        )
        self._had = ready
        return appeared, vanished

    @property
    def timers(self) -> list[TimerWait]:
        """Timers that run, soonest first."""
        found = [
            TimerWait(str(task.id), element_of(task), due)
            for task in self._catching()
            for due in due_times(task.task_spec.event_definition, task)
        ]
        return sorted(found, key=lambda wait: wait.due_at)

    def timers_of(self, engine_task_id: str) -> list[TimerWait]:
        """Return the timer on the edge of a step that its diagram lets follow the step's due date, if it waits."""
        task = self._task(engine_task_id)
        element = self._element(task)
        name = element.properties.get(deadlines.DUE_TIMER) if element is not None else None
        around = deadlines.above(task) if name else []
        waits = [wait for wait in self.timers if wait.element == name]
        return [wait for wait in waits if self._task(wait.engine_task_id).parent in around]

    @property
    def messages(self) -> list[MessageWait]:
        """Messages that somebody waits for."""
        return [
            MessageWait(str(task.id), element_of(task), str(part.name))
            for task in self._catching()
            for part in _parts(task.task_spec.event_definition)
            if isinstance(part, Message)
        ]

    @property
    def completed(self) -> bool:
        return bool(self._workflow.completed)

    @property
    def data(self) -> dict[str, Any]:
        """The data of the process: of its last step when it ended, else of the live steps, newest last."""
        if self.completed:
            last = self._workflow.last_task
            return deepcopy(dict(last.data)) if last is not None else {}
        live = [task for task in self._workflow.tasks.values() if task.has_state(_LIVE)]
        live.sort(key=lambda task: task.last_state_change)
        merged: dict[str, Any] = {}
        for task in live:
            merged.update(task.data)
        return deepcopy(merged)

    @property
    def trace(self) -> list[str]:
        """BPMN ids completed since the last look, in order; a look empties it."""
        seen, self._trace = self._trace, []
        return seen

    def positions(self) -> dict[str, str]:
        """Return element id → active (a person or a subprocess works), waiting (an event, a join) or done."""
        found = dict.fromkeys(self._done, "done")
        for where in ("waiting", "active"):
            for task in self._workflow.get_tasks(state=_LIVE):
                element = getattr(task.task_spec, "bpmn_id", None)
                if element and _position(task) == where:
                    found[element] = where
        return found

    # -- inside ------------------------------------------------------------------------------------

    def _task(self, engine_task_id: str) -> Any:
        trees = (self._workflow, *self._workflow.subprocesses.values())
        try:  # read back, a task's id is text; one that was made since then has the library's UUID
            keys = (engine_task_id, UUID(engine_task_id))
            return next(tree.tasks[key] for key in keys for tree in trees if key in tree.tasks)
        except (ValueError, StopIteration) as error:
            raise StepNotReady(engine_task_id) from error

    def _ready_task(self, engine_task_id: str) -> Any:
        task = self._task(engine_task_id)
        if task.state != TaskState.READY or not task.task_spec.manual:
            raise StepNotReady(task.task_spec.bpmn_name or element_of(task))
        return task

    def _ready_tasks(self) -> list[Any]:
        found: list[Any] = self._workflow.get_tasks(state=TaskState.READY, manual=True)
        return found

    def _ready_anywhere(self) -> Iterator[Any]:
        """Yield the same in no order, which costs a third."""
        for level in (self._workflow, *self._workflow.subprocesses.values()):
            for task in level.tasks.values():
                if task._state == TaskState.READY and task.task_spec.manual:
                    yield task

    def _catching(self) -> list[Any]:
        return [task for task in self._workflow.event_manager.tasks.values() if is_waiting(task)]

    def _due(self, now: dt.datetime) -> list[TimerWait]:
        return [wait for wait in self.timers if wait.due_at <= now]

    def _element(self, task: Any) -> Element | None:
        return self._parsed.element(element_of(task), task.workflow.spec.name)

    def _lane(self, task: Any) -> str | None:
        """The element's lane, or that of the call activity around it."""
        while task is not None:
            element = self._element(task)
            if element is not None and element.lane is not None:
                return element.lane
            above = task.workflow.parent_task_id
            task = self._workflow.get_task_from_id(above) if above is not None else None
        return None

    def _ready_step(self, task: Any) -> ReadyStep:
        element = self._element(task)
        return ReadyStep(
            engine_task_id=str(task.id),
            step=element_of(task),
            name=element.name if element is not None else element_of(task),
            lane=self._lane(task),
            form=element.form if element is not None else None,
            properties=dict(element.properties) if element is not None else {},
            data=copied(task.data),
            item=_item(task),
        )

    def _advance(self) -> None:
        """Run what the engine can run until nothing changes (one call is not enough, trap 16)."""
        before: list[TimerWait] = []
        with self._failing(None):
            while True:
                self._workflow.do_engine_steps(self._counted, self._completed)
                if self._workflow.get_next_task(state=TaskState.READY, manual=False) is not None:
                    continue
                due = self._due(self._bridge.now)
                if not due or due == before:
                    break
                before = due  # a missed round of a cycle: the library makes up one a refresh (trap 16)
        self._refuse_lost_events(None)
        if not self.completed:
            compact(self._workflow)

    def _counted(self, task: Any) -> None:
        self._steps += 1
        if self._steps > MAX_STEPS:
            raise StepFailed(
                element_of(task), f"more than {MAX_STEPS} automatic steps: the diagram does not end"
            )

    def _completed(self, task: Any) -> None:
        self._refuse_lost_events(task)
        element = getattr(task.task_spec, "bpmn_id", None)
        if not element or (isinstance(task.task_spec, LoopTask) and task.children and _children(task)):
            return
        self._trace.append(element)
        self._done[element] = None
        if isinstance(task.task_spec, EndEvent) and task.workflow is self._workflow:
            self.ended_at.append(element)

    def _refuse_lost_events(self, task: Any) -> None:
        """An uncaught error end "succeeds" in the library; a thrown message that nobody takes is lost."""
        for event in self._workflow.get_events():
            definition = event.event_definition
            if isinstance(definition, ErrorEventDefinition | Message):
                what = "error" if isinstance(definition, ErrorEventDefinition) else "message"
                element = element_of(task) if task is not None else str(definition.name)
                raise StepFailed(element, f"{what} “{definition.name}” is caught by nothing")

    @contextmanager
    def _failing(self, task: Any) -> Iterator[None]:
        try:
            yield
        except StepFailed:
            raise
        except Exception as error:
            at = getattr(error, "task", None) or task
            element = element_of(at) if at is not None else self._parsed.process_id
            raise StepFailed(element, f"{type(error).__name__}: {error}") from error


def _parts(definition: Any) -> list[Any]:
    parts: list[Any] = getattr(definition, "event_definitions", [definition])
    return parts


def _children(task: Any) -> bool:
    return any(child.task_spec.name == task.task_spec.task_spec for child in task.children)


def _item(task: Any) -> object | None:
    """The loop's element that a multi-instance child works on."""
    parent = task.parent
    spec = getattr(parent, "task_spec", None)
    variable = getattr(spec, "input_item", None)
    if variable is None or not isinstance(spec, LoopTask) or task.task_spec.name != spec.task_spec:
        return None
    return plain(task.data.get(variable.bpmn_id))


def _position(task: Any) -> str:
    return "waiting" if task.state == TaskState.WAITING else "active"
