"""Events, loops and data objects: refuse what the library ignores, runs wrongly or never ends on."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from engine.errors import N_
from engine.lint.boundaries import caught_codes, check_boundary, code_of
from engine.lint.diagram import Container, Diagram, Node
from engine.lint.finding import Report
from engine.spiff.data_objects import unreadable
from engine.xml import BPMN

_THROWN = ("endEvent", "intermediateThrowEvent")


def check_events(diagram: Diagram, report: Report, caught_outside: Mapping[str, set[str]]) -> None:
    """Report wrong events, loops and data objects.

    `caught_outside`: process id → error codes that its callers catch ("*" for every code).
    """
    for container, node in diagram.nodes():
        _check_definitions(container, node, report)
        _check_messages(diagram, node, report)
        _check_loop(node, report)
        if node.kind == "boundaryEvent":
            check_boundary(diagram, container, node, report)
        if node.kind == "endEvent" and "error" in node.definitions:
            _check_error_end(diagram, container, node, report, caught_outside)
    _check_data_objects(diagram, report)


def _check_definitions(container: Container, node: Node, report: Report) -> None:
    kinds = set(node.definitions)
    if len([child for child in node.element if _is_definition(child)]) > 1:
        report.error(
            node.id, N_("một sự kiện có nhiều loại"), N_("giữ một loại, tách phần còn lại thành sự kiện khác")
        )
    if "link" in kinds:
        report.error(
            node.id,
            N_("sự kiện liên kết (link) bị bỏ qua: nhánh sau nó không chạy"),
            N_("nối thẳng bằng đường nối"),
        )
    if "compensate" in kinds:
        report.error(
            node.id, N_("bù trừ (compensation) không được hỗ trợ"), N_("vẽ bước sửa lại như bước thường")
        )
    if "signal" in kinds and node.kind == "endEvent":
        report.error(
            node.id,
            N_("sự kiện kết thúc kiểu tín hiệu bị bỏ qua"),
            N_("đặt sự kiện phát tín hiệu trước một sự kiện kết thúc thường"),
        )
    if "message" in kinds and node.kind in _THROWN:
        report.error(
            node.id, N_("sự kiện gửi tin không được dùng"), N_("gửi tin bằng một bước tự động (service task)")
        )
    if "cancel" in kinds and container.kind != "transaction" and node.kind == "endEvent":
        report.error(
            node.id,
            N_("sự kiện hủy chỉ dùng được trong giao dịch (transaction)"),
            N_("dùng sự kiện kết thúc thường"),
        )
    if node.kind == "startEvent":
        _check_start(container, node, kinds, report)
    if node.kind in ("intermediateCatchEvent", "boundaryEvent") and not kinds:
        report.error(node.id, N_("sự kiện chờ không nói chờ gì"), N_("chọn loại: tin nhắn hoặc thời gian"))


def _is_definition(element: Any) -> bool:
    return isinstance(element.tag, str) and element.tag.endswith(("EventDefinition", "eventDefinitionRef"))


def _check_start(container: Container, node: Node, kinds: set[str], report: Report) -> None:
    allowed = {"message"} if container.kind == "process" else set()
    if container.element.get("triggeredByEvent") != "true" and kinds - allowed:
        report.error(
            node.id,
            N_("sự kiện bắt đầu kiểu này không được hỗ trợ"),
            N_("dùng sự kiện bắt đầu thường, hoặc bắt đầu bằng tin nhắn ở quy trình chính"),
        )


def _check_messages(diagram: Diagram, node: Node, report: Report) -> None:
    definition = node.definitions.get("message")
    reference = (
        definition if definition is not None else (node.element if node.kind == "receiveTask" else None)
    )
    if reference is None or node.kind in _THROWN:
        return
    if not diagram.messages.get(reference.get("messageRef", "")):
        report.error(
            node.id,
            N_("“%s” không có tên tin nhắn để chờ") % node.name,
            N_("chọn tin nhắn và đặt tên cho tin nhắn đó"),
        )


def _check_error_end(
    diagram: Diagram,
    container: Container,
    node: Node,
    report: Report,
    caught_outside: Mapping[str, set[str]],
) -> None:
    code = code_of(diagram, node)
    around: Container | None = container
    while around is not None and around.kind != "process":
        outer = next((c for c in diagram.containers if around.id in c.nodes), None)
        if outer is not None and caught_codes(diagram, outer, around.id) & {code, "*"}:
            return
        around = outer
    if caught_outside.get(container.process_id, set()) & {code, "*"}:
        return
    report.error(
        node.id,
        N_("không nơi nào bắt lỗi này: hồ sơ sẽ kết thúc như thể thành công"),
        N_("bắt lỗi ở biên của bước gọi, hoặc dùng sự kiện kết thúc thường có tên rõ ràng"),
    )


def _check_loop(node: Node, report: Report) -> None:
    simple = node.element.find(f"{BPMN}standardLoopCharacteristics")
    if simple is not None and simple.find(f"{BPMN}loopCondition") is None and not simple.get("loopMaximum"):
        report.error(
            node.id, N_("vòng lặp không có điều kiện dừng"), N_("ghi điều kiện lặp hoặc số lần tối đa")
        )


def _check_data_objects(diagram: Diagram, report: Report) -> None:
    for step, reason in unreadable(diagram.root):
        report.error(step, reason, N_("dùng biến thường thay cho đối tượng dữ liệu"))
