"""Setting up the commune: who may, dates of roles, substitutes, seats, passwords; on both databases."""

from __future__ import annotations

# First: swaps in the one SQLite library.
from engine.database import Database, unit_of_work  # isort: skip

from datetime import date
from typing import Any

import pytest
from sqlalchemy import func, select

from engine import history
from engine.errors import InvalidForm, NotAllowed
from workflows.actions import organisation, passwords
from workflows.calendar import calendar_of, end_of_term
from workflows.facts import channel_of
from workflows.fixtures.dong_lien import create
from workflows.handlers import register_all
from workflows.lookups import RoleLookups
from workflows.queries import people
from workflows.rules.voting import Rule, quorum_needed
from workflows.tables.movements import Movement
from workflows.tables.organisation import Person

LOOKUPS = RoleLookups()
TODAY = date(2022, 12, 12)


def test_the_demo_commune_has_its_people_seats_units_and_movements_on_both_databases(
    database: Database,
) -> None:
    register_all()
    made = create(database)
    with unit_of_work(database, organisation_id=made.commune_id) as uow:
        council = people.council(uow)
        assert [seat.seat for seat, _ in council] == list(range(1, 12))
        assert [person.full_name for seat, person in council if seat.is_chair] == ["Nguyễn Đức Hải (hư cấu)"]
        assert quorum_needed(Rule(), len(council)) == 8
        assert uow.session.scalar(select(func.count()).select_from(Movement)) == 18
        everybody = uow.session.scalars(select(Person).where(Person.organisation_id == made.commune_id)).all()
        assert all(person.fictitious and person.full_name.endswith("(hư cấu)") for person in everybody)
        assert sum(person.unit_id == made.units["CQ"] for person in everybody) == 22
        assert history.verify(uow, f"people:{made.commune_id}") == []
    assert len({account.username for account in made.accounts}) == len(made.accounts) == 34


def test_only_an_administrator_changes_people_and_holds_no_role_in_dossiers(commune: Any) -> None:
    with commune.acting("CT") as uow, pytest.raises(NotAllowed, match="Quản trị hệ thống"):
        organisation.create_person(uow, full_name="Ai đó")
    with commune.acting("QT") as uow:
        with pytest.raises(NotAllowed, match="Tài khoản quản trị"):
            organisation.grant_role(uow, commune.made.people["QT"], "clerk", valid_from=date(2022, 1, 1))
        with pytest.raises(InvalidForm, match="Ghế số 3 đang có người"):
            organisation.seat_member(
                uow, commune.made.people["TKV"], seat=3, title="Ủy viên", valid_from=TODAY
            )


def test_roles_count_from_their_first_to_their_last_day(commune: Any) -> None:
    person = commune.made.people["TCKT"]
    with commune.acting("QT") as uow:
        holding = organisation.grant_role(uow, person, "clerk", valid_from=date(2022, 12, 1))
        organisation.end_role(uow, holding.id, last_day=date(2022, 12, 31))
        days = [date(2022, 11, 30), date(2022, 12, 1), date(2022, 12, 31), date(2023, 1, 1)]
        held = [LOOKUPS.holds_role(uow, person, "clerk", commune.made.commune_id, None, day) for day in days]
    assert held == [False, True, True, False]


def test_a_substitute_is_no_regular_holder(commune: Any) -> None:
    made = commune.made
    with commune.acting("VP") as uow:
        unit = made.units["X04"]
        assert LOOKUPS.holders(uow, made.commune_id, "unit_head", unit, TODAY) == [made.people["X04T"]]
        assert LOOKUPS.substitutes(uow, made.commune_id, "unit_head", unit, TODAY) == [made.people["X04P"]]
        assert not LOOKUPS.holds_role(uow, made.people["X04P"], "unit_head", made.commune_id, unit, TODAY)
        assert LOOKUPS.person_name(uow, made.people["CT"]) == "Nguyễn Đức Hải (hư cấu)"


def test_a_one_time_password_signs_in_and_must_be_changed(commune: Any) -> None:
    [account] = [each for each in commune.made.accounts if each.username == "vanphong"]
    with commune.acting("VP") as uow:
        person = passwords.sign_in(uow, "VanPhong ", account.password)
        assert person is not None and person.must_change_password
        assert passwords.sign_in(uow, "vanphong", account.password + "x") is None
        assert passwords.sign_in(uow, "khongco", account.password) is None
        with pytest.raises(InvalidForm, match="Mật khẩu hiện tại không đúng"):
            passwords.change_password(uow, current="sai", new="mật khẩu đủ dài")
        with pytest.raises(InvalidForm, match="ít nhất 10 ký tự"):
            passwords.change_password(uow, current=account.password, new="ngắn")
        passwords.change_password(uow, current=account.password, new="mật khẩu đủ dài")
        assert passwords.sign_in(uow, "vanphong", account.password) is None
        changed = passwords.sign_in(uow, "vanphong", "mật khẩu đủ dài")
        assert changed is not None and not changed.must_change_password
        assert changed.password_hash.startswith("$argon2id$v=19$m=19456,t=2,p=1$")


def test_holidays_and_compensatory_days_move_a_term(commune: Any) -> None:
    commune_id = commune.made.commune_id
    with commune.acting("QT") as uow:
        assert not calendar_of(uow, commune_id, [2022]).is_working(date(2022, 9, 1))
        assert end_of_term(uow, commune_id, date(2022, 8, 31), 1, "working_days") == date(2022, 9, 5)
        organisation.set_calendar_day(uow, date(2022, 9, 3), kind="workday", note="Làm bù")
        assert end_of_term(uow, commune_id, date(2022, 8, 31), 1, "working_days") == date(2022, 9, 3)
        assert end_of_term(uow, commune_id, date(2022, 11, 21), 10, "working_days") == date(2022, 12, 5)


def test_a_school_changes_its_channel_on_the_first_of_july_2025(commune: Any) -> None:
    with commune.acting("VP") as uow:
        days = (date(2022, 12, 12), date(2025, 6, 30), date(2025, 7, 1))
        assert [channel_of(uow, commune.made.units["TH"], day) for day in days] == [
            "education",
            "education",
            "commune",
        ]
