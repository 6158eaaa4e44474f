"""Which variables of a dossier each step writes and reads, as far as the files say.

What a service of the program or a message brings is not in the files; nothing is said about it.
"""

from __future__ import annotations

import ast
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from engine.errors import N_
from engine.lint.diagram import SUBPROCESSES, Container, Diagram, Node, extension
from engine.lint.expressions import Source, scripts, sources
from engine.lint.steps import form_path
from engine.spiff.script import names_in
from engine.xml import BPMN, SPIFF

_COMPREHENSIONS = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)


@dataclass(frozen=True)
class Read:
    """A variable that an expression of an element needs; `node_id` is the step, or where a flow begins."""

    node_id: str
    source: Source
    name: str


@dataclass
class DataFlow:
    """Writes and reads over all diagrams of a set of files. `roots`: the parsed .bpmn and .dmn files."""

    files: Mapping[str, bytes]
    roots: Mapping[str, Any]
    diagrams: Mapping[str, Diagram]
    _written: dict[tuple[str, str], frozenset[str]] = field(default_factory=dict)

    def writes(self, path: str, container: Container, node: Node) -> frozenset[str]:
        """Return what is in the data after a step because of it; of a step done many times only its list."""
        key = (path, f"{container.id}/{node.id}")
        if key not in self._written:
            self._written[key] = frozenset()  # a process that calls itself is refused elsewhere
            many = node.element.find(f"{BPMN}multiInstanceLoopCharacteristics")
            found = self.given(path, node) if many is None else {_text(many.find(f"{BPMN}loopDataOutputRef"))}
            self._written[key] = frozenset(found - {""})
        return self._written[key]

    def given(self, path: str, node: Node) -> set[str]:
        """Return what one turn of a step writes, as far as the files say."""
        found = set().union(*(assigned(source.text) for source in scripts(node)))
        if node.kind == "userTask":
            found |= form_fields(self.files.get(form_path(path, node), b""))
        elif node.kind == "businessRuleTask":
            found |= self._answers(node)
        elif node.kind == "serviceTask":
            operator = node.element.find(f"{BPMN}extensionElements/{SPIFF}serviceTaskOperator")
            found.add("" if operator is None else operator.get("resultVariable", ""))
        elif node.kind in SUBPROCESSES:
            found |= self._of_container(path, node.id)
        elif node.kind == "callActivity":
            called = node.element.get("calledElement", "")
            found |= set().union(*(self._of_container(p, called) for p in self._homes.get(called, [])))
        return found

    def lacks_a_form(self, path: str) -> bool:
        """Return whether a step of a diagram names a form that is not among the files."""
        forms = {form_path(path, node) for _, node in self.diagrams[path].nodes() if node.kind == "userTask"}
        return not forms <= {*self.files, ""}

    def all_writes(self, path: str) -> set[str]:
        """Return what any step of a diagram writes."""
        nodes = self.diagrams[path].nodes()
        return set().union(*(self.writes(path, container, node) for container, node in nodes))

    def reads(self, path: str) -> list[Read]:
        """Return every variable that the expressions and decision tables of a diagram need."""
        diagram = self.diagrams[path]
        begins = {flow.id: flow.source for container in diagram.containers for flow in container.flows}
        found = list(sources(diagram))
        for _, node in diagram.nodes():
            if node.kind == "businessRuleTask":
                found += self._decision_sources(node)
        return [
            Read(begins.get(source.element_id, source.element_id), source, name)
            for source in found
            for name in sorted(names_in(source.text, source.mode) - _own(source))
        ]

    @cached_property
    def _homes(self) -> dict[str, list[str]]:
        found: dict[str, list[str]] = {}
        for path, diagram in self.diagrams.items():
            for process in diagram.processes:
                found.setdefault(process.id, []).append(path)
        return found

    def _of_container(self, path: str, container_id: str) -> set[str]:
        inside = [one for one in self.diagrams[path].containers if one.id == container_id]
        return set().union(*(self.writes(path, one, node) for one in inside for node in one.nodes.values()))

    @cached_property
    def _decisions(self) -> dict[str, Any]:
        roots = [root for path, root in self.roots.items() if path.endswith(".dmn")]
        return {one.get("id", ""): one for root in roots for one in root.iterfind("{*}decision")}

    def _answers(self, node: Node) -> set[str]:
        name = extension(node.element, "calledDecisionId")
        table = self._table(name)
        if table is None:
            return set()
        if table.get("hitPolicy", "").upper() == "COLLECT":
            return {name}
        return {column.get("name", "") for column in table.iterfind("{*}output")} | {f"{name}_citation"}

    def _decision_sources(self, node: Node) -> list[Source]:
        table = self._table(extension(node.element, "calledDecisionId"))
        texts = [] if table is None else table.iterfind("{*}input/{*}inputExpression/{*}text")
        return [Source(node.id, N_("bảng quyết định"), _text(text)) for text in texts]

    def _table(self, name: str) -> Any:
        decision = self._decisions.get(name)
        return None if decision is None else decision.find("{*}decisionTable")


def form_fields(content: bytes) -> set[str]:
    """Return the fields that a form brings; none when the file cannot be read."""
    try:
        properties = json.loads(content).get("properties", {})
        return {name for name, one in properties.items() if not one.get("readOnly")}
    except (ValueError, AttributeError, RecursionError):
        return set()


def assigned(script: str) -> set[str]:
    """Return the variables that a script leaves behind."""
    try:
        tree = ast.parse(script.strip())
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return set()
    loops = [node for node in ast.walk(tree) if isinstance(node, _COMPREHENSIONS)]
    passing = {id(inner) for loop in loops for inner in ast.walk(loop)}
    targets = [
        n for n in ast.walk(tree) if isinstance(getattr(n, "ctx", None), ast.Store) and id(n) not in passing
    ]
    return {name.id for name in map(_base, targets) if isinstance(name, ast.Name)}


def _base(target: Any) -> Any:
    """The variable behind `a["b"] = …`."""
    while isinstance(target, ast.Subscript):
        target = target.value
    return target


def _own(source: Source) -> set[str]:
    """What a script sets by itself is not needed from elsewhere."""
    return assigned(source.text) if source.mode == "exec" else set()


def _text(element: Any) -> str:
    return "" if element is None else (element.text or "").strip()
