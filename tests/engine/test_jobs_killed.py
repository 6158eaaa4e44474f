"""kill −9 in the middle of deliveries, of the very processes that an office runs: nothing lost, nothing twice."""

from __future__ import annotations

import os
import random
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
import sqlalchemy as sa

from engine import history, instances, jobs, messages
from engine.database import Database, unit_of_work
from engine.models import History, Instance, Message

ROUNDS = 3
# Waits for a message ROUNDS times and counts: a message that is lost leaves it waiting, one that is
# delivered twice leaves another one undelivered.
COUNTING = (
    '<bpmn:message id="m" name="result"/><bpmn:process id="counting" isExecutable="true">'
    '<bpmn:startEvent id="begun"/><bpmn:exclusiveGateway id="join"/>'
    '<bpmn:intermediateCatchEvent id="wait"><bpmn:messageEventDefinition id="d" messageRef="m"/>'
    "</bpmn:intermediateCatchEvent>"
    '<bpmn:scriptTask id="count"><bpmn:script>n = n + 1</bpmn:script></bpmn:scriptTask>'
    '<bpmn:exclusiveGateway id="enough" default="enough_to_join"/><bpmn:endEvent id="ended"/>'
    '<bpmn:sequenceFlow id="enough_to_ended" sourceRef="enough" targetRef="ended">'
    f'<bpmn:conditionExpression xsi:type="bpmn:tFormalExpression">n == {ROUNDS}</bpmn:conditionExpression>'
    "</bpmn:sequenceFlow>"
)


class Office:
    """`thidua serve` on SQLite with its worker inside, `thidua worker` on PostgreSQL."""

    def __init__(self, database: Database, folder: Path) -> None:
        url = database.url.render_as_string(hide_password=False)
        self._environment = {**os.environ, "THIDUA_DATA": str(folder), "THIDUA_DATABASE": url}
        thidua = Path(sys.executable).with_name("thidua")
        self._command = [str(thidua), "worker"]
        if database.is_sqlite:
            with socket.socket() as free:
                free.bind(("127.0.0.1", 0))
                self._command = [str(thidua), "serve", "--port", str(free.getsockname()[1])]
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        self._process = subprocess.Popen(
            self._command, env=self._environment, start_new_session=True, stdout=subprocess.DEVNULL
        )

    def kill(self) -> None:
        if self._process is not None:
            os.killpg(self._process.pid, signal.SIGKILL)  # with the process that granian started
            self._process.wait()
            self._process = None


@pytest.fixture
def waiting(database: Database, deploy: Any, draw: Any, begin: Any, commune: UUID) -> Callable[[int], None]:
    """waiting(n) starts n instances and sends each its messages; nobody delivers them yet."""

    def waiting(count: int) -> None:
        body = COUNTING + draw.flows("begun", "join", "wait", "count", "enough", "join") + "</bpmn:process>"
        definition = deploy("counting", body)
        for number in range(count):
            begin(definition, str(number), {"n": 0})
        with unit_of_work(database) as uow:
            for turn in range(ROUNDS):
                for number in range(count):
                    messages.send(
                        uow,
                        organisation_id=commune,
                        name="result",
                        key=str(number),
                        payload={},
                        dedup=f"{number}/{turn}",
                    )

    return waiting


def delivered(database: Database) -> int:
    with unit_of_work(database, readonly=True) as uow:
        query = sa.select(sa.func.count()).where(Message.state == "delivered")
        return int(uow.session.scalar(query) or 0)


def running(database: Database) -> int:
    with unit_of_work(database, readonly=True) as uow:
        return jobs.overview(uow).running


def until(holds: Callable[[], bool], seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, "it takes too long"
        time.sleep(0.02)


def check(database: Database, count: int) -> None:
    """Every message once: in its row, in the history, in what the instance counted."""
    with unit_of_work(database, readonly=True) as uow:
        states = uow.session.scalars(sa.select(Message.state)).all()
        assert states == ["delivered"] * (count * ROUNDS)
        for instance in uow.session.scalars(sa.select(Instance)).all():
            chain = history.instance_chain(instance.id)
            told = sa.select(History.event).where(History.chain == chain)
            assert list(uow.session.scalars(told)).count("message:delivered") == ROUNDS
            assert (instance.status, instances.data(uow, instance.id)["n"]) == ("completed", ROUNDS)
            assert history.verify(uow, chain) == []
    assert jobs.failed(database) == []


def killed_while_delivering(
    database: Database, folder: Path, waiting: Callable[[int], None], count: int, kills: int, seconds: float
) -> int:
    """Kill the process `kills` times while it delivers; returns how many kills hit a job at work."""
    waiting(count)
    office, hits = Office(database, folder), 0
    try:
        for kill in range(kills):
            office.start()
            target = count * ROUNDS * (kill + 1) // (kills + 1)
            until(lambda target=target: delivered(database) >= target, seconds)  # type: ignore[misc]
            until(lambda: running(database) > 0, seconds)
            time.sleep(random.uniform(0, 0.01))
            office.kill()
            assert delivered(database) < count * ROUNDS, "killed too late to show anything"
            hits += running(database) > 0
        office.start()
        until(lambda: delivered(database) == count * ROUNDS and jobs.pending_count(database) == 0, seconds)
    finally:
        office.kill()
    check(database, count)
    return hits


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_the_server_of_one_commune_is_killed_once(
    database: Database, tmp_path: Path, waiting: Callable[[int], None]
) -> None:
    killed_while_delivering(database, tmp_path, waiting, count=20, kills=1, seconds=60)


@pytest.mark.nightly
def test_killed_five_times_while_delivering(
    database: Database, tmp_path: Path, waiting: Callable[[int], None]
) -> None:
    hits = killed_while_delivering(database, tmp_path, waiting, count=100, kills=5, seconds=240)
    assert hits, "no kill met a job at work"
