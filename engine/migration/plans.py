"""What moving instances to another definition would mean, one verdict an instance. Changes nothing."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from uuid import UUID

import sqlalchemy as sa

from engine import execution, instances
from engine.database import UnitOfWork
from engine.errors import N_, Conflict, NotFound
from engine.migration import rows
from engine.models import Definition, Instance, Subscription
from engine.spiff.differ import Change, diff
from engine.spiff.migrator import migrate
from engine.spiff.parser import Element
from engine.spiff.runner import Run
from engine.spiff.serializer import StateUnreadable
from engine.spiff.verdict import Code, Finding, Verdict, worst

RUNNING = ("running", "suspended")


@dataclass(frozen=True)
class Order:
    """What is asked for: the definition to follow, the steps that replace others (old id → new id), and
    whether changed terms are counted anew or keep their due dates."""

    definition_hash: str
    mapping: Mapping[str, str] = field(default_factory=dict)
    recompute_due: bool = False


@dataclass(frozen=True)
class InstancePlan:
    """What the order means for one instance, as it stood when it was looked at."""

    instance_id: UUID
    business_key: str
    definition_hash: str
    findings: tuple[Finding, ...]

    @property
    def verdict(self) -> Verdict:
        """Return the heaviest of the findings' verdicts."""
        return worst(self.findings)

    @property
    def warnings(self) -> frozenset[str]:
        """Return the keys of what a person must accept."""
        return frozenset(f.key for f in self.findings if f.verdict is Verdict.WARN)


@dataclass(frozen=True)
class Move:
    """An instance's findings and, when it is not refused, its run before and after."""

    findings: tuple[Finding, ...]
    before: Run | None = None
    after: Run | None = None
    state: bytes = b""


def running_on(uow: UnitOfWork, definition_hash: str) -> list[UUID]:
    """Return the instances that run, or are on hold, on a definition; oldest first."""
    query = sa.select(Instance.id).where(
        Instance.definition_hash == definition_hash, Instance.status.in_(RUNNING)
    )
    if uow.organisation_id is not None:
        query = query.where(Instance.organisation_id == uow.organisation_id)
    return list(uow.session.scalars(query.order_by(Instance.id)))


def in_use(uow: UnitOfWork) -> list[tuple[Definition, int]]:
    """Return the definitions on which instances run or are on hold, with how many; oldest first."""
    running = sa.select(Instance.definition_hash, sa.func.count().label("count"))
    running = running.where(Instance.status.in_(RUNNING))
    if uow.organisation_id is not None:
        running = running.where(Instance.organisation_id == uow.organisation_id)
    counted = running.group_by(Instance.definition_hash).subquery()
    query = (
        sa.select(Definition, counted.c.count)
        .join(counted, counted.c.definition_hash == Definition.hash)
        .order_by(Definition.process_id, Definition.created_at, Definition.hash)
    )
    return [(definition, int(count)) for definition, count in uow.session.execute(query)]


def plan(uow: UnitOfWork, instance_ids: Iterable[UUID], order: Order) -> list[InstancePlan]:
    """Return the verdict of every instance with its reasons, in the given order.

    Raises NotFound for an instance or a definition, Conflict for a mapping to a step that does not exist.
    """
    definition = target(uow, order)
    plans = []
    for instance_id in instance_ids:
        instance = instances.get(uow, instance_id)
        found = move(uow, instance, definition, order)
        plans.append(
            InstancePlan(instance.id, instance.business_key, instance.definition_hash, found.findings)
        )
    return plans


def changes(
    uow: UnitOfWork, old_hash: str, new_hash: str, mapping: Mapping[str, str] | None = None
) -> list[Change]:
    """Return what changed between two definitions of a process, element by element. Raises NotFound."""
    old, new = definition_of(uow, old_hash), definition_of(uow, new_hash)
    forms = {path for path, digest in new.files.items() if old.files.get(path, digest) != digest}
    parsed = [execution.parsed_definition(uow, d.hash, d.process_id) for d in (old, new)]
    return diff(parsed[0], parsed[1], mapping, frozenset(forms))


def elements(uow: UnitOfWork, definition_hash: str) -> list[Element]:
    """Return the nodes of a definition's diagrams, in the order of the drawing. Raises NotFound."""
    definition = definition_of(uow, definition_hash)
    parsed = execution.parsed_definition(uow, definition.hash, definition.process_id)
    return list(parsed.elements.values())


def target(uow: UnitOfWork, order: Order) -> Definition:
    """Return the definition to follow. Raises NotFound; Conflict when the mapping names an unknown step."""
    definition = definition_of(uow, order.definition_hash)
    parsed = execution.parsed_definition(uow, definition.hash, definition.process_id)
    for name in order.mapping.values():
        if parsed.element(name) is None:
            raise Conflict(N_("Bước thay thế “%(step)s” không có trong sơ đồ mới.") % {"step": name})
    return definition


def definition_of(uow: UnitOfWork, definition_hash: str) -> Definition:
    """Return a definition of the organisation at work. Raises NotFound."""
    definition = uow.session.get(Definition, definition_hash)
    if definition is None or uow.organisation_id not in (None, definition.organisation_id):
        raise NotFound(N_("quy trình"))
    return definition


def move(uow: UnitOfWork, instance: Instance, definition: Definition, order: Order) -> Move:
    """Return what the order means for an instance, moved on a copy. Writes nothing."""
    outside = _outside(instance, definition)
    if outside is not None:
        return Move((Finding(outside),))
    host = execution.InstanceHost(uow, instance)
    old = execution.parsed_definition(uow, instance.definition_hash, instance.process_id)
    new = execution.parsed_definition(uow, definition.hash, definition.process_id)
    try:
        moved = migrate(old, new, instance.state, host, mapping=order.mapping, recompute=order.recompute_due)
    except StateUnreadable as error:
        return Move((Finding(Code.UNREADABLE, params={"cause": error.params["reason"]}),))
    if moved.state is None:
        return Move(tuple(moved.findings))
    before, after = Run.load(old, instance.state, host), Run.load(new, moved.state, host)
    findings = [*moved.findings, *_taken(uow, instance, after)]
    findings += rows.findings(uow, instance, before, after)
    if worst(findings) is Verdict.REFUSE:
        return Move(tuple(findings))
    return Move(tuple(findings), before, after, moved.state)


def _outside(instance: Instance, definition: Definition) -> Code | None:
    """Return why an instance has nothing to do with the definition."""
    if instance.status not in RUNNING:
        return Code.ENDED
    if instance.definition_hash == definition.hash:
        return Code.ALREADY_THERE
    same = (instance.process_id, instance.organisation_id) == (
        definition.process_id,
        definition.organisation_id,
    )
    return None if same else Code.OTHER_PROCESS


def _taken(uow: UnitOfWork, instance: Instance, after: Run) -> list[Finding]:
    """One message and key has one receiver; a new wait must not take another instance's."""
    names = {wait.name: wait.element for wait in after.messages}
    query = (
        sa.select(Subscription.message, Instance.process_id)
        .join(Instance, Instance.id == Subscription.instance_id)
        .where(
            Subscription.organisation_id == instance.organisation_id,
            Subscription.key == instance.business_key,
            Subscription.message.in_(names),
            Subscription.instance_id != instance.id,
        )
    )
    return [
        Finding(Code.MESSAGE_TAKEN, names[message], "", {"message": message, "step": process_id})
        for message, process_id in uow.session.execute(query)
    ]
