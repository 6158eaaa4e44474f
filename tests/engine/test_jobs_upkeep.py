"""Finished jobs go, dead letters stay; what kills its process is told of; what could not begin is told of too."""

from __future__ import annotations

import subprocess
import sys
import threading
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
import sqlalchemy as sa

from engine import history, incidents, instances, jobs, messages, timers
from engine.clock import FixedClock
from engine.database import Database, unit_of_work
from engine.errors import StepFailed
from engine.jobs.store import tables_of
from engine.jobs.worker import MAX_CRASHES
from engine.models import Incident, Task, Timer, WorkerBeat

broken: set[str] = set()


@jobs.register("test_upkeep_job")
def work(database: Database, what: str) -> None:
    if what in broken:
        raise ValueError(what)


def order(database: Database, what: str) -> None:
    with unit_of_work(database) as uow:
        uow.enqueue("test_upkeep_job", what)


def kept(database: Database) -> dict[str, str]:
    """What each job of ours was given → its state; the three tables beside agree."""
    with unit_of_work(database, readonly=True) as uow:
        tables = tables_of(uow)
        ids = set(uow.session.scalars(sa.select(tables.status.c.workflow_uuid)))
        for table in (tables.given, tables.output, tables.steps):
            assert set(uow.session.scalars(sa.select(table.c.workflow_uuid))) <= ids
        query = sa.select(tables.given.c.inputs, tables.status.c.status).join(
            tables.status, tables.status.c.workflow_uuid == tables.given.c.workflow_uuid
        )
        return {jobs.store.arguments(row.inputs)[1]: row.status for row in uow.session.execute(query)}


def test_finished_jobs_older_than_the_setting_go_and_dead_letters_stay(database: Database) -> None:
    broken.add("dead")
    for what in ("old", "young", "dead"):
        order(database, what)
    with pytest.raises(ValueError, match="dead"):
        jobs.run_pending(database)
    order(database, "waits")
    long_ago = int((datetime.now(UTC) - timedelta(days=31)).timestamp() * 1000)
    with unit_of_work(database) as uow:
        status, given = tables_of(uow).status, tables_of(uow).given
        old = sa.select(given.c.workflow_uuid).where(~given.c.inputs.contains('"young"'))
        stamped = {"created_at": long_ago, "completed_at": long_ago}
        done = sa.update(status).where(status.c.workflow_uuid.in_(old), status.c.completed_at.is_not(None))
        uow.session.execute(done.values(**stamped))
    assert jobs.forget_finished(database, days=32) == 0
    assert jobs.forget_finished(database, days=30) == 1
    assert kept(database) == {"young": "SUCCESS", "dead": "ERROR", "waits": "ENQUEUED"}
    assert jobs.forget_finished(database, days=0) == 1
    assert kept(database) == {"dead": "ERROR", "waits": "ENQUEUED"}


KILLER = """
import os, sys, time
from engine.database import Database
from engine import jobs

@jobs.register("test_killer")
def kill(database, *ids):
    os._exit(9)

worker = jobs.Worker(Database(sys.argv[1]), polling_seconds=0.05, beat_seconds=0.2)
worker.start()
deadline = time.monotonic() + float(sys.argv[2])
while time.monotonic() < deadline and not jobs.failed(worker._database):
    time.sleep(0.1)
time.sleep(0.6)
worker.stop()
"""


def test_a_job_that_kills_its_process_again_and_again_is_given_up_as_an_incident(
    database: Database, deploy: Any, draw: Any, begin: Any
) -> None:
    body = (
        '<bpmn:process id="p" isExecutable="true"><bpmn:startEvent id="s"/>'
        + draw.user_task("u", "Làm")
        + '<bpmn:endEvent id="e"/>'
        + draw.flows("s", "u", "e")
        + "</bpmn:process>"
    )
    instance = begin(deploy("p", body, {"u": {"type": "object"}}))
    with unit_of_work(database) as uow:
        uow.enqueue("test_killer", str(instance.id))
    url = database.url.render_as_string(hide_password=False)

    def run(seconds: float) -> int:
        return subprocess.run([sys.executable, "-c", KILLER, url, str(seconds)], check=False).returncode

    def row() -> Any:
        with unit_of_work(database, readonly=True) as uow:
            status = tables_of(uow).status
            query = sa.select(status.c.status, status.c.recovery_attempts).where(status.c.name == "job")
            return uow.session.execute(query).one()

    def unheard() -> None:
        """As if a minute had gone by."""
        with unit_of_work(database) as uow:
            uow.session.execute(sa.delete(WorkerBeat))

    assert run(30) == 9
    assert tuple(row()) == ("PENDING", 1)
    with unit_of_work(database) as uow:
        # As if it had killed all the others as well; the last two are real.
        status = tables_of(uow).status
        many = {"recovery_attempts": MAX_CRASHES}
        uow.session.execute(sa.update(status).where(status.c.name == "job").values(**many))
    unheard()
    assert run(30) == 9
    assert tuple(row()) == ("PENDING", MAX_CRASHES + 1)
    unheard()
    assert run(30) == 0
    [dead] = jobs.failed(database)
    assert (dead.name, dead.cause) == ("test_killer", jobs.upkeep.CRASHED)
    with unit_of_work(database, readonly=True) as uow:
        [incident] = incidents.open_incidents(uow)
        assert (incident.job_id, incident.instance_id) == (dead.id, instance.id)
    assert jobs.tell_of_crashed(database) == 0


def failing(draw: Any, start: str) -> str:
    return (
        f'<bpmn:message id="m" name="package_sent"/><bpmn:process id="desk" isExecutable="true">{start}'
        '<bpmn:scriptTask id="compute"><bpmn:script>share = 1 / parts</bpmn:script></bpmn:scriptTask>'
        '<bpmn:endEvent id="ended"/>' + draw.flows("arrived", "compute", "ended") + "</bpmn:process>"
    )


BY_MESSAGE = (
    '<bpmn:startEvent id="arrived"><bpmn:messageEventDefinition id="e" messageRef="m"/></bpmn:startEvent>'
)


def test_a_start_that_fails_is_an_incident_with_process_and_key_and_can_be_tried_again(
    database: Database, deploy: Any, draw: Any, commune: UUID
) -> None:
    deploy("desk", failing(draw, BY_MESSAGE))
    with unit_of_work(database, organisation_id=commune) as uow:
        messages.send(
            uow, organisation_id=commune, name="package_sent", key="G-1", payload={"parts": 0}, dedup="p"
        )
    with pytest.raises(StepFailed):
        jobs.run_pending(database)
    with unit_of_work(database, readonly=True) as uow:
        [incident] = incidents.open_incidents(uow, commune)
        assert (incident.process_id, incident.business_key, incident.element) == ("desk", "G-1", "compute")
        assert incident.instance_id is None
        assert incident.job_id is not None
    with unit_of_work(database) as uow:
        payload = {"parts": 2}
        uow.session.execute(sa.update(messages.Message).values(payload=payload))
    jobs.retry(database, incident.job_id)
    jobs.run_pending(database)
    with unit_of_work(database, readonly=True) as uow:
        found = instances.find(uow, commune, "desk", "G-1")
        assert found is not None
        assert found.status == "completed"


def test_a_start_by_a_person_that_fails_names_what_could_not_begin(
    database: Database, deploy: Any, draw: Any, begin: Any, commune: UUID
) -> None:
    definition = deploy("desk", failing(draw, '<bpmn:startEvent id="arrived"/>'))
    for key in ("G-1", "G-2"):
        with pytest.raises(StepFailed) as failed:
            begin(definition, key, {"parts": 0})
        incidents.record_failure(database, failed.value, None)
    with unit_of_work(database, readonly=True) as uow:
        found = [
            (each.organisation_id, each.business_key) for each in uow.session.scalars(sa.select(Incident))
        ]
    assert sorted(found) == [(commune, "G-1"), (commune, "G-2")]


CYCLE = (
    '<bpmn:boundaryEvent id="b" attachedToRef="u" cancelActivity="false"><bpmn:timerEventDefinition id="t">'
    '<bpmn:timeCycle xsi:type="bpmn:tFormalExpression">"R3/P1D"</bpmn:timeCycle>'
    "</bpmn:timerEventDefinition></bpmn:boundaryEvent>"
)


@pytest.fixture
def reminding(deploy: Any, draw: Any) -> Any:
    """A step that is reminded of three times, once a day."""
    body = (
        '<bpmn:process id="p" isExecutable="true"><bpmn:startEvent id="s"/>'
        + draw.user_task("u", "Làm")
        + draw.user_task("remind", "Nhắc")
        + CYCLE
        + '<bpmn:endEvent id="e"/>'
        + draw.flows("s", "u", "e")
        + draw.flows("b", "remind", "e")
        + "</bpmn:process>"
    )
    return deploy("p", body, {"u": {"type": "object"}, "remind": {"type": "object"}})


def reminders(database: Database) -> int:
    with unit_of_work(database, readonly=True) as uow:
        query = sa.select(sa.func.count()).where(Task.step == "remind", Task.state == "open")
        return int(uow.session.scalar(query) or 0)


def test_rounds_that_nobody_was_there_for_are_all_made_up_for_once(
    database: Database, reminding: Any, begin: Any, clock: FixedClock
) -> None:
    begin(reminding)
    clock.move(clock.now() + timedelta(days=1))
    timers.fire_timers(database)
    jobs.run_pending(database)
    assert reminders(database) == 1
    clock.move(clock.now() + timedelta(days=30))
    for _ in range(2):
        timers.fire_timers(database)
        jobs.run_pending(database)
        assert reminders(database) == 3
    with unit_of_work(database, readonly=True) as uow:
        assert list(uow.session.scalars(sa.select(Timer).where(Timer.fired_at.is_(None)))) == []


def test_several_workers_fire_a_due_timer_once(
    database: Database, reminding: Any, begin: Any, clock: FixedClock
) -> None:
    begun = [begin(reminding, str(number)) for number in range(3)]
    clock.move(clock.now() + timedelta(days=1))
    together = threading.Barrier(4)
    failed: list[BaseException] = []

    def worker() -> None:
        try:
            together.wait()
            timers.fire_timers(database)
            for instance in begun:  # whatever the queue would let through, twice or four times
                timers.fire_instance_timers(database, str(instance.id))
        except BaseException as error:
            failed.append(error)

    threads = [threading.Thread(target=worker) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    jobs.run_pending(database)
    assert failed == []
    assert reminders(database) == 3
    with unit_of_work(database, readonly=True) as uow:
        for instance in begun:
            events = [row.event for row in history.of(uow, history.instance_chain(instance.id))]
            assert events.count("timer:fired") == 1
