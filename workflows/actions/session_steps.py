"""Before the vote: agenda, invitations, attendance, recusals, quorum, and what to do without one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime, time
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

from sqlalchemy import delete, or_, select

from engine import history
from engine.clock import ZONE
from engine.database import UnitOfWork
from engine.errors import N_, FieldError, InvalidForm
from engine.handlers import lookups
from workflows.actions import recusals
from workflows.actions.notices import notify
from workflows.actions.sessions import chain, checked_by_law
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
from workflows.queries.waiting import for_session
from workflows.quotas import TYPED
from workflows.rules import voting
from workflows.tables.nominations import Nomination
from workflows.tables.organisation import CouncilSeat
from workflows.tables.sessions import Attendance, CouncilSession, Recusal, SessionLine

STATES = (*THERE, "absent", "written")
RECUSED_IN_DENOMINATOR = {"yes": True, "no": False}


def set_agenda(uow: UnitOfWork, session: CouncilSession, form: Mapping[str, Any]) -> None:
    """Store date, place, way of voting and the chosen nominees in order; InvalidForm names what is wrong."""
    errors: list[FieldError] = []
    session.title = str(form.get("title") or session.title).strip()
    session.place = str(form.get("place") or "").strip()
    session.online_link = _link(form, errors)
    if not session.place and not session.online_link:
        errors.append(FieldError("place", N_("Cần địa điểm họp, hoặc đường dẫn họp trực tuyến.")))
    session.held_at = _moment(form, errors)
    session.vote_mode = str(form.get("vote_mode") or session.vote_mode)
    session.by_law = _by_law(session, form)
    chosen = _chosen(uow, session, form.get("lines") or [], errors)
    if not errors:
        _check_rules(uow, session, chosen, errors)
    if errors:
        raise InvalidForm(errors)
    listed = [nomination.id for nomination in chosen]
    left = Recusal.nomination_id.not_in(listed)
    uow.session.execute(delete(Recusal).where(Recusal.session_id == session.id, left))
    uow.session.execute(delete(SessionLine).where(SessionLine.session_id == session.id))
    for position, nomination in enumerate(chosen, start=1):
        uow.session.add(
            SessionLine(
                organisation_id=session.organisation_id,
                session_id=session.id,
                nomination_id=nomination.id,
                position=position,
            )
        )
    session.state = "preparing"


def _link(form: Mapping[str, Any], errors: list[FieldError]) -> str:
    link = str(form.get("online_link") or "").strip()
    parts = urlsplit(link)
    if link and (parts.scheme != "https" or not parts.hostname or " " in link):
        errors.append(FieldError("online_link", N_("Đường dẫn họp trực tuyến phải bắt đầu bằng https://")))
    return link


def _moment(form: Mapping[str, Any], errors: list[FieldError]) -> datetime | None:
    try:
        day = date.fromisoformat(str(form.get("held_on") or ""))
        hour = time.fromisoformat(str(form.get("held_time") or "08:00"))
    except ValueError:
        errors.append(FieldError("held_on", N_("Cần ngày họp (và giờ họp dạng 14:00).")))
        return None
    return datetime.combine(day, hour, tzinfo=ZONE)


def _by_law(session: CouncilSession, form: Mapping[str, Any]) -> dict[str, Any]:
    """What this session sets: whether a recused member stays in the denominator (AC-05; "rule" leaves it),
    the numbers that a cap is reckoned from while the register does not hold them, and the places to be filled.
    """
    by_law = dict(session.by_law)
    choice = str(form.get("recused_in_denominator") or "")
    if choice in RECUSED_IN_DENOMINATOR:
        by_law["recused_in_denominator"] = RECUSED_IN_DENOMINATOR[choice]
    elif choice == "rule":
        by_law.pop("recused_in_denominator", None)
    by_law |= {name: form.get(name) for name in TYPED}
    return checked_by_law(by_law)


def _chosen(
    uow: UnitOfWork, session: CouncilSession, rows: Sequence[Mapping[str, Any]], errors: list[FieldError]
) -> list[Nomination]:
    """The included nominees in the order asked for; rows without a number follow in the order of the list."""
    waiting = {str(each.id): each for each in for_session(uow, session.id)}
    picked: list[tuple[int, int, Nomination]] = []
    for index, row in enumerate(rows):
        if not row.get("include"):
            continue
        nomination = waiting.get(str(row.get("id")))
        if nomination is None:
            text = N_("Hồ sơ này không còn chờ Hội đồng xét hoặc đã ở phiên họp khác.")
            errors.append(FieldError(f"lines.{index}.include", text))
            continue
        picked.append((int(row.get("position") or len(rows) + 1), index, nomination))
    if not picked and not errors:
        errors.append(FieldError("lines", N_("Chọn ít nhất một hồ sơ để đưa ra Hội đồng.")))
    return [nomination for _, _, nomination in sorted(picked, key=lambda each: each[:2])]


def _check_rules(
    uow: UnitOfWork, session: CouncilSession, chosen: list[Nomination], errors: list[FieldError]
) -> None:
    for nomination in chosen:
        try:
            rule = voting.rule_from_row(rule_row(uow, session, nomination))
        except voting.ChairUnknown:
            text = N_(
                "Quy chế đòi hỏi Chủ tịch Hội đồng đồng ý với %(name)s, mà bỏ phiếu kín thì không thể biết "
                "Chủ tịch Hội đồng có đồng ý hay không: chọn cách biểu quyết khác."
            )
            errors.append(FieldError("vote_mode", text % {"name": nomination.subject_name}))
            return
        except ValueError:
            text = N_("Bảng quy tắc biểu quyết chưa có dòng hợp lệ cho %(name)s.")
            errors.append(FieldError("lines", text % {"name": nomination.subject_name}))
            continue
        if rule.vote_mode == "secret" and session.vote_mode == "open":
            text = N_(
                "Quy chế yêu cầu bỏ phiếu kín đối với %(name)s: chọn bỏ phiếu kín hoặc phiếu giấy do thư ký ghi."
            )
            errors.append(FieldError("vote_mode", text % {"name": nomination.subject_name}))
            return


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
    notify(uow, people, _invitation(uow, session), f"/sessions/{session.id}")
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
    """Store who is present, absent or gave a written opinion, and who is recused from which nominee."""
    members = {str(each.person_id): each for each in attendance_of(uow, session)}
    errors: list[FieldError] = []
    for index, row in enumerate(form.get("members") or []):
        member = members.get(str(row.get("id")))
        if member is None or row.get("state") not in STATES:
            errors.append(
                FieldError(f"members.{index}.state", N_("Chọn có mặt, dự trực tuyến, vắng hoặc gửi ý kiến."))
            )
            continue
        member.state = str(row["state"])
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
