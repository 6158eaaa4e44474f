"""The real application over a real database, with the smallest organisation that can sign in."""

from __future__ import annotations

from engine.database import Database, unit_of_work  # isort: skip

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from uuid import UUID

import pytest
from flask import Flask
from flask.testing import FlaskClient

from engine import handlers
from webapp.app import create_app
from webapp.config import Settings
from workflows.actions import organisation as actions
from workflows.actions.passwords import HASHER
from workflows.handlers import register_all

PASSWORD = "mot cau that dai 2022"


@dataclass(frozen=True)
class Commune:
    """An organisation and the people of it who can sign in with PASSWORD."""

    id: UUID
    people: dict[str, UUID]


@pytest.fixture
def commune(sqlite_database: Database, registry: handlers.Registry) -> Commune:
    register_all()
    with unit_of_work(sqlite_database) as uow:
        created = actions.create_organisation(
            uow, code="dong-lien", name="UBND xã Đồng Liên", level="commune"
        )
        uow.organisation_id = created.id
        people = {}
        for username, name, role in (
            ("quantri", "Nguyễn Văn Quản", "administrator"),
            ("vanphong", "Trần Thị Văn", "standing_office"),
            ("thanhtra", "Lê Văn Thanh", "inspector"),
        ):
            person = actions.create_person(
                uow, full_name=name, username=username, position="", fictitious=True
            )
            actions.grant_role(uow, person.id, role, valid_from=date(2020, 1, 1))
            person.password_hash = HASHER.hash(PASSWORD)
            people[username] = person.id
            uow.session.flush()
            if uow.actor_id is None:
                uow.actor_id, uow.actor_name = person.id, name
        return Commune(created.id, people)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(
        database="unused", data=tmp_path / "data", secret="k" * 64, rate_limits=False, testing=True
    )


@pytest.fixture
def app(settings: Settings, sqlite_database: Database, commune: Commune) -> Flask:
    return create_app(settings, sqlite_database)


@pytest.fixture
def client(app: Flask) -> Iterator[FlaskClient]:
    with app.test_client() as client:
        yield client


def csrf_of(page: str) -> str:
    """The token of the first form of a page."""
    return field_of(page, "_csrf")


def field_of(page: str, name: str) -> str:
    """The value of a hidden field."""
    marker = f'name="{name}" value="'
    start = page.index(marker) + len(marker)
    return page[start : page.index('"', start)]


def sign_in(client: FlaskClient, username: str, password: str = PASSWORD) -> None:
    page = client.get("/sign-in").text
    answer = client.post(
        "/sign-in", data={"_csrf": csrf_of(page), "username": username, "password": password}
    )
    assert answer.status_code == 302, answer.text
