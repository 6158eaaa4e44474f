"""What a person waits for: the real server, asked over HTTP by somebody who has signed in.

`python -m bench.over_http [--json] [--open 100000] [--instances 40]`. Milliseconds, on both databases: the
start page with the person's work beside so many open instances, a task's page, and one completion.
"""

from __future__ import annotations

from engine.database import Database, new_id, unit_of_work  # isort: skip  (first: the one SQLite library)

import argparse
import json
import os
import re
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.client import HTTPConnection, HTTPResponse
from pathlib import Path
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

import sqlalchemy as sa

from bench.growth import fill
from bench.process import BPMN
from bench.steps import both_databases, publish, timed
from engine import instances, tasks
from engine.models import Definition
from workflows.actions.passwords import HASHER
from workflows.fixtures.dong_lien import Fixture, create
from workflows.tables.organisation import Person

PASSWORD, CLERK, PORT = "mot-mat-khau-dai", "VT", 18811
SIZES = (1_000, 10_000, 100_000)


class Browser:
    """One person's connection, kept open, with its cookies."""

    def __init__(self, port: int) -> None:
        self._connection = HTTPConnection("127.0.0.1", port)
        self._cookies: dict[str, str] = {}

    def ask(self, method: str, path: str, fields: dict[str, str] | None = None) -> tuple[int, str]:
        """Return status and body. One redirect is not followed: it is a page of its own."""
        body = urlencode(fields) if fields is not None else None
        headers = {"Cookie": "; ".join(f"{name}={value}" for name, value in self._cookies.items())}
        if body is not None:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        self._connection.request(method, path, body, headers)
        answer: HTTPResponse = self._connection.getresponse()
        for cookie in answer.headers.get_all("Set-Cookie") or []:
            name, _, value = cookie.split(";")[0].partition("=")
            self._cookies[name] = value
        return answer.status, answer.read().decode()

    def keys(self, path: str) -> dict[str, str]:
        """Return the hidden keys of a page's form."""
        _, page = self.ask("GET", path)
        hidden = re.findall(r'<input type="hidden" name="(_[a-z]+)" value="([^"]*)"', page)
        return dict(hidden)

    def sign_in(self, username: str) -> None:
        status, _ = self.ask(
            "POST", "/sign-in", {**self.keys("/sign-in"), "username": username, "password": PASSWORD}
        )
        assert status == 302, status


@contextmanager
def server(database: Database, data: Path) -> Iterator[int]:
    """Run `thidua serve` on a database, as an office does; yields its port."""
    url = database.engine.url.render_as_string(hide_password=False)
    environment = {**os.environ, "THIDUA_DATA": str(data), "THIDUA_DATABASE": url}
    command = [sys.executable, "-m", "webapp.cli", "serve", "--port", str(PORT)]
    lines = (data.parent / "server.log").open("w")
    process = subprocess.Popen(command, env=environment, stdout=lines, stderr=lines)
    try:
        for _ in range(300):
            try:
                if Browser(PORT).ask("GET", "/sign-in")[0] == 200:
                    break
            except OSError:
                time.sleep(0.1)
        yield PORT
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(30)


def measured(database: Database, data: Path, sizes: tuple[int, ...], number: int) -> dict[str, Any]:
    """Return the medians, and the 99th percentile of completions."""
    made = create(database)
    username = _with_password(database, made)
    definition = publish(database, made.commune_id, BPMN)
    clerk = made.people[CLERK]
    with server(database, data) as port:
        browser = Browser(port)
        browser.sign_in(username)
        found: dict[str, Any] = {"start page": []}
        there = 0
        for size in sizes:
            fill(database, definition, size - there)
            there = size
            page = _median(lambda: _ok(browser.ask("GET", "/")), 30)
            found["start page"].append({"open": size, "ms": page})
        shown, sent = [], []
        for _ in range(number):
            for task_id in _play(database, definition, clerk):
                shown.append(timed(lambda task_id=task_id: _ok(browser.ask("GET", f"/tasks/{task_id}"))))  # type: ignore[misc]
                keys = browser.keys(f"/tasks/{task_id}")
                sent.append(
                    timed(
                        lambda task_id=task_id, keys=keys: _gone(
                            browser.ask("POST", f"/tasks/{task_id}", keys)
                        )
                    )
                )  # type: ignore[misc]
    found["task page"] = {"p50_ms": round(statistics.median(shown[3:]), 2)}
    sent = sorted(sent[3:])
    found["completion"] = {
        "p50_ms": round(statistics.median(sent), 2),
        "p99_ms": round(sent[int(len(sent) * 0.99)], 2),
    }
    return found


def _play(database: Database, definition: Definition, clerk: UUID) -> Iterator[UUID]:
    """Start an instance and yield its tasks one after the other; the caller completes them."""
    organisation_id = definition.organisation_id
    data = {"skip": False, "members": [str(clerk)] * 3}
    with unit_of_work(database, organisation_id=organisation_id) as uow:
        instance_id = instances.start_definition(
            uow, definition, organisation_id=organisation_id, business_key=str(new_id()), data=data
        ).id
    for _ in range(6):
        with unit_of_work(database, organisation_id=organisation_id, readonly=True) as uow:
            task_id = tasks.open_tasks(uow, instance_id=instance_id)[0].id
        yield task_id


def _with_password(database: Database, made: Fixture) -> str:
    with unit_of_work(database, organisation_id=made.commune_id) as uow:
        person = uow.session.get_one(Person, made.people[CLERK])
        changed = {"password_hash": HASHER.hash(PASSWORD), "must_change_password": False}
        uow.session.execute(sa.update(Person).where(Person.id == person.id).values(**changed))
        return str(person.username)


def _ok(answer: tuple[int, str]) -> None:
    assert answer[0] == 200, answer


def _gone(answer: tuple[int, str]) -> None:
    assert answer[0] == 302, answer


def _median(act: Callable[[], Any], times: int) -> float:
    return round(statistics.median(timed(act) for _ in range(times)), 2)


def main() -> None:
    """Print the figures of both databases."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--json", action="store_true")
    arguments.add_argument("--open", type=int, default=max(SIZES))
    arguments.add_argument("--instances", type=int, default=40)
    options = arguments.parse_args()
    sizes = (*(size for size in SIZES if size < options.open), options.open)
    folder = Path(tempfile.mkdtemp(prefix="bench"))
    try:
        with both_databases(folder) as databases:
            found = {
                name: measured(database, folder / name, sizes, options.instances)
                for name, database in databases.items()
            }
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    if options.json:
        print(json.dumps(found))
        return
    for name, figures in found.items():
        for row in figures["start page"]:
            print(f"{name:12} start page with {row['open']:>9,} open  {row['ms']:g} ms")
        print(f"{name:12} task page   {figures['task page']['p50_ms']:g} ms")
        sent = figures["completion"]
        print(f"{name:12} completion  p50 {sent['p50_ms']:g} ms, p99 {sent['p99_ms']:g} ms")


if __name__ == "__main__":
    main()
