"""A secret vote through the screens alone: eleven members, two of them by letter, three tellers, on phones."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect

from workflows.demo.nominees import advanced_worker
from workflows.demo.players import Players
from workflows.demo.season import COUNCIL, Season

pytestmark = pytest.mark.browser

Enter = Callable[..., Any]
LETTERS = {"PN": ("agree", "agree", "agree"), "CCB": ("agree", "disagree", "agree")}
SILENT = "CA"
TELLERS = ("VP", "MTTQ", "DTN")
VOTERS = [code for code in COUNCIL if code not in LETTERS and code != SILENT]
PEOPLE = ("VHTT", "CB01", "CB02")


def test_eleven_vote_in_secret_from_the_agenda_to_the_signed_minutes(
    enter: Enter, own_site: Any, tmp_path: Path
) -> None:
    names = before_the_council(own_site)
    office = enter("VP", "phone")
    session = call_the_session(office, own_site, names)
    appoint_the_tellers(office, own_site, names)
    codes = {code: take_the_code(enter(code, "phone"), session) for code in TELLERS}
    receipts = {}
    for code in VOTERS:
        refused = names[0] if code in ("CT", "DU") else ""
        receipts[code] = vote(enter(code, "phone"), names, refused, blank=names[2] if code == "ND" else "")
    nothing_is_known(office, session)
    close(enter("CT", "phone"))
    open_the_box(enter("DTN", "phone"), session, codes)
    confirm_and_print(enter, office, session, names)
    a_member_checks_the_box(enter("PCT1", "phone"), session, receipts["PCT1"], tmp_path)


def before_the_council(site: Any) -> list[str]:
    """Three dossiers of the office that unit and standing office have passed."""
    season = Season(Players(site.database, site.made))
    people, on = site.made.people, date(2022, 12, 12)
    season.nominate("TP_HT", "CQ", {code: advanced_worker(str(people[code])) for code in PEOPLE})
    for code in PEOPLE:
        season.attach("TP_HT", code, "merit_report", "Báo cáo thành tích")
    season.submit("TP_HT", PEOPLE)
    season.review("PCT1", "CQ", PEOPLE, on=on, present=30)
    season.receive(PEOPLE)
    season.appraise(PEOPLE, "accept")
    with site.acting("VP") as uow:
        from workflows.tables.nominations import Nomination

        return [uow.session.get_one(Nomination, season.dossiers[code]).subject_name for code in PEOPLE]


def do_next(visitor: Any, verb: str) -> None:
    visitor.menu("Việc của tôi")
    visitor.row(verb).get_by_role("link", name=re.compile("^Làm")).first.click()


def call_the_session(office: Any, site: Any, names: list[str]) -> str:
    page = office.page
    office.menu("Cuộc họp")
    office.press("Mở phiên họp Hội đồng")
    page.locator("[name=held_on]").fill("2022-12-12")
    page.locator("[name=held_time]").fill("14:00")
    page.locator("[name=place]").fill("Phòng họp tầng 2")
    page.get_by_label("Bỏ phiếu kín trên máy của từng thành viên").check()
    office.check("secret-agenda")
    office.press("Hoàn thành")
    do_next(office, "Điểm danh phiên họp Hội đồng")
    with site.acting("VP") as uow:
        from workflows.tables.organisation import Person

        writers = [uow.session.get_one(Person, site.made.people[code]).full_name for code in LETTERS]
    for writer in writers:
        office.row(writer).locator("select[name$='.state']").select_option("written")
    office.press("Hoàn thành")
    expect(page.locator("main")).to_be_visible()
    office.menu("Cuộc họp")
    page.locator("main a[href^='/sessions/']").first.click()
    return page.url.split("/sessions/")[1].split("/")[0].split("?")[0]


def appoint_the_tellers(office: Any, site: Any, names: list[str]) -> None:
    page = office.page
    do_next(office, "Cử ban kiểm phiếu")
    for place, code in enumerate(TELLERS, 1):
        page.locator(f"[name=teller_{place}]").select_option(str(site.made.people[code]))
    rows = page.locator("[name$='.choice']")
    expect(rows).to_have_count(6)
    for index, choice in enumerate([*LETTERS["PN"], *LETTERS["CCB"]]):
        rows.nth(index).select_option(choice)
    office.check("secret-tellers")
    office.press("Hoàn thành")


def take_the_code(teller: Any, session: str) -> str:
    do_next(teller, "Nhận mã kiểm phiếu")
    teller.check("secret-teller")
    teller.press("Nhận mã")
    code = str(teller.page.locator("[data-code]").inner_text())
    teller.check("secret-code")
    teller.press("Tôi đã có mã trên giấy")
    teller.go(f"/sessions/{session}")
    assert code not in teller.page.content()
    return code


def vote(voter: Any, names: list[str], refused: str, blank: str) -> str:
    """One ballot on a phone, one member leaves a line blank and is told what that means; returns the receipt."""
    page = voter.page
    do_next(voter, "Bỏ phiếu kín")
    expect(page.locator("input[type=radio]:checked")).to_have_count(0)
    for name in names:
        card = page.locator("fieldset.vote").filter(has_text=name)
        if name != blank:
            card.get_by_text("Không đồng ý" if name == refused else "Đồng ý", exact=True).click()
    expect(page.locator("[data-vote-count]")).to_have_text(f"Đã chọn {2 if blank else 3}/3")
    voter.check("secret-ballot")
    if blank:
        lose_the_connection(voter)
    voter.press("Xem lại trước khi gửi")
    if blank:
        expect(page.locator("main")).to_contain_text("Hồ sơ để trống được tính là phiếu không hợp lệ")
    voter.check("secret-summary")
    voter.press("Bỏ phiếu")
    voter.told("Phiếu của anh/chị đã vào hòm lúc")
    voter.check("secret-receipt")
    stored = page.evaluate("JSON.stringify([{...localStorage}, {...sessionStorage}])")
    assert "agree" not in stored and "đồng ý" not in stored.lower()
    return str(page.locator(".code-large").inner_text())


def lose_the_connection(voter: Any) -> None:
    """Without a network the page says so, keeps the choices where they are and sends nothing."""
    page = voter.page
    page.context.set_offline(True)
    page.get_by_role("button", name="Xem lại trước khi gửi").click()
    expect(page.locator("[data-offline]")).to_contain_text("Mất kết nối mạng: phiếu chưa gửi")
    expect(page.locator("input[type=radio]:checked")).to_have_count(2)
    voter.page.context.set_offline(False)


def nothing_is_known(office: Any, session: str) -> None:
    office.go(f"/sessions/{session}")
    main = office.page.locator("main")
    expect(main).to_contain_text("8/9")
    expect(main).not_to_contain_text("không đồng ý ·")
    office.check("secret-session-voting")
    office.go(f"/sessions/{session}/box")
    expect(main).to_contain_text("Chưa ai xem được kết quả")
    office.check("secret-box-casting")
    office.go(f"/sessions/{session}/box/board.json")
    expect(office.page.locator("body")).not_to_contain_text("receipts")


def close(chair: Any) -> None:
    chair.menu("Cuộc họp")
    chair.page.locator("main a[href^='/sessions/']").first.click()
    chair.follow("Kết thúc biểu quyết…")
    chair.press("Kết thúc biểu quyết")


def open_the_box(teller: Any, session: str, codes: dict[str, str]) -> None:
    """A wrong sign is told by its group; then two of the three codes open the box."""
    page = teller.page
    do_next(teller, "Mở hòm phiếu")
    first = codes["VP"]
    wrong = first[:6] + ("2" if first[6] != "2" else "3") + first[7:]
    page.locator("#code-0").fill(wrong)
    page.locator("#code-2").fill(codes["DTN"].lower().replace("-", " "))
    teller.press("Mở hòm và đếm")
    expect(page.locator("#code-0-error")).to_contain_text("Nhóm thứ 2 của mã không đúng")
    expect(page.locator("#code-2")).to_have_value(codes["DTN"].lower().replace("-", " "))
    teller.check("secret-opening")
    page.locator("#code-0").fill(first)
    teller.press("Mở hòm và đếm")
    teller.told("Đã mở hòm phiếu và đếm xong")
    teller.check("secret-box-opened")


def confirm_and_print(enter: Enter, office: Any, session: str, names: list[str]) -> None:
    chair = enter("CT", "phone")
    do_next(chair, "Xác nhận kết quả biểu quyết")
    chair.check("secret-confirm")
    chair.page.get_by_label("Xác nhận kết quả").check()
    chair.press("Hoàn thành")
    do_next(office, "Xác nhận biên bản phiên họp")
    office.check("secret-minutes")
    office.press("Hoàn thành")
    office.go(f"/sessions/{session}")
    office.check("secret-session-closed")
    first = office.row(names[0])
    expect(first).to_contain_text("6 đồng ý")
    expect(first).to_contain_text("2 không đồng ý")


def a_member_checks_the_box(member: Any, session: str, receipt: str, folder: Path) -> None:
    """The board and the one-file verifier are taken home; the receipt is in it, a changed board is told."""
    page = member.page
    member.go(f"/sessions/{session}/box")
    expect(page.locator(".receipts .is-mine")).to_have_text(receipt)
    files = {}
    for name in ("Tải bảng công bố", "Tải chương trình kiểm tra (một tệp Python)"):
        with page.expect_download() as loaded:
            page.get_by_role("link", name=name).click()
        files[name] = folder / loaded.value.suggested_filename
        loaded.value.save_as(files[name])
    board, program = files.values()
    command = [sys.executable, str(program), str(board), "--receipt", receipt]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=folder)
    assert done.returncode == 0, done.stdout
    assert "Phát ra 9, thu về 8, không thu về 1." in done.stdout
    changed = json.loads(board.read_text("utf-8"))
    changed["result"]["lines"][0]["ballots"][0] = "blank"
    board.write_text(json.dumps(changed), "utf-8")
    assert subprocess.run(command, capture_output=True, check=False, cwd=folder).returncode == 1
