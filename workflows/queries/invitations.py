"""The invitation to a session: one member's own, and what the others have answered."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import select

from engine import history
from engine.database import UnitOfWork
from engine.errors import N_, NotAllowed, NotFound
from engine.handlers import lookups
from workflows import gate
from workflows.labels import label
from workflows.queries.ballot_boxes import box_of
from workflows.queries.ballots import attendance_of, is_taken, lines_of, session_of
from workflows.queries.sessions import READERS, TAKING_PART
from workflows.rules.recusal import DECLARED, GROUND_LABELS, ground_text
from workflows.tables.nominations import Nomination
from workflows.tables.sessions import Attendance, CouncilSession, Recusal

REPLY_LABELS = {"accepted": N_("Dự họp"), "declined": N_("Vắng"), "": N_("Chưa trả lời")}
REASON_READERS = ("standing_office", "council_chair")
"""Why somebody cannot come may be a matter of health: for who calls and who leads the session."""


def may_answer(uow: UnitOfWork, session: CouncilSession) -> bool:
    """Whether an invitation can still be answered: it is out, and the attendance has not been taken."""
    return session.state == "invited" and not is_taken(attendance_of(uow, session))


def may_declare(uow: UnitOfWork, session: CouncilSession) -> bool:
    """Whether a member can still give up a ballot: the vote is not open and no box is being prepared."""
    return session.state in ("invited", "no_quorum") and box_of(uow, session) is None


@dataclass(frozen=True)
class Answer:
    """What one member answered; the reason only for those whom it concerns."""

    name: str
    reply: str
    reply_label: str
    reason: str
    delegate: str


@dataclass(frozen=True)
class OwnRecusal:
    """A nominee on whom the reader has no ballot, and why; `own` was declared and can be taken back."""

    nomination_id: UUID
    name: str
    ground: str
    own: bool


@dataclass(frozen=True)
class Invitation:
    """The reader's own answer (`mine`, None for who is not invited) and everybody's, with the counts.

    `lines` are the dossiers that the reader may still give up the ballot on.
    """

    session_id: UUID
    vote_mode: str
    open: bool
    may_declare: bool
    mine: Answer | None
    answers: dict[UUID, Answer]
    accepted: int
    declined: int
    silent: int
    lines: list[tuple[str, str]]
    recused: list[OwnRecusal]
    grounds: list[tuple[str, str]]


def invitation(uow: UnitOfWork, session_id: UUID | str) -> Invitation:
    """The invitation as it stands; NotFound, NotAllowed for outsiders."""
    reader = gate.require_any(uow, READERS)
    session = session_of(uow, session_id)
    members = attendance_of(uow, session)
    told = any(gate.holds(uow, reader, role) for role in REASON_READERS)
    answers = {each.person_id: _answer(uow, each, told or each.person_id == reader) for each in members}
    replies = [each.reply for each in members]
    is_open = may_answer(uow, session)
    agenda = [nomination for _, nomination in lines_of(uow, session)]
    recused = _recused(uow, session, agenda, reader, is_open) if reader in answers else []
    out = {each.nomination_id for each in recused}
    return Invitation(
        session_id=session.id,
        vote_mode=session.vote_mode,
        open=is_open,
        may_declare=may_declare(uow, session),
        mine=answers.get(reader),
        answers=answers,
        accepted=replies.count("accepted"),
        declined=replies.count("declined"),
        silent=replies.count(""),
        lines=[(str(each.id), each.subject_name) for each in agenda if each.id not in out],
        recused=recused,
        grounds=[(ground, GROUND_LABELS[ground]) for ground in DECLARED],
    )


def own_invitation(uow: UnitOfWork, session_id: UUID | str) -> Invitation:
    """The same for a member of the session; NotAllowed for everybody else, NotFound."""
    found = invitation(uow, session_id)
    if found.mine is None:
        raise NotAllowed(N_("Chỉ thành viên được mời họp làm việc này."))
    return found


def _answer(uow: UnitOfWork, member: Attendance, told: bool) -> Answer:
    name = lookups().person_name(uow, member.person_id)
    words = label(REPLY_LABELS, member.reply)
    return Answer(name, member.reply, words, member.reply_reason if told else "", member.delegate)


def _recused(
    uow: UnitOfWork, session: CouncilSession, agenda: list[Nomination], reader: UUID, is_open: bool
) -> list[OwnRecusal]:
    query = select(Recusal).where(Recusal.session_id == session.id, Recusal.person_id == reader)
    stored = {each.nomination_id: each for each in uow.session.scalars(query)}
    found = []
    for nomination in agenda:
        known = stored.get(nomination.id)
        if nomination.person_id == reader:
            found.append(OwnRecusal(nomination.id, nomination.subject_name, GROUND_LABELS["self"], False))
        elif known is not None:
            own = is_open and known.declared_at is not None
            words = ground_text(known.ground, known.reason)
            found.append(OwnRecusal(nomination.id, nomination.subject_name, words, own))
    return found


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
    """The session's date for a calendar; NotFound without a date, NotAllowed for who takes no part."""
    gate.require_any(uow, TAKING_PART)
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
