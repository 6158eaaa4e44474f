"""Passwords: issued once by the administrator, changed at the first sign-in, kept as argon2id."""

from __future__ import annotations

import secrets
from uuid import UUID

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from sqlalchemy import select

from engine import history
from engine.database import UnitOfWork
from engine.errors import N_, FieldError, InvalidForm, NotAllowed, NotFound
from workflows import gate
from workflows.tables.organisation import Person, RoleHolding

HASHER = PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1)
"""OWASP's minimum for argon2id: 19 MiB, two passes, one lane."""

LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"
MINIMUM_LENGTH = 10
MAXIMUM_LENGTH = 200

_NOBODY = HASHER.hash(secrets.token_hex(16))
"""Checked when the name is unknown, so that the answer takes as long as for a known one."""


def issue_password(uow: UnitOfWork, person_id: UUID) -> str:
    """A new one-time password for the person, returned once and stored only as its hash (about 59 bits).

    NotAllowed for others than an administrator; InvalidForm for somebody without an account.
    """
    if not _first_account(uow):
        gate.require(uow, "administrator")
    person = uow.session.get(Person, person_id)
    if person is None or person.organisation_id != uow.organisation_id:
        raise NotFound(what=N_("người này"))
    if person.username is None:
        raise InvalidForm([FieldError("username", N_("Người này chưa có tên đăng nhập."))])
    password = "-".join("".join(secrets.choice(LETTERS) for _ in range(4)) for _ in range(3))
    person.password_hash = HASHER.hash(password)
    person.must_change_password = True
    _record(uow, "access:password_issued", person)
    return password


def change_password(uow: UnitOfWork, *, current: str, new: str) -> None:
    """The actor's own password; InvalidForm when the current one is wrong or the new one is too weak."""
    person = uow.session.get(Person, uow.actor_id) if uow.actor_id else None
    if person is None:
        raise NotAllowed(reason=N_("Cần đăng nhập để đổi mật khẩu."))
    if not _matches(person.password_hash, current):
        raise InvalidForm([FieldError("current", N_("Mật khẩu hiện tại không đúng."))])
    weakness = _weakness(person, current, new)
    if weakness:
        raise InvalidForm([FieldError("new", weakness)])
    person.password_hash = HASHER.hash(new)
    person.must_change_password = False
    _record(uow, "access:password_changed", person)


def sign_in(uow: UnitOfWork, username: str, password: str) -> Person | None:
    """The active person with this name and password, None otherwise; takes as long in either case."""
    query = select(Person).where(Person.username == username.strip().lower(), Person.active)
    person = uow.session.scalars(query).first()
    stored = person.password_hash if person is not None else None
    right = _matches(stored or _NOBODY, password) and stored is not None
    if person is None or stored is None or not right:
        return None
    if HASHER.check_needs_rehash(stored):
        person.password_hash = HASHER.hash(password)
    return person


def _matches(stored: str | None, password: str) -> bool:
    if len(password) > MAXIMUM_LENGTH or stored is None:
        return False
    try:
        return HASHER.verify(stored, password)
    except (VerificationError, InvalidHashError):
        return False


def _weakness(person: Person, current: str, new: str) -> str | None:
    if len(new) < MINIMUM_LENGTH:
        return N_("Mật khẩu mới cần ít nhất %(count)d ký tự.") % {"count": MINIMUM_LENGTH}
    if len(new) > MAXIMUM_LENGTH:
        return N_("Mật khẩu mới quá dài.")
    if new == current:
        return N_("Mật khẩu mới phải khác mật khẩu hiện tại.")
    if person.username and person.username in new.lower():
        return N_("Mật khẩu mới không được chứa tên đăng nhập.")
    return None


def _first_account(uow: UnitOfWork) -> bool:
    """Nobody can sign in as administrator yet: the installation is being set up."""
    if uow.actor_id is not None:
        return False
    query = (
        select(Person.id)
        .join(RoleHolding, RoleHolding.person_id == Person.id)
        .where(
            Person.organisation_id == uow.organisation_id,
            RoleHolding.role == "administrator",
            Person.password_hash.is_not(None),
        )
    )
    return uow.session.scalars(query).first() is None


def _record(uow: UnitOfWork, event: str, person: Person) -> None:
    history.record(
        uow,
        f"access:{person.organisation_id}",
        event,
        data={"person": str(person.id), "name": person.full_name},
    )
