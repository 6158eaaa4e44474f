"""A form of SpiffArena (JSON Schema and UI schema of react-jsonschema-form) in the words of engine.forms.

What ours has no word for is an error with the field's name: dropping it would take what should be refused.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from engine.errors import N_
from engine.lint.finding import Report

Schema = dict[str, Any]
_DIALECT = "https://json-schema.org/draft/2020-12/schema"
_KEPT_TOP = frozenset({"title", "description", "type", "properties", "required"})
_SILENT = frozenset({"$schema", "$id", "$comment", "id", "examples"})
_KEPT = frozenset(
    {
        "title", "type", "items", "oneOf", "enum", "const", "minimum", "maximum", "exclusiveMinimum",
        "exclusiveMaximum", "multipleOf", "minLength", "maxLength", "pattern", "minItems", "maxItems",
        "uniqueItems", "default", "readOnly", "x-widget", "x-help",
    }
)  # fmt: skip
_WIDGETS = {
    "text": "text", "textarea": "textarea", "radio": "radio", "select": "select", "checkbox": "checkbox",
    "checkboxes": "checkboxes", "date": "date", "time": "time", "hidden": "hidden", "updown": "number",
    "file": "file",
}  # fmt: skip
_SAME_UI = {
    "ui:help": "x-help",
    "ui:description": "x-help",
    "ui:placeholder": "x-placeholder",
    "ui:title": "title",
}
_LOOKS = frozenset(
    {"ui:autofocus", "ui:options", "ui:classNames", "ui:style", "ui:submitButtonOptions", "ui:layout"}
)
"""What only changes how the page looks."""
_EMAIL = r"^[^@\s]+@[^@\s]+\.[^@\s]+$"


def convert_form(schema: bytes, ui: bytes | None, report: Report, ui_report: Report) -> Schema | None:
    """Return the form as ours, None when it cannot be read at all; every part that is lost is reported."""
    read, looks = _read(schema, report), _read(ui, ui_report) if ui is not None else {}
    if read is None or looks is None:
        return None
    made: Schema = {"$schema": _DIALECT, "title": str(read.get("title") or ""), "type": "object"}
    if read.get("description"):
        made["description"] = str(read["description"])
    if not isinstance(read.get("properties"), dict) or read.get("type", "object") != "object":
        report.error("", N_("biểu mẫu không phải một nhóm trường"), N_("soạn lại biểu mẫu với properties"))
        return None
    extra = set(read) - _KEPT_TOP - _SILENT - {"additionalProperties"}
    for keyword in sorted(extra):
        _lost(report, "", keyword)
    made["properties"] = _fields(read, looks, "", report, ui_report)
    made["required"] = _required(read, made["properties"])
    return made


def empty_form(title: str, description: str) -> Schema:
    """Return the form of a step that is only read and confirmed."""
    told = {"description": description} if description else {}
    return {"$schema": _DIALECT, "title": title, **told, "type": "object", "properties": {}}


def _read(content: bytes, report: Report) -> Schema | None:
    try:
        found = json.loads(content.decode("utf-8-sig"))
    except (UnicodeDecodeError, ValueError, RecursionError) as error:
        report.error("", N_("tệp JSON sai: %s") % error, N_("sửa lại tệp"))
        return None
    if not isinstance(found, dict):
        report.error("", N_("tệp không phải một đối tượng JSON"), N_("sửa lại tệp"))
        return None
    return found


def _lost(report: Report, path: str, keyword: str) -> None:
    report.error(
        path,
        N_("từ khóa “%s” của biểu mẫu SpiffArena không có trong biểu mẫu ở đây") % keyword,
        N_("bỏ từ khóa này, hoặc kiểm tra điều kiện đó ở một bước sau"),
    )


def _fields(
    schema: Mapping[str, Any], looks: Mapping[str, Any], prefix: str, report: Report, ui_report: Report
) -> dict[str, Schema]:
    properties: dict[str, Any] = schema["properties"]
    for name in looks:
        if name not in properties and not name.startswith("ui:") and name:
            ui_report.warning(prefix + name, N_("không có trường nào tên như vậy"), N_("bỏ mục này"))
    _form_looks(looks, prefix, ui_report)
    made = {}
    for name in _order(list(properties), looks.get("ui:order")):
        field = properties[name]
        if not isinstance(field, dict):
            report.error(prefix + name, N_("trường không được mô tả"), N_("ghi kiểu và tiêu đề của trường"))
            continue
        own = looks.get(name)
        made[name] = _field(
            name, field, own if isinstance(own, dict) else {}, prefix + name, report, ui_report
        )
    return made


def _order(names: list[str], wanted: object) -> list[str]:
    """The fields in the order of the UI schema; "*" stands for all it does not name."""
    if not isinstance(wanted, list):
        return names
    first = [name for name in wanted if name in names or name == "*"]
    rest = [name for name in names if name not in first]
    if "*" not in first:
        return [*first, *rest]
    at = first.index("*")
    return [*first[:at], *rest, *first[at + 1 :]]


def _form_looks(looks: Mapping[str, Any], prefix: str, report: Report) -> None:
    for key in sorted(looks):
        if key.startswith("ui:") and key not in {"ui:order", *_LOOKS} and not prefix:
            report.error(
                key, N_("mục “%s” của giao diện không dùng được") % key, N_("bỏ mục này rồi xem lại biểu mẫu")
            )


def _field(name: str, field: Schema, looks: Schema, path: str, report: Report, ui_report: Report) -> Schema:
    made = {key: value for key, value in field.items() if key in _KEPT}
    made["type"] = _type(field, path, report)
    made["title"] = str(field.get("title") or name)  # as react-jsonschema-form shows it
    if field.get("description"):
        made.setdefault("x-help", str(field["description"]))
    _format(field, made, path, report)
    _choices(field, looks, made, path, report)
    _apply_looks(looks, made, path, ui_report)
    if made["type"] == "array":
        _items(field, looks, made, path, report, ui_report)
    known = _KEPT | _SILENT | {"description", "format", "anyOf", "enumNames", "additionalProperties"}
    if field.get("type") == "object":
        known |= {"properties", "required"}
    for keyword in sorted(set(field) - known):
        _lost(report, path, keyword)
    return made


def _type(field: Mapping[str, Any], path: str, report: Report) -> str:
    kind = field.get("type", "string" if "enum" in field or "anyOf" in field else None)
    if kind == "object":
        report.error(
            path,
            N_("nhóm trường lồng nhau (object) không có trong biểu mẫu ở đây"),
            N_("đưa các trường của nhóm ra ngoài, sửa kịch bản dùng tới chúng"),
        )
    elif kind not in ("string", "integer", "number", "boolean", "array"):
        report.error(
            path,
            N_("kiểu %s không dùng được") % json.dumps(kind),
            N_("dùng string, integer, number, boolean hoặc array"),
        )
    return kind if isinstance(kind, str) else "string"


def _format(field: Mapping[str, Any], made: Schema, path: str, report: Report) -> None:
    wanted = field.get("format")
    if wanted in ("date", "time"):
        made["format"] = wanted
    elif wanted == "email":
        made.setdefault("pattern", _EMAIL)
    elif wanted in ("data-url", "file"):
        made["x-widget"] = "file"
        report.warning(
            path,
            N_("tệp tải lên được lưu trong kho tệp; dữ liệu của quy trình chỉ có mã tệp, không có nội dung"),
            N_("kịch bản đọc nội dung tệp phải bỏ"),
        )
    elif wanted is not None:
        report.error(
            path,
            N_("định dạng “%s” không kiểm tra được") % wanted,
            N_("dùng date, time, hoặc một pattern"),
        )


def _choices(
    field: Mapping[str, Any], looks: Mapping[str, Any], made: Schema, path: str, report: Report
) -> None:
    values, options = field.get("enum"), field.get("anyOf")
    names = field.get("enumNames", looks.get("ui:enumNames"))
    if "options_from_task_data_var" in json.dumps([values, options]):
        report.error(
            path,
            N_("danh sách chọn lấy từ dữ liệu quy trình (options_from_task_data_var) không dùng được"),
            N_("ghi các lựa chọn vào biểu mẫu"),
        )
    elif options is not None:
        _any_of(options, made, path, report)
    elif isinstance(values, list) and isinstance(names, list) and len(values) == len(names):
        made.pop("enum", None)
        made["oneOf"] = [
            {"const": one, "title": str(title)} for one, title in zip(values, names, strict=True)
        ]


def _any_of(options: object, made: Schema, path: str, report: Report) -> None:
    """Choices as older forms write them: each a constant, or a list of one, with its title."""
    parts = options if isinstance(options, list) else [None]
    values = [
        one.get("const", next(iter(one.get("enum", [])), None)) if isinstance(one, dict) else None
        for one in parts
    ]
    if None in values:
        _lost(report, path, "anyOf")
        return
    made["oneOf"] = [
        {"const": value, "title": str(one.get("title", value))}
        for value, one in zip(values, parts, strict=True)
    ]


def _apply_looks(looks: Mapping[str, Any], made: Schema, path: str, report: Report) -> None:
    options = looks.get("ui:options")
    given = {f"ui:{key}": value for key, value in options.items()} if isinstance(options, dict) else {}
    for key, value in {**given, **looks}.items():
        if key in _SAME_UI:
            made[_SAME_UI[key]] = str(value)
        elif key in ("ui:readonly", "ui:disabled"):
            made["readOnly"] = bool(value) or bool(made.get("readOnly"))
        elif key == "ui:widget":
            _widget(value, made, path, report)
        elif key == "ui:field":
            report.error(path, N_("trường tự viết “%s” không có") % value, N_("dùng một trường thường"))
        elif key.startswith("ui:") and key not in _LOOKS | {"ui:order", "ui:enumNames"} and key not in given:
            report.error(
                path,
                N_("mục “%s” của giao diện không dùng được") % key,
                N_("bỏ mục này rồi xem lại biểu mẫu"),
            )


def _widget(value: object, made: Schema, path: str, report: Report) -> None:
    widget = _WIDGETS.get(str(value))
    if widget is None:
        report.error(
            path,
            N_("kiểu hiển thị “%s” không có ở đây") % value,
            N_("dùng một trong: %s") % ", ".join(sorted(_WIDGETS)),
        )
    elif not (made["type"] == "boolean" and widget in ("radio", "select")):
        made["x-widget"] = widget


def _items(
    field: Mapping[str, Any], looks: Mapping[str, Any], made: Schema, path: str, report: Report, ui: Report
) -> None:
    items = field.get("items")
    inner = looks.get("items")
    if not isinstance(items, dict):
        return  # the lint says so
    if items.get("type") == "object" and isinstance(items.get("properties"), dict):
        shown = inner if isinstance(inner, dict) else {}
        columns = _fields(items, shown, f"{path}.", report, ui)
        made["items"] = {"type": "object", "properties": columns, "required": _required(items, columns)}
    else:
        cell = _field("items", items, inner if isinstance(inner, dict) else {}, path, report, ui)
        made["items"] = {key: value for key, value in cell.items() if key in ("type", "oneOf", "enum")}


def _required(schema: Mapping[str, Any], made: Mapping[str, Schema]) -> list[str]:
    """The required fields that can be filled in."""
    return [name for name in schema.get("required", []) if name not in made or not made[name].get("readOnly")]
