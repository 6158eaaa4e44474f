"""Branches that run side by side and write the same variable: who ends last wipes out the other's value."""

from __future__ import annotations

from itertools import combinations, product

from engine.errors import N_
from engine.lint.dataflow import DataFlow
from engine.lint.diagram import Container, Diagram, Node
from engine.lint.finding import Report

_SPLITTING = ("parallelGateway", "inclusiveGateway")


def check_branches(path: str, data: DataFlow, report: Report) -> None:
    """Refuse it where the variable is needed afterwards; warn where no expression reads it."""
    diagram = data.diagrams[path]
    reads = {(read.node_id, read.name) for read in data.reads(path)}
    for container in diagram.containers:
        for split in container.of_kind(*_SPLITTING):
            starts = [flow.target for flow in split.outs if flow.target in container.nodes]
            for one, other in combinations(starts, 2):
                _check_pair(path, data, container, (one, other), reads, report)


def _check_pair(
    path: str,
    data: DataFlow,
    container: Container,
    starts: tuple[str, str],
    reads: set[tuple[str, str]],
    report: Report,
) -> None:
    left, right = ({start} | container.reach[start] for start in starts)
    after = (left & right) | _outside(data.diagrams[path], container)
    for one, other in product(_in_order(container, left - right), _in_order(container, right - left)):
        both = data.writes(path, container, one) & data.writes(path, container, other)
        for name in sorted(both):
            say = report.error if any((node_id, name) in reads for node_id in after) else report.warning
            say(
                other.id,
                N_(
                    "“%(one)s” và “%(other)s” ở hai nhánh song song cùng ghi “%(name)s”: ai xong sau sẽ xóa giá trị kia"
                )
                % {"one": one.name, "other": other.name, "name": name},
                N_("đặt cho mỗi nhánh một tên trường riêng"),
            )


def _in_order(container: Container, ids: set[str]) -> list[Node]:
    return [node for identity, node in container.nodes.items() if identity in ids]


def _outside(diagram: Diagram, container: Container) -> set[str]:
    """What comes after a subprocess in the (sub)processes around it."""
    outer = next((one for one in diagram.containers if container.id in one.nodes), None)
    if container.kind == "process" or outer is None:
        return set()
    return {container.id} | outer.reach[container.id] | _outside(diagram, outer)
