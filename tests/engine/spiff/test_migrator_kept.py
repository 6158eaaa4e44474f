"""The net under every move sees what a wrong one would do."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from engine.spiff import serializer
from engine.spiff.instance import Instance
from engine.spiff.kept import not_kept, work_of
from engine.spiff.parser import ParsedDefinition


@pytest.fixture
def player(kit: Any) -> Any:
    """An instance of start → a → b → end that waits at a, with something in its data."""
    diagram = kit.Diagram().add("startEvent", "s").user("a").user("b").add("endEvent", "e")
    return kit.play(diagram.chain("s", "a", "b", "e"), note=1)


@pytest.fixture
def parsed(player: Any) -> ParsedDefinition:
    found: ParsedDefinition = player.parsed
    return found


@pytest.fixture
def read(player: Any, parsed: ParsedDefinition) -> Any:
    """The instance as it is read back from its dump, each time anew."""
    return lambda: serializer.restored(serializer.opened(player.run.dump()), *parsed.specs())


def at(workflow: Instance, name: str) -> Any:
    [task] = [task for task in workflow.tasks.values() if task.task_spec.name == name]
    return task


def test_what_was_read_back_unchanged_is_kept(read: Any, parsed: ParsedDefinition) -> None:
    assert not_kept(work_of(read(), parsed, {}), read(), parsed) is None


def test_a_lost_step_is_seen(read: Any, parsed: ParsedDefinition) -> None:
    before, moved = work_of(read(), parsed, {}), read()
    moved._remove_task(at(moved, "a").id)
    assert not_kept(before, moved, parsed) == "a"


def test_a_step_that_nobody_ordered_is_seen(read: Any, parsed: ParsedDefinition) -> None:
    before, moved = work_of(read(), parsed, {}), read()
    extra = at(moved, "s")._add_child(parsed.spec.task_specs["b"], 8)
    assert not_kept(before, moved, parsed) == "b"
    assert not_kept(before, moved, parsed, new_tasks={str(extra.id)}) is None


@pytest.mark.parametrize("value", [2, True, 1.0, None])
def test_changed_data_is_seen(read: Any, parsed: ParsedDefinition, value: object) -> None:
    before, moved = work_of(read(), parsed, {}), read()
    at(moved, "a").data["note"] = value
    assert not_kept(before, moved, parsed) == "a"


def test_changed_bookkeeping_of_the_engine_is_seen(read: Any, parsed: ParsedDefinition) -> None:
    before, moved = work_of(read(), parsed, {}), read()
    at(moved, "a").internal_data["merged"] = ["x"]
    assert not_kept(before, moved, parsed) == "a"


def test_another_state_and_another_step_are_seen(read: Any, parsed: ParsedDefinition) -> None:
    [(task_id, work)] = work_of(read(), parsed, {}).items()
    assert not_kept({task_id: replace(work, state=8)}, read(), parsed) == "a"
    assert not_kept({task_id: replace(work, step="z")}, read(), parsed) == "z"


def test_a_future_that_does_not_follow_is_seen(read: Any, parsed: ParsedDefinition) -> None:
    before, moved = work_of(read(), parsed, {}), read()
    at(moved, "b").task_spec = parsed.spec.task_specs["e"]
    assert not_kept(before, moved, parsed) == "e"
