"""A post is done once. Its key is bound to who sent it and what it held; a repeat gets the same answer."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from engine.database import UnitOfWork
from engine.errors import DuplicateSubmission
from engine.history import canonical
from engine.models import Idempotency


def begin(
    uow: UnitOfWork, key: str, body: Mapping[str, Any], answer: Mapping[str, Any] | None = None
) -> dict[str, Any] | None:
    """Take the key; returns None for a first post, the stored answer for a repeat.

    An `answer` that is known beforehand is kept at once; any other is given to `finish`.
    Raises DuplicateSubmission when the key was used by another person or with another body. A
    simultaneous second post waits here until the first has ended.
    """
    body_hash = hashlib.sha256(canonical(dict(body)).encode()).hexdigest()
    if _insert(uow, key, body_hash, answer):
        return None
    known = uow.session.get(Idempotency, key, populate_existing=True)
    if known is None or (known.actor_id, known.body_hash) != (uow.actor_id, body_hash):
        raise DuplicateSubmission()
    return known.response or {}


_TAKE = {
    "postgresql": postgresql.insert(Idempotency).on_conflict_do_nothing().returning(Idempotency.key),
    "sqlite": sqlite.insert(Idempotency).on_conflict_do_nothing().returning(Idempotency.key),
}


def _insert(uow: UnitOfWork, key: str, body_hash: str, answer: Mapping[str, Any] | None) -> bool:
    connection = uow.session.connection()
    values = {
        "key": key,
        "organisation_id": uow.organisation_id,
        "actor_id": uow.actor_id,
        "body_hash": body_hash,
        "at": uow.now,
        "response": None if answer is None else dict(answer),
    }
    return connection.execute(_TAKE[connection.dialect.name], values).scalar() is not None


def finish(uow: UnitOfWork, key: str, response: Mapping[str, Any] | None = None) -> None:
    """Keep the answer that a repeat will get."""
    statement = sa.update(Idempotency).where(Idempotency.key == key).values(response=dict(response or {}))
    uow.session.execute(statement)
