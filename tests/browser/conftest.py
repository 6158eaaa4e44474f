"""The real application in a thread, a real Chromium in front of it, and axe on every page.

Screenshots go to `var/screenshots/`, to be looked at.
"""

from __future__ import annotations

# First: swaps in the one SQLite library.
from engine.database import Database, UnitOfWork, unit_of_work  # isort: skip

import os
import shutil
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, Locator, Page, expect
from werkzeug.serving import make_server

from engine import jobs, regulations
from engine.clock import InstallationClock, set_clock
from webapp.app import create_app
from webapp.config import Settings
from workflows.actions.passwords import HASHER
from workflows.fixtures.dong_lien import Fixture, create
from workflows.handlers import register_all
from workflows.tables.organisation import Person

PASSWORD = "mot cau that dai cua rieng toi"
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
DESKTOP: dict[str, Any] = {"viewport": {"width": 1280, "height": 800}}
PHONE: dict[str, Any] = {
    "viewport": {"width": 390, "height": 844},
    "device_scale_factor": 2,
    "is_mobile": True,
    "has_touch": True,
}
AXE = Axe()
expect.set_options(timeout=15_000)
SCREENSHOTS = Path(__file__).parents[2] / "var" / "screenshots"


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict[str, Any]) -> dict[str, Any]:
    """The system's Chromium; nothing is downloaded."""
    assert CHROMIUM, "these tests need Chromium: apt-get install chromium"
    return {**browser_type_launch_args, "executable_path": CHROMIUM, "args": FLAGS}


@dataclass
class Site:
    """The running application and the commune behind it."""

    url: str
    database: Database
    made: Fixture

    def acting(self, code: str) -> AbstractContextManager[UnitOfWork]:
        return unit_of_work(
            self.database,
            organisation_id=self.made.commune_id,
            actor_id=self.made.people[code],
            actor_name=code,
        )

    def username(self, code: str) -> str:
        with self.acting(code) as uow:
            return str(uow.session.get_one(Person, self.made.people[code]).username)

    def settle(self) -> None:
        """What the worker of `thidua serve` would do by now: answers delivered, papers printed."""
        jobs.run_pending(self.database)


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


class Visitor:
    """One person at a screen."""

    def __init__(self, page: Page, site: Site, size: str) -> None:
        self.page = page
        self.size = size
        self._site = site
        self.violations: list[str] = []
        page.on("console", self._listen)
        page.on("pageerror", lambda error: self.violations.append(str(error)))

    def _listen(self, message: Any) -> None:
        if "Content Security Policy" in message.text:
            self.violations.append(message.text)

    def go(self, path: str) -> None:
        self.page.goto(self._site.url + path)

    def sign_in(self, code: str) -> None:
        self.go("/sign-in")
        self.page.fill("#username", self._site.username(code))
        self.page.fill("#password", PASSWORD)
        self.page.locator("main button[type=submit]").click()
        self.page.wait_for_url(self._site.url + "/")

    def told(self, text: str) -> None:
        """What the page says came of the last press."""
        expect(self.page.locator("main .notice[role=status]").first).to_contain_text(text)

    def press(self, button: str) -> None:
        """Press a button of the page and let the worker do what follows from it."""
        self.page.get_by_role("main").get_by_role("button", name=button, exact=True).click()
        self._site.settle()

    def follow(self, link: str) -> None:
        self.page.get_by_role("main").get_by_role("link", name=link, exact=True).first.click()

    def menu(self, entry: str) -> None:
        self.page.get_by_role("navigation", name="Danh mục chính").get_by_role("link", name=entry).click()

    def row(self, name: str) -> Locator:
        """The row of one name in a list."""
        return self.page.locator("main tr, main li").filter(has_text=name)

    def look(self, name: str) -> None:
        """The page as it is here and as the same person finds it on a phone: both checked, both kept."""
        self.check(name)
        browser = self.page.context.browser
        assert browser is not None
        context = new_context(browser, "phone", storage_state=self.page.context.storage_state())
        phone = Visitor(context.new_page(), self._site, "phone")
        phone.page.goto(self.page.url)
        phone.check(name)
        context.close()

    def check(self, name: str) -> None:
        """No axe violation, no script error, no sideways scrolling; and a screenshot under the name."""
        SCREENSHOTS.mkdir(parents=True, exist_ok=True)
        self.page.screenshot(path=SCREENSHOTS / f"{name}-{self.size}.png", full_page=True)
        found = AXE.run(self.page).response["violations"]
        assert [(each["id"], [node["html"] for node in each["nodes"]][:3]) for each in found] == []
        width = self.page.evaluate(
            "document.documentElement.scrollWidth - document.documentElement.clientWidth"
        )
        assert width <= 0, f"{name} scrolls sideways by {width} px"
        # the drawing library sets style attributes that are refused and does without them
        drawing = self.page.locator(".djs-container").count()
        assert [each for each in self.violations if not (drawing and "inline style" in each)] == []


def new_context(browser: Browser, size: str, **options: Any) -> BrowserContext:
    """A window of its own, at desktop or at phone width."""
    shape = PHONE if size == "phone" else DESKTOP
    context = browser.new_context(locale="vi-VN", timezone_id="Asia/Ho_Chi_Minh", **shape, **options)
    context.set_default_timeout(15_000)
    return context


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
