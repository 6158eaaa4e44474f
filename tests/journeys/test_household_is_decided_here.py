"""AC-01: a farmer household of Xóm Mẫu 4, from its hamlet's meeting to decision and register."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import select

from engine.clock import local_date
from workflows.demo.nominees import FARMER_HOUSEHOLD, FARMING
from workflows.queries import dossier
from workflows.queries.papers import paper_page
from workflows.queries.register import search
from workflows.tables.nominations import Evidence
from workflows.tables.register import RegisterEntry

NAME = "Ông Hà Văn Mẫu (hư cấu)"


def received(town: Any) -> UUID:
    movement = town.fixture.movements[FARMING]
    [key] = town.nominate("X04T", "X04", {**FARMER_HOUSEHOLD, "movement_id": movement})
    town.attach("X04T", key, "merit_report")
    town.attach("X04T", key, "association_confirmation")
    town.submit("X04T", key)
    town.at(date(2022, 11, 18))
    town.review("X04T", "X04", [key])
    town.at(date(2022, 11, 21))
    town.receive(key)
    return UUID(str(key))


def test_a_dossier_received_on_monday_21_november_is_due_on_monday_5_december(town: Any) -> None:
    key = received(town)
    row = town.row(key)
    assert (row.received_on, row.due_on) == (date(2022, 11, 21), date(2022, 12, 5))
    assert local_date(town.task("appraise", key).due_at) == date(2022, 12, 5)
    with town.acting("VP") as uow:
        shown = dict(dict(dossier.dossier(uow, key).sections)["Đề nghị"])
        assert (shown["Ngày tiếp nhận"], shown["Hạn thẩm định"]) == ("21/11/2022", "05/12/2022")
        assert shown["Phong trào thi đua"].startswith("Nông dân thi đua sản xuất")
        kinds = list(uow.session.scalars(select(Evidence.kind).order_by(Evidence.id)))
    assert kinds == ["merit_report", "association_confirmation"]


def test_ten_of_eleven_agree_and_the_chairman_decides_under_his_own_name(town: Any) -> None:
    key = received(town)
    town.at(date(2022, 11, 23))
    town.appraise(key)
    town.at(date(2022, 11, 28))
    town.council(key, against={"CA": [key]})
    line = town.line(key)
    assert (line.agree, line.disagree, line.needed, line.outcome) == (10, 1, 6, "passed")
    assert (town.row(key).stage, town.row(key).authority_route) == ("paper", "decide_here")
    town.at(date(2022, 12, 1))
    paper = town.sign("decision", 203)
    assert (town.row(key).stage, town.outcome(key)) == ("awarded", "awarded")
    text = town.text(paper)
    assert "Số: 203/QĐ-UBND Đồng Liên, ngày 01 tháng 12 năm 2022" in text
    assert "Lưu: VT. CHỦ TỊCH Nguyễn Đức Hải (hư cấu)" in text
    assert "TM." not in text
    assert "Quyết định tặng Giấy khen của Chủ tịch Ủy ban nhân dân xã cho 01 hộ gia đình" in text
    assert NAME in text
    assert "Xóm Mẫu 4, xã Đồng Liên" in text
    assert "Danh sách này có 01 hộ gia đình./." in text


def test_a_household_without_a_published_coefficient_gets_no_invented_money(town: Any) -> None:
    key = received(town)
    town.appraise(key)
    town.council(key)
    paper = town.sign("decision", 203)
    with town.acting("VP") as uow:
        [entry] = uow.session.scalars(select(RegisterEntry)).all()
        assert (entry.year, entry.running_number, entry.subject_name) == (2022, 1, NAME)
        assert (entry.subject_kind, entry.unit_name) == ("household", "Xóm Mẫu 4")
        assert (entry.prize_amount, entry.prize_unverified) == (None, True)
        assert (entry.decision_number, entry.decision_date) == ("203/QĐ-UBND", date(2022, 11, 21))
        assert entry.decided_by == "Chủ tịch UBND xã Đồng Liên"
        assert [(each.name, each.prize) for each in search(uow, "ha van mau")] == [(NAME, "cần kiểm tra")]
        sent = [(each.recipient, each.purpose) for each in paper_page(uow, paper).distribution]
    assert sent == [
        ("Như Điều 3", "execute"),
        ("UBND thành phố Thái Nguyên", "report"),
        ("Hội đồng Thi đua - Khen thưởng thành phố Thái Nguyên", "report"),
        ("Thường trực Đảng ủy, Thường trực HĐND xã", "inform"),
        ("Lãnh đạo UBND xã", "inform"),
        ("Ủy ban MTTQ, các đoàn thể xã", "inform"),
        ("Lưu: VT", "archive"),
    ]
    assert town.forged() == []
