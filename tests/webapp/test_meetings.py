"""A unit opens its review meeting over chosen dossiers and reads what came of it."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

from engine import tasks


def test_a_head_of_unit_opens_a_meeting_over_all_dossiers_but_one(web: Any, season: Any) -> None:
    first, _second, third = season.waiting_for_review(3)
    web.sign_in("X04T")
    assert "3 hồ sơ của đơn vị đang chờ bình xét." in web.get("/meetings").text
    page = web.get("/meetings/new")
    assert page.response.text.count("checked") == 3

    unit = str(season.commune.made.units["X04"])
    posted = {**page.keys(), "unit": unit, "nomination": [str(first), str(third)], "title": ""}
    opened = web.post("/meetings", posted)
    assert opened.status == 302
    again = web.post("/meetings", posted)
    assert again.response.location == opened.response.location

    with season.commune.acting("X04T") as uow:
        [task] = tasks.open_tasks(uow, step="convene_review")
        assert opened.response.location == f"/tasks/{task.id}"
        names = [line["name"] for line in tasks.prefill_of(uow, task)["lines"]]
    assert names == ["Hà Thị Ba", "Ngô Thị Én"]
    left = web.get("/meetings").text
    assert "1 hồ sơ của đơn vị đang chờ bình xét." in left
    assert "Đang triệu tập" in left


def test_a_meeting_over_nobody_is_refused_and_the_title_stays(web: Any, season: Any) -> None:
    season.waiting_for_review(1)
    web.sign_in("X04T")
    page = web.get("/meetings/new")
    unit = str(season.commune.made.units["X04"])
    answer = web.post("/meetings", {**page.keys(), "unit": unit, "title": "Họp xóm cuối năm"})
    assert answer.status == 422
    assert "Chọn ít nhất một hồ sơ để đưa ra bình xét." in answer.text
    assert 'value="Họp xóm cuối năm"' in answer.response.text


def test_the_page_of_a_meeting_shows_votes_results_and_the_minutes(web: Any, season: Any) -> None:
    season.before_council(2)
    web.sign_in("X04T")
    [link] = [part.split('"')[0] for part in web.get("/meetings").response.text.split('href="/meetings/')[1:]]
    page = web.get(f"/meetings/{link}")
    assert page.status == 200
    assert page.text.count("Đồng ý đề nghị") == 2
    assert "20/20" in page.text
    minutes = page.response.text.split('/pdf"')[0].rsplit('href="', 1)[1] + "/pdf"
    pdf = web.get(minutes, buffered=True).response
    assert pdf.data.startswith(b"%PDF-")
    assert pdf.headers["Content-Type"] == "application/pdf"
    assert pdf.headers["X-Content-Type-Options"] == "nosniff"


def test_another_unit_does_not_read_the_meeting(web: Any, season: Any) -> None:
    season.before_council(1)
    web.sign_in("X04T")
    [link] = [part.split('"')[0] for part in web.get("/meetings").response.text.split('href="/meetings/')[1:]]
    web.client.delete_cookie("thidua")
    web.sign_in("X02T")
    refused = web.get(f"/meetings/{link}")
    assert refused.status == 403
    assert "Anh/chị không được xem cuộc họp của đơn vị khác." in refused.text
    assert web.get(f"/meetings/{uuid4()}").status == 404


def test_a_member_without_a_unit_sees_no_button(web: Any, season: Any) -> None:
    season.waiting_for_review(1)
    web.sign_in("TCKT")
    page = web.get("/meetings")
    assert "Mở cuộc họp bình xét" not in page.text
    assert web.get("/meetings/new").text.count("Không có hồ sơ nào của đơn vị đang chờ bình xét.") == 1
