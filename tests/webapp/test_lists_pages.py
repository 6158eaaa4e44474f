"""Lists worked as lists: entered at once, submitted at once, decided at once with exceptions, printed."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import urlencode

import pytest

from workflows.actions.interruptions import hold
from workflows.actions.papers import create_paper
from workflows.fixtures.people_2022 import COUNCIL, OTHERS
from workflows.queries.nominations import list_nominations

PASTED = (
    "STT\tHọ và tên chủ hộ\tGiới tính\tNăm sinh\tĐịa chỉ\tThành tích\n"
    "1\tNguyễn Văn Đồng (hư cấu)\tNam\t1970\tXóm Mẫu 4\tHiến 120 m² đất làm đường xóm.\n"
    "2\tHà Thị Bé (hư cấu)\tNữ\t12/05/1965\tXóm Mẫu 4\tGiúp năm hộ nghèo trong xóm thoát nghèo.\n"
)
COMMON = {"award": "GK_XA", "achievement_year": "2022", "merit_kind": "thuong_xuyen"}


def entry(commune: Any, unit: str = "X04", kind: str = "household") -> str:
    return f"/nominations/new?{urlencode({'kind': kind, 'unit': commune.made.units[unit]})}"


def test_more_work_than_one_page_is_read_page_by_page(web: Any, commune: Any) -> None:
    row = {"award": "GK_XA", "subject_kind": "household", "achievement_year": 2022}
    rows = [{**row, "subject_name": f"Hộ mẫu {number:03} (hư cấu)"} for number in range(53)]
    commune.nominate("X04T", "X04", *rows)
    web.sign_in("X04T")
    first = web.get("/")
    assert "50 việc gấp nhất trong số các việc đang chờ" in first.text
    [address] = re.findall(r'href="(/\?after=[^"]+)"', first.response.text)
    second = web.get(address)
    assert "3 việc tiếp theo" in second.text and "Về các việc gấp nhất" in second.text
    names = [name for page in (first, second) for name in re.findall(r"Hộ mẫu \d+", page.text)]
    assert len(set(names)) == 53
    assert web.get("/?after=nonsense").status == 200


def test_a_pasted_list_is_read_checked_and_saved_as_drafts(web: Any, commune: Any) -> None:
    web.sign_in("X04T")
    path = entry(commune)
    keys = web.get(path).keys()
    read = web.post(path, {**keys, **COMMON, "paste": PASTED, "_do": "paste"})
    assert "Đã đọc 2 dòng vào bảng; xin kiểm tra lại." in read.text
    rows = {
        f"rows.{index}.{name}": value
        for index, (who, born) in enumerate(
            (("Nguyễn Văn Đồng (hư cấu)", "1970"), ("Hà Thị Bé (hư cấu)", "1965"))
        )
        for name, value in (("subject_name", who), ("born_year", born), ("merit_summary", "Giúp hộ nghèo."))
    }
    for name, value in rows.items():
        if not name.endswith("merit_summary"):
            assert f'name="{name}" type="text" value="{value}"' in read.response.text
    saved = web.post(path, {**keys, **COMMON, **rows, "_do": "save"})
    assert saved.status == 302
    page = web.get(saved.response.location)
    assert "Nguyễn Văn Đồng (hư cấu)" in page.text and "Hà Thị Bé (hư cấu)" in page.text
    twice = web.post(path, {**keys, **COMMON, **rows, "_do": "save"})
    assert twice.status == 302
    with commune.acting("VP") as uow:
        assert len(list_nominations(uow).rows) == 2


def test_one_wrong_cell_keeps_the_whole_list_and_is_named(web: Any, commune: Any) -> None:
    web.sign_in("X04T")
    path = entry(commune)
    rows = {
        "rows.0.subject_name": "Hà Văn Mẫu (hư cấu)",
        "rows.1.subject_name": "Hà Thị Bé (hư cấu)",
        "rows.1.born_year": "năm Tý",
    }
    page = web.post(path, {**web.get(path).keys(), **COMMON, **rows, "_do": "save"})
    assert page.status == 422
    assert "Dòng 2. Hà Thị Bé (hư cấu): Năm không hợp lệ." in page.text
    assert 'value="năm Tý"' in page.response.text and 'value="Hà Văn Mẫu (hư cấu)"' in page.response.text
    with commune.acting("VP") as uow:
        assert list_nominations(uow).rows == []


def test_an_award_of_another_channel_says_where_to_go_before_anything_is_saved(
    web: Any, commune: Any
) -> None:
    web.sign_in("TH1")
    path = entry(commune, "TH", "individual")
    row = {"rows.0.subject_name": "Cô Giáo Mẫu (hư cấu)"}
    sent = {**COMMON, **row, "award": "CSTDCS", "_do": "save"}
    page = web.post(path, {**web.get(path).keys(), **sent})
    assert page.status == 422
    assert "không thuộc phạm vi quản lý của xã – gửi Phòng GD&ĐT" in page.text
    with commune.acting("VP") as uow:
        assert list_nominations(uow).rows == []


def test_a_unit_enters_no_list_for_another(web: Any, commune: Any) -> None:
    web.sign_in("X04T")
    assert web.get(entry(commune, "X05")).status == 403


def test_drafts_are_submitted_together_and_one_that_is_not_ready_stops_no_other(
    web: Any, commune: Any, household: Any
) -> None:
    good = {**household, "subject_name": "Hà Văn Tốt (hư cấu)"}
    bare = {**household, "subject_name": "Hà Văn Thiếu (hư cấu)", "merit_summary": ""}
    made = commune.nominate("X04T", "X04", good, bare)
    web.sign_in("X04T")
    page = web.get("/nominations")
    sent = web.post("/nominations/submit", {**page.keys(), "nomination": [str(each) for each in made]})
    assert sent.status == 422
    assert "Đã nộp HS-2022-0001 – Hà Văn Tốt (hư cấu)" in sent.text
    assert "Chưa nộp HS-2022-0002 – Hà Văn Thiếu (hư cấu): " in sent.text
    with commune.acting("VP") as uow:
        assert [row.stage for row, _unit in list_nominations(uow).rows] == ["draft", "unit_review"]
    assert "Chưa chọn hồ sơ nào." in web.post("/nominations/submit", page.keys()).text


def test_many_tasks_are_decided_once_with_an_exception(web: Any, commune: Any, season: Any) -> None:
    made = season.reviewed(3)
    web.sign_in("VP")
    assert "Tiếp nhận hồ sơ (3)" in web.get("/").text
    done = decide(web, "receive_dossier", {"received_on": "2022-11-14"})
    assert (done.status, done.text.count("Xong HS-2022-")) == (200, 3)
    last = web.get("/tasks/batch?step=appraise").response.text.split('name="task" value="')[3].split('"')[0]
    own = {
        "appraisal_outcome": "accept",
        f"except.{last}.appraisal_outcome": "return",
        f"except.{last}.appraisal_reason": "Thiếu số liệu.",
    }
    assert decide(web, "appraise", own).status == 200
    with commune.acting("VP") as uow:
        found = {row.stage: row.outcome_reason for row, _unit in list_nominations(uow).rows}
        assert len(made) == len(list_nominations(uow).rows) == 3
    assert found == {"council": "", "draft": "Thiếu số liệu."}


def test_a_task_of_a_batch_that_cannot_be_done_stays_open_and_says_why(web: Any, season: Any) -> None:
    season.reviewed(2)
    web.sign_in("VP")
    page = decide(web, "receive_dossier", {"received_on": "2023-01-01"})
    assert page.status == 422
    assert page.text.count("Ngày tiếp nhận không được sau ngày hôm nay.") == 2
    assert 'value="2023-01-01"' in page.response.text
    nobody = web.post(
        "/tasks/batch?step=receive_dossier", web.get("/tasks/batch?step=receive_dossier").keys()
    )
    assert (nobody.status, "Chưa chọn dòng nào." in nobody.text) == (422, True)


def decide(web: Any, step: str, form: dict[str, str]) -> Any:
    path = f"/tasks/batch?step={step}"
    page = web.get(path)
    chosen = [each.split('"')[0] for each in page.response.text.split('name="task" value="')[1:]]
    return web.post(path, {**page.keys(), **form, "task": chosen})


def test_who_takes_a_task_has_it_alone_until_it_is_given_back(web: Any, another: Any, season: Any) -> None:
    season.reviewed(1)
    web.sign_in("VP")
    path = web.get("/").response.text.split('href="/tasks/')[1].split('"')[0]
    keys = web.get(f"/tasks/{path}").keys()
    assert web.post(f"/tasks/{path}/claim", keys).status == 302
    assert "Trả lại việc" in web.get(f"/tasks/{path}").text
    another.sign_in("TP_HT")  # also of the standing office
    assert another.get(f"/tasks/{path}").text.count("Tiếp nhận hồ sơ") > 0
    assert "Phạm Thu Hà (hư cấu)" in another.get(f"/tasks/{path}").text
    assert another.post(f"/tasks/{path}", {**another.get("/password").keys()}).status == 403
    assert web.post(f"/tasks/{path}/release", keys).status == 302
    assert "Nhận việc này" in web.get(f"/tasks/{path}").text


def test_the_progress_list_is_printed_with_stage_due_date_and_reason(
    web: Any, another: Any, season: Any
) -> None:
    made = season.before_council(2)
    with season.players.acting("VP") as uow:
        hold(uow, made[0], "Đơn số 12/ĐT")
    web.sign_in("VP")
    page = web.get("/progress")
    assert "Bảng tiến độ hồ sơ khen thưởng năm 2022" in page.text
    assert "xã Đồng Liên · 2 hồ sơ · lập lúc 12:00 14/11/2022" in page.text
    assert "Tạm dừng xét – Chờ Hội đồng xét 28/11/2022 Đơn số 12/ĐT" in page.text
    assert "data-print" in page.response.text
    another.sign_in("X05T")
    assert "· 0 hồ sơ ·" in another.get("/progress").text


def test_names_are_found_without_their_marks(web: Any, commune: Any, household: Any) -> None:
    commune.nominate(
        "X04T", "X04", *({**household, "subject_name": name} for name in ("Nguyễn Văn Đồng", "Hà Bé"))
    )
    web.sign_in("VP")
    for typed in ("nguyen", "dong", "DONG nguyen", "Nguyễn"):
        page = web.get("/nominations", query_string={"q": typed})
        assert ("Nguyễn Văn Đồng" in page.text, "Hà Bé" in page.text) == (True, False)


def test_the_register_shows_an_award_its_prize_and_what_came_before(web: Any, season: Any) -> None:
    issue(season)
    web.sign_in("X04T")
    page = web.get("/register", query_string={"q": "ba", "year": "2022"})
    assert "Hà Thị Ba" in page.text and "12/QĐ-UBND" in page.text
    assert "cần kiểm tra" in page.text  # no source gives a household's coefficient in 2022
    link = page.response.text.split('href="/register/')[1].split('"')[0]
    assert "Hà Thị Ba" in web.get(f"/register/{link}").text
    assert "Hà Thị Ba" not in web.get("/register", query_string={"q": "khong co ai"}).text


def issue(season: Any) -> None:
    season.passed(1)
    with season.players.acting("VP") as uow:
        paper = create_paper(uow, "decision").id
    season.do("VP", "draft_paper", paper, {"subject": "Về việc tặng Giấy khen"})
    season.do("CT", "review_paper", paper, {"paper_choice": "approve"})
    form = {"number_source": "typed", "number": 12, "issued_on": "2022-11-14", "signer_mode": "CT"}
    season.do("VT", "issue_paper", paper, form)


@pytest.mark.parametrize("commune", ["sqlite"], indirect=True)
@pytest.mark.parametrize("code", [each.code for each in (*COUNCIL, *OTHERS) if each.username])
def test_nobodys_menu_has_more_than_five_entries_and_every_one_opens(web: Any, code: str) -> None:
    web.sign_in(code)
    menu = web.get("/").response.text.split("<nav")[1].split("</nav>")[0]
    links = [each.split('"')[0] for each in menu.split('href="')[1:]]
    assert 1 < len(links) <= 5
    assert {web.get(link).status for link in links} <= {200, 302}
