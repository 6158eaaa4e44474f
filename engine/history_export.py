"""The history for somebody outside: chains whole, with all their hashes, and a script that checks them alone.

A chain is always exported from its first row: a piece of one could not be checked from its beginning.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from engine import history, history_verifier
from engine.database import UnitOfWork
from engine.models import History

ROWS, MANIFEST, SCRIPT = history_verifier.ROWS, history_verifier.MANIFEST, "kiem-tra.py"
_AT_ONCE = 1000


def chains_between(uow: UnitOfWork, start: datetime | None, end: datetime | None) -> sa.Select[str]:
    """Return a query of the organisation's chains that were written to from `start` on and before `end`."""
    query = sa.select(History.chain).where(History.organisation_id == uow.organisation_id)
    if start is not None:
        query = query.where(History.at >= start)
    if end is not None:
        query = query.where(History.at < end)
    return query.distinct()


def rows(uow: UnitOfWork, chains: sa.Select[str] | Iterable[str]) -> Iterator[list[History]]:
    """Return every row of the chains in order, some at a time: one query, so one moment of the database."""
    query = sa.select(History).where(History.chain.in_(chains)).order_by(History.chain, History.seq)
    found = uow.session.scalars(query, execution_options={"yield_per": _AT_ONCE})
    yield from (list(part) for part in found.partitions())


def line_of(row: History) -> str:
    """Return a row as a line of JSON: what is hashed under the names it is hashed with, and both hashes."""
    return history.canonical({**history.said(row), "prev": row.prev, "hash": row.hash})


class Manifest:
    """The list of chains beside the rows: with each row that is told, their heads grow."""

    def __init__(self, about: dict[str, Any]) -> None:
        self.about = about
        self.heads: dict[str, tuple[int, str]] = {}
        self.rows = 0

    def tell(self, row: History) -> None:
        """Take a row into account, in the order of its chain."""
        self.heads[row.chain] = (row.seq, row.hash)
        self.rows += 1

    @property
    def root(self) -> str:
        """Return the one hash over all of it."""
        return history.root(self.heads)

    def text(self) -> str:
        """Return it as the verifier reads it."""
        content = {
            "format": history_verifier.FORMAT, **self.about, "chains": len(self.heads), "rows": self.rows,
            "root": self.root, "heads": self.heads,
        }  # fmt: skip
        return json.dumps(content, ensure_ascii=False, indent=1)


def script() -> bytes:
    """Return the verifier, a single file that needs nothing but Python."""
    return Path(history_verifier.__file__).read_bytes()
