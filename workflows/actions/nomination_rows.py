"""Reading the rows of a list of nominees: typed or pasted values into clean ones, one error a wrong cell."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any
from uuid import UUID

from engine.errors import N_, FieldError, InvalidForm
from workflows.rules.names import fold, nfc
from workflows.tables.nominations import DISCIPLINES, MERIT_KINDS, SUBJECT_KINDS

TEXTS = {
    "subject_name": 300,
    "position": 200,
    "address": 300,
    "merit_summary": 10_000,
    "initiative_name": 300,
    "initiative_number": 100,
}
YEARS = ("born_year", "achievement_year", "initiative_year")
COUNTS = {"months_in_service": 1200, "leave_days": 366, "gdvh_years": 100}
COUNTS |= {"lttt_members": 100_000, "total_members": 100_000}
FLAGS = ("direct_worker", "hardship_area")
CHOICES = {
    "award": None,
    "subject_kind": SUBJECT_KINDS,
    "merit_kind": MERIT_KINDS,
    "discipline": DISCIPLINES,
    "max_discipline": DISCIPLINES,
}
KEYS = ("person_id", "movement_id", "achievement_id")
MERIT = "achievement"
"""The merit in words, as people type it; the dossier holds its id."""
FIELDS = (*TEXTS, *YEARS, *COUNTS, *FLAGS, *CHOICES, *KEYS, "gender")
TYPED = (*(name for name in FIELDS if name != "achievement_id"), MERIT)
"""What a form of the dossier holds."""

OPTIONAL = (
    "position",
    "address",
    "initiative_name",
    "initiative_number",
    "gender",
    "born_year",
    "initiative_year",
    "months_in_service",
    "movement_id",
    MERIT,
)
"""What a form may leave out, and thereby empty."""

_GENDERS = {"": "", "male": "male", "nam": "male", "female": "female", "nu": "female"}
_YES = {"true", "1", "x", "co", "yes", "on"}
_NO = {"", "false", "0", "khong", "no", "off"}
_MAY_BE_EMPTY = {"born_year", "initiative_year", "months_in_service"}


class Wrong(ValueError):
    """A cell that cannot be read; the message is for whoever typed it."""


def read_row(row: Mapping[str, Any], path: str) -> tuple[dict[str, Any], list[FieldError]]:
    """The clean values of a row, and one error for every cell that cannot be read or is not known."""
    values: dict[str, Any] = {}
    errors: list[FieldError] = []
    for name, raw in row.items():
        try:
            values[name] = _reader(name)(raw)
        except Wrong as wrong:
            errors.append(FieldError(f"{path}.{name}", str(wrong)))
    return values, errors


def issued_year(text: str) -> int | None:
    """The year on a file's own paper as typed, None when empty; InvalidForm for anything else."""
    try:
        return _number(text, 1900, 2200, N_("Năm của giấy tờ không hợp lệ."), empty=True)
    except Wrong as wrong:
        raise InvalidForm([FieldError("issued_year", str(wrong))]) from None


def _reader(name: str) -> Callable[[Any], Any]:
    if name in TEXTS:
        return lambda raw: _text(raw, TEXTS[name])
    if name == MERIT:
        return lambda raw: _text(raw, 300)
    if name in YEARS:
        return lambda raw: _number(raw, 1900, 2200, N_("Năm không hợp lệ."), empty=name in _MAY_BE_EMPTY)
    if name in COUNTS:
        return lambda raw: _count(raw, name)
    if name in FLAGS:
        return _flag
    if name in KEYS:
        return _key
    if name in CHOICES:
        return lambda raw: _choice(raw, CHOICES[name])
    if name == "gender":
        return _gender
    return _unknown


def _text(raw: Any, longest: int) -> str:
    lines = [nfc(line) for line in str(raw or "").splitlines()]
    text = "\n".join(lines).strip()
    if len(text) > longest:
        raise Wrong(N_("Quá dài: tối đa %(count)d ký tự.") % {"count": longest})
    return text


def _number(raw: Any, least: int, most: int, message: str, *, empty: bool) -> int | None:
    text = str(raw if raw is not None else "").strip()
    if not text and empty:
        return None
    if isinstance(raw, bool) or not text.isascii() or not text.isdigit() or not least <= int(text) <= most:
        raise Wrong(message)
    return int(text)


def _count(raw: Any, name: str) -> int | None:
    if name not in _MAY_BE_EMPTY and raw in (None, ""):
        return 0
    return _number(raw, 0, COUNTS[name], N_("Cần một số không âm."), empty=name in _MAY_BE_EMPTY)


def _flag(raw: Any) -> bool:
    if isinstance(raw, bool):
        return raw
    word = fold(str(raw or ""))
    if word in _YES:
        return True
    if word in _NO:
        return False
    raise Wrong(N_("Cần ghi “có” hoặc “không”."))


def _key(raw: Any) -> UUID | None:
    if raw in (None, ""):
        return None
    try:
        return raw if isinstance(raw, UUID) else UUID(str(raw))
    except ValueError:
        raise Wrong(N_("Lựa chọn không hợp lệ.")) from None


def _choice(raw: Any, known: tuple[str, ...] | None) -> str:
    value = str(raw or "").strip()
    if known is not None and value not in known:
        raise Wrong(N_("Lựa chọn không hợp lệ."))
    return value


def _gender(raw: Any) -> str:
    word = fold(str(raw or ""))
    if word not in _GENDERS:
        raise Wrong(N_("Giới tính ghi “nam” hoặc “nữ”."))
    return _GENDERS[word]


def _unknown(raw: Any) -> Any:
    raise Wrong(N_("Cột này không có trong danh sách đề nghị."))
