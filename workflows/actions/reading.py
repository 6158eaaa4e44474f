"""What was looked at is noted: the inspector's readings, and notices that were read."""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from sqlalchemy import update

from engine.database import UnitOfWork
from workflows import gate
from workflows.tables.nominations import Notice, Reading


def note_reading(uow: UnitOfWork, what: str, key: str = "") -> None:
    """One look of the inspector; others' looks are not noted."""
    actor, organisation_id = uow.actor_id, uow.organisation_id
    if actor is None or organisation_id is None or not gate.holds(uow, actor, "inspector"):
        return
    uow.session.add(Reading(organisation_id=organisation_id, person_id=actor, what=what, key=key, at=uow.now))


def mark_read(uow: UnitOfWork, notice_ids: Iterable[UUID]) -> None:
    """The actor has read these notices; somebody else's are left alone."""
    uow.session.execute(
        update(Notice)
        .where(Notice.id.in_(list(notice_ids)), Notice.person_id == uow.actor_id, Notice.read_at.is_(None))
        .values(read_at=uow.now)
    )
