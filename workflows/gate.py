"""Who may act: the check every action makes for itself, whatever the page showed."""

from __future__ import annotations

from datetime import date
from functools import reduce
from uuid import UUID

from sqlalchemy import ColumnElement, Select, or_, select

from engine.database import UnitOfWork
from engine.errors import N_, NotAllowed
from workflows.labels import ROLE_LABELS
from workflows.tables.organisation import RoleHolding, Unit


def holds(uow: UnitOfWork, person_id: UUID, role: str, *, unit_id: UUID | None = None) -> bool:
    """Whether the person holds the role today, as holder or substitute, in this organisation.

    A holding without a unit covers every unit; with `unit_id` empty any unit's holding is enough.
    """
    if uow.readonly:
        return any(_covers(held, role, unit_id) for held in _all_held(uow, person_id))
    return uow.session.scalar(_held(uow, person_id, role, unit_id).limit(1)) is not None


def units_of(uow: UnitOfWork, person_id: UUID, role: str) -> list[UUID] | None:
    """The units in which the person holds the role today; None when it is held for the whole organisation."""
    held = list(uow.session.scalars(_held(uow, person_id, role, None)))
    if any(holding.unit_id is None for holding in held):
        return None
    return [holding.unit_id for holding in held if holding.unit_id is not None]


def _all_held(uow: UnitOfWork, person_id: UUID) -> list[RoleHolding]:
    """Everything that the person holds today; a page asks for many roles and units."""
    key = ("role holdings", uow.organisation_id, person_id)
    if key not in uow.remembered:
        query = select(RoleHolding).where(
            RoleHolding.organisation_id == uow.organisation_id,
            RoleHolding.person_id == person_id,
            *in_force(uow.today),
        )
        uow.remembered[key] = list(uow.session.scalars(query))
    found: list[RoleHolding] = uow.remembered[key]
    return found


def _covers(held: RoleHolding, role: str, unit_id: UUID | None) -> bool:
    return held.role == role and (unit_id is None or held.unit_id in (None, unit_id))


def require(uow: UnitOfWork, role: str, unit_id: UUID | None = None) -> UUID:
    """The actor's id when the actor holds the role; NotAllowed with the reason in Vietnamese otherwise."""
    return require_any(uow, (role,), unit_id)


def require_any(uow: UnitOfWork, roles: tuple[str, ...], unit_id: UUID | None = None) -> UUID:
    """The actor's id when the actor holds one of the roles; NotAllowed otherwise."""
    actor = uow.actor_id
    if actor is None:
        raise NotAllowed(reason=N_("Cần đăng nhập để làm việc này."))
    if not any(holds(uow, actor, role, unit_id=unit_id) for role in roles):
        raise NotAllowed(reason=_missing(uow, roles, unit_id))
    return actor


def _held(uow: UnitOfWork, person_id: UUID, role: str, unit_id: UUID | None) -> Select[RoleHolding]:
    query = select(RoleHolding).where(
        RoleHolding.organisation_id == uow.organisation_id,
        RoleHolding.person_id == person_id,
        RoleHolding.role == role,
        *in_force(uow.today),
    )
    if unit_id is not None:
        query = query.where(or_(RoleHolding.unit_id.is_(None), RoleHolding.unit_id == unit_id))
    return query


def in_force(on: date | ColumnElement[date]) -> tuple[ColumnElement[bool], ...]:
    """The conditions under which a role holding counts on a date; both ends belong to it."""
    return (
        RoleHolding.valid_from <= on,
        or_(RoleHolding.valid_to.is_(None), RoleHolding.valid_to >= on),
    )


def _missing(uow: UnitOfWork, roles: tuple[str, ...], unit_id: UUID | None) -> str:
    names = reduce(_either, [ROLE_LABELS.get(role, role) for role in reversed(roles)])
    unit = uow.session.get(Unit, unit_id) if unit_id is not None else None
    if unit is None:
        return N_("Việc này dành cho vai trò “%(roles)s”.") % {"roles": names}
    return N_("Việc này dành cho vai trò “%(roles)s” của %(unit)s.") % {"roles": names, "unit": unit.name}


def _either(others: str, one: str) -> str:
    return N_("%(one)s” hoặc “%(others)s") % {"one": one, "others": others}
