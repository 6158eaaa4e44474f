"""The picture of one dossier's way with where it stands, from its own frozen definition."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from engine import incidents, instances
from engine.database import UnitOfWork
from engine.errors import N_, NotFound
from engine.models import Definition
from engine.regulations import read_definition_file


@dataclass(frozen=True)
class Picture:
    """The diagram's text and element id → "active", "waiting", "done" or "failed"."""

    xml: str
    positions: dict[str, str]


def picture(uow: UnitOfWork, instance_id: UUID) -> Picture:
    """The diagram the instance runs by, whatever was published since; NotFound without one."""
    instance = instances.get(uow, instance_id)
    definition = uow.session.get(Definition, instance.definition_hash)
    name = f"{instance.process_id}.bpmn"
    paths = [path for path in definition.files if path.rpartition("/")[2] == name] if definition else []
    if not paths:
        raise NotFound(N_("sơ đồ của hồ sơ này"))
    xml = read_definition_file(uow, instance.definition_hash, paths[0]).decode()
    failed = [incident.element for incident in incidents.open_incidents(uow, instance_id=instance_id)]
    return Picture(xml, instances.position(uow, instance_id) | dict.fromkeys(failed, "failed"))
