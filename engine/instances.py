"""Runs of definitions: started, held, cancelled, told a message, looked at."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from engine import execution, history, jobs, regulations, waiting
from engine.database import UnitOfWork, new_id
from engine.errors import N_, Conflict, FailedStart, NotAllowed, NotFound, StepFailed
from engine.history import Event
from engine.models import Definition, Instance, Subscription

_STATE_NAMES = {
    "running": N_("đang xử lý"),
    "suspended": N_("đang tạm dừng"),
    "completed": N_("đã kết thúc"),
    "cancelled": N_("đã rút hoặc huỷ"),
}


def start(
    uow: UnitOfWork,
    process_id: str,
    *,
    organisation_id: UUID,
    business_key: str,
    data: Mapping[str, Any],
    unit_id: UUID | None = None,
    on: date | None = None,
) -> Instance:
    """Start a process by the regulation in force on a date (today unless given) and return the instance.

    Raises NoRegulation, Conflict when the same dossier runs in this process already, and StepFailed.
    """
    running = find(uow, organisation_id, process_id, business_key)
    if running is not None and running.status in ("running", "suspended"):
        raise Conflict(N_("Hồ sơ này đã được đưa vào quy trình."))
    definition = regulations.resolve(uow, organisation_id, process_id, on or uow.today)
    return start_definition(
        uow,
        definition,
        organisation_id=organisation_id,
        business_key=business_key,
        data=data,
        unit_id=unit_id,
    )


def start_definition(
    uow: UnitOfWork,
    definition: Definition,
    *,
    organisation_id: UUID,
    business_key: str,
    data: Mapping[str, Any],
    unit_id: UUID | None = None,
) -> Instance:
    """Start one frozen definition, whatever is in force; returns the instance. Raises StepFailed."""
    instance = Instance(
        id=new_id(),
        organisation_id=organisation_id,
        definition_hash=definition.hash,
        process_id=definition.process_id,
        business_key=business_key,
        unit_id=unit_id,
        status="running",
        state=b"",
        started_at=uow.now,
    )
    # Before the run: services of the first steps write rows that name the instance.
    uow.session.add(instance)
    uow.session.flush()
    history.know_head(uow, history.instance_chain(instance.id), None, None)
    execution.record(
        uow,
        instance,
        Event.INSTANCE_STARTED,
        element=definition.process_id,
        data={"definition": definition.hash},
    )
    try:
        execution.store_run(uow, instance, execution.start_run(uow, instance, dict(data)))
    except StepFailed as error:
        error.start = error.start or FailedStart(organisation_id, definition.process_id, business_key)
        raise
    return instance


def get(uow: UnitOfWork, instance_id: UUID) -> Instance:
    """Return an instance to look at; raises NotFound."""
    instance = uow.session.get(Instance, instance_id)
    if instance is None or uow.organisation_id not in (None, instance.organisation_id):
        raise NotFound(N_("hồ sơ"))
    return instance


def get_for_update(uow: UnitOfWork, instance_id: UUID) -> Instance:
    """Return an instance with its row locked to the end of the transaction; raises NotFound."""
    return execution.lock(uow, instance_id)


def find(uow: UnitOfWork, organisation_id: UUID, process_id: str, business_key: str) -> Instance | None:
    """Return the newest instance of a process for a business key."""
    query = (
        sa.select(Instance)
        .where(
            Instance.organisation_id == organisation_id,
            Instance.process_id == process_id,
            Instance.business_key == business_key,
        )
        .order_by(Instance.id.desc())
        .limit(1)
    )
    return uow.session.scalars(query).one_or_none()


def suspend(uow: UnitOfWork, instance_id: UUID, basis: str) -> None:
    """Hold an instance: no completion, no message, no timer until it is resumed. Raises NotAllowed."""
    instance = execution.lock(uow, instance_id)
    _require(instance, "running")
    instance.status, instance.suspended_basis = "suspended", basis
    uow.session.flush()
    execution.record(uow, instance, Event.INSTANCE_SUSPENDED, data={"basis": basis})


def resume(uow: UnitOfWork, instance_id: UUID) -> None:
    """Let a held instance go on; messages and timers that came in between are handed over by jobs."""
    instance = execution.lock(uow, instance_id)
    _require(instance, "suspended")
    basis, instance.status, instance.suspended_basis = instance.suspended_basis, "running", None
    uow.session.flush()
    execution.record(uow, instance, Event.INSTANCE_RESUMED, data={"basis": basis})
    names = sa.select(Subscription.message).where(Subscription.instance_id == instance.id)
    waiting.deliver_waiting(uow, instance, sorted(uow.session.scalars(names)))
    lane = jobs.lane(instance.organisation_id, instance.business_key)
    uow.enqueue("fire_instance_timers", str(instance.id), partition=lane)


def cancel(uow: UnitOfWork, instance_id: UUID, reason: str) -> None:
    """End an instance before its time; closes its tasks, timers and subscriptions. Raises NotAllowed."""
    instance = execution.lock(uow, instance_id)
    _require(instance, "running", "suspended")
    waiting.close_all(uow, instance)
    instance.status, instance.ended_at, instance.suspended_basis = "cancelled", uow.now, None
    uow.session.flush()
    execution.record(uow, instance, Event.INSTANCE_CANCELLED, data={"reason": reason})


def _require(instance: Instance, *states: str) -> None:
    if instance.status not in states:
        raise NotAllowed(
            N_("Không thực hiện được: hồ sơ %(state)s.") % {"state": _STATE_NAMES[instance.status]}
        )


def deliver(uow: UnitOfWork, instance_id: UUID, message: str, payload: Mapping[str, Any]) -> bool:
    """Hand a message to an instance; False when it is held, has ended, or does not wait for it."""
    instance = execution.lock(uow, instance_id)
    if instance.status != "running":
        return False
    run = execution.load_run(uow, instance)
    if not run.deliver(message, payload):
        return False
    execution.record(uow, instance, Event.MESSAGE_DELIVERED, element=message)
    execution.store_run(uow, instance, run)
    return True


def data(uow: UnitOfWork, instance_id: UUID) -> dict[str, Any]:
    """Return the routing variables of an instance."""
    return dict(execution.load_run(uow, get(uow, instance_id)).data)


def position(uow: UnitOfWork, instance_id: UUID) -> dict[str, str]:
    """Return element id → "active", "waiting" or "done", for the picture of the process."""
    return dict(execution.load_run(uow, get(uow, instance_id)).positions())
