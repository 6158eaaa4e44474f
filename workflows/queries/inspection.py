"""The inspector's pages over everything: who did what, when and why, late cases, an export."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import select

from engine.database import UnitOfWork
from engine.errors import N_
from engine.models import History
from workflows import gate
from workflows.catalogue import award_name
from workflows.queries.nominations import late
from workflows.stages import stage_label
from workflows.tables.nominations import Nomination, Reading
from workflows.tables.organisation import Person, Unit

EXPORT_HEADINGS = (
    N_("Mã hồ sơ"),
    N_("Tên"),
    N_("Danh hiệu, hình thức"),
    N_("Đơn vị"),
    N_("Giai đoạn"),
    N_("Tiếp nhận"),
    N_("Hạn"),
    N_("Lý do"),
)


@dataclass(frozen=True)
class Event:
    """One row of the history with its data opened."""

    id: UUID
    at: datetime
    who: str
    event: str
    element: str
    chain: str
    data: dict[str, object]


def events(uow: UnitOfWork, *, before: UUID | None = None, limit: int = 100) -> list[Event]:
    """The newest events of the organisation, older than `before` when given. NotAllowed for others."""
    gate.require(uow, "inspector")
    query = select(History).where(History.organisation_id == uow.organisation_id)
    if before is not None:
        query = query.where(History.id < before)
    rows = uow.session.scalars(query.order_by(History.id.desc()).limit(limit))
    return [
        Event(row.id, row.at, row.actor_name, row.event, row.element or "", row.chain, json.loads(row.data))
        for row in rows
    ]


def late_nominations(uow: UnitOfWork) -> list[Nomination]:
    """Dossiers marked late or past the office's term, the longest overdue first."""
    gate.require_any(uow, ("inspector", "standing_office"))
    query = select(Nomination).where(Nomination.organisation_id == uow.organisation_id, late(uow))
    return list(uow.session.scalars(query.order_by(Nomination.due_on, Nomination.id)))


def readings(uow: UnitOfWork, limit: int = 200) -> list[tuple[Reading, str]]:
    """What was read and by whom, newest first."""
    gate.require_any(uow, ("inspector", "administrator"))
    query = (
        select(Reading, Person.full_name)
        .join(Person, Person.id == Reading.person_id)
        .where(Reading.organisation_id == uow.organisation_id)
        .order_by(Reading.id.desc())
        .limit(limit)
    )
    return [(reading, name) for reading, name in uow.session.execute(query)]


def export_rows(uow: UnitOfWork) -> Iterator[tuple[str, ...]]:
    """Every dossier as one row of text under `EXPORT_HEADINGS`."""
    gate.require_any(uow, ("inspector", "standing_office"))
    query = (
        select(Nomination, Unit.name)
        .join(Unit, Unit.id == Nomination.unit_id)
        .where(Nomination.organisation_id == uow.organisation_id)
        .order_by(Nomination.code)
    )
    for row, unit in uow.session.execute(query):
        yield (
            row.code,
            row.subject_name,
            award_name(row.award),
            unit,
            stage_label(row),
            f"{row.received_on:%d/%m/%Y}" if row.received_on else "",
            f"{row.due_on:%d/%m/%Y}" if row.due_on else "",
            row.on_hold_basis or row.outcome_reason,
        )
