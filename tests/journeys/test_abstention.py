"""A ballot offers "không có ý kiến" only where the by-law says so; it is no agreement."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest

from engine.errors import InvalidForm
from workflows.actions import sessions
from workflows.demo.nominees import advanced_worker
from workflows.demo.season import COUNCIL
from workflows.queries.sessions import session_page


def called(town: Any, **by_law: Any) -> tuple[UUID, UUID]:
    person = str(town.fixture.people["VHTT"])
    [key] = town.before_council("TP_HT", "CQ", advanced_worker(person), head="PCT1")
    with town.acting("VP") as uow:
        session = sessions.create_session(uow, title="Họp Hội đồng", by_law=by_law).id
    town.agenda(session, [key])
    town.attendance(session)
    return key, session


def cast(town: Any, session: UUID, code: str, key: UUID, choice: str) -> None:
    with town.acting(code) as uow:
        sessions.cast_vote(uow, session, {str(key): choice}, f"vote-{session}-{code}")


def test_who_has_no_opinion_is_counted_apart_and_does_not_agree(town: Any) -> None:
    key, session = called(town, abstain_allowed=True)
    assert town.form("PN", "cast_vote", session)["lines"][0]["may_abstain"] == "yes"
    town.vote(session, [code for code in COUNCIL if code not in ("PN", "CCB")])
    for code in ("PN", "CCB"):
        cast(town, session, code, key, "abstain")
    line = town.line(key)
    assert (line.agree, line.disagree, line.abstain, line.cast, line.needed) == (9, 0, 2, 11, 10)
    assert (line.outcome, line.reason) == ("failed", "9/11 phiếu đồng ý, chưa đủ 10.")
    with town.acting("VP") as uow:
        shown = session_page(uow, session).lines[0]
    assert [choice for _, choice in shown.choices].count("Không có ý kiến") == 2
    town.conclude(session)
    assert town.stages(key) == ["not_passed"]


def test_without_the_by_law_nobody_can_have_no_opinion(town: Any) -> None:
    key, session = called(town)
    assert town.form("PN", "cast_vote", session)["lines"][0]["may_abstain"] == ""
    with pytest.raises(InvalidForm) as refused:
        cast(town, session, "PN", key, "abstain")
    assert [error.path for error in refused.value.errors] == ["lines.0.choice"]
