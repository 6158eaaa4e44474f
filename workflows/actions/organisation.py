"""Setting up an organisation: units, people, roles, seats, delegations, the calendar.

The administrator does it; the very first administrator of an installation is created without one, while
the organisation has none.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from typing import TypeVar
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from engine import history
from engine.database import UnitOfWork, new_id
from engine.errors import N_, FieldError, InvalidForm, NotAllowed, NotFound
from engine.models import Organisation
from workflows import gate
from workflows.rules.names import fold, nfc, sort_key
from workflows.tables.organisation import (
    CHANNELS,
    ROLES,
    UNIT_KINDS,
    CalendarDay,
    CouncilSeat,
    Delegation,
    Person,
    RoleHolding,
    Unit,
    UnitChannel,
)

Row = TypeVar("Row")


def create_organisation(
    uow: UnitOfWork,
    *,
    code: str,
    name: str,
    level: str,
    parent_id: UUID | None = None,
    organisation_id: UUID | None = None,
) -> Organisation:
    """A new organisation; the unit of work should already stand in `organisation_id` when one is given.

    InvalidForm when the code is taken, NotAllowed when somebody other than an administrator asks.
    """
    if uow.actor_id is not None:
        gate.require(uow, "administrator")
    if uow.session.scalar(select(Organisation.id).where(Organisation.code == code)) is not None:
        raise _wrong("code", N_("Mã tổ chức %(code)s đã có.") % {"code": code})
    organisation = Organisation(
        id=organisation_id or new_id(), code=code, name=nfc(name), level=level, parent_id=parent_id
    )
    uow.session.add(organisation)
    uow.session.flush()
    history.record(
        uow,
        f"organisation:{organisation.id}",
        "organisation:created",
        data={"code": code, "name": organisation.name, "level": level},
        organisation_id=organisation.id,
    )
    return organisation


def create_unit(
    uow: UnitOfWork,
    *,
    code: str,
    name: str,
    kind: str,
    valid_from: date,
    channel: str = "commune",
    channel_advice: str = "",
    valid_to: date | None = None,
) -> Unit:
    """A new unit with its first channel; InvalidForm for a code that is taken or a kind that is not known."""
    organisation_id = _administer(uow)
    if kind not in UNIT_KINDS:
        raise _wrong("kind", N_("Loại đơn vị không hợp lệ."))
    taken = select(Unit.id).where(Unit.organisation_id == organisation_id, Unit.code == code)
    if uow.session.scalar(taken) is not None:
        raise _wrong("code", N_("Mã đơn vị %(code)s đã có.") % {"code": code})
    unit = Unit(
        organisation_id=organisation_id,
        code=code,
        name=nfc(name),
        name_folded=fold(name),
        kind=kind,
        valid_from=valid_from,
        valid_to=valid_to,
    )
    uow.session.add(unit)
    uow.session.flush()
    _record(uow, "unit:created", {"unit": str(unit.id), "code": code, "name": unit.name})
    set_channel(uow, unit.id, channel=channel, advice=channel_advice, valid_from=valid_from)
    return unit


def set_channel(
    uow: UnitOfWork, unit_id: UUID, *, channel: str, valid_from: date, advice: str = ""
) -> UnitChannel:
    """The unit's channel from a date on; the one before ends on the day before, nothing is overwritten."""
    organisation_id = _administer(uow)
    if channel not in CHANNELS:
        raise _wrong("channel", N_("Tuyến trình khen không hợp lệ."))
    before = uow.session.scalars(
        select(UnitChannel).where(UnitChannel.unit_id == unit_id).order_by(UnitChannel.valid_from.desc())
    ).first()
    if before is not None:
        if valid_from <= before.valid_from:
            raise _wrong("valid_from", N_("Ngày áp dụng phải sau ngày áp dụng của tuyến trình khen trước."))
        before.valid_to = date.fromordinal(valid_from.toordinal() - 1)
    row = UnitChannel(
        organisation_id=organisation_id,
        unit_id=unit_id,
        channel=channel,
        advice=nfc(advice),
        valid_from=valid_from,
    )
    uow.session.add(row)
    uow.session.flush()
    _record(uow, "unit:channel_set", {"unit": str(unit_id), "channel": channel, "from": str(valid_from)})
    return row


@contextmanager
def naming(uow: UnitOfWork, login: str | None) -> Iterator[None]:
    """Change a person inside; InvalidForm when the user name is taken, also by somebody of an organisation
    whose people this one may not see."""
    try:
        with uow.session.begin_nested():
            yield
    except IntegrityError as error:
        if "username" not in str(error.orig):
            raise
        raise _wrong("username", N_("Tên đăng nhập %(name)s đã có người dùng.") % {"name": login}) from error


def create_person(
    uow: UnitOfWork,
    *,
    full_name: str,
    unit_id: UUID | None = None,
    position: str = "",
    gender: str = "",
    born_year: int | None = None,
    username: str | None = None,
    fictitious: bool = False,
) -> Person:
    """A new person; without `username` somebody who never signs in. InvalidForm when it is taken."""
    organisation_id = _administer(uow)
    if not nfc(full_name):
        raise _wrong("full_name", N_("Cần nhập họ và tên."))
    login = username.strip().lower() if username else None
    person = Person(
        organisation_id=organisation_id,
        full_name=nfc(full_name),
        name_folded=fold(full_name),
        name_sort=sort_key(full_name),
        unit_id=unit_id,
        position=nfc(position),
        gender=gender,
        born_year=born_year,
        username=login,
        fictitious=fictitious,
    )
    with naming(uow, login):
        uow.session.add(person)
    _record(uow, "person:created", {"person": str(person.id), "name": person.full_name})
    return person


def deactivate_person(uow: UnitOfWork, person_id: UUID, reason: str) -> None:
    """The person can no longer sign in nor hold a role; the rows that name them stay."""
    _administer(uow)
    person = _get(uow, Person, person_id, N_("người này"))
    if not reason.strip():
        raise _wrong("reason", N_("Cần nêu lý do."))
    person.active = False
    _record(uow, "person:deactivated", {"person": str(person_id), "reason": nfc(reason)})


def grant_role(
    uow: UnitOfWork,
    person_id: UUID,
    role: str,
    *,
    valid_from: date,
    unit_id: UUID | None = None,
    substitute: bool = False,
    valid_to: date | None = None,
) -> RoleHolding:
    """The person holds the role from a date on, as substitute when so said.

    NotAllowed when an administrator would also hold a role in dossiers (separation of duties,
    domain.md §11); InvalidForm for a role that is not known.
    """
    organisation_id = _administer(uow)
    _get(uow, Person, person_id, N_("người này"))
    if role not in ROLES:
        raise _wrong("role", N_("Vai trò không hợp lệ."))
    _keep_apart(uow, person_id, role)
    holding = RoleHolding(
        organisation_id=organisation_id,
        person_id=person_id,
        role=role,
        unit_id=unit_id,
        substitute=substitute,
        valid_from=valid_from,
        valid_to=valid_to,
    )
    uow.session.add(holding)
    uow.session.flush()
    _record(
        uow,
        "role:granted",
        {
            "person": str(person_id),
            "role": role,
            "unit": str(unit_id or ""),
            "substitute": substitute,
            "from": str(valid_from),
        },
    )
    return holding


def end_role(uow: UnitOfWork, holding_id: UUID, *, last_day: date) -> None:
    """The holding ends on that day; InvalidForm when that is before it began."""
    _administer(uow)
    holding = _get(uow, RoleHolding, holding_id, N_("vai trò này"))
    if last_day < holding.valid_from:
        raise _wrong("last_day", N_("Ngày kết thúc trước ngày bắt đầu."))
    holding.valid_to = last_day
    _record(uow, "role:ended", {"holding": str(holding_id), "last_day": str(last_day)})


def seat_member(
    uow: UnitOfWork,
    person_id: UUID,
    *,
    seat: int,
    title: str,
    valid_from: date,
    is_chair: bool = False,
    valid_to: date | None = None,
) -> CouncilSeat:
    """A seat in the council, with the roles it carries; InvalidForm when it is occupied on that date."""
    organisation_id = _administer(uow)
    occupied = select(CouncilSeat).where(
        CouncilSeat.organisation_id == organisation_id,
        CouncilSeat.seat == seat,
        (CouncilSeat.valid_to.is_(None)) | (CouncilSeat.valid_to >= valid_from),
    )
    if uow.session.scalars(occupied).first() is not None:
        raise _wrong("seat", N_("Ghế số %(seat)d đang có người.") % {"seat": seat})
    row = CouncilSeat(
        organisation_id=organisation_id,
        person_id=person_id,
        seat=seat,
        title=nfc(title),
        is_chair=is_chair,
        valid_from=valid_from,
        valid_to=valid_to,
    )
    uow.session.add(row)
    for role in ("council_member", "council_chair") if is_chair else ("council_member",):
        grant_role(uow, person_id, role, valid_from=valid_from, valid_to=valid_to)
    return row


def delegate(
    uow: UnitOfWork,
    person_id: UUID,
    *,
    position: str,
    basis: str,
    valid_from: date,
    valid_to: date | None = None,
) -> Delegation:
    """The person may sign KT. for the chairman; InvalidForm without the paper that says so."""
    organisation_id = _administer(uow)
    _get(uow, Person, person_id, N_("người này"))
    if not basis.strip():
        raise _wrong("basis", N_("Cần ghi văn bản ủy quyền, phân công."))
    row = Delegation(
        organisation_id=organisation_id,
        person_id=person_id,
        position=nfc(position),
        basis=nfc(basis),
        valid_from=valid_from,
        valid_to=valid_to,
    )
    uow.session.add(row)
    uow.session.flush()
    _record(uow, "delegation:created", {"person": str(person_id), "basis": row.basis})
    return row


def set_calendar_day(uow: UnitOfWork, day: date, *, kind: str, note: str) -> CalendarDay:
    """The day is a holiday or a compensatory working day here, whatever the public calendar says."""
    organisation_id = _administer(uow)
    row = uow.session.scalars(
        select(CalendarDay).where(CalendarDay.organisation_id == organisation_id, CalendarDay.day == day)
    ).first()
    if row is None:
        row = CalendarDay(organisation_id=organisation_id, day=day)
        uow.session.add(row)
    row.kind, row.note = kind, nfc(note)
    uow.session.flush()
    _record(uow, "calendar:set", {"day": str(day), "kind": kind, "note": row.note})
    return row


def _keep_apart(uow: UnitOfWork, person_id: UUID, role: str) -> None:
    held = set(
        uow.session.scalars(
            select(RoleHolding.role).where(RoleHolding.person_id == person_id, *gate.in_force(uow.today))
        )
    )
    if (role == "administrator" and held - {"administrator"}) or (
        role != "administrator" and "administrator" in held
    ):
        raise NotAllowed(
            reason=N_("Tài khoản quản trị hệ thống không được giữ vai trò nghiệp vụ trong hồ sơ khen thưởng.")
        )


def _administer(uow: UnitOfWork) -> UUID:
    organisation_id = _organisation(uow)
    if not _bootstrapping(uow, organisation_id):
        gate.require(uow, "administrator")
    return organisation_id


def _bootstrapping(uow: UnitOfWork, organisation_id: UUID) -> bool:
    if uow.actor_id is not None:
        return False
    appointed = select(RoleHolding.id).where(
        RoleHolding.organisation_id == organisation_id, RoleHolding.role == "administrator"
    )
    return uow.session.scalars(appointed).first() is None


def _organisation(uow: UnitOfWork) -> UUID:
    if uow.organisation_id is None:
        raise NotFound(what=N_("tổ chức đang làm việc"))
    return uow.organisation_id


def _record(uow: UnitOfWork, event: str, data: dict[str, object]) -> None:
    history.record(uow, f"people:{uow.organisation_id}", event, data=data)


def _wrong(path: str, message: str) -> InvalidForm:
    return InvalidForm([FieldError(path, message)])


def _get(uow: UnitOfWork, table: type[Row], key: UUID, what: str) -> Row:
    row = uow.session.get(table, key)
    if row is None or getattr(row, "organisation_id", None) != uow.organisation_id:
        raise NotFound(what=what)
    return row
