"""Theo dõi vận hành in a real browser: the heat map, the table that says the same, and axe on every page."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import expect

from engine import incidents
from engine.errors import StepFailed
from workflows.actions.nominations import create_nominations
from workflows.tables.nominations import Nomination

pytestmark = pytest.mark.browser

HOUSEHOLD = {
    "award": "GK_XA",
    "subject_kind": "household",
    "achievement_year": 2022,
    "merit_summary": "Sản xuất giỏi, giúp đỡ năm hộ nghèo trong xóm.",
    "address": "Xóm Mẫu 4",
}
NAMES = ("Hà Văn Mẫu (hư cấu)", "Nguyễn Thị Hạnh (hư cấu)", "Trần Đình Phúc (hư cấu)")


def test_the_administrator_sees_where_dossiers_pile_up(own_site: Any, enter: Any) -> None:
    with own_site.acting("X04T") as uow:
        rows = [{**HOUSEHOLD, "subject_name": name} for name in NAMES]
        made = create_nominations(uow, rows, unit_id=own_site.made.units["X04"])
        failing = uow.session.get_one(Nomination, made[0].id).instance_id
    error = StepFailed("draft_nomination", "KeyError: thiếu mức thưởng")
    incidents.record_failure(own_site.database, error, failing)
    administrator = enter("QT")
    page = administrator.page
    administrator.go("/admin")
    administrator.follow("Theo dõi vận hành")
    administrator.look("console")
    page.locator("main table a").first.click()
    expect(page.locator("[data-heat][data-ready]")).to_be_attached()
    hot = page.locator(".djs-shape.is-heat-4")
    expect(hot).to_have_count(1)
    expect(hot).to_have_attribute("data-element-id", "draft_nomination")
    expect(page.locator(".djs-shape.is-broken")).to_have_count(1)
    expect(page.locator(".heat-badge")).to_have_text("3 !")
    expect(page.locator("main tbody tr")).to_have_count(1)
    administrator.look("console-version")
    page.locator("main tbody a").first.click()
    expect(page.locator("main tbody tr")).to_have_count(3)
    administrator.look("console-step")
    administrator.row("Trần Đình Phúc").get_by_role("link").first.click()
    administrator.look("console-instance")
    for path, name in (
        ("/admin/console/timers", "console-timers"),
        ("/admin/console/search?q=nguyen+thi+hanh", "console-search"),
        ("/admin/incidents", "console-incidents"),
        ("/admin/jobs", "console-jobs"),
    ):
        administrator.go(path)
        administrator.look(name)
    administrator.go("/admin/console/search?q=nguyen+thi+hanh")
    expect(page.locator("main tbody tr")).to_have_count(1)
