"""State of an instance as bytes, without its diagram: the diagram is parsed once per definition and shared.

Our envelope {format, library, definition, state} in zstandard. Parents are written and read before their
children: restored the other way round, the library silently loses data (notes/engine.md, trap 1). The
library's own migrations are not used: they raise as soon as a subprocess exists (trap 4).
"""

from __future__ import annotations

import datetime as dt
import json
import threading
from decimal import Decimal
from importlib.metadata import version
from operator import is_
from typing import Any

import zstandard
from SpiffWorkflow.bpmn.serializer import BpmnWorkflowSerializer, DefaultRegistry
from SpiffWorkflow.bpmn.serializer.default.workflow import (
    BpmnSubWorkflowConverter,
    BpmnWorkflowConverter,
    TaskConverter,
)
from SpiffWorkflow.bpmn.specs.mixins.events.event_types import CatchingEvent
from SpiffWorkflow.bpmn.util.subworkflow import BpmnSubWorkflow
from SpiffWorkflow.spiff.serializer.config import SPIFF_CONFIG
from SpiffWorkflow.task import Task
from SpiffWorkflow.util.task import TaskState

from engine.errors import N_, ThiduaError
from engine.spiff.instance import Instance
from engine.spiff.values import SCALARS, copied

FORMAT = 1
LIBRARY = version("SpiffWorkflow")


class StateUnreadable(ThiduaError):
    """The stored state of an instance cannot be read by this version of the programme."""

    template = N_("Không đọc được trạng thái đã lưu của hồ sơ: %(reason)s")

    def __init__(self, reason: object) -> None:
        super().__init__(reason=reason)


def parents_first(tasks: dict[str, Any], root: str) -> dict[str, Any]:
    """Return the tasks of a tree in an order in which every parent precedes its children."""
    ordered: dict[str, Any] = {}
    waiting = [root]
    while waiting:
        identity = waiting.pop()
        ordered[identity] = tasks[identity]
        waiting.extend(reversed([child for child in tasks[identity]["children"] if child in tasks]))
    return ordered


def same(left: object, right: object) -> bool:
    """Return equality that tells 1 from True and from 1.0 (the library's delta does not)."""
    if type(left) is not type(right):
        return False
    if isinstance(left, dict) and isinstance(right, dict):
        return left.keys() == right.keys() and all(same(value, right[key]) for key, value in left.items())
    if isinstance(left, list) and isinstance(right, list):
        if len(left) == len(right) and all(map(is_, left, right)):
            return True
        kinds = list(map(type, left))
        if kinds != list(map(type, right)):
            return False
        return left == right if SCALARS.issuperset(kinds) else all(map(same, left, right))
    return bool(left == right)


def _revived(value: Any) -> Any:
    """Return JSON with the values of a registered type restored; the library's own walk costs four times it."""
    if isinstance(value, dict):
        if "typename" in value:
            return _REGISTRY.restore(value)
        return {key: one if one.__class__ in SCALARS else _revived(one) for key, one in value.items()}
    if isinstance(value, list):
        return [one if one.__class__ in SCALARS else _revived(one) for one in value]
    return value


def _own(value: Any, flat: dict[int, bool]) -> Any:
    """Return a task's own copy of what came down to it: the library merges data in its place.

    `flat` remembers which lists hold only scalars: 201 voters have 201 copies of one list of members.
    """
    if value.__class__ in SCALARS:
        return value
    if value.__class__ is list:
        is_flat = flat.get(id(value))
        if is_flat is None:
            is_flat = flat[id(value)] = SCALARS.issuperset(map(type, value))
        if is_flat:
            return value.copy()
    return copied(value)


class _TaskConverter(TaskConverter):  # type: ignore[misc] # the library is untyped
    def to_dict(self, task: Any) -> dict[str, Any]:
        above = task.parent.data if task.parent is not None else {}
        changed = {
            key: value for key, value in task.data.items() if key not in above or not same(above[key], value)
        }
        return {
            "id": str(task.id),
            "parent": str(task._parent) if task.parent is not None else None,
            "children": [str(child) for child in task._children],
            "last_state_change": task.last_state_change,
            "state": task.state,
            "task_spec": task.task_spec.name,
            "triggered": task.triggered,
            # What JSON does not know, `_default` converts. The events an event gateway has seen chose its way
            # when they came; they hold parts of the diagram and are no state.
            "internal_data": {key: one for key, one in task.internal_data.items() if key != "seen_events"},
            "data": changed,
            "gone": [key for key in above if key not in task.data],
        }

    def from_dict(self, dct: dict[str, Any], workflow: Any, flat: dict[int, bool] | None = None) -> Any:
        flat = {} if flat is None else flat
        spec = workflow.spec.task_specs.get(dct["task_spec"])
        if spec is None:
            raise StateUnreadable(N_("sơ đồ không còn bước “%s”") % dct["task_spec"])
        # The id stays text: the library only compares it, and text does so several times faster than UUID.
        task = self.target_class(workflow, spec, state=dct["state"], id=dct["id"])
        task._parent = dct["parent"]
        task._children = dct["children"]
        task.last_state_change = dct["last_state_change"]
        task.triggered = dct["triggered"]
        task.internal_data = _revived(dct["internal_data"])
        above = task.parent.data if task.parent is not None else {}
        gone = set(dct["gone"])
        task.data = {key: _own(value, flat) for key, value in above.items() if key not in gone}
        task.data.update(_revived(dct["data"]))
        if isinstance(spec, CatchingEvent) and task.has_state(TaskState.WAITING):
            workflow.top_workflow.event_manager.add_task(task)
        return task


class _Tree:
    """What an instance and its subprocesses have in common: their tasks, written and read without detours."""

    registry: Any

    def to_dict(self, workflow: Any) -> dict[str, Any]:
        tasks = {str(identity): _TASKS.to_dict(task) for identity, task in workflow.tasks.items()}
        root = str(workflow.task_tree.id)
        return {
            "data": self.registry.convert(self.registry.clean(workflow.data)),
            "correlations": workflow.correlations,
            "last_task": str(workflow.last_task.id) if workflow.last_task is not None else None,
            "success": workflow.success,
            "completed": workflow.completed,
            "tasks": parents_first(tasks, root),
            "root": root,
        }

    def restore_tasks(self, workflow: Any, dct: dict[str, Any]) -> None:
        workflow.tasks = {}
        flat: dict[int, bool] = {}
        for task in parents_first(dct["tasks"], dct["root"]).values():
            _TASKS.from_dict(task, workflow, flat)  # the library's task puts itself among the tasks
        workflow.task_tree = workflow.tasks[dct["root"]]
        workflow.success, workflow.completed = dct["success"], dct["completed"]
        workflow.correlations = dct["correlations"]
        workflow.last_task = workflow.tasks.get(dct["last_task"])
        workflow.data = self.registry.restore(dct["data"])


class _SubWorkflowConverter(_Tree, BpmnSubWorkflowConverter):  # type: ignore[misc] # the library is untyped
    def to_dict(self, workflow: Any) -> dict[str, Any]:
        beside = {"parent_task_id": str(workflow.parent_task_id), "spec": workflow.spec.name}
        return super().to_dict(workflow) | beside

    def from_dict(self, dct: dict[str, Any], task: Any, top_workflow: Any) -> Any:
        spec = top_workflow.subprocess_specs.get(task.task_spec.spec)
        workflow = self.target_class(spec, task.id, top_workflow, deserializing=True)
        self.restore_tasks(workflow, dct)
        return workflow


class _WorkflowConverter(_Tree, BpmnWorkflowConverter):  # type: ignore[misc] # the library is untyped
    def to_dict(self, workflow: Any) -> dict[str, Any]:
        return super().to_dict(workflow) | {"subprocesses": self.mapping_to_dict(workflow.subprocesses)}

    def from_dict(self, dct: dict[str, Any], spec: Any = None, subprocess_specs: Any = None) -> Any:
        workflow = self.target_class(spec, subprocess_specs, deserializing=True)
        self.restore_tasks(workflow, dct)
        self.subprocesses_from_dict(dct["subprocesses"], workflow)
        return workflow


def _registry() -> Any:
    config = dict(SPIFF_CONFIG)
    config[Task] = _TaskConverter
    config[Instance] = _WorkflowConverter
    config[BpmnSubWorkflow] = _SubWorkflowConverter
    registry = DefaultRegistry()
    registry.register(
        dt.date, lambda v: {"value": v.isoformat()}, lambda v: dt.date.fromisoformat(v["value"])
    )
    registry.register(Decimal, lambda v: {"value": str(v)}, lambda v: Decimal(v["value"]))
    return BpmnWorkflowSerializer.configure(config, registry)


_REGISTRY = _registry()
_TASKS = _TaskConverter(Task, _REGISTRY)
_local = threading.local()


def _compressor() -> zstandard.ZstdCompressor:
    """One a thread: zstandard's contexts must not be shared between threads."""
    found: zstandard.ZstdCompressor | None = getattr(_local, "compressor", None)
    if found is None:
        found = _local.compressor = zstandard.ZstdCompressor(level=3)
    return found


def _default(value: object) -> object:
    if type(value) in _REGISTRY.typenames:
        return _REGISTRY.convert(value)
    if isinstance(value, set | frozenset):
        return sorted(value, key=str)
    raise TypeError(f"{type(value).__name__} is not data of an instance")


def dumps(workflow: Instance, definition: str, extra: dict[str, Any]) -> bytes:
    """Return the envelope. `extra` travels beside the state (plain JSON)."""
    envelope = {
        "format": FORMAT,
        "library": LIBRARY,
        "definition": definition,
        **extra,
        "state": _REGISTRY.convert(workflow),
    }
    return _compressor().compress(_ENCODER.encode(envelope).encode())


_ENCODER = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), allow_nan=False, default=_default)


def text_of(raw: bytes) -> str:
    """Return the envelope as the text that was packed. Raises StateUnreadable."""
    try:
        return zstandard.ZstdDecompressor().decompress(raw, max_output_size=64 * 1024 * 1024).decode()
    except (zstandard.ZstdError, ValueError) as error:
        raise StateUnreadable(error) from error


def opened(raw: bytes) -> dict[str, Any]:
    """Return the envelope as a dictionary. Raises StateUnreadable."""
    text = text_of(raw)
    try:
        envelope: dict[str, Any] = json.loads(text)
    except ValueError as error:
        raise StateUnreadable(error) from error
    if envelope.get("format") != FORMAT:
        raise StateUnreadable(N_("định dạng %s") % envelope.get("format"))
    return envelope


def restored(envelope: dict[str, Any], spec: Any, subprocess_specs: dict[str, Any]) -> Instance:
    """Return the workflow of an envelope over the given specifications. Raises StateUnreadable."""
    workflow = _REGISTRY.restore(envelope["state"], spec=spec, subprocess_specs=subprocess_specs)
    if not isinstance(workflow, Instance):
        raise StateUnreadable(N_("không phải trạng thái của một quy trình"))
    return workflow
