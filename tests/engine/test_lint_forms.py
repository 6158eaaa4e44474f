"""Form schemas that would silently do nothing, or break an instance, are refused by field."""

from __future__ import annotations

import json
from typing import Any

import pytest

from engine.lint import Known, lint_files


def errors(properties: dict[str, Any], **top: Any) -> dict[str, str]:
    schema = {"title": "T", "type": "object", "properties": properties, **top}
    found = lint_files({"a/ask.form.json": json.dumps(schema).encode()}, Known())
    return {f.element_id: f.message for f in found if f.level == "error"}


TEXT = {"type": "string", "title": "Lý do"}


def test_a_form_with_every_keyword_passes() -> None:
    choice = {
        "type": "string",
        "title": "Ý kiến",
        "x-en": "Opinion",
        "x-widget": "radio",
        "oneOf": [{"const": "ok", "title": "Đồng ý"}, {"const": "no", "title": "Không"}],
    }
    lines = {
        "type": "array",
        "title": "Danh sách",
        "minItems": 1,
        "items": {
            "type": "object",
            "required": ["agree"],
            "properties": {
                "id": {"type": "string", "readOnly": True},
                "agree": {"type": "integer", "title": "Đồng ý", "minimum": 0, "x-bulk": True},
                "why": {**TEXT, "x-show-if": {"choice": ["no"]}},
            },
        },
    }
    reason = {**TEXT, "x-show-if": {"choice": "no"}, "x-required-if": {"choice": ["no"]}, "x-help": "…"}
    assert errors({"choice": choice, "reason": reason, "lines": lines}, required=["choice"]) == {}


def test_a_field_named_typename_is_refused() -> None:
    assert errors({"typename": TEXT}) == {
        "typename": "trường tên “typename” làm hỏng dữ liệu của hồ sơ khi lưu"
    }


@pytest.mark.parametrize("name", ["_getattr_", "a b", "a.b", "a__b", "lý_do"])
def test_a_field_that_cannot_be_a_variable_is_refused(name: str) -> None:
    assert errors({name: TEXT}) == {name: f"tên trường “{name}” không dùng được làm biến"}


@pytest.mark.parametrize(
    ("field", "message"),
    [
        ({"type": "object", "title": "A"}, "trường “f” có kiểu object không được hỗ trợ"),
        ({"type": "string"}, "trường “f” không có tiêu đề"),
        ({**TEXT, "format": "email"}, "định dạng “email” không được hỗ trợ"),
        ({**TEXT, "x-widget": "slider"}, "kiểu hiển thị “slider” không có"),
        ({**TEXT, "x-widget": "number"}, "kiểu hiển thị “number” không hợp với kiểu string"),
        ({**TEXT, "x-widget": "vote"}, "phiếu bầu không có lựa chọn"),
        ({**TEXT, "x-show": {}}, "từ khóa “x-show” không được hỗ trợ"),
        ({**TEXT, "oneOf": [{"const": "a"}]}, "mỗi lựa chọn phải có const và title"),
        ({**TEXT, "x-show-if": {"g": 1}}, "x-show-if nhắc tới trường “g” không có"),
        (
            {"type": "array", "title": "A", "items": {"type": "number"}},
            "danh sách “f” không nói mỗi mục là gì",
        ),
    ],
)
def test_what_the_form_would_ignore_is_refused(field: dict[str, Any], message: str) -> None:
    assert errors({"f": field}) == {"f": message}


def test_a_condition_on_a_readonly_field_or_a_foreign_choice_is_refused() -> None:
    fields = {"shown": {**TEXT, "readOnly": True}, "f": {**TEXT, "x-show-if": {"shown": "a"}}}
    assert errors(fields) == {"f": "x-show-if dựa vào trường chỉ đọc “shown” mà máy chủ không nhận lại"}
    fields = {"c": {**TEXT, "oneOf": [{"const": "a", "title": "A"}]}, "f": {**TEXT, "x-show-if": {"c": "b"}}}
    assert errors(fields) == {"f": "x-show-if so với “b” không phải một lựa chọn"}


def test_required_fields_must_exist_and_be_writable() -> None:
    assert errors({"a": TEXT}, required=["b"]) == {"b": "trường bắt buộc “b” không có"}
    assert errors({"a": {**TEXT, "readOnly": True}}, required=["a"]) == {
        "a": "trường chỉ đọc “a” không thể là bắt buộc"
    }


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"{", "tệp JSON sai: Expecting property name enclosed in double quotes: line 1 column 2 (char 1)"),
        (b"[]", "biểu mẫu phải là một đối tượng JSON"),
        (b'{"type": "object", "type": "object"}', "tệp JSON sai: tên “type” xuất hiện hai lần"),
        (b'{"type": "string"}', "biểu mẫu phải có type “object” và properties"),
        (
            b'{"$schema": "http://json-schema.org/draft-04/schema#", "type": "object", "properties": {}}',
            "biểu mẫu phải theo JSON Schema 2020-12",
        ),
    ],
)
def test_a_file_that_is_no_form_is_refused(content: bytes, message: str) -> None:
    found = [f for f in lint_files({"a/ask.form.json": content}, Known()) if f.level == "error"]
    assert [f.message for f in found] == [message]


def test_a_form_that_no_step_uses_is_a_warning() -> None:
    schema = {"title": "T", "type": "object", "properties": {}}
    [found] = lint_files({"a/ask.form.json": json.dumps(schema).encode()}, Known())
    assert (found.level, found.message) == ("warning", "không bước nào dùng biểu mẫu này")
