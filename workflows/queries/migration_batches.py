"""What moving chosen dossiers would mean, one verdict each, and how far an ordered move is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from engine import migration
from engine.database import UnitOfWork
from engine.errors import N_, NotFound
from engine.migration import InstancePlan, Order, Progress
from engine.migration_models import MigrationBatch
from engine.models import Instance
from engine.spiff.verdict import Code, Finding, Verdict
from workflows import gate
from workflows.queries import migration as versions
from workflows.queries.migration import Version
from workflows.queries.running import Standing, dossiers, labels


@dataclass(frozen=True)
class Preview:
    """What the order would mean for the chosen dossiers; nothing is written."""

    rows: list[tuple[Standing, InstancePlan]]

    @property
    def plans(self) -> list[InstancePlan]:
        """Return the plans alone."""
        return [plan for _, plan in self.rows]

    def count(self, verdict: Verdict) -> int:
        """Return how many dossiers have a verdict."""
        return sum(plan.verdict is verdict for plan in self.plans)

    @property
    def asks_about_due(self) -> bool:
        """Whether a term is counted otherwise, so that somebody must choose: keep it or count anew."""
        return any(finding.code is Code.TIMER_CHANGED for plan in self.plans for finding in plan.findings)


@dataclass(frozen=True)
class Line:
    """One dossier of a batch: what became of it, why, and whether it can still be taken back."""

    id: UUID
    label: str
    state: str
    reason: str
    undoable: bool
    undone_at: datetime | None


@dataclass(frozen=True)
class BatchRow:
    """One ordered move in a list."""

    batch: MigrationBatch
    process: str
    regulation: str
    progress: Progress


@dataclass(frozen=True)
class Batch:
    """One ordered move with its dossiers."""

    batch: MigrationBatch
    target: Version
    progress: Progress
    replaced: list[tuple[str, str]]
    lines: list[Line]

    @property
    def undoable(self) -> int:
        """Return how many dossiers can still be taken back."""
        return sum(line.undoable for line in self.lines)


def preview(uow: UnitOfWork, old_hash: str, chosen: Sequence[UUID], order: Order) -> Preview:
    """The verdict of each chosen dossier; NotFound for one of another organisation or another version's."""
    gate.require(uow, "administrator")
    allowed = set(migration.running_on(uow, migration.definition_of(uow, old_hash).hash))
    there = [each for each in chosen if each in allowed]
    gone = [each for each in chosen if each not in allowed]
    rows = dossiers(uow, [*there, *gone])
    if len(rows) != len(set(chosen)):
        raise NotFound(N_("hồ sơ này"))
    plans = migration.plan(uow, [row.id for row in rows], order)
    return Preview(list(zip(rows, plans, strict=True)))


def batches(uow: UnitOfWork) -> list[BatchRow]:
    """The last ordered moves, newest first."""
    gate.require(uow, "administrator")
    rows = []
    for batch in migration.batches(uow):
        target = versions.version(uow, batch.to_definition)
        rows.append(BatchRow(batch, target.process, target.regulation, migration.progress(uow, batch.id)))
    return rows


def batch(uow: UnitOfWork, batch_id: UUID) -> Batch:
    """One ordered move; NotFound for another organisation's."""
    gate.require(uow, "administrator")
    found = migration.batch_of(uow, batch_id)
    return Batch(
        batch=found,
        target=versions.version(uow, found.to_definition),
        progress=migration.progress(uow, batch_id),
        replaced=_replaced(uow, found),
        lines=_lines(uow, batch_id),
    )


def _lines(uow: UnitOfWork, batch_id: UUID) -> list[Line]:
    items = [item for item, _key in migration.items(uow, batch_id)]
    instances = [uow.session.get_one(Instance, item.instance_id) for item in items]
    names, moves = labels(uow, instances), migration.moves(uow, batch_id)
    lines = []
    for item, instance in zip(items, instances, strict=True):
        record, undoable = moves.get(item.instance_id, (None, False))
        undone_at = record.undone_at if record is not None else None
        label = names[instance.id]
        # The engine knows a dossier by its key; people by its code.
        reason = item.reason.replace(instance.business_key, label)
        if record is not None and undone_at is not None:
            reason = record.undo_reason or ""
        state = "undone" if undone_at is not None else item.state
        lines.append(Line(instance.id, label, state, reason, undoable, undone_at))
    return lines


def _replaced(uow: UnitOfWork, batch: MigrationBatch) -> list[tuple[str, str]]:
    """The chosen replacements by name, old → new."""
    if not batch.mapping:
        return []
    came_from = [record.from_definition for record, _ in migration.moves(uow, batch.id).values()]
    came_from += [
        uow.session.get_one(Instance, item.instance_id).definition_hash
        for item, _key in migration.items(uow, batch.id)
        if item.state != "migrated"
    ]
    names = {each.id: each.name for each in migration.elements(uow, came_from[0])} if came_from else {}
    after = {each.id: each.name for each in migration.elements(uow, batch.to_definition)}
    return [(names.get(key, key), after.get(value, value)) for key, value in batch.mapping.items()]


def unseen(plans: Sequence[InstancePlan], seen: dict[UUID, set[str]]) -> list[Finding]:
    """The warnings that the person who decides has not been shown yet."""
    return [
        finding
        for plan in plans
        for finding in plan.findings
        if finding.verdict is Verdict.WARN and finding.key not in seen.get(plan.instance_id, set())
    ]
