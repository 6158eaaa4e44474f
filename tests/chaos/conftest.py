"""The demo commune on a database of its own, its processes real ones."""

from __future__ import annotations

# First: swaps in the one SQLite library.
from engine.database import Database, UnitOfWork, unit_of_work  # isort: skip

import hashlib
import json
import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
import sqlalchemy as sa

from engine import instances, regulations
from engine.clock import InstallationClock, set_clock
from engine.models import Content, Definition, Regulation
from tests.chaos.browser import Browser, Ledger
from tests.chaos.load import HOUSEHOLD, SIGN_FORM, SIGNING
from tests.chaos.office import Office
from workflows import settings
from workflows.actions.nominations import create_nominations
from workflows.actions.passwords import HASHER
from workflows.fixtures.dong_lien import Fixture, create
from workflows.handlers import register_all
from workflows.tables.organisation import Person

PASSWORD = "mot cau that dai cua rieng toi"
SHIPPED = Path(__file__).parents[2] / "bpmn" / "2022"
MONDAY = datetime(2022, 11, 14, 1, tzinfo=UTC)


@dataclass
class Site:
    """An installation: its database, seen from beside, its processes, everything anybody sent to it."""

    database: Database
    made: Fixture
    office: Office
    ledger: Ledger = field(default_factory=Ledger)
    gave_up: bool = False

    @property
    def files(self) -> Path:
        return self.office.data / "files"

    def acting(self, code: str) -> Any:
        return unit_of_work(
            self.database,
            organisation_id=self.made.commune_id,
            actor_id=self.made.people[code],
            actor_name=code,
        )

    def browser(self, code: str) -> Browser:
        """A browser in which this person has signed in."""
        with unit_of_work(self.database, readonly=True) as uow:
            username = str(uow.session.get_one(Person, self.made.people[code]).username)
        browser = Browser(self.office.port, self.ledger, lambda: self.gave_up)
        browser.sign_in(username, PASSWORD)
        return browser

    def drafts(self, code: str, unit: str, count: int) -> list[UUID]:
        """Draft nominations of households, named with numbers."""
        rows = [{**HOUSEHOLD, "subject_name": f"Hộ {unit} số {n} (hư cấu)"} for n in range(count)]
        with self.acting(code) as uow:
            return [row.id for row in create_nominations(uow, rows, unit_id=self.made.units[unit])]

    def signings(self, count: int) -> list[UUID]:
        """Instances of the process that is signed again and again."""
        with unit_of_work(self.database, organisation_id=self.made.commune_id) as uow:
            definition = _defined(uow, self.made)
            return [
                instances.start_definition(
                    uow,
                    definition,
                    organisation_id=self.made.commune_id,
                    business_key=str(UUID(int=number)),
                    data={"n": 0, "total": 0},
                ).id
                for number in range(count)
            ]

    def an_hour_later(self) -> None:
        """What `thidua clock` does."""
        with unit_of_work(self.database) as uow:
            set_clock(uow, uow.now + timedelta(hours=1))
            uow.enqueue("fire_timers")


def _defined(uow: UnitOfWork, made: Fixture) -> Definition:
    files = {
        "signing/signing.bpmn": SIGNING.encode(),
        "signing/sign.form.json": json.dumps(SIGN_FORM).encode(),
    }
    hashes = {path: hashlib.sha256(content).hexdigest() for path, content in files.items()}
    regulation = Regulation(
        organisation_id=made.commune_id,
        code="signing",
        name="Ký",
        state="published",
        effective_from=date(2022, 1, 1),
        created_at=uow.now,
        published_at=uow.now,
    )
    uow.session.add_all([regulation, *(Content(hash=hashes[path], data=files[path]) for path in files)])
    uow.session.flush()
    definition = Definition(
        hash="0" * 64,
        organisation_id=made.commune_id,
        process_id="signing",
        regulation_id=regulation.id,
        files=hashes,
        created_at=uow.now,
    )
    uow.session.add(definition)
    uow.session.flush()
    return definition


def _build(database: Database) -> Fixture:
    register_all()
    with unit_of_work(database) as uow:
        set_clock(uow, MONDAY)
    made = create(database)
    with unit_of_work(database, organisation_id=made.country_id) as uow:
        draft = regulations.import_folder(uow, SHIPPED, organisation_id=made.country_id)
        start, end = date(2017, 10, 1), date(2023, 12, 31)
        regulations.publish(uow, draft.id, effective_from=start, effective_until=end, allow_past=True)
    with unit_of_work(database) as uow:  # for no organisation: the people of all of them
        changed = {"password_hash": HASHER.hash(PASSWORD), "must_change_password": False}
        uow.session.execute(sa.update(Person).where(Person.username.is_not(None)).values(**changed))
    return made


@pytest.fixture
def seed() -> int:
    """THIDUA_CHAOS_SEED to try one again; printed with the figures."""
    return int(os.environ.get("THIDUA_CHAOS_SEED", "20221212"))


@pytest.fixture(params=["sqlite", "postgresql"])
def site(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Site]:
    """Đồng Liên on SQLite with one process, on PostgreSQL with three; not started yet."""
    data = tmp_path / "data"
    server = name = None
    if request.param == "sqlite":
        path = tmp_path / "site.db"
        shutil.copyfile(request.getfixturevalue("sqlite_template"), path)
        url = f"sqlite:///{path}"
    else:
        server = request.getfixturevalue("postgres")
        name = server.create()
        url = server.application_url(name)
    database = Database(url)
    database.clock = InstallationClock(database)
    settings.configure(settings.Settings(files=data / "files"))
    office = Office(database, data)
    try:
        yield Site(database, _build(database), office)
    finally:
        office.kill()
        database.close()
        if server is not None:
            server.drop(name)
