"""The editors load under the strict policy, in Vietnamese, and write what the engine reads."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Blueprint, jsonify, render_template_string, request
from playwright.sync_api import Browser, Page, expect

from engine.database import Database
from webapp.app import create_app
from webapp.config import Settings

pytestmark = pytest.mark.browser

SHIPPED = Path(__file__).parents[2] / "bpmn" / "2022"
EDITOR = """{% extends "base.html" %}{% from "_editors.html" import modeler, dmn_editor, viewer %}
{% block title %}Sửa{% endblock %}
{% block main %}<h1>Sửa</h1>
{% if kind == "modeler" %}{{ modeler(data) }}{% endif %}
{% if kind == "dmn" %}{{ dmn_editor(data) }}{% endif %}
{% if kind == "viewer" %}{{ viewer(data) }}{% endif %}
{% endblock %}"""


@pytest.fixture(scope="module")
def saved() -> dict[str, Any]:
    return {}


@pytest.fixture(scope="module")
def editors(
    sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory, saved: dict[str, Any]
) -> Iterator[str]:
    """The application with one page more for each editor, as a visitor may see it."""
    import shutil
    import threading

    from werkzeug.serving import make_server

    from webapp import security

    folder = tmp_path_factory.mktemp("editors")
    shutil.copyfile(sqlite_template, folder / "thidua.db")
    database = Database(f"sqlite:///{folder / 'thidua.db'}")
    app = create_app(
        Settings(database="unused", data=folder, secret="k" * 64, rate_limits=False, testing=True), database
    )
    app.register_blueprint(_pages(saved))
    security.PUBLIC.update({"editors.show", "editors.save"})
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.port}"
    server.shutdown()
    thread.join()
    server.server_close()
    database.close()
    security.PUBLIC.difference_update({"editors.show", "editors.save"})


def _pages(saved: dict[str, Any]) -> Blueprint:
    pages = Blueprint("editors", __name__)
    files = {
        "modeler": SHIPPED / "nomination" / "nomination.bpmn",
        "viewer": SHIPPED / "nomination" / "nomination.bpmn",
        "dmn": SHIPPED / "nomination" / "channel.dmn",
    }

    @pages.get("/editors/<kind>")
    def show(kind: str) -> str:
        data = {
            "xml": files[kind].read_text(),
            "saveUrl": "/editors/save",
            "lintUrl": "/editors/save",
            "choices": {
                "forms": [["appraise.form.json", "Thẩm định"]],
                "services": [["mark_submitted", "mark_submitted"]],
                "decisions": [["channel", "channel"]],
                "processes": [],
            },
            "findings": [
                {
                    "level": "error",
                    "file": "nomination.bpmn",
                    "element_id": "appraise",
                    "message": "Thiếu biểu mẫu.",
                    "advice": "Hãy chọn biểu mẫu.",
                }
            ],
            "positions": {"appraise": "active", "receive_dossier": "done"},
        }
        return render_template_string(EDITOR, kind=kind, data=data)

    @pages.post("/editors/save")
    def save() -> Any:
        saved.update(request.get_json())
        return jsonify({"message": "Đã lưu nháp.", "findings": []})

    return pages


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    context = browser.new_context(locale="vi-VN", viewport={"width": 1440, "height": 900})
    context.set_default_timeout(15_000)
    yield context.new_page()
    context.close()


@pytest.fixture
def listening(page: Any) -> list[str]:
    """Script errors of the page; inline style attributes are refused harmlessly (see _refused)."""
    said: list[str] = []
    page.on("pageerror", lambda error: said.append(str(error)))
    page.add_init_script(
        "globalThis.refused = []; addEventListener('securitypolicyviolation', (event) => {"
        " refused.push(event.effectiveDirective); });"
    )
    return said


def _refused(page: Any) -> list[str]:
    return [each for each in page.evaluate("refused") if not each.startswith("style-src")]


def test_the_modeler_edits_a_task_saves_and_marks_findings(
    page: Any, editors: str, saved: dict[str, Any], listening: list[str]
) -> None:
    page.goto(f"{editors}/editors/modeler")
    expect(page.locator("[data-modeler][data-ready]")).to_be_attached()
    expect(page.locator("[data-findings]")).to_contain_text("Thiếu biểu mẫu. Hãy chọn biểu mẫu.")
    expect(page.locator('[data-element-id="appraise"].has-error')).to_be_attached()
    page.locator("[data-findings] button").click()
    page.locator('[data-group-id="group-td-form"] .bio-properties-panel-group-header').click()
    expect(page.locator('label[for="bio-properties-panel-td-apart"]')).to_have_text("Khác người đã làm")
    page.fill("#bio-properties-panel-td-apart", "receive_dossier")
    page.fill("#bio-properties-panel-td-due", "workdays_after(received_on, 7)")
    page.select_option("#bio-properties-panel-td-form-file", "appraise.form.json")
    page.locator("[data-save]").click()
    expect(page.locator("[data-status]")).to_have_text("Đã lưu nháp.")
    assert 'name="dueDate" value="workdays_after(received_on, 7)"' in saved["xml"]
    assert 'name="notSamePersonAs" value="receive_dossier"' in saved["xml"]
    assert listening == [] and _refused(page) == []
    Path("var/screenshots").mkdir(parents=True, exist_ok=True)
    page.screenshot(path="var/screenshots/modeler.png", full_page=True)


def test_the_modeler_speaks_vietnamese(page: Any, editors: str) -> None:
    page.goto(f"{editors}/editors/modeler")
    expect(page.locator("[data-modeler][data-ready]")).to_be_attached()
    for element in ("appraise", "mark_submitted", "check_channel", "wait_council", "wait_city", "awarded"):
        page.evaluate(
            "(id) => { const shape = thiduaModeler.get('elementRegistry').get(id);"
            " thiduaModeler.get('canvas').scrollToElement(shape, 150);"
            " thiduaModeler.get('selection').select(shape); }",
            element,
        )
        page.locator('.djs-context-pad .entry[data-action="replace"]').first.click()
        page.keyboard.press("Escape")
    assert "\n".join(sorted(page.evaluate("[...thiduaUntranslated]"))) == ""


def test_the_table_editor_opens_and_saves_python_cells(
    page: Any, editors: str, saved: dict[str, Any], listening: list[str]
) -> None:
    page.goto(f"{editors}/editors/dmn")
    expect(page.locator("[data-dmn][data-ready]")).to_be_attached()
    expect(page.locator(".bjs-powered-by").first).to_be_visible()
    page.locator("[data-save]").click()
    expect(page.locator("[data-status]")).to_have_text("Đã lưu nháp.")
    assert "<decisionTable" in saved["xml"]
    assert "\n".join(sorted(page.evaluate("[...thiduaUntranslated]"))) == ""
    assert listening == [] and _refused(page) == []
    page.screenshot(path="var/screenshots/dmn.png", full_page=True)


def test_the_viewer_shows_where_a_dossier_stands(page: Any, editors: str, listening: list[str]) -> None:
    page.goto(f"{editors}/editors/viewer")
    expect(page.locator("[data-viewer][data-ready]")).to_be_attached()
    expect(page.locator('[data-element-id="appraise"].is-active')).to_be_attached()
    expect(page.locator(".diagram-badge")).to_have_text("Đang ở đây")
    assert listening == [] and _refused(page) == []
    page.screenshot(path="var/screenshots/viewer.png", full_page=True)
