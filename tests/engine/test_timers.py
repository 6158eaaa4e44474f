from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from engine import handlers, history, instances, jobs
from engine.clock import FixedClock
from engine.database import Database, UnitOfWork, unit_of_work
from engine.models import Timer


@pytest.fixture
def posting(deploy: Any, draw: Any) -> Any:
    """A public posting of ten days."""
    body = (
        '<bpmn:process id="posting" isExecutable="true"><bpmn:startEvent id="begun"/>'
        '<bpmn:intermediateCatchEvent id="posted"><bpmn:timerEventDefinition id="ten_days">'
        '<bpmn:timeDuration xsi:type="bpmn:tFormalExpression">"P10D"</bpmn:timeDuration>'
        "</bpmn:timerEventDefinition></bpmn:intermediateCatchEvent>"
        '<bpmn:endEvent id="ended"/>' + draw.flows("begun", "posted", "ended") + "</bpmn:process>"
    )
    return deploy("posting", body)


def sweep(database: Database) -> None:
    with unit_of_work(database) as uow:
        uow.enqueue("fire_timers")
    jobs.run_pending(database)


def status(database: Database, instance: Any) -> str:
    with unit_of_work(database, readonly=True) as uow:
        return instances.get(uow, instance.id).status


def test_a_timer_is_a_row_due_by_business_time(
    database: Database, posting: Any, begin: Any, clock: FixedClock
) -> None:
    instance = begin(posting)
    with unit_of_work(database, readonly=True) as uow:
        [timer] = uow.session.scalars(sa.select(Timer))
        assert (timer.element, timer.instance_id) == ("posted", instance.id)
        assert timer.due_at == datetime(2022, 12, 22, 5, tzinfo=UTC)


def test_a_timer_fires_when_business_time_has_come_and_not_before(
    database: Database, posting: Any, begin: Any, clock: FixedClock
) -> None:
    instance = begin(posting)
    clock.move(datetime(2022, 12, 22, 4, 59, tzinfo=UTC))
    sweep(database)
    assert status(database, instance) == "running"
    clock.move(datetime(2022, 12, 22, 5, 0, tzinfo=UTC))
    sweep(database)
    sweep(database)
    assert status(database, instance) == "completed"
    with unit_of_work(database, readonly=True) as uow:
        [timer] = uow.session.scalars(sa.select(Timer))
        assert timer.fired_at == uow.now
        events = [row.event for row in history.of(uow, history.instance_chain(instance.id))]
        assert events.count("timer:fired") == 1


def test_a_held_instance_passes_its_timer_after_it_is_resumed(
    database: Database, posting: Any, begin: Any, clock: FixedClock
) -> None:
    instance = begin(posting)
    with unit_of_work(database) as uow:
        instances.suspend(uow, instance.id, "đơn thư")
    clock.move(clock.now() + timedelta(days=11))
    sweep(database)
    assert status(database, instance) == "suspended"
    with unit_of_work(database) as uow:
        instances.resume(uow, instance.id)
    jobs.run_pending(database)
    assert status(database, instance) == "completed"


def test_the_sweep_also_orders_what_was_registered(
    database: Database, registry: handlers.Registry, clock: FixedClock
) -> None:
    swept: list[datetime] = []

    @handlers.sweep("look")
    def look(uow: UnitOfWork) -> None:
        swept.append(uow.now)

    sweep(database)
    assert swept == [clock.now()]


def test_two_timers_behind_one_gateway_stay_two_rows_whatever_else_happens(
    database: Database, deploy: Any, draw: Any, begin: Any, clock: FixedClock
) -> None:
    def timer(identity: str, days: str) -> str:
        return (
            f'<bpmn:intermediateCatchEvent id="{identity}"><bpmn:timerEventDefinition id="def_{identity}">'
            f'<bpmn:timeDuration xsi:type="bpmn:tFormalExpression">"{days}"</bpmn:timeDuration>'
            "</bpmn:timerEventDefinition></bpmn:intermediateCatchEvent>"
        )

    body = (
        '<bpmn:message id="msg_word" name="word"/><bpmn:process id="either" isExecutable="true">'
        '<bpmn:startEvent id="begun"/><bpmn:parallelGateway id="both"/><bpmn:eventBasedGateway id="first"/>'
        + timer("soon", "P10D")
        + timer("late", "P20D")
        + '<bpmn:endEvent id="ended_soon"/><bpmn:endEvent id="ended_late"/>'
        '<bpmn:intermediateCatchEvent id="heard">'
        '<bpmn:messageEventDefinition id="def_heard" messageRef="msg_word"/></bpmn:intermediateCatchEvent>'
        '<bpmn:intermediateCatchEvent id="heard_again">'
        '<bpmn:messageEventDefinition id="def_again" messageRef="msg_word"/></bpmn:intermediateCatchEvent>'
        '<bpmn:endEvent id="ended"/>'
        + draw.flows("begun", "both", "first", "soon", "ended_soon")
        + draw.flows("first", "late", "ended_late")
        + draw.flows("both", "heard", "heard_again", "ended")
        + "</bpmn:process>"
    )
    instance = begin(deploy("either", body))
    due = [datetime(2022, 12, day, 5, tzinfo=UTC) for day in (22,)] + [datetime(2023, 1, 1, 5, tzinfo=UTC)]
    for _ in range(2):
        with unit_of_work(database, readonly=True) as uow:
            waiting = uow.session.scalars(sa.select(Timer).order_by(Timer.due_at)).all()
            assert [(timer.due_at, timer.fired_at) for timer in waiting] == [(moment, None) for moment in due]
        with unit_of_work(database) as uow:
            assert instances.deliver(uow, instance.id, "word", {})
    clock.move(due[0])
    sweep(database)
    assert status(database, instance) == "completed"
    with unit_of_work(database, readonly=True) as uow:
        rows = uow.session.scalars(sa.select(Timer).order_by(Timer.due_at)).all()
        assert [(timer.due_at, timer.fired_at) for timer in rows] == [(due[0], due[0])]
