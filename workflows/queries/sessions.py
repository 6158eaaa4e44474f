"""The session page: who is there, what is needed, who has voted, and the results once the vote is closed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import func, select

from engine.database import UnitOfWork
from engine.handlers import lookups
from workflows import gate
from workflows.catalogue import award_name
from workflows.labels import label
from workflows.queries import session_outlook
from workflows.queries.ballot_boxes import ballot_members, box_of, voted_in
from workflows.queries.ballots import (
    attendance_of,
    ballots_of,
    is_taken,
    lines_of,
    recusals_of,
    rule_of,
    session_of,
    voters,
)
from workflows.queries.session_lines import CHOICE_LABELS, LineView, line_views
from workflows.quotas import Quota, quotas_of
from workflows.rules import N_
from workflows.rules.quotas import Share, share_of
from workflows.tables.nominations import Nomination
from workflows.tables.papers import Paper
from workflows.tables.sessions import Attendance, CouncilSession, SessionLine

STATE_LABELS = {
    "preparing": N_("Đang lập chương trình"),
    "invited": N_("Đã mời họp"),
    "no_quorum": N_("Chưa đủ thành viên"),
    "voting": N_("Đang biểu quyết"),
    "counted": N_("Đã tổng hợp, chờ xác nhận"),
    "closed": N_("Đã kết thúc"),
}
ATTENDANCE_LABELS = {
    "present": N_("Có mặt"),
    "remote": N_("Dự trực tuyến"),
    "absent": N_("Vắng"),
    "written": N_("Ý kiến bằng văn bản"),
}
TAKING_PART = ("council_member", "council_chair", "standing_office", "chairman")
READERS = (*TAKING_PART, "inspector")


@dataclass(frozen=True)
class MemberView:
    """One member: seat, presence, whether the ballot of this round is in (None: has none).

    `reply` is the answer to the invitation, None once the attendance has been taken.
    """

    person_id: UUID
    seat: int
    name: str
    title: str
    state: str
    state_label: str
    has_voted: bool | None
    reply: str | None


@dataclass(frozen=True)
class SessionView:
    """Everything the page of one session shows."""

    id: UUID
    instance_id: UUID | None
    title: str
    held_at: datetime | None
    place: str
    vote_mode: str
    state: str
    state_label: str
    round: int
    written_circulation: bool
    attendance_text: str
    quorum_met: bool
    postponing: str
    voted_text: str
    can_close: bool
    silent_note: str
    direct_share: Share
    hardship_share: Share
    members: list[MemberView]
    lines: list[LineView]
    minutes: Paper | None
    ballot_minutes: Paper | None
    awards: list[AwardShare]
    quotas: list[Quota]
    rules: list[str]
    warnings: list[tuple[str, list[str]]]
    online_link: str
    silent: list[str]


@dataclass(frozen=True)
class AwardShare:
    """One award on the agenda, with the shares that the council is shown."""

    award: str
    lines: int
    direct_share: Share
    hardship_share: Share


@dataclass(frozen=True)
class Receipt:
    """The actor's own ballot of the present round: when it was taken, and what it said by name."""

    cast_at: datetime
    choices: list[tuple[str, str, str]]


@dataclass(frozen=True)
class SessionRow:
    """One session in the list."""

    id: UUID
    title: str
    held_at: datetime | None
    state: str
    state_label: str
    lines: int


def sessions(uow: UnitOfWork) -> list[SessionRow]:
    """Every session of the organisation, the newest first; none for who has no part in the council's work."""
    if not may_read(uow):
        return []
    query = (
        select(CouncilSession, func.count(SessionLine.id))
        .outerjoin(SessionLine, SessionLine.session_id == CouncilSession.id)
        .where(CouncilSession.organisation_id == uow.organisation_id)
        .group_by(CouncilSession.id)
        .order_by(CouncilSession.created_at.desc())
    )
    return [
        SessionRow(each.id, each.title, each.held_at, each.state, label(STATE_LABELS, each.state), lines)
        for each, lines in uow.session.execute(query)
    ]


def may_read(uow: UnitOfWork) -> bool:
    """Whether the actor takes part in the council's work or watches over it."""
    actor = uow.actor_id
    return actor is not None and any(gate.holds(uow, actor, role) for role in READERS)


def receipt(uow: UnitOfWork, session_id: UUID | str) -> Receipt | None:
    """The actor's own ballot of the present round; None when none was cast. NotFound."""
    session = session_of(uow, session_id)
    mine = {each.nomination_id: each for each in ballots_of(uow, session) if each.person_id == uow.actor_id}
    if not mine:
        return None
    return Receipt(
        cast_at=max(each.cast_at for each in mine.values()),
        choices=[
            (nomination.subject_name, award_name(nomination.award), CHOICE_LABELS[mine[nomination.id].choice])
            for _, nomination in lines_of(uow, session)
            if nomination.id in mine
        ],
    )


def session_page(uow: UnitOfWork, session_id: UUID | str) -> SessionView:
    """The page of one session; NotFound, NotAllowed for outsiders.

    Choices by name and figures appear only when the vote is closed.
    """
    from workflows.minutes import minutes_of

    gate.require_any(uow, READERS)
    session = session_of(uow, session_id)
    members, agenda = attendance_of(uow, session), lines_of(uow, session)
    names = {each.person_id: lookups().person_name(uow, each.person_id) for each in members}
    entitled, voted = _entitled_and_voted(uow, session, members, agenda)
    nominations = [nomination for _, nomination in agenda]
    lines = line_views(uow, session)
    is_open = session.state == "voting" and session.closed_at is None and session.vote_mode != "recorded"
    attendance_text, quorum_met = session_outlook.quorum(uow, session, members, agenda)
    return SessionView(
        id=session.id,
        instance_id=session.instance_id,
        title=session.title,
        held_at=session.held_at,
        place=session.place,
        vote_mode=session.vote_mode,
        state=session.state,
        state_label=label(STATE_LABELS, session.state),
        round=session.round,
        written_circulation=session.written_circulation,
        attendance_text=attendance_text,
        quorum_met=quorum_met,
        postponing=session_outlook.postponing(uow, session),
        voted_text=N_("%d/%d đã biểu quyết") % (len(voted & entitled), len(entitled)) if is_open else "",
        can_close=is_open and bool(entitled - voted),
        silent_note=session.silent_note,
        direct_share=share_of([each.direct_worker for each in nominations]),
        hardship_share=share_of([each.hardship_area for each in nominations]),
        members=[_member(each, names, entitled, voted, session, is_taken(members)) for each in members],
        lines=lines,
        minutes=minutes_of(uow, "session_minutes", str(session.id)),
        ballot_minutes=minutes_of(uow, "ballot_minutes", str(session.id)),
        awards=_awards(nominations),
        quotas=quotas_of(uow, session, nominations),
        rules=list(dict.fromkeys(line.rule for line in lines if line.rule)),
        warnings=session_outlook.warnings(uow, session, members, agenda),
        online_link=session.online_link if takes_part(uow) else "",
        silent=[names[each.person_id] for each in members if each.person_id in entitled - voted]
        if is_open
        else [],
    )


def takes_part(uow: UnitOfWork) -> bool:
    """Whether the actor has a part in the council's work: where it meets online is nobody else's business."""
    actor = uow.actor_id
    return actor is not None and any(gate.holds(uow, actor, role) for role in TAKING_PART)


def _awards(nominations: list[Nomination]) -> list[AwardShare]:
    groups: dict[str, list[Nomination]] = {}
    for each in nominations:
        groups.setdefault(each.award, []).append(each)
    return [
        AwardShare(
            award=award_name(award),
            lines=len(group),
            direct_share=share_of([each.direct_worker for each in group]),
            hardship_share=share_of([each.hardship_area for each in group]),
        )
        for award, group in groups.items()
    ]


def _entitled_and_voted(
    uow: UnitOfWork,
    session: CouncilSession,
    members: list[Attendance],
    agenda: list[tuple[SessionLine, Nomination]],
) -> tuple[set[UUID], set[UUID]]:
    """Who has a ballot on this machine, and who has cast it; in a secret vote those of the sealed box."""
    if session.vote_mode == "secret":
        box = box_of(uow, session)
        issued = {each.person_id for each in ballot_members(uow, session)}
        return issued, voted_in(uow, box) if box else set()
    voted = {ballot.person_id for ballot in ballots_of(uow, session)}
    return _entitled(uow, session, members, agenda), voted


def _entitled(
    uow: UnitOfWork,
    session: CouncilSession,
    members: list[Attendance],
    agenda: list[tuple[SessionLine, Nomination]],
) -> set[UUID]:
    recusals = recusals_of(uow, session)
    found: set[UUID] = set()
    for line, nomination in agenda:
        rule = rule_of(uow, session, line, nomination)
        found.update(voters(rule, members, recusals.get(nomination.id, {})))
    return found


def _member(
    member: Attendance,
    names: dict[UUID, str],
    entitled: set[UUID],
    voted: set[UUID],
    session: CouncilSession,
    taken: bool,
) -> MemberView:
    has_ballot = session.vote_mode != "recorded" and member.person_id in entitled
    return MemberView(
        person_id=member.person_id,
        seat=member.seat,
        name=names[member.person_id],
        title=member.title,
        state=member.state,
        state_label=label(ATTENDANCE_LABELS, member.state),
        has_voted=member.person_id in voted if has_ballot else None,
        reply=None if taken else member.reply,
    )
