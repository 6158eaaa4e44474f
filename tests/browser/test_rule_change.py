"""An administrator draws a public posting of ten days into the way of a dossier; the next one follows it."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from datetime import date
from typing import Any
from uuid import UUID

import pytest
from playwright.sync_api import expect

from workflows.actions import evidence, meetings, nominations
from workflows.demo.nominees import FARMER_HOUSEHOLD, household
from workflows.demo.players import Players
from workflows.demo.season import sheet

pytestmark = pytest.mark.browser

NAME = "Công khai lấy ý kiến trước phiên họp"
POSTING = "Niêm yết công khai danh sách đề nghị"
WAIT = "Hết thời gian công khai"
SECOND = "Bà Nguyễn Thị Nhàn"
Enter = Callable[..., Any]


def test_a_posting_drawn_in_the_browser_is_followed_by_the_next_dossier_only(
    enter: Enter, own_site: Any
) -> None:
    players = Players(own_site.database, own_site.made)
    running = nominate(players, FARMER_HOUSEHOLD)
    administrator = enter("QT")
    begin_a_draft(administrator)
    add_a_form(administrator)
    draw_the_posting(administrator)
    see_the_mistakes_and_mend_them(administrator)
    publish_from_tomorrow(administrator)
    set_the_date(administrator, "2022-12-13")
    follows = nominate(players, household("Bà Nguyễn Thị Nhàn", 4, "Hiến 120 m² đất mở rộng đường xóm."))
    to_the_council(players, running, follows)
    office = enter("VP")
    post_the_list(office, follows)
    set_the_date(administrator, "2022-12-22")
    expect_before_the_council(office, 1)
    set_the_date(administrator, "2022-12-23")
    expect_before_the_council(office, 2)


def nominate(players: Players, row: Any) -> UUID:
    with players.acting("X04T") as uow:
        [made] = nominations.create_nominations(
            uow,
            [{**row, "movement_id": players.fixture.movements["PT16"]}],
            unit_id=players.fixture.units["X04"],
        )
        key = made.id
        report = io.BytesIO(sheet("Báo cáo thành tích"))
        evidence.attach(uow, key, kind="merit_report", title="Báo cáo", filename="bao-cao.pdf", stream=report)
    with players.acting("X04T") as uow:
        nominations.submit(uow, [key], idempotency_key=f"submit-{key}")
    return key


def to_the_council(players: Players, *keys: UUID) -> None:
    """One unit meeting and one appraisal for both, as everywhere else."""
    with players.acting("X04T") as uow:
        unit = players.fixture.units["X04"]
        meeting = meetings.start_review(uow, unit, nomination_ids=list(keys)).id
    opened = {"place": "Nhà văn hóa xóm", "secretary": "Thư ký (hư cấu)", "invited": 20}
    players.complete("X04T", "convene_review", meeting, opened)
    players.complete("X04T", "record_review", meeting, _all_agreed)
    players.complete("X04T", "confirm_review", meeting, {"confirm_choice": "confirm"})
    players.complete_all("VP", "receive_dossier", list(keys), {})
    players.complete_all("VP", "appraise", list(keys), {"appraisal_outcome": "accept"})


def _all_agreed(form: dict[str, Any]) -> dict[str, Any]:
    lines = [{**row, "agree": 20, "disagree": 0, "outcome": "passed"} for row in form["lines"]]
    return {"ended_time": "10:00", "present": 20, "lines": lines}


def begin_a_draft(administrator: Any) -> None:
    administrator.menu("Quản trị")
    administrator.look("admin")
    administrator.go("/admin/regulations")
    administrator.follow("Lập bản sửa đổi")
    administrator.page.get_by_label("Tên bản sửa đổi").fill(NAME)
    administrator.page.get_by_label("Căn cứ").fill("Công văn số 1/UBND-VP ngày 12/12/2022 (hư cấu)")
    administrator.press("Lập bản sửa đổi")
    expect(administrator.page.locator("h1")).to_contain_text(NAME)


def add_a_form(administrator: Any) -> None:
    """The new step of a person needs a form: what the office notes when it has posted the list."""
    page = administrator.page
    administrator.follow("Thêm biểu mẫu")
    page.get_by_label("Thuộc quy trình").select_option(label="Hồ sơ đề nghị khen thưởng")
    page.get_by_label("Mã bước").fill("post_publicly")
    page.get_by_label("Tên biểu mẫu").fill(POSTING)
    administrator.look("form-new")
    administrator.press("Thêm biểu mẫu")
    administrator.follow(NAME)


def draw_the_posting(administrator: Any) -> None:
    """A step of the office and ten days of waiting, both dropped on the flow before the council."""
    page = administrator.page
    page.get_by_role("link", name="Sửa: Hồ sơ đề nghị khen thưởng", exact=True).click()
    expect(page.locator("[data-modeler][data-ready]")).to_be_attached()
    administrator.look("modeler-open")
    find(page, "Chờ kết quả của Hội đồng")
    drop_on_flow(page, "create.task", 120)
    page.keyboard.type(POSTING)
    page.keyboard.press("Enter")
    change_type(page, "replace-with-user-task")
    drop_on_flow(page, "create.intermediate-event", 64)
    page.keyboard.type(WAIT)
    page.keyboard.press("Enter")
    change_type(page, "replace-with-timer-intermediate-catch")


def find(page: Any, text: str) -> None:
    """Look a step up as one looks up a word: the drawing moves to it."""
    page.locator(".diagram-canvas svg").first.click(position={"x": 400, "y": 20})
    page.keyboard.press("Control+f")
    page.locator(".djs-search-input input").press_sequentially(text)
    page.locator(".djs-search-result").first.click()


def drop_on_flow(page: Any, tool: str, above: int) -> None:
    """Take a tool from the palette and set it down on the flow that comes to the council from above."""
    council = page.locator("[data-element-id=wait_council] .djs-hit").first.bounding_box()
    page.locator(f".djs-palette [data-action='{tool}']").click()
    x, y = council["x"] + council["width"] / 2, council["y"] - above
    page.mouse.move(x + 40, y)
    page.mouse.move(x, y, steps=4)
    page.mouse.click(x, y)


def change_type(page: Any, kind: str) -> None:
    page.locator(".djs-context-pad [data-action=replace]").click()
    page.locator(f".djs-popup [data-id={kind}]").click()


def see_the_mistakes_and_mend_them(administrator: Any) -> None:
    """Neither a form nor a time yet: both are said and marked in the drawing, then mended and saved."""
    page = administrator.page
    page.locator("[data-check]").click()
    expect(page.locator("[data-status]")).to_have_text("Đã kiểm tra. Còn 2 lỗi phải sửa trước khi công bố.")
    findings = page.locator("[data-findings]")
    expect(findings).to_contain_text(f"Bước “{POSTING}” không có biểu mẫu. Chọn một biểu mẫu cho bước này.")
    expect(findings).to_contain_text("Sự kiện thời gian không nói khi nào. Ghi số ngày chờ")
    expect(page.locator(".djs-shape.has-error")).to_have_count(2)
    expect(page.locator(".diagram-badge.is-error")).to_have_count(2)
    administrator.check("modeler-mistakes")
    findings.get_by_role("button", name=WAIT).click()
    open_group(page, "td-timer")
    page.locator("#bio-properties-panel-td-days").fill("10")
    findings.get_by_role("button", name=POSTING).click()
    open_group(page, "general")
    page.locator("#bio-properties-panel-id").fill("post_publicly")
    open_group(page, "td-form")
    page.locator("#bio-properties-panel-td-form-file").select_option(label=POSTING)
    page.locator("[data-save]").click()
    expect(page.locator("[data-status]")).to_have_text("Đã lưu dự thảo. Không có lỗi.")
    expect(page.locator(".djs-shape.has-error")).to_have_count(0)
    administrator.look("modeler-mended")


def open_group(page: Any, group: str) -> None:
    page.locator(f"[data-group-id=group-{group}] .bio-properties-panel-group-header").click()


def publish_from_tomorrow(administrator: Any) -> None:
    page = administrator.page
    administrator.follow(NAME)
    expect(page.locator("main")).to_contain_text("Không có lỗi. Có thể công bố.")
    administrator.look("draft-ready")
    page.get_by_label("Có hiệu lực từ ngày").fill("2022-12-13")
    administrator.press("Công bố")
    administrator.told("Đã công bố, có hiệu lực từ 13/12/2022.")
    administrator.look("draft-published")


def set_the_date(administrator: Any, day: str) -> None:
    """The demo's own page for it: what has become due by then happens."""
    administrator.go("/admin/clock")
    administrator.page.locator("input[type=date]").fill(day)
    administrator.press("Chuyển ngày")
    expect(administrator.page.locator(".demo")).to_contain_text(f"{date.fromisoformat(day):%d/%m/%Y}")


def post_the_list(office: Any, key: UUID) -> None:
    """Only the later dossier waits for its posting; the picture shows it there."""
    page = office.page
    expect_before_the_council(office, 1)
    office.menu("Việc của tôi")
    expect(office.row(POSTING)).to_have_count(1)
    expect(office.row(POSTING)).to_contain_text(SECOND)
    office.look("home-posting")
    office.row(POSTING).get_by_role("link", name=re.compile("^Làm")).click()
    page.get_by_label("Ghi chú").fill("Niêm yết tại nhà văn hóa xóm Mẫu 4 từ ngày 13/12/2022.")
    office.look("task-posting")
    office.press("Hoàn thành")
    office.go(f"/nominations/{key}")
    office.follow("Xem hồ sơ đang ở đâu trên sơ đồ")
    expect(page.locator("[data-viewer][data-ready]")).to_be_attached()
    expect(page.locator(".djs-shape.is-waiting")).to_have_count(1)
    expect(page.get_by_role("listitem").filter(has_text=f"Đã làm: {POSTING}")).to_have_count(1)
    office.look("diagram-posting")


def expect_before_the_council(office: Any, count: int) -> None:
    office.menu("Cuộc họp")
    expect(office.page.locator("main")).to_contain_text(f"{count} hồ sơ đang chờ Hội đồng xét.")
