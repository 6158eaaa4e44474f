"""What a form's schema may say, and the two questions everything asks of it: shown? required?

Keywords of our own: x-widget, x-en, x-help, x-placeholder (of a list: what stands for an empty one),
x-section, x-accept, x-bulk (a column that may be set for all rows), x-show-if and x-required-if ({field: value
or list of values}; all must hold, the row's own field before the form's), x-options-from (a key of the
prefill's `$options`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

Schema = Mapping[str, Any]
Options = Mapping[str, Sequence[Sequence[str]]]

WIDGETS = frozenset(
    {
        "text", "textarea", "radio", "select", "date", "time", "number", "checkbox", "checkboxes", "file",
        "lines", "vote", "readonly", "hidden",
    }
)  # fmt: skip
TYPES = frozenset({"string", "integer", "number", "boolean", "array"})
FORMATS = frozenset({"date", "time"})
ROW_ID = "id"
EMPTY: tuple[object, ...] = (None, "", [], {})


def properties(schema: Schema) -> Mapping[str, Schema]:
    """Return the fields of a form or of a row, in their order."""
    found: Mapping[str, Schema] = schema.get("properties", {})
    return found


def is_lines(field: Schema) -> bool:
    """Return whether the field is a list of rows."""
    return field.get("type") == "array" and field.get("items", {}).get("type") == "object"


def is_fixed(field: Schema) -> bool:
    """Return whether the rows are given (they have an id) and none may be added."""
    return ROW_ID in properties(field.get("items", {}))


def is_readonly(field: Schema) -> bool:
    """Return whether a field is shown and never taken from what was sent."""
    return bool(field.get("readOnly")) or field.get("x-widget") == "readonly"


def holds(condition: Mapping[str, Any] | None, row: Mapping[str, Any], top: Mapping[str, Any]) -> bool:
    """Return whether every field of the condition has (one of) its values; an absent condition holds."""
    if not condition:
        return True
    for name, wanted in condition.items():
        value = row[name] if name in row else top.get(name)
        if value not in (wanted if isinstance(wanted, list) else [wanted]):
            return False
    return True


def is_shown(field: Schema, row: Mapping[str, Any], top: Mapping[str, Any]) -> bool:
    """Return whether the field is on the page for these values."""
    return holds(field.get("x-show-if"), row, top)


def is_required(schema: Schema, name: str, row: Mapping[str, Any], top: Mapping[str, Any]) -> bool:
    """Return whether a field must be filled in for these values."""
    field = properties(schema)[name]
    if is_readonly(field) or not is_shown(field, row, top):
        return False
    if "x-required-if" in field:
        return holds(field["x-required-if"], row, top)
    return name in schema.get("required", ())


def static_choices(field: Schema, lang: str = "vi") -> list[tuple[str, str]]:
    """Return the (value, label) pairs the schema itself gives."""
    source = field.get("items", {}) if field.get("type") == "array" else field
    if "oneOf" in source:
        return [
            (as_text(one["const"]), str((lang == "en" and one.get("x-en")) or one.get("title", one["const"])))
            for one in source["oneOf"]
        ]
    return [(as_text(value), as_text(value)) for value in source.get("enum", ())]


def given_choices(field: Schema, path: str, options: Options | None) -> list[tuple[str, str]] | None:
    """Return the pairs the prefill gives for a field (`path` has no row numbers); None: it gives none."""
    key = field.get("x-options-from", path)
    if options is None or key not in options:
        return None
    return [(str(value), str(label)) for value, label in options[key]]


def as_text(value: object) -> str:
    """Return a schema's constant as it stands in a form's HTML."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


def clean(schema: Schema, data: Mapping[str, Any]) -> dict[str, Any]:
    """Return the data without unknown, read-only, hidden and empty values; wrong values stay.

    A row keeps its `id`, which says whose row it is. Wholly empty rows of a free list are dropped.
    """
    return _clean(schema, data, data)


def _clean(schema: Schema, row: Mapping[str, Any], top: Mapping[str, Any]) -> dict[str, Any]:
    kept: dict[str, Any] = {}
    seen = dict(row)
    for name, field in properties(schema).items():
        if name not in row or (is_readonly(field) and name != ROW_ID):
            continue
        if not is_shown(field, seen, top):
            seen[name] = None  # what depends on a hidden field is hidden too
            continue
        value = row[name]
        if is_lines(field) and isinstance(value, list):
            value = _clean_rows(field, value, seen)
        if value not in EMPTY or (value == [] and "minItems" in field):
            kept[name] = value
    return kept


def _clean_rows(field: Schema, rows: list[Any], top: Mapping[str, Any]) -> list[Any]:
    items = field["items"]
    cleaned = [_clean(items, row, top) if isinstance(row, Mapping) else row for row in rows]
    return cleaned if is_fixed(field) else [row for row in cleaned if row not in EMPTY and _filled(row)]


def _filled(row: Any) -> bool:
    """Unticked boxes alone do not make a row."""
    return not isinstance(row, Mapping) or any(value is not False for value in row.values())
