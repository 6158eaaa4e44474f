"""What a step needs from elsewhere: a form, a role, a service of the program, a table, a process."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import PurePosixPath

from engine.candidates import NOT_SAME_PERSON_AS, named_steps
from engine.errors import N_
from engine.lint.diagram import Container, Diagram, Node, extension, properties_of
from engine.lint.expressions import PROPERTY_EXPRESSIONS
from engine.lint.finding import Known, Report
from engine.spiff.deadlines import DUE_TIMER
from engine.spiff.send_back import NO_RETURN
from engine.xml import BPMN, SPIFF

FORM = "formJsonSchemaFilename"
_PROPERTIES = frozenset({FORM, NOT_SAME_PERSON_AS, DUE_TIMER, NO_RETURN, *PROPERTY_EXPRESSIONS})


@dataclass(frozen=True)
class Offered:
    """What the files of the regulation offer to a diagram."""

    paths: frozenset[str]
    processes: frozenset[str]
    decisions: frozenset[str]


def check_steps(diagram: Diagram, report: Report, known: Known, offered: Offered) -> None:
    """Report steps whose form, service, decision table or called process does not exist."""
    people = {node.id for _, node in diagram.nodes() if node.kind == "userTask"}
    for container, node in diagram.nodes():
        for name in sorted(set(properties_of(node.element)) - _PROPERTIES):
            report.warning(
                node.id,
                N_("thuộc tính “%s” không có tác dụng") % name,
                N_("xóa, hoặc sửa lại tên thuộc tính"),
            )
        if properties_of(node.element).get(NO_RETURN, "true") != "true":
            report.error(
                node.id,
                N_("thuộc tính “%s” không nói rõ có cho trả về qua bước này không") % NO_RETURN,
                N_("ghi true nếu sau bước này không trả về được nữa, hoặc xóa thuộc tính"),
            )
        if node.kind == "userTask":
            _check_form(diagram.file, node, report, offered)
            _check_apart(node, report, people)
            _check_due_timer(container, node, report)
        elif node.kind == "serviceTask":
            _check_service(node, report, known)
        elif node.kind == "businessRuleTask":
            _check_decision(node, report, offered)
        elif node.kind == "callActivity":
            _check_call(node, report, offered)


def form_path(file: str, node: Node) -> str:
    """Return the path of a user task's form, "" when it names none."""
    name = properties_of(node.element).get(FORM, "")
    return str(PurePosixPath(file).parent / name) if name else ""


def _check_form(file: str, node: Node, report: Report, offered: Offered) -> None:
    path = form_path(file, node)
    if not path:
        report.error(
            node.id, N_("bước “%s” không có biểu mẫu") % node.name, N_("chọn một biểu mẫu cho bước này")
        )
    elif path not in offered.paths:
        report.error(node.id, N_("thiếu tệp biểu mẫu %s") % path, N_("thêm tệp này hoặc chọn biểu mẫu khác"))
    elif PurePosixPath(path).name != f"{node.id}.form.json":
        report.warning(
            node.id, N_("biểu mẫu không mang tên của bước"), N_("đặt tên biểu mẫu là %s.form.json") % node.id
        )


def _check_apart(node: Node, report: Report, people: set[str]) -> None:
    for name in named_steps(properties_of(node.element).get(NOT_SAME_PERSON_AS, "")):
        if name not in people:
            report.error(
                node.id,
                N_("bước “%s” phải khác người làm, nhưng sơ đồ không có bước nào của người như vậy") % name,
                N_("ghi mã một bước do người làm trong cùng sơ đồ, hoặc bỏ điều kiện này"),
            )


def _check_due_timer(container: Container, node: Node, report: Report) -> None:
    name = properties_of(node.element).get(DUE_TIMER, "")
    if not name:
        return
    edge = next((event for event in container.boundary_events(node.id) if event.id == name), None)
    timer = edge.definitions.get("timer") if edge is not None else None
    if timer is None or timer.find(f"{BPMN}timeCycle") is not None:
        report.error(
            node.id,
            N_("“%s” không phải hẹn giờ một lần đặt trên biên của bước này") % name,
            N_("ghi mã sự kiện hẹn giờ trên biên của bước, hoặc bỏ trống mục này"),
        )
    elif node.element.find(f"{BPMN}multiInstanceLoopCharacteristics") is not None:
        report.error(
            node.id,
            N_("bước nhiều người cùng làm có hạn riêng của từng người nên hẹn giờ chung không theo được"),
            N_("bỏ trống mục hẹn giờ theo hạn của bước này"),
        )


def _check_service(node: Node, report: Report, known: Known) -> None:
    operator = node.element.find(f"{BPMN}extensionElements/{SPIFF}serviceTaskOperator")
    operation = "" if operator is None else operator.get("id", "")
    if not operation:
        report.error(
            node.id,
            N_("bước tự động “%s” không nói làm gì") % node.name,
            N_("chọn một thao tác cho bước này"),
        )
        return
    if operation not in known.services:
        report.error(
            node.id,
            N_("thao tác “%s” không có trong chương trình") % operation,
            N_("chọn một thao tác có sẵn"),
        )
    for parameter in operator.iterfind(f"{SPIFF}parameters/{SPIFF}parameter"):
        if not parameter.get("type") or not parameter.get("id"):
            report.error(
                node.id,
                N_("tham số “%s” thiếu mã hoặc kiểu") % parameter.get("id", ""),
                N_('ghi id và type="str" cho tham số'),
            )


def _check_decision(node: Node, report: Report, offered: Offered) -> None:
    decision = extension(node.element, "calledDecisionId")
    if decision not in offered.decisions:
        report.error(
            node.id,
            N_("không có bảng quyết định “%s”") % decision,
            N_("chọn một bảng quyết định có trong quy định"),
        )


def _check_call(node: Node, report: Report, offered: Offered) -> None:
    called = node.element.get("calledElement", "")
    if called not in offered.processes:
        report.error(
            node.id, N_("không có quy trình “%s” để gọi") % called, N_("chọn một quy trình có trong quy định")
        )


def check_lanes(diagram: Diagram, report: Report, known: Known) -> None:
    """Report user tasks that nobody may do: outside every lane, or in a lane that is no role."""
    for process in diagram.processes:
        nodes = {node.id for container, node in diagram.nodes() if container.process_id == process.id}
        lanes = _lanes(process, report, known, nodes)
        for container, node in diagram.nodes():
            mine = container.process_id == process.id and node.kind == "userTask"
            if mine and not _lane_of(diagram, container, node.id, lanes):
                report.error(
                    node.id,
                    N_("bước “%s” không nằm trong làn nào nên không ai được giao") % node.name,
                    N_("kéo bước vào làn (lane) của vai trò thực hiện"),
                )


def _lanes(process: Container, report: Report, known: Known, nodes: set[str]) -> dict[str, str]:
    members: dict[str, str] = {}
    for lane in process.element.iterfind(f"{BPMN}laneSet//{BPMN}lane"):
        # the lane's id, or its property where the document uses that id elsewhere (engine/spiff/parser.py)
        lane_id = lane.get("id", "")
        role = properties_of(lane).get("role") or lane_id
        leaf = lane.find(f"{BPMN}childLaneSet") is None
        if leaf and known.roles is not None and role not in known.roles:
            report.error(
                lane_id,
                N_("làn “%s” không phải là vai trò nào của hệ thống") % (lane.get("name") or role),
                N_("đặt mã làn là một vai trò: %s") % ", ".join(sorted(known.roles)),
            )
        for reference in lane.iterfind(f"{BPMN}flowNodeRef"):
            name = (reference.text or "").strip()
            if name not in nodes:
                report.warning(
                    lane_id,
                    N_("làn nhắc tới “%s” không có trong quy trình") % name,
                    N_("lưu lại sơ đồ từ trình vẽ"),
                )
            elif leaf and members.get(name, role) != role:
                report.error(name, N_("phần tử nằm trong hai làn"), N_("để phần tử trong đúng một làn"))
            elif leaf:
                members[name] = role
    return members


def _lane_of(diagram: Diagram, container: Container, node_id: str, lanes: dict[str, str]) -> str | None:
    """A task inside a subprocess inherits the lane of the subprocess."""
    if node_id in lanes:
        return lanes[node_id]
    if container.kind == "process":
        return None
    outer = next((c for c in diagram.containers if container.id in c.nodes), None)
    return _lane_of(diagram, outer, container.id, lanes) if outer is not None else None
