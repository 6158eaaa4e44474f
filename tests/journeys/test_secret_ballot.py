"""AC-12: a secret ballot with letters, from the tellers' codes to the answer to every dossier."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest

from engine.errors import Conflict, InvalidForm, NotAllowed, NotReady
from tests.journeys import secret
from workflows.actions import secret_ballots
from workflows.actions.sessions import VotingClosed
from workflows.demo.nominees import advanced_worker
from workflows.demo.season import COUNCIL
from workflows.minutes import minutes_of
from workflows.queries.ballot_boxes import published_board
from workflows.queries.sessions import session_page
from workflows.secret_ballot import verifier

LETTERS = ("PN", "CCB")
THERE = [code for code in COUNCIL if code not in LETTERS]


def two(town: Any) -> list[UUID]:
    people = town.fixture.people
    first = town.before_council("TP_HT", "CQ", advanced_worker(str(people["VHTT"])), head="PCT1")
    second = town.before_council("TP_HT", "CQ", advanced_worker(str(people["TP_HT"])), head="PCT1")
    return [*first, *second]


def convene(town: Any, keys: list[UUID], **more: Any) -> UUID:
    return town.convene(keys, vote_mode="secret", **more)


def test_ac_12_nine_ballots_eight_returned_one_invalid_two_letters_and_verify_box_agrees(town: Any) -> None:
    keys = two(town)
    first, second = keys
    session = convene(town, keys, states=dict.fromkeys(LETTERS, "written"))
    letters = {"PN": {first: "agree", second: "disagree"}, "CCB": {first: "agree", second: "agree"}}
    codes = secret.prepare(town, session, letters=letters)
    assert secret.box(town, session).issued == 9
    for code in THERE[:7]:
        secret.put_in(town, session, code, {first: "agree", second: "agree"})
    secret.put_in(town, session, THERE[7], {first: "agree", second: "blank"})
    with pytest.raises(Conflict), town.acting("VP") as uow:
        secret_ballots.opening(uow, session)
    with town.acting("VP") as uow:
        assert [line.agree for line in session_page(uow, session).lines] == [None, None]
    secret.close(town, session)
    with pytest.raises(VotingClosed):
        secret.put_in(town, session, THERE[8], {first: "agree", second: "agree"})
    closed = secret.box(town, session)
    assert (closed.issued, closed.returned, len(closed.receipts)) == (9, 8, 8)
    secret.open_with(town, session, {0: codes[0], 2: codes[2]})
    one, other = town.line(first), town.line(second)
    assert (one.agree, one.disagree, one.invalid, one.written_agree, one.written_disagree) == (8, 0, 0, 2, 0)
    assert (other.agree, other.disagree, other.invalid) == (7, 0, 1)
    assert (other.written_agree, other.written_disagree) == (1, 1)
    assert (one.outcome, one.needed, other.outcome) == ("passed", 10, "failed")
    opened = secret.box(town, session)
    assert (opened.state, opened.seals) == ("opened", [])
    assert verifier.check_board(published_board(opened)) == []
    town.conclude(session)
    papers = {kind: printed(town, kind, session) for kind in ("session_minutes", "ballot_minutes")}
    for kind, text in papers.items():
        assert "11 thành viên = 8 phiếu thu về + 1 phiếu không thu về + 2 ý kiến bằng văn bản" in text, kind
        assert verifier.spoken(opened.root) in text, kind
    assert "8 8 0 0 2 / 0 10/11 (90,9%) Đạt" in papers["ballot_minutes"]
    assert "8 7 0 1 1 / 1 8/11 (72,7%) Không đạt" in papers["ballot_minutes"]
    assert town.stages(*keys) == ["paper", "not_passed"]
    assert town.forged() == []


def printed(town: Any, kind: str, session: UUID) -> str:
    """The words of the final minutes of a session."""
    with town.reading() as uow:
        paper = minutes_of(uow, kind, str(session))
        assert paper is not None and paper.state == "issued"
    return str(town.text(paper.id))


def test_who_is_nominated_or_away_is_no_teller_and_two_codes_of_one_round_open_only_that_round(
    town: Any,
) -> None:
    keys = two(town)
    session = convene(town, keys, states={"PN": "absent"})
    for tellers in (("VP", "MTTQ", "PN"), ("VP", "MTTQ", "VHTT"), ("VP", "MTTQ", "MTTQ")):
        with pytest.raises(InvalidForm):
            secret.prepare(town, session, tellers=tellers)
    codes = secret.prepare(town, session)
    secret.put_in_all(town, session, keys, [code for code in COUNCIL if code != "PN"])
    with pytest.raises(NotAllowed), town.acting("CT") as uow:
        secret_ballots.opening(uow, session)
    wrong = [{0: codes[0]}, {0: codes[0], 1: codes[2]}, {0: codes[1], 1: codes[0]}, {0: "A", 1: codes[1]}]
    for pair in wrong:
        with pytest.raises(InvalidForm):
            secret.open_with(town, session, pair)
    secret.open_with(town, session, {1: codes[1], 2: codes[2]}, teller="DTN")
    assert town.line(keys[0]).outcome == "passed"
    town.do("CT", "confirm_result", session, {"confirm_choice": "revote", "reason": "Nghi nhầm phiếu"})
    again = secret.prepare(town, session)
    secret.put_in_all(town, session, keys, [code for code in COUNCIL if code != "PN"], {"CT": keys[:1]})
    with pytest.raises(InvalidForm):
        secret.open_with(town, session, {0: codes[0], 1: codes[1]})
    secret.open_with(town, session, {0: again[0], 1: again[1]})
    assert [secret.box(town, session, number).state for number in (1, 2)] == ["opened", "opened"]
    line = town.line(keys[0])
    assert (line.agree, line.disagree, line.outcome) == (9, 1, "failed")


def test_the_workflow_is_told_only_that_a_member_has_voted_and_believes_it_only_of_an_envelope(
    town: Any,
) -> None:
    keys = two(town)
    session = convene(town, keys)
    with pytest.raises(LookupError):
        town.do("CT", "cast_secret_ballot", session)
    secret.prepare(town, session)
    with pytest.raises(NotReady):
        town.do("CT", "cast_secret_ballot", session)
    assert ("cast_secret_ballot", str(session)) in town.work_of("CT")
    receipt = secret.put_in(town, session, "CT", dict.fromkeys(keys, "agree"))
    assert ("cast_secret_ballot", str(session)) not in town.work_of("CT")
    changed = secret.put_in(town, session, "CT", dict.fromkeys(keys, "disagree"))
    assert receipt != changed
    secret.close(town, session)
    board = published_board(secret.box(town, session))
    assert (verifier.holds_receipt(board, changed), verifier.holds_receipt(board, receipt)) == (True, False)
    assert board["returned"] == 1
