"""What the administrator does about incidents and jobs that were given up; each in one transaction."""

from __future__ import annotations

import json
from uuid import UUID

from engine import history, incidents, jobs, repairs
from engine.database import UnitOfWork
from engine.errors import N_, FieldError, InvalidForm, NotFound
from workflows import gate
from workflows.queries.troubles import trouble

_CHAIN = "jobs"


def retry(uow: UnitOfWork, incident_id: UUID) -> None:
    """Run again what failed; NotFound, NotAllowed."""
    trouble(uow, incident_id)
    repairs.retry(uow, incident_id)


def settle(uow: UnitOfWork, incident_id: UUID, reason: str) -> None:
    """Close an incident that needs nothing more; NotFound, InvalidForm without a reason."""
    trouble(uow, incident_id)
    repairs.settle(uow, incident_id, reason)


def skip(uow: UnitOfWork, incident_id: UUID, reason: str) -> None:
    """Pass the failed step undone; NotFound, NotAllowed, InvalidForm without a reason."""
    trouble(uow, incident_id)
    repairs.skip(uow, incident_id, reason)


def correct(uow: UnitOfWork, incident_id: UUID, text: str, reason: str) -> None:
    """Correct the routing variables, written as JSON; NotFound, NotAllowed, InvalidForm."""
    trouble(uow, incident_id)
    try:
        values = json.loads(text)
    except ValueError as error:
        place = {"line": error.lineno} if isinstance(error, json.JSONDecodeError) else {"line": 1}
        raise InvalidForm([FieldError("values", N_("Viết sai ở dòng %(line)s.") % place)]) from error
    if not isinstance(values, dict):
        raise InvalidForm([FieldError("values", N_("Phải là một nhóm {…} gồm tên và giá trị."))])
    repairs.correct(uow, incident_id, values, reason)


def retry_job(uow: UnitOfWork, job_id: str) -> None:
    """Put a job that was given up back into the queue, its incident with it; NotFound when it is not there."""
    gate.require(uow, "administrator")
    if job_id not in {job.id for job in jobs.failed_jobs(uow, organisation_id=uow.organisation_id)}:
        raise NotFound(N_("công việc nền này"))
    jobs.order_again(uow, job_id)
    for incident in incidents.open_incidents(uow):
        if incident.job_id == job_id:
            incidents.resolve(uow, incident.id, resolution="retried")
    history.record(uow, f"{_CHAIN}:{uow.organisation_id}", "job:retried", data={"job": job_id})


def move_older_jobs(uow: UnitOfWork) -> int:
    """Let this version of the program do the jobs of another one; returns how many."""
    gate.require(uow, "administrator")
    moved = jobs.move_older(uow)
    history.record(uow, f"{_CHAIN}:{uow.organisation_id}", "jobs:moved", data={"count": moved})
    return moved
