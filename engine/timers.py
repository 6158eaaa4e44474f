"""Moments that instances wait for: rows written with the state, claimed by a sweep, fired one by one.

Due means by business time; the sweep itself is called every minute of real time, and at once when somebody
moves the installation's clock.
"""

from __future__ import annotations

from uuid import UUID

import sqlalchemy as sa

from engine import execution, handlers, jobs, messages
from engine.database import Database, UnitOfWork, unit_of_work
from engine.history import Event
from engine.models import Instance, Timer


def sweep(uow: UnitOfWork) -> int:
    """Order the firing of every due timer of running instances; returns how many instances were ordered.

    One whose firing waits already, or was given up and waits for an administrator, is not ordered again.
    """
    due = (
        sa.select(Instance.id, Instance.organisation_id, Instance.business_key)
        .join(Timer, Timer.instance_id == Instance.id)
        .where(Timer.fired_at.is_(None), Timer.due_at <= uow.now, Instance.status == "running")
        .distinct()
    )
    ordered = jobs.unsettled(uow, "fire_instance_timers")
    new = [row for row in sorted(uow.session.execute(due)) if (str(row.id),) not in ordered]
    for row in new:
        lane = jobs.lane(row.organisation_id, row.business_key)
        uow.enqueue("fire_instance_timers", str(row.id), partition=lane)
    return len(new)


@jobs.register("fire_timers")
def fire_timers(database: Database) -> None:
    """Order the firing of everything that is due now, and what else was registered to be swept."""
    with unit_of_work(database) as uow:
        sweep(uow)
        messages.expire(uow)
        for order in handlers.registry().sweeps.values():
            order(uow)


@jobs.register("fire_instance_timers")
def fire_instance_timers(database: Database, instance_id: str) -> None:
    """Let one instance pass the moments that have come; does nothing when none has, or when it is held."""
    identifier = UUID(instance_id)
    with unit_of_work(database, readonly=True) as look:
        owner = look.session.scalar(sa.select(Instance.organisation_id).where(Instance.id == identifier))
    if owner is None:
        return
    with (
        unit_of_work(database, organisation_id=owner, actor_name="Hệ thống") as uow,
        execution.blaming(identifier),
    ):
        _fire(uow, identifier)


def _fire(uow: UnitOfWork, instance_id: UUID) -> None:
    instance = execution.lock(uow, instance_id)
    if instance.status != "running":
        return
    run = execution.load_run(uow, instance)
    fired = run.fire_timers(uow.now)
    if not fired:
        return
    for element in fired:
        execution.record(uow, instance, Event.TIMER_FIRED, element=element)
    execution.store_run(uow, instance, run)
