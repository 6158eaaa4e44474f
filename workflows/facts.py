"""The facts of a dossier that the decision tables read; the names are those of the tables' inputs."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, or_, select

from engine.database import UnitOfWork
from workflows.catalogue import awards_on
from workflows.tables.nominations import FAILED_STAGES, Evidence, Nomination
from workflows.tables.organisation import UnitChannel
from workflows.tables.register import RegisterEntry


def facts_of(uow: UnitOfWork, nomination: Nomination) -> dict[str, Any]:
    """Every fact about the dossier as it stands now; channel and catalogue of its reference date."""
    on = reference_date(uow, nomination)
    return {
        "award": nomination.award,
        "award_family": _family(uow, nomination, on),
        "subject_kind": nomination.subject_kind,
        "unit_channel": channel_of(uow, nomination.unit_id, on),
        "achievement_year": nomination.achievement_year,
        "months_in_service": nomination.months_in_service,
        "discipline": nomination.discipline,
        "leave_days": nomination.leave_days,
        **_initiative(uow, nomination),
        "has_lttt": _has_lttt(uow, nomination),
        "lttt_members": nomination.lttt_members,
        "total_members": nomination.total_members,
        "max_discipline": nomination.max_discipline,
        "achievement_already_awarded": _merit_used(uow, nomination),
        "has_merit_report": bool(evidence_of(uow, nomination.id, "merit_report")),
        "gdvh_years": max(nomination.gdvh_years, _streak(uow, nomination, "GDVH")),
        "csttdcs_streak": _streak(uow, nomination, "CSTDCS"),
    }


def reference_date(uow: UnitOfWork, nomination: Nomination) -> date:
    """The date whose law applies: the day the office received the dossier, today before that."""
    return nomination.received_on or uow.today


def channel_row(uow: UnitOfWork, unit_id: UUID, on: date) -> UnitChannel | None:
    """The unit's channel in force on the date."""
    query = select(UnitChannel).where(
        UnitChannel.unit_id == unit_id,
        UnitChannel.valid_from <= on,
        or_(UnitChannel.valid_to.is_(None), UnitChannel.valid_to >= on),
    )
    return uow.session.scalars(query.order_by(UnitChannel.valid_from.desc())).first()


def channel_of(uow: UnitOfWork, unit_id: UUID, on: date) -> str:
    """The code of the unit's channel on the date; `commune` when none was recorded."""
    row = channel_row(uow, unit_id, on)
    return row.channel if row is not None else "commune"


def evidence_of(uow: UnitOfWork, nomination_id: UUID, kind: str | None = None) -> list[Evidence]:
    """The dossier's files that count, oldest first; of one kind when given."""
    query = select(Evidence).where(Evidence.nomination_id == nomination_id, ~Evidence.superseded)
    if kind is not None:
        query = query.where(Evidence.kind == kind)
    return list(uow.session.scalars(query.order_by(Evidence.id)))


def _family(uow: UnitOfWork, nomination: Nomination, on: date) -> str:
    award = awards_on(uow, nomination.organisation_id, on).get(nomination.award)
    return award.family if award is not None else ""


def _initiative(uow: UnitOfWork, nomination: Nomination) -> dict[str, bool]:
    certificates = evidence_of(uow, nomination.id, "initiative_certificate")
    years = {certificate.issued_year or nomination.initiative_year for certificate in certificates}
    return {
        "has_initiative_certificate": bool(certificates),
        "initiative_year_ok": nomination.achievement_year in years,
    }


def _same_subject(nomination: Nomination, table: type[RegisterEntry | Nomination]) -> ColumnElement[bool]:
    """The same person where one is known, the same name and kind of subject otherwise."""
    if nomination.person_id is not None:
        return table.person_id == nomination.person_id
    return (table.name_folded == nomination.name_folded) & (table.subject_kind == nomination.subject_kind)


def _has_lttt(uow: UnitOfWork, nomination: Nomination) -> bool:
    """LĐTT of the same year: in the register, or under way beside this dossier."""
    registered = select(RegisterEntry.id).where(
        RegisterEntry.organisation_id == nomination.organisation_id,
        RegisterEntry.award == "LDTT",
        RegisterEntry.status == "valid",
        RegisterEntry.achievement_year == nomination.achievement_year,
        _same_subject(nomination, RegisterEntry),
    )
    beside = select(Nomination.id).where(
        Nomination.organisation_id == nomination.organisation_id,
        Nomination.award == "LDTT",
        Nomination.achievement_year == nomination.achievement_year,
        Nomination.stage.not_in((*FAILED_STAGES, "draft")),
        _same_subject(nomination, Nomination),
    )
    return any(uow.session.scalars(query.limit(1)).first() is not None for query in (registered, beside))


def _merit_used(uow: UnitOfWork, nomination: Nomination) -> bool:
    """One merit backs one award: whether another dossier that has not failed rests on the same merit."""
    if nomination.achievement_id is None:
        return False
    query = select(Nomination.id).where(
        Nomination.achievement_id == nomination.achievement_id,
        Nomination.id != nomination.id,
        Nomination.stage.not_in(FAILED_STAGES),
    )
    return uow.session.scalars(query.limit(1)).first() is not None


def _streak(uow: UnitOfWork, nomination: Nomination, award: str) -> int:
    """How many years in a row, up to the year before this merit, the subject held the award."""
    years = set(
        uow.session.scalars(
            select(RegisterEntry.achievement_year).where(
                RegisterEntry.organisation_id == nomination.organisation_id,
                RegisterEntry.award == award,
                RegisterEntry.status == "valid",
                _same_subject(nomination, RegisterEntry),
            )
        )
    )
    count = 0
    while nomination.achievement_year - 1 - count in years:
        count += 1
    return count
