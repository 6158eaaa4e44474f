"""Steps whose behaviour in the library is not ours: service tasks, decisions, loops on a condition, messages.

Each class says which fact of notes/engine.md it answers.
"""

from __future__ import annotations

from collections.abc import Mapping
from copy import deepcopy
from typing import Any

from SpiffWorkflow.bpmn.specs.event_definitions.multiple import MultipleEventDefinition
from SpiffWorkflow.bpmn.specs.event_definitions.timer import TimerEventDefinition
from SpiffWorkflow.bpmn.util.event import BpmnEvent
from SpiffWorkflow.specs.base import TaskSpec
from SpiffWorkflow.spiff.specs.defaults import ServiceTask as SpiffServiceTask
from SpiffWorkflow.spiff.specs.defaults import StandardLoopTask
from SpiffWorkflow.spiff.specs.event_definitions import MessageEventDefinition
from SpiffWorkflow.spiff.specs.spiff_task import SpiffBpmnTask
from SpiffWorkflow.util.task import TaskState

from engine.spiff.dmn import DecisionTable
from engine.spiff.values import plain_mapping

_READY = TaskState.READY


class ServiceStep(SpiffServiceTask):  # type: ignore[misc] # the library is untyped
    """Calls the host; the mapping it returns is merged by key (the library nests it under a variable)."""

    def _execute(self, task: Any) -> bool:
        engine = task.workflow.script_engine
        parameters = {
            name: engine.value(task, parameter["value"]) for name, parameter in self.operation_params.items()
        }
        result = engine.call_service(task, operation=self.operation_name, parameters=parameters)
        if result is not None:
            self._merge(task, result)
        return True

    def _merge(self, task: Any, result: Mapping[str, object]) -> None:
        values = plain_mapping(result)
        if self.result_variable.startswith("spiff__"):
            task.data.update(values)
        else:
            task.data[self.result_variable] = values


class DecisionStep(SpiffBpmnTask, TaskSpec):  # type: ignore[misc] # the library is untyped
    """A business rule task over our own evaluation (the library's COLLECT drops equal values on a reload
    or a second round, and its UNIQUE accepts two matches)."""

    def __init__(self, wf_spec: Any, name: str, table: DecisionTable, **kwargs: Any) -> None:
        super().__init__(wf_spec, name, **kwargs)
        self.table = table

    def _run_hook(self, task: Any) -> bool:
        task.data.update(task.workflow.script_engine.decide(task, self.table))
        super()._run_hook(task)
        return True


class ConditionLoop(StandardLoopTask):  # type: ignore[misc] # the library is untyped
    """Each round replaces values by key (the library merges lists item by item and drops equal ones)."""

    def merge_child(self, _workflow: Any, child: Any) -> None:
        task = child.parent
        task.data.update(deepcopy(child.data))
        task.internal_data["merged"].append(str(child.id))
        if self.loop_complete(task):
            task._set_state(_READY)
        else:
            self.create_child(task)


class Message(MessageEventDefinition):  # type: ignore[misc] # the library is untyped
    """A message by name; its payload's keys become data. Correlation is the host's (rule 3 of DESIGN)."""

    def catches(self, _task: Any, event: Any) -> bool:
        return bool(self == event.event_definition)

    def catch(self, task: Any, event: Any = None) -> None:
        task.internal_data[self.name] = event.payload
        task.internal_data["event_fired"] = True

    def update_task_data(self, task: Any) -> None:
        payload = task.internal_data.pop(self.name, None) or {}
        if self.message_var:
            task.data[self.message_var] = payload
        else:
            task.data.update(payload)

    def reset(self, task: Any) -> None:
        task.internal_data.pop(self.name, None)
        task.internal_data["event_fired"] = False

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Message) and self.name == other.name

    def __hash__(self) -> int:
        return hash(self.name)


class Choice(MultipleEventDefinition):  # type: ignore[misc] # the library is untyped
    """The events behind an event gateway; each timer has its own due time."""

    def has_fired(self, task: Any) -> bool:
        seen = task.internal_data.setdefault("seen_events", [])
        for definition in self.event_definitions:
            if isinstance(definition, TimerEventDefinition) and definition.has_fired(task):
                seen.append(BpmnEvent(definition))
                break
        return len(seen) > 0

    def catch(self, task: Any, event: Any = None) -> None:
        task.internal_data.setdefault("seen_events", []).append(event)
