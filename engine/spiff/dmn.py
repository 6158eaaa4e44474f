"""Decision tables: parsed once, evaluated in the same sandbox as every expression of a diagram.

UNIQUE refuses two matches (the library takes the first), FIRST takes the first row, COLLECT gives every
matching row. A rule's `<description>` is its citation; "cần kiểm tra" in it marks a figure to be verified.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from engine.errors import N_, ThiduaError
from engine.spiff.script import Functions, ScriptError, compile_check, evaluate, value_of
from engine.spiff.xml import DefinitionRefused, read_xml

UNVERIFIED = "cần kiểm tra"
POLICIES = ("UNIQUE", "FIRST", "COLLECT")
_INPUT = "dmn_input"
_OUTSIDE_QUOTES = re.compile(r"""("(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')|(\?)""")
_OPERATOR = re.compile(r"^(==|!=|<=|>=|<|>|in\b|not\s+in\b|is\b)")


class DecisionFailed(ThiduaError):
    """A decision table gives no single answer for these values; the reason names the rows."""

    template = N_("Bảng quyết định “%(decision)s”: %(reason)s")

    def __init__(self, decision: str, reason: object) -> None:
        super().__init__(decision=decision, reason=reason)
        self.decision = decision
        self.reason = str(reason)


@dataclass(frozen=True)
class Cell:
    """One input condition: `source` over `dmn_input`, or None when the cell accepts anything."""

    text: str
    source: str | None


@dataclass(frozen=True)
class Rule:
    id: str
    row: int
    inputs: tuple[Cell, ...]
    outputs: tuple[str | None, ...]
    citation: str


@dataclass(frozen=True)
class DecisionTable:
    id: str
    name: str
    hit_policy: str
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    rules: tuple[Rule, ...]


@dataclass(frozen=True)
class DecisionResult:
    """What a decision answers: matching rows in order, with their citations and row numbers (from 1)."""

    decision_id: str
    rows: list[dict[str, object]] = field(default_factory=list)
    citations: list[str] = field(default_factory=list)
    numbers: list[int] = field(default_factory=list)

    @property
    def first(self) -> dict[str, object]:
        """The only or first row. Raises DecisionFailed when no row matches."""
        if not self.rows:
            raise DecisionFailed(self.decision_id, N_("không có dòng nào khớp"))
        return self.rows[0]

    @property
    def unverified(self) -> bool:
        """Whether a citation says that its figure must still be checked."""
        return any(UNVERIFIED in citation.lower() for citation in self.citations)


def _condition(text: str | None) -> Cell:
    """Our reading of a cell: `? …` is a test, an operator compares the input, anything else must equal it."""
    shown = (text or "").strip()
    if shown in ("", "-"):
        return Cell(shown, None)
    if any(match.group(2) for match in _OUTSIDE_QUOTES.finditer(shown)):
        return Cell(shown, _OUTSIDE_QUOTES.sub(lambda match: match.group(1) or _INPUT, shown))
    if _OPERATOR.match(shown):
        return Cell(shown, f"{_INPUT} {shown}")
    return Cell(shown, f"{_INPUT} == ({shown})")


def cell_problem(text: str | None) -> str | None:
    """Return None when an input cell may be published, else why not, in Vietnamese (trap 18)."""
    cell = _condition(text)
    if cell.source is None:
        return None
    if cell.source.startswith(f"{_INPUT} == ("):
        try:
            inner = ast.parse(cell.text, mode="eval").body
        except SyntaxError:
            inner = None
        if isinstance(inner, ast.Tuple):
            return N_("“%(cell)s” không bao giờ khớp; hãy viết “? in (%(cell)s)”") % {"cell": cell.text}
        if isinstance(inner, ast.Compare | ast.BoolOp) or (
            isinstance(inner, ast.UnaryOp) and isinstance(inner.op, ast.Not)
        ):
            return N_("“%s” không nói so sánh với cột nào; hãy dùng dấu ? cho giá trị của cột") % cell.text
        if ".." in cell.text and inner is None:
            return N_("“%s” không dùng được; khoảng viết là “5 < ? < 10”") % cell.text
    return compile_check(cell.source)


def parse_dmn(content: bytes, file: str = "dmn") -> DecisionTable:
    """Return the one decision table of a file. Raises DefinitionRefused naming what is wrong."""
    root = read_xml(content, file)
    decisions = root.findall("{*}decision")
    if len(decisions) != 1:
        raise DefinitionRefused(file, N_("mỗi tệp phải có đúng một quyết định"))
    tables = decisions[0].findall("{*}decisionTable")
    if len(tables) != 1:
        raise DefinitionRefused(file, N_("quyết định phải có đúng một bảng"))
    table = tables[0]
    policy = table.get("hitPolicy", "UNIQUE").upper()
    if policy not in POLICIES or table.get("aggregation"):
        raise DefinitionRefused(file, N_("chính sách khớp “%s” không được hỗ trợ") % policy)
    if table.findall("{*}annotation"):
        raise DefinitionRefused(
            file, N_("không dùng cột chú thích; căn cứ ghi vào mô tả (description) của dòng")
        )
    inputs = tuple(_text(column, "{*}inputExpression/{*}text") for column in table.findall("{*}input"))
    outputs = tuple(column.get("name") or column.get("label") or "" for column in table.findall("{*}output"))
    if "" in inputs or "" in outputs or not outputs:
        raise DefinitionRefused(file, N_("mỗi cột phải có biểu thức vào hoặc tên kết quả"))
    rules = tuple(_rule(row, number, file, table) for number, row in enumerate(table.findall("{*}rule"), 1))
    for rule in rules:
        if len(rule.inputs) != len(inputs) or len(rule.outputs) != len(outputs):
            raise DefinitionRefused(file, N_("dòng %d thiếu hoặc thừa ô") % rule.row)
    return DecisionTable(
        decisions[0].get("id", ""), decisions[0].get("name", ""), policy, inputs, outputs, rules
    )


def _text(element: Any, path: str) -> str:
    found = element.find(path)
    return (found.text or "").strip() if found is not None else ""


def _rule(element: Any, number: int, file: str, _table: Any) -> Rule:
    inputs = []
    for entry in element.findall("{*}inputEntry"):
        text = _text(entry, "{*}text")
        problem = cell_problem(text)
        if problem is not None:
            raise DefinitionRefused(
                file, N_("dòng %(row)d, ô vào: %(problem)s") % {"row": number, "problem": problem}
            )
        inputs.append(_condition(text))
    outputs: list[str | None] = []
    for entry in element.findall("{*}outputEntry"):
        text = _text(entry, "{*}text")
        problem = compile_check(text) if text else None
        if problem is not None:
            raise DefinitionRefused(
                file, N_("dòng %(row)d, ô kết quả: %(problem)s") % {"row": number, "problem": problem}
            )
        outputs.append(text or None)
    return Rule(
        element.get("id", ""), number, tuple(inputs), tuple(outputs), _text(element, "{*}description")
    )


def decide(table: DecisionTable, inputs: Mapping[str, object], functions: Functions) -> DecisionResult:
    """Return the matching rows. Raises DecisionFailed: two rows of UNIQUE, a cell without a value."""
    try:
        values = [evaluate(expression, inputs, functions) for expression in table.inputs]
        matched: list[Rule] = []
        for rule in table.rules:
            if _matches(rule, values, inputs, functions):
                matched.append(rule)
                if table.hit_policy == "FIRST":
                    break
        rows = [_outputs(table, rule, inputs, functions) for rule in matched]
    except ScriptError as error:
        raise DecisionFailed(table.id, str(error)) from error
    if table.hit_policy == "UNIQUE" and len(matched) > 1:
        numbers = ", ".join(str(rule.row) for rule in matched)
        raise DecisionFailed(table.id, N_("các dòng %s cùng khớp, phải chỉ có một") % numbers)
    return DecisionResult(
        table.id, rows, [rule.citation for rule in matched if rule.citation], [rule.row for rule in matched]
    )


def _matches(rule: Rule, values: list[object], inputs: Mapping[str, object], functions: Functions) -> bool:
    return all(
        cell.source is None or bool(evaluate(cell.source, inputs, functions, {_INPUT: value}))
        for cell, value in zip(rule.inputs, values, strict=True)
    )


def _outputs(
    table: DecisionTable, rule: Rule, inputs: Mapping[str, object], functions: Functions
) -> dict[str, object]:
    return {
        name: None if source is None else value_of(source, inputs, functions)
        for name, source in zip(table.outputs, rule.outputs, strict=True)
    }


def evaluate_dmn(content: bytes, inputs: Mapping[str, object], functions: Functions) -> DecisionResult:
    """Parse and decide in one call, without a database. Raises DefinitionRefused, DecisionFailed."""
    return decide(parse_dmn(content), inputs, functions)


def as_variables(table: DecisionTable, result: DecisionResult) -> dict[str, object]:
    """Return what a business rule task puts into the data of an instance.

    COLLECT: one list named like the decision, each row with its `citation`. UNIQUE and FIRST: the outputs
    by name, None when no row matches, and `<decision>_citation`.
    """
    if table.hit_policy == "COLLECT":
        citations = {rule.row: rule.citation for rule in table.rules}
        rows = zip(result.rows, result.numbers, strict=True)
        return {table.id: [{**row, "citation": citations[number]} for row, number in rows]}
    row = result.rows[0] if result.rows else dict.fromkeys(table.outputs)
    return {**row, f"{table.id}_citation": result.citations[0] if result.citations else ""}
