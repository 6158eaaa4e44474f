"""kill −9 again and again while everybody works: nothing that was acknowledged is lost, nothing happens twice."""

from __future__ import annotations

import json
import os
import random
import threading
import time
from collections import Counter
from typing import Any

import pytest
import sqlalchemy as sa

from engine import history, instances, jobs
from engine.database import unit_of_work
from engine.models import Instance, Task, Timer
from tests.chaos.invariants import check_at_rest, completions, orphans, wrong_files
from tests.chaos.killer import AIMS, Killer
from tests.chaos.load import ROUNDS, Calendar, Clerk, Desk, Hamlet, Standing, Worker
from workflows.tables.meetings import Meeting
from workflows.tables.nominations import Evidence, Nomination
from workflows.tables.papers import Paper

HAMLETS = [f"X{number:02d}" for number in range(1, 7)]
REST_SECONDS = 240


def killed_under_load(site: Any, seed: int, kills: int, drafts: int, signings: int) -> None:
    chance = random.Random(seed)
    stop = threading.Event()
    desk = Desk(site.database)
    keys = {unit: site.drafts(f"{unit}T", unit, drafts) for unit in HAMLETS}
    signed = site.signings(signings)
    site.office.start()
    hamlets = [
        Hamlet(
            unit, stop, site.browser(f"{unit}T"), desk, unit=site.made.units[unit], drafts=list(keys[unit])
        )
        for unit in HAMLETS
    ]
    people: list[Worker] = [*hamlets]
    people += [Clerk(f"VT{n}", stop, site.browser("VT"), desk, share=n, of=2) for n in range(2)]
    people += [Standing("VP", stop, site.browser("VP"), desk)]
    calendar = Calendar(stop, site.an_hour_later, 2.0)
    killer = Killer(site.office, site.database, site.ledger, seed)
    began = time.monotonic()
    for person in (*people, calendar):
        person.start()
    aims = [*AIMS * (kills // len(AIMS) + 1)][:kills]
    chance.shuffle(aims)
    try:
        for aim in aims:
            _all_well(site, people)
            killer.kill(aim)
            time.sleep(chance.uniform(0.2, 1.0))
        for hamlet in hamlets:
            hamlet.finish()
        worked = time.monotonic() - began
        _until_at_rest(site, people)
    finally:
        stop.set()
        site.gave_up = True
    for person in (*people, calendar):
        person.join(timeout=60)
        assert person.problem is None, (person.name, person.problem)
    site.office.stop()
    figures = _figures(site)
    print(
        f"\n{'sqlite' if site.office.is_sqlite else 'postgresql'}, seed {seed}: {kills} kills in {worked:.0f} s "
        f"({dict(killer.kills)}; of {dict(killer.victims)}), {killer.restarts} restarts; met {dict(killer.met)}; "
        f"{figures}"
    )
    assert (figures["lost"], figures["doubled"]) == (0, 0)
    assert {post.status for post in site.ledger.posts} == {302}
    check_at_rest(site.database, site.files)
    _check_signings(site, signed)
    _check_dossiers(site, [key for hamlet in hamlets for key in hamlet.done])


def _until_at_rest(site: Any, people: list[Worker]) -> None:
    """Until nobody finds anything to do and no job waits."""
    deadline = time.monotonic() + REST_SECONDS
    while any(person.busy for person in people) or not _at_rest(site):
        assert time.monotonic() < deadline, (_waiting(site), [one.name for one in people if one.busy])
        _all_well(site, people)
        time.sleep(0.5)


def _all_well(site: Any, people: list[Worker]) -> None:
    problems = [(person.name, person.problem) for person in people if person.problem is not None]
    assert problems == [], "\n".join(site.office.errors()[-20:])


def _at_rest(site: Any) -> bool:
    return _waiting(site) == ([], 0, 0)


def _waiting(site: Any) -> tuple[list[Any], int, int]:
    """Dossiers on their way to the council, signings that go on, jobs that wait."""
    with unit_of_work(site.database, readonly=True) as uow:
        stages = sa.select(Nomination.stage).where(Nomination.stage.not_in(("draft", "council")))
        running = sa.select(sa.func.count()).where(
            Instance.process_id == "signing", Instance.status == "running"
        )
        found = list(uow.session.scalars(stages)), int(uow.session.scalar(running) or 0)
    return (*found, jobs.pending_count(site.database))


def _figures(site: Any) -> dict[str, int]:
    """What was acknowledged, and how much of it is not there once."""
    posts = [post for post in site.ledger.posts if post.kind != "form"]
    told = completions(site.database)
    with unit_of_work(site.database, readonly=True) as uow:
        there = {
            "task": told,
            "file": Counter(uow.session.scalars(sa.select(Evidence.title))),
            "meeting": Counter(uow.session.scalars(sa.select(Meeting.title))),
            "submit": Counter(str(key) for key in uow.session.scalars(_submitted())),
        }
    times = [there[post.kind][post.about] for post in posts if post.acknowledged]
    return {
        "acknowledged": len(times),
        "sent again": sum(post.sent - 1 for post in posts),
        "recovered": sum(post.acknowledged and post.sent > 1 for post in posts),
        "lost": sum(number == 0 for number in times),
        "doubled": sum(number > 1 for number in times),
    }


def _submitted() -> sa.Select[Any]:
    done = Task.step == "draft_nomination", Task.state == "completed"
    return sa.select(Nomination.id).join(Task, Task.instance_id == Nomination.instance_id).where(*done)


def _check_signings(site: Any, signed: list[Any]) -> None:
    """Each signed ROUNDS times, each hour waited for once, everything added up once."""
    with unit_of_work(site.database, readonly=True) as uow:
        for key in signed:
            assert instances.data(uow, key)["total"] == 7 * ROUNDS
            fired = sa.select(Timer.fired_at).where(Timer.instance_id == key)
            assert [moment is not None for moment in uow.session.scalars(fired)] == [True] * (ROUNDS - 1)


def _check_dossiers(site: Any, keys: list[Any]) -> None:
    """Each has its one file, each meeting its one printed record, and no file is left that no row names."""
    with unit_of_work(site.database, readonly=True) as uow:
        owners = Counter(uow.session.scalars(sa.select(Evidence.nomination_id)))
        assert owners == Counter(keys)
        papers = uow.session.execute(sa.select(Paper.kind, Paper.pdf_sha256)).all()
        meetings = uow.session.scalars(sa.select(Meeting.state)).all()
    assert meetings == ["closed"] * len(meetings)
    assert [kind for kind, digest in papers if digest is not None] == ["review_minutes"] * len(meetings)
    _check_prints(site)
    _check_the_night(site)


def _check_prints(site: Any) -> None:
    """What is printed last is what was confirmed, not the draft of before."""
    with unit_of_work(site.database, readonly=True) as uow:
        for paper in uow.session.scalars(sa.select(Paper)):
            events = [(row.event, json.loads(row.data)) for row in history.of(uow, f"paper:{paper.id}")]
            assert [name for name, _ in events][-2:] == ["paper:confirmed", "paper:rendered"], paper.id
            assert events[-1][1]["sha256"] == paper.pdf_sha256


def _check_the_night(site: Any) -> None:
    """What a kill left between file and row goes, whole or torn, and nothing else."""
    for path in [*site.files.glob("??/??/*"), *site.files.glob("tmp/*")]:
        os.utime(path, (0, 0))
    jobs.order_nightly(site.database)
    jobs.run_pending(site.database)
    assert orphans(site.database, site.files) == set()
    assert list(site.files.glob("tmp/*")) == []
    assert wrong_files(site.database, site.files) == []


def test_a_server_under_load_is_killed_at_five_kinds_of_moments(site: Any, seed: int) -> None:
    killed_under_load(site, seed, kills=5, drafts=4, signings=12)


@pytest.mark.nightly
def test_fifty_kills_under_load(site: Any, seed: int) -> None:
    killed_under_load(site, seed, kills=25, drafts=60, signings=100)
