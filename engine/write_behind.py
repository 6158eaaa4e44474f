"""Writing at the end of a transaction, in one go with its commit.

On PostgreSQL each answer waited for is a round trip, and a step of a process writes five or six statements:
waiting for every one cost more than everything else that a step does (README, figures). What is asked for
`later` goes out together when somebody reads through the session, flushes it, or commits.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.orm import Session

Writing = sa.Insert | sa.Update | sa.Delete


class WriteBehindSession(Session):
    """A session that keeps writing statements back until somebody could see that they are missing."""

    def __init__(self, engine: sa.Engine) -> None:
        super().__init__(engine, expire_on_commit=False)
        self._late: dict[Writing, list[dict[str, Any]]] = {}

    def later(self, statement: Writing, values: dict[str, Any]) -> None:
        """Have a statement executed before anything else is read or flushed, at the latest with the commit.

        Rows of one statement go together, statements in the order in which each was first asked for.
        """
        self._late.setdefault(statement, []).append(values)

    def write(self) -> None:
        """Execute what was asked for until now."""
        if self._late:
            late, connection = self._taken(), super().connection()
            with _pipelined(connection):
                _execute(connection, late)

    def commit(self) -> None:
        """Execute what was asked for and commit, together."""
        self.flush()
        if not self._late:
            super().commit()
            return
        late, connection = self._taken(), super().connection()
        with _pipelined(connection) as raw:
            _execute(connection, late)
            if raw is not None:
                raw.execute("COMMIT")  # in the same go; the session's own finds it done
        super().commit()

    def connection(self, *args: Any, **options: Any) -> sa.Connection:
        """Return the transaction's connection, with everything written."""
        self.write()
        return super().connection(*args, **options)

    def _taken(self) -> dict[Writing, list[dict[str, Any]]]:
        late, self._late = self._late, {}
        return late


@event.listens_for(WriteBehindSession, "before_flush")
def _before_flush(session: WriteBehindSession, *_: object) -> None:
    session.write()


@event.listens_for(WriteBehindSession, "do_orm_execute")
def _before_execute(state: Any) -> None:
    state.session.write()


def _execute(connection: sa.Connection, late: dict[Writing, list[dict[str, Any]]]) -> None:
    for statement, rows in late.items():
        connection.execute(statement, rows if len(rows) > 1 else rows[0])


@contextmanager
def _pipelined(connection: sa.Connection) -> Iterator[psycopg.Connection | None]:
    """Send the statements inside without waiting; their answers have come, and were good, when it ends.

    Inside, nothing may be read and no row count is known. Raises SQLAlchemy's own errors. SQLite, which has
    no round trips, works as without it.
    """
    if connection.dialect.name != "postgresql":
        yield None
        return
    raw = connection.connection.driver_connection
    assert isinstance(raw, psycopg.Connection)
    try:
        with raw.pipeline():
            yield raw
    except psycopg.Error as error:
        raise sa.exc.DBAPIError.instance(None, None, error, psycopg.Error) from error
