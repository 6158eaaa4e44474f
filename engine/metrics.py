"""Figures of one process for Prometheus: what was done, how long it took, how it ended.

Labels are names from the diagrams and the code (process, job), never a person, an id or a key.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager

from prometheus_client import CollectorRegistry, Counter, Histogram

REGISTRY = CollectorRegistry()
_SECONDS = (0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
_JOB_SECONDS = (0.01, 0.05, 0.1, 0.5, 1.0, 5.0, 15.0, 60.0, 300.0)

COMPLETIONS = Counter(
    "thidua_completions", "Tasks completed by people, by process.", ["process"], registry=REGISTRY
)
STEP_SECONDS = Histogram(
    "thidua_step_seconds",
    "Time to take a completed task into its instance and advance it, without the commit, by process.",
    ["process"],
    buckets=_SECONDS,
    registry=REGISTRY,
)
JOB_SECONDS = Histogram(
    "thidua_job_seconds",
    "Time of one attempt at a job, by job and result (done, failed).",
    ["job", "result"],
    buckets=_JOB_SECONDS,
    registry=REGISTRY,
)


@contextmanager
def completing(process_id: str) -> Iterator[None]:
    """Measure one completed task; one that fails is not counted."""
    begun = time.perf_counter()
    yield
    STEP_SECONDS.labels(process_id).observe(time.perf_counter() - begun)
    COMPLETIONS.labels(process_id).inc()


@contextmanager
def running(job: str) -> Iterator[None]:
    """Measure one attempt at a job."""
    begun = time.perf_counter()
    result = "failed"
    try:
        yield
        result = "done"
    finally:
        JOB_SECONDS.labels(job, result).observe(time.perf_counter() - begun)
