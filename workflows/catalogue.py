"""The award catalogue of the regulation in force: which titles and forms exist, and for whom."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from engine import regulations
from engine.database import UnitOfWork
from workflows.labels import AWARD_LABELS

CATALOGUE_FILE = "awards.json"


@dataclass(frozen=True)
class Award:
    """One title (danh hiệu thi đua) or form of commendation (hình thức khen thưởng)."""

    code: str
    name: str
    short: str
    family: str
    subjects: tuple[str, ...]
    sort: int
    citation: str


def awards_on(uow: UnitOfWork, organisation_id: UUID, on: date) -> dict[str, Award]:
    """Every award of the regulations in force on the date, by code, in the catalogue's order.

    Raises NoRegulation (or NotFound) when no regulation in force carries a catalogue.
    """
    content = json.loads(regulations.read(uow, organisation_id, CATALOGUE_FILE, on))
    rows = content["awards"] if isinstance(content, dict) else content
    awards = sorted((_award(row) for row in rows), key=lambda award: (award.sort, award.code))
    return {award.code: award for award in awards}


def award_name(code: str) -> str:
    """The name of an award for a list or a message, without reading a regulation."""
    return AWARD_LABELS.get(code, code)


def _award(row: dict[str, Any]) -> Award:
    return Award(
        code=row["code"],
        name=row["name"],
        short=row.get("short", row["name"]),
        family=row["family"],
        subjects=tuple(row["subjects"]),
        sort=int(row.get("sort", 0)),
        citation=row.get("citation", ""),
    )
