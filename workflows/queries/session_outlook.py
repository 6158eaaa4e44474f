"""What a session can expect today: members against the quorum, what a rule makes impossible.

Before the attendance is taken the answers to the invitation are gone by; afterwards who is there.
"""

from __future__ import annotations

import json
from collections.abc import Sequence

from engine import history
from engine.database import UnitOfWork
from workflows.queries.ballots import THERE, body_of, expected, is_taken, recusals_of, rule_of
from workflows.rules import N_, vote_warnings, voting
from workflows.rules.voting import Rule
from workflows.tables.nominations import Nomination
from workflows.tables.sessions import Attendance, CouncilSession, SessionLine

Agenda = Sequence[tuple[SessionLine, Nomination]]


def quorum(
    uow: UnitOfWork, session: CouncilSession, members: Sequence[Attendance], agenda: Agenda
) -> tuple[str, bool]:
    """ "7/11 có mặt · cần 8" and whether that is enough (or can still become so), by the strictest rule."""
    if not members:
        return "", False
    rules = [rule_of(uow, session, line, nomination) for line, nomination in agenda]
    needed = max((voting.quorum_needed(rule, len(members)) for rule in rules), default=0)
    if not is_taken(members) and not session.written_circulation:
        return _answered(members, needed)
    present = sum(each.state in THERE for each in members)
    written = sum(each.state == "written" for each in members)
    met = session.written_circulation or _met(rules, len(members), present, written)
    if written:
        text = N_("%d/%d có mặt · %d ý kiến bằng văn bản · cần %d")
        return text % (present, len(members), written, needed), met
    return N_("%d/%d có mặt · cần %d") % (present, len(members), needed), met


def _met(rules: Sequence[Rule], members: int, present: int, written: int) -> bool:
    return all(voting.quorum_met(rule, members, present, written) for rule in rules)


def _answered(members: Sequence[Attendance], needed: int) -> tuple[str, bool]:
    replies = [each.reply for each in members]
    accepted, silent = replies.count("accepted"), replies.count("")
    text = N_("%d/%d báo dự họp · %d chưa trả lời · cần %d")
    return text % (accepted, len(members), silent, needed), accepted + silent >= needed


def postponing(uow: UnitOfWork, session: CouncilSession) -> str:
    """Why the office asks the chair to put the session off; empty when nobody does."""
    if session.state != "no_quorum":
        return ""
    for row in reversed(history.of(uow, f"session:{session.id}")):
        if row.event in ("session:postponing", "session:invited"):
            return str(json.loads(row.data or "{}").get("reason") or "")
    return ""


def warnings(
    uow: UnitOfWork, session: CouncilSession, members: Sequence[Attendance], agenda: Agenda
) -> list[tuple[str, list[str]]]:
    """What a rule makes impossible today, each with the nominees it is true of; [] once the vote is counted."""
    if not members or session.state in ("counted", "closed"):
        return []
    recusals, there = recusals_of(uow, session), expected(members)
    found: dict[str, list[str]] = {}
    for line, nomination in agenda:
        rule = rule_of(uow, session, line, nomination)
        body = body_of(rule, there, recusals.get(nomination.id, {}))
        for text in vote_warnings.warnings(rule, body, session.vote_mode):
            found.setdefault(text, []).append(nomination.subject_name)
    return list(found.items())
