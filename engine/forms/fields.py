"""The tree a page draws: typed fields with value, options, error and HTML constraints."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from engine.errors import N_, FieldError
from engine.forms.schema import (
    ROW_ID,
    Options,
    Schema,
    given_choices,
    is_fixed,
    is_lines,
    is_readonly,
    properties,
    static_choices,
)

BLANK = "#"
_FEW = 4
_LONG = 300
_CONSTRAINTS = (
    ("minimum", "min"), ("maximum", "max"), ("minLength", "minlength"), ("maxLength", "maxlength"),
    ("pattern", "pattern"), ("x-accept", "accept"),
)  # fmt: skip


@dataclass
class Row:
    """One row of a list: its id, its place, the columns to show and those to post unseen."""

    id: str
    index: str
    fields: list[Field]
    hidden: list[Field]
    error: str | None = None


@dataclass
class Field:
    """One field. `path` is its name in the post, `value` is typed, `text` is as a person reads it."""

    name: str
    path: str
    id: str
    title: str
    help: str
    widget: str
    value: Any
    text: str
    options: list[tuple[str, str]]
    required: bool
    readonly: bool
    error: str | None
    placeholder: str = ""
    section: str = ""
    accept: str = ""
    show_if: str = ""
    required_if: str = ""
    bulk: bool = False
    attrs: dict[str, str] = field(default_factory=dict)
    rows: list[Row] = field(default_factory=list)
    columns: list[Field] = field(default_factory=list)
    addable: bool = False
    blank: Row | None = None


@dataclass(frozen=True)
class _Page:
    errors: Mapping[str, str]
    options: Options | None
    lang: str


def fields(
    schema: Schema,
    data: Mapping[str, Any],
    errors: Sequence[FieldError] = (),
    options: Options | None = None,
    lang: str = "vi",
) -> list[Field]:
    """Return the form's fields in order, filled with data (see `merge`); lang "en" takes x-en titles."""
    page = _Page({error.path: error.message for error in errors}, options, lang)
    required = schema.get("required", ())
    return [
        _field(page, name, part, data.get(name, part.get("default")), name, name, name in required)
        for name, part in properties(schema).items()
    ]


def merge(schema: Schema, initial: Mapping[str, Any], data: Mapping[str, Any]) -> dict[str, Any]:
    """Return the prefill with what was typed laid over it; rows meet by `id`, read-only values stay."""
    merged = dict(initial)
    for name, part in properties(schema).items():
        if is_readonly(part) or name not in data:
            continue
        value = data[name]
        if is_lines(part) and is_fixed(part) and isinstance(value, list):
            value = _merge_rows(part["items"], initial.get(name) or [], value)
        merged[name] = value
    return merged


def _merge_rows(items: Schema, initial: Sequence[Any], typed: Sequence[Any]) -> list[dict[str, Any]]:
    given = {str(row.get(ROW_ID)): row for row in typed if isinstance(row, Mapping)}
    if not initial:
        return [dict(row) for row in given.values()]
    return [merge(items, row, given.get(str(row.get(ROW_ID)), {})) for row in initial]


def _field(
    page: _Page,
    name: str,
    part: Schema,
    value: Any,
    path: str,
    key: str,
    required: bool,
    column: bool = False,
) -> Field:
    """`key` is the path without row numbers: it finds the prefill's options."""
    widget = widget_of(part, name, column)
    given = given_choices(part, key, page.options)
    choices = static_choices(part, page.lang) if given is None else given
    if given is not None and "x-widget" not in part and widget == "text":
        widget = "select"
    made = Field(
        name=name,
        path=path,
        id="f-" + path.replace(".", "-"),
        title=_title(part, name, page.lang),
        help=str(part.get("x-help", part.get("description", ""))),
        widget=widget,
        value=value,
        text=text_of(part, value, choices),
        options=choices,
        # a condition may lift it: the browser must not insist
        required=required and not is_readonly(part) and "x-required-if" not in part,
        readonly=is_readonly(part),
        error=page.errors.get(path),
        placeholder=str(part.get("x-placeholder", "")),
        section=str(part.get("x-section", "")),
        accept=str(part.get("x-accept", "")),
        show_if=_condition(part.get("x-show-if")),
        required_if=_condition(part.get("x-required-if")),
        bulk=bool(part.get("x-bulk")),
        attrs=_attributes(part, widget),
    )
    if is_lines(part):
        _add_rows(page, made, part, value if isinstance(value, list) else [])
    return made


def _add_rows(page: _Page, made: Field, part: Schema, values: Sequence[Any]) -> None:
    items = part["items"]
    made.addable = not is_fixed(part) and not made.readonly
    blank = _row(page, made, items, {}, BLANK)
    made.columns = blank.fields
    made.rows = [
        _row(page, made, items, value if isinstance(value, Mapping) else {}, str(number))
        for number, value in enumerate(values)
    ]
    if made.addable:
        made.blank = blank
        if len(values) < part.get("maxItems", len(values) + 1):
            made.rows.append(_row(page, made, items, {}, str(len(values))))


def _row(page: _Page, lines: Field, items: Schema, value: Mapping[str, Any], index: str) -> Row:
    required = items.get("required", ())
    made = [
        _field(
            page, name, part, value.get(name, part.get("default")), f"{lines.path}.{index}.{name}",
            f"{lines.name}.{name}", name in required, column=True,
        )
        for name, part in properties(items).items()
    ]  # fmt: skip
    if not value:  # an empty row is left out when it stays empty, so nothing in it is required
        for one in made:
            one.required = False
    shown = [one for one in made if one.widget != "hidden"]
    hidden = [one for one in made if one.widget == "hidden"]
    identity = str(value.get(ROW_ID, ""))
    return Row(identity, index, shown, hidden, page.errors.get(f"{lines.path}.{index}"))


def widget_of(part: Schema, name: str = "", column: bool = False) -> str:
    """Return the widget: the one asked for, else the natural one of the type."""
    if column and name == ROW_ID:
        return "hidden"
    if "x-widget" in part:
        return str(part["x-widget"])
    kind = part.get("type")
    if is_lines(part):
        return "lines"
    if is_readonly(part):
        return "readonly"
    if kind == "array":
        return "checkboxes"
    if kind == "boolean":
        return "checkbox"
    if "x-options-from" in part:
        return "select"
    if "oneOf" in part or "enum" in part:
        return "radio" if len(static_choices(part)) <= _FEW else "select"
    if kind in ("integer", "number"):
        return "number"
    if part.get("format") in ("date", "time"):
        return str(part["format"])
    return "textarea" if part.get("maxLength", 0) > _LONG else "text"


def text_of(part: Schema, value: Any, choices: Sequence[tuple[str, str]] = ()) -> str:
    """Return a value as a person reads it: dd/mm/yyyy, 1.250.000, the label of a choice."""
    if value is None:
        return ""
    if isinstance(value, bool) and not choices:
        return N_("Có") if value else N_("Không")
    labels = dict(choices)
    if isinstance(value, list):
        return ", ".join(labels.get(str(one), str(one)) for one in value if not isinstance(one, Mapping))
    key = str(value).lower() if isinstance(value, bool) else str(value)
    if key in labels:
        return labels[key]
    if isinstance(value, int | float) and part.get("type") in ("integer", "number"):
        return f"{value:,}".replace(",", " ").replace(".", ",").replace(" ", ".")
    if part.get("format") == "date" and isinstance(value, str):
        try:
            return f"{date.fromisoformat(value):%d/%m/%Y}"
        except ValueError:
            return value
    return str(value)


def _title(part: Schema, name: str, lang: str) -> str:
    return str((lang == "en" and part.get("x-en")) or part.get("title", name))


def _condition(condition: Any) -> str:
    return json.dumps(condition, ensure_ascii=False, separators=(",", ":")) if condition else ""


def _attributes(part: Schema, widget: str) -> dict[str, str]:
    """Native constraints that mean the same as the schema's; numbers are typed as text."""
    if widget == "number":
        return {"inputmode": "numeric" if part.get("type") == "integer" else "decimal"}
    return {html: str(part[keyword]) for keyword, html in _CONSTRAINTS if keyword in part}
