"""Writes a revision's file from the tables: `python -m webapp.migrations.write 0002 "what changes"`.

Compares the models with a database at the present head, an empty one for 0001, whose file is written anew as
long as nothing was released. What it writes is read and corrected by a person before it is committed.
"""

from __future__ import annotations

import importlib
import pkgutil
import re
import sys
import tempfile
from pathlib import Path
from typing import Any, Literal

from engine.database import Base, Database, UtcDateTime  # isort: skip

from alembic.autogenerate import produce_migrations, render_python_code
from alembic.autogenerate.api import AutogenContext
from alembic.runtime.migration import MigrationContext

import workflows.tables

_VERSIONS = Path(__file__).parent / "versions"
_HEAD = '''"""{message}"""

import sqlalchemy as sa
from alembic import op
{imports}
revision = "{revision}"
down_revision = {down}
branch_labels = None
depends_on = None


def upgrade() -> None:
    {body}
'''
_TRIGGERS = """
    for statement in append_only_statements(op.get_bind().dialect.name):
        op.execute(statement)
"""


def know_every_table() -> None:
    """Import the tables of all layers."""
    importlib.import_module("engine.models")
    for module in pkgutil.iter_modules(workflows.tables.__path__):
        importlib.import_module(f"workflows.tables.{module.name}")


def render(revision: str, message: str) -> str:
    """Return the text of a revision's file."""
    know_every_table()
    with tempfile.TemporaryDirectory() as folder:
        database = Database(f"sqlite:///{folder}/compare.db")
        if revision != "0001":
            database.create_schema()
        with database.engine.connect() as connection:
            context = MigrationContext.configure(
                connection, opts={"include_name": _is_ours, "compare_type": True}
            )
            upgrade = produce_migrations(context, Base.metadata).upgrade_ops
        database.close()
    assert upgrade is not None
    body = render_python_code(upgrade, render_as_batch=revision != "0001", render_item=_render_item)
    first = revision == "0001"
    return _HEAD.format(
        message=message,
        revision=revision,
        down="None" if first else f'"{int(revision) - 1:04}"',
        imports="from engine.history import append_only_statements\n" if first else "",
        body=re.sub(r"^ *# .*\n?", "", body, flags=re.MULTILINE).strip() + (_TRIGGERS if first else ""),
    )


def _is_ours(name: str | None, kind: str, _parents: Any) -> bool:
    return kind != "table" or name in Base.metadata.tables


def _render_item(kind: str, item: Any, _context: AutogenContext) -> str | Literal[False]:
    # Frozen as what the database has, not as a class of ours that may change.
    return "sa.DateTime(timezone=True)" if kind == "type" and isinstance(item, UtcDateTime) else False


def main() -> None:
    """Write the file into versions/."""
    revision, message = sys.argv[1], sys.argv[2]
    slug = re.sub(r"\W+", "_", message.lower()).strip("_")[:40]
    for old in _VERSIONS.glob(f"{revision}_*.py"):
        old.unlink()
    (_VERSIONS / f"{revision}_{slug}.py").write_text(render(revision, message), encoding="utf-8")


if __name__ == "__main__":
    main()
