"""The merit (thành tích) a dossier rests on: named in a sentence, and backing one award only (AC-16)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import select

from engine.database import UnitOfWork
from engine.errors import N_, FieldError
from engine.models import Organisation
from workflows.actions.nomination_rows import MERIT
from workflows.rules.names import fold, nfc
from workflows.tables.nominations import FAILED_STAGES, Achievement, Nomination


def name_merit(uow: UnitOfWork, values: dict[str, Any], nomination: Nomination | None = None) -> None:
    """Put the merit's id where its name was typed; an empty name takes the merit away.

    The same name, subject and year is the same merit, however it was capitalised or accented. Subject and
    year are those of `nomination` where the values do not say otherwise.
    """
    if MERIT not in values:
        return
    title = values.pop(MERIT)
    subject = values.get("subject_name") or (nomination.subject_name if nomination else "")
    year = values.get("achievement_year") or (nomination.achievement_year if nomination else None)
    values["achievement_id"] = _merit(uow, title, subject, year) if title and subject and year else None


def _merit(uow: UnitOfWork, title: str, subject_name: str, year: int) -> UUID:
    # Who names a merit at the same moment waits: one merit is one row.
    organisation = uow.session.get_one(Organisation, uow.organisation_id, with_for_update=True)
    same_year = select(Achievement).where(
        Achievement.organisation_id == organisation.id, Achievement.year == year
    )
    for known in uow.session.scalars(same_year.order_by(Achievement.id)):
        if (fold(known.title), fold(known.subject_name)) == (fold(title), fold(subject_name)):
            return known.id
    row = Achievement(
        organisation_id=organisation.id, title=nfc(title), subject_name=nfc(subject_name), year=year
    )
    uow.session.add(row)
    uow.session.flush()
    return row.id


def merit_title(uow: UnitOfWork, nomination: Nomination) -> str:
    """The merit in words; empty for a dossier that names none."""
    found = uow.session.get(Achievement, nomination.achievement_id) if nomination.achievement_id else None
    return found.title if found is not None else ""


def check_merit(uow: UnitOfWork, values: Mapping[str, Any], path: str, own: UUID | None) -> list[FieldError]:
    """An error when another dossier that has not failed rests on the same merit."""
    achievement_id = values.get("achievement_id")
    if achievement_id is None:
        return []
    query = select(Nomination.code).where(
        Nomination.achievement_id == achievement_id, Nomination.stage.not_in(FAILED_STAGES)
    )
    if own is not None:
        query = query.where(Nomination.id != own)
    code = uow.session.scalars(query).first()
    if code is None:
        return []
    message = N_("Thành tích này đã được dùng cho hồ sơ %(code)s; một thành tích chỉ được khen một lần.")
    return [FieldError(f"{path}{MERIT}", message % {"code": code})]
