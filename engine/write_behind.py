"""Writing at the end of a transaction: what is asked for `later` goes out when somebody could miss it.

On PostgreSQL each answer waited for is a round trip, and a step of a process writes four to six statements:
waiting for every one cost more than everything else that a step does (README, figures). So they go out as one
statement with a common table expression each; on SQLite, where nothing travels, one after the other.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.orm import Session

Writing = sa.Insert | sa.Update | sa.Delete
Values = Mapping[str, Any]
_NAMED = re.compile(r"%\((\w+)\)s")


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
        prepared = [
            (_prepared(statement, tuple(rows[0]), connection.dialect), rows)
            for statement, rows in late.items()
        ]
        if connection.dialect.name == "postgresql":
            _execute_as_one(connection, prepared)
        else:
            _execute_in_turn(connection, prepared)

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


@dataclass(frozen=True)
class _Prepared:
    """A statement compiled for a dialect, with what turns each value into the driver's."""

    text: str
    names: tuple[str, ...]
    fixed: Values
    processors: Mapping[str, Callable[[Any], Any]]
    is_insert: bool

    def values(self, given: Values) -> dict[str, Any]:
        found = {**self.fixed, **given}
        for name, process in self.processors.items():
            found[name] = process(found[name])
        return found


@lru_cache(maxsize=256)
def _prepared(statement: Writing, given: tuple[str, ...], dialect: sa.Dialect) -> _Prepared:
    columns = list(given) if isinstance(statement, sa.Insert) else None
    compiled: Any = statement.compile(dialect=dialect, column_keys=columns)
    if missing := [column.name for column in compiled.insert_prefetch]:
        raise ValueError(f"a late insert must give its defaults too: {', '.join(missing)}")
    processors = {
        name: process
        for name, bind in compiled.binds.items()
        if (process := bind.type.dialect_impl(dialect).bind_processor(dialect)) is not None
    }
    return _Prepared(
        text=str(compiled),
        names=tuple(compiled.positiontup or compiled.binds),
        fixed={name: value for name, value in compiled.params.items() if name not in given},
        processors=processors,
        is_insert=isinstance(statement, sa.Insert),
    )


def _execute_in_turn(connection: sa.Connection, late: Sequence[tuple[_Prepared, list[Values]]]) -> None:
    for prepared, rows in late:
        found = [prepared.values(row) for row in rows]
        values = [tuple(row[name] for name in prepared.names) for row in found]
        connection.exec_driver_sql(prepared.text, values if len(values) > 1 else values[0])


def _execute_as_one(connection: sa.Connection, late: Sequence[tuple[_Prepared, list[Values]]]) -> None:
    """Send everything as one statement; of an update or delete only the first row, the others after it.

    Two changes of one row in one statement would be one too few (PostgreSQL manual, 7.8.4).
    """
    parts, values = [], {}
    for number, (prepared, rows) in enumerate(late):
        together = rows if prepared.is_insert else rows[:1]
        text, found = _numbered(prepared, together, f"w{number}")
        parts.append(text)
        values.update(found)
    ctes = ", ".join(f"w{number} AS ({text})" for number, text in enumerate(parts))
    connection.exec_driver_sql(parts[0] if len(parts) == 1 else f"WITH {ctes} SELECT 1", values)
    for prepared, rows in late:
        for row in [] if prepared.is_insert else rows[1:]:
            connection.exec_driver_sql(prepared.text, prepared.values(row))


def _numbered(prepared: _Prepared, rows: list[Values], prefix: str) -> tuple[str, dict[str, Any]]:
    """Return a statement whose parameters have names of their own, an insert's for each of its rows."""
    head, separator, row_text = (
        prepared.text.partition(" VALUES ") if prepared.is_insert else ("", "", prepared.text)
    )
    texts, values = [], {}
    for number, row in enumerate(rows):
        texts.append(_NAMED.sub(rf"%({prefix}_{number}_\1)s", row_text))
        values.update({f"{prefix}_{number}_{name}": value for name, value in prepared.values(row).items()})
    return head + separator + ", ".join(texts), values
