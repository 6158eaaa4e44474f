"""Regulations in the browser: drafts, two editors of one file, hostile uploads, publishing from a date."""

from __future__ import annotations

import json
from typing import Any

import pytest
import sqlalchemy as sa

from engine import regulations
from engine.models import Regulation
from tests.webapp.draft_browser import DIAGRAM, Draft, shipped
from workflows.queries.nominations import list_nominations

FORM = "nomination/appraise.form.json"


@pytest.fixture
def draft(web: Any) -> Draft:
    web.sign_in("QT")
    return Draft(web)


def test_the_list_names_what_is_in_force_and_what_must_be_checked(draft: Draft) -> None:
    page = draft.web.get("/admin/regulations")
    assert "Đang có hiệu lực" in page.text
    assert "4 căn cứ cần kiểm tra" in page.text
    assert "Hiệu lực từ 01/10/2017 đến hết 31/12/2023" in page.text
    assert "Dự thảo Công khai lấy ý kiến trước phiên họp" in page.text


def test_files_are_read_by_process_as_picture_table_and_text(draft: Draft) -> None:
    page = draft.page()
    assert "Hồ sơ đề nghị khen thưởng" in page.text
    assert "Không có lỗi. Có thể công bố." in page.text
    diagram = draft.web.get(f"{draft.url}/view?path={DIAGRAM}")
    assert (diagram.status, 'id="viewer-data"' in diagram.response.text) == (200, True)
    table = draft.web.get(f"{draft.url}/view?path=council_appraisal/voting_rule.dmn")
    assert (table.status, "cần kiểm tra" in table.text) == (200, True)
    assert (
        "Tiếp nhận hồ sơ" in draft.web.get(f"{draft.url}/view?path=nomination/receive_dossier.form.json").text
    )
    download = draft.web.client.get(f"{draft.url}/download?path={DIAGRAM}")
    assert download.headers["Content-Disposition"] == "attachment; filename=nomination.bpmn"
    assert draft.web.get(f"{draft.url}/view?path=../secret").status == 404


def test_the_editor_offers_what_the_regulation_has(draft: Draft) -> None:
    choices = draft.data(DIAGRAM)["choices"]
    assert ["appraise.form.json", "Thẩm định hồ sơ"] in choices["forms"]
    assert "eligibility" in [key for key, _ in choices["decisions"]]
    assert "mark_submitted" in [key for key, _ in choices["services"]]


def test_a_save_is_kept_and_linted(draft: Draft) -> None:
    data = draft.data(DIAGRAM)
    changed = data["xml"].replace('name="Thẩm định hồ sơ"', 'name="Thẩm định kỹ hồ sơ"')
    assert changed != data["xml"]
    answer = draft.send(data["saveUrl"], data, xml=changed)
    assert answer.status_code == 200
    assert answer.json["message"] == "Đã lưu dự thảo. Không có lỗi."
    assert draft.data(DIAGRAM)["expected"] == answer.json["expected"]
    assert "Đã sửa trong bản này" in draft.page().text


def test_who_comes_second_is_told_so_and_keeps_what_they_drew(draft: Draft, another: Any) -> None:
    another.sign_in("QT")
    mine, theirs = draft.data(DIAGRAM), draft.data(DIAGRAM, another)
    one = mine["xml"].replace('name="Thẩm định hồ sơ"', 'name="Bản thứ nhất"')
    two = mine["xml"].replace('name="Thẩm định hồ sơ"', 'name="Bản thứ hai"')
    assert draft.send(mine["saveUrl"], mine, xml=one).status_code == 200
    refused = draft.send(theirs["saveUrl"], theirs, another, xml=two)
    assert (refused.status_code, "vừa được người khác sửa" in refused.json["message"]) == (409, True)
    kept = draft.send(theirs["forkUrl"], theirs, another, xml=two)
    assert "Bản thứ hai" in another.get(kept.json["goTo"]).response.text
    assert "Bản thứ nhất" in shipped(draft)


def test_an_error_names_its_element_and_stops_the_publication(draft: Draft) -> None:
    data = draft.data(DIAGRAM)
    broken = data["xml"].replace('value="appraise.form.json"', 'value="khong_co.form.json"')
    checked = draft.send(data["lintUrl"], data, xml=broken)
    assert [each["element_id"] for each in checked.json["findings"] if each["level"] == "error"] == [
        "appraise"
    ]
    assert "Đã sửa trong bản này" not in draft.page().text
    saved = draft.send(data["saveUrl"], data, xml=broken)
    assert saved.json["message"] == "Đã lưu dự thảo. Còn 1 lỗi phải sửa trước khi công bố."
    answer = draft.publish("2022-11-20")
    assert (answer.status, "Chưa thể công bố: còn" in answer.text) == (422, True)
    assert "khong_co.form.json" in answer.text


def test_publishing_is_refused_for_the_past_and_says_why(draft: Draft) -> None:
    data = draft.data(DIAGRAM)
    draft.send(data["saveUrl"], data, xml=data["xml"].replace("Thẩm định hồ sơ", "Thẩm định kỹ"))
    past = draft.publish("2022-11-13")
    assert (past.status, "một ngày đã qua" in past.text) == (422, True)
    assert 'value="2022-11-13"' in past.response.text
    assert draft.publish("").status == 422


def test_an_empty_draft_is_not_published(draft: Draft) -> None:
    answer = draft.publish("2022-11-20")
    assert (answer.status, "Bản sửa đổi chưa thay đổi tệp nào." in answer.text) == (422, True)


def test_the_next_dossier_follows_the_new_diagram_the_running_one_its_own(
    draft: Draft, commune: Any, household: dict[str, Any]
) -> None:
    [before] = commune.nominate("X04P", "X04", household)
    data = draft.data(DIAGRAM)
    draft.send(data["saveUrl"], data, xml=data["xml"].replace("Thẩm định hồ sơ", "Thẩm định kỹ"))
    page = draft.page()
    said = "Hồ sơ đang chạy giữ nguyên phiên bản cũ; hồ sơ mới từ ngày có hiệu lực theo phiên bản này."
    assert said in page.text
    assert draft.publish("2022-11-14").response.headers["Location"] == draft.url
    assert "Đang có hiệu lực" in draft.page().text
    with commune.acting("QT") as uow:
        published = uow.session.scalars(sa.select(Regulation).where(Regulation.code.like("sua-%"))).one()
        assert published.state == "published"
        new = regulations.read(uow, commune.made.commune_id, DIAGRAM, uow.today).decode()
    assert "Thẩm định kỹ" in new
    [after] = commune.nominate("X04P", "X04", {**household, "subject_name": "Hà Văn Sau (hư cấu)"})
    with commune.acting("VP") as uow:
        rows = {row.id: row.instance_id for row, _ in list_nominations(uow).rows}
    assert set(rows) == {before, after}
    assert draft.web.get(f"{draft.url}/edit?path={DIAGRAM}").status == 302


def test_a_good_diagram_is_taken_to_the_place_of_its_process(draft: Draft) -> None:
    content = shipped(draft).replace("Thẩm định hồ sơ", "Thẩm định kỹ")
    answer = draft.upload(("sua doi lan 2.bpmn", content.encode()))
    assert answer.status == 302
    assert "Đã nhận: nomination/nomination.bpmn." in draft.page().text
    assert "Thẩm định kỹ" in shipped(draft)


def test_nothing_chosen_and_what_is_no_diagram_are_refused(draft: Draft) -> None:
    assert "Hãy chọn tệp trước khi tải lên." in draft.upload().text
    answer = draft.upload(("may tinh.exe", b"MZ\x90"))
    assert answer.status == 422
    assert "chỉ nhận sơ đồ" in answer.text or "tên tệp chỉ gồm" in answer.text


def test_a_form_is_edited_as_text_with_a_preview_and_its_mistakes_kept(draft: Draft, another: Any) -> None:
    url = f"{draft.url}/edit?path={FORM}"
    page = draft.web.get(url)
    assert "Xem trước biểu mẫu" in page.text
    first = {**page.keys(), "expected": page.hidden("expected")}
    wrong = draft.web.post(url, {**first, "content": '{"title": "Thẩm định" '})
    assert (wrong.status, "dòng 1, cột" in wrong.text) == (422, True)
    assert "&#34;title&#34;: &#34;Thẩm định&#34;" in wrong.response.text
    schema = {"title": "Thẩm định lại", "type": "object", "properties": {}}
    assert draft.web.post(url, {**first, "content": json.dumps(schema, ensure_ascii=False)}).status == 302
    second = draft.web.post(url, {**first, "content": '{"title": "Của người thứ hai"}'})
    assert (second.status, "Của người thứ hai" in second.text) == (409, True)
    assert "Bản người khác vừa lưu" in second.text
    assert "Thẩm định lại" in second.text


def test_a_new_step_gets_a_form_and_a_changed_file_can_be_dropped_again(draft: Draft) -> None:
    page = draft.web.get(f"{draft.url}/form")
    sent = {"folder": "nomination", "step": "post_publicly", "title": "Công khai lấy ý kiến"}
    answer = draft.web.post(f"{draft.url}/form", {**page.keys(), **sent})
    assert answer.response.headers["Location"].endswith("path=nomination/post_publicly.form.json")
    assert ["post_publicly.form.json", "Công khai lấy ý kiến"] in draft.data(DIAGRAM)["choices"]["forms"]
    twice = draft.web.post(f"{draft.url}/form", {**draft.web.get(f"{draft.url}/form").keys(), **sent})
    assert twice.status == 422
    back = {**draft.page().keys(), "path": "nomination/post_publicly.form.json"}
    assert draft.web.post(f"{draft.url}/revert", back).status == 302
    assert "Công khai lấy ý kiến Thêm mới" not in draft.page().text


def test_a_draft_is_thrown_away(draft: Draft) -> None:
    assert draft.web.post(f"{draft.url}/discard", draft.page().keys()).status == 302
    assert draft.page().status == 404


def test_another_organisations_administrator_sees_no_draft_of_the_commune(
    draft: Draft, another: Any, commune: Any
) -> None:
    who = {"username": "quantri.tp", "password": "mot cau that dai cua rieng toi"}
    another.post("/sign-in", {**another.get("/sign-in").keys(), **who})
    assert another.get("/admin/regulations").status == 200
    assert another.get(draft.url).status == 404
