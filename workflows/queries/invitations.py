"""The invitation to a session: one member's own, and what the others have answered."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from engine import history
from engine.database import UnitOfWork
from engine.errors import N_, NotFound
from engine.handlers import lookups
from workflows import gate
from workflows.labels import label
from workflows.queries.ballot_boxes import box_of
from workflows.queries.ballots import attendance_of, lines_of, recusals_of, session_of
from workflows.queries.sessions import READERS
from workflows.rules.recusal import DECLARED, GROUND_LABELS
from workflows.tables.sessions import Attendance, CouncilSession

REPLY_LABELS = {"accepted": N_("Dự họp"), "declined": N_("Vắng"), "": N_("Chưa trả lời")}


@dataclass(frozen=True)
class Answer:
    """What one member answered."""

    name: str
    reply: str
    reply_label: str
    reason: str
    delegate: str


@dataclass(frozen=True)
class Invitation:
    """The reader's own answer (`mine`, None for who is not invited) and everybody's, with the counts."""

    session_id: UUID
    open: bool
    mine: Answer | None
    answers: list[Answer]
    accepted: int
    declined: int
    silent: int
    lines: list[tuple[str, str]]
    recused: list[tuple[str, str]]
    grounds: list[tuple[str, str]]


def invitation(uow: UnitOfWork, session_id: UUID | str) -> Invitation:
    """The invitation as it stands; NotFound, NotAllowed for outsiders."""
    gate.require_any(uow, READERS)
    session = session_of(uow, session_id)
    members, agenda = attendance_of(uow, session), lines_of(uow, session)
    answers = {each.person_id: _answer(uow, each) for each in members}
    recusals = recusals_of(uow, session)
    replies = [each.reply for each in members]
    actor = uow.actor_id or UUID(int=0)
    grounds = {nomination.id: recusals.get(nomination.id, {}).get(actor) for _, nomination in agenda}
    own = {nomination.id for _, nomination in agenda if nomination.person_id == uow.actor_id}
    return Invitation(
        session_id=session.id,
        open=session.state in ("invited", "no_quorum") and box_of(uow, session) is None,
        mine=answers.get(uow.actor_id) if uow.actor_id else None,
        answers=list(answers.values()),
        accepted=replies.count("accepted"),
        declined=replies.count("declined"),
        silent=replies.count(""),
        lines=[
            (str(nomination.id), nomination.subject_name)
            for _, nomination in agenda
            if not grounds[nomination.id] and nomination.id not in own
        ],
        recused=[
            (nomination.subject_name, GROUND_LABELS[grounds[nomination.id] or "self"])
            for _, nomination in agenda
            if grounds[nomination.id] or nomination.id in own
        ],
        grounds=[(ground, GROUND_LABELS[ground]) for ground in DECLARED],
    )


def _answer(uow: UnitOfWork, member: Attendance) -> Answer:
    name = lookups().person_name(uow, member.person_id)
    words = label(REPLY_LABELS, member.reply)
    return Answer(name, member.reply, words, member.reply_reason, member.delegate)


@dataclass(frozen=True)
class Meeting:
    """A session as a calendar needs it."""

    uid: str
    sequence: int
    invited_at: datetime
    held_at: datetime
    title: str
    place: str
    dossiers: int


def meeting(uow: UnitOfWork, session_id: UUID | str) -> Meeting:
    """The session's date for a calendar; NotFound without a date, NotAllowed for outsiders."""
    gate.require_any(uow, READERS)
    session = session_of(uow, session_id)
    if session.held_at is None:
        raise NotFound(N_("ngày họp"))
    sent = [each for each in history.of(uow, f"session:{session.id}") if each.event == "session:invited"]
    return Meeting(
        uid=f"{session.id}@thidua",
        sequence=max(0, len(sent) - 1),
        invited_at=sent[-1].at if sent else session.created_at,
        held_at=session.held_at,
        title=session.title,
        place=place_of(session),
        dossiers=len(lines_of(uow, session)),
    )


def place_of(session: CouncilSession) -> str:
    """Room and link of a session, whichever there are."""
    return " · ".join(part for part in (session.place, session.online_link) if part)
