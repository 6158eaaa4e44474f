"""Brings a database to the newest revision: one winner, the whole upgrade in one locked transaction.

A kill in the middle left 24 of 24 databases whole; SQLAlchemy's default transactions on SQLite left 3 of 12
half migrated (persistence notes).
"""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory

from engine import jobs, row_security
from engine.database import Base, Database
from engine.errors import N_, Conflict
from engine.limits import busy_cause

_LOCK = 770101
_WAIT_FOR_TABLES = "60s"
# Who comes second waits for the first however long it takes; and an owner sees no row that it does not ask for.
_UNLIMITED = (
    "SELECT set_config('statement_timeout', '0', true), set_config('lock_timeout', '0', true), "
    f"set_config('idle_in_transaction_session_timeout', '0', true), "
    f"set_config('{row_security.SETTING}', '{row_security.EVERY}', true)"
)


_HELD = N_(
    "Không nâng cấp được cơ sở dữ liệu: máy chủ không trả lời hoặc chương trình khác đang giữ bảng. "
    "Hãy dừng các chương trình Thi đua đang chạy rồi thử lại."
)


def _config() -> Config:
    # Found by name, not imported: the migrations know the tables of all layers and so live in the top one.
    spec = find_spec("webapp")
    assert spec is not None and spec.submodule_search_locations
    config = Config()
    config.set_main_option("script_location", str(Path(spec.submodule_search_locations[0]) / "migrations"))
    return config


def upgrade(database: Database, *, owner_url: str | None = None) -> None:
    """Upgrade to the newest revision, or find that somebody else just did.

    On PostgreSQL the owner of the tables is another role than the application's: `owner_url` connects as
    that role, which then lets the application's role read and write, but not change history. Raises Conflict
    when another program holds a table that must change.
    """
    owner = Database(owner_url) if owner_url else database
    try:
        with owner.engine.begin() as connection:
            if not database.is_sqlite:
                connection.execute(sa.text(_UNLIMITED))
                connection.execute(sa.text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
                # A table that a running program holds: everybody would queue behind us.
                connection.execute(sa.text(f"SET LOCAL lock_timeout = '{_WAIT_FOR_TABLES}'"))
            _upgrade_on(connection)
            if owner_url:
                _grant(connection, str(database.url.username))
    except sa.exc.OperationalError as error:
        if busy_cause(error) is None or database.is_sqlite:
            raise
        raise Conflict(_HELD) from error
    finally:
        if owner is not database:
            owner.close()
    jobs.create_tables(database, owner_url)


def _upgrade_on(connection: sa.Connection) -> None:
    config = _config()
    if current_revision(connection) == ScriptDirectory.from_config(config).get_current_head():
        return
    config.attributes["connection"] = connection
    command.upgrade(config, "head")
    row_security.protect(
        connection, Base.metadata.tables
    )  # alembic's entry has imported every layer's tables


def current_revision(connection: sa.Connection) -> str | None:
    """Return the revision a database stands on, None for an empty one."""
    return MigrationContext.configure(connection).get_current_revision()


def head_revision() -> str | None:
    """Return the newest revision this program knows."""
    return ScriptDirectory.from_config(_config()).get_current_head()


def _grant(connection: sa.Connection, role: str) -> None:
    name = sa.sql.quoted_name(role, quote=True)
    quoted = connection.dialect.identifier_preparer.quote(name)
    for statement in (
        f"GRANT USAGE ON SCHEMA public TO {quoted}",
        f"GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {quoted}",
        f"GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO {quoted}",
        f"REVOKE UPDATE, DELETE ON history FROM {quoted}",
    ):
        connection.execute(sa.text(statement))
