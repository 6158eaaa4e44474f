"""What went wrong without a person's fault, kept in a transaction of its own for the administrator."""

from __future__ import annotations

from uuid import UUID

import sqlalchemy as sa

from engine import history
from engine.database import Database, UnitOfWork, unit_of_work
from engine.errors import N_, NotFound, StepFailed
from engine.history import Event
from engine.models import Incident, Instance

_RECORDED = "_incident_recorded"


def record_failure(database: Database, error: BaseException, instance_id: UUID | None) -> UUID | None:
    """Record a failed step after its transaction was rolled back; returns the incident's id.

    For the edge (view, command, job): call it when StepFailed comes out of a unit of work. A second call
    with the same error records nothing and returns None.
    """
    if getattr(error, _RECORDED, False):
        return None
    setattr(error, _RECORDED, True)
    with unit_of_work(database) as uow:
        instance = uow.session.get(Instance, instance_id) if instance_id else None
        incident = Incident(
            organisation_id=instance.organisation_id if instance else None,
            instance_id=instance.id if instance else None,
            element=error.element if isinstance(error, StepFailed) else "",
            cause=error.cause if isinstance(error, StepFailed) else f"{type(error).__name__}: {error}",
            created_at=uow.now,
        )
        uow.session.add(incident)
        uow.session.flush()
        if instance is not None:
            history.record(
                uow,
                history.instance_chain(instance.id),
                Event.INCIDENT_RECORDED,
                element=incident.element,
                data={"incident": incident.id},
                organisation_id=instance.organisation_id,
            )
        return incident.id


def record_job_failure(database: Database, name: str, args: tuple[str, ...], error: Exception) -> None:
    """Record a job that failed for another reason than one a step has recorded already."""
    if getattr(error, _RECORDED, False):
        return
    setattr(error, _RECORDED, True)
    cause = error.cause if isinstance(error, StepFailed) else f"{type(error).__name__}: {error}"
    with unit_of_work(database) as uow:
        uow.session.add(Incident(element=f"job {name}", cause=f"{cause} {list(args)}", created_at=uow.now))


def open_incidents(uow: UnitOfWork, organisation_id: UUID | None = None) -> list[Incident]:
    """Return what is unresolved, newest first; of one organisation when it is given."""
    query = sa.select(Incident).where(Incident.state == "open").order_by(Incident.created_at.desc())
    if organisation_id is not None:
        query = query.where(Incident.organisation_id == organisation_id)
    return list(uow.session.scalars(query))


def resolve(uow: UnitOfWork, incident_id: UUID) -> None:
    """Mark an incident as settled by the actor; raises NotFound."""
    incident = uow.session.get(Incident, incident_id)
    if incident is None:
        raise NotFound(N_("sự cố"))
    incident.state, incident.resolved_at, incident.resolved_by = "resolved", uow.now, uow.actor_id
    if incident.instance_id is not None:
        history.record(
            uow,
            history.instance_chain(incident.instance_id),
            Event.INCIDENT_RESOLVED,
            element=incident.element,
            data={"incident": incident.id},
            organisation_id=incident.organisation_id,
        )
