"""`thidua demo` as a process of its own, killed and run again."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

THIDUA = Path(sys.executable).parent / "thidua"


def thidua(data: Path, *arguments: str) -> str:
    environment = {**os.environ, "THIDUA_DATA": str(data)}
    done = subprocess.run(
        [THIDUA, *arguments], env=environment, capture_output=True, text=True, check=True, timeout=300
    )
    return done.stdout


def test_a_demo_killed_half_way_leaves_nothing_and_the_next_one_is_whole(tmp_path: Path) -> None:
    process = subprocess.Popen(
        [THIDUA, "demo"], env={**os.environ, "THIDUA_DATA": str(tmp_path)}, stdout=subprocess.DEVNULL
    )
    half = tmp_path / "thidua.db.building"
    deadline = time.monotonic() + 120
    while not (half.exists() and half.stat().st_size > 1_500_000):
        assert process.poll() is None and time.monotonic() < deadline
        time.sleep(0.05)
    process.send_signal(signal.SIGKILL)
    process.wait(timeout=30)
    assert json.loads(thidua(tmp_path, "status", "--json"))["dossiers"] == 0

    printed = thidua(tmp_path, "demo")
    assert "Tài khoản mẫu" in printed and "vanphong" in printed
    stored = json.loads(thidua(tmp_path, "status", "--json"))
    assert stored["dossiers"] == sum(stored["dossiers_by_stage"].values()) == 45
    assert {path.name for path in tmp_path.iterdir()} - {"thidua.db-wal", "thidua.db-shm"} == {
        "thidua.db",
        "files",
        "secret.key",
        "demo-accounts.txt",
    }
    assert "giữ nguyên" in thidua(tmp_path, "demo")
