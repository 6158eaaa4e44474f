"""18 nominees of one unit, from one meeting to one decision; three drop out and block nobody."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import func, select

from engine import tasks
from engine.errors import InvalidForm
from workflows.actions import interruptions
from workflows.demo.nominees import advanced_worker
from workflows.queries.papers import paper_page
from workflows.tables.nominations import Nomination
from workflows.tables.register import RegisterEntry

STAFF = [f"CB{number:02d}" for number in range(1, 15)]
TYPED = ("Tạ Thị Tuyết (hư cấu)", "Cao Văn Thắng (hư cấu)", "Mai Thị Ước (hư cấu)")
RETURNED, REFUSED, HELD = "Trần Văn Cảnh (hư cấu)", "Vũ Đình Hưng (hư cấu)", "Dương Thị Minh (hư cấu)"
LISTED = [
    "Nguyễn Văn An (hư cấu)",
    "Lê Thị Bảo (hư cấu)",
    "Hoàng Thị Dung (hư cấu)",
    "Đinh Văn Dũng (hư cấu)",
    "Phạm Thị Giang (hư cấu)",
    "Ngô Thị Huyền (hư cấu)",
    "Lý Văn Khánh (hư cấu)",
    "Bùi Thị Loan (hư cấu)",
    "Đỗ Quang Nam (hư cấu)",
    "Nguyễn Thị Oanh (hư cấu)",
    "Trịnh Văn Phúc (hư cấu)",
    "Cao Văn Thắng (hư cấu)",
    "Tạ Thị Tuyết (hư cấu)",
    "Mai Thị Ước (hư cấu)",
    "Nông Thị Yến (hư cấu)",
]
"""The 15 of the decision in the order of a Vietnamese list: by given name, ư after u, ũ after u."""

RETURN_REASON = "Bản tóm tắt thành tích còn chung chung, bổ sung số liệu."
REFUSE_REASON = "Tuyển dụng mới 08 tháng, chưa đủ điều kiện."
COMPLAINT = "Đơn phản ánh số 15/ĐPA ngày 29/11/2022 (hư cấu)"


def nominated(town: Any) -> dict[str, UUID]:
    people = town.fixture.people
    rows = [
        advanced_worker(str(people[code]), months=8 if code == "CB07" else 60) for code in [*STAFF, "VHTT"]
    ]
    named = {**rows[0], "position": "Nhân viên hợp đồng", "gender": "female", "born_year": 1990}
    del named["person_id"]
    rows += [{**named, "subject_name": name} for name in TYPED]
    keys = town.nominate("TP_HT", "CQ", *rows)
    town.submit("TP_HT", *keys)
    return {town.row(key).subject_name: key for key in keys}


def to_the_council(town: Any) -> dict[str, UUID]:
    """One meeting over 18; one is sent back by it, one refused by the office; 16 wait for the council."""
    dossiers = nominated(town)
    meeting = town.review(
        "PCT1", "CQ", list(dossiers.values()), {RETURNED: {"outcome": "returned", "reason": RETURN_REASON}}
    )
    assert town.open_steps(meeting) == []
    going = [key for name, key in dossiers.items() if name != RETURNED]
    town.receive(*going)
    with pytest.raises(InvalidForm) as blocked:
        town.appraise(dossiers[REFUSED])
    assert [(error.path, error.message) for error in blocked.value.errors] == [
        (
            "appraisal_outcome",
            "Chưa thể trình Hội đồng: tuyển dụng mới dưới 10 tháng, chưa được xét Lao động tiên tiến",
        )
    ]
    town.appraise(dossiers[REFUSED], outcome="refuse", reason=REFUSE_REASON)
    town.appraise(*(key for key in going if key != dossiers[REFUSED]))
    return dossiers


def decided(town: Any) -> tuple[dict[str, UUID], UUID]:
    dossiers = to_the_council(town)
    town.council(*(key for name, key in dossiers.items() if name not in (RETURNED, REFUSED)))
    with town.acting("VP") as uow:
        interruptions.hold(uow, dossiers[HELD], COMPLAINT)
    town.at(date(2022, 12, 1))
    return dossiers, town.sign("decision", 203)


def test_three_of_eighteen_are_returned_refused_and_held_and_fifteen_are_decided(town: Any) -> None:
    dossiers, paper = decided(town)
    stages = {name: town.row(key).stage for name, key in dossiers.items()}
    assert stages == dict.fromkeys(LISTED, "awarded") | {
        RETURNED: "draft",
        REFUSED: "refused",
        HELD: "paper",
    }
    assert town.row(dossiers[RETURNED]).outcome_reason == RETURN_REASON
    assert town.row(dossiers[REFUSED]).outcome_reason == REFUSE_REASON
    assert town.row(dossiers[HELD]).on_hold_basis == COMPLAINT
    text = town.text(paper)
    assert "Số: 203/QĐ-UBND" in text
    assert "Lưu: VT. CHỦ TỊCH Nguyễn Đức Hải (hư cấu)" in text
    assert "Danh sách này có 15 cá nhân./." in text
    assert [name for name in LISTED if name not in text] == []
    assert [name for name in (RETURNED, REFUSED, HELD) if name in text] == []
    with town.acting("VP") as uow:
        entries = uow.session.scalars(select(RegisterEntry).order_by(RegisterEntry.running_number)).all()
        assert [entry.running_number for entry in entries] == list(range(1, 16))
        assert sorted(entry.subject_name for entry in entries) == sorted(LISTED)
        assert {entry.decision_number for entry in entries} == {"203/QĐ-UBND"}
        assert {entry.decision_date for entry in entries} == {date(2022, 12, 1)}
        assert [line.name for line in paper_page(uow, paper).lines] == LISTED
    assert town.forged() == []


def test_the_returned_one_is_mended_and_decided_on_the_next_list_without_touching_the_first(
    town: Any,
) -> None:
    dossiers, paper = decided(town)
    before = town.paper(paper).pdf_sha256
    again = dossiers[RETURNED]
    town.do("TP_HT", "draft_nomination", again, {"merit_summary": "Giải quyết 312 hồ sơ, không quá hạn."})
    town.review("PCT1", "CQ", [again])
    town.receive(again)
    town.appraise(again)
    town.council(again)
    second = town.sign("decision", 204)
    assert town.stages(again) == ["awarded"]
    assert "Danh sách này có 01 cá nhân./." in town.text(second)
    assert town.paper(paper).pdf_sha256 == before
    with town.acting("VP") as uow:
        assert uow.session.scalar(select(func.max(RegisterEntry.running_number))) == 16


def test_every_list_comes_filled_from_what_was_entered_once(town: Any) -> None:
    """Each form of a collective step names its nominees by itself; only votes, choices, numbers are new."""
    dossiers = to_the_council(town)
    wait = [name for name in [*LISTED, HELD] if name in dossiers]
    session = town.convene([dossiers[name] for name in wait])
    ballot = town.form("CT", "cast_vote", session)
    assert [row["name"] for row in ballot["lines"]] == sorted(
        wait, key=[*LISTED[:8], HELD, *LISTED[8:]].index
    )
    town.vote(session)
    town.conclude(session)
    paper = town.draft("decision", "Về việc công nhận Lao động tiên tiến năm 2022")
    shown = town.form("CT", "review_paper", paper)
    assert len(shown["lines"]) == 16
    assert {row["votes"] for row in shown["lines"]} == {"11/11"}
    assert {row["decision"] for row in shown["lines"]} == {"approve"}
    town.do("CT", "review_paper", paper, {"paper_choice": "approve"})
    with town.acting("VT") as uow:
        [task] = tasks.open_tasks(uow, step="issue_paper", business_key=str(paper))
        filled = {name: value for name, value in tasks.prefill_of(uow, task).items() if name != "$options"}
    assert filled == {
        "subject": "Về việc công nhận Lao động tiên tiến năm 2022",
        "series": "QĐ-UBND",
        "number_source": "typed",
        "issued_on": "2022-11-14",
        "signer_mode": "CT",
    }
    with town.acting("VP") as uow:
        row = uow.session.get_one(Nomination, dossiers["Nguyễn Văn An (hư cấu)"])
        assert (row.position, row.gender, row.born_year) == ("Chủ tịch HĐND xã", "male", 1970)
