"""What a council member does before the session: answer the invitation, declare a recusal."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import select

from engine import history
from engine.database import UnitOfWork
from engine.errors import N_, Conflict, FieldError, InvalidForm, NotAllowed, NotFound
from workflows.actions.sessions import chain
from workflows.queries.ballots import attendance_of, lines_of, recusals_of, session_of
from workflows.queries.invitations import may_answer, may_declare
from workflows.rules.recusal import DECLARED
from workflows.tables.nominations import Nomination
from workflows.tables.sessions import Attendance, CouncilSession, Recusal, SessionLine

REPLIES = ("accepted", "declined")


def answer_invitation(
    uow: UnitOfWork, session_id: UUID | str, reply: str, reason: str = "", delegate: str = ""
) -> None:
    """Accept or decline for oneself; answering again replaces the answer.

    `delegate` is who comes instead, to listen and to speak: a vote cannot be lent. InvalidForm (no answer, no
    reason for declining), NotAllowed (not invited), Conflict (the attendance has been taken).
    """
    session = session_of(uow, session_id, lock=True)
    member = _invited(uow, session)
    _before_attendance(uow, session)
    errors = []
    if reply not in REPLIES:
        errors.append(FieldError("reply", N_("Chọn dự họp hoặc vắng.")))
    if reply == "declined" and not reason.strip():
        errors.append(FieldError("reason", N_("Cần nêu lý do vắng.")))
    if len(reason) > 500:
        errors.append(FieldError("reason", N_("Lý do dài quá 500 ký tự.")))
    if len(delegate) > 200:
        errors.append(FieldError("delegate", N_("Tên người dự thay dài quá 200 ký tự.")))
    if errors:
        raise InvalidForm(errors)
    member.reply, member.replied_at = reply, uow.now
    member.reply_reason = reason.strip() if reply == "declined" else ""
    member.delegate = delegate.strip() if reply == "declined" else ""
    data = {"person_id": member.person_id, "reply": reply, "delegate": member.delegate}
    history.record(uow, chain(session), "invitation:answered", data=data)


def declare_recusal(uow: UnitOfWork, session_id: UUID | str, nomination_id: UUID | str, ground: str) -> None:
    """The actor gives up the ballot on one nominee, with the ground; saying it again replaces the ground.

    The office sees it when it takes the attendance. InvalidForm, NotAllowed, Conflict (the vote is open).
    """
    session = session_of(uow, session_id, lock=True)
    member = _invited(uow, session)
    _before_vote(uow, session)
    agenda = {str(nomination.id): (line, nomination) for line, nomination in lines_of(uow, session)}
    if str(nomination_id) not in agenda or ground not in DECLARED:
        raise InvalidForm([FieldError("ground", N_("Chọn hồ sơ và lý do không biểu quyết."))])
    line, nomination = agenda[str(nomination_id)]
    known = _recusal(uow, session, nomination)
    if known is None:
        known = Recusal(
            organisation_id=session.organisation_id,
            session_id=session.id,
            nomination_id=nomination.id,
            person_id=member.person_id,
        )
        uow.session.add(known)
    if known.ground != "self":
        known.ground, known.reason = ground, ""
    known.declared_at = uow.now
    _note(uow, session, "recusal:declared", line, nomination, ground)


def withdraw_recusal(uow: UnitOfWork, session_id: UUID | str, nomination_id: UUID | str) -> None:
    """The actor takes back what they declared by mistake, as long as the attendance has not been taken.

    NotAllowed (not invited), NotFound (nothing declared), Conflict (too late).
    """
    session = session_of(uow, session_id, lock=True)
    _invited(uow, session)
    _before_attendance(uow, session)
    agenda = {str(nomination.id): (line, nomination) for line, nomination in lines_of(uow, session)}
    line, nomination = agenda.get(str(nomination_id), (None, None))
    known = _recusal(uow, session, nomination) if nomination else None
    if line is None or nomination is None or known is None or known.declared_at is None:
        raise NotFound(N_("điều đã khai về hồ sơ này"))
    uow.session.delete(known)
    _note(uow, session, "recusal:withdrawn", line, nomination, known.ground)


def _recusal(uow: UnitOfWork, session: CouncilSession, nomination: Nomination) -> Recusal | None:
    query = select(Recusal).where(
        Recusal.session_id == session.id,
        Recusal.nomination_id == nomination.id,
        Recusal.person_id == uow.actor_id,
    )
    return uow.session.scalar(query)


def _note(
    uow: UnitOfWork,
    session: CouncilSession,
    event: str,
    line: SessionLine,
    nomination: Nomination,
    ground: str,
) -> None:
    uow.session.flush()
    line.recused = len(recusals_of(uow, session).get(nomination.id, {}))
    data = {"person_id": uow.actor_id, "nomination": nomination.code, "ground": ground}
    history.record(uow, chain(session), event, data=data)


def _invited(uow: UnitOfWork, session: CouncilSession) -> Attendance:
    """The actor's own seat."""
    found = next((each for each in attendance_of(uow, session) if each.person_id == uow.actor_id), None)
    if found is None:
        raise NotAllowed(N_("Chỉ thành viên được mời trả lời thư mời này."))
    return found


def _before_attendance(uow: UnitOfWork, session: CouncilSession) -> None:
    if not may_answer(uow, session):
        raise Conflict(N_("Phiên họp đã điểm danh; việc này không sửa được nữa."))


def _before_vote(uow: UnitOfWork, session: CouncilSession) -> None:
    if not may_declare(uow, session):
        raise Conflict(N_("Phiên họp đang biểu quyết hoặc đã kết thúc; việc này không sửa được nữa."))
