"""Moves one instance under its lock, and back. One instance a transaction (DESIGN rule 3)."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Sequence
from uuid import UUID

import sqlalchemy as sa

from engine import execution, history
from engine.database import UnitOfWork
from engine.errors import N_, Conflict, NotAllowed, NotFound
from engine.history import Event, instance_chain
from engine.migration import rows
from engine.migration.plans import RUNNING, Order, move, target
from engine.migration_models import InstanceMigration
from engine.models import Instance
from engine.spiff.verdict import Finding, Verdict


class MigrationRefused(Conflict):
    """An instance cannot follow the diagram, or not as it was previewed; `findings` holds every reason."""

    def __init__(self, business_key: str, findings: Sequence[Finding]) -> None:
        self.findings = list(findings)
        told = " ".join(str(finding) for finding in self.findings)
        super().__init__(
            N_("Hồ sơ %(key)s chưa chuyển sang sơ đồ mới được: %(reasons)s")
            % {"key": business_key, "reasons": told}
        )


def apply(
    uow: UnitOfWork,
    instance_id: UUID,
    order: Order,
    *,
    reason: str,
    accepted: Collection[str] = (),
    batch_id: UUID | None = None,
) -> InstanceMigration:
    """Move an instance to the definition of the order and return the record of it.

    It is planned again under the lock: what stands against it now, and every warning that is not among the
    `accepted` keys of the preview, raises MigrationRefused and changes nothing. Raises NotFound, Conflict.
    """
    instance = execution.lock(uow, instance_id)
    found = move(uow, instance, target(uow, order), order)
    against = [f for f in found.findings if f.verdict is Verdict.REFUSE]
    against += [f for f in found.findings if f.verdict is Verdict.WARN and f.key not in accepted]
    if against or found.before is None or found.after is None:
        raise MigrationRefused(instance.business_key, against)
    record = InstanceMigration(
        organisation_id=instance.organisation_id,
        instance_id=instance.id,
        batch_id=batch_id,
        from_definition=instance.definition_hash,
        to_definition=order.definition_hash,
        state_before=instance.state,
        tasks_before=rows.snapshot(uow, instance),
        state_after_hash=_digest(found.state),
        mapping=dict(order.mapping),
        recompute_due=order.recompute_due,
        accepted=sorted(f.key for f in found.findings if f.verdict is Verdict.WARN),
        reason=reason,
        migrated_at=uow.now,
        migrated_by=uow.actor_id,
    )
    uow.session.add(record)
    instance.definition_hash, instance.state = order.definition_hash, found.state
    uow.session.flush()
    execution.record(uow, instance, Event.INSTANCE_MIGRATED, data=_told(record))
    rows.follow(uow, instance, found.before, found.after, recompute_due=order.recompute_due)
    return record


def _told(record: InstanceMigration) -> dict[str, object]:
    return {
        "migration": record.id,
        "from": record.from_definition,
        "to": record.to_definition,
        "mapping": record.mapping,
        "recompute_due": record.recompute_due,
        "accepted": record.accepted,
        "reason": record.reason,
    }


def undo(uow: UnitOfWork, instance_id: UUID, *, reason: str, batch_id: UUID | None = None) -> None:
    """Give an instance back the definition and the state it had before it was moved last.

    Raises NotFound when it was not moved, NotAllowed naming what was done since when it has gone on, or
    when its last move was not one of the batch that is named.
    """
    instance = execution.lock(uow, instance_id)
    record = _last(uow, instance)
    if batch_id is not None and record.batch_id != batch_id:
        raise NotAllowed(N_("Không hoàn tác được: hồ sơ đã được chuyển sơ đồ lần nữa trong một đợt khác."))
    _require_untouched(uow, instance, record)
    before = execution.load_run(uow, instance)
    instance.definition_hash, instance.state = record.from_definition, record.state_before
    record.undone_at, record.undone_by, record.undo_reason = uow.now, uow.actor_id, reason
    uow.session.flush()
    data = {"migration": record.id, "reason": reason, "to": record.from_definition}
    execution.record(uow, instance, Event.INSTANCE_MIGRATION_UNDONE, data=data)
    after = execution.load_run(uow, instance)
    past = record.tasks_before
    rows.follow(uow, instance, before, after, recompute_due=record.recompute_due, past=past)


def _last(uow: UnitOfWork, instance: Instance) -> InstanceMigration:
    query = (
        sa.select(InstanceMigration)
        .where(InstanceMigration.instance_id == instance.id, InstanceMigration.undone_at.is_(None))
        .order_by(InstanceMigration.id.desc())
        .limit(1)
    )
    record = uow.session.scalars(query).one_or_none()
    if record is None:
        raise NotFound(N_("lần chuyển sơ đồ nào của hồ sơ này"))
    return record


def _require_untouched(uow: UnitOfWork, instance: Instance, record: InstanceMigration) -> None:
    if instance.status not in RUNNING:
        raise NotAllowed(N_("Không hoàn tác được: hồ sơ đã kết thúc hoặc đã được rút."))
    if untouched(instance, record):
        return
    names = ", ".join(f"“{name}”" for name in _done_since(uow, instance, record))
    if not names:
        raise NotAllowed(N_("Không hoàn tác được: hồ sơ đã thay đổi sau khi chuyển sơ đồ."))
    raise NotAllowed(
        N_("Không hoàn tác được: sau khi chuyển sơ đồ, hồ sơ đã qua %(steps)s.") % {"steps": names}
    )


def untouched(instance: Instance, record: InstanceMigration) -> bool:
    """Return whether an instance still stands as the move left it, so that it can be moved back."""
    if instance.status not in RUNNING or instance.definition_hash != record.to_definition:
        return False
    return _digest(instance.state) == record.state_after_hash


def _done_since(uow: UnitOfWork, instance: Instance, record: InstanceMigration) -> list[str]:
    """Return the names of the steps the instance has passed since it was moved."""
    parsed = execution.parsed_definition(uow, instance.definition_hash, instance.process_id)
    chain = history.of(uow, instance_chain(instance.id))
    moved = [
        row.seq
        for row in chain
        if row.event == Event.INSTANCE_MIGRATED and json.loads(row.data)["migration"] == str(record.id)
    ]
    passed = [
        element
        for row in chain
        if moved and row.seq > moved[0] and row.event == Event.INSTANCE_ADVANCED
        for element in json.loads(row.data)["passed"]
    ]
    names = [(parsed.element(element), element) for element in dict.fromkeys(passed)]
    return [found.name if found is not None else element for found, element in names]


def _digest(state: bytes) -> str:
    return hashlib.sha256(state).hexdigest()
