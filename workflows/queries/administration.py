"""What the administrator looks after: gaps in the appointments, seats, delegations, days, failures."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from uuid import UUID

import holidays
from sqlalchemy import or_, select

from engine import candidates
from engine.clock import fixed_time
from engine.database import UnitOfWork
from engine.errors import N_, NotFound
from engine.handlers import lookups
from engine.models import Organisation, Task
from workflows import gate
from workflows.labels import ROLE_LABELS, STEP_VERBS
from workflows.rules.names import fold
from workflows.tables.organisation import (
    CalendarDay,
    CouncilSeat,
    Delegation,
    Person,
    RoleHolding,
    Unit,
    UnitChannel,
)
from workflows.tables.papers import NumberBlock, NumberIssued

OF_THE_COMMUNE = (
    "standing_office",
    "council_chair",
    "council_member",
    "chairman",
    "clerk",
    "inspector",
    "publicity",
    "administrator",
)
OF_THE_CITY = ("city_desk", "administrator")
OF_A_UNIT = ("nominator", "unit_head")
WITH_SUBSTITUTE = ("standing_office", "council_chair", "chairman", "clerk", "city_desk")
DAY_KINDS = {"holiday": N_("Ngày nghỉ"), "workday": N_("Ngày làm bù")}


@dataclass(frozen=True)
class Gaps:
    """What somebody must be appointed for; every list is in words."""

    roles: list[str]
    units: list[tuple[str, str]]
    substitutes: list[str]
    tasks: list[str]

    def __bool__(self) -> bool:
        return bool(self.roles or self.units or self.substitutes or self.tasks)


@dataclass(frozen=True)
class Holding:
    """One appointment with everything the list shows; `state` is current, future or ended."""

    row: RoleHolding
    person: str
    role: str
    unit: str
    state: str


@dataclass(frozen=True)
class Day:
    """One day that is not what its weekday says."""

    day: date
    name: str
    kind: str
    own: bool


@dataclass(frozen=True)
class Block:
    """A reserved range of numbers and how many of them are still free."""

    block: NumberBlock
    free: int


def gaps(uow: UnitOfWork) -> Gaps:
    """Roles nobody holds today, units without one, roles without a substitute, tasks nobody may do."""
    gate.require(uow, "administrator")
    organisation = uow.session.get(Organisation, uow.organisation_id)
    commune = organisation is not None and organisation.level == "commune"
    wanted = OF_THE_COMMUNE if commune else OF_THE_CITY
    return Gaps(
        roles=[ROLE_LABELS[role] for role in wanted if not _holders(uow, role)],
        units=_units_without(uow) if commune else [],
        substitutes=[
            ROLE_LABELS[role]
            for role in wanted
            if role in WITH_SUBSTITUTE and len(_holders(uow, role)) == 1 and not _substitutes(uow, role)
        ],
        tasks=_stuck(uow),
    )


def _holders(uow: UnitOfWork, role: str) -> list[UUID]:
    assert uow.organisation_id is not None
    return lookups().holders(uow, uow.organisation_id, role, None, uow.today)


def _substitutes(uow: UnitOfWork, role: str) -> list[UUID]:
    assert uow.organisation_id is not None
    return lookups().substitutes(uow, uow.organisation_id, role, None, uow.today)


def _units_without(uow: UnitOfWork) -> list[tuple[str, str]]:
    holders = select(RoleHolding.role, RoleHolding.unit_id).where(
        RoleHolding.organisation_id == uow.organisation_id,
        RoleHolding.role.in_(OF_A_UNIT),
        RoleHolding.substitute.is_(False),
        *gate.in_force(uow.today),
    )
    held = {(role, unit_id) for role, unit_id in uow.session.execute(holders)}
    return [
        (ROLE_LABELS[role], unit.name)
        for unit in _present_units(uow)
        for role in OF_A_UNIT
        if not {(role, unit.id), (role, None)} & held
    ]


def _present_units(uow: UnitOfWork) -> list[Unit]:
    query = select(Unit).where(
        Unit.organisation_id == uow.organisation_id,
        Unit.valid_from <= uow.today,
        or_(Unit.valid_to.is_(None), Unit.valid_to >= uow.today),
    )
    return list(uow.session.scalars(query.order_by(Unit.kind, Unit.code)))


def _stuck(uow: UnitOfWork) -> list[str]:
    """Step and role only: the administrator does not read dossiers."""
    query = select(Task).where(Task.organisation_id == uow.organisation_id, Task.state == "open")
    found = []
    for task in uow.session.scalars(query.order_by(Task.id)):
        if candidates.missing_substitute(uow, task) is not None:
            step = STEP_VERBS.get(task.step, task.name)
            role = ROLE_LABELS.get(task.role, task.role)
            unit = uow.session.get(Unit, task.unit_id) if task.unit_id else None
            found.append(f"{step} – {role}" + (f", {unit.name}" if unit else ""))
    return found


def role_holdings(uow: UnitOfWork, *, role: str = "", ended: bool = False) -> list[Holding]:
    """Who holds what where: today's and future appointments, the ended ones too when asked."""
    gate.require(uow, "administrator")
    query = (
        select(RoleHolding, Person.full_name, Unit.name)
        .join(Person, Person.id == RoleHolding.person_id)
        .outerjoin(Unit, Unit.id == RoleHolding.unit_id)
        .where(RoleHolding.organisation_id == uow.organisation_id)
        .order_by(RoleHolding.role, Unit.code, RoleHolding.substitute, Person.name_sort, RoleHolding.id)
    )
    if role:
        query = query.where(RoleHolding.role == role)
    found = [
        Holding(row, person, ROLE_LABELS.get(row.role, row.role), unit or "", _state(row, uow.today))
        for row, person, unit in uow.session.execute(query)
    ]
    return [holding for holding in found if ended or holding.state != "ended"]


def _state(row: RoleHolding | CouncilSeat | Delegation, today: date) -> str:
    if row.valid_from > today:
        return "future"
    return "ended" if row.valid_to is not None and row.valid_to < today else "current"


def person(uow: UnitOfWork, person_id: UUID) -> Person:
    """One person of this organisation; NotFound otherwise."""
    gate.require(uow, "administrator")
    row = uow.session.get(Person, person_id)
    if row is None or row.organisation_id != uow.organisation_id:
        raise NotFound(what=N_("người này"))
    return row


def person_choices(uow: UnitOfWork) -> list[tuple[str, str]]:
    """Active people by given name, with their position."""
    query = select(Person).where(Person.organisation_id == uow.organisation_id, Person.active)
    rows = uow.session.scalars(query.order_by(Person.name_sort))
    return [
        (str(row.id), f"{row.full_name} – {row.position}" if row.position else row.full_name) for row in rows
    ]


def all_units(uow: UnitOfWork, text: str = "") -> list[tuple[Unit, UnitChannel | None]]:
    """Every unit with its channel of today, the closed ones last."""
    gate.require(uow, "administrator")
    query = select(Unit).where(Unit.organisation_id == uow.organisation_id)
    for word in fold(text).split():
        query = query.where(Unit.name_folded.like(f"%{word.replace('%', '').replace('_', '')}%"))
    present = (
        UnitChannel.valid_from <= uow.today,
        or_(UnitChannel.valid_to.is_(None), UnitChannel.valid_to >= uow.today),
    )
    channels = select(UnitChannel).where(UnitChannel.organisation_id == uow.organisation_id, *present)
    by_unit = {row.unit_id: row for row in uow.session.scalars(channels)}
    units = uow.session.scalars(query.order_by(Unit.valid_to.is_not(None), Unit.kind, Unit.code))
    return [(unit, by_unit.get(unit.id)) for unit in units]


def unit_with_channels(uow: UnitOfWork, unit_id: UUID) -> tuple[Unit, list[UnitChannel]]:
    """One unit and its channels, the newest first; NotFound otherwise."""
    gate.require(uow, "administrator")
    unit = uow.session.get(Unit, unit_id)
    if unit is None or unit.organisation_id != uow.organisation_id:
        raise NotFound(what=N_("đơn vị này"))
    query = select(UnitChannel).where(UnitChannel.unit_id == unit_id).order_by(UnitChannel.valid_from.desc())
    return unit, list(uow.session.scalars(query))


def seats(uow: UnitOfWork) -> list[tuple[CouncilSeat, str, str]]:
    """Every seat ever taken with name and state, present ones first."""
    gate.require(uow, "administrator")
    query = (
        select(CouncilSeat, Person.full_name)
        .join(Person, Person.id == CouncilSeat.person_id)
        .where(CouncilSeat.organisation_id == uow.organisation_id)
        .order_by(CouncilSeat.seat, CouncilSeat.valid_from.desc())
    )
    rows = [(row, name, _state(row, uow.today)) for row, name in uow.session.execute(query)]
    return sorted(rows, key=lambda each: each[2] == "ended")


def delegations(uow: UnitOfWork) -> list[tuple[Delegation, str, str]]:
    """Who may sign for the chairman, with name and state, the newest first."""
    gate.require(uow, "administrator")
    query = (
        select(Delegation, Person.full_name)
        .join(Person, Person.id == Delegation.person_id)
        .where(Delegation.organisation_id == uow.organisation_id)
        .order_by(Delegation.valid_from.desc(), Delegation.id.desc())
    )
    return [(row, name, _state(row, uow.today)) for row, name in uow.session.execute(query)]


def days(uow: UnitOfWork, year: int) -> list[Day]:
    """Public holidays of the year and the organisation's own days; an own day outweighs a public one."""
    gate.require(uow, "administrator")
    found = {day: Day(day, name, "holiday", False) for day, name in _public(year).items()}
    query = select(CalendarDay).where(
        CalendarDay.organisation_id == uow.organisation_id,
        CalendarDay.day.between(date(year, 1, 1), date(year, 12, 31)),
    )
    for row in uow.session.scalars(query):
        found[row.day] = Day(row.day, row.note, row.kind, True)
    return [found[day] for day in sorted(found)]


def _public(year: int) -> dict[date, str]:
    return dict(holidays.country_holidays("VN", years=year, language="vi"))


def blocks(uow: UnitOfWork) -> list[Block]:
    """Reserved ranges of numbers, this year's first, with what is left of them."""
    gate.require_any(uow, ("administrator", "clerk"))
    order = (NumberBlock.year.desc(), NumberBlock.series, NumberBlock.first)
    query = select(NumberBlock).where(NumberBlock.organisation_id == uow.organisation_id).order_by(*order)
    used = select(NumberIssued.year, NumberIssued.series, NumberIssued.number).where(
        NumberIssued.organisation_id == uow.organisation_id
    )
    taken = {(year, series, number) for year, series, number in uow.session.execute(used)}
    return [
        Block(row, sum((row.year, row.series, n) not in taken for n in range(row.first, row.last + 1)))
        for row in uow.session.scalars(query)
    ]


def clock_stands(uow: UnitOfWork) -> bool:
    """Whether business time is fixed, as in the demonstration."""
    return fixed_time(uow.session.connection()) is not None
