"""Who holds which role on a date: the engine asks here, the answers come from `role_holding`."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from sqlalchemy import ColumnElement, Date, bindparam, or_, select

from engine.database import UnitOfWork
from engine.handlers import RoleHeld
from workflows.gate import in_force
from workflows.tables.organisation import Absence, Person, RoleHolding

_ROLES_OF = (
    select(RoleHolding.role, RoleHolding.organisation_id, RoleHolding.unit_id, RoleHolding.substitute)
    .join(Person, Person.id == RoleHolding.person_id)
    .where(
        RoleHolding.person_id == bindparam("person_id"),
        Person.active,
        *in_force(bindparam("on", type_=Date())),
    )
    .order_by(RoleHolding.role, RoleHolding.id)
)


class RoleLookups:
    """The engine's `Lookups` over our tables; inactive people hold nothing."""

    def holds_role(
        self,
        uow: UnitOfWork,
        person_id: UUID,
        role: str,
        organisation_id: UUID,
        unit_id: UUID | None,
        on: date,
    ) -> bool:
        """Whether the person holds the role regularly; a holding without a unit covers every unit."""
        return person_id in self.holders(uow, organisation_id, role, unit_id, on)

    def roles_of(self, uow: UnitOfWork, person_id: UUID, on: date) -> list[RoleHeld]:
        """Every role of the person on the date, those as substitute included."""
        rows = uow.session.execute(_ROLES_OF, {"person_id": person_id, "on": on})
        return [RoleHeld(*row) for row in rows]

    def holders(
        self, uow: UnitOfWork, organisation_id: UUID, role: str, unit_id: UUID | None, on: date
    ) -> list[UUID]:
        """The regular holders of the role, in the order in which they were appointed."""
        return self._people(uow, organisation_id, role, unit_id, on, substitute=False)

    def substitutes(
        self, uow: UnitOfWork, organisation_id: UUID, role: str, unit_id: UUID | None, on: date
    ) -> list[UUID]:
        """Those appointed to do the role's work when its holders may not."""
        return self._people(uow, organisation_id, role, unit_id, on, substitute=True)

    def absent(self, uow: UnitOfWork, organisation_id: UUID, on: date) -> set[UUID]:
        """Everybody of the organisation who is on leave on the date."""
        query = select(Absence.person_id).where(
            Absence.organisation_id == organisation_id, Absence.first_day <= on, Absence.last_day >= on
        )
        return set(uow.session.scalars(query))

    def person_name(self, uow: UnitOfWork, person_id: UUID) -> str:
        """The person's full name; empty for somebody unknown."""
        person = uow.session.get(Person, person_id)
        return person.full_name if person is not None else ""

    def _people(
        self,
        uow: UnitOfWork,
        organisation_id: UUID,
        role: str,
        unit_id: UUID | None,
        on: date,
        *,
        substitute: bool,
    ) -> list[UUID]:
        rows = uow.session.scalars(
            select(RoleHolding.person_id)
            .join(Person, Person.id == RoleHolding.person_id)
            .where(
                RoleHolding.organisation_id == organisation_id,
                RoleHolding.role == role,
                RoleHolding.substitute.is_(substitute),
                Person.active,
                *in_force(on),
                *_covering(unit_id),
            )
            .order_by(RoleHolding.id)
        )
        return list(dict.fromkeys(rows))


def _covering(unit_id: UUID | None) -> tuple[ColumnElement[bool], ...]:
    if unit_id is None:
        return ()
    return (or_(RoleHolding.unit_id.is_(None), RoleHolding.unit_id == unit_id),)
