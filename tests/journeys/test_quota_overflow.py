"""AC-03 and AC-14: more nominees pass than a cap has places, and the cap falls before the signature."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import date
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select

from engine.errors import Conflict, InvalidForm, NotAllowed
from engine.history import of as history_of
from workflows.actions import papers
from workflows.actions.register import enter_earlier_award
from workflows.actions.session_reselect import correct_numbers, decide_again
from workflows.actions.sessions import chain
from workflows.demo.nominees import fighter
from workflows.demo.season import COUNCIL
from workflows.minutes import minutes_of
from workflows.queries.ballots import session_of
from workflows.queries.caps import selection_page
from workflows.queries.sessions import session_page
from workflows.tables.register import RegisterEntry

CODES = ("VHTT", "CB01", "CB02", "CB03", "CB04")
VOTES = (11, 11, 10, 10, 8)
AT_CAP = {"at_cap": "yes"}
BASIS = "Công văn số 45/SNV-TĐKT ngày 20/11/2022 (hư cấu)"


def advanced(town: Any, count: int) -> None:
    """So many LĐTT of 2022 in the register, the five nominees among them."""
    people = town.fixture.people
    with town.acting("VP") as uow:
        for number in range(count):
            code = CODES[number] if number < len(CODES) else None
            enter_earlier_award(
                uow,
                award="LDTT",
                subject_kind="individual",
                subject_name=f"Người mẫu số {number} (hư cấu)",
                person_id=people[code] if code else None,
                decision_number="203/QĐ-UBND",
                decision_date=date(2022, 11, 14),
                decided_by="Chủ tịch UBND xã Đồng Liên",
            )


def before_council(
    town: Any, author: str, unit: str, rows: Sequence[dict[str, Any]], head: str
) -> list[UUID]:
    """Dossiers that unit (ranked, as a capped award is) and office have passed."""
    keys: list[UUID] = town.nominate(author, unit, *rows)
    for key in keys:
        town.attach(author, key, "merit_report")
        town.attach(author, key, "initiative_certificate", year=2022)
    town.submit(author, *keys)
    names = [town.row(key).subject_name for key in keys]
    town.review(head, unit, keys, {name: {"rank": rank} for rank, name in enumerate(names, 1)})
    town.receive(*keys)
    town.appraise(*keys)
    return keys


def fighters(town: Any) -> list[UUID]:
    people = town.fixture.people
    rows = [fighter(str(people[code]), f"Sáng kiến của {code}") for code in CODES]
    return before_council(town, "TP_HT", "CQ", rows, "PCT1")


def against(keys: Sequence[UUID], votes: Sequence[int]) -> dict[str, list[UUID]]:
    """Who says no to what, so that every dossier gets exactly these votes of the eleven."""
    refused: dict[str, list[UUID]] = {}
    for key, agree in zip(keys, votes, strict=True):
        for code in COUNCIL[agree:]:
            refused.setdefault(code, []).append(key)
    return refused


def voted(town: Any, keys: list[UUID], votes: Sequence[int], **agenda: Any) -> UUID:
    session = town.convene(keys, **agenda)
    town.vote(session, against=against(keys, votes))
    assert [town.line(key).agree for key in keys] == list(votes)
    return UUID(str(session))


def outcomes(town: Any, keys: Sequence[UUID]) -> list[str | None]:
    return [town.line(key).outcome for key in keys]


def results(town: Any, session: UUID, keys: Sequence[UUID]) -> list[str]:
    """What the chair's form of confirmation calls each result."""
    shown = {row["id"]: row["result"] for row in town.form("CT", "confirm_result", session)["lines"]}
    return [shown[str(key)] for key in keys]


def decide(town: Any, session: UUID, chosen: dict[UUID, str], **form: Any) -> None:
    lines = [{"id": str(key), "choice": choice, "reason": "Sáng kiến áp dụng rộng hơn."}
             for key, choice in chosen.items()]  # fmt: skip
    town.do("CT", "casting_decision", session, {**AT_CAP, "lines": lines, **form})


def events(town: Any, session: UUID, event: str) -> list[dict[str, Any]]:
    with town.reading() as uow:
        rows = history_of(uow, chain(session_of(uow, session)))
        return [json.loads(row.data) for row in rows if row.event == event]


def minutes_lines(town: Any, session: UUID) -> dict[str, dict[str, Any]]:
    with town.acting("VP") as uow:
        paper = minutes_of(uow, "session_minutes", str(session))
        assert paper is not None and paper.data is not None
        return {line["name"]: line for line in paper.data["data"]["lines"]}


def three_chosen(town: Any) -> tuple[list[UUID], UUID]:
    """24 LĐTT, five nominees, cap 3: the chair gives the third place to the first of the two with 10 votes."""
    advanced(town, 24)
    keys = fighters(town)
    session = voted(town, keys, VOTES)
    decide(town, session, {keys[2]: "passed", keys[3]: "failed"}, cap_tie="chair")
    return keys, session


def test_ac03_four_pass_for_three_places_and_the_tie_at_ten_is_asked(town: Any) -> None:
    advanced(town, 24)
    keys = fighters(town)
    session = voted(town, keys, VOTES)
    assert [town.line(key).needed for key in keys] == [10] * 5
    assert outcomes(town, keys) == ["passed", "passed", "tie", "tie", "failed"]
    shown = town.form("CT", "casting_decision", session)
    assert (shown["at_cap"], [row["id"] for row in shown["lines"]]) == ("yes", [str(keys[2]), str(keys[3])])
    assert "không quá 3 người (15 % của 24 Lao động tiên tiến" in shown["quota"]
    with pytest.raises(InvalidForm) as refused:
        decide(town, session, {keys[2]: "passed", keys[3]: "failed"})
    assert [error.path for error in refused.value.errors] == ["cap_tie"]
    with pytest.raises(InvalidForm) as refused:
        decide(town, session, {keys[2]: "passed", keys[3]: "passed"}, cap_tie="chair")
    assert {error.message for error in refused.value.errors} == {
        "Chỉ tiêu chỉ còn 3 người, đã chọn đạt 4 người."
    }
    decide(town, session, {keys[2]: "passed", keys[3]: "failed"}, cap_tie="criteria",
           criterion="Ưu tiên người trực tiếp công tác")  # fmt: skip
    assert outcomes(town, keys) == ["passed", "passed", "passed", "failed", "failed"]
    reason = "Theo tiêu chí: Ưu tiên người trực tiếp công tác. Sáng kiến áp dụng rộng hơn."
    assert [town.line(key).casting_reason for key in keys] == ["", "", reason, reason, ""]
    assert results(town, session, keys) == ["Đạt", "Đạt", "Đạt", "Dự bị", "Không đạt"]
    with town.acting("VP") as uow:
        labels = {line.nomination_id: line.outcome_label for line in session_page(uow, session).lines}
    assert [labels[key] for key in keys] == ["Đạt", "Đạt", "Đạt", "Dự bị", "Không đạt"]
    town.conclude(session)
    assert town.stages(*keys) == ["paper", "paper", "paper", "not_passed", "not_passed"]


def test_ac03_the_tie_at_the_cap_may_be_voted_again(town: Any) -> None:
    advanced(town, 24)
    keys = fighters(town)
    session = voted(town, keys, VOTES)
    decide(town, session, {}, cap_tie="revote")
    with pytest.raises(InvalidForm) as refused:
        town.do("CT", "confirm_result", session, {"confirm_choice": "confirm"})
    assert "Còn ngang phiếu" in refused.value.errors[0].message
    town.do(
        "CT", "confirm_result", session, {"confirm_choice": "revote", "reason": "Ngang phiếu ở chỉ tiêu."}
    )
    assert events(town, session, "session:revote") == [{"reason": "Ngang phiếu ở chỉ tiêu.", "round": 2}]
    town.vote(session, against=against(keys, (11, 11, 10, 9, 8)))
    assert outcomes(town, keys) == ["passed", "passed", "passed", "failed", "failed"]


def test_ac03_only_a_written_basis_lets_a_fourth_pass_and_minutes_and_history_quote_it(town: Any) -> None:
    keys, session = three_chosen(town)
    rows = [{"id": str(keys[3]), "over_cap": True, "reserve": "yes"}]
    without = {"confirm_choice": "confirm", "reserves": "yes", "lines": rows}
    with pytest.raises(InvalidForm) as refused:
        town.do("CT", "confirm_result", session, without)
    assert [(error.path, error.message) for error in refused.value.errors] == [
        ("override_basis", "Cần căn cứ bằng văn bản để vượt chỉ tiêu.")
    ]
    failed = [{"id": str(keys[4]), "over_cap": True, "reserve": "yes"}]
    with pytest.raises(InvalidForm) as refused:
        town.do("CT", "confirm_result", session, {**without, "lines": failed, "override_basis": BASIS})
    assert refused.value.errors[0].message == "Chỉ hồ sơ dự bị mới đưa vào được."
    town.do("CT", "confirm_result", session, {**without, "override_basis": BASIS})
    town.do("VP", "confirm_minutes", session)
    assert town.stages(*keys) == ["paper"] * 4 + ["not_passed"]
    [told] = events(town, session, "session:confirmed")
    assert told == {"override_basis": BASIS, "beyond_cap": [town.row(keys[3]).code]}
    line = minutes_lines(town, session)[town.row(keys[3]).subject_name]
    assert line["outcome"] == "passed"
    assert f"Vượt chỉ tiêu, căn cứ: {BASIS}." in line["casting_reason"]
    with town.acting("VP") as uow:
        printed = town.text(session_page(uow, session).minutes.id)
    assert "Vượt chỉ tiêu, căn cứ: Công văn số 45/SNV-TĐKT" in printed
    assert town.draft("proposal")


def test_ac03_who_is_in_reserve_moves_up_when_another_is_sent_back(town: Any) -> None:
    keys, session = three_chosen(town)
    rows = [
        {"id": str(keys[0]), "return_line": True, "reason": "Bổ sung giấy chứng nhận sáng kiến."},
        {"id": str(keys[3]), "over_cap": True, "reserve": "yes"},
    ]
    form = {"confirm_choice": "confirm", "reserves": "yes", "lines": rows}
    town.do("CT", "confirm_result", session, form)
    town.do("VP", "confirm_minutes", session)
    assert outcomes(town, keys) == ["returned", "passed", "passed", "passed", "failed"]
    assert town.line(keys[3]).casting_reason.endswith("Lên thay chỗ còn trống trong chỉ tiêu.")
    assert town.stages(*keys) == ["appraisal", "paper", "paper", "paper", "not_passed"]


def five_lose_theirs(town: Any) -> None:
    """24 LĐTT become 19."""
    with town.acting("VP") as uow:
        lost = uow.session.scalars(
            select(RegisterEntry).where(RegisterEntry.award == "LDTT", RegisterEntry.person_id.is_(None))
        )
        for entry in list(lost)[:5]:
            entry.status = "revoked"


def test_ac03_an_approved_paper_gets_no_number_while_the_cap_is_exceeded(town: Any) -> None:
    keys, session = three_chosen(town)
    town.conclude(session)
    paper = town.draft("proposal")
    town.do("CT", "review_paper", paper, {"paper_choice": "approve"})
    five_lose_theirs(town)
    with pytest.raises(InvalidForm) as refused:
        town.issue(paper, 12)
    assert [error.path for error in refused.value.errors] == ["number"]
    assert "chỉ còn 2 chỗ" in refused.value.errors[0].message
    with town.acting("CT") as uow:
        kept = {str(key): "keep" for key in keys[:3]}
        decide_again(uow, session, kept, "Cấp trên đồng ý giữ cả ba.", BASIS)
    town.issue(paper, 12)
    assert town.stages(*keys[:3]) == ["city", "city", "city"]
    [told] = events(town, session, "session:selected_again")
    assert (told["override_basis"], told["reserve"]) == (BASIS, [])


def test_ac03_nineteen_before_the_signature_reopen_the_selection(town: Any) -> None:
    keys, session = three_chosen(town)
    town.conclude(session)
    paper = town.draft("proposal")
    five_lose_theirs(town)
    names = [town.row(key).subject_name for key in keys[:3]]
    with pytest.raises(InvalidForm) as refused:
        town.do("CT", "review_paper", paper, {"paper_choice": "approve"})
    [error] = refused.value.errors
    assert "không quá 2 người (15 % của 19 Lao động tiên tiến" in error.message
    listed = f"{names[1]} (11 phiếu), {names[0]} (11 phiếu), {names[2]} (10 phiếu)"
    assert f"Chờ ký 3 người, chỉ còn 2 chỗ: {listed}." in error.message

    keep = {str(keys[0]): "keep", str(keys[1]): "keep", str(keys[2]): "reserve"}
    with pytest.raises(NotAllowed), town.acting("VP") as uow:
        decide_again(uow, session, keep, "Chỉ tiêu còn 2.")
    with pytest.raises(InvalidForm) as wrong, town.acting("CT") as uow:
        decide_again(uow, session, {**keep, str(keys[2]): "keep"}, "Chỉ tiêu còn 2.")
    assert [each.path for each in wrong.value.errors] == ["override_basis"]
    fewer = {str(keys[0]): "keep", str(keys[1]): "reserve", str(keys[2]): "keep"}
    with pytest.raises(InvalidForm) as wrong, town.acting("CT") as uow:
        decide_again(uow, session, fewer, "Chỉ tiêu còn 2.")
    assert [each.path for each in wrong.value.errors] == [f"choice.{keys[1]}"]
    with town.acting("CT") as uow:
        decide_again(uow, session, keep, "Chỉ tiêu còn 2.")
    assert town.stages(*keys[:3]) == ["paper", "paper", "not_passed"]
    assert town.outcome(keys[2]) == "in_reserve"
    assert "Dự bị: đủ phiếu nhưng vượt chỉ tiêu còn lại 2 người" in town.row(keys[2]).outcome_reason
    [told] = events(town, session, "session:selected_again")
    assert (sorted(told["kept"]), told["reserve"]) == (
        [town.row(key).code for key in keys[:2]], [town.row(keys[2]).code],
    )  # fmt: skip
    with pytest.raises(Conflict), town.acting("CT") as uow:
        decide_again(uow, session, keep, "Lần nữa.")

    town.do("CT", "review_paper", paper, {"paper_choice": "approve"})
    town.issue(paper, 12)
    assert town.stages(*keys[:3]) == ["city", "city", "not_passed"]
    assert names[2] not in town.text(paper)
    assert town.forged() == []


def test_ac03_a_number_that_the_office_entered_is_corrected_on_a_basis_and_the_chair_is_told(
    town: Any,
) -> None:
    advanced(town, 5)
    keys = fighters(town)
    session = voted(town, keys, (11, 11, 11, 9, 8), ldtt_count=24)
    town.conclude(session)
    assert outcomes(town, keys) == ["passed", "passed", "passed", "failed", "failed"]
    with town.acting("VP") as uow:
        [quota] = session_page(uow, session).quotas
    assert quota.warning.endswith(
        "Sổ khen thưởng hiện có 5 Lao động tiên tiến, khác số đã nhập 24: kiểm tra trước khi ký."
    )
    with pytest.raises(InvalidForm) as refused, town.acting("VP") as uow:
        correct_numbers(uow, session, {"ldtt_count": "19"}, "")
    assert [error.path for error in refused.value.errors] == ["basis"]
    with pytest.raises(NotAllowed), town.acting("CT") as uow:
        correct_numbers(uow, session, {"ldtt_count": "19"}, BASIS)
    with town.acting("VP") as uow:
        [overrun] = correct_numbers(uow, session, {"ldtt_count": "19"}, BASIS)
    assert (overrun.places, len(overrun.lines)) == (2, 3)
    assert "Chủ tịch Hội đồng xét chọn lại ở trang phiên họp" in town.notices("CT")[-1]
    assert town.notices("VP")[-1] == town.notices("CT")[-1]
    with town.acting("VP") as uow:
        waiting = papers.create_paper(uow, "proposal", subject="Đề nghị khen thưởng").id
    with pytest.raises(InvalidForm) as refused:
        town.do("VP", "draft_paper", waiting)
    assert "Chờ ký 3 người, chỉ còn 2 chỗ" in refused.value.errors[0].message
    with town.acting("CT") as uow:
        shown = selection_page(uow, session)
        assert (shown.may_decide, shown.may_correct, shown.numbers[0][2]) == (True, False, 19)
        choices = {str(keys[0]): "keep", str(keys[1]): "reserve", str(keys[2]): "keep"}
        decide_again(uow, session, choices, "Bằng phiếu nhau; sáng kiến của hai người kia áp dụng rộng hơn.")
    assert town.stages(*keys[:3]) == ["paper", "not_passed", "paper"]
    town.do("VP", "draft_paper", waiting)
    assert town.paper(waiting).state == "in_review"


FAMILIES = [f"Hộ ông Mẫu Văn {number:02d} (hư cấu)" for number in range(1, 101)]
FAMILY_VOTES = (*[11] * 9, *[10] * 6, *[8] * 4)


def families(town: Any, names: Sequence[str]) -> list[UUID]:
    rows = [
        {
            "award": "GK_GDVH",
            "merit_kind": "thuong_xuyen",
            "subject_kind": "household",
            "achievement_year": 2022,
            "subject_name": name,
            "address": "Xóm Mẫu 4, xã Đồng Liên",
            "gdvh_years": 3,
            "merit_summary": "Ba năm liên tục đạt danh hiệu Gia đình văn hóa.",
        }
        for name in names
    ]
    return before_council(town, "X04T", "X04", rows, "X04T")


def three_years(town: Any, count: int) -> None:
    """So many families with the title in 2019, 2020 and 2021, and one that lacks the year between."""
    with town.acting("VP") as uow:
        for year in (2019, 2020, 2021):
            for name in FAMILIES[:count] + (["Hộ bà Thiếu Một Năm (hư cấu)"] if year != 2020 else []):
                enter_earlier_award(
                    uow,
                    award="GDVH",
                    subject_kind="household",
                    subject_name=name,
                    unit_name="Xóm Mẫu 4",
                    achievement_year=year,
                    decision_number=f"90/QĐ-UBND-{year}",
                    decision_date=date(year, 11, 10),
                    decided_by="Chủ tịch UBND xã Đồng Liên",
                )


def test_ac14_of_a_hundred_families_fifteen_places_go_by_votes_from_high_to_low(town: Any) -> None:
    three_years(town, 100)
    keys = families(town, FAMILIES[:19])
    session = voted(town, keys, FAMILY_VOTES)
    with town.acting("VP") as uow:
        [quota] = session_page(uow, session).quotas
    assert (quota.base, quota.limit, quota.listed) == (100, 15, 19)
    assert quota.text.startswith(
        "Giấy khen Gia đình văn hóa năm 2022: không quá 15 gia đình (15 % của 100 gia đình có 3 năm liên tục đạt "
        "Gia đình văn hóa, theo sổ khen thưởng; NĐ 122/2018/NĐ-CP"
    )
    assert outcomes(town, keys) == ["passed"] * 15 + ["failed"] * 4
    assert town.line(keys[15]).reason == (
        "8/11 phiếu đồng ý, cần 6. Dự bị: đủ phiếu nhưng vượt chỉ tiêu còn lại 15 gia đình, xếp sau theo số phiếu."
    )
    assert results(town, session, keys) == ["Đạt"] * 15 + ["Dự bị"] * 4
    town.conclude(session)
    assert town.stages(*keys) == ["paper"] * 15 + ["not_passed"] * 4


def test_ac14_a_tie_for_the_last_places_of_the_families_is_asked(town: Any) -> None:
    keys = families(town, FAMILIES[:5])
    session = voted(town, keys, (11, 10, 9, 9, 9), gdvh_count=20)
    with town.acting("VP") as uow:
        [quota] = session_page(uow, session).quotas
    assert (quota.limit, "số do Văn phòng nhập" in quota.text) == (3, True)
    assert outcomes(town, keys) == ["passed", "passed", "tie", "tie", "tie"]
    decide(town, session, {keys[2]: "failed", keys[3]: "passed", keys[4]: "failed"}, cap_tie="chair")
    assert outcomes(town, keys) == ["passed", "passed", "failed", "passed", "failed"]


def test_ac14_without_a_base_the_number_is_asked_for_and_nothing_is_cut(town: Any) -> None:
    keys = families(town, FAMILIES[:2])
    session = voted(town, keys, (11, 10))
    with town.acting("VP") as uow:
        [quota] = session_page(uow, session).quotas
    assert quota.warning == (
        "Sổ khen thưởng chưa có gia đình có 3 năm liên tục đạt Gia đình văn hóa năm 2022: "
        "cần nhập số gia đình đạt."
    )
    assert outcomes(town, keys) == ["passed", "passed"]
