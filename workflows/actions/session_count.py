"""After the vote: the recorded totals, the count, the answer to every dossier."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from engine import history, messages
from engine.database import UnitOfWork
from engine.errors import N_, FieldError, InvalidForm
from workflows.actions import secret_ballots, session_quota
from workflows.actions.notices import notify_about
from workflows.actions.sessions import chain
from workflows.queries.ballots import (
    attendance_of,
    ballots_of,
    body_of,
    lines_of,
    recusals_of,
    voters,
)
from workflows.rules import voting
from workflows.stages import is_closed, stage_label
from workflows.tables.nominations import Nomination
from workflows.tables.sessions import Ballot, CouncilSession, SessionLine

FIGURES = ("agree", "disagree", "invalid", "abstain")
Agenda = list[tuple[SessionLine, Nomination]]


def record_votes(uow: UnitOfWork, session: CouncilSession, rows: Sequence[Mapping[str, Any]]) -> None:
    """Store the totals of a show of hands or of a paper box.

    agree + disagree + invalid + abstain must equal the ballots issued by the attendance; a wrong sum is a
    FieldError on its row, as is the chair's own vote missing where the by-law needs it and the vote is divided.
    """
    agenda = {str(nomination.id): (line, nomination) for line, nomination in lines_of(uow, session)}
    chair_votes = chair_voters(uow, session)
    errors: list[FieldError] = []
    for index, row in enumerate(rows):
        found = agenda.pop(str(row.get("id")), None)
        if found is not None:
            _record_row(*found, row, f"lines.{index}", found[1].id in chair_votes, errors)
    for _, nomination in agenda.values():
        text = N_("Thiếu kết quả của %(name)s.") % {"name": nomination.subject_name}
        errors.append(FieldError("lines", text))
    if errors:
        raise InvalidForm(errors)
    session.closed_at, session.closed_by = uow.now, uow.actor_id
    history.record(uow, chain(session), "votes:recorded", element="record_votes")


def _record_row(
    line: SessionLine,
    nomination: Nomination,
    row: Mapping[str, Any],
    path: str,
    chair_votes: bool,
    errors: list[FieldError],
) -> None:
    figures = {name: int(row.get(name) or 0) for name in FIGURES}
    total, issued = sum(figures.values()), line.entitled or 0
    if min(figures.values()) < 0 or total != issued:
        text = N_("%(name)s: tổng số phiếu là %(total)d, số phiếu phát ra là %(issued)d.")
        words = {"name": nomination.subject_name, "total": total, "issued": issued}
        errors.append(FieldError(f"{path}.agree", text % words))
        return
    agreed = _chair_agreed(figures["agree"], total, row.get("chair_agreed")) if chair_votes else None
    rule = voting.rule_from_row(line.rule or {})
    if rule.chair_must_agree and chair_votes and agreed is None:
        text = N_("%(name)s: quy chế cần ý kiến của Chủ tịch Hội đồng; ghi Chủ tịch đồng ý hay không.")
        errors.append(FieldError(f"{path}.chair_agreed", text % {"name": nomination.subject_name}))
        return
    for name, value in figures.items():
        setattr(line, name, value)
    line.cast = total
    line.rule = {**(line.rule or {}), "chair_agrees": agreed}


def _chair_agreed(agree: int, total: int, answer: object) -> bool | None:
    """What the totals prove of the chair's vote, else what was recorded, None when nothing says it."""
    if agree in (0, total):
        return agree > 0
    return {"yes": True, "no": False}.get(str(answer))


def chair_voters(uow: UnitOfWork, session: CouncilSession) -> set[UUID]:
    """The dossiers on which the chair has a ballot."""
    chair, recusals = _chair(uow, session), recusals_of(uow, session)
    members = attendance_of(uow, session)
    return {
        nomination.id
        for line, nomination in lines_of(uow, session)
        if chair in voters(voting.rule_from_row(line.rule or {}), members, recusals.get(nomination.id, {}))
    }


def tally_session(uow: UnitOfWork, session: CouncilSession) -> bool:
    """Count every line by the rule frozen when the vote was opened, then cut what exceeds a cap.

    Returns whether the chair must break a tie, in the vote or for the last place under a cap.
    """
    agenda = lines_of(uow, session)
    if session.vote_mode == "secret":
        secret_ballots.fill_lines(uow, session)
    if session.vote_mode == "open":
        _count_ballots(agenda, ballots_of(uow, session), _chair(uow, session))
    members, recusals = attendance_of(uow, session), recusals_of(uow, session)
    has_tie = False
    for line, nomination in agenda:
        stored = line.rule or {}
        rule = voting.rule_from_row(stored)
        body = body_of(rule, members, recusals.get(nomination.id, {}))
        votes = voting.Votes(
            agree=(line.agree or 0) + line.written_agree,
            disagree=(line.disagree or 0) + line.written_disagree,
            invalid=line.invalid or 0,
            abstain=line.abstain or 0,
            chair_agrees=stored.get("chair_agrees"),
        )
        result = voting.tally(rule, body, votes)
        line.rule = {**stored, "base": result.base}
        line.outcome, line.reason = result.outcome, result.reason
        line.entitled, line.needed, line.cast = result.entitled, result.needed, votes.cast
        _leave_out_ended(line, nomination)
        has_tie = has_tie or (line.outcome == "tie" and rule.tie == "chair_decides")
    has_tie = session_quota.apply(uow, session, agenda) or has_tie
    session.closed_at = session.closed_at or uow.now
    session.state = "counted"
    history.record(uow, chain(session), "session:counted", data=_figures(agenda))
    return has_tie


def _leave_out_ended(line: SessionLine, nomination: Nomination) -> None:
    """A dossier that ended while the vote was open gets no result and takes no place under a cap."""
    if is_closed(nomination):
        text = N_("Hồ sơ đã kết thúc trước khi có kết quả (%(stage)s: %(reason)s).")
        words = {"stage": stage_label(nomination).lower(), "reason": nomination.outcome_reason}
        line.outcome, line.reason = "returned", text % words


def _count_ballots(agenda: Agenda, ballots: list[Ballot], chair: UUID | None) -> None:
    totals = Counter((ballot.nomination_id, ballot.choice) for ballot in ballots)
    by_chair = {ballot.nomination_id: ballot.choice for ballot in ballots if ballot.person_id == chair}
    for line, nomination in agenda:
        line.agree, line.disagree = totals[nomination.id, "agree"], totals[nomination.id, "disagree"]
        line.invalid, line.abstain = 0, totals[nomination.id, "abstain"]
        agrees = by_chair[nomination.id] == "agree" if nomination.id in by_chair else None
        line.rule = {**(line.rule or {}), "chair_agrees": agrees}


def _chair(uow: UnitOfWork, session: CouncilSession) -> UUID | None:
    return next((each.person_id for each in attendance_of(uow, session) if each.is_chair), None)


def _figures(agenda: Agenda) -> dict[str, Any]:
    return {
        nomination.code: {"agree": line.agree, "disagree": line.disagree, "outcome": line.outcome}
        for line, nomination in agenda
    }


def answer(uow: UnitOfWork, session: CouncilSession) -> None:
    """Close the session and tell every nominee's instance, its author and its nominee what came out.

    A dossier that was withdrawn or refused in between is told nothing: it has ended.
    """
    for line, nomination in lines_of(uow, session):
        if is_closed(nomination):
            continue
        outcome = line.outcome or "failed"
        messages.send(
            uow,
            organisation_id=session.organisation_id,
            name="council_result",
            key=str(nomination.id),
            payload={"council_outcome": outcome, "council_reason": line.reason},
            dedup=f"council_result:{session.id}:{nomination.id}",
        )
        notify_about(uow, nomination, _words(session, line, nomination))
    session.state = "closed"
    history.record(uow, chain(session), "session:closed")


def _words(session: CouncilSession, line: SessionLine, nomination: Nomination) -> str:
    outcomes = {
        "passed": N_("Hội đồng thông qua: %(code)s – %(name)s. %(reason)s"),
        "failed": N_("Hội đồng không thông qua: %(code)s – %(name)s. %(reason)s"),
        "returned": N_("Hội đồng trả lại để thẩm định lại: %(code)s – %(name)s. %(reason)s"),
    }
    words = {"code": nomination.code, "name": nomination.subject_name, "reason": line.reason}
    return (outcomes.get(line.outcome or "failed", outcomes["failed"]) % words).strip()
