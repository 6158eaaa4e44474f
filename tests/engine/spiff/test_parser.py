"""Reading diagrams: what is refused, what wins when ids collide, what is shared and what is copied."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from engine.spiff import cache
from engine.spiff.parser import content_key, parse
from engine.spiff.xml import DefinitionRefused


def simple(kit: Any, name: str = "u") -> bytes:
    diagram = kit.Diagram().add("startEvent", "s").user(name).add("endEvent", "e").chain("s", name, "e")
    content: bytes = kit.document(diagram)
    return content


def test_a_doctype_is_refused(kit: Any) -> None:
    bomb = b'<!DOCTYPE d [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;&a;">]>' + simple(kit)
    with pytest.raises(DefinitionRefused) as caught:
        parse({"p.bpmn": bomb}, "p")
    assert str(caught.value) == "p.bpmn: không chấp nhận khai báo DOCTYPE"


def test_what_is_not_xml_is_refused_with_the_name_of_the_file() -> None:
    with pytest.raises(DefinitionRefused, match=r"x/p\.bpmn: "):
        parse({"x/p.bpmn": b"<bpmn:definitions"}, "p")


def test_a_missing_process_a_missing_decision_and_a_double_id_are_refused(kit: Any) -> None:
    with pytest.raises(DefinitionRefused):
        parse({"p.bpmn": simple(kit)}, "other")
    decision = kit.Diagram().add("startEvent", "s").decision("d", "nowhere").add("endEvent", "e")
    with pytest.raises(DefinitionRefused, match="không có bảng quyết định “nowhere”"):
        parse({"p.bpmn": kit.document(decision.chain("s", "d", "e"))}, "p")
    with pytest.raises(DefinitionRefused):
        parse({"p.bpmn": simple(kit), "q.bpmn": simple(kit, "v")}, "p")


def test_an_unsupported_element_is_refused_instead_of_a_crash(kit: Any) -> None:
    diagram = kit.Diagram().add("startEvent", "s").add("complexGateway", "c").add("endEvent", "e")
    with pytest.raises(DefinitionRefused, match="sơ đồ không đọc được"):
        parse({"p.bpmn": kit.document(diagram.chain("s", "c", "e"))}, "p")


def test_data_objects_two_levels_down_are_refused_because_the_library_never_ends(kit: Any) -> None:
    reference = (
        "<bpmn:dataInputAssociation id='a'><bpmn:sourceRef>r</bpmn:sourceRef></bpmn:dataInputAssociation>"
    )
    inner = (
        kit.Diagram("two", "subProcess").add("startEvent", "s2").user("u", reference).add("endEvent", "e2")
    )
    middle = kit.Diagram("one", "subProcess").add("startEvent", "s1").raw(inner.chain("s2", "u", "e2").xml())
    outer = kit.Diagram().raw('<bpmn:dataObject id="o"/><bpmn:dataObjectReference id="r" dataObjectRef="o"/>')
    outer.add("startEvent", "s").raw(middle.add("endEvent", "e1").chain("s1", "two", "e1").xml())
    with pytest.raises(
        DefinitionRefused, match=r"^u: đối tượng dữ liệu dùng ở quy trình con lồng từ hai cấp"
    ):
        parse({"p.bpmn": kit.document(outer.add("endEvent", "e").chain("s", "one", "e"))}, "p")


def test_an_operator_or_a_loop_variable_with_the_id_of_a_node_does_not_hide_it(kit: Any) -> None:
    host = kit.Host(services={"mark": lambda parameters, data: {"marked": True}})
    diagram = kit.Diagram().add("startEvent", "s").service("mark", "mark").choice("member")
    diagram.user("v", kit.each("ids", "member")).add("endEvent", "e").chain("s", "mark", "member", "v", "e")
    play = kit.play(diagram, host=host, ids=["a"])
    assert play.step("v").data == {"ids": ["a"], "marked": True, "member": "a", "loopCounter": 0}


def test_elements_messages_and_names_of_a_diagram_are_known(kit: Any) -> None:
    diagram = kit.Diagram().add("startEvent", "s").catch("wait", kit.message("result")).add("endEvent", "e")
    parsed = parse({"a/p.bpmn": kit.document(diagram.chain("s", "wait", "e"), messages=("result",))}, "p")
    assert (parsed.process_id, parsed.name, parsed.messages) == ("p", "p", frozenset({"result"}))
    assert (parsed.start_message, parsed.called, parsed.decisions) == (None, (), ())
    element = parsed.element("wait")
    assert element is not None
    assert (element.kind, element.container, element.lane) == ("intermediateCatchEvent", "p", None)
    assert parsed.element("missing") is None


def test_the_same_content_is_parsed_once_and_another_content_anew(kit: Any) -> None:
    cache.clear()
    files = {"p.bpmn": simple(kit), "u.form.json": b"{}"}
    parsed = parse(files, "p")
    assert parse({**files, "u.form.json": b'{"x": 1}'}, "p") is parsed
    assert parse({"p.bpmn": simple(kit, "v")}, "p") is not parsed
    assert content_key(files) == parsed.key


def test_the_cache_is_bounded_and_serves_many_threads(kit: Any) -> None:
    cache.clear()
    files = {"p.bpmn": simple(kit)}
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda _: parse(files, "p"), range(64)))
    assert len({id(one) for one in found}) == 1
    for number in range(cache.SIZE + 5):
        cache.parsed(f"key {number}", lambda: found[0])
    assert len(cache._kept) == cache.SIZE


def test_a_diagram_that_the_library_changes_at_run_time_is_copied_for_each_run(kit: Any) -> None:
    inner = kit.Diagram("aside", "subProcess").add(
        "startEvent", "is", kit.message("note"), 'isInterrupting="false"'
    )
    inner.user("read").add("endEvent", "ie").chain("is", "read", "ie")
    xml = inner.xml().replace(
        '<bpmn:subProcess id="aside"', '<bpmn:subProcess id="aside" triggeredByEvent="true"'
    )
    diagram = (
        kit.Diagram().add("startEvent", "s").user("u").add("endEvent", "e").chain("s", "u", "e").raw(xml)
    )
    parsed = parse({"p.bpmn": kit.document(diagram, messages=("note",))}, "p")
    assert parsed.mutable
    first, second = parsed.specs(), parsed.specs()
    assert first[0] is not second[0]
    assert first[0] is not parsed.spec
