"""The shape of a process: what every token may meet, and no node that the engine ignores or runs wrongly."""

from __future__ import annotations

import re
from collections import Counter

from engine.errors import N_
from engine.lint.diagram import NODES, Container, Diagram, Node, kind_of
from engine.lint.finding import Report
from engine.xml import BPMN

_RESERVED = re.compile(r"^(Start|End|Root|.*\.EndJoin)$")
_ID = re.compile(r"^[^\W\d][\w.-]*$")
_BESIDE = frozenset(
    {
        "sequenceFlow", "laneSet", "documentation", "extensionElements", "textAnnotation", "association",
        "dataObject", "dataObjectReference", "group", "category", "ioSpecification", "incoming", "outgoing",
        "multiInstanceLoopCharacteristics", "standardLoopCharacteristics", "property", "dataInputAssociation",
        "dataOutputAssociation",
    }
)  # fmt: skip
_UNSUPPORTED = {
    "complexGateway": (
        N_("cổng phức hợp (complex gateway) không được hỗ trợ"),
        N_("dùng cổng loại trừ hoặc cổng song song"),
    ),
    "task": (
        N_("bước không có loại (task) sẽ đứng chờ như một việc của người"),
        N_("đổi thành bước người làm (user task) hoặc bước tự động (service task)"),
    ),
    "manualTask": (
        N_("bước thủ công (manual task) không có biểu mẫu nên không ai hoàn thành được"),
        N_("đổi thành bước người làm (user task) có biểu mẫu"),
    ),
    "sendTask": (
        N_("bước gửi (send task) không được dùng"),
        N_("gửi tin bằng một bước tự động (service task)"),
    ),
    "adHocSubProcess": (
        N_("quy trình con tùy biến (ad hoc) không được hỗ trợ"),
        N_("dùng quy trình con thường"),
    ),
}


MAX_NODES = 250
MAX_IN_FILE = 1000


def is_readable(diagram: Diagram, report: Report) -> bool:
    """Return whether a diagram has a size that the library can read and a person too; report where not.

    The parser goes one level deeper into Python's stack with each step, and 500 in a row are too many.
    """
    split = N_("tách một phần thành quy trình con hoặc quy trình riêng để gọi")
    for container in diagram.containers:
        if len(container.nodes) > MAX_NODES:
            params = (len(container.nodes), MAX_NODES)
            report.error(container.id, N_("quy trình có %d phần tử, quá %d") % params, split)
            return False
    total = sum(1 + len(container.nodes) for container in diagram.containers)
    if total > MAX_IN_FILE:
        report.error("", N_("tệp có %d phần tử, quá %d") % (total, MAX_IN_FILE), split)
    return total <= MAX_IN_FILE


def check_structure(diagram: Diagram, report: Report) -> None:
    """Report what is wrong with ids, containers, nodes and flows."""
    if not diagram.processes:
        report.error("", N_("tệp không có quy trình nào"), N_("vẽ một quy trình (process) trong sơ đồ"))
    _check_ids(diagram, report)
    for container in diagram.containers:
        _check_container(container, report)
        for node in container.nodes.values():
            _check_node(container, node, report)


def _check_ids(diagram: Diagram, report: Report) -> None:
    # The BPMN elements share one space of ids; parameters and operators of extensions have their own.
    ids = Counter(e.get("id") for e in diagram.root.iter(f"{BPMN}*") if e.get("id") is not None)
    for identity, count in ids.items():
        if count > 1:
            report.error(
                identity,
                N_("mã “%s” được dùng %d lần") % (identity, count),
                N_("đặt cho mỗi phần tử một mã riêng"),
            )
    for container in diagram.containers:
        for identity in (container.id, *container.nodes):
            if _RESERVED.match(identity):
                report.error(
                    identity,
                    N_("mã “%s” trùng với mã dành riêng của bộ máy") % identity,
                    N_("đổi mã, ví dụ “start_nomination”"),
                )
            elif not _ID.match(identity):
                report.error(
                    identity,
                    N_("mã “%s” không hợp lệ") % identity,
                    N_("mã bắt đầu bằng chữ, chỉ gồm chữ, số và “_”"),
                )


def _check_container(container: Container, report: Report) -> None:
    element = container.element
    if container.kind == "process" and element.get("isExecutable") != "true":
        report.error(
            container.id,
            N_("quy trình chưa được đánh dấu là chạy được"),
            N_("bật “Executable” cho quy trình"),
        )
    if element.get("triggeredByEvent") == "true":
        return  # refused as a node already
    for child in element:
        kind = kind_of(child)
        if kind and kind not in NODES and kind not in _BESIDE:
            report.error(
                child.get("id"), N_("phần tử “%s” không được hỗ trợ") % kind, N_("xóa phần tử này khỏi sơ đồ")
            )
    _check_starts_and_ends(container, report)
    _check_flows(container, report)
    _check_reach(container, report)


def _check_starts_and_ends(container: Container, report: Report) -> None:
    starts = container.of_kind("startEvent")
    if not starts:
        report.error(container.id, N_("không có sự kiện bắt đầu"), N_("thêm một sự kiện bắt đầu"))
    for start in starts[1:]:
        report.error(
            start.id,
            N_("có nhiều hơn một sự kiện bắt đầu; tất cả sẽ cùng chạy"),
            N_("giữ một sự kiện bắt đầu rồi rẽ nhánh bằng cổng"),
        )
    if not container.of_kind("endEvent"):
        report.error(
            container.id,
            N_("không có sự kiện kết thúc nên hồ sơ không bao giờ kết thúc"),
            N_("thêm sự kiện kết thúc vào cuối mỗi nhánh"),
        )


def _check_flows(container: Container, report: Report) -> None:
    for flow in container.flows:
        if flow.source not in container.nodes or flow.target not in container.nodes:
            report.error(
                flow.id,
                N_("đường nối không có đầu hoặc cuối trong cùng quy trình"),
                N_("nối hai phần tử của cùng một quy trình hoặc quy trình con"),
            )


def _check_reach(container: Container, report: Report) -> None:
    starts = [start.id for start in container.of_kind("startEvent")]
    alive = set(starts).union(*(container.reach[start] for start in starts))
    for node in container.nodes.values():
        if starts and node.id not in alive and node.element.get("triggeredByEvent") != "true":
            report.error(
                node.id,
                N_("không đường nào dẫn tới “%s”") % node.name,
                N_("nối phần tử này vào quy trình hoặc xóa đi"),
            )
    ends = {end.id for end in container.of_kind("endEvent")}
    for node in container.nodes.values():
        if node.outs and ends and node.id in alive and not container.reach[node.id] & ends:
            report.error(
                node.id,
                N_("từ “%s” không thể tới sự kiện kết thúc nào") % node.name,
                N_("thêm một nhánh ra khỏi vòng lặp"),
            )


def _check_node(container: Container, node: Node, report: Report) -> None:
    if node.kind in _UNSUPPORTED:
        report.error(node.id, *_UNSUPPORTED[node.kind])
    if node.element.get("isForCompensation") == "true":
        report.error(
            node.id, N_("bù trừ (compensation) không được hỗ trợ"), N_("vẽ bước sửa lại như bước thường")
        )
    if node.element.get("triggeredByEvent") == "true":
        report.error(
            node.id,
            N_("quy trình con theo sự kiện chạy sai: không ngắt được và không kết thúc"),
            N_("dùng sự kiện gắn ở biên (boundary event) của bước"),
        )
        return
    _check_ways(container, node, report)


def _check_ways(container: Container, node: Node, report: Report) -> None:
    if node.kind == "endEvent" and node.outs:
        report.error(node.id, N_("sự kiện kết thúc không được có đường ra"), N_("xóa đường ra"))
    if node.kind in ("startEvent", "boundaryEvent") and node.ins:
        report.error(node.id, N_("sự kiện này không được có đường vào"), N_("xóa đường vào"))
    if node.kind != "endEvent" and not node.outs:
        report.error(
            node.id,
            N_("“%s” là ngõ cụt: hồ sơ dừng ở đây mãi mãi") % node.name,
            N_("nối tiếp tới bước sau hoặc tới sự kiện kết thúc"),
        )
    if node.is_gateway:
        return
    if len(node.outs) > 1:
        report.error(
            node.id,
            N_("có %d đường ra từ “%s”: tất cả sẽ cùng chạy") % (len(node.outs), node.name),
            N_("đặt một cổng (gateway) sau bước này"),
        )
    for flow in node.outs:
        if flow.condition is not None:
            report.error(
                flow.id,
                N_("điều kiện trên đường ra của “%s” bị bỏ qua") % node.name,
                N_("đặt một cổng loại trừ sau bước này rồi ghi điều kiện ở đó"),
            )
    if len(node.ins) > 1 and node.kind != "endEvent":
        report.warning(
            node.id,
            N_("nhiều đường cùng vào “%s”") % node.name,
            N_("đặt một cổng loại trừ trước bước này để người xem hiểu"),
        )
