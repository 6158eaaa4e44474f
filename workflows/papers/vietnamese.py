"""Dates, hours, numbers and counts as official papers write them (Nghị định 30/2020, Phụ lục I)."""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import Any

SUBJECT_KINDS = {"collective": "tập thể", "household": "hộ gia đình", "individual": "cá nhân"}


def padded(number: int | str) -> str:
    """Return the number with a leading zero below ten: 5 → "05", "118" → "118"."""
    text = str(number).strip()
    return text.zfill(2) if text.isdigit() else text


def date_text(on: date) -> str:
    """Return "ngày 05 tháng 01 năm 2023": days below ten and the months 1 and 2 take a zero."""
    month = f"{on.month:02d}" if on.month < 3 else str(on.month)
    return f"ngày {on.day:02d} tháng {month} năm {on.year}"


def time_text(at: datetime) -> str:
    """Return "08 giờ 30 phút"."""
    return f"{at.hour:02d} giờ {at.minute:02d} phút"


def money_text(dong: int) -> str:
    """Return "9.200.000": thousands are separated by points."""
    return f"{dong:,}".replace(",", ".")


def percent_text(part: int, whole: int) -> str:
    """Return the share with one decimal, halves up: (10, 11) → "90,9%"; whole numbers without: "100%"."""
    if whole <= 0:
        return "–"
    tenths = (part * 2000 + whole) // (2 * whole)
    return f"{tenths // 10}%" if tenths % 10 == 0 else f"{tenths // 10},{tenths % 10}%"


def joined(parts: Sequence[str]) -> str:
    """Return "a", "a và b" or "a, b và c"."""
    if len(parts) < 2:
        return "".join(parts)
    return f"{', '.join(parts[:-1])} và {parts[-1]}"


def roman(number: int) -> str:
    """Return the Roman number of a heading: 4 → "IV"."""
    text = ""
    for value, sign in ((50, "L"), (40, "XL"), (10, "X"), (9, "IX"), (5, "V"), (4, "IV"), (1, "I")):
        text += sign * (number // value)
        number %= value
    return text


def counts_text(kinds: Iterable[str]) -> str:
    """Return "02 tập thể, 05 hộ gia đình và 39 cá nhân" for the kinds of the subjects."""
    counted = Counter(kinds)
    return joined(
        [f"{padded(counted[kind])} {word}" for kind, word in SUBJECT_KINDS.items() if counted[kind]]
    )


def clean(value: Any) -> Any:
    """Return the value with every text in NFC and without control characters (lines stay lines)."""
    if isinstance(value, str):
        text = unicodedata.normalize("NFC", value.replace("\r\n", "\n").replace("\t", " "))
        return "".join(
            c for c in text if c == "\n" or unicodedata.category(c) not in ("Cc", "Cf", "Cs", "Co")
        )
    if isinstance(value, dict):
        return {key: clean(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [clean(item) for item in value]
    return value
