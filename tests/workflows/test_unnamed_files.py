"""A stored file goes when it is old and nothing names it, wherever its name may stand."""

from __future__ import annotations

import io
import os
import time
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from engine import jobs, tasks
from engine.database import unit_of_work
from workflows import files, settings
from workflows.actions.evidence import attach
from workflows.demo.season import sheet


@pytest.fixture(autouse=True)
def store(tmp_path: Path) -> Path:
    settings.configure(settings.Settings(files=tmp_path / "files"))
    return tmp_path / "files"


HOUSEHOLD = {
    "award": "GK_XA",
    "subject_kind": "household",
    "subject_name": "Hà Văn Mẫu (hư cấu)",
    "achievement_year": 2022,
    "merit_summary": "Sản xuất giỏi.",
    "address": "Xóm Mẫu 4",
}


def stored(store: Path) -> set[str]:
    return {path.name for path in store.glob("??/??/*")}


def age(store: Path, days: float) -> None:
    long_ago = time.time() - timedelta(days=days).total_seconds()
    for path in [*store.glob("??/??/*"), *store.glob("tmp/*")]:
        os.utime(path, (long_ago, long_ago))


def night(database: Any) -> None:
    jobs.order_nightly(database)
    jobs.run_pending(database)


def test_a_file_without_a_row_goes_after_a_week_and_named_ones_never(commune: Any, store: Path) -> None:
    [key] = commune.nominate("X04T", "X04", HOUSEHOLD)
    with commune.acting("X04T") as uow:
        named = attach(
            uow, key, kind="other", title="Có tên", filename="a.pdf", stream=io.BytesIO(sheet("other"))
        ).sha256
        [task] = tasks.open_tasks(uow, step="draft_nomination", business_key=str(key))
        drafted = files.keep(b"%PDF-drafted", "b.pdf").sha256
        tasks.save_draft(uow, task.id, {"merit_summary": "x", "scan": drafted})
    orphan = files.keep(b"%PDF-orphan", "c.pdf").sha256
    (store / "tmp" / "tmptorn").write_bytes(b"x")
    age(store, 6.9)
    night(commune.database)
    assert stored(store) == {named, drafted, orphan}
    age(store, 7.1)
    young = files.keep(b"%PDF-young", "d.pdf").sha256
    night(commune.database)
    assert stored(store) == {named, drafted, young}
    assert list((store / "tmp").iterdir()) == []


def test_a_file_stored_again_at_the_last_moment_stays(commune: Any, store: Path) -> None:
    again = files.keep(b"%PDF-again", "c.pdf").sha256
    age(store, 8)
    with unit_of_work(commune.database):
        files.keep(b"%PDF-again", "c.pdf")  # its row has not been committed when the night comes
        assert files.remove([again], timedelta(days=7)) == 0
    night(commune.database)
    assert stored(store) == {again}
