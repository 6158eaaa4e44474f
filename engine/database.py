"""One database, one transaction a request. Every entry point imports this module first.

SQLite runs in WAL with FULL synchronisation: with NORMAL a power cut loses acknowledged commits
(persistence notes). Its library is the one of PyPI `pysqlite3`, because Python's own is inside the range
of the WAL-reset corruption (3.7.0 to 3.51.2), and two libraries on one file corrupt it.
"""

from __future__ import annotations

import secrets
import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from functools import cached_property
from pathlib import Path
from typing import Any
from uuid import UUID

import psycopg
import pysqlite3

sys.modules["sqlite3"] = pysqlite3
sys.modules["sqlite3.dbapi2"] = pysqlite3.dbapi2
if pysqlite3.sqlite_version_info < (3, 51, 3):
    raise RuntimeError(f"SQLite {pysqlite3.sqlite_version} may corrupt a WAL database; 3.51.3 is needed")

import sqlalchemy as sa  # noqa: E402  (after the swap of the SQLite library)
from sqlalchemy import event  # noqa: E402
from sqlalchemy.orm import DeclarativeBase  # noqa: E402
from sqlalchemy.types import TypeDecorator  # noqa: E402

from engine import row_security  # noqa: E402
from engine.clock import Clock, SystemClock, local_date  # noqa: E402
from engine.driver import execute  # noqa: E402
from engine.errors import StepFailed  # noqa: E402
from engine.limits import Limits, WaitedTooLong, busy_cause  # noqa: E402
from engine.write_behind import WriteBehindSession, Writing  # noqa: E402

_SQLITE_PRAGMAS = (
    "busy_timeout=30000",
    "journal_mode=WAL",
    "synchronous=FULL",
    "foreign_keys=ON",
    "trusted_schema=OFF",
    "cell_size_check=ON",
    "journal_size_limit=67108864",
)


class _Ticks:
    """Milliseconds and a counter of 12 bits; never the same twice in a process."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._last = 0

    def next(self) -> int:
        with self._lock:
            self._last = max((time.time_ns() // 1_000_000) << 12, self._last + 1)
            return self._last


_ticks = _Ticks()


def new_id() -> UUID:
    """Return a time-ordered UUID (version 7 layout); within a process each is greater than the one before."""
    tick = _ticks.next()
    value = (tick >> 12) << 80 | 0x7 << 76 | (tick & 0xFFF) << 64 | 0b10 << 62 | secrets.randbits(62)
    return UUID(int=value)


class UtcDateTime(TypeDecorator[datetime]):
    """A moment. Refuses naive values, returns aware UTC: SQLite gives a "+07:00" time back naive."""

    impl = sa.DateTime
    cache_ok = True

    def load_dialect_impl(self, dialect: sa.Dialect) -> sa.types.TypeEngine[Any]:
        """Return the zone-aware type where the database has one."""
        return dialect.type_descriptor(sa.DateTime(timezone=dialect.name == "postgresql"))

    def process_bind_param(self, value: datetime | None, dialect: sa.Dialect) -> datetime | None:
        """Return the value in UTC; raises ValueError for a naive one."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a moment must carry a zone")
        value = value.astimezone(UTC)
        return value if dialect.name == "postgresql" else value.replace(tzinfo=None)

    def process_result_value(self, value: datetime | None, dialect: sa.Dialect) -> datetime | None:
        """Return the stored moment, aware, in UTC."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class Base(DeclarativeBase):
    """Base of all tables, the engine's and the workflows'."""

    metadata = sa.MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map = {  # noqa: RUF012  (SQLAlchemy's own declaration)
        datetime: UtcDateTime,
        UUID: sa.Uuid,
        dict[str, Any]: sa.JSON,
        list[Any]: sa.JSON,
    }


class WriterQueue:
    """Lets writers of one process wait in order; SQLite's own waiting is a lottery with long losers."""

    def __init__(self, timeout: float = 60.0) -> None:
        self._mutex = threading.Lock()
        self._waiting: deque[threading.Event] = deque()
        self._owner: int | None = None
        self._timeout = timeout

    def acquire(self) -> None:
        """Wait for the turn; raises RuntimeError for a second writing transaction in the same thread."""
        me = threading.get_ident()
        with self._mutex:
            if self._owner is None:
                self._owner = me
                return
            if self._owner == me:
                raise RuntimeError("this thread already has a writing unit of work open")
            turn = threading.Event()
            self._waiting.append(turn)
        if not turn.wait(self._timeout):
            with self._mutex:
                if turn in self._waiting:
                    self._waiting.remove(turn)
                    raise WaitedTooLong("another transaction has kept the database locked for too long")
        self._owner = me

    def release(self) -> None:
        """Give the turn to the one that waits longest."""
        with self._mutex:
            if self._waiting:
                self._owner = -1  # taken, its new owner writes its name when it wakes
                self._waiting.popleft().set()
            else:
                self._owner = None


def _patiently(connection: Any, statement: str) -> None:
    """Execute until nobody is in the way: turning a new file to WAL does not wait for others who do the same."""
    give_up = time.monotonic() + 30
    while True:
        try:
            connection.execute(statement)
            return
        except pysqlite3.OperationalError as error:
            if "locked" not in str(error) or time.monotonic() > give_up:
                raise
            time.sleep(0.02)


def _make_sqlite_engine(url: sa.URL, limits: Limits) -> sa.Engine:
    engine = sa.create_engine(url, connect_args={"timeout": 30, "check_same_thread": False}, **limits.pool())
    queue = WriterQueue()

    @event.listens_for(engine, "connect")
    def configure(connection: Any, _record: object) -> None:
        connection.isolation_level = None
        for pragma in _SQLITE_PRAGMAS:
            _patiently(connection, f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def begin(connection: sa.Connection) -> None:
        if connection.get_execution_options().get("readonly"):
            connection.info["query_only"] = True
            execute(connection, "PRAGMA query_only=ON")
            execute(connection, "BEGIN")
            return
        queue.acquire()
        try:
            execute(connection, "BEGIN IMMEDIATE")
        except BaseException:
            queue.release()
            raise
        connection.info["writer"] = True

    @event.listens_for(engine, "checkin")
    def checkin(connection: Any, record: Any) -> None:
        # The commit and rollback events fire before their statements; here the transaction is over.
        if record.info.pop("query_only", None) and connection is not None:
            connection.execute("PRAGMA query_only=OFF")
        if record.info.pop("writer", None):
            queue.release()

    @event.listens_for(engine, "invalidate")
    def invalidate(_connection: Any, record: Any, _error: object) -> None:
        if record.info.pop("writer", None):
            queue.release()

    return engine


def _make_postgresql_engine(url: sa.URL, limits: Limits) -> sa.Engine:
    given = " ".join(sa.util.to_list(url.query.get("options", "")))
    return sa.create_engine(
        url.set(drivername="postgresql+psycopg"),
        connect_args={"options": f"{limits.options} {given}"},  # the later wins: what the address says
        **limits.pool(),
    )


class Database:
    """The one database of a process: its engine, its clock and its limits."""

    def __init__(self, url: str, *, clock: Clock | None = None, limits: Limits | None = None) -> None:
        self.url = sa.make_url(url)
        self.limits = limits or Limits()
        self.on_close: list[Callable[[], None]] = []
        self.clock: Clock = clock or SystemClock()
        if self.is_sqlite:
            self.engine = _make_sqlite_engine(self.url, self.limits)
        else:
            self.engine = _make_postgresql_engine(self.url, self.limits)

    @property
    def is_sqlite(self) -> bool:
        """Whether this is the one-file database."""
        return self.url.get_backend_name() == "sqlite"

    @property
    def path(self) -> Path:
        """Return the file of a SQLite database; raises ValueError on PostgreSQL."""
        if not self.is_sqlite or not self.url.database:
            raise ValueError("only SQLite keeps its database in a file")
        return Path(self.url.database)

    def create_schema(self, owner_url: str | None = None) -> None:
        """Bring the schema to the newest revision, in one locked transaction; see engine.schema."""
        from engine.schema import upgrade

        upgrade(self, owner_url=owner_url)

    def close(self) -> None:
        """Close every connection and what others have hung on this database."""
        while self.on_close:
            self.on_close.pop()()
        self.engine.dispose()


@dataclass(frozen=True)
class JobOrder:
    """A job to be enqueued with the transaction: its registered name and its arguments (ids).

    With an `id` it is ordered once, however often this is repeated.
    """

    name: str
    args: tuple[str, ...]
    partition: str | None = None
    delay_seconds: float = 0.0
    id: str | None = None


@dataclass
class UnitOfWork:
    """One transaction with who acts, for which organisation, at which business time."""

    session: WriteBehindSession
    clock: Clock
    organisation_id: UUID | None = None
    actor_id: UUID | None = None
    actor_name: str = ""
    jobs: list[JobOrder] = field(default_factory=list)
    chain_heads: dict[str, tuple[int, str]] = field(default_factory=dict)
    """Chain of the history → number and hash of its newest row, once read under the chain's lock."""
    readonly: bool = False
    remembered: dict[tuple[object, ...], Any] = field(default_factory=dict)
    """What was looked up and cannot change in a readonly unit of work; the others do not use it."""

    @cached_property
    def now(self) -> datetime:
        """Return business time, aware UTC, one value for the whole unit of work."""
        return self.clock.now(self.session.connection())

    @property
    def today(self) -> date:
        """Return the legal date in Vietnam's zone."""
        return local_date(self.now)

    def later(self, statement: Writing, values: dict[str, Any]) -> None:
        """Have a statement executed before anything is read, at the latest with the commit."""
        self.session.later(statement, values)

    def enqueue(self, job: str, *args: str, partition: str | None = None, delay_seconds: float = 0.0) -> None:
        """Order a job that runs after this transaction, and only when it commits."""
        order = JobOrder(job, args, partition, delay_seconds)
        if order not in self.jobs:
            self.jobs.append(order)


JobSender = Callable[[UnitOfWork, list[JobOrder]], None]
_job_senders: list[JobSender] = []


def set_job_sender(sender: JobSender) -> None:
    """Say who writes ordered jobs into the transaction; engine.jobs does so when it is imported."""
    _job_senders[:] = [sender]


@contextmanager
def unit_of_work(
    database: Database,
    *,
    organisation_id: UUID | None = None,
    actor_id: UUID | None = None,
    actor_name: str = "",
    readonly: bool = False,
) -> Iterator[UnitOfWork]:
    """Open the one transaction of a request: commits at the end, rolls back on any error.

    A readonly one cannot write: SQLite then neither takes nor waits for the writer's lock. On PostgreSQL it
    sees the rows of its organisation only; one without an organisation sees all (engine.row_security).
    Raises what `engine.limits.busy_cause` knows when the database keeps it waiting too long.
    """
    with WriteBehindSession(database.engine) as session:
        session.info["database"] = database
        connection = _begin(session, database, organisation_id, readonly=readonly)
        uow = UnitOfWork(session, database.clock, organisation_id, actor_id, actor_name, readonly=readonly)
        try:
            yield uow
        except StepFailed as error:
            # A step that met a busy database is not broken: it may be tried again.
            busy = busy_cause(error)
            if busy is not None:
                raise busy from error
            raise
        if not readonly:
            _finish(uow)
        elif not database.is_sqlite:
            _end_reading(connection)


def _begin(
    session: WriteBehindSession, database: Database, organisation_id: UUID | None, *, readonly: bool
) -> sa.Connection:
    options = {"readonly": readonly}
    connection = session.connection(execution_options=options)
    if database.is_sqlite:
        return connection
    try:
        _begin_on_postgresql(connection, organisation_id, readonly=readonly)
    except psycopg.OperationalError:
        # The server was restarted or has cut idle connections: none of the pool's is any good.
        connection.invalidate()
        session.rollback()
        database.engine.dispose()
        connection = session.connection(execution_options=options)
        try:
            _begin_on_postgresql(connection, organisation_id, readonly=readonly)
        except psycopg.OperationalError as error:
            raise sa.exc.OperationalError(None, None, error) from error
    return connection


def _begin_on_postgresql(connection: sa.Connection, organisation_id: UUID | None, *, readonly: bool) -> None:
    """Open the transaction and name its organisation in one round trip; the driver would take two."""
    named = row_security.EVERY if organisation_id is None else str(UUID(str(organisation_id)))
    name = f"SELECT set_config('{row_security.SETTING}', '{named}', true)"
    result = _raw(connection).exec_(f"BEGIN{' READ ONLY' if readonly else ''}; {name}".encode())
    if result.status != psycopg.pq.ExecStatus.TUPLES_OK:
        raise psycopg.OperationalError(result.error_message.decode(errors="replace"))


def _end_reading(connection: sa.Connection) -> None:
    """Commit what only read: after a rollback the driver forgets every statement that the server has prepared."""
    if not connection.closed and _raw(connection).transaction_status == psycopg.pq.TransactionStatus.INTRANS:
        _raw(connection).exec_(b"COMMIT")


def _raw(connection: sa.Connection) -> psycopg.pq.abc.PGconn:
    driver = connection.connection.driver_connection
    assert isinstance(driver, psycopg.Connection)
    return driver.pgconn


def _finish(uow: UnitOfWork) -> None:
    uow.session.flush()
    if uow.jobs:
        if not _job_senders:
            raise RuntimeError("engine.jobs must be imported before a job can be enqueued")
        _job_senders[0](uow, uow.jobs)
    uow.session.commit()


def database_of(uow: UnitOfWork) -> Database:
    """Return the database a unit of work runs on."""
    database = uow.session.info["database"]
    assert isinstance(database, Database)
    return database
