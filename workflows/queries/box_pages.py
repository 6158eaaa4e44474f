"""The page of a secret round's box: how far it is, who holds a code, what anybody may check."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from engine.database import UnitOfWork
from engine.errors import N_
from engine.handlers import lookups
from workflows import gate
from workflows.labels import label
from workflows.queries import waiting
from workflows.queries.ballot_boxes import (
    allowed_choices,
    ballot_lines,
    box_of,
    envelope_of,
    letter_writers,
    published_board,
    required_box,
    tellers_of,
    voted_in,
)
from workflows.queries.ballots import attendance_of, body_of, lines_of, recusals_of, rule_of, session_of
from workflows.queries.sessions import READERS
from workflows.rules import voting
from workflows.secret_ballot import board, codes
from workflows.tables.ballot_boxes import BallotBox, BallotTeller
from workflows.tables.sessions import CouncilSession

BOX_LABELS = {
    "tellers": N_("Đang phát mã kiểm phiếu"),
    "casting": N_("Đang bỏ phiếu"),
    "closed": N_("Đã đóng hòm, chờ mở"),
    "opened": N_("Đã mở hòm và đếm"),
}


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


@dataclass(frozen=True)
class BallotLine:
    """One nominee on a member's ballot: who, for what, the rule in words; what may be chosen."""

    id: str
    name: str
    award: str
    unit: str
    summary: str
    rule: str
    choices: tuple[str, ...]


@dataclass(frozen=True)
class BallotView:
    """One member's ballot; `receipt` and `cast_at` of the envelope that lies in the box."""

    session_id: UUID
    title: str
    round: int
    state: str
    lines: list[BallotLine]
    receipt: str
    cast_at: datetime | None


def ballot_page(uow: UnitOfWork, session_id: UUID | str) -> BallotView:
    """The actor's ballot in the session's present box; NotFound, NotAllowed for who was issued none.

    What was chosen is nowhere: an envelope cannot be read again, not even by who sent it.
    """
    session = session_of(uow, session_id)
    box = required_box(uow, session)
    mine = envelope_of(uow, box, uow.actor_id)
    return BallotView(
        session_id=session.id,
        title=session.title,
        round=box.round,
        state=box.state,
        lines=_ballot_lines(uow, session, box),
        receipt=codes.spoken(mine.receipt) if mine else "",
        cast_at=mine.cast_at if mine else None,
    )


def practice_page(uow: UnitOfWork, session_id: UUID | str) -> BallotView:
    """A ballot with two invented nominees, to try one's hand on; NotFound."""
    session = session_of(uow, session_id)
    lines = [
        BallotLine(str(number), name, N_("Hồ sơ ví dụ"), "", "", "", ("agree", "disagree"))
        for number, name in enumerate((N_("Nguyễn Văn Thử (ví dụ)"), N_("Trần Thị Thử (ví dụ)")))
    ]
    return BallotView(session.id, session.title, 1, "casting", lines, "", None)


def _ballot_lines(uow: UnitOfWork, session: CouncilSession, box: BallotBox) -> list[BallotLine]:
    own = {line["id"]: line for line in ballot_lines(box, uow.actor_id)}
    members, recusals = attendance_of(uow, session), recusals_of(uow, session)
    lines = []
    for line, nomination in lines_of(uow, session):
        if str(nomination.id) not in own:
            continue
        rule, row = rule_of(uow, session, line, nomination), waiting.row(uow, nomination)
        lines.append(
            BallotLine(
                id=row["id"],
                name=row["name"],
                award=row["award"],
                unit=row["unit"],
                summary=row["summary"],
                rule=voting.explain(rule, body_of(rule, members, recusals.get(nomination.id, {}))),
                choices=allowed_choices(own[row["id"]])[:-1],
            )
        )
    return lines


def board_of(uow: UnitOfWork, session_id: UUID | str) -> dict[str, Any]:
    """The published board of the session's present box; NotFound before the closing, NotAllowed."""
    gate.require_any(uow, READERS)
    return published_board(required_box(uow, session_of(uow, session_id)))


def _teller(uow: UnitOfWork, teller: BallotTeller) -> TellerView:
    name = lookups().person_name(uow, teller.person_id)
    return TellerView(teller.place, name, bool(teller.public_key), teller.person_id == uow.actor_id)
