"""Before the vote: agenda, invitations, attendance, recusals, quorum, and what to do without one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import delete, or_, select

from engine import history
from engine.clock import ZONE
from engine.database import UnitOfWork
from engine.errors import N_, FieldError, InvalidForm
from engine.handlers import lookups
from workflows.actions import recusals
from workflows.actions.notices import notify
from workflows.actions.sessions import chain
from workflows.queries.ballots import (
    THERE,
    attendance_of,
    body_of,
    lines_of,
    recusals_of,
    rule_of,
    rule_row,
    session_of,
    vote_date,
    voters,
)
from workflows.rules import voting
from workflows.tables.organisation import CouncilSeat
from workflows.tables.sessions import Attendance, CouncilSession

STATES = (*THERE, "absent", "written")


def invite(uow: UnitOfWork, session: CouncilSession) -> list[UUID]:
    """List the members who hold a seat on the day, tell each of them; returns their ids in order of seats."""
    on = vote_date(uow, session)
    seats = list(
        uow.session.scalars(
            select(CouncilSeat)
            .where(
                CouncilSeat.organisation_id == session.organisation_id,
                CouncilSeat.valid_from <= on,
                or_(CouncilSeat.valid_to.is_(None), CouncilSeat.valid_to >= on),
            )
            .order_by(CouncilSeat.seat)
        )
    )
    uow.session.execute(delete(Attendance).where(Attendance.session_id == session.id))
    for seat in seats:
        uow.session.add(
            Attendance(
                organisation_id=session.organisation_id,
                session_id=session.id,
                person_id=seat.person_id,
                seat=seat.seat,
                title=seat.title,
                is_chair=seat.is_chair,
            )
        )
    session.state, session.written_circulation = "invited", False
    people = [seat.person_id for seat in seats]
    notify(uow, people, _invitation(uow, session), f"/sessions/{session.id}#invitation")
    history.record(uow, chain(session), "session:invited", data={"count": len(people)})
    return people


def _invitation(uow: UnitOfWork, session: CouncilSession) -> str:
    at = session.held_at.astimezone(ZONE) if session.held_at else None
    return N_("Kính mời dự %(title)s lúc %(at)s ngày %(on)s tại %(place)s (%(count)d hồ sơ).") % {
        "title": session.title,
        "at": f"{at:%H:%M}" if at else "…",
        "on": f"{at:%d/%m/%Y}" if at else "…",
        "place": session.place or session.online_link or "…",
        "count": len(lines_of(uow, session)),
    }


def record_attendance(uow: UnitOfWork, session: CouncilSession, form: Mapping[str, Any]) -> None:
    """Store who is present, absent or gave a written opinion, and who is recused from which nominee.

    Of a session that is to be postponed nobody is recorded as present: it was not held.
    """
    postponed = bool(str(form.get("postpone_reason") or "").strip())
    members = {str(each.person_id): each for each in attendance_of(uow, session)}
    errors: list[FieldError] = []
    for index, row in enumerate(form.get("members") or []):
        member = members.get(str(row.get("id")))
        if member is None or row.get("state") not in STATES:
            errors.append(
                FieldError(f"members.{index}.state", N_("Chọn có mặt, dự trực tuyến, vắng hoặc gửi ý kiến."))
            )
            continue
        member.state = "absent" if postponed else str(row["state"])
    declared = recusals.declared(uow, session, form.get("recusals") or [], set(members), errors)
    if errors:
        raise InvalidForm(errors)
    recusals.store(uow, session, set(members), declared)


def check_quorum(uow: UnitOfWork, session: CouncilSession) -> bool:
    """Open the vote when enough members take part (domain.md AC-07); returns whether they do.

    Of several rules on one agenda the strictest quorum counts. A written circulation, approved by the chair,
    needs no meeting.
    """
    session.vote_mode = "open" if session.written_circulation else session.vote_mode
    met = session.written_circulation or all(
        voting.quorum_met(rule, len(members), _count(members, *THERE), _count(members, "written"))
        for rule, members in _rules(uow, session)
    )
    if not met:
        session.state = "no_quorum"
    elif session.vote_mode == "secret":
        # Ballots are accepted when the box has been sealed (ballot_boxes.seal_box), not before.
        session.state = "invited"
    else:
        open_round(uow, session)
    return met


def ask_to_postpone(uow: UnitOfWork, session: CouncilSession, reason: str) -> None:
    """Leave it to the chair whether the session is held on another day or answered in writing."""
    session.state = "no_quorum"
    history.record(uow, chain(session), "session:postponing", data={"reason": reason})


def _rules(uow: UnitOfWork, session: CouncilSession) -> list[tuple[voting.Rule, list[Attendance]]]:
    members = attendance_of(uow, session)
    return [(rule_of(uow, session, line, nomination), members) for line, nomination in lines_of(uow, session)]


def _count(members: list[Attendance], *states: str) -> int:
    return sum(each.state in states for each in members)


def quorum_figures(uow: UnitOfWork, session: CouncilSession) -> tuple[int, int, int, int]:
    """Members, present, written, and how many the strictest rule on the agenda needs."""
    members = attendance_of(uow, session)
    needed = [voting.quorum_needed(rule, len(members)) for rule, _ in _rules(uow, session)]
    return len(members), _count(members, *THERE), _count(members, "written"), max(needed, default=0)


def open_round(uow: UnitOfWork, session: CouncilSession) -> None:
    """Freeze rule, entitlement and votes needed of every line, then accept ballots."""
    members, recusals = attendance_of(uow, session), recusals_of(uow, session)
    for line, nomination in lines_of(uow, session):
        stored = rule_row(uow, session, nomination)
        rule = voting.rule_from_row(stored)
        body = body_of(rule, members, recusals.get(nomination.id, {}))
        base = voting.base_of(rule, body, body.entitled(rule))
        line.rule = {**stored, "base": base}
        line.entitled, line.needed = body.entitled(rule), voting.needed_votes(rule, base)
        line.agree = line.disagree = line.invalid = line.abstain = line.cast = None
        line.outcome, line.reason, line.casting_reason = None, "", ""
    session.state, session.opened_at = "voting", uow.now
    session.closed_at, session.closed_by = None, None
    session.silent, session.silent_note = [], ""
    history.record(uow, chain(session), "voting:opened", data={"round": session.round})


def prepare_round(uow: UnitOfWork, session: CouncilSession) -> None:
    """A new secret round: nothing of the last one stands; ballots are accepted when its box is sealed."""
    for line, _ in lines_of(uow, session):
        line.agree = line.disagree = line.invalid = line.abstain = line.cast = None
        line.written_agree = line.written_disagree = 0
        line.rule, line.outcome, line.reason, line.casting_reason = None, None, "", ""
    session.state = "invited"
    session.closed_at, session.closed_by = None, None
    session.silent, session.silent_note = [], ""


def reschedule(uow: UnitOfWork, session: CouncilSession, reason: str) -> None:
    """The chair puts the session off: the agenda is set anew, and those who were invited are told at once."""
    session.state = "preparing"
    at = session.held_at.astimezone(ZONE) if session.held_at else None
    text = N_("%(title)s hẹn lúc %(at)s ngày %(on)s được lùi lại; ngày họp mới sẽ báo sau. Lý do: %(reason)s")
    words = {"title": session.title, "reason": reason}
    words |= {"at": f"{at:%H:%M}" if at else "…", "on": f"{at:%d/%m/%Y}" if at else "…"}
    people = [each.person_id for each in attendance_of(uow, session)]
    notify(uow, people, text % words, f"/sessions/{session.id}")
    history.record(uow, chain(session), "session:rescheduled", data={"reason": reason})


def circulate(uow: UnitOfWork, session: CouncilSession, reason: str) -> None:
    """The chair lets everybody who is not there answer in writing, by name (AC-07)."""
    for member in attendance_of(uow, session):
        if member.state == "absent":
            member.state = "written"
    session.written_circulation, session.vote_mode = True, "open"
    session.by_law = {**session.by_law, "absentee": "written_ballot", "quorum_counts_written": True}
    history.record(uow, chain(session), "session:circulated", data={"reason": reason})


def member_ids(uow: UnitOfWork, session: CouncilSession) -> list[str]:
    """Those who get a voting task: whoever has a ballot on at least one line, in order of seats."""
    members, recusals = attendance_of(uow, session), recusals_of(uow, session)
    entitled: set[UUID] = set()
    for line, nomination in lines_of(uow, session):
        rule = rule_of(uow, session, line, nomination)
        entitled.update(voters(rule, members, recusals.get(nomination.id, {})))
    return [str(each.person_id) for each in members if each.person_id in entitled]


def held_session(uow: UnitOfWork, key: str) -> CouncilSession:
    """The session of a business key, its row locked for the step that changes it."""
    return session_of(uow, key, lock=True)


def chair_name(uow: UnitOfWork, session: CouncilSession) -> str:
    """The name of the one who holds the chair's seat that day, empty when the seat is vacant."""
    chair = next((each for each in attendance_of(uow, session) if each.is_chair), None)
    return lookups().person_name(uow, chair.person_id) if chair else ""
