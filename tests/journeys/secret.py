"""The hands of a secret vote: tellers with their codes, members with their envelopes, two who open the box."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import select

from workflows.actions import ballot_boxes, secret_ballots
from workflows.actions.sessions import close_voting
from workflows.demo.season import COUNCIL
from workflows.queries.ballot_boxes import ballot_lines, required_box, tellers_of
from workflows.queries.ballots import session_of
from workflows.tables.ballot_boxes import BallotBox

TELLERS = ("VP", "MTTQ", "DTN")
Choices = Mapping[UUID, str]


def prepare(
    town: Any,
    session: UUID,
    *,
    tellers: Sequence[str] = TELLERS,
    letters: Mapping[str, Choices] | None = None,
) -> dict[int, str]:
    """Three tellers take their codes, letters are entered, the box is sealed; returns place → code."""
    people = town.fixture.people
    said = {
        f"{people[code]}:{key}": choice
        for code, choices in (letters or {}).items()
        for key, choice in choices.items()
    }

    def fill(form: dict[str, Any]) -> dict[str, Any]:
        seats = {f"teller_{place}": str(people[code]) for place, code in enumerate(tellers, 1)}
        return {**seats, "lines": [{**row, "choice": said[row["id"]]} for row in form["lines"]]}

    town.do("VP", "prepare_secret_vote", session, fill)
    codes = {}
    for place, code in enumerate(tellers):
        with town.acting(code) as uow:
            codes[place] = ballot_boxes.take_code(uow, session)
        town.do(code, "take_code", session)
    return codes


def put_in(town: Any, session: UUID, code: str, choices: Choices) -> str:
    """One member's envelope; returns the receipt."""
    with town.acting(code) as uow:
        return secret_ballots.cast(uow, session, {str(key): choice for key, choice in choices.items()})


def put_in_all(
    town: Any, session: UUID, keys: Sequence[UUID], members: Sequence[str] = COUNCIL,
    against: Mapping[str, Sequence[UUID]] | None = None,
) -> None:  # fmt: skip
    """The members agree to everything of theirs; `against` maps a member to the dossiers it says no to."""
    for code in members:
        mine = own_lines(town, session, code)
        no = (against or {}).get(code, ())
        put_in(
            town, session, code, {key: "disagree" if key in no else "agree" for key in keys if key in mine}
        )


def own_lines(town: Any, session: UUID, code: str) -> list[UUID]:
    with town.acting(code) as uow:
        box = required_box(uow, session_of(uow, session))
        return [UUID(line["id"]) for line in ballot_lines(box, uow.actor_id)]


def close(town: Any, session: UUID, note: str = "") -> None:
    with town.acting("CT") as uow:
        close_voting(uow, session, note)


def open_with(town: Any, session: UUID, codes: Mapping[int, str], teller: str = TELLERS[0]) -> None:
    """One teller opens the box with two codes (place → code)."""
    with town.acting(teller) as uow:
        closed = secret_ballots.opening(uow, session)
    opened = closed.opened_with(codes)
    with town.acting(teller) as uow:
        secret_ballots.record_opening(uow, session, opened, closed.root)


def box(town: Any, session: UUID, round_: int = 1) -> BallotBox:
    with town.reading() as uow:
        query = select(BallotBox).where(BallotBox.session_id == session, BallotBox.round == round_)
        found: BallotBox = uow.session.scalars(query).one()
        return found


def tellers(uow: Any, found: BallotBox) -> list[Any]:
    return tellers_of(uow, found)
