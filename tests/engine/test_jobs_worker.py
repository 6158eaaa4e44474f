"""A worker that retries, gives up, takes over from the dead and leaves nothing to an older version."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa

from engine import incidents, jobs
from engine.database import Database, unit_of_work
from engine.errors import NotFound
from engine.jobs.store import tables_of
from engine.models import WorkerBeat

# The threads of DBOS leave sqlite3 and asyncio objects to the collector when it is destroyed.
pytestmark = pytest.mark.filterwarnings(
    "ignore::ResourceWarning", "ignore::pytest.PytestUnraisableExceptionWarning"
)

runs: list[tuple[str, float]] = []
at_work: dict[str, int] = {}
most_at_once: dict[str, int] = {}
broken: set[str] = set()


@jobs.register("test_worker_job")
def work(database: Database, what: str, dossier: str = "") -> None:
    runs.append((what, time.monotonic()))
    if dossier:
        at_work[dossier] = at_work.get(dossier, 0) + 1
        most_at_once[dossier] = max(most_at_once.get(dossier, 0), at_work[dossier])
        time.sleep(0.1)
        at_work[dossier] -= 1
    if what in broken:
        raise ValueError("Lò Văn Vinh")


@pytest.fixture(autouse=True)
def forget() -> Iterator[None]:
    for kept in (runs, at_work, most_at_once, broken):
        kept.clear()
    yield


@contextmanager
def worker(database: Database, **options: float | tuple[float, ...]) -> Iterator[jobs.Worker]:
    running = jobs.Worker(database, polling_seconds=0.05, **options)  # type: ignore[arg-type]
    running.start()
    try:
        yield running
    finally:
        running.stop()


def until(holds: Callable[[], bool], seconds: float = 20) -> None:
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, (runs, broken)
        time.sleep(0.05)


def overview(database: Database) -> jobs.Overview:
    with unit_of_work(database, readonly=True) as uow:
        return jobs.overview(uow)


def order(database: Database, *args: str, partition: str | None = None) -> None:
    with unit_of_work(database) as uow:
        uow.enqueue("test_worker_job", *args, partition=partition)


def test_a_failing_job_is_tried_again_later_and_then_given_up_with_its_cause(database: Database) -> None:
    broken.add("always")
    order(database, "always", partition="one dossier")
    with worker(database, backoff=(0.2, 1.0)):
        until(lambda: len(jobs.failed(database)) == 1)
        assert [what for what, _ in runs] == ["always"] * 3
        first, second, third = (at for _, at in runs)
        assert second - first >= 0.2
        assert third - second >= 1.0
        [dead] = jobs.failed(database)
        assert (dead.name, dead.args) == ("test_worker_job", ("always",))
        assert "ValueError tại tests/engine/test_jobs_worker.py" in dead.cause
        assert "Vinh" not in dead.cause
        with unit_of_work(database, readonly=True) as uow:
            [incident] = incidents.open_incidents(uow)  # one, not one an attempt
            assert incident.job_id == dead.id
        broken.clear()
        jobs.retry(database, dead.id)
        with pytest.raises(NotFound):
            jobs.retry(database, dead.id)
        until(lambda: len(runs) == 4 and jobs.pending_count(database) == 0)
        assert jobs.failed(database) == []


def test_a_job_that_fails_once_leaves_neither_an_incident_nor_a_dead_letter(database: Database) -> None:
    broken.add("once")
    order(database, "once")
    with worker(database, backoff=(0.5,)):
        until(lambda: len(runs) == 1)
        until(lambda: overview(database).retrying == 1)
        broken.clear()
        until(lambda: len(runs) == 2 and jobs.pending_count(database) == 0)
    with unit_of_work(database, readonly=True) as uow:
        assert incidents.open_incidents(uow) == []
    assert overview(database).failed == 0


def test_jobs_of_one_dossier_run_one_at_a_time(database: Database) -> None:
    for number in range(6):
        order(database, str(number), "A", partition="A")
        order(database, str(number), "B", partition="B")
    with worker(database):
        until(lambda: len(runs) == 12 and jobs.pending_count(database) == 0)
    assert most_at_once == {"A": 1, "B": 1}


def left_behind(database: Database, executor: str, *, version: str = "1") -> None:
    """Let the waiting jobs look as if a process had claimed them and died."""
    with unit_of_work(database) as uow:
        status = tables_of(uow).status
        uow.session.execute(
            sa.update(status).values(status="PENDING", executor_id=executor, application_version=version)
        )


@pytest.mark.parametrize("beat", [None, timedelta(minutes=2)])
def test_the_watchdog_takes_up_what_a_dead_process_left(database: Database, beat: timedelta | None) -> None:
    order(database, "left")
    left_behind(database, "gone")
    if beat is not None:
        with unit_of_work(database) as uow:
            uow.session.add(WorkerBeat(executor_id="gone", at=datetime.now(UTC) - beat))
    with worker(database, beat_seconds=0.2):
        until(lambda: len(runs) == 1)
    with unit_of_work(database, readonly=True) as uow:
        assert jobs.workers(uow) == []


def test_the_watchdog_leaves_a_living_process_its_job(database: Database) -> None:
    order(database, "busy")
    left_behind(database, "alive")
    with unit_of_work(database) as uow:
        uow.session.add(WorkerBeat(executor_id="alive", at=datetime.now(UTC)))
    with worker(database, beat_seconds=0.1) as running:
        time.sleep(0.6)
        with unit_of_work(database, readonly=True) as uow:
            seen = {each.name: each.alive for each in jobs.workers(uow)}
    assert seen == {"alive": True, running.executor_id: True}
    assert runs == []


def test_jobs_of_another_version_are_listed_and_moved(database: Database) -> None:
    order(database, "ran")
    left_behind(database, "gone", version="0")
    order(database, "waits")
    with unit_of_work(database) as uow:
        status = tables_of(uow).status
        uow.session.execute(
            sa.update(status).where(status.c.status == "ENQUEUED").values(application_version="0")
        )
    with worker(database):
        time.sleep(0.5)
        assert runs == []
        with unit_of_work(database) as uow:
            assert jobs.overview(uow).older_version == 2
            assert jobs.move_older(uow) == 2
            assert jobs.overview(uow).older_version == 0
        until(lambda: len(runs) == 2)


def test_a_stopping_worker_finishes_what_it_does(database: Database) -> None:
    order(database, "long", "A", partition="A")
    with worker(database):
        until(lambda: len(runs) == 1)
    assert at_work == {"A": 0}
    found = overview(database)
    assert (found.running, found.waiting, found.workers) == (0, 0, [])
