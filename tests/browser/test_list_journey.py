"""A list of nine carried through the screens alone, from the author's first row to the city's answer.

What the other members of the council vote is cast by the same action the ballot page calls.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect

from engine import tasks
from workflows.actions import sessions
from workflows.demo.season import COUNCIL, sheet
from workflows.tables.sessions import CouncilSession

pytestmark = pytest.mark.browser

AN, YEN, DUNG = "Nguyễn Văn An (hư cấu)", "Nông Thị Yến (hư cấu)", "Hoàng Thị Dung (hư cấu)"
KHANH = "Lý Văn Khánh (hư cấu)"
THANG, UOC, TUYET = "Cao Văn Thắng (hư cấu)", "Mai Thị Ước (hư cấu)", "Tạ Thị Tuyết (hư cấu)"
MERIT = "Hoàn thành tốt nhiệm vụ năm 2022, không có hồ sơ quá hạn."
PASTED = "\n".join(
    [
        "STT\tHọ và tên\tGiới tính\tNăm sinh\tChức vụ\tSố tháng công tác\tThành tích\tGhi chú riêng",
        f"1\t{THANG}\tNam\t1995\tNhân viên hợp đồng\t8\t{MERIT}\tmới vào",
        f"2\t{UOC}\tNữ\t12/5/1990\tNhân viên hợp đồng\t40\t{MERIT}\t",
        f"3\t{TUYET}\tNữ\t1988\tNhân viên hợp đồng\t60\t{MERIT}\t",
    ]
)
SENT_BACK = "Bản tóm tắt thành tích còn chung chung, bổ sung số liệu."
INCOMPLETE = "Thiếu xác nhận thời gian công tác; gửi về Văn phòng."
TOO_NEW = "Tuyển dụng mới 08 tháng, chưa đủ điều kiện."
NOT_NOW = "Đang xem xét đơn phản ánh, chưa khen đợt này."
WRONG_YEAR = "Giấy chứng nhận sáng kiến phải là của năm 2022."
INITIATIVES = {AN: "Phiếu theo dõi kiến nghị cử tri dùng chung", YEN: "Bản tin truyền thanh số theo xóm"}

Enter = Callable[..., Any]


def test_a_list_goes_from_the_authors_rows_to_the_citys_answer(
    enter: Enter, own_site: Any, tmp_path: Path
) -> None:
    author, office = enter("TP_HT"), enter("VP")
    enter_lists(author)
    complete_the_fighters(author, tmp_path)
    submit_all(author)
    hold_the_unit_meeting(enter("PCT1"))
    receive_and_appraise(office)
    call_the_session(office)
    vote_and_conclude(enter, office, own_site)
    decide(enter, office)
    propose_and_send(enter, office)
    let_the_city_answer(enter("PNV"))
    read_the_end(author, office)


def enter_lists(author: Any) -> None:
    """Seven for Lao động tiên tiến: three pasted from a sheet, four of the unit's people; two fighters."""
    page = author.page
    new_list(author, "Danh hiệu “Lao động tiên tiến”")
    page.get_by_text("Dán danh sách từ bảng tính").click()
    page.get_by_label("Các dòng chép từ Excel").fill(PASTED)
    author.press("Đọc vào bảng để kiểm tra")
    author.told("Đã đọc 3 dòng vào bảng; xin kiểm tra lại.")
    author.told("Ghi chú riêng")
    expect(page.locator("[name='rows.1.born_year']")).to_have_value("1990")
    pick(author, AN, YEN, DUNG, KHANH)
    fill_row(author, AN, MERIT)
    fill_row(author, YEN, MERIT)
    fill_row(author, KHANH, MERIT)
    fill_row(author, DUNG, "")
    author.check("list-entered")
    author.press("Lưu danh sách")
    author.told("Đã lập 7 hồ sơ nháp.")
    new_list(author, "Danh hiệu “Chiến sĩ thi đua cơ sở”")
    pick(author, AN, YEN)
    fill_row(author, AN, f"Có sáng kiến “{INITIATIVES[AN]}”.")
    fill_row(author, YEN, f"Có sáng kiến “{INITIATIVES[YEN]}”.")
    author.press("Lưu danh sách")
    author.told("Đã lập 2 hồ sơ nháp.")
    author.menu("Hồ sơ")
    expect(page.locator("main tbody tr")).to_have_count(9)
    author.look("drafts")


def new_list(author: Any, award: str) -> None:
    author.menu("Hồ sơ")
    author.follow("Lập danh sách đề nghị")
    author.check("choose-unit")
    author.press("Tiếp tục")
    author.page.get_by_label("Danh hiệu, hình thức khen thưởng").select_option(label=award)


def pick(author: Any, *names: str) -> None:
    """Choose people of the unit into the table."""
    author.page.get_by_text("Thêm từ danh sách người của đơn vị").click()
    for name in names:
        author.page.get_by_role("checkbox", name=re.compile(re.escape(name))).check()
    author.press("Thêm người đã chọn vào bảng")
    author.told(f"Đã thêm {len(names)} người vào bảng.")


def fill_row(author: Any, name: str, merit: str) -> None:
    row = author.page.locator("tr[data-row]").filter(has=author.page.locator(f"input[value='{name}']"))
    row.get_by_label("Số tháng công tác").fill("60")
    row.get_by_label("Tóm tắt thành tích").fill(merit)


def complete_the_fighters(author: Any, folder: Path) -> None:
    """The initiative is typed in the dossier and kept as a draft; its certificate and report are attached."""
    page = author.page
    for name, initiative in INITIATIVES.items():
        author.menu("Hồ sơ")
        author.row(name).filter(has_text="Chiến sĩ thi đua").get_by_role("link", name=name).click()
        for kind, title in (
            ("Báo cáo thành tích", "Báo cáo thành tích năm 2022"),
            ("Giấy chứng nhận sáng kiến, đề tài", "Giấy chứng nhận sáng kiến"),
        ):
            attach(author, folder, kind, title)
        author.follow("Hoàn chỉnh và nộp hồ sơ")
        page.locator("[name=initiative_name]").fill(initiative)
        page.locator("[name=initiative_number]").fill("12/QĐ-HĐSK (hư cấu)")
        page.locator("[name=initiative_year]").fill("2022")
        author.press("Lưu nháp")
        expect(page.locator("[name=initiative_name]")).to_have_value(initiative)


def attach(author: Any, folder: Path, kind: str, title: str) -> None:
    page = author.page
    path = folder / f"{title}.pdf"
    path.write_bytes(sheet(title))
    expect(page.locator("#files")).to_be_visible()
    if not page.locator("#files details[open]").count():
        page.locator("#files summary").click()
    page.get_by_label("Tệp", exact=True).set_input_files(path)
    page.get_by_label("Loại giấy tờ").select_option(label=kind)
    page.get_by_label("Tên giấy tờ").fill(title)
    page.get_by_label("Năm của giấy tờ").fill("2022")
    author.press("Gửi tệp")
    author.told(f"Đã thêm tệp “{title}” vào hồ sơ.")


def submit_all(author: Any) -> None:
    """All nine at once; the one whose merit is still empty says so and stops nobody."""
    page = author.page
    author.menu("Hồ sơ")
    page.locator("[data-select-all]").check()
    expect(page.locator("[data-selected-count]")).to_have_text("Đã chọn 9 trong 9 hồ sơ nháp")
    author.press("Nộp các hồ sơ đã chọn")
    expect(page.get_by_text("Đã nộp", exact=True)).to_have_count(8)
    expect(author.row("Chưa nộp")).to_contain_text(DUNG)
    author.check("submitted-but-one")
    author.row("Chưa nộp").get_by_role("link", name="Mở hồ sơ").click()
    author.follow("Hoàn chỉnh và nộp hồ sơ")
    author.look("task-draft")
    page.locator("[name=merit_summary]").fill(MERIT)
    author.press("Hoàn thành")
    author.told("Đã xong: Hoàn chỉnh và nộp hồ sơ.")
    for name, initiative in INITIATIVES.items():
        author.menu("Hồ sơ")
        author.row(name).filter(has_text="Chiến sĩ thi đua").get_by_role("link", name=name).click()
        expect(page.locator("main")).to_contain_text(initiative)
        expect(page.locator("main")).to_contain_text("12/QĐ-HĐSK (hư cấu)")


def hold_the_unit_meeting(head: Any) -> None:
    """Nine in one meeting: one figure for all, one returned, the two fighters ranked."""
    page = head.page
    head.look("home-head")
    expect(head.row("Mở cuộc họp bình xét")).to_contain_text("9 hồ sơ đang chờ")
    head.follow("Mở cuộc họp bình xét")
    expect(page.locator("[data-selected-count]")).to_have_text("Đã chọn 9 trong 9")
    head.check("review-new")
    head.press("Mở cuộc họp")
    expect(page.locator("h1")).to_have_text("Triệu tập cuộc họp bình xét")
    page.locator("[name=place]").fill("Phòng họp UBND xã")
    page.locator("[name=secretary]").fill("Triệu Thị Ngân (hư cấu)")
    page.locator("[name=invited]").fill("22")
    head.check("review-convene")
    head.press("Hoàn thành")
    do_next(head, "Ghi kết quả bình xét")
    page.locator("[name=ended_time]").fill("10:30")
    page.locator("[name=present]").fill("20")
    for_all(head, "Đồng ý", "20")
    cell(head, UOC, "agree").fill("4")
    cell(head, UOC, "disagree").fill("16")
    cell(head, UOC, "outcome").select_option(label="Trả lại để hoàn chỉnh")
    cell(head, UOC, "reason").fill(SENT_BACK)
    for rank, name in enumerate((YEN, AN), start=1):
        cell(head, name, "rank", "Chiến sĩ thi đua").fill(str(rank))
    head.look("review-record")
    head.press("Hoàn thành")
    do_next(head, "Xác nhận biên bản bình xét")
    expect(head.row(UOC)).to_contain_text(SENT_BACK)
    page.get_by_label("Đúng, gửi kết quả đến từng hồ sơ").check()
    head.check("review-confirm")
    head.press("Hoàn thành")
    head.menu("Cuộc họp")
    head.row("9 hồ sơ").get_by_role("link").click()
    expect(head.row(UOC)).to_contain_text("Trả lại để hoàn chỉnh")
    expect(page.get_by_text("Đồng ý đề nghị")).to_have_count(8)
    expect(page.get_by_role("link", name="Mở biên bản (PDF)")).to_be_visible()
    head.look("review-closed")


def do_next(visitor: Any, verb: str) -> None:
    """From the home page to the one task with these words."""
    visitor.menu("Việc của tôi")
    visitor.row(verb).get_by_role("link", name=re.compile("^Làm")).click()
    expect(visitor.page.locator("h1")).to_have_text(verb)


def for_all(visitor: Any, column: str, value: str) -> None:
    """One value for all rows of the list."""
    box = visitor.page.locator(".for-all").filter(has_text=f"{column}: đặt cho tất cả")
    control = box.locator("[data-all-value]")
    if control.evaluate("each => each.tagName") == "SELECT":
        control.select_option(label=value)
    else:
        control.fill(value)
    box.get_by_role("button").click()


def cell(visitor: Any, name: str, column: str, award: str = "") -> Any:
    return visitor.row(name).filter(has_text=award).locator(f"[name$='.{column}']")


def receive_and_appraise(office: Any) -> None:
    """Eight received with one press; six go on, one is returned and one refused, each with its reason."""
    page = office.page
    office.page.reload()
    office.look("home-office")
    office.follow("Tiếp nhận hồ sơ (8)")
    page.locator("[data-select-all]").check()
    office.press("Thực hiện cho các dòng đã chọn")
    expect(page.get_by_text("Xong", exact=True)).to_have_count(8)
    office.menu("Việc của tôi")
    office.follow("Thẩm định hồ sơ (8)")
    page.locator("[data-select-all]").check()
    page.get_by_label("Đủ điều kiện, trình Hội đồng", exact=True).check()
    exception(office, TUYET, "Trả lại người lập", INCOMPLETE)
    office.look("appraise-batch")
    office.press("Thực hiện cho các dòng đã chọn")
    expect(page.get_by_text("Xong", exact=True)).to_have_count(7)
    expect(office.row("Chưa xong")).to_contain_text("tuyển dụng mới dưới 10 tháng")
    office.check("appraised-but-one")
    office.row("Chưa xong").get_by_role("link", name="Mở việc này").click()
    expect(page.locator("main")).to_contain_text("Không đủ điều kiện")
    page.get_by_label("Từ chối").check()
    page.get_by_label("Lý do, nội dung yêu cầu").fill(TOO_NEW)
    office.check("task-appraise")
    office.press("Hoàn thành")


def exception(office: Any, name: str, outcome: str, reason: str) -> None:
    office.row(name).locator("select").select_option(label=outcome)
    office.row(name).locator("input[type=text]").fill(reason)


def call_the_session(office: Any) -> None:
    """Agenda with the base of the cap, attendance with one absent."""
    page = office.page
    office.menu("Việc của tôi")
    expect(office.row("Mở phiên họp Hội đồng")).to_contain_text("6 hồ sơ đang chờ")
    office.follow("Mở phiên họp Hội đồng")
    expect(page.get_by_text("6 hồ sơ đang chờ Hội đồng xét.")).to_be_visible()
    office.look("meetings")
    office.press("Mở phiên họp Hội đồng")
    expect(page.locator("h1")).to_have_text("Lập chương trình phiên họp Hội đồng")
    page.locator("[name=held_on]").fill("2022-12-12")
    page.locator("[name=held_time]").fill("14:00")
    page.locator("[name=place]").fill("Phòng họp tầng 2")
    page.locator("[name=ldtt_count]").fill("24")
    office.look("agenda")
    office.press("Hoàn thành")
    do_next(office, "Điểm danh phiên họp Hội đồng")
    cell(office, "Bùi Xuân Quý", "state").select_option(label="Vắng")
    office.check("attendance")
    office.press("Hoàn thành")


def vote_and_conclude(enter: Enter, office: Any, site: Any) -> None:
    """Two vote on their phones, one of them against one; eight by the same action; the chair confirms."""
    chair, member = enter("CT", "phone"), enter("TCKT", "phone")
    for voter, refused in ((member, DUNG), (chair, "")):
        vote_on_a_phone(voter, refused)
    watch(office)
    session_id = vote_for_the_others(site)
    confirm = enter("CT")
    do_next(confirm, "Xác nhận kết quả biểu quyết")
    expect(confirm.row(DUNG)).to_contain_text("Không đạt")
    confirm.page.get_by_label("Xác nhận kết quả").check()
    confirm.check("session-confirm")
    confirm.press("Hoàn thành")
    do_next(office, "Xác nhận biên bản phiên họp")
    office.check("session-minutes")
    office.press("Hoàn thành")
    office.go(f"/sessions/{session_id}")
    expect(office.page.locator(".quorum")).to_contain_text("10/11")
    expect(office.row(DUNG)).to_contain_text("9")
    office.look("session-closed")


def vote_on_a_phone(voter: Any, refused: str) -> None:
    page = voter.page
    do_next(voter, "Biểu quyết")
    voter.check("vote")
    voter.press("Xem lại trước khi gửi")
    expect(page.locator("[data-error-summary]")).to_be_focused()
    for number in range(page.locator("fieldset.vote").count()):
        card = page.locator("fieldset.vote").nth(number)
        disagrees = bool(refused) and refused in card.inner_text()
        card.get_by_text("Không đồng ý" if disagrees else "Đồng ý", exact=True).click()
    expect(page.locator("[data-vote-count]")).to_have_text("Đã chọn 6/6")
    voter.press("Xem lại trước khi gửi")
    summary = "5 đồng ý, 1 không đồng ý" if refused else "6 đồng ý, 0 không đồng ý"
    expect(page.locator("main")).to_contain_text(f"{summary}, trong 6 hồ sơ.")
    expect(page.get_by_role("listitem").filter(has_text=f"{AN} – Chiến sĩ thi đua cơ sở")).to_have_count(1)
    voter.check("vote-summary")
    voter.press("Gửi phiếu")
    voter.told("Đã ghi nhận phiếu của bạn lúc")
    voter.check("vote-receipt")


def watch(office: Any) -> None:
    """While the vote is open the secretary sees who has voted, and no figures."""
    office.menu("Cuộc họp")
    office.row("Đang biểu quyết").get_by_role("link").click()
    expect(office.page.locator("main")).to_contain_text("2/10 đã biểu quyết")
    expect(office.page.get_by_text("Không đồng ý")).to_have_count(0)
    office.look("session-voting")


def vote_for_the_others(site: Any) -> Any:
    for code in COUNCIL:
        if code in ("CT", "TCKT", "CCB"):
            continue
        with site.acting(code) as uow:
            session = uow.session.query(CouncilSession).one()
            [task] = [
                each
                for each in tasks.open_tasks(uow, step="cast_vote", business_key=str(session.id))
                if each.assignee_id == uow.actor_id
            ]
            rows = tasks.prefill_of(uow, task)["lines"]
            sessions.cast_vote(
                uow, session.id, {row["id"]: "agree" for row in rows}, f"vote-{code}-by-action"
            )
        site.settle()
    return session.id


def decide(enter: Enter, office: Any) -> None:
    """The chairman approves all but one; the clerk enters number and date."""
    page = office.page
    office.menu("Văn bản")
    office.check("papers")
    office.press("Soạn quyết định")
    page.locator("[name=subject]").fill("Về việc công nhận danh hiệu Lao động tiên tiến năm 2022")
    expect(page.locator("main tbody tr").filter(has_text="10/11")).to_have_count(3)
    office.look("paper-draft")
    office.press("Hoàn thành")
    chairman = enter("CT")
    do_next(chairman, "Xem và duyệt văn bản")
    cell(chairman, KHANH, "decision").select_option(label="Không đồng ý")
    cell(chairman, KHANH, "reason").fill(NOT_NOW)
    chairman.page.get_by_label("Duyệt để in ký").check()
    chairman.look("paper-review")
    chairman.press("Hoàn thành")
    issue(enter("VT"), "203")
    office.menu("Văn bản")
    office.follow("Quyết định số 203/QĐ-UBND")
    expect(office.row(KHANH)).to_contain_text(NOT_NOW)
    expect(page.get_by_role("link", name="Mở bản PDF")).to_be_visible()
    office.check("paper-issued")


def issue(clerk: Any, number: str) -> None:
    do_next(clerk, "Vào số và phát hành văn bản")
    clerk.page.locator("[name=number]").fill(number)
    clerk.check("paper-number")
    clerk.press("Hoàn thành")
    clerk.told("Đã xong: Vào số và phát hành văn bản.")


def propose_and_send(enter: Enter, office: Any) -> None:
    """Both fighters in one tờ trình, then in one package for the city."""
    page = office.page
    office.menu("Văn bản")
    office.press("Soạn tờ trình")
    page.locator("[name=subject]").fill("Về việc đề nghị tặng danh hiệu Chiến sĩ thi đua cơ sở năm 2022")
    office.press("Hoàn thành")
    chairman = enter("CT")
    do_next(chairman, "Xem và duyệt văn bản")
    chairman.page.get_by_label("Duyệt để in ký").check()
    chairman.press("Hoàn thành")
    issue(enter("VT"), "87")
    office.menu("Văn bản")
    office.press("Lập gói gửi thành phố")
    expect(office.row(AN)).to_contain_text("87/TTr-UBND")
    office.check("package-new")
    office.press("Hoàn thành")
    office.menu("Văn bản")
    office.follow("BHS-2022-01")
    expect(page.locator("main")).to_contain_text("0/2 hồ sơ đã có trả lời")
    office.look("package-sent")


def let_the_city_answer(desk: Any) -> None:
    """The city sees copies with their papers, returns one and decides one."""
    desk.menu("Văn bản")
    desk.follow("BHS-2022-01 – xã Đồng Liên")
    expect(desk.row(AN)).to_contain_text("Giấy chứng nhận sáng kiến")
    desk.look("received")
    desk.follow("Xem xét hồ sơ do xã gửi")
    cell(desk, AN, "answer").select_option(label="Trả lại để bổ sung")
    cell(desk, AN, "reason").fill(WRONG_YEAR)
    cell(desk, YEN, "answer").select_option(label="Đã có quyết định")
    cell(desk, YEN, "decision_number").fill("1234/QĐ-UBND")
    cell(desk, YEN, "decision_date").fill("2022-12-12")
    desk.look("city-answer")
    desk.press("Hoàn thành")
    desk.told("Đã xong: Xem xét hồ sơ do xã gửi.")


def read_the_end(author: Any, office: Any) -> None:
    """Where each of the nine stands, and the returned one's page with the reason first."""
    office.menu("Hồ sơ")
    for name, award, stage in (
        (AN, "Lao động", "Đã được khen thưởng"),
        (YEN, "Lao động", "Đã được khen thưởng"),
        (DUNG, "Lao động", "Hội đồng không thông qua"),
        (KHANH, "Lao động", "Không được khen thưởng"),
        (THANG, "Lao động", "Không được khen thưởng"),
        (UOC, "Lao động", "Nháp"),
        (TUYET, "Lao động", "Nháp"),
        (AN, "Chiến sĩ", "Cấp trên yêu cầu bổ sung"),
        (YEN, "Chiến sĩ", "Đã được khen thưởng"),
    ):
        expect(office.row(name).filter(has_text=award)).to_contain_text(stage)
    office.look("list-end")
    author.menu("Việc của tôi")
    author.check("home-author-end")
    author.menu("Hồ sơ")
    author.row(AN).filter(has_text="Chiến sĩ").get_by_role("link", name=AN).click()
    first = author.page.get_by_role("main").locator("> *").first
    expect(first).to_contain_text("Cấp trên trả lại để bổ sung. Lý do:")
    expect(first).to_contain_text(WRONG_YEAR)
    expect(author.page.locator(".timeline")).to_contain_text(WRONG_YEAR)
    author.look("dossier-returned")
    office.row(YEN).filter(has_text="Chiến sĩ").get_by_role("link", name=YEN).click()
    expect(office.page.locator("main")).to_contain_text("1234/QĐ-UBND")
    office.check("dossier-awarded")
