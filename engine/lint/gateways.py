"""Gateways: a token always has somewhere to go, and a join never fires early."""

from __future__ import annotations

from engine.errors import N_
from engine.lint.diagram import Container, Diagram, Node
from engine.lint.finding import Report

_CHOOSING = ("exclusiveGateway", "inclusiveGateway")
_JOINING = ("parallelGateway", "inclusiveGateway")


def check_gateways(diagram: Diagram, report: Report) -> None:
    """Report gateways that lose a token, wait for ever or continue too early."""
    for container, node in diagram.nodes():
        if node.kind in _CHOOSING:
            _check_choice(node, report)
        if node.kind == "parallelGateway":
            _check_no_conditions(node, report)
        if node.kind == "eventBasedGateway":
            _check_events(container, node, report)
        if node.kind in _JOINING and len(node.ins) > 1:
            _check_join(container, node, report)


def _check_choice(node: Node, report: Report) -> None:
    default = node.element.get("default")
    flows = {flow.id: flow for flow in node.outs}
    if default is not None and default not in flows:
        report.error(
            node.id,
            N_("đường mặc định “%s” không đi ra từ cổng này") % default,
            N_("chọn lại đường mặc định"),
        )
        default = None
    conditional = [flow for flow in node.outs if flow.condition is not None]
    if default is None and (len(node.outs) > 1 or conditional):
        report.error(
            node.id,
            N_("cổng “%s” không có đường mặc định: hồ sơ có thể không còn đường đi") % node.name,
            N_("đánh dấu một đường ra là mặc định (default flow)"),
        )
    for flow in node.outs:
        if flow.id == default and flow.condition is not None:
            report.error(
                flow.id, N_("đường mặc định không được có điều kiện"), N_("xóa điều kiện của đường này")
            )
        elif flow.id != default and not flow.condition and len(node.outs) > 1:
            report.error(
                flow.id,
                N_("đường ra của cổng “%s” thiếu điều kiện") % node.name,
                N_("ghi điều kiện hoặc đặt làm đường mặc định"),
            )


def _check_no_conditions(node: Node, report: Report) -> None:
    for flow in node.outs:
        if flow.condition is not None:
            report.error(
                flow.id,
                N_("điều kiện sau cổng song song “%s” bị bỏ qua") % node.name,
                N_("dùng cổng loại trừ hoặc cổng bao gồm"),
            )


def _check_events(container: Container, node: Node, report: Report) -> None:
    targets = [container.nodes[flow.target] for flow in node.outs if flow.target in container.nodes]
    if len(targets) < 2:
        report.error(
            node.id, N_("cổng sự kiện cần ít nhất hai sự kiện chờ"), N_("thêm sự kiện hoặc bỏ cổng này")
        )
    for target in targets:
        if target.kind not in ("intermediateCatchEvent", "receiveTask") or len(target.ins) > 1:
            report.error(
                target.id,
                N_("sau cổng sự kiện chỉ được là sự kiện chờ, mỗi sự kiện một đường vào"),
                N_("nối cổng tới sự kiện chờ (intermediate catch event)"),
            )
    _check_no_conditions(node, report)


def _check_join(container: Container, node: Node, report: Report) -> None:
    if node.id in container.reach[node.id] and not _joins_whole_block(container, node):
        report.error(
            node.id,
            N_(
                "cổng nhập “%s” nằm trong vòng lặp mà không nhập trọn các nhánh của một cổng chia trong vòng đó"
            )
            % node.name,
            N_(
                "cho mọi nhánh từ cổng chia về cổng nhập này, hoặc đưa cả khối vào một quy trình con (subprocess)"
            ),
        )
    for fork in _forks_of(container, node):
        if fork.id in _between(container, fork.id, node.id):
            report.error(
                node.id,
                N_("một nhánh quay lại trước cổng chia “%s” khi các nhánh khác chưa về đến cổng nhập “%s”")
                % (fork.name, node.name),
                N_("chỉ cho quay lại sau cổng nhập, hoặc quay lại bên trong chính nhánh đó"),
            )
    if node.kind == "parallelGateway":
        _check_alternatives(container, node, report)


def _joins_whole_block(container: Container, join: Node) -> bool:
    """Whether each round forks before it comes to a join: then compaction lets it see one round only (trap 10).

    All ways into the join come from one fork, and no round comes to the join again without that fork.
    """
    return any(join.id not in _between(container, join.id, fork.id) for fork in _forks_of(container, join))


def _forks_of(container: Container, join: Node) -> list[Node]:
    """Return the forks from which all ways into a join come before they come to it."""
    sources = {flow.source for flow in join.ins}
    forks = [node for node in container.of_kind(*_JOINING) if node is not join and len(node.outs) > 1]
    return [fork for fork in forks if sources <= {fork.id, *_between(container, fork.id, join.id)}]


def _between(container: Container, first: str, last: str) -> set[str]:
    """Return what a token comes to after `first` before it comes to `last`."""
    found: set[str] = set()
    ahead = list(container.successors(first))
    while ahead:
        name = ahead.pop()
        if name != last and name not in found:
            found.add(name)
            ahead.extend(container.successors(name))
    return found


def _check_alternatives(container: Container, join: Node, report: Report) -> None:
    """A parallel join whose ways come from one exclusive choice never gets all its tokens."""
    sources = [flow.source for flow in join.ins if flow.source in container.nodes]
    for gateway in container.of_kind("exclusiveGateway", "eventBasedGateway"):
        ways = [flow.target for flow in gateway.outs]
        if len(ways) < 2 or set(sources) - {gateway.id, *container.reach[gateway.id]}:
            continue
        if _all_paths_meet(container, gateway, join) and not _splits_between(container, gateway, join):
            report.error(
                join.id,
                N_("cổng song song “%s” chờ mọi nhánh nhưng cổng “%s” chỉ chọn một")
                % (join.name, gateway.name),
                N_("dùng cổng loại trừ để nhập các nhánh này"),
            )


def _all_paths_meet(container: Container, gateway: Node, join: Node) -> bool:
    return all(
        flow.target == join.id or join.id in container.reach.get(flow.target, set()) for flow in gateway.outs
    )


def _splits_between(container: Container, gateway: Node, join: Node) -> bool:
    """A fork on the way, or boundary events, may well feed every way of the join."""
    between = container.reach[gateway.id]
    forks = [node for node in container.of_kind(*_JOINING) if len(node.outs) > 1 and node is not join]
    forks += [e for e in container.of_kind("boundaryEvent") if e.element.get("cancelActivity") == "false"]
    return any(fork.id in between and join.id in container.reach[fork.id] for fork in forks)
