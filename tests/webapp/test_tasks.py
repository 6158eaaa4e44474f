"""The task page: drafts, errors that lose nothing, stale tabs, and many tasks at once."""

from __future__ import annotations

from typing import Any

import pytest

from engine import tasks


@pytest.fixture
def task(commune: Any, household: dict[str, Any]) -> Any:
    """A drafted dossier's task, of the nominator of hamlet 4."""
    commune.nominate("X04T", "X04", household)
    with commune.acting("X04T") as uow:
        [found] = tasks.open_tasks(uow, step="draft_nomination")
        return found


def test_home_shows_one_verb_a_row(web: Any, task: Any) -> None:
    web.sign_in("X04T")
    page = web.get("/")
    assert page.status == 200
    assert "Hoàn chỉnh và nộp hồ sơ HS-2022-0001 · Hà Văn Mẫu (hư cấu)" in page.text
    assert f'href="/tasks/{task.id}"' in page.response.text


def test_a_draft_is_saved_and_shown_again(web: Any, task: Any) -> None:
    web.sign_in("X04T")
    path = f"/tasks/{task.id}"
    sent = {**web.get(path).keys(), "merit_summary": "Đang viết dở"}
    answer = web.post(f"{path}/draft", sent, headers={"Accept": "application/json"}).response
    assert (answer.status_code, answer.json["message"][:17]) == (200, "Đã lưu nháp lúc 1"[:17]) or (
        answer.json["message"].startswith("Đã lưu nháp lúc ")
    )
    again = web.get(path)
    assert "Đang viết dở" in again.text
    assert "Đang hiển thị nội dung đã lưu nháp" in again.text


def test_wrong_fields_come_back_with_everything_typed(web: Any, task: Any) -> None:
    web.sign_in("X04T")
    path = f"/tasks/{task.id}"
    sent = {
        **web.get(path).keys(),
        "merit_summary": "Một đoạn thành tích dài.",
        "achievement_year": "hai nghìn",
    }
    page = web.post(path, sent)
    assert page.status == 422
    assert "Chưa gửi được: cần sửa những chỗ sau" in page.text
    assert "Một đoạn thành tích dài." in page.text
    assert 'value="hai nghìn"' in page.response.text


def test_somebody_else_sees_why_the_form_is_not_theirs(web: Any, task: Any) -> None:
    web.sign_in("VP")
    page = web.get(f"/tasks/{task.id}")
    assert page.status == 200
    assert "Việc này được giao cho" in page.text
    assert '<form class="sheet"' not in page.response.text


def test_a_stale_tab_is_told_and_its_words_are_shown(web: Any, task: Any, commune: Any) -> None:
    from engine import instances

    web.sign_in("X04T")
    path = f"/tasks/{task.id}"
    keys = web.get(path).keys()
    with commune.acting("X04T") as uow:
        instances.cancel(uow, task.instance_id, "rút")
    page = web.post(path, {**keys, "merit_summary": "Một câu đã gõ xong rồi."})
    assert page.status == 409
    assert "không còn chờ xử lý" in page.text
    assert "Một câu đã gõ xong rồi." in page.text


def test_a_post_without_its_key_is_refused(web: Any, task: Any) -> None:
    web.sign_in("X04T")
    path = f"/tasks/{task.id}"
    keys = {**web.get(path).keys(), "_key": ""}
    assert web.post(path, keys).status in (409, 422)


def test_an_unknown_task_is_not_found(web: Any, task: Any) -> None:
    web.sign_in("X04T")
    answer = web.get("/tasks/00000000-0000-7000-8000-000000000000")
    assert answer.status == 404
    assert "Không tìm thấy việc này." in answer.text
