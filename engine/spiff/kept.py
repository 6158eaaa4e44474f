"""The net under every move: what is at work must be the same after it, one to one, read back from the dump."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from copy import deepcopy
from dataclasses import dataclass
from typing import Any

from SpiffWorkflow.bpmn.specs.control import BoundaryEventJoin
from SpiffWorkflow.util.task import TaskState

from engine.spiff.bridge import element_of
from engine.spiff.checks import levels
from engine.spiff.instance import Instance
from engine.spiff.parser import ParsedDefinition
from engine.spiff.rebase import AT_WORK, Names
from engine.spiff.serializer import same

_AHEAD = TaskState.PREDICTED_MASK | TaskState.FUTURE


@dataclass(frozen=True)
class Work:
    """One task at work: its step on the new diagram, its state, its data and the engine's own beside."""

    step: str
    state: int
    data: dict[str, Any]
    internal: dict[str, Any]


def work_of(workflow: Instance, new: ParsedDefinition, mapping: Mapping[str, str]) -> dict[str, Work]:
    """Return by its id everything at work in an instance, due times left out: those may be moved."""
    found = {}
    for level, spec in levels(workflow, new, mapping):
        names = Names(mapping, level.spec.end.name, spec.end.name)
        for task in level.tasks.values():
            if task.has_state(AT_WORK) and not isinstance(task.task_spec, BoundaryEventJoin):
                internal = {k: v for k, v in task.internal_data.items() if not k.startswith("event_value")}
                data, internal = deepcopy((task.data, internal))
                found[str(task.id)] = Work(names(task.task_spec.name), task.state, data, internal)
    return found


def not_kept(
    before: Mapping[str, Work], moved: Instance, new: ParsedDefinition, new_tasks: Collection[str] = ()
) -> str | None:
    """Return a step of a moved instance that is lost, changed, or there without reason; None when all is kept."""
    after = work_of(moved, new, {})
    for task_id, work in before.items():
        if not _same(work, after.get(task_id)):
            return work.step
    for task_id, work in after.items():
        if task_id not in before and task_id not in new_tasks:
            return work.step
    return _without_way(moved, new)


def _same(before: Work, after: Work | None) -> bool:
    return after is not None and (
        (before.step, before.state) == (after.step, after.state)
        and same(before.data, after.data)
        and same(before.internal, after.internal)
    )


def _without_way(workflow: Instance, new: ParsedDefinition) -> str | None:
    """Return a predicted task that does not follow from the new diagram."""
    for level, _ in levels(workflow, new, {}):
        for task in level.tasks.values():
            ahead = task.has_state(_AHEAD) and not task.triggered
            if ahead and task.task_spec.name not in task.parent.task_spec._outputs:
                return element_of(task)
    return None
