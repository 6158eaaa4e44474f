"""A small builder of diagrams and a host, for tests that need exactly one feature at a time."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any
from xml.sax.saxutils import escape

import pytest

from engine.spiff.parser import ParsedDefinition, parse
from engine.spiff.runner import ReadyStep, Run

NAMESPACES = (
    'xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL" '
    'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" '
    'xmlns:spiffworkflow="http://spiffworkflow.org/bpmn/schema/1.0/core" targetNamespace="urn:test"'
)


class Diagram:
    """Elements and flows of one process or subprocess."""

    def __init__(self, identity: str = "p", tag: str = "process") -> None:
        self.identity, self.tag, self.parts, self.flows = identity, tag, [""], 0

    def add(self, tag: str, identity: str, body: str = "", attributes: str = "") -> Diagram:
        self.parts.append(f'<bpmn:{tag} id="{identity}" name="{identity}" {attributes}>{body}</bpmn:{tag}>')
        return self

    def raw(self, xml: str) -> Diagram:
        self.parts.append(xml)
        return self

    def user(self, identity: str, body: str = "") -> Diagram:
        return self.add("userTask", identity, body)

    def script(self, identity: str, source: str) -> Diagram:
        return self.add("scriptTask", identity, f"<bpmn:script>{escape(source)}</bpmn:script>")

    def service(self, identity: str, operation: str, **parameters: str) -> Diagram:
        inner = "".join(
            f'<spiffworkflow:parameter id="{name}" type="any" value="{escape(value, {chr(34): "&quot;"})}"/>'
            for name, value in parameters.items()
        )
        operator = (
            f'<spiffworkflow:serviceTaskOperator id="{operation}"><spiffworkflow:parameters>{inner}'
            "</spiffworkflow:parameters></spiffworkflow:serviceTaskOperator>"
        )
        return self.add(
            "serviceTask", identity, f"<bpmn:extensionElements>{operator}</bpmn:extensionElements>"
        )

    def decision(self, identity: str, decision: str) -> Diagram:
        called = f"<spiffworkflow:calledDecisionId>{decision}</spiffworkflow:calledDecisionId>"
        return self.add(
            "businessRuleTask", identity, f"<bpmn:extensionElements>{called}</bpmn:extensionElements>"
        )

    def catch(self, identity: str, body: str) -> Diagram:
        return self.add("intermediateCatchEvent", identity, body)

    def boundary(self, identity: str, host: str, body: str, *, interrupting: bool = True) -> Diagram:
        attributes = f'attachedToRef="{host}" cancelActivity="{str(interrupting).lower()}"'
        return self.add("boundaryEvent", identity, body, attributes)

    def choice(self, identity: str, default: str = "") -> Diagram:
        return self.add("exclusiveGateway", identity, attributes=f'default="{default}"' if default else "")

    def flow(self, source: str, target: str, condition: str = "", identity: str = "") -> Diagram:
        self.flows += 1
        name = identity or f"{self.identity}_flow_{self.flows}"
        body = (
            f'<bpmn:conditionExpression xsi:type="bpmn:tFormalExpression">{escape(condition)}'
            "</bpmn:conditionExpression>"
            if condition
            else ""
        )
        ends = f'sourceRef="{source}" targetRef="{target}"'
        self.parts.append(f'<bpmn:sequenceFlow id="{name}" {ends}>{body}</bpmn:sequenceFlow>')
        return self

    def chain(self, *elements: str) -> Diagram:
        for source, target in pairwise(elements):
            self.flow(source, target)
        return self

    def xml(self) -> str:
        attributes = 'isExecutable="true"' if self.tag == "process" else ""
        inner = "".join(self.parts)
        return (
            f'<bpmn:{self.tag} id="{self.identity}" name="{self.identity}" {attributes}>'
            f"{inner}</bpmn:{self.tag}>"
        )


def message(name: str) -> str:
    return f'<bpmn:messageEventDefinition id="def_{name}" messageRef="msg_{name}"/>'


def timer(kind: str, expression: str) -> str:
    return f"<bpmn:timerEventDefinition><bpmn:{kind}>{expression}</bpmn:{kind}></bpmn:timerEventDefinition>"


def each(
    collection: str,
    item: str,
    *,
    output: str = "",
    output_item: str = "",
    sequential: bool = False,
    until: str = "",
    times: str = "",
) -> str:
    """A step for each element of a collection, or so many times."""
    inner = f"<bpmn:loopCardinality>{times}</bpmn:loopCardinality>" if times else ""
    inner += f"<bpmn:loopDataInputRef>{collection}</bpmn:loopDataInputRef>" if collection else ""
    inner += f"<bpmn:loopDataOutputRef>{output}</bpmn:loopDataOutputRef>" if output else ""
    inner += f'<bpmn:inputDataItem id="{item}" name="{item}"/>' if item else ""
    inner += f'<bpmn:outputDataItem id="{output_item}" name="{output_item}"/>' if output else ""
    inner += f"<bpmn:completionCondition>{escape(until)}</bpmn:completionCondition>" if until else ""
    way = f'isSequential="{str(sequential).lower()}"'
    return f"<bpmn:multiInstanceLoopCharacteristics {way}>{inner}</bpmn:multiInstanceLoopCharacteristics>"


def document(*diagrams: Diagram, messages: tuple[str, ...] = (), head: str = "") -> bytes:
    declared = "".join(f'<bpmn:message id="msg_{name}" name="{name}"/>' for name in messages)
    inner = "".join(diagram.xml() for diagram in diagrams)
    return f"<bpmn:definitions {NAMESPACES}>{declared}{head}{inner}</bpmn:definitions>".encode()


@dataclass
class TestHost:
    """Business time that the test sets, services and functions that it gives."""

    __test__ = False
    now: dt.datetime = dt.datetime(2022, 12, 12, 1, 30, tzinfo=dt.UTC)
    functions: dict[str, Callable[..., object]] = field(default_factory=dict)
    services: dict[str, Callable[..., Any]] = field(default_factory=dict)
    calls: list[tuple[str, str, dict[str, Any]]] = field(default_factory=list)

    def call_service(
        self, element: str, operation: str, parameters: dict[str, Any], data: dict[str, Any]
    ) -> Mapping[str, Any] | None:
        self.calls.append((element, operation, parameters))
        result: Mapping[str, Any] | None = self.services[operation](parameters, data)
        return result

    def skips(self, element: str) -> bool:
        return False


class Player:
    """A run that may be saved and loaded before every step, as between two requests."""

    def __init__(self, parsed: ParsedDefinition, host: TestHost, data: dict[str, Any], reload: bool) -> None:
        self.parsed, self.host, self.reload = parsed, host, reload
        self.run = Run.start(parsed, data, host)

    def again(self) -> Run:
        if self.reload:
            self.run = Run.load(self.parsed, self.run.dump(), self.host)
        return self.run

    @property
    def steps(self) -> list[str]:
        return sorted(step.step for step in self.again().ready)

    def step(self, name: str, item: object = None) -> ReadyStep:
        return next(s for s in self.again().ready if s.step == name and item in (None, s.item))

    def do(self, name: str, item: object = None, **data: Any) -> Player:
        step = self.step(name, item)
        self.run.complete(step.engine_task_id, data)
        return self

    def send(self, name: str, **payload: Any) -> bool:
        return self.again().deliver(name, payload)

    def wait(self, **delta: float) -> list[str]:
        self.host.now += dt.timedelta(**delta)
        return self.again().fire_timers(self.host.now)


class Kit:
    """What a test needs, without importing from a conftest."""

    Diagram = Diagram
    Host = TestHost
    message = staticmethod(message)
    timer = staticmethod(timer)
    each = staticmethod(each)
    document = staticmethod(document)

    def __init__(self, reload: bool = True) -> None:
        self.reload = reload

    def play(
        self,
        *diagrams: Any,
        messages: tuple[str, ...] = (),
        head: str = "",
        host: TestHost | None = None,
        files: Mapping[str, bytes] | None = None,
        **data: Any,
    ) -> Player:
        content = {"test/p.bpmn": document(*diagrams, messages=messages, head=head), **(files or {})}
        parsed = parse(content, diagrams[0].identity)
        return Player(parsed, host or TestHost(), data, self.reload)


@pytest.fixture
def kit() -> Kit:
    return Kit()


@pytest.fixture(params=[False, True], ids=["in memory", "reloaded at every step"])
def both(request: pytest.FixtureRequest) -> Kit:
    """The same test in memory and with a reload before every step: both must agree."""
    return Kit(reload=request.param)
