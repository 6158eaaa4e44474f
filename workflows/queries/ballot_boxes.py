"""The box of a secret round: who is teller, who has a ballot, what lies in it, what it publishes."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select

from engine.database import UnitOfWork
from engine.errors import N_, NotFound
from engine.handlers import lookups
from workflows import gate
from workflows.labels import label
from workflows.queries.ballots import attendance_of, lines_of, recusals_of, rule_of, session_of, voters
from workflows.queries.sessions import READERS
from workflows.secret_ballot import board, codes
from workflows.tables.ballot_boxes import BallotBox, BallotEnvelope, BallotTeller
from workflows.tables.sessions import Attendance, CouncilSession

BOX_LABELS = {
    "tellers": N_("Đang phát mã kiểm phiếu"),
    "casting": N_("Đang bỏ phiếu"),
    "closed": N_("Đã đóng hòm, chờ mở"),
    "opened": N_("Đã mở hòm và đếm"),
    "void": N_("Đã hủy"),
}


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


@dataclass(frozen=True)
class TellerView:
    """One teller: whether the code is held, whether it is the reader."""

    place: int
    name: str
    has_code: bool
    mine: bool


@dataclass(frozen=True)
class BoxView:
    """What the page of one box shows; `totals` only of an opened box."""

    session_id: UUID
    title: str
    round: int
    state: str
    state_label: str
    tellers: list[TellerView]
    issued: int
    returned: int
    not_returned: int
    letters: int
    sealed_at: datetime | None
    closed_at: datetime | None
    opened_at: datetime | None
    public_key: str
    box_code: str
    root: str
    receipts: list[str]
    receipt: str
    cast_at: datetime | None
    lines: list[dict[str, Any]]
    totals: dict[str, dict[str, int]]


def box_page(uow: UnitOfWork, session_id: UUID | str) -> BoxView:
    """The page of a session's present box; NotFound, NotAllowed for outsiders."""
    gate.require_any(uow, READERS)
    session = session_of(uow, session_id)
    return _view(uow, session, required_box(uow, session))


def box_beside(uow: UnitOfWork, session_id: UUID | str) -> BoxView | None:
    """The same for the page of the session, None while it has no box."""
    session = session_of(uow, session_id)
    box = box_of(uow, session) if session.vote_mode == "secret" else None
    return _view(uow, session, box) if box else None


def _view(uow: UnitOfWork, session: CouncilSession, box: BallotBox) -> BoxView:
    mine = envelope_of(uow, box, uow.actor_id)
    is_closed = box.state in ("closed", "opened")
    returned = box.returned if is_closed else len(voted_in(uow, box))
    return BoxView(
        session_id=session.id,
        title=session.title,
        round=box.round,
        state=box.state,
        state_label=label(BOX_LABELS, box.state),
        tellers=[_teller(uow, each) for each in tellers_of(uow, box)],
        issued=box.issued,
        returned=returned,
        not_returned=box.issued - returned,
        letters=len(letter_writers(uow, session)),
        sealed_at=box.sealed_at,
        closed_at=box.closed_at,
        opened_at=box.opened_at,
        public_key=box.public_key,
        box_code=codes.spoken(box.root) if is_closed else "",
        root=box.root,
        receipts=[codes.spoken(each) for each in box.receipts],
        receipt=codes.spoken(mine.receipt) if mine else "",
        cast_at=mine.cast_at if mine else None,
        lines=list(box.context.get("lines", ())),
        totals=board.totals_of(box.result),
    )


def _teller(uow: UnitOfWork, teller: BallotTeller) -> TellerView:
    name = lookups().person_name(uow, teller.person_id)
    return TellerView(teller.place, name, bool(teller.public_key), teller.person_id == uow.actor_id)
