"""Short messages to people: one row a person, written with the change that it tells of."""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from engine.database import UnitOfWork
from engine.handlers import lookups
from workflows.tables.nominations import Nomination, Notice


def notify(uow: UnitOfWork, people: Iterable[UUID | None], text: str, link: str = "") -> None:
    """Write one notice to each person, once, in the organisation of the unit of work."""
    for person_id in dict.fromkeys(person for person in people if person is not None):
        uow.session.add(
            Notice(
                organisation_id=uow.organisation_id,
                person_id=person_id,
                text=text,
                link=link,
                created_at=uow.now,
            )
        )


def notify_role(uow: UnitOfWork, role: str, text: str, link: str = "") -> None:
    """Write one notice to everybody who holds the role in this organisation today.

    While one of them is on leave, those appointed to stand in are told too.
    """
    assert uow.organisation_id is not None
    asked = (uow, uow.organisation_id, role, None, uow.today)
    people = lookups().holders(*asked)
    if lookups().absent(uow, uow.organisation_id, uow.today) & set(people):
        people = [*people, *lookups().substitutes(*asked)]
    notify(uow, people, text, link)


def notify_about(uow: UnitOfWork, nomination: Nomination, text: str) -> None:
    """Tell the author of a dossier and, when it is a person with a record here, the nominee."""
    notify(uow, (nomination.author_id, nomination.person_id), text, f"/nominations/{nomination.id}")
