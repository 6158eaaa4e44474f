"""Sixty-four windows on twenty dossiers: each step done once, one holder at a time, nothing broken, nobody stuck."""

from __future__ import annotations

import threading
import time
from collections import Counter
from io import BytesIO
from typing import Any
from uuid import UUID

import pytest
import sqlalchemy as sa

from engine import jobs
from engine.database import unit_of_work
from tests.chaos.browser import alone, png
from tests.chaos.hands import REFUSED, Hand, impossible
from tests.chaos.invariants import check_at_rest, completions
from workflows.actions.evidence import attach
from workflows.actions.meetings import start_review
from workflows.actions.nominations import submit
from workflows.demo.players import Players
from workflows.tables.organisation import RoleHolding

OFFICE = ("VP", "TCKT", "PN", "CCB", "DTN", "VT", "VHTT")
PEOPLE = (*OFFICE, "X04T")
ACTS = {
    "claim", "comment", "complete", "delegate", "draft", "hold", "reassign", "release", "resume", "send-back",
    "take-back",
}  # fmt: skip


def with_the_office(site: Any, count: int) -> list[UUID]:
    """Dossiers that the hamlet has reviewed and the office is to receive; seven people are the office."""
    with unit_of_work(site.database, organisation_id=site.made.commune_id) as uow:
        for code in OFFICE[1:]:
            uow.session.add(
                RoleHolding(
                    organisation_id=site.made.commune_id,
                    person_id=site.made.people[code],
                    role="standing_office",
                    valid_from=uow.today,
                )
            )
    keys: list[UUID] = site.drafts("X04T", "X04", count)
    players = Players(site.database, site.made)
    with players.acting("X04T") as uow:
        for number, key in enumerate(keys):
            stream = BytesIO(png(number))
            attach(uow, key, kind="merit_report", title="Báo cáo", filename="a.png", stream=stream)
        submit(uow, keys, idempotency_key="all-of-them")
    with players.acting("X04T") as uow:
        meeting = start_review(uow, site.made.units["X04"]).id
    head = {"held_on": "2022-11-14", "held_time": "08:00", "place": "Nhà văn hóa", "chair": "A"}
    players.complete("X04T", "convene_review", meeting, {**head, "secretary": "B", "invited": 20})
    players.complete("X04T", "record_review", meeting, _unanimous)
    players.complete("X04T", "confirm_review", meeting, {"confirm_choice": "confirm"})
    return keys


def _unanimous(form: dict[str, Any]) -> dict[str, Any]:
    lines = [{**line, "agree": 20, "disagree": 0, "outcome": "passed"} for line in form["lines"]]
    figures = {"invited": 20, "present": 20, "ended_time": "09:30"}
    return {"held_on": "2022-11-14", "held_time": "08:00", **figures, "lines": lines}


def many_hands(site: Any, seed: int, windows: int, dossiers: int, seconds: float) -> Counter[str]:
    keys = with_the_office(site, dossiers)
    site.office.start()
    stop = threading.Event()
    people = [site.made.people[code] for code in OFFICE]
    hands = []
    for code in PEOPLE:
        browser = site.browser(code)
        browser.keys()
        for number in range(windows // len(PEOPLE)):
            given = (browser.again(), site.database, keys, people, seed)
            hands.append(Hand(f"{code}-{number}", stop, *given))
    for hand in hands:
        hand.start()
    stop.wait(seconds)
    stop.set()
    for hand in hands:
        hand.join(timeout=120)
        assert not hand.is_alive(), f"{hand.name} is stuck"
        assert hand.problem is None, (hand.name, hand.problem)
    _until_no_job_waits(site)
    _nobody_is_stuck(site)
    site.office.stop()
    done = _tell(site, seed, hands, seconds)
    posts = [post for post in site.ledger.posts if post.kind != "form"]
    strange = [post for post in posts if post.status not in {302, *REFUSED}]
    assert [(post.kind, post.status, alone(post.said)) for post in strange] == []
    _check_done_once(site, posts)
    assert impossible(site.database) == []
    check_at_rest(site.database, site.files)
    return done


def _until_no_job_waits(site: Any) -> None:
    deadline = time.monotonic() + 120
    while jobs.pending_count(site.database):
        assert time.monotonic() < deadline, "jobs go on waiting"
        time.sleep(0.2)


def _nobody_is_stuck(site: Any) -> None:
    """No lock is waited for, no transaction is left open; PostgreSQL had to break no deadlock."""
    if site.office.is_sqlite:
        with unit_of_work(site.database) as uow:  # the file can be written
            assert uow.session.scalar(sa.text("PRAGMA integrity_check")) == "ok"
        return
    with site.database.engine.connect() as connection:
        waiting = "SELECT count(*) FROM pg_locks WHERE NOT granted"
        assert connection.scalar(sa.text(waiting)) == 0
        broken = "SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()"
        assert connection.scalar(sa.text(broken)) == 0


def _check_done_once(site: Any, posts: list[Any]) -> None:
    """A task was done by at most one form, which may have been sent twice; every one that was told so is done."""
    told: dict[str, set[str]] = {}
    for post in posts:
        if post.kind == "complete" and post.acknowledged:
            told.setdefault(post.about, set()).add(post.key)
    assert {task: forms for task, forms in told.items() if len(forms) > 1} == {}
    done = completions(site.database)
    assert {task: done[task] for task in told if done[task] != 1} == {}


def _tell(site: Any, seed: int, hands: list[Hand], seconds: float) -> Counter[str]:
    """Print the figures; returns how often each act was done."""
    posts = [post for post in site.ledger.posts if post.kind != "form"]
    status = Counter(post.status for post in posts)
    done = Counter(post.kind for post in posts if post.acknowledged)
    kind = "sqlite" if site.office.is_sqlite else "postgresql"
    print(
        f"\n{kind}, seed {seed}: {len(hands)} windows, {seconds:.0f} s, {len(posts)} posts, "
        f"answers {dict(sorted(status.items()))}; done {dict(sorted(done.items()))}; "
        f"{sum(post.sent - 1 for post in posts)} sent again because the server was busy"
    )
    return done


def test_eight_windows_on_five_dossiers(site: Any, seed: int) -> None:
    many_hands(site, seed, windows=8, dossiers=5, seconds=5)


@pytest.mark.nightly
def test_sixty_four_windows_on_twenty_dossiers_for_a_minute(site: Any, seed: int) -> None:
    done = many_hands(site, seed, windows=64, dossiers=20, seconds=60)
    assert ACTS - set(done) == set()
