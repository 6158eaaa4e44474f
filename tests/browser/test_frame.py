"""Sign-in, home and a task in a real browser, at desktop and at phone width."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import expect

from engine import tasks
from workflows.actions.nominations import create_nominations

pytestmark = pytest.mark.browser

HOUSEHOLD = {
    "award": "GK_XA",
    "subject_kind": "household",
    "achievement_year": 2022,
    "merit_summary": "Sản xuất giỏi, giúp đỡ năm hộ nghèo trong xóm.",
    "address": "Xóm Mẫu 4",
}


@pytest.fixture(scope="session")
def dossiers(site: Any) -> list[Any]:
    """Three drafted dossiers of hamlet 4."""
    names = ("Hà Văn Mẫu (hư cấu)", "Nguyễn Thị Hạnh (hư cấu)", "Trần Đình Phúc (hư cấu)")
    rows = [{**HOUSEHOLD, "subject_name": name} for name in names]
    with site.acting("X04T") as uow:
        made = create_nominations(uow, rows, unit_id=site.made.units["X04"])
        return [row.id for row in made]


def test_the_sign_in_page_and_home_are_clean(visitor: Any, dossiers: Any) -> None:
    visitor.go("/sign-in")
    visitor.check("sign-in")
    visitor.sign_in("X04T")
    expect(visitor.page.locator("h1")).to_have_text("Việc của tôi")
    visitor.check("home")


def test_an_empty_home_is_clean(visitor: Any) -> None:
    visitor.sign_in("X05T")
    visitor.check("home-empty")


def test_a_task_saves_its_draft_by_itself_and_names_what_is_wrong(
    visitor: Any, dossiers: Any, site: Any
) -> None:
    with site.acting("X04T") as uow:
        task = tasks.open_tasks(uow, step="draft_nomination", business_key=str(dossiers[0]))[0]
    visitor.sign_in("X04T")
    visitor.go(f"/tasks/{task.id}")
    visitor.check("task")
    visitor.page.locator("textarea").first.fill("Sản xuất giỏi; đã giúp năm hộ thoát nghèo.")
    expect(visitor.page.locator("[data-draft-status]")).to_contain_text("Đã lưu nháp lúc")
    visitor.page.locator("[name=achievement_year]").fill("hai nghìn")
    visitor.page.locator("main form.sheet button[type=submit]").first.click()
    expect(visitor.page.locator("[data-error-summary]")).to_be_focused()
    expect(visitor.page.locator("textarea").first).to_have_value("Sản xuất giỏi; đã giúp năm hộ thoát nghèo.")
    visitor.check("task-errors")


def test_the_password_page_is_clean(visitor: Any) -> None:
    visitor.sign_in("VP")
    visitor.go("/password")
    visitor.check("password")


def test_a_page_that_is_not_there_is_clean(visitor: Any) -> None:
    visitor.sign_in("VP")
    visitor.go("/khong-co")
    visitor.check("not-found")
