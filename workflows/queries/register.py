"""The register of awards: by year, and what one person, household or collective received before."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlalchemy import select

from engine.database import UnitOfWork
from engine.errors import NotFound
from workflows.catalogue import award_name
from workflows.labels import SUBJECT_LABELS, label
from workflows.rules import N_
from workflows.rules.money import dong
from workflows.rules.names import fold
from workflows.tables.register import RegisterEntry

UNVERIFIED = N_("cần kiểm tra")


@dataclass(frozen=True)
class EntryView:
    """One entry as the register shows it; a prize that nobody confirmed says so."""

    id: UUID
    nomination_id: UUID | None
    number: str
    year: int
    achievement_year: int
    award: str
    award_name: str
    subject_kind: str
    kind: str
    name: str
    unit: str
    decision: str
    decision_date: date
    decided_by: str
    prize: str
    prize_unverified: bool
    status: str


def search(
    uow: UnitOfWork, text: str = "", *, year: int | None = None, award: str | None = None, limit: int = 500
) -> list[EntryView]:
    """Entries whose folded name holds every word of the text ("nguyen" finds "Nguyễn"), newest first."""
    query = select(RegisterEntry).where(RegisterEntry.organisation_id == uow.organisation_id)
    for word in fold(text).split():
        query = query.where(RegisterEntry.name_folded.contains(word, autoescape=True))
    if year is not None:
        query = query.where(RegisterEntry.year == year)
    if award is not None:
        query = query.where(RegisterEntry.award == award)
    query = query.order_by(RegisterEntry.year.desc(), RegisterEntry.running_number.desc()).limit(limit)
    return [entry_view(each) for each in uow.session.scalars(query)]


def earlier_awards(
    uow: UnitOfWork, *, person_id: UUID | None = None, name: str = "", before: date | None = None
) -> list[EntryView]:
    """What a person (by record, else by the exact folded name) received over the years, newest first."""
    query = select(RegisterEntry).where(RegisterEntry.organisation_id == uow.organisation_id)
    if person_id is not None:
        query = query.where(RegisterEntry.person_id == person_id)
    else:
        query = query.where(RegisterEntry.name_folded == fold(name))
    if before is not None:
        query = query.where(RegisterEntry.decision_date < before)
    query = query.order_by(RegisterEntry.decision_date.desc(), RegisterEntry.running_number.desc())
    return [entry_view(each) for each in uow.session.scalars(query)]


def entry(uow: UnitOfWork, entry_id: UUID) -> EntryView:
    """One entry of this organisation; NotFound."""
    return entry_view(_entry(uow, entry_id))


def awards_beside(uow: UnitOfWork, entry_id: UUID) -> list[EntryView]:
    """Everything the subject of an entry received, the entry itself with it, newest first."""
    found = _entry(uow, entry_id)
    entries = earlier_awards(uow, person_id=found.person_id, name=found.subject_name)
    return [each for each in entries if each.subject_kind == found.subject_kind]


def _entry(uow: UnitOfWork, entry_id: UUID) -> RegisterEntry:
    found = uow.session.get(RegisterEntry, entry_id)
    if found is None or found.organisation_id != uow.organisation_id:
        raise NotFound(N_("mục này trong sổ khen thưởng"))
    return found


def years(uow: UnitOfWork) -> list[int]:
    """The years that have entries, newest first."""
    query = select(RegisterEntry.year).where(RegisterEntry.organisation_id == uow.organisation_id)
    return sorted(set(uow.session.scalars(query)), reverse=True)


def entry_view(entry: RegisterEntry) -> EntryView:
    """An entry as it is shown."""
    amount = dong(entry.prize_amount) if entry.prize_amount is not None else ""
    return EntryView(
        id=entry.id,
        nomination_id=entry.nomination_id,
        number=f"{entry.running_number:03d}/{entry.year}",
        year=entry.year,
        achievement_year=entry.achievement_year,
        award=entry.award,
        award_name=award_name(entry.award),
        subject_kind=entry.subject_kind,
        kind=label(SUBJECT_LABELS, entry.subject_kind),
        name=entry.subject_name,
        unit=entry.unit_name,
        decision=entry.decision_number,
        decision_date=entry.decision_date,
        decided_by=entry.decided_by,
        prize=" – ".join(part for part in (amount, UNVERIFIED if entry.prize_unverified else "") if part),
        prize_unverified=entry.prize_unverified,
        status=entry.status,
    )
