"""A database that is busy or away is said in words with status 503; what was typed is on the page."""

from __future__ import annotations

# First: swaps in the one SQLite library.
from engine.database import Database, unit_of_work  # isort: skip

from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import Any

import pysqlite3
import pytest
import sqlalchemy as sa
from flask import Flask

from engine import history
from engine.errors import Conflict
from engine.limits import BACKGROUND, WEB, Limits
from engine.models import Incident, Instance
from webapp.app import create_app
from webapp.cli import main
from webapp.config import Settings
from webapp.request import reading, writing
from workflows.tables.nominations import Nomination

SHORT = Limits(pool_size=3, pool_overflow=0, pool_wait=0.3, statement=1.0, lock=0.2)
BUSY = "Hệ thống đang bận nên chưa thực hiện được."
REPORT = "Một bài báo cáo thành tích rất dài mà không ai muốn gõ lại lần thứ hai."


@pytest.fixture
def app(settings: Settings, commune: Any) -> Iterator[Flask]:
    """The application with short limits on the same database."""
    address = commune.database.url.render_as_string(hide_password=False)
    database = Database(address, clock=commune.clock, limits=SHORT)
    if database.is_sqlite:

        @sa.event.listens_for(database.engine, "connect")
        def hurry(connection: Any, _record: object) -> None:
            connection.execute("PRAGMA busy_timeout=200")

    yield create_app(settings, database)
    database.close()


@contextmanager
def somebody_holds(database: Database, instance_id: Any) -> Iterator[None]:
    """Another program has the dossier, or on SQLite the file, in a transaction."""
    if database.is_sqlite:
        with closing(pysqlite3.connect(database.path, isolation_level=None)) as connection:
            connection.execute("BEGIN IMMEDIATE")
            yield
            connection.execute("ROLLBACK")
        return
    with unit_of_work(database) as uow:
        uow.session.execute(sa.select(Instance.id).where(Instance.id == instance_id).with_for_update())
        yield


def test_a_dossier_that_somebody_holds_gives_back_what_was_typed(
    web: Any, commune: Any, household: dict[str, Any]
) -> None:
    [nomination] = commune.nominate("X04T", "X04", household)
    with commune.acting("X04T") as uow:
        instance_id = uow.session.get_one(Nomination, nomination).instance_id
    web.sign_in("X04T")
    page = web.get(f"/nominations/{nomination}")
    sent = {**page.keys(), "comment": REPORT}
    with somebody_holds(commune.database, instance_id):
        answer = web.post(f"/nominations/{nomination}/comment", sent)
    assert answer.status == 503
    assert answer.response.headers["Retry-After"] == "60"
    assert BUSY in answer.text
    assert REPORT in answer.text
    with commune.acting("X04T") as uow:
        assert uow.session.scalar(sa.select(sa.func.count()).select_from(Incident)) == 0
        events = [row.event for row in history.of(uow, history.instance_chain(instance_id))]
        assert "instance:commented" not in events
    assert web.post(f"/nominations/{nomination}/comment", sent).status == 302


def test_when_every_connection_is_taken_the_page_still_says_so(web: Any, app: Flask) -> None:
    web.sign_in("VP")
    database = app.extensions["thidua.database"]
    with unit_of_work(database, readonly=True), unit_of_work(database, readonly=True):
        with unit_of_work(database, readonly=True):
            page = web.get("/")
        assert (page.status, BUSY in page.text) == (503, True)
        assert "Đăng xuất" not in page.text  # who asks could not be looked up
        assert web.get("/").status == 200


def test_a_page_takes_one_connection(web: Any, app: Flask) -> None:
    """One thread that waits for a second connection while it holds its first would stop all of them."""
    web.sign_in("VP")
    database = app.extensions["thidua.database"]
    with unit_of_work(database, readonly=True), unit_of_work(database, readonly=True):
        for path in ("/", "/nominations", "/papers", "/register"):
            assert web.get(path).status == 200, path


def test_a_statement_that_takes_too_long_ends_in_words(web: Any, app: Flask, commune: Any) -> None:
    if commune.database.is_sqlite:
        pytest.skip("SQLite has no time limit for a statement")

    @app.get("/slow")
    def slow() -> str:
        with reading() as uow:
            uow.session.execute(sa.text("SELECT pg_sleep(20)"))
        return "never"

    web.sign_in("VP")
    page = web.get("/slow")
    assert (page.status, BUSY in page.text) == (503, True)
    assert web.get("/").status == 200


def test_a_row_that_somebody_changed_after_it_was_read_may_be_tried_again(
    web: Any, app: Flask, commune: Any, household: dict[str, Any]
) -> None:
    if commune.database.is_sqlite:
        pytest.skip("on SQLite nobody else writes while a request does")
    [key] = commune.nominate("X04T", "X04", household)

    @app.get("/late")
    def late() -> str:
        with writing() as uow:
            row = uow.session.get_one(Nomination, key)
            with commune.acting("VP") as other:
                other.session.get_one(Nomination, key).address = "Xóm Mẫu 5"
            row.address = "Xóm Mẫu 6"
        return "never"

    web.sign_in("VP")
    page = web.get("/late")
    assert (page.status, BUSY in page.text) == (503, True)
    with commune.acting("VP") as uow:
        assert uow.session.get_one(Nomination, key).address == "Xóm Mẫu 5"


def test_a_statement_that_is_wrong_is_no_busy_database(web: Any, app: Flask) -> None:
    app.testing = False
    app.config["PROPAGATE_EXCEPTIONS"] = False

    @app.get("/wrong")
    def wrong() -> str:
        with reading() as uow:
            uow.session.execute(sa.text("SELECT * FROM nowhere"))
        return "never"

    web.sign_in("VP")
    page = web.get("/wrong")
    assert (page.status, BUSY in page.text, "Hệ thống gặp lỗi ngoài dự kiến" in page.text) == (
        500,
        False,
        True,
    )


def test_without_a_server_the_sign_in_page_says_so(settings: Settings) -> None:
    app = create_app(settings, Database("postgresql://nobody@127.0.0.1:1/none"))
    answer = app.test_client().get("/sign-in")
    assert (answer.status_code, BUSY in answer.text) == (503, True)


def test_the_environment_sets_the_limits(tmp_path: Any) -> None:
    given = {
        "THIDUA_DATA": str(tmp_path),
        "THIDUA_POOL_SIZE": "5",
        "THIDUA_POOL_PRE_PING": "1",
        "THIDUA_LOCK_TIMEOUT": "2.5",
        "THIDUA_JOB_STATEMENT_TIMEOUT": "900",
    }
    found = Settings.from_environment(given)
    assert (found.limits.pool_size, found.limits.pool_pre_ping, found.limits.lock) == (5, True, 2.5)
    assert found.limits.statement == WEB.statement
    assert (found.background_limits.pool_size, found.background_limits.statement) == (5, 900.0)
    assert found.background_limits.lock == BACKGROUND.lock


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("THIDUA_STATEMENT_TIMEOUT", "30s"),
        ("THIDUA_POOL_SIZE", "-1"),
        ("THIDUA_POOL_SIZE", "2.5"),
        ("THIDUA_POOL_PRE_PING", "2"),
        ("THIDUA_JOB_LOCK_TIMEOUT", "nan"),
    ],
)
def test_a_limit_that_is_no_number_is_named(tmp_path: Any, name: str, text: str) -> None:
    with pytest.raises(Conflict, match=f"{name} phải là số .*“{text}”"):
        Settings.from_environment({"THIDUA_DATA": str(tmp_path), name: text})


def status_of(
    address: str, data: Any, monkeypatch: pytest.MonkeyPatch, capsys: Any, **more: str
) -> tuple[int, str]:
    given = {"THIDUA_DATABASE": address, "THIDUA_DATA": str(data), **more}
    for name in ("THIDUA_DATABASE_OWNER", "THIDUA_DEMO"):
        monkeypatch.delenv(name, raising=False)
    for name, text in given.items():
        monkeypatch.setenv(name, text)
    code = main(["status"])
    said = capsys.readouterr()
    return code, said.out + said.err


def test_the_state_tells_of_the_pool_the_server_and_who_passes_its_policies(
    postgres: Any, tmp_path: Any, monkeypatch: pytest.MonkeyPatch, capsys: Any
) -> None:
    name = postgres.create()
    more = {"THIDUA_POOL_SIZE": "4", "THIDUA_POOL_OVERFLOW": "3", "THIDUA_LOCK_TIMEOUT": "2.5"}
    code, said = status_of(postgres.application_url(name), tmp_path, monkeypatch, capsys, **more)
    assert code == 0
    assert "Kết nối của một tiến trình web: giữ sẵn 4, nhiều nhất 7" in said
    assert "Kết nối trên máy chủ: 1 (đang làm việc 1), nhiều nhất 100" in said
    assert "câu lệnh 30, khóa 2.5, giao dịch bỏ quên 60" in said
    assert "CHÚ Ý" not in said
    _, said = status_of(postgres.owner_url(name), tmp_path, monkeypatch, capsys)
    assert "CHÚ Ý: vai trò kết nối vượt qua phân quyền theo tổ chức" in said
    postgres.drop(name)


def test_a_command_without_a_server_says_so(
    tmp_path: Any, monkeypatch: pytest.MonkeyPatch, capsys: Any
) -> None:
    code, said = status_of("postgresql://nobody@127.0.0.1:1/none", tmp_path, monkeypatch, capsys)
    assert code == 1
    assert said.startswith("Không nâng cấp được cơ sở dữ liệu: máy chủ không trả lời")
