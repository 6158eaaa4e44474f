from __future__ import annotations

import threading
from uuid import UUID

import pytest
import sqlalchemy as sa

from engine import history
from engine.database import Database, new_id, unit_of_work

CHAIN = "regulation:1"


def write(database: Database, count: int = 3) -> None:
    with unit_of_work(database, actor_id=UUID(int=7), actor_name="Lò Văn Vinh") as uow:
        for number in range(count):
            history.record(uow, CHAIN, "task:completed", element="appraise", data={"số": number})


def test_rows_number_themselves_and_carry_the_hash_before(database: Database) -> None:
    write(database)
    with unit_of_work(database, readonly=True) as uow:
        rows = history.of(uow, CHAIN)
        assert [row.seq for row in rows] == [1, 2, 3]
        assert [row.prev for row in rows] == ["0" * 64, rows[0].hash, rows[1].hash]
        assert rows[0].data == '{"số":0}'
        assert rows[0].actor_name == "Lò Văn Vinh"
        assert history.verify(uow, CHAIN) == []


@pytest.mark.parametrize("statement", ["UPDATE history SET event = 'x'", "DELETE FROM history"])
def test_the_database_refuses_to_change_what_was_written(database: Database, statement: str) -> None:
    write(database)
    refusal = "append-only|permission denied"
    with pytest.raises(sa.exc.DBAPIError, match=refusal), unit_of_work(database) as uow:
        uow.session.execute(sa.text(statement))
    with unit_of_work(database, readonly=True) as uow:
        assert history.verify(uow, CHAIN) == []


def test_an_owner_who_drops_the_trigger_is_found_out(sqlite_database: Database) -> None:
    write(sqlite_database)
    with unit_of_work(sqlite_database) as uow:
        uow.session.execute(sa.text("DROP TRIGGER history_no_update"))
        uow.session.execute(sa.text("UPDATE history SET actor_name = 'Ai khác' WHERE seq = 2"))
    with unit_of_work(sqlite_database, readonly=True) as uow:
        assert history.verify(uow, CHAIN) == [f"{CHAIN}: dòng 2 đã bị sửa"]


def test_a_removed_row_is_missed(sqlite_database: Database) -> None:
    write(sqlite_database)
    with unit_of_work(sqlite_database) as uow:
        uow.session.execute(sa.text("DROP TRIGGER history_no_delete"))
        uow.session.execute(sa.text("DELETE FROM history WHERE seq = 2"))
    with unit_of_work(sqlite_database, readonly=True) as uow:
        assert history.verify(uow, CHAIN) == [
            f"{CHAIN}: thiếu dòng 2",
            f"{CHAIN}: dòng 3 không nối với dòng trước",
        ]


def test_ten_threads_write_one_chain_without_a_fork(database: Database) -> None:
    failures: list[BaseException] = []

    def run() -> None:
        try:
            write(database, 2)
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=run) for _ in range(10)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    with unit_of_work(database, readonly=True) as uow:
        assert len(history.of(uow, CHAIN)) == 20
        assert history.verify(uow, CHAIN) == []


def test_what_cannot_be_written_canonically_is_refused(database: Database) -> None:
    with pytest.raises(TypeError, match="object"), unit_of_work(database) as uow:
        history.record(uow, CHAIN, "x:y", data={"bad": object()})


def test_canonical_text_does_not_depend_on_the_order_of_keys() -> None:
    identifier = new_id()
    assert history.canonical({"b": 1, "a": identifier}) == f'{{"a":"{identifier}","b":1}}'
