"""The demo commune with the shipped regulation of 2022 in force, copied fresh for every test."""

from __future__ import annotations

# First: swaps in the one SQLite library.
from engine.database import Database, UnitOfWork, unit_of_work  # isort: skip

import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import UTC, date, datetime
from io import BytesIO
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from engine import regulations, tasks
from engine.clock import FixedClock
from engine.jobs.drain import run_pending
from workflows import settings
from workflows.actions.evidence import attach
from workflows.actions.nominations import create_nominations, submit
from workflows.fixtures.dong_lien import Fixture, create
from workflows.handlers import register_all
from workflows.tables.nominations import Nomination

OPENING = datetime(2022, 11, 14, 5, tzinfo=UTC)
SHIPPED = Path(__file__).parents[2] / "bpmn" / "2022"
FORM = Mapping[str, Any] | Callable[[dict[str, Any]], Mapping[str, Any]]


@dataclass
class Commune:
    """A commune to act in: who acts is named by the codes of domain.md §12."""

    database: Database
    made: Fixture
    clock: FixedClock
    count: int = 0

    def acting(self, code: str) -> AbstractContextManager[UnitOfWork]:
        return unit_of_work(
            self.database,
            organisation_id=self.made.commune_id,
            actor_id=self.made.people[code],
            actor_name=code,
        )

    def at(self, day: date) -> None:
        self.clock.move(datetime(day.year, day.month, day.day, 5, tzinfo=UTC))

    def do(self, code: str, step: str, key: UUID, form: FORM) -> None:
        """Complete the open step with a form, or what a function makes of the prefill; then all jobs."""
        self.count += 1
        with self.acting(code) as uow:
            [task] = tasks.open_tasks(uow, business_key=str(key), step=step)
            values = form(tasks.prefill_of(uow, task)) if callable(form) else form
            tasks.complete_task(uow, task.id, dict(values), idempotency_key=f"{step}-{key}-{self.count}")
        run_pending(self.database)

    def nominate(self, code: str, unit: str, *rows: Mapping[str, Any]) -> list[UUID]:
        with self.acting(code) as uow:
            made = create_nominations(uow, rows, unit_id=self.made.units[unit])
            return [row.id for row in made]

    def submit(self, code: str, *ids: UUID) -> None:
        with self.acting(code) as uow:
            submit(uow, ids, idempotency_key="submit")

    def attach(self, code: str, nomination_id: UUID, kind: str, *, year: int | None = None) -> None:
        with self.acting(code) as uow:
            attach(
                uow,
                nomination_id,
                kind=kind,
                title=kind,
                filename="giay.png",
                stream=BytesIO(PNG),
                issued_year=year,
            )

    def nomination(self, nomination_id: UUID) -> Nomination:
        with self.acting("VP") as uow:
            return uow.session.get_one(Nomination, nomination_id)


PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010802000000907753de0000000c49444154789c63f8ffff"
    "3f0005fe02fe0def46b80000000049454e44ae426082"
)


def build(database: Database) -> Fixture:
    """The demo organisations with the shipped regulation in force in the whole country."""
    register_all()
    made = create(database)
    with unit_of_work(database, organisation_id=made.country_id) as uow:
        draft = regulations.import_folder(uow, SHIPPED, organisation_id=made.country_id)
        regulations.publish(
            uow,
            draft.id,
            effective_from=date(2017, 10, 1),
            effective_until=date(2023, 12, 31),
            allow_past=True,
        )
    return made


@pytest.fixture(scope="session")
def sqlite_commune(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Fixture]:
    path = tmp_path_factory.mktemp("commune") / "thidua.db"
    shutil.copyfile(sqlite_template, path)
    database = Database(f"sqlite:///{path}", clock=FixedClock(OPENING))
    made = build(database)
    database.close()
    return path, made


@pytest.fixture(scope="session")
def postgres_commune(postgres: Any) -> tuple[str, Fixture]:
    name = postgres.create()
    database = Database(postgres.application_url(name), clock=FixedClock(OPENING))
    made = build(database)
    database.close()
    return name, made


@pytest.fixture(params=["sqlite", "postgresql"])
def commune(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Commune]:
    """Đồng Liên on Monday 14 November 2022, on SQLite and on PostgreSQL."""
    register_all()
    settings.configure(settings.Settings(files=tmp_path / "files"))
    clock = FixedClock(OPENING)
    if request.param == "sqlite":
        path, made = request.getfixturevalue("sqlite_commune")
        shutil.copyfile(path, tmp_path / "commune.db")
        database = Database(f"sqlite:///{tmp_path / 'commune.db'}", clock=clock)
        yield Commune(database, made, clock)
        database.close()
        return
    template, made = request.getfixturevalue("postgres_commune")
    server = request.getfixturevalue("postgres")
    name = server.create(template)
    database = Database(server.application_url(name), clock=clock)
    yield Commune(database, made, clock)
    database.close()
    server.drop(name)
