"""What leaves the program for those who watch it: figures for who may read them, log lines without anybody's data."""

from __future__ import annotations

# First: swaps in the one SQLite library.
from engine.database import UnitOfWork, unit_of_work  # isort: skip

import hashlib
import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date
from http.cookiejar import CookieJar
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest

from engine import instances, tasks
from engine.clock import set_clock
from engine.models import Content, Definition, Regulation
from webapp import metrics
from webapp.config import Settings
from workflows.fixtures.dong_lien import Fixture

TOKEN = "mot-khoa-that-dai-de-doc-so-lieu"
KEY = "01a217ab-0000-7000-8000-000000000000"
CANARY = "CHIMYENHOT"  # typed into a form, a vote and a password; in no line
PASSWORD = "mot cau that dai cua rieng toi"


@pytest.mark.parametrize(
    ("settings", "asker", "may"),
    [
        ({}, {"address": "127.0.0.1"}, False),
        ({"metrics_loopback": True}, {"address": "127.0.0.1"}, True),
        ({"metrics_loopback": True}, {"address": "::1"}, True),
        ({"metrics_loopback": True}, {"address": "10.0.0.7"}, False),
        ({"metrics_loopback": True}, {"address": "127.0.0.1", "forwarded": True}, False),
        ({"metrics_token": TOKEN}, {"authorization": f"Bearer {TOKEN}", "address": "10.0.0.7"}, True),
        ({"metrics_token": TOKEN}, {"authorization": "Bearer khác", "address": "127.0.0.1"}, False),
        ({"metrics_token": TOKEN, "metrics_loopback": True}, {"address": "127.0.0.1"}, False),
        ({"metrics_token": ""}, {"authorization": "Bearer ", "address": "127.0.0.1"}, False),
    ],
)
def test_who_may_read_the_figures(
    settings: dict[str, Any], asker: dict[str, Any], may: bool, tmp_path: Path
) -> None:
    given = replace(Settings(database="", data=tmp_path, secret=""), **settings)
    assert metrics.allowed(given, **{"authorization": "", "forwarded": False, **asker}) is may


def test_the_page_of_figures_is_not_there_for_a_visitor(web: Any) -> None:
    assert web.get("/metrics").status == 404
    web.sign_in("QT")
    assert web.get("/metrics").status == 404


def test_the_figures_name_pages_processes_and_jobs_and_no_person_or_key(web: Any, season: Any) -> None:
    [made] = season.before_council(1)
    web.sign_in("VP")
    web.get(f"/nominations/{made}")
    text = metrics.exposition(season.commune.database).decode()
    assert 'thidua_http_requests_total{endpoint="nominations.show",method="GET",status="200"}' in text
    assert 'thidua_completions_total{process="nomination"}' in text
    assert 'thidua_step_seconds_count{process="nomination"}' in text
    assert 'thidua_job_seconds_count{job="deliver_message",result="done"}' in text
    for gauge in ("dead_letters", "open_incidents", "late_timers", "messages_kept", "pool_in_use"):
        assert re.search(rf"^thidua_{gauge} \d", text, re.M), gauge
    assert 'thidua_jobs{state="waiting"} 0.0' in text
    assert "thidua_build{" in text
    assert not re.search(r"[0-9a-f]{8}-[0-9a-f]{4}-", text)
    assert "HS-2022" not in text


class Server:
    """A real `thidua serve` on a commune of its own; every line it wrote to stderr."""

    def __init__(self, folder: Path, database: str) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        folder.mkdir()
        self.errors = folder / "stderr.log"
        environment = {**os.environ, "THIDUA_DATA": str(folder), "THIDUA_DATABASE": database}
        environment["THIDUA_METRICS_TOKEN"] = TOKEN
        thidua = Path(sys.executable).with_name("thidua")
        with self.errors.open("wb") as stderr:
            self._process = subprocess.Popen(
                [str(thidua), "serve", "--port", str(self.port)],
                env=environment,
                start_new_session=True,
                stdout=subprocess.DEVNULL,
                stderr=stderr,
            )
        self._opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(CookieJar()))

    def get(self, path: str, data: dict[str, str] | None = None, **headers: str) -> tuple[int, str]:
        body = urlencode(data).encode() if data is not None else None
        asked = urllib.request.Request(self.url + path, data=body, headers=headers)
        try:
            with self._opener.open(asked, timeout=20) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode()

    def post(self, page: str, path: str, **data: str) -> tuple[int, str]:
        """Send a form with the keys that its page carries."""
        _, text = self.get(page)
        keys = dict(re.findall(r'<input type="hidden" name="(_\w+)" value="([^"]*)"', text))
        return self.get(path, {**keys, **data})

    def until_ready(self) -> None:
        deadline = time.monotonic() + 40
        while time.monotonic() < deadline:
            try:
                if self.get("/healthz")[0] == 200:
                    return
            except OSError:
                time.sleep(0.2)
        raise AssertionError(self.errors.read_text())

    def lines(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.errors.read_text().splitlines()]

    def stop(self) -> None:
        os.killpg(self._process.pid, signal.SIGTERM)
        self._process.wait(timeout=30)


@pytest.fixture
def serve() -> Iterator[Callable[[Path, str], Server]]:
    started: list[Server] = []

    def serve(folder: Path, database: str) -> Server:
        server = Server(folder, database)
        started.append(server)
        server.until_ready()
        return server

    yield serve
    for server in started:
        server.stop()


@pytest.mark.parametrize("commune", ["sqlite"], indirect=True)
def test_the_lines_of_a_real_server_hold_nothing_that_anybody_typed(
    commune: Any, season: Any, serve: Any, tmp_path: Path
) -> None:
    """A form, a vote's line and a password; and a step that fails with the form's value in its message."""
    made: Fixture = season.commune.made
    [nomination] = season.commune.nominate(
        "X04T", "X04", {**HOUSEHOLD, "subject_name": f"Hà {CANARY} (hư cấu)"}
    )
    with season.commune.acting("X04T") as uow:
        [task] = tasks.open_tasks(uow, step="draft_nomination", business_key=str(nomination))
    username = season.commune.username("X04T")
    broken_key = make_broken(season, made)
    with unit_of_work(commune.database) as uow:
        set_clock(uow, commune.clock.now())
    url = str(commune.database.url)
    commune.database.close()
    server = serve(tmp_path / "served", url)

    assert server.post("/sign-in", "/sign-in", username=username, password=f"{CANARY}-sai")[0] == 422
    assert server.post("/sign-in", "/sign-in", username=f"{CANARY}", password=PASSWORD)[0] == 422
    assert server.post("/sign-in", "/sign-in", username=username, password=PASSWORD)[0] == 200
    page = f"/tasks/{task.id}"
    typed = {"merit_summary": f"Giúp đỡ {CANARY}", "achievement_year": CANARY, "award": "GK_XA"}
    assert server.post(page, page, **typed)[0] == 422
    assert server.post(broken_key, broken_key, note=CANARY, ballot=f"agree-{CANARY}")[0] == 500
    assert server.get(f"/nominations?q={CANARY}")[0] == 200
    assert server.get(f"/{CANARY}")[0] == 404
    status, figures = server.get("/metrics", Authorization=f"Bearer {TOKEN}")
    assert status == 200
    assert CANARY not in figures
    text = server.errors.read_text()
    assert CANARY not in text
    lines = server.lines()
    assert all(line["time"] and line["level"] and line["event"] for line in lines)
    asked = {
        (line["endpoint"], line["method"], line["status"]) for line in lines if line["event"] == "request"
    }
    assert ("auth.sign_in_post", "POST", 422) in asked
    [failed] = [line for line in lines if line.get("status") == 500]
    assert failed["error"] == "StepFailed"
    assert failed["element"] == "compute"
    assert failed["task_id"] == broken_key.rpartition("/")[2]
    assert failed["actor"] == str(made.people["X04T"])
    assert failed["organisation"] == str(made.commune_id)
    assert failed["ms"] > 0
    assert "Hà" not in text
    assert username not in text


HOUSEHOLD = {
    "award": "GK_XA",
    "subject_kind": "household",
    "achievement_year": 2022,
    "merit_summary": "Sản xuất giỏi.",
    "address": "Xóm Mẫu 4",
}


def make_broken(season: Any, made: Fixture) -> str:
    """A task whose next script raises with what its form was given; returns the page's path."""
    form = {"type": "object", "properties": {"note": {"type": "string"}, "ballot": {"type": "string"}}}
    files = {
        "trap/trap.bpmn": BROKEN.encode(),
        "trap/choose.form.json": json.dumps(form).encode(),
    }
    with unit_of_work(season.commune.database, organisation_id=made.commune_id) as uow:
        definition = defined(uow, made, files)
        instances.start_definition(
            uow, definition, organisation_id=made.commune_id, business_key=KEY, data={}
        )
    with season.commune.acting("X04T") as uow:
        [task] = tasks.open_tasks(uow, step="choose", business_key=KEY)
    return f"/tasks/{task.id}"


def defined(uow: UnitOfWork, made: Fixture, files: dict[str, bytes]) -> Definition:
    regulation = Regulation(
        organisation_id=made.commune_id,
        code="trap",
        name="Bẫy",
        state="published",
        effective_from=date(2022, 1, 1),
        created_at=uow.now,
        published_at=uow.now,
    )
    uow.session.add(regulation)
    hashes = {path: hashlib.sha256(content).hexdigest() for path, content in files.items()}
    for path, digest in hashes.items():
        uow.session.add(Content(hash=digest, data=files[path]))
    uow.session.flush()
    definition = Definition(
        hash="0" * 64,
        organisation_id=made.commune_id,
        process_id="trap",
        regulation_id=regulation.id,
        files=hashes,
        created_at=uow.now,
    )
    uow.session.add(definition)
    uow.session.flush()
    return definition


BROKEN = """<?xml version="1.0" encoding="UTF-8"?>
<bpmn:definitions xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL"
  xmlns:spiffworkflow="http://spiffworkflow.org/bpmn/schema/1.0/core"
  xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" id="definitions" targetNamespace="http://thidua.test">
<bpmn:process id="trap" isExecutable="true">
  <bpmn:laneSet id="lanes"><bpmn:lane id="nominator" name="Người lập"><bpmn:flowNodeRef>choose</bpmn:flowNodeRef>
  </bpmn:lane></bpmn:laneSet>
  <bpmn:startEvent id="begun"/>
  <bpmn:userTask id="choose" name="Chọn"><bpmn:extensionElements><spiffworkflow:properties>
    <spiffworkflow:property name="formJsonSchemaFilename" value="choose.form.json"/>
  </spiffworkflow:properties></bpmn:extensionElements></bpmn:userTask>
  <bpmn:scriptTask id="compute"><bpmn:script>found = {}[note + ballot]</bpmn:script></bpmn:scriptTask>
  <bpmn:endEvent id="ended"/>
  <bpmn:sequenceFlow id="f1" sourceRef="begun" targetRef="choose"/>
  <bpmn:sequenceFlow id="f2" sourceRef="choose" targetRef="compute"/>
  <bpmn:sequenceFlow id="f3" sourceRef="compute" targetRef="ended"/>
</bpmn:process></bpmn:definitions>"""


@pytest.mark.parametrize("commune", ["postgresql"], indirect=True)
def test_a_worker_tells_its_figures_on_a_port_of_its_own_and_its_jobs_line_by_line(
    commune: Any, season: Any, tmp_path: Path
) -> None:
    with unit_of_work(commune.database) as uow:
        uow.enqueue("fire_timers")
        uow.enqueue("no_such_job")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    environment = {
        **os.environ,
        "THIDUA_DATA": str(tmp_path / "served"),
        "THIDUA_DATABASE": commune.database.url.render_as_string(hide_password=False),
        "THIDUA_METRICS_TOKEN": TOKEN,
        "THIDUA_WORKER_METRICS_PORT": str(port),
    }
    errors = tmp_path / "stderr.log"
    with errors.open("wb") as stderr:
        command = [str(Path(sys.executable).with_name("thidua")), "worker"]
        process = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=stderr)
    try:
        text = scraped(port, until='thidua_job_seconds_count{job="fire_timers",result="done"}')
        with pytest.raises(urllib.error.HTTPError, match="404"):
            urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=10)
    finally:
        process.terminate()
        process.wait(timeout=40)
    assert "thidua_workers_alive 1.0" in text
    lines = [json.loads(line) for line in errors.read_text().splitlines()]
    done = [line for line in lines if line["event"] == "job done" and line["job"] == "fire_timers"]
    assert done
    assert done[0]["ms"] > 0
    [failed] = [line for line in lines if line["event"] == "job failed, will be tried again"]
    assert (failed["job"], failed["error"], failed["attempt"]) == ("no_such_job", "LookupError", 1)


def scraped(port: int, until: str) -> str:
    """What the port says once it says that."""
    deadline = time.monotonic() + 40
    asked = urllib.request.Request(
        f"http://127.0.0.1:{port}/metrics", headers={"Authorization": f"Bearer {TOKEN}"}
    )
    text = ""
    while until not in text:
        assert time.monotonic() < deadline, text
        time.sleep(0.3)
        try:
            with urllib.request.urlopen(asked, timeout=10) as answer:
                text = answer.read().decode()
        except OSError:
            continue
    return text
