"""Work after the transaction: delivered messages, fired timers, rendered papers.

`register` names a job, `uow.enqueue` orders one with the transaction, `Worker` runs them behind DBOS, and
`run_pending` runs them here and now. A job gets ids, opens its own units of work and must be able to run
twice: a crash between its commit and its record repeats it. One that fails is tried again later by a worker,
then given up: a dead letter with an incident.
"""

from engine.jobs.drain import run_pending
from engine.jobs.overview import (
    FailedJob,
    LaneJob,
    Overview,
    SeenWorker,
    failed,
    failed_jobs,
    move_older,
    of_lane,
    order_again,
    overview,
    retry,
    settle,
    workers,
)
from engine.jobs.registry import execute, register
from engine.jobs.store import create_tables, lane, pending_count, unsettled
from engine.jobs.upkeep import forget_finished, order_nightly, tell_of_crashed
from engine.jobs.worker import Worker

__all__ = [
    "FailedJob",
    "LaneJob",
    "Overview",
    "SeenWorker",
    "Worker",
    "create_tables",
    "execute",
    "failed",
    "failed_jobs",
    "forget_finished",
    "lane",
    "move_older",
    "of_lane",
    "order_again",
    "order_nightly",
    "overview",
    "pending_count",
    "register",
    "retry",
    "run_pending",
    "settle",
    "tell_of_crashed",
    "unsettled",
    "workers",
]
