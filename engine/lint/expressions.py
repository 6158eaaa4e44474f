"""Every expression and script of a diagram: it compiles in the sandbox and calls only what exists."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from engine.errors import N_
from engine.lint.diagram import Diagram, Node, extension, properties_of
from engine.lint.finding import Known, Report
from engine.spiff.script import compile_check, names_in
from engine.xml import BPMN, SPIFF

PROPERTY_EXPRESSIONS = ("assignee", "unit", "barred", "dueDate")
_ISO = re.compile(r"^(R\d*/)?P(?=[\dT])|^\d{4}-\d\d-\d\d")
_FEEL = {"true": "True", "false": "False", "null": "None"}
_TIMERS = {
    "timeDuration": re.compile(r"^P(?=[\dT])(\d+Y)?(\d+M)?(\d+W)?(\d+D)?(T(?=\d)(\d+H)?(\d+M)?(\d+S)?)?$"),
    "timeDate": re.compile(r"^\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d)?(Z|[+-]\d\d:?\d\d)?)?$"),
    "timeCycle": re.compile(r"^R\d*/"),
}


@dataclass(frozen=True)
class Source:
    """One piece of Python in a diagram and the element it belongs to."""

    element_id: str
    what: str
    text: str
    mode: str = "eval"


EARLY_END = N_("điều kiện dừng sớm")
"""What the condition is called that ends a step many do."""


def check_expressions(diagram: Diagram, report: Report, known: Known) -> None:
    """Report expressions that are empty, refused by the sandbox, or call an unknown function."""
    for source in sources(diagram):
        if not source.text:
            report.error(
                source.element_id, N_("%s để trống") % source.what, N_("ghi nội dung hoặc xóa mục này")
            )
            continue
        check_source(source, report, known)
    for _, node in diagram.nodes():
        _check_timer(node, report)


def check_source(source: Source, report: Report, known: Known) -> None:
    """Report one expression or script."""
    problem = compile_check(source.text, source.mode)
    if problem is not None:
        report.error(
            source.element_id,
            N_("%(what)s không dùng được: %(problem)s") % {"what": source.what, "problem": problem},
            _advice(source),
        )
        return
    foreign = other_language(source.text)
    if foreign is not None:
        told = N_("%(what)s không dùng được: %(problem)s") % {"what": source.what, "problem": foreign[0]}
        report.error(source.element_id, told, foreign[1])
        return
    for name in sorted(unknown_functions(source.text, known)):
        report.error(
            source.element_id,
            N_("%(what)s gọi hàm “%(name)s” không có") % {"what": source.what, "name": name},
            N_("dùng một trong các hàm có sẵn, hoặc nhờ người lập trình thêm hàm này"),
        )


def other_language(text: str) -> tuple[str, str] | None:
    """Return what is wrong and what to write for what compiles but means nothing here: FEEL, a bare P3D."""
    if _ISO.match(text):
        return (
            N_("thời hạn %s thiếu dấu ngoặc kép nên bị tính như một phép toán") % text,
            N_('viết "%s" có dấu ngoặc kép') % text,
        )
    for name, ours in _FEEL.items():
        if name in names_in(text, "exec"):
            return N_("“%s” không có nghĩa ở đây") % name, N_("viết %s") % ours
    return None


def _advice(source: Source) -> str:
    text = source.text
    if "${" in text or text.startswith("#{"):
        return N_("viết biểu thức Python trần, không có ${…}")
    if "__" in text or "import" in text:
        return N_("việc này phải là một bước tự động (service task) do người lập trình viết")
    if source.mode == "eval" and re.search(r"[^=!<>]=[^=]", text):
        return N_("so sánh bằng viết “==”")
    return N_("viết một biểu thức đơn giản trên các biến của hồ sơ")


def unknown_functions(text: str, known: Known) -> set[str]:
    """Return the names that are called but neither given by the program nor defined in the text."""
    tree = ast.parse(text.strip())
    assigned = {n.id for n in ast.walk(tree) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)}
    called = {n.func.id for n in ast.walk(tree) if isinstance(n, ast.Call) and isinstance(n.func, ast.Name)}
    return {name for name in called - assigned if not known.has_function(name)}


def sources(diagram: Diagram) -> Iterator[Source]:
    """Yield every expression and script of a diagram, in its order."""
    for container in diagram.containers:
        for flow in container.flows:
            if flow.condition is not None:
                yield Source(flow.id, N_("điều kiện"), flow.condition)
    for _, node in diagram.nodes():
        yield from scripts(node)
        yield from _loop_expressions(node)
        for name, value in properties_of(node.element).items():
            if name in PROPERTY_EXPRESSIONS:
                yield Source(node.id, N_("thuộc tính “%s”") % name, value)
        for parameter in _parameters(node.element):
            what = N_("tham số “%s”") % parameter.get("id", "")
            yield Source(node.id, what, (parameter.get("value") or "").strip())
        condition = node.definitions.get("conditional")
        if condition is not None:
            yield Source(node.id, N_("điều kiện chờ"), _text(condition.find(f"{BPMN}condition")))


def _parameters(element: Any) -> Iterator[Any]:
    path = f"{BPMN}extensionElements/{SPIFF}serviceTaskOperator/{SPIFF}parameters/{SPIFF}parameter"
    yield from element.iterfind(path)


def scripts(node: Node) -> Iterator[Source]:
    """Yield the script of a step and those before and after it."""
    if node.kind == "scriptTask":
        yield Source(node.id, N_("kịch bản"), _text(node.element.find(f"{BPMN}script")), "exec")
    for name, what in (("preScript", N_("kịch bản trước bước")), ("postScript", N_("kịch bản sau bước"))):
        text = extension(node.element, name)
        if text:
            yield Source(node.id, what, text, "exec")


def _loop_expressions(node: Node) -> Iterator[Source]:
    for tag, what in (
        ("completionCondition", EARLY_END),
        ("loopCondition", N_("điều kiện lặp")),
        ("loopCardinality", N_("số lượt")),
    ):
        for element in node.element.iterfind(f"*/{BPMN}{tag}"):
            yield Source(node.id, what, _text(element))


def _text(element: Any) -> str:
    return "" if element is None else (element.text or "").strip()


def _check_timer(node: Node, report: Report) -> None:
    definition = node.definitions.get("timer")
    if definition is None:
        return
    values = [(kind, definition.find(f"{BPMN}{kind}")) for kind in _TIMERS]
    given = [(kind, _text(element)) for kind, element in values if element is not None]
    if len(given) != 1 or not given[0][1]:
        report.error(
            node.id,
            N_("sự kiện thời gian không nói khi nào"),
            N_('ghi số ngày chờ ("P10D" là mười ngày) hoặc một thời điểm, ví dụ due_on'),
        )
        return
    kind, text = given[0]
    foreign = other_language(text)
    if foreign is not None:
        report.error(node.id, *foreign)
        return
    problem = compile_check(text)
    if problem is not None:
        report.error(
            node.id,
            N_("thời hạn không dùng được: %s") % problem,
            N_('viết ví dụ "P10D" hoặc tên một biến ngày'),
        )
    elif _literal(text) is not None and not _TIMERS[kind].match(_literal(text) or ""):
        report.error(
            node.id,
            N_("thời hạn %s không đúng dạng") % text,
            N_('khoảng: "P10D"; ngày: "2022-12-31"; lặp: "R3/P1D"'),
        )


def _literal(text: str) -> str | None:
    """Return the text of a string literal, None for any other expression."""
    body = ast.parse(text, mode="eval").body
    return body.value if isinstance(body, ast.Constant) and isinstance(body.value, str) else None
