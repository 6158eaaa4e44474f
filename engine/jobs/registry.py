"""Names of jobs and how one is run: at once again when the database was busy."""

from __future__ import annotations

import importlib
import logging
import time
from collections.abc import Callable
from typing import Any

from sqlalchemy.exc import OperationalError
from sqlalchemy.orm.exc import StaleDataError

from engine import metrics
from engine.database import Database

log = logging.getLogger(__name__)

Job = Callable[..., Any]
_jobs: dict[str, Job] = {}
_ATTEMPTS = 5
# The engine's own jobs, found by name: an entry point need not know which modules register one.
_HOMES = {
    "advance_task": "engine.tasks",
    "deliver_message": "engine.messages",
    "fire_instance_timers": "engine.timers",
    "fire_timers": "engine.timers",
    "migrate_instance": "engine.migration",
}


def register(name: str) -> Callable[[Job], Job]:
    """Register fn(database, *ids) as the job of this name; a second one of the same name replaces it."""

    def remember(job: Job) -> Job:
        _jobs[name] = job
        return job

    return remember


def registered() -> tuple[str, ...]:
    """Return the names of all jobs that this process knows."""
    return tuple(_jobs)


def execute(database: Database, name: str, *args: str) -> None:
    """Run one job; a busy database is tried again, any other failure is raised."""
    for attempt in range(1, _ATTEMPTS + 1):
        try:
            job = _find(name)
            with metrics.running(name):
                job(database, *args)
            return
        except (OperationalError, StaleDataError):
            if attempt == _ATTEMPTS:
                raise
            log.warning("job %s %s found the database busy, attempt %s", name, args, attempt)
            time.sleep(0.05 * 2**attempt)


def _find(name: str) -> Job:
    if name in _HOMES:
        importlib.import_module(_HOMES[name])
    if name not in _jobs:
        raise LookupError(f"no job is registered under {name!r}")
    return _jobs[name]
