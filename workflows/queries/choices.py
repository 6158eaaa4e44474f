"""The choices of a form's lists: movements, units, people."""

from __future__ import annotations

from sqlalchemy import or_, select

from engine.database import UnitOfWork
from workflows.tables.movements import Movement
from workflows.tables.organisation import Unit

Choice = tuple[str, str]


def movement_choices(uow: UnitOfWork) -> list[Choice]:
    """The movements of this organisation that run today, in the catalogue's order."""
    query = select(Movement).where(
        Movement.organisation_id == uow.organisation_id,
        Movement.starts_on <= uow.today,
        or_(Movement.ends_on.is_(None), Movement.ends_on >= uow.today),
    )
    return [(str(row.id), row.name) for row in uow.session.scalars(query.order_by(Movement.code))]


def unit_choices(uow: UnitOfWork) -> list[Choice]:
    """The units of this organisation that exist today."""
    query = select(Unit).where(
        Unit.organisation_id == uow.organisation_id,
        Unit.valid_from <= uow.today,
        or_(Unit.valid_to.is_(None), Unit.valid_to >= uow.today),
    )
    return [(str(row.id), row.name) for row in uow.session.scalars(query.order_by(Unit.kind, Unit.code))]
