"""A secret vote: put in an envelope, close the box, open it with two tellers' codes, count.

A choice exists only in the request that brings it: it is sealed before it is stored, and neither the history
nor the workflow learns more than that the member has voted (DESIGN rule 8).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import select

from engine import history, jobs
from engine.database import UnitOfWork
from engine.errors import N_, Conflict, FieldError, InvalidForm
from engine.models import Task
from workflows.actions.ballot_boxes import own_seat
from workflows.actions.sessions import VotingClosed, chain
from workflows.queries.ballot_boxes import (
    allowed_choices,
    ballot_lines,
    ballot_members,
    box_of,
    envelope_of,
    envelopes_of,
    published_board,
    required_box,
    tellers_of,
    voted_in,
)
from workflows.queries.ballots import lines_of, session_of
from workflows.secret_ballot import board, keeper, sealing, verifier
from workflows.secret_ballot.codes import InvalidCode, read_code, spoken
from workflows.tables.ballot_boxes import BallotBox, BallotEnvelope
from workflows.tables.sessions import CouncilSession, SessionLine

CAST, OPEN = "cast_secret_ballot", "open_box"


class BoxDamaged(Conflict):
    """What lies in the box is not what was put in or what was closed."""

    def __init__(self) -> None:
        super().__init__(
            N_("Phong bì trong hòm đã bị sửa đổi sau khi bỏ phiếu; không thể đếm. Phải tổ chức bỏ phiếu lại.")
        )


def cast(uow: UnitOfWork, session_id: UUID | str, choices: Mapping[str, str]) -> str:
    """Seal the actor's choices (dossier id → choice) and put them in; returns the receipt in hex.

    Sent again before the closing, the new envelope replaces the old one, so that a repeated request never
    counts twice. Raises VotingClosed, NotAllowed, InvalidForm (a line without a choice, a strange line).
    """
    actor = uow.actor_id
    box = box_of(uow, session_of(uow, session_id))
    if box is None or box.state != "casting":
        raise VotingClosed
    _check(ballot_lines(box, actor), choices)
    order = [(nominee, choices[nominee]) for nominee in board.nominees_of(box.context, str(actor))]
    sealed = sealing.seal_choices(box.public_key, str(box.id), str(actor), order)
    session = session_of(uow, session_id, lock=True)
    box = box_of(uow, session)
    if actor is None or box is None or box.state != "casting" or session.closed_at is not None:
        raise VotingClosed
    return _put_in(uow, session, box, actor, sealed)


def _check(lines: list[dict[str, Any]], choices: Mapping[str, str]) -> None:
    errors = [
        FieldError(
            f"lines.{index}.choice", N_("Chọn một ô cho %(name)s, hoặc để trống.") % {"name": line["name"]}
        )
        for index, line in enumerate(lines)
        if choices.get(line["id"]) not in allowed_choices(line)
    ]
    if set(choices) - {line["id"] for line in lines}:
        errors.append(FieldError("lines", N_("Phiếu có dòng không thuộc quyền biểu quyết của bạn.")))
    if errors:
        raise InvalidForm(errors)


def _put_in(uow: UnitOfWork, session: CouncilSession, box: BallotBox, actor: UUID, sealed: bytes) -> str:
    envelope, receipt = envelope_of(uow, box, actor), sealing.receipt_of(str(box.id), sealed)
    if envelope is None:
        envelope = BallotEnvelope(organisation_id=box.organisation_id, box_id=box.id, person_id=actor)
        uow.session.add(envelope)
        event = "ballot:cast"
    else:
        event = "ballot:replaced"
    envelope.sealed, envelope.receipt, envelope.cast_at = sealed, receipt, uow.now
    history.record(uow, chain(session), event, element=CAST, data={"person_id": actor})
    _advance(uow, session, CAST, actor)
    return receipt


def _advance(uow: UnitOfWork, session: CouncilSession, step: str, person_id: UUID) -> None:
    """Have a job finish the person's task: members never wait for each other or for the diagram."""
    query = select(Task).where(
        Task.instance_id == session.instance_id,
        Task.step == step,
        Task.assignee_id == person_id,
        Task.state == "open",
    )
    for task in uow.session.scalars(query):
        lane = jobs.lane(task.organisation_id, task.business_key)
        uow.enqueue("advance_task", str(task.id), str(person_id), partition=lane)


def silent_in(uow: UnitOfWork, session: CouncilSession) -> list[UUID]:
    """The members who were issued a sealed ballot and have put none in, in order of seats."""
    box = box_of(uow, session)
    voted = voted_in(uow, box) if box else set()
    return [each.person_id for each in ballot_members(uow, session) if each.person_id not in voted]


def close_box(uow: UnitOfWork, session: CouncilSession) -> None:
    """Nothing more goes in: the receipts, the counts and the root over both are kept. Closing twice is one.

    The caller holds the lock of the session's row, under which ballots are put in.
    """
    box = required_box(uow, session)
    if box.state != "casting":
        return
    envelopes = envelopes_of(uow, box)
    box.receipts = sorted(each.receipt for each in envelopes)
    box.counts = board.counts_of(box.context, [str(each.person_id) for each in envelopes])
    box.root = verifier.root_of(box.context, box.receipts, box.counts)
    box.returned, box.state, box.closed_at = len(envelopes), "closed", uow.now
    session.closed_at = session.closed_at or uow.now
    data = {"issued": box.issued, "returned": box.returned, "root": box.root, "box_code": spoken(box.root)}
    history.record(uow, chain(session), "box:closed", data=data)


@dataclass(frozen=True)
class Opening:
    """A closed box as it is given to the keeper; nothing of it is readable without two codes."""

    box_id: str
    root: str
    tellers: list[dict[str, str]]
    seals: list[dict[str, Any]]
    lines: list[str]
    envelopes: list[tuple[str, list[str], bytes]]

    def opened_with(self, typed: Mapping[int, str]) -> dict[str, Any]:
        """The nameless ballots with their signature, opened by two tellers' codes (place → code as typed).

        InvalidForm names the teller whose code is no code, or says that the two do not open this box;
        BoxDamaged.
        """
        errors, codes = [], {}
        for place, code in typed.items():
            try:
                codes[place] = read_code(code)
            except InvalidCode as error:
                errors.append(FieldError(f"code_{place}", error.text))
        if not errors and len(codes) != 2:
            errors.append(FieldError("codes", N_("Nhập mã của đúng hai người kiểm phiếu.")))
        if errors:
            raise InvalidForm(errors)
        try:
            return keeper.open_box(
                self.box_id, self.root, self.tellers, self.seals, codes, self.lines, self.envelopes
            )
        except sealing.WrongCodes as error:
            text = N_("Hai mã này không mở được hòm phiếu. Kiểm tra đúng người, đúng phiếu mã của lượt này.")
            raise InvalidForm([FieldError("codes", text)]) from error
        except sealing.DamagedEnvelope as error:
            raise BoxDamaged from error


def opening(uow: UnitOfWork, session_id: UUID | str) -> Opening:
    """What a teller needs to open the closed box. NotAllowed, BoxDamaged, Conflict (not closed, or opened)."""
    session = session_of(uow, session_id)
    box = required_box(uow, session)
    own_seat(uow, box)
    _must_be_closed(box)
    envelopes = envelopes_of(uow, box)
    receipts = [sealing.receipt_of(str(box.id), each.sealed) for each in envelopes]
    people = [str(each.person_id) for each in envelopes]
    counts = board.counts_of(box.context, people)
    if sorted(receipts) != box.receipts or verifier.root_of(box.context, receipts, counts) != box.root:
        raise BoxDamaged
    return Opening(
        box_id=str(box.id),
        root=box.root,
        tellers=[{"salt": each.salt} for each in tellers_of(uow, box)],
        seals=list(box.seals),
        lines=[line["id"] for line in box.context["lines"]],
        envelopes=[
            (person, board.nominees_of(box.context, person), each.sealed)
            for person, each in zip(people, envelopes, strict=True)
        ],
    )


def record_opening(uow: UnitOfWork, session_id: UUID | str, opened: Mapping[str, Any], root: str) -> None:
    """Keep what came out, with its signature, and destroy the seals of the key, in one transaction.

    NotAllowed, Conflict (opened by others meanwhile). A job then finishes the tellers' task.
    """
    session = session_of(uow, session_id, lock=True)
    box = required_box(uow, session)
    teller = own_seat(uow, box)
    _must_be_closed(box)
    if box.root != root:
        raise BoxDamaged
    box.result, box.signature = opened["result"], opened["signature"]
    box.seals, box.state, box.opened_at = [], "opened", uow.now
    if problems := verifier.check_board(published_board(box)):
        raise Conflict("; ".join(problems))
    data = {"root": box.root, "signature": box.signature}
    history.record(uow, chain(session), "box:opened", element=OPEN, data=data)
    _advance(uow, session, OPEN, teller.person_id)


def _must_be_closed(box: BallotBox) -> None:
    if box.state == "opened":
        raise Conflict(N_("Hòm phiếu đã được mở."))
    if box.state != "closed":
        raise Conflict(N_("Hòm phiếu chưa đóng: chưa ai xem được kết quả."))


def fill_lines(uow: UnitOfWork, session: CouncilSession) -> None:
    """Take the totals of the opened box and of the letters into the session's lines. Conflict before it."""
    box = required_box(uow, session)
    if box.state != "opened":
        raise Conflict(N_("Hòm phiếu chưa mở."))
    totals = board.totals_of(box.result)
    letters = {line["id"]: line["written"] for line in box.context["lines"]}
    for line, nomination in lines_of(uow, session):
        _fill(line, totals[str(nomination.id)], letters[str(nomination.id)])


def _fill(line: SessionLine, totals: Mapping[str, int], letters: Mapping[str, int]) -> None:
    line.agree, line.disagree = totals["agree"], totals["disagree"]
    line.abstain, line.invalid = totals["abstain"], totals["blank"]
    line.written_agree, line.written_disagree = letters["agree"], letters["disagree"]
