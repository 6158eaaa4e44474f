"""What goes wrong at a real server: a huge file, a disguised one, a stale tab, an ended session, two clicks."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

import pytest
from playwright.sync_api import Browser, expect

from engine import tasks
from engine.clock import InstallationClock
from engine.database import Database
from tests.browser.screens import PASSWORD, Site, Visitor, new_context
from workflows.actions.nominations import create_nominations
from workflows.demo.nominees import FARMER_HOUSEHOLD
from workflows.fixtures.dong_lien import Fixture
from workflows.tables.nominations import Nomination

pytestmark = pytest.mark.browser

MEGABYTE = 1 << 20
TYPED = "Nuôi 2.000 gà thịt; giúp ba hộ cùng xóm về giống và vốn từ năm 2020."
Enter = Callable[..., Visitor]


@dataclass
class Served(Site):
    """The commune behind `thidua serve`, with its own data folder and its own worker."""

    process: subprocess.Popen[bytes]
    data: Path

    def settle(self) -> None:
        """The server's own worker does it."""

    def memory(self) -> int:
        """Bytes that the server and its children hold in memory."""
        return sum(_resident(each) for each in _family(self.process.pid))

    def disk(self) -> int:
        """Bytes in its data folder and in its folder for temporary files."""
        return sum(path.stat().st_size for path in self.data.rglob("*") if path.is_file())


def _family(pid: int) -> list[int]:
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return [pid, *(each for child in children for each in _family(int(child)))]


def _resident(pid: int) -> int:
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")


@pytest.fixture(scope="module")
def served(commune: tuple[Path, Fixture], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """`thidua serve` under granian, as an office starts it."""
    template, made = commune
    data = tmp_path_factory.mktemp("served")
    shutil.copyfile(template, data / "thidua.db")
    (data / "tmp").mkdir()
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "webapp.cli", "serve", "--port", str(port)]
    environment = {**os.environ, "THIDUA_DATA": str(data), "TMPDIR": str(data / "tmp")}
    environment.pop("THIDUA_DATABASE", None)
    process = subprocess.Popen(command, env=environment)
    database = Database(f"sqlite:///{data / 'thidua.db'}")
    database.clock = InstallationClock(database)
    url = f"http://127.0.0.1:{port}"
    _wait(url, process)
    yield Served(url, database, made, process, data)
    database.close()
    process.terminate()
    process.wait(timeout=30)


def _wait(url: str, process: subprocess.Popen[bytes]) -> None:
    for _ in range(300):
        assert process.poll() is None, "the server stopped"
        try:
            with urllib.request.urlopen(f"{url}/healthz", timeout=5):
                return
        except OSError:
            time.sleep(0.2)
    raise AssertionError("the server did not become healthy in a minute")


@pytest.fixture
def dossier(served: Served, request: pytest.FixtureRequest) -> UUID:
    """A draft of hamlet 4, of a household of its own."""
    name = f"Hộ mẫu số {sum(map(ord, request.node.name))} (hư cấu)"
    row = {**FARMER_HOUSEHOLD, "subject_name": name, "movement_id": served.made.movements["PT18"]}
    with served.acting("X04T") as uow:
        [made] = create_nominations(uow, [row], unit_id=served.made.units["X04"])
        return made.id


@pytest.fixture
def visit(browser: Browser, served: Served) -> Iterator[Enter]:
    """The head of hamlet 4 in a window of their own; `scripts=False` for a browser that runs none."""
    contexts = []

    def visit(*, scripts: bool = True) -> Visitor:
        contexts.append(new_context(browser, "desktop", java_script_enabled=scripts))
        visitor = Visitor(contexts[-1].new_page(), served, "desktop")
        visitor.sign_in("X04T")
        return visitor

    yield visit
    for context in contexts:
        context.close()


def task_of(served: Served, dossier: UUID) -> str:
    with served.acting("X04T") as uow:
        [task] = tasks.open_tasks(uow, step="draft_nomination", business_key=str(dossier))
        return f"/tasks/{task.id}"


def choose(visitor: Visitor, dossier: UUID, path: Path) -> None:
    """A file in the form of a dossier, with a title typed beside it."""
    visitor.go(f"/nominations/{dossier}")
    visitor.page.get_by_label("Tệp", exact=True).set_input_files(path)
    visitor.page.get_by_label("Tên giấy tờ").fill("Báo cáo thành tích năm 2022")


@pytest.fixture
def huge(tmp_path: Path) -> Path:
    path = tmp_path / "ban-chup.pdf"
    with path.open("wb") as file:
        file.write(b"%PDF-1.7\n")
        file.truncate(200 * MEGABYTE)
    return path


def test_200_megabytes_are_refused_before_they_are_sent(
    visit: Enter, served: Served, dossier: UUID, huge: Path
) -> None:
    visitor = visit()
    choose(visitor, dossier, huge)
    refusal = "Tệp “ban-chup.pdf” nặng 200 MB, vượt mức 20 MB nên chưa gửi."
    expect(visitor.page.get_by_role("alert").filter(has_text=refusal)).to_be_visible()
    visitor.page.get_by_role("button", name="Gửi tệp").click()
    expect(visitor.page.get_by_label("Tệp", exact=True)).to_be_focused()
    expect(visitor.page.get_by_label("Tên giấy tờ")).to_have_value("Báo cáo thành tích năm 2022")
    visitor.check("file-too-large")


def test_200_megabytes_that_are_sent_all_the_same_fill_neither_memory_nor_disk(
    visit: Enter, served: Served, dossier: UUID, huge: Path
) -> None:
    visitor = visit(scripts=False)
    choose(visitor, dossier, huge)
    memory, disk = served.memory(), served.disk()
    with Watch(served) as watch:
        started = time.monotonic()
        visitor.press("Gửi tệp")
        expect(visitor.page.locator("main")).to_contain_text("20 MB")
        took = time.monotonic() - started
    assert took < 30
    assert watch.most_memory - memory < 60 * MEGABYTE
    assert served.disk() - disk < MEGABYTE
    expect(visitor.page.get_by_label("Tên giấy tờ")).to_have_value("Báo cáo thành tích năm 2022")
    visitor.page.screenshot(path="var/screenshots/file-too-large-sent-desktop.png", full_page=True)
    visitor.menu("Hồ sơ")
    expect(visitor.page.locator("h1")).to_have_text("Hồ sơ")


class Watch:
    """The most memory the server held while something was done."""

    def __init__(self, served: Served) -> None:
        self._served = served
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._look)
        self.most_memory = 0

    def _look(self) -> None:
        while not self._done.wait(0.05):
            self.most_memory = max(self.most_memory, self._served.memory())

    def __enter__(self) -> Watch:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._done.set()
        self._thread.join()


def test_a_program_named_pdf_is_refused_by_what_it_holds(visit: Enter, dossier: UUID, tmp_path: Path) -> None:
    disguised = tmp_path / "bang-khen.pdf"
    disguised.write_bytes(b"MZ\x90\x00" + bytes(4096))
    visitor = visit()
    choose(visitor, dossier, disguised)
    visitor.press("Gửi tệp")
    expect(visitor.page.locator("[data-error-summary]")).to_be_focused()
    expect(visitor.page.locator("[data-error-summary]")).to_contain_text("bang-khen.pdf")
    expect(visitor.page.get_by_label("Tên giấy tờ")).to_have_value("Báo cáo thành tích năm 2022")
    expect(visitor.page.locator("#files")).to_contain_text("Chưa có tệp nào.")
    visitor.check("file-disguised")


def test_a_stale_tab_is_told_who_did_it_and_keeps_what_was_typed(
    visit: Enter, served: Served, dossier: UUID
) -> None:
    first, second = visit(), visit()
    task = task_of(served, dossier)
    first.go(task)
    second.go(task)
    second.page.locator("[name=merit_summary]").fill(TYPED)
    first.press("Hoàn thành")
    first.told("Đã xong: Hoàn chỉnh và nộp hồ sơ.")
    second.press("Hoàn thành")
    expect(second.page.locator("main")).to_contain_text("Trần Văn Đông (hư cấu)")
    expect(second.page.locator("main")).to_contain_text(TYPED)
    second.check("stale-tab")


def test_a_session_that_ended_in_a_long_form_gives_back_what_was_typed(
    visit: Enter, served: Served, dossier: UUID
) -> None:
    visitor = visit()
    page = visitor.page
    visitor.go(task_of(served, dossier))
    # An answer that is still under way (the icon) would bring the cookie back.
    page.wait_for_load_state("networkidle")
    page.context.clear_cookies()
    page.locator("[name=merit_summary]").fill(TYPED)
    expect(page.locator("[data-draft-status]")).to_contain_text("Phiên làm việc đã hết hạn.")
    page.get_by_role("button", name="Hoàn thành").click()
    expect(page.locator("main")).to_contain_text("hết hạn")
    visitor.check("session-ended")
    page.fill("#username", served.username("X04T"))
    page.fill("#password", PASSWORD)
    page.locator("main button[type=submit]").click()
    expect(page.locator("h1")).to_have_text("Nội dung đã nhập vẫn còn")
    expect(page.get_by_text(TYPED)).to_be_visible()
    visitor.check("session-resumed")
    visitor.press("Gửi tiếp")
    visitor.told("Đã xong: Hoàn chỉnh và nộp hồ sơ.")
    visitor.go(f"/nominations/{dossier}")
    expect(page.locator("main")).to_contain_text(TYPED)


@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "no-scripts"])
def test_a_double_click_saves_a_list_once(visit: Enter, served: Served, scripts: bool) -> None:
    name = f"Bà Nhấp Đúp {scripts} (hư cấu)"
    visitor = visit(scripts=scripts)
    page = visitor.page
    visitor.menu("Hồ sơ")
    visitor.follow("Lập danh sách đề nghị")
    page.get_by_label("Hộ gia đình").check()
    visitor.press("Tiếp tục")
    page.get_by_label("Danh hiệu, hình thức khen thưởng").select_option("GK_XA")
    page.locator("[name='rows.0.subject_name']").fill(name)
    page.locator("[name='rows.0.address']").fill("Xóm Mẫu 4")
    page.get_by_role("button", name="Lưu danh sách").dblclick()
    visitor.told("Đã lập 1 hồ sơ nháp.")
    with served.acting("X04T") as uow:
        assert uow.session.query(Nomination).filter(Nomination.subject_name == name).count() == 1
