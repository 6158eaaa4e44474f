"""Fifteen tabs, eleven phones, one tired finger: nothing is lost and nothing is done twice."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Thread
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import func, select, text

from engine import forms, history, instances, jobs, tasks
from engine.database import UnitOfWork, new_id, unit_of_work
from engine.errors import NotReady
from engine.models import Task
from workflows import minutes
from workflows.actions import interruptions, meetings, sessions
from workflows.demo.nominees import advanced_worker
from workflows.demo.season import COUNCIL
from workflows.tables.nominations import Nomination
from workflows.tables.papers import NumberIssued
from workflows.tables.register import RegisterEntry
from workflows.tables.sessions import Ballot, CouncilSession

TABS = 15


@contextmanager
def at_the_desk(town: Any, code: str) -> Iterator[UnitOfWork]:
    """One person's transaction; jobs wait for the worker, as in an installation."""
    people = town.fixture.people
    with unit_of_work(
        town.database, organisation_id=town.fixture.commune_id, actor_id=people[code], actor_name=code
    ) as uow:
        yield uow


def before_council(town: Any) -> list[UUID]:
    rows = [advanced_worker(str(town.fixture.people[code])) for code in ("CB01", "CB02")]
    return list(town.before_council("TP_HT", "CQ", *rows, head="PCT1"))


def counted(town: Any, session: UUID) -> tuple[int, int, str, int]:
    """Ballots, finished voting tasks, the session's state, and how often it was counted."""
    with town.reading() as uow:
        ballots = uow.session.scalar(select(func.count()).where(Ballot.session_id == session))
        done = select(func.count()).where(
            Task.business_key == str(session), Task.step == "cast_vote", Task.state == "completed"
        )
        events = [row.event for row in history.of(uow, f"session:{session}")]
        state = uow.session.get_one(CouncilSession, session).state
        return ballots, uow.session.scalar(done), state, events.count("session:counted")


def check_a_full_count(town: Any, session: UUID, keys: list[UUID]) -> None:
    assert counted(town, session) == (22, 11, "counted", 1)
    assert town.open_steps(session) == ["confirm_result"]
    lines = [town.line(key) for key in keys]
    assert [(line.agree, line.disagree, line.cast, line.outcome) for line in lines] == [
        (11, 0, 11, "passed"),
        (10, 1, 11, "passed"),
    ]
    town.conclude(session)
    assert town.stages(*keys) == ["paper", "paper"]
    assert town.forged() == []


def choices_of(code: str, keys: list[UUID]) -> dict[str, str]:
    return {str(keys[0]): "agree", str(keys[1]): "disagree" if code == "CA" else "agree"}


def test_eleven_phones_vote_at_the_same_moment_and_each_sends_it_again(town: Any) -> None:
    keys = before_council(town)
    session = town.convene(keys)

    def vote(index: int) -> None:
        code = COUNCIL[index]
        for attempt in ("first", "again"):
            with at_the_desk(town, code) as uow:
                sessions.cast_vote(uow, session, choices_of(code, keys), f"{attempt}-{code}")

    _, errors = town.together(len(COUNCIL), vote)
    assert errors == []
    jobs.run_pending(town.database)
    check_a_full_count(town, session, keys)


def test_eleven_members_send_the_form_of_their_task_at_the_same_moment(town: Any) -> None:
    keys = before_council(town)
    session = town.convene(keys)
    with town.reading() as uow:
        own = {task.assignee_id: task.id for task in tasks.open_tasks(uow, business_key=str(session))}

    def vote(index: int) -> None:
        code = COUNCIL[index]
        lines = [{"id": key, "choice": choice} for key, choice in choices_of(code, keys).items()]
        with at_the_desk(town, code) as uow:
            task_id = own[town.fixture.people[code]]
            tasks.complete_task(uow, task_id, {"lines": lines}, idempotency_key=f"form-of-member-{code}")

    _, errors = town.together(len(COUNCIL), vote)
    assert errors == []
    jobs.run_pending(town.database)
    check_a_full_count(town, session, keys)


def test_fifteen_tabs_finish_one_task_and_fourteen_are_told_that_it_is_done(town: Any) -> None:
    [key] = town.nominate("TP_HT", "CQ", advanced_worker(str(town.fixture.people["CB01"])))
    town.attach("TP_HT", key, "merit_report")
    town.submit("TP_HT", key)
    town.review("PCT1", "CQ", [key])
    task = town.task("receive_dossier", key)

    def receive(_: int) -> None:
        with at_the_desk(town, "VP") as uow:
            form = {"received_on": "2022-11-14"}
            tasks.complete_task(uow, task.id, form, idempotency_key=str(new_id()))

    done, errors = town.together(TABS, receive)
    assert len(done) == 1
    assert Counter(type(error) for error in errors) == {NotReady: TABS - 1}
    said = "Việc “Tiếp nhận hồ sơ” không còn chờ xử lý: đã có người làm xong hoặc hồ sơ đã chuyển bước."
    assert {str(error) for error in errors} == {said}
    jobs.run_pending(town.database)
    assert town.events(key).count("dossier:received") == 1
    assert town.open_steps(key) == ["appraise"]
    assert town.forged() == []


def test_one_post_sent_fifteen_times_takes_one_number_and_awards_once(town: Any) -> None:
    keys = before_council(town)
    town.council(*keys)
    paper = town.draft("decision")
    town.do("CT", "review_paper", paper, {"paper_choice": "approve"})
    task = town.task("issue_paper", paper)
    form = {
        "number_source": "typed",
        "number": 203,
        "issued_on": "2022-11-14",
        "signer_mode": "CT",
    }

    def issue(_: int) -> None:
        with at_the_desk(town, "VT") as uow:
            tasks.complete_task(uow, task.id, form, idempotency_key="one-press-of-the-button")

    done, errors = town.together(TABS, issue)
    assert (len(done), errors) == (TABS, [])
    jobs.run_pending(town.database)
    with town.reading() as uow:
        numbers = uow.session.execute(select(NumberIssued.series, NumberIssued.number)).all()
        entries = uow.session.scalars(select(RegisterEntry.running_number)).all()
    assert [tuple(row) for row in numbers] == [("QĐ-UBND", 203)]
    assert sorted(entries) == [1, 2]
    assert town.stages(*keys) == ["awarded", "awarded"]
    assert town.forged() == []


@pytest.mark.parametrize("town", ["postgresql"], indirect=True)  # SQLite lets nobody write in between
def test_minutes_confirmed_while_their_draft_is_printed_are_printed_again_without_the_mark(town: Any) -> None:
    [key] = town.nominate("TP_HT", "CQ", advanced_worker(str(town.fixture.people["CB01"])))
    town.attach("TP_HT", key, "merit_report")
    town.submit("TP_HT", key)
    with at_the_desk(town, "PCT1") as uow:
        meeting = meetings.start_review(uow, town.fixture.units["CQ"]).id
    head = {"place": "Hội trường", "secretary": "Thư ký (hư cấu)", "invited": 40, "held_on": "2022-11-14"}
    line = {"agree": 34, "disagree": 1, "outcome": "passed"}
    times = {"held_time": "08:00", "ended_time": "10:30", "present": 35}
    for step, form in (
        ("convene_review", {**head, "held_time": "08:00"}),
        ("record_review", {**head, **times, "lines": [{"id": str(key), **line}]}),
    ):
        with at_the_desk(town, "PCT1") as uow:
            [task] = tasks.open_tasks(uow, step=step, business_key=str(meeting))
            filled = {**tasks.prefill_of(uow, task), **form}
            filled.pop("$options", None)
            schema = tasks.form_schema(uow, task)
            tasks.complete_task(uow, task.id, forms.clean(schema, filled), idempotency_key=str(new_id()))

    with at_the_desk(town, "PCT1") as uow:
        paper = minutes.minutes_of(uow, "review_minutes", str(meeting))
        assert paper is not None and paper.pdf_sha256 is None
        minutes.render_paper(town.database, str(paper.organisation_id), str(paper.id))
        minutes.confirm_minutes(uow, "review_minutes", str(meeting))
    assert town.paper(paper.id).pdf_sha256 is None
    jobs.run_pending(town.database)
    assert town.paper(paper.id).pdf_sha256 is not None
    assert "DỰ THẢO" not in town.text(paper.id).upper()


@pytest.mark.parametrize("town", ["postgresql"], indirect=True)  # SQLite has one lock, the file's
def test_a_dossier_is_held_while_a_task_of_it_is_done_and_nobody_waits_for_ever(town: Any) -> None:
    [key] = town.nominate("TP_HT", "CQ", advanced_worker(str(town.fixture.people["CB01"])))

    def hold() -> None:
        with at_the_desk(town, "VP") as uow:
            interruptions.hold(uow, key, "Đơn thư số 1")

    held = Thread(target=hold)
    with at_the_desk(town, "TP_HT") as uow:
        nomination = uow.session.get_one(Nomination, key)
        instances.get_for_update(uow, nomination.instance_id)
        held.start()
        _until_somebody_waits(town)
        nomination.address = "Xóm Mẫu 2"
    held.join(timeout=30)
    row = town.row(key)
    assert (row.address, row.on_hold_basis) == ("Xóm Mẫu 2", "Đơn thư số 1")
    assert town.events(key).count("dossier:held") == 1


def _until_somebody_waits(town: Any) -> None:
    deadline = time.monotonic() + 30
    with town.database.engine.connect() as look:
        while not look.scalar(text("SELECT count(*) FROM pg_locks WHERE NOT granted")):
            assert time.monotonic() < deadline
            time.sleep(0.02)
