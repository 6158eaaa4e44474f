from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest
import sqlalchemy as sa

from engine import execution, handlers, history, incidents, instances, jobs, messages, repairs
from engine.database import Database, new_id, unit_of_work
from engine.errors import InvalidForm, NotAllowed, NotFound, StepFailed
from engine.models import Incident, Instance, Message
from engine.spiff.runner import Run

CATCH = (
    '<bpmn:intermediateCatchEvent id="wait"><bpmn:messageEventDefinition id="d" messageRef="m"/>'
    "</bpmn:intermediateCatchEvent>"
)
SERVICE = (
    '<bpmn:serviceTask id="work" name="Tính điểm"><bpmn:extensionElements>'
    '<spiffworkflow:serviceTaskOperator id="compute"><spiffworkflow:parameters/>'
    "</spiffworkflow:serviceTaskOperator></bpmn:extensionElements></bpmn:serviceTask>"
)
FORK = (
    '<bpmn:exclusiveGateway id="fork" default="fork_to_no"/>'
    '<bpmn:sequenceFlow id="fork_to_yes" sourceRef="fork" targetRef="yes">'
    '<bpmn:conditionExpression xsi:type="bpmn:tFormalExpression">points &gt; 10</bpmn:conditionExpression>'
    '</bpmn:sequenceFlow><bpmn:sequenceFlow id="fork_to_no" sourceRef="fork" targetRef="no"/>'
    '<bpmn:endEvent id="yes"/><bpmn:endEvent id="no"/>'
)


def diagram(*inner: str, flows: str) -> str:
    return (
        '<bpmn:message id="m" name="result"/><bpmn:process id="failing" isExecutable="true">'
        '<bpmn:startEvent id="begun"/>' + CATCH + "".join(inner) + flows + "</bpmn:process>"
    )


@pytest.fixture
def fail(database: Database, deploy: Any, draw: Any, begin: Any, commune: UUID) -> Callable[..., Instance]:
    """fail(data) starts an instance and sends the message whose next step fails; returns the instance."""

    def fail(*inner: str, last: tuple[str, ...], data: dict[str, Any] | None = None) -> Instance:
        body = diagram(*inner, flows=draw.flows("begun", "wait", *last))
        instance: Instance = begin(deploy("failing", body), "HS-1", data or {})
        with unit_of_work(database) as uow:
            messages.send(uow, organisation_id=commune, name="result", key="HS-1", payload={}, dedup="result")
        with pytest.raises(StepFailed):
            jobs.run_pending(database)
        return instance

    return fail


@pytest.fixture
def broken(registry: handlers.Registry) -> list[str]:
    """While something stands in it, the service fails; what it did is appended to `broken.done`."""
    broken = ["chia cho không"]

    @handlers.service("compute")
    def compute(call: handlers.ServiceCall) -> dict[str, Any]:
        if broken:
            raise ZeroDivisionError(broken[0])
        return {"computed": True}

    return broken


def the_incident(database: Database) -> Incident:
    with unit_of_work(database, readonly=True) as uow:
        [incident] = incidents.open_incidents(uow)
    return incident


def status(database: Database, instance: Instance) -> str:
    with unit_of_work(database, readonly=True) as uow:
        return instances.get(uow, instance.id).status


def message_state(database: Database) -> str:
    with unit_of_work(database, readonly=True) as uow:
        return str(uow.session.scalar(sa.select(Message.state)))


def events(database: Database, instance: Instance) -> list[tuple[str, Any]]:
    with unit_of_work(database, readonly=True) as uow:
        rows = history.of(uow, history.instance_chain(instance.id))
        assert history.verify(uow, history.instance_chain(instance.id)) == []
        return [(row.event, json.loads(row.data)) for row in rows]


SERVICE_END = (SERVICE, '<bpmn:endEvent id="ended"/>')


def test_a_failed_delivery_leaves_the_instance_where_it_was_with_one_incident(
    database: Database, fail: Any, broken: list[str]
) -> None:
    instance = fail(*SERVICE_END, last=("work", "ended"))
    assert (status(database, instance), message_state(database)) == ("running", "pending")
    incident = the_incident(database)
    assert (incident.element, incident.instance_id, incident.job_name) == (
        "work",
        instance.id,
        "deliver_message",
    )
    assert "chia cho không" in incident.cause
    with unit_of_work(database, readonly=True) as uow:
        assert [each.element for each in incidents.open_incidents(uow, instance_id=instance.id)] == ["work"]
        assert incidents.open_incidents(uow, instance_id=new_id()) == []


def test_retry_goes_on_when_the_cause_is_gone_and_the_incident_is_kept(
    database: Database, fail: Any, broken: list[str]
) -> None:
    instance = fail(*SERVICE_END, last=("work", "ended"))
    incident, administrator = the_incident(database), new_id()
    broken.clear()
    with unit_of_work(database, actor_id=administrator) as uow:
        repairs.retry(uow, incident.id)
    assert jobs.failed(database) == []
    jobs.run_pending(database)
    assert (status(database, instance), message_state(database)) == ("completed", "delivered")
    with unit_of_work(database, readonly=True) as uow:
        [kept] = incidents.resolved_incidents(uow)
        assert (kept.id, kept.resolution, kept.resolved_by) == (incident.id, "retried", administrator)
        assert kept.resolved_at == uow.now
    with pytest.raises(NotFound), unit_of_work(database) as uow:
        repairs.retry(uow, incident.id)  # a second administrator was slower
    assert jobs.pending_count(database) == 0


def test_a_retry_that_fails_again_is_a_new_incident(database: Database, fail: Any, broken: list[str]) -> None:
    fail(*SERVICE_END, last=("work", "ended"))
    first = the_incident(database)
    with unit_of_work(database) as uow:
        repairs.retry(uow, first.id)
    with pytest.raises(StepFailed):
        jobs.run_pending(database)
    assert the_incident(database).id != first.id
    assert len(jobs.failed(database)) == 1


def test_skip_passes_the_step_undone_once_with_its_reason(
    database: Database, fail: Any, broken: list[str]
) -> None:
    instance = fail(*SERVICE_END, last=("work", "ended"))
    incident = the_incident(database)
    with pytest.raises(InvalidForm), unit_of_work(database) as uow:
        repairs.skip(uow, incident.id, "  ")
    with unit_of_work(database) as uow:
        step = repairs.step_of(uow, incident)
        assert step is not None
        assert (step.name, step.skippable) == ("Tính điểm", True)
        repairs.skip(uow, incident.id, "điểm đã tính tay")
    jobs.run_pending(database)
    assert status(database, instance) == "completed"
    with unit_of_work(database, readonly=True) as uow:
        assert instances.get(uow, instance.id).skips is None
        assert "computed" not in instances.data(uow, instance.id)
        [kept] = incidents.resolved_incidents(uow)
        assert (kept.resolution, kept.reason) == ("skipped", "điểm đã tính tay")
    told = [event for event, _ in events(database, instance)]
    assert told.index("incident:resolved") < told.index("step:skipped") < told.index("instance:completed")


def test_a_script_is_skipped_too(database: Database, fail: Any, broken: list[str]) -> None:
    script = '<bpmn:scriptTask id="tally"><bpmn:script>points = 1 / zero</bpmn:script></bpmn:scriptTask>'
    instance = fail(script, '<bpmn:endEvent id="ended"/>', last=("tally", "ended"), data={"zero": 0})
    incident = the_incident(database)
    assert incident.element == "tally"
    with unit_of_work(database) as uow:
        repairs.skip(uow, incident.id, "không cần tính nữa")
    jobs.run_pending(database)
    assert status(database, instance) == "completed"


def test_a_fork_is_not_skipped_but_its_data_corrected(
    database: Database, fail: Any, broken: list[str]
) -> None:
    instance = fail(FORK, last=("fork",), data={"points": "mười hai", "secret_name": "Lò Văn Vinh"})
    incident = the_incident(database)
    with pytest.raises(NotAllowed), unit_of_work(database) as uow:
        repairs.skip(uow, incident.id, "bỏ qua bước này")
    with unit_of_work(database) as uow:
        values = repairs.variables(uow, incident.id)
        assert values == {"points": "mười hai", "secret_name": "Lò Văn Vinh"}
    for wrong in ({"points": "12"}, {**values, "points": 12}, {**values, "__class__": 1}, values):
        with pytest.raises(InvalidForm), unit_of_work(database) as uow:
            repairs.correct(uow, incident.id, wrong, "điểm ghi nhầm bằng chữ")
    with unit_of_work(database) as uow:
        repairs.correct(uow, incident.id, {**values, "points": None}, "điểm ghi nhầm bằng chữ")
    with pytest.raises(StepFailed):  # nothing compares with nothing: the step fails again
        jobs.run_pending(database)
    with unit_of_work(database) as uow:
        incident = the_incident(database)
        repairs.correct(uow, incident.id, {**values, "points": 12, "checked": True}, "điểm là mười hai")
    jobs.run_pending(database)
    with unit_of_work(database, readonly=True) as uow:
        ended = instances.get(uow, instance.id)
        assert (ended.status, ended.outcome) == ("completed", "yes")
    corrected = [data for event, data in events(database, instance) if event == "data:corrected"]
    assert corrected[1] == {"changed": ["points"], "added": ["checked"], "reason": "điểm là mười hai"}
    assert "Lò Văn Vinh" not in json.dumps(corrected, ensure_ascii=False)


def test_a_correction_that_breaks_half_way_leaves_nothing(
    database: Database, fail: Any, broken: list[str]
) -> None:
    instance = fail(FORK, last=("fork",), data={"points": "mười hai"})
    incident = the_incident(database)
    with pytest.raises(ZeroDivisionError), unit_of_work(database) as uow:
        repairs.correct(uow, incident.id, {"points": None}, "điểm ghi nhầm bằng chữ")
        raise ZeroDivisionError
    assert the_incident(database).id == incident.id
    assert (len(jobs.failed(database)), jobs.pending_count(database)) == (1, 0)
    with unit_of_work(database, readonly=True) as uow:
        assert instances.data(uow, instance.id) == {"points": "mười hai"}
    assert "data:corrected" not in [event for event, _ in events(database, instance)]


def test_settling_takes_the_dead_letter_away_and_tries_nothing(
    database: Database, fail: Any, broken: list[str]
) -> None:
    fail(*SERVICE_END, last=("work", "ended"))
    with unit_of_work(database) as uow:
        repairs.settle(uow, the_incident(database).id, "hồ sơ sẽ được rút")
    assert (jobs.failed(database), jobs.pending_count(database)) == ([], 0)
    with unit_of_work(database, readonly=True) as uow:
        assert [each.reason for each in incidents.resolved_incidents(uow)] == ["hồ sơ sẽ được rút"]


def test_a_correction_reaches_every_live_step_and_keeps_what_it_does_not_name(
    database: Database, deploy: Any, draw: Any, begin: Any
) -> None:
    body = (
        '<bpmn:process id="two" isExecutable="true"><bpmn:startEvent id="begun"/>'
        '<bpmn:parallelGateway id="split"/>'
        + draw.user_task("left", "Việc trái")
        + draw.user_task("right", "Việc phải")
        + '<bpmn:endEvent id="e1"/><bpmn:endEvent id="e2"/>'
        + draw.flows("begun", "split", "left", "e1")
        + draw.flows("split", "right", "e2")
        + "</bpmn:process>"
    )
    instance = begin(deploy("two", body), "1", {"a": 1, "b": 2})
    with unit_of_work(database) as uow:
        run: Run = execution.load_run(uow, execution.lock(uow, instance.id))
        run.correct({"a": 5})
        assert [step.data for step in run.ready] == [{"a": 5, "b": 2}, {"a": 5, "b": 2}]
