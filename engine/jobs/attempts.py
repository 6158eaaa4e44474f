"""A failing job is tried again later; the last failure leaves a dead letter and an incident.

The attempt is part of the job's id, so that a crash between the failure and its record orders the next
attempt once.
"""

from __future__ import annotations

import logging
import time
import traceback
from collections.abc import Sequence
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm.exc import StaleDataError

from engine import incidents
from engine.database import Database, JobOrder, unit_of_work
from engine.errors import N_, NobodyReceived, StepFailed, ThiduaError
from engine.jobs.registry import execute
from engine.jobs.store import tables_of

log = logging.getLogger(__name__)

BACKOFF_SECONDS = (10.0, 60.0, 300.0)
ATTEMPT = "~"  # "<id>~2" is the second attempt of <id>
_CODE = Path(__file__).parents[2]


def attempt(
    database: Database,
    job_id: str,
    order: tuple[str, ...],
    backoff: Sequence[float] = BACKOFF_SECONDS,
) -> None:
    """Run a job; order the next attempt when it fails, and after the last one give it up and raise.

    What no repetition changes (NobodyReceived) is given up at once.
    """
    begun = time.perf_counter()
    number = attempt_of(job_id)
    told: dict[str, object] = {"job": order[0], "job_id": job_id, "ids": list(order[1:]), "attempt": number}
    try:
        execute(database, *order)
    except Exception as error:
        told |= {"error": type(error).__name__, "ms": _ms(begun)}
        if isinstance(error, StepFailed):
            told |= {"instance_id": str(error.instance_id or ""), "element": error.element}
        if number > len(backoff) or isinstance(error, NobodyReceived):
            log.error("job given up", extra={"fields": told})
            give_up(database, job_id, order, error)
            raise
        log.warning("job failed, will be tried again", extra={"fields": told})
        _again(database, job_id, order, number, backoff[number - 1])
    else:
        log.info("job done", extra={"fields": {**told, "ms": _ms(begun)}})


def _ms(begun: float) -> float:
    return round((time.perf_counter() - begun) * 1000, 1)


def attempt_of(job_id: str) -> int:
    """Return which attempt this is, 1 for the first."""
    return int(job_id.partition(ATTEMPT)[2] or 1)


def _again(database: Database, job_id: str, order: tuple[str, ...], number: int, delay: float) -> None:
    root = job_id.partition(ATTEMPT)[0]
    with unit_of_work(database) as uow:
        status = tables_of(uow).status
        lane = sa.select(status.c.queue_partition_key).where(status.c.workflow_uuid == job_id)
        uow.jobs.append(
            JobOrder(
                order[0],
                order[1:],
                partition=uow.session.scalar(lane),
                delay_seconds=delay,
                id=f"{root}{ATTEMPT}{number + 1}",
            )
        )


def give_up(database: Database, job_id: str | None, order: tuple[str, ...], error: Exception) -> None:
    """Write down why a job was given up, once, for the administrator."""
    failed = error if isinstance(error, StepFailed) else None
    incidents.record_dead_letter(
        database,
        job_id=job_id,
        job_name=order[0],
        instance_id=error.instance_id if isinstance(error, StepFailed | NobodyReceived) else None,
        element=failed.element if failed else "",
        cause=cause_of(error),
        start=failed.start if failed else None,
    )


def cause_of(error: Exception) -> str:
    """Return why, in Vietnamese; of an unforeseen error its kind and place only: its text may hold data."""
    if isinstance(error, StepFailed):
        return error.cause
    if isinstance(error, ThiduaError):
        return str(error)
    if isinstance(error, OperationalError | StaleDataError):
        return N_("Cơ sở dữ liệu bận hoặc mất kết nối nhiều lần liên tiếp.")
    if isinstance(error, ConnectionError | TimeoutError):
        return N_("Không kết nối được tới máy khác (%(kind)s).") % {"kind": type(error).__name__}
    if isinstance(error, OSError):
        return N_("Không đọc hoặc ghi được tệp (%(kind)s).") % {"kind": type(error).__name__}
    words = {"kind": type(error).__name__, "place": _place(error)}
    return N_("Lỗi ngoài dự kiến trong chương trình (%(kind)s tại %(place)s).") % words


def _place(error: Exception) -> str:
    frames = traceback.extract_tb(error.__traceback__)
    ours = [frame for frame in frames if Path(frame.filename).is_relative_to(_CODE)] or list(frames)
    if not ours:
        return "?"
    path = Path(ours[-1].filename)
    shown = path.relative_to(_CODE) if path.is_relative_to(_CODE) else Path(path.name)
    return f"{shown.as_posix()}:{ours[-1].lineno}"
