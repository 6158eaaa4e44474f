"""The office sends dossiers, reviews and papers back to an earlier step, one or many, and they go on to the end."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select

from engine import tasks
from engine.models import Task
from workflows.actions.meetings import start_review
from workflows.actions.papers import create_paper
from workflows.queries import trail
from workflows.tables.meetings import Meeting
from workflows.tables.nominations import Nomination, Notice
from workflows.tables.papers import Paper

REASON = "Thiếu xác nhận của hội phụ nữ"
ACCEPT = {"appraisal_outcome": "accept", "appraisal_reason": "Đủ điều kiện."}


def open_steps(season: Any, key: UUID) -> list[str]:
    with season.players.acting("VP") as uow:
        return [task.step for task in tasks.open_tasks(uow, business_key=str(key))]


def task_of(season: Any, key: UUID, step: str) -> Task:
    with season.players.acting("VP") as uow:
        [task] = tasks.open_tasks(uow, step=step, business_key=str(key))
        return task


def row(season: Any, table: Any, key: UUID) -> Any:
    with season.players.acting("VP") as uow:
        return uow.session.get_one(table, key)


def send_back(web: Any, season: Any, key: UUID, step: str, to: str, reason: str = REASON) -> Any:
    page = f"/tasks/{task_of(season, key, step).id}"
    return web.post(f"{page}/send-back", {**web.get(page).keys(), "step": to, "reason": reason})


def offered(web: Any, season: Any, key: UUID, step: str) -> list[str]:
    body = web.get(f"/tasks/{task_of(season, key, step).id}").response.text
    if 'id="back-step"' not in body:
        return []
    choices = body.split('id="back-step"')[1].split("</select>")[0]
    return [part.split('"')[0] for part in choices.split('value="')[2:]]


def notices(season: Any, code: str) -> list[str]:
    with season.players.acting(code) as uow:
        person = season.commune.made.people[code]
        return list(uow.session.scalars(select(Notice.text).where(Notice.person_id == person)))


def test_an_appraisal_goes_back_to_its_reception_and_on_again(web: Any, season: Any) -> None:
    [key] = season.reviewed(1)
    season.do("VP", "receive_dossier", key, {})
    web.sign_in("VP")
    assert offered(web, season, key, "appraise") == ["draft_nomination", "receive_dossier"]
    sent = send_back(web, season, key, "appraise", "receive_dossier")
    assert (sent.status, sent.response.location) == (302, f"/nominations/{key}")
    shown = web.get(f"/nominations/{key}").text
    assert "Đã trả hồ sơ về bước trước; người làm bước đó được báo tin." in shown
    assert "Trả hồ sơ về bước trước: từ “Thẩm định hồ sơ” về “Tiếp nhận hồ sơ”" in shown
    assert f"Lý do, căn cứ: {REASON}" in shown
    assert row(season, Nomination, key).stage == "office_received"
    season.do("VP", "receive_dossier", key, {})
    season.do("VP", "appraise", key, ACCEPT)
    assert row(season, Nomination, key).stage == "council"
    with season.players.acting("TKV") as uow:
        lines, wrong = trail.of_dossier(uow, key)
    assert wrong == []
    assert "Trả hồ sơ về bước trước: từ “Thẩm định hồ sơ” về “Tiếp nhận hồ sơ”" in [x.text for x in lines]


def test_back_to_its_author_who_is_told_and_hands_it_in_anew(web: Any, season: Any) -> None:
    [key] = season.reviewed(1)
    web.sign_in("VP")
    assert send_back(web, season, key, "receive_dossier", "draft_nomination").status == 302
    found = row(season, Nomination, key)
    assert (found.stage, found.outcome_reason) == ("draft", REASON)
    assert any(
        text.startswith("Hồ sơ được trả về bước") and REASON in text for text in notices(season, "X04T")
    )
    season.do("X04T", "draft_nomination", key, lambda form: form)
    assert row(season, Nomination, key).stage == "unit_review"
    with season.players.acting("X04T") as uow:
        assert start_review(uow, season.commune.made.units["X04"]).id is not None


def test_a_request_to_supplement_is_taken_back(web: Any, season: Any) -> None:
    [key] = season.reviewed(1)
    season.do("VP", "receive_dossier", key, {})
    season.do("VP", "appraise", key, {"appraisal_outcome": "supplement", "appraisal_reason": "Thiếu."})
    web.sign_in("VP")
    assert send_back(web, season, key, "supplement_dossier", "appraise").status == 302
    season.do("VP", "appraise", key, ACCEPT)
    assert row(season, Nomination, key).stage == "council"


@pytest.mark.parametrize("to", ["convene_review", "record_review"])
def test_a_review_is_called_or_recorded_anew(web: Any, season: Any, to: str) -> None:
    season.waiting_for_review(1)
    with season.players.acting("X04T") as uow:
        meeting = start_review(uow, season.commune.made.units["X04"]).id
    head = {"held_on": "2022-11-14", "held_time": "08:00", "place": "Nhà văn hóa", "chair": "A"}
    head |= {"secretary": "B", "invited": 20}
    record = {
        "held_on": "2022-11-14",
        "held_time": "08:00",
        "present": 20,
        "invited": 20,
        "ended_time": "09:30",
    }

    def recorded(form: dict[str, Any]) -> dict[str, Any]:
        return {
            **record,
            "lines": [{**line, "agree": 20, "disagree": 0, "outcome": "passed"} for line in form["lines"]],
        }

    season.do("X04T", "convene_review", meeting, head)
    season.do("X04T", "record_review", meeting, recorded)
    web.sign_in("VP")
    assert offered(web, season, meeting, "confirm_review") == ["convene_review", "record_review"]
    assert send_back(web, season, meeting, "confirm_review", to).response.location == "/"
    assert open_steps(season, meeting) == [to]
    if to == "convene_review":
        season.do("X04T", "convene_review", meeting, {**head, "place": "Nhà sinh hoạt"})
    season.do("X04T", "record_review", meeting, recorded)
    season.do("X04T", "confirm_review", meeting, {"confirm_choice": "confirm"})
    assert row(season, Meeting, meeting).state == "closed"


@pytest.mark.parametrize("to", ["draft_paper", "review_paper"])
def test_an_approved_paper_is_drafted_or_read_anew_and_issued(web: Any, season: Any, to: str) -> None:
    [key] = season.passed(1)
    with season.players.acting("VP") as uow:
        paper = create_paper(uow, "decision", subject="Khen thưởng năm 2022").id
    season.do("VP", "draft_paper", paper, {"subject": "Khen thưởng năm 2022"})
    season.do("CT", "review_paper", paper, {"paper_choice": "approve"})
    web.sign_in("VP")
    assert offered(web, season, paper, "issue_paper") == ["draft_paper", "review_paper"]
    assert send_back(web, season, paper, "issue_paper", to).status == 302
    found = row(season, Paper, paper)
    assert (found.state, found.review_reason) == ("draft" if to == "draft_paper" else "in_review", REASON)
    if to == "draft_paper":
        season.do("VP", "draft_paper", paper, {"subject": "Khen thưởng năm 2022"})
    season.do("CT", "review_paper", paper, {"paper_choice": "approve"})
    issue = {"number_source": "typed", "number": 7, "issued_on": "2022-11-14", "signer_mode": "CT"}
    season.do("VT", "issue_paper", paper, issue)
    assert row(season, Paper, paper).state == "issued"
    assert row(season, Nomination, key).stage == "awarded"


def test_a_session_that_was_called_goes_back_only_by_its_own_choices(web: Any, season: Any) -> None:
    season.before_council(1)
    session = season.session("recorded")
    web.sign_in("VP")
    assert offered(web, season, session, "record_votes") == []
    refused = send_back(web, season, session, "record_votes", "prepare_agenda")
    assert refused.status == 403
    assert "theo quy trình, sau bước này không trả về được nữa" in refused.text
    assert open_steps(season, session) == ["record_votes"]


def test_without_a_step_or_a_reason_and_for_a_stranger_nothing_goes_back(
    web: Any, another: Any, season: Any
) -> None:
    [key] = season.reviewed(1)
    web.sign_in("VP")
    assert "Cần chọn bước để trả về." in send_back(web, season, key, "receive_dossier", "").text
    silent = send_back(web, season, key, "receive_dossier", "draft_nomination", " ")
    assert (silent.status, "Cần nêu lý do." in silent.text) == (422, True)
    another.sign_in("X04T")
    about, task = f"/nominations/{key}", task_of(season, key, "receive_dossier")
    fields = {**another.get(about).keys(), "step": "draft_nomination", "reason": REASON}
    assert another.post(f"/tasks/{task.id}/send-back", fields).status == 403
    assert open_steps(season, key) == ["receive_dossier"]


def test_many_go_back_after_a_preview_and_one_that_cannot_is_named(web: Any, season: Any) -> None:
    first, second = season.reviewed(2)
    season.do("VP", "receive_dossier", first, {})
    chosen = [task_of(season, first, "appraise").id, task_of(season, second, "receive_dossier").id]
    web.sign_in("VP")
    keys = web.get("/tasks/manage").keys()
    fields = {"act": "send_back", "step": "receive_dossier", "reason": REASON, "task": chosen}
    nowhere = web.post("/tasks/manage", {**keys, **fields, "step": ""})
    assert (nowhere.status, "Cần chọn bước để trả về." in nowhere.text) == (422, True)
    shown = web.post("/tasks/manage", {**keys, **fields})
    assert "Thực hiện cho 1 việc" in shown.text
    assert "Không đổi được Sơ đồ của việc này không có bước đó ở trước." in shown.text
    assert open_steps(season, first) == ["appraise"]
    done = web.post("/tasks/manage/apply", {**shown.keys(), **fields, "task": chosen[:1]})
    assert (done.status, open_steps(season, first)) == (200, ["receive_dossier"])


def test_who_holds_a_task_is_told_of_its_new_day_and_substitutes_of_what_a_role_is_told(
    web: Any, season: Any
) -> None:
    from workflows.actions import absences, task_operations
    from workflows.actions.notices import notify_role

    [key] = season.reviewed(1)
    season.do("VP", "receive_dossier", key, {})
    people = season.commune.made.people
    task = task_of(season, key, "appraise")
    with season.players.acting("VP") as uow:
        task_operations.reassign(uow, task.id, people["TP_HT"], REASON)
    with season.players.acting("VP") as uow:
        task_operations.change_due(uow, task.id, date(2022, 12, 30), REASON)
    told = f"Hạn của việc “Thẩm định hồ sơ” đổi thành hết ngày 30/12/2022: {REASON}"
    assert told in notices(season, "TP_HT") and told not in notices(season, "VP")
    with season.players.acting("QT") as uow:
        notify_role(uow, "standing_office", "Trước ngày nghỉ")
        days = {"first_day": date(2022, 11, 14), "last_day": date(2022, 11, 18)}
        absences.record_absence(uow, people["VP"], **days, reason=REASON)
        uow.session.flush()
        notify_role(uow, "standing_office", "Trong ngày nghỉ")
    assert "Trong ngày nghỉ" in notices(season, "TP_HT")
    assert "Trước ngày nghỉ" not in notices(season, "TP_HT")
    assert {"Trước ngày nghỉ", "Trong ngày nghỉ"} <= set(notices(season, "VP"))
