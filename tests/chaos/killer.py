"""kill −9 at chosen moments, found by watching the files and the database from outside: the product has no hooks."""

from __future__ import annotations

import ctypes
import os
import random
import select
import time
from collections import Counter
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pysqlite3
import sqlalchemy as sa

from engine import jobs
from engine.database import Database, unit_of_work
from engine.models import Idempotency
from tests.chaos.browser import Ledger
from tests.chaos.invariants import orphans
from tests.chaos.office import Office, Process

AIMS = ("random", "commit", "committed", "file", "job")
"""At a random moment · while a transaction writes · when one has just been committed · when a file has come to
its place and its row has not been committed · while a job runs."""
_IN_MODIFY, _IN_MOVED_FROM = 0x2, 0x40


class _Inotify:
    """Linux tells of a change in a folder or file within microseconds."""

    def __init__(self, path: Path, mask: int) -> None:
        libc = ctypes.CDLL(None, use_errno=True)
        self._descriptor = libc.inotify_init1(os.O_NONBLOCK | os.O_CLOEXEC)
        if self._descriptor < 0 or libc.inotify_add_watch(self._descriptor, os.fsencode(path), mask) < 0:
            raise OSError(ctypes.get_errno(), f"cannot watch {path}")

    def wait(self, seconds: float) -> bool:
        seen = bool(select.select([self._descriptor], [], [], seconds)[0])
        os.close(self._descriptor)
        return seen


class Killer:
    """Kills processes of an office, looks what that broke off, and starts them again."""

    def __init__(self, office: Office, database: Database, ledger: Ledger, seed: int) -> None:
        self._office, self._database, self._ledger = office, database, ledger
        self._random = random.Random(seed)
        self._files = office.data / "files"
        (self._files / "tmp").mkdir(parents=True, exist_ok=True)  # to be watched before the first upload
        self.kills: Counter[str] = Counter()
        self.met: Counter[str] = Counter()
        self.victims: Counter[str] = Counter()
        self.restarts = 0
        self._known_orphans: set[str] = set()

    def kill(self, aim: str) -> None:
        """One kill and the start after it."""
        self._until_somebody_asks()
        victims = self._victims(aim)
        hit = self._wait_for(aim)
        moment = time.monotonic()
        for process in victims:
            process.kill()
        self.kills[aim] += 1
        if not hit:
            self.met[f"{aim} did not come"] += 1
        self.victims.update(process.name for process in victims)
        self._look(moment)
        for process in victims:
            process.start()
            self.restarts += 1
        self._office.until_up()

    def _until_somebody_asks(self) -> None:
        deadline = time.monotonic() + 20
        while time.monotonic() < deadline and not self._ledger.unanswered(time.monotonic()):
            time.sleep(0.005)

    def _victims(self, aim: str) -> list[Process]:
        """Who is killed; the machine itself, all at once, when a file came to its place."""
        office = self._office
        if office.is_sqlite:
            return [office.web]
        if aim == "file":
            return office.all
        if aim == "committed":
            return [office.web]
        if aim == "job":
            return [*office.workers] if self._random.random() < 0.5 else [self._random.choice(office.workers)]
        return [self._random.choice(office.all)]

    def _wait_for(self, aim: str) -> bool:
        """Wait for the moment; False when it did not come for a while."""
        if aim == "random":
            time.sleep(self._random.uniform(0, 1.5))
            return True
        if aim == "file":
            return _Inotify(self._files / "tmp", _IN_MOVED_FROM).wait(10)
        if aim == "job":
            return _until(lambda: _jobs_running(self._database) > 0, 10)
        if self._office.is_sqlite:
            return self._sqlite(aim)
        return self._postgresql(aim)

    def _sqlite(self, aim: str) -> bool:
        path = Path(str(self._database.url.database))
        if aim == "commit":
            return _Inotify(path.with_name(path.name + "-wal"), _IN_MODIFY).wait(10)
        # A plain connection: within a transaction, as ours begin one, it would see no change.
        with closing(pysqlite3.connect(path, isolation_level=None)) as connection:

            def version() -> Any:
                return connection.execute("PRAGMA data_version").fetchone()

            return _changes(version, 10)

    def _postgresql(self, aim: str) -> bool:
        with _watching(self._database) as connection:
            if aim == "committed":
                # the next number after the last transaction that has written and ended
                ended = sa.text("SELECT pg_snapshot_xmax(pg_current_snapshot())::text")
                return _changes(lambda: connection.scalar(ended), 10)
            writing = sa.text(
                "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() "
                "AND backend_xid IS NOT NULL AND pid <> pg_backend_pid()"
            )
            return _until(lambda: bool(connection.scalar(writing)), 10)

    def _look(self, moment: float) -> None:
        """Count what the kill broke off, while nobody is there to put it right."""
        time.sleep(0.1)  # PostgreSQL notices that the other end is gone
        with unit_of_work(self._database, readonly=True) as uow:
            for post in self._ledger.unanswered(moment):
                kept = uow.session.scalar(
                    sa.select(Idempotency.key).where(Idempotency.key.startswith(post.key))
                )
                self.met["after the commit, before the answer" if kept else "before the commit"] += 1
        found = orphans(self._database, self._files)
        self.met["between file and row"] += len(found - self._known_orphans)
        self._known_orphans |= found
        self.met["a job at work"] += _jobs_running(self._database)


def _watching(database: Database) -> Any:
    """A connection on which every look is a transaction of its own."""
    return database.engine.execution_options(isolation_level="AUTOCOMMIT").connect()


def _jobs_running(database: Database) -> int:
    with unit_of_work(database, readonly=True) as uow:
        return jobs.overview(uow).running


def _until(holds: Callable[[], bool], seconds: float) -> bool:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if holds():
            return True
    return False


def _changes(look: Callable[[], Any], seconds: float) -> bool:
    first = look()
    return _until(lambda: look() != first, seconds)
