from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from engine.database import Base, Database
from engine.schema import current_revision, head_revision


def revision(database: Database) -> str | None:
    with database.engine.connect() as connection:
        return current_revision(connection)


def together(count: int, act: Any) -> list[BaseException]:
    gate = threading.Barrier(count)
    failures: list[BaseException] = []

    def run() -> None:
        gate.wait()
        try:
            act()
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=run) for _ in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return failures


def test_a_migrated_database_has_every_table(database: Database) -> None:
    inspector = sa.inspect(database.engine)
    assert set(Base.metadata.tables) - set(inspector.get_table_names()) == set()
    assert revision(database) == head_revision()


def test_four_starts_at_once_migrate_a_sqlite_file_once(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'new.db'}"

    def begin() -> None:
        database = Database(url)
        try:
            database.create_schema()
        finally:
            database.close()

    assert together(4, begin) == []
    database = Database(url)
    assert revision(database) == head_revision()
    database.close()


def test_four_starts_at_once_migrate_a_postgresql_database_once(postgres: Any) -> None:
    name = postgres.create_empty()

    def begin() -> None:
        database = Database(postgres.application_url(name))
        try:
            database.create_schema(owner_url=postgres.owner_url(name))
        finally:
            database.close()

    assert together(4, begin) == []
    database = Database(postgres.application_url(name))
    assert revision(database) == head_revision()
    database.close()
    postgres.drop(name)


def test_the_tables_are_those_the_models_say(sqlite_database: Database) -> None:
    from alembic.autogenerate import compare_metadata
    from alembic.runtime.migration import MigrationContext

    with sqlite_database.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"include_name": _is_ours})
        assert compare_metadata(context, Base.metadata) == []


def _is_ours(name: str | None, kind: str, _parents: Any) -> bool:
    return kind != "table" or name in Base.metadata.tables


@pytest.fixture(autouse=True, scope="module")
def every_table_known() -> None:
    import importlib
    import pkgutil

    import workflows.tables

    for module in pkgutil.iter_modules(workflows.tables.__path__):
        importlib.import_module(f"workflows.tables.{module.name}")
