"""Work after the transaction: delivered messages, fired timers, rendered papers.

`register` names a job, `uow.enqueue` orders one with the transaction, `Worker` runs them behind DBOS, and
`run_pending` runs them here and now. A job gets ids, opens its own units of work and must be able to run
twice: a crash between its commit and its record repeats it.
"""

from engine.jobs.drain import run_pending
from engine.jobs.registry import execute, register
from engine.jobs.store import create_tables, failed, pending_count, retry
from engine.jobs.worker import Worker

__all__ = [
    "Worker",
    "create_tables",
    "execute",
    "failed",
    "pending_count",
    "register",
    "retry",
    "run_pending",
]
