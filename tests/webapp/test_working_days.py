"""A deadline in working days: the diagram says how many, the organisation's calendar says which."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from engine import instances, jobs, tasks
from engine.clock import local_date
from engine.database import new_id, unit_of_work
from engine.models import Timer
from webapp.commands.regulations import import_and_publish
from workflows.actions import organisation

HEAD = (
    '<bpmn:definitions xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL" '
    'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" '
    'xmlns:spiffworkflow="http://spiffworkflow.org/bpmn/schema/1.0/core" targetNamespace="urn:test">'
)
DIAGRAM = f"""{HEAD}
<bpmn:process id="answer" isExecutable="true">
  <bpmn:laneSet id="lanes"><bpmn:lane id="standing_office">
    <bpmn:flowNodeRef>reply</bpmn:flowNodeRef><bpmn:flowNodeRef>remind</bpmn:flowNodeRef></bpmn:lane></bpmn:laneSet>
  <bpmn:startEvent id="asked"/><bpmn:userTask id="reply" name="Trả lời"/>
  <bpmn:boundaryEvent id="late" name="Quá hạn" attachedToRef="reply" cancelActivity="false">
    <bpmn:timerEventDefinition><bpmn:timeDate xsi:type="bpmn:tFormalExpression">workdays(3)</bpmn:timeDate>
    </bpmn:timerEventDefinition></bpmn:boundaryEvent>
  <bpmn:userTask id="remind" name="Nhắc"/><bpmn:endEvent id="answered"/><bpmn:endEvent id="reminded"/>
  <bpmn:sequenceFlow id="f1" sourceRef="asked" targetRef="reply"/>
  <bpmn:sequenceFlow id="f2" sourceRef="reply" targetRef="answered"/>
  <bpmn:sequenceFlow id="f3" sourceRef="late" targetRef="remind"/>
  <bpmn:sequenceFlow id="f4" sourceRef="remind" targetRef="reminded"/>
</bpmn:process></bpmn:definitions>"""
EMPTY = '{"title": "Trả lời", "type": "object", "properties": {}}'


@pytest.fixture
def answer(commune: Any, tmp_path: Path) -> None:
    """The diagram in force; Tuesday 15 November is a holiday of the commune, Saturday 19 a working day."""
    folder = tmp_path / "rule"
    (folder / "answer").mkdir(parents=True)
    (folder / "regulation.toml").write_text('code = "answer"\nname = "Trả lời trong ba ngày làm việc"\n')
    for name in ("reply", "remind"):
        (folder / "answer" / f"{name}.form.json").write_text(EMPTY)
    form = (
        "<bpmn:extensionElements><spiffworkflow:properties>"
        '<spiffworkflow:property name="formJsonSchemaFilename" value="{}.form.json"/>'
        "</spiffworkflow:properties></bpmn:extensionElements>"
    )
    drawn = DIAGRAM
    for name, words in (("reply", "Trả lời"), ("remind", "Nhắc")):
        task = f'<bpmn:userTask id="{name}" name="{words}"/>'
        drawn = drawn.replace(task, f"{task[:-2]}>{form.format(name)}</bpmn:userTask>")
    (folder / "answer" / "answer.bpmn").write_text(drawn)
    with commune.acting("QT") as uow:
        organisation.set_calendar_day(uow, date(2022, 11, 15), kind="holiday", note="Ngày hội xã")
        organisation.set_calendar_day(uow, date(2022, 11, 19), kind="workday", note="Làm bù")
    with commune.acting("QT") as uow:
        import_and_publish(uow, folder, commune.made.commune_id, effective_from=uow.today)


def due_days(commune: Any) -> list[date]:
    with commune.acting("VP") as uow:
        return [local_date(timer.due_at) for timer in uow.session.scalars(sa.select(Timer))]


def test_three_working_days_pass_over_the_communes_holiday_and_count_its_working_saturday(
    commune: Any, answer: None
) -> None:
    for start, due in ((date(2022, 11, 14), date(2022, 11, 18)), (date(2022, 11, 17), date(2022, 11, 21))):
        commune.clock.move(datetime(start.year, start.month, start.day, 5, tzinfo=UTC))
        with commune.acting("VP") as uow:
            home = commune.made.commune_id
            instances.start(uow, "answer", organisation_id=home, business_key=str(new_id()), data={})
        assert due in due_days(commune)
    sweep(commune, datetime(2022, 11, 17, 16, 59, tzinfo=UTC))
    assert reminders(commune) == 0
    sweep(commune, datetime(2022, 11, 18, 17, 0, tzinfo=UTC))
    assert reminders(commune) == 1


def sweep(commune: Any, moment: datetime) -> None:
    commune.clock.move(moment)
    with unit_of_work(commune.database) as uow:
        uow.enqueue("fire_timers")
    jobs.run_pending(commune.database)


def reminders(commune: Any) -> int:
    with commune.acting("VP") as uow:
        return len(tasks.open_tasks(uow, step="remind"))
