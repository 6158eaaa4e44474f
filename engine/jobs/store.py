"""Where jobs wait: the tables of DBOS in our own database, so that ordering joins the transaction."""

from __future__ import annotations

import weakref
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from dbos import DBOS, DBOSClient
from dbos._serialization import DBOSPortableJSONSerializer
from sqlalchemy import event

from engine.database import Database, JobOrder, UnitOfWork, database_of, new_id, set_job_sender

WORKFLOW = "job"
QUEUE = "jobs"
QUEUE_BY_KEY = "jobs_by_key"  # one at a time for each partition key
# Fixed: waiting jobs of one version stick when another starts, and a job here is only a name and ids.
APPLICATION_VERSION = "1"

_clients: weakref.WeakKeyDictionary[Database, DBOSClient] = weakref.WeakKeyDictionary()


@dataclass(frozen=True)
class FailedJob:
    """A job that was given up: what the administrator's page shows."""

    id: str
    name: str
    args: tuple[str, ...]
    error: str


def make_engine(database: Database) -> sa.Engine:
    """Return an engine for DBOS alone: same file and library, but without our begin event.

    With ours every one of its transactions fails: "cannot start a transaction within a transaction".
    """
    if not database.is_sqlite:
        return sa.create_engine(database.engine.url, pool_pre_ping=True, pool_size=5, max_overflow=10)
    engine = sa.create_engine(
        database.url, connect_args={"timeout": 30, "check_same_thread": False}, pool_size=5, max_overflow=10
    )

    @event.listens_for(engine, "connect")
    def configure(connection: Any, _record: object) -> None:
        connection.execute("PRAGMA busy_timeout=30000")
        connection.isolation_level = "IMMEDIATE"
        connection.execute("PRAGMA synchronous=FULL")
        connection.execute("PRAGMA foreign_keys=ON")

    return engine


def client_of(database: Database) -> DBOSClient:
    """Return the client through which this process orders and lists jobs of the database."""
    client = _clients.get(database)
    if client is None:
        engine = make_engine(database)
        client = DBOSClient(system_database_engine=engine, serializer=DBOSPortableJSONSerializer(), lazy=True)
        _clients[database] = client
        database.on_close.append(lambda: _close(database, engine))
    return client


def _close(database: Database, engine: sa.Engine) -> None:
    client = _clients.pop(database, None)
    if client is not None:
        client.destroy()
    engine.dispose()


def create_tables(database: Database, owner_url: str | None = None) -> None:
    """Create or upgrade the tables of DBOS; on PostgreSQL by the owner, who lets the application use them."""
    if database.is_sqlite:
        DBOS.migrate(str(database.url))
        return
    owner = owner_url or database.url.render_as_string(hide_password=False)
    DBOS.migrate(owner, application_role=database.url.username if owner_url else None)


def _send(uow: UnitOfWork, orders: list[JobOrder]) -> None:
    client = client_of(database_of(uow))
    connection = uow.session.connection()
    for order in orders:
        options: dict[str, Any] = {
            "workflow_name": WORKFLOW,
            "queue_name": QUEUE if order.partition is None else QUEUE_BY_KEY,
            "workflow_id": str(new_id()),
            "app_version": APPLICATION_VERSION,
        }
        if order.partition is not None:
            options["queue_partition_key"] = order.partition
        if order.delay_seconds:
            options["delay_seconds"] = order.delay_seconds
        client.enqueue_in_transaction(connection, options, order.name, *order.args)  # type: ignore[arg-type]


set_job_sender(_send)


def pending_count(database: Database) -> int:
    """Return how many jobs wait or run."""
    client = client_of(database)
    return len(client.list_workflows(status=["ENQUEUED", "PENDING", "DELAYED"], load_input=False))


def failed(database: Database, limit: int = 100) -> list[FailedJob]:
    """Return the jobs that were given up, newest first."""
    rows = client_of(database).list_workflows(
        status=["ERROR", "MAX_RECOVERY_ATTEMPTS_EXCEEDED"], limit=limit, sort_desc=True
    )
    return [FailedJob(row.workflow_id, *_order(row), str(row.error or "")) for row in rows]


def retry(database: Database, job_id: str) -> None:
    """Put a job that was given up back into the queue."""
    client = client_of(database)
    client.fork_workflow(job_id, 1, queue_name=QUEUE)


def _order(row: Any) -> tuple[str, tuple[str, ...]]:
    args = tuple(row.input["args"]) if row.input else ("",)
    return str(args[0]), tuple(str(arg) for arg in args[1:])
