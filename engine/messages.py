"""Messages between instances and organisations: an outbox row now, delivery in the receiver's transaction."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import date
from functools import lru_cache
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from engine import execution, instances, jobs, regulations
from engine.database import Database, UnitOfWork, new_id, unit_of_work
from engine.errors import Conflict
from engine.history import canonical
from engine.models import Message, Subscription
from engine.spiff.xml import BPMN, read_xml


def send(
    uow: UnitOfWork,
    *,
    organisation_id: UUID,
    name: str,
    key: str,
    payload: Mapping[str, Any],
    dedup: str,
    sender_organisation_id: UUID | None = None,
) -> None:
    """Put a message to (organisation, name, key) into the outbox; the same dedup is sent only once.

    It is delivered after this transaction; kept when nobody waits for it yet.
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
        dedup=dedup,
    )
    message_id = uow.session.execute(statement.on_conflict_do_nothing().returning(Message.id)).scalar()
    if message_id is not None:
        uow.enqueue("deliver_message", str(message_id), partition=jobs.lane(organisation_id, key))


@jobs.register("deliver_message")
def deliver_message(database: Database, message_id: str) -> None:
    """Deliver one message in the receiver's own transaction; one that was delivered stays delivered.

    Raises StepFailed when the receiver's next step fails; the message then stays pending for a retry.
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
    if message is None or message.state not in ("pending", "waiting"):
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
    message.state = "delivered" if taken else "waiting"
    message.delivered_at = uow.now if taken else None


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
