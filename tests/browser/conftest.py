"""The real application in a thread and a real Chromium in front of it."""

from __future__ import annotations

# First: swaps in the one SQLite library.
from engine.database import Database, unit_of_work  # isort: skip

import os
import shutil
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from playwright.sync_api import Browser, BrowserContext
from werkzeug.serving import make_server

from engine import regulations
from engine.clock import InstallationClock, set_clock
from tests.browser.screens import PASSWORD, Site, Visitor, new_context
from webapp.app import create_app
from webapp.config import Settings
from workflows.actions.passwords import HASHER
from workflows.fixtures.dong_lien import Fixture, create
from workflows.handlers import register_all
from workflows.tables.organisation import Person

SHIPPED = Path(__file__).parents[2] / "bpmn" / "2022"
DEMO_DAY = datetime(2022, 12, 12, 1, 30, tzinfo=UTC)
CHROMIUM = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
]


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict[str, Any]) -> dict[str, Any]:
    """The system's Chromium; nothing is downloaded."""
    assert CHROMIUM, "these tests need Chromium: apt-get install chromium"
    return {**browser_type_launch_args, "executable_path": CHROMIUM, "args": FLAGS}


@pytest.fixture(scope="session")
def commune(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Fixture]:
    """Đồng Liên on 12 December 2022, everybody with one known password: built once, copied for each site."""
    path = tmp_path_factory.mktemp("commune") / "thidua.db"
    shutil.copyfile(sqlite_template, path)
    database = Database(f"sqlite:///{path}")
    database.clock = InstallationClock(database)
    register_all()
    with unit_of_work(database) as uow:
        set_clock(uow, DEMO_DAY)
    made = create(database)
    with unit_of_work(database, organisation_id=made.country_id) as uow:
        draft = regulations.import_folder(uow, SHIPPED, organisation_id=made.country_id)
        start, end = date(2017, 10, 1), date(2023, 12, 31)
        regulations.publish(uow, draft.id, effective_from=start, effective_until=end, allow_past=True)
    with unit_of_work(database) as uow:
        changed = {"password_hash": HASHER.hash(PASSWORD), "must_change_password": False}
        uow.session.execute(sa.update(Person).where(Person.username.is_not(None)).values(**changed))
    database.close()
    return path, made


@pytest.fixture(scope="session")
def data_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One for all sites: where stored files are is set once for a process."""
    return tmp_path_factory.mktemp("data")


@contextmanager
def served(commune: tuple[Path, Fixture], database_file: Path, data: Path) -> Iterator[Site]:
    """A copy of the commune, served in a thread."""
    template, made = commune
    shutil.copyfile(template, database_file)
    database = Database(f"sqlite:///{database_file}")
    database.clock = InstallationClock(database)
    app = create_app(
        Settings(database="unused", data=data, secret="k" * 64, rate_limits=False, testing=True), database
    )
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield Site(f"http://127.0.0.1:{server.port}", database, made)
    server.shutdown()
    thread.join()
    server.server_close()
    database.close()


@pytest.fixture(scope="session")
def site(
    commune: tuple[Path, Fixture], data_folder: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Site]:
    """One for all browser tests that only add to it."""
    with served(commune, tmp_path_factory.mktemp("site") / "thidua.db", data_folder) as site:
        yield site


@pytest.fixture
def own_site(commune: tuple[Path, Fixture], data_folder: Path, tmp_path: Path) -> Iterator[Site]:
    """One for a test that changes what the others stand on, or counts."""
    with served(commune, tmp_path / "thidua.db", data_folder) as site:
        yield site


@pytest.fixture(params=["desktop", "phone"])
def visitor(request: pytest.FixtureRequest, browser: Browser, site: Site) -> Iterator[Visitor]:
    """A browser window at desktop and at phone width."""
    context = new_context(browser, request.param)
    yield Visitor(context.new_page(), site, request.param)
    context.close()


@pytest.fixture
def enter(browser: Browser, own_site: Site) -> Iterator[Callable[..., Visitor]]:
    """Somebody of the commune at a screen of their own: `enter("VP")`, `enter("CT", "phone")`."""
    contexts: list[BrowserContext] = []

    def enter(code: str, size: str = "desktop") -> Visitor:
        contexts.append(new_context(browser, size))
        visitor = Visitor(contexts[-1].new_page(), own_site, size)
        visitor.sign_in(code)
        return visitor

    yield enter
    for context in contexts:
        context.close()
