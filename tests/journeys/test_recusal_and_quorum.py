"""AC-05 and the quorum part of AC-07: who has a ballot, of how many, and what the screen says beforehand."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select

from engine.errors import NotAllowed
from workflows.actions.sessions import VotingClosed, cast_vote
from workflows.demo.nominees import advanced_worker
from workflows.demo.season import COUNCIL
from workflows.queries.sessions import session_page
from workflows.tables.sessions import Attendance, CouncilSession, Recusal

STAYS, LEAVES = "yes", "no"


def two(town: Any) -> tuple[UUID, UUID]:
    """The council's own member ND and another of her unit, both before the council."""
    people = town.fixture.people
    rows = [advanced_worker(str(people["ND"])), advanced_worker(str(people["VHTT"]))]
    own = town.before_council("ND", "MT", rows[0], head="MTTQ")
    other = town.before_council("TP_HT", "CQ", rows[1], head="PCT1")
    return own[0], other[0]


def page(town: Any, session: UUID) -> Any:
    with town.acting("VP") as uow:
        return session_page(uow, session)


@pytest.mark.parametrize(
    ("by_law", "against", "agree", "base", "needed", "outcome"),
    [
        (STAYS, [], 10, 11, 10, "passed"),
        (STAYS, ["PN"], 9, 11, 10, "failed"),
        (LEAVES, ["PN"], 9, 10, 9, "passed"),
        (LEAVES, ["PN", "CCB"], 8, 10, 9, "failed"),
    ],
)
def test_a_member_who_is_nominated_has_no_ballot_on_that_line_and_the_by_law_sets_the_denominator(
    town: Any, by_law: str, against: list[str], agree: int, base: int, needed: int, outcome: str
) -> None:
    own, other = two(town)
    session = town.convene([own, other], recused_in_denominator=by_law)
    assert [row["id"] for row in town.form("ND", "cast_vote", session)["lines"]] == [str(other)]
    assert len(town.form("PN", "cast_vote", session)["lines"]) == 2
    town.vote(session, against={code: [own] for code in against})
    line = town.line(own)
    assert (line.agree, line.disagree, line.entitled, line.recused) == (agree, len(against), 10, 1)
    assert (line.rule["base"], line.needed, line.outcome) == (base, needed, outcome)
    beside = town.line(other)
    assert (beside.agree, beside.entitled, beside.recused, beside.outcome) == (11, 11, 0, "passed")
    town.conclude(session)
    assert town.stages(own, other) == ["paper" if outcome == "passed" else "not_passed", "paper"]
    printed = town.text(page(town, session).minutes.id)
    assert "Ngô Thị Bích (hư cấu)" in printed
    assert "không biểu quyết" in printed


def test_spouse_parent_and_child_of_a_nominee_are_recused_when_declared(town: Any) -> None:
    _, other = two(town)
    declared = [(other, "PN", "spouse"), (other, "CCB", "parent"), (other, "DTN", "child")]
    session = town.convene([other], recusals=declared)
    people = town.fixture.people
    with town.acting("VP") as uow:
        found = uow.session.execute(select(Recusal.person_id, Recusal.ground).order_by(Recusal.id)).all()
    assert {tuple(row) for row in found} == {
        (people["PN"], "spouse"),
        (people["CCB"], "parent"),
        (people["DTN"], "child"),
    }
    with pytest.raises(NotAllowed) as refused, town.acting("PN") as uow:
        cast_vote(uow, session, {str(other): "agree"}, "spouse")
    assert str(refused.value) == "Bạn không có phiếu biểu quyết trong phiên họp này."
    rule = page(town, session).lines[0].rule
    assert rule == "Cần 10/11 phiếu đồng ý (ít nhất 9/10 tổng số thành viên). Không thể đạt: chỉ có 8 phiếu."
    town.vote(session, [code for code in COUNCIL if code not in ("PN", "CCB", "DTN")])
    line = town.line(other)
    assert (line.agree, line.entitled, line.recused, line.needed) == (8, 8, 3, 10)
    assert (line.outcome, line.reason) == ("failed", "8/11 phiếu đồng ý, chưa đủ 10.")


ABSENT = dict.fromkeys(("PN", "CCB", "DTN", "ND"), "absent")


def without_quorum(town: Any) -> tuple[UUID, UUID]:
    _, other = two(town)
    return other, town.convene([other], states=ABSENT)


def test_seven_of_eleven_cannot_open_ballots(town: Any) -> None:
    other, session = without_quorum(town)
    shown = page(town, session)
    assert (shown.state, shown.quorum_met) == ("no_quorum", False)
    assert shown.attendance_text == "7/11 có mặt · cần 8"
    assert town.open_steps(session) == ["handle_no_quorum"]
    assert (
        town.form("CT", "handle_no_quorum", session)["quorum_text"]
        == "7/11 thành viên có mặt, 0 gửi ý kiến; cần ít nhất 8."
    )
    with pytest.raises(VotingClosed), town.acting("CT") as uow:
        cast_vote(uow, session, {str(other): "agree"}, "early")
    with pytest.raises(NotAllowed):
        town.do("VP", "handle_no_quorum", session, {"no_quorum_choice": "written", "reason": "Đi công tác."})


def test_the_session_is_held_again_on_another_day_with_the_same_list(town: Any) -> None:
    other, session = without_quorum(town)
    choice = {"no_quorum_choice": "reschedule", "reason": "Bốn thành viên đi công tác."}
    town.do("CT", "handle_no_quorum", session, choice)
    town.at(date(2022, 11, 16))
    town.agenda(session, [other])
    town.attendance(session)
    shown = page(town, session)
    assert (shown.state, shown.attendance_text) == ("voting", "11/11 có mặt · cần 8")
    town.vote(session)
    town.conclude(session)
    assert town.stages(other) == ["paper"]


def test_with_the_chairs_approval_the_absent_answer_in_writing_by_name(town: Any) -> None:
    other, session = without_quorum(town)
    choice = {"no_quorum_choice": "written", "reason": "Bốn thành viên đi công tác."}
    town.do("CT", "handle_no_quorum", session, choice)
    with town.reading() as uow:
        states = uow.session.scalars(select(Attendance.state).order_by(Attendance.seat)).all()
        assert uow.session.get_one(CouncilSession, session).written_circulation is True
    assert [states.count(state) for state in ("present", "written", "absent")] == [7, 4, 0]
    town.vote(session)
    line = town.line(other)
    assert (line.agree, line.entitled, line.outcome) == (11, 11, "passed")
    town.conclude(session)
    assert town.stages(other) == ["paper"]


def test_eight_present_and_two_in_writing_are_told_that_one_refusal_fails_the_line(town: Any) -> None:
    _, other = two(town)
    session = town.convene([other], states={"CCB": "written", "DTN": "written", "PN": "absent"})
    shown = page(town, session)
    assert shown.attendance_text == "8/11 có mặt · 2 ý kiến bằng văn bản · cần 8"
    warning = (
        "Cần 10/11 phiếu đồng ý (ít nhất 9/10 tổng số thành viên). "
        "Chỉ có 10 phiếu: thiếu một phiếu đồng ý là không đạt."
    )
    assert [line.rule for line in shown.lines] == [warning]
    assert [row["rule"] for row in town.form("DTN", "cast_vote", session)["lines"]] == [warning]
    town.vote(session, [code for code in COUNCIL if code != "PN"], against={"DTN": [other]})
    line = town.line(other)
    assert (line.agree, line.disagree, line.needed, line.outcome) == (9, 1, 10, "failed")
    town.conclude(session)
    assert (town.stages(other), town.outcome(other)) == (["not_passed"], "not_passed")
    assert town.row(other).outcome_reason == "9/11 phiếu đồng ý, chưa đủ 10."
