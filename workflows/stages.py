"""Where a dossier stands: the one way to change it, with its reason, its moment and its history row."""

from __future__ import annotations

from collections.abc import Mapping
from uuid import UUID

from engine import history
from engine.database import UnitOfWork
from engine.errors import N_, NotFound
from workflows.labels import STAGE_LABELS
from workflows.tables.nominations import CLOSED_STAGES, Nomination


def nomination_of(uow: UnitOfWork, nomination_id: UUID | str) -> Nomination:
    """The dossier in the organisation of the unit of work; NotFound otherwise."""
    try:
        key = UUID(str(nomination_id))
    except ValueError:
        raise NotFound(what=N_("hồ sơ này")) from None
    nomination = uow.session.get(Nomination, key)
    if nomination is None or nomination.organisation_id != uow.organisation_id:
        raise NotFound(what=N_("hồ sơ này"))
    return nomination


def move(uow: UnitOfWork, nomination: Nomination, stage: str, *, reason: str = "") -> None:
    """The dossier enters a stage; the reason replaces the one of before (empty: nothing to answer any more).

    Doing it again with the same stage and reason changes nothing, so that a message may arrive after its
    sender has already said where the dossier is.
    """
    if (nomination.stage, nomination.outcome_reason) == (stage, reason):
        return
    before, nomination.stage = nomination.stage, stage
    nomination.outcome_reason = reason
    if before != stage:
        nomination.stage_since = uow.now
    record(uow, nomination, "dossier:moved", {"from": before, "to": stage, "reason": reason})


def record(uow: UnitOfWork, nomination: Nomination, event: str, data: Mapping[str, object]) -> None:
    """A fact about the dossier in the chain of its instance, where its whole story is read."""
    chain = (
        history.instance_chain(nomination.instance_id)
        if nomination.instance_id is not None
        else f"nomination:{nomination.id}"
    )
    history.record(uow, chain, event, data=data)


def is_closed(nomination: Nomination) -> bool:
    """Whether nothing can happen to the dossier any more."""
    return nomination.stage in CLOSED_STAGES


def stage_label(nomination: Nomination) -> str:
    """The stage in words; a dossier on hold says so first."""
    label = STAGE_LABELS.get(nomination.stage, nomination.stage)
    return N_("Tạm dừng xét – %(stage)s") % {"stage": label} if nomination.on_hold_basis else label
