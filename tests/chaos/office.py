"""The processes of an installation, real ones: started, killed with -9, started again."""

from __future__ import annotations

import http.client
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

from engine.database import Database

THIDUA = Path(sys.executable).with_name("thidua")


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


class Process:
    """One `thidua …` with whatever it starts itself, in a session of its own."""

    def __init__(self, name: str, command: list[str], environment: dict[str, str], log: Path) -> None:
        self.name = name
        self._command, self._environment, self._log = command, environment, log
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                self._command, env=self._environment, start_new_session=True, stdout=log, stderr=log
            )

    def kill(self) -> None:
        self._end(signal.SIGKILL)

    def stop(self) -> None:
        self._end(signal.SIGTERM)

    def _end(self, number: signal.Signals) -> None:
        if self._process is not None:
            os.killpg(self._process.pid, number)  # with the process that granian started
            self._process.wait(timeout=60)
            self._process = None

    def lines(self) -> list[str]:
        """What it has written, of all its lives."""
        return self._log.read_text(errors="replace").splitlines() if self._log.exists() else []


class Office:
    """`thidua serve` with its worker inside on SQLite; `thidua serve` and two `thidua worker` on PostgreSQL."""

    def __init__(self, database: Database, data: Path, workers: int = 2) -> None:
        self.port, self.data = free_port(), data
        self.is_sqlite = database.is_sqlite
        url = database.url.render_as_string(hide_password=False)
        environment = {**os.environ, "THIDUA_DATA": str(data), "THIDUA_DATABASE": url}
        data.mkdir(parents=True, exist_ok=True)

        def process(name: str, *arguments: str) -> Process:
            return Process(name, [str(THIDUA), *arguments], environment, data / f"{name}.log")

        self.web = process("web", "serve", "--port", str(self.port))
        names = [] if self.is_sqlite else [f"worker{number}" for number in range(workers)]
        self.workers = [process(name, "worker") for name in names]
        self.all = [self.web, *self.workers]

    def start(self) -> None:
        for process in self.all:
            process.start()
        self.until_up()

    def kill(self) -> None:
        for process in self.all:
            process.kill()

    def stop(self) -> None:
        for process in self.all:
            process.stop()

    def errors(self) -> list[str]:
        """What its processes wrote down as going wrong."""
        return [line for process in self.all for line in process.lines() if '"level": "error"' in line]

    def is_up(self) -> bool:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=5)
        try:
            connection.request("GET", "/healthz")
            return connection.getresponse().status == 200
        except (OSError, http.client.HTTPException):
            return False
        finally:
            connection.close()

    def until_up(self, seconds: float = 90) -> None:
        deadline = time.monotonic() + seconds
        while not self.is_up():
            assert time.monotonic() < deadline, "\n".join(self.web.lines()[-20:])
            time.sleep(0.05)
