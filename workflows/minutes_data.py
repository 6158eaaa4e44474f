"""The data of the minutes, as `workflows.papers` takes them: every figure from the count that was stored."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from uuid import UUID

from engine.clock import ZONE, local_date
from engine.database import UnitOfWork
from engine.handlers import lookups
from workflows.catalogue import award_name
from workflows.paper_data import Data, common, position_of
from workflows.queries.ballot_boxes import box_of, letter_writers
from workflows.queries.ballots import attendance_of, lines_of, recusal_words_of
from workflows.rules import voting
from workflows.secret_ballot import codes
from workflows.stages import is_closed
from workflows.tables.ballot_boxes import BallotBox
from workflows.tables.meetings import Meeting, MeetingLine
from workflows.tables.nominations import Nomination
from workflows.tables.organisation import Person, Unit
from workflows.tables.sessions import Attendance, CouncilSession, SessionLine

DENOMINATORS = {
    "total_members": "tổng số thành viên Hội đồng",
    "total_minus_recused": "số thành viên Hội đồng được biểu quyết",
    "present": "số thành viên tham gia biểu quyết",
    "valid_ballots": "số phiếu hợp lệ",
}


def moment(at: datetime | None, otherwise: datetime) -> str:
    """A moment in local time as the papers take it."""
    return (at or otherwise).astimezone(ZONE).strftime("%Y-%m-%dT%H:%M")


def session_minutes(uow: UnitOfWork, session: CouncilSession, secretary: str) -> Data:
    """The data of the minutes of a session, every figure from the count that was stored."""
    members, recusals = attendance_of(uow, session), recusal_words_of(uow, session)
    names = {each.person_id: lookups().person_name(uow, each.person_id) for each in members}
    agenda = lines_of(uow, session)
    box = box_of(uow, session) if session.vote_mode == "secret" else None
    held = local_date(session.held_at) if session.held_at else uow.today
    data = common(
        uow,
        symbol="",
        issued_on=held,
        year=held.year,
        achievement_year=max((each.achievement_year for _, each in agenda), default=held.year),
    )
    data["head"] = {
        "parent": data["head"]["issuer"],
        "issuer": "Hội đồng|Thi đua - Khen thưởng",
        "place": data["head"]["place"],
    }
    chair = next((names[each.person_id] for each in members if each.is_chair), "")
    return {
        **data,
        "held_at": moment(session.held_at, uow.now),
        "ended_at": _ended(session),
        "venue": session.place,
        "vote_mode": session.vote_mode,
        "chair": chair,
        "secretary": secretary,
        "members": [
            {
                "name": names[each.person_id],
                "seat": each.title,
                "title": _title(uow, each.person_id),
                "state": each.state,
                "reason": _delegate(each),
            }
            for each in members
        ],
        "quorum": _quorum(session, agenda, len(members)),
        "recusals": [
            {"name": nomination.subject_name, "member": names[person], "ground": ground}
            for _, nomination in agenda
            for person, ground in recusals.get(nomination.id, {}).items()
        ],
        "rules": _rules(agenda),
        "silent": list(session.silent),
        "silent_note": session.silent_note,
        "closed_by": names.get(session.closed_by, "") if session.closed_by else "",
        "lines": [
            _result(uow, line, nomination, len(members)) | _ballots(box, nomination)
            for line, nomination in agenda
        ],
        **({"box": _box(uow, session, box, members)} if box else {}),
    }


def _delegate(member: Attendance) -> str:
    return f"người dự thay: {member.delegate}, không biểu quyết" if member.delegate else ""


def _ballots(box: BallotBox | None, nomination: Nomination) -> Data:
    return {"ballots": box.counts.get(str(nomination.id), 0)} if box else {}


def _box(uow: UnitOfWork, session: CouncilSession, box: BallotBox, members: list[Attendance]) -> Data:
    letters = len(letter_writers(uow, session))
    absent = sum(each.state == "absent" for each in members)
    return {
        "issued": box.issued,
        "returned": box.returned,
        "not_returned": box.issued - box.returned,
        "letters": letters,
        "without_ballot": len(members) - box.issued - letters - absent,
        "receipts": len(box.receipts),
        "code": codes.spoken(box.root),
        "root": box.root,
        "tellers": [each["name"] for each in box.context["tellers"]],
    }


def _ended(session: CouncilSession) -> str | None:
    """The hour the vote ended when that was on the day of the session; otherwise it is left to be written."""
    held, closed = session.held_at, session.closed_at
    if held is None or closed is None or closed < held or local_date(closed) != local_date(held):
        return None
    return moment(closed, closed)


def _title(uow: UnitOfWork, person_id: UUID) -> str:
    person = uow.session.get(Person, person_id)
    return person.position if person else ""


def _quorum(session: CouncilSession, agenda: Iterable[tuple[SessionLine, Nomination]], members: int) -> Data:
    rules = [voting.rule_from_row(line.rule) for line, _ in agenda if line.rule]
    needed = max((voting.quorum_needed(rule, members) for rule in rules), default=0)
    by_chair = "Chủ tịch Hội đồng đồng ý lấy ý kiến bằng văn bản" if session.written_circulation else ""
    return {"needed": needed, "met": True, "by_chair": by_chair}


def _rules(agenda: Iterable[tuple[SessionLine, Nomination]]) -> list[Data]:
    found: dict[str, str] = {}
    for line, nomination in agenda:
        rule = line.rule or {}
        word = "tối thiểu" if rule.get("comparison") == ">=" else "trên"
        of = DENOMINATORS.get(str(rule.get("denominator")), "")
        text = f"{word} {rule.get('threshold')} {of} đồng ý"
        if rule.get("unverified"):
            text += " (cần kiểm tra)"
        if rule.get("quota"):
            text += f". {rule['quota']['text']}".removesuffix(".")
        found.setdefault(award_name(nomination.award), text)
    return [{"award_name": name, "text": text} for name, text in found.items()]


def _result(uow: UnitOfWork, line: SessionLine, nomination: Nomination, members: int) -> Data:
    base = int((line.rule or {}).get("base", members))
    return {
        "name": nomination.subject_name,
        "position": position_of(uow, nomination),
        "award_name": award_name(nomination.award),
        "subject_kind": nomination.subject_kind,
        "agree": line.agree or 0,
        "disagree": line.disagree or 0,
        "invalid": line.invalid or 0,
        "abstain": line.abstain or 0,
        "written_agree": line.written_agree,
        "written_disagree": line.written_disagree,
        "cast": line.cast or 0,
        "entitled": line.entitled or 0,
        "denominator": base,
        "needed": line.needed or 0,
        "recused": line.recused,
        # A dossier that ended during the vote has no result of the council's: it was not returned either.
        "outcome": "ended" if line.outcome == "returned" and is_closed(nomination) else line.outcome,
        "reason": "" if line.outcome == "passed" else line.reason,
        "casting_reason": line.casting_reason,
    }


def review_minutes(
    uow: UnitOfWork, meeting: Meeting, lines: Sequence[tuple[MeetingLine, Nomination]]
) -> Data:
    """The data of the minutes of a unit's review meeting."""
    unit = uow.session.get_one(Unit, meeting.unit_id)
    held = meeting.held_on or uow.today
    data = common(
        uow,
        symbol="",
        issued_on=held,
        year=held.year,
        achievement_year=max((each.achievement_year for _, each in lines), default=held.year),
    )
    data["head"] = {
        "parent": data["head"]["issuer"],
        "issuer": unit.name,
        "place": data["head"]["place"],
    }
    return {
        **data,
        "unit": unit.name,
        "held_at": f"{held.isoformat()}T{meeting.held_time or '08:00'}",
        "ended_at": f"{held.isoformat()}T{meeting.ended_time}" if meeting.ended_time else None,
        "venue": meeting.place,
        "chair": meeting.chair,
        "secretary": meeting.secretary,
        "invited": meeting.invited,
        "present": meeting.present,
        "absent": meeting.absent,
        "ranked": any(line.rank for line, _ in lines),
        "lines": [
            {
                "name": nomination.subject_name,
                "position": position_of(uow, nomination),
                "award_name": award_name(nomination.award),
                "subject_kind": nomination.subject_kind,
                "agree": line.agree or 0,
                "disagree": line.disagree or 0,
                "outcome": line.outcome or "refused",
                "rank": line.rank,
                "reason": line.reason,
            }
            for line, nomination in lines
        ],
    }
