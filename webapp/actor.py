"""Who is signed in, read once a request: the person, their organisation and the roles held today."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from uuid import UUID

from flask_login import current_user
from sqlalchemy import bindparam, select

from engine import handlers
from engine.clock import fixed_time
from engine.database import UnitOfWork
from engine.errors import N_, NotFound
from engine.models import Organisation
from workflows.tables.organisation import Person


@dataclass(frozen=True)
class Actor:
    """The person signed in, in the shape flask-login wants."""

    id: UUID
    organisation_id: UUID
    organisation: str
    name: str
    position: str
    roles: frozenset[str]
    must_change_password: bool
    stamp: str
    is_authenticated: bool = field(default=True)
    is_active: bool = field(default=True)
    is_anonymous: bool = field(default=False)

    def get_id(self) -> str:
        """What the session keeps: the person and a mark of the password, whose change ends old sessions."""
        return f"{self.id}:{self.stamp}"


def current_actor() -> Actor | None:
    """The person signed in, None for a visitor."""
    user = current_user._get_current_object()
    return user if isinstance(user, Actor) else None


def actor_of(uow: UnitOfWork, person: Person, organisation: Organisation | None = None) -> Actor:
    """The person as an actor, with the roles of today's business date."""
    organisation = organisation or uow.session.get(Organisation, person.organisation_id)
    held = handlers.lookups().roles_of(uow, person.id, uow.today)
    return Actor(
        id=person.id,
        organisation_id=person.organisation_id,
        organisation=organisation.name if organisation else "",
        name=person.full_name,
        position=person.position,
        roles=frozenset(role.role for role in held),
        must_change_password=person.must_change_password,
        stamp=_stamp(person),
    )


def actor_with_id(uow: UnitOfWork, person_id: UUID | None) -> Actor:
    """The person as an actor; NotFound for nobody."""
    person = uow.session.get(Person, person_id) if person_id else None
    if person is None:
        raise NotFound(N_("người này"))
    return actor_of(uow, person)


def find_actor(uow: UnitOfWork, session_id: str) -> Actor | None:
    """The actor of a session; None when the person left or changed the password since."""
    person_id, _, stamp = session_id.partition(":")
    found = uow.session.execute(_PERSON, {"person_id": UUID(person_id)}).one_or_none()
    if found is None or not found.Person.active or _stamp(found.Person) != stamp:
        return None
    return actor_of(uow, found.Person, found.Organisation)


_PERSON = (
    select(Person, Organisation)
    .join(Organisation, Organisation.id == Person.organisation_id)
    .where(Person.id == bindparam("person_id"))
)


def _stamp(person: Person) -> str:
    return hashlib.sha256((person.password_hash or "").encode()).hexdigest()[:16]


@dataclass(frozen=True)
class Installation:
    """What the frame of every page shows of the installation: its business date, fixed or not."""

    today: str
    fixed: bool


def installation(uow: UnitOfWork) -> Installation:
    """The business date in words and whether the clock stands (then a banner says so)."""
    return Installation(f"{uow.today:%d/%m/%Y}", fixed_time(uow.session.connection()) is not None)
