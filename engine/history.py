"""The history: one row for every change, in the same transaction, in chains of hashes that show tampering.

Triggers refuse UPDATE and DELETE; UNIQUE(chain, seq) refuses a fork. A chain is an instance, a regulation,
a person's access …: one chain an instance wrote twice as fast as one global chain (persistence notes).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from engine.database import UnitOfWork, new_id
from engine.errors import N_
from engine.models import History, Instance

FIRST = "0" * 64
_OF_INSTANCE = "instance:"


class Event(StrEnum):
    """What can happen in the engine, subject:verb. workflows adds its own names as plain strings."""

    INSTANCE_STARTED = "instance:started"
    INSTANCE_ADVANCED = "instance:advanced"
    INSTANCE_COMPLETED = "instance:completed"
    INSTANCE_SUSPENDED = "instance:suspended"
    INSTANCE_RESUMED = "instance:resumed"
    INSTANCE_CANCELLED = "instance:cancelled"
    INSTANCE_MIGRATED = "instance:migrated"
    INSTANCE_MIGRATION_UNDONE = "instance:migration_undone"
    INSTANCE_COMMENTED = "instance:commented"
    TASK_OPENED = "task:opened"
    TASK_CLAIMED = "task:claimed"
    TASK_RELEASED = "task:released"
    TASK_REASSIGNED = "task:reassigned"
    TASK_DELEGATED = "task:delegated"
    TASK_TAKEN_BACK = "task:taken_back"
    TASK_SENT_BACK = "task:sent_back"
    TASK_DUE_CHANGED = "task:due_changed"
    TASK_COMPLETED = "task:completed"
    TASK_CANCELLED = "task:cancelled"
    MESSAGE_SENT = "message:sent"
    MESSAGE_DELIVERED = "message:delivered"
    TIMER_FIRED = "timer:fired"
    INCIDENT_RECORDED = "incident:recorded"
    INCIDENT_RESOLVED = "incident:resolved"
    STEP_SKIPPED = "step:skipped"
    DATA_CORRECTED = "data:corrected"


def instance_chain(instance_id: UUID) -> str:
    """Return the name of an instance's chain."""
    return f"{_OF_INSTANCE}{instance_id}"


def canonical(value: object) -> str:
    """Return JSON that is the same for the same value on every machine; raises TypeError for the unknown."""
    return _ENCODER.encode(value)


def _plain(value: object) -> object:
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, UUID | Decimal):
        return str(value)
    if isinstance(value, set | frozenset):
        return sorted(value)
    raise TypeError(f"{type(value).__name__} cannot be written into the history")


# Made once: `json.dumps` makes an encoder for every call that asks for anything.
_ENCODER = json.JSONEncoder(ensure_ascii=False, sort_keys=True, separators=(",", ":"), default=_plain)


def record(
    uow: UnitOfWork,
    chain: str,
    event: str,
    *,
    element: str | None = None,
    data: Mapping[str, Any] | None = None,
    organisation_id: UUID | None = None,
) -> None:
    """Append one fact to a chain; who and when come from the unit of work."""
    seq, prev = uow.chain_heads.get(chain) or _head(uow, chain)
    row = {
        "organisation_id": organisation_id or uow.organisation_id,
        "chain": chain,
        "seq": seq + 1,
        "at": uow.now,
        "actor_id": uow.actor_id,
        "actor_name": uow.actor_name,
        "event": str(event),
        "element": element,
        "data": canonical(dict(data or {})),
    }
    newest = _chained(prev, row)
    uow.later(_APPEND, {"id": new_id(), **row, "prev": prev, "hash": newest})
    uow.chain_heads[chain] = seq + 1, newest


# Through the table, not the mapped class: a step of a process writes two or three rows, and the session's
# unit of work would cost several times the statements themselves.
_ROWS = sa.Table("history", History.metadata)
_APPEND = sa.insert(_ROWS)
_NEWEST = (
    sa.select(_ROWS.c.seq, _ROWS.c.hash)
    .where(_ROWS.c.chain == sa.bindparam("chain"))
    .order_by(_ROWS.c.seq.desc())
    .limit(1)
)
_LOCK_INSTANCE = sa.select(Instance.id).where(Instance.id == sa.bindparam("id")).with_for_update()
_LOCK_CHAIN = sa.select(sa.func.pg_advisory_xact_lock(sa.func.hashtextextended(sa.bindparam("chain"), 0)))


def head_columns(chain: sa.ColumnElement[str]) -> tuple[sa.Label[Any], sa.Label[Any]]:
    """Return number and hash of a chain's newest row as columns of somebody else's query."""
    newest = sa.select(_ROWS.c.seq).where(_ROWS.c.chain == chain).order_by(_ROWS.c.seq.desc()).limit(1)
    return (
        newest.scalar_subquery().label("seq"),
        newest.with_only_columns(_ROWS.c.hash).scalar_subquery().label("hash"),
    )


def know_head(uow: UnitOfWork, chain: str, seq: int | None, digest: str | None) -> None:
    """Take over what `head_columns` said of an instance's chain, or that it is new; under the instance's row lock.

    Whoever else writes about the instance waits for that lock.
    """
    uow.chain_heads.setdefault(chain, (seq or 0, digest or FIRST))


def _head(uow: UnitOfWork, chain: str) -> tuple[int, str]:
    connection = uow.session.connection()
    if connection.dialect.name == "postgresql":
        # Two transactions that append to one chain wait for each other; SQLite has one writer anyway.
        if chain.startswith(_OF_INSTANCE):
            connection.execute(_LOCK_INSTANCE, {"id": UUID(chain.removeprefix(_OF_INSTANCE))})
        else:
            connection.execute(_LOCK_CHAIN, {"chain": chain})
    found = connection.execute(_NEWEST, {"chain": chain}).one_or_none()
    return (found.seq, found.hash) if found else (0, FIRST)


_SAID = {
    "organisation_id": "organisation", "chain": "chain", "seq": "seq", "at": "at", "actor_id": "actor",
    "actor_name": "actor_name", "event": "event", "element": "element", "data": "data",
}  # fmt: skip
"""Column → its name in what is hashed."""


def _chained(prev: str, row: Mapping[str, Any]) -> str:
    content = {name: row[column] for column, name in _SAID.items()}
    return hashlib.sha256((prev + canonical(content)).encode()).hexdigest()


def said(row: History) -> dict[str, Any]:
    """Return what is hashed of a row, beside its predecessor's hash, under the names of the hashed text."""
    return {name: getattr(row, column) for column, name in _SAID.items()}


def digest(row: History) -> str:
    """Return the hash a row must carry: over its predecessor's hash and everything it says."""
    return _chained(row.prev, {name: getattr(row, name) for name in _SAID})


def of(uow: UnitOfWork, chain: str) -> list[History]:
    """Return a chain's rows, oldest first."""
    rows = sa.select(History).where(History.chain == chain).order_by(History.seq)
    return list(uow.session.scalars(rows))


def verify(uow: UnitOfWork, chain: str) -> list[str]:
    """Return what is wrong with a chain, one line a row; an empty list says it is whole."""
    problems, prev, seq = [], FIRST, 0
    for row in of(uow, chain):
        seq += 1
        if row.seq != seq:
            problems.append(N_("%s: thiếu dòng %d") % (chain, seq))
            seq = row.seq
        if row.prev != prev:
            problems.append(N_("%s: dòng %d không nối với dòng trước") % (chain, row.seq))
        if row.hash != digest(row):
            problems.append(N_("%s: dòng %d đã bị sửa") % (chain, row.seq))
        prev = row.hash
    return problems


def heads(uow: UnitOfWork) -> dict[str, tuple[int, str]]:
    """Return number and hash of the newest row of every chain, by the name of the chain."""
    newest = (
        sa.select(_ROWS.c.chain, sa.func.max(_ROWS.c.seq).label("seq")).group_by(_ROWS.c.chain).subquery()
    )
    same = sa.and_(_ROWS.c.chain == newest.c.chain, _ROWS.c.seq == newest.c.seq)
    rows = sa.select(_ROWS.c.chain, _ROWS.c.seq, _ROWS.c.hash).join(newest, same).order_by(_ROWS.c.chain)
    return {row.chain: (row.seq, row.hash) for row in uow.session.connection().execute(rows)}


def root(chain_heads: Mapping[str, tuple[int, str]]) -> str:
    """Return one hash over all heads: printed or kept elsewhere, it shows later that nothing was cut off."""
    lines = [f"{chain} {seq} {digest}" for chain, (seq, digest) in sorted(chain_heads.items())]
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()


def cut_off(uow: UnitOfWork, earlier: Mapping[str, tuple[int, str]]) -> list[str]:
    """Return what earlier heads show to be gone, one line a chain: a tail or a whole chain, or rewritten."""
    problems = []
    for chain, (seq, expected) in sorted(earlier.items()):
        row = sa.select(_ROWS.c.hash).where(_ROWS.c.chain == chain, _ROWS.c.seq == seq)
        found = uow.session.connection().execute(row).scalar_one_or_none()
        if found is None:
            problems.append(N_("%s: đã mất dòng %d") % (chain, seq))
        elif found != expected:
            problems.append(N_("%s: dòng %d khác với lần ghi nhận trước") % (chain, seq))
    return problems


_APPEND_ONLY = {
    "sqlite": (
        "CREATE TRIGGER history_no_update BEFORE UPDATE ON history "
        "BEGIN SELECT RAISE(ABORT, 'history is append-only'); END",
        "CREATE TRIGGER history_no_delete BEFORE DELETE ON history "
        "BEGIN SELECT RAISE(ABORT, 'history is append-only'); END",
    ),
    "postgresql": (
        "CREATE FUNCTION history_append_only() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN RAISE EXCEPTION 'history is append-only'; END $$",
        "CREATE TRIGGER history_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON history "
        "FOR EACH STATEMENT EXECUTE FUNCTION history_append_only()",
    ),
}


def append_only_statements(dialect: str) -> tuple[str, ...]:
    """Return the statements that make the table append-only; the first migration runs them."""
    return _APPEND_ONLY[dialect]
