"""Where jobs wait: the tables of DBOS in our own database, so that ordering joins the transaction."""

from __future__ import annotations

import json
import weakref
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from dbos import DBOS, DBOSClient
from dbos._serialization import DBOSPortableJSONSerializer
from sqlalchemy import event

from engine.database import Database, JobOrder, UnitOfWork, database_of, new_id, set_job_sender

WORKFLOW = "job"
QUEUE = "jobs"
QUEUE_BY_KEY = "jobs_by_key"  # one at a time for each partition key
WAITING = ("ENQUEUED", "DELAYED", "PENDING")
GIVEN_UP = ("ERROR", "MAX_RECOVERY_ATTEMPTS_EXCEEDED")
# Fixed: waiting jobs of one version stick when another starts, and a job here is only a name and ids.
APPLICATION_VERSION = "1"

_clients: weakref.WeakKeyDictionary[Database, DBOSClient] = weakref.WeakKeyDictionary()


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
            "workflow_id": order.id or str(new_id()),
            "app_version": APPLICATION_VERSION,
        }
        if order.partition is not None:
            options["queue_partition_key"] = order.partition
        if order.delay_seconds:
            options["delay_seconds"] = order.delay_seconds
        client.enqueue_in_transaction(connection, options, order.name, *order.args)  # type: ignore[arg-type]


set_job_sender(_send)


def lane(organisation_id: UUID, business_key: str) -> str:
    """Return the partition of jobs that touch one dossier's instances: one of them runs at a time."""
    return f"{organisation_id}:{business_key}"


@dataclass(frozen=True)
class JobTables:
    """The tables of DBOS that say which jobs there are, what each was given, and what it left."""

    status: sa.TableClause
    given: sa.TableClause
    output: sa.TableClause
    steps: sa.TableClause


def tables_of(uow: UnitOfWork) -> JobTables:
    """Return the tables of DBOS, to be read or changed inside the unit of work's own transaction.

    Its own descriptions of them only work on its own connections.
    """
    schema = None if database_of(uow).is_sqlite else "dbos"
    texts = ("workflow_uuid", "name", "status", "executor_id", "application_version", "queue_partition_key")
    numbers = ("created_at", "updated_at", "completed_at", "recovery_attempts")
    columns = [sa.column(name, sa.Text) for name in texts] + [
        sa.column(name, sa.BigInteger) for name in numbers
    ]
    inputs = sa.column("workflow_uuid", sa.Text), sa.column("inputs", sa.Text)
    return JobTables(
        sa.table("workflow_status", *columns, schema=schema),
        sa.table("workflow_input", *inputs, schema=schema),
        sa.table("workflow_output", sa.column("workflow_uuid", sa.Text), schema=schema),
        sa.table("operation_outputs", sa.column("workflow_uuid", sa.Text), schema=schema),
    )


def arguments(inputs: str | None) -> tuple[str, ...]:
    """Return name and arguments of a stored job."""
    given = json.loads(inputs)["positionalArgs"] if inputs else ()
    return tuple(str(value) for value in given) or ("",)


def unsettled(uow: UnitOfWork, name: str) -> set[tuple[str, ...]]:
    """Return the arguments of this job's orders that wait, run, or were given up and not settled yet."""
    tables = tables_of(uow)
    status, given = tables.status, tables.given
    query = (
        sa.select(given.c.inputs)
        .join(status, status.c.workflow_uuid == given.c.workflow_uuid)
        .where(status.c.name == WORKFLOW, status.c.status.in_((*WAITING, *GIVEN_UP)))
        .where(given.c.inputs.contains(f'"{name}"', autoescape=True))
    )
    found = [arguments(inputs) for inputs in uow.session.scalars(query)]
    return {args[1:] for args in found if args[0] == name}


def pending_count(database: Database) -> int:
    """Return how many jobs wait or run."""
    client = client_of(database)
    return len(client.list_workflows(status=list(WAITING), name=WORKFLOW, load_input=False))
