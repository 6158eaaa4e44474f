"""A diagram that can be seen: every node has a shape, every flow an edge. Only warnings."""

from __future__ import annotations

from engine.errors import N_
from engine.lint.diagram import Diagram
from engine.lint.finding import Report
from engine.xml import BPMNDI


def check_layout(diagram: Diagram, report: Report) -> None:
    """Warn of what runs but cannot be drawn."""
    drawn = {
        element.get("bpmnElement")
        for tag in ("BPMNShape", "BPMNEdge")
        for element in diagram.root.iter(f"{BPMNDI}{tag}")
    }
    if not drawn:
        report.warning(
            "",
            N_("sơ đồ không có hình vẽ (DI) nên không xem được"),
            N_("mở trong trình vẽ, sắp xếp rồi lưu lại"),
        )
        return
    for container in diagram.containers:
        for identity in [*container.nodes, *(flow.id for flow in container.flows)]:
            if identity not in drawn:
                report.warning(
                    identity,
                    N_("“%s” không có hình vẽ") % identity,
                    N_("mở sơ đồ trong trình vẽ rồi vẽ lại phần tử này"),
                )
