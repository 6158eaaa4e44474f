"""Diagrams into specifications that many instances share, and what the engine must know of each element.

Parsed once per content (8 ms) and kept in a bounded cache. After parsing each loop child is connected to its
loop, or a reloaded vote hangs when the specification is shared (notes/engine.md, "State").
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from copy import deepcopy
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import Any

from SpiffWorkflow.bpmn.parser.task_parsers import ConditionalGatewayParser, GatewayParser
from SpiffWorkflow.bpmn.parser.util import full_tag
from SpiffWorkflow.bpmn.parser.ValidationException import ValidationException
from SpiffWorkflow.bpmn.specs.event_definitions.multiple import MultipleEventDefinition
from SpiffWorkflow.bpmn.specs.mixins.multiinstance_task import LoopTask
from SpiffWorkflow.spiff.parser import task_spec as parsers
from SpiffWorkflow.spiff.parser.process import SpiffBpmnParser, SpiffProcessParser
from SpiffWorkflow.spiff.specs.event_definitions import MessageEventDefinition

from engine.errors import N_
from engine.spiff import cache, specs
from engine.spiff.data_objects import unreadable
from engine.spiff.dmn import DecisionTable, parse_dmn
from engine.spiff.joins import InclusiveGateway, ParallelGateway
from engine.spiff.multi_instance import ParallelLoop, SequentialLoop
from engine.spiff.timers import business
from engine.spiff.xml import BPMN, DefinitionRefused, read_xml

_SPIFF = "{http://spiffworkflow.org/bpmn/schema/1.0/core}"
_CONTAINERS = (f"{BPMN}process", f"{BPMN}subProcess", f"{BPMN}transaction", f"{BPMN}adHocSubProcess")


@dataclass(frozen=True)
class Element:
    """One node of a diagram as its author drew it. `container` is the process or subprocess around it."""

    id: str
    kind: str
    name: str
    container: str
    lane: str | None
    form: str | None
    properties: Mapping[str, str]


@dataclass(frozen=True)
class ParsedDefinition:
    """One process with everything it calls, ready to run. Shared between threads: never changed."""

    key: str
    process_id: str
    name: str
    spec: Any
    subprocess_specs: dict[str, Any]
    elements: Mapping[tuple[str, str], Element]
    lanes: Mapping[str, str]
    messages: frozenset[str]
    start_message: str | None
    called: tuple[str, ...]
    decisions: tuple[str, ...]
    mutable: bool = field(default=False)

    def element(self, element_id: str, container: str | None = None) -> Element | None:
        """Return an element by id; `container` decides when a called process has the same id."""
        if container is not None:
            return self.elements.get((container, element_id))
        return next((e for e in self.elements.values() if e.id == element_id), None)

    def specs(self) -> tuple[Any, dict[str, Any]]:
        """Return what to run on: shared, or a copy when the library changes it at run time."""
        if not self.mutable:
            return self.spec, self.subprocess_specs
        copied: tuple[Any, dict[str, Any]] = deepcopy((self.spec, self.subprocess_specs))
        _prepare(copied[0], copied[1])
        return copied


class _ServiceTaskParser(parsers.ServiceTaskParser):  # type: ignore[misc] # the library is untyped
    PARALLEL_MI_CLASS = ParallelLoop
    SEQUENTIAL_MI_CLASS = SequentialLoop
    STANDARD_LOOP_CLASS = specs.ConditionLoop


class _DecisionParser(parsers.BusinessRuleTaskParser):  # type: ignore[misc] # the library is untyped
    def create_task(self) -> Any:
        reference = self.get_decision_ref(self.node)
        table = self.process_parser.parser.tables.get(reference)
        if table is None:
            raise DefinitionRefused(self.bpmn_id, N_("không có bảng quyết định “%s”") % reference)
        extensions = self.parse_extensions()
        return specs.DecisionStep(
            self.spec,
            self.bpmn_id,
            table=table,
            prescript=extensions.get("preScript"),
            postscript=extensions.get("postScript"),
            **self.bpmn_attributes,
        )


def _looping(parser: Any) -> Any:
    loops = {
        "PARALLEL_MI_CLASS": ParallelLoop,
        "SEQUENTIAL_MI_CLASS": SequentialLoop,
        "STANDARD_LOOP_CLASS": specs.ConditionLoop,
    }
    return type(parser.__name__, (parser,), loops)


class _ProcessParser(SpiffProcessParser):  # type: ignore[misc] # the library is untyped
    def _index_process_nodes(self) -> None:
        """A node of the diagram wins over whatever else has its id: the library lets the last one win, so
        that an operator or a loop variable of the same id hides the node (trap 14)."""
        super()._index_process_nodes()
        for container in (self.node, *self.node.iter(*_CONTAINERS[1:])):
            for node in container:
                if isinstance(node.tag, str) and node.tag.startswith(BPMN) and node.get("id") is not None:
                    self.nodes_by_id[node.get("id")] = node


class _Parser(SpiffBpmnParser):  # type: ignore[misc] # the library is untyped
    PROCESS_PARSER_CLASS = _ProcessParser
    OVERRIDE_PARSER_CLASSES = {  # noqa: RUF012 - the library's own extension point
        **{
            tag: (_looping(parser) if issubclass(parser, parsers.SpiffTaskParser) else parser, spec)
            for tag, (parser, spec) in SpiffBpmnParser.OVERRIDE_PARSER_CLASSES.items()
        },
        full_tag("serviceTask"): (_ServiceTaskParser, specs.ServiceStep),
        full_tag("businessRuleTask"): (_looping(_DecisionParser), specs.DecisionStep),
        full_tag("parallelGateway"): (GatewayParser, ParallelGateway),
        full_tag("inclusiveGateway"): (ConditionalGatewayParser, InclusiveGateway),
    }

    def __init__(self, tables: Mapping[str, DecisionTable]) -> None:
        super().__init__()
        self.tables = tables


def content_key(files: Mapping[str, bytes]) -> str:
    """Return a hash over the diagrams and decision tables among the files."""
    digest = hashlib.sha256()
    for path in sorted(files):
        if path.endswith((".bpmn", ".dmn")):
            digest.update(f"{path}\0{len(files[path])}\0".encode())
            digest.update(files[path])
    return digest.hexdigest()


def parse(files: Mapping[str, bytes], process_id: str) -> ParsedDefinition:
    """Return the parsed process, from the cache when the same content was parsed before.

    Raises DefinitionRefused when something cannot be read, is missing or stands twice.
    """
    key = content_key(files)
    return cache.parsed(f"{key}:{process_id}", lambda: _parse(files, process_id, key))


def _parse(files: Mapping[str, bytes], process_id: str, key: str) -> ParsedDefinition:
    tables = _tables(files)
    roots = {path: read_xml(content, path) for path, content in files.items() if path.endswith(".bpmn")}
    parser = _Parser(tables)
    for path, root in roots.items():
        _refuse_endless(root)
        _add(parser, root, path)
    try:
        spec = parser.get_spec(process_id)
        subprocess_specs = parser.get_subprocess_specs(process_id, specs={})
    except DefinitionRefused:
        raise
    except (ValidationException, KeyError, ValueError, AttributeError, NotImplementedError) as error:
        raise DefinitionRefused(process_id, N_("sơ đồ không đọc được: %s") % error) from error
    _prepare(spec, subprocess_specs)
    used = {spec.name, *subprocess_specs}
    elements, lanes = _elements(roots, used)
    main = next(
        node
        for root in roots.values()
        for node in root.iter(f"{BPMN}process")
        if node.get("id") == process_id
    )
    names = _message_names(roots)
    return ParsedDefinition(
        key=key,
        process_id=process_id,
        name=main.get("name") or process_id,
        spec=spec,
        subprocess_specs=subprocess_specs,
        elements=elements,
        lanes=lanes,
        messages=frozenset(_caught(spec, subprocess_specs)),
        start_message=_start_message(main, names),
        called=tuple(
            sorted(
                {str(e.properties["calledElement"]) for e in elements.values() if e.kind == "callActivity"}
            )
        ),
        decisions=tuple(sorted(_decisions(spec, subprocess_specs))),
        mutable=any(_is_mutable(s) for s in (spec, *subprocess_specs.values())),
    )


def _tables(files: Mapping[str, bytes]) -> dict[str, DecisionTable]:
    tables: dict[str, DecisionTable] = {}
    for path in sorted(files):
        if path.endswith(".dmn"):
            table = parse_dmn(files[path], path)
            if table.id in tables:
                raise DefinitionRefused(path, N_("mã quyết định “%s” đã có ở tệp khác") % table.id)
            tables[table.id] = table
    return tables


def _add(parser: Any, root: Any, path: str) -> None:
    try:
        parser.add_bpmn_xml(root, filename=path)
    except ValidationException as error:
        raise DefinitionRefused(path, str(error)) from error


def _refuse_endless(root: Any) -> None:
    """The library's parser never ends on a data object that it cannot find (trap 13)."""
    for step, reason in unreadable(root):
        raise DefinitionRefused(step, reason)


def _prepare(spec: Any, subprocess_specs: Mapping[str, Any]) -> None:
    """Ours in place of the library's timers, messages and gateway events; loop children know their loop."""
    for process in (spec, *subprocess_specs.values()):
        for step in list(process.task_specs.values()):
            definition = getattr(step, "event_definition", None)
            if definition is not None:
                step.event_definition = _own(definition)
            if isinstance(step, LoopTask):
                child = process.task_specs[step.task_spec]
                if not child.completed_event.is_connected(step.merge_child):
                    child.completed_event.connect(step.merge_child)


def _own(definition: Any, index: int | None = None) -> Any:
    if type(definition) is MultipleEventDefinition:
        parts = [_own(part, number) for number, part in enumerate(definition.event_definitions)]
        return specs.Choice(parts, definition.parallel)
    if type(definition) is MessageEventDefinition:
        return specs.Message(definition.name, [], definition.expression, definition.message_var)
    return business(definition, index)


def _is_mutable(spec: Any) -> bool:
    """Specifications with an event or ad hoc subprocess are changed at run time and must not be shared."""
    return bool(getattr(spec.start, "trigger_specs", None)) or hasattr(spec, "conditional_paths")


def _caught(spec: Any, subprocess_specs: Mapping[str, Any]) -> set[str]:
    found = set()
    for process in (spec, *subprocess_specs.values()):
        for step in process.task_specs.values():
            definition = getattr(step, "event_definition", None)
            for part in getattr(definition, "event_definitions", [definition]):
                if isinstance(part, specs.Message):
                    found.add(str(part.name))
    return found


def _decisions(spec: Any, subprocess_specs: Mapping[str, Any]) -> set[str]:
    steps = [step for process in (spec, *subprocess_specs.values()) for step in process.task_specs.values()]
    return {step.table.id for step in steps if isinstance(step, specs.DecisionStep)}


def _message_names(roots: Mapping[str, Any]) -> dict[str, str]:
    return {
        m.get("id", ""): m.get("name", "") for root in roots.values() for m in root.iter(f"{BPMN}message")
    }


def _start_message(process: Any, names: Mapping[str, str]) -> str | None:
    for event in process.findall(f"{BPMN}startEvent"):
        definition = event.find(f"{BPMN}messageEventDefinition")
        if definition is not None:
            return names.get(definition.get("messageRef", ""))
    return None


def _elements(
    roots: Mapping[str, Any], used: set[str]
) -> tuple[dict[tuple[str, str], Element], dict[str, str]]:
    elements: dict[tuple[str, str], Element] = {}
    lanes: dict[str, str] = {}
    for path, root in roots.items():
        for process in root.iter(f"{BPMN}process"):
            if process.get("id") in used:
                _collect(process, path, None, _lane_members(process, lanes), elements)
    return elements, lanes


def _lane_members(process: Any, lanes: dict[str, str]) -> dict[str, str]:
    """Element id → role; the innermost lane wins.

    The role is the lane's id, or its property `role` where the document already uses that id elsewhere.
    """
    members: dict[str, str] = {}
    for lane in process.iter(f"{BPMN}lane"):  # outer lanes come first in document order
        role = _properties(lane).get("role") or lane.get("id", "")
        lanes[role] = lane.get("name") or role
        for reference in lane.findall(f"{BPMN}flowNodeRef"):
            members[(reference.text or "").strip()] = role
    return members


def _collect(
    container: Any,
    path: str,
    around: str | None,
    members: Mapping[str, str],
    into: dict[tuple[str, str], Element],
) -> None:
    place = container.get("id", "")
    for node in container:
        if not isinstance(node.tag, str) or not node.tag.startswith(BPMN) or node.get("id") is None:
            continue
        kind = node.tag[len(BPMN) :]
        if kind in ("sequenceFlow", "laneSet", "documentation", "textAnnotation", "association"):
            continue
        lane = members.get(node.get("id"), around)
        properties = _properties(node)
        if kind == "callActivity":
            properties["calledElement"] = node.get("calledElement", "")
        form = properties.get("formJsonSchemaFilename")
        into[(place, node.get("id"))] = Element(
            id=node.get("id"),
            kind=kind,
            name=node.get("name") or node.get("id"),
            container=place,
            lane=lane,
            form=str(PurePosixPath(path).parent / form) if form else None,
            properties=properties,
        )
        if node.tag in _CONTAINERS:
            _collect(node, path, lane, members, into)


def _properties(node: Any) -> dict[str, str]:
    path = f"{BPMN}extensionElements/{_SPIFF}properties/{_SPIFF}property"
    return {item.get("name", ""): item.get("value", "") for item in node.findall(path)}
