"""AC-02 in 2022: a grassroots fighter goes up to the city, comes back, and goes up again as number 2."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select

from engine.errors import InvalidForm
from workflows.demo.nominees import TEACHER, advanced_worker, fighter
from workflows.queries import dossier
from workflows.queries.packages import received_page, submissions_of
from workflows.tables.register import RegisterEntry

INITIATIVE = "Bản tin truyền thanh số theo xóm"
RETURN = "Giấy chứng nhận sáng kiến là của năm 2021; đề nghị thay bằng bản của năm 2022."


def refusal(town: Any, key: UUID) -> str:
    with pytest.raises(InvalidForm) as refused:
        town.appraise(key)
    [error] = refused.value.errors
    assert error.path == "appraisal_outcome"
    return str(error.message)


def appraised(town: Any) -> tuple[UUID, UUID]:
    """LĐTT and CSTĐCS of Nông Thị Yến, received; no certificate of an initiative yet."""
    person = str(town.fixture.people["VHTT"])
    keys = town.nominate("TP_HT", "CQ", advanced_worker(person), fighter(person, INITIATIVE))
    for key in keys:
        town.attach("TP_HT", key, "merit_report")
    town.submit("TP_HT", *keys)
    town.review("PCT1", "CQ", keys)
    town.receive(*keys)
    return keys[0], keys[1]


def proposed(town: Any) -> tuple[UUID, UUID, UUID]:
    """The fighter's dossier in the city's hands, with a certificate of the wrong year."""
    _, key = appraised(town)
    assert refusal(town, key) == "Chưa thể trình Hội đồng: thiếu chứng nhận sáng kiến"
    wrong = town.attach("VP", key, "initiative_certificate", year=2021)
    shown = town.form("VP", "appraise", key)["findings"]
    assert shown == [{"level": "warn", "text": "chứng nhận sáng kiến không đúng năm xét"}]
    town.appraise(key)
    town.council(key)
    assert (town.row(key).stage, town.row(key).authority_route) == ("paper", "propose")
    paper = town.sign("proposal", 87)
    assert "87/TTr-UBND" in town.text(paper)
    assert "TM. ỦY BAN NHÂN DÂN CHỦ TỊCH" in town.text(paper)
    return key, town.send_up(), wrong


def test_a_dossier_without_a_certificate_is_stopped_and_one_with_a_wrong_year_goes_up(town: Any) -> None:
    key, package, _ = proposed(town)
    assert town.stages(key) == ["city"]
    with town.acting("PNV") as uow:
        received = received_page(uow, package)
        assert (received.sender, received.code) == ("xã Đồng Liên", "BHS-2022-01")
        [line] = received.lines
        assert (line.name, line.submission_number) == ("Nông Thị Yến (hư cấu)", 1)
        kinds = [(each["kind"], each["issued_year"]) for each in line.snapshot["evidence"]]
        assert kinds == [("merit_report", None), ("initiative_certificate", 2021)]
        assert [paper["number"] for paper in received.papers] == ["87/TTr-UBND"]


def test_the_city_returns_with_a_reason_that_author_and_office_read(town: Any) -> None:
    key, package, _ = proposed(town)
    town.at(date(2022, 12, 5))
    town.answer(package, {key: {"answer": "returned", "reason": RETURN}})
    row = town.row(key)
    assert (row.stage, row.outcome_reason, row.submission_number) == ("city_returned", RETURN, 1)
    assert town.open_steps(key) == ["supplement_for_city"]
    for reader in ("TP_HT", "VP"):
        assert [text for text in town.notices(reader) if RETURN in text] != []
        with town.acting(reader) as uow:
            shown = dossier.dossier(uow, key)
            assert (shown.stage, shown.reason) == ("Cấp trên yêu cầu bổ sung", RETURN)
    assert town.form("TP_HT", "supplement_for_city", key)["reason"] == RETURN


def test_it_goes_up_again_as_number_two_beside_number_one_and_is_accepted(town: Any) -> None:
    key, package, wrong = proposed(town)
    town.at(date(2022, 12, 5))
    town.answer(package, {key: {"answer": "returned", "reason": RETURN}})
    town.attach("TP_HT", key, "initiative_certificate", year=2022, replaces=wrong)
    town.do("TP_HT", "supplement_for_city", key, {"note": "Đã thay giấy chứng nhận năm 2022."})
    assert (town.row(key).stage, town.row(key).submission_number) == ("city", 2)
    second = town.send_up()
    with town.acting("VP") as uow:
        sent = submissions_of(uow, key)
        assert [(each.submission_number, each.answer, each.reason) for each in sent] == [
            (1, "returned", RETURN),
            (2, None, ""),
        ]
        years = [
            [file["issued_year"] for file in each.snapshot["evidence"] if "initiative" in file["kind"]]
            for each in sent
        ]
        assert years == [[2021], [2022]]
    town.at(date(2022, 12, 20))
    decision = {"decision_number": "1234/QĐ-UBND", "decision_date": "2022-12-19"}
    town.answer(second, {key: {"answer": "decided", **decision}})
    assert (town.stages(key), town.outcome(key)) == (["awarded"], "awarded_by_city")
    with town.acting("VP") as uow:
        [entry] = uow.session.scalars(select(RegisterEntry)).all()
        assert (entry.award, entry.decision_number) == ("CSTDCS", "1234/QĐ-UBND")
        assert (entry.decision_date, entry.decided_by) == (date(2022, 12, 19), "thành phố Thái Nguyên")
        answers = [(each.answer, each.decision) for each in submissions_of(uow, key)]
        assert answers == [("returned", ""), ("decided", "1234/QĐ-UBND ngày 19/12/2022")]
    assert [each.status for each in town.instances("city_submission")] == ["completed", "completed"]
    assert [each.status for each in town.instances("city_desk")] == ["completed", "completed"]
    assert town.forged() == []


def test_a_teacher_is_refused_at_intake_with_where_to_go(town: Any) -> None:
    [key] = town.nominate("TH1", "TH", TEACHER)
    town.submit("TH1", key)
    town.review("TH1", "TH", [key])
    town.receive(key)
    assert "không thuộc phạm vi quản lý của xã – gửi Phòng GD&ĐT" in refusal(town, key)
    findings = town.form("VP", "appraise", key)["findings"]
    assert findings[0] == {
        "level": "block",
        "text": "không thuộc phạm vi quản lý của xã – gửi Phòng GD&ĐT",
    }
    reason = "Không thuộc phạm vi quản lý của xã – gửi Phòng GD&ĐT."
    town.appraise(key, outcome="refuse", reason=reason)
    assert (town.stages(key), town.outcome(key)) == (["refused"], "refused_by_office")
    assert [text for text in town.notices("TH1") if text.endswith(reason)] != []
