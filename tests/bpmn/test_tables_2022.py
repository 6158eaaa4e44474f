"""The law of 2022 as shipped: what the decision tables answer, row by row, without a database."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from engine.spiff.dmn import DecisionResult, evaluate_dmn

FOLDER = Path(__file__).parents[2] / "bpmn" / "2022"
FACTS: dict[str, Any] = {
    "award": "LDTT",
    "award_family": "title",
    "subject_kind": "individual",
    "unit_channel": "commune",
    "achievement_year": 2022,
    "months_in_service": 24,
    "discipline": "none",
    "leave_days": 0,
    "has_initiative_certificate": True,
    "initiative_year_ok": True,
    "has_lttt": True,
    "lttt_members": 0,
    "total_members": 0,
    "max_discipline": "none",
    "achievement_already_awarded": False,
    "has_merit_report": True,
    "gdvh_years": 0,
    "csttdcs_streak": 0,
}


def decide(decision: str, **inputs: Any) -> DecisionResult:
    path = next(FOLDER.rglob(f"{decision}.dmn"))
    return evaluate_dmn(path.read_bytes(), inputs, {})


def blocks(**facts: Any) -> list[str]:
    rows = decide("eligibility", **{**FACTS, **facts}).rows
    return [str(row["finding_text"]) for row in rows if row["finding_level"] == "block"]


def test_forty_five_days_of_leave_do_not_stop_an_advanced_worker_in_2022() -> None:
    rows = decide("eligibility", **{**FACTS, "leave_days": 45}).rows
    assert [(row["finding_code"], row["finding_level"]) for row in rows] == [("ngay_nghi", "warn")]


def test_eight_months_of_service_stop_an_advanced_worker() -> None:
    assert blocks(months_in_service=8) == ["tuyển dụng mới dưới 10 tháng, chưa được xét Lao động tiên tiến"]


def test_ten_months_of_service_are_enough() -> None:
    assert blocks(months_in_service=10) == []


def test_unknown_service_is_asked_about_and_never_assumed() -> None:
    rows = decide("eligibility", **{**FACTS, "months_in_service": None}).rows
    assert [(row["finding_code"], row["finding_level"]) for row in rows] == [("chua_ghi_thang", "warn")]


@pytest.mark.parametrize("discipline", ["khien_trach", "canh_cao", "higher"])
def test_discipline_from_a_reprimand_up_stops_an_advanced_worker(discipline: str) -> None:
    assert blocks(discipline=discipline) == ["bị kỷ luật từ khiển trách trở lên trong năm xét"]


def test_a_grassroots_fighter_without_a_certificate_is_stopped_in_these_words() -> None:
    facts = {"award": "CSTDCS", "has_initiative_certificate": False, "initiative_year_ok": False}
    assert blocks(**facts) == ["thiếu chứng nhận sáng kiến"]


def test_a_grassroots_fighter_needs_the_title_below_and_a_certificate_of_another_year_is_only_pointed_out() -> (
    None
):
    """No source gives the year as a condition, and AC-02's dossier goes up with a wrong one."""
    result = decide(
        "eligibility", **{**FACTS, "award": "CSTDCS", "initiative_year_ok": False, "has_lttt": False}
    )
    assert [(row["finding_text"], row["finding_level"]) for row in result.rows] == [
        ("chưa đạt Lao động tiên tiến của năm xét", "block"),
        ("chứng nhận sáng kiến không đúng năm xét", "warn"),
    ]


@pytest.mark.parametrize(("members", "stopped"), [(11, True), (12, False)])
def test_a_collective_needs_more_than_half_its_members_advanced(members: int, stopped: bool) -> None:
    facts = {"award": "TTLDTT", "subject_kind": "collective", "lttt_members": members, "total_members": 22}
    expected = ["tập thể chưa có trên 50% cá nhân đạt Lao động tiên tiến"] if stopped else []
    assert blocks(**facts) == expected


@pytest.mark.parametrize(("discipline", "stopped"), [("khien_trach", False), ("canh_cao", True)])
def test_one_member_warned_stops_the_collective(discipline: str, stopped: bool) -> None:
    facts = {"award": "TTLDTT", "lttt_members": 20, "total_members": 22, "max_discipline": discipline}
    assert blocks(**facts) == (["tập thể có cá nhân bị kỷ luật từ cảnh cáo trở lên"] if stopped else [])


@pytest.mark.parametrize(("members", "stopped"), [(13, True), (14, False)])
def test_an_excellent_collective_needs_seventy_per_cent(members: int, stopped: bool) -> None:
    facts = {"award": "TTLDXS", "lttt_members": members, "total_members": 20}
    expected = ["tập thể chưa có từ 70% cá nhân đạt Lao động tiên tiến"] if stopped else []
    assert blocks(**facts) == expected


def test_a_provincial_fighter_needs_three_times_in_a_row() -> None:
    assert blocks(award="CSTDT", csttdcs_streak=2) == ["chưa đạt Chiến sĩ thi đua cơ sở 03 lần liên tục"]
    assert blocks(award="CSTDT", csttdcs_streak=3) == []


def test_a_cultured_family_certificate_needs_three_years() -> None:
    facts = {"award": "GK_GDVH", "award_family": "form", "subject_kind": "household"}
    assert blocks(**facts, gdvh_years=2) == ["chưa đủ 03 năm liên tục đạt danh hiệu Gia đình văn hóa"]
    assert blocks(**facts, gdvh_years=3) == []


def test_one_merit_backs_one_award() -> None:
    result = decide("eligibility", **{**FACTS, "achievement_already_awarded": True})
    assert [row["finding_code"] for row in result.rows] == ["mot_thanh_tich"]
    assert result.unverified


def test_a_certificate_of_merit_needs_a_merit_report_and_an_advanced_worker_is_only_reminded() -> None:
    assert blocks(award="GK_XA", award_family="form", has_merit_report=False) == ["thiếu báo cáo thành tích"]
    assert blocks(has_merit_report=False) == []


@pytest.mark.parametrize(
    ("channel", "family", "award", "ok", "advice"),
    [
        ("commune", "title", "LDTT", True, ""),
        ("education", "title", "CSTDCS", False, "không thuộc phạm vi quản lý của xã – gửi Phòng GD&ĐT"),
        ("education", "form", "GK_XA", True, ""),
        ("self", "form", "GK_XA", True, ""),
        ("vertical", "form", "GK_XA", True, ""),
        (
            "health",
            "title",
            "LDTT",
            False,
            "không thuộc phạm vi quản lý của xã – gửi Trung tâm Y tế thành phố",
        ),
    ],
)
def test_the_channel_refuses_titles_of_others_and_says_where_to_go(
    channel: str, family: str, award: str, ok: bool, advice: str
) -> None:
    row = decide("channel", unit_channel=channel, award_family=family, award=award).first
    assert row == {"channel_ok": ok, "channel_advice": advice}


@pytest.mark.parametrize(
    ("award", "kind", "route", "level"),
    [
        ("LDTT", "individual", "decide_here", "commune"),
        ("GK_XA", "household", "decide_here", "commune"),
        ("CSTDCS", "individual", "propose", "city"),
        ("TTLDTT", "collective", "propose", "city"),
        ("CSTDT", "individual", "propose", "province"),
        ("BK_TINH", "household", "propose", "province"),
    ],
)
def test_who_decides_in_2022(award: str, kind: str, route: str, level: str) -> None:
    row = decide("authority", award=award, subject_kind=kind, unit_channel="commune").first
    assert (row["authority_route"], row["authority_level"]) == (route, level)
    assert (row["paper_kind"], row["signature_block"]) == (
        ("decision", "chairman") if route == "decide_here" else ("proposal", "committee")
    )


@pytest.mark.parametrize(
    ("award", "threshold", "comparison", "tie"),
    [("LDTT", "9/10", ">=", "fail"), ("GK_TP", "1/2", ">", "chair_decides")],
)
def test_the_by_law_of_the_demo_council_is_marked_unverified(
    award: str, threshold: str, comparison: str, tie: str
) -> None:
    result = decide("voting_rule", body="council", award=award, subject_kind="individual")
    row = result.first
    assert (row["threshold"], row["comparison"], row["tie"]) == (threshold, comparison, tie)
    assert (row["denominator"], row["quorum"]) == ("total_members", "2/3")
    assert result.unverified


def test_a_household_has_no_coefficient_in_2022_so_it_is_asked_for() -> None:
    result = decide("prize", award="GK_XA", subject_kind="household")
    assert result.first["coefficient"] == ""
    assert result.unverified


def test_the_prize_of_a_person_in_2022() -> None:
    assert decide("prize", award="GK_XA", subject_kind="individual").first == {
        "coefficient": "0.15",
        "base_salary": 1490000,
        "rounding_step": 10000,
        "rounding": "ceil",
    }


@pytest.mark.parametrize(
    ("procedure", "days"), [("appraise_award", 10), ("appraise_sudden", 5), ("chairman_review", None)]
)
def test_terms_are_given_only_where_somebody_published_them(procedure: str, days: int | None) -> None:
    assert decide("terms", procedure=procedure).first == {"term_days": days, "term_unit": "working_days"}
