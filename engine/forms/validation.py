"""Whether data satisfies a form; every message in Vietnamese, with the field's own title."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import date
from functools import lru_cache
from typing import Any

from jsonschema import Draft202012Validator, FormatChecker
from jsonschema.exceptions import ValidationError

from engine.errors import N_, FieldError
from engine.forms.schema import (
    Options,
    Schema,
    as_text,
    clean,
    given_choices,
    is_fixed,
    is_lines,
    is_required,
    properties,
)

FORMATS = FormatChecker(formats=())

MESSAGES = {
    "required": N_("%(title)s: vui lòng nhập mục này."),
    "choose": N_("%(title)s: vui lòng chọn một mục."),
    "type": N_("%(title)s: giá trị không đúng kiểu."),
    "integer": N_("%(title)s: vui lòng nhập một số nguyên, ví dụ 12 hoặc 1.250.000."),
    "number": N_("%(title)s: vui lòng nhập một số, ví dụ 12,5."),
    "date": N_("%(title)s: ngày không hợp lệ; nhập ngày/tháng/năm, ví dụ 05/12/2022."),
    "time": N_("%(title)s: giờ không hợp lệ; nhập giờ:phút, ví dụ 07:30."),
    "minimum": N_("%(title)s: giá trị phải từ %(limit)s trở lên."),
    "maximum": N_("%(title)s: giá trị không được quá %(limit)s."),
    "exclusiveMinimum": N_("%(title)s: giá trị phải lớn hơn %(limit)s."),
    "exclusiveMaximum": N_("%(title)s: giá trị phải nhỏ hơn %(limit)s."),
    "multipleOf": N_("%(title)s: giá trị phải là bội số của %(limit)s."),
    "minLength": N_("%(title)s: cần ít nhất %(limit)s ký tự."),
    "maxLength": N_("%(title)s: không quá %(limit)s ký tự."),
    "pattern": N_("%(title)s: không đúng định dạng."),
    "oneOf": N_("%(title)s: vui lòng chọn một mục trong danh sách."),
    "minItems": N_("%(title)s: cần ít nhất %(limit)s mục."),
    "maxItems": N_("%(title)s: không quá %(limit)s mục."),
    "uniqueItems": N_("%(title)s: các mục không được trùng nhau."),
    "const": N_("%(title)s: cần đánh dấu mục này."),
    "twice": N_("%(title)s: một dòng xuất hiện hai lần."),
}


@FORMATS.checks("date", raises=ValueError)
def _is_date(value: object) -> bool:
    # fromisoformat also reads 20221205; a form holds the one way that sorts
    return not isinstance(value, str) or (
        re.fullmatch(r"\d{4}-\d\d-\d\d", value) is not None and bool(date.fromisoformat(value))
    )


@FORMATS.checks("time")
def _is_time(value: object) -> bool:
    return not isinstance(value, str) or re.fullmatch(r"([01]\d|2[0-3]):[0-5]\d", value) is not None


def validate(schema: Schema, data: Mapping[str, Any], options: Options | None = None) -> list[FieldError]:
    """Return at most one error a field, in the order of the form; [] when the data may be taken.

    Unknown, read-only and hidden values are not looked at (`clean`). With `options` a value must be one the
    prefill offered. Row numbers are those after wholly empty rows of a free list were dropped, as `parse` and
    `clean` return them.
    """
    if not schema.get("properties"):
        return []
    kept = clean(schema, data)
    errors: dict[str, FieldError] = {}
    for path, keyword, limit, field in _problems(schema, kept, options):
        key = ".".join(str(part) for part in path)
        if key not in errors:
            shown = {"title": field.get("title", path[-1]), "limit": _shown(limit)}
            errors[key] = FieldError(key, MESSAGES[keyword] % shown)
    order = {name: index for index, name in enumerate(properties(schema))}
    return sorted(errors.values(), key=lambda e: _place(e.path, order))


def _place(path: str, order: Mapping[str, int]) -> tuple[int, int]:
    parts = path.split(".")
    return order.get(parts[0], len(order)), int(parts[1]) if len(parts) > 1 and parts[1].isdigit() else -1


Problem = tuple[list[str | int], str, object, Schema]


def _problems(schema: Schema, data: Mapping[str, Any], options: Options | None) -> list[Problem]:
    found = [*_missing(schema, data, data, []), *_not_offered(schema, data, options)]
    validator = _validator(json.dumps(schema, sort_keys=True, ensure_ascii=False))
    for error in validator.iter_errors(dict(data)):
        path = list(error.absolute_path)
        field = _field(schema, path)
        if path and field is not None:
            found.append((path, _keyword(error, field), error.validator_value, field))
    return found


@lru_cache(maxsize=256)
def _validator(text: str) -> Draft202012Validator:
    """Presence is ours (conditions decide it), so `required` is taken out."""
    return Draft202012Validator(_without_required(json.loads(text)), format_checker=FORMATS)


def _without_required(schema: Any) -> Any:
    if isinstance(schema, dict):
        drop = ("required",) if isinstance(schema.get("properties"), dict) else ()
        return {key: _without_required(value) for key, value in schema.items() if key not in drop}
    return [_without_required(item) for item in schema] if isinstance(schema, list) else schema


def _missing(
    schema: Schema, row: Mapping[str, Any], top: Mapping[str, Any], path: list[str | int]
) -> list[Problem]:
    found: list[Problem] = []
    for name, field in properties(schema).items():
        here: list[str | int] = [*path, name]
        if row.get(name) is None and is_required(schema, name, row, top):
            choice = "oneOf" in field or "enum" in field or "x-options-from" in field
            found.append((here, "choose" if choice else "required", None, field))
        elif is_lines(field) and isinstance(row.get(name), list):
            found.extend(_missing_in_rows(field, row[name], top, here))
    return found


def _missing_in_rows(
    field: Schema, rows: list[Any], top: Mapping[str, Any], path: list[str | int]
) -> list[Problem]:
    found: list[Problem] = []
    for number, row in enumerate(rows):
        if isinstance(row, Mapping):
            found.extend(_missing(field["items"], row, top, [*path, number]))
    ids = [row.get("id") for row in rows if isinstance(row, Mapping)]
    if is_fixed(field) and len(set(map(str, ids))) != len(rows):
        found.append((path, "twice", None, field))
    return found


def _not_offered(schema: Schema, data: Mapping[str, Any], options: Options | None) -> list[Problem]:
    found: list[Problem] = []
    for name, field in properties(schema).items():
        if is_lines(field):
            rows = data.get(name)
            for number, row in enumerate(rows if isinstance(rows, list) else []):
                if isinstance(row, Mapping):
                    for column, part in properties(field["items"]).items():
                        if not _offered(part, f"{name}.{column}", row.get(column), options):
                            found.append(([name, number, column], "oneOf", None, part))
        elif not _offered(field, name, data.get(name), options):
            found.append(([name], "oneOf", None, field))
    return found


def _offered(field: Schema, path: str, value: object, options: Options | None) -> bool:
    choices = given_choices(field, path, options)
    if choices is None or value is None:
        return True
    offered = {choice for choice, _ in choices}
    return all(as_text(one) in offered for one in (value if isinstance(value, list) else [value]))


def _field(schema: Schema, path: list[str | int]) -> Schema | None:
    field: Any = schema
    for part in path:
        field = field.get("items") if isinstance(part, int) else properties(field).get(part)
        if field is None:
            return None
    return field if isinstance(field, Mapping) else None


def _keyword(error: ValidationError, field: Schema) -> str:
    keyword = str(error.validator)
    if keyword == "type":
        return str(field.get("type")) if field.get("type") in ("integer", "number") else "type"
    if keyword == "format":
        return str(error.validator_value)
    if keyword == "enum":
        return "oneOf"
    return keyword if keyword in MESSAGES else "type"


def _shown(limit: object) -> str:
    """Return a limit with Vietnamese digits: 1.250.000 and 0,5."""
    if isinstance(limit, bool) or not isinstance(limit, int | float):
        return str(limit)
    return f"{limit:,}".replace(",", " ").replace(".", ",").replace(" ", ".")
