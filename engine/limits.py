"""How many connections a process may hold and how long anything may wait, and how to tell that it did.

Nothing waits for ever: a statement, a lock, a forgotten transaction and the queue for a connection each have
an end, so that one stuck request cannot take the others with it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import psycopg
import sqlalchemy as sa
from sqlalchemy.orm.exc import StaleDataError


@dataclass(frozen=True)
class Limits:
    """Of one process, in seconds; the defaults are for web requests. 0 lifts a limit of time."""

    pool_size: int = 20
    """Connections kept open."""
    pool_overflow: int = 30
    """Connections opened beyond those while they are needed."""
    pool_wait: float = 10.0
    """For a free connection."""
    pool_recycle: int = 1800
    """Age at which a connection is replaced; a firewall may cut older ones."""
    pool_pre_ping: bool = False
    """Ask every connection whether it lives. A unit of work finds out by itself and takes another."""
    statement: float = 30.0
    lock: float = 10.0
    idle: float = 60.0
    """Of a transaction in which nothing happens, until the server ends it."""

    @property
    def options(self) -> str:
        """Return what PostgreSQL is told when a connection opens."""
        given = {
            "statement_timeout": self.statement,
            "lock_timeout": self.lock,
            "idle_in_transaction_session_timeout": self.idle,
        }
        return " ".join(f"-c {name}={round(seconds * 1000)}" for name, seconds in given.items())

    def pool(self) -> dict[str, Any]:
        """Return the arguments for SQLAlchemy's pool."""
        return {
            "pool_size": self.pool_size,
            "max_overflow": self.pool_overflow,
            "pool_timeout": self.pool_wait,
            "pool_recycle": self.pool_recycle or -1,
            "pool_pre_ping": self.pool_pre_ping,
        }


WEB = Limits()
BACKGROUND = Limits(statement=300.0, lock=60.0, idle=300.0)
"""For jobs and commands, which nobody watches a page for."""


class WaitedTooLong(TimeoutError):
    """Another transaction of this process has kept the SQLite file locked."""


_BUSY_STATES = frozenset(
    {
        "25P03",  # the server ended a transaction in which nothing happened
        "40001",  # serialization failure
        "40P01",  # deadlock
        "53300",  # too many connections
        "55P03",  # lock timeout
        "57014",  # statement timeout
        "57P01",  # the server is shutting down
        "57P03",  # the server is starting
    }
)


def busy_cause(error: BaseException) -> BaseException | None:
    """Return what says that the database was busy or away, in an error or in what it came from; None else."""
    return next((each for each in _origins(error) if _says_busy(each)), None)


def _origins(error: BaseException) -> Iterator[BaseException]:
    seen: list[BaseException] = []
    current: BaseException | None = error
    while current is not None and current not in seen:
        seen.append(current)
        yield current
        current = current.__cause__ or current.__context__


def _says_busy(error: BaseException) -> bool:
    # A row that was read before the lock and changed in between: nothing was kept, and it works the next time.
    if isinstance(error, sa.exc.TimeoutError | WaitedTooLong | StaleDataError):
        return True
    if not isinstance(error, sa.exc.DBAPIError):
        return False
    if isinstance(error.orig, psycopg.Error):
        # A connection that never came to be, or was lost, has no state.
        lost = error.orig.sqlstate is None and isinstance(error.orig, psycopg.OperationalError)
        return lost or error.orig.sqlstate in _BUSY_STATES
    return isinstance(error, sa.exc.OperationalError) and "locked" in str(error.orig)
