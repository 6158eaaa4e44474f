"""An upgrade killed with -9 at any of its statements leaves nothing half done, and the next start goes on."""

from __future__ import annotations

# First: swaps in the one SQLite library.
from engine.database import Base, Database  # isort: skip

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from engine.schema import current_revision, head_revision

UPGRADE = """
import os, signal, sys
from engine.database import Database
import sqlalchemy as sa

url, owner, last = sys.argv[1], sys.argv[2] or None, int(sys.argv[3])
seen = 0

@sa.event.listens_for(sa.Engine, "before_cursor_execute")
def die(connection, cursor, statement, *_):
    global seen
    changes = statement.lstrip().upper().startswith(("CREATE", "ALTER", "INSERT", "UPDATE", "GRANT"))
    seen += changes
    if changes and seen == last:
        os.kill(os.getpid(), signal.SIGKILL)

Database(url).create_schema(owner)
print(seen)
"""


def upgrade(url: str, owner: str = "", kill_at: int = -1) -> tuple[int, str]:
    """Run the upgrade in a process of its own; it kills itself before its change of that number."""
    done = subprocess.run(
        [sys.executable, "-c", UPGRADE, url, owner, str(kill_at)],
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, done.stdout.strip() or done.stderr[-500:]


def tables_and_revision(url: str) -> tuple[set[str], str | None]:
    database = Database(url)
    try:
        with database.engine.connect() as connection:
            return set(sa.inspect(connection).get_table_names()), current_revision(connection)
    finally:
        database.close()


@pytest.mark.parametrize("kill_at", [1, 2, 40, 90, 120])
def test_a_killed_upgrade_leaves_a_sqlite_file_empty_and_the_next_start_whole(
    tmp_path: Path, kill_at: int
) -> None:
    url = f"sqlite:///{tmp_path / 'killed.db'}"
    assert upgrade(url, kill_at=kill_at)[0] == -9
    assert tables_and_revision(url) == (set(), None)
    assert upgrade(url)[0] == 0
    tables, revision = tables_and_revision(url)
    assert (set(Base.metadata.tables) - tables, revision) == (set(), head_revision())


@pytest.mark.parametrize("kill_at", [1, 40, 120, 400, 440])
def test_a_killed_upgrade_leaves_a_postgresql_database_empty_and_the_next_start_whole(
    postgres: Any, kill_at: int
) -> None:
    name = postgres.create_empty()
    url, owner = postgres.application_url(name), postgres.owner_url(name)
    assert upgrade(url, owner, kill_at)[0] == -9
    assert tables_and_revision(owner) == (set(), None)
    assert upgrade(url, owner)[0] == 0
    tables, revision = tables_and_revision(owner)
    assert (set(Base.metadata.tables) - tables, revision) == (set(), head_revision())
    postgres.drop(name)


def test_a_kill_among_the_tables_of_jobs_is_made_good_by_the_next_start(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'killed.db'}"
    assert upgrade(url, kill_at=300)[0] == -9
    assert tables_and_revision(url)[1] == head_revision()
    assert upgrade(url)[0] == 0
    assert {"workflow_status", "workflow_inputs"} & tables_and_revision(url)[0]


def test_an_upgrade_waits_for_one_that_holds_the_lock_and_then_finds_it_done(postgres: Any) -> None:
    """However long: its connection may wait a tenth of a second for a lock, as said in its address."""
    name = postgres.create_empty()
    url, owner = postgres.application_url(name), postgres.owner_url(name)
    holder = sa.create_engine(owner)
    with holder.connect() as connection:
        connection.execute(sa.text("SELECT pg_advisory_xact_lock(770101)"))
        with subprocess.Popen(
            [sys.executable, "-c", UPGRADE, url, f"{owner}&options=-c%20lock_timeout%3D100", "-1"],
            cwd=Path(__file__).parents[2],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        ) as waiting:
            with pytest.raises(subprocess.TimeoutExpired):
                waiting.wait(timeout=5)
            connection.rollback()
            said, _ = waiting.communicate(timeout=60)
    holder.dispose()
    assert (waiting.returncode, tables_and_revision(owner)[1]) == (0, head_revision()), said
    postgres.drop(name)
