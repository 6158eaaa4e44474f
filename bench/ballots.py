"""What a secret vote costs: seal, cast, close, open; and how long the last of fifteen waits for the answer.

`python -m bench.ballots` prints for 15 members × 40 nominees and for 200 members × 500 nominees, on SQLite and
PostgreSQL: ms a member waits for the acknowledgement beside the ms of sealing alone and of one raw commit, ms to
close, s to open (keeper's process, two codes and the checks included) beside the s of opening as many boxes with
the library in memory; then the last acknowledgement of 15 who press at the same moment, beside 15 raw commits.
"""

from __future__ import annotations

# First: swaps in the one SQLite library.
from engine.database import Database, unit_of_work  # isort: skip

import shutil
import tempfile
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any
from uuid import UUID

from nacl.public import PrivateKey, SealedBox

from bench.steps import _COMMITS, both_databases, commits
from engine.database import new_id
from engine.models import Organisation
from workflows.actions import secret_ballots
from workflows.queries.ballots import session_of
from workflows.secret_ballot import keeper, sealing, verifier
from workflows.secret_ballot.codes import new_code
from workflows.tables.ballot_boxes import BallotBox, BallotTeller
from workflows.tables.organisation import Person
from workflows.tables.sessions import CouncilSession

SIZES = ((15, 40), (200, 500))
TOGETHER = 15


@dataclass
class Vote:
    """A sealed box with its members, nominees and the tellers' codes."""

    database: Database
    organisation: UUID
    session: UUID
    members: list[UUID]
    lines: list[str]
    codes: list[str]
    public_key: str

    def acting(self, person: UUID) -> Any:
        ids = {"organisation_id": self.organisation, "actor_id": person}
        return unit_of_work(self.database, actor_name="bench", **ids)

    def cast(self, member: UUID) -> None:
        with self.acting(member) as uow:
            secret_ballots.cast(uow, self.session, dict.fromkeys(self.lines, "agree"))

    def close(self) -> None:
        with self.acting(self.members[0]) as uow:
            secret_ballots.close_box(uow, session_of(uow, self.session, lock=True))

    def open(self) -> None:
        with self.acting(self.members[0]) as uow:
            closed = secret_ballots.opening(uow, self.session)
        opened = closed.opened_with({0: self.codes[0], 2: self.codes[2]})
        with self.acting(self.members[0]) as uow:
            secret_ballots.record_opening(uow, self.session, opened, closed.root)


def made(database: Database, members: int, nominees: int) -> Vote:
    """A session with a sealed box; nominees are known by their ids alone."""
    organisation, session, box_id = new_id(), new_id(), new_id()
    people = [new_id() for _ in range(members)]
    lines = [str(new_id()) for _ in range(nominees)]
    codes, salts = [new_code() for _ in range(3)], [sealing.new_salt() for _ in range(3)]
    keys = [sealing.teller_public_key(str(box_id), *each) for each in zip(codes, salts, strict=True)]
    box = keeper.make_box(keys)
    context = {
        "format": verifier.FORMAT,
        "members": [{"id": str(each)} for each in people],
        "lines": [
            {"id": line, "name": line, "recused": [], "rule": {}, "written": {"agree": 0, "disagree": 0}}
            for line in lines
        ],
        "verify_key": box["verify_key"],
    }
    with unit_of_work(database, organisation_id=organisation) as uow:
        uow.session.add(Organisation(id=organisation, code=str(organisation), name="Bench", level="commune"))
        uow.session.flush()
        for each in people:
            person = Person(
                id=each, organisation_id=organisation, full_name="A", name_folded="a", name_sort="a"
            )
            uow.session.add(person)
        uow.session.add(
            CouncilSession(
                id=session, organisation_id=organisation, title="Bench", vote_mode="secret", state="voting",
                created_at=uow.now,
            )
        )  # fmt: skip
        uow.session.flush()
        uow.session.add(
            BallotBox(
                id=box_id, organisation_id=organisation, session_id=session, round=1, state="casting",
                context=context, public_key=box["public_key"], seals=box["seals"], issued=members,
            )
        )  # fmt: skip
        uow.session.flush()
        for place, each in enumerate(people[:3]):
            seat = {"place": place, "salt": salts[place], "public_key": keys[place]}
            uow.session.add(BallotTeller(organisation_id=organisation, box_id=box_id, person_id=each, **seat))
    return Vote(database, organisation, session, people, lines, codes, box["public_key"])


def timed(work: Callable[[], Any]) -> float:
    start = time.perf_counter()
    work()
    return (time.perf_counter() - start) * 1000


def sealed(vote: Vote) -> bytes:
    choices = [(line, "agree") for line in vote.lines]
    return sealing.seal_choices(vote.public_key, "box", "member", choices)


def library(members: int, nominees: int) -> float:
    """Seconds in which PyNaCl alone opens as many boxes."""
    key = PrivateKey.generate()
    box = SealedBox(key.public_key).encrypt(bytes(32))
    opener = SealedBox(key)
    return timed(lambda: [opener.decrypt(box) for _ in range(members * nominees)]) / 1000


def together(vote: Vote) -> float:
    """ms until the last of fifteen who press at the same moment has the answer."""
    barrier = threading.Barrier(TOGETHER + 1)

    def press(member: UUID) -> None:
        barrier.wait()
        vote.cast(member)

    threads = [threading.Thread(target=press, args=(each,)) for each in vote.members[:TOGETHER]]
    for each in threads:
        each.start()
    barrier.wait()
    return timed(lambda: [each.join() for each in threads])


def main() -> None:
    """Print the figures of both databases."""
    folder = Path(tempfile.mkdtemp(prefix="bench"))
    try:
        with both_databases(folder) as databases:
            for name, database in databases.items():
                measured(name, database)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def measured(name: str, database: Database) -> None:
    with database.engine.begin() as connection:
        _COMMITS.create(connection)
    commit = median(commits(database).times)
    for members, nominees in SIZES:
        vote = made(database, members, nominees)
        seal = median(timed(lambda vote=vote: sealed(vote)) for _ in range(5))
        cast = median([timed(lambda vote=vote, each=each: vote.cast(each)) for each in vote.members])
        close, opened = timed(vote.close), timed(vote.open) / 1000
        print(
            f"{name:<11} {members:>4} × {nominees:<4} seal_ms {seal:.2f} cast_ms {cast:.2f} commit_ms {commit:.2f}"
            f" close_ms {close:.1f} open_s {opened:.2f} library_open_s {library(members, nominees):.2f}"
        )
    last = min(together(made(database, TOGETHER, 40)) for _ in range(3))
    print(
        f"{name:<11} {TOGETHER} at once: last answer ms {last:.0f}, {TOGETHER} commits ms {TOGETHER * commit:.1f}"
    )


if __name__ == "__main__":
    main()
