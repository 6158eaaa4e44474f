"""The administrator puts a public posting of ten days before the council; the next nominee follows it."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select

from engine import instances, migration
from engine import regulations as engine_regulations
from engine.errors import LintFailed, NotAllowed
from engine.models import Timer
from workflows.actions import interruptions, regulations
from workflows.demo.nominees import advanced_worker
from workflows.queries.diagram import picture
from workflows.queries.waiting import for_session

DIAGRAM = "nomination/nomination.bpmn"
FORM = "nomination/post_publicly.form.json"
TOMORROW, DAY_AFTER = date(2022, 11, 15), date(2022, 11, 16)

FORM_CONTENT = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "title": "Đăng công khai lấy ý kiến",
    "type": "object",
    "properties": {
        "posted_at_place": {"type": "string", "title": "Nơi niêm yết", "minLength": 3, "maxLength": 200}
    },
    "required": ["posted_at_place"],
}

STEPS = """
    <bpmn:userTask id="post_publicly" name="Đăng công khai lấy ý kiến">
      <bpmn:extensionElements>
        <spiffworkflow:properties>
          <spiffworkflow:property name="formJsonSchemaFilename" value="post_publicly.form.json"/>
          <spiffworkflow:property name="barred" value="barred_ids"/>
        </spiffworkflow:properties>
      </bpmn:extensionElements>
      <bpmn:incoming>flow_appraisal_result_wait_council</bpmn:incoming>
      <bpmn:outgoing>flow_post_publicly_posting_period</bpmn:outgoing>
    </bpmn:userTask>
    <bpmn:intermediateCatchEvent id="posting_period" name="Công khai 10 ngày">
      <bpmn:incoming>flow_post_publicly_posting_period</bpmn:incoming>
      <bpmn:outgoing>flow_posting_period_wait_council</bpmn:outgoing>
      <bpmn:timerEventDefinition id="posting_period_definition">
        <bpmn:timeDuration>"P10D"</bpmn:timeDuration>
      </bpmn:timerEventDefinition>
    </bpmn:intermediateCatchEvent>
    <bpmn:sequenceFlow id="flow_post_publicly_posting_period" sourceRef="post_publicly" targetRef="posting_period"/>
    <bpmn:sequenceFlow id="flow_posting_period_wait_council" sourceRef="posting_period" targetRef="wait_council"/>
"""
SHAPES = """
      <bpmndi:BPMNShape id="post_publicly_di" bpmnElement="post_publicly">
        <dc:Bounds x="2438" y="500" width="130" height="60"/>
      </bpmndi:BPMNShape>
      <bpmndi:BPMNShape id="posting_period_di" bpmnElement="posting_period">
        <dc:Bounds x="2485" y="600" width="36" height="36"/>
      </bpmndi:BPMNShape>
      <bpmndi:BPMNEdge id="flow_post_publicly_posting_period_di" bpmnElement="flow_post_publicly_posting_period">
        <di:waypoint x="2503" y="560"/><di:waypoint x="2503" y="600"/>
      </bpmndi:BPMNEdge>
      <bpmndi:BPMNEdge id="flow_posting_period_wait_council_di" bpmnElement="flow_posting_period_wait_council">
        <di:waypoint x="2503" y="636"/><di:waypoint x="2503" y="692"/>
      </bpmndi:BPMNEdge>
"""


def with_posting(xml: str) -> str:
    """The diagram as the administrator leaves it: a step of the office, then ten days, before the council."""
    way = (
        'id="flow_appraisal_result_wait_council" name="Đủ điều kiện" sourceRef="appraisal_result" targetRef='
    )
    changes = [
        (f'{way}"wait_council"', f'{way}"post_publicly"'),
        (
            "<bpmn:incoming>flow_appraisal_result_wait_council</bpmn:incoming>",
            "<bpmn:incoming>flow_posting_period_wait_council</bpmn:incoming>",
        ),
        (
            "<bpmn:flowNodeRef>appraise</bpmn:flowNodeRef>",
            "<bpmn:flowNodeRef>appraise</bpmn:flowNodeRef>"
            "<bpmn:flowNodeRef>post_publicly</bpmn:flowNodeRef>"
            "<bpmn:flowNodeRef>posting_period</bpmn:flowNodeRef>",
        ),
        ("  </bpmn:process>", f"{STEPS}  </bpmn:process>"),
        ("    </bpmndi:BPMNPlane>", f"{SHAPES}    </bpmndi:BPMNPlane>"),
    ]
    for before, after in changes:
        assert xml.count(before) == 1, before
        xml = xml.replace(before, after)
    return xml


def content(uow: Any, path: str) -> bytes:
    return bytes(engine_regulations.read(uow, uow.organisation_id, path, uow.today))


def drafted(town: Any, *, with_form: bool = True) -> UUID:
    """The administrator's draft with the changed diagram, and the new step's form unless it was forgotten."""
    with town.acting("QT") as uow:
        draft = regulations.start_draft(
            uow, name="Công khai 10 ngày trước phiên họp", citation="Công văn số 1/UBND (hư cấu)"
        )
        original = content(uow, DIAGRAM)
        expected = engine_regulations.draft_files(uow, draft)[DIAGRAM]
        changed = with_posting(original.decode()).encode()
        regulations.save_file(uow, draft.id, DIAGRAM, changed, expected=expected)
        if with_form:
            form = json.dumps(FORM_CONTENT, ensure_ascii=False).encode()
            regulations.save_file(uow, draft.id, FORM, form, expected=None)
        return draft.id


def errors_of(town: Any, draft: UUID) -> list[tuple[str, str]]:
    with town.acting("QT") as uow:
        found = engine_regulations.findings(uow, draft)
    return [(each.file, each.element_id) for each in found if each.level == "error"]


def publish(town: Any, draft: UUID, day: date) -> None:
    with town.acting("QT") as uow:
        regulations.publish(uow, draft, effective_from=day)


def nominated(town: Any, code: str) -> UUID:
    person = str(town.fixture.people[code])
    [key] = town.nominate("TP_HT", "CQ", advanced_worker(person))
    return UUID(str(key))


def appraised(town: Any, *keys: UUID) -> None:
    for key in keys:
        town.attach("TP_HT", key, "merit_report")
    town.submit("TP_HT", *keys)
    town.review("PCT1", "CQ", keys)
    town.receive(*keys)
    town.appraise(*keys)


def waiting(town: Any) -> list[UUID]:
    with town.acting("VP") as uow:
        return [each.id for each in for_session(uow)]


def post(town: Any, key: UUID) -> None:
    town.do("VP", "post_publicly", key, {"posted_at_place": "Trụ sở UBND xã và nhà văn hóa các xóm"})


def test_a_forgotten_form_is_found_by_its_step_and_keeps_the_draft_from_being_published(town: Any) -> None:
    draft = drafted(town, with_form=False)
    assert errors_of(town, draft) == [(DIAGRAM, "post_publicly")]
    with pytest.raises(LintFailed) as refused:
        publish(town, draft, TOMORROW)
    said = "Chưa thể công bố: còn 1 lỗi trong sơ đồ, bảng quyết định hoặc biểu mẫu."
    assert str(refused.value) == said
    with town.acting("QT") as uow:
        assert b"post_publicly" not in content(uow, DIAGRAM)


def test_only_the_administrator_changes_a_diagram_and_never_from_a_day_that_has_passed(town: Any) -> None:
    draft = drafted(town)
    assert errors_of(town, draft) == []
    with pytest.raises(NotAllowed, match="Không thể công bố quy định có hiệu lực từ một ngày đã qua"):
        publish(town, draft, date(2022, 11, 13))
    with pytest.raises(NotAllowed, match="Quản trị"), town.acting("VP") as uow:
        regulations.publish(uow, draft, effective_from=TOMORROW)


def test_the_next_nominee_is_posted_for_ten_days_and_those_on_their_way_are_not(town: Any) -> None:
    running = nominated(town, "CB01")
    publish(town, drafted(town), TOMORROW)
    same_day = nominated(town, "CB02")
    town.at(TOMORROW)
    later = nominated(town, "CB03")
    appraised(town, running, same_day, later)

    assert waiting(town) == [running, same_day]
    assert [town.open_steps(key) for key in (running, same_day, later)] == [[], [], ["post_publicly"]]
    versions = [town.row(key).instance_id for key in (running, same_day, later)]
    with town.acting("VP") as uow:
        hashes = [instances.get(uow, each).definition_hash for each in versions]
        pictures = ["post_publicly" in picture(uow, each).xml for each in versions]
    assert hashes[0] == hashes[1] != hashes[2]
    assert pictures == [False, False, True]

    town.at(DAY_AFTER)
    post(town, later)
    assert town.open_steps(later) == []
    with town.acting("VP") as uow:
        [timer] = uow.session.scalars(select(Timer).where(Timer.instance_id == versions[2])).all()
        assert timer.due_at == datetime(2022, 11, 26, 1, tzinfo=UTC)  # 08:00 in Vietnam
        assert picture(uow, versions[2]).positions["posting_period"] == "waiting"

    town.council(running, same_day)
    town.sign("decision", 203)
    assert town.stages(running, same_day, later) == ["awarded", "awarded", "council"]

    town.at(date(2022, 11, 25), 23)
    assert waiting(town) == []
    town.at(date(2022, 11, 26))
    assert waiting(town) == [later]
    with town.acting("VP") as uow:
        assert picture(uow, versions[2]).positions["posting_period"] == "done"
    assert "timer:fired" in town.events(later)
    town.council(later)
    town.sign("decision", 204)
    assert town.stages(later) == ["awarded"]
    assert town.forged() == []


def test_dossiers_on_their_way_follow_the_new_diagram_when_the_administrator_moves_them(town: Any) -> None:
    early, waits = nominated(town, "CB01"), nominated(town, "CB02")
    appraised(town, waits)
    publish(town, drafted(town), TOMORROW)
    town.at(TOMORROW)
    moving = [town.row(key).instance_id for key in (early, waits)]
    with town.acting("QT") as uow:
        new = engine_regulations.resolve(uow, uow.organisation_id, "nomination", uow.today)
        order = migration.Order(new.hash)
        plans = migration.plan(uow, moving, order)
        batch = migration.order_batch(uow, plans, order, reason="Công khai cả hồ sơ đang xét")
    assert [[str(finding) for finding in plan.findings] for plan in plans] == [
        [],
        [
            "Bước mới “Đăng công khai lấy ý kiến” nằm trước vị trí hiện tại: hồ sơ sẽ không qua bước này.",
            "Bước mới “Công khai 10 ngày” nằm trước vị trí hiện tại: hồ sơ sẽ không qua bước này.",
        ],
    ]
    with town.acting("QT") as uow:
        assert migration.progress(uow, batch.id) == migration.Progress(migrated=2)

    appraised(town, early)
    assert town.open_steps(early) == ["post_publicly"]
    assert waiting(town) == [waits]
    post(town, early)
    town.at(date(2022, 11, 26))
    assert waiting(town) == [early, waits]
    town.council(early, waits)
    town.sign("decision", 203)
    assert town.stages(early, waits) == ["awarded", "awarded"]
    assert town.forged() == []


def test_a_complaint_during_the_posting_stops_the_way_to_the_council_until_it_is_settled(town: Any) -> None:
    publish(town, drafted(town), date(2022, 11, 14))
    key = nominated(town, "CB01")
    appraised(town, key)
    post(town, key)
    with town.acting("VP") as uow:
        interruptions.hold(uow, key, "Đơn phản ánh số 16/ĐPA (hư cấu)")
    town.at(date(2022, 11, 28))
    assert waiting(town) == []
    with town.acting("VP") as uow:
        interruptions.resume(uow, key, "Kết luận số 08/KL-UBND (hư cấu)")
    assert waiting(town) == [key]
