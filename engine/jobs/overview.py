"""What the administrator's page and a monitor say about jobs, and what can be done about them.

Everything happens in the caller's transaction on the tables of DBOS: on SQLite its own functions may not be
called while a transaction writes.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID

import sqlalchemy as sa

from engine.database import Database, JobOrder, UnitOfWork, unit_of_work
from engine.errors import N_, NotFound
from engine.jobs.attempts import ATTEMPT
from engine.jobs.store import APPLICATION_VERSION, GIVEN_UP, WAITING, WORKFLOW, arguments, lane, tables_of
from engine.jobs.upkeep import CRASHED
from engine.models import Incident, WorkerBeat

SILENT_AFTER = timedelta(seconds=60)


@dataclass(frozen=True)
class FailedJob:
    """A job that was given up: what the administrator's page shows."""

    id: str
    name: str
    args: tuple[str, ...]
    cause: str
    at: datetime


@dataclass(frozen=True)
class SeenWorker:
    """A process that runs jobs: when it was last heard, and whether that is recent."""

    name: str
    at: datetime
    alive: bool


@dataclass(frozen=True)
class Overview:
    """How many jobs there are in each state, and who runs them."""

    waiting: int
    running: int
    later: int
    retrying: int
    failed: int
    oldest_waiting: datetime | None
    older_version: int
    workers: list[SeenWorker]


def overview(uow: UnitOfWork) -> Overview:
    """Return the state of all jobs of this database."""
    status = tables_of(uow).status
    again = status.c.workflow_uuid.contains(ATTEMPT)
    query = (
        sa.select(status.c.status, again.label("again"), sa.func.count(), sa.func.min(status.c.created_at))
        .where(status.c.name == WORKFLOW, status.c.status.in_((*WAITING, *GIVEN_UP)))
        .group_by(status.c.status, again)
    )
    rows = [tuple(row) for row in uow.session.execute(query)]
    oldest = min((row[3] for row in rows if row[0] == "ENQUEUED"), default=None)

    def count(state: str, attempts: tuple[bool, ...] = (False, True)) -> int:
        return sum(row[2] for row in rows if row[0] == state and bool(row[1]) in attempts)

    return Overview(
        waiting=count("ENQUEUED"),
        running=count("PENDING"),
        later=count("DELAYED", (False,)),
        retrying=count("DELAYED", (True,)),
        failed=sum(count(state) for state in GIVEN_UP),
        oldest_waiting=_moment(oldest) if oldest is not None else None,
        older_version=uow.session.scalar(sa.select(sa.func.count()).where(_older(status))) or 0,
        workers=workers(uow),
    )


def workers(uow: UnitOfWork) -> list[SeenWorker]:
    """Return the processes that run jobs, by real time, the last heard first."""
    limit = datetime.now(UTC) - SILENT_AFTER
    beats = uow.session.scalars(sa.select(WorkerBeat).order_by(WorkerBeat.at.desc()))
    return [SeenWorker(beat.executor_id, beat.at, beat.at >= limit) for beat in beats]


def failed(database: Database, limit: int = 100) -> list[FailedJob]:
    """Return the jobs that were given up, newest first."""
    with unit_of_work(database, readonly=True) as uow:
        return failed_jobs(uow, limit)


def failed_jobs(uow: UnitOfWork, limit: int = 100, *, organisation_id: UUID | None = None) -> list[FailedJob]:
    """Return the jobs that were given up, newest first, each with its cause; those that concern one organisation
    when it is given: about its dossiers, or about none."""
    tables = tables_of(uow)
    status, given = tables.status, tables.given
    query = (
        sa.select(status.c.workflow_uuid, given.c.inputs, status.c.updated_at)
        .join(given, given.c.workflow_uuid == status.c.workflow_uuid)
        .where(
            status.c.name == WORKFLOW, status.c.status.in_(GIVEN_UP), *_concerning(status, organisation_id)
        )
        .order_by(status.c.updated_at.desc(), status.c.workflow_uuid.desc())
        .limit(limit)
    )
    rows = uow.session.execute(query).all()
    wanted = sa.select(Incident.job_id, Incident.cause).where(Incident.job_id.in_([row[0] for row in rows]))
    causes: dict[str | None, str] = {row[0]: row[1] for row in uow.session.execute(wanted)}
    return [
        FailedJob(row[0], args[0], args[1:], causes.get(row[0], CRASHED), _moment(row[2]))
        for row in rows
        for args in [arguments(row[1])]
    ]


def _concerning(status: sa.TableClause, organisation_id: UUID | None) -> list[sa.ColumnElement[bool]]:
    if organisation_id is None:
        return []
    key = status.c.queue_partition_key
    return [sa.or_(key.is_(None), key.startswith(lane(organisation_id, ""), autoescape=True))]


@dataclass(frozen=True)
class LaneJob:
    """A job about one dossier that has not ended well: its name, its state in DBOS, since when."""

    id: str
    name: str
    state: str
    at: datetime


def of_lane(uow: UnitOfWork, organisation_id: UUID, business_key: str, most: int = 50) -> list[LaneJob]:
    """Return the jobs about one dossier that wait, run or were given up, the oldest first."""
    tables = tables_of(uow)
    status, given = tables.status, tables.given
    query = (
        sa.select(status.c.workflow_uuid, given.c.inputs, status.c.status, status.c.created_at)
        .join(given, given.c.workflow_uuid == status.c.workflow_uuid)
        .where(
            status.c.status.in_((*WAITING, *GIVEN_UP)),
            status.c.queue_partition_key == lane(organisation_id, business_key),
        )
        .order_by(status.c.created_at, status.c.workflow_uuid)
        .limit(most)
    )
    return [
        LaneJob(row.workflow_uuid, arguments(row.inputs)[0], row.status, _moment(row.created_at))
        for row in uow.session.execute(query)
    ]


def retry(database: Database, job_id: str) -> None:
    """Put a job that was given up back into the queue; raises NotFound when it is not given up any more."""
    with unit_of_work(database) as uow:
        order_again(uow, job_id)


def order_again(uow: UnitOfWork, job_id: str) -> None:
    """Order a job that was given up anew, with all its attempts. Raises NotFound when somebody was faster."""
    settle(uow, job_id)
    tables = tables_of(uow)
    status, given = tables.status, tables.given
    query = (
        sa.select(given.c.inputs, status.c.queue_partition_key)
        .join(given, given.c.workflow_uuid == status.c.workflow_uuid)
        .where(status.c.workflow_uuid == job_id)
    )
    row = uow.session.execute(query).one()
    name, *args = arguments(row.inputs)
    uow.jobs.append(JobOrder(name, tuple(args), partition=row.queue_partition_key))


def settle(uow: UnitOfWork, job_id: str) -> None:
    """Take a job that was given up off the list; its row stays. Raises NotFound when it is not on it."""
    status = tables_of(uow).status
    given_up = status.c.workflow_uuid == job_id, status.c.status.in_(GIVEN_UP)
    taken = uow.session.execute(sa.update(status).where(*given_up).values(status="CANCELLED"))
    if taken.rowcount != 1:  # type: ignore[attr-defined]
        raise NotFound(N_("công việc nền này"))


def move_older(uow: UnitOfWork) -> int:
    """Give waiting jobs of another version of the program to this one; returns how many.

    One that ran when its worker died waits again; one whose worker lives is left to it.
    """
    status = tables_of(uow).status
    moved = sa.update(status).where(_older(status)).values(application_version=APPLICATION_VERSION)
    alive = [worker.name for worker in workers(uow) if worker.alive]
    dead = (_older(status), status.c.status == "PENDING", status.c.executor_id.not_in(alive))
    uow.session.execute(sa.update(status).where(*dead).values(status="ENQUEUED", executor_id=None))
    waiting = uow.session.execute(moved.where(status.c.status != "PENDING"))
    return int(waiting.rowcount)  # type: ignore[attr-defined]


def _older(status: sa.TableClause) -> sa.ColumnElement[bool]:
    return sa.and_(
        status.c.name == WORKFLOW,
        status.c.status.in_(WAITING),
        status.c.application_version != APPLICATION_VERSION,
    )


def _moment(milliseconds: int) -> datetime:
    return datetime.fromtimestamp(milliseconds / 1000, UTC)
