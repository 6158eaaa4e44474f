"""Before a list of nominees is typed: for which units, which awards, and where the others must be sent."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import or_, select

from engine import decisions, regulations
from engine.database import UnitOfWork
from workflows import gate
from workflows.actions.nominations import NOMINATORS
from workflows.catalogue import CATALOGUE_FILE, Award, awards_on
from workflows.facts import channel_row
from workflows.labels import CHANNEL_LABELS, UNIT_KIND_LABELS, label
from workflows.rules import N_
from workflows.tables.organisation import Unit

DIAGRAM = "nomination/nomination.bpmn"
FAMILIES = {"title": N_("Danh hiệu thi đua"), "form": N_("Hình thức khen thưởng")}


@dataclass(frozen=True)
class Elsewhere:
    """Awards that the commune may not handle for a unit: where they go, in words, and which they are."""

    advice: str
    awards: tuple[str, ...]


@dataclass(frozen=True)
class NominatingUnit:
    """A unit the actor nominates for; a mass organisation is asked (`đề nghị`), never assigned."""

    id: UUID
    name: str
    kind: str
    channel: str
    advice: str
    is_asked: bool
    elsewhere: tuple[Elsewhere, ...]


@dataclass(frozen=True)
class AwardChoice:
    """One award of the catalogue for a list; `advice` says where it goes when not through the commune."""

    code: str
    name: str
    family: str
    citation: str
    advice: str


def covered(uow: UnitOfWork) -> bool:
    """Whether regulations in force today carry the flow of a nomination and the catalogue of awards."""
    assert uow.organisation_id is not None
    files = regulations.resolve_files(uow, uow.organisation_id, uow.today)
    return DIAGRAM in files and CATALOGUE_FILE in files


def nominating_units(uow: UnitOfWork) -> list[NominatingUnit]:
    """The units of today for which the actor holds a nominating role, kind by kind. Needs `covered`."""
    known: dict[str, tuple[Elsewhere, ...]] = {}
    return [_unit(uow, row, known) for row in _units(uow)]


def award_choices(uow: UnitOfWork, unit_id: UUID, subject_kind: str) -> list[AwardChoice]:
    """The awards for one kind of subject, each with where it goes when the unit's channel is another."""
    channel = _channel(uow, unit_id)
    return [
        AwardChoice(award.code, award.name, award.family, award.citation, _advice(uow, channel, award))
        for award in _awards(uow).values()
        if subject_kind in award.subjects
    ]


def _units(uow: UnitOfWork) -> list[Unit]:
    assert uow.actor_id is not None
    query = select(Unit).where(
        Unit.organisation_id == uow.organisation_id,
        Unit.valid_from <= uow.today,
        or_(Unit.valid_to.is_(None), Unit.valid_to >= uow.today),
    )
    held = [gate.units_of(uow, uow.actor_id, role) for role in NOMINATORS]
    if None not in held:
        query = query.where(Unit.id.in_([unit for units in held for unit in units or ()]))
    return list(uow.session.scalars(query.order_by(Unit.kind, Unit.code)))


def _unit(uow: UnitOfWork, unit: Unit, known: dict[str, tuple[Elsewhere, ...]]) -> NominatingUnit:
    row = channel_row(uow, unit.id, uow.today)
    channel = row.channel if row is not None else "commune"
    if channel not in known:
        known[channel] = _elsewhere(uow, channel)
    return NominatingUnit(
        id=unit.id,
        name=unit.name,
        kind=label(UNIT_KIND_LABELS, unit.kind),
        channel=label(CHANNEL_LABELS, channel),
        advice=row.advice if row is not None else "",
        is_asked=unit.kind == "mass_organisation",
        elsewhere=known[channel],
    )


def _elsewhere(uow: UnitOfWork, channel: str) -> tuple[Elsewhere, ...]:
    found: dict[str, list[str]] = {}
    for award in _awards(uow).values():
        if advice := _advice(uow, channel, award):
            found.setdefault(advice, []).append(award.short)
    return tuple(Elsewhere(advice, tuple(names)) for advice, names in found.items())


def _advice(uow: UnitOfWork, channel: str, award: Award) -> str:
    """What the channel table says of the award for this channel; empty when the commune handles it."""
    assert uow.organisation_id is not None
    inputs = {"unit_channel": channel, "award_family": award.family, "award": award.code}
    row = decisions.evaluate(uow, uow.organisation_id, "channel", uow.today, inputs).first
    return "" if row.get("channel_ok", True) else str(row.get("channel_advice") or "")


def _channel(uow: UnitOfWork, unit_id: UUID) -> str:
    row = channel_row(uow, unit_id, uow.today)
    return row.channel if row is not None else "commune"


def _awards(uow: UnitOfWork) -> dict[str, Award]:
    assert uow.organisation_id is not None
    return awards_on(uow, uow.organisation_id, uow.today)
