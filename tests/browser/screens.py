"""Somebody at a screen of the commune: what they press, what they are told, and axe on what they see.

Screenshots go to `var/screenshots/`, to be looked at.
"""

from __future__ import annotations

# First: swaps in the one SQLite library.
from engine.database import Database, UnitOfWork, unit_of_work  # isort: skip

import re
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, Locator, Page, expect

from engine import jobs
from workflows.fixtures.dong_lien import Fixture
from workflows.tables.organisation import Person

PASSWORD = "mot cau that dai cua rieng toi"
DESKTOP: dict[str, Any] = {"viewport": {"width": 1280, "height": 800}}
PHONE: dict[str, Any] = {
    "viewport": {"width": 390, "height": 844},
    "device_scale_factor": 2,
    "is_mobile": True,
    "has_touch": True,
}
AXE = Axe()
expect.set_options(timeout=15_000)
DRAWINGS = re.compile(r"/(edit|view|diagram|compare)\b")
SCREENSHOTS = Path(__file__).parents[2] / "var" / "screenshots"


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
        # the drawing library sets style attributes, which are refused, and does without them
        drawing = "inline style" in message.text and DRAWINGS.search(self.page.url)
        if "Content Security Policy" in message.text and not drawing:
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
        """Press a button that leads on, and let the worker do what follows from it."""
        with self.page.expect_navigation():
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
        assert self.violations == []


def new_context(browser: Browser, size: str, **options: Any) -> BrowserContext:
    """A window of its own, at desktop or at phone width."""
    shape = PHONE if size == "phone" else DESKTOP
    context = browser.new_context(locale="vi-VN", timezone_id="Asia/Ho_Chi_Minh", **shape, **options)
    context.set_default_timeout(15_000)
    return context
