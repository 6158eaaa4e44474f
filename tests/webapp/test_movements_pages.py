"""The catalogue of emulation movements: the plan's eighteen, open for more, offered to whoever nominates."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest

from workflows.queries.choices import movement_choices

NEW = {
    "name": "Tuổi trẻ xung kích chuyển đổi số",
    "code": "PT19",
    "starts_on": "2022-11-01",
    "ends_on": "2022-12-31",
    "themes": "chuyển đổi số,  thanh niên ",
    "target_group": "Đoàn viên, thanh niên",
    "launch_paper": "Kế hoạch số 40/KH-UBND ngày 01/11/2022",
}


def test_everybody_reads_what_the_plan_launched(web: Any) -> None:
    web.sign_in("X05T")
    assert 'href="/movements"' in web.get("/nominations").response.text
    page = web.get("/movements")
    assert "18 phong trào" in page.text
    assert (
        "PT01 · Thái Nguyên chung sức xây dựng nông thôn mới nông thôn mới Thời gian 01/01/2022 – 31/12/2022 "
        "Đối tượng tham gia Các xóm, hộ gia đình, cơ quan, đoàn thể "
        "Kế hoạch cấp trên Kế hoạch số 39/KH-UBND ngày 09/02/2022 của UBND thành phố Thái Nguyên"
    ) in page.text
    assert "Thêm phong trào" not in page.text
    assert web.get("/movements/new").status == 403


@pytest.mark.parametrize("keeper", ["VP", "QT"])
def test_a_movement_launched_later_is_added_and_offered(web: Any, commune: Any, keeper: str) -> None:
    web.sign_in(keeper)
    page = web.get("/movements/new")
    assert 'value="PT19"' in page.response.text
    assert web.post("/movements/new", {**page.keys(), **NEW}).response.location == "/movements"
    listed = web.get("/movements").text
    assert "19 phong trào" in listed
    assert "PT19 · Tuổi trẻ xung kích chuyển đổi số chuyển đổi số thanh niên Thời gian" in listed
    with commune.acting("X05T") as uow:
        assert "Tuổi trẻ xung kích chuyển đổi số" in [name for _key, name in movement_choices(uow)]


def test_what_cannot_be_added_comes_back_with_what_was_typed(web: Any) -> None:
    web.sign_in("VP")
    wrong = {**NEW, "code": "PT05", "ends_on": "2022-10-01"}
    page = web.post("/movements/new", {**web.get("/movements/new").keys(), **wrong})
    assert page.status == 422
    assert "Ký hiệu PT05 đã có." in page.text and "Ngày kết thúc trước ngày bắt đầu." in page.text
    assert "Đoàn viên, thanh niên" in page.response.text
    assert "18 phong trào" in web.get("/movements").text


def test_awards_for_a_movement_are_asked_for_after_its_last_day_too(commune: Any) -> None:
    offered = {}
    for day in (date(2022, 12, 31), date(2023, 12, 31), date(2024, 1, 1)):
        commune.clock.move(datetime(day.year, day.month, day.day, 5, tzinfo=UTC))
        with commune.acting("X05T") as uow:
            offered[day.year] = len(movement_choices(uow))
    assert offered == {2022: 18, 2023: 18, 2024: 0}
