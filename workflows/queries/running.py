"""Dossiers that run, as an administrator may see them: by code and title, and at which step."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import select

from engine import instances, migration
from engine.database import UnitOfWork
from engine.models import Instance, Task
from engine.spiff.serializer import StateUnreadable
from workflows import gate
from workflows.labels import STEP_VERBS
from workflows.queries.work import subjects


@dataclass(frozen=True)
class Standing:
    """One dossier that runs on a version."""

    id: UUID
    label: str
    started_at: datetime
    at: str
    held: bool


def dossiers(uow: UnitOfWork, instance_ids: Sequence[UUID]) -> list[Standing]:
    """Instances as rows of a list, in the same order; only those of this organisation."""
    gate.require(uow, "administrator")
    query = select(Instance).where(
        Instance.id.in_(instance_ids), Instance.organisation_id == uow.organisation_id
    )
    rows = {row.id: row for row in uow.session.scalars(query)}
    found = [rows[each] for each in instance_ids if each in rows]
    names, steps = labels(uow, found), _open_steps(uow, found)
    steps |= _waits(uow, [row for row in found if row.id not in steps])
    return [
        Standing(row.id, names[row.id], row.started_at, steps.get(row.id, ""), row.status == "suspended")
        for row in found
    ]


def labels(uow: UnitOfWork, rows: Iterable[Instance]) -> dict[UUID, str]:
    """Instance → how people call it: a dossier by its code alone, anything else by its title."""
    keys: dict[str, list[UUID]] = {}
    found = list(rows)
    for row in found:
        if _is_id(row.business_key):
            keys.setdefault(row.process_id, []).append(UUID(row.business_key))
    known = subjects(uow, keys)
    return {row.id: _label(row, known.get(row.business_key)) for row in found}


def _label(row: Instance, subject: tuple[str, str, bool] | None) -> str:
    code, title, _held = subject or ("", "", False)
    return code or (title if row.process_id != "nomination" else "") or row.business_key


def _is_id(text: str) -> bool:
    try:
        UUID(text)
    except ValueError:
        return False
    return True


def _open_steps(uow: UnitOfWork, rows: Sequence[Instance]) -> dict[UUID, str]:
    query = (
        select(Task.instance_id, Task.step, Task.name)
        .where(Task.instance_id.in_([row.id for row in rows]), Task.state == "open")
        .order_by(Task.id)
    )
    steps: dict[UUID, dict[str, None]] = {}
    for instance_id, step, name in uow.session.execute(query):
        steps.setdefault(instance_id, {})[STEP_VERBS.get(step, name)] = None
    return {instance_id: ", ".join(names) for instance_id, names in steps.items()}


def _waits(uow: UnitOfWork, rows: Sequence[Instance]) -> dict[UUID, str]:
    """What those wait for in which nobody has work: the names of the events."""
    known: dict[str, dict[str, str]] = {}
    found = {}
    for row in rows:
        if row.definition_hash not in known:
            drawn = migration.elements(uow, row.definition_hash)
            known[row.definition_hash] = {each.id: each.name for each in drawn}
        names = known[row.definition_hash]
        found[row.id] = ", ".join(names.get(each, each) for each in here(uow, row.id))
    return found


def here(uow: UnitOfWork, instance_id: UUID) -> list[str]:
    """The elements at which an instance works or waits; none when its state cannot be read."""
    try:
        positions = instances.position(uow, instance_id)
    except StateUnreadable:  # its preview says so
        return []
    return [element for element, state in positions.items() if state != "done"]
