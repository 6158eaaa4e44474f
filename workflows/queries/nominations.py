"""Lists of dossiers: filters, search without diacritics, paging by key, counts by stage."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import ColumnElement, func, or_, select

from engine.database import UnitOfWork
from workflows import gate
from workflows.labels import STAGE_LABELS
from workflows.rules.names import fold
from workflows.tables.nominations import STAGES, Nomination
from workflows.tables.organisation import Unit

ALL_DOSSIERS = ("standing_office", "inspector", "chairman", "council_chair", "council_member", "clerk")


@dataclass(frozen=True)
class Filter:
    """What a list is narrowed to; empty values narrow nothing. `text` is searched without diacritics."""

    text: str = ""
    stage: str = ""
    award: str = ""
    unit_id: UUID | None = None
    movement_id: UUID | None = None
    subject_kind: str = ""
    late: bool = False
    on_hold: bool = False


@dataclass(frozen=True)
class Page:
    """One page of dossiers with their units' names; `after` is the key of the next page, None at the end."""

    rows: list[tuple[Nomination, str]]
    after: str | None


def list_nominations(
    uow: UnitOfWork, wanted: Filter | None = None, *, after: str | None = None, limit: int = 50
) -> Page:
    """A page of the dossiers the actor may see, newest first."""
    conditions = [*visible(uow), *conditions_of(uow, wanted or Filter())]
    if after:
        conditions.append(Nomination.id < UUID(after))
    query = (
        select(Nomination, Unit.name)
        .join(Unit, Unit.id == Nomination.unit_id)
        .where(*conditions)
        .order_by(Nomination.id.desc())
        .limit(limit + 1)
    )
    found = [(row, unit) for row, unit in uow.session.execute(query)]
    more = len(found) > limit
    return Page(found[:limit], str(found[limit - 1][0].id) if more else None)


def stage_counts(uow: UnitOfWork, wanted: Filter | None = None) -> dict[str, int]:
    """How many visible dossiers stand at each stage, every stage present, in the order of the flow."""
    narrowed = wanted or Filter()
    query = (
        select(Nomination.stage, func.count())
        .where(*visible(uow), *conditions_of(uow, Filter(**{**narrowed.__dict__, "stage": ""})))
        .group_by(Nomination.stage)
    )
    counted: dict[str, int] = {row[0]: row[1] for row in uow.session.execute(query)}
    return {stage: counted.get(stage, 0) for stage in STAGES}


def stage_options() -> list[tuple[str, str]]:
    """The stages for a filter."""
    return [(stage, STAGE_LABELS[stage]) for stage in STAGES]


def may_see(uow: UnitOfWork, nomination: Nomination) -> bool:
    """Whether the actor may open the dossier."""
    query = select(Nomination.id).where(Nomination.id == nomination.id, *visible(uow))
    return uow.session.scalars(query).first() is not None


def visible(uow: UnitOfWork) -> list[ColumnElement[bool]]:
    """All dossiers for those who work on all; else one's own, one's units', and those about oneself."""
    own = Nomination.organisation_id == uow.organisation_id
    actor = uow.actor_id
    if actor is None:
        return [own, Nomination.id.is_(None)]
    if any(gate.holds(uow, actor, role) for role in ALL_DOSSIERS):
        return [own]
    units: list[UUID] = []
    for role in ("nominator", "unit_head"):
        held = gate.units_of(uow, actor, role)
        if held is None:
            return [own]
        units += held
    mine = [Nomination.author_id == actor, Nomination.person_id == actor, Nomination.unit_id.in_(units)]
    return [own, or_(*mine)]


def conditions_of(uow: UnitOfWork, wanted: Filter) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = []
    for column, value in (
        (Nomination.stage, wanted.stage),
        (Nomination.award, wanted.award),
        (Nomination.unit_id, wanted.unit_id),
        (Nomination.movement_id, wanted.movement_id),
        (Nomination.subject_kind, wanted.subject_kind),
    ):
        if value:
            conditions.append(column == value)
    if wanted.on_hold:
        conditions.append(Nomination.on_hold_basis != "")
    if wanted.late:
        conditions.append(late(uow))
    for word in fold(wanted.text).split():
        pattern = f"%{word.replace('%', '').replace('_', '')}%"
        conditions.append(
            or_(Nomination.name_folded.like(pattern), func.lower(Nomination.code).like(pattern))
        )
    return conditions


def late(uow: UnitOfWork) -> ColumnElement[bool]:
    """Marked late, or past the office's term while still with the office."""
    passed = (Nomination.due_on < uow.today) & Nomination.stage.in_(("appraisal", "supplement"))
    return or_(Nomination.is_late, passed)
