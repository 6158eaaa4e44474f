"""Many instances moved by jobs, one instance a transaction; how far they are can be read at any time."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm.exc import StaleDataError

from engine import jobs
from engine.database import Database, UnitOfWork, unit_of_work
from engine.errors import N_, NotAllowed, NotFound, ThiduaError
from engine.migration.moving import apply, untouched
from engine.migration.plans import InstancePlan, Order, target
from engine.migration_models import InstanceMigration, MigrationBatch, MigrationItem
from engine.models import Instance
from engine.spiff.verdict import Verdict


@dataclass(frozen=True)
class Progress:
    """How many instances of a batch wait, were moved, were refused and failed."""

    waiting: int = 0
    migrated: int = 0
    refused: int = 0
    failed: int = 0

    @property
    def total(self) -> int:
        """Return how many instances the batch has."""
        return self.waiting + self.migrated + self.refused + self.failed


def order_batch(
    uow: UnitOfWork, plans: Iterable[InstancePlan], order: Order, *, reason: str
) -> MigrationBatch:
    """Order one job an instance for what was previewed, the warnings of each plan being accepted.

    Plans that are refused are left out; raises NotAllowed when none is left, NotFound, Conflict.
    """
    definition = target(uow, order)
    moving = [plan for plan in plans if plan.verdict is not Verdict.REFUSE]
    if not moving:
        raise NotAllowed(N_("Không có hồ sơ nào chuyển sang sơ đồ mới được."))
    batch = MigrationBatch(
        organisation_id=definition.organisation_id,
        to_definition=definition.hash,
        mapping=dict(order.mapping),
        recompute_due=order.recompute_due,
        reason=reason,
        created_at=uow.now,
        created_by=uow.actor_id,
        created_by_name=uow.actor_name,
    )
    uow.session.add(batch)
    uow.session.flush()
    for plan in moving:
        item = MigrationItem(
            batch_id=batch.id,
            instance_id=plan.instance_id,
            organisation_id=batch.organisation_id,
            accepted=sorted(plan.warnings),
        )
        uow.session.add(item)
        instance = uow.session.get_one(Instance, plan.instance_id)
        lane = jobs.lane(instance.organisation_id, instance.business_key)
        uow.enqueue("migrate_instance", str(batch.id), str(plan.instance_id), partition=lane)
    uow.session.flush()
    return batch


def progress(uow: UnitOfWork, batch_id: UUID) -> Progress:
    """Return the counts of a batch. Raises NotFound."""
    batch = batch_of(uow, batch_id)
    query = (
        sa.select(MigrationItem.state, sa.func.count())
        .where(MigrationItem.batch_id == batch.id)
        .group_by(MigrationItem.state)
    )
    counts = {str(state): int(count) for state, count in uow.session.execute(query)}
    return Progress(**counts)


def items(uow: UnitOfWork, batch_id: UUID) -> list[tuple[MigrationItem, str]]:
    """Return the lines of a batch with their instances' business keys. Raises NotFound."""
    query = (
        sa.select(MigrationItem, Instance.business_key)
        .join(Instance, Instance.id == MigrationItem.instance_id)
        .where(MigrationItem.batch_id == batch_of(uow, batch_id).id)
        .order_by(Instance.id)
    )
    return [(item, key) for item, key in uow.session.execute(query)]


def moves(uow: UnitOfWork, batch_id: UUID) -> dict[UUID, tuple[InstanceMigration, bool]]:
    """Return instance → the record of its move in a batch and whether it can still be moved back. Raises NotFound."""
    query = (
        sa.select(InstanceMigration, Instance)
        .join(Instance, Instance.id == InstanceMigration.instance_id)
        .where(InstanceMigration.batch_id == batch_of(uow, batch_id).id)
        .order_by(InstanceMigration.id)
    )
    return {
        instance.id: (record, record.undone_at is None and untouched(instance, record))
        for record, instance in uow.session.execute(query)
    }


def batches(uow: UnitOfWork, most: int = 20) -> list[MigrationBatch]:
    """Return the organisation's last batches, newest first."""
    query = sa.select(MigrationBatch).where(MigrationBatch.organisation_id == uow.organisation_id)
    return list(uow.session.scalars(query.order_by(MigrationBatch.id.desc()).limit(most)))


def batch_of(uow: UnitOfWork, batch_id: UUID) -> MigrationBatch:
    """Return a batch of the organisation at work. Raises NotFound."""
    batch = uow.session.get(MigrationBatch, batch_id)
    if batch is None or uow.organisation_id not in (None, batch.organisation_id):
        raise NotFound(N_("đợt chuyển sơ đồ"))
    return batch


@jobs.register("migrate_instance")
def migrate_instance(database: Database, batch_id: str, instance_id: str) -> None:
    """Move one instance of a batch as whoever ordered it; an instance that was moved or refused stays so."""
    key = (UUID(batch_id), UUID(instance_id))
    with unit_of_work(database, readonly=True) as look:
        batch = batch_of(look, key[0])
    try:
        with unit_of_work(
            database,
            organisation_id=batch.organisation_id,
            actor_id=batch.created_by,
            actor_name=batch.created_by_name,
        ) as uow:
            _move_item(uow, batch, key)
    except ThiduaError as error:
        _settle(database, batch, key, "refused", str(error))
    except (OperationalError, StaleDataError):  # a busy database: the job is tried again
        raise
    except Exception as error:
        _settle(database, batch, key, "failed", f"{type(error).__name__}: {error}")
        raise


def _move_item(uow: UnitOfWork, batch: MigrationBatch, key: tuple[UUID, UUID]) -> None:
    item = uow.session.get(MigrationItem, key, with_for_update=True)
    if item is None or item.state in ("migrated", "refused"):
        return
    order = Order(batch.to_definition, batch.mapping, batch.recompute_due)
    apply(uow, item.instance_id, order, reason=batch.reason, accepted=item.accepted, batch_id=batch.id)
    item.state, item.reason = "migrated", ""


def _settle(
    database: Database, batch: MigrationBatch, key: tuple[UUID, UUID], state: str, reason: str
) -> None:
    with unit_of_work(database, organisation_id=batch.organisation_id) as uow:
        item = uow.session.get(MigrationItem, key, with_for_update=True)
        if item is not None and item.state != "migrated":
            item.state, item.reason = state, reason
