from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest
import sqlalchemy as sa

from engine import handlers, history, incidents, instances, jobs, messages
from engine.database import Database, unit_of_work
from engine.errors import Conflict, StepFailed
from engine.models import Instance, Message, Organisation, Subscription

CATCH = (
    '<bpmn:intermediateCatchEvent id="{step}" name="{step}">'
    '<bpmn:messageEventDefinition id="{step}_event" messageRef="{message}"/></bpmn:intermediateCatchEvent>'
)


@pytest.fixture
def waiter(deploy: Any, draw: Any) -> Any:
    """Waits for `first`, then for `second`, then ends."""
    body = (
        '<bpmn:message id="m1" name="first"/><bpmn:message id="m2" name="second"/>'
        '<bpmn:process id="waiter" isExecutable="true"><bpmn:startEvent id="begun"/>'
        + CATCH.format(step="wait_first", message="m1")
        + CATCH.format(step="wait_second", message="m2")
        + '<bpmn:endEvent id="ended"/>'
        + draw.flows("begun", "wait_first", "wait_second", "ended")
        + "</bpmn:process>"
    )
    return deploy("waiter", body)


@pytest.fixture
def send(database: Database, commune: UUID) -> Callable[..., None]:
    def send(name: str, key: str = "1", dedup: str | None = None, **payload: Any) -> None:
        with unit_of_work(database, organisation_id=commune) as uow:
            messages.send(
                uow,
                organisation_id=commune,
                name=name,
                key=key,
                payload=payload,
                dedup=dedup or f"{name}:{key}",
            )

    return send


def states(database: Database) -> dict[str, str]:
    with unit_of_work(database, readonly=True) as uow:
        return {row.name: row.state for row in uow.session.scalars(sa.select(Message).order_by(Message.id))}


def status(database: Database, instance: Instance) -> str:
    with unit_of_work(database, readonly=True) as uow:
        return instances.get(uow, instance.id).status


def test_a_message_reaches_the_instance_that_waits_for_it(
    database: Database, waiter: Any, begin: Any, send: Any
) -> None:
    instance = begin(waiter)
    send("first", review_outcome="passed")
    assert jobs.run_pending(database) == 1
    assert states(database) == {"first": "delivered"}
    with unit_of_work(database, readonly=True) as uow:
        assert instances.data(uow, instance.id)["review_outcome"] == "passed"
        assert instances.position(uow, instance.id) == {
            "begun": "done",
            "wait_first": "done",
            "wait_second": "waiting",
        }
        assert [row.message for row in uow.session.scalars(sa.select(Subscription))] == ["second"]
        delivered = [
            row for row in history.of(uow, history.instance_chain(instance.id)) if row.element == "first"
        ]
        assert [(row.event, row.actor_name) for row in delivered] == [("message:delivered", "Hệ thống")]


def test_a_message_that_comes_too_early_is_kept_and_delivered(
    database: Database, waiter: Any, begin: Any, send: Any
) -> None:
    send("second")
    jobs.run_pending(database)
    assert states(database) == {"second": "waiting"}
    instance = begin(waiter)
    send("first")
    jobs.run_pending(database)
    assert states(database) == {"second": "delivered", "first": "delivered"}
    assert status(database, instance) == "completed"


def test_the_key_chooses_the_instance(database: Database, waiter: Any, begin: Any, send: Any) -> None:
    one, two = begin(waiter, "1"), begin(waiter, "2")
    for name in ("first", "second"):
        send(name, key="2")
        jobs.run_pending(database)
    assert (status(database, one), status(database, two)) == ("running", "completed")


def test_the_same_message_twice_is_sent_once(database: Database, waiter: Any, begin: Any, send: Any) -> None:
    begin(waiter)
    send("first", dedup="paper 7, line 3")
    send("first", dedup="paper 7, line 3")
    assert jobs.run_pending(database) == 1


def test_a_message_rolled_back_with_its_sender_is_never_sent(database: Database, commune: UUID) -> None:
    with pytest.raises(ZeroDivisionError), unit_of_work(database) as uow:
        messages.send(uow, organisation_id=commune, name="first", key="1", payload={}, dedup="x")
        raise ZeroDivisionError
    assert states(database) == {}
    assert jobs.run_pending(database) == 0


def test_a_held_instance_gets_its_messages_after_it_is_resumed(
    database: Database, waiter: Any, begin: Any, send: Any
) -> None:
    instance = begin(waiter)
    with unit_of_work(database) as uow:
        instances.suspend(uow, instance.id, "chờ xác minh")
    send("first")
    jobs.run_pending(database)
    assert states(database) == {"first": "waiting"}
    with unit_of_work(database) as uow:
        instances.resume(uow, instance.id)
    jobs.run_pending(database)
    assert states(database) == {"first": "delivered"}


def test_a_cancelled_instance_waits_for_nothing(
    database: Database, waiter: Any, begin: Any, send: Any
) -> None:
    instance = begin(waiter)
    with unit_of_work(database) as uow:
        instances.cancel(uow, instance.id, "rút")
        assert list(uow.session.scalars(sa.select(Subscription))) == []
    send("first")
    jobs.run_pending(database)
    assert states(database) == {"first": "waiting"}


def test_two_of_a_dossier_in_one_process_are_refused(
    database: Database, waiter: Any, begin: Any, commune: UUID
) -> None:
    begin(waiter)
    with pytest.raises(Conflict), unit_of_work(database, organisation_id=commune) as uow:
        instances.start(uow, "waiter", organisation_id=commune, business_key="1", data={})


def test_a_message_start_event_begins_the_process_in_force_of_the_receiver(
    database: Database, deploy: Any, draw: Any, commune: UUID
) -> None:
    received: list[dict[str, Any]] = []

    @handlers.service("receive")
    def receive(call: handlers.ServiceCall) -> dict[str, str]:
        received.append({"key": call.business_key, **call.data})
        return {"answer": "nhận"}

    body = (
        '<bpmn:message id="m" name="package_sent"/><bpmn:process id="desk" isExecutable="true">'
        '<bpmn:startEvent id="arrived"><bpmn:messageEventDefinition id="e" messageRef="m"/></bpmn:startEvent>'
        '<bpmn:serviceTask id="receive_package"><bpmn:extensionElements>'
        '<spiffworkflow:serviceTaskOperator id="receive"><spiffworkflow:parameters/>'
        "</spiffworkflow:serviceTaskOperator></bpmn:extensionElements></bpmn:serviceTask>"
        '<bpmn:endEvent id="ended"/>' + draw.flows("arrived", "receive_package", "ended") + "</bpmn:process>"
    )
    deploy("desk", body)
    with unit_of_work(database) as uow:
        sender = Organisation(code="khac", name="Xã khác", level="commune")
        uow.session.add(sender)
    with unit_of_work(database, organisation_id=sender.id) as uow:
        messages.send(
            uow, organisation_id=commune, name="package_sent", key="G-1", payload={"lines": 3}, dedup="p"
        )
    assert jobs.run_pending(database) == 1
    assert received == [{"key": "G-1", "lines": 3}]
    with unit_of_work(database, readonly=True) as uow:
        found = instances.find(uow, commune, "desk", "G-1")
        assert found is not None
        assert (found.status, found.organisation_id) == ("completed", commune)
        [message] = uow.session.scalars(sa.select(Message))
        assert (message.sender_organisation_id, message.state) == (sender.id, "delivered")


def test_a_second_package_of_the_same_key_is_refused_with_the_reason(
    database: Database, deploy: Any, draw: Any, commune: UUID
) -> None:
    body = (
        '<bpmn:message id="m" name="package_sent"/><bpmn:process id="desk" isExecutable="true">'
        '<bpmn:startEvent id="arrived"><bpmn:messageEventDefinition id="e" messageRef="m"/></bpmn:startEvent>'
        + draw.user_task("decide", "Quyết định")
        + '<bpmn:endEvent id="ended"/>'
        + draw.flows("arrived", "decide", "ended")
        + "</bpmn:process>"
    )
    deploy("desk", body, {"decide": {"type": "object"}})
    for dedup in ("one", "two"):
        with unit_of_work(database, organisation_id=commune) as uow:
            messages.send(
                uow, organisation_id=commune, name="package_sent", key="G-1", payload={}, dedup=dedup
            )
    jobs.run_pending(database)
    with unit_of_work(database, readonly=True) as uow:
        found = list(uow.session.scalars(sa.select(Message).order_by(Message.id)))
        assert [(row.state, row.reason) for row in found] == [
            ("delivered", None),
            ("refused", "Hồ sơ này đã được đưa vào quy trình."),
        ]


def test_a_receiver_whose_next_step_fails_keeps_the_message_and_is_an_incident(
    database: Database, deploy: Any, draw: Any, begin: Any, send: Any
) -> None:
    broken = [True]

    @handlers.service("compute")
    def compute(call: handlers.ServiceCall) -> None:
        if broken[0]:
            raise ZeroDivisionError("chia cho không")

    body = (
        '<bpmn:message id="m1" name="first"/><bpmn:process id="failing" isExecutable="true">'
        '<bpmn:startEvent id="begun"/>'
        + CATCH.format(step="wait_first", message="m1")
        + '<bpmn:serviceTask id="work"><bpmn:extensionElements>'
        '<spiffworkflow:serviceTaskOperator id="compute"><spiffworkflow:parameters/>'
        "</spiffworkflow:serviceTaskOperator></bpmn:extensionElements></bpmn:serviceTask>"
        '<bpmn:endEvent id="ended"/>' + draw.flows("begun", "wait_first", "work", "ended") + "</bpmn:process>"
    )
    instance = begin(deploy("failing", body))
    send("first")
    with pytest.raises(StepFailed):
        jobs.run_pending(database)
    assert states(database) == {"first": "pending"}
    with unit_of_work(database, readonly=True) as uow:
        [incident] = incidents.open_incidents(uow)
        assert (incident.element, incident.instance_id) == ("work", instance.id)
    [failed] = jobs.failed(database)
    assert failed.name == "deliver_message"
    broken[0] = False
    jobs.retry(database, failed.id)
    jobs.run_pending(database)
    assert states(database) == {"first": "delivered"}
    assert status(database, instance) == "completed"
