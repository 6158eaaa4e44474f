"""The real application over a real database: the demo commune with the regulation of 2022 in force."""

from __future__ import annotations

# First: swaps in the one SQLite library.
from engine.database import Database, UnitOfWork, unit_of_work  # isort: skip

import html
import re
import shutil
from collections.abc import Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import UTC, date, datetime
from io import BytesIO
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from engine import regulations
from engine.clock import FixedClock
from webapp.app import create_app
from webapp.config import Settings
from workflows.actions.evidence import attach
from workflows.actions.meetings import start_review
from workflows.actions.nominations import create_nominations, submit
from workflows.actions.passwords import HASHER
from workflows.actions.sessions import create_session
from workflows.demo.players import Players
from workflows.fixtures.dong_lien import Fixture, create
from workflows.handlers import register_all
from workflows.tables.organisation import Person

PASSWORD = "mot cau that dai cua rieng toi"
SHIPPED = Path(__file__).parents[2] / "bpmn" / "2022"
MONDAY = datetime(2022, 11, 14, 5, tzinfo=UTC)


@dataclass
class Commune:
    """The demo commune; people are named by their codes of domain.md §12."""

    database: Database
    made: Fixture
    clock: FixedClock

    def acting(self, code: str) -> AbstractContextManager[UnitOfWork]:
        return unit_of_work(
            self.database,
            organisation_id=self.made.commune_id,
            actor_id=self.made.people[code],
            actor_name=code,
        )

    def username(self, code: str) -> str:
        with unit_of_work(self.database, readonly=True) as uow:  # also of the city's people
            return str(uow.session.get_one(Person, self.made.people[code]).username)

    def nominate(self, code: str, unit: str, *rows: dict[str, Any]) -> list[UUID]:
        with self.acting(code) as uow:
            made = create_nominations(uow, rows, unit_id=self.made.units[unit])
            return [row.id for row in made]


@dataclass
class Page:
    """An answer with what a person sees and what the browser would send back."""

    response: TestResponse

    @property
    def status(self) -> int:
        return self.response.status_code

    @property
    def text(self) -> str:
        """The words of the page, without markup."""
        visible = re.sub(r"<(script|style)\b.*?</\1>", " ", self.response.text, flags=re.S)
        return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", visible)).split())

    def hidden(self, name: str) -> str:
        """The value of the page's last hidden field of that name outside the footer."""
        body = self.response.text.split('<main class="page"')[-1].split("<footer")[0]
        found = re.findall(rf'<input type="hidden" name="{name}" value="([^"]*)"', body)
        return html.unescape(found[-1])

    def keys(self) -> dict[str, str]:
        """The keys of the page's form."""
        return {name: self.hidden(name) for name in ("_csrf", "_owner", "_key")}


class Web:
    """One person's browser."""

    def __init__(self, app: Flask, commune: Commune) -> None:
        self.client: FlaskClient = app.test_client()
        self._commune = commune

    def get(self, path: str, **more: Any) -> Page:
        return Page(self.client.get(path, **{"buffered": True, **more}))

    def post(self, path: str, data: dict[str, Any], **more: Any) -> Page:
        return Page(self.client.post(path, data=data, **more))

    def sign_in(self, code: str, password: str = PASSWORD, **more: str) -> Page:
        page = self.get("/sign-in")
        sent = {"username": self._commune.username(code), "password": password, **more}
        return self.post("/sign-in", {**page.keys(), **sent})


def build(database: Database) -> Fixture:
    """Everybody has PASSWORD, so that a test need not change a one-time password first."""
    register_all()
    made = create(database)
    with unit_of_work(database, organisation_id=made.country_id) as uow:
        draft = regulations.import_folder(uow, SHIPPED, organisation_id=made.country_id)
        start, end = date(2017, 10, 1), date(2023, 12, 31)
        regulations.publish(uow, draft.id, effective_from=start, effective_until=end, allow_past=True)
    with unit_of_work(database) as uow:  # for no organisation: the people of all of them
        changed = {"password_hash": HASHER.hash(PASSWORD), "must_change_password": False}
        uow.session.execute(sa.update(Person).where(Person.username.is_not(None)).values(**changed))
    return made


@pytest.fixture(scope="session")
def sqlite_commune(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Fixture]:
    path = tmp_path_factory.mktemp("web") / "thidua.db"
    shutil.copyfile(sqlite_template, path)
    database = Database(f"sqlite:///{path}", clock=FixedClock(MONDAY))
    made = build(database)
    database.close()
    return path, made


@pytest.fixture(scope="session")
def postgres_commune(postgres: Any) -> tuple[str, Fixture]:
    name = postgres.create()
    database = Database(postgres.application_url(name), clock=FixedClock(MONDAY))
    made = build(database)
    database.close()
    return name, made


@pytest.fixture(params=["sqlite", "postgresql"])
def commune(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Commune]:
    """Đồng Liên on Monday 14 November 2022, on SQLite and on PostgreSQL."""
    register_all()
    clock = FixedClock(MONDAY)
    if request.param == "sqlite":
        path, made = request.getfixturevalue("sqlite_commune")
        shutil.copyfile(path, tmp_path / "commune.db")
        database = Database(f"sqlite:///{tmp_path / 'commune.db'}", clock=clock)
        yield Commune(database, made, clock)
        database.close()
        return
    template, made = request.getfixturevalue("postgres_commune")
    server = request.getfixturevalue("postgres")
    name = server.create(template)
    database = Database(server.application_url(name), clock=clock)
    yield Commune(database, made, clock)
    database.close()
    server.drop(name)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(
        database="unused", data=tmp_path / "data", secret="k" * 64, rate_limits=False, testing=True
    )


@pytest.fixture
def app(settings: Settings, commune: Commune) -> Flask:
    return create_app(settings, commune.database)


@pytest.fixture
def web(app: Flask, commune: Commune) -> Web:
    """A browser in which nobody has signed in."""
    return Web(app, commune)


@pytest.fixture
def another(app: Flask, commune: Commune) -> Web:
    """A second browser."""
    return Web(app, commune)


HOUSEHOLD: dict[str, Any] = {
    "award": "GK_XA",
    "subject_kind": "household",
    "subject_name": "Hà Văn Mẫu (hư cấu)",
    "achievement_year": 2022,
    "merit_summary": "Sản xuất giỏi, giúp đỡ năm hộ nghèo trong xóm.",
    "address": "Xóm Mẫu 4",
}


@pytest.fixture
def household() -> dict[str, Any]:
    return dict(HOUSEHOLD)


PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010802000000907753de0000000c49444154789c63f8ffff"
    "3f0005fe02fe0def46b80000000049454e44ae426082"
)
NAMES = ("Hà Thị Ba", "Lê Văn Ân", "Ngô Thị Én", "Tạ Văn Ích")


class Season:
    """The people of the commune bring dossiers to where a page begins; every job runs at once."""

    def __init__(self, commune: Commune) -> None:
        self.commune = commune
        self.players = Players(commune.database, commune.made)
        self.do = self.players.complete

    def waiting_for_review(self, count: int, award: str = "GK_XA") -> list[UUID]:
        """Households of Xóm Mẫu 4, submitted by the head of the hamlet."""
        rows = [{**HOUSEHOLD, "award": award, "subject_name": name} for name in NAMES[:count]]
        made = self.commune.nominate("X04T", "X04", *rows)
        with self.players.acting("X04T") as uow:
            for each in made:
                attach(uow, each, kind="merit_report", title="Báo cáo", filename="a.png", stream=BytesIO(PNG))
        with self.players.acting("X04T") as uow:
            submit(uow, made, idempotency_key=f"submit-{award}")
        return made

    def reviewed(self, count: int, award: str = "GK_XA") -> list[UUID]:
        """Reviewed unanimously by the hamlet, waiting for the office."""
        made = self.waiting_for_review(count, award)
        with self.players.acting("X04T") as uow:
            meeting = start_review(uow, self.commune.made.units["X04"]).id
        head = {"held_on": "2022-11-14", "held_time": "08:00", "place": "Nhà văn hóa", "chair": "A"}
        self.do("X04T", "convene_review", meeting, {**head, "secretary": "B", "invited": 20})
        self.do("X04T", "record_review", meeting, lambda form: _unanimous(form, 20))
        self.do("X04T", "confirm_review", meeting, {"confirm_choice": "confirm"})
        return made

    def before_council(self, count: int, award: str = "GK_XA") -> list[UUID]:
        """Reviewed, received and accepted by the office."""
        made = self.reviewed(count, award)
        for each in made:
            self.do("VP", "receive_dossier", each, {})
            accept = {"appraisal_outcome": "accept", "appraisal_reason": "Đủ điều kiện."}
            self.do("VP", "appraise", each, accept)
        return made

    def session(self, mode: str = "open", *, absent: tuple[str, ...] = ("11",)) -> UUID:
        """A session over everybody who waits, its vote open: all seats present but those named."""
        with self.players.acting("VP") as uow:
            session = create_session(uow, title="Phiên họp thử").id
        head = {"held_on": "2022-11-14", "held_time": "08:00", "place": "Phòng họp", "vote_mode": mode}
        self.do("VP", "prepare_agenda", session, head)
        self.do("VP", "record_attendance", session, lambda form: _present(form, absent))
        return session

    def passed(self, count: int, award: str = "GK_XA") -> list[UUID]:
        """Passed by ten of eleven votes that the secretary recorded, the minutes confirmed."""
        made = self.before_council(count, award)
        session = self.session("recorded")
        self.do("VP", "record_votes", session, lambda form: {"lines": _votes(form, 10)})
        self.do("CT", "confirm_result", session, {"confirm_choice": "confirm"})
        self.do("VP", "confirm_minutes", session, {})
        return made


def _unanimous(form: dict[str, Any], present: int) -> dict[str, Any]:
    lines = [{**line, "agree": present, "disagree": 0, "outcome": "passed"} for line in form["lines"]]
    figures = {"invited": present, "present": present, "ended_time": "09:30"}
    return {"held_on": "2022-11-14", "held_time": "08:00", **figures, "lines": lines}


def _present(form: dict[str, Any], absent: tuple[str, ...]) -> dict[str, Any]:
    seats = [{**row, "state": "absent" if row["seat"] in absent else "present"} for row in form["members"]]
    return {"members": seats, "recusals": []}


def _votes(form: dict[str, Any], agree: int) -> list[dict[str, Any]]:
    return [{**line, "agree": agree, "disagree": 0, "invalid": 0} for line in form["lines"]]


@pytest.fixture
def season(commune: Commune, app: Flask) -> Season:
    """The application is there first: it says where files are kept."""
    return Season(commune)
