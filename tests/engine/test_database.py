from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta, timezone

import pytest
import sqlalchemy as sa

from engine.clock import FixedClock, InstallationClock, set_clock
from engine.database import Database, UtcDateTime, new_id, unit_of_work
from engine.models import Organisation
from engine.row_security import EVERY


def add_commune(database: Database, code: str = "dong-lien") -> None:
    with unit_of_work(database) as uow:
        uow.session.add(Organisation(code=code, name="Xã Đồng Liên", level="commune"))


def codes(database: Database) -> list[str]:
    with unit_of_work(database, readonly=True) as uow:
        return list(uow.session.scalars(sa.select(Organisation.code).order_by(Organisation.code)))


def test_ids_are_uuid7_and_grow_within_a_process() -> None:
    ids = [new_id() for _ in range(5000)]
    assert ids == sorted(set(ids))
    assert {identifier.version for identifier in ids} == {7}


def test_a_unit_of_work_commits_at_its_end(database: Database) -> None:
    add_commune(database)
    assert codes(database) == ["dong-lien"]


def test_a_unit_of_work_rolls_back_on_error(database: Database) -> None:
    with pytest.raises(ZeroDivisionError), unit_of_work(database) as uow:
        uow.session.add(Organisation(code="lost", name="Mất", level="commune"))
        uow.session.flush()
        raise ZeroDivisionError
    assert codes(database) == []


def test_a_readonly_unit_of_work_cannot_write(database: Database) -> None:
    with pytest.raises(sa.exc.DBAPIError), unit_of_work(database, readonly=True) as uow:
        uow.session.add(Organisation(code="refused", name="Không", level="commune"))
        uow.session.flush()
    add_commune(database)
    assert codes(database) == ["dong-lien"]


def test_a_reader_does_not_wait_for_a_writer(database: Database) -> None:
    with unit_of_work(database) as uow:
        uow.session.add(Organisation(code="unseen", name="Chưa thấy", level="commune"))
        uow.session.flush()
        assert codes(database) == []


def test_a_second_writer_in_the_same_thread_is_refused_instead_of_waiting_for_ever(
    sqlite_database: Database,
) -> None:
    with (
        pytest.raises(RuntimeError, match="already has a writing unit of work"),
        unit_of_work(sqlite_database),
        unit_of_work(sqlite_database),
    ):
        pass
    add_commune(sqlite_database)


def test_sixteen_writers_lose_no_increment(database: Database) -> None:
    add_commune(database, "0")

    def increment() -> None:
        for _ in range(5):
            with unit_of_work(database) as uow:
                row = uow.session.scalars(sa.select(Organisation).with_for_update()).one()
                row.code = str(int(row.code) + 1)

    threads = [threading.Thread(target=increment) for _ in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert codes(database) == ["80"]


def test_a_naive_moment_is_refused() -> None:
    dialect = sa.create_engine("sqlite://").dialect
    with pytest.raises(ValueError, match="zone"):
        UtcDateTime().process_bind_param(datetime(2022, 12, 12), dialect)  # noqa: DTZ001


def test_a_moment_of_vietnam_comes_back_as_aware_utc(database: Database) -> None:
    table = sa.table("worker_beat", sa.column("executor_id", sa.String), sa.column("at", UtcDateTime))
    noon = datetime(2022, 12, 12, 12, tzinfo=timezone(timedelta(hours=7)))
    with unit_of_work(database) as uow:
        uow.session.execute(sa.insert(table).values(executor_id="a", at=noon))
        assert uow.session.scalar(sa.select(table.c.at)) == datetime(2022, 12, 12, 5, tzinfo=UTC)
        assert uow.session.scalar(sa.select(table.c.at)).tzinfo is UTC


def test_business_time_is_one_value_a_unit_of_work(database: Database, clock: FixedClock) -> None:
    with unit_of_work(database) as uow:
        before = uow.now
        clock.move(before + timedelta(days=1))
        assert uow.now == before


def test_the_legal_date_is_that_of_vietnam(database: Database, clock: FixedClock) -> None:
    clock.move(datetime(2022, 12, 12, 17, 30, tzinfo=UTC))
    with unit_of_work(database) as uow:
        assert str(uow.today) == "2022-12-13"


def test_an_installation_may_fix_its_clock_and_let_it_run_again(database: Database) -> None:
    database.clock = InstallationClock(database)
    at = datetime(2022, 12, 12, 1, tzinfo=UTC)
    with unit_of_work(database) as uow:
        set_clock(uow, at)
    with unit_of_work(database) as uow:
        assert uow.now == at
        set_clock(uow, None)
    assert database.clock.now() > datetime(2026, 1, 1, tzinfo=UTC)


def test_the_application_role_owns_nothing_on_postgresql(database: Database) -> None:
    if database.is_sqlite:
        pytest.skip("SQLite has no roles")
    with unit_of_work(database) as uow:
        role = "SELECT rolsuper OR rolbypassrls FROM pg_roles WHERE rolname = current_user"
        assert uow.session.scalar(sa.text(role)) is False
        owned = "SELECT count(*) FROM pg_tables WHERE tableowner = current_user"
        assert uow.session.scalar(sa.text(owned)) == 0


def test_the_organisation_is_set_for_the_transaction_only(database: Database) -> None:
    if database.is_sqlite:
        pytest.skip("SQLite has no row-level security")
    organisation_id = new_id()
    with unit_of_work(database, organisation_id=organisation_id) as uow:
        shown = uow.session.scalar(sa.text("SELECT current_setting('app.organisation', true)"))
        assert shown == str(organisation_id)
    with unit_of_work(database) as uow:
        assert uow.session.scalar(sa.text("SELECT current_setting('app.organisation', true)")) == EVERY
    with database.engine.connect() as connection:
        assert not connection.scalar(sa.text("SELECT current_setting('app.organisation', true)"))
