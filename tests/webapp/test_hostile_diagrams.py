"""Diagrams that would harm or mislead: refused or listed with element and remedy, and never in force."""

from __future__ import annotations

import re
from typing import Any

import pytest

from tests.webapp.draft_browser import DIAGRAM, Draft, shipped


@pytest.fixture
def draft(web: Any) -> Draft:
    web.sign_in("QT")
    return Draft(web)


HOSTILE = {
    "DOCTYPE": (
        lambda xml: xml.replace("<bpmn:definitions", "<!DOCTYPE x [<!ENTITY a 'b'>]><bpmn:definitions", 1),
        ("DOCTYPE",),
    ),
    "import": (
        lambda xml: re.sub(
            r"(<bpmn:conditionExpression[^>]*>)[^<]*", r"\1__import__('os').system('id')", xml, count=1
        ),
        ("__import__",),
    ),
    "complex gateway": (
        lambda xml: re.sub(r"bpmn:exclusiveGateway(?= id=\"appraisal_result\")", "bpmn:complexGateway", xml),
        ("appraisal_result",),
    ),
    "missing form": (
        lambda xml: xml.replace('value="appraise.form.json"', 'value="mat.form.json"'),
        ("appraise", "mat.form.json"),
    ),
    "unknown lane": (lambda xml: xml.replace('id="standing_office"', 'id="phong_la"'), ("phong_la",)),
}


@pytest.mark.parametrize("kind", HOSTILE)
def test_a_hostile_diagram_is_refused_by_name_and_the_draft_stays(draft: Draft, kind: str) -> None:
    change, words = HOSTILE[kind]
    content = shipped(draft)
    hostile = change(content)
    if kind == "complex gateway":
        hostile = _close(hostile)
    assert hostile != content
    answer = draft.upload(("nomination.bpmn", hostile.encode()))
    assert answer.status == 422
    assert [word for word in words if word not in answer.text] == []
    assert "Tệp tải lên chưa dùng được; dự thảo giữ nguyên." in answer.text
    assert shipped(draft) == content


LISTED = {
    "import": ("flow_unit_result_receive_dossier", "“__import__”", "service task"),
    "complex gateway": (
        "appraisal_result",
        "cổng phức hợp (complex gateway) không được hỗ trợ",
        "dùng cổng loại trừ hoặc cổng song song",
    ),
    "missing form": (
        "appraise",
        "thiếu tệp biểu mẫu nomination/mat.form.json",
        "thêm tệp này hoặc chọn biểu mẫu khác",
    ),
    "unknown lane": (
        "phong_la",
        "không phải là vai trò nào của hệ thống",
        "đặt mã làn là một vai trò: administrator, chairman, ",
    ),
}
"""What the editor is answered: the element, what is wrong with it, what to do instead."""


@pytest.mark.parametrize("kind", LISTED)
def test_what_the_editor_saves_is_listed_with_its_element_and_blocks_the_publication(
    draft: Draft, kind: str
) -> None:
    change, _ = HOSTILE[kind]
    element, wrong, advice = LISTED[kind]
    data = draft.data(DIAGRAM)
    hostile = change(data["xml"])
    hostile = _close(hostile) if kind == "complex gateway" else hostile
    saved = draft.send(data["saveUrl"], data, xml=hostile).json
    assert saved["message"] == "Đã lưu dự thảo. Còn 1 lỗi phải sửa trước khi công bố."
    [found] = [each for each in saved["findings"] if each["level"] == "error"]
    assert found["element_id"] == element
    assert (wrong in found["message"], advice in found["advice"]) == (True, True)
    refused = draft.publish("2022-11-20")
    assert refused.status == 422
    said = "Chưa thể công bố: còn 1 lỗi trong sơ đồ, bảng quyết định hoặc biểu mẫu."
    assert [text for text in (said, element, wrong, advice) if text not in refused.text] == []
    assert shipped(draft) == hostile


def test_the_editor_keeps_no_doctype_not_even_in_a_draft(draft: Draft) -> None:
    before = shipped(draft)
    data = draft.data(DIAGRAM)
    change, _ = HOSTILE["DOCTYPE"]
    said = (
        "Chưa lưu: không chấp nhận khai báo DOCTYPE. Hãy bỏ phần đó rồi lưu lại; bản trên màn hình vẫn còn."
    )
    for url in (data["saveUrl"], data["forkUrl"]):
        answer = draft.send(url, data, xml=change(data["xml"]))
        assert (answer.status_code, answer.json["message"]) == (422, said)
    assert shipped(draft) == before
    assert "Đã sửa trong bản này" not in draft.page().text


def _close(xml: str) -> str:
    """The end tag that belongs to the gateway whose start tag was renamed."""
    start = xml.index("<bpmn:complexGateway")
    end = xml.index("</bpmn:exclusiveGateway>", start)
    return xml[:end] + "</bpmn:complexGateway>" + xml[end + len("</bpmn:exclusiveGateway>") :]
