"""The dossier's page: hold with its paper, resume, refuse; withdraw; and who must appoint a substitute."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from engine import tasks
from workflows.actions.meetings import start_review

COMPLAINT = "Đơn phản ánh số 15/ĐPA ngày 29/11/2022"
DISCIPLINED = "Quyết định kỷ luật số 311/QĐ-UBND ngày 08/12/2022"
NOBODY = (
    "người phụ trách vắng hoặc có liên quan đến hồ sơ. "
    "Người quản trị (Quản trị hệ thống (hư cấu)) phải cử người thay thế."
)


def act(web: Any, key: UUID, what: str, reason: str) -> Any:
    about = f"/nominations/{key}"
    return web.post(f"{about}/{what}", {**web.get(about).keys(), "reason": reason})


def test_the_office_holds_a_dossier_and_the_page_offers_only_what_comes_next(web: Any, season: Any) -> None:
    [key] = season.passed(1)
    web.sign_in("VP")
    about = f"/nominations/{key}"
    empty = act(web, key, "hold", " ")
    assert (empty.status, "Cần ghi căn cứ tạm dừng (số, ngày văn bản)." in empty.text) == (422, True)
    assert act(web, key, "hold", COMPLAINT).response.location == about
    page = web.get(about)
    assert f"Hồ sơ đang tạm dừng xét. Căn cứ: {COMPLAINT}" in page.text
    buttons = ("Tạm dừng hồ sơ này", "Tiếp tục xét hồ sơ này", "Kết thúc, không khen thưởng")
    assert [words for words in buttons if words in page.text] == list(buttons[1:])
    assert "Soạn quyết định : Không có hồ sơ nào chờ quyết định." in web.get("/papers").text
    assert "Đang tạm dừng" in web.get("/nominations?hold=1").text


def test_the_office_refuses_a_held_dossier_with_the_decision_it_rests_on(web: Any, season: Any) -> None:
    [key] = season.passed(1)
    web.sign_in("VP")
    early = act(web, key, "refuse", DISCIPLINED)
    assert (early.status, "Hồ sơ không bị tạm dừng." in early.text) == (403, True)
    act(web, key, "hold", COMPLAINT)
    assert act(web, key, "refuse", DISCIPLINED).status == 302
    page = web.get(f"/nominations/{key}")
    assert f"Hồ sơ không được khen thưởng. Lý do: {DISCIPLINED}" in page.text
    assert "Tiếp tục xét hồ sơ này" not in page.text


def test_a_unit_may_not_hold_and_says_so_on_the_page(web: Any, season: Any) -> None:
    [key] = season.passed(1)
    web.sign_in("X04T")
    page = web.get(f"/nominations/{key}")
    assert "Tạm dừng xét Việc này do Thường trực Hội đồng thực hiện." in page.text
    assert act(web, key, "hold", COMPLAINT).status == 403


def test_a_meeting_about_its_only_head_names_on_the_task_who_must_appoint(web: Any, season: Any) -> None:
    people, units = season.commune.made.people, season.commune.made.units
    row = {
        "award": "LDTT",
        "subject_kind": "individual",
        "person_id": people["X01T"],
        "achievement_year": 2022,
        "months_in_service": 60,
    }
    [key] = season.commune.nominate("X01T", "X01", row)
    season.do("X01T", "draft_nomination", key, {"merit_summary": "Trưởng xóm nhiều năm liền."})
    with season.players.acting("X01T") as uow:
        meeting = start_review(uow, units["X01"]).id
        [task] = tasks.open_tasks(uow, business_key=str(meeting))
    web.sign_in("X01T")
    page = web.get(f"/tasks/{task.id}")
    assert page.status == 200
    assert "Bạn có liên quan đến hồ sơ này nên không được xử lý" in page.text
    assert f"Chưa có ai được làm việc “Triệu tập cuộc họp bình xét”: {NOBODY}" in page.text
    assert '<form class="sheet"' not in page.response.text
