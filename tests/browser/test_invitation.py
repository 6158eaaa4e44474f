"""Before a session, on a phone: answering with one thumb, a declared recusal, a ballot to try, the office's view."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.browser.test_secret_ballot import before_the_council, do_next

pytestmark = pytest.mark.browser

Enter = Callable[..., Any]


def test_members_answer_on_a_phone_and_the_office_sees_who_comes(enter: Enter, own_site: Any) -> None:
    names = before_the_council(own_site)
    office = enter("VP")
    call(office)
    accept(enter("CCB", "phone"))
    decline(enter("ND", "phone"))
    recuse(enter("PN", "phone"), names[0])
    practise(enter("DTN", "phone"))
    office.menu("Cuộc họp")
    office.page.locator("main a[href^='/sessions/']").first.click()
    expect(office.page.locator("#live")).to_contain_text("1 dự họp · 1 vắng · 9 chưa trả lời")
    expect(office.page.locator("#live")).to_contain_text("Lý do vắng: Đi tập huấn ở tỉnh")
    office.look("invitation-office")
    the_page_follows_without_taking_the_focus(office, enter("MTTQ", "phone"))


def call(office: Any) -> None:
    page = office.page
    office.menu("Cuộc họp")
    office.press("Mở phiên họp Hội đồng")
    page.locator("[name=held_on]").fill("2022-12-14")
    page.locator("[name=held_time]").fill("14:00")
    page.locator("[name=place]").fill("Phòng họp tầng 2")
    page.locator("[name=online_link]").fill("https://hop.example/tdkt")
    page.get_by_label("Bỏ phiếu kín trên máy của từng thành viên").check()
    office.press("Hoàn thành")


def open_session(member: Any) -> Any:
    member.menu("Cuộc họp")
    member.page.locator("main a[href^='/sessions/']").first.click()
    return member.page.locator("main")


def accept(member: Any) -> None:
    """The answer is on the first screen of the phone, and a button is as high as a thumb is wide."""
    main = open_session(member)
    expect(main).to_contain_text("Cần 10/11 phiếu đồng ý")
    expect(main).not_to_contain_text("Không thể đạt")
    member.check("invitation-open")
    box = member.page.get_by_role("button", name="Tôi dự họp").bounding_box()
    assert box is not None
    assert box["y"] + box["height"] < 844
    assert box["height"] >= 48
    member.press("Tôi dự họp")
    member.told("Đã ghi nhận trả lời của anh/chị")
    expect(main).to_contain_text("Anh/chị đã báo dự họp.")
    member.check("invitation-accepted")


def decline(member: Any) -> None:
    page = member.page
    main = open_session(member)
    page.get_by_text("Tôi không dự được").click()
    page.locator("#delegate").fill("Bà Nguyễn Thị Phó (hư cấu)")
    member.press("Gửi báo vắng")
    expect(main).to_contain_text("Cần nêu lý do vắng.")
    expect(page.locator("#delegate")).to_have_value("Bà Nguyễn Thị Phó (hư cấu)")
    assert "Ph%C3%B3" not in page.url
    member.check("invitation-refused")
    page.locator("#decline-reason").fill("Đi tập huấn ở tỉnh")
    member.press("Gửi báo vắng")
    expect(main).to_contain_text("Anh/chị đã báo vắng: Đi tập huấn ở tỉnh")


def recuse(member: Any, name: str) -> None:
    """Declared, taken back as a mistake, declared again."""
    page = member.page
    main = open_session(member)
    for again in (False, True):
        page.get_by_text("Tôi không biểu quyết một hồ sơ").click()
        page.locator("#recusal-line").select_option(label=name)
        page.locator("#recusal-ground").select_option("spouse")
        member.press("Tôi không biểu quyết hồ sơ này")
        expect(main).to_contain_text(f"Anh/chị không biểu quyết hồ sơ của {name}")
        if not again:
            member.check("invitation-recused")
            member.press("Tôi khai nhầm, rút lại")
            member.told("Đã rút lại")


def practise(member: Any) -> None:
    page = member.page
    open_session(member)
    member.follow("Bỏ phiếu thử")
    expect(page.locator("main")).to_contain_text("Nguyễn Văn Thử (ví dụ)")
    page.locator("fieldset.vote").first.get_by_text("Đồng ý", exact=True).click()
    member.check("practice-ballot")
    member.press("Xem lại trước khi gửi")
    expect(page.locator("main")).to_contain_text("không có gì được gửi đi hay lưu lại")
    member.check("practice-summary")
    member.press("Bỏ phiếu")
    member.told("Anh/chị đã bỏ phiếu thử xong.")
    member.check("practised")


def the_page_follows_without_taking_the_focus(office: Any, member: Any) -> None:
    """Somebody accepts while the office looks at the page: the figures follow, the focus stays on the next step."""
    page = office.page
    link = page.locator("#next a.btn").first
    link.focus()
    kept = link.get_attribute("id")
    open_session(member)
    member.press("Tôi dự họp")
    expect(page.locator("#quorum")).to_contain_text("2/11 báo dự họp", timeout=25_000)
    expect(page.locator(f"#{kept}")).to_be_focused()
    do_next(office, "Điểm danh phiên họp Hội đồng")
    expect(page.locator("main")).to_contain_text("Vắng – Đi tập huấn ở tỉnh")
    office.check("invitation-attendance")
