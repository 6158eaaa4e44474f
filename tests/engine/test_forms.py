"""Forms: strings from a browser become typed values; what is wrong is said in Vietnamese, by field."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.errors import FieldError
from engine.forms import check, clean, fields, merge, parse, validate
from engine.forms.parsing import parse_date, parse_integer, parse_number, parse_time

CHOICE = {
    "type": "string",
    "title": "Ý kiến",
    "x-en": "Opinion",
    "oneOf": [
        {"const": "approve", "title": "Duyệt", "x-en": "Approve"},
        {"const": "return", "title": "Trả lại"},
        {"const": "refuse", "title": "Không đồng ý"},
    ],
}
REASON = {
    "type": "string",
    "title": "Lý do",
    "maxLength": 20,
    "x-show-if": {"choice": ["return", "refuse"]},
    "x-required-if": {"choice": "refuse"},
}
SCHEMA: dict[str, Any] = {
    "type": "object",
    "required": ["choice", "held_on"],
    "properties": {
        "choice": CHOICE,
        "reason": REASON,
        "held_on": {"type": "string", "format": "date", "title": "Ngày họp"},
        "amount": {"type": "integer", "title": "Số tiền", "minimum": 1000, "maximum": 5_000_000},
        "code": {"type": "string", "title": "Mã", "readOnly": True},
        "urgent": {"type": "boolean", "title": "Khẩn"},
        "lines": {
            "type": "array",
            "title": "Danh sách",
            "items": {
                "type": "object",
                "required": ["agree"],
                "properties": {
                    "id": {"type": "string", "readOnly": True},
                    "name": {"type": "string", "title": "Họ tên", "readOnly": True},
                    "agree": {"type": "integer", "title": "Đồng ý", "minimum": 0},
                    "why": {"type": "string", "title": "Vì sao", "x-show-if": {"agree": 0}},
                },
            },
        },
        "recipients": {
            "type": "array",
            "title": "Nơi nhận",
            "items": {
                "type": "object",
                "required": ["recipient"],
                "properties": {
                    "recipient": {"type": "string", "title": "Nơi nhận"},
                    "copy": {"type": "boolean", "title": "Bản sao"},
                },
            },
        },
    },
}


def flat(**values: str) -> dict[str, list[str]]:
    return {name.replace("__", "."): [value] for name, value in values.items()}


GOOD = flat(choice="approve", held_on="5/12/2022")


def test_a_post_becomes_typed_data() -> None:
    data, errors = check(
        SCHEMA,
        {
            **flat(choice="approve", held_on="05/12/2022", amount="1.250.000", urgent="on", code="forged"),
            **flat(lines__0__id="a", lines__0__agree="7", lines__0__name="forged", unknown="x"),
            **flat(recipients__0__recipient=" UBND  thành phố ", recipients__3__recipient=""),
        },
    )
    assert errors == []
    assert data == {
        "choice": "approve",
        "held_on": "2022-12-05",
        "amount": 1_250_000,
        "urgent": True,
        "lines": [{"id": "a", "agree": 7}],
        "recipients": [{"recipient": "UBND thành phố", "copy": False}],
    }


def test_wrong_values_stay_as_typed_and_are_named() -> None:
    data, errors = check(
        SCHEMA,
        {
            **flat(choice="maybe", held_on="31/02/2022", amount="nhiều"),
            **flat(lines__0__id="a", lines__0__agree="-1"),
        },
    )
    assert data["held_on"] == "31/02/2022" and data["amount"] == "nhiều"
    assert errors == [
        FieldError("choice", "Ý kiến: vui lòng chọn một mục trong danh sách."),
        FieldError("held_on", "Ngày họp: ngày không hợp lệ; nhập ngày/tháng/năm, ví dụ 05/12/2022."),
        FieldError("amount", "Số tiền: vui lòng nhập một số nguyên, ví dụ 12 hoặc 1.250.000."),
        FieldError("lines.0.agree", "Đồng ý: giá trị phải từ 0 trở lên."),
    ]


def test_parse_says_only_what_cannot_be_read_and_validate_also_what_is_missing() -> None:
    data, errors = parse(SCHEMA, flat(amount="999999999"))
    assert errors == [FieldError("amount", "Số tiền: giá trị không được quá 5.000.000.")]
    assert [e.path for e in validate(SCHEMA, data)] == ["choice", "held_on", "amount"]
    assert validate(SCHEMA, {})[0] == FieldError("choice", "Ý kiến: vui lòng chọn một mục.")


def test_a_field_hidden_by_its_condition_is_neither_required_nor_kept() -> None:
    data, errors = check(SCHEMA, {**GOOD, **flat(reason="dài quá mức cho phép của ô này")})
    assert (data, errors) == ({"choice": "approve", "held_on": "2022-12-05", "urgent": False}, [])


def test_a_field_is_required_only_when_its_condition_holds() -> None:
    assert check(SCHEMA, flat(choice="return", held_on="2022-12-05"))[1] == []
    assert check(SCHEMA, flat(choice="refuse", held_on="2022-12-05"))[1] == [
        FieldError("reason", "Lý do: vui lòng nhập mục này.")
    ]


def test_a_row_s_condition_reads_the_row_before_the_form() -> None:
    rows = flat(lines__0__id="a", lines__0__agree="0", lines__0__why="vắng")
    rows |= flat(lines__1__id="b", lines__1__agree="3", lines__1__why="bỏ")
    data, errors = check(SCHEMA, {**GOOD, **rows})
    assert errors == []
    assert data["lines"] == [{"id": "a", "agree": 0, "why": "vắng"}, {"id": "b", "agree": 3}]


def test_given_rows_without_their_id_are_dropped_and_twice_the_same_is_refused() -> None:
    assert "lines" not in check(SCHEMA, {**GOOD, **flat(lines__0__agree="3")})[0]
    rows = flat(lines__0__id="a", lines__0__agree="1", lines__1__id="a", lines__1__agree="2")
    assert check(SCHEMA, {**GOOD, **rows})[1] == [
        FieldError("lines", "Danh sách: một dòng xuất hiện hai lần.")
    ]


def test_a_required_column_is_named_by_its_row() -> None:
    rows = flat(lines__0__id="a", lines__0__agree="1", lines__1__id="b", lines__1__agree="")
    assert check(SCHEMA, {**GOOD, **rows})[1] == [
        FieldError("lines.1.agree", "Đồng ý: vui lòng nhập mục này.")
    ]


def test_a_value_that_was_not_offered_is_refused() -> None:
    schema = {"type": "object", "properties": {"person": {"type": "string", "title": "Người"}}}
    offered = {"person": [("p1", "An"), ("p2", "Bình")]}
    assert check(schema, flat(person="p1"), offered)[1] == []
    assert check(schema, flat(person="p3"), offered)[1] == [
        FieldError("person", "Người: vui lòng chọn một mục trong danh sách.")
    ]
    [field] = fields(schema, {"person": "p2"}, options=offered)
    assert (field.widget, field.text, field.options) == ("select", "Bình", offered["person"])


def test_clean_drops_what_a_direct_caller_may_not_say() -> None:
    sent = {**{"choice": "approve", "held_on": "2022-12-05", "code": "x", "reason": "y", "typename": "z"}}
    assert clean(SCHEMA, sent) == {"choice": "approve", "held_on": "2022-12-05"}


@pytest.mark.parametrize(
    ("text", "number"),
    [("1.250.000", 1_250_000), ("1 250 000", 1_250_000), ("12,5", 12.5), ("0.15", 0.15), ("-3", -3),
     ("1.500", 1500), ("1.250.000,75", 1_250_000.75), ("1.2.3", "1.2.3"), ("1e9", "1e9"), ("٣", "٣"),
     ("9" * 30, "9" * 30), ("", "")],
)  # fmt: skip
def test_numbers_are_read_the_vietnamese_way(text: str, number: float | str) -> None:
    assert parse_number(text) == number


@pytest.mark.parametrize(
    ("text", "day"),
    [("5/12/2022", "2022-12-05"), ("05-12-2022", "2022-12-05"), ("5.12.2022", "2022-12-05"),
     ("2022-12-05", "2022-12-05"), ("31/2/2022", "31/2/2022"), ("hôm nay", "hôm nay")],
)  # fmt: skip
def test_dates_are_read_day_first(text: str, day: str) -> None:
    assert parse_date(text) == day


@pytest.mark.parametrize(
    ("text", "time"), [("7h30", "07:30"), ("07:30", "07:30"), ("7 giờ", "07:00"), ("25:00", "25:00")]
)
def test_times_are_read_as_people_write_them(text: str, time: str) -> None:
    assert parse_time(text) == time


@given(st.integers(min_value=-(10**12), max_value=10**12))
def test_every_grouped_integer_is_read_back(number: int) -> None:
    assert parse_integer(f"{number:,}".replace(",", ".")) == number


@given(st.dictionaries(st.text(max_size=12), st.lists(st.text(max_size=12), max_size=2), max_size=6))
def test_no_post_breaks_the_parser_or_brings_an_unknown_field(posted: dict[str, list[str]]) -> None:
    data, _ = check(SCHEMA, posted)
    assert set(data) <= set(SCHEMA["properties"])


def test_text_is_trimmed_and_composed() -> None:
    schema = {"type": "object", "properties": {"name": {"type": "string", "title": "Tên"}}}
    assert parse(schema, flat(name="  Nguyê\u0303n\u00a0 Văn\u0000 A "))[0] == {"name": "Nguyễn Văn A"}


def test_the_tree_for_the_page() -> None:
    initial = {"code": "HS-1", "lines": [{"id": "a", "name": "An"}, {"id": "b", "name": "Bình", "agree": 2}]}
    typed = {"choice": "refuse", "held_on": "2022-12-05", "lines": [{"id": "b", "agree": -1}]}
    data = merge(SCHEMA, initial, typed)
    made = fields(SCHEMA, data, [FieldError("lines.1.agree", "sai")])
    by_name = {field.name: field for field in made}
    assert [field.name for field in made] == list(SCHEMA["properties"])
    assert [(f.name, f.widget, f.text) for f in made[:6]] == [
        ("choice", "radio", "Không đồng ý"),
        ("reason", "text", ""),
        ("held_on", "date", "05/12/2022"),
        ("amount", "number", ""),
        ("code", "readonly", "HS-1"),
        ("urgent", "checkbox", ""),
    ]
    lines = by_name["lines"]
    assert [column.title for column in lines.columns] == ["Họ tên", "Đồng ý", "Vì sao"]
    assert [row.id for row in lines.rows] == ["a", "b"]
    assert lines.rows[1].hidden[0].path == "lines.1.id"
    assert (lines.rows[1].fields[1].value, lines.rows[1].fields[1].error) == (-1, "sai")
    assert lines.rows[0].fields[0].readonly and not lines.addable


def test_a_free_list_ends_with_an_empty_row_and_a_template() -> None:
    [free] = [f for f in fields(SCHEMA, {"recipients": [{"recipient": "A"}]}) if f.name == "recipients"]
    assert free.addable and [row.index for row in free.rows] == ["0", "1"]
    assert free.blank is not None and free.blank.fields[0].path == "recipients.#.recipient"
    assert not free.rows[1].fields[0].required and free.rows[0].fields[0].required


def test_english_titles_where_they_are_given() -> None:
    field = fields(SCHEMA, {"choice": "approve"}, lang="en")[0]
    assert (field.title, field.text, field.options[1]) == ("Opinion", "Approve", ("return", "Trả lại"))
