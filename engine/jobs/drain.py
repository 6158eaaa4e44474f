"""Runs waiting jobs here and now, in the order they were ordered: for tests, the demo and `thidua` commands.

The tables of DBOS are the queue; a job is claimed there, so a worker that runs beside takes another one. A
claim that is left behind by a crash is taken over by the next worker's watchdog, like any other.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa
from dbos import DBOSClient

from engine.database import Database, new_id, unit_of_work
from engine.jobs.attempts import give_up
from engine.jobs.registry import execute
from engine.jobs.store import APPLICATION_VERSION, WORKFLOW, client_of
from engine.models import WorkerBeat

_BATCH = 200


def run_pending(database: Database) -> int:
    """Run jobs until none waits; returns how many ran.

    A failed job is given up at once and the others still run; then the first failure is raised.
    """
    client = client_of(database)
    executor_id = f"drain-{new_id()}"
    failures: list[Exception] = []
    ran = 0
    while jobs := _claim(client, executor_id, before=lambda: _beat(database, executor_id)):
        outcomes: dict[str, str] = {}
        try:
            for job_id, args in jobs:
                outcomes[job_id] = _run(database, job_id, args, failures)
        finally:
            _record(client, outcomes)
            _give_back(client, [job_id for job_id, _ in jobs if job_id not in outcomes])
        ran += len(jobs)
    if ran:
        _still(database, executor_id)
    if failures:
        raise failures[0]
    return ran


def _beat(database: Database, executor_id: str) -> None:
    with unit_of_work(database) as uow:
        uow.session.merge(WorkerBeat(executor_id=executor_id, at=datetime.now(UTC)))


def _still(database: Database, executor_id: str) -> None:
    with unit_of_work(database) as uow:
        uow.session.execute(sa.delete(WorkerBeat).where(WorkerBeat.executor_id == executor_id))


def _run(database: Database, job_id: str, args: list[str], failures: list[Exception]) -> str:
    try:
        execute(database, *args)
    except Exception as error:  # the queue goes on; the first failure is raised at the end
        give_up(database, job_id, tuple(args), error)
        failures.append(error)
        return "ERROR"
    return "SUCCESS"


def _claim(client: DBOSClient, executor_id: str, before: Callable[[], None]) -> list[tuple[str, list[str]]]:
    """Take what waits; `before` says that this process lives, else a watchdog would take it back."""
    client._sys_db.transition_delayed_workflows()
    waiting = client.list_workflows(status="ENQUEUED", name=WORKFLOW, limit=_BATCH, load_output=False)
    if not waiting:
        return []
    before()
    inputs: dict[str, Any] = {row.workflow_id: row.input for row in waiting}
    table = client._sys_db.tables.workflow_status
    claim = (
        sa.update(table)
        .where(table.c.workflow_uuid.in_(inputs), table.c.status == "ENQUEUED")
        .values(
            status="PENDING",
            executor_id=executor_id,
            application_version=APPLICATION_VERSION,
            started_at_epoch_ms=_now_ms(),
        )
        .returning(table.c.workflow_uuid)
    )
    with client._sys_db.engine.begin() as connection:
        claimed = connection.execute(claim).scalars().all()
    return [(job_id, list(inputs[job_id]["args"])) for job_id in sorted(claimed)]


def _record(client: DBOSClient, outcomes: dict[str, str]) -> None:
    table = client._sys_db.tables.workflow_status
    with client._sys_db.engine.begin() as connection:
        for status in sorted(set(outcomes.values())):
            ids = [job_id for job_id, outcome in outcomes.items() if outcome == status]
            connection.execute(
                sa.update(table)
                .where(table.c.workflow_uuid.in_(ids))
                .values(status=status, completed_at=_now_ms(), updated_at=_now_ms())
            )


def _give_back(client: DBOSClient, job_ids: list[str]) -> None:
    if not job_ids:
        return
    table = client._sys_db.tables.workflow_status
    with client._sys_db.engine.begin() as connection:
        connection.execute(
            sa.update(table)
            .where(table.c.workflow_uuid.in_(job_ids))
            .values(status="ENQUEUED", executor_id=None)
        )


def _now_ms() -> int:
    return int(time.time() * 1000)
