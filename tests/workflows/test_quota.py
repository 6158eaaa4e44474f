"""Caps and ranks: in the unit's meeting, on the council's agenda, after the vote; the chair's own vote."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select

from engine import instances, jobs, regulations
from engine.errors import InvalidForm
from workflows import files
from workflows.actions.meetings import lines_of, start_review
from workflows.actions.papers import _signature_block
from workflows.actions.register import enter_earlier_award
from workflows.actions.sessions import create_session
from workflows.minutes import minutes_of
from workflows.queries.sessions import SessionView, session_page
from workflows.tables.papers import Paper
from workflows.tables.sessions import SessionLine

NAMES = [
    f"{name} (hư cấu)" for name in ("Đỗ Thị An", "Lê Văn Bảo", "Vũ Văn Cảnh", "Hà Thị Dung", "Lý Thị Em")
]
NINETY = {"threshold": "9/10", "comparison": ">=", "denominator": "total_members"}
CHAIR_DECIDES = {"at_cap": "yes", "cap_tie": "chair"}
DECREE = "NĐ 91/2017/NĐ-CP Điều 9 khoản 3; cách làm tròn chưa có nguồn (cần kiểm tra)"


def fighter(name: str, **more: Any) -> dict[str, Any]:
    return {
        "award": "CSTDCS",
        "subject_kind": "individual",
        "subject_name": name,
        "position": "Công chức",
        "achievement_year": 2022,
        "months_in_service": 60,
        "merit_summary": "Lao động tiên tiến, có sáng kiến được công nhận.",
        **more,
    }


def worker(name: str) -> dict[str, Any]:
    return fighter(name, award="LDTT")


def at_council(commune: Any, *rows: dict[str, Any], unit: str = "CQ", author: str = "TP_HT") -> list[UUID]:
    """Dossiers that wait for the council."""
    ids: list[UUID] = commune.nominate(author, unit, *rows)
    for each in ids:
        commune.attach(author, each, "merit_report")
        commune.attach(author, each, "initiative_certificate", year=2022)
    commune.submit(author, *ids)
    for each in ids:
        instance_id = commune.nomination(each).instance_id
        with commune.acting(author) as uow:
            passed = {"review_outcome": "passed", "review_reason": ""}
            assert instances.deliver(uow, instance_id, "unit_review_result", passed)
        commune.do("VP", "receive_dossier", each, {"received_on": "2022-11-14"})
        commune.do("VP", "appraise", each, {"appraisal_outcome": "accept"})
    return ids


def fighters(commune: Any, *names: str, **more: Any) -> list[UUID]:
    """Nominees for CSTĐCS before the council, each with an LĐTT of the same year under way."""
    advanced = commune.nominate("TP_HT", "CQ", *(worker(name) for name in names))
    commune.submit("TP_HT", *advanced)
    return at_council(commune, *(fighter(name, **more) for name in names))


def registered(commune: Any, count: int) -> None:
    """So many LĐTT of 2022 in the register."""
    with commune.acting("VP") as uow:
        for number in range(count):
            enter_earlier_award(
                uow,
                award="LDTT",
                subject_kind="individual",
                subject_name=f"Người mẫu số {number} (hư cấu)",
                decision_number="203/QĐ-UBND",
                decision_date=date(2022, 11, 14),
                decided_by="Chủ tịch UBND xã Đồng Liên",
            )


def called(commune: Any, *, by_law: dict[str, Any] | None = None, absent: tuple[str, ...] = (),
           **agenda: Any) -> UUID:  # fmt: skip
    """A session with recorded votes over all who wait, up to the recording."""
    with commune.acting("VP") as uow:
        session_id = create_session(uow, title="Họp Hội đồng", vote_mode="recorded", by_law=by_law).id
    commune.do("VP", "prepare_agenda", session_id, lambda shown: agenda_of(shown, **agenda))
    people = {str(commune.made.people[code]) for code in absent}
    commune.do("VP", "record_attendance", session_id, lambda shown: {"recusals": [], "members": [
        {"id": row["id"], "state": "absent" if row["id"] in people else "present"}
        for row in shown["members"]]})  # fmt: skip
    return UUID(str(session_id))


def agenda_of(shown: dict[str, Any], **more: Any) -> dict[str, Any]:
    kept = {key: shown[key] for key in ("title", "vote_mode")}
    return {
        **kept,
        "held_on": "2022-11-14",
        "held_time": "08:00",
        "place": "Phòng họp",
        "lines": [{"id": row["id"], "include": True} for row in shown["lines"]],
        **more,
    }


def record(commune: Any, session_id: UUID, agree: dict[UUID, int], total: int = 11, **more: Any) -> None:
    rows = [
        {"id": str(key), "agree": votes, "disagree": total - votes, "invalid": 0, **more}
        for key, votes in agree.items()
    ]
    commune.do("VP", "record_votes", session_id, {"lines": rows})


def page(commune: Any, session_id: UUID) -> SessionView:
    with commune.acting("VP") as uow:
        return session_page(uow, session_id)


def outcomes(commune: Any, ids: list[UUID]) -> list[str | None]:
    with commune.acting("VP") as uow:
        found = {line.nomination_id: line.outcome for line in uow.session.scalars(select(SessionLine))}
    return [found[each] for each in ids]


def test_ac03_five_fighters_and_a_cap_of_three_leave_one_place_for_the_chair(commune: Any) -> None:
    registered(commune, 24)
    ids = fighters(commune, *NAMES)
    session_id = called(commune, by_law=NINETY)
    [quota] = page(commune, session_id).quotas
    assert (quota.limit, quota.taken, quota.listed) == (3, 0, 5)
    assert quota.text == (
        "Chiến sĩ thi đua cơ sở năm 2022: không quá 3 người "
        f"(15 % của 24 Lao động tiên tiến, theo sổ khen thưởng; {DECREE})."
    )
    assert quota.warning == "Danh sách có 5 người, nhiều hơn chỉ tiêu còn lại 3."
    record(commune, session_id, dict(zip(ids, (11, 11, 10, 10, 8), strict=True)))
    assert outcomes(commune, ids) == ["passed", "passed", "tie", "tie", "failed"]
    both = {"choice": "passed", "reason": "Thâm niên."}
    with pytest.raises(InvalidForm) as refused:
        commune.do("CT", "casting_decision", session_id, lambda shown: {
            **CHAIR_DECIDES, "lines": [{"id": row["id"], **both} for row in shown["lines"]]})  # fmt: skip
    assert [(error.path, error.message) for error in refused.value.errors] == [
        ("lines.0.choice", "Chỉ tiêu chỉ còn 3 người, đã chọn đạt 4 người."),
        ("lines.1.choice", "Chỉ tiêu chỉ còn 3 người, đã chọn đạt 4 người."),
    ]
    one = [
        {"id": str(ids[2]), "choice": "passed", "reason": "Sáng kiến áp dụng toàn xã."},
        {"id": str(ids[3]), "choice": "failed", "reason": "Để dự bị."},
    ]
    commune.do("CT", "casting_decision", session_id, {**CHAIR_DECIDES, "lines": one})
    commune.do("CT", "confirm_result", session_id, {"confirm_choice": "confirm"})
    with commune.acting("VP") as uow:
        paper = minutes_of(uow, "session_minutes", str(session_id))
        assert paper is not None and paper.data is not None
        data = paper.data["data"]
    assert "không quá 3 người (15 % của 24 Lao động tiên tiến" in data["rules"][0]["text"]
    commune.do("VP", "confirm_minutes", session_id, {})
    assert [commune.nomination(each).stage for each in ids] == [
        "paper", "paper", "paper", "not_passed", "not_passed",
    ]  # fmt: skip


def test_fewer_votes_are_cut_with_the_reason_in_the_line(commune: Any) -> None:
    registered(commune, 19)
    ids = fighters(commune, *NAMES[:3])
    session_id = called(commune, by_law=NINETY)
    record(commune, session_id, dict(zip(ids, (11, 10, 11), strict=True)))
    assert outcomes(commune, ids) == ["passed", "failed", "passed"]
    line = next(line for line in page(commune, session_id).lines if line.nomination_id == ids[1])
    assert line.reason == (
        "10/11 phiếu đồng ý, cần 10. Dự bị: đủ phiếu nhưng vượt chỉ tiêu còn lại 2 người, xếp sau theo số phiếu."
    )


def test_those_who_passed_before_take_places(commune: Any) -> None:
    registered(commune, 20)
    first = fighters(commune, *NAMES[:2])
    session_id = called(commune)
    record(commune, session_id, dict.fromkeys(first, 11))
    commune.do("CT", "confirm_result", session_id, {"confirm_choice": "confirm"})
    commune.do("VP", "confirm_minutes", session_id, {})
    with commune.acting("VP") as uow:
        enter_earlier_award(
            uow,
            award="CSTDCS",
            subject_kind="individual",
            subject_name="Người mẫu (hư cấu)",
            decision_number="1/QĐ-UBND",
            decision_date=date(2022, 11, 14),
            decided_by="UBND thành phố",
        )
    fighters(commune, NAMES[2])
    [quota] = page(commune, called(commune)).quotas
    assert (quota.limit, quota.taken, quota.places) == (3, 3, 0)
    assert quota.text.endswith("; đã thông qua trước đó 3.")


def test_an_empty_register_gives_no_cap_and_the_number_is_asked_for(commune: Any) -> None:
    ids = fighters(commune, *NAMES[:3])
    session_id = called(commune)
    [quota] = page(commune, session_id).quotas
    assert (quota.limit, quota.text) == (
        None, "Chiến sĩ thi đua cơ sở năm 2022: chưa xác định được chỉ tiêu.",
    )  # fmt: skip
    assert quota.warning == "Sổ khen thưởng chưa có Lao động tiên tiến năm 2022: cần nhập số người đạt."
    record(commune, session_id, dict.fromkeys(ids, 11))
    assert outcomes(commune, ids) == ["passed"] * 3


def test_a_number_that_the_office_enters_is_the_base_and_the_words_say_so(commune: Any) -> None:
    ids = fighters(commune, *NAMES[:3])
    session_id = called(commune, by_law=NINETY, ldtt_count=19)
    [quota] = page(commune, session_id).quotas
    assert (quota.limit, "(15 % của 19 Lao động tiên tiến, số do Văn phòng nhập;" in quota.text) == (2, True)
    record(commune, session_id, dict(zip(ids, (11, 10, 11), strict=True)))
    assert outcomes(commune, ids) == ["passed", "failed", "passed"]


def test_the_agenda_form_shows_cap_and_warning(commune: Any) -> None:
    from engine import tasks

    registered(commune, 6)
    fighters(commune, *NAMES[:1])
    with commune.acting("VP") as uow:
        session_id = create_session(uow, title="Họp Hội đồng", vote_mode="recorded").id
        [task] = tasks.open_tasks(uow, business_key=str(session_id))
        shown = tasks.prefill_of(uow, task)["quota"]
    assert shown.endswith("Danh sách có 1 người, nhiều hơn chỉ tiêu còn lại 0.")


def test_the_shares_on_an_agenda_are_exact(commune: Any) -> None:
    fighters(commune, *NAMES[:3], direct_worker=True)
    shown = page(commune, called(commune))
    assert (str(shown.direct_share), str(shown.hardship_share)) == ("3/3 (100 %)", "0/3 (0 %)")
    assert shown.awards[0].direct_share.exact == 1


def met(commune: Any, *ranks: int | None) -> UUID:
    """A unit's meeting over fighters, recorded with these ranks and confirmed."""
    ids = commune.nominate("TP_HT", "CQ", *(fighter(name) for name in NAMES[: len(ranks)]))
    commune.submit("TP_HT", *ids)
    with commune.acting("PCT1") as uow:
        meeting_id = start_review(uow, commune.made.units["CQ"]).id
    commune.do("PCT1", "convene_review", meeting_id, lambda shown: {
        **{name: shown[name] for name in ("title", "held_on", "lines")},
        "place": "Hội trường", "chair": "Trần Văn Đông", "secretary": "Hà Thị Bưởi", "invited": 20})  # fmt: skip
    given = {str(key): rank for key, rank in zip(ids, ranks, strict=True)}
    commune.do("PCT1", "record_review", meeting_id, lambda shown: {
        "held_on": shown["held_on"], "ended_time": "10:30", "invited": 20, "present": 20,
        "lines": [{"id": row["id"], "agree": 20, "disagree": 0, "outcome": "passed",
                   **({"rank": given[row["id"]]} if given[row["id"]] else {})}
                  for row in shown["lines"]]})  # fmt: skip
    return UUID(str(meeting_id))


def test_where_there_is_a_cap_the_unit_ranks_everybody_it_puts_forward(commune: Any) -> None:
    with pytest.raises(InvalidForm) as refused:
        met(commune, 1, None, 1)
    assert sorted((error.path, error.message) for error in refused.value.errors) == [
        ("lines.1.rank", "Danh hiệu này có tỷ lệ khống chế: cần xếp hạng từng người được đề nghị."),
        ("lines.2.rank", "Thứ hạng 1 đã ghi cho người khác; mỗi thứ hạng chỉ một người."),
    ]


def test_the_unit_s_ranks_are_kept_and_its_confirmed_minutes_are_final(commune: Any) -> None:
    meeting_id = met(commune, 2, 1, 3)
    commune.do("PCT1", "confirm_review", meeting_id, {"confirm_choice": "confirm"})
    jobs.run_pending(commune.database)
    with commune.acting("PCT1") as uow:
        assert [line.rank for line in lines_of(uow, meeting_id)] == [2, 1, 3]
        paper = minutes_of(uow, "review_minutes", str(meeting_id))
        assert paper is not None and paper.data is not None and paper.pdf_sha256 is not None
        assert (paper.state, paper.data["draft"]) == ("issued", False)
        assert [line["rank"] for line in paper.data["data"]["lines"]] == [2, 1, 3]
        assert files.path_of(paper.pdf_sha256).read_bytes().startswith(b"%PDF")


def test_the_record_of_a_review_needs_the_hour_it_ended(commune: Any) -> None:
    import json

    schema = json.loads((SHIPPED / "unit_review" / "record_review.form.json").read_text())
    assert "ended_time" in schema["required"]


SHIPPED = Path(__file__).parents[2] / "bpmn" / "2022"
MUST_AGREE = {"chair_must_agree": True, "threshold": "1/2", "comparison": ">"}


def test_a_divided_recorded_vote_asks_for_the_chairs_vote_where_the_by_law_needs_it(commune: Any) -> None:
    ids = fighters(commune, *NAMES[:2])
    session_id = called(commune, by_law=MUST_AGREE)
    with pytest.raises(InvalidForm) as refused:
        record(commune, session_id, {ids[0]: 11, ids[1]: 10})
    assert [(error.path, error.message) for error in refused.value.errors] == [
        (
            "lines.1.chair_agreed",
            f"{NAMES[1]}: quy chế cần ý kiến của Chủ tịch Hội đồng; ghi Chủ tịch đồng ý hay không.",
        )
    ]
    record(commune, session_id, {ids[0]: 11, ids[1]: 10}, chair_needed="yes", chair_agreed="no")
    assert outcomes(commune, ids) == ["passed", "failed"]


def test_a_chair_who_has_no_ballot_is_never_taken_to_agree(commune: Any) -> None:
    ids = fighters(commune, *NAMES[:1])
    session_id = called(commune, by_law=MUST_AGREE, absent=("CT",))
    record(commune, session_id, {ids[0]: 10}, total=10)
    assert outcomes(commune, ids) == ["failed"]


def test_the_authority_is_asked_with_the_channel_of_the_dossier_s_own_unit(commune: Any) -> None:
    table = (SHIPPED / "nomination" / "authority.dmn").read_text()
    at = table.index("authority_rule_6_in_3")
    other = table[:at] + table[at:].replace("<text/>", '<text>"self"</text>', 1).replace(
        '"chairman"', '"committee"', 1
    )
    with commune.acting("QT") as uow:
        draft = regulations.new_draft(uow, commune.made.commune_id, "Sửa đổi thẩm quyền")
        regulations.save_file(uow, draft.id, "nomination/authority.dmn", other.encode())
        regulations.publish(uow, draft.id, effective_from=date(2022, 11, 14), effective_until=None)
    row = fighter("Lục Văn Mẫu (hư cấu)", award="GK_XA", merit_kind="thuong_xuyen")
    [nomination_id] = at_council(commune, row, unit="HTX", author="HTX1")
    nomination = commune.nomination(nomination_id)
    with commune.acting("VP") as uow:
        assert instances.data(uow, nomination.instance_id)["unit_channel"] == "self"
        paper = Paper(
            organisation_id=commune.made.commune_id, kind="decision", subject="", created_at=uow.now
        )
        assert _signature_block(uow, paper, nomination) == "committee"
