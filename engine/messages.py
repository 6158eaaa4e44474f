"""Messages between instances and organisations: an outbox row now, delivery in the receiver's transaction."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from engine import execution, instances, jobs, regulations
from engine.clock import local_date
from engine.database import Database, UnitOfWork, new_id, unit_of_work
from engine.errors import Conflict, NobodyReceived
from engine.history import canonical
from engine.models import Instance, Message, Subscription
from engine.spiff.xml import BPMN, read_xml

KEPT_FOR = timedelta(days=30)
"""How long a message that nobody waits for is kept, by business time, unless its sender says otherwise."""
_AT_ONCE = 500


def send(
    uow: UnitOfWork,
    *,
    organisation_id: UUID,
    name: str,
    key: str,
    payload: Mapping[str, Any],
    dedup: str,
    sender_organisation_id: UUID | None = None,
    expires_at: datetime | None = None,
) -> None:
    """Put a message to (organisation, name, key) into the outbox; the same dedup is sent only once.

    It is delivered after this transaction; kept when nobody waits for it yet, at the latest until `expires_at`
    (KEPT_FOR from now). Then it is put before the administrator, never dropped in silence: it is the result
    that somebody waits for.
    """
    insert = postgresql.insert if uow.session.get_bind().dialect.name == "postgresql" else sqlite.insert
    statement = insert(Message).values(
        id=new_id(),
        organisation_id=organisation_id,
        sender_organisation_id=sender_organisation_id or uow.organisation_id or organisation_id,
        name=name,
        key=key,
        payload=dict(payload),
        state="pending",
        created_at=uow.now,
        expires_at=expires_at or uow.now + KEPT_FOR,
        dedup=dedup,
    )
    message_id = uow.session.execute(statement.on_conflict_do_nothing().returning(Message.id)).scalar()
    if message_id is not None:
        uow.enqueue("deliver_message", str(message_id), partition=jobs.lane(organisation_id, key))


@jobs.register("deliver_message")
def deliver_message(database: Database, message_id: str) -> None:
    """Deliver one message in the receiver's own transaction; one that was delivered stays delivered.

    Raises StepFailed when the receiver's next step fails; the message then stays pending for a retry.
    Raises NobodyReceived for one that was kept past its expiry and still has no receiver.
    """
    identifier = UUID(message_id)
    with unit_of_work(database, readonly=True) as uow:
        message = uow.session.get(Message, identifier)
        receiver = message.organisation_id if message else None
    with unit_of_work(database, organisation_id=receiver, actor_name="Hệ thống") as uow:
        _deliver(uow, identifier)


def _deliver(uow: UnitOfWork, message_id: UUID) -> None:
    query = sa.select(Message).where(Message.id == message_id).with_for_update()
    message = uow.session.scalars(query).one_or_none()
    if message is None or message.state not in ("pending", "waiting", "expired"):
        return
    instance_id = _receiver(uow, message)
    if instance_id is not None:
        with execution.blaming(instance_id):
            taken = instances.deliver(uow, instance_id, message.name, message.payload)
    else:
        try:
            taken = _start(uow, message)
        except Conflict as error:  # raised before anything was written
            message.state, message.reason = "refused", str(error)
            return
    if not taken and message.state == "expired":
        raise NobodyReceived(
            message.name, f"{local_date(message.created_at):%d/%m/%Y}", _newest(uow, message)
        )
    message.state = "delivered" if taken else "waiting"
    message.delivered_at = uow.now if taken else None


def _newest(uow: UnitOfWork, message: Message) -> UUID | None:
    query = _of_key(message.organisation_id, message.key).order_by(Instance.id.desc()).limit(1)
    return uow.session.scalar(query)


def _of_key(organisation_id: Any, key: Any) -> sa.Select[UUID]:
    return sa.select(Instance.id).where(
        Instance.organisation_id == organisation_id, Instance.business_key == key
    )


def expire(uow: UnitOfWork) -> int:
    """Take what was kept past its expiry out of the waiting ones and order one last delivery; returns how many.

    What waits for a held instance goes on waiting: it is received when that is resumed.
    """
    held = _of_key(Message.organisation_id, Message.key).where(Instance.status == "suspended").exists()
    due = (
        sa.select(Message)
        .where(Message.state == "waiting", Message.expires_at <= uow.now, ~held)
        .order_by(Message.id)
        .limit(_AT_ONCE)
        .with_for_update(skip_locked=True)
    )
    found = list(uow.session.scalars(due))
    for message in found:
        message.state = "expired"
        lane = jobs.lane(message.organisation_id, message.key)
        uow.enqueue("deliver_message", str(message.id), partition=lane)
    return len(found)


def _receiver(uow: UnitOfWork, message: Message) -> UUID | None:
    query = sa.select(Subscription.instance_id).where(
        Subscription.organisation_id == message.organisation_id,
        Subscription.message == message.name,
        Subscription.key == message.key,
    )
    return uow.session.scalar(query)


def _start(uow: UnitOfWork, message: Message) -> bool:
    process_id = process_started_by(uow, message.organisation_id, message.name, uow.today)
    if process_id is None:
        return False
    instances.start(
        uow,
        process_id,
        organisation_id=message.organisation_id,
        business_key=message.key,
        data=message.payload,
    )
    return True


def process_started_by(uow: UnitOfWork, organisation_id: UUID, message: str, on: date) -> str | None:
    """Return the process in force that begins with this message, None when there is none."""
    files = regulations.resolve_files(uow, organisation_id, on)
    for path in sorted(files):
        if path.endswith(".bpmn"):
            process_id = _start_messages(regulations.read(uow, organisation_id, path, on)).get(message)
            if process_id is not None:
                return process_id
    return None


@lru_cache(maxsize=256)
def _start_messages(content: bytes) -> dict[str, str]:
    """Return message name → process id of the message start events of a diagram."""
    root = read_xml(content, "bpmn")
    names = {element.get("id"): element.get("name") for element in root.iter(f"{BPMN}message")}
    found: dict[str, str] = {}
    for process in root.iter(f"{BPMN}process"):
        for definition in process.iterfind(f"{BPMN}startEvent/{BPMN}messageEventDefinition"):
            name = names.get(definition.get("messageRef"))
            if name:
                found[str(name)] = str(process.get("id"))
    return found


def waiting_messages(uow: UnitOfWork, organisation_id: UUID) -> list[Message]:
    """Return messages that nobody has taken yet, oldest first."""
    query = sa.select(Message).where(
        Message.organisation_id == organisation_id, Message.state.in_(("pending", "waiting"))
    )
    return list(uow.session.scalars(query.order_by(Message.id)))


def dedup_of(*parts: object) -> str:
    """Return a key that is the same for the same parts, short enough for the column."""
    return hashlib.sha256(canonical([str(part) for part in parts]).encode()).hexdigest()
