"""The catalogue of emulation movements: what was launched, for whom, on what basis, with how many dossiers."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import func, select

from engine.database import UnitOfWork
from workflows import gate
from workflows.actions.movements import MAKERS
from workflows.queries.nominations import visible
from workflows.tables.movements import Movement
from workflows.tables.nominations import Nomination


@dataclass(frozen=True)
class MovementRow:
    """One movement with the number of its dossiers that the actor may see, and whether it runs today."""

    movement: Movement
    dossiers: int
    running: bool


def movements(uow: UnitOfWork) -> list[MovementRow]:
    """The organisation's movements in the catalogue's order."""
    counting = (
        select(Nomination.movement_id, func.count())
        .where(*visible(uow), Nomination.movement_id.is_not(None))
        .group_by(Nomination.movement_id)
    )
    counted: dict[UUID | None, int] = {row[0]: row[1] for row in uow.session.execute(counting)}
    query = select(Movement).where(Movement.organisation_id == uow.organisation_id).order_by(Movement.code)
    return [
        MovementRow(
            each,
            counted.get(each.id, 0),
            each.starts_on <= uow.today and (each.ends_on is None or each.ends_on >= uow.today),
        )
        for each in uow.session.scalars(query)
    ]


def may_add(uow: UnitOfWork) -> bool:
    """Whether the actor keeps the catalogue."""
    return uow.actor_id is not None and any(gate.holds(uow, uow.actor_id, role) for role in MAKERS)


def next_code(uow: UnitOfWork) -> str:
    """The first free code after those given so far: "PT19" after eighteen."""
    query = select(Movement.code).where(Movement.organisation_id == uow.organisation_id)
    taken = set(uow.session.scalars(query))
    number = len(taken) + 1
    while f"PT{number:02d}" in taken:
        number += 1
    return f"PT{number:02d}"
