"""Names that a diagram gives to variables: none that breaks a saved dossier, none that hides an element."""

from __future__ import annotations

from collections.abc import Iterator

from engine.errors import N_
from engine.lint.dataflow import assigned
from engine.lint.diagram import Diagram, Node, extension
from engine.lint.expressions import scripts
from engine.lint.finding import Report
from engine.spiff.multi_instance import COUNTERS, LOOP_COUNTER
from engine.xml import BPMN, SPIFF


def check_variables(diagram: Diagram, report: Report) -> None:
    """Report variables of loops, scripts, services and messages with a name that may not be."""
    ids = {node.id for _, node in diagram.nodes()}
    for _, node in diagram.nodes():
        for name in sorted(set(_items(node)) & ids):
            report.error(
                node.id,
                N_("biến “%s” trùng mã với một phần tử của sơ đồ và che mất phần tử đó") % name,
                N_("đổi tên biến"),
            )
        given = {*_items(node), *_named(node)}
        if "typename" in given:
            _refuse_typename(node.id, report)
        for name in sorted(given & {LOOP_COUNTER, *COUNTERS}):
            report.error(
                node.id,
                N_("biến “%s” do chương trình đếm trong bước nhiều lượt") % name,
                N_("đổi tên biến; tên này chỉ để đọc"),
            )
    for message in diagram.root.iterfind(f"{BPMN}message"):
        if extension(message, "messageVariable") == "typename":
            _refuse_typename(message.get("id", ""), report)


def _refuse_typename(element_id: str, report: Report) -> None:
    report.error(
        element_id,
        N_("biến tên “typename” làm hỏng dữ liệu của hồ sơ khi lưu"),
        N_("đổi tên, ví dụ “type_name”"),
    )


def _items(node: Node) -> Iterator[str]:
    for many in node.element.iterfind(f"{BPMN}multiInstanceLoopCharacteristics"):
        for tag in ("inputDataItem", "outputDataItem"):
            yield from (item.get("id", "") for item in many.iterfind(f"{BPMN}{tag}"))


def _named(node: Node) -> Iterator[str]:
    yield from (name for script in scripts(node) for name in assigned(script.text))
    yield node.element.findtext(f"*/{BPMN}loopDataOutputRef") or ""
    for operator in node.element.iterfind(f"{BPMN}extensionElements/{SPIFF}serviceTaskOperator"):
        yield operator.get("resultVariable", "")
    yield from ((one.text or "").strip() for one in node.element.iter(f"{SPIFF}messageVariable"))
