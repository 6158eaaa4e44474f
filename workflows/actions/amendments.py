"""Corrections to what was set up: a person's details, the end of a seat or a delegation, the demo's clock.

`organisation.py` creates, this module changes; both are the administrator's and leave a history row.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, time
from typing import TypeVar
from uuid import UUID

from sqlalchemy import select

from engine import clock, history
from engine.database import UnitOfWork
from engine.errors import N_, FieldError, InvalidForm, NotAllowed, NotFound
from engine.models import Organisation
from workflows import gate
from workflows.actions.organisation import naming
from workflows.rules.names import fold, nfc, sort_key
from workflows.tables.organisation import (
    UNIT_KINDS,
    CalendarDay,
    CouncilSeat,
    Delegation,
    Person,
    RoleHolding,
    Unit,
)

Row = TypeVar("Row", Person, Unit, CouncilSeat, Delegation)
OFFICE_OPENS = time(8, 0)


def update_person(
    uow: UnitOfWork,
    person_id: UUID,
    *,
    full_name: str,
    unit_id: UUID | None = None,
    position: str = "",
    gender: str = "",
    born_year: int | None = None,
    username: str | None = None,
) -> Person:
    """The person with the new details; InvalidForm for an empty name or a user name that is taken.

    Rows that copied the old name (papers, register) keep it: they say what was true then.
    """
    person = _get(uow, Person, person_id, N_("người này"))
    if not nfc(full_name):
        raise _wrong("full_name", N_("Cần nhập họ và tên."))
    login = username.strip().lower() if username else None
    person.full_name, person.name_folded, person.name_sort = (
        nfc(full_name),
        fold(full_name),
        sort_key(full_name),
    )
    person.unit_id, person.position, person.gender = unit_id, nfc(position), gender
    person.born_year = born_year
    with naming(uow, login):
        person.username = login
    _record(uow, "person:changed", {"person": person.id, "name": person.full_name})
    return person


def reactivate_person(uow: UnitOfWork, person_id: UUID) -> None:
    """The person may sign in again and what they hold counts again."""
    person = _get(uow, Person, person_id, N_("người này"))
    person.active = True
    _record(uow, "person:reactivated", {"person": person.id, "name": person.full_name})


def update_unit(
    uow: UnitOfWork, unit_id: UUID, *, name: str, kind: str, valid_to: date | None = None
) -> Unit:
    """The unit with the new name, kind and last day; InvalidForm for an end before its beginning."""
    unit = _get(uow, Unit, unit_id, N_("đơn vị này"))
    if kind not in UNIT_KINDS:
        raise _wrong("kind", N_("Loại đơn vị không hợp lệ."))
    _check_end(unit.valid_from, valid_to, "valid_to")
    unit.name, unit.name_folded, unit.kind, unit.valid_to = nfc(name), fold(name), kind, valid_to
    uow.session.flush()
    _record(uow, "unit:changed", {"unit": unit.id, "name": unit.name, "valid_to": valid_to})
    return unit


def end_seat(uow: UnitOfWork, seat_id: UUID, *, last_day: date) -> None:
    """The seat is free after that day; the council roles that came with it end with it."""
    seat = _get(uow, CouncilSeat, seat_id, N_("ghế Hội đồng này"))
    _check_end(seat.valid_from, last_day, "last_day")
    seat.valid_to = last_day
    carried = select(RoleHolding).where(
        RoleHolding.person_id == seat.person_id,
        RoleHolding.role.in_(("council_member", "council_chair")),
        RoleHolding.substitute.is_(False),
        RoleHolding.valid_from == seat.valid_from,
        RoleHolding.valid_to.is_(None),
    )
    for holding in uow.session.scalars(carried):
        holding.valid_to = last_day
    _record(uow, "seat:ended", {"seat": seat.seat, "person": seat.person_id, "last_day": last_day})


def end_delegation(uow: UnitOfWork, delegation_id: UUID, *, last_day: date) -> None:
    """The person signs for the chairman until that day."""
    row = _get(uow, Delegation, delegation_id, N_("ủy quyền này"))
    _check_end(row.valid_from, last_day, "last_day")
    row.valid_to = last_day
    _record(uow, "delegation:ended", {"person": row.person_id, "last_day": last_day})


def clear_calendar_day(uow: UnitOfWork, day: date) -> None:
    """The day follows the public calendar again."""
    gate.require(uow, "administrator")
    query = select(CalendarDay).where(
        CalendarDay.organisation_id == uow.organisation_id, CalendarDay.day == day
    )
    row = uow.session.scalars(query).first()
    if row is None:
        raise NotFound(what=N_("ngày này"))
    uow.session.delete(row)
    _record(uow, "calendar:cleared", {"day": day})


def move_clock(uow: UnitOfWork, day: date) -> None:
    """Business time goes on to the morning of a later day; what fell due until then fires at once.

    Whoever is signed in may do it, because only a demonstration stands still: NotAllowed when time runs.
    InvalidForm for a day that is not later than the present one.
    """
    if uow.actor_id is None:
        raise NotAllowed(reason=N_("Cần đăng nhập để làm việc này."))
    if clock.fixed_time(uow.session.connection()) is None:
        raise NotAllowed(reason=N_("Hệ thống đang chạy theo giờ thật; không đổi được ngày làm việc."))
    if day <= uow.today:
        raise _wrong("day", N_("Ngày mới phải sau ngày hiện tại của hệ thống; ngày không lùi lại được."))
    if day.year > uow.today.year + 10:
        raise _wrong("day", N_("Ngày mới quá xa; mỗi lần chuyển không quá mười năm."))
    _write(uow, f"clock:{uow.organisation_id}", "clock:moved", {"from": uow.today, "to": day})
    clock.set_clock(uow, datetime.combine(day, OFFICE_OPENS, clock.ZONE))
    uow.enqueue("fire_timers")


def organisation_name(uow: UnitOfWork) -> str:
    """The name of the organisation of the unit of work."""
    found = uow.session.get(Organisation, uow.organisation_id) if uow.organisation_id else None
    return found.name if found is not None else ""


def _check_end(valid_from: date, last_day: date | None, path: str) -> None:
    if last_day is not None and last_day < valid_from:
        raise _wrong(path, N_("Ngày kết thúc trước ngày bắt đầu."))


def _get(uow: UnitOfWork, table: type[Row], key: UUID, what: str) -> Row:
    gate.require(uow, "administrator")
    row = uow.session.get(table, key)
    if row is None or row.organisation_id != uow.organisation_id:
        raise NotFound(what=what)
    return row


def _record(uow: UnitOfWork, event: str, data: Mapping[str, object]) -> None:
    _write(uow, f"people:{uow.organisation_id}", event, data)


def _write(uow: UnitOfWork, chain: str, event: str, data: Mapping[str, object]) -> None:
    history.record(uow, chain, event, data=data)


def _wrong(path: str, message: str) -> InvalidForm:
    return InvalidForm([FieldError(path, message)])
