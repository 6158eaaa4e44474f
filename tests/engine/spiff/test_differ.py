from __future__ import annotations

from typing import Any

import pytest

from engine.spiff.differ import Aspect, Change, diff
from engine.spiff.parser import ParsedDefinition, parse


@pytest.fixture
def line(kit: Any) -> Any:
    """line("a", "b") parses start → a → b → end; steps are user tasks unless given otherwise."""

    def line(*steps: str, **drawn: Any) -> ParsedDefinition:
        diagram = kit.Diagram().add("startEvent", "s").add("endEvent", "e")
        for step in steps:
            drawn.get(step, lambda d, step=step: d.user(step))(diagram)
        for draw in [draw for name, draw in drawn.items() if name not in steps]:
            draw(diagram)
        return parse({"test/p.bpmn": kit.document(diagram.chain("s", *steps, "e"))}, "p")

    return line


def told(changes: list[Change]) -> list[tuple[str, str, list[str]]]:
    return [(change.element.id, str(change.kind), sorted(change.aspects)) for change in changes]


def test_the_same_diagram_has_no_changes(line: Any) -> None:
    assert diff(line("a", "b"), line("a", "b")) == []


def test_a_step_put_between_two_others_moves_neither(line: Any) -> None:
    assert told(diff(line("a", "b"), line("a", "n", "b"))) == [("n", "added", [])]
    assert told(diff(line("a", "n", "b"), line("a", "b"))) == [("n", "removed", [])]


def test_steps_that_change_places_are_moved(line: Any) -> None:
    changes = diff(line("a", "b", "c"), line("a", "c", "b"))
    assert told(changes) == [(name, "moved", ["position"]) for name in ("a", "c", "b")]


def test_a_step_whose_id_the_administrator_maps_is_the_same_step(line: Any) -> None:
    assert told(diff(line("a", "b"), line("a", "b2"), {"b": "b2"})) == [("b2", "changed", ["name"])]
    assert [kind for _, kind, _ in told(diff(line("a", "b"), line("a", "b2")))] == ["added", "removed"]


def test_a_step_moved_into_a_subprocess_is_moved(kit: Any, line: Any) -> None:
    inner = kit.Diagram("sp", "subProcess").add("startEvent", "is").user("b").add("endEvent", "ie")
    inner.chain("is", "b", "ie")
    changes = told(diff(line("a", "b"), line("a", "sp", sp=lambda d: d.raw(inner.xml()))))
    assert ("b", "moved", ["position"]) in changes


@pytest.mark.parametrize(
    ("before", "after", "aspects"),
    [
        (("userTask", ""), ("manualTask", ""), ["kind"]),
        (("scriptTask", "<bpmn:script>x = 1</bpmn:script>"), ("scriptTask", "<bpmn:script>x = 2</bpmn:script>"),
         ["action"]),
        (("userTask", '{prop:assignee=a}'), ("userTask", '{prop:assignee=b}'), ["properties"]),
        (("userTask", "{prop:formJsonSchemaFilename=a.json}"),
         ("userTask", "{prop:formJsonSchemaFilename=b.json}"), ["form"]),
        (("userTask", "{each:members}"), ("userTask", "{each:others}"), ["loop"]),
        (("userTask", ""), ("userTask", "{each:members}"), ["kind", "loop"]),
        (("intermediateCatchEvent", "{wait:P1D}"), ("intermediateCatchEvent", "{wait:P2D}"), ["timer"]),
    ],
)  # fmt: skip
def test_what_changed_of_a_step_is_named(
    kit: Any, line: Any, before: tuple[str, str], after: tuple[str, str], aspects: list[str]
) -> None:
    def drawn(kind: str, body: str) -> Any:
        what, _, value = body.strip("{}").partition(":")
        if what == "prop":
            name, _, content = value.partition("=")
            body = (
                "<bpmn:extensionElements><spiffworkflow:properties><spiffworkflow:property "
                f'name="{name}" value="{content}"/></spiffworkflow:properties></bpmn:extensionElements>'
            )
        elif what == "each":
            body = kit.each(value, "member")
        elif what == "wait":
            body = kit.timer("timeDuration", f'"{value}"')
        return lambda d: d.add(kind, "b", body)

    changes = told(diff(line("a", "b", b=drawn(*before)), line("a", "b", b=drawn(*after))))
    assert changes == [("b", "changed", aspects)]


def test_a_boundary_event_changes_its_activity_too(kit: Any, line: Any) -> None:
    def due(diagram: Any) -> None:
        diagram.boundary("due", "a", kit.timer("timeDuration", '"P1D"')).flow("due", "e")

    changes = told(diff(line("a"), line("a", due=due)))
    assert changes == [("a", "changed", ["boundary"]), ("due", "added", [])]


def test_another_content_of_the_same_form_file_is_a_change_of_the_form(kit: Any, line: Any) -> None:
    body = (
        "<bpmn:extensionElements><spiffworkflow:properties><spiffworkflow:property "
        'name="formJsonSchemaFilename" value="a.form.json"/></spiffworkflow:properties></bpmn:extensionElements>'
    )
    parsed = line("a", a=lambda d: d.user("a", body))
    [change] = diff(parsed, parsed, changed_forms=frozenset({"test/a.form.json"}))
    assert (change.element.id, list(change.aspects)) == ("a", [Aspect.FORM])


def test_a_condition_is_a_change_of_its_gateway(kit: Any) -> None:
    def parsed(condition: str) -> ParsedDefinition:
        diagram = kit.Diagram().add("startEvent", "s").add("endEvent", "e").choice("way", "other").user("a")
        diagram.flow("s", "way").flow("way", "a", condition).flow("way", "e", identity="other")
        return parse({"test/p.bpmn": kit.document(diagram.flow("a", "e"))}, "p")

    assert told(diff(parsed("x > 1"), parsed("x > 2"))) == [("way", "changed", ["conditions"])]
