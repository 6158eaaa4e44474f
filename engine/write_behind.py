"""Writing at the end of a transaction: what is asked for `later` goes out when somebody could miss it.

On PostgreSQL each answer waited for is a round trip, and a step of a process writes four to six statements:
waiting for every one cost more than everything else that a step does (README, figures). So they go out as one
statement with a common table expression each; on SQLite, where nothing travels, one after the other.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.orm import Session

from engine.driver import Compiled, Values, execute

Writing = sa.Insert | sa.Update | sa.Delete
Late = tuple[Compiled, list[Values], bool]
"""A statement, its rows, whether it inserts."""


class WriteBehindSession(Session):
    """A session that keeps writing statements back until somebody reads, flushes or commits."""

    def __init__(self, engine: sa.Engine) -> None:
        super().__init__(engine, expire_on_commit=False)
        self._late: dict[Writing, list[Values]] = {}

    def later(self, statement: Writing, values: Values) -> None:
        """Have a statement executed before anything else is read or flushed, at the latest with the commit.

        Its values name every bind parameter, or every column that an insert fills. Those asked for together
        must not depend on each other's rows, foreign keys apart.
        """
        self._late.setdefault(statement, []).append(values)

    def write(self) -> None:
        """Execute what was asked for until now."""
        if not self._late:
            return
        late, self._late = self._late, {}
        connection = super().connection()
        dialect = connection.dialect
        compiled = [
            (_compiled(statement, tuple(rows[0]), dialect), rows, isinstance(statement, sa.Insert))
            for statement, rows in late.items()
        ]
        if dialect.name == "postgresql":
            _execute_as_one(connection, compiled)
        else:
            _execute_in_turn(connection, compiled)

    def commit(self) -> None:
        """Execute what was asked for and commit."""
        self.flush()
        self.write()
        super().commit()

    def connection(self, *args: Any, **options: Any) -> sa.Connection:
        """Return the transaction's connection, with everything written."""
        self.write()
        return super().connection(*args, **options)


@event.listens_for(WriteBehindSession, "before_flush")
def _before_flush(session: WriteBehindSession, *_: object) -> None:
    session.write()


@event.listens_for(WriteBehindSession, "do_orm_execute")
def _before_execute(state: Any) -> None:
    state.session.write()


@lru_cache(maxsize=256)
def _compiled(statement: Writing, given: tuple[str, ...], dialect: sa.Dialect) -> Compiled:
    columns = list(given) if isinstance(statement, sa.Insert) else None
    compiled: Any = statement.compile(dialect=dialect, column_keys=columns)
    if missing := [column.name for column in compiled.insert_prefetch]:
        raise ValueError(f"a late insert must give its defaults too: {', '.join(missing)}")
    return Compiled.of(compiled, dialect, given)


def _execute_in_turn(connection: sa.Connection, late: Sequence[Late]) -> None:
    for compiled, rows, _is_insert in late:
        for row in rows:
            execute(connection, compiled.text, compiled.values(row))


def _execute_as_one(connection: sa.Connection, late: Sequence[Late]) -> None:
    """Send everything as one statement; of an update or delete only the first row, the others after it.

    Two changes of one row in one statement would be one too few (PostgreSQL manual, 7.8.4).
    """
    together = [(compiled, rows if is_insert else rows[:1], is_insert) for compiled, rows, is_insert in late]
    text = _text_of_all(tuple((compiled, len(rows), is_insert) for compiled, rows, is_insert in together))
    values = [value for compiled, rows, _ in together for row in rows for value in compiled.values(row)]
    execute(connection, text, values)
    for compiled, rows, is_insert in late:
        for row in [] if is_insert else rows[1:]:
            execute(connection, compiled.text, compiled.values(row))


@lru_cache(maxsize=256)
def _text_of_all(shape: tuple[tuple[Compiled, int, bool], ...]) -> str:
    """Return the one statement for so many rows of each, its parameters in their order."""
    texts = []
    for compiled, rows, is_insert in shape:
        head, separator, row = compiled.text.partition(" VALUES ")
        texts.append(head + separator + ", ".join([row] * rows) if is_insert else compiled.text)
    if len(texts) == 1:
        return texts[0]
    return f"WITH {', '.join(f'w{number} AS ({text})' for number, text in enumerate(texts))} SELECT 1"
