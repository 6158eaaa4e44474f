"""Nobody handles a dossier about oneself: the task goes to the substitute, or the page says who appoints one."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select

from engine import tasks
from engine.errors import InvalidForm, NotAllowed
from workflows.actions import meetings, organisation
from workflows.demo.nominees import advanced_worker
from workflows.demo.season import COUNCIL
from workflows.queries import dossier
from workflows.tables.organisation import RoleHolding

OWN = "Bạn có liên quan đến hồ sơ này nên không được xử lý; người thay thế sẽ thực hiện."
NOBODY = (
    "Chưa có ai được làm việc “{task}”: người phụ trách vắng hoặc có liên quan đến hồ sơ. "
    "Người quản trị (Quản trị hệ thống (hư cấu)) phải cử người thay thế."
)


def nominated(town: Any, nominee: str, author: str = "TP_HT", unit: str = "CQ") -> UUID:
    [key] = town.nominate(author, unit, advanced_worker(str(town.fixture.people[nominee])))
    town.attach(author, key, "merit_report")
    town.submit(author, key)
    return UUID(str(key))


def work_on(town: Any, code: str, key: UUID) -> list[str]:
    return [step for step, about in town.work_of(code) if about == str(key)]


def meeting_over(town: Any, head: str, unit: str, key: UUID) -> UUID:
    with town.acting(head) as uow:
        started = meetings.start_review(uow, town.fixture.units[unit], nomination_ids=[key])
        return UUID(str(started.id))


def why_not(town: Any, code: str, step: str, key: UUID) -> str | None:
    """What the page of the dossier says of a step to one person."""
    with town.acting(code) as uow:
        return {act.key: act.reason for act in dossier.dossier(uow, key).actions}[step]


def test_the_clerk_of_the_office_leaves_her_own_dossier_to_the_substitute(town: Any) -> None:
    key = nominated(town, "VP")
    town.review("PCT1", "CQ", [key])
    assert (work_on(town, "VP", key), work_on(town, "TP_HT", key)) == ([], ["receive_dossier"])
    assert why_not(town, "VP", "receive_dossier", key) == OWN
    with pytest.raises(NotAllowed) as refused:
        town.receive(key, code="VP")
    assert str(refused.value) == OWN
    town.receive(key, code="TP_HT")
    town.appraise(key, code="TP_HT")
    assert town.stages(key) == ["council"]


def test_the_substitute_does_nothing_that_the_office_may_do_itself(town: Any) -> None:
    key = nominated(town, "CB01")
    town.review("PCT1", "CQ", [key])
    assert (work_on(town, "VP", key), work_on(town, "TP_HT", key)) == (["receive_dossier"], [])
    with pytest.raises(NotAllowed) as refused:
        town.receive(key, code="TP_HT")
    assert str(refused.value) == "Bạn là người thay thế; việc này còn người phụ trách chính xử lý được."


def test_the_head_of_the_unit_leaves_the_meeting_about_herself_to_the_substitute(town: Any) -> None:
    key = nominated(town, "PCT1")
    meeting = meeting_over(town, "PCT1", "CQ", key)
    assert (work_on(town, "PCT1", meeting), work_on(town, "DU", meeting)) == ([], ["convene_review"])
    head_of_form = {"place": "Hội trường", "secretary": "Thư ký (hư cấu)", "invited": 40}
    with pytest.raises(NotAllowed) as refused:
        town.do("PCT1", "convene_review", meeting, head_of_form)
    assert str(refused.value) == OWN
    town.do("DU", "convene_review", meeting, head_of_form)
    assert work_on(town, "DU", meeting) == ["record_review"]


def test_the_chairman_neither_reads_nor_signs_the_paper_he_is_on(town: Any) -> None:
    key = nominated(town, "CT")
    town.review("PCT1", "CQ", [key])
    town.receive(key)
    town.appraise(key)
    session = town.convene([key])
    town.vote(session, [code for code in COUNCIL if code != "CT"])
    town.conclude(session)
    assert (town.line(key).entitled, town.line(key).recused) == (10, 1)
    paper = town.draft("decision")
    assert (work_on(town, "CT", paper), work_on(town, "PCT1", paper)) == ([], ["review_paper"])
    with pytest.raises(NotAllowed) as refused:
        town.do("CT", "review_paper", paper, {"paper_choice": "approve"})
    assert str(refused.value) == OWN
    town.do("PCT1", "review_paper", paper, {"paper_choice": "approve"})
    with pytest.raises(InvalidForm) as own:
        town.issue(paper, 203)
    assert [(error.path, error.message) for error in own.value.errors] == [
        (
            "signer_mode",
            "Nguyễn Đức Hải (hư cấu) được đề nghị khen trong văn bản này nên không ký; chọn người ký thay.",
        )
    ]
    with town.acting("VT") as uow:
        [task] = tasks.open_tasks(uow, step="issue_paper", business_key=str(paper))
        [(delegation, shown)] = tasks.prefill_of(uow, task)["$options"]["delegation_id"]
    assert shown.startswith("Trần Thị Mai Lan (hư cấu) – Phó Chủ tịch")
    town.issue(paper, 203, signer_mode="KT", delegation_id=delegation)
    assert "KT. CHỦ TỊCH PHÓ CHỦ TỊCH Trần Thị Mai Lan (hư cấu)" in town.text(paper)
    assert town.stages(key) == ["awarded"]


def test_where_there_is_no_substitute_the_page_names_who_must_appoint_one_and_then_it_goes_on(
    town: Any,
) -> None:
    key = nominated(town, "X01T", "X01T", "X01")
    meeting = meeting_over(town, "X01T", "X01", key)
    with town.acting("X01T") as uow:
        [task] = tasks.open_tasks(uow, business_key=str(meeting))
        assert tasks.missing_substitute(uow, task) == NOBODY.format(task="Triệu tập cuộc họp bình xét")
    with town.acting("QT") as uow:
        organisation.grant_role(
            uow,
            town.fixture.people["X02P"],
            "unit_head",
            valid_from=date(2022, 11, 14),
            unit_id=town.fixture.units["X01"],
            substitute=True,
        )
    with town.acting("X02P") as uow:
        [task] = tasks.open_tasks(uow, business_key=str(meeting))
        assert tasks.missing_substitute(uow, task) is None
    assert work_on(town, "X02P", meeting) == ["convene_review"]


def test_where_the_substitute_has_left_the_dossier_says_who_must_appoint(town: Any) -> None:
    with town.acting("QT") as uow:
        query = select(RoleHolding.id).where(
            RoleHolding.person_id == town.fixture.people["TP_HT"], RoleHolding.role == "standing_office"
        )
        organisation.end_role(uow, uow.session.scalars(query).one(), last_day=date(2022, 11, 13))
    key = nominated(town, "VP")
    town.review("PCT1", "CQ", [key])
    said = f"{OWN} {NOBODY.format(task='Tiếp nhận hồ sơ')}"
    assert why_not(town, "VP", "receive_dossier", key) == said
