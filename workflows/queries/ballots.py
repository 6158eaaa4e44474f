"""Who may vote on what in a session, by which rule, and what has been cast: read by actions and pages."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Protocol
from uuid import UUID

from sqlalchemy import select

from engine import decisions
from engine.clock import local_date
from engine.database import UnitOfWork
from engine.errors import N_, NotFound
from workflows.rules import recusal, voting
from workflows.rules.voting import Body, Rule
from workflows.tables.nominations import Nomination
from workflows.tables.sessions import Attendance, Ballot, CouncilSession, Recusal, SessionLine

THERE = ("present", "remote")
"""Who takes part, in the room or online."""


class Seated(Protocol):
    """A member and whether there, absent or heard in writing: as recorded, or as expected before that."""

    @property
    def person_id(self) -> UUID: ...
    @property
    def state(self) -> str: ...


@dataclass(frozen=True)
class Expected:
    """A member as expected before the attendance is taken."""

    person_id: UUID
    state: str


def session_of(uow: UnitOfWork, session_id: UUID | str, *, lock: bool = False) -> CouncilSession:
    """The session, its row locked on demand (the lock under which ballots are cast and closed); NotFound."""
    query = select(CouncilSession).where(
        CouncilSession.id == UUID(str(session_id)), CouncilSession.organisation_id == uow.organisation_id
    )
    if lock:
        query = query.with_for_update().execution_options(populate_existing=True)
    found = uow.session.scalar(query)
    if found is None:
        raise NotFound(N_("phiên họp Hội đồng"))
    return found


def lines_of(uow: UnitOfWork, session: CouncilSession) -> list[tuple[SessionLine, Nomination]]:
    """The agenda in order, each line with its dossier."""
    query = (
        select(SessionLine, Nomination)
        .join(Nomination, Nomination.id == SessionLine.nomination_id)
        .where(SessionLine.session_id == session.id)
        .order_by(SessionLine.position)
    )
    return [(line, nomination) for line, nomination in uow.session.execute(query)]


def attendance_of(uow: UnitOfWork, session: CouncilSession) -> list[Attendance]:
    """The members of the session in order of their seats."""
    query = select(Attendance).where(Attendance.session_id == session.id).order_by(Attendance.seat)
    return list(uow.session.scalars(query))


def is_taken(members: Iterable[Attendance]) -> bool:
    """Whether the attendance has been recorded: until then everybody is absent."""
    return any(each.state != "absent" for each in members)


def expected(members: Sequence[Attendance]) -> Sequence[Seated]:
    """The members as recorded; before that as if everybody came who has not declined."""
    if is_taken(members):
        return members
    return [Expected(each.person_id, "absent" if each.reply == "declined" else "present") for each in members]


def recusals_of(uow: UnitOfWork, session: CouncilSession) -> dict[UUID, dict[UUID, str]]:
    """Dossier → member → ground."""
    found: dict[UUID, dict[UUID, str]] = {}
    for each in uow.session.scalars(select(Recusal).where(Recusal.session_id == session.id)):
        found.setdefault(each.nomination_id, {})[each.person_id] = each.ground
    return found


def recusal_words_of(uow: UnitOfWork, session: CouncilSession) -> dict[UUID, dict[UUID, str]]:
    """Dossier → member → the ground in words, with the reason of another kind."""
    found: dict[UUID, dict[UUID, str]] = {}
    for each in uow.session.scalars(select(Recusal).where(Recusal.session_id == session.id)):
        words = recusal.ground_text(each.ground, each.reason)
        found.setdefault(each.nomination_id, {})[each.person_id] = words
    return found


def ballots_of(uow: UnitOfWork, session: CouncilSession) -> list[Ballot]:
    """The ballots of the present round."""
    query = select(Ballot).where(Ballot.session_id == session.id, Ballot.round == session.round)
    return list(uow.session.scalars(query))


def vote_date(uow: UnitOfWork, session: CouncilSession) -> date:
    """The date whose voting rule counts: that of the session, today while none is set."""
    return local_date(session.held_at) if session.held_at else uow.today


def rule_row(uow: UnitOfWork, session: CouncilSession, nomination: Nomination) -> dict[str, Any]:
    """The by-law for one nominee as stored beside the count; ValueError when the table gives no rule.

    Source: the DMN decision `voting_rule` in force on the day of the vote, single values replaced by the
    session's own `by_law`, as it holds in the session's way of voting.
    """
    assert uow.organisation_id is not None
    on = vote_date(uow, session)
    inputs = {"body": "council", "award": nomination.award, "subject_kind": nomination.subject_kind}
    found = decisions.evaluate(uow, uow.organisation_id, "voting_rule", on, inputs)
    if not found.rows:
        raise ValueError("no voting rule")
    rule = voting.rule_in(voting.rule_from_row(found.first, session.by_law), session.vote_mode)
    return {
        **voting.rule_as_row(rule),
        "citations": list(found.citations),
        "unverified": bool(found.unverified),
        "on": on.isoformat(),
    }


def rule_of(uow: UnitOfWork, session: CouncilSession, line: SessionLine, nomination: Nomination) -> Rule:
    """The rule of one line: as stored when the vote was opened, else as it would be now."""
    return voting.rule_from_row(line.rule or rule_row(uow, session, nomination))


def voters(rule: Rule, members: Iterable[Seated], recused: Iterable[UUID] = ()) -> list[UUID]:
    """The members who get a ballot for a line, in order of seats."""
    states = (*THERE, "written") if rule.absentee == "written_ballot" else THERE
    out = set(recused)
    return [each.person_id for each in members if each.state in states and each.person_id not in out]


def body_of(rule: Rule, members: Sequence[Seated], recused: Iterable[UUID] = ()) -> Body:
    """The figures that the rule is applied to."""
    out = set(recused)
    present = sum(each.state in THERE for each in members)
    written = sum(each.state == "written" for each in members)
    may_vote = len(voters(rule, members))
    return Body(
        members=len(members),
        present=present,
        written=written,
        recused=len(out),
        recused_present=may_vote - len(voters(rule, members, out)),
        recused_written=sum(each.state == "written" and each.person_id in out for each in members),
    )
