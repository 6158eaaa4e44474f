"""AC-06: two hamlets compete for one place and the vote is 5 to 5 with one member absent and silent."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest

from engine.errors import InvalidForm, ThiduaError
from tests.journeys import secret
from workflows.actions import sessions
from workflows.demo.nominees import collective
from workflows.demo.season import COUNCIL
from workflows.queries.sessions import session_page

THERE = [code for code in COUNCIL if code != "PN"]
FIRST, SECOND = THERE[:5], THERE[5:]


def hamlets(town: Any) -> tuple[UUID, UUID]:
    """Xóm Mẫu 1 and Xóm Mẫu 2 before the council, each for the city's Giấy khen."""
    keys = []
    for number in (1, 2):
        row = {**collective(f"Xóm Mẫu {number}", "Về đích xóm nông thôn mới kiểu mẫu.", members=120),
               "award": "GK_TP", "merit_kind": "thuong_xuyen"}  # fmt: skip
        [key] = town.before_council(f"X0{number}T", f"X0{number}", row)
        keys.append(key)
    return keys[0], keys[1]


def called(town: Any, keys: tuple[UUID, UUID], *, mode: str = "open", **by_law: Any) -> UUID:
    with town.acting("VP") as uow:
        session = sessions.create_session(uow, title="Họp Hội đồng", by_law=by_law).id
    town.agenda(session, keys, vote_mode=mode, places=1)
    town.attendance(session, {"PN": "absent"})
    return UUID(str(session))


def five_to_five(town: Any, session: UUID, one: UUID, two: UUID) -> None:
    """Each member is for one of the two: five for the first, five for the second."""
    refused = {code: [two] for code in FIRST} | {code: [one] for code in SECOND}
    town.vote(session, THERE, against=refused)


def test_five_to_five_reaches_the_majority_of_eleven_for_neither(town: Any) -> None:
    one, two = hamlets(town)
    session = called(town, (one, two), tie="fail")
    five_to_five(town, session, one, two)
    for key in (one, two):
        line = town.line(key)
        assert (line.agree, line.disagree, line.entitled, line.rule["base"]) == (5, 5, 10, 11)
        assert (line.needed, line.outcome) == (6, "failed")
        assert line.reason == "5/11 phiếu đồng ý, chưa đủ 6."
    assert town.open_steps(session) == ["confirm_result"]
    town.conclude(session)
    assert town.stages(one, two) == ["not_passed", "not_passed"]


def test_where_the_chair_decides_a_casting_decision_with_its_reason_is_recorded(town: Any) -> None:
    one, two = hamlets(town)
    session = called(town, (one, two))
    with town.acting("VP") as uow:
        [quota] = session_page(uow, session).quotas
    assert quota.text.endswith(": 1 suất, chọn theo phiếu từ cao xuống thấp.")
    five_to_five(town, session, one, two)
    assert [town.line(key).outcome for key in (one, two)] == ["tie", "tie"]
    assert town.open_steps(session) == ["casting_decision"]

    def cast(first: str, second: str, reason: str) -> None:
        town.do("CT", "casting_decision", session, {"lines": [
            {"id": str(one), "choice": first, "reason": reason},
            {"id": str(two), "choice": second, "reason": reason},
        ]})  # fmt: skip

    with pytest.raises(InvalidForm) as refused:
        cast("passed", "failed", "")
    assert [error.path for error in refused.value.errors] == ["lines.0.reason", "lines.1.reason"]
    with pytest.raises(InvalidForm) as refused:
        cast("passed", "passed", "Cả hai đều xứng đáng.")
    assert {error.message for error in refused.value.errors} == {
        "Chỉ tiêu chỉ còn 1 suất, đã chọn đạt 2 suất."
    }
    cast("passed", "failed", "Xóm Mẫu 1 về đích trước hạn.")
    town.conclude(session)
    assert town.stages(one, two) == ["paper", "not_passed"]
    assert town.line(one).casting_reason == "Xóm Mẫu 1 về đích trước hạn."
    with town.acting("VP") as uow:
        printed = town.text(session_page(uow, session).minutes.id)
    assert "Xóm Mẫu 1 về đích trước hạn." in printed


def test_of_two_that_pass_for_one_place_the_one_with_more_votes_is_chosen(town: Any) -> None:
    one, two = hamlets(town)
    session = called(town, (one, two))
    town.vote(session, THERE, against={code: [one] for code in FIRST[:3]} | {SECOND[0]: [two]})
    assert [(town.line(key).agree, town.line(key).outcome) for key in (one, two)] == [
        (7, "failed"), (9, "passed"),
    ]  # fmt: skip
    assert town.line(one).reason == (
        "7/11 phiếu đồng ý, cần 6. Dự bị: đủ phiếu nhưng vượt chỉ tiêu còn lại 1 suất, xếp sau theo số phiếu."
    )


def test_a_tie_in_a_secret_ballot_is_never_the_chairs_but_voted_again(town: Any) -> None:
    one, two = hamlets(town)
    session = called(town, (one, two), mode="secret")
    codes = secret.prepare(town, session)
    refused = {code: [two] for code in FIRST} | {code: [one] for code in SECOND}
    secret.put_in_all(town, session, [one, two], THERE, against=refused)
    secret.open_with(town, session, {0: codes[0], 1: codes[1]})
    assert [town.line(key).outcome for key in (one, two)] == ["tie", "tie"]
    assert town.open_steps(session) == ["confirm_result"]
    with pytest.raises(InvalidForm) as wrong:
        town.do("CT", "confirm_result", session, {"confirm_choice": "confirm"})
    assert "Còn ngang phiếu" in wrong.value.errors[0].message
    again = {"confirm_choice": "revote", "reason": "Ngang phiếu."}
    town.do("CT", "confirm_result", session, again)
    codes = secret.prepare(town, session)
    refused = {code: [two] for code in FIRST} | {code: [one] for code in SECOND[1:]}
    secret.put_in_all(town, session, [one, two], THERE, against=refused)
    secret.open_with(town, session, {1: codes[1], 2: codes[2]})
    assert [town.line(key).outcome for key in (one, two)] == ["passed", "tie"]
    assert town.line(one).agree == 6


def test_a_rule_under_which_the_chair_must_agree_cannot_be_voted_on_in_secret(town: Any) -> None:
    keys = hamlets(town)
    with pytest.raises(ThiduaError) as refused:
        called(town, keys, mode="secret", chair_must_agree=True)
    assert isinstance(refused.value, InvalidForm)
    assert [error.path for error in refused.value.errors] == ["vote_mode"]
    assert "không thể biết Chủ tịch Hội đồng có đồng ý hay không" in refused.value.errors[0].message


def test_letters_count_beside_the_box_when_one_place_goes_by_votes(town: Any) -> None:
    """6 from the box and 2 letters outweigh 7 from the box and none."""
    one, two = hamlets(town)
    with town.acting("VP") as uow:
        session = sessions.create_session(uow, title="Họp Hội đồng").id
    town.agenda(session, (one, two), vote_mode="secret", places=1)
    town.attendance(session, {"PN": "written", "CCB": "written"})
    said = {one: "agree", two: "disagree"}
    codes = secret.prepare(town, session, letters={"PN": said, "CCB": said})
    there = [code for code in COUNCIL if code not in ("PN", "CCB")]
    refused = {code: [one] for code in there[:3]} | {code: [two] for code in there[3:5]}
    secret.put_in_all(town, session, [one, two], there, against=refused)
    secret.open_with(town, session, {0: codes[0], 1: codes[1]})
    first, second = town.line(one), town.line(two)
    assert (first.agree, first.written_agree, first.outcome) == (6, 2, "passed")
    assert (second.agree, second.written_agree, second.outcome) == (7, 0, "failed")
    assert "Dự bị: đủ phiếu nhưng vượt chỉ tiêu còn lại 1 suất" in second.reason
