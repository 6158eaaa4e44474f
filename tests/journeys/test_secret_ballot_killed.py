"""kill -9 while casting, closing and opening; and how long the box's key lives in the server's memory: never."""

from __future__ import annotations

import json
import random
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from tests.journeys import secret
from workflows.demo.nominees import advanced_worker
from workflows.demo.season import COUNCIL
from workflows.queries.box_check import check_boxes
from workflows.secret_ballot import keeper, sealing

ROOT = Path(__file__).parents[2]
COMMAND = [sys.executable, "-m", "tests.journeys.voting_process"]


@pytest.fixture
def voting(town: Any) -> tuple[UUID, list[UUID], dict[int, str]]:
    rows = [advanced_worker(str(town.fixture.people[code])) for code in ("VHTT", "CB01")]
    keys = town.before_council("TP_HT", "CQ", *rows, head="PCT1")
    session = town.convene(keys, vote_mode="secret")
    return session, keys, secret.prepare(town, session)


@contextmanager
def process(town: Any, session: UUID, **asked: Any) -> Iterator[subprocess.Popen[str]]:
    """The voting process, started and ready; killed at the end."""
    question = {
        "url": town.database.engine.url.render_as_string(hide_password=False),
        "organisation": str(town.fixture.commune_id),
        "session": str(session),
        "members": [],
        "lines": [],
        **asked,
    }
    with subprocess.Popen(
        COMMAND, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=ROOT
    ) as started:
        assert started.stdin and started.stdout
        started.stdin.write(json.dumps(question))
        started.stdin.close()
        assert started.stdout.readline() == "ready\n", started.stderr and started.stderr.read()
        try:
            yield started
        finally:
            started.kill()


def killed_after(started: subprocess.Popen[str], lines: int, delay: float) -> list[str]:
    """Kill -9 a moment after so many acknowledgements; returns all that it had given."""
    assert started.stdout
    said = [started.stdout.readline().strip() for _ in range(lines)]
    try:
        started.wait(delay)
    except subprocess.TimeoutExpired:
        started.kill()
    said += [line.strip() for line in started.stdout.read().splitlines()]
    return [line for line in said if line]


def test_what_was_acknowledged_before_a_kill_is_counted_once_and_nothing_twice(
    town: Any, voting: tuple[UUID, list[UUID], dict[int, str]]
) -> None:
    session, keys, codes = voting
    people = [str(town.fixture.people[code]) for code in COUNCIL[:-1]]
    acknowledged: dict[str, list[str]] = {}
    chance = random.Random(4)
    for _ in range(3):
        asked = {"members": people, "lines": [str(key) for key in keys], "rounds": 50}
        with process(town, session, **asked) as started:
            for line in killed_after(started, chance.randrange(1, 25), chance.random() * 0.05):
                person, receipt = json.loads(line)
                acknowledged.setdefault(person, []).append(receipt)
    with process(town, session, close=str(town.fixture.people["CT"])) as started:
        said = killed_after(started, 0, 0.02)
    box = secret.box(town, session)
    if "closed" in said:
        assert box.state == "closed"
    if box.state == "casting":
        secret.close(town, session)
    box = secret.box(town, session)
    assert box.returned == len(people)
    for person, receipts in acknowledged.items():
        # The last that was acknowledged, or one that was kept when the kill came before the answer.
        later = [each for each in box.receipts if each in receipts[:-1]]
        assert later == [], (person, "an envelope that had been replaced came back")
    lasts = {receipts[-1] for receipts in acknowledged.values()}
    assert len(lasts - set(box.receipts)) <= 3, "at most one envelope a kill was kept without an answer"
    for delay in (0.05, 0.4):
        with process(
            town, session, open=str(town.fixture.people["VP"]), codes={0: codes[0], 1: codes[1]}
        ) as opener:
            killed_after(opener, 1, delay)
        if secret.box(town, session).state == "opened":
            break
    if secret.box(town, session).state != "opened":
        secret.open_with(town, session, {0: codes[0], 1: codes[1]})
    with town.acting("CT"):
        pass
    opened = secret.box(town, session)
    assert [len(line["ballots"]) for line in opened.result["lines"]] == [10, 10]
    with town.reading() as uow:
        assert check_boxes(uow, session)[0] == []


def memory_holds(pid: int, secret_bytes: bytes) -> bool:
    """Whether the bytes stand anywhere in the writable memory of a process."""
    maps = Path(f"/proc/{pid}/maps").read_text().splitlines()
    with Path(f"/proc/{pid}/mem").open("rb", buffering=0) as memory:
        for line in maps:
            place, rights, *_ = line.split()
            if "rw" not in rights:
                continue
            start, end = (int(part, 16) for part in place.split("-"))
            try:
                memory.seek(start)
                if secret_bytes in memory.read(end - start):
                    return True
            except (OSError, ValueError, OverflowError):
                continue
    return False


@pytest.mark.skipif(not Path("/proc/self/mem").exists(), reason="reads another process's memory by /proc")
def test_the_boxs_key_is_at_no_time_in_the_memory_of_the_process_that_casts_closes_and_opens(
    town: Any, voting: tuple[UUID, list[UUID], dict[int, str]]
) -> None:
    session, keys, codes = voting
    with town.acting("VP") as uow:
        box = secret.box(town, session)
        tellers = [{"salt": each.salt} for each in secret.tellers(uow, box)]
    private = bytes(sealing.recover(str(box.id), tellers, box.seals, {0: codes[0], 1: codes[1]}))
    people = town.fixture.people
    asked = {
        "members": [str(people[code]) for code in COUNCIL],
        "lines": [str(key) for key in keys],
        "close": "",
        "stay": True,
    }
    with process(town, session, **asked) as started:
        assert started.stdout
        for _ in COUNCIL:
            started.stdout.readline()
        assert memory_holds(started.pid, box.public_key.encode()), "the search finds what is there"
        assert not memory_holds(started.pid, private)
    with town.acting("CT"):
        pass
    asked = {"open": str(people["VP"]), "codes": {0: codes[0], 1: codes[1]}, "stay": True}
    with process(town, session, **asked) as started:
        assert started.stdout
        assert [started.stdout.readline() for _ in range(2)] == ["opening\n", "opened\n"]
        assert memory_holds(started.pid, box.public_key.encode())
        assert not memory_holds(started.pid, private)


def test_the_keeper_leaves_no_core_file_and_refuses_what_it_is_not_asked_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    limit = "import resource; from workflows.secret_ballot import keeper; keeper.main(); "
    limit += "print(resource.getrlimit(resource.RLIMIT_CORE))"
    box = keeper.make_box([sealing.teller_public_key("b", code, "00" * 16) for code in "ABC"])
    question = json.dumps({"do": "make_box", "tellers": [box["public_key"]] * 3})
    done = subprocess.run(
        [sys.executable, "-c", limit], input=question, capture_output=True, text=True, check=True, cwd=ROOT
    )
    assert done.stdout.endswith("(0, 0)\n")
    with pytest.raises(sealing.WrongCodes):
        keeper.open_box("b", "00", [{"salt": "00" * 16}] * 3, box["seals"], {0: "A", 1: "C"}, [], [])
