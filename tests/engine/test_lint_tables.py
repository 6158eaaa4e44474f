"""Decision tables: what the library would silently never match, or answer wrongly, is refused by cell."""

from __future__ import annotations

import pytest

from engine.lint import Known, lint_files
from tests.engine import bpmn_builder as build

KNOWN = Known(functions={"workdays"})


def errors(content: bytes) -> dict[str, str]:
    return {f.element_id: f.message for f in lint_files({"terms.dmn": content}, KNOWN) if f.level == "error"}


def test_a_table_with_every_allowed_cell_passes() -> None:
    cells = ['"LDTT"', ">= 10", 'in ("a", "b")', '? in (1, 5, 7)', "5 < ? < 10", "-", "", "True", "None",
             '!= "x"', 'not in ("a", "b")', "? is not None and ? >= 8", "award"]  # fmt: skip
    rules = [([cell], ["workdays(3)"]) for cell in cells]
    assert lint_files({"terms.dmn": build.table(rules)}, KNOWN) == []


@pytest.mark.parametrize(
    ("cell", "problem"),
    [
        ("1,5,7", "ô vào ở dòng 1: “1,5,7” không bao giờ khớp; hãy viết “? in (1,5,7)”"),
        ('"a","b"', 'ô vào ở dòng 1: “"a","b"” không bao giờ khớp; hãy viết “? in ("a","b")”'),
        ("[1..10]", "ô vào ở dòng 1: “[1..10]” không dùng được; khoảng viết là “5 < ? < 10”"),
        ('in "a","b"', 'ô vào ở dòng 1: “in "a","b"” là một danh sách, không phải điều kiện'),
        (
            '"a" or "b"',
            'ô vào ở dòng 1: “"a" or "b"” không nói so sánh với cột nào; hãy dùng dấu ? cho giá trị của cột',
        ),
        (
            'not("a")',
            'ô vào ở dòng 1: “not("a")” không nói so sánh với cột nào; hãy dùng dấu ? cho giá trị của cột',
        ),
        ("LDTT", "ô vào ở dòng 1: “LDTT” thiếu dấu ngoặc kép"),
        ("nowhere(?)", "ô vào ở dòng 1 gọi hàm “nowhere” không có"),
    ],
)
def test_a_cell_that_silently_never_matches_is_refused(cell: str, problem: str) -> None:
    assert errors(build.table([([cell], ["1"])])) == {"r1_i0": problem}


@pytest.mark.parametrize("cell", ["__import__('os')", "? > 10 and", "().__class__", "(lambda: 1)()"])
def test_a_cell_that_the_sandbox_refuses_is_named(cell: str) -> None:
    assert list(errors(build.table([([cell], ["1"])]))) == ["r1_i0"]
    assert list(errors(build.table([(["-"], [cell.replace("?", "award")])]))) == ["r1_o0"]


def test_rule_order_aggregation_and_annotation_are_refused() -> None:
    rules = [(["-"], ["1"])]
    assert errors(build.table(rules, policy="RULE ORDER")) == {
        "terms": "chính sách khớp “RULE ORDER” chạy sai"
    }
    assert errors(build.table(rules, extra='<annotation id="note"/>')) == {
        "note": "cột chú thích không được hỗ trợ"
    }


def test_several_tables_or_decisions_in_a_file_are_refused() -> None:
    content = build.table([(["-"], ["1"])])
    again = content.replace(b"</definitions>", b'<decision id="other"/></definitions>')
    assert errors(again) == {"other": "quyết định phải có đúng một bảng, hiện có 0"} | {
        "other": "quyết định phải có đúng một bảng, hiện có 0"
    }
    doubled = content.replace(b"</decision>", b'<decisionTable id="t2"/></decision>')
    assert errors(doubled)["terms"] in (
        "quyết định phải có đúng một bảng, hiện có 2",
        "bảng không có cột kết quả",
    )


def test_a_decision_in_two_files_and_an_output_named_typename_are_refused() -> None:
    content = build.table([(["-"], ["1"])])
    found = lint_files({"a.dmn": content, "b.dmn": content}, KNOWN)
    assert [(f.file, f.message) for f in found] == [("b.dmn", "mã “terms” đã có ở tệp a.dmn")]
    assert errors(build.table([(["-"], ["1"])], outputs=("typename",))) == {
        "out_0": "tên cột kết quả “typename” không dùng được làm biến"
    }


def test_a_row_without_citation_is_a_warning() -> None:
    [found] = lint_files({"terms.dmn": build.table([(["-"], ["1"])], citation="")}, KNOWN)
    assert (found.level, found.element_id, found.message) == ("warning", "rule_1", "dòng 1 không ghi căn cứ")


def test_a_row_with_too_few_cells_is_refused() -> None:
    content = build.table([(["-"], ["1"])], inputs=("award", "kind"))
    assert errors(content) == {"rule_1": "dòng 1 thiếu hoặc thừa ô"}
