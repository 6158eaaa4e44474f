"""Builds small diagrams and tables for tests: says only what the test is about."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from itertools import pairwise

NS = (
    'xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL" '
    'xmlns:bpmndi="http://www.omg.org/spec/BPMN/20100524/DI" '
    'xmlns:spiffworkflow="http://spiffworkflow.org/bpmn/schema/1.0/core" '
    'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" targetNamespace="urn:test"'
)
FORM = json.dumps(
    {
        "title": "Việc",
        "type": "object",
        "properties": {"choice": {"type": "string", "title": "Ý kiến"}},
        "required": ["choice"],
    }
).encode()


@dataclass
class Process:
    """`node` and `flow` add elements; a role makes the node a member of that lane."""

    id: str = "sample"
    body: list[str] = field(default_factory=list)
    outside: list[str] = field(default_factory=list)
    lanes: dict[str, list[str]] = field(default_factory=dict)
    ids: list[str] = field(default_factory=list)
    drawn: bool = True
    attributes: str = 'isExecutable="true"'

    def node(
        self, kind: str, identity: str, inside: str = "", role: str | None = None, **attributes: str
    ) -> Process:
        extra = "".join(f' {name}="{value}"' for name, value in attributes.items())
        self.body.append(f'<bpmn:{kind} id="{identity}"{extra}>{inside}</bpmn:{kind}>')
        self.ids.append(identity)
        if role is not None:
            self.lanes.setdefault(role, []).append(identity)
        return self

    def user(self, identity: str, role: str | None = "clerk", inside: str = "", **props: str) -> Process:
        given = {"formJsonSchemaFilename": f"{identity}.form.json", **props}
        return self.node("userTask", identity, properties(**given) + inside, role)

    def service(self, identity: str, operation: str = "store", inside: str = "") -> Process:
        operator = (
            f'<spiffworkflow:serviceTaskOperator id="{operation}">{inside}'
            "</spiffworkflow:serviceTaskOperator>"
        )
        return self.node(
            "serviceTask", identity, f"<bpmn:extensionElements>{operator}</bpmn:extensionElements>"
        )

    def flow(self, *path: str, condition: str | None = None) -> Process:
        for source, target in pairwise(path):
            identity = f"{source}__{target}"
            inside = (
                ""
                if condition is None
                else f"<bpmn:conditionExpression>{condition}</bpmn:conditionExpression>"
            )
            self.body.append(
                f'<bpmn:sequenceFlow id="{identity}" sourceRef="{source}" targetRef="{target}">{inside}'
                "</bpmn:sequenceFlow>"
            )
            self.ids.append(identity)
        return self

    def raw(self, text: str) -> Process:
        self.body.append(text)
        return self

    def top(self, text: str) -> Process:
        self.outside.append(text)
        return self

    def content(self) -> bytes:
        lanes = "".join(
            f'<bpmn:lane id="{role}">'
            + "".join(f"<bpmn:flowNodeRef>{name}</bpmn:flowNodeRef>" for name in names)
            + "</bpmn:lane>"
            for role, names in self.lanes.items()
        )
        lane_set = f'<bpmn:laneSet id="lanes">{lanes}</bpmn:laneSet>' if lanes else ""
        shapes = "".join(f'<bpmndi:BPMNShape id="{i}_di" bpmnElement="{i}"/>' for i in self.ids)
        plane = (
            f'<bpmndi:BPMNDiagram id="d"><bpmndi:BPMNPlane id="p">{shapes}</bpmndi:BPMNPlane>'
            "</bpmndi:BPMNDiagram>"
        )
        return (
            f'<?xml version="1.0" encoding="UTF-8"?><bpmn:definitions {NS}>{"".join(self.outside)}'
            f'<bpmn:process id="{self.id}" {self.attributes}>{lane_set}{"".join(self.body)}</bpmn:process>'
            f"{plane if self.drawn else ''}</bpmn:definitions>"
        ).encode()


def properties(**values: str) -> str:
    """Extension elements with spiffworkflow properties."""
    items = "".join(
        f'<spiffworkflow:property name="{name}" value="{value}"/>' for name, value in values.items()
    )
    return (
        f"<bpmn:extensionElements><spiffworkflow:properties>{items}</spiffworkflow:properties>"
        "</bpmn:extensionElements>"
    )


def simple(process_id: str = "sample") -> Process:
    """start → ask (user task of the clerk) → end: nothing wrong with it."""
    process = Process(process_id).node("startEvent", "start").user("ask").node("endEvent", "done")
    return process.flow("start", "ask", "done")


def between(*kinds: tuple[str, str, str]) -> Process:
    """start → each (kind, id, inside) in a row → end."""
    process = Process().node("startEvent", "start")
    for kind, identity, inside in kinds:
        process.node(kind, identity, inside)
    return process.node("endEvent", "done").flow("start", *(k[1] for k in kinds), "done")


def table(
    rules: list[tuple[list[str], list[str]]],
    *,
    decision: str = "terms",
    policy: str = "UNIQUE",
    inputs: tuple[str, ...] = ("award",),
    outputs: tuple[str, ...] = ("term_days",),
    citation: str = "Điều 6",
    extra: str = "",
) -> bytes:
    """A .dmn with one decision table."""

    def escaped(text: str) -> str:
        return text.replace("&", "&amp;").replace("<", "&lt;")

    columns = "".join(
        f'<input id="in_{n}"><inputExpression id="ie_{n}"><text>{text}</text></inputExpression></input>'
        for n, text in enumerate(inputs)
    ) + "".join(f'<output id="out_{n}" name="{name}"/>' for n, name in enumerate(outputs))
    rows = ""
    for number, (given, answers) in enumerate(rules, 1):
        cells = "".join(
            f'<inputEntry id="r{number}_i{n}"><text>{escaped(text)}</text></inputEntry>'
            for n, text in enumerate(given)
        ) + "".join(
            f'<outputEntry id="r{number}_o{n}"><text>{escaped(text)}</text></outputEntry>'
            for n, text in enumerate(answers)
        )
        rows += f'<rule id="rule_{number}"><description>{citation}</description>{cells}</rule>'
    return (
        '<definitions xmlns="https://www.omg.org/spec/DMN/20191111/MODEL/" id="d" name="d" namespace="urn:t">'
        f'<decision id="{decision}" name="{decision}"><decisionTable id="t" hitPolicy="{policy}">'
        f"{columns}{extra}{rows}</decisionTable></decision></definitions>"
    ).encode()
