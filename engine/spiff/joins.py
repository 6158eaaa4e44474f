"""Where branches come together: when the join goes on, and what it then knows.

The inclusive gateway waits for every token that can still come to it, as BPMN 2.0.2 (13.4.3) says. The library's
own overlooks a token that stands inside a subprocess, a called process or a multi-instance step: it fires early,
fires again when that branch comes, and what was done in between is done twice.

Both joins take from each branch what it changed since the fork. The library lays whole data over each other, so
in a second round what one branch still carries from the first overwrites what another has just found.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from copy import deepcopy
from functools import reduce
from typing import Any

from SpiffWorkflow.bpmn.exceptions import WorkflowTaskException
from SpiffWorkflow.bpmn.specs.defaults import InclusiveGateway as LibraryInclusiveGateway
from SpiffWorkflow.bpmn.specs.defaults import ParallelGateway as LibraryParallelGateway
from SpiffWorkflow.util.task import TaskState

from engine.errors import N_
from engine.spiff.serializer import same

_AHEAD = TaskState.PREDICTED_MASK | TaskState.FUTURE
_TOKEN = TaskState.READY | TaskState.WAITING | TaskState.STARTED


class _Join:
    def _run_hook(self: Any, task: Any) -> bool:
        """Give the task what each branch changed, in the order they came."""
        here = sorted(self._arrivals(task), key=lambda one: (one is task, one.last_state_change))
        branches = [one.parent for one in here]
        before = reduce(_common, branches).data
        data = deepcopy(before)
        for branch in branches:
            _take_changes(data, before, branch.data)
        task.data = data
        return True

    def _arrivals(self: Any, task: Any) -> Iterator[Any]:
        """Yield the tokens that are here since it fired last; an older one was cancelled in favour of a newer."""
        here = [one for one in task.workflow.tasks.values() if one.task_spec is self]
        fired = [one.last_state_change for one in here if one.has_state(TaskState.COMPLETED)]
        since = max(fired, default=0.0)
        for one in here:
            waits = one.has_state(TaskState.WAITING)
            superseded = one.has_state(TaskState.CANCELLED) and one.last_state_change > since
            if one is task or ((waits or superseded) and one.parent.has_state(TaskState.COMPLETED)):
                yield one


def _common(one: Any, other: Any) -> Any:
    """Return the deepest task above both of two tasks, one of them included."""
    above = set()
    while one is not None:
        above.add(one.id)
        one = one.parent
    while other.id not in above:
        other = other.parent
    return other


def _take_changes(data: dict[str, Any], before: Mapping[str, Any], after: Mapping[str, Any]) -> None:
    """Write into `data` what differs between two states of one branch, group by group."""
    for name, value in after.items():
        if name in before and same(before[name], value):
            continue
        if isinstance(value, dict) and isinstance(data.get(name), dict):
            known = before.get(name)
            _take_changes(data[name], known if isinstance(known, dict) else {}, value)
        else:
            data[name] = deepcopy(value)


class ParallelGateway(_Join, LibraryParallelGateway):  # type: ignore[misc] # the library is untyped
    """A join that waits for one token on each flow."""


class InclusiveGateway(_Join, LibraryInclusiveGateway):  # type: ignore[misc] # the library is untyped
    """A join that no token can reach any more on a flow that is still empty, before it fires."""

    def _run_hook(self, task: Any) -> bool:
        super()._run_hook(task)
        chosen, otherwise = self._get_matching_outputs(task)
        if not chosen and not otherwise:
            raise WorkflowTaskException(N_("không điều kiện nào đúng và không có nhánh mặc định"), task=task)
        task._sync_children(chosen or otherwise, TaskState.FUTURE)
        for child in task.children:
            child.task_spec._predict(child, mask=_AHEAD)
        return True

    def _check_threshold_unstructured(self, task: Any) -> bool:
        arrived = {one.parent.task_spec.name for one in self._arrivals(task)}
        empty = {step.name for step in self.inputs} - arrived
        return not any(
            ends & empty and not ends & arrived
            for token in task.workflow.tasks.values()
            if token.has_state(_TOKEN) and token.task_spec is not self
            for ends in [self._ends(token.task_spec)]
        )

    def _ends(self, step: Any) -> set[str]:
        """Return the last steps on the ways from a step to here that do not come through here before."""
        found, seen, ahead = set(), set(), [step]
        while ahead:
            at = ahead.pop()
            if at.name in seen or at is self:
                continue
            seen.add(at.name)
            if self.name in at._outputs:
                found.add(at.name)
            ahead.extend(at.outputs)
        return found
