"""A diagram as lint sees it: every process and subprocess with its nodes, flows and what reaches what."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from engine.xml import BPMN, SPIFF

SUBPROCESSES = ("subProcess", "transaction", "adHocSubProcess")
ACTIVITIES = frozenset(
    {
        "task", "userTask", "manualTask", "scriptTask", "serviceTask", "businessRuleTask", "sendTask",
        "receiveTask", "callActivity", *SUBPROCESSES,
    }
)  # fmt: skip
GATEWAYS = frozenset(
    {"exclusiveGateway", "parallelGateway", "inclusiveGateway", "eventBasedGateway", "complexGateway"}
)
EVENTS = frozenset(
    {"startEvent", "endEvent", "intermediateCatchEvent", "intermediateThrowEvent", "boundaryEvent"}
)
NODES = ACTIVITIES | GATEWAYS | EVENTS


def kind_of(element: Any) -> str:
    """Return the BPMN name of an element, "" when it is not BPMN."""
    tag = element.tag
    return tag[len(BPMN) :] if isinstance(tag, str) and tag.startswith(BPMN) else ""


@dataclass(frozen=True)
class Flow:
    """A sequence flow."""

    id: str
    source: str
    target: str
    condition: str | None


@dataclass
class Node:
    """One activity, event or gateway with the flows at it."""

    id: str
    kind: str
    element: Any
    outs: list[Flow] = field(default_factory=list)
    ins: list[Flow] = field(default_factory=list)

    @property
    def name(self) -> str:
        """Return the name, else the id."""
        return self.element.get("name") or self.id

    @cached_property
    def definitions(self) -> dict[str, Any]:
        """Return the event definitions by kind ("timer", "message", …)."""
        found = {}
        for child in self.element:
            kind = kind_of(child)
            if kind.endswith("EventDefinition"):
                found[kind.removesuffix("EventDefinition")] = child
        return found

    @property
    def is_activity(self) -> bool:
        """Return whether something is done here."""
        return self.kind in ACTIVITIES

    @property
    def is_gateway(self) -> bool:
        """Return whether the way forks or joins here."""
        return self.kind in GATEWAYS


@dataclass
class Container:
    """A process or subprocess; `depth` counts the subprocesses around its nodes."""

    id: str
    kind: str
    element: Any
    depth: int
    process_id: str
    nodes: dict[str, Node] = field(default_factory=dict)
    flows: list[Flow] = field(default_factory=list)

    def of_kind(self, *kinds: str) -> list[Node]:
        """Return the nodes of these kinds."""
        return [node for node in self.nodes.values() if node.kind in kinds]

    def boundary_events(self, activity_id: str) -> list[Node]:
        """Return the events attached to an activity."""
        return self._attached.get(activity_id, [])

    @cached_property
    def _attached(self) -> dict[str, list[Node]]:
        found: dict[str, list[Node]] = {}
        for node in self.of_kind("boundaryEvent"):
            found.setdefault(node.element.get("attachedToRef", ""), []).append(node)
        return found

    def successors(self, node_id: str) -> list[str]:
        """Return where a token may go next, over boundary events too."""
        flows = [flow.target for flow in self.nodes[node_id].outs if flow.target in self.nodes]
        return flows + [event.id for event in self.boundary_events(node_id)]

    @cached_property
    def reach(self) -> dict[str, set[str]]:
        """Return for each node every node that a token may reach after it."""
        return {node_id: self._reach(node_id) for node_id in self.nodes}

    def _reach(self, start: str) -> set[str]:
        seen: set[str] = set()
        todo = [start]
        while todo:
            for target in self.successors(todo.pop()):
                if target not in seen:
                    seen.add(target)
                    todo.append(target)
        return seen


@dataclass
class Diagram:
    """A parsed .bpmn file."""

    file: str
    root: Any
    containers: list[Container]

    @property
    def processes(self) -> list[Container]:
        """Return the top-level processes."""
        return [container for container in self.containers if container.kind == "process"]

    def nodes(self) -> Iterator[tuple[Container, Node]]:
        """Yield every node with its container."""
        for container in self.containers:
            for node in container.nodes.values():
                yield container, node

    @cached_property
    def messages(self) -> dict[str, str]:
        """Return message id → name."""
        return {m.get("id", ""): (m.get("name") or "").strip() for m in self.root.iterfind(f"{BPMN}message")}


def read_diagram(file: str, root: Any) -> Diagram:
    """Return the diagram of a parsed file."""
    containers: list[Container] = []
    for process in root.iterfind(f"{BPMN}process"):
        _collect(process, 0, process.get("id", ""), containers)
    return Diagram(file, root, containers)


def _collect(element: Any, depth: int, process_id: str, into: list[Container]) -> None:
    container = Container(element.get("id", ""), kind_of(element), element, depth, process_id)
    into.append(container)
    for child in element:
        kind = kind_of(child)
        if kind in NODES:
            container.nodes[child.get("id", "")] = Node(child.get("id", ""), kind, child)
        elif kind == "sequenceFlow":
            container.flows.append(_flow(child))
    for flow in container.flows:
        if flow.source in container.nodes:
            container.nodes[flow.source].outs.append(flow)
        if flow.target in container.nodes:
            container.nodes[flow.target].ins.append(flow)
    for node in container.of_kind(*SUBPROCESSES):
        _collect(node.element, depth + 1, process_id, into)


def _flow(element: Any) -> Flow:
    condition = element.find(f"{BPMN}conditionExpression")
    return Flow(
        element.get("id", ""),
        element.get("sourceRef", ""),
        element.get("targetRef", ""),
        None if condition is None else (condition.text or "").strip(),
    )


def extension(element: Any, name: str) -> str:
    """Return the text of a spiffworkflow extension element, "" when there is none."""
    return (element.findtext(f"{BPMN}extensionElements/{SPIFF}{name}") or "").strip()


def properties_of(element: Any) -> dict[str, str]:
    """Return the spiffworkflow properties of an element."""
    path = f"{BPMN}extensionElements/{SPIFF}properties/{SPIFF}property"
    return {item.get("name", ""): (item.get("value") or "").strip() for item in element.iterfind(path)}
