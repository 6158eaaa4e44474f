"""Bad input through the browser: a clear word in Vietnamese, at its place, and nothing that was typed is lost."""

from __future__ import annotations

import json
import re
from io import BytesIO
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select

from engine import history, tasks
from workflows.actions.papers import create_paper
from workflows.tables.nominations import Evidence
from workflows.tables.papers import NumberIssued

REPORT = "Một bài báo cáo thành tích rất dài mà không ai muốn gõ lại lần thứ hai."
EXE = b"MZ\x90\x00\x03" + b"\x00" * 200
PDF = (
    b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj 2 0 obj<</Type/Pages/Kids[]/Count 0>>endobj\n%%EOF"
)
MEGABYTE = 1024 * 1024


@pytest.fixture
def task(commune: Any, household: dict[str, Any]) -> Any:
    """A drafted dossier's task, of the nominator of hamlet 4."""
    commune.nominate("X04T", "X04", household)
    with commune.acting("X04T") as uow:
        [found] = tasks.open_tasks(uow, step="draft_nomination")
        return found


def with_errors(page: Any) -> dict[str, str]:
    """The links of the error summary: the field's id → what is wrong with it."""
    summary = page.response.text.split('id="errors"')[1].split("</div>")[0]
    return dict(re.findall(r'<a href="#([^"]+)">([^<]*)</a>', summary))


def approved_paper(season: Any) -> tuple[UUID, str]:
    """A decision over the first who waits, approved by the chairman; and the address of the clerk's task."""
    with season.players.acting("VP") as uow:
        paper = create_paper(uow, "decision", subject="Về việc khen thưởng").id
    season.do("VP", "draft_paper", paper, _only_the_first)
    season.do("CT", "review_paper", paper, {"paper_choice": "approve"})
    with season.commune.acting("VT") as uow:
        [found] = tasks.open_tasks(uow, step="issue_paper", business_key=str(paper))
        return paper, f"/tasks/{found.id}"


def _only_the_first(form: dict[str, Any]) -> dict[str, Any]:
    lines = [{**row, "include": index == 0} for index, row in enumerate(form["lines"])]
    return {"lines": lines}


NUMBER = {"number_source": "typed", "issued_on": "14/11/2022", "signer_mode": "CT"}


def test_wrong_types_come_back_as_typed_each_linked_to_its_field(web: Any, task: Any, commune: Any) -> None:
    web.sign_in("X04T")
    path = f"/tasks/{task.id}"
    typed = {"merit_summary": REPORT, "achievement_year": "hai nghìn", "gdvh_years": "ba,rưỡi"}
    page = web.post(path, {**web.get(path).keys(), "award": "GK_GDVH", "subject_kind": "household", **typed})
    assert page.status == 422
    assert "Chưa gửi được: cần sửa những chỗ sau" in page.text
    linked = with_errors(page)
    text = page.response.text
    titles = {"achievement_year": "Năm lập thành tích", "gdvh_years": "Số năm liên tục đạt Gia đình văn hóa"}
    for name, title in titles.items():
        [key] = [key for key in linked if key.endswith(name)]
        assert f'id="{key}"' in text
        assert f'id="{key}-error"' in text
        assert linked[key] == f"{title}: vui lòng nhập một số nguyên, ví dụ 12 hoặc 1.250.000."
    assert REPORT in page.text
    assert ('value="hai nghìn"' in text, 'value="ba,rưỡi"' in text) == (True, True)
    with commune.acting("X04T") as uow:
        assert tasks.get(uow, task.id).state == "open"


def test_a_program_named_pdf_is_refused_beside_the_dossier_and_what_was_typed_stays(
    web: Any, task: Any, commune: Any
) -> None:
    web.sign_in("X04T")
    about = f"/nominations/{task.business_key}"
    sent = {
        **web.get(about).keys(),
        "kind": "merit_report",
        "title": "Báo cáo thành tích năm 2022",
        "file": (BytesIO(EXE), "bao cao.pdf"),
    }
    page = web.post(f"{about}/evidence", sent, content_type="multipart/form-data")
    assert page.status == 422
    assert "Tệp “bao cao.pdf” chưa được nhận:" in page.text
    assert 'value="Báo cáo thành tích năm 2022"' in page.response.text
    with commune.acting("X04T") as uow:
        assert uow.session.scalars(select(Evidence)).all() == []


def test_a_program_named_pdf_as_the_scan_of_a_paper_is_an_error_on_its_field_and_the_form_stays(
    web: Any, season: Any
) -> None:
    season.passed(1)
    _, path = approved_paper(season)
    web.sign_in("VT")
    sent = {**web.get(path).keys(), **NUMBER, "number": "12", "scan_sha256": (BytesIO(EXE), "ban ky.pdf")}
    page = web.post(path, sent, content_type="multipart/form-data")
    assert page.status == 422
    [(key, said)] = with_errors(page).items()
    assert key.endswith("scan_sha256")
    assert said.startswith("Tệp “ban ky.pdf” chưa được nhận:")
    assert 'value="12"' in page.response.text
    with season.commune.acting("VT") as uow:
        assert uow.session.scalars(select(NumberIssued)).all() == []


def test_a_draft_with_a_refused_file_is_kept_and_says_so(web: Any, season: Any) -> None:
    season.passed(1)
    _, path = approved_paper(season)
    web.sign_in("VT")
    sent = {**web.get(path).keys(), **NUMBER, "number": "12", "scan_sha256": (BytesIO(EXE), "ban ky.pdf")}
    answer = web.post(
        f"{path}/draft", sent, content_type="multipart/form-data", headers={"Accept": "application/json"}
    ).response
    assert answer.status_code == 200
    assert answer.json["message"].startswith("Đã lưu nháp lúc ")
    assert "Tệp “ban ky.pdf” chưa được nhận:" in answer.json["message"]
    assert 'value="12"' in web.get(path).response.text


def test_a_scan_over_the_limit_is_read_off_and_the_form_comes_back_whole(web: Any, season: Any) -> None:
    season.passed(1)
    _, path = approved_paper(season)
    web.sign_in("VT")
    sent = {**web.get(path).keys(), **NUMBER, "number": "12"}
    with BytesIO(PDF + b"x" * (26 * MEGABYTE)) as scan:
        page = web.post(
            path, {**sent, "scan_sha256": (scan, "ban ky.pdf")}, content_type="multipart/form-data"
        )
    assert page.status == 422
    [(key, said)] = with_errors(page).items()
    assert key.endswith("scan_sha256")
    assert said.startswith("Tệp “ban ky.pdf” lớn hơn 20 MB nên chưa được nhận.")
    assert 'value="12"' in page.response.text


def test_an_upload_beyond_all_measure_is_refused_in_words_and_the_draft_is_still_there(
    web: Any, task: Any
) -> None:
    web.sign_in("X04T")
    path = f"/tasks/{task.id}"
    web.post(f"{path}/draft", {**web.get(path).keys(), "merit_summary": REPORT})
    page = web.post(
        path,
        b"--x--",
        content_type="multipart/form-data; boundary=x",
        environ_overrides={"CONTENT_LENGTH": str(301 * MEGABYTE)},
    )
    assert page.status == 413
    assert "Tệp gửi lên quá lớn. Mỗi tệp được tối đa 20 MB" in page.text
    assert f'href="{path}">Quay lại trang vừa gửi</a>' in page.response.text
    assert REPORT in web.get(path).text


def test_a_stale_tab_reads_who_finished_the_task_and_when_and_its_words_are_shown(
    web: Any, season: Any
) -> None:
    [key] = season.reviewed(1)
    with season.commune.acting("VP") as uow:
        [found] = tasks.open_tasks(uow, step="receive_dossier", business_key=str(key))
    path = f"/tasks/{found.id}"
    web.sign_in("VP")
    keys = web.get(path).keys()
    season.do("VP", "receive_dossier", key, {"received_on": "2022-11-14"})
    page = web.post(path, {**keys, "received_on": "14/11/2022", "reception_note": REPORT})
    assert page.status == 409
    said = "Việc này đã xong: Phạm Thu Hà (hư cấu) làm lúc 12:00 14/11/2022."
    assert said in page.text
    assert REPORT in page.text
    assert "Nội dung này chưa được lưu. Có thể sao chép để dùng lại." in page.text
    again = web.get(path)
    assert (again.status, said in again.text) == (200, True)


def test_the_same_form_sent_twice_gets_the_same_answer_and_another_one_with_its_key_does_not(
    web: Any, season: Any
) -> None:
    [key] = season.reviewed(1)
    with season.commune.acting("VP") as uow:
        [found] = tasks.open_tasks(uow, step="receive_dossier", business_key=str(key))
    path = f"/tasks/{found.id}"
    web.sign_in("VP")
    sent = {**web.get(path).keys(), "received_on": "14/11/2022", "reception_note": "Đủ thành phần hồ sơ."}
    first, second = web.post(path, sent), web.post(path, sent)
    assert [(each.status, each.response.location) for each in (first, second)] == [(302, "/"), (302, "/")]
    changed = web.post(path, {**sent, "reception_note": REPORT})
    assert changed.status == 409
    assert "Việc này đã xong: Phạm Thu Hà (hư cấu) làm lúc 12:00 14/11/2022." in changed.text
    assert REPORT in changed.text


def test_a_number_used_twice_is_refused_at_its_field_and_says_what_has_it(web: Any, season: Any) -> None:
    season.passed(2)
    first, _ = approved_paper(season)
    season.do("VT", "issue_paper", first, {**NUMBER, "issued_on": "2022-11-14", "number": 12})
    _, path = approved_paper(season)
    web.sign_in("VT")
    page = web.post(path, {**web.get(path).keys(), **NUMBER, "number": "12"})
    assert page.status == 422
    [(key, said)] = with_errors(page).items()
    assert key.endswith("number")
    assert said == "Số 12/QĐ-UBND năm 2022 đã cấp cho văn bản khác ngày 14/11/2022."
    assert 'value="12"' in page.response.text
    with season.commune.acting("VT") as uow:
        numbers = uow.session.scalars(select(NumberIssued.number)).all()
    assert list(numbers) == [12]
    assert web.post(path, {**web.get(path).keys(), **NUMBER, "number": "13"}).status == 302


def test_a_session_that_ended_in_the_middle_of_a_form_gives_every_word_back_and_the_form_arrives(
    web: Any, season: Any, commune: Any
) -> None:
    [key] = season.reviewed(1)
    with commune.acting("VP") as uow:
        [found] = tasks.open_tasks(uow, step="receive_dossier", business_key=str(key))
    path = f"/tasks/{found.id}"
    web.sign_in("VP")
    filled = {**web.get(path).keys(), "received_on": "14/11/2022", "reception_note": REPORT}
    web.client.delete_cookie("thidua")
    asked = web.post(path, filled)
    assert asked.status == 401
    assert "Nội dung anh/chị vừa nhập được giữ lại" in asked.text
    with commune.acting("VP") as uow:
        assert tasks.get(uow, found.id).state == "open"
    back = web.sign_in("VP", _kept=asked.hidden("_kept"))
    assert "Anh/chị đã đăng nhập lại; bấm “Gửi tiếp” để gửi đúng nội dung đã nhập." in back.text
    sent = {name: back.hidden(name) for name in ("received_on", "reception_note")}
    assert sent == {"received_on": "14/11/2022", "reception_note": REPORT}
    assert web.post(path, {**back.keys(), **sent}).status == 302
    with commune.acting("VP") as uow:
        rows = history.of(uow, history.instance_chain(found.instance_id))
        [received] = [json.loads(row.data) for row in rows if row.event == "dossier:received"]
    assert received == {"note": REPORT, "on": "2022-11-14"}
