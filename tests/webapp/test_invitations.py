"""Before a session: who may answer the invitation, what the office sees, recusals, the calendar, practice."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest
from flask import Flask
from icalendar import Calendar
from sqlalchemy import select

from engine.database import Base
from engine.errors import Conflict, InvalidForm, NotAllowed
from tests.journeys.conftest import Town
from tests.webapp.conftest import Commune, Web
from workflows.actions.invitations import answer_invitation, declare_recusal, withdraw_recusal
from workflows.actions.sessions import create_session
from workflows.demo.nominees import advanced_worker
from workflows.demo.players import Players
from workflows.tables.sessions import Attendance, Recusal

LINK = "https://hop.example/abc"
MEMBERS = ("CT", "VP", "PN", "ND")
WHO = {
    **dict.fromkeys(MEMBERS, "member"),
    "TP_HT": "office",
    "TKV": "inspector",
    "X04T": "outsider",
    "VT": "outsider",
    "PNV": "other organisation",
}
"""Chair, secretary, a member, the nominee among the members; who stands in for the office without a seat, the
inspector, a hamlet's head, the clerk, somebody of the city."""
MAY = {
    "page": ("member", "office", "inspector"),
    "calendar": ("member", "office"),
    "practice": ("member",),
    "practise": ("member",),
    "answer": ("member",),
    "declare": ("member",),
    "withdraw": ("member",),
}


def call(app: Flask, commune: Commune, *nominees: tuple[str, str, str, str]) -> tuple[Town, UUID, list[UUID]]:
    """A session that votes in secret, in its room and online; nominees are (author, unit, head, code)."""
    town = Town(commune.database, commune.made, Players(commune.database, commune.made))
    keys: list[UUID] = []
    for author, unit, head, code in nominees:
        row = advanced_worker(str(commune.made.people[code]))
        keys += town.before_council(author, unit, row, head=head)
    with town.acting("VP") as uow:
        session = create_session(uow, title="Họp Hội đồng; lần 2, năm 2022").id
    town.agenda(session, keys, vote_mode="secret", place="", online_link=LINK)
    return town, session, keys


@pytest.fixture
def invited(app: Flask, commune: Commune) -> tuple[Town, UUID, list[UUID]]:
    """A session with two dossiers to which the eleven are invited; its attendance is not taken."""
    return call(app, commune, ("TP_HT", "CQ", "PCT1", "VHTT"), ("TP_HT", "CQ", "PCT1", "CB01"))


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


@pytest.fixture
def nominee_invited(app: Flask, commune: Commune) -> tuple[Town, UUID, list[UUID]]:
    """The same with a member of the council among the nominees."""
    return call(app, commune, ("TP_HT", "CQ", "PCT1", "VHTT"), ("ND", "MT", "MTTQ", "ND"))


@pytest.mark.parametrize("what", MAY)
def test_every_act_before_the_vote_against_everybody(
    nominee_invited: tuple[Town, UUID, list[UUID]], app: Flask, commune: Commune, what: str
) -> None:
    """Generated: act by act, who may and who may not; what is refused changes nothing."""
    town, session, keys = nominee_invited
    for code, kind in WHO.items():
        web = Web(app, commune)
        web.sign_in(code)
        if what == "withdraw" and kind == "member":
            with town.acting(code) as uow:
                declare_recusal(uow, session, keys[0], "child")
        before = stored(town, session)
        status = act(web, what, f"/sessions/{session}", keys[0])
        assert (status in (200, 302)) is (kind in MAY[what]), (code, status)
        changed = stored(town, session) != before
        assert changed is (what in ("answer", "declare", "withdraw") and kind == "member"), code


def act(web: Web, what: str, session: str, key: UUID) -> int:
    """Do it as a browser would, also when the page with the button could not be read; the status."""
    asked = {"page": "", "calendar": "/phien-hop.ics", "practice": "/practice"}
    if what in asked:
        return web.get(session + asked[what]).status
    path, sent = {
        "practise": ("/practice", {}),
        "answer": ("/invitation", {"reply": "accepted"}),
        "declare": ("/recusal", {"nomination_id": str(key), "ground": "child"}),
        "withdraw": (f"/recusal/{key}/withdraw", {}),
    }[what]
    home = web.get("/")
    csrf = re.findall(r'name="csrf-token" content="([^"]+)"', home.response.text)[0]
    owner = re.findall(r'name="_owner" value="([^"]+)"', home.response.text)[0]
    return web.post(session + path, {"_csrf": csrf, "_owner": owner, "_key": "k" * 32, **sent}).status


def stored(town: Town, session: UUID) -> tuple[list[Any], list[Any]]:
    with town.reading() as uow:
        said = select(Attendance.person_id, Attendance.reply).where(Attendance.session_id == session)
        out = select(Recusal.person_id, Recusal.ground).where(Recusal.session_id == session)
        return (
            sorted(tuple(row) for row in uow.session.execute(said)),
            sorted(tuple(row) for row in uow.session.execute(out)),
        )


def test_reasons_and_the_link_are_for_those_whom_they_concern(
    invited: tuple[Town, UUID, list[UUID]], app: Flask, commune: Commune
) -> None:
    town, session, _ = invited
    with town.acting("ND") as uow:
        answer_invitation(uow, session, "declined", "Đi mổ mắt", "Bà Nguyễn Thị Phó")
    for code, reason, link in (
        ("VP", True, True),
        ("CT", True, True),
        ("ND", True, True),
        ("PN", False, True),
        ("TKV", False, False),
    ):
        web = Web(app, commune)
        web.sign_in(code)
        page = web.get(f"/sessions/{session}")
        assert ("Đi mổ mắt" in page.text) is reason, code
        assert (LINK in page.response.text) is link, code
        assert "Bà Nguyễn Thị Phó" in page.text, code


def test_a_member_reads_the_documents_beforehand_and_the_nominee_is_told(
    nominee_invited: tuple[Town, UUID, list[UUID]], app: Flask, commune: Commune
) -> None:
    for code in MEMBERS:
        web = Web(app, commune)
        web.sign_in(code)
        page = web.get(f"/sessions/{nominee_invited[1]}")
        papers = set(re.findall(r'href="(/evidence/[^"]+)"', page.response.text))
        assert len(papers) == 2
        assert all(web.get(paper).status == 200 for paper in papers)
        told = "Anh/chị không biểu quyết hồ sơ của" in page.text
        assert told is (code == "ND")
        assert ("Tôi khai nhầm, rút lại" in page.text) is False


def test_the_office_cannot_answer_for_a_member_and_nobody_after_the_attendance(
    invited: tuple[Town, UUID, list[UUID]],
) -> None:
    town, session, keys = invited
    with pytest.raises(InvalidForm), town.acting("ND") as uow:
        answer_invitation(uow, session, "perhaps")
    with (
        pytest.raises(NotAllowed),
        town.acting("VT") as uow,
    ):
        answer_invitation(uow, session, "accepted")
    town.attendance(session)
    town.do("VP", "prepare_secret_vote", session, lambda form: tellers(town, form))
    late: list[Callable[[Any], None]] = [
        lambda uow: answer_invitation(uow, session, "declined", "ốm"),
        lambda uow: declare_recusal(uow, session, keys[0], "child"),
        lambda uow: withdraw_recusal(uow, session, keys[0]),
    ]
    for action in late:
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
    town, session, keys = invited
    web.sign_in("PN")

    def event() -> Any:
        answer = web.get(f"/sessions/{session}/phien-hop.ics")
        assert answer.response.mimetype == "text/calendar"
        raw = answer.response.data
        assert raw.count(b"\n") == raw.count(b"\r\n") and max(map(len, raw.split(b"\r\n"))) <= 75
        [found] = Calendar.from_ical(raw).walk("VEVENT")
        return found

    before = event()
    assert before["summary"] == "Họp Hội đồng; lần 2, năm 2022" and before["location"] == LINK
    town.do("VP", "record_attendance", session, lambda form: {**form, "postpone_reason": "Mưa lũ"})
    town.do("CT", "handle_no_quorum", session, {"no_quorum_choice": "reschedule", "reason": "Mưa lũ"})
    town.agenda(session, keys, vote_mode="secret", held_on="2022-11-21", held_time="14:30")
    after = event()
    assert (before["dtstart"].dt, after["dtstart"].dt) == (
        datetime(2022, 11, 14, 1, tzinfo=UTC),
        datetime(2022, 11, 21, 7, 30, tzinfo=UTC),
    )
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
        other = create_session(uow, title="Họp lần khác").id
    for link, path in (
        ("http://hop.example", "online_link"),
        ("javascript:alert(1)", "online_link"),
        ("https://", "online_link"),
        ("https://[hop", "online_link"),
        ("https://hop.example/a b", "online_link"),
        ("https://hop.example/a\u3000b", "online_link"),
        ("", "place"),
    ):
        with pytest.raises(InvalidForm) as refused:
            town.agenda(other, keys, place="", online_link=link)
        assert path in [error.path for error in refused.value.errors]


def test_a_practice_ballot_keeps_nothing(invited: tuple[Town, UUID, list[UUID]], web: Web) -> None:
    town, session, _ = invited
    web.sign_in("DTN")
    before = everything(town)
    page = web.get(f"/sessions/{session}/practice")
    assert "Phiếu thử" in page.text and "Nguyễn Văn Thử (ví dụ)" in page.text
    path = f"/sessions/{session}/practice"
    sent = {**page.keys(), "secret_choice.0": "agree", "secret_choice.1": "disagree"}
    shown = web.post(path, sent)
    assert "không có gì được gửi đi hay lưu lại" in shown.text and "Trần Thị Thử (ví dụ)" in shown.text
    assert "checked" in web.post(path, {**shown.keys(), **sent, "_edit": "1"}).response.text
    assert "Phiếu thử không được lưu" in web.post(path, {**shown.keys(), **sent, "_confirmed": "1"}).text
    assert everything(town) == before


def everything(town: Town) -> dict[str, list[Any]]:
    """Every row of every table."""
    with town.reading_all() as uow:
        return {
            table.name: sorted(map(repr, uow.session.execute(select(table))))
            for table in Base.metadata.sorted_tables
        }


def test_where_everybody_votes_by_name_the_practice_ballot_asks_for_every_choice(
    invited: tuple[Town, UUID, list[UUID]], web: Web
) -> None:
    town, _, _ = invited
    with town.acting("VP") as uow:
        other = create_session(uow, title="Phiên họp công khai").id
    [more] = town.before_council(
        "TP_HT", "CQ", advanced_worker(str(town.fixture.people["CB02"])), head="PCT1"
    )
    town.agenda(other, [more])
    web.sign_in("DTN")
    path = f"/sessions/{other}/practice"
    page = web.get(path)
    assert "hồ sơ nào cũng phải chọn" in page.text and "Phiếu của tôi kín đến đâu?" not in page.text
    refused = web.post(path, {**page.keys(), "secret_choice.0": "agree"})
    assert refused.status == 422 and "cho Trần Thị Thử (ví dụ)" in refused.text


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
