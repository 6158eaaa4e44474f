"""The wording of a paper: versioned text with `{{field}}`, `**bold**` and `_italic_`, and nothing else.

Text becomes runs (text, bold, italic) here, so that neither wording nor data is ever read as markup by
the typesetter.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, TypedDict, cast

import jsonschema

from workflows.papers.errors import PaperDataError, WordingError
from workflows.papers.fields import FIELDS, KIND_NAMES, LIST_COLUMNS

FIELD = re.compile(r"\{\{\s*([^{}]*?)\s*\}\}")
STRAY_BRACES = re.compile(r"\{\{|\}\}")
# an underscore inside a word (a file name) is a letter; italics start and end at a word's edge
MARKS = re.compile(r"\*\*|(?<!\w)_(?=\S)|(?<=\S)_(?!\w)")


class Run(TypedDict):
    """A stretch of text in one style."""

    text: str
    bold: bool
    italic: bool


def _record(required: Mapping[str, Any], optional: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": {**required, **optional},
        "required": list(required),
        "additionalProperties": False,
    }


_TEXT = {"type": "string", "minLength": 1}
_TEXTS = {"type": "array", "items": _TEXT}
_LIST = _record(
    {
        "title": _TEXT,
        "subject": _TEXT,
        "attached": _TEXT,
        "columns": {"type": "array", "items": {"enum": list(LIST_COLUMNS)}, "uniqueItems": True},
    },
    {"total": _TEXT},
)


def _sections(*inserts: str) -> dict[str, Any]:
    optional: dict[str, Any] = {"heading": _TEXT}
    if inserts:
        optional["insert"] = {"enum": list(inserts)}
    return {"type": "array", "minItems": 1, "items": _record({"paragraphs": _TEXTS}, optional)}


def _minutes(*inserts: str) -> dict[str, Any]:
    return _record(
        {
            "title": _TEXT,
            "subject": _TEXT,
            "sections": _sections(*inserts),
            "closing": _TEXT,
            "secretary_title": _TEXT,
            "chair_title": _TEXT,
        },
        {"opening": _TEXTS, "recipients": _TEXTS},
    )


SHAPES: dict[str, dict[str, Any]] = {
    "review_minutes": _minutes("results"),
    "session_minutes": _minutes("members", "recusals", "rules", "results"),
    "ballot_minutes": _minutes("tellers", "members", "recusals", "rules", "results"),
    "proposal": _record(
        {
            "title": _TEXT,
            "subject": _TEXT,
            "to": {**_TEXTS, "minItems": 1},
            "sections": _sections(),
            "closing": _TEXT,
            "recipients": _TEXTS,
            "list": _LIST,
        },
        {"grounds": _TEXTS, "opening": _TEXTS},
    ),
    "decision": _record(
        {
            "title": _TEXT,
            "subject": _TEXT,
            "authority": _TEXT,
            "grounds": _TEXTS,
            "order": _TEXT,
            "articles": {**_TEXTS, "minItems": 1},
            "recipients": _TEXTS,
            "list": _LIST,
        },
        {},
    ),
}
NEEDS_RESULTS = ("review_minutes", "session_minutes", "ballot_minutes")


def check_wording(kind: str, wording: Any) -> list[str]:
    """Return what is wrong with a wording, one Vietnamese sentence each; empty when it may be used."""
    shape = jsonschema.Draft202012Validator(SHAPES[kind])
    found = [_shape_finding(error) for error in shape.iter_errors(wording)]
    found += [finding for place, text in _texts(wording) for finding in _text_findings(kind, place, text)]
    if not found and kind in NEEDS_RESULTS and not _shows_results(wording):
        found.append('không có mục nào đặt "insert": "results" để in kết quả biểu quyết')
    return found


def require_wording(kind: str, wording: Any) -> None:
    """Pass silently when the wording may be used.

    :raises WordingError: with the first finding of `check_wording`.
    """
    findings = check_wording(kind, wording)
    if findings:
        raise WordingError(KIND_NAMES[kind], findings[0])


def fill(kind: str, text: str, values: Mapping[str, str | None]) -> list[Run]:
    """Return the runs of a wording's text with its fields replaced by `values`.

    :raises WordingError: the text names a field that does not exist.
    :raises PaperDataError: the field exists, but this paper's data has no value for it.
    """
    runs: list[Run] = []
    bold = italic = False
    position = 0
    for mark in [*MARKS.finditer(text), None]:
        end = mark.start() if mark else len(text)
        piece = _replaced(kind, text[position:end], values)
        if piece:
            runs.append(Run(text=piece, bold=bold, italic=italic))
        if mark is None:
            break
        bold, italic = (not bold, italic) if mark.group() == "**" else (bold, not italic)
        position = mark.end()
    return runs


def plain(runs: list[Run]) -> str:
    """Return the text of runs without their styles."""
    return "".join(run["text"] for run in runs)


def _replaced(kind: str, text: str, values: Mapping[str, str | None]) -> str:
    def value_of(match: re.Match[str]) -> str:
        field = match.group(1)
        if field not in FIELDS[kind]:
            raise WordingError(KIND_NAMES[kind], _unknown_field(kind, field))
        value = values.get(field)
        if value is None:
            raise PaperDataError(KIND_NAMES[kind], f"{{{{{field}}}}}", f"chưa có {FIELDS[kind][field]}")
        return value

    return FIELD.sub(value_of, text)


def _unknown_field(kind: str, field: str) -> str:
    return f"trường {{{{{field}}}}} không có trong {KIND_NAMES[kind]}; các trường dùng được: " + ", ".join(
        FIELDS[kind]
    )


def _text_findings(kind: str, place: str, text: str) -> Iterator[str]:
    for match in FIELD.finditer(text):
        if match.group(1) not in FIELDS[kind]:
            yield f"{place}: {_unknown_field(kind, match.group(1))}"
    if STRAY_BRACES.search(FIELD.sub("", text)):
        yield f"{place}: dấu ngoặc {{{{ }}}} không thành cặp"
    marks = [mark.group() for mark in MARKS.finditer(text)]
    if marks.count("**") % 2:
        yield f"{place}: dấu ** (in đậm) không thành cặp"
    if marks.count("_") % 2:
        yield f"{place}: dấu _ (in nghiêng) không thành cặp"


def _texts(value: Any, place: str = "") -> Iterator[tuple[str, str]]:
    if isinstance(value, str):
        yield place, value
    elif isinstance(value, dict):
        for key, item in value.items():
            yield from _texts(item, f"{place}.{key}" if place else str(key))
    elif isinstance(value, list):
        for index, item in enumerate(value, start=1):
            yield from _texts(item, f"{place}[{index}]")


def _shape_finding(error: jsonschema.ValidationError) -> str:
    place = ".".join(str(part + 1) if isinstance(part, int) else part for part in error.absolute_path)
    place = place or "mẫu"
    expected, found = cast(Any, error.validator_value), cast(Any, error.instance)
    if error.validator == "required":
        missing = next(key for key in expected if key not in found)
        return f"{place}: thiếu phần “{missing}”"
    if error.validator == "additionalProperties":
        allowed = cast(Any, error.schema)["properties"]
        extra = next(key for key in found if key not in allowed)
        return f"{place}: không có phần nào tên “{extra}”"
    if error.validator == "enum":
        return f"{place}: “{found}” không dùng được; chọn một trong {', '.join(expected)}"
    return f"{place}: nội dung trống hoặc sai kiểu"


def _shows_results(wording: Mapping[str, Any]) -> bool:
    return any(section.get("insert") == "results" for section in wording["sections"])
