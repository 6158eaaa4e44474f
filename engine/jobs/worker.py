"""The worker: DBOS with our one workflow, a beat of its own, and a watchdog over silent workers.

On SQLite it lives in a thread of the web process; on PostgreSQL `thidua worker` runs as many as wanted.
"""

from __future__ import annotations

import logging
import os
import socket
import threading
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa
from dbos import DBOS
from dbos._serialization import DBOSPortableJSONSerializer

from engine.database import Database, unit_of_work
from engine.jobs.attempts import BACKOFF_SECONDS, attempt, give_up
from engine.jobs.overview import SILENT_AFTER
from engine.jobs.registry import execute
from engine.jobs.store import APPLICATION_VERSION, QUEUE, QUEUE_BY_KEY, WORKFLOW, make_engine, tables_of
from engine.jobs.upkeep import KEPT_DAYS, forget_finished, order_nightly, tell_of_crashed
from engine.models import WorkerBeat

log = logging.getLogger(__name__)

BEAT_SECONDS = 10
# A job that kills its process so often is given up instead of killing the next one.
MAX_CRASHES = 10
TIMER_CRON = "* * * * *"
UPKEEP_CRON = "20 2 * * *"  # by the machine's clock; a sweep a minute alone leaves half a million rows a year


class _Process:
    """The database that jobs of this process run on; DBOS is one for a process too."""

    database: Database | None = None
    backoff: Sequence[float] = BACKOFF_SECONDS
    kept_days: float = KEPT_DAYS


@DBOS.workflow(name=WORKFLOW, max_recovery_attempts=MAX_CRASHES)  # type: ignore[untyped-decorator, unused-ignore]
def _job(name: str, *args: str) -> None:
    assert _Process.database is not None
    assert DBOS.workflow_id is not None
    attempt(_Process.database, DBOS.workflow_id, (name, *args), _Process.backoff)


@DBOS.workflow(name="fire_timers")  # type: ignore[untyped-decorator, unused-ignore]
def _sweep(_scheduled_at: datetime, _context: Any) -> None:
    assert _Process.database is not None
    try:
        execute(_Process.database, "fire_timers")
    except Exception as error:  # the next minute tries again by itself
        log.exception("the sweep over due moments failed")
        give_up(_Process.database, None, ("fire_timers",), error)


@DBOS.workflow(name="forget_finished_jobs")  # type: ignore[untyped-decorator, unused-ignore]
def _upkeep(_scheduled_at: datetime, _context: Any) -> None:
    assert _Process.database is not None
    try:
        order_nightly(_Process.database)
        forget_finished(_Process.database, _Process.kept_days)
    except Exception as error:  # the next night tries again by itself
        log.exception("the upkeep of the night failed")
        give_up(_Process.database, None, ("forget_finished_jobs",), error)


class Worker:
    """Runs jobs of one database until it is stopped; one a process."""

    def __init__(
        self,
        database: Database,
        *,
        concurrency: int = 4,
        polling_seconds: float = 0.2,
        backoff: Sequence[float] = BACKOFF_SECONDS,
        beat_seconds: float = BEAT_SECONDS,
        kept_days: float = KEPT_DAYS,
    ) -> None:
        self._database = database
        self._concurrency = concurrency
        self._polling_seconds = polling_seconds
        self._backoff = backoff
        self._beat_seconds = beat_seconds
        self._kept_days = kept_days
        self._stopping = threading.Event()
        # SQLite has one worker, whose unfinished jobs its next start takes up by the same name.
        self.executor_id = "local" if database.is_sqlite else f"{socket.gethostname()}-{os.getpid()}"

    def start(self) -> None:
        """Take up unfinished jobs, begin to run new ones, and come back; raises when one already runs."""
        if _Process.database is not None:
            raise RuntimeError("this process already has a worker")
        _Process.database, _Process.backoff = self._database, self._backoff
        _Process.kept_days = self._kept_days
        self._engine = make_engine(self._database)
        try:
            self._launch()
        except BaseException:
            # One that never ran must not stand in the way of the next.
            DBOS.destroy()
            self._engine.dispose()
            _Process.database = None
            raise
        self._watchdog = threading.Thread(target=self._watch, name="thidua-watchdog", daemon=True)
        self._watchdog.start()

    def _launch(self) -> None:
        DBOS(
            config={
                "name": "thidua",
                "application_version": APPLICATION_VERSION,
                "executor_id": self.executor_id,
                "system_database_engine": self._engine,
                "serializer": DBOSPortableJSONSerializer(),
                "use_listen_notify": False,
                "run_migrations": False,
                "log_level": "WARNING",
                "scheduler_polling_interval_sec": 5.0,
            }
        )
        self._beat()  # before the first claim: a job of a silent process is taken over
        DBOS.launch()
        self._register_queues()

    def _register_queues(self) -> None:
        DBOS.register_queue(
            QUEUE, worker_concurrency=self._concurrency, polling_interval_sec=self._polling_seconds
        )
        DBOS.register_queue(
            QUEUE_BY_KEY,
            worker_concurrency=self._concurrency,
            partition_concurrency=1,
            polling_interval_sec=self._polling_seconds,
        )
        DBOS.apply_schedules(
            [
                {"schedule_name": name, "workflow_fn": function, "schedule": cron, "context": None}
                for name, function, cron in (
                    ("fire_timers", _sweep, TIMER_CRON),
                    ("forget_finished_jobs", _upkeep, UPKEEP_CRON),
                )
            ]
        )

    def stop(self, *, timeout_seconds: int = 20) -> None:
        """Let running jobs finish, then stop; waiting jobs stay for the next start."""
        self._stopping.set()
        self._watchdog.join(timeout=self._beat_seconds + 10)
        DBOS.destroy(workflow_completion_timeout_sec=timeout_seconds)
        self._engine.dispose()
        with unit_of_work(self._database) as uow:
            uow.session.execute(sa.delete(WorkerBeat).where(WorkerBeat.executor_id == self.executor_id))
        _Process.database = None

    def _watch(self) -> None:
        while not self._stopping.wait(self._beat_seconds):
            try:
                self._beat()
                self._take_over_silent()
                tell_of_crashed(self._database)
            except Exception:
                log.exception("the watchdog failed once and goes on")

    def _beat(self) -> None:
        with unit_of_work(self._database) as uow:
            uow.session.merge(WorkerBeat(executor_id=self.executor_id, at=datetime.now(UTC)))

    def _take_over_silent(self) -> None:
        """Take up the jobs of every process that is not heard any more.

        By the jobs, not by the beats: who dies between forgetting a beat and taking over loses nothing.
        """
        limit = datetime.now(UTC) - SILENT_AFTER
        with unit_of_work(self._database) as uow:
            uow.session.execute(sa.delete(WorkerBeat).where(WorkerBeat.at < limit))
            status = tables_of(uow).status
            alive = sa.select(WorkerBeat.executor_id)
            orphans = sa.select(status.c.executor_id).where(
                status.c.status == "PENDING", status.c.executor_id.not_in(alive)
            )
            executors = list(uow.session.scalars(orphans.distinct()))
        if executors:
            log.warning("taking over the jobs of silent workers: %s", ", ".join(executors))
            DBOS._recover_pending_workflows(executors)
