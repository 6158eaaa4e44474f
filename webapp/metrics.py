"""What a Prometheus server may read of this process and of the installation's queues."""

from __future__ import annotations

import hmac
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from platform import python_version
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, make_server

import sqlalchemy as sa
from prometheus_client import CollectorRegistry, Counter, Histogram, disable_created_metrics, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric

from engine import jobs
from engine.database import Database, unit_of_work
from engine.metrics import REGISTRY
from engine.models import Incident, Instance, Message, Timer
from webapp.config import Settings, release

disable_created_metrics()  # type: ignore[no-untyped-call]  # their lines would be half of every answer
CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
_LOOPBACK = ("127.0.0.1", "::1")
_BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)

REQUESTS = Counter(
    "thidua_http_requests",
    "Requests by page and status.",
    ["endpoint", "method", "status"],
    registry=REGISTRY,
)
REQUEST_SECONDS = Histogram(
    "thidua_http_request_seconds",
    "Time to answer, by page.",
    ["endpoint"],
    buckets=_BUCKETS,
    registry=REGISTRY,
)


def observe(endpoint: str, method: str, status: int, seconds: float) -> None:
    """Count one answered request."""
    REQUESTS.labels(endpoint, method if method in METHODS else "OTHER", status).inc()
    REQUEST_SECONDS.labels(endpoint).observe(seconds)


def allowed(settings: Settings, *, authorization: str, address: str, forwarded: bool) -> bool:
    """Whether this asker may read: by the token, or from this very machine where the setting says so.

    What came through a proxy on this machine is not from this machine.
    """
    if settings.metrics_token:
        given = f"{authorization}".encode()
        return hmac.compare_digest(given, f"Bearer {settings.metrics_token}".encode())
    return settings.metrics_loopback and not forwarded and address in _LOOPBACK


def exposition(database: Database) -> bytes:
    """Return the figures of this process, and of the database as it is now, as Prometheus reads them."""
    gauges = CollectorRegistry()
    gauges.register(_Gauges(database))
    return generate_latest(REGISTRY) + generate_latest(gauges)


class _Gauges:
    """Read at each scrape, each by an index over what is open, due or kept; never over what is finished."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def describe(self) -> Iterable[Metric]:
        """Return nothing: registering asks no database."""
        return ()

    def collect(self) -> Iterator[Metric]:
        """Return the gauges of now."""
        build = GaugeMetricFamily("thidua_build", "What runs.", labels=["version", "python", "database"])
        build.add_metric([release(), python_version(), self._database.engine.dialect.name], 1)
        yield build
        pool: Any = self._database.engine.pool
        yield _gauge("thidua_pool_in_use", "Connections of this process at work.", pool.checkedout())
        with unit_of_work(self._database, readonly=True) as uow:
            yield from _queues(jobs.overview(uow))
            for name, about, query in _counts(uow.now):
                yield _gauge(name, about, uow.session.scalar(query) or 0)


def _queues(found: jobs.Overview) -> Iterator[Metric]:
    states = GaugeMetricFamily("thidua_jobs", "Jobs by state.", labels=["state"])
    for state in ("waiting", "running", "later", "retrying"):
        states.add_metric([state], getattr(found, state))
    yield states
    yield _gauge("thidua_dead_letters", "Jobs that were given up.", found.failed)
    alive = sum(worker.alive for worker in found.workers)
    yield _gauge("thidua_workers_alive", "Processes that run jobs.", alive)


def _counts(now: Any) -> Iterator[tuple[str, str, sa.Select[int]]]:
    count = sa.select(sa.func.count())
    yield "thidua_open_incidents", "Incidents to be dealt with.", count.where(Incident.state == "open")
    late = count.select_from(Timer).join(Instance, Instance.id == Timer.instance_id)
    late = late.where(Timer.fired_at.is_(None), Timer.due_at <= now, Instance.status == "running")
    yield "thidua_late_timers", "Timers of running instances past their moment.", late
    kept = count.where(Message.state == "waiting")
    yield "thidua_messages_kept", "Messages that nobody waits for yet.", kept


def _gauge(name: str, about: str, value: float) -> Metric:
    return GaugeMetricFamily(name, about, value=value)


@contextmanager
def served(settings: Settings, database: Database) -> Iterator[None]:
    """Answer /metrics on the worker's own port of this machine while inside; nothing without such a port."""
    if not settings.worker_metrics_port:
        yield
        return
    server = make_server(
        "127.0.0.1", settings.worker_metrics_port, _application(settings, database), handler_class=_Quiet
    )
    thread = threading.Thread(target=server.serve_forever, name="thidua-metrics", daemon=True)
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class _Quiet(WSGIRequestHandler):
    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing: a scrape every few seconds is no news."""


def _application(settings: Settings, database: Database) -> Callable[..., Iterable[bytes]]:
    def answer(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        by_token = allowed(
            settings, authorization=environ.get("HTTP_AUTHORIZATION", ""), address="", forwarded=True
        )
        # Bound to this machine alone, so without a token the port itself is the permission.
        if environ.get("PATH_INFO") != "/metrics" or not (by_token or not settings.metrics_token):
            start_response("404 Not Found", [("Content-Type", "text/plain")])
            return [b""]
        body = exposition(database)
        start_response("200 OK", [("Content-Type", CONTENT_TYPE)])
        return [body]

    return answer
