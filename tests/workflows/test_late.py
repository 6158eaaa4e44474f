"""The office's term: the mark is set when business time has passed the last day, once, and it stays."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from engine import history, jobs
from engine.clock import set_clock
from engine.database import unit_of_work
from workflows.actions.interruptions import hold, resume
from workflows.tables.nominations import Notice

HOUSEHOLD: dict[str, Any] = {
    "award": "GK_XA",
    "subject_kind": "household",
    "subject_name": "Hà Văn Mẫu (hư cấu)",
    "achievement_year": 2022,
    "merit_summary": "Sản xuất giỏi, giúp đỡ năm hộ nghèo trong xóm.",
    "address": "Xóm Mẫu 4",
}
LATE = "Hồ sơ HS-2022-0001 – Hà Văn Mẫu (hư cấu) đã quá hạn thẩm định (hạn 05/12/2022)."


def received(commune: Any) -> UUID:
    """A dossier received on Monday 21 November 2022, due on Monday 5 December."""
    from engine import instances

    [nomination_id] = commune.nominate("X04T", "X04", HOUSEHOLD)
    commune.attach("X04T", nomination_id, "merit_report")
    commune.submit("X04T", nomination_id)
    instance_id = commune.nomination(nomination_id).instance_id
    with commune.acting("X04T") as uow:
        answer = {"review_outcome": "passed", "review_reason": ""}
        assert instances.deliver(uow, instance_id, "unit_review_result", answer)
    commune.at(date(2022, 11, 21))
    commune.do("VP", "receive_dossier", nomination_id, {"received_on": "2022-11-21"})
    return UUID(str(nomination_id))


def sweep(commune: Any, day: date) -> None:
    """The clock jumps to a day; what `set_clock` orders with it runs."""
    commune.at(day)
    with unit_of_work(commune.database) as uow:
        set_clock(uow, commune.clock.now())
        uow.enqueue("fire_timers")
    jobs.run_pending(commune.database)


def marks(commune: Any, nomination_id: UUID) -> tuple[bool, int, int]:
    """Whether it is marked, how often the history says so, and how many notices the office got."""
    row = commune.nomination(nomination_id)
    with commune.acting("VP") as uow:
        chain = history.instance_chain(row.instance_id)
        events = [each.event for each in history.of(uow, chain)]
        told = sa.select(sa.func.count()).where(
            Notice.text == LATE, Notice.person_id == commune.made.people["VP"]
        )
        return row.is_late, events.count("dossier:late"), uow.session.scalar(told) or 0


def test_on_its_last_day_a_dossier_is_not_late_and_the_day_after_it_is_marked_once(commune: Any) -> None:
    nomination_id = received(commune)
    assert commune.nomination(nomination_id).due_on == date(2022, 12, 5)
    sweep(commune, date(2022, 12, 5))
    assert marks(commune, nomination_id) == (False, 0, 0)
    sweep(commune, date(2022, 12, 20))
    sweep(commune, date(2022, 12, 21))
    assert marks(commune, nomination_id) == (True, 1, 1)


def test_an_answer_after_the_last_day_is_late_even_when_no_sweep_came_between(commune: Any) -> None:
    nomination_id = received(commune)
    commune.at(date(2022, 12, 6))
    commune.do("VP", "appraise", nomination_id, {"appraisal_outcome": "accept"})
    assert commune.nomination(nomination_id).stage == "council"
    assert marks(commune, nomination_id) == (True, 1, 1)


def test_a_dossier_answered_in_time_is_not_marked_later(commune: Any) -> None:
    nomination_id = received(commune)
    commune.do("VP", "appraise", nomination_id, {"appraisal_outcome": "accept"})
    sweep(commune, date(2022, 12, 20))
    assert marks(commune, nomination_id) == (False, 0, 0)


def test_a_dossier_on_hold_is_marked_only_after_it_goes_on(commune: Any) -> None:
    nomination_id = received(commune)
    with commune.acting("VP") as uow:
        hold(uow, nomination_id, "Đơn thư số 5/ĐT")
    sweep(commune, date(2022, 12, 20))
    assert marks(commune, nomination_id) == (False, 0, 0)
    with commune.acting("VP") as uow:
        resume(uow, nomination_id, "Kết luận số 6/KL")
    sweep(commune, date(2022, 12, 21))
    assert marks(commune, nomination_id) == (True, 1, 1)
