"""Dropping finished history, so that an instance costs the same after a thousand rounds as after one.

Per (sub)workflow the deepest finished common ancestor of all live tasks goes under the root and everything
finished above it goes away. A loop of 320 rounds costs the library 384 kB and 14 ms a save, sticks at depth
1000, and its parallel joins fire early from the second round; compacted, none of it (notes/engine.md, traps
10 and 11, "Compaction"). What happened is in our own history, not in the tree.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from SpiffWorkflow.bpmn.specs.mixins.unstructured_join import UnstructuredJoin
from SpiffWorkflow.util.task import TaskState

from engine.spiff.instance import Instance

_AT_WORK = TaskState.WAITING | TaskState.READY | TaskState.STARTED


def compact(workflow: Instance) -> int:
    """Drop what no live task can need; return how many tasks went."""
    workflow.forget_orphans()
    dropped = sum(
        _compact(sub, workflow) for sub in list(workflow.subprocesses.values()) if not sub.completed
    )
    return dropped + _compact(workflow, workflow)


@lru_cache(maxsize=256)
def joins_own_loop(spec: Any) -> bool:
    """Whether a join is fed partly by its own loop: the library then looks at the first round's history."""
    for step in spec.task_specs.values():
        if isinstance(step, UnstructuredJoin) and step.name != spec.end.name and len(step.inputs) > 1:
            back = [source for source in step.inputs if step is source or step in source.ancestors()]
            if back and len(back) < len(step.inputs):
                return True
    return False


def _compact(workflow: Any, top: Instance) -> int:
    live = [task for task in workflow.tasks.values() if task.has_state(TaskState.DEFINITE_MASK)]
    if not live:
        return 0
    anchor = _common_finished(live)
    if anchor is None or anchor.parent is None or anchor.parent is workflow.task_tree:
        return 0
    if joins_own_loop(workflow.spec):
        return 0
    kept = below(anchor)
    if _join_needs_history(workflow, live, kept):
        return 0
    gone = [
        task for task in workflow.tasks.values() if task.id not in kept and task is not workflow.task_tree
    ]
    for task in gone:
        del workflow.tasks[task.id]
        top.event_manager.remove_task(task)
    top.forget_orphans()
    workflow.task_tree._children = [anchor.id]
    anchor._parent = workflow.task_tree.id
    if workflow.last_task is None or workflow.last_task.id not in workflow.tasks:
        workflow.last_task = anchor
    return len(gone)


def _path(task: Any) -> list[Any]:
    above = []
    while task is not None:
        above.append(task)
        task = task.parent
    return above[::-1]


def _common_finished(live: list[Any]) -> Any | None:
    common = _path(live[0])
    for task in live[1:]:
        common = [one for one, other in zip(common, _path(task), strict=False) if one is other]
    return next((task for task in reversed(common) if task.has_state(TaskState.FINISHED_MASK)), None)


def below(anchor: Any) -> set[Any]:
    """Return the ids of a task and of everything under it in its tree."""
    kept, waiting = set(), [anchor]
    while waiting:
        task = waiting.pop()
        kept.add(task.id)
        waiting.extend(task.children)
    return kept


def _join_needs_history(workflow: Any, live: list[Any], kept: set[Any]) -> bool:
    """An unstructured join counts the finished branches that arrived; they may stand outside."""
    joins = {
        task.task_spec.name
        for task in live
        if isinstance(task.task_spec, UnstructuredJoin) and task.has_state(_AT_WORK)
    }
    return any(
        task.id not in kept and task.task_spec.name in joins and task.has_state(TaskState.FINISHED_MASK)
        for task in workflow.tasks.values()
    )
