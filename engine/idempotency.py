"""A post is done once. Its key is bound to who sent it and what it held; a repeat gets the same answer."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any
from uuid import UUID

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
    values = _values(uow, key, body, answer)
    connection = uow.session.connection()
    if connection.execute(_TAKE[connection.dialect.name], values).scalar() is not None:
        return None
    known = uow.session.get(Idempotency, key, populate_existing=True)
    if known is None or (known.actor_id, known.body_hash) != (uow.actor_id, values["body_hash"]):
        raise DuplicateSubmission()
    return known.response or {}


ROWS = sa.Table("idempotency", Idempotency.metadata)
_KEEP = sa.insert(ROWS)


def is_repeat(
    uow: UnitOfWork, known_actor: UUID | None, known_hash: str | None, body: Mapping[str, Any]
) -> bool:
    """Return whether a key that was looked up has been used for this very post; False when it is new.

    Raises DuplicateSubmission as `begin` does. For a post that has locked the one row it is about: a second
    one then comes here after the first, so the key can be kept at the end, with everything else.
    """
    if known_hash is None:
        return False
    if (known_actor, known_hash) != (uow.actor_id, _hash(body)):
        raise DuplicateSubmission()
    return True


def keep(uow: UnitOfWork, key: str, body: Mapping[str, Any], answer: Mapping[str, Any]) -> None:
    """Have a new key written with the unit of work; that raises IntegrityError when somebody has used it since."""
    uow.later(_KEEP, _values(uow, key, body, answer))


def _hash(body: Mapping[str, Any]) -> str:
    return hashlib.sha256(canonical(dict(body)).encode()).hexdigest()


_TAKE = {
    "postgresql": postgresql.insert(Idempotency).on_conflict_do_nothing().returning(Idempotency.key),
    "sqlite": sqlite.insert(Idempotency).on_conflict_do_nothing().returning(Idempotency.key),
}


def _values(
    uow: UnitOfWork, key: str, body: Mapping[str, Any], answer: Mapping[str, Any] | None
) -> dict[str, Any]:
    return {
        "key": key,
        "organisation_id": uow.organisation_id,
        "actor_id": uow.actor_id,
        "body_hash": _hash(body),
        "at": uow.now,
        "response": None if answer is None else dict(answer),
    }


def finish(uow: UnitOfWork, key: str, response: Mapping[str, Any] | None = None) -> None:
    """Keep the answer that a repeat will get."""
    statement = sa.update(Idempotency).where(Idempotency.key == key).values(response=dict(response or {}))
    uow.session.execute(statement)
