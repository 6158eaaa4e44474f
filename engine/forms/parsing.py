"""From what a browser posts (names and strings) to typed values, the Vietnamese way.

"1.250.000" and "12,5" are numbers, 05/12/2022 is a date, text is trimmed and in NFC. What cannot be read
stays as it was typed, so that the page shows it again.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from datetime import date
from typing import Any

from engine.errors import FieldError
from engine.forms.schema import ROW_ID, Options, Schema, clean, is_fixed, is_lines, is_readonly, properties
from engine.forms.validation import validate

Flat = Mapping[str, list[str]]
MAX_ROWS = 2000
_DATE = re.compile(r"^(\d{1,2})\s*[/.-]\s*(\d{1,2})\s*[/.-]\s*(\d{4})$", re.ASCII)
_TIME = re.compile(r"^(\d{1,2})\s*(?::|h|giờ|g)\s*(\d{2})?$", re.IGNORECASE | re.ASCII)
_THOUSANDS = re.compile(r"^[+-]?\d{1,3}(\.\d{3})+(,\d+)?$", re.ASCII)
_PLAIN = re.compile(r"^[+-]?\d+([.,]\d+)?$", re.ASCII)
_TRUE = {"on", "true", "1", "yes", "có", "co"}


def check(
    schema: Schema, flat: Flat, options: Options | None = None
) -> tuple[dict[str, Any], list[FieldError]]:
    """Return the typed data with every error, of typing and of the schema: one a field."""
    data = _parse(schema, flat, "")
    return data, validate(schema, data, options)


def parse(
    schema: Schema, flat: Flat, options: Options | None = None
) -> tuple[dict[str, Any], list[FieldError]]:
    """Return the typed data and an error for each value that could not be read or chosen.

    Unknown names and read-only fields are dropped. What is missing is not said here: `validate` says it.
    """
    data, errors = check(schema, flat, options)
    return data, [error for error in errors if _present(data, error.path)]


def _present(data: Any, path: str) -> bool:
    for part in path.split("."):
        if isinstance(data, list):
            data = data[int(part)] if part.isdigit() and int(part) < len(data) else None
        else:
            data = data.get(part) if isinstance(data, Mapping) else None
    return data is not None


def _parse(schema: Schema, flat: Flat, prefix: str) -> dict[str, Any]:
    data: dict[str, Any] = {}
    for name, field in properties(schema).items():
        if is_readonly(field) and not (prefix and name == ROW_ID):
            continue
        value = _lines(field, flat, prefix + name) if is_lines(field) else _value(field, flat, prefix + name)
        if value is not None:
            data[name] = value
    return data if prefix else clean(schema, data)


def _lines(field: Schema, flat: Flat, name: str) -> list[dict[str, Any]]:
    pattern = re.compile(rf"^{re.escape(name)}\.([0-9]{{1,5}})\.")
    numbers = sorted({int(found.group(1)) for key in flat if (found := pattern.match(key))})[:MAX_ROWS]
    rows = [_parse(field["items"], flat, f"{name}.{number}.") for number in numbers]
    return [row for row in rows if row.get(ROW_ID)] if is_fixed(field) else rows


def _value(field: Schema, flat: Flat, name: str) -> Any:
    posted = flat.get(name, [])
    kind = field.get("type")
    if kind == "array":
        return [text for text in map(_text, posted) if text]
    raw = posted[-1] if posted else ""
    if kind == "boolean":
        return _boolean(field, raw, bool(posted))
    text = _text(raw, keep_lines=field.get("x-widget") == "textarea" or field.get("maxLength", 0) > 300)
    if not text:
        return None
    if kind == "integer":
        return parse_integer(text)
    if kind == "number":
        return parse_number(text)
    if field.get("format") == "date":
        return parse_date(text)
    return parse_time(text) if field.get("format") == "time" else text


def _boolean(field: Schema, raw: str, posted: bool) -> bool | None:
    """A box that is not ticked is not posted; a pair of radio buttons may be unanswered."""
    if field.get("x-widget") in ("radio", "select") and not (posted and raw):
        return None
    return raw.strip().lower() in _TRUE


def _text(raw: str, keep_lines: bool = False) -> str:
    text = unicodedata.normalize("NFC", raw).replace("\r\n", "\n").replace("\r", "\n")
    text = "".join(c for c in text if c == "\n" or c == "\t" or unicodedata.category(c) != "Cc")
    if keep_lines:
        return "\n".join(line.rstrip() for line in text.split("\n")).strip()
    return " ".join(text.split())


def parse_integer(text: str) -> int | str:
    """Return the whole number, or the text when it is none: "1.250.000", "1 250 000", "7"."""
    number = parse_number(text)
    if isinstance(number, float) and number.is_integer():
        return int(number)
    return number if isinstance(number, int) else text


def parse_number(text: str) -> int | float | str:
    """Return the number, or the text when it is none. A point before three digits groups thousands."""
    bare = re.sub(r"[\s\u00a0\u202f]", "", text)
    if len(bare) > 18:
        return text
    if _THOUSANDS.match(bare):
        bare = bare.replace(".", "").replace(",", ".")
    elif _PLAIN.match(bare):
        bare = bare.replace(",", ".")
    else:
        return text
    return float(bare) if "." in bare else int(bare)


def parse_date(text: str) -> str:
    """Return the ISO date, or the text when there is no such day: "5/12/2022", "2022-12-05"."""
    found = _DATE.match(text)
    try:
        if found:
            day, month, year = (int(part) for part in found.groups())
            return date(year, month, day).isoformat()
        return date.fromisoformat(text).isoformat()
    except ValueError:
        return text


def parse_time(text: str) -> str:
    """Return "HH:MM", or the text when it is no time: "7h30", "7:30", "7 giờ"."""
    found = _TIME.match(text)
    if not found:
        return text
    hour, minute = int(found.group(1)), int(found.group(2) or 0)
    return f"{hour:02}:{minute:02}" if hour < 24 and minute < 60 else text
