"""A unit gathers the nominees that wait for its review into one meeting."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import select

from engine import instances
from engine.database import UnitOfWork
from engine.errors import N_, Conflict, FieldError, InvalidForm, NotAllowed, NotFound
from workflows import gate
from workflows.rules.names import nfc
from workflows.tables.meetings import Meeting, MeetingLine
from workflows.tables.nominations import Nomination
from workflows.tables.organisation import Unit


def start_review(
    uow: UnitOfWork, unit_id: UUID, *, title: str = "", nomination_ids: Sequence[UUID] | None = None
) -> Meeting:
    """One meeting over all dossiers of the unit that wait for review, or over the chosen ones.

    NotAllowed for others than the unit's head (or who nominates for it), InvalidForm when nobody waits,
    Conflict when a chosen dossier is not waiting or already on another meeting's list.
    """
    gate.require_any(uow, ("unit_head", "nominator"), unit_id)
    unit = uow.session.get(Unit, unit_id)
    if unit is None or unit.organisation_id != uow.organisation_id:
        raise NotFound(what=N_("đơn vị này"))
    nominations = _chosen(uow, unit, nomination_ids)
    meeting = Meeting(
        organisation_id=unit.organisation_id,
        unit_id=unit.id,
        title=nfc(title) or N_("Họp bình xét thi đua, khen thưởng – %(unit)s") % {"unit": unit.name},
    )
    uow.session.add(meeting)
    uow.session.flush()
    add_lines(uow, meeting, nominations)
    instance = instances.start(
        uow,
        "unit_review",
        organisation_id=unit.organisation_id,
        business_key=str(meeting.id),
        data={
            "meeting_id": str(meeting.id),
            "unit_id": str(unit.id),
            "barred_ids": sorted({str(row.person_id) for row in nominations if row.person_id is not None}),
        },
        unit_id=unit.id,
    )
    meeting.instance_id = instance.id
    return meeting


def waiting_for_review(uow: UnitOfWork, unit_id: UUID) -> list[Nomination]:
    """The unit's dossiers that wait for review and are on no open meeting's list, people by given name."""
    taken = (
        select(MeetingLine.nomination_id)
        .join(Meeting, Meeting.id == MeetingLine.meeting_id)
        .where(Meeting.unit_id == unit_id, Meeting.state != "closed")
    )
    query = select(Nomination).where(
        Nomination.organisation_id == uow.organisation_id,
        Nomination.unit_id == unit_id,
        Nomination.stage == "unit_review",
        Nomination.id.not_in(taken),
    )
    return list(uow.session.scalars(query.order_by(Nomination.award, Nomination.name_sort, Nomination.id)))


def add_lines(uow: UnitOfWork, meeting: Meeting, nominations: Sequence[Nomination]) -> None:
    """Put the dossiers on the meeting's list, after those already there."""
    last = len(lines_of(uow, meeting.id))
    for position, nomination in enumerate(nominations, start=last + 1):
        uow.session.add(
            MeetingLine(
                organisation_id=meeting.organisation_id,
                meeting_id=meeting.id,
                nomination_id=nomination.id,
                position=position,
            )
        )
    uow.session.flush()


def lines_of(uow: UnitOfWork, meeting_id: UUID) -> list[MeetingLine]:
    """The meeting's lines in their order."""
    query = select(MeetingLine).where(MeetingLine.meeting_id == meeting_id)
    return list(uow.session.scalars(query.order_by(MeetingLine.position)))


def meeting_of(uow: UnitOfWork, meeting_id: UUID | str) -> Meeting:
    """The meeting in this organisation; NotFound otherwise."""
    meeting = uow.session.get(Meeting, UUID(str(meeting_id)))
    if meeting is None or meeting.organisation_id != uow.organisation_id:
        raise NotFound(what=N_("cuộc họp bình xét này"))
    return meeting


def _chosen(uow: UnitOfWork, unit: Unit, wanted: Sequence[UUID] | None) -> list[Nomination]:
    waiting = waiting_for_review(uow, unit.id)
    if wanted is not None:
        chosen = [row for row in waiting if row.id in set(wanted)]
        if len(chosen) != len(set(wanted)):
            raise Conflict(
                N_("Có hồ sơ không còn chờ bình xét hoặc đã ở cuộc họp khác. Xin tải lại danh sách.")
            )
        waiting = chosen
    if not waiting:
        message = N_("Đơn vị chưa có hồ sơ nào chờ bình xét.")
        raise InvalidForm([FieldError("nominations", message)])
    if any(row.on_hold_basis for row in waiting) and wanted is not None:
        raise NotAllowed(reason=N_("Có hồ sơ đang tạm dừng trong danh sách."))
    return [row for row in waiting if not row.on_hold_basis]
