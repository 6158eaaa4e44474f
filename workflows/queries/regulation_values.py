"""The values of a regulation (shares, roundings): figures that rules read by date, each with its source."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from engine import regulations
from engine.database import UnitOfWork
from engine.models import Regulation

UNVERIFIED = "cần kiểm tra"


@dataclass(frozen=True)
class ValueRow:
    """One value in words; `own` says that the draft changes it. An empty value is asked for where it is used."""

    key: str
    note: str
    value: str
    citation: str
    unverified: bool
    own: bool


def value_rows(uow: UnitOfWork, regulation: Regulation) -> list[ValueRow]:
    """What the regulation says; for a draft everything that would be in force with it, by key."""
    own: Mapping[str, Any] = regulation.settings.get("values", {})
    base: Mapping[str, Any] = {}
    if regulation.state == "draft":
        on = regulation.effective_from or uow.today
        base = regulations.values(uow, regulation.organisation_id, on)
    return [_row(key, entry, key in own and bool(base)) for key, entry in sorted({**base, **own}.items())]


def _row(key: str, entry: Any, own: bool) -> ValueRow:
    words = entry if isinstance(entry, Mapping) else {"value": entry}
    citation = str(words.get("citation", ""))
    return ValueRow(
        key=key,
        note=str(words.get("note", "")) or key,
        value=str(words.get("value", "")),
        citation=citation,
        unverified=UNVERIFIED in citation,
        own=own,
    )
