"""What was looked at is noted: the inspector's readings, and notices that were read."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import update

from engine.database import UnitOfWork
from engine.errors import N_, NotFound
from workflows import gate
from workflows.tables.nominations import Notice, Reading


def note_reading(uow: UnitOfWork, what: str, key: str = "") -> None:
    """One look of the inspector; others' looks are not noted."""
    actor, organisation_id = uow.actor_id, uow.organisation_id
    if actor is None or organisation_id is None or not gate.holds(uow, actor, "inspector"):
        return
    uow.session.add(Reading(organisation_id=organisation_id, person_id=actor, what=what, key=key, at=uow.now))


def open_notice(uow: UnitOfWork, notice_id: UUID) -> Notice:
    """The actor has read this notice; NotFound when it is somebody else's or there is none."""
    notice = uow.session.get(Notice, notice_id)
    if notice is None or notice.person_id != uow.actor_id:
        raise NotFound(N_("thông báo này"))
    notice.read_at = notice.read_at or uow.now
    return notice


def mark_all_read(uow: UnitOfWork) -> None:
    """The actor has seen all of their notices; somebody else's are left alone."""
    mine = (Notice.person_id == uow.actor_id, Notice.read_at.is_(None))
    uow.session.execute(update(Notice).where(*mine).values(read_at=uow.now))
