"""The choices of a form's lists: movements, units, people."""

from __future__ import annotations

from datetime import date

from sqlalchemy import or_, select

from engine.database import UnitOfWork
from workflows.tables.movements import Movement
from workflows.tables.organisation import Unit

Choice = tuple[str, str]


def movement_choices(uow: UnitOfWork) -> list[Choice]:
    """The movements that run today or ended since last year began, in the catalogue's order.

    The final review of a movement, and the awards for it, come after its last day.
    """
    last_year = date(uow.today.year - 1, 1, 1)
    query = select(Movement).where(
        Movement.organisation_id == uow.organisation_id,
        Movement.starts_on <= uow.today,
        or_(Movement.ends_on.is_(None), Movement.ends_on >= last_year),
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
