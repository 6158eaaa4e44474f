"""The inclusive gateway as BPMN 2.0.2 (13.4.3) says: it waits for every token that can still come to it.

The library's own overlooks a token that stands inside a subprocess, a called process or a multi-instance step:
it fires early, fires again when that branch comes, and what was done in between is done twice.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from SpiffWorkflow.bpmn.specs.defaults import InclusiveGateway as LibraryGateway
from SpiffWorkflow.util.task import TaskState

_TOKEN = TaskState.READY | TaskState.WAITING | TaskState.STARTED


class InclusiveGateway(LibraryGateway):  # type: ignore[misc] # the library is untyped
    """A join that no token can reach any more on a flow that is still empty, before it fires."""

    def _check_threshold_unstructured(self, task: Any) -> bool:
        arrived = {one.parent.task_spec.name for one in self._arrivals(task)}
        empty = {step.name for step in self.inputs} - arrived
        return not any(
            ends & empty and not ends & arrived
            for token in task.workflow.tasks.values()
            if token.has_state(_TOKEN) and token.task_spec is not self
            for ends in [self._ends(token.task_spec)]
        )

    def _arrivals(self, task: Any) -> Iterator[Any]:
        """Yield the tokens that are here since it fired last; an older one was cancelled in favour of a newer."""
        here = [one for one in task.workflow.tasks.values() if one.task_spec is self]
        fired = [one.last_state_change for one in here if one.has_state(TaskState.COMPLETED)]
        since = max(fired, default=0.0)
        for one in here:
            waits = one is task or one.has_state(TaskState.WAITING)
            superseded = one.has_state(TaskState.CANCELLED) and one.last_state_change > since
            if (waits or superseded) and one.parent.has_state(TaskState.COMPLETED):
                yield one

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
