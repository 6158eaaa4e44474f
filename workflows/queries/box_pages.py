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
from workflows.queries.ballot_boxes import (
    box_of,
    envelope_of,
    letter_writers,
    required_box,
    tellers_of,
    voted_in,
)
from workflows.queries.ballots import session_of
from workflows.queries.sessions import READERS
from workflows.secret_ballot import board, codes
from workflows.tables.ballot_boxes import BallotBox, BallotTeller
from workflows.tables.sessions import CouncilSession

BOX_LABELS = {
    "tellers": N_("Đang phát mã kiểm phiếu"),
    "casting": N_("Đang bỏ phiếu"),
    "closed": N_("Đã đóng hòm, chờ mở"),
    "opened": N_("Đã mở hòm và đếm"),
    "void": N_("Đã hủy"),
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


def _teller(uow: UnitOfWork, teller: BallotTeller) -> TellerView:
    name = lookups().person_name(uow, teller.person_id)
    return TellerView(teller.place, name, bool(teller.public_key), teller.person_id == uow.actor_id)
