"""Before a session: who may answer the invitation, what the office sees, recusals, the calendar, practice."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest
from flask import Flask
from icalendar import Calendar
from sqlalchemy import select

from engine.errors import Conflict, InvalidForm, NotAllowed
from tests.journeys.conftest import Town
from tests.webapp.conftest import Commune, Web
from workflows.actions.invitations import answer_invitation, declare_recusal
from workflows.actions.session_steps import held_session, invite
from workflows.demo.nominees import advanced_worker
from workflows.demo.players import Players
from workflows.tables.sessions import Attendance, Recusal

NOBODY_INVITED = ("X04T", "PNV")


@pytest.fixture
def invited(app: Flask, commune: Commune) -> tuple[Town, UUID, list[UUID]]:
    """A session with two dossiers to which the eleven are invited; its attendance is not taken."""
    town = Town(commune.database, commune.made, Players(commune.database, commune.made))
    people = commune.made.people
    rows = [advanced_worker(str(people[code])) for code in ("VHTT", "CB01")]
    keys = town.before_council("TP_HT", "CQ", *rows, head="PCT1")
    with town.acting("VP") as uow:
        from workflows.actions import sessions

        session = sessions.create_session(uow, title="Họp Hội đồng; lần 2, năm 2022").id
    town.agenda(session, keys, vote_mode="secret", place="", online_link="https://hop.example/abc")
    return town, session, keys


def answers(town: Town, session: UUID) -> dict[UUID, Attendance]:
    with town.reading() as uow:
        rows = uow.session.scalars(select(Attendance).where(Attendance.session_id == session))
        return {row.person_id: row for row in rows}


def test_a_member_answers_for_oneself_and_the_attendance_begins_with_the_answers(
    invited: tuple[Town, UUID, list[UUID]], web: Web
) -> None:
    town, session, _ = invited
    people = town.fixture.people
    web.sign_in("ND")
    page = web.get(f"/sessions/{session}")
    assert "Chưa trả lời" in page.text and "https://hop.example/abc" in page.response.text
    path = f"/sessions/{session}/invitation"
    refused = web.post(
        path, {**page.keys(), "reply": "declined", "delegate": "Bà Nguyễn Thị Phó"}, follow_redirects=True
    )
    assert "Cần nêu lý do vắng." in refused.text and "Bà Nguyễn Thị Phó" in refused.response.text
    sent = {"reply": "declined", "reason": "Đi tập huấn ở tỉnh", "delegate": "Bà Nguyễn Thị Phó"}
    assert "Đã ghi nhận trả lời" in web.post(path, {**refused.keys(), **sent}, follow_redirects=True).text
    with town.acting("PN") as uow:
        answer_invitation(uow, session, "accepted")
    rows = {row["id"]: row for row in town.form("VP", "record_attendance", session)["members"]}
    absent, there, silent = (rows[str(people[code])] for code in ("ND", "PN", "CT"))
    assert (absent["state"], there["state"], silent["state"]) == ("absent", "present", "present")
    assert absent["answer"] == "Vắng – Đi tập huấn ở tỉnh – người dự thay: Bà Nguyễn Thị Phó"
    office = Web(web.client.application, web._commune)
    office.sign_in("VP")
    seen = office.get(f"/sessions/{session}").text
    assert "1 dự họp · 1 vắng · 9 chưa trả lời" in seen and "Đi tập huấn ở tỉnh" in seen


@pytest.mark.parametrize("code", NOBODY_INVITED)
def test_who_is_not_invited_may_neither_answer_nor_declare_nor_read(
    invited: tuple[Town, UUID, list[UUID]], web: Web, code: str
) -> None:
    town, session, keys = invited
    for action in (
        lambda uow: answer_invitation(uow, session, "accepted"),
        lambda uow: declare_recusal(uow, session, keys[0], "spouse"),
    ):
        with pytest.raises(Exception) as refused, town.acting(code) as uow:
            action(uow)
        assert type(refused.value).__name__ in ("NotAllowed", "NotFound")
    web.sign_in(code)
    for path in ("phien-hop.ics", "practice", "ballot", "box"):
        assert web.get(f"/sessions/{session}/{path}").status in (403, 404), path
    assert all(row.reply == "" for row in answers(town, session).values())


def test_the_office_cannot_answer_for_a_member_and_nobody_after_the_attendance(
    invited: tuple[Town, UUID, list[UUID]],
) -> None:
    town, session, keys = invited
    with pytest.raises(InvalidForm), town.acting("ND") as uow:
        answer_invitation(uow, session, "perhaps")
    with (
        pytest.raises(NotAllowed),
        town.acting("TCKT_KHAC" if "TCKT_KHAC" in town.fixture.people else "VT") as uow,
    ):
        answer_invitation(uow, session, "accepted")
    town.attendance(session)
    town.do("VP", "prepare_secret_vote", session, lambda form: tellers(town, form))
    for action in (
        lambda uow: answer_invitation(uow, session, "declined", "ốm"),
        lambda uow: declare_recusal(uow, session, keys[0], "child"),
    ):
        with pytest.raises(Conflict), town.acting("ND") as uow:
            action(uow)


def tellers(town: Town, form: dict[str, Any]) -> dict[str, Any]:
    seats = {
        f"teller_{place}": str(town.fixture.people[code])
        for place, code in enumerate(("VP", "MTTQ", "DTN"), 1)
    }
    return {**seats, "lines": form["lines"]}


def test_a_recusal_that_a_member_declares_reaches_the_attendance_and_takes_the_ballot(
    invited: tuple[Town, UUID, list[UUID]], web: Web
) -> None:
    town, session, keys = invited
    web.sign_in("CCB")
    page = web.get(f"/sessions/{session}")
    sent = {"nomination_id": str(keys[1]), "ground": "parent"}
    done = web.post(f"/sessions/{session}/recusal", {**page.keys(), **sent}, follow_redirects=True)
    assert "Anh/chị không biểu quyết hồ sơ của" in done.text
    wrong = web.post(
        f"/sessions/{session}/recusal", {**done.keys(), **sent, "ground": "self"}, follow_redirects=True
    )
    assert "Chọn hồ sơ và lý do không biểu quyết." in wrong.text
    town.do("VP", "record_attendance", session, lambda form: form)
    with town.reading() as uow:
        found = uow.session.execute(select(Recusal.nomination_id, Recusal.person_id, Recusal.ground)).all()
    assert [tuple(row) for row in found] == [(keys[1], town.fixture.people["CCB"], "parent")]


def test_the_calendar_knows_the_same_meeting_again_when_its_date_has_changed(
    invited: tuple[Town, UUID, list[UUID]], web: Web
) -> None:
    town, session, _ = invited
    web.sign_in("PN")

    def event() -> Any:
        answer = web.get(f"/sessions/{session}/phien-hop.ics")
        assert answer.response.mimetype == "text/calendar"
        raw = answer.response.data
        assert raw.count(b"\n") == raw.count(b"\r\n") and max(map(len, raw.split(b"\r\n"))) <= 75
        [found] = Calendar.from_ical(raw).walk("VEVENT")
        return found

    before = event()
    assert (
        before["summary"] == "Họp Hội đồng; lần 2, năm 2022"
        and before["location"] == "https://hop.example/abc"
    )
    with town.acting("VP") as uow:
        invite(uow, held_session(uow, str(session)))
    after = event()
    assert (before["uid"], before["sequence"], after["uid"], after["sequence"]) == (
        before["uid"],
        0,
        before["uid"],
        1,
    )


def test_a_link_that_is_no_https_and_a_session_nowhere_are_refused_by_field(
    invited: tuple[Town, UUID, list[UUID]],
) -> None:
    town, _, keys = invited
    with town.acting("VP") as uow:
        from workflows.actions import sessions

        other = sessions.create_session(uow, title="Họp lần khác").id
    for link, path in (
        ("http://hop.example", "online_link"),
        ("javascript:alert(1)", "online_link"),
        ("", "place"),
    ):
        with pytest.raises(InvalidForm) as refused:
            town.agenda(other, keys, place="", online_link=link)
        assert path in [error.path for error in refused.value.errors]


def test_a_practice_ballot_keeps_nothing(invited: tuple[Town, UUID, list[UUID]], web: Web) -> None:
    _, session, _ = invited
    web.sign_in("DTN")
    page = web.get(f"/sessions/{session}/practice")
    assert "Phiếu thử" in page.text and "Nguyễn Văn Thử (ví dụ)" in page.text
    path = f"/sessions/{session}/practice"
    sent = {**page.keys(), "secret_choice.0": "agree", "secret_choice.1": "disagree"}
    shown = web.post(path, sent)
    assert "không có gì được gửi đi hay lưu lại" in shown.text and "Trần Thị Thử (ví dụ)" in shown.text
    assert "checked" in web.post(path, {**shown.keys(), **sent, "_edit": "1"}).response.text
    assert "Phiếu thử không được lưu" in web.post(path, {**shown.keys(), **sent, "_confirmed": "1"}).text


def test_the_office_may_ask_to_postpone_and_the_chair_sets_another_day(
    invited: tuple[Town, UUID, list[UUID]], web: Web
) -> None:
    town, session, keys = invited
    reason = "Mưa lũ, hai thành viên không đến được"
    town.do("VP", "record_attendance", session, lambda form: {**form, "postpone_reason": reason})
    assert town.open_steps(session) == ["handle_no_quorum"]
    assert reason in town.form("CT", "handle_no_quorum", session)["quorum_text"]
    town.do("CT", "handle_no_quorum", session, {"no_quorum_choice": "reschedule", "reason": "Đồng ý hoãn"})
    assert town.open_steps(session) == ["prepare_agenda"]
    town.agenda(session, keys, vote_mode="open")
    town.attendance(session)
    assert set(town.open_steps(session)) == {"cast_vote"}
    web.sign_in("DTN")
    page = web.get(f"/sessions/{session}").response.text
    assert 'hx-trigger="every 10s"' in page and 'id="quorum"' in page


@pytest.mark.parametrize(("there", "opens"), [(8, True), (7, False)])
def test_ac_07_remote_counts_letters_do_not_and_the_page_says_that_one_refusal_fails(
    invited: tuple[Town, UUID, list[UUID]], web: Web, there: int, opens: bool
) -> None:
    """8 of 11 take part, two of them online, and two write: ten votes exist and 90 % of 11 are ten."""
    town, session, _ = invited
    states = dict.fromkeys(("CT", "PCT1", "MTTQ", "DU", "VP", "TCKT", "CA", "ND")[:there], "present")
    states |= {"CT": "remote", "DU": "remote", "PN": "written", "CCB": "written"}
    away = {code: "absent" for code in ("DTN", "ND") if code not in states}
    town.attendance(session, {**states, **away})
    assert (town.open_steps(session) == ["prepare_secret_vote"]) is opens
    web.sign_in("VP")
    text = web.get(f"/sessions/{session}").text
    assert f"{there}/11 có mặt · 2 ý kiến bằng văn bản · cần 8" in text
    if opens:
        assert "thiếu một phiếu đồng ý là không đạt" in text
        assert "Không giữ được bí mật" in text
