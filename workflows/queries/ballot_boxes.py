"""The box of a secret round: who is teller, who has a ballot, who has voted, what it publishes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import select

from engine.database import UnitOfWork
from engine.errors import N_, NotAllowed, NotFound
from workflows.queries.ballots import attendance_of, lines_of, recusals_of, rule_of, voters
from workflows.secret_ballot import board
from workflows.tables.ballot_boxes import BallotBox, BallotEnvelope, BallotTeller
from workflows.tables.sessions import Attendance, CouncilSession


def box_of(uow: UnitOfWork, session: CouncilSession) -> BallotBox | None:
    """The box of the session's present round, None while there is none."""
    query = select(BallotBox).where(BallotBox.session_id == session.id, BallotBox.round == session.round)
    return uow.session.scalar(query.execution_options(populate_existing=True))


def required_box(uow: UnitOfWork, session: CouncilSession) -> BallotBox:
    """The box of the session's present round; NotFound when there is none."""
    found = box_of(uow, session)
    if found is None:
        raise NotFound(N_("hòm phiếu của lượt này"))
    return found


def tellers_of(uow: UnitOfWork, box: BallotBox) -> list[BallotTeller]:
    """The three tellers in the order of their places."""
    query = select(BallotTeller).where(BallotTeller.box_id == box.id).order_by(BallotTeller.place)
    return list(uow.session.scalars(query))


def envelope_of(uow: UnitOfWork, box: BallotBox, person_id: UUID | None) -> BallotEnvelope | None:
    """What one member has put in."""
    query = select(BallotEnvelope).where(
        BallotEnvelope.box_id == box.id, BallotEnvelope.person_id == person_id
    )
    return uow.session.scalar(query)


def envelopes_of(uow: UnitOfWork, box: BallotBox) -> list[BallotEnvelope]:
    """Every envelope of the box, in the order of receipts."""
    query = select(BallotEnvelope).where(BallotEnvelope.box_id == box.id).order_by(BallotEnvelope.receipt)
    return list(uow.session.scalars(query))


def voted_in(uow: UnitOfWork, box: BallotBox) -> set[UUID]:
    """Who has put in an envelope; not what it says, which nobody can read."""
    return set(uow.session.scalars(select(BallotEnvelope.person_id).where(BallotEnvelope.box_id == box.id)))


def letter_writers(uow: UnitOfWork, session: CouncilSession) -> list[Attendance]:
    """The absent members whose signed opinion counts by the by-law of at least one line."""
    rules = [rule_of(uow, session, line, nomination) for line, nomination in lines_of(uow, session)]
    if all(rule.absentee != "written_ballot" for rule in rules):
        return []
    return [each for each in attendance_of(uow, session) if each.state == "written"]


def ballot_members(uow: UnitOfWork, session: CouncilSession) -> list[Attendance]:
    """The members who are issued a sealed ballot: there or online, with at least one line to vote on."""
    members = [each for each in attendance_of(uow, session) if each.state != "written"]
    recusals = recusals_of(uow, session)
    entitled: set[UUID] = set()
    for line, nomination in lines_of(uow, session):
        rule = rule_of(uow, session, line, nomination)
        entitled.update(voters(rule, members, recusals.get(nomination.id, {})))
    return [each for each in members if each.person_id in entitled]


def published_board(box: BallotBox) -> dict[str, Any]:
    """What a closed box publishes, as `secret_ballot.verifier` checks it; NotFound before the closing."""
    if box.state not in ("closed", "opened"):
        raise NotFound(N_("bảng công bố của hòm phiếu"))
    return board.published(
        context=box.context,
        receipts=box.receipts,
        counts=box.counts,
        issued=box.issued,
        state=box.state,
        root=box.root,
        result=box.result,
        signature=box.signature,
    )


def allowed_choices(line: Mapping[str, Any]) -> tuple[str, ...]:
    """What a ballot may say on one line of a box; a line left blank is `blank` and counts as invalid."""
    may_abstain = bool((line.get("rule") or {}).get("abstain_allowed"))
    return ("agree", "disagree", "abstain", "blank") if may_abstain else ("agree", "disagree", "blank")


def ballot_lines(box: BallotBox, person_id: UUID | None) -> list[dict[str, Any]]:
    """The lines of the box on which this person has a ballot, in order; NotAllowed for who was issued none."""
    if str(person_id) not in {each["id"] for each in box.context.get("members", ())}:
        raise NotAllowed(N_("Bạn không có phiếu biểu quyết trong phiên họp này."))
    return [line for line in box.context["lines"] if str(person_id) not in line["recused"]]
