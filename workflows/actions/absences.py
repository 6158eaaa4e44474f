"""Leave: from one day to another a person's work goes to who holds the same role, or stands in for it."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from sqlalchemy import select

from engine import history
from engine.database import UnitOfWork
from engine.errors import N_, FieldError, InvalidForm, NotFound
from workflows import gate
from workflows.rules.names import nfc
from workflows.tables.organisation import Absence, Person


def record_absence(
    uow: UnitOfWork, person_id: UUID, *, first_day: date, last_day: date, reason: str
) -> Absence:
    """The person is on leave on these days, both included.

    InvalidForm when the last day is before the first or has passed, or when it overlaps another leave.
    """
    gate.require(uow, "administrator")
    person = uow.session.get(Person, person_id)
    if person is None or person.organisation_id != uow.organisation_id:
        raise NotFound(N_("người này"))
    if not nfc(reason):
        raise _wrong("reason", N_("Cần nêu lý do."))
    if last_day < first_day:
        raise _wrong("last_day", N_("Ngày cuối trước ngày đầu."))
    if last_day < uow.today:
        raise _wrong("last_day", N_("Những ngày này đã qua."))
    overlapping = select(Absence.id).where(
        Absence.person_id == person_id, Absence.first_day <= last_day, Absence.last_day >= first_day
    )
    if uow.session.scalars(overlapping.limit(1)).first() is not None:
        raise _wrong("first_day", N_("Người này đã có đợt nghỉ trùng với những ngày này."))
    row = Absence(
        organisation_id=person.organisation_id,
        person_id=person_id,
        first_day=first_day,
        last_day=last_day,
        reason=nfc(reason),
    )
    uow.session.add(row)
    uow.session.flush()
    days = {"from": first_day, "to": last_day, "reason": row.reason}
    _record(uow, "absence:recorded", {"person": person_id, **days})
    return row


def end_absence(uow: UnitOfWork, absence_id: UUID) -> None:
    """The person is back from today on; leave that has not begun is struck out. InvalidForm when it is over."""
    gate.require(uow, "administrator")
    row = uow.session.get(Absence, absence_id)
    if row is None or row.organisation_id != uow.organisation_id:
        raise NotFound(N_("đợt nghỉ này"))
    if row.last_day < uow.today:
        raise _wrong("last_day", N_("Những ngày này đã qua."))
    _record(uow, "absence:ended", {"person": row.person_id, "from": row.first_day, "to": row.last_day})
    if row.first_day >= uow.today:
        uow.session.delete(row)
    else:
        row.last_day = date.fromordinal(uow.today.toordinal() - 1)


def absences_of(uow: UnitOfWork, person_id: UUID) -> list[Absence]:
    """A person's leave that is not over yet, the next first."""
    query = select(Absence).where(
        Absence.organisation_id == uow.organisation_id,
        Absence.person_id == person_id,
        Absence.last_day >= uow.today,
    )
    return list(uow.session.scalars(query.order_by(Absence.first_day)))


def _record(uow: UnitOfWork, event: str, data: dict[str, object]) -> None:
    history.record(uow, f"people:{uow.organisation_id}", event, data=data)


def _wrong(path: str, message: str) -> InvalidForm:
    return InvalidForm([FieldError(path, message)])
