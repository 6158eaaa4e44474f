"""Form schemas: only what engine.forms understands, so that nothing in a form is silently without effect."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from jsonschema import Draft202012Validator
from jsonschema.exceptions import SchemaError

from engine.errors import N_
from engine.forms.schema import FORMATS, ROW_ID, TYPES, WIDGETS, is_lines, is_readonly
from engine.lint.finding import Report

_SMALL = 100_000
_DIALECT = "https://json-schema.org/draft/2020-12/schema"
_NAME = re.compile(r"^[A-Za-z][A-Za-z0-9_]*$")
_TOP = frozenset(
    {"$schema", "$id", "$comment", "title", "x-en", "description", "type", "properties", "required"}
)
_FIELD = frozenset(
    {
        "$comment", "title", "description", "type", "items", "oneOf", "enum", "const", "format", "minimum",
        "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf", "minLength", "maxLength", "pattern",
        "minItems", "maxItems", "uniqueItems", "default", "readOnly", "x-widget", "x-en", "x-help",
        "x-placeholder", "x-section", "x-accept", "x-bulk", "x-show-if", "x-required-if", "x-options-from",
    }
)  # fmt: skip
_ITEMS = frozenset({"type", "properties", "required", "$comment", "title"})
_CHOICES = frozenset({"type", "oneOf", "enum"})
_WIDGET_TYPES = {
    "checkbox": {"boolean"}, "checkboxes": {"array"}, "lines": {"array"}, "number": {"integer", "number"},
    "date": {"string"}, "time": {"string"}, "file": {"string"}, "vote": {"string"}, "textarea": {"string"},
}  # fmt: skip


def check_form(content: bytes, report: Report) -> None:
    """Report what is wrong in a .form.json file, naming the field."""
    schema = _load(content, report)
    if schema is None:
        return
    if schema.get("type") != "object" or not isinstance(schema.get("properties"), dict):
        report.error(
            "", N_("biểu mẫu phải có type “object” và properties"), N_("xem một biểu mẫu mẫu rồi sửa lại")
        )
        return
    if not schema.get("title"):
        report.warning("", N_("biểu mẫu không có tiêu đề"), N_("ghi title bằng tiếng Việt"))
    for keyword in sorted(set(schema) - _TOP):
        report.error("", N_("từ khóa “%s” không được hỗ trợ") % keyword, N_("xóa từ khóa này"))
    _check_fields(schema, {}, "", report)


def _load(content: bytes, report: Report) -> dict[str, Any] | None:
    try:
        schema = json.loads(content.decode("utf-8"), object_pairs_hook=_no_doubles)
    except (UnicodeDecodeError, ValueError, RecursionError) as error:
        report.error("", N_("tệp JSON sai: %s") % error, N_("sửa lại tệp bằng trình soạn biểu mẫu"))
        return None
    if not isinstance(schema, dict):
        report.error("", N_("biểu mẫu phải là một đối tượng JSON"), N_("xem một biểu mẫu mẫu rồi sửa lại"))
        return None
    if schema.get("$schema", _DIALECT).rstrip("#") != _DIALECT:
        report.error("", N_("biểu mẫu phải theo JSON Schema 2020-12"), N_("ghi $schema là %s") % _DIALECT)
        return None
    wrong = _wrong_schema(content) if len(content) <= _SMALL else _wrong_schema.__wrapped__(content)
    if wrong is not None:
        report.error(wrong[0], N_("JSON Schema sai: %s") % wrong[1], N_("sửa lại mục này"))
        return None
    return schema


@lru_cache(maxsize=200)
def _wrong_schema(content: bytes) -> tuple[str, str] | None:
    """Where a form is no JSON Schema and why; remembered, because it is most of the time of a lint."""
    try:
        Draft202012Validator.check_schema(json.loads(content))
    except SchemaError as error:
        return ".".join(str(part) for part in error.absolute_path), error.message
    return None


def _no_doubles(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made: dict[str, Any] = {}
    for key, value in pairs:
        if key in made:
            raise ValueError(N_("tên “%s” xuất hiện hai lần") % key)
        made[key] = value
    return made


def _check_fields(schema: Mapping[str, Any], top: Mapping[str, Any], prefix: str, report: Report) -> None:
    properties = schema["properties"]
    for name, field in properties.items():
        path = prefix + name
        if not isinstance(field, dict):
            report.error(
                path, N_("trường “%s” không được mô tả") % path, N_("ghi kiểu và tiêu đề của trường")
            )
            continue
        _check_name(name, path, report)
        _check_field(name, field, path, prefix, report)
        for keyword in ("x-show-if", "x-required-if"):
            if keyword in field:
                _check_condition(keyword, field[keyword], properties, top, path, report)
        if is_lines(field) and isinstance(field["items"].get("properties"), dict):
            _check_fields(field["items"], {**top, **properties}, f"{path}.", report)
    for name in schema.get("required", []):
        if name not in properties:
            report.error(
                prefix + name, N_("trường bắt buộc “%s” không có") % name, N_("thêm trường hoặc bỏ bắt buộc")
            )
        elif is_readonly(properties[name]):
            report.error(
                prefix + name, N_("trường chỉ đọc “%s” không thể là bắt buộc") % name, N_("bỏ khỏi required")
            )


def _check_name(name: str, path: str, report: Report) -> None:
    if name == "typename":
        report.error(
            path,
            N_("trường tên “typename” làm hỏng dữ liệu của hồ sơ khi lưu"),
            N_("đổi tên, ví dụ “type_name”"),
        )
    elif not _NAME.match(name) or "__" in name:
        report.error(
            path,
            N_("tên trường “%s” không dùng được làm biến") % name,
            N_("chỉ dùng chữ không dấu, số và “_”"),
        )


def _check_field(name: str, field: Mapping[str, Any], path: str, prefix: str, report: Report) -> None:
    for keyword in sorted(set(field) - _FIELD):
        report.error(path, N_("từ khóa “%s” không được hỗ trợ") % keyword, N_("xóa từ khóa này"))
    kind = field.get("type")
    if kind not in TYPES:
        report.error(
            path,
            N_("trường “%s” có kiểu %s không được hỗ trợ") % (path, kind),
            N_("dùng string, integer, number, boolean hoặc array"),
        )
        return
    if not field.get("title") and not (prefix and name == ROW_ID):
        report.error(path, N_("trường “%s” không có tiêu đề") % path, N_("ghi title bằng tiếng Việt"))
    if field.get("format") is not None and field["format"] not in FORMATS:
        report.error(
            path, N_("định dạng “%s” không được hỗ trợ") % field["format"], N_("dùng date hoặc time")
        )
    _check_widget(field, str(kind), path, report)
    if kind == "array":
        _check_array(field, path, bool(prefix), report)
    for one in field.get("oneOf", []):
        if not isinstance(one, dict) or "const" not in one or "title" not in one:
            report.error(path, N_("mỗi lựa chọn phải có const và title"), N_("ghi đủ const và title"))


def _check_widget(field: Mapping[str, Any], kind: str, path: str, report: Report) -> None:
    widget = field.get("x-widget")
    if widget is None:
        return
    if widget not in WIDGETS:
        report.error(
            path,
            N_("kiểu hiển thị “%s” không có") % widget,
            N_("dùng một trong: %s") % ", ".join(sorted(WIDGETS)),
        )
    elif kind not in _WIDGET_TYPES.get(widget, TYPES):
        report.error(
            path,
            N_("kiểu hiển thị “%s” không hợp với kiểu %s") % (widget, kind),
            N_("đổi x-widget hoặc type"),
        )
    elif widget == "vote" and not field.get("oneOf"):
        report.error(path, N_("phiếu bầu không có lựa chọn"), N_("ghi các lựa chọn trong oneOf"))


def _check_array(field: Mapping[str, Any], path: str, nested: bool, report: Report) -> None:
    items = field.get("items")
    if not isinstance(items, dict) or items.get("type") not in ("object", "string"):
        report.error(
            path, N_("danh sách “%s” không nói mỗi mục là gì") % path, N_("ghi items kiểu object hoặc string")
        )
        return
    if items["type"] == "object":
        if nested:
            report.error(
                path, N_("danh sách trong danh sách không được hỗ trợ"), N_("tách thành một biểu mẫu riêng")
            )
        if not isinstance(items.get("properties"), dict) or not items["properties"]:
            report.error(
                path, N_("danh sách “%s” không có cột nào") % path, N_("ghi các cột trong items.properties")
            )
        extra = set(items) - _ITEMS
    else:
        extra = set(items) - _CHOICES
    for keyword in sorted(extra):
        report.error(path, N_("từ khóa “items.%s” không được hỗ trợ") % keyword, N_("xóa từ khóa này"))


def _check_condition(
    keyword: str,
    condition: object,
    row: Mapping[str, Any],
    top: Mapping[str, Any],
    path: str,
    report: Report,
) -> None:
    if not isinstance(condition, dict) or not condition:
        report.error(
            path, N_("%s phải có dạng {trường: giá trị}") % keyword, N_('ví dụ {"choice": ["return"]}')
        )
        return
    for name, wanted in condition.items():
        field = row.get(name, top.get(name))
        if not isinstance(field, dict):
            report.error(
                path, N_("%s nhắc tới trường “%s” không có") % (keyword, name), N_("sửa lại tên trường")
            )
        elif is_readonly(field):
            report.error(
                path,
                N_("%s dựa vào trường chỉ đọc “%s” mà máy chủ không nhận lại") % (keyword, name),
                N_("dùng một trường được nhập"),
            )
        else:
            _check_condition_values(keyword, field, wanted, path, report)


def _check_condition_values(
    keyword: str, field: Mapping[str, Any], wanted: object, path: str, report: Report
) -> None:
    choices = [one["const"] for one in field.get("oneOf", []) if isinstance(one, dict) and "const" in one]
    choices += field.get("enum", [])
    for value in wanted if isinstance(wanted, list) else [wanted]:
        if choices and value not in choices:
            report.error(
                path, N_("%s so với “%s” không phải một lựa chọn") % (keyword, value), N_("sửa lại giá trị")
            )


def step_of(path: str) -> str | None:
    """Return the step whose form a file is, None when it is no form."""
    name = path.rsplit("/", 1)[-1]
    return name.removesuffix(".form.json") if name.endswith(".form.json") else None
