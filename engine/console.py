"""Where the instances of an organisation stand, for whoever operates the installation.

Nothing here counts a table that only grows: what is live is counted by an index, what has ended up to a limit.
"""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from functools import lru_cache
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import defer

from engine.database import UnitOfWork
from engine.models import Definition, Incident, Instance, Message, Subscription, Task, Timer
from engine.spiff.xml import BPMN, read_xml

COUNTED_TO = 1000
"""Ended instances are counted up to this many; one more means "more than"."""
_LIVE = ("running", "suspended")
_ENDED = ("completed", "cancelled")


@dataclass
class Version:
    """A definition with how many instances follow it, by state; `failed` of the live ones have an incident."""

    definition: Definition
    counts: dict[str, int] = field(default_factory=dict)
    failed: int = 0


def versions(uow: UnitOfWork, organisation_id: UUID) -> list[Version]:
    """Return every definition of an organisation, by process, the newest first."""
    query = (
        sa.select(Definition)
        .where(Definition.organisation_id == organisation_id)
        .order_by(Definition.process_id, Definition.created_at.desc(), Definition.hash)
    )
    found = {each.hash: Version(each) for each in uow.session.scalars(query)}
    for digest, status, count in [*_live(uow, organisation_id), *_ended(uow, organisation_id, found)]:
        if digest in found:
            found[digest].counts[status] = count
    failed = (
        sa.select(Instance.definition_hash, sa.func.count(Instance.id.distinct()))
        .join(Incident, Incident.instance_id == Instance.id)
        .where(Incident.organisation_id == organisation_id, Incident.state == "open")
        .group_by(Instance.definition_hash)
    )
    for digest, count in uow.session.execute(failed):
        if digest in found:
            found[digest].failed = count
    return list(found.values())


def _live(uow: UnitOfWork, organisation_id: UUID) -> list[tuple[str, str, int]]:
    query = (
        sa.select(Instance.definition_hash, Instance.status, sa.func.count())
        .where(Instance.organisation_id == organisation_id, Instance.status.in_(_LIVE))
        .group_by(Instance.definition_hash, Instance.status)
    )
    return [(row[0], row[1], row[2]) for row in uow.session.execute(query)]


def _ended(uow: UnitOfWork, organisation_id: UUID, hashes: Iterable[str]) -> list[tuple[str, str, int]]:
    def some(digest: str, status: str) -> sa.Select[str, str, int]:
        rows = (
            sa.select(sa.literal(1).label("one"))
            .where(
                Instance.organisation_id == organisation_id,
                Instance.status == status,
                Instance.definition_hash == digest,
            )
            .limit(COUNTED_TO + 1)
            .subquery()
        )
        return sa.select(sa.literal(digest), sa.literal(status), sa.func.count()).select_from(rows)

    wanted = [some(digest, status) for digest in hashes for status in _ENDED]
    if not wanted:
        return []
    return [(row[0], row[1], row[2]) for row in uow.session.execute(sa.union_all(*wanted))]


@dataclass
class Place:
    """What waits at one element of a version: people, moments and messages; some late, some failed."""

    element: str
    tasks: int = 0
    timers: int = 0
    messages: int = 0
    late: int = 0
    failed: int = 0

    @property
    def waiting(self) -> int:
        """Return how many tokens wait here."""
        return self.tasks + self.timers + self.messages


def places(uow: UnitOfWork, organisation_id: UUID, definition_hash: str, diagram: bytes) -> list[Place]:
    """Return where the live instances of a version wait, the fullest first.

    A message that several elements catch is counted at the first of them: the row does not say which waits.
    """
    found: dict[str, Place] = {}

    def place(element: str) -> Place:
        return found.setdefault(element, Place(element))

    def late(past: sa.ColumnElement[bool]) -> sa.ColumnElement[int]:
        return sa.func.sum(sa.case((past, 1), else_=0))

    ours = (
        Instance.organisation_id == organisation_id,
        Instance.status.in_(_LIVE),
        Instance.definition_hash == definition_hash,
    )
    people = (
        sa.select(Task.step, sa.func.count(), late(Task.due_at < uow.now))
        .join(Instance, Instance.id == Task.instance_id)
        .where(Task.state == "open", *ours)
        .group_by(Task.step)
    )
    for step, count, behind in uow.session.execute(people):
        place(step).tasks, place(step).late = count, int(behind)
    moments = (
        sa.select(Timer.element, sa.func.count(), late(Timer.due_at < uow.now))
        .join(Instance, Instance.id == Timer.instance_id)
        .where(Timer.fired_at.is_(None), *ours)
        .group_by(Timer.element)
    )
    for element, count, behind in uow.session.execute(moments):
        place(element).timers = count
        place(element).late += int(behind)
    heard = (
        sa.select(Subscription.message, sa.func.count())
        .join(Instance, Instance.id == Subscription.instance_id)
        .where(*ours)
        .group_by(Subscription.message)
    )
    catching = catchers(diagram)
    for message, count in uow.session.execute(heard):
        if message in catching:  # else a boundary event: its token is counted at the step it hangs on
            place(catching[message]).messages += count
    broken = (
        sa.select(Incident.element, sa.func.count())
        .join(Instance, Instance.id == Incident.instance_id)
        .where(Incident.organisation_id == organisation_id, Incident.state == "open", *ours)
        .group_by(Incident.element)
    )
    for element, count in uow.session.execute(broken):
        place(element).failed = count
    return sorted(found.values(), key=lambda each: (-each.waiting, each.element))


@lru_cache(maxsize=64)
def catchers(diagram: bytes) -> dict[str, str]:
    """Return message name → the first element of the diagram where a token stands waiting for it."""
    root = read_xml(diagram, "bpmn")
    names = {element.get("id"): str(element.get("name")) for element in root.iter(f"{BPMN}message")}
    found: dict[str, str] = {}
    for kind in ("intermediateCatchEvent", "receiveTask"):
        for element in root.iter(f"{BPMN}{kind}"):
            inner = element.find(f"{BPMN}messageEventDefinition")
            reference = element.get("messageRef") if inner is None else inner.get("messageRef")
            if reference in names:
                found.setdefault(names[reference], str(element.get("id")))
    return found


def at_place(
    uow: UnitOfWork,
    organisation_id: UUID,
    definition_hash: str,
    element: str,
    diagram: bytes,
    *,
    most: int = 100,
) -> list[Instance]:
    """Return instances of a version that wait or failed at an element, the longest running first."""
    messages = [name for name, catcher in catchers(diagram).items() if catcher == element]
    there: sa.CompoundSelect[UUID | None] = sa.union(
        sa.select(Task.instance_id).where(Task.step == element, Task.state == "open"),
        sa.select(Timer.instance_id).where(Timer.element == element, Timer.fired_at.is_(None)),
        sa.select(Subscription.instance_id).where(Subscription.message.in_(messages)),
        sa.select(Incident.instance_id).where(Incident.element == element, Incident.state == "open"),
    )
    query = (
        sa.select(Instance)
        .where(
            Instance.organisation_id == organisation_id,
            Instance.status.in_(_LIVE),
            Instance.definition_hash == definition_hash,
            Instance.id.in_(there),
        )
        .order_by(Instance.started_at, Instance.id)
        .limit(most)
    )
    return list(uow.session.scalars(query.options(_WITHOUT_STATE)))


_WITHOUT_STATE = defer(Instance.state)


@dataclass(frozen=True)
class Due:
    """A moment that an instance waits for."""

    timer: Timer
    instance: Instance


def due(uow: UnitOfWork, organisation_id: UUID, *, late: bool, most: int = 50) -> list[Due]:
    """Return timers of live instances past their moment, or the next ones; the earliest first."""
    query = (
        sa.select(Timer, Instance)
        .join(Instance, Instance.id == Timer.instance_id)
        .where(
            Timer.organisation_id == organisation_id,
            Timer.fired_at.is_(None),
            Timer.due_at <= uow.now if late else Timer.due_at > uow.now,
            Instance.status.in_(_LIVE),
        )
        .order_by(Timer.due_at, Timer.id)
        .limit(most)
        .options(_WITHOUT_STATE)
    )
    return [Due(row.Timer, row.Instance) for row in uow.session.execute(query)]


def with_key(uow: UnitOfWork, organisation_id: UUID, key: str, *, most: int = 50) -> list[Instance]:
    """Return the instances of exactly this business key, or with exactly this id, the newest first."""
    processes = sa.select(Definition.process_id).where(Definition.organisation_id == organisation_id)
    of_key = sa.and_(Instance.process_id.in_(processes), Instance.business_key == key)
    with suppress(ValueError):
        of_key = sa.or_(of_key, Instance.id == UUID(key))
    query = sa.select(Instance).where(Instance.organisation_id == organisation_id, of_key)
    query = query.order_by(Instance.id.desc()).limit(most).options(_WITHOUT_STATE)
    return list(uow.session.scalars(query))


@dataclass(frozen=True)
class Waits:
    """Everything that one instance waits for, and the messages that are kept for its key."""

    tasks: list[Task]
    timers: list[Timer]
    subscriptions: list[Subscription]
    messages: list[Message]
    incidents: list[Incident]


def waits(uow: UnitOfWork, instance: Instance) -> Waits:
    """Return what an instance waits for."""
    mine = {"instance_id": instance.id}
    kept = sa.select(Message).where(
        Message.organisation_id == instance.organisation_id,
        Message.key == instance.business_key,
        Message.state.in_(("pending", "waiting", "expired", "refused")),
    )
    return Waits(
        tasks=list(uow.session.scalars(sa.select(Task).filter_by(**mine, state="open").order_by(Task.id))),
        timers=list(
            uow.session.scalars(sa.select(Timer).filter_by(**mine, fired_at=None).order_by(Timer.due_at))
        ),
        subscriptions=list(uow.session.scalars(sa.select(Subscription).filter_by(**mine))),
        messages=list(uow.session.scalars(kept.order_by(Message.id).limit(50))),
        incidents=list(uow.session.scalars(sa.select(Incident).filter_by(**mine, state="open"))),
    )
