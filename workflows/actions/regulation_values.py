"""What an administrator may put into a draft as a value: a share, a way of rounding, always with its source."""

from __future__ import annotations

from fractions import Fraction
from uuid import UUID

from engine import regulations
from engine.database import UnitOfWork
from engine.errors import N_, FieldError, InvalidForm, NotFound
from workflows import gate
from workflows.queries.regulation_values import value_rows
from workflows.queries.regulations import own_regulation
from workflows.rules.names import nfc
from workflows.rules.quotas import ROUNDINGS


def set_value(uow: UnitOfWork, draft_id: UUID, key: str, *, value: str, citation: str) -> None:
    """Change one of the values that the regulations know; an empty one is asked for where it is used.

    NotAllowed for a published regulation, NotFound for an unknown value, InvalidForm for one that is no
    share or no rounding, or that names no source.
    """
    gate.require(uow, "administrator")
    rows = {row.key: row for row in value_rows(uow, own_regulation(uow, draft_id))}
    if key not in rows:
        raise NotFound(N_("giá trị này trong quy định"))
    value, citation = nfc(value), nfc(citation)
    errors = _errors(key, value, citation)
    if errors:
        raise InvalidForm(errors)
    entry = {"value": value, "note": rows[key].note, "citation": citation}
    regulations.set_value(uow, draft_id, key, entry)


def _errors(key: str, value: str, citation: str) -> list[FieldError]:
    if not value:
        return []
    errors = []
    if key.endswith("_share") and not _is_share(value):
        errors.append(FieldError("value", N_("Ghi tỷ lệ dạng phân số từ trên 0 đến 1, ví dụ 15/100.")))
    if key.endswith("_rounding") and value not in ROUNDINGS:
        text = N_("Cách làm tròn là floor (xuống), nearest (gần nhất) hoặc ceil (lên).")
        errors.append(FieldError("value", text))
    if not citation:
        errors.append(FieldError("citation", N_("Cần ghi căn cứ của giá trị.")))
    return errors


def _is_share(value: str) -> bool:
    try:
        return 0 < Fraction(value.replace(" ", "")) <= 1
    except (ValueError, ZeroDivisionError):
        return False
