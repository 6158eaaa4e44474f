"""`thidua verify-history` on a real installation whose owner tampers with it."""

from __future__ import annotations

# First: swaps in the one SQLite library.
from engine.database import Database, unit_of_work  # isort: skip

import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest
import sqlalchemy as sa

from engine import history
from engine.models import Organisation
from webapp.cli import main

Run = Callable[..., tuple[int, list[str]]]
CHAIN = "test:chuỗi"


@pytest.fixture
def thidua(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    for name in ("THIDUA_DATABASE", "THIDUA_DATABASE_OWNER", "THIDUA_DEMO"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("THIDUA_DATA", str(tmp_path))

    def run(*arguments: str | Path) -> tuple[int, list[str]]:
        status = main([str(each) for each in arguments])
        said = capsys.readouterr()
        return status, [*said.out.splitlines(), *said.err.splitlines()]

    run("init", "--code", "dong-lien", "--name", "UBND xã Đồng Liên", "--admin-name", "Lê Quản Trị")
    database = Database(f"sqlite:///{tmp_path / 'thidua.db'}")
    try:
        with unit_of_work(database) as uow:
            uow.organisation_id = uow.session.scalars(sa.select(Organisation.id)).first()
            for number in range(1, 5):
                history.record(uow, CHAIN, "test:step", data={"n": number})
    finally:
        database.close()
    return run


def tamper(folder: Path, *statements: str) -> None:
    """As the owner of the file, who can take the triggers away."""
    database = Database(f"sqlite:///{folder / 'thidua.db'}")
    try:
        with database.engine.begin() as connection:
            connection.execute(sa.text("DROP TRIGGER history_no_update"))
            connection.execute(sa.text("DROP TRIGGER history_no_delete"))
            for statement in statements:
                assert connection.execute(sa.text(statement), {"chain": CHAIN}).rowcount == 1
    finally:
        database.close()


def test_a_whole_history_says_so_with_one_root(thidua: Run, tmp_path: Path) -> None:
    status, [line, kept] = thidua("verify-history", "--export", tmp_path / "heads.json")
    assert status == 0
    root = json.loads((tmp_path / "heads.json").read_text())["root"]
    assert re.fullmatch(rf"Lịch sử nguyên vẹn: \d+ chuỗi, \d+ dòng. Mã gốc: {root}", line)
    assert str(tmp_path / "heads.json") in kept
    assert thidua("verify-history", "--against", tmp_path / "heads.json") == (0, [line])


@pytest.mark.parametrize(
    ("statement", "problem"),
    [
        ("UPDATE history SET data = '{}' WHERE chain = :chain AND seq = 2", "dòng 2 đã bị sửa"),
        ("UPDATE history SET actor_name = 'Khác' WHERE chain = :chain AND seq = 3", "dòng 3 đã bị sửa"),
        ("DELETE FROM history WHERE chain = :chain AND seq = 2", "thiếu dòng 2"),
    ],
)
def test_a_changed_or_missing_row_is_named(thidua: Run, tmp_path: Path, statement: str, problem: str) -> None:
    tamper(tmp_path, statement)
    status, lines = thidua("verify-history")
    assert status == 1
    assert lines[0] == f"{CHAIN}: {problem}"


def test_two_rows_in_each_other_s_place_are_named(thidua: Run, tmp_path: Path) -> None:
    tamper(
        tmp_path,
        "UPDATE history SET seq = 99 WHERE chain = :chain AND seq = 2",
        "UPDATE history SET seq = 2 WHERE chain = :chain AND seq = 3",
        "UPDATE history SET seq = 3 WHERE chain = :chain AND seq = 99",
    )
    status, lines = thidua("verify-history")
    assert status == 1
    assert {f"{CHAIN}: dòng 2 không nối với dòng trước", f"{CHAIN}: dòng 2 đã bị sửa"} <= set(lines)


def test_a_tail_that_was_cut_off_shows_against_an_earlier_export(thidua: Run, tmp_path: Path) -> None:
    thidua("verify-history", "--export", tmp_path / "heads.json")
    tamper(tmp_path, "DELETE FROM history WHERE chain = :chain AND seq = 4")
    assert thidua("verify-history")[0] == 0
    status, lines = thidua("verify-history", "--against", tmp_path / "heads.json")
    assert (status, lines) == (1, [f"{CHAIN}: đã mất dòng 4"])


def test_an_export_that_was_changed_is_no_witness(thidua: Run, tmp_path: Path) -> None:
    kept = tmp_path / "heads.json"
    thidua("verify-history", "--export", kept)
    changed = json.loads(kept.read_text())
    changed["heads"].pop(CHAIN)
    kept.write_text(json.dumps(changed))
    assert thidua("verify-history", "--against", kept) == (
        1, [f"Tệp ghi nhận {kept} đã bị sửa: mã gốc không khớp."],
    )  # fmt: skip
    kept.write_text("[]")
    assert thidua("verify-history", "--against", kept) == (1, [f"Không đọc được tệp ghi nhận {kept}."])
