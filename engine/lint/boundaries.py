"""Events on the edge of a step: those that the library starts twice, or hears only once."""

from __future__ import annotations

from engine.errors import N_
from engine.lint.diagram import Container, Diagram, Node
from engine.lint.finding import Report
from engine.xml import BPMN

_ANY = "*"
_HEARD_ONCE = {
    "message": N_("tin nhắn ở biên không ngắt chỉ nhận được một lần"),
    "signal": N_("tín hiệu ở biên không ngắt chỉ nhận được một lần"),
    "escalation": N_("báo cấp trên (escalation) ở biên không ngắt chỉ nhận được một lần"),
}
_REFERENCES = {"error": ("errorRef", "errorCode"), "escalation": ("escalationRef", "escalationCode")}


def check_boundary(diagram: Diagram, container: Container, node: Node, report: Report) -> None:
    """Report what is wrong with an event attached to a step."""
    host = container.nodes.get(node.element.get("attachedToRef", ""))
    if host is None or not host.is_activity:
        report.error(node.id, N_("sự kiện ở biên không gắn vào bước nào"), N_("gắn sự kiện vào một bước"))
        return
    for kind in node.definitions:
        if kind in _HEARD_ONCE and node.element.get("cancelActivity") == "false":
            report.error(
                node.id,
                _HEARD_ONCE[kind],
                N_("dùng sự kiện ngắt, hoặc chờ ở một nhánh song song với bước này"),
            )
        if kind in _REFERENCES:
            _check_overlap(diagram, container, node, kind, report)


def _check_overlap(diagram: Diagram, container: Container, node: Node, kind: str, report: Report) -> None:
    """Two events that catch the same: the library starts both. The wider one is named, else the later."""
    events = [
        e for e in container.boundary_events(node.element.get("attachedToRef", "")) if kind in e.definitions
    ]
    code = code_of(diagram, node, kind)
    earlier = events[: events.index(node)]
    if code == _ANY and len(events) > 1:
        report.error(
            node.id,
            N_("hai sự kiện lỗi ở biên, một cho lỗi riêng và một cho mọi lỗi: cả hai sẽ cùng chạy"),
            N_("giữ một sự kiện lỗi, hoặc ghi rõ mã lỗi cho từng sự kiện"),
        )
    elif any(code_of(diagram, other, kind) == code for other in earlier):
        report.error(
            node.id,
            N_("hai sự kiện ở biên cùng bắt mã “%s”: cả hai sẽ cùng chạy") % code,
            N_("giữ một sự kiện cho mỗi mã"),
        )


def code_of(diagram: Diagram, node: Node, kind: str = "error") -> str:
    """Return the code of an error or escalation event, "*" when it names none."""
    reference, attribute = _REFERENCES[kind]
    codes = {e.get("id"): e.get(attribute) or e.get("id") for e in diagram.root.iterfind(f"{BPMN}{kind}")}
    return str(codes.get(node.definitions[kind].get(reference, ""), _ANY))


def caught_codes(diagram: Diagram, container: Container, activity_id: str) -> set[str]:
    """Return the error codes that boundary events of an activity catch."""
    events = container.boundary_events(activity_id)
    return {code_of(diagram, event) for event in events if "error" in event.definitions}
