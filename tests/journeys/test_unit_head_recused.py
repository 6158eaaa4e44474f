"""AC-05: where the by-law says so, the head of the nominee's unit has no ballot; another ground with its reason."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select

from engine.errors import InvalidForm
from workflows.actions import sessions
from workflows.demo.nominees import advanced_worker
from workflows.demo.season import COUNCIL
from workflows.queries.sessions import session_page
from workflows.tables.sessions import Recusal


def called(town: Any, key: UUID, **by_law: Any) -> UUID:
    with town.acting("VP") as uow:
        session = sessions.create_session(uow, title="Họp Hội đồng", by_law=by_law).id
    town.agenda(session, [key])
    return UUID(str(session))


def nominee(town: Any) -> UUID:
    person = str(town.fixture.people["VHTT"])
    key: UUID = town.before_council("TP_HT", "CQ", advanced_worker(person), head="PCT1")[0]
    return key


def grounds(town: Any) -> list[tuple[Any, str, str]]:
    with town.reading() as uow:
        rows = uow.session.execute(select(Recusal.person_id, Recusal.ground, Recusal.reason))
        return [tuple(row) for row in rows]


def test_the_head_of_the_nominees_unit_has_no_ballot_where_the_by_law_says_so(town: Any) -> None:
    key, people = nominee(town), town.fixture.people
    session = called(town, key, unit_head_recused=True)
    town.attendance(session)
    assert grounds(town) == [(people["PCT1"], "unit_head", "")]
    assert "PCT1" in COUNCIL
    town.vote(session, [code for code in COUNCIL if code != "PCT1"])
    line = town.line(key)
    assert (line.agree, line.entitled, line.recused, line.outcome) == (10, 10, 1, "passed")
    with town.acting("VP") as uow:
        shown = session_page(uow, session)
    assert [ground for _, ground in shown.lines[0].recused] == ["là thủ trưởng đơn vị của người được đề nghị"]
    town.conclude(session)
    with town.acting("VP") as uow:
        printed = town.text(session_page(uow, session).minutes.id)
    assert "là thủ trưởng đơn vị của người được đề nghị" in printed


def test_the_head_votes_where_the_by_law_does_not_say_so(town: Any) -> None:
    session = called(town, nominee(town))
    town.attendance(session)
    assert grounds(town) == []


def test_another_ground_needs_its_reason_which_the_page_and_the_minutes_quote(town: Any) -> None:
    key, people = nominee(town), town.fixture.people
    session = called(town, key)
    row = {"nomination_id": str(key), "person_id": str(people["PN"]), "ground": "other"}

    def there(form: dict[str, Any]) -> list[dict[str, Any]]:
        return [{**each, "state": "present"} for each in form["members"]]

    with pytest.raises(InvalidForm) as refused:
        town.do("VP", "record_attendance", session,
                lambda form: {"members": there(form), "recusals": [row]})  # fmt: skip
    assert [error.path for error in refused.value.errors] == ["recusals.0.reason"]
    said = {**row, "reason": "có đơn chưa giải quyết giữa hai người"}
    town.do("VP", "record_attendance", session,
            lambda form: {"members": there(form), "recusals": [said]})  # fmt: skip
    assert grounds(town) == [(people["PN"], "other", "có đơn chưa giải quyết giữa hai người")]
    town.vote(session, [code for code in COUNCIL if code != "PN"])
    town.conclude(session)
    with town.acting("VP") as uow:
        page = session_page(uow, session)
        printed = town.text(page.minutes.id)
    assert page.lines[0].recused[0][1] == "vì lý do khác: có đơn chưa giải quyết giữa hai người"
    assert "có đơn chưa giải quyết giữa hai người" in printed
