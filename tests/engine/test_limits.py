"""Nothing waits for ever on PostgreSQL: each limit is met on a real server, and known for what it is."""

from __future__ import annotations

# First: swaps in the one SQLite library.
from engine.database import Database, WriterQueue, unit_of_work  # isort: skip

import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
import sqlalchemy as sa

from engine.errors import StepFailed
from engine.limits import BACKGROUND, WEB, Limits, WaitedTooLong, busy_cause
from engine.models import Organisation

SHORT = Limits(pool_size=2, pool_overflow=0, pool_wait=0.3, statement=0.4, lock=0.2, idle=0.4)


@pytest.fixture
def name(postgres: Any) -> Iterator[str]:
    name = postgres.create()
    yield name
    postgres.drop(name)


@pytest.fixture
def database(postgres: Any, name: str) -> Iterator[Database]:
    database = Database(postgres.application_url(name), limits=SHORT)
    with unit_of_work(database) as uow:
        uow.session.add(Organisation(code="one", name="Xã", level="commune"))
    yield database
    database.close()


def lock(uow: Any) -> Any:
    return uow.session.scalars(sa.select(Organisation).with_for_update()).one()


def test_the_limits_stand_in_every_connection(postgres: Any, name: str) -> None:
    database = Database(postgres.application_url(name), limits=BACKGROUND)
    with unit_of_work(database, readonly=True) as uow:
        names = ("statement_timeout", "lock_timeout", "idle_in_transaction_session_timeout")
        shown = [uow.session.scalar(sa.text(f"SHOW {each}")) for each in names]
    assert shown == ["5min", "1min", "5min"]
    pool: Any = database.engine.pool
    assert (pool.size(), pool._max_overflow, pool._timeout) == (20, 30, 10.0)
    database.close()


def test_what_the_address_itself_says_wins(postgres: Any, name: str) -> None:
    address = sa.make_url(postgres.application_url(name)).update_query_dict(
        {"options": "-c statement_timeout=7000"}
    )
    database = Database(address.render_as_string(hide_password=False))
    with unit_of_work(database, readonly=True) as uow:
        assert uow.session.scalar(sa.text("SHOW statement_timeout")) == "7s"
        assert uow.session.scalar(sa.text("SHOW lock_timeout")) == "10s"
    database.close()


def test_a_statement_that_takes_too_long_ends(database: Database) -> None:
    with (
        pytest.raises(sa.exc.OperationalError, match="statement timeout") as raised,
        unit_of_work(database) as uow,
    ):
        uow.session.execute(sa.text("SELECT pg_sleep(5)"))
    assert busy_cause(raised.value) is not None


def test_a_lock_that_somebody_keeps_is_not_waited_for_for_ever(database: Database) -> None:
    with unit_of_work(database) as first:
        lock(first)
        with (
            pytest.raises(sa.exc.OperationalError, match="lock timeout") as raised,
            unit_of_work(database) as second,
        ):
            lock(second)
    assert busy_cause(raised.value) is not None


def test_a_forgotten_transaction_is_ended_and_its_lock_is_free_again(database: Database) -> None:
    with pytest.raises(sa.exc.DBAPIError) as raised, unit_of_work(database) as forgotten:
        lock(forgotten)
        time.sleep(0.8)
        with unit_of_work(database) as other:
            lock(other)
        forgotten.session.execute(sa.text("SELECT 1"))
    assert busy_cause(raised.value) is not None
    with unit_of_work(database) as again:  # the pool has thrown the dead connection away
        assert lock(again).code == "one"


def test_a_connection_is_not_waited_for_for_ever(database: Database) -> None:
    with (
        unit_of_work(database),
        unit_of_work(database),
        pytest.raises(sa.exc.TimeoutError) as raised,
        unit_of_work(database),
    ):
        pass
    assert busy_cause(raised.value) is not None


def test_a_deadlock_is_known_as_busy(postgres: Any, name: str) -> None:
    database = Database(postgres.application_url(name), limits=replace(WEB, lock=5.0))
    with unit_of_work(database) as uow:
        for code in ("one", "two"):
            uow.session.add(Organisation(code=code, name=code, level="commune"))
    both_hold, ended = threading.Barrier(2), []

    def take(first: str, second: str) -> None:
        query = sa.select(Organisation.id).with_for_update()
        try:
            with unit_of_work(database) as uow:
                uow.session.execute(query.where(Organisation.code == first))
                both_hold.wait()
                uow.session.execute(query.where(Organisation.code == second))
        except sa.exc.DBAPIError as error:
            ended.append(error)

    threads = [threading.Thread(target=take, args=pair) for pair in (("one", "two"), ("two", "one"))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    [error] = ended
    assert "deadlock" in str(error)
    assert busy_cause(error) is not None
    database.close()


def test_after_the_server_has_cut_every_connection_the_next_work_is_done(
    database: Database, postgres: Any, name: str
) -> None:
    with unit_of_work(database), unit_of_work(database):
        pass  # two connections in the pool
    cut = f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'"
    postgres._execute(cut)
    time.sleep(0.2)
    with unit_of_work(database) as uow:
        assert lock(uow).code == "one"


def test_a_server_that_is_not_there_is_said_to_be_away() -> None:
    database = Database("postgresql://nobody@127.0.0.1:1/none")
    with pytest.raises(sa.exc.OperationalError) as raised, unit_of_work(database):
        pass
    assert busy_cause(raised.value) is not None


def test_a_step_that_met_a_busy_database_is_not_a_failed_step(database: Database) -> None:
    with pytest.raises(sa.exc.OperationalError, match="statement timeout"), unit_of_work(database) as uow:
        try:
            uow.session.execute(sa.text("SELECT pg_sleep(5)"))
        except sa.exc.OperationalError as error:
            raise StepFailed("count_votes", "OperationalError") from error


def test_a_step_that_broke_stays_a_failed_step(database: Database) -> None:
    with pytest.raises(StepFailed), unit_of_work(database) as uow:
        try:
            uow.session.execute(sa.text("SELECT 1 / 0"))
        except sa.exc.DataError as error:
            raise StepFailed("count_votes", "DataError") from error


def test_what_is_wrong_is_not_called_busy(database: Database) -> None:
    for statement in ("SELECT 1 / 0", "SELECT * FROM nowhere"):
        with pytest.raises(sa.exc.DBAPIError) as raised, unit_of_work(database) as uow:
            uow.session.execute(sa.text(statement))
        assert busy_cause(raised.value) is None


def test_a_writer_of_sqlite_gives_up_its_place_in_the_queue() -> None:
    queue = WriterQueue(timeout=0.1)
    queue.acquire()
    raised: list[BaseException] = []

    def wait() -> None:
        try:
            queue.acquire()
        except WaitedTooLong as error:
            raised.append(error)

    waiter = threading.Thread(target=wait)
    waiter.start()
    waiter.join()
    assert [busy_cause(error) for error in raised] == raised
    assert len(raised) == 1


def test_reading_leaves_the_server_s_prepared_statements_alone(postgres: Any, name: str) -> None:
    """A rollback makes the driver forget them all: planning anew took half of a completion's time."""
    database = Database(postgres.application_url(name), limits=replace(WEB, pool_size=1, pool_overflow=0))
    for _ in range(8):
        with unit_of_work(database, readonly=True) as uow:
            uow.session.execute(sa.text("SELECT code FROM organisation"))
    with unit_of_work(database, readonly=True) as uow:
        kept = "SELECT count(*) FROM pg_prepared_statements WHERE statement LIKE 'SELECT code%'"
        assert uow.session.scalar(sa.text(kept)) == 1
    database.close()
