"""The pages of a unit's review meetings: which I may see, one with its votes, what a new one may hold."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlalchemy import ColumnElement, func, select

from engine.database import UnitOfWork
from engine.errors import N_, NotAllowed
from workflows import gate
from workflows.actions.meetings import meeting_of, waiting_for_review
from workflows.catalogue import award_name
from workflows.labels import REVIEW_OUTCOME_LABELS, label
from workflows.minutes import minutes_of
from workflows.tables.meetings import Meeting, MeetingLine
from workflows.tables.nominations import Nomination
from workflows.tables.organisation import Unit
from workflows.tables.papers import Paper

ALL_MEETINGS = ("standing_office", "council_chair", "council_member", "chairman", "inspector")
UNIT_ROLES = ("unit_head", "nominator")
STATE_LABELS = {
    "convening": N_("Đang triệu tập"),
    "recording": N_("Đang ghi kết quả"),
    "counted": N_("Chờ xác nhận biên bản"),
    "closed": N_("Đã kết thúc"),
}


@dataclass(frozen=True)
class MeetingRow:
    """One meeting in the list."""

    id: UUID
    title: str
    unit: str
    held_on: date | None
    state: str
    state_label: str
    lines: int


@dataclass(frozen=True)
class MeetingLineView:
    """One nominee with the votes and what came of it."""

    nomination_id: UUID
    position: int
    code: str
    name: str
    award: str
    agree: int | None
    disagree: int | None
    rank: int | None
    outcome: str | None
    outcome_label: str
    reason: str


@dataclass(frozen=True)
class MeetingView:
    """Everything the page of one meeting shows."""

    meeting: Meeting
    unit: str
    state_label: str
    lines: list[MeetingLineView]
    minutes: Paper | None


@dataclass(frozen=True)
class UnitWaiting:
    """A unit for which the actor may open a meeting, with the dossiers that wait for one."""

    unit_id: UUID
    name: str
    nominations: list[Nomination]


def meetings(uow: UnitOfWork) -> list[MeetingRow]:
    """The meetings the actor may see, the newest first."""
    query = (
        select(Meeting, Unit.name, func.count(MeetingLine.id))
        .join(Unit, Unit.id == Meeting.unit_id)
        .outerjoin(MeetingLine, MeetingLine.meeting_id == Meeting.id)
        .where(*visible(uow))
        .group_by(Meeting.id, Unit.name)
        .order_by(Meeting.id.desc())
    )
    return [
        MeetingRow(row.id, row.title, unit, row.held_on, row.state, label(STATE_LABELS, row.state), lines)
        for row, unit, lines in uow.session.execute(query)
    ]


def visible(uow: UnitOfWork) -> list[ColumnElement[bool]]:
    """All meetings for those who work on all dossiers, else those of the actor's own units."""
    own = Meeting.organisation_id == uow.organisation_id
    actor = uow.actor_id
    if actor is None:
        return [own, Meeting.id.is_(None)]
    if any(gate.holds(uow, actor, role) for role in ALL_MEETINGS):
        return [own]
    units: list[UUID] = []
    for role in UNIT_ROLES:
        held = gate.units_of(uow, actor, role)
        if held is None:
            return [own]
        units += held
    return [own, Meeting.unit_id.in_(units)]


def meeting_page(uow: UnitOfWork, meeting_id: UUID | str) -> MeetingView:
    """One meeting; NotFound, or NotAllowed for somebody of another unit."""
    meeting = meeting_of(uow, meeting_id)
    require_reader(uow, meeting)
    query = (
        select(MeetingLine, Nomination)
        .join(Nomination, Nomination.id == MeetingLine.nomination_id)
        .where(MeetingLine.meeting_id == meeting.id)
        .order_by(MeetingLine.position)
    )
    unit = uow.session.get_one(Unit, meeting.unit_id)
    return MeetingView(
        meeting=meeting,
        unit=unit.name,
        state_label=label(STATE_LABELS, meeting.state),
        lines=[_line(line, nomination, meeting) for line, nomination in uow.session.execute(query)],
        minutes=minutes_of(uow, "review_minutes", str(meeting.id)),
    )


def require_reader(uow: UnitOfWork, meeting: Meeting) -> None:
    """NotAllowed when the actor has nothing to do with the meeting."""
    found = select(Meeting.id).where(Meeting.id == meeting.id, *visible(uow))
    if uow.session.scalars(found).first() is None:
        raise NotAllowed(reason=N_("Anh/chị không được xem cuộc họp của đơn vị khác."))


def _line(line: MeetingLine, nomination: Nomination, meeting: Meeting) -> MeetingLineView:
    counted = meeting.state in ("counted", "closed")
    return MeetingLineView(
        nomination_id=nomination.id,
        position=line.position,
        code=nomination.code,
        name=nomination.subject_name,
        award=award_name(nomination.award),
        agree=line.agree,
        disagree=line.disagree,
        rank=line.rank,
        outcome=line.outcome if counted else None,
        outcome_label=label(REVIEW_OUTCOME_LABELS, line.outcome) if counted else "",
        reason=line.reason,
    )


def may_open(uow: UnitOfWork) -> bool:
    """Whether the actor heads or nominates for some unit at all."""
    actor = uow.actor_id
    return actor is not None and any(gate.holds(uow, actor, role) for role in UNIT_ROLES)


def units_waiting(uow: UnitOfWork) -> list[UnitWaiting]:
    """The actor's units with dossiers that wait for review; those on hold are left out."""
    actor = uow.actor_id
    if actor is None:
        return []
    query = select(Unit).where(Unit.organisation_id == uow.organisation_id).order_by(Unit.code)
    found = []
    for unit in uow.session.scalars(query):
        if any(gate.holds(uow, actor, role, unit_id=unit.id) for role in UNIT_ROLES):
            waiting = [row for row in waiting_for_review(uow, unit.id) if not row.on_hold_basis]
            if waiting:
                found.append(UnitWaiting(unit.id, unit.name, waiting))
    return found
