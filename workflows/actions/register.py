"""Entries of the register that do not come from a dossier here: awards given before this installation."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from sqlalchemy import func, select

from engine import history
from engine.database import UnitOfWork
from engine.errors import N_, FieldError, InvalidForm
from engine.models import Organisation
from workflows.gate import require
from workflows.rules.names import fold, nfc
from workflows.tables.register import RegisterEntry


def enter_earlier_award(
    uow: UnitOfWork,
    *,
    award: str,
    subject_kind: str,
    subject_name: str,
    decision_number: str,
    decision_date: date,
    decided_by: str,
    achievement_year: int | None = None,
    person_id: UUID | None = None,
    unit_name: str = "",
) -> RegisterEntry:
    """The office enters an award that was given before, so that prerequisites can be looked up.

    No prize is reckoned for it. NotAllowed, InvalidForm (a field that is empty, a date in the future).
    """
    require(uow, "standing_office")
    assert uow.organisation_id is not None
    given = {"award": award, "subject_name": subject_name, "decision_number": decision_number}
    errors = [
        FieldError(name, N_("Không được để trống.")) for name, text in given.items() if not text.strip()
    ]
    if decision_date > uow.today:
        errors.append(FieldError("decision_date", N_("Ngày quyết định không được ở tương lai.")))
    if errors:
        raise InvalidForm(errors)
    entry = RegisterEntry(
        organisation_id=uow.organisation_id,
        year=decision_date.year,
        running_number=next_number(uow, decision_date.year),
        award=award.strip(),
        achievement_year=achievement_year or decision_date.year,
        subject_kind=subject_kind,
        subject_name=nfc(subject_name),
        name_folded=fold(subject_name),
        person_id=person_id,
        unit_name=nfc(unit_name),
        decision_number=nfc(decision_number),
        decision_date=decision_date,
        decided_by=nfc(decided_by),
        created_at=uow.now,
    )
    uow.session.add(entry)
    uow.session.flush()
    history.record(uow, f"register:{uow.organisation_id}", "register:entered", data={"entry": entry.id})
    return entry


def next_number(uow: UnitOfWork, year: int) -> int:
    """The next running number of the year; those who enter wait for each other on the organisation's row."""
    uow.session.execute(
        select(Organisation.id).where(Organisation.id == uow.organisation_id).with_for_update()
    )
    last = uow.session.scalar(
        select(func.max(RegisterEntry.running_number)).where(
            RegisterEntry.organisation_id == uow.organisation_id, RegisterEntry.year == year
        )
    )
    return (last or 0) + 1
