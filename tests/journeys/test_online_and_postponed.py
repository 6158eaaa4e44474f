"""AC-07 with members online; a session put off before the vote; which way of voting a by-law lets an agenda choose."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select

from engine.errors import Conflict, InvalidForm
from tests.journeys import secret
from workflows.actions import sessions
from workflows.actions.invitations import answer_invitation, declare_recusal, withdraw_recusal
from workflows.demo.nominees import advanced_worker
from workflows.demo.season import COUNCIL
from workflows.queries.ballots import rule_row, session_of
from workflows.queries.sessions import SessionView, session_page
from workflows.tables.nominations import Nomination
from workflows.tables.sessions import Attendance, Recusal

ONLINE, LETTERS, MISSING = ("PCT1", "CA"), ("PN", "CCB"), "DTN"
THERE = [code for code in COUNCIL if code not in (*LETTERS, MISSING)]
STATES = dict.fromkeys(ONLINE, "remote") | dict.fromkeys(LETTERS, "written") | {MISSING: "absent"}


def one(town: Any) -> UUID:
    row = advanced_worker(str(town.fixture.people["VHTT"]))
    keys: list[UUID] = town.before_council("TP_HT", "CQ", row, head="PCT1")
    return keys[0]


def called(town: Any, **by_law: Any) -> UUID:
    with town.acting("VP") as uow:
        return sessions.create_session(uow, title="Họp Hội đồng", by_law=by_law).id


def page(town: Any, session: UUID, code: str = "VP") -> SessionView:
    with town.acting(code) as uow:
        return session_page(uow, session)


def states(town: Any, session: UUID) -> list[str]:
    with town.reading() as uow:
        query = select(Attendance.state).where(Attendance.session_id == session).order_by(Attendance.seat)
        return list(uow.session.scalars(query))


@pytest.mark.parametrize(
    ("mode", "against", "letter", "agree", "outcome"),
    [
        ("secret", None, "agree", 10, "passed"),
        ("secret", "CA", "agree", 9, "failed"),
        ("secret", None, "disagree", 9, "failed"),
        ("open", None, "agree", 10, "passed"),
        ("open", "CA", "agree", 9, "failed"),
    ],
)
def test_ac_07_eight_with_two_online_and_two_letters_make_ten_votes_and_one_refusal_fails(
    town: Any, mode: str, against: str | None, letter: str, agree: int, outcome: str
) -> None:
    key = one(town)
    session = town.convene([key], states=STATES, vote_mode=mode)
    shown = page(town, session)
    assert shown.attendance_text == "8/11 có mặt · 2 ý kiến bằng văn bản · cần 8"
    assert shown.quorum_met
    assert "Chỉ có 10 phiếu: thiếu một phiếu đồng ý là không đạt." in shown.lines[0].rule
    assert shown.lines[0].needed == 10
    if mode == "open":
        town.vote(session, [*THERE, *LETTERS], against={against: [key]} if against else None)
    else:
        letters = {"PN": {key: "agree"}, "CCB": {key: letter}}
        codes = secret.prepare(town, session, letters=letters, tellers=("VP", "MTTQ", "CT"))
        assert secret.box(town, session).issued == 8
        secret.put_in_all(town, session, [key], THERE, {against: [key]} if against else None)
        secret.open_with(town, session, {0: codes[0], 1: codes[1]})
    line = town.line(key)
    written = line.written_agree if mode == "secret" else 0
    assert ((line.agree or 0) + written, line.entitled, line.needed, line.outcome) == (agree, 10, 10, outcome)


def test_seven_of_whom_two_are_online_are_no_quorum(town: Any) -> None:
    away = dict.fromkeys(("PN", "CCB", "DTN", "ND"), "absent") | dict.fromkeys(ONLINE, "remote")
    session = town.convene([one(town)], states=away)
    shown = page(town, session)
    assert (shown.state, shown.attendance_text, shown.quorum_met) == (
        "no_quorum",
        "7/11 có mặt · cần 8",
        False,
    )


def test_before_the_attendance_the_page_goes_by_the_answers(town: Any) -> None:
    """Nobody is there yet: the page says what is needed if those come who have not declined."""
    key = one(town)
    session = called(town)
    town.agenda(session, [key])
    shown = page(town, session)
    assert (shown.attendance_text, shown.quorum_met) == ("0/11 báo dự họp · 11 chưa trả lời · cần 8", True)
    assert shown.lines[0].rule == "Cần 10/11 phiếu đồng ý (ít nhất 9/10 tổng số thành viên)."
    assert (shown.lines[0].needed, shown.warnings) == (10, [])
    for number, code in enumerate(("PN", "CCB", "DTN", "ND"), 1):
        with town.acting(code) as uow:
            answer_invitation(uow, session, "declined", "Đi công tác")
        shown = page(town, session)
        assert shown.quorum_met is (number < 4)
    assert shown.attendance_text == "0/11 báo dự họp · 7 chưa trả lời · cần 8"
    assert [names for _, names in shown.warnings] == [[town.row(key).subject_name]]
    assert "Không thể đạt" in shown.warnings[0][0]


def test_a_session_put_off_was_not_held_and_those_invited_are_told(town: Any) -> None:
    key = one(town)
    session = called(town)
    town.agenda(session, [key])
    postpone(town, session)
    assert set(states(town, session)) == {"absent"}
    shown = page(town, session, "CT")
    assert (shown.state, shown.postponing) == ("no_quorum", "Mưa lũ")
    assert town.form("CT", "handle_no_quorum", session)["quorum_text"] == ("Thường trực đề nghị hoãn: Mưa lũ")
    town.do("CT", "handle_no_quorum", session, {"no_quorum_choice": "reschedule", "reason": "Bão số 5"})
    assert (page(town, session).state, page(town, session).postponing) == ("preparing", "")
    for code in COUNCIL:
        last = town.notices(code)[-1]
        assert "Họp Hội đồng hẹn lúc 08:00 ngày 14/11/2022 được lùi lại" in last
        assert "Lý do: Bão số 5" in last
    with pytest.raises(Conflict), town.acting("PN") as uow:
        answer_invitation(uow, session, "accepted")
    town.agenda(session, [key])
    assert page(town, session).attendance_text == "0/11 báo dự họp · 11 chưa trả lời · cần 8"


def postpone(town: Any, session: UUID) -> None:
    town.do("VP", "record_attendance", session, lambda form: {**form, "postpone_reason": "Mưa lũ"})


def test_a_session_put_off_may_be_answered_in_writing_by_everybody(town: Any) -> None:
    key = one(town)
    session = called(town)
    town.agenda(session, [key], vote_mode="secret")
    postpone(town, session)
    town.do("CT", "handle_no_quorum", session, {"no_quorum_choice": "written", "reason": "Mưa lũ"})
    assert states(town, session) == ["written"] * 11
    shown = page(town, session)
    assert (shown.state, shown.vote_mode, shown.written_circulation) == ("voting", "open", True)
    assert shown.attendance_text == "0/11 có mặt · 11 ý kiến bằng văn bản · cần 8"
    town.vote(session)
    assert (town.line(key).agree, town.line(key).outcome) == (11, "passed")


def grounds(town: Any, session: UUID) -> dict[tuple[UUID, str], tuple[str, str]]:
    codes = {person: code for code, person in town.fixture.people.items()}
    with town.reading() as uow:
        rows = uow.session.scalars(select(Recusal).where(Recusal.session_id == session))
        return {(row.nomination_id, codes[row.person_id]): (row.ground, row.reason) for row in rows}


def test_a_recusal_declared_while_the_office_fills_in_the_attendance_is_not_lost(town: Any) -> None:
    """The form was opened before the member spoke, and knows nothing of it when it is sent."""
    key = one(town)
    session = called(town)
    town.agenda(session, [key])

    stale = town.form("VP", "record_attendance", session)
    ccb = str(town.fixture.people["CCB"])
    row = {"nomination_id": str(key), "person_id": ccb, "ground": "other", "reason": "Anh em ruột"}
    with town.acting("PN") as uow:
        declare_recusal(uow, session, key, "child")
    town.do("VP", "record_attendance", session, {**stale, "recusals": [row]})
    assert grounds(town, session) == {(key, "PN"): ("child", ""), (key, "CCB"): ("other", "Anh em ruột")}
    assert (town.line(key).recused, town.line(key).entitled) == (2, 9)


def test_what_was_entered_with_a_reason_comes_back_when_the_session_is_held_again(town: Any) -> None:
    key = one(town)
    session = called(town)
    town.agenda(session, [key])
    ccb = str(town.fixture.people["CCB"])
    row = {"nomination_id": str(key), "person_id": ccb, "ground": "other", "reason": "Anh em ruột"}
    town.do(
        "VP",
        "record_attendance",
        session,
        lambda form: {**form, "recusals": [row], "postpone_reason": "Mưa lũ"},
    )
    town.do("CT", "handle_no_quorum", session, {"no_quorum_choice": "reschedule", "reason": "Mưa lũ"})
    town.agenda(session, [key])
    assert town.form("VP", "record_attendance", session)["recusals"] == [row]
    town.do("VP", "record_attendance", session, lambda form: form)
    assert grounds(town, session) == {(key, "CCB"): ("other", "Anh em ruột")}


def test_a_member_takes_back_a_mistake_until_the_attendance_but_not_what_is_computed(town: Any) -> None:
    people = town.fixture.people
    [own] = town.before_council("ND", "MT", advanced_worker(str(people["ND"])), head="MTTQ")
    session = called(town)
    town.agenda(session, [own])
    for code in ("PN", "ND"):
        with town.acting(code) as uow:
            declare_recusal(uow, session, own, "spouse")
    with town.acting("PN") as uow:
        withdraw_recusal(uow, session, own)
    town.do("VP", "record_attendance", session, lambda form: form)
    assert grounds(town, session) == {(own, "ND"): ("self", "")}
    with pytest.raises(Conflict), town.acting("ND") as uow:
        withdraw_recusal(uow, session, own)
    assert len(town.form("PN", "cast_vote", session)["lines"]) == 1


@pytest.mark.parametrize(
    ("by_law", "mode", "wrong"),
    [
        ({"vote_mode": "secret"}, "open", "Quy chế yêu cầu bỏ phiếu kín"),
        ({"vote_mode": "secret"}, "secret", ""),
        ({"vote_mode": "secret"}, "recorded", ""),
        ({"chair_must_agree": True}, "secret", "bỏ phiếu kín thì không thể biết"),
        ({"chair_must_agree": True}, "open", ""),
        ({"chair_must_agree": True}, "recorded", ""),
        ({"tie": "chair_decides"}, "secret", ""),
        ({"tie": "chair_decides"}, "open", ""),
    ],
)
def test_an_agenda_may_choose_only_a_way_of_voting_that_the_by_law_can_be_kept_in(
    town: Any, by_law: dict[str, Any], mode: str, wrong: str
) -> None:
    key = one(town)
    session = called(town, **by_law)
    if wrong:
        with pytest.raises(InvalidForm) as refused:
            town.agenda(session, [key], vote_mode=mode)
        [error] = refused.value.errors
        assert error.path == "vote_mode"
        assert wrong in error.message
        assert town.row(key).subject_name in error.message
        return
    town.agenda(session, [key], vote_mode=mode)
    with town.reading() as uow:
        rule = rule_row(uow, session_of(uow, session), uow.session.get_one(Nomination, key))
    if "tie" in by_law:
        assert rule["tie"] == ("revote" if mode == "secret" else "chair_decides")
