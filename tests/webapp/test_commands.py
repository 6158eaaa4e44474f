"""The commands of an installation, run as from a terminal against a data folder of their own."""

from __future__ import annotations

# First: swaps in the one SQLite library.
from engine.database import Database, unit_of_work  # isort: skip

import json
import tarfile
from collections.abc import Callable
from io import BytesIO
from pathlib import Path

import pytest
import sqlalchemy as sa

from engine.models import Organisation
from webapp.app import create_app, open_database
from webapp.cli import main
from webapp.config import Settings
from workflows.actions import organisation
from workflows.actions.passwords import HASHER
from workflows.tables.organisation import Person

Run = Callable[..., tuple[int, str, str]]

SHIPPED = Path(__file__).parents[2] / "bpmn" / "2022"
INIT = ("init", "--code", "dong-lien", "--name", "UBND xã Đồng Liên", "--admin-name", "Lê Quản Trị")
BAD = """<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" id="d" targetNamespace="t">
<process id="p" isExecutable="true">
<startEvent id="s"><outgoing>a</outgoing></startEvent><sequenceFlow id="a" sourceRef="s" targetRef="t"/>
<scriptTask id="t"><incoming>a</incoming><outgoing>b</outgoing><script>{script}</script></scriptTask>
<sequenceFlow id="b" sourceRef="t" targetRef="e"/><endEvent id="e"><incoming>b</incoming></endEvent>
</process></definitions>"""


@pytest.fixture
def thidua(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Runs a command on the folder `data`, or on another one; gives status, output and complaint."""
    for name in ("THIDUA_DATABASE", "THIDUA_DATABASE_OWNER", "THIDUA_DEMO"):
        monkeypatch.delenv(name, raising=False)

    def run(*arguments: str | Path, data: str = "data") -> tuple[int, str, str]:
        monkeypatch.setenv("THIDUA_DATA", str(tmp_path / data))
        status = main([str(each) for each in arguments])
        said = capsys.readouterr()
        return status, said.out, said.err

    return run


def test_an_empty_installation_says_at_once_that_no_regulation_covers_the_day(thidua: Run) -> None:
    thidua("clock", "2026-01-05")
    status, said, _ = thidua(*INIT)
    assert status == 0
    assert "Người quản trị: quantri, mật khẩu dùng một lần: " in said
    assert "CHÚ Ý: Không có quy định nào đang có hiệu lực" in said
    assert "vào ngày 05/01/2026" in said
    assert json.loads(thidua("status", "--json")[1])["regulations_in_force"] == []
    assert thidua("clock", "2022-12-12")[1] == "08:00 12/12/2022 (đứng)\n"
    _, said, _ = thidua(*INIT[:2], "hai", *INIT[3:], "--admin-username", "hai")
    assert "CHÚ Ý" not in said


def test_a_day_without_regulation_is_said_on_the_page_where_one_nominates(
    thidua: Run, tmp_path: Path
) -> None:
    thidua("clock", "2026-01-05")
    thidua(*INIT)
    settings = Settings.from_environment({"THIDUA_DATA": str(tmp_path / "data")})
    database = open_database(settings)
    client = create_app(settings, database).test_client()
    _a_head_of_unit(database)
    page = client.get("/sign-in").text
    token = page.split('name="_csrf" value="')[1].split('"')[0]
    client.post("/sign-in", data={"_csrf": token, "username": "truongxom", "password": "mot mat khau dai"})
    answer = client.get("/nominations/new")
    assert answer.status_code == 409
    assert "đang có hiệu lực vào ngày 05/01/2026, nên chưa lập được hồ sơ" in answer.text
    database.close()


def _a_head_of_unit(database: Database) -> None:
    with unit_of_work(database, readonly=True) as uow:
        own = uow.session.scalars(sa.select(Organisation.id)).one()
        quantri = uow.session.scalars(sa.select(Person.id)).one()
    with unit_of_work(database, organisation_id=own, actor_id=quantri) as uow:
        unit = organisation.create_unit(uow, code="X01", name="Xóm 1", kind="hamlet", valid_from=uow.today)
        head = organisation.create_person(uow, full_name="Hà A", unit_id=unit.id, username="truongxom")
        organisation.grant_role(uow, head.id, "unit_head", unit_id=unit.id, valid_from=uow.today)
        head.password_hash, head.must_change_password = HASHER.hash("mot mat khau dai"), False


def test_the_state_is_one_object_for_a_monitor_and_sentences_for_a_person(thidua: Run) -> None:
    thidua("clock", "2022-12-12")
    thidua(*INIT)
    state = json.loads(thidua("status", "--json")[1])
    assert {**state, "version": "x", "regulations_in_force": len(state["regulations_in_force"])} == {
        "version": "x",
        "database": "sqlite",
        "dossiers": 0,
        "dossiers_by_stage": {},
        "running_instances": 0,
        "open_tasks": 0,
        "regulations_in_force": 1,
        "jobs": {
            "waiting": 0,
            "running": 0,
            "later": 0,
            "retrying": 0,
            "failed": 0,
            "of_another_version": 0,
            "oldest_waiting": None,
            "workers_alive": 0,
        },
        "connections": {
            "pool_size": 20,
            "pool_overflow": 30,
            "statement_timeout": 30.0,
            "lock_timeout": 10.0,
            "idle_timeout": 60.0,
        },
    }
    said = thidua("status")[1].splitlines()
    assert said[1:3] == ["Hồ sơ: 0", "Quy trình đang chạy: 0; việc đang chờ: 0"]
    assert "KHÔNG có chương trình xử lý nền nào đang chạy" in said
    assert said[-1].strip() == state["regulations_in_force"][0]["name"]


def test_lint_says_file_element_what_and_what_to_do_one_line_each(thidua: Run, tmp_path: Path) -> None:
    assert thidua("lint", SHIPPED) == (0, "", "")
    diagram = tmp_path / "p.bpmn"
    diagram.write_text(BAD.format(script="x = __import__('os')"))
    status, said, _ = thidua("lint", diagram)
    errors = [line for line in said.splitlines() if ": error: " in line]
    assert status == 1
    assert errors == [
        "p.bpmn:t: error: kịch bản không dùng được: Dòng 1: Không được dùng tên bắt đầu bằng gạch dưới: "
        "“__import__” — việc này phải là một bước tự động (service task) do người lập trình viết"
    ]


def test_a_diagram_with_warnings_only_may_be_published(thidua: Run, tmp_path: Path) -> None:
    diagram = tmp_path / "p.bpmn"
    diagram.write_text(BAD.format(script="x = 1"))
    status, said, _ = thidua("lint", diagram)
    assert status == 0
    assert [line.split(": ")[:2] for line in said.splitlines()] == [["p.bpmn", "warning"]] * 2
    assert "không có hình vẽ (DI)" in said
    assert "sơ đồ đứng một mình, không thuộc quy định nào" in said


def test_what_is_not_there_is_named(thidua: Run, tmp_path: Path) -> None:
    assert thidua("lint", tmp_path / "khong-co") == (
        1,
        "",
        f"Không tìm thấy tệp “{tmp_path / 'khong-co'}”.\n",
    )


def test_a_folder_with_errors_is_not_published_and_each_is_said(thidua: Run, tmp_path: Path) -> None:
    thidua(*INIT)
    folder = tmp_path / "sai"
    (folder / "p").mkdir(parents=True)
    (folder / "p" / "p.bpmn").write_text(BAD.format(script="import os"))
    (folder / "regulation.toml").write_text('code = "sai"\nname = "Sai"\neffective_from = 2030-01-01\n')
    status, said, complaint = thidua("publish", folder)
    assert status == 1
    assert "p/p.bpmn:t: error: kịch bản không dùng được: Dòng 1: Không được dùng lệnh import" in said
    assert complaint
    (folder / "p" / "p.bpmn").write_text(BAD.format(script="x = 1"))
    assert thidua("publish", folder)[:2] == (0, "Đã công bố “Sai”, hiệu lực từ 01/01/2030.\n")


def test_a_copy_brings_back_database_and_files_elsewhere(thidua: Run, tmp_path: Path) -> None:
    thidua("clock", "2022-12-12")
    thidua(*INIT)
    kept = tmp_path / "data" / "files" / "ab" / "abcd"
    kept.parent.mkdir(parents=True)
    kept.write_bytes(b"minh chung")
    copy = tmp_path / "copy.tar"
    assert thidua("backup", copy)[0] == 0
    with tarfile.open(copy) as archive:
        assert not [name for name in archive.getnames() if "secret" in name]
    assert copy.stat().st_mode & 0o077 == 0
    assert thidua("restore", copy, data="elsewhere")[0] == 0
    assert thidua("status", data="elsewhere") == thidua("status")
    assert (tmp_path / "elsewhere" / "files" / "ab" / "abcd").read_bytes() == b"minh chung"
    assert thidua("backup", copy) == (1, "", f"Tệp {copy} đã có; hãy chọn tên khác.\n")


def test_what_is_no_copy_is_refused(thidua: Run, tmp_path: Path) -> None:
    other = tmp_path / "other.tar"
    other.write_bytes(b"khong phai")
    assert thidua("restore", other) == (1, "", f"Không đọc được bản sao lưu {other}.\n")
    with tarfile.open(other, "w") as archive:
        archive.add(__file__, "gi-do")
    assert thidua("restore", other) == (1, "", f"{other} không phải bản sao lưu của Thi đua.\n")


@pytest.mark.parametrize("name", ["../outside", "/tmp/outside", "files/../../outside", "elsewhere"])
def test_a_copy_with_a_file_that_none_of_ours_holds_is_refused(
    thidua: Run, tmp_path: Path, name: str
) -> None:
    hostile = tmp_path / "hostile.tar"
    with tarfile.open(hostile, "w") as archive:
        entry = tarfile.TarInfo(name)
        entry.size = 1
        archive.addfile(entry, BytesIO(b"x"))
    assert thidua("restore", hostile) == (1, "", f"{hostile} không phải bản sao lưu của Thi đua.\n")
    assert not list(tmp_path.rglob("outside")) and not Path("/tmp/outside").exists()
