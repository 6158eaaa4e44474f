"""PostgreSQL's own wall between organisations: which rows a transaction may see and write (DESIGN rule 6).

Every query filters by organisation anyway; this holds when one forgets to. A unit of work names its
organisation, or `EVERY` for work that belongs to none (sign-in, the command line, looking up whose job this
is); a connection that names nothing sees no row. The owner of the tables is held too (FORCE), a superuser is
not: the application never connects as one.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import sqlalchemy as sa

SETTING = "app.organisation"
EVERY = "*"

# Called once a row (0.1 µs) instead of read once a query through a subselect: measured, the subselects cost a
# completion more in planning than the calls do, and a page shows tens of rows.
_NAMED = f"current_setting('{SETTING}', true)"
_ANYBODY = f"{_NAMED} <> ''"
_EVERYBODY = f"{_NAMED} = '{EVERY}'"


def _owned(column: str = "organisation_id") -> str:
    # As text: neither a nameless connection nor a name that is no id may end in an error of a cast.
    return f"{column}::text = {_NAMED} OR {_EVERYBODY}"


@dataclass(frozen=True)
class Policy:
    """Who may see, add, change and remove the rows of a table: conditions of PostgreSQL on one row."""

    select: str
    insert: str
    update: str
    delete: str

    @classmethod
    def same(cls, condition: str) -> Policy:
        """Return one condition for all four."""
        return cls(condition, condition, condition, condition)

    def commands(self) -> Iterator[tuple[str, str]]:
        """Return each command with its clause."""
        yield "SELECT", f"USING ({self.select})"
        yield "INSERT", f"WITH CHECK ({self.insert})"
        yield "UPDATE", f"USING ({self.update}) WITH CHECK ({self.update})"
        yield "DELETE", f"USING ({self.delete})"


OWN = Policy.same(_owned())
"""A row is its organisation's alone: every table with `organisation_id` that is not named below."""

_PUBLISHED = "EXISTS (SELECT 1 FROM regulation WHERE regulation.id = regulation_id AND state = 'published')"

POLICIES: Mapping[str, Policy] = {
    # Names and the line commune → province → country are read by all; each changes itself alone.
    "organisation": Policy(_ANYBODY, _owned("id"), _owned("id"), _owned("id")),
    # A regulation reaches every organisation below once it is published; a draft is its author's.
    "regulation": Policy(f"{_owned()} OR (state = 'published' AND {_ANYBODY})", _owned(), _owned(), _owned()),
    "regulation_file": Policy(f"{_owned()} OR {_PUBLISHED}", _owned(), _owned(), _owned()),
    # Bytes by their hash are found only by who knows the hash, and never change.
    "content": Policy(_ANYBODY, _ANYBODY, _EVERYBODY, _EVERYBODY),
    # The outbox: written by the sender, read by both, delivered by the receiver.
    "message": Policy(
        f"{_owned()} OR sender_organisation_id::text = {_NAMED}",
        _owned("sender_organisation_id"),
        _owned(),
        _owned(),
    ),
    # What failed outside of any instance is shown to, and settled by, every administrator.
    "incident": Policy(
        f"{_owned()} OR (organisation_id IS NULL AND {_ANYBODY})",
        _owned(),
        f"{_owned()} OR (organisation_id IS NULL AND {_ANYBODY})",
        _EVERYBODY,
    ),
    # Facts of no organisation are the installation's; triggers refuse change and removal to everybody.
    "history": Policy(
        f"{_owned()} OR (organisation_id IS NULL AND {_ANYBODY})", _owned(), _EVERYBODY, _EVERYBODY
    ),
}
"""Table → its policy, where it is another than OWN."""

UNPROTECTED: Mapping[str, str] = {
    "clock_setting": "one row, the installation's date, read before anybody is known",
    "worker_beat": "names of processes and when they were heard, of the installation",
}
"""Table → why no policy is on it. The tables of DBOS are in a schema of their own: names of jobs and ids."""


def policy_of(table: sa.Table) -> Policy | None:
    """Return the policy of a table, None for one left open; raises LookupError when nothing says which."""
    if table.name in UNPROTECTED:
        return None
    if table.name in POLICIES:
        return POLICIES[table.name]
    if "organisation_id" in table.c:
        return OWN
    raise LookupError(f"{table.name} has no organisation and is named neither in POLICIES nor in UNPROTECTED")


def statements(table: str, policy: Policy) -> list[str]:
    """Return what puts a policy on a table in the place of any before."""
    names = {command: f"{table}_{command.lower()}" for command, _ in policy.commands()}
    return [
        f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY",
        f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY",
        *(f"DROP POLICY IF EXISTS {name} ON {table}" for name in names.values()),
        *(
            f"CREATE POLICY {names[command]} ON {table} FOR {command} {clause}"
            for command, clause in policy.commands()
        ),
    ]


def protect(connection: sa.Connection, tables: Mapping[str, sa.Table]) -> None:
    """Put its policy on each of these tables that is there and has none yet; nothing on SQLite.

    Run after every upgrade, so that a later revision's new table is not forgotten. A revision that changes a
    policy executes `statements` itself.
    """
    if connection.dialect.name != "postgresql":
        return
    open_ = connection.scalars(
        sa.text(
            "SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace "
            "AND NOT (relrowsecurity AND relforcerowsecurity) ORDER BY relname"
        )
    )
    for name in open_.all():
        policy = policy_of(tables[name]) if name in tables else None
        if policy is not None:
            for statement in statements(name, policy):
                connection.execute(sa.text(statement))
