"""The printable progress list: every dossier of a year under its unit, people by given name."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlalchemy import select

from engine.database import UnitOfWork
from workflows.catalogue import award_name
from workflows.queries.nominations import Filter, conditions_of, visible
from workflows.stages import stage_label
from workflows.tables.nominations import STAGES, Nomination
from workflows.tables.organisation import Unit


@dataclass(frozen=True)
class ProgressRow:
    """One dossier as the list prints it."""

    id: UUID
    code: str
    name: str
    award: str
    stage: str
    due_on: date | None
    reason: str


@dataclass(frozen=True)
class ProgressUnit:
    """The dossiers of one unit."""

    name: str
    rows: tuple[ProgressRow, ...]


def progress(uow: UnitOfWork, year: int, wanted: Filter | None = None) -> list[ProgressUnit]:
    """The dossiers of the year's merits that the actor may see, unit by unit, by stage then given name."""
    query = (
        select(Nomination, Unit)
        .join(Unit, Unit.id == Nomination.unit_id)
        .where(*visible(uow), *conditions_of(uow, wanted or Filter()), Nomination.achievement_year == year)
        .order_by(Unit.kind, Unit.code, Nomination.name_sort, Nomination.id)
    )
    units: dict[UUID, tuple[str, list[Nomination]]] = {}
    for nomination, unit in uow.session.execute(query):
        units.setdefault(unit.id, (unit.name, []))[1].append(nomination)
    return [ProgressUnit(name, tuple(map(_row, _by_stage(rows)))) for name, rows in units.values()]


def years(uow: UnitOfWork) -> list[int]:
    """The years of merit of the dossiers the actor may see, newest first."""
    query = select(Nomination.achievement_year).where(*visible(uow)).distinct()
    return sorted(uow.session.scalars(query), reverse=True)


def _by_stage(rows: list[Nomination]) -> list[Nomination]:
    return sorted(rows, key=lambda row: STAGES.index(row.stage))


def _row(nomination: Nomination) -> ProgressRow:
    return ProgressRow(
        nomination.id,
        nomination.code,
        nomination.subject_name,
        award_name(nomination.award),
        stage_label(nomination),
        nomination.due_on,
        nomination.on_hold_basis or nomination.outcome_reason,
    )
