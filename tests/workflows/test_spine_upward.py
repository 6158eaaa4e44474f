"""The second half of the spine: what council, paper and city answer, told to the dossier as messages."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select

from engine import instances, messages
from engine.jobs.drain import run_pending
from workflows.queries import work
from workflows.tables.nominations import Nomination
from workflows.tables.register import RegisterEntry

RETURN = "Chứng nhận sáng kiến không đúng năm xét."


def tell(commune: Any, nomination_id: UUID, name: str, **payload: str) -> None:
    commune.count += 1
    with commune.acting("VP") as uow:
        messages.send(
            uow,
            organisation_id=commune.made.commune_id,
            name=name,
            key=str(nomination_id),
            payload=payload,
            dedup=f"{name}:{commune.count}",
        )
    run_pending(commune.database)


def before_the_council(commune: Any, row: dict[str, Any], author: str, unit: str) -> UUID:
    [nomination_id] = commune.nominate(author, unit, row)
    commune.attach(author, nomination_id, "merit_report")
    commune.submit(author, nomination_id)
    tell(commune, nomination_id, "unit_review_result", review_outcome="passed", review_reason="")
    commune.do("VP", "receive_dossier", nomination_id, {"received_on": "2022-11-14"})
    commune.do("VP", "appraise", nomination_id, {"appraisal_outcome": "accept"})
    return UUID(str(nomination_id))


GROUP = {
    "award": "TTLDTT",
    "subject_kind": "collective",
    "subject_name": "Tổ một cửa",
    "achievement_year": 2022,
    "merit_summary": "Hoàn thành nhiệm vụ trước hạn.",
    "lttt_members": 12,
    "total_members": 22,
}


def test_ac02_a_proposal_returned_by_the_city_goes_up_again_as_number_two_and_is_registered(
    commune: Any,
) -> None:
    nomination_id = before_the_council(commune, GROUP, "TP_HT", "CQ")
    tell(commune, nomination_id, "council_result", council_outcome="passed", council_reason="")
    row = commune.nomination(nomination_id)
    assert (row.stage, row.authority_route) == ("paper", "propose")
    tell(commune, nomination_id, "paper_result", paper_outcome="approved", paper_reason="", paper_id="")
    assert commune.nomination(nomination_id).stage == "city"
    tell(commune, nomination_id, "city_answer", city_outcome="returned", city_reason=RETURN)
    row = commune.nomination(nomination_id)
    assert (row.stage, row.outcome_reason, row.submission_number) == ("city_returned", RETURN, 1)
    for reader in ("TP_HT", "VP"):
        with commune.acting(reader) as uow:
            assert any(RETURN in notice.text for notice in work.unread_notices(uow, uow.actor_id))
    commune.do(
        "TP_HT",
        "supplement_for_city",
        nomination_id,
        lambda shown: {
            **{k: v for k, v in shown.items() if not k.startswith("$") and v not in (None, "")},
            "note": "Đã thay chứng nhận.",
        },
    )
    row = commune.nomination(nomination_id)
    assert (row.stage, row.outcome_reason, row.submission_number) == ("city", "", 2)
    tell(
        commune,
        nomination_id,
        "city_answer",
        city_outcome="decided",
        city_reason="",
        decision_number="1234/QĐ-UBND",
        decision_date="2022-11-14",
    )
    row = commune.nomination(nomination_id)
    with commune.acting("VP") as uow:
        [entry] = uow.session.scalars(select(RegisterEntry)).all()
        assert instances.get(uow, row.instance_id).outcome == "awarded_by_city"
    assert row.stage == "awarded"
    assert (entry.year, entry.running_number, entry.decision_number) == (2022, 1, "1234/QĐ-UBND")
    assert (entry.decided_by, entry.decision_date) == ("thành phố Thái Nguyên", date(2022, 11, 14))
    assert (entry.prize_amount, entry.prize_unverified) == (1_200_000, False)


@pytest.mark.parametrize(
    ("outcome", "stage", "reason"),
    [("failed", "not_passed", "8/11 phiếu."), ("returned", "appraisal", "Cần thẩm định lại.")],
)
def test_what_the_council_says_is_where_the_dossier_stands(
    commune: Any, outcome: str, stage: str, reason: str
) -> None:
    nomination_id = before_the_council(commune, GROUP, "TP_HT", "CQ")
    tell(commune, nomination_id, "council_result", council_outcome=outcome, council_reason=reason)
    row: Nomination = commune.nomination(nomination_id)
    assert (row.stage, row.outcome_reason) == (stage, reason)
