"""Events that lint lets through run as BPMN says, saved and loaded at every step; and what it refuses, and why."""

from __future__ import annotations

import logging
from typing import Any

import pytest

SIGNAL = '<bpmn:signalEventDefinition signalRef="sig"/>'
ESCALATION = '<bpmn:escalationEventDefinition escalationRef="esc"/>'
ERROR = '<bpmn:errorEventDefinition errorRef="err"/>'
CONDITION = (
    "<bpmn:conditionalEventDefinition><bpmn:condition>{}</bpmn:condition></bpmn:conditionalEventDefinition>"
)
HEAD = (
    '<bpmn:signal id="sig" name="sig"/><bpmn:escalation id="esc" escalationCode="up"/>'
    '<bpmn:error id="err" errorCode="lost"/>'
)


def inner(kit: Any, end: str, definition: str, tag: str = "subProcess") -> Any:
    """A block that throws on its way out."""
    block = kit.Diagram("block", tag).add("startEvent", "s1").user("work").add(end, "throw", definition)
    if end == "endEvent":
        return block.chain("s1", "work", "throw")
    return block.user("rest").add("endEvent", "e1").chain("s1", "work", "throw", "rest", "e1")


def around(kit: Any, block: Any, *edges: tuple[str, bool]) -> Any:
    """start → block → after → end, and a step behind each event on the block's edge."""
    diagram = kit.Diagram().add("startEvent", "s").raw(block.xml()).user("after").add("endEvent", "e")
    diagram.chain("s", "block", "after", "e")
    for number, (definition, interrupting) in enumerate(edges):
        diagram.boundary(f"b{number}", "block", definition, interrupting=interrupting)
        diagram.user(f"u{number}").chain(f"b{number}", f"u{number}", "e")
    return diagram


def test_a_signal_reaches_a_branch_that_waits_for_it(both: Any) -> None:
    diagram = (
        both.Diagram()
        .add("startEvent", "s")
        .add("parallelGateway", "f")
        .catch("wait", SIGNAL)
        .user("a")
        .user("b")
    )
    diagram.add("intermediateThrowEvent", "throw", SIGNAL).add("endEvent", "e")
    diagram.chain("s", "f", "wait", "a", "e").chain("f", "b", "throw", "e")
    play = both.play(diagram, head=HEAD)
    assert play.steps == ["b"]
    assert play.do("b").steps == ["a"]
    assert play.do("a").again().completed


@pytest.mark.parametrize("definition", [SIGNAL, ESCALATION])
def test_a_signal_or_an_escalation_on_the_edge_ends_the_block(both: Any, definition: str) -> None:
    block = inner(both, "intermediateThrowEvent", definition)
    play = both.play(around(both, block, (definition, True)), head=HEAD)
    assert play.do("work").steps == ["u0"]


def test_a_caught_error_goes_its_own_way_and_none_goes_on(both: Any) -> None:
    play = both.play(around(both, inner(both, "endEvent", ERROR), (ERROR, True)), head=HEAD)
    assert play.do("work").steps == ["u0"]


def test_terminate_ends_the_other_branch(both: Any) -> None:
    diagram = both.Diagram().add("startEvent", "s").add("parallelGateway", "f").user("a").user("b")
    diagram.add("endEvent", "t", "<bpmn:terminateEventDefinition/>").add("endEvent", "e")
    play = both.play(diagram.chain("s", "f", "a", "t").chain("f", "b", "e"))
    assert play.do("a").again().completed
    assert play.steps == []


@pytest.mark.parametrize(("bad", "steps"), [(True, ["u0"]), (False, ["after"])])
def test_a_transaction_is_cancelled_or_goes_on(both: Any, bad: bool, steps: list[str]) -> None:
    cancel = "<bpmn:cancelEventDefinition/>"
    block = both.Diagram("block", "transaction").add("startEvent", "s1").user("work").choice("g", "fine")
    block.add("endEvent", "throw", cancel).add("endEvent", "e1").chain("s1", "work", "g")
    block.flow("g", "throw", "bad").flow("g", "e1", identity="fine")
    play = both.play(around(both, block, (cancel, True)))
    assert play.do("work", bad=bad).steps == steps


def test_a_condition_is_waited_for(both: Any) -> None:
    diagram = (
        both.Diagram()
        .add("startEvent", "s")
        .catch("wait", CONDITION.format("due"))
        .user("a")
        .add("endEvent", "e")
    )
    diagram.chain("s", "wait", "a", "e")
    assert both.play(diagram, due=False).steps == []
    assert both.play(diagram, due=True).steps == ["a"]


@pytest.mark.parametrize("second", [ERROR, "<bpmn:errorEventDefinition/>"])
def test_two_error_events_on_one_edge_both_start_which_is_why_lint_refuses_them(
    kit: Any, second: str
) -> None:
    diagram = around(kit, inner(kit, "endEvent", ERROR), (ERROR, True), (second, True))
    assert kit.play(diagram, head=HEAD).do("work").steps == ["u0", "u1"]


@pytest.mark.parametrize("definition", [SIGNAL, ESCALATION])
def test_an_event_that_does_not_interrupt_is_heard_once_which_is_why_lint_refuses_it(
    kit: Any, definition: str
) -> None:
    block = kit.Diagram("block", "subProcess").add("startEvent", "s1").user("work").user("more").user("rest")
    block.add("intermediateThrowEvent", "t1", definition).add("intermediateThrowEvent", "t2", definition)
    block.add("endEvent", "e1").chain("s1", "work", "t1", "more", "t2", "rest", "e1")
    play = kit.play(around(kit, block, (definition, False)), head=HEAD)
    assert play.do("work").steps == ["more", "u0"]
    assert play.do("more").steps == ["rest", "u0"]


def test_the_loggers_of_the_library_say_no_task_data(kit: Any, caplog: pytest.LogCaptureFixture) -> None:
    diagram = kit.Diagram().add("startEvent", "s").user("a").script("x", "b = 1").add("endEvent", "e")
    with caplog.at_level(logging.DEBUG):
        kit.play(diagram.chain("s", "a", "x", "e")).do("a", note="bí mật")
    assert [record.name for record in caplog.records if record.name.startswith("spiff")] == []
