"""Late dossiers: the day after the last day of the appraisal the mark is set, once, and it stays.

The sweep over due moments orders one job a dossier, so that a clock that jumps has the same effect as time.
"""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import select

from engine import jobs
from engine.database import Database, UnitOfWork, unit_of_work
from engine.errors import N_
from engine.handlers import sweep
from workflows.handlers.nomination import tell_office
from workflows.stages import record
from workflows.tables.nominations import Nomination

WITH_OFFICE = ("appraisal", "supplement")
"""Where the office's term runs: it starts with the reception, and anew when a returned dossier comes back."""


@sweep("mark_late")
def order_late(uow: UnitOfWork) -> None:
    """Order the mark for every dossier whose term has passed."""
    found = select(Nomination.organisation_id, Nomination.id).where(
        Nomination.due_on < uow.today,
        Nomination.is_late.is_(False),
        Nomination.on_hold_basis == "",
        Nomination.stage.in_(WITH_OFFICE),
    )
    for organisation_id, nomination_id in uow.session.execute(found.order_by(Nomination.id)):
        uow.enqueue("mark_late", str(organisation_id), str(nomination_id))


@jobs.register("mark_late")
def mark_late(database: Database, organisation_id: str, nomination_id: str) -> None:
    """Mark one dossier late; finding it marked, answered or on hold changes nothing."""
    with unit_of_work(database, organisation_id=UUID(organisation_id), actor_name="Hệ thống") as uow:
        nomination = uow.session.get(Nomination, UUID(nomination_id), with_for_update=True)
        if nomination is not None and nomination.stage in WITH_OFFICE and not nomination.on_hold_basis:
            mark_if_late(uow, nomination)


def mark_if_late(uow: UnitOfWork, nomination: Nomination) -> None:
    """Set the mark with its history row and the office's notice when the term has passed unmarked."""
    if nomination.is_late or nomination.due_on is None or nomination.due_on >= uow.today:
        return
    nomination.is_late = True
    record(uow, nomination, "dossier:late", {"due_on": nomination.due_on, "on": uow.today})
    text = N_("Hồ sơ %%(code)s – %%(name)s đã quá hạn thẩm định (hạn %(due)s).")
    tell_office(uow, nomination, text % {"due": f"{nomination.due_on:%d/%m/%Y}"})
