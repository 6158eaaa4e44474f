"""Decision tables: hit policies, cells that would silently never match, citations."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from engine.spiff.dmn import DecisionFailed, as_variables, decide, evaluate_dmn, parse_dmn
from engine.spiff.xml import DefinitionRefused

Row = tuple[Sequence[str], Sequence[str], str]


def dmn(policy: str, inputs: Sequence[str], outputs: Sequence[str], rows: Sequence[Row]) -> bytes:
    from xml.sax.saxutils import escape

    def cells(tag: str, values: Sequence[str], row: int) -> str:
        return "".join(
            f'<{tag} id="{tag}_{row}_{i}"><text>{escape(v)}</text></{tag}>' for i, v in enumerate(values)
        )

    columns = "".join(
        f'<input id="i{i}"><inputExpression id="x{i}"><text>{escape(e)}</text></inputExpression></input>'
        for i, e in enumerate(inputs)
    ) + "".join(f'<output id="o{i}" name="{name}"/>' for i, name in enumerate(outputs))
    rules = "".join(
        f'<rule id="r{n}"><description>{citation}</description>'
        f"{cells('inputEntry', ins, n)}{cells('outputEntry', outs, n)}</rule>"
        for n, (ins, outs, citation) in enumerate(rows, 1)
    )
    return (
        '<definitions xmlns="https://www.omg.org/spec/DMN/20191111/MODEL/" id="d" name="d" namespace="x">'
        f'<decision id="prize" name="Tiền thưởng"><decisionTable id="t" hitPolicy="{policy}">'
        f"{columns}{rules}</decisionTable></decision></definitions>"
    ).encode()


TERMS = [
    (['"LDTT"', "-"], ['"0.3"', "1490000"], "NĐ 91/2017 Điều 69"),
    (['? in ("GK_XA", "GK_TP")', '"household"'], ['"0.3"', ""], "cần kiểm tra"),
    (["", '"household"'], ["None", "1"], ""),
]


def table(policy: str) -> bytes:
    return dmn(policy, ["award", "subject_kind"], ["coefficient", "base"], TERMS)


def test_first_takes_the_first_row_with_its_citation() -> None:
    result = evaluate_dmn(table("FIRST"), {"award": "GK_XA", "subject_kind": "household"}, {})
    assert result.rows == [{"coefficient": "0.3", "base": None}]
    assert result.first == {"coefficient": "0.3", "base": None}
    assert (result.citations, result.numbers, result.unverified) == (["cần kiểm tra"], [2], True)


def test_collect_gives_every_row_in_order() -> None:
    result = evaluate_dmn(table("COLLECT"), {"award": "LDTT", "subject_kind": "household"}, {})
    assert result.rows == [{"coefficient": "0.3", "base": 1490000}, {"coefficient": None, "base": 1}]
    assert (result.citations, result.numbers) == (["NĐ 91/2017 Điều 69"], [1, 3])
    assert not result.unverified


def test_unique_with_two_matches_names_both_rows() -> None:
    with pytest.raises(DecisionFailed) as caught:
        evaluate_dmn(table("UNIQUE"), {"award": "LDTT", "subject_kind": "household"}, {})
    assert str(caught.value) == "Bảng quyết định “prize”: các dòng 1, 3 cùng khớp, phải chỉ có một"


def test_no_match_is_an_empty_answer_whose_first_row_is_an_error() -> None:
    result = evaluate_dmn(table("UNIQUE"), {"award": "GDVH", "subject_kind": "individual"}, {})
    assert (result.rows, result.citations) == ([], [])
    with pytest.raises(DecisionFailed, match="không có dòng nào khớp"):
        _ = result.first


@pytest.mark.parametrize(
    ("cell", "value", "expected"),
    [
        ("5", 5, True),
        (">= 5", 5, True),
        ("> 5", 5, False),
        ("5 < ? < 10", 7, True),
        ("? in (1, 5, 7)", 5, True),
        ("in (1, 5)", 5, True),
        ("not in (1, 5)", 5, False),
        ('!= "a"', "b", True),
        ("is None", None, True),
        ("is not None", None, False),
        ("None", None, True),
        ("? is not None and ? >= 8", None, False),
        ('"a?b"', "a?b", True),
        ('? == "có ?"', "có ?", True),
        ("True", True, True),
        ("", "anything", True),
        ("-", None, True),
        ("'cá nhân'", "cá nhân", True),
        ("limit", 3, True),
        ("-1", -1, True),
        ("twice(limit)", 6, True),
    ],
)
def test_an_input_cell_reads_as_its_author_means(cell: str, value: object, expected: bool) -> None:
    source = dmn("FIRST", ["x"], ["y"], [([cell], ["1"], "")])
    result = evaluate_dmn(source, {"x": value, "limit": 3}, {"twice": lambda n: 2 * n})
    assert bool(result.rows) is expected


@pytest.mark.parametrize(
    ("cell", "message"),
    [
        ("1,5,7", "“1,5,7” không bao giờ khớp; hãy viết “? in (1,5,7)”"),
        ('"a","b"', "“\"a\",\"b\"” không bao giờ khớp; hãy viết “? in (\"a\",\"b\")”"),
        ("[1..10]", "“[1..10]” không dùng được; khoảng viết là “5 < ? < 10”"),
        ('not("a")', "“not(\"a\")” không nói so sánh với cột nào; hãy dùng dấu ? cho giá trị của cột"),
        ("x > 3", "“x > 3” không nói so sánh với cột nào; hãy dùng dấu ? cho giá trị của cột"),
        ("__import__('os')", "Không được dùng tên bắt đầu bằng gạch dưới: “__import__”"),
    ],
)  # fmt: skip
def test_a_cell_that_would_never_match_is_refused(cell: str, message: str) -> None:
    with pytest.raises(DefinitionRefused) as caught:
        parse_dmn(dmn("FIRST", ["x"], ["y"], [([cell], ["1"], "")]), "terms.dmn")
    assert str(caught.value) == f"terms.dmn: dòng 1, ô vào: {message}"


@pytest.mark.parametrize("policy", ["RULE ORDER", "ANY", "PRIORITY", "OUTPUT ORDER"])
def test_a_hit_policy_the_library_runs_wrongly_is_refused(policy: str) -> None:
    with pytest.raises(DefinitionRefused, match=f"chính sách khớp “{policy}” không được hỗ trợ"):
        parse_dmn(table(policy))


def test_an_aggregation_is_refused() -> None:
    with pytest.raises(DefinitionRefused):
        parse_dmn(table("COLLECT").replace(b'hitPolicy="COLLECT"', b'hitPolicy="COLLECT" aggregation="SUM"'))


def test_an_annotation_column_is_refused_and_says_where_citations_go() -> None:
    content = table("FIRST").replace(b"<rule", b'<annotation name="n"/><rule', 1)
    with pytest.raises(DefinitionRefused, match="căn cứ ghi vào mô tả"):
        parse_dmn(content)


def test_a_doctype_is_refused() -> None:
    with pytest.raises(DefinitionRefused, match="không chấp nhận khai báo DOCTYPE"):
        parse_dmn(b'<!DOCTYPE x [<!ENTITY e "1">]>' + table("FIRST"))


def test_a_row_with_a_missing_cell_is_refused() -> None:
    with pytest.raises(DefinitionRefused, match="dòng 1 thiếu hoặc thừa ô"):
        parse_dmn(dmn("FIRST", ["x", "z"], ["y"], [(["1"], ["1"], "")]))


def test_an_output_runs_in_the_sandbox() -> None:
    with pytest.raises(DecisionFailed):
        evaluate_dmn(dmn("FIRST", ["x"], ["y"], [(["-"], ["'a' * 10**9"], "")]), {"x": 1}, {})


def test_variables_of_a_collect_are_one_list_under_the_name_of_the_decision() -> None:
    parsed = parse_dmn(table("COLLECT"))
    result = decide(parsed, {"award": "LDTT", "subject_kind": "household"}, {})
    assert as_variables(parsed, result) == {
        "prize": [
            {"coefficient": "0.3", "base": 1490000, "citation": "NĐ 91/2017 Điều 69"},
            {"coefficient": None, "base": 1, "citation": ""},
        ]
    }


def test_variables_of_a_single_hit_are_the_outputs_and_none_without_a_match() -> None:
    parsed = parse_dmn(table("FIRST"))
    hit = decide(parsed, {"award": "LDTT", "subject_kind": "individual"}, {})
    assert as_variables(parsed, hit) == {
        "coefficient": "0.3",
        "base": 1490000,
        "prize_citation": "NĐ 91/2017 Điều 69",
    }
    miss = decide(parsed, {"award": "GDVH", "subject_kind": "individual"}, {})
    assert as_variables(parsed, miss) == {"coefficient": None, "base": None, "prize_citation": ""}
