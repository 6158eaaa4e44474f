from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator

import pytest

from engine import incidents, jobs
from engine.database import Database, unit_of_work

seen: list[str] = []


@jobs.register("test_note")
def note(database: Database, what: str, child: str = "") -> None:
    seen.append(what)
    if child:
        with unit_of_work(database) as uow:
            uow.enqueue("test_note", child)


@jobs.register("test_fail")
def fail(database: Database, what: str) -> None:
    raise ZeroDivisionError(what)


@pytest.fixture(autouse=True)
def forget() -> Iterator[None]:
    seen.clear()
    yield


def test_jobs_run_in_the_order_they_were_ordered_and_their_children_after_them(database: Database) -> None:
    with unit_of_work(database) as uow:
        uow.enqueue("test_note", "1", "child of 1")
        uow.enqueue("test_note", "2")
    with unit_of_work(database) as uow:
        uow.enqueue("test_note", "3", partition="one dossier")
    assert jobs.pending_count(database) == 3
    assert jobs.run_pending(database) == 4
    assert seen == ["1", "2", "3", "child of 1"]
    assert (jobs.run_pending(database), jobs.pending_count(database)) == (0, 0)


def test_the_same_job_twice_in_one_transaction_is_one(database: Database) -> None:
    with unit_of_work(database) as uow:
        uow.enqueue("test_note", "1")
        uow.enqueue("test_note", "1")
    assert jobs.run_pending(database) == 1


def test_a_job_of_a_transaction_that_rolled_back_never_runs(database: Database) -> None:
    with pytest.raises(ZeroDivisionError), unit_of_work(database) as uow:
        uow.enqueue("test_note", "never")
        raise ZeroDivisionError
    assert jobs.run_pending(database) == 0


def test_a_delayed_job_waits(database: Database) -> None:
    with unit_of_work(database) as uow:
        uow.enqueue("test_note", "later", delay_seconds=3600)
    assert jobs.run_pending(database) == 0
    assert jobs.pending_count(database) == 1


def test_a_failed_job_is_put_aside_as_an_incident_and_the_others_run(database: Database) -> None:
    with unit_of_work(database) as uow:
        uow.enqueue("test_fail", "hỏng")
        uow.enqueue("test_note", "after")
    with pytest.raises(ZeroDivisionError, match="hỏng"):
        jobs.run_pending(database)
    assert seen == ["after"]
    assert [(job.name, job.args) for job in jobs.failed(database)] == [("test_fail", ("hỏng",))]
    with unit_of_work(database, readonly=True) as uow:
        [incident] = incidents.open_incidents(uow)
        [dead] = jobs.failed(database)
        assert (incident.job_name, incident.job_id) == ("test_fail", dead.id)
        assert incident.cause == dead.cause
        assert "ZeroDivisionError tại tests/engine/test_jobs.py" in dead.cause
        assert "hỏng" not in dead.cause  # what a task held may stand in an error's text


def test_an_unknown_job_is_a_failure_with_its_name(database: Database) -> None:
    with unit_of_work(database) as uow:
        uow.enqueue("nobody_registered_this")
    with pytest.raises(LookupError, match="nobody_registered_this"):
        jobs.run_pending(database)


# The threads of DBOS leave sqlite3 and asyncio objects to the collector when it is destroyed.
@pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::pytest.PytestUnraisableExceptionWarning")
def test_a_worker_runs_what_waits_and_what_comes_and_stops(database: Database) -> None:
    with unit_of_work(database) as uow:
        uow.enqueue("test_note", "waited")
    worker = jobs.Worker(database, polling_seconds=0.05)
    worker.start()
    try:
        with unit_of_work(database) as uow:
            uow.enqueue("test_note", "came", partition="one dossier")
        deadline = time.monotonic() + 15
        while len(seen) < 2 and time.monotonic() < deadline:
            time.sleep(0.05)
    finally:
        worker.stop()
    assert sorted(seen) == ["came", "waited"]
    with unit_of_work(database) as uow:
        uow.enqueue("test_note", "after the stop")
    time.sleep(0.3)
    assert sorted(seen) == ["came", "waited"]


@pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::pytest.PytestUnraisableExceptionWarning")
def test_a_worker_that_could_not_start_does_not_stand_in_the_way_of_the_next(database: Database) -> None:
    async def start_inside_an_event_loop() -> None:
        jobs.Worker(database).start()  # DBOS registers no queue there

    with pytest.raises(RuntimeError, match="event loop"):
        asyncio.run(start_inside_an_event_loop())
    worker = jobs.Worker(database, polling_seconds=0.05)
    worker.start()
    worker.stop()
