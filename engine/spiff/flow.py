"""What follows what in a process, by the ids of its diagram: the library's own steps between them are hidden."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Any

from SpiffWorkflow.bpmn.specs.mixins.inclusive_gateway import InclusiveGateway
from SpiffWorkflow.bpmn.specs.mixins.parallel_gateway import ParallelGateway

SPLIT, MERGE, CHILD = ".BoundaryEventSplit", ".BoundaryEventJoin", " [child]"
START = "Start"


def is_join(step: Any) -> bool:
    """Whether a step waits for other branches."""
    return isinstance(step, ParallelGateway | InclusiveGateway) and len(step.inputs) > 1


class Flow:
    """The flows of one process or subprocess; a boundary event follows the activity it hangs on."""

    def __init__(self, spec: Any) -> None:
        hidden = {spec.end.name, "End"}
        self.following: dict[str, set[str]] = {}
        for step in spec.task_specs.values():
            name = step.name.removesuffix(SPLIT)
            if name in hidden or name.endswith((MERGE, CHILD)):
                continue
            targets = {target.removesuffix(SPLIT) for target in step._outputs}
            seen = {target for target in targets if not target.endswith(MERGE)} - hidden - {name}
            self.following.setdefault(name, set()).update(seen)

    def reach(self, sources: Iterable[str], avoiding: Collection[str] = ()) -> set[str]:
        """Return every element that a token on one of the sources can come to without leaving one of `avoiding`.

        An element to avoid is itself reached, but not passed; a source is left in any case.
        """
        found: set[str] = set()
        waiting = [target for source in sources for target in self.following.get(source, ())]
        while waiting:
            name = waiting.pop()
            if name in found:
                continue
            found.add(name)
            if name not in avoiding:
                waiting.extend(self.following.get(name, ()))
        return found

    def nearest(self, source: str, kept: Collection[str]) -> set[str]:
        """Return the elements of `kept` that follow directly, or after others that are not kept."""
        return self.reach([source], avoiding=kept) & set(kept)
