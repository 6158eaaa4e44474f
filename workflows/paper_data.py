"""The data of the papers, as `workflows.papers` takes them: figures and names from the rows, no wording."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from itertools import groupby
from typing import Any
from uuid import UUID

from sqlalchemy import select

from engine.clock import ZONE, local_date
from engine.database import UnitOfWork
from engine.handlers import lookups
from engine.models import Organisation
from workflows.catalogue import award_name, awards_on
from workflows.handlers.award import prize_of
from workflows.labels import GENDER_LABELS
from workflows.queries.ballots import attendance_of, lines_of, recusals_of
from workflows.queries.waiting import list_order
from workflows.rules import voting
from workflows.rules.recusal import GROUND_LABELS
from workflows.tables.meetings import Meeting, MeetingLine
from workflows.tables.nominations import Nomination
from workflows.tables.organisation import Person, Unit
from workflows.tables.papers import Paper
from workflows.tables.register import RegisterEntry
from workflows.tables.sessions import CouncilSession, SessionLine

AGENCIES = ("Ủy ban nhân dân ", "UBND ", "Phòng Nội vụ ")
LEVELS = ("Xã ", "Phường ", "Thị trấn ", "Thành phố ", "Thị xã ", "Huyện ", "Tỉnh ")
DENOMINATORS = {
    "total_members": "tổng số thành viên Hội đồng",
    "total_minus_recused": "số thành viên Hội đồng được biểu quyết",
    "present": "số thành viên tham gia biểu quyết",
    "valid_ballots": "số phiếu hợp lệ",
}
Data = dict[str, Any]


def place_name(name: str) -> str:
    """ "xã Đồng Liên" from "UBND xã Đồng Liên" or "Xã Đồng Liên"."""
    for agency in AGENCIES:
        name = name.removeprefix(agency)
    return name[:1].lower() + name[1:] if name.startswith(LEVELS) else name


def bare_place(name: str) -> str:
    """ "Đồng Liên" from "xã Đồng Liên", as the place in front of a date."""
    place = place_name(name)
    for level in LEVELS:
        place = place.removeprefix(level.lower())
    return place


def _common(
    uow: UnitOfWork, *, symbol: str, issued_on: date | None, year: int, achievement_year: int
) -> Data:
    own = uow.session.get_one(Organisation, uow.organisation_id)
    upper = uow.session.get(Organisation, own.parent_id) if own.parent_id else None
    commune = place_name(own.name)
    return {
        "head": {"parent": "", "issuer": f"Ủy ban nhân dân|{commune}", "place": bare_place(own.name)},
        "commune": commune,
        "upper": place_name(upper.name) if upper else "",
        "number": None,
        "symbol": symbol,
        "issued_on": issued_on.isoformat() if issued_on else None,
        "year": year,
        "achievement_year": achievement_year,
        "subject": "",
    }


def list_paper(uow: UnitOfWork, paper: Paper, nominations: Sequence[Nomination], signer: str) -> Data:
    """The data of a decision or a proposal over these nominees, in the order of every list."""
    ordered = sorted(nominations, key=list_order)
    on = paper.issued_on or uow.today
    years = [nomination.achievement_year for nomination in ordered]
    data = _common(
        uow,
        symbol=paper.series,
        issued_on=paper.issued_on,
        year=paper.year or on.year,
        achievement_year=max(years, default=on.year),
    )
    votes = {nomination.id: _votes(uow, nomination) for nomination in ordered}
    held = {session.held_at for session, _ in votes.values() if session and session.held_at}
    return {
        **data,
        "number": paper.number,
        "subject": paper.subject,
        "signature": {
            "block": paper.signature_block,
            "mode": paper.signer_mode or "CT",
            "name": signer,
        },
        "session_dates": sorted({local_date(moment).isoformat() for moment in held}),
        "proposal_ref": "",
        "groups": [
            {
                **_act(uow, award, on),
                "subject_kind": kind,
                "lines": [_line(uow, each, votes[each.id][1], paper.kind) for each in members],
            }
            for (award, kind), members in groupby(ordered, key=lambda each: (each.award, each.subject_kind))
        ],
    }


def _act(uow: UnitOfWork, award: str, on: date) -> Data:
    assert uow.organisation_id is not None
    known = awards_on(uow, uow.organisation_id, on).get(award)
    name = known.name if known else award_name(award)
    if known is not None and known.family == "form":
        return {"act": "Tặng", "award_name": name}
    return {"act": "Công nhận", "award_name": f"danh hiệu “{name}”"}


def _line(uow: UnitOfWork, nomination: Nomination, votes: SessionLine | None, kind: str) -> Data:
    amount, unverified, _ = prize_of(uow, nomination) if kind == "decision" else (None, False, "")
    initiative = nomination.initiative_name
    if initiative and nomination.initiative_number:
        initiative = f"{initiative} ({nomination.initiative_number})"
    return {
        "name": nomination.subject_name,
        "gender": GENDER_LABELS.get(nomination.gender, ""),
        "born_year": nomination.born_year,
        "position": position_of(uow, nomination),
        "rating": "",
        "achievement": nomination.merit_summary,
        "initiative": initiative,
        "earlier_awards": _earlier(uow, nomination),
        "votes_agree": votes.agree if votes else None,
        "votes_total": (votes.rule or {}).get("base") if votes else None,
        "prize": amount,
        "note": "tiền thưởng: cần kiểm tra" if unverified else "",
    }


def position_of(uow: UnitOfWork, nomination: Nomination) -> str:
    """Position and unit of a person, the unit of a collective, the address of a household."""
    unit = uow.session.get(Unit, nomination.unit_id)
    where = unit.name if unit else ""
    if nomination.subject_kind == "household":
        return nomination.address or where
    parts = (nomination.position, where) if nomination.subject_kind == "individual" else (where,)
    return ", ".join(part for part in parts if part and part != nomination.subject_name)


def _earlier(uow: UnitOfWork, nomination: Nomination) -> str:
    if nomination.person_id is None:
        return ""
    query = (
        select(RegisterEntry)
        .where(
            RegisterEntry.organisation_id == nomination.organisation_id,
            RegisterEntry.person_id == nomination.person_id,
            RegisterEntry.status == "valid",
        )
        .order_by(RegisterEntry.decision_date.desc())
        .limit(3)
    )
    entries = uow.session.scalars(query)
    return "; ".join(f"{award_name(e.award)} ({e.decision_number}, {e.decision_date.year})" for e in entries)


def _votes(uow: UnitOfWork, nomination: Nomination) -> tuple[CouncilSession, SessionLine] | tuple[None, None]:
    query = (
        select(CouncilSession, SessionLine)
        .join(SessionLine, SessionLine.session_id == CouncilSession.id)
        .where(
            SessionLine.nomination_id == nomination.id,
            SessionLine.outcome.is_not(None),
            CouncilSession.state == "closed",
        )
        .order_by(CouncilSession.created_at.desc())
    )
    found = uow.session.execute(query).first()
    return (found[0], found[1]) if found else (None, None)


def vote_text(uow: UnitOfWork, nomination: Nomination) -> str:
    """ "10/11" as the last closed session counted it, empty when there was none."""
    _, line = _votes(uow, nomination)
    return f"{line.agree}/{(line.rule or {}).get('base', line.entitled)}" if line else ""


def moment(at: datetime | None, otherwise: datetime) -> str:
    """A moment in local time as the papers take it."""
    return (at or otherwise).astimezone(ZONE).strftime("%Y-%m-%dT%H:%M")


def session_minutes(uow: UnitOfWork, session: CouncilSession, secretary: str) -> Data:
    """The data of the minutes of a session, every figure from the count that was stored."""
    members, recusals = attendance_of(uow, session), recusals_of(uow, session)
    names = {each.person_id: lookups().person_name(uow, each.person_id) for each in members}
    agenda = lines_of(uow, session)
    held = local_date(session.held_at) if session.held_at else uow.today
    data = _common(
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
        "ended_at": moment(session.closed_at, uow.now),
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
            }
            for each in members
        ],
        "quorum": _quorum(session, agenda, len(members)),
        "recusals": [
            {"name": nomination.subject_name, "member": names[person], "ground": GROUND_LABELS[ground]}
            for _, nomination in agenda
            for person, ground in recusals.get(nomination.id, {}).items()
        ],
        "rules": _rules(agenda),
        "silent": list(session.silent),
        "silent_note": session.silent_note,
        "closed_by": names.get(session.closed_by, "") if session.closed_by else "",
        "lines": [_result(uow, line, nomination, len(members)) for line, nomination in agenda],
    }


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
        "cast": line.cast or 0,
        "entitled": line.entitled or 0,
        "denominator": base,
        "needed": line.needed or 0,
        "recused": line.recused,
        "outcome": line.outcome,
        "reason": line.reason,
        "casting_reason": line.casting_reason,
    }


def review_minutes(
    uow: UnitOfWork, meeting: Meeting, lines: Sequence[tuple[MeetingLine, Nomination]]
) -> Data:
    """The data of the minutes of a unit's review meeting."""
    unit = uow.session.get_one(Unit, meeting.unit_id)
    held = meeting.held_on or uow.today
    data = _common(
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
