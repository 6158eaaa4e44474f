"""An administrator moves running dossiers to a changed regulation: two diagrams, a preview, jobs, and back.

A council is in the middle of its vote meanwhile: its session moves too, and no ballot is lost.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date
from typing import Any
from uuid import UUID

import pytest
import sqlalchemy as sa
from playwright.sync_api import expect

from engine import instances, tasks
from engine.drafts import ANY
from engine.regulations import read
from tests.browser.test_rule_change import nominate, to_the_council
from workflows.actions import meetings, regulations
from workflows.actions.sessions import create_session
from workflows.demo.nominees import FARMER_HOUSEHOLD, household
from workflows.demo.players import Players
from workflows.tables.sessions import Ballot

pytestmark = pytest.mark.browser

NAME = "Quy chế tiếp nhận và họp Hội đồng sửa đổi"


@pytest.mark.parametrize("size", ["desktop", "phone"])
def test_running_dossiers_follow_a_changed_regulation_and_come_back_and_a_vote_goes_on(
    enter: Callable[..., Any], own_site: Any, size: str
) -> None:
    players = Players(own_site.database, own_site.made)
    session_id, voters = begin_a_vote(players)
    cast(players, voters[:3], session_id)
    waiting = [nominate(players, household(name, 4, "Hiến đất mở đường.")) for name in ("Bà Một", "Ông Hai")]
    review(players, waiting)
    publish(players)
    administrator = enter("QT", size)
    administrator.go("/admin/regulations")
    administrator.follow(NAME)
    administrator.follow("Chuyển hồ sơ đang chạy")
    look(administrator, "index")
    choose_on_two_diagrams(administrator)
    preview_and_apply(administrator)
    take_one_back(administrator)
    move_the_session(administrator)
    assert ballots(players, session_id) == 3
    cast(players, voters[3:], session_id)
    players.complete("CT", "confirm_result", session_id, {"confirm_choice": "confirm"})


def begin_a_vote(players: Players) -> tuple[UUID, list[str]]:
    running = nominate(players, FARMER_HOUSEHOLD)
    to_the_council(players, running)
    with players.acting("VP") as uow:
        session_id = create_session(uow, title="Phiên họp tháng 12").id
    head = {"held_on": "2022-12-12", "held_time": "08:00", "place": "Phòng họp", "vote_mode": "open"}
    players.complete("VP", "prepare_agenda", session_id, head)
    players.complete("VP", "record_attendance", session_id, _all_present)
    with players.acting("VP") as uow:
        waiting = tasks.open_tasks(uow, step="cast_vote", business_key=str(session_id))
        codes = {person_id: code for code, person_id in players.fixture.people.items()}
        return session_id, [codes[task.assignee_id] for task in waiting if task.assignee_id]


def _all_present(form: dict[str, Any]) -> dict[str, Any]:
    return {"members": [{**row, "state": "present"} for row in form["members"]], "recusals": []}


def cast(players: Players, voters: list[str], session_id: UUID) -> None:
    for code in voters:
        with players.acting(code) as uow:
            mine = [t for t in tasks.open_tasks(uow, step="cast_vote") if t.assignee_id == uow.actor_id]
            form = tasks.prefill_of(uow, mine[0])
            lines = [{**line, "choice": "agree"} for line in form["lines"]]
            tasks.complete_task(uow, mine[0].id, {"lines": lines}, idempotency_key=f"vote-{mine[0].id}")


def ballots(players: Players, session_id: UUID) -> int:
    with players.acting("VP") as uow:
        [instance] = [
            found
            for found in [
                instances.find(uow, players.fixture.commune_id, "council_appraisal", str(session_id))
            ]
            if found is not None
        ]
        left = tasks.open_tasks(uow, step="cast_vote", instance_id=instance.id)
        cast_ = uow.session.scalar(sa.select(sa.func.count()).select_from(Ballot)) or 0
        assert len(left) == 11 - cast_
        return int(cast_)


def review(players: Players, keys: list[UUID]) -> None:
    with players.acting("X04T") as uow:
        meeting = meetings.start_review(uow, players.fixture.units["X04"], nomination_ids=keys).id
    opened = {"place": "Nhà văn hóa xóm", "secretary": "Thư ký (hư cấu)", "invited": 20}
    players.complete("X04T", "convene_review", meeting, opened)
    players.complete("X04T", "record_review", meeting, _all_agreed)
    players.complete("X04T", "confirm_review", meeting, {"confirm_choice": "confirm"})


def _all_agreed(form: dict[str, Any]) -> dict[str, Any]:
    lines = [{**row, "agree": 20, "disagree": 0, "outcome": "passed"} for row in form["lines"]]
    return {"ended_time": "10:00", "present": 20, "lines": lines}


def publish(players: Players) -> None:
    """The reception becomes another step; the council's session gets other words for a step ahead."""
    with players.acting("QT") as uow:
        draft = regulations.start_draft(uow, name=NAME, citation="Quyết định số 5 (hư cấu)")
        for path, change in (
            ("nomination/nomination.bpmn", _other_reception),
            ("council_appraisal/council_appraisal.bpmn", _other_words),
        ):
            xml = read(uow, players.fixture.commune_id, path, uow.today)
            regulations.save_file(uow, draft.id, path, change(xml), expected=ANY)
        regulations.publish(uow, draft.id, effective_from=date(2022, 12, 12))


def _other_reception(xml: bytes) -> bytes:
    renamed = re.sub(rb"\breceive_dossier\b(?!\.form)", b"register_dossier", xml)
    return renamed.replace('name="Tiếp nhận hồ sơ"'.encode(), 'name="Vào sổ tiếp nhận"'.encode())


def _other_words(xml: bytes) -> bytes:
    return xml.replace('name="Xác nhận kết quả"'.encode(), 'name="Chủ tọa xác nhận kết quả"'.encode())


def look(administrator: Any, name: str) -> None:
    """Wider or narrower is the other run of this test: a previewed page cannot be opened a second time."""
    administrator.check(f"migration-{name}")


def choose(administrator: Any, process: str) -> None:
    section = administrator.page.locator("section").filter(
        has=administrator.page.get_by_role("heading", name=process, exact=True)
    )
    with administrator.page.expect_navigation():
        section.get_by_role("button", name=re.compile("^So sánh, chọn hồ sơ")).first.click()
    expect(administrator.page.locator("[data-migration][data-ready]")).to_be_attached()


def choose_on_two_diagrams(administrator: Any) -> None:
    page = administrator.page
    choose(administrator, "Hồ sơ")
    told, select = page.locator("[data-told]"), page.get_by_label("Bước thay cho “Tiếp nhận hồ sơ”")
    expect(page.locator("[data-side=old] .djs-element.is-removed")).to_have_count(1)
    expect(page.locator("[data-side=new] .djs-element.is-added")).to_have_count(1)
    expect(page.locator("[data-side=old] .diagram-badge.is-count").first).to_be_attached()
    look(administrator, "compare")
    see_who_is_refused_without_a_step_instead(administrator)
    hit(page, "new", "register_dossier")
    expect(told).to_have_text("Hãy bấm bước cũ cần thay trên sơ đồ cũ trước.")
    hit(page, "old", "receive_dossier")
    expect(told).to_have_text("Đã chọn bước cũ “Tiếp nhận hồ sơ”. Bấm bước thay thế trên sơ đồ mới.")
    hit(page, "new", "register_dossier")
    expect(told).to_have_text("“Tiếp nhận hồ sơ” được thay bằng “Vào sổ tiếp nhận”.")
    expect(select).to_have_value("register_dossier")
    expect(page.locator(".diagram-badge.is-pair")).to_have_count(2)
    select.focus()  # by the keyboard alone: away and back
    page.keyboard.press("Home")
    expect(page.locator(".diagram-badge.is-pair")).to_have_count(0)
    page.keyboard.press("End")
    select.select_option("register_dossier")
    expect(page.locator(".diagram-badge.is-pair")).to_have_count(2)
    look(administrator, "compare-chosen")
    with page.expect_navigation():
        page.get_by_role("button", name="Xem trước", exact=True).click()


def see_who_is_refused_without_a_step_instead(administrator: Any) -> None:
    page = administrator.page
    with page.expect_navigation():
        page.get_by_role("button", name="Xem trước", exact=True).click()
    expect(page.locator("ul.counts li")).to_have_text(["0 An toàn", "1 Cần chú ý", "2 Từ chối"])
    refused = administrator.row("HS-2022-0002")
    expect(refused).to_contain_text("Bước “Tiếp nhận hồ sơ” đang làm không có trong sơ đồ mới")
    expect(refused.get_by_role("checkbox")).to_have_count(0)
    look(administrator, "refused")
    administrator.press("Quay lại chọn bước thay thế và hồ sơ")
    expect(page.locator("[data-selected-count]")).to_have_text("Đã chọn 3 trong 3")
    expect(page.locator("[data-migration][data-ready]")).to_be_attached()


def hit(page: Any, side: str, element: str) -> None:
    page.locator(f"[data-side={side}] .djs-shape[data-element-id={element}] .djs-hit").first.click()


def preview_and_apply(administrator: Any) -> None:
    page = administrator.page
    counts = page.locator("ul.counts li")
    expect(counts).to_have_text(["3 An toàn", "0 Cần chú ý", "0 Từ chối"])
    look(administrator, "preview")
    administrator.press("Chuyển các hồ sơ đã chọn")
    expect(page.locator("[data-error-summary]")).to_contain_text("Cần nêu lý do.")
    page.get_by_label("Lý do chuyển").fill("Thực hiện quy chế mới từ ngày 12/12/2022")
    with page.expect_navigation():
        page.get_by_role("button", name="Chuyển các hồ sơ đã chọn", exact=True).click()
    expect(page.locator("#progress")).to_contain_text("0/3 đã chuyển · 3 đang chờ")
    look(administrator, "progress")
    administrator._site.settle()
    expect(page.locator("#progress")).to_contain_text("3/3 đã chuyển. Đã xong.")  # nobody pressed anything
    look(administrator, "done")


def take_one_back(administrator: Any) -> None:
    page = administrator.page
    page.locator("#progress").get_by_role("checkbox", name="Chọn HS-2022-0002").check()
    page.get_by_label("Lý do hoàn tác").fill("Hồ sơ này làm theo quy trình cũ")
    administrator.press("Hoàn tác các hồ sơ đã chọn")
    administrator.told("Đã hoàn tác 1 hồ sơ.")
    expect(administrator.row("HS-2022-0002")).to_contain_text("Đã hoàn tác")
    look(administrator, "undone")


def move_the_session(administrator: Any) -> None:
    page = administrator.page
    administrator.go("/admin/migration")
    choose(administrator, "Phiên họp Hội đồng")
    expect(page.locator("[data-side=new] .djs-element.is-changed")).to_have_count(1)
    with page.expect_navigation():
        page.get_by_role("button", name="Xem trước", exact=True).click()
    expect(page.locator("ul.counts li")).to_have_text(["1 An toàn", "0 Cần chú ý", "0 Từ chối"])
    page.get_by_label("Lý do chuyển").fill("Thực hiện quy chế mới")
    administrator.press("Chuyển các hồ sơ đã chọn")
    expect(page.locator("#progress")).to_contain_text("1/1 đã chuyển. Đã xong.")
