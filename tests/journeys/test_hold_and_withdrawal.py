"""AC-11: a complaint after the vote and before the signature; and what a unit may withdraw, when."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select

from engine.errors import InvalidForm, NotAllowed
from workflows.actions import interruptions
from workflows.demo.nominees import advanced_worker, fighter
from workflows.demo.season import COUNCIL
from workflows.minutes import minutes_of
from workflows.queries import dossier, progress
from workflows.queries.nominations import Filter, list_nominations
from workflows.queries.papers import paper_page
from workflows.queries.waiting import for_paper, for_session
from workflows.tables.register import RegisterEntry

COMPLAINT = "Đơn phản ánh số 15/ĐPA ngày 29/11/2022 (hư cấu)"
CLEARED = "Kết luận xác minh số 07/KL-UBND ngày 05/12/2022 (hư cấu)"
DISCIPLINED = "Quyết định kỷ luật số 311/QĐ-UBND ngày 08/12/2022 (hư cấu)"
SICK = "Người được đề nghị xin rút (hư cấu)"
AN, BAO, CANH = "Nguyễn Văn An (hư cấu)", "Lê Thị Bảo (hư cấu)", "Trần Văn Cảnh (hư cấu)"


def passed(town: Any, against: Sequence[str] = ()) -> list[UUID]:
    """An, Bảo and Cảnh have passed the council; `against` refuse the second."""
    keys = before_council(town)
    town.council(*keys, against={code: [keys[1]] for code in against})
    return keys


def before_council(town: Any) -> list[UUID]:
    rows = [advanced_worker(str(town.fixture.people[code])) for code in ("CB01", "CB02", "CB03")]
    return list(town.before_council("TP_HT", "CQ", *rows, head="PCT1"))


def hold(town: Any, key: UUID) -> None:
    with town.acting("VP") as uow:
        interruptions.hold(uow, key, COMPLAINT)


def withdraw(town: Any, key: UUID, code: str = "TP_HT") -> None:
    with town.acting(code) as uow:
        interruptions.withdraw(uow, key, SICK)


def test_only_the_office_holds_a_dossier_and_only_with_the_paper_it_rests_on(town: Any) -> None:
    _, key, _ = passed(town)
    with town.acting("TP_HT") as uow, pytest.raises(NotAllowed) as denied:
        uow.actor_id = town.fixture.people["X01T"]
        interruptions.hold(uow, key, COMPLAINT)
    assert str(denied.value) == "Việc này dành cho vai trò “Thường trực Hội đồng (Văn phòng HĐND và UBND)”."
    with pytest.raises(InvalidForm) as missing, town.acting("VP") as uow:
        interruptions.hold(uow, key, "  ")
    assert [error.message for error in missing.value.errors] == [
        "Cần ghi căn cứ tạm dừng (số, ngày văn bản)."
    ]
    hold(town, key)
    with pytest.raises(NotAllowed, match="Hồ sơ đang tạm dừng rồi"), town.acting("VP") as uow:
        interruptions.hold(uow, key, COMPLAINT)


def test_a_complaint_before_the_draft_keeps_the_name_off_the_paper_and_marks_it_on_every_list(
    town: Any,
) -> None:
    first, key, third = passed(town)
    hold(town, key)
    with town.acting("VP") as uow:
        assert [each.subject_name for each in for_paper(uow, "decision")] == [AN, CANH]
        shown = dossier.dossier(uow, key)
        assert (shown.stage, shown.reason) == ("Tạm dừng xét – Trình Chủ tịch UBND xã", COMPLAINT)
        marked = {row.name: row.stage for unit in progress.progress(uow, 2022) for row in unit.rows}
        assert marked == {
            AN: "Trình Chủ tịch UBND xã",
            BAO: "Tạm dừng xét – Trình Chủ tịch UBND xã",
            CANH: "Trình Chủ tịch UBND xã",
        }
        assert [row.id for row, _ in list_nominations(uow, Filter(on_hold=True)).rows] == [key]
    paper = town.sign("decision", 203)
    assert town.stages(first, key, third) == ["awarded", "paper", "awarded"]
    assert BAO not in town.text(paper)
    with town.acting("VP") as uow:
        names = uow.session.scalars(select(RegisterEntry.subject_name).order_by(RegisterEntry.running_number))
        assert list(names) == [AN, CANH]


def test_a_complaint_while_the_chairman_reads_takes_the_line_out_of_his_decision(town: Any) -> None:
    first, key, third = passed(town)
    paper = town.draft("decision")
    assert BAO in town.text(paper)
    hold(town, key)
    form = town.form("CT", "review_paper", paper)
    assert [row["name"] for row in form["lines"]] == [AN, CANH]
    assert form["left_out"] == f"{BAO} – tạm dừng xét: {COMPLAINT}"
    assert BAO not in town.text(paper)
    slipped_in = [{"id": str(key), "decision": "refuse", "reason": "Có đơn."}]
    town.do("CT", "review_paper", paper, {"paper_choice": "approve", "lines": slipped_in})
    assert town.stages(first, key, third) == ["paper", "paper", "paper"]
    town.issue(paper, 203)
    assert town.stages(first, key, third) == ["awarded", "paper", "awarded"]
    with town.acting("VP") as uow:
        lines = [(line.name, line.decision_label, line.reason) for line in paper_page(uow, paper).lines]
    assert lines == [
        (AN, "Duyệt", ""),
        (BAO, "Không đưa vào văn bản", f"tạm dừng xét: {COMPLAINT}"),
        (CANH, "Duyệt", ""),
    ]
    assert town.outcome(key) is None


def test_a_complaint_after_the_chairman_approved_takes_the_name_off_what_is_printed_and_issued(
    town: Any,
) -> None:
    first, key, third = passed(town)
    paper = town.draft("decision")
    town.do("CT", "review_paper", paper, {"paper_choice": "approve"})
    assert BAO in town.text(paper)
    hold(town, key)
    assert BAO not in town.text(paper)
    town.issue(paper, 203)
    assert "Danh sách này có 02 cá nhân./." in town.text(paper)
    assert town.stages(first, key, third) == ["awarded", "paper", "awarded"]


def test_cleared_it_resumes_at_the_same_stage_with_the_same_votes_and_is_decided_later(town: Any) -> None:
    _, key, _ = passed(town, against=["CA"])
    before = town.line(key)
    assert (before.agree, before.disagree, before.outcome) == (10, 1, "passed")
    hold(town, key)
    town.sign("decision", 203)
    town.at(date(2022, 12, 5))
    with town.acting("VP") as uow:
        interruptions.resume(uow, key, CLEARED)
    row, after = town.row(key), town.line(key)
    assert (row.stage, row.on_hold_basis, row.authority_route) == ("paper", "", "decide_here")
    assert (after.id, after.agree, after.disagree) == (before.id, 10, 1)
    assert town.open_steps(key) == []
    with town.acting("VP") as uow:
        assert [each.id for each in for_paper(uow, "decision")] == [key]
        said = [(entry.text, entry.reason) for entry in dossier.dossier(uow, key).timeline]
    assert said[:2] == [("Tiếp tục xét", CLEARED), ("Tạm dừng xét", COMPLAINT)]
    paper = town.draft("decision")
    assert [row["votes"] for row in town.form("CT", "review_paper", paper)["lines"]] == ["10/11"]
    town.do("CT", "review_paper", paper, {"paper_choice": "approve"})
    town.issue(paper, 204)
    assert town.stages(key) == ["awarded"]
    assert town.forged() == []


def test_cleared_while_the_paper_still_runs_it_is_back_on_what_is_printed(town: Any) -> None:
    _, key, _ = passed(town)
    paper = town.draft("decision")
    hold(town, key)
    with town.acting("VP") as uow:
        interruptions.resume(uow, key, CLEARED)
    assert BAO in town.text(paper)
    town.do("CT", "review_paper", paper, {"paper_choice": "approve"})
    town.issue(paper, 203)
    assert town.stages(key) == ["awarded"]


def test_cleared_after_the_chairman_approved_the_others_it_waits_for_the_next_paper(town: Any) -> None:
    first, key, third = passed(town)
    paper = town.draft("decision")
    hold(town, key)
    town.do("CT", "review_paper", paper, {"paper_choice": "approve"})
    with town.acting("VP") as uow:
        interruptions.resume(uow, key, CLEARED)
    assert BAO not in town.text(paper)
    town.issue(paper, 203)
    assert town.stages(first, key, third) == ["awarded", "paper", "awarded"]
    assert "Danh sách này có 02 cá nhân./." in town.text(paper)
    town.sign("decision", 204)
    assert town.stages(key) == ["awarded"]


def test_disciplined_it_is_refused_with_the_decision_and_never_awarded(town: Any) -> None:
    _, key, _ = passed(town)
    with pytest.raises(NotAllowed, match="Hồ sơ không bị tạm dừng"), town.acting("VP") as uow:
        interruptions.refuse_held(uow, key, DISCIPLINED)
    hold(town, key)
    with pytest.raises(InvalidForm) as missing, town.acting("VP") as uow:
        interruptions.refuse_held(uow, key, "")
    assert [error.message for error in missing.value.errors] == [
        "Cần ghi kết luận, quyết định làm căn cứ từ chối (số, ngày văn bản)."
    ]
    with town.acting("VP") as uow:
        interruptions.refuse_held(uow, key, DISCIPLINED)
    row = town.row(key)
    assert (row.stage, row.outcome_reason, row.on_hold_basis) == ("refused", DISCIPLINED, "")
    assert town.line(key).agree == 11
    told = f"Hồ sơ {row.code} – {BAO} không được khen thưởng: {DISCIPLINED}"
    assert town.notices("TP_HT")[-1] == told
    town.sign("decision", 203)
    with town.acting("VP") as uow:
        names = uow.session.scalars(select(RegisterEntry.subject_name).order_by(RegisterEntry.running_number))
        assert list(names) == [AN, CANH]
        actions = {act.key: act.reason for act in dossier.dossier(uow, key).actions}
    assert (actions["resume"], actions["refuse"]) == ("Hồ sơ đã kết thúc.", "Hồ sơ đã kết thúc.")


def test_a_unit_withdraws_before_its_review_and_the_others_go_on(town: Any) -> None:
    rows = [advanced_worker(str(town.fixture.people[code])) for code in ("CB01", "CB02", "CB03")]
    keys = town.nominate("TP_HT", "CQ", *rows)
    town.submit("TP_HT", *keys)
    withdraw(town, keys[1])
    assert town.stages(*keys) == ["unit_review", "withdrawn", "unit_review"]
    assert town.row(keys[1]).outcome_reason == SICK
    town.review("PCT1", "CQ", [keys[0], keys[2]])
    assert town.stages(*keys) == ["office_received", "withdrawn", "office_received"]
    assert [status.status for status in town.instances("nomination")].count("cancelled") == 1


def test_withdrawn_while_the_council_votes_it_gets_no_result_and_the_others_theirs(town: Any) -> None:
    first, key, third = before_council(town)
    session = town.convene([first, key, third])
    town.vote_one(session, "CT", set())
    withdraw(town, key)
    town.vote(session, [code for code in COUNCIL if code != "CT"])
    line = town.line(key)
    reason = f"Hồ sơ đã kết thúc trước khi có kết quả (đã rút: {SICK})."
    assert (line.outcome, line.reason) == ("returned", reason)
    town.conclude(session)
    assert town.stages(first, key, third) == ["paper", "withdrawn", "paper"]
    with town.reading() as uow:
        minutes = minutes_of(uow, "session_minutes", str(session))
        assert minutes is not None and minutes.data is not None
        printed = [(row["outcome"], row["reason"]) for row in minutes.data["data"]["lines"]]
    assert printed == [("passed", ""), ("ended", reason), ("passed", "")]
    assert [text for text in town.notices("TP_HT") if BAO in text and "Hội đồng" in text] == []


def test_withdrawn_while_it_waits_for_the_council_it_is_on_no_agenda(town: Any) -> None:
    first, key, third = before_council(town)
    withdraw(town, key)
    with town.acting("VP") as uow:
        assert [each.id for each in for_session(uow)] == [first, third]


def test_withdrawn_while_on_a_paper_the_paper_goes_on_without_it(town: Any) -> None:
    first, key, third = passed(town)
    paper = town.draft("decision")
    withdraw(town, key)
    form = town.form("CT", "review_paper", paper)
    assert [row["name"] for row in form["lines"]] == [AN, CANH]
    assert form["left_out"] == f"{BAO} – không còn chờ ký: {SICK}"
    town.do("CT", "review_paper", paper, {"paper_choice": "approve"})
    town.issue(paper, 203)
    assert town.stages(first, key, third) == ["awarded", "withdrawn", "awarded"]
    assert BAO not in town.text(paper)


def test_a_paper_whose_last_dossier_is_withdrawn_ends_and_leaves_nobody_a_task(town: Any) -> None:
    keys = passed(town)
    paper = town.draft("decision")
    town.do("CT", "review_paper", paper, {"paper_choice": "approve"})
    for key in keys[:2]:
        withdraw(town, key)
    assert town.open_steps(paper) == ["issue_paper"]
    withdraw(town, keys[2])
    row = town.paper(paper)
    said = "Mọi hồ sơ của văn bản đã rút hoặc kết thúc; văn bản không phát hành."
    assert (row.state, row.review_reason, row.number) == ("refused", said, None)
    assert town.open_steps(paper) == []


def test_a_decided_dossier_is_not_withdrawn(town: Any) -> None:
    first, _, _ = passed(town)
    town.sign("decision", 203)
    with pytest.raises(NotAllowed) as decided:
        withdraw(town, first)
    assert str(decided.value) == "Hồ sơ đã kết thúc."
    assert town.stages(first) == ["awarded"]


def test_a_dossier_at_the_city_is_not_withdrawn_and_the_page_says_what_to_do(town: Any) -> None:
    person = str(town.fixture.people["VHTT"])
    rows = [advanced_worker(person), fighter(person, "Bản tin số")]
    worker, key = town.nominate("TP_HT", "CQ", *rows)
    for each in (worker, key):
        town.attach("TP_HT", each, "merit_report")
    town.attach("TP_HT", key, "initiative_certificate", year=2022)
    town.submit("TP_HT", worker, key)
    town.review("PCT1", "CQ", [worker, key])
    town.receive(key)
    town.appraise(key)
    town.council(key)
    town.sign("proposal", 87)
    said = "Hồ sơ đã gửi cấp trên; cần đề nghị cấp trên trả lại trước khi rút."
    with pytest.raises(NotAllowed) as sent:
        withdraw(town, key)
    assert str(sent.value) == said
    with town.acting("TP_HT") as uow:
        actions = {act.key: act.reason for act in dossier.dossier(uow, key).actions}
    assert actions["withdraw"] == said
    assert town.stages(key) == ["city"]


def test_another_unit_withdraws_nothing(town: Any) -> None:
    _, key, _ = before_council(town)
    with pytest.raises(NotAllowed) as denied:
        withdraw(town, key, "X04T")
    assert (
        str(denied.value)
        == "Việc này dành cho vai trò “Người lập hồ sơ” hoặc “Lãnh đạo đơn vị” của Cơ quan UBND xã."
    )
    assert town.stages(key) == ["council"]
