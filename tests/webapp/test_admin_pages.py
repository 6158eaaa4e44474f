"""Administration: every page opens, what is typed is kept, what is changed is in force and written down."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest
import sqlalchemy as sa

from engine.clock import InstallationClock, set_clock
from engine.database import unit_of_work
from engine.models import Incident
from workflows.tables.organisation import CalendarDay, Person, RoleHolding

PAGES = (
    "",
    "/people",
    "/people/new",
    "/units",
    "/units/new",
    "/roles",
    "/roles/new",
    "/council",
    "/council/new",
    "/delegations",
    "/delegations/new",
    "/calendar",
    "/numbers",
    "/clock",
    "/incidents",
    "/jobs",
    "/backup",
    "/readings",
    "/regulations",
    "/regulations/new",
)
ADMIN = "QT"


@pytest.fixture
def admin(web: Any) -> Any:
    web.sign_in(ADMIN)
    return web


def test_every_page_of_the_administration_opens(admin: Any) -> None:
    assert {path: admin.get(f"/admin{path}").status for path in PAGES} == dict.fromkeys(PAGES, 200)


def test_pages_of_the_administration_are_closed_to_staff(web: Any) -> None:
    web.sign_in("VP")
    closed = [path for path in PAGES if path != "/clock"]
    assert {path: web.get(f"/admin{path}").status for path in closed} == dict.fromkeys(closed, 403)


def test_an_administrator_opens_no_dossier(admin: Any, commune: Any, household: dict[str, Any]) -> None:
    [nomination] = commune.nominate("X04P", "X04", household)
    assert admin.get(f"/nominations/{nomination}").status == 403
    assert admin.get("/inspection").status == 403


def test_people_are_found_without_accents(admin: Any) -> None:
    page = admin.get("/admin/people?q=tran thi mai")
    assert "Trần Thị Mai Lan" in page.text
    assert "Nguyễn Đức Hải" not in page.text


def test_a_new_person_gets_a_password_that_is_shown_once(admin: Any, commune: Any) -> None:
    form = admin.get("/admin/people/new")
    sent = {"full_name": "Nông Thị Thử (hư cấu)", "position": "Công chức", "username": "nongthithu"}
    answer = admin.post("/admin/people/new", {**form.keys(), **sent})
    assert answer.status == 302
    place = answer.response.headers["Location"]
    page = admin.get(place)
    issued = admin.post(f"{place}/password", page.keys())
    assert "Mật khẩu dùng một lần" in issued.text
    assert "Mật khẩu dùng một lần Hãy trao" not in admin.get(place).text
    with commune.acting(ADMIN) as uow:
        person = uow.session.scalars(sa.select(Person).where(Person.username == "nongthithu")).one()
        assert (person.full_name, person.must_change_password) == ("Nông Thị Thử (hư cấu)", True)


def test_a_form_that_cannot_be_taken_comes_back_with_what_was_typed(admin: Any) -> None:
    form = admin.get("/admin/people/new")
    answer = admin.post(
        "/admin/people/new",
        {**form.keys(), "full_name": "Nông Thị Thử", "username": "chutich", "born_year": "mới sinh"},
    )
    assert answer.status == 422
    assert 'value="Nông Thị Thử"' in answer.response.text
    assert 'value="mới sinh"' in answer.response.text
    assert "Năm sinh: vui lòng nhập một số nguyên" in answer.text
    again = admin.post("/admin/people/new", {**answer.keys(), "full_name": "Thử", "username": "chutich"})
    assert (again.status, "Tên đăng nhập chutich đã có người dùng." in again.text) == (422, True)


def test_the_same_form_sent_twice_makes_one_person(admin: Any, commune: Any) -> None:
    sent = {**admin.get("/admin/people/new").keys(), "full_name": "Hứa Văn Đôi (hư cấu)"}
    first, second = admin.post("/admin/people/new", sent), admin.post("/admin/people/new", sent)
    assert first.response.headers["Location"] == second.response.headers["Location"]
    with commune.acting(ADMIN) as uow:
        query = sa.select(sa.func.count()).select_from(Person).where(Person.full_name.like("Hứa Văn Đôi%"))
        assert uow.session.scalar(query) == 1


def test_a_role_that_nobody_holds_is_named_until_somebody_is_appointed(admin: Any, commune: Any) -> None:
    with commune.acting(ADMIN) as uow:
        held = sa.select(RoleHolding).where(
            RoleHolding.role == "clerk", RoleHolding.organisation_id == commune.made.commune_id
        )
        for holding in uow.session.scalars(held):
            holding.valid_to = holding.valid_from
    assert "Chưa có ai giữ vai trò “Văn thư”." in admin.get("/admin/roles").text
    form = admin.get("/admin/roles/new")
    sent = {"person_id": str(commune.made.people["TCKT"]), "role": "clerk", "valid_from": "2022-11-14"}
    assert admin.post("/admin/roles/new", {**form.keys(), **sent}).status == 302
    page = admin.get("/admin/roles")
    assert "Chưa có ai giữ vai trò “Văn thư”." not in page.text
    assert "“Văn thư” có một người và chưa có người thay thế" in page.text


def test_an_administrator_may_not_hold_a_role_in_dossiers(admin: Any, commune: Any) -> None:
    form = admin.get("/admin/roles/new")
    sent = {"person_id": str(commune.made.people[ADMIN]), "role": "clerk", "valid_from": "2022-11-14"}
    answer = admin.post("/admin/roles/new", {**form.keys(), **sent})
    assert answer.status == 403
    assert "không được giữ vai trò nghiệp vụ" in answer.text


def test_a_compensatory_day_is_added_and_taken_away(admin: Any, commune: Any) -> None:
    form = admin.get("/admin/calendar?year=2022")
    assert "Tết Dương lịch" in form.text
    sent = {"day": "2022-12-31", "kind": "workday", "note": "Làm bù"}
    answer = admin.post("/admin/calendar?year=2022", {**form.keys(), **sent})
    assert answer.response.headers["Location"] == "/admin/calendar?year=2022"
    page = admin.get("/admin/calendar?year=2022")
    assert "31/12/2022 Nội dung Làm bù" in page.text
    assert admin.post("/admin/calendar/clear", {**page.keys(), "day": "2022-12-31"}).status == 302
    with commune.acting(ADMIN) as uow:
        query = sa.select(CalendarDay).where(CalendarDay.day == date(2022, 12, 31))
        assert uow.session.scalars(query).first() is None


def test_the_clock_of_the_demo_goes_forward_only(admin: Any, commune: Any) -> None:
    commune.database.clock = InstallationClock(commune.database)
    with unit_of_work(commune.database) as uow:
        set_clock(uow, datetime(2022, 12, 12, 1, tzinfo=UTC))
    page = admin.get("/admin/clock")
    assert "12/12/2022" in page.text
    back = admin.post("/admin/clock", {**page.keys(), "day": "2022-12-11"})
    assert (back.status, "ngày không lùi lại được" in back.text) == (422, True)
    assert admin.post("/admin/clock", {**back.keys(), "day": "2022-12-20"}).status == 302
    assert "20/12/2022" in admin.get("/admin/clock").text


def test_the_clock_of_a_running_installation_is_not_moved(admin: Any, commune: Any) -> None:
    page = admin.get("/admin")
    answer = admin.post("/admin/clock", {**_keys(admin), "day": "2022-12-20"})
    assert page.status == 200
    assert (answer.status, "chạy theo giờ thật" in answer.text) == (403, True)


def _keys(admin: Any) -> dict[str, str]:
    found: dict[str, str] = admin.get("/admin/people/new").keys()
    return found


def test_an_incident_is_shown_and_settled(admin: Any, commune: Any) -> None:
    with commune.acting(ADMIN) as uow:
        uow.session.add(
            Incident(
                organisation_id=commune.made.commune_id,
                element="register_award",
                cause="ValueError: sổ bị khóa",
                created_at=uow.now,
            )
        )
    page = admin.get("/admin/incidents")
    assert "register_award" in page.text
    assert "sổ bị khóa" in page.text
    with commune.acting(ADMIN) as uow:
        incident = uow.session.scalars(sa.select(Incident)).one().id
    way = f"/admin/incidents/{incident}/settle"
    assert admin.post(way, {**admin.get(way).keys(), "reason": ""}).status == 422
    assert admin.post(way, {**admin.get(way).keys(), "reason": "sổ đã mở lại"}).status == 302
    page = admin.get("/admin/incidents").text
    assert "Không có sự cố nào." in page
    assert "sổ đã mở lại" in page
