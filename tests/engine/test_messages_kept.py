"""What becomes of a message that nobody takes, and of two that wait for the same one."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
import sqlalchemy as sa

from engine import history, incidents, instances, jobs, messages, repairs
from engine.clock import FixedClock
from engine.database import Database, unit_of_work
from engine.errors import NobodyReceived, StepFailed
from engine.models import Instance, Message, Subscription

LATER = messages.KEPT_FOR + timedelta(minutes=1)


def waiting_process(draw: Any, name: str) -> str:
    return (
        f'<bpmn:message id="m" name="result"/><bpmn:process id="{name}" isExecutable="true">'
        '<bpmn:startEvent id="begun"/><bpmn:intermediateCatchEvent id="wait_result" name="Chờ kết quả">'
        '<bpmn:messageEventDefinition id="d" messageRef="m"/></bpmn:intermediateCatchEvent>'
        '<bpmn:endEvent id="ended"/>' + draw.flows("begun", "wait_result", "ended") + "</bpmn:process>"
    )


@pytest.fixture
def waiter(deploy: Any, draw: Any) -> Any:
    return deploy("waiter", waiting_process(draw, "waiter"))


@pytest.fixture
def sent(database: Database, commune: UUID) -> Callable[[], None]:
    """A result for the dossier "1", which nobody takes."""

    def sent() -> None:
        with unit_of_work(database, organisation_id=commune) as uow:
            messages.send(
                uow, organisation_id=commune, name="result", key="1", payload={"ok": True}, dedup="1"
            )
        jobs.run_pending(database)

    return sent


def sweep(database: Database) -> None:
    with unit_of_work(database) as uow:
        uow.enqueue("fire_timers")
    jobs.run_pending(database)


def state(database: Database) -> str:
    with unit_of_work(database, readonly=True) as uow:
        return uow.session.scalars(sa.select(Message.state)).one()


def test_a_message_kept_past_its_expiry_is_an_incident_and_is_delivered_when_it_is_retried(
    database: Database, waiter: Any, begin: Any, sent: Any, clock: FixedClock
) -> None:
    sent()
    clock.move(clock.now() + messages.KEPT_FOR - timedelta(minutes=1))
    sweep(database)
    assert state(database) == "waiting"
    clock.move(clock.now() + timedelta(minutes=1))
    with pytest.raises(NobodyReceived):
        sweep(database)
    sweep(database)  # told of once
    assert state(database) == "expired"
    with unit_of_work(database, readonly=True) as uow:
        [incident] = incidents.open_incidents(uow)
    assert "result" in incident.cause
    assert "12/12/2022" in incident.cause
    instance = begin(waiter)
    jobs.run_pending(database)
    assert state(database) == "expired"  # what is too old reaches nobody by itself
    with unit_of_work(database) as uow:
        repairs.retry(uow, incident.id)
    jobs.run_pending(database)
    assert state(database) == "delivered"
    with unit_of_work(database, readonly=True) as uow:
        assert instances.get(uow, instance.id).status == "completed"


def test_the_incident_stands_on_the_dossier_that_did_not_take_it(
    database: Database, waiter: Any, begin: Any, sent: Any, clock: FixedClock
) -> None:
    instance = begin(waiter)
    with unit_of_work(database) as uow:
        instances.cancel(uow, instance.id, "rút")
    sent()
    clock.move(clock.now() + LATER)
    with pytest.raises(NobodyReceived):
        sweep(database)
    with unit_of_work(database, readonly=True) as uow:
        [incident] = incidents.open_incidents(uow)
        assert incident.instance_id == instance.id
        events = [row.event for row in history.of(uow, history.instance_chain(instance.id))]
        assert events[-1] == "incident:recorded"


def test_what_waits_for_a_held_dossier_does_not_expire(
    database: Database, waiter: Any, begin: Any, sent: Any, clock: FixedClock
) -> None:
    instance = begin(waiter)
    with unit_of_work(database) as uow:
        instances.suspend(uow, instance.id, "đơn thư")
    sent()
    clock.move(clock.now() + LATER)
    sweep(database)
    assert state(database) == "waiting"
    with unit_of_work(database) as uow:
        instances.resume(uow, instance.id)
    jobs.run_pending(database)
    assert state(database) == "delivered"


def test_a_worker_gives_up_at_once_what_no_repetition_changes(
    database: Database, sent: Any, clock: FixedClock
) -> None:
    from engine.jobs.attempts import attempt

    sent()
    clock.move(clock.now() + LATER)
    with unit_of_work(database) as uow:
        messages.expire(uow)
        message_id = uow.session.scalars(sa.select(Message.id)).one()
    with pytest.raises(NobodyReceived):
        attempt(database, "first", ("deliver_message", str(message_id)))
    with unit_of_work(database, readonly=True) as uow:
        assert [each.job_id for each in incidents.open_incidents(uow)] == ["first"]


def test_a_second_receiver_of_the_same_message_is_refused_and_both_are_named(
    database: Database, deploy: Any, draw: Any, waiter: Any, begin: Any
) -> None:
    other = deploy("other", waiting_process(draw, "other"))
    first = begin(waiter)
    with pytest.raises(StepFailed) as failed:
        begin(other)
    assert failed.value.element == "wait_result"
    assert "“other” (" in failed.value.cause
    assert f"“waiter” ({first.id})" in failed.value.cause
    with unit_of_work(database, readonly=True) as uow:
        assert uow.session.scalars(sa.select(Instance.id)).all() == [first.id]
        assert uow.session.scalars(sa.select(Subscription.instance_id)).all() == [first.id]
    begin(other, "2")  # another dossier
