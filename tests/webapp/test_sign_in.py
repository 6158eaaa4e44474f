"""Sign-in, sessions, and what was typed when a session ended."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from flask import Flask

from engine.models import WorkerBeat
from webapp.app import create_app
from webapp.config import Settings
from webapp.security import AT_MOST, HEADERS
from workflows.actions.passwords import issue_password

PASSWORD = "mot cau that dai cua rieng toi"


def test_a_visitor_is_led_to_the_sign_in_page_and_back(web: Any) -> None:
    answer = web.get("/tasks/batch?step=appraise").response
    assert (answer.status_code, answer.location) == (
        302,
        "/sign-in?next=/tasks/batch?step%3Dappraise",
    )
    signed_in = web.sign_in("VP", next="/tasks/batch?step=appraise").response
    assert (signed_in.status_code, signed_in.location) == (302, "/tasks/batch?step=appraise")


@pytest.mark.parametrize(
    "target", ["https://evil.example/", "//evil.example", "/\\evil.example", "javascript:1"]
)
def test_the_sign_in_page_leads_to_no_other_site(web: Any, target: str) -> None:
    assert web.sign_in("VP", next=target).response.location == "/"


def test_a_wrong_password_is_refused_and_the_name_is_kept(web: Any) -> None:
    page = web.sign_in("VP", password="sai")
    assert page.status == 422
    assert "Tên đăng nhập hoặc mật khẩu không đúng." in page.text
    assert 'name="username" value="vanphong' in page.response.text or 'value="' in page.response.text
    assert "sai" not in page.response.text.split("<main")[1].split('name="password"')[1][:60]


def test_the_ninth_wrong_password_for_a_name_has_to_wait(commune: Any, settings: Settings) -> None:
    app = create_app(replace(settings, rate_limits=True), commune.database)
    client = app.test_client()
    token = _token(client.get("/sign-in").text)
    tried = {"_csrf": token, "username": "ai-do", "password": "sai"}
    statuses = [client.post("/sign-in", data=tried).status_code for _ in range(9)]
    assert statuses == [422] * 8 + [429]


def _token(page: str) -> str:
    return page.split('name="_csrf" value="')[1].split('"')[0]


def test_a_one_time_password_must_be_changed_before_anything_else(web: Any, commune: Any) -> None:
    with commune.acting("QT") as uow:
        one_time = issue_password(uow, commune.made.people["VP"])
    assert web.sign_in("VP", password=one_time).status == 302
    assert web.get("/").response.location == "/password"
    page = web.get("/password")
    sent = {"current_password": one_time, "new_password": "cau moi that la dai", "repeat_password": "khac"}
    refused = web.post("/password", {**page.keys(), **sent})
    assert (refused.status, "Hai lần nhập mật khẩu mới không giống nhau." in refused.text) == (422, True)
    done = web.post("/password", {**page.keys(), **sent, "repeat_password": "cau moi that la dai"})
    assert (done.status, done.response.location) == (302, "/")
    assert web.get("/").status == 200


def test_a_new_password_ends_the_persons_other_sessions(web: Any, another: Any) -> None:
    web.sign_in("VP")
    another.sign_in("VP")
    page = web.get("/password")
    sent = {"current_password": PASSWORD, "new_password": "cau moi that la dai"}
    web.post("/password", {**page.keys(), **sent, "repeat_password": "cau moi that la dai"})
    assert web.get("/").status == 200
    assert another.get("/").response.location == "/sign-in"


def test_a_session_ends_after_half_a_day(web: Any) -> None:
    web.sign_in("VP")
    with web.client.session_transaction() as session:
        session["signed_in_at"] -= AT_MOST.total_seconds() + 1
    assert web.get("/").response.location == "/sign-in"


def test_signing_out_ends_the_session(web: Any) -> None:
    web.sign_in("VP")
    token = _token(web.get("/").response.text)
    assert web.post("/sign-out", {"_csrf": token}).response.location == "/sign-in"
    assert web.get("/").response.location == "/sign-in"


@pytest.fixture
def long_form(web: Any, commune: Any, household: dict[str, Any]) -> tuple[str, dict[str, str]]:
    """A dossier's form, filled in; then the session ends while the page is still open."""
    commune.nominate("X04T", "X04", household)
    web.sign_in("X04T")
    with commune.acting("X04T") as uow:
        from engine import tasks

        [task] = tasks.open_tasks(uow, step="draft_nomination")
    path = f"/tasks/{task.id}"
    typed = {"merit_summary": "Một bài báo cáo rất dài mà không ai muốn gõ lại.", "award": "GK_XA"}
    filled = {**web.get(path).keys(), **typed}
    web.client.delete_cookie("thidua")
    return path, filled


def test_what_was_typed_survives_a_session_that_ended(
    web: Any, long_form: tuple[str, dict[str, str]]
) -> None:
    path, filled = long_form
    asked = web.post(path, filled)
    assert asked.status == 401
    assert "Nội dung anh/chị vừa nhập được giữ lại" in asked.text
    back = web.sign_in("X04T", _kept=asked.hidden("_kept"))
    assert back.status == 200
    assert f'action="{path}"' in back.response.text
    assert back.hidden("merit_summary") == filled["merit_summary"]
    again = {**back.keys(), "merit_summary": back.hidden("merit_summary"), "award": back.hidden("award")}
    arrived = web.post(path, again)
    assert arrived.status in (302, 422)  # it arrives; the form may still miss other fields
    assert arrived.status == 302 or filled["merit_summary"] in arrived.text


def test_the_next_person_at_the_computer_does_not_get_the_words(
    web: Any, long_form: tuple[str, dict[str, str]]
) -> None:
    path, filled = long_form
    kept = web.post(path, filled).hidden("_kept")
    other = web.sign_in("VP", _kept=kept)
    assert (other.status, other.response.location) == (302, "/")


def test_a_forged_post_is_not_kept(web: Any, long_form: tuple[str, dict[str, str]]) -> None:
    path, filled = long_form
    asked = web.post(path, {**filled, "_owner": "forged"})
    assert (asked.status, 'name="_kept"' in asked.response.text) == (401, False)


def test_a_page_that_was_open_too_long_gives_the_words_back(
    web: Any, long_form: tuple[str, dict[str, str]]
) -> None:
    path, filled = long_form
    web.sign_in("X04T")
    page = web.post(path, filled)
    assert (page.status, page.hidden("merit_summary")) == (400, filled["merit_summary"])


def test_a_draft_after_the_session_ended_says_so_to_the_script(
    web: Any, long_form: tuple[str, dict[str, str]]
) -> None:
    path, filled = long_form
    answer = web.post(f"{path}/draft", filled, headers={"Accept": "application/json"}).response
    assert answer.status_code == 401
    assert answer.json["message"].startswith("Phiên làm việc đã hết hạn.")


def test_every_page_carries_the_strict_policy(web: Any) -> None:
    answer = web.get("/sign-in").response
    assert {name: answer.headers[name] for name in HEADERS} == HEADERS
    assert answer.headers["Cache-Control"] == "no-store"
    assert "unsafe" not in HEADERS["Content-Security-Policy"]
    page = answer.text
    assert " style=" not in page and " onclick=" not in page and "<style" not in page


def test_the_session_cookie_is_out_of_reach_for_scripts(web: Any) -> None:
    cookie = web.sign_in("VP").response.headers["Set-Cookie"]
    assert "HttpOnly" in cookie and "SameSite=Lax" in cookie


def test_the_monitor_reads_version_and_database(web: Any, commune: Any) -> None:
    answer = web.get("/healthz").response
    assert answer.status_code == 200
    told = {"version": "x", "database": commune.database.engine.dialect.name}
    assert {**answer.json, "version": "x"} == {**told, "state": "no worker", "workers": 0}
    with commune.acting("QT") as uow:
        uow.session.add(WorkerBeat(executor_id="silent", at=datetime.now(UTC) - timedelta(minutes=2)))
        uow.session.add(WorkerBeat(executor_id="living", at=datetime.now(UTC)))
    assert {**web.get("/healthz").response.json, "version": "x"} == {**told, "state": "ok", "workers": 1}


def test_the_language_changes_and_stays(web: Any) -> None:
    token = _token(web.get("/sign-in").response.text)
    assert web.post("/language", {"_csrf": token, "language": "en", "next": "/sign-in"}).status == 302
    assert "Sign in" in web.get("/sign-in").text
    assert '<html lang="en">' in web.get("/sign-in").response.text


def test_an_unknown_page_says_so_in_vietnamese(web: Any) -> None:
    page = web.get("/khong-co")
    assert page.status == 404
    assert "Không tìm thấy trang này." in page.text


def test_an_empty_database_is_reported_not_ready(settings: Settings, tmp_path: Any) -> None:
    from engine.database import Database

    database = Database(f"sqlite:///{tmp_path / 'empty.db'}")
    app: Flask = create_app(settings, database)
    answer = app.test_client().get("/healthz")
    assert (answer.status_code, answer.json["state"]) == (503, "schema out of date")
    database.close()
