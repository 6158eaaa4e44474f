"""The library's workflow with the three things we need otherwise: no depth limit, safe timers, own clock."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from SpiffWorkflow.bpmn import BpmnWorkflow
from SpiffWorkflow.bpmn.specs.event_definitions.multiple import MultipleEventDefinition
from SpiffWorkflow.bpmn.specs.event_definitions.timer import TimerEventDefinition
from SpiffWorkflow.bpmn.util.task import BpmnTaskFilter, BpmnTaskIterator
from SpiffWorkflow.util.task import TaskState

from engine.spiff.timers import is_waiting

DEPTH = 1_000_000
_WALKS_OTHERWISE = {"end_at_spec", "depth_first", "skip_subprocesses", "task_filter"}


def _walk(first: Any, subprocesses: dict[Any, Any], wanted: BpmnTaskFilter) -> Iterator[Any]:
    """Yield the tasks that match, parents first, a subprocess before what follows it.

    As the library does, it does not look below a task that is not as far as what is looked for, nor for
    unfinished tasks inside a finished subprocess.
    """
    if wanted.state & TaskState.PREDICTED_MASK:
        least = TaskState.MAYBE
    elif wanted.state & TaskState.DEFINITE_MASK:
        least = TaskState.FUTURE
    else:
        least = TaskState.COMPLETED
    unfinished = wanted.state <= TaskState.FINISHED_MASK
    ahead = [first]
    while ahead:
        task = ahead.pop()
        inside = subprocesses.get(task.id)
        if inside is not None or task.state >= least:
            known = task.workflow.tasks
            ahead.extend(known[child] for child in reversed(task._children))
            if inside is not None and not (unfinished and task.state >= TaskState.FINISHED_MASK):
                ahead.append(inside.task_tree)
        if wanted.matches(task):
            yield task


def _run_ready(level: Any, before: Callable[[Any], None] | None, after: Callable[[Any], None] | None) -> bool:
    """Run what is ready now in one (sub)process; whether anything was."""
    ran = False
    for task in level.get_tasks(state=TaskState.READY):
        if task.task_spec.manual or not task.has_state(TaskState.READY):
            continue
        if before is not None:
            before(task)
        task.run()
        ran = True
        if after is not None:
            after(task)
    return ran


class Instance(BpmnWorkflow):  # type: ignore[misc] # the library is untyped
    subprocesses: dict[Any, Any]

    def get_tasks_iterator(self, first_task: Any = None, **kwargs: Any) -> Any:
        """Return tasks in the library's order, without its limit and its bookkeeping of depth.

        The library stops silently at depth 1000, which 333 rounds of a loop reach (trap 11).
        """
        if kwargs.keys() & _WALKS_OTHERWISE:
            return BpmnTaskIterator(first_task or self.task_tree, max_depth=DEPTH, **kwargs)
        return _walk(first_task or self.task_tree, self.subprocesses, BpmnTaskFilter(**kwargs))

    def do_engine_steps(
        self,
        will_complete_task: Callable[[Any], None] | None = None,
        did_complete_task: Callable[[Any], None] | None = None,
    ) -> None:
        """Run what needs nobody until nothing is left, the innermost subprocesses first.

        The library also runs what an earlier step of the same turn has ended: the rest of a step that many do
        after its condition holds, a branch beside a terminate end.
        """
        more = True
        while more:
            active = self.get_active_subprocesses()
            for level in sorted(active, key=lambda one: one.depth, reverse=True):
                while _run_ready(level, will_complete_task, did_complete_task):
                    pass
                above = self.get_task_from_id(level.parent_task_id)
                above.task_spec._update(above)
            more = _run_ready(self, will_complete_task, did_complete_task)
            more = more or len(self.get_active_subprocesses()) > len(active)
        self.refresh_timers()

    def refresh_timers(self) -> None:
        """The library's crashes on tasks that left the tree (trap 16)."""
        for identity, task in list(self.event_manager.tasks.items()):
            if identity not in self.event_manager.tasks:
                continue
            if not is_waiting(task):
                self.event_manager.tasks.pop(identity, None)
            elif isinstance(task.task_spec.event_definition, TimerEventDefinition | MultipleEventDefinition):
                task.task_spec._update(task)

    def get_active_subprocesses(self) -> list[Any]:
        """The library asks each subprocess for its parent task and fails on one whose task was cancelled."""
        self.forget_orphans()
        active: list[Any] = super().get_active_subprocesses()
        return active

    def forget_orphans(self) -> None:
        """Drop subprocesses whose task is in no tree any more, with what they waited for."""
        known = set(self.tasks)
        kept: dict[Any, Any] = {}
        found: dict[Any, Any] = self.subprocesses
        while found:
            found = {
                identity: sub
                for identity, sub in self.subprocesses.items()
                if identity in known and identity not in kept
            }
            kept.update(found)
            for sub in found.values():
                known.update(sub.tasks)
        if len(kept) == len(self.subprocesses):
            return
        self.subprocesses = {identity: sub for identity, sub in self.subprocesses.items() if identity in kept}
        for identity, task in list(self.event_manager.tasks.items()):
            if not is_waiting(task):
                del self.event_manager.tasks[identity]
