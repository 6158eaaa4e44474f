"""People, their roles, the units and the council, as the administration pages show them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import or_, select

from engine.database import UnitOfWork
from workflows.gate import in_force
from workflows.labels import ROLE_LABELS, label
from workflows.rules.names import fold
from workflows.tables.organisation import CouncilSeat, Person, RoleHolding, Unit


@dataclass(frozen=True)
class HeldRole:
    """A role held today: its words, the unit's name (empty: the whole organisation), held as a substitute."""

    label: str
    unit: str
    substitute: bool


@dataclass(frozen=True)
class PersonRow:
    """One person with the unit's name and the roles held today."""

    person: Person
    unit: str
    roles: tuple[HeldRole, ...]


def people(
    uow: UnitOfWork, *, text: str = "", unit_id: UUID | None = None, accounts_only: bool = False
) -> list[PersonRow]:
    """The people of this organisation by given name, narrowed by a search without diacritics."""
    query = (
        select(Person, Unit.name)
        .outerjoin(Unit, Unit.id == Person.unit_id)
        .where(Person.organisation_id == uow.organisation_id)
    )
    for word in fold(text).split():
        query = query.where(Person.name_folded.like(f"%{word.replace('%', '').replace('_', '')}%"))
    if unit_id is not None:
        query = query.where(Person.unit_id == unit_id)
    if accounts_only:
        query = query.where(Person.username.is_not(None))
    roles = _roles(uow)
    found = uow.session.execute(query.order_by(Person.name_sort, Person.id))
    return [PersonRow(person, unit or "", tuple(roles.get(person.id, ()))) for person, unit in found]


def names_of(uow: UnitOfWork, person_ids: Iterable[UUID]) -> dict[UUID, str]:
    """The names of several people at once."""
    query = select(Person.id, Person.full_name).where(Person.id.in_(set(person_ids)))
    return {row[0]: row[1] for row in uow.session.execute(query)}


def person_row(uow: UnitOfWork, username: str) -> Person | None:
    """The person with this user name, whatever the organisation; None when there is none."""
    return uow.session.scalars(select(Person).where(Person.username == username.strip().lower())).first()


def units(uow: UnitOfWork) -> list[Unit]:
    """The units of this organisation that exist today, kind by kind."""
    query = select(Unit).where(
        Unit.organisation_id == uow.organisation_id,
        or_(Unit.valid_to.is_(None), Unit.valid_to >= uow.today),
    )
    return list(uow.session.scalars(query.order_by(Unit.kind, Unit.code)))


def holdings(uow: UnitOfWork, person_id: UUID) -> list[tuple[RoleHolding, str]]:
    """Every role the person ever held here, newest first, with the unit's name."""
    query = (
        select(RoleHolding, Unit.name)
        .outerjoin(Unit, Unit.id == RoleHolding.unit_id)
        .where(RoleHolding.organisation_id == uow.organisation_id, RoleHolding.person_id == person_id)
        .order_by(RoleHolding.valid_from.desc(), RoleHolding.id.desc())
    )
    return [(holding, unit or "") for holding, unit in uow.session.execute(query)]


def council(uow: UnitOfWork) -> list[tuple[CouncilSeat, Person]]:
    """The seats of the council today with who sits on them, in order of seats."""
    query = (
        select(CouncilSeat, Person)
        .join(Person, Person.id == CouncilSeat.person_id)
        .where(
            CouncilSeat.organisation_id == uow.organisation_id,
            CouncilSeat.valid_from <= uow.today,
            or_(CouncilSeat.valid_to.is_(None), CouncilSeat.valid_to >= uow.today),
        )
    )
    return [(seat, person) for seat, person in uow.session.execute(query.order_by(CouncilSeat.seat))]


def _roles(uow: UnitOfWork) -> dict[UUID, list[HeldRole]]:
    query = (
        select(RoleHolding, Unit.name)
        .outerjoin(Unit, Unit.id == RoleHolding.unit_id)
        .where(RoleHolding.organisation_id == uow.organisation_id, *in_force(uow.today))
        .order_by(RoleHolding.id)
    )
    found: dict[UUID, list[HeldRole]] = {}
    for holding, unit in uow.session.execute(query):
        held = HeldRole(label(ROLE_LABELS, holding.role), unit or "", holding.substitute)
        found.setdefault(holding.person_id, []).append(held)
    return found
