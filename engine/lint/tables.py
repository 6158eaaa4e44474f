"""Decision tables: one a file, a policy the engine keeps, and no cell that silently never matches."""

from __future__ import annotations

import ast
from typing import Any

from engine.errors import N_
from engine.lint.expressions import Source, check_source, other_language, unknown_functions
from engine.lint.finding import Known, Report
from engine.spiff.dmn import POLICIES, cell_problem
from engine.spiff.script import compile_check

MAX_CELLS = 5000


def check_table(root: Any, report: Report, known: Known) -> None:
    """Report what is wrong in a .dmn file, naming the rule or the cell."""
    decisions = root.findall("{*}decision")
    if len(decisions) != 1:
        report.error(
            decisions[1].get("id") if decisions else "",
            N_("mỗi tệp phải có đúng một quyết định, tệp này có %d") % len(decisions),
            N_("tách mỗi quyết định thành một tệp .dmn"),
        )
    for decision in decisions:
        tables = decision.findall("{*}decisionTable")
        if len(tables) != 1:
            report.error(
                decision.get("id"),
                N_("quyết định phải có đúng một bảng, hiện có %d") % len(tables),
                N_("dùng một bảng quyết định (decision table)"),
            )
        for table in tables:
            _check_header(decision.get("id", ""), table, report, known)
            _check_rules(decision.get("id", ""), table, report, known)


def _check_rules(decision_id: str, table: Any, report: Report, known: Known) -> None:
    rules = table.findall("{*}rule")
    cells = sum(len(rule) for rule in rules)
    if cells > MAX_CELLS:
        report.error(
            decision_id, N_("bảng có %d ô, quá %d") % (cells, MAX_CELLS), N_("tách thành nhiều bảng nhỏ hơn")
        )
        return
    inputs = {_text(one.find("{*}inputExpression")) for one in table.findall("{*}input")}
    for number, rule in enumerate(rules, 1):
        _check_rule(table, rule, number, inputs, report, known)


def _check_header(decision_id: str, table: Any, report: Report, known: Known) -> None:
    policy = table.get("hitPolicy", "UNIQUE").upper()
    if policy not in POLICIES or table.get("aggregation"):
        report.error(
            decision_id,
            N_("chính sách khớp “%s” chạy sai") % " ".join([policy, table.get("aggregation", "")]).strip(),
            N_("dùng UNIQUE, FIRST hoặc COLLECT không gộp"),
        )
    for column in table.findall("{*}annotation"):
        report.error(
            column.get("id") or decision_id,
            N_("cột chú thích không được hỗ trợ"),
            N_("ghi căn cứ vào mô tả (description) của từng dòng"),
        )
    for column in table.findall("{*}input"):
        text = _text(column.find("{*}inputExpression"))
        source = Source(column.get("id") or decision_id, N_("biểu thức của cột vào"), text)
        if not text:
            report.error(source.element_id, N_("cột vào không có biểu thức"), N_("ghi tên biến của cột"))
        else:
            check_source(source, report, known)
    outputs = table.findall("{*}output")
    if not outputs:
        report.error(decision_id, N_("bảng không có cột kết quả"), N_("thêm cột kết quả"))
    for column in outputs:
        name = column.get("name", "")
        if not name.isidentifier() or name.startswith("_") or name == "typename":
            report.error(
                column.get("id") or decision_id,
                N_("tên cột kết quả “%s” không dùng được làm biến") % name,
                N_("đặt tên chỉ gồm chữ không dấu, số và “_”, khác “typename”"),
            )
    if not table.findall("{*}rule"):
        report.warning(decision_id, N_("bảng chưa có dòng nào"), N_("thêm dòng"))


def _check_rule(table: Any, rule: Any, number: int, inputs: set[str], report: Report, known: Known) -> None:
    identity = rule.get("id") or N_("dòng %d") % number
    for tag, column in (("inputEntry", "input"), ("outputEntry", "output")):
        if len(rule.findall(f"{{*}}{tag}")) != len(table.findall(f"{{*}}{column}")):
            report.error(
                identity, N_("dòng %d thiếu hoặc thừa ô") % number, N_("lưu lại bảng từ trình sửa bảng")
            )
    if rule.findall("{*}annotationEntry"):
        report.error(
            identity, N_("ô chú thích không được hỗ trợ"), N_("ghi căn cứ vào mô tả (description) của dòng")
        )
    for cell in rule.findall("{*}inputEntry"):
        _check_input(cell, number, identity, inputs, report, known)
    for cell in rule.findall("{*}outputEntry"):
        text = _text(cell)
        if text:
            source = Source(cell.get("id") or identity, N_("ô kết quả ở dòng %d") % number, text)
            check_source(source, report, known)
    description = rule.find("{*}description")
    if description is None or not (description.text or "").strip():
        report.warning(identity, N_("dòng %d không ghi căn cứ") % number, N_("ghi căn cứ vào mô tả của dòng"))


def _check_input(
    cell: Any, number: int, rule_id: str, inputs: set[str], report: Report, known: Known
) -> None:
    text = _text(cell)
    if text in ("", "-"):
        return
    identity = cell.get("id") or rule_id
    problem = cell_problem(text) or _never_matches(text, inputs)
    if problem is not None:
        report.error(
            identity,
            N_("ô vào ở dòng %(row)d: %(problem)s") % {"row": number, "problem": problem},
            N_('viết một giá trị như "LDTT", một phép so sánh như >= 10, hoặc ? in ("a", "b")'),
        )
        return
    foreign = other_language(_as_expression(text))
    if foreign is not None:
        report.error(
            identity,
            N_("ô vào ở dòng %(row)d: %(problem)s") % {"row": number, "problem": foreign[0]},
            foreign[1],
        )
    for name in sorted(unknown_functions(_as_expression(text), known)):
        report.error(
            identity, N_("ô vào ở dòng %d gọi hàm “%s” không có") % (number, name), N_("dùng một hàm có sẵn")
        )


def _as_expression(text: str) -> str:
    """A cell as Python, whatever stands before the operator."""
    replaced = text.replace("?", "cell")
    for shown in (replaced, f"cell {replaced}"):
        if compile_check(shown) is None:
            return shown
    return "None"


def _never_matches(text: str, inputs: set[str]) -> str | None:
    """Python that compiles but is no condition: it would silently match nothing, or everything."""
    try:
        body = ast.parse(_as_expression(text), mode="eval").body
    except SyntaxError:
        return None
    if isinstance(body, ast.Tuple):
        return N_("“%s” là một danh sách, không phải điều kiện") % text
    if isinstance(body, ast.Name) and body.id not in inputs and body.id != "cell":
        return N_("“%s” thiếu dấu ngoặc kép") % text
    return None


def _text(element: Any) -> str:
    return "" if element is None else (element.findtext("{*}text") or "").strip()
