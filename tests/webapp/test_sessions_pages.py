"""The council's session in the browser: called in one press, voted on by name, closed by the chair."""

from __future__ import annotations

import re
from typing import Any
from uuid import UUID

import pytest

from engine import tasks
from workflows.queries.sessions import session_page

VOTERS = ("CT", "PCT1", "MTTQ", "DU", "VP", "TCKT", "CA", "ND", "PN", "CCB")


def vote_task(season: Any, code: str) -> UUID:
    with season.commune.acting(code) as uow:
        [task] = [
            each for each in tasks.open_tasks(uow, step="cast_vote") if each.assignee_id == uow.actor_id
        ]
        return UUID(str(task.id))


def ballot(page: Any, choice: str) -> dict[str, str]:
    """What the browser sends when every line gets the same choice."""
    ids = re.findall(r'name="(lines\.\d+\.id)" value="([^"]+)"', page.response.text)
    chosen = {name.replace(".id", ".choice"): choice for name, _ in ids}
    return {**page.keys(), **dict(ids), **chosen}


def cast(season: Any, code: str, choice: str) -> None:
    """Vote without the browser."""
    season.do(
        code,
        "cast_vote",
        season.open_session,
        lambda form: {"lines": [{**line, "choice": choice} for line in form["lines"]]},
    )


@pytest.fixture
def open_session(season: Any) -> UUID:
    """Two households before a council of which ten of eleven are there, the vote open."""
    season.before_council(2)
    season.open_session = season.session("open")
    return UUID(str(season.open_session))


def test_the_office_calls_a_session_in_one_press_and_twice_gives_one(web: Any, season: Any) -> None:
    season.before_council(2)
    web.sign_in("VP")
    page = web.get("/meetings")
    assert "2 hồ sơ đang chờ Hội đồng xét." in page.text
    keys = page.keys()
    first, second = web.post("/sessions", keys), web.post("/sessions", keys)
    with season.commune.acting("VP") as uow:
        [task] = tasks.open_tasks(uow, step="prepare_agenda")
    assert first.response.location == second.response.location == f"/tasks/{task.id}"


def test_without_waiting_dossiers_no_session_is_offered_and_the_page_says_why(web: Any, season: Any) -> None:
    web.sign_in("VP")
    page = web.get("/meetings")
    assert "Chưa mở được phiên họp mới: không có hồ sơ nào đang chờ Hội đồng xét." in page.text
    assert 'action="/sessions"' not in page.response.text


def test_the_session_page_says_who_is_there_what_is_needed_and_who_has_voted(
    web: Any, season: Any, open_session: UUID
) -> None:
    cast(season, "CA", "agree")
    web.sign_in("TCKT")
    page = web.get(f"/sessions/{open_session}")
    assert page.status == 200
    assert "10/11 có mặt · cần 8" in page.text
    assert "1/10 đã biểu quyết" in page.text
    assert "Cần 6/11 phiếu đồng ý" in page.text
    assert page.text.count("Đã biểu quyết") == 1
    assert "Ai đã chọn gì" not in page.text
    assert f'href="/vote/{vote_task(season, "TCKT")}"' in page.response.text
    assert "Kết thúc biểu quyết" not in page.text


def test_outsiders_do_not_see_the_session(web: Any, season: Any, open_session: UUID) -> None:
    web.sign_in("X04T")
    refused = web.get(f"/sessions/{open_session}")
    assert refused.status == 403
    assert "Phiên họp Hội đồng" not in web.get("/meetings").text


def test_a_member_chooses_confirms_once_and_gets_a_receipt(web: Any, season: Any, open_session: UUID) -> None:
    web.sign_in("CA")
    path = f"/vote/{vote_task(season, 'CA')}"
    page = web.get(path)
    assert page.response.text.count("data-vote ") == 2
    assert " checked" not in page.response.text

    sent = ballot(page, "agree")
    missing = {name: value for name, value in sent.items() if name != "lines.1.choice"}
    wrong = web.post(path, missing)
    assert wrong.status == 422
    assert wrong.response.text.count(" checked") == 1

    summary = web.post(path, sent)
    assert summary.status == 200
    assert "2 đồng ý, 0 không đồng ý, trong 2 hồ sơ." in summary.text
    with season.commune.acting("CA") as uow:
        assert "0/10" in session_page(uow, open_session).voted_text

    again = web.post(path, {**ballot(summary, "agree"), "_edit": "1"})
    assert again.response.text.count(" checked") == 2

    confirmed = {**ballot(summary, "agree"), "_confirmed": "1"}
    done = web.post(path, confirmed)
    assert done.response.location == f"/sessions/{open_session}/receipt"
    receipt = web.get(f"/sessions/{open_session}/receipt")
    assert "Đã ghi nhận phiếu của bạn lúc 12:00 14/11/2022." in receipt.text
    assert web.get(path).response.location == f"/sessions/{open_session}/receipt"
    assert web.post(path, confirmed).response.location == f"/sessions/{open_session}/receipt"
    with season.commune.acting("CA") as uow:
        assert "1/10" in session_page(uow, open_session).voted_text


def test_another_ballot_after_the_first_is_refused_in_words(
    web: Any, season: Any, open_session: UUID
) -> None:
    web.sign_in("CA")
    path = f"/vote/{vote_task(season, 'CA')}"
    page = web.get(path)
    web.post(path, {**ballot(page, "agree"), "_confirmed": "1"})
    changed = web.post(path, {**ballot(page, "disagree"), "_confirmed": "1"})
    assert changed.status == 409
    assert "Bạn đã biểu quyết trong lượt này; lá phiếu đã gửi không thay đổi được." in changed.text


def test_nobody_votes_with_somebody_elses_task(web: Any, season: Any, open_session: UUID) -> None:
    web.sign_in("ND")
    path = f"/vote/{vote_task(season, 'CA')}"
    mine = web.get(f"/vote/{vote_task(season, 'ND')}")
    refused = web.post(path, {**ballot(mine, "agree"), "_confirmed": "1"})
    assert refused.status == 403
    with season.commune.acting("CA") as uow:
        assert "0/10" in session_page(uow, open_session).voted_text


def test_the_chair_closes_with_the_names_of_the_silent_and_a_late_ballot_is_told(
    web: Any, another: Any, season: Any, open_session: UUID
) -> None:
    another.sign_in("CA")
    late = f"/vote/{vote_task(season, 'CA')}"
    typed = ballot(another.get(late), "agree")
    for code in VOTERS:
        if code != "CA":
            cast(season, code, "agree")

    web.sign_in("CT")
    asked = web.get(f"/sessions/{open_session}/close")
    assert "Chưa biểu quyết (1)" in asked.text
    assert "Đỗ Văn Long" in asked.text
    web.post(f"/sessions/{open_session}/close", {**asked.keys(), "note": ""})
    with season.players.acting("CT"):
        pass  # its jobs bring the closing to the session

    told = another.post(late, {**typed, "_confirmed": "1"})
    assert told.status == 409
    assert "lá phiếu này không được ghi nhận" in told.text
    assert another.get(late).status == 409

    page = web.get(f"/sessions/{open_session}")
    assert "9 đồng ý · 0 không đồng ý" in page.text
    assert page.response.text.count("Ai đã chọn gì") == 2
    assert "chưa có phiếu của: Đỗ Văn Long" in page.text


def test_a_member_cannot_close_the_vote(web: Any, season: Any, open_session: UUID) -> None:
    web.sign_in("CA")
    page = web.get(f"/sessions/{open_session}/close")
    assert "Chỉ Chủ tịch Hội đồng kết thúc biểu quyết." in page.text
    refused = web.post(f"/sessions/{open_session}/close", {**web.get("/password").keys(), "note": ""})
    assert refused.status == 403
