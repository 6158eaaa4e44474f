"""A task's page lends, gives away and gives more time; many at once with a preview; comments; leave."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import UUID

import pytest

from engine import tasks
from engine.clock import local_date
from engine.errors import InvalidForm, NotAllowed
from engine.models import Task
from workflows.actions import absences, task_operations
from workflows.queries import trail
from workflows.tables.nominations import Nomination

REASON = "Đi công tác đến hết tuần"


@pytest.fixture
def received(season: Any) -> list[UUID]:
    """Two dossiers that the office has received and not appraised."""
    made: list[UUID] = season.reviewed(2)
    for each in made:
        season.do("VP", "receive_dossier", each, {})
    return made


def task_of(season: Any, key: UUID, step: str = "appraise") -> Task:
    with season.players.acting("VP") as uow:
        [task] = tasks.open_tasks(uow, step=step, business_key=str(key))
        return task


def nomination(season: Any, key: UUID) -> Nomination:
    with season.players.acting("VP") as uow:
        return uow.session.get_one(Nomination, key)


def send(web: Any, page: str, path: str, **fields: Any) -> Any:
    return web.post(path, {**web.get(page).keys(), **fields})


def test_the_office_lends_a_task_to_its_substitute_and_takes_it_back(
    web: Any, another: Any, season: Any, received: list[UUID]
) -> None:
    task = task_of(season, received[0])
    page, people = f"/tasks/{task.id}", season.commune.made.people
    web.sign_in("VP")
    assert "Nhờ đồng nghiệp làm" in web.get(page).text
    lent = send(web, page, f"{page}/delegate", person=people["TP_HT"], reason=REASON)
    assert (lent.status, lent.response.location) == (302, page)
    shown = web.get(page).text
    assert "Đã giao việc; người nhận được báo tin." in shown
    assert "Lấy lại việc" in shown
    assert "Việc anh/chị đã nhờ đồng nghiệp làm" in web.get("/").text
    another.sign_in("TP_HT")
    home = another.get("/").text
    assert "Anh/chị được giao việc: Thẩm định hồ sơ" in home
    assert "Chuyển lại cho người giao" in another.get(page).text
    send(web, page, f"{page}/take-back")
    assert '<form class="sheet"' in web.get(page).response.text
    assert '<form class="sheet"' not in another.get(page).response.text
    timeline = web.get(f"/nominations/{received[0]}").text
    assert "Nhờ đồng nghiệp làm: Thẩm định hồ sơ – " in timeline
    assert f"Lý do, căn cứ: {REASON}" in timeline


def test_a_task_is_given_to_nobody_without_its_role_nor_without_a_reason(
    web: Any, season: Any, received: list[UUID]
) -> None:
    task = task_of(season, received[0])
    page, people = f"/tasks/{task.id}", season.commune.made.people
    web.sign_in("VP")
    stranger = send(web, page, f"{page}/reassign", person=people["X04T"], reason=REASON)
    assert (stranger.status, "không giữ vai trò của việc này" in stranger.text) == (403, True)
    silent = send(web, page, f"{page}/reassign", person=people["TP_HT"], reason=" ")
    assert (silent.status, "Cần nêu lý do." in silent.text) == (422, True)
    nobody = send(web, page, f"{page}/delegate", person="", reason=REASON)
    assert (nobody.status, "Cần chọn người nhận việc." in nobody.text) == (422, True)
    assert task_of(season, received[0]).assignee_id is None


def test_the_last_day_of_an_appraisal_moves_on_the_task_and_on_the_dossier(
    web: Any, season: Any, received: list[UUID]
) -> None:
    key = received[0]
    task = task_of(season, key)
    page = f"/tasks/{task.id}"
    web.sign_in("VP")
    past = send(web, page, f"{page}/due", due_on="2022-11-13", reason=REASON)
    assert (past.status, "Hạn mới phải sau thời điểm hiện tại." in past.text) == (403, True)
    unread = send(web, page, f"{page}/due", due_on="mai", reason=REASON)
    assert (unread.status, "Cần chọn ngày đến hạn." in unread.text) == (422, True)
    assert send(web, page, f"{page}/due", due_on="2022-12-30", reason=REASON).status == 302
    assert "Hạn: 30/12/2022" in web.get(page).text
    assert nomination(season, key).due_on == date(2022, 12, 30)
    assert "Đổi hạn: Thẩm định hồ sơ đến hết ngày 30/12/2022" in web.get(f"/nominations/{key}").text
    ask = {"appraisal_outcome": "supplement", "appraisal_reason": "Thiếu xác nhận của hội."}
    season.do("VP", "appraise", key, ask)
    season.do("X04T", "supplement_dossier", key, {"note": "Đã bổ sung xác nhận."})
    due_at = task_of(season, key).due_at
    assert due_at is not None and local_date(due_at) == date(2022, 12, 30)


def test_only_the_office_gives_away_and_gives_time_and_only_what_it_looks_after(
    web: Any, season: Any, received: list[UUID]
) -> None:
    task = task_of(season, received[0])
    page, people = f"/tasks/{task.id}", season.commune.made.people
    web.sign_in("X04T")
    assert "Đổi hạn" not in web.get(page).text
    about = f"/nominations/{received[0]}"  # the task's own page offers a stranger no form
    assert send(web, about, f"{page}/due", due_on="2022-12-30", reason=REASON).status == 403
    assert send(web, about, f"{page}/reassign", person=people["TP_HT"], reason=REASON).status == 403
    assert web.get("/tasks/manage").status == 403
    season.do("VP", "appraise", received[0], {"appraisal_outcome": "accept", "appraisal_reason": "Đủ."})
    session = season.session("open")
    with season.players.acting("VP") as uow:
        vote = tasks.open_tasks(uow, business_key=str(session), step="cast_vote")[0]
        with pytest.raises(NotAllowed, match="Chỉ Thường trực Hội đồng"):
            task_operations.reassign(uow, vote.id, people["TP_HT"], REASON)


def test_many_tasks_get_another_day_after_a_preview_and_a_refused_one_stays(
    web: Any, season: Any, received: list[UUID]
) -> None:
    first, second = (task_of(season, key) for key in received)
    before = nomination(season, received[1]).due_on
    web.sign_in("VP")
    listed = web.get("/tasks/manage")
    assert "HS-2022-0001" in listed.text
    fields = {"act": "due", "due_on": "2022-12-30", "reason": REASON}
    nothing = web.post("/tasks/manage", {**listed.keys(), **fields})
    assert (nothing.status, "Chưa chọn dòng nào." in nothing.text) == (422, True)
    assert web.post("/tasks/manage", {**listed.keys(), **fields, "task": ["mot-viec"]}).status == 404
    far = web.post("/tasks/manage", {**listed.keys(), **fields, "due_on": "9999-12-31", "task": [first.id]})
    assert "Hạn mới xa quá mười năm; xin kiểm tra lại năm." in far.text
    shown = web.post("/tasks/manage", {**listed.keys(), **fields, "task": [first.id, second.id]})
    assert (shown.status, "Thực hiện cho 2 việc" in shown.text, "30/12/2022" in shown.text) == (
        200,
        True,
        True,
    )
    assert nomination(season, received[0]).due_on == before
    send(web, f"/nominations/{received[1]}", f"/nominations/{received[1]}/hold", reason="Đơn số 15")
    again = web.post("/tasks/manage", {**listed.keys(), **fields, "task": [first.id, second.id]})
    assert "Thực hiện cho 1 việc" in again.text
    assert "Không đổi được Hồ sơ đang tạm dừng (Đơn số 15)." in again.text
    done = web.post("/tasks/manage/apply", {**shown.keys(), **fields, "task": [first.id, second.id]})
    assert (done.status, "Xong HS-2022-0001" in done.text) == (422, True)
    assert "Chưa xong HS-2022-0002" in done.text
    assert nomination(season, received[0]).due_on == date(2022, 12, 30)
    assert nomination(season, received[1]).due_on == before


def test_many_tasks_go_to_another_person(web: Any, season: Any, received: list[UUID]) -> None:
    chosen = [task_of(season, key).id for key in received]
    substitute = season.commune.made.people["TP_HT"]
    web.sign_in("VP")
    keys = web.get("/tasks/manage").keys()
    fields = {"act": "reassign", "person": substitute, "reason": REASON, "task": chosen}
    assert "Thực hiện cho 2 việc" in web.post("/tasks/manage", {**keys, **fields}).text
    assert web.post("/tasks/manage/apply", {**keys, **fields}).status == 200
    assert {task_of(season, key).assignee_id for key in received} == {substitute}


def test_a_comment_is_in_the_timeline_with_its_author_and_an_inspector_leaves_none(
    web: Any, another: Any, season: Any, received: list[UUID]
) -> None:
    about = f"/nominations/{received[0]}"
    web.sign_in("X04T")
    empty = send(web, about, f"{about}/comment", comment="  ")
    assert (empty.status, "Cần nhập nội dung ý kiến." in empty.text) == (422, True)
    assert send(web, about, f"{about}/comment", comment="Bản gốc để ở đơn vị.").response.location == about
    web.get(about)
    shown = web.get(about).text
    assert "Ý kiến trao đổi Bản gốc để ở đơn vị." in shown
    another.sign_in("TKV")
    read = another.get(about).text
    assert ("Bản gốc để ở đơn vị." in read, "Ghi ý kiến vào" in read) == (True, False)
    with season.players.acting("TKV") as uow:
        with pytest.raises(NotAllowed, match="Chỉ người tham gia xử lý"):
            task_operations.comment(uow, received[0], "Lời của người đọc")
        lines, wrong = trail.of_dossier(uow, received[0])
        assert wrong == []
        assert [(line.text, line.reason) for line in lines if line.reason == "Bản gốc để ở đơn vị."] == [
            ("Ý kiến trao đổi", "Bản gốc để ở đơn vị.")
        ]


def test_the_administrator_writes_down_leave_and_the_substitute_gets_the_work(
    web: Any, another: Any, season: Any, received: list[UUID]
) -> None:
    people = season.commune.made.people
    person = f"/admin/people/{people['VP']}"
    another.sign_in("TP_HT")
    assert "HS-2022-0001" not in another.get("/").text
    web.sign_in("QT")
    form = f"{person}/absences/new"
    late = send(web, form, form, first_day="2022-11-14", last_day="2022-11-13", reason=REASON)
    assert (late.status, "Ngày cuối trước ngày đầu." in late.text) == (422, True)
    days = {"first_day": "2022-11-14", "last_day": "2022-11-18", "reason": REASON}
    assert send(web, form, form, **days).response.location == person
    assert f"Từ 14/11/2022 đến hết 18/11/2022: {REASON}" in web.get(person).text
    twice = send(web, form, form, **days)
    assert (twice.status, "đã có đợt nghỉ trùng" in twice.text) == (422, True)
    assert "HS-2022-0001" in another.get("/").text
    with season.players.acting("QT") as uow:
        [leave] = absences.absences_of(uow, people["VP"])
    send(web, person, f"{person}/absences/{leave.id}/end")
    assert "Không có đợt nghỉ nào." in web.get(person).text
    assert "HS-2022-0001" not in another.get("/").text


def test_leave_counts_on_its_first_and_last_day_and_only_the_administrator_writes_it(season: Any) -> None:
    from workflows.lookups import RoleLookups

    vp = season.commune.made.people["VP"]
    first, last = date(2022, 11, 16), date(2022, 11, 18)
    with season.players.acting("QT") as uow:
        absences.record_absence(uow, vp, first_day=first, last_day=last, reason=REASON)
    with season.players.acting("VP") as uow:
        assert uow.organisation_id is not None
        away = [
            RoleLookups().absent(uow, uow.organisation_id, date(2022, 11, day)) == {vp}
            for day in (15, 16, 17, 18, 19)
        ]
        assert away == [False, True, True, True, False]
        with pytest.raises(NotAllowed):
            absences.record_absence(
                uow, vp, first_day=date(2023, 1, 1), last_day=date(2023, 1, 2), reason="x"
            )
    with season.players.acting("QT") as uow, pytest.raises(InvalidForm, match="đã qua"):
        absences.record_absence(uow, vp, first_day=date(2022, 1, 1), last_day=date(2022, 1, 2), reason="x")
