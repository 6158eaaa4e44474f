"""What keeps the tables of jobs small and honest: finished jobs go, jobs that killed their process are told of.

Both in ordinary units of work over the tables of DBOS, on either database.
"""

from __future__ import annotations

import logging
from datetime import UTC, datetime, timedelta
from uuid import UUID

import sqlalchemy as sa

from engine import handlers, incidents
from engine.database import Database, UnitOfWork, unit_of_work
from engine.errors import N_
from engine.jobs.store import WORKFLOW, arguments, tables_of
from engine.models import Incident, Instance, Task

log = logging.getLogger(__name__)

KEPT_DAYS = 30
CRASHED = N_("Chương trình xử lý nền dừng đột ngột nhiều lần khi đang làm việc này.")
_FINISHED = ("SUCCESS", "CANCELLED")
_CRASHED = "MAX_RECOVERY_ATTEMPTS_EXCEEDED"
_AT_ONCE = 1000


def forget_finished(database: Database, days: float = KEPT_DAYS) -> int:
    """Remove jobs and sweeps that ended well more than so many days of real time ago; returns how many.

    Dead letters stay, however old, and so do settled ones whose incident names them for as long as the others.
    A batch a transaction, so that nobody waits long for the SQLite file.
    """
    before = datetime.now(UTC) - timedelta(days=days)
    gone = 0
    while True:
        with unit_of_work(database) as uow:
            removed = _forget(uow, before)
        gone += removed
        if removed < _AT_ONCE:
            if gone:
                log.info("forgot %s finished jobs", gone)
            return gone


def _forget(uow: UnitOfWork, before: datetime) -> int:
    tables = tables_of(uow)
    status = tables.status
    old = (
        sa.select(status.c.workflow_uuid)
        .where(status.c.completed_at < int(before.timestamp() * 1000), status.c.status.in_(_FINISHED))
        .order_by(status.c.completed_at)
        .limit(_AT_ONCE)
    )
    ids = list(uow.session.scalars(old))
    for table in (tables.given, tables.output, tables.steps, status):
        # The others carry no foreign key; should the process die in between, nothing of it has happened.
        uow.session.execute(sa.delete(table).where(table.c.workflow_uuid.in_(ids)))
    return len(ids)


def order_nightly(database: Database) -> None:
    """Order what was registered to be done once a night."""
    with unit_of_work(database) as uow:
        for order in handlers.registry().nightly.values():
            order(uow)


def tell_of_crashed(database: Database) -> int:
    """Record an incident for each job that was given up because it killed its process; returns how many are new."""
    with unit_of_work(database, readonly=True) as uow:
        found = _crashed(uow)
    for job_id, args, instance_id in found:
        told = {"job": args[0], "job_id": job_id, "instance_id": str(instance_id or "")}
        log.error("job killed its process too often and was given up", extra={"fields": told})
        incidents.record_dead_letter(
            database, job_id=job_id, job_name=args[0], instance_id=instance_id, element="", cause=CRASHED
        )
    return len(found)


def _crashed(uow: UnitOfWork) -> list[tuple[str, tuple[str, ...], UUID | None]]:
    tables = tables_of(uow)
    status, given = tables.status, tables.given
    query = (
        sa.select(status.c.workflow_uuid, given.c.inputs)
        .join(given, given.c.workflow_uuid == status.c.workflow_uuid)
        .where(
            status.c.name == WORKFLOW,
            status.c.status == _CRASHED,
            ~sa.exists().where(Incident.job_id == status.c.workflow_uuid),
        )
        .limit(_AT_ONCE)
    )
    rows = [(row.workflow_uuid, arguments(row.inputs)) for row in uow.session.execute(query)]
    return [(job_id, args, _instance_of(uow, args[1:])) for job_id, args in rows]


def _instance_of(uow: UnitOfWork, ids: tuple[str, ...]) -> UUID | None:
    """The instance a job was about: its first argument is an instance's id, a task's, or something else's."""
    try:
        first = UUID(ids[0])
    except (IndexError, ValueError):
        return None
    if uow.session.get(Instance, first) is not None:
        return first
    task = uow.session.get(Task, first)
    return task.instance_id if task is not None else None
