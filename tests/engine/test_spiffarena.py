"""A process model of SpiffArena becomes a regulation; what cannot come along is named: file, element, property."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from engine.lint import Known
from engine.manifest import ManifestRefused, read_manifest
from engine.spiffarena import Imported, import_model

MODELS = Path(__file__).parent / "spiffarena_models"
ROLES = {"Người xin nghỉ": "standing_office", "Lane_head": "chairman"}
KNOWN = Known(roles={"standing_office", "chairman"})


def model(name: str, roles: dict[str, str] | None = None) -> Imported:
    return import_model(MODELS / name, KNOWN, roles)


def form(made: Imported, path: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(made.files[path])
    return found


def named(made: Imported, level: str) -> set[tuple[str, str, str]]:
    """(file, element, first word of what is told)."""
    return {
        (one.file, one.element_id, one.message.split(":")[0]) for one in made.findings if one.level == level
    }


def test_a_model_with_forms_a_gateway_and_a_table_may_be_published() -> None:
    made = model("leave", ROLES)
    assert named(made, "error") == set()
    assert made.publishable
    home = "Process_leave"
    assert set(made.files) == {
        "regulation.toml",
        f"{home}/{home}.bpmn",
        f"{home}/who_approves.dmn",
        *(f"{home}/{step}.form.json" for step in ("Activity_ask", "Activity_approve", "Activity_read")),
    }
    manifest = read_manifest(made.files["regulation.toml"])
    assert (manifest.code, manifest.name) == (home, "Xin nghỉ phép")


def test_a_form_keeps_its_order_its_choices_its_widgets_and_its_limits() -> None:
    made = form(model("leave", ROLES), "Process_leave/Activity_ask.form.json")
    fields = made["properties"]
    assert list(fields) == ["full_name", "kind", "days", "reason", "begins_on", "email", "handed_over"]
    assert made["required"] == ["full_name", "days", "kind"]
    choices = [{"const": "annual", "title": "Phép năm"}, {"const": "sick", "title": "Nghỉ ốm"}]
    assert fields["kind"] == {"type": "string", "title": "Loại nghỉ", "oneOf": choices, "x-widget": "radio"}
    assert fields["days"] == {"type": "integer", "title": "Số ngày", "minimum": 1, "maximum": 30}
    assert fields["reason"] == {
        "type": "string",
        "title": "Lý do",
        "x-help": "Viết ngắn gọn.",
        "x-widget": "textarea",
        "x-placeholder": "Về quê",
    }
    assert fields["begins_on"] == {"type": "string", "title": "begins_on", "format": "date"}
    assert "pattern" in fields["email"]
    assert fields["handed_over"]["items"]["required"] == ["what"]


def test_what_a_step_tells_stands_above_its_form_without_markdown_and_jinja_is_named() -> None:
    made = model("leave", ROLES)
    asked = form(made, "Process_leave/Activity_ask.form.json")
    assert asked["description"] == "Điền đơn Nộp trước ba ngày."
    confirmed = form(made, "Process_leave/Activity_read.form.json")
    assert (confirmed["description"], confirmed["properties"]) == ("Đơn đã được xử lý.", {})
    told = named(made, "warning")
    assert ("leave request.bpmn", "Activity_ask", "instructionsForEndUser") in told
    assert ("leave request.bpmn", "Activity_itself", "unitTests") in told


def test_a_lane_without_a_role_is_named() -> None:
    made = model("leave", {"Người xin nghỉ": "standing_office"})
    assert [(one.element_id, one.message) for one in made.findings if one.level == "error"] == [
        ("Lane_head", "làn “Người duyệt” không phải là vai trò nào của hệ thống")
    ]


def test_a_diagram_without_lanes_gets_the_role_that_was_given_for_it(tmp_path: Path) -> None:
    (tmp_path / "one.bpmn").write_text(ONE_STEP, encoding="utf-8")
    assert named(import_model(tmp_path, KNOWN), "error") == {
        ("one.bpmn", "Process_one", "quy trình không có làn"),
        (
            "Process_one/Process_one.bpmn",
            "Activity_one",
            "bước “Một” không nằm trong làn nào nên không ai được giao",
        ),
    }
    assert import_model(tmp_path, KNOWN, {"": "chairman"}).publishable


def test_everything_that_cannot_come_along_is_named() -> None:
    made = model("everything")
    assert not made.publishable
    diagram, form_file, looks = "all.bpmn", "wide-schema.json", "wide-uischema.json"
    assert {(diagram, *one) for one in IN_DIAGRAM} <= named(made, "error")
    in_library = {
        (one.element_id, one.message.split("“")[0]) for one in made.findings if one.level == "error"
    }
    assert ("Activity_post", "thao tác ") in in_library
    assert ("Activity_send", "bước gửi (send task) không được dùng") in in_library
    assert (
        "Activity_import",
        "kịch bản không dùng được: Dòng 1: Không được dùng lệnh import trong sơ đồ",
    ) in in_library
    of_fields = {(file, element) for file, element, _ in named(made, "error") if file in (form_file, looks)}
    assert of_fields == {
        (form_file, ""),
        *((form_file, name) for name in ("address", "colour", "at", "from", "maybe")),
        *((looks, name) for name in ("city", "maybe")),
    }
    whole = " ".join(one.message for one in made.findings)
    for word in (
        "“if”",
        "“then”",
        "options_from_task_data_var",
        "“date-time”",
        "“minimumDate”",
        "“typeahead”",
        "“mine”",
    ):
        assert word in whole
    assert any(one.element_id == "deep.rows" for one in made.findings)
    assert {(file, element) for file, element, _ in named(made, "warning")} >= {
        (diagram, "Activity_post"),
        (diagram, "Activity_wide"),
        ("process_model.json", "exception_notification_addresses"),
        ("test_all.json", ""),
        (form_file, "scan"),
        (looks, "gone"),
    }


IN_DIAGRAM = [
    ("Activity_send", "messagePayload"),
    ("Activity_wide", "allowGuest"),
    ("Correlation_po", "correlationKey"),
    ("Message_po", "isMatchingCorrelation"),
    ("Activity_owners", "lane_owners"),
    ("Activity_lost", "formJsonSchemaFilename"),
    ("Process_all", "quy trình không có làn"),
]
ONE_STEP = """<?xml version="1.0" encoding="UTF-8"?>
<bpmn:definitions xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL" id="D" targetNamespace="t">
<bpmn:process id="Process_one" isExecutable="true">
<bpmn:startEvent id="S"/><bpmn:userTask id="Activity_one" name="Một"/><bpmn:endEvent id="E"/>
<bpmn:sequenceFlow id="A" sourceRef="S" targetRef="Activity_one"/>
<bpmn:sequenceFlow id="B" sourceRef="Activity_one" targetRef="E"/>
</bpmn:process></bpmn:definitions>"""


@pytest.mark.parametrize("content", [b"{", b"[]", b'{"type": "string"}', b"\xff\xfe"])
def test_a_form_that_cannot_be_read_is_named_and_nothing_breaks(tmp_path: Path, content: bytes) -> None:
    for path in (MODELS / "leave").iterdir():
        (tmp_path / path.name).write_bytes(path.read_bytes())
    (tmp_path / "approve-schema.json").write_bytes(content)
    made = import_model(tmp_path, KNOWN, ROLES)
    assert not made.publishable
    assert "approve-schema.json" in {one.file for one in made.findings if one.level == "error"}


def test_a_folder_without_a_diagram_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ManifestRefused, match="không có sơ đồ"):
        import_model(tmp_path, KNOWN)


def test_a_hostile_diagram_is_named_and_not_read(tmp_path: Path) -> None:
    (tmp_path / "a.bpmn").write_text('<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>', encoding="utf-8")
    made = import_model(tmp_path, KNOWN)
    assert named(made, "error") == {("a.bpmn", "", "không chấp nhận khai báo DOCTYPE")}
