"""`serve` and `worker`."""

from __future__ import annotations

import argparse
import signal
import threading

from engine import jobs
from webapp import logs, metrics
from webapp.commands import installation
from workflows.secret_ballot.keeper import leave_no_core


def serve(options: argparse.Namespace) -> int:
    """Run the web server until it is told to stop.

    One process with threads: on SQLite several processes would wait for each other for seconds
    (persistence notes). Its jobs run inside it on SQLite, in `thidua worker` on PostgreSQL.
    """
    # here, because Windows has no granian and misses only this command
    from granian import Granian
    from granian.constants import Interfaces
    from granian.log import LogLevels

    leave_no_core()
    with installation() as (_settings, _database):
        pass  # the schema is up to date before the first request
    print(f"Thi đua: http://{options.host}:{options.port}", flush=True)
    Granian(
        "webapp.wsgi:application",
        address=options.host,
        port=options.port,
        interface=Interfaces.WSGI,
        workers=1,
        blocking_threads=options.threads,
        websockets=False,
        log_level=LogLevels.error,  # its start-up remarks are not for a clerk's terminal
        respawn_failed_workers=True,
    ).serve()
    return 0


def work(_options: argparse.Namespace) -> int:
    """Run jobs until SIGTERM or SIGINT; running ones are finished first."""
    logs.configure()
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    with installation() as (settings, database), metrics.served(settings, database):
        worker = jobs.Worker(database, kept_days=settings.keep_jobs_days)
        worker.start()
        print("Thi đua: đang xử lý nền.", flush=True)
        stop.wait()
        worker.stop()
    return 0
