"""A step that many do: what its completion condition sees, what it keeps, in which order, also at a deadline.

The library's condition sees only the instance that ended last and no counters, its output comes in the order in
which instances end, an interrupting event loses it, and a second round fails (notes/engine.md, trap 15).
The names of counters are BPMN's and Camunda's: nrOfInstances, nrOfCompletedInstances, nrOfActiveInstances,
nrOfTerminatedInstances, and loopCounter, from 0, in each instance; none is in the data after the step.
"""

from __future__ import annotations

from bisect import bisect
from collections.abc import Mapping
from copy import deepcopy
from typing import Any

from SpiffWorkflow.bpmn.specs.control import BoundaryEventSplit
from SpiffWorkflow.spiff.specs.defaults import ParallelMultiInstanceTask, SequentialMultiInstanceTask
from SpiffWorkflow.util.task import TaskState

from engine.errors import N_, StepFailed
from engine.spiff.bridge import SKIPPED, element_of

LOOP_COUNTER = "loopCounter"
COUNTERS = ("nrOfInstances", "nrOfCompletedInstances", "nrOfActiveInstances", "nrOfTerminatedInstances")
"""What a completion condition may name beside the data. Whatever ends an instance early ends the step with it, so
when the condition is asked none has been terminated."""
_READY = TaskState.READY


class _MultiInstance:
    """Without an output list nothing that an instance writes survives; with one, each round starts a fresh one.

    The list has the outputs of the completed instances in the order of the input; over a mapping it is a mapping
    with its keys. It stands in the step's own data and in that of the events on its edge.
    """

    def create_child(self: Any, task: Any, item: Any, key_or_index: Any = None) -> None:
        number = task.internal_data.get("created", 0)
        task.internal_data["created"] = number + 1
        own = [one.bpmn_id for one in (self.input_item, self.output_item) if one is not None]
        # A variable around the step with the name of one of its own is hidden inside and there again afterwards.
        hidden = {name: task.data.pop(name) for name in (*own, LOOP_COUNTER) if name in task.data}
        task.data[LOOP_COUNTER] = number  # the instance takes it along with all other data
        try:
            super().create_child(task, item, key_or_index)  # type: ignore[misc] # a mixin before the library's class
        finally:
            del task.data[LOOP_COUNTER]
            task.data.update(hidden)
        task.children[-1].internal_data["number"] = number

    def merge_child(self: Any, _workflow: Any, child: Any) -> None:
        task = child.parent
        if self.data_output is not None and self.output_item is not None:
            self._keep(task, child)
        task.internal_data["merged"].append(str(child.id))
        complete = self._is_complete(task, child)
        child.data = {}  # nobody asks it any more, and each of many would be saved with all it knew
        if complete:
            self._finish(task)
        else:
            self._go_on(task)

    def _keep(self: Any, task: Any, child: Any) -> None:
        if not self.output_item.exists(child):
            if child.internal_data.get(SKIPPED):
                return  # an administrator passed it over: it has no entry
            name = self.output_item.bpmn_id
            raise StepFailed(element_of(child), N_("lượt này không ghi “%s”") % name)
        done, number = task.internal_data.setdefault("done", []), child.internal_data["number"]
        place = bisect(done, number)
        done.insert(place, number)
        known, value = self.data_output.get(task), deepcopy(self.output_item.get(child))
        if isinstance(known, Mapping):
            pairs = list(known.items())
            pairs.insert(place, (child.internal_data["key_or_index"], value))
            self._show(task, dict(pairs))
        else:  # never changed in place: other instances were given the list as it was
            self._show(task, [*known[:place], value, *known[place:]])

    def show_on_edges(self: Any, task: Any) -> None:
        """Give events that were hung on a step at work what its instances have said so far."""
        if self.data_output is not None:
            self._show(task, self.data_output.get(task))

    def _show(self: Any, task: Any, output: Any) -> None:
        self.data_output.set(task, output)
        if isinstance(task.parent.task_spec, BoundaryEventSplit):
            # In both: the library lays one list over the other, element by element.
            for one in (task.parent, *task.parent.children):
                if one is task.parent or one.has_state(TaskState.WAITING):
                    self.data_output.set(one, output)

    def _is_complete(self: Any, task: Any, child: Any) -> bool:
        if self.children_complete(task):
            return True
        if self.condition is None:
            return False
        completed, total = len(task.internal_data["merged"]), self._number(task)
        seen: dict[str, object] = dict(zip(COUNTERS, (total, completed, self._active(task), 0), strict=True))
        if self.data_output is not None:
            seen[self.data_output.bpmn_id] = self.data_output.get(task)
        return bool(task.workflow.script_engine.evaluate(child, self.condition, seen))

    def _refuse_no_list(self: Any, task: Any) -> None:
        """The library fails without naming the step, or counts the letters of a text."""
        name = self.data_input.bpmn_id
        if not isinstance(self.data_input.get(task), list | tuple | Mapping):
            raise StepFailed(element_of(task), N_("“%s” không phải là danh sách") % name)

    def _refuse_no_number(self: Any, task: Any, times: object) -> None:
        """The library never ends on -1 and on 2.5."""
        if not isinstance(times, int) or times < 0:
            cause = N_("số lượt “%s” không phải số nguyên từ 0 trở lên")
            raise StepFailed(element_of(task), cause % self.cardinality)

    def init_data_output_with_input_data(self: Any, task: Any, source: Any) -> None:
        self._show(task, {} if isinstance(source, Mapping) else [])

    def init_data_output_with_cardinality(self: Any, task: Any) -> None:
        self._show(task, [])


class ParallelLoop(_MultiInstance, ParallelMultiInstanceTask):  # type: ignore[misc] # the library is untyped
    """All at once."""

    def create_children(self, task: Any) -> None:
        if self.data_input is not None:
            self._refuse_no_list(task)
        else:
            self._refuse_no_number(task, task.workflow.script_engine.evaluate(task, self.cardinality))
        super().create_children(task)

    def children_complete(self, task: Any) -> bool:
        return len(task.internal_data["merged"]) == self._number(task)

    def _number(self, task: Any) -> int:
        return int(task.internal_data.get("created", 0))

    def _active(self, task: Any) -> int:
        return self._number(task) - len(task.internal_data["merged"])

    def _finish(self, task: Any) -> None:
        for other in self._instances(task):
            other.cancel()
        task._set_state(_READY)

    def _go_on(self, task: Any) -> None:
        """The others are at work."""


class SequentialLoop(_MultiInstance, SequentialMultiInstanceTask):  # type: ignore[misc] # the library is untyped
    """One after the other; `nrOfActiveInstances` is 1, as Camunda says."""

    def children_complete(self, task: Any) -> bool:
        if self.data_input is None:
            self._refuse_no_number(task, task.internal_data["cardinality"])
        return bool(super().children_complete(task))

    def init_remaining_items(self, task: Any) -> Any:
        """Return keys with elements, as they are now: all at once too, a later correction changes no running step."""
        self._refuse_no_list(task)
        items = self.data_input.get(task)
        task.internal_data["number"] = len(items)
        return [list(pair) for pair in (items.items() if isinstance(items, Mapping) else enumerate(items))]

    def get_next_input_item(self, task: Any) -> Any:
        (key, item), *task.internal_data["remaining"] = task.internal_data["remaining"]
        return key, item

    def _number(self, task: Any) -> int:
        number = task.internal_data.get("cardinality", task.internal_data.get("number", 0))
        return int(number)

    def _active(self, _task: Any) -> int:
        return 1

    def _finish(self, task: Any) -> None:
        task._set_state(_READY)

    def _go_on(self, task: Any) -> None:
        self.add_next_child(task)

    def add_next_child(self, task: Any) -> None:
        """The library stops at an element that is None."""
        following = self.get_next_index if self.data_input is None else self.get_next_input_item
        key_or_index, item = following(task)
        self.create_child(task, item, key_or_index)
