"""A process model of SpiffArena is imported by the command, published, and worked through in its pages."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from engine import instances, tasks
from engine.database import new_id
from webapp.cli import main
from webapp.commands.regulations import import_and_publish

MODELS = Path(__file__).parents[1] / "engine" / "spiffarena_models"
ROLES = ("--role", "Người xin nghỉ=standing_office", "--role", "Người duyệt=chairman")


@pytest.fixture
def leave(commune: Any, app: Any, tmp_path: Path, capsys: Any) -> str:
    """The model in force in the commune, and the business key of one run."""
    target = tmp_path / "leave"
    assert main(["import-spiffarena", str(MODELS / "leave"), str(target), *ROLES]) == 0
    assert "có thể công bố" in capsys.readouterr().out
    key = str(new_id())
    with commune.acting("VP") as uow:
        import_and_publish(uow, target, commune.made.commune_id, effective_from=uow.today)
    with commune.acting("VP") as uow:
        home = commune.made.commune_id
        instances.start(uow, "Process_leave", organisation_id=home, business_key=key, data={})
    return key


def page_of(commune: Any, step: str, key: str) -> str:
    with commune.acting("VP") as uow:
        [task] = tasks.open_tasks(uow, step=step, business_key=key)
        return f"/tasks/{task.id}"


def ended(commune: Any, key: str) -> tuple[str, dict[str, Any]]:
    with commune.acting("VP") as uow:
        run = instances.find(uow, commune.made.commune_id, "Process_leave", key)
        assert run is not None
        return run.status, instances.data(uow, run.id)


ASKED = {"full_name": "Phạm Thu Hà", "kind": "annual", "reason": "Về quê"}


def test_a_long_leave_is_asked_for_approved_and_read(
    web: Any, another: Any, commune: Any, leave: str
) -> None:
    web.sign_in("VP")
    page = page_of(commune, "Activity_ask", leave)
    shown = web.get(page)
    mine = shown.keys()
    assert "Điền đơn Nộp trước ba ngày." in shown.text
    assert shown.text.index("Họ và tên") < shown.text.index("Loại nghỉ") < shown.text.index("Số ngày")
    wrong = web.post(page, {**shown.keys(), **ASKED, "days": "31", "email": "không phải thư"})
    assert wrong.status == 422
    assert "Số ngày" in wrong.text and "Thư điện tử" in wrong.text
    assert web.post(page, {**shown.keys(), **ASKED, "days": "5"}).status == 302

    another.sign_in("CT")
    page = page_of(commune, "Activity_approve", leave)
    shown = another.get(page)
    assert another.post(page, {**shown.keys(), "note": "thiếu kết quả"}).status == 422
    assert web.post(page, {**mine, "_key": new_id().hex, "approved": "yes"}).status == 403
    assert another.post(page, {**shown.keys(), "approved": "no", "note": "Việc gấp"}).status == 302

    page = page_of(commune, "Activity_read", leave)
    shown = web.get(page)
    assert "Đơn đã được xử lý." in shown.text
    assert web.post(page, shown.keys()).status == 302
    status, data = ended(commune, leave)
    assert status == "completed"
    told = {name: data[name] for name in ("days", "needs_head", "approved", "note", "asked")}
    assert told == {"days": 5, "needs_head": True, "approved": "no", "note": "Việc gấp", "asked": True}


def test_a_short_leave_needs_no_approval(web: Any, commune: Any, leave: str) -> None:
    web.sign_in("VP")
    page = page_of(commune, "Activity_ask", leave)
    assert web.post(page, {**web.get(page).keys(), **ASKED, "days": "3"}).status == 302
    page = page_of(commune, "Activity_read", leave)
    assert web.post(page, web.get(page).keys()).status == 302
    status, data = ended(commune, leave)
    assert (status, data["needs_head"], data["approved"]) == ("completed", False, "yes")


def test_a_run_may_be_called_anything(web: Any, commune: Any, leave: str) -> None:
    with commune.acting("VP") as uow:
        home = commune.made.commune_id
        instances.start(uow, "Process_leave", organisation_id=home, business_key="đơn số 1", data={})
    web.sign_in("VP")
    assert "Xin nghỉ" in web.get("/").text
    page = page_of(commune, "Activity_ask", "đơn số 1")
    assert "Họ và tên" in web.get(page).text
    assert web.post(page, {**web.get(page).keys(), **ASKED, "days": "3"}).status == 302


def test_the_command_names_what_cannot_come_along_and_writes_over_nothing(
    tmp_path: Path, capsys: Any
) -> None:
    target = tmp_path / "everything"
    arguments = ["import-spiffarena", str(MODELS / "everything"), str(target)]
    assert main(arguments) == 1
    printed = capsys.readouterr().out
    assert "all.bpmn:Activity_wide: error: allowGuest" in printed
    assert "chưa công bố được" in printed
    assert main(arguments) == 1
    assert "đã có tệp" in capsys.readouterr().err
