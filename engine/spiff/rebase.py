"""Moves the tree of one (sub)process to another specification without touching what is at work in it.

The library resets live tasks: a waiting timer starts anew and cast votes are lost (notes/engine.md,
"Migration"). Here every task keeps its identity, state and data; it is only pointed at its step in the new
specification, boundary events are hung on or taken off, and what lies ahead is predicted again.
"""

from __future__ import annotations

from collections.abc import Mapping
from copy import deepcopy
from dataclasses import dataclass, field
from typing import Any

from SpiffWorkflow.bpmn.specs.control import BoundaryEventJoin, BoundaryEventSplit
from SpiffWorkflow.bpmn.specs.mixins.events.event_types import CatchingEvent
from SpiffWorkflow.bpmn.specs.mixins.events.intermediate_event import BoundaryEvent
from SpiffWorkflow.task import Task
from SpiffWorkflow.util.task import TaskState

from engine.spiff.deadlines import DueChange, begin, carry
from engine.spiff.flow import CHILD, MERGE, SPLIT
from engine.spiff.multi_instance import ParallelLoop, SequentialLoop

AT_WORK = TaskState.WAITING | TaskState.READY | TaskState.STARTED
_AHEAD = TaskState.PREDICTED_MASK | TaskState.FUTURE


@dataclass(frozen=True)
class Names:
    """Old name of a step → its new one: the administrator's mapping, for the library's own steps too."""

    mapping: Mapping[str, str]
    old_end: str
    new_end: str

    def __call__(self, name: str) -> str:
        if name == self.old_end:
            return self.new_end
        for ending in (SPLIT, MERGE, CHILD):
            if name.endswith(ending):
                stem = name.removesuffix(ending)
                return self.mapping.get(stem, stem) + ending
        return self.mapping.get(name, name)


@dataclass(frozen=True)
class Hung:
    """A boundary event that was hung on an activity at work, or taken off it."""

    task_id: str
    event: str
    activity: str


@dataclass
class Moved:
    """What was done to one (sub)process beside pointing its tasks at their new steps."""

    armed: list[Hung] = field(default_factory=list)
    disarmed: list[Hung] = field(default_factory=list)
    due: list[DueChange] = field(default_factory=list)

    def add(self, other: Moved) -> None:
        """Count in what was done to another round of the same subprocess."""
        self.armed += other.armed
        self.disarmed += other.disarmed
        self.due += other.due


def rebase(workflow: Any, spec: Any, names: Names, recompute: bool) -> Moved:
    """Move one (sub)process to `spec`. Raises StepFailed when a timer's expression fails on its data.

    Only for what engine.spiff.checks has not refused: every task at work has its step in `spec`.
    """
    return _Rebase(workflow, spec, names, recompute).run()


class _Rebase:
    def __init__(self, workflow: Any, spec: Any, names: Names, recompute: bool) -> None:
        self.workflow, self.spec, self.names, self.recompute = workflow, spec, names, recompute
        self.moved = Moved()

    def run(self) -> Moved:
        for task in self._at_work():
            self._forget_ahead(task)
        self._point()
        for split in self._splits():
            self._take_off(split)
        for task in self._at_work():
            self._hang_on(task)
        self._splice_out_gone()
        for task in self._at_work():
            _look_ahead(task)
        if self.workflow.last_task is not None and self.workflow.last_task.id not in self.workflow.tasks:
            self.workflow.last_task = None
        return self.moved

    def _at_work(self) -> list[Any]:
        return [task for task in self.workflow.tasks.values() if task.has_state(AT_WORK)]

    def _forget_ahead(self, task: Any) -> None:
        for child in task.children:
            if not child.triggered and child.has_state(_AHEAD):
                self.workflow._remove_task(child.id)

    def _point(self) -> None:
        self.workflow.spec = self.spec
        for task in self.workflow.tasks.values():
            old, new = task.task_spec, self.spec.task_specs.get(self.names(task.task_spec.name))
            if new is None:
                continue
            task.task_spec = new
            if isinstance(new, CatchingEvent) and isinstance(old, CatchingEvent) and task.has_state(AT_WORK):
                self.moved.due += carry(task, old, new, self.names, self.recompute)

    def _is_gone(self, task: Any) -> bool:
        return self.spec.task_specs.get(task.task_spec.name) is not task.task_spec

    # -- boundary events ---------------------------------------------------------------------------

    def _splits(self) -> list[Any]:
        """Splits whose activity still works; boundary events of one that ended are history."""
        return [
            task
            for task in self.workflow.tasks.values()
            if isinstance(task.task_spec, BoundaryEventSplit) and _activity(task) is not None
        ]

    def _take_off(self, split: Any) -> None:
        """Take off the boundary events that the activity no longer has, and the split with the last one."""
        wanted = set() if self._is_gone(split) else set(split.task_spec._outputs)
        activity = _activity(split)
        for child in split.children:
            name = child.task_spec.name
            if isinstance(child.task_spec, BoundaryEvent) and name not in wanted:
                if child.has_state(AT_WORK):
                    self.moved.disarmed.append(Hung(str(child.id), name, activity.task_spec.name))
                self._take_out(child, split.parent)
        if self._is_gone(split):
            self._take_out(split, split.parent)

    def _take_out(self, task: Any, above: Any) -> None:
        """Remove one task and hang what works under it below `above`; merges of boundary events go with it."""
        for child in task.children:
            if isinstance(child.task_spec, BoundaryEventJoin) or child.has_state(_AHEAD):
                self.workflow._remove_task(child.id)
                continue
            child._parent = above.id
        kept = list(task._children)
        parent = task.parent
        where = parent._children.index(task.id)
        parent._children[where : where + 1] = kept if parent is above else []
        if parent is not above:
            above._children += kept
        del self.workflow.tasks[task.id]
        self.workflow.top_workflow.event_manager.remove_task(task)

    def _hang_on(self, activity: Any) -> None:
        """Let the boundary events wait that the activity has in the new diagram and not yet here."""
        step = self.spec.task_specs.get(f"{activity.task_spec.name}{SPLIT}")
        if step is None or isinstance(activity.task_spec, BoundaryEvent):
            return
        split = activity.parent
        if split.task_spec is not step:
            split = self._put_split(step, activity)
        present = {child.task_spec.name for child in split.children}
        for event in step.outputs:
            if isinstance(event, BoundaryEvent) and event.name not in present:
                waiting = split._add_child(event, TaskState.WAITING)
                waiting.data = deepcopy(split.data)
                if isinstance(activity.task_spec, ParallelLoop | SequentialLoop):
                    activity.task_spec.show_on_edges(activity)
                begin(event, waiting)
                self.moved.armed.append(Hung(str(waiting.id), event.name, activity.task_spec.name))

    def _put_split(self, step: Any, activity: Any) -> Any:
        above = activity.parent
        split = Task(self.workflow, step, above, state=TaskState.COMPLETED)
        split.data, split.thread_id = deepcopy(above.data), activity.thread_id
        above._children.remove(split.id)
        above._children[above._children.index(activity.id)] = split.id
        activity._parent, split._children = split.id, [activity.id]
        return split

    # -- history and future ------------------------------------------------------------------------

    def _splice_out_gone(self) -> None:
        """Drop finished tasks whose step is gone: nobody could read them back."""
        for task in list(self.workflow.tasks.values()):
            if task.parent is not None and self._is_gone(task) and task.has_state(TaskState.FINISHED_MASK):
                self._take_out(task, task.parent)


def _activity(split: Any) -> Any:
    """Return what works between the boundary events, None when it has ended."""
    for child in split.children:
        if not isinstance(child.task_spec, BoundaryEvent | BoundaryEventJoin) and child.has_state(AT_WORK):
            return child
    return None


def _look_ahead(task: Any) -> None:
    """Predict again, as far as the library does: what follows a boundary event only might happen."""
    state = task._state
    if isinstance(task.task_spec, BoundaryEvent):
        task._state = TaskState.MAYBE
        task.task_spec._predict(task, looked_ahead=1, mask=TaskState.PREDICTED_MASK)
        task._state = state
    else:
        task.task_spec._predict(task, mask=TaskState.NOT_FINISHED_MASK)
