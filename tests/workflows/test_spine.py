"""Dossiers run on the shipped diagrams: nominated as a list, reviewed by the unit, appraised."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any
from uuid import UUID

import pytest

from engine import decisions, instances
from engine.errors import InvalidForm, NotAllowed, Suspended
from workflows.actions import interruptions
from workflows.actions.meetings import lines_of, start_review
from workflows.queries import dossier, progress, work
from workflows.queries.nominations import Filter, list_nominations, stage_counts

HOUSEHOLD: dict[str, Any] = {
    "award": "GK_XA",
    "subject_kind": "household",
    "subject_name": "Hà Văn Mẫu (hư cấu)",
    "achievement_year": 2022,
    "merit_summary": "Sản xuất giỏi, giúp đỡ năm hộ nghèo trong xóm.",
    "address": "Xóm Mẫu 4",
}


def worker(name: str, **more: Any) -> dict[str, Any]:
    return {
        "award": "LDTT",
        "subject_kind": "individual",
        "subject_name": name,
        "position": "Công chức",
        "achievement_year": 2022,
        "months_in_service": 12,
        "merit_summary": "Hoàn thành tốt nhiệm vụ được giao trong năm.",
        **more,
    }


def review(
    commune: Any, head: str, unit: str, answers: Mapping[str, Mapping[str, Any]] | None = None
) -> UUID:
    """The unit's whole meeting: 40 invited, 35 present, 34 agree unless `answers` says otherwise by name."""
    with commune.acting(head) as uow:
        meeting_id: UUID = start_review(uow, commune.made.units[unit]).id
    commune.do(
        head,
        "convene_review",
        meeting_id,
        lambda shown: {
            **{name: shown[name] for name in ("title", "held_on", "lines")},
            "place": "Nhà văn hóa xóm",
            "chair": "Trần Văn Đông (hư cấu)",
            "secretary": "Hà Thị Bưởi (hư cấu)",
            "invited": 40,
        },
    )
    commune.do(head, "record_review", meeting_id, lambda shown: record(shown, answers or {}))
    commune.do(head, "confirm_review", meeting_id, {"confirm_choice": "confirm"})
    return meeting_id


def record(shown: dict[str, Any], answers: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    usual = {"agree": 34, "disagree": 1, "outcome": "passed"}
    lines = [{"id": row["id"], **usual, **answers.get(row["name"], {})} for row in shown["lines"]]
    return {"held_on": shown["held_on"], "ended_time": "10:30", "invited": 40, "present": 35, "lines": lines}


def receive(commune: Any, nomination_id: UUID, day: date) -> None:
    commune.at(day)
    commune.do("VP", "receive_dossier", nomination_id, {"received_on": day.isoformat()})


def arrived(commune: Any, row: Mapping[str, Any], *, author: str = "X04T", unit: str = "X04") -> UUID:
    """A dossier reviewed by its unit and received on Monday 21 November 2022."""
    [nomination_id] = commune.nominate(author, unit, row)
    commune.attach(author, nomination_id, "merit_report")
    commune.submit(author, nomination_id)
    review(commune, {"TP_HT": "PCT1"}.get(author, author), unit)
    receive(commune, nomination_id, date(2022, 11, 21))
    return UUID(str(nomination_id))


def refusal(commune: Any, nomination_id: UUID) -> str:
    with pytest.raises(InvalidForm) as refused:
        commune.do("VP", "appraise", nomination_id, {"appraisal_outcome": "accept"})
    [error] = refused.value.errors
    assert error.path == "appraisal_outcome"
    return error.message


def test_ac01_a_household_received_on_21_november_is_due_on_5_december_and_goes_to_the_council(
    commune: Any,
) -> None:
    movement = commune.made.movements["PT18"]
    nomination_id = arrived(commune, {**HOUSEHOLD, "merit_kind": "chuyen_de", "movement_id": movement})
    row = commune.nomination(nomination_id)
    assert (row.code, row.stage, row.due_on) == ("HS-2022-0001", "appraisal", date(2022, 12, 5))
    commune.do("VP", "appraise", nomination_id, {"appraisal_outcome": "accept"})
    assert commune.nomination(nomination_id).stage == "council"
    with commune.acting("VP") as uow:
        assert instances.position(uow, row.instance_id)["wait_council"] == "waiting"


def test_ac02_a_fighter_without_a_certificate_is_stopped_with_the_reason(commune: Any) -> None:
    person = commune.made.people["VHTT"]
    titles = [worker("", person_id=person, award=award) for award in ("LDTT", "CSTDCS")]
    ids = commune.nominate("TP_HT", "CQ", *titles)
    for each in ids:
        commune.attach("TP_HT", each, "merit_report")
    commune.submit("TP_HT", *ids)
    review(commune, "PCT1", "CQ")
    receive(commune, ids[1], date(2022, 11, 21))
    assert refusal(commune, ids[1]) == "Chưa thể trình Hội đồng: thiếu chứng nhận sáng kiến"
    commune.attach("VP", ids[1], "initiative_certificate", year=2022)
    commune.do("VP", "appraise", ids[1], {"appraisal_outcome": "accept"})
    assert commune.nomination(ids[1]).stage == "council"


def test_ac02_a_teacher_is_refused_with_where_to_go(commune: Any) -> None:
    nomination_id = arrived(commune, worker("Vũ Thị Cô (hư cấu)"), author="TH1", unit="TH")
    assert refusal(commune, nomination_id) == (
        "Chưa thể trình Hội đồng: không thuộc phạm vi quản lý của xã – gửi Phòng GD&ĐT"
    )
    reason = "Không thuộc phạm vi quản lý của xã – gửi Phòng GD&ĐT."
    commune.do("VP", "appraise", nomination_id, {"appraisal_outcome": "refuse", "appraisal_reason": reason})
    row = commune.nomination(nomination_id)
    assert (row.stage, row.outcome_reason) == ("refused", reason)
    with commune.acting("TH1") as uow:
        texts = [notice.text for notice in work.unread_notices(uow, uow.actor_id)]
    assert f"Hồ sơ HS-2022-0001 – Vũ Thị Cô (hư cấu) không được khen thưởng: {reason}" in texts


def test_a_supplement_is_asked_for_once_and_in_writing(commune: Any) -> None:
    nomination_id = arrived(commune, HOUSEHOLD)
    asked = {"appraisal_outcome": "supplement", "appraisal_reason": "Bổ sung xác nhận của Hội Nông dân."}
    commune.do("VP", "appraise", nomination_id, asked)
    assert commune.nomination(nomination_id).stage == "supplement"
    commune.do(
        "X04T",
        "supplement_dossier",
        nomination_id,
        lambda shown: {
            **{k: v for k, v in shown.items() if not k.startswith("$") and v not in (None, "")},
            "note": "Đã bổ sung xác nhận.",
        },
    )
    assert commune.nomination(nomination_id).stage == "appraisal"
    with pytest.raises(InvalidForm, match="Chỉ được yêu cầu bổ sung một lần"):
        commune.do("VP", "appraise", nomination_id, asked)


def test_a_list_is_nominated_whole_or_not_at_all_with_an_error_for_every_wrong_cell(commune: Any) -> None:
    rows = [
        worker("Nguyễn Văn An (hư cấu)"),
        worker("", born_year="mười"),
        {**worker("Lê Thị Bảo (hư cấu)"), "subject_kind": "household"},
        worker("nguyễn văn an (hư cấu)"),
    ]
    with pytest.raises(InvalidForm) as refused:
        commune.nominate("TP_HT", "CQ", *rows)
    assert [(error.path, error.message) for error in refused.value.errors] == [
        ("rows.1.born_year", "Năm không hợp lệ."),
        ("rows.2.subject_kind", "Danh hiệu “Lao động tiên tiến” không dành cho hộ gia đình."),
        ("rows.3.subject_name", "Trùng với dòng 1 của danh sách."),
    ]
    with commune.acting("VP") as uow:
        assert list_nominations(uow).rows == []


def test_ac16_a_second_dossier_on_the_same_merit_is_stopped(commune: Any) -> None:
    text = "Thành tích này đã được dùng cho hồ sơ HS-2022-0001; một thành tích chỉ được khen một lần."
    merit = {"achievement": "Cứu hai người đuối nước"}
    [first] = commune.nominate("X04T", "X04", {**HOUSEHOLD, **merit})
    with pytest.raises(InvalidForm) as refused:
        again = {"award": "GK_TP", "achievement": "cứu hai người  ĐUỐI NƯỚC"}
        commune.nominate("X04T", "X04", {**HOUSEHOLD, **again})
    assert [(error.path, error.message) for error in refused.value.errors] == [("rows.0.achievement", text)]
    [second] = commune.nominate("X04T", "X04", {**HOUSEHOLD, "award": "GK_TP"})
    with pytest.raises(InvalidForm) as refused:
        commune.do("X04T", "draft_nomination", second, lambda form: form | merit)
    assert [(error.path, error.message) for error in refused.value.errors] == [("achievement", text)]
    with commune.acting("X04T") as uow:
        interruptions.withdraw(uow, first, "Hộ xin rút.")
    commune.do("X04T", "draft_nomination", second, lambda form: form | merit)
    with commune.acting("X04T") as uow:
        facts = dict(dossier.dossier(uow, second).sections[2][1])
    assert facts["Thành tích làm căn cứ"] == "Cứu hai người đuối nước"


def test_two_rows_of_a_list_cannot_rest_on_one_merit(commune: Any) -> None:
    row = {**HOUSEHOLD, "achievement": "Hiến đất làm đường"}
    with pytest.raises(InvalidForm) as refused:
        commune.nominate("X04T", "X04", row, {**row, "award": "GK_TP"})
    assert [(error.path, error.message) for error in refused.value.errors] == [
        ("rows.1.achievement", "Thành tích này đã dùng ở dòng 1; một thành tích chỉ được khen một lần."),
    ]


def blocks(commune: Any, **facts: Any) -> list[str]:
    usual = {
        "award": "LDTT", "award_family": "title", "subject_kind": "individual", "unit_channel": "commune",
        "achievement_year": 2022, "months_in_service": 12, "discipline": "none", "leave_days": 0,
        "has_initiative_certificate": False, "initiative_year_ok": False, "has_lttt": False,
        "lttt_members": 0, "total_members": 0, "max_discipline": "none",
        "achievement_already_awarded": False, "has_merit_report": True, "gdvh_years": 0, "csttdcs_streak": 0,
    }  # fmt: skip
    with commune.acting("VP") as uow:
        found = decisions.evaluate(
            uow, commune.made.commune_id, "eligibility", date(2022, 12, 12), {**usual, **facts}
        )
    return [str(row["finding_code"]) for row in found.rows if row["finding_level"] == "block"]


def test_ac15_forty_five_days_of_leave_do_not_block_and_eight_months_of_service_do(commune: Any) -> None:
    assert blocks(commune, leave_days=45) == []
    assert blocks(commune, months_in_service=8) == ["thang_cong_tac"]


def test_ac19_eleven_of_twenty_two_fail_more_than_half_and_twelve_pass(commune: Any) -> None:
    group = {"award": "TTLDTT", "subject_kind": "collective", "total_members": 22}
    assert blocks(commune, **group, lttt_members=11) == ["chua_qua_nua_ldtt"]
    assert blocks(commune, **group, lttt_members=12) == []


def test_a_meeting_answers_each_nominee_and_one_return_or_refusal_blocks_nobody(commune: Any) -> None:
    names = [f"{name} (hư cấu)" for name in ("Nguyễn Văn An", "Lê Thị Bảo", "Trần Văn Cảnh", "Đỗ Quang Nam")]
    ids = commune.nominate("TP_HT", "CQ", *(worker(name) for name in names))
    commune.submit("TP_HT", *ids)
    answers = {
        names[1]: {"outcome": "returned", "reason": "Bổ sung số liệu thành tích."},
        names[2]: {"agree": 10, "disagree": 25},
        names[3]: {"agree": 30, "disagree": 5},
    }
    meeting_id = review(commune, "PCT1", "CQ", answers)
    found = [commune.nomination(each) for each in ids]
    assert [(row.stage, row.outcome_reason) for row in found] == [
        ("office_received", ""),
        ("draft", "Bổ sung số liệu thành tích."),
        ("refused", "10/35 phiếu đồng ý, chưa đủ 18."),
        ("office_received", ""),
    ]
    with commune.acting("PCT1") as uow:
        assert [line.rank for line in lines_of(uow, meeting_id)] == [None] * 4  # no cap, no order
        [unit] = progress.progress(uow, 2022)
        assert [(row.name, row.stage) for row in unit.rows] == [
            (names[1], "Nháp"),
            (names[0], "Chờ Thường trực Hội đồng tiếp nhận"),
            (names[3], "Chờ Thường trực Hội đồng tiếp nhận"),
            (names[2], "Không được khen thưởng"),
        ]


def test_more_votes_than_people_present_are_refused_with_the_cell(commune: Any) -> None:
    [nomination_id] = commune.nominate("X04T", "X04", HOUSEHOLD)
    commune.submit("X04T", nomination_id)
    with pytest.raises(InvalidForm) as refused:
        review(commune, "X04T", "X04", {HOUSEHOLD["subject_name"]: {"agree": 36}})
    assert [(error.path, error.message) for error in refused.value.errors] == [
        ("lines.0.agree", "Tổng số phiếu 37 nhiều hơn số người có mặt 35.")
    ]


def test_ac11_a_dossier_on_hold_cannot_go_on_and_resumes_where_it_stood(commune: Any) -> None:
    nomination_id = arrived(commune, HOUSEHOLD)
    with commune.acting("VP") as uow:
        interruptions.hold(uow, nomination_id, "Đơn phản ánh số 03 ngày 22/11/2022")
    with pytest.raises(Suspended, match="Đơn phản ánh số 03"):
        commune.do("VP", "appraise", nomination_id, {"appraisal_outcome": "accept"})
    with commune.acting("VP") as uow:
        shown = dossier.dossier(uow, nomination_id)
        assert (shown.stage, shown.reason) == (
            "Tạm dừng xét – Đang thẩm định",
            "Đơn phản ánh số 03 ngày 22/11/2022",
        )
        interruptions.resume(uow, nomination_id, "Kết luận số 05 ngày 25/11/2022")
    commune.do("VP", "appraise", nomination_id, {"appraisal_outcome": "accept"})
    assert commune.nomination(nomination_id).stage == "council"


def test_a_dossier_is_withdrawn_by_its_unit_only_and_with_a_reason(commune: Any) -> None:
    nomination_id = arrived(commune, HOUSEHOLD)
    with commune.acting("X02T") as uow, pytest.raises(NotAllowed, match="của Xóm Mẫu 4"):
        interruptions.withdraw(uow, nomination_id, "Nhầm")
    with commune.acting("X04T") as uow, pytest.raises(InvalidForm, match="Cần nêu lý do"):
        interruptions.withdraw(uow, nomination_id, " ")
    with commune.acting("X04T") as uow:
        interruptions.withdraw(uow, nomination_id, "Hộ xin rút")
    row = commune.nomination(nomination_id)
    assert (row.stage, row.outcome_reason) == ("withdrawn", "Hộ xin rút")


def test_a_head_who_is_nominated_leaves_the_meeting_to_the_substitute(commune: Any) -> None:
    head = commune.made.people["X04T"]
    [nomination_id] = commune.nominate(
        "X04T",
        "X04",
        {**HOUSEHOLD, "subject_kind": "individual", "position": "Trưởng xóm", "person_id": head},
    )
    commune.submit("X04T", nomination_id)
    with pytest.raises(NotAllowed):
        review(commune, "X04T", "X04")
    with commune.acting("X04P") as uow:
        steps = [item.step for item in work.my_work(uow, uow.actor_id).items]
    assert steps == ["convene_review"]


def test_lists_find_names_without_diacritics_and_count_every_stage(commune: Any) -> None:
    commune.nominate("X04T", "X04", HOUSEHOLD, {**HOUSEHOLD, "subject_name": "Nguyễn Văn Đông (hư cấu)"})
    with commune.acting("VP") as uow:
        found = list_nominations(uow, Filter(text="nguyen DONG"))
        assert [row.subject_name for row, _ in found.rows] == ["Nguyễn Văn Đông (hư cấu)"]
        first = list_nominations(uow, limit=1)
        rest = list_nominations(uow, after=first.after, limit=1)
        assert [page.rows[0][0].code for page in (first, rest)] == ["HS-2022-0002", "HS-2022-0001"]
        assert rest.after is None
        assert stage_counts(uow)["draft"] == 2
    with commune.acting("X02T") as uow:
        assert list_nominations(uow).rows == []


def test_work_is_grouped_by_date(commune: Any) -> None:
    today = date(2022, 11, 16)
    days = [None, *(date(2022, 11, day) for day in (15, 16, 20, 21))]
    assert [work.group_of(day, today) for day in days] == ["today", "overdue", "today", "week", "later"]
