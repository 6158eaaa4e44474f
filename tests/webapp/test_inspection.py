"""The inspector reads everything and changes nothing; every look is written down and can be read too."""

from __future__ import annotations

import csv
import io
import zipfile
from typing import Any
from xml.etree import ElementTree

import pytest
import sqlalchemy as sa

from webapp.spreadsheets import comma_separated, workbook
from workflows.actions.nominations import submit
from workflows.tables.nominations import Nomination, Reading

PAGES = ("", "/dossiers", "/sessions", "/papers", "/register", "/history", "/history?verify=1", "/readings")


@pytest.fixture
def inspector(web: Any) -> Any:
    web.sign_in("TKV")
    return web


@pytest.fixture
def submitted(commune: Any, household: dict[str, Any]) -> Any:
    [nomination] = commune.nominate("X04P", "X04", household)
    with commune.acting("X04P") as uow:
        submit(uow, [nomination], idempotency_key="submit-for-inspection")
    return nomination


def test_every_page_of_the_inspection_opens_and_none_takes_a_post(inspector: Any, submitted: Any) -> None:
    assert {path: inspector.get(f"/inspection{path}").status for path in PAGES} == dict.fromkeys(PAGES, 200)
    rules = [
        rule for rule in inspector.client.application.url_map.iter_rules() if "inspection." in rule.endpoint
    ]
    assert [rule.rule for rule in rules if rule.methods & {"POST", "PUT", "DELETE"}] == []


def test_the_inspection_is_closed_to_staff_and_to_the_administrator(web: Any, another: Any) -> None:
    web.sign_in("VP")
    another.sign_in("QT")
    assert {web.get(f"/inspection{path}").status for path in PAGES} == {403}
    assert {another.get(f"/inspection{path}").status for path in PAGES} == {403}


def test_a_dossiers_history_says_who_when_what_and_that_it_is_whole(
    inspector: Any, commune: Any, submitted: Any
) -> None:
    page = inspector.get(f"/inspection/dossiers/{submitted}")
    assert "Lập hồ sơ HS-2022-0001" in page.text
    assert "Đã làm: Hoàn chỉnh và nộp hồ sơ" in page.text
    assert "12:00 14/11/2022" in page.text
    assert "X04P" in page.text
    assert "lịch sử nguyên vẹn, không dòng nào bị sửa hoặc xóa" in page.text
    assert "Ghi nhận:" not in page.text


# On PostgreSQL the application owns no trigger that it could drop; tests/engine/test_history.py tries its owner.
@pytest.mark.parametrize("commune", ["sqlite"], indirect=True)
def test_a_changed_history_is_reported(inspector: Any, commune: Any, submitted: Any) -> None:
    with commune.acting("VP") as uow:
        connection = uow.session.connection()
        connection.execute(sa.text("DROP TRIGGER history_no_update"))
        connection.execute(
            sa.text("UPDATE history SET actor_name = 'Người khác' WHERE event = 'dossier:created'")
        )
    page = inspector.get(f"/inspection/dossiers/{submitted}")
    assert "Lịch sử không còn nguyên vẹn" in page.text
    assert "đã bị sửa" in page.text


def test_the_overview_counts_by_stage_and_lists_what_was_held_with_its_reason(
    inspector: Any, commune: Any, submitted: Any
) -> None:
    with commune.acting("VP") as uow:
        uow.session.get_one(Nomination, submitted).on_hold_basis = "Đơn thư ngày 10/11/2022"
    page = inspector.get("/inspection")
    assert "1 Chờ bình xét tại đơn vị" in page.text
    assert "Đang tạm dừng (1)" in page.text
    assert "Đơn thư ngày 10/11/2022" in page.text


def test_every_look_is_written_down_and_shown(
    inspector: Any, another: Any, commune: Any, submitted: Any
) -> None:
    inspector.get("/inspection")
    inspector.get(f"/inspection/dossiers/{submitted}")
    inspector.get("/inspection/export.csv")
    with commune.acting("TKV") as uow:
        looks = uow.session.execute(sa.select(Reading.what, Reading.key).order_by(Reading.id))
        assert [tuple(row) for row in looks] == [
            ("overview", ""),
            ("dossier", "HS-2022-0001"),
            ("export", "csv"),
        ]
    inspector.get("/inspection/dossiers?stage=draft&q=an&late=1")
    readings = inspector.get("/inspection/readings").text
    assert "Hồ sơ HS-2022-0001" in readings
    assert "Danh sách hồ sơ an · Nháp · quá hạn" in readings
    another.sign_in("QT")
    assert "Hồ sơ HS-2022-0001" in another.get("/admin/readings").text


def test_a_look_at_a_page_of_the_staff_is_written_down_too(
    inspector: Any, commune: Any, submitted: Any
) -> None:
    assert inspector.get("/register").status == 200
    assert inspector.get(f"/nominations/{submitted}").status == 200
    with commune.acting("TKV") as uow:
        looks = uow.session.scalars(sa.select(Reading.key).where(Reading.what == "page").order_by(Reading.id))
        assert list(looks) == ["/register", f"/nominations/{submitted}"]


def test_dossiers_are_found_without_accents(inspector: Any, submitted: Any) -> None:
    assert "Hà Văn Mẫu (hư cấu)" in inspector.get("/inspection/dossiers?q=ha van mau").text
    assert "Không có hồ sơ nào." in inspector.get("/inspection/dossiers?q=nguyen van khac").text


def test_the_export_is_text_in_every_cell(inspector: Any, submitted: Any) -> None:
    answer = inspector.client.get("/inspection/export.csv")
    assert answer.headers["Content-Disposition"] == "attachment; filename=ho-so-2022-11-14.csv"
    rows = list(csv.reader(io.StringIO(answer.data.decode("utf-8-sig"))))
    assert rows[0][:3] == ["Mã hồ sơ", "Tên", "Danh hiệu, hình thức"]
    assert rows[1][:2] == ["HS-2022-0001", "Hà Văn Mẫu (hư cấu)"]
    book = inspector.client.get("/inspection/export.xlsx")
    assert book.mimetype == "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
    assert "Hà Văn Mẫu (hư cấu)" in _strings(book.data)


def test_a_name_like_a_formula_stays_a_name() -> None:
    rows = [("=1+1", "@SUM(A1)", "Bình thường")]
    assert (
        comma_separated(("A", "B", "C"), rows).decode("utf-8-sig").splitlines()[1]
        == "'=1+1,'@SUM(A1),Bình thường"
    )
    made = workbook("Hồ sơ", ("A", "B", "C"), rows)
    assert _strings(made)[-3:] == ["=1+1", "@SUM(A1)", "Bình thường"]
    sheet = zipfile.ZipFile(io.BytesIO(made)).read("xl/worksheets/sheet1.xml").decode()
    assert "<f>" not in sheet


def _strings(book: bytes) -> list[str]:
    content = zipfile.ZipFile(io.BytesIO(book)).read("xl/sharedStrings.xml")
    return [
        element.text or "" for element in ElementTree.fromstring(content).iter() if element.tag.endswith("}t")
    ]
