"""What meetings and sessions said of one dossier: totals and outcome, never before the vote is closed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlalchemy import select

from engine.clock import local_date
from engine.database import UnitOfWork
from workflows.labels import REVIEW_OUTCOME_LABELS, label
from workflows.queries.session_lines import LineView, line_views
from workflows.rules import N_
from workflows.tables.meetings import Meeting, MeetingLine
from workflows.tables.sessions import CouncilSession, SessionLine


@dataclass(frozen=True)
class Verdict:
    """One body's word on the dossier; `rule` is the threshold in words, empty for a unit's review."""

    body: str
    title: str
    on: date | None
    figures: str
    rule: str
    outcome: str
    good: bool
    reason: str


def verdicts(uow: UnitOfWork, nomination_id: UUID) -> list[Verdict]:
    """The unit's reviews, then the council's sessions, each in order of time.

    For whoever may see the dossier: a session's own page is the council's, its word on a dossier is not.
    """
    return [*_reviews(uow, nomination_id), *_sessions(uow, nomination_id)]


def _reviews(uow: UnitOfWork, nomination_id: UUID) -> list[Verdict]:
    query = (
        select(Meeting, MeetingLine)
        .join(MeetingLine, MeetingLine.meeting_id == Meeting.id)
        .where(MeetingLine.nomination_id == nomination_id, Meeting.state == "closed")
        .order_by(Meeting.id)
    )
    return [
        Verdict(
            body=N_("Bình xét tại đơn vị"),
            title=meeting.title,
            on=meeting.held_on,
            figures=_figures(line.agree, line.disagree, None),
            rule="",
            outcome=label(REVIEW_OUTCOME_LABELS, line.outcome),
            good=line.outcome == "passed",
            reason=line.reason,
        )
        for meeting, line in uow.session.execute(query)
    ]


def _sessions(uow: UnitOfWork, nomination_id: UUID) -> list[Verdict]:
    query = (
        select(CouncilSession)
        .join(SessionLine, SessionLine.session_id == CouncilSession.id)
        .where(
            SessionLine.nomination_id == nomination_id,
            CouncilSession.organisation_id == uow.organisation_id,
            CouncilSession.state == "closed",
        )
        .order_by(CouncilSession.id)
    )
    return [
        _session(session.title, local_date(session.held_at) if session.held_at else None, line)
        for session in uow.session.scalars(query)
        for line in line_views(uow, session)
        if line.nomination_id == nomination_id
    ]


def _session(title: str, on: date | None, line: LineView) -> Verdict:
    return Verdict(
        body=N_("Hội đồng xét"),
        title=title,
        on=on,
        figures=_figures(line.agree, line.disagree, line.invalid),
        rule=line.rule,
        outcome=line.outcome_label,
        good=line.outcome == "passed",
        reason=line.reason,
    )


def _figures(agree: int | None, disagree: int | None, invalid: int | None) -> str:
    """ "10 đồng ý, 1 không đồng ý"; invalid ones only when there are some."""
    if agree is None:
        return ""
    if invalid:
        return N_("%d đồng ý, %d không đồng ý, %d không hợp lệ") % (agree, disagree or 0, invalid)
    return N_("%d đồng ý, %d không đồng ý") % (agree, disagree or 0)
