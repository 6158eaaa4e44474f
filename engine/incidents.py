"""What went wrong without a person's fault, kept in a transaction of its own for the administrator."""

from __future__ import annotations

from uuid import UUID

import sqlalchemy as sa

from engine import history
from engine.database import Database, UnitOfWork, unit_of_work
from engine.errors import N_, FailedStart, NotFound, StepFailed
from engine.history import Event
from engine.models import Incident, Instance

_RECORDED = "_incident_recorded"


def record_failure(database: Database, error: StepFailed, instance_id: UUID | None) -> UUID | None:
    """Record a failed step after its transaction was rolled back; returns the incident's id.

    For the edge (view, command): call it when StepFailed comes out of a unit of work. A second call with the
    same error records nothing and returns None; a step that failed before and is still open keeps its one
    incident, however often somebody tries.
    """
    if getattr(error, _RECORDED, False):
        return None
    setattr(error, _RECORDED, True)
    with unit_of_work(database) as uow:
        incident = Incident(
            instance_id=instance_id, element=error.element, cause=error.cause, created_at=uow.now
        )
        return _record(uow, incident, error.start).id


def record_dead_letter(
    database: Database,
    *,
    job_id: str | None,
    job_name: str,
    instance_id: UUID | None,
    element: str,
    cause: str,
    start: FailedStart | None = None,
) -> UUID:
    """Record that a job was given up; returns the incident's id, the same when it is recorded again."""
    with unit_of_work(database) as uow:
        incident = Incident(
            instance_id=instance_id,
            element=element,
            cause=cause,
            job_id=job_id,
            job_name=job_name,
            created_at=uow.now,
        )
        return _record(uow, incident, start).id


def _record(uow: UnitOfWork, incident: Incident, start: FailedStart | None) -> Incident:
    # Locked, so that of two that fail at once one sees the other's.
    locked = sa.select(Instance).where(Instance.id == incident.instance_id).with_for_update()
    instance: Instance | None = uow.session.scalars(locked).one_or_none() if incident.instance_id else None
    incident.instance_id = instance.id if instance else None
    if instance is not None:
        incident.organisation_id = instance.organisation_id
    elif start is not None:
        incident.organisation_id = start.organisation_id
        incident.process_id, incident.business_key = start.process_id, start.business_key
    known: Incident | None = uow.session.scalars(_same(incident)).first()
    if known is not None:
        return known
    uow.session.add(incident)
    uow.session.flush()
    if instance is not None:
        _tell(uow, incident, Event.INCIDENT_RECORDED, {})
    return incident


def _same(incident: Incident) -> sa.Select[Incident]:
    query = sa.select(Incident).where(Incident.state == "open")
    if incident.job_id is not None:
        return query.where(Incident.job_id == incident.job_id)
    return query.where(
        Incident.job_id.is_(None),
        Incident.instance_id == incident.instance_id,
        Incident.process_id == incident.process_id,
        Incident.business_key == incident.business_key,
        Incident.job_name == incident.job_name,
        Incident.element == incident.element,
        Incident.cause == incident.cause,
    )


def open_incidents(
    uow: UnitOfWork, organisation_id: UUID | None = None, *, instance_id: UUID | None = None
) -> list[Incident]:
    """Return what is unresolved, newest first; of one organisation or instance when it is given."""
    query = sa.select(Incident).where(Incident.state == "open").order_by(Incident.created_at.desc())
    if organisation_id is not None:
        query = query.where(Incident.organisation_id == organisation_id)
    if instance_id is not None:
        query = query.where(Incident.instance_id == instance_id)
    return list(uow.session.scalars(query))


def resolved_incidents(uow: UnitOfWork, limit: int = 50) -> list[Incident]:
    """Return what was resolved, the latest first."""
    query = sa.select(Incident).where(Incident.state == "resolved")
    return list(uow.session.scalars(query.order_by(Incident.resolved_at.desc(), Incident.id).limit(limit)))


def get_open(uow: UnitOfWork, incident_id: UUID) -> Incident:
    """Return an open incident, its row locked; raises NotFound when somebody has resolved it."""
    query = sa.select(Incident).where(Incident.id == incident_id, Incident.state == "open")
    incident = uow.session.scalars(query.with_for_update()).one_or_none()
    if incident is None:
        raise NotFound(N_("sự cố đang mở này"))
    return incident


def resolve(
    uow: UnitOfWork, incident_id: UUID, *, resolution: str = "settled", reason: str | None = None
) -> Incident:
    """Mark an open incident as resolved by the actor and return it; it is kept. Raises NotFound."""
    _lock_instance(uow, incident_id)
    incident = get_open(uow, incident_id)
    incident.state, incident.resolved_at, incident.resolved_by = "resolved", uow.now, uow.actor_id
    incident.resolution, incident.reason = resolution, reason
    uow.session.flush()
    if incident.instance_id is not None:
        _tell(uow, incident, Event.INCIDENT_RESOLVED, {"how": resolution, "reason": reason})
    return incident


def _lock_instance(uow: UnitOfWork, incident_id: UUID) -> None:
    """The instance before its incident, as everybody locks."""
    of_incident = sa.select(Incident.instance_id).where(Incident.id == incident_id).scalar_subquery()
    uow.session.execute(sa.select(Instance.id).where(Instance.id == of_incident).with_for_update())


def _tell(uow: UnitOfWork, incident: Incident, event: Event, data: dict[str, str | None]) -> None:
    """Write about the incident on its instance's chain; the instance's row is locked already."""
    assert incident.instance_id is not None
    history.record(
        uow,
        history.instance_chain(incident.instance_id),
        event,
        element=incident.element,
        data={"incident": incident.id, **data},
        organisation_id=incident.organisation_id,
    )
