"""The lines of a session's agenda: the rule of each in words, and its result once the vote is closed."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from engine.database import UnitOfWork
from engine.handlers import lookups
from workflows.catalogue import award_name
from workflows.facts import evidence_of
from workflows.labels import SUBJECT_LABELS, label
from workflows.queries.ballots import (
    attendance_of,
    ballots_of,
    body_of,
    expected,
    lines_of,
    recusal_words_of,
    recusals_of,
    rule_of,
)
from workflows.queries.waiting import unit_name
from workflows.rules import N_, voting
from workflows.tables.sessions import CouncilSession, SessionLine

OUTCOME_LABELS = {
    "passed": N_("Đạt"),
    "failed": N_("Không đạt"),
    "tie": N_("Ngang phiếu"),
    "returned": N_("Trả lại"),
}
RESERVE = N_("Dự bị")

CHOICE_LABELS = {"agree": N_("Đồng ý"), "disagree": N_("Không đồng ý"), "abstain": N_("Không có ý kiến")}


@dataclass(frozen=True)
class LineView:
    """One nominee: the rule in words, votes needed; figures and choices only after closing."""

    nomination_id: UUID
    position: int
    code: str
    name: str
    award: str
    kind: str
    unit: str
    direct_worker: bool
    hardship_area: bool
    documents: list[tuple[UUID, str]]
    rule: str
    unverified: bool
    citations: list[str]
    needed: int | None
    recused: list[tuple[str, str]]
    agree: int | None
    disagree: int | None
    invalid: int | None
    outcome: str | None
    outcome_label: str
    reason: str
    choices: list[tuple[str, str]]


def outcome_label(line: SessionLine) -> str:
    """Passed, failed, tie, returned; in reserve when only the cap stood in the way."""
    if line.outcome == "failed" and (line.rule or {}).get("reserve"):
        return RESERVE
    return label(OUTCOME_LABELS, line.outcome)


def line_views(uow: UnitOfWork, session: CouncilSession) -> list[LineView]:
    """Every line of the agenda in its order; who may see them is the caller's to decide."""
    members, agenda = attendance_of(uow, session), lines_of(uow, session)
    names = {each.person_id: lookups().person_name(uow, each.person_id) for each in members}
    recusals, grounds = recusals_of(uow, session), recusal_words_of(uow, session)
    closed = session.state in ("counted", "closed")
    choices: dict[UUID, list[tuple[str, str]]] = {}
    if closed:
        for ballot in ballots_of(uow, session):
            found = choices.setdefault(ballot.nomination_id, [])
            found.append((names.get(ballot.person_id, ""), CHOICE_LABELS[ballot.choice]))
    views = []
    for line, nomination in agenda:
        rule = rule_of(uow, session, line, nomination)
        body = body_of(rule, expected(members), recusals.get(nomination.id, {}))
        stored = line.rule or {}
        views.append(
            LineView(
                nomination_id=nomination.id,
                position=line.position,
                code=nomination.code,
                name=nomination.subject_name,
                award=award_name(nomination.award),
                kind=label(SUBJECT_LABELS, nomination.subject_kind),
                unit=unit_name(uow, nomination),
                direct_worker=nomination.direct_worker,
                hardship_area=nomination.hardship_area,
                documents=[(each.id, each.title) for each in evidence_of(uow, nomination.id)],
                rule=voting.explain(rule, body) if members else "",
                unverified=bool(stored.get("unverified")),
                citations=list(stored.get("citations") or []),
                needed=_needed(line, rule, body) if members else line.needed,
                recused=[
                    (names[person], ground) for person, ground in grounds.get(nomination.id, {}).items()
                ],
                agree=line.agree if closed else None,
                disagree=line.disagree if closed else None,
                invalid=line.invalid if closed else None,
                outcome=line.outcome if closed else None,
                outcome_label=outcome_label(line) if closed else "",
                reason=" ".join(part for part in (line.reason, line.casting_reason) if part)
                if closed
                else "",
                choices=choices.get(nomination.id, []),
            )
        )
    return views


def _needed(line: SessionLine, rule: voting.Rule, body: voting.Body) -> int:
    """As frozen when the vote was opened; before that for the council as it is expected today."""
    if line.needed is not None:
        return line.needed
    return voting.needed_votes(rule, voting.base_of(rule, body, body.entitled(rule)))
