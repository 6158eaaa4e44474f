"""The data of the papers, as `workflows.papers` takes them: figures and names from the rows, no wording."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from itertools import groupby
from typing import Any

from sqlalchemy import select

from engine.clock import local_date
from engine.database import UnitOfWork
from engine.models import Organisation
from workflows.catalogue import award_name, awards_on
from workflows.handlers.award import prize_of
from workflows.labels import GENDER_LABELS
from workflows.queries.waiting import list_order
from workflows.tables.nominations import Nomination
from workflows.tables.organisation import Unit
from workflows.tables.papers import Paper
from workflows.tables.register import RegisterEntry
from workflows.tables.sessions import CouncilSession, SessionLine

AGENCIES = ("Ủy ban nhân dân ", "UBND ", "Phòng Nội vụ ")
LEVELS = ("Xã ", "Phường ", "Thị trấn ", "Thành phố ", "Thị xã ", "Huyện ", "Tỉnh ")
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


def places(uow: UnitOfWork) -> dict[str, str]:
    """ "xã Đồng Liên" and "thành phố Thái Nguyên" (empty without an upper organisation) by field name."""
    own = uow.session.get_one(Organisation, uow.organisation_id)
    upper = uow.session.get(Organisation, own.parent_id) if own.parent_id else None
    return {"commune": place_name(own.name), "upper": place_name(upper.name) if upper else ""}


def common(uow: UnitOfWork, *, symbol: str, issued_on: date | None, year: int, achievement_year: int) -> Data:
    """What every paper has: its head, the places it names, number and year."""
    named = places(uow)
    head = {"parent": "", "issuer": f"Ủy ban nhân dân|{named['commune']}"}
    return {
        "head": {**head, "place": bare_place(named["commune"])},
        **named,
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
    data = common(
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
