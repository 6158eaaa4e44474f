"""How the cost of one step grows: with the rounds of a loop, with the members of a vote, with open instances.

`python -m bench.growth [--json] [--rounds 2000] [--million]`. Each figure is a median in milliseconds. The loop
is run beside the plain library's saved JSON, which sticks at its depth limit (notes on the library, trap 11).
"""

from __future__ import annotations

from engine.database import Database, new_id, unit_of_work  # isort: skip  (first: the one SQLite library)

import argparse
import json
import shutil
import statistics
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from SpiffWorkflow.bpmn import BpmnWorkflow
from SpiffWorkflow.bpmn.serializer import BpmnWorkflowSerializer
from SpiffWorkflow.spiff.parser import SpiffBpmnParser
from SpiffWorkflow.spiff.serializer import DEFAULT_CONFIG
from SpiffWorkflow.util.task import TaskState

from bench.process import BPMN, LOOP
from bench.steps import Everybody, both_databases, publish, timed
from engine import handlers, instances, tasks
from engine.models import Definition, Instance

ROUNDS = (10, 100, 300, 1000, 2000)
VOTERS = (5, 11, 51, 201, 500)
OPEN = (1_000, 10_000, 100_000)
Rows = list[dict[str, float]]


def loop_of_library(most: int) -> Rows:
    """The plain library's whole JSON in a loop of rework, as far as it goes."""
    parser = SpiffBpmnParser()
    parser.add_bpmn_str(LOOP)
    serializer = BpmnWorkflowSerializer(BpmnWorkflowSerializer.configure(DEFAULT_CONFIG))
    workflow = BpmnWorkflow(parser.get_spec("bench"), parser.get_subprocess_specs("bench"))
    workflow.do_engine_steps()
    found: Rows = []
    for number in range(1, most + 1):
        ready = workflow.get_tasks(state=TaskState.READY, manual=True)
        if not ready:
            found.append({"rounds": number, "stuck": 1})
            break
        ready[0].data["again"] = True
        ready[0].run()
        workflow.do_engine_steps()
        if number in ROUNDS:
            state = serializer.serialize_json(workflow)
            save = median(lambda: serializer.serialize_json(workflow), 5)
            load = median(lambda state=state: serializer.deserialize_json(state), 5)  # type: ignore[misc]
            found.append({"rounds": number, "bytes": len(state), "save_ms": save, "load_ms": load})
    return found


def loop_of_ours(database: Database, most: int) -> Rows:
    """One instance that goes round and round through our own door; milliseconds of a whole completion."""
    definition = _prepared(database, LOOP)
    instance_id = started(database, definition, {"again": True})
    found: Rows = []
    lately: list[float] = []
    for number in range(1, most + 1):
        lately.append(_completion(database, definition, instance_id))
        if number in ROUNDS:
            with unit_of_work(database, readonly=True) as uow:
                size = len(uow.session.get_one(Instance, instance_id).state)
            found.append({"rounds": number, "bytes": size, "completion_ms": p50(lately[-50:])})
    return found


def votes(database: Database) -> Rows:
    """Milliseconds of one vote of a council of so many members, the middle of all its votes."""
    definition = _prepared(database, BPMN)
    found: Rows = []
    for voters in VOTERS:
        members = [str(new_id()) for _ in range(voters)]
        instance_id = started(database, definition, {"skip": False, "members": members})
        for _ in range(2):
            _completion(database, definition, instance_id)
        times = [_completion(database, definition, instance_id) for _ in range(min(voters, 60))]
        found.append({"voters": voters, "vote_ms": p50(times)})
    return found


def open_instances(database: Database, numbers: tuple[int, ...]) -> Rows:
    """Milliseconds of one completion and of a page of somebody's work beside so many open instances."""
    definition = _prepared(database, BPMN)
    found: Rows = []
    there = 0
    for number in numbers:
        fill(database, definition, number - there)
        there = number
        instance_id = started(database, definition, {"skip": False, "members": [str(new_id())] * 3})
        times = [_completion(database, definition, instance_id) for _ in range(5)]
        found.append({"open": number, "completion_ms": p50(times), "page_ms": _page(database, definition)})
    return found


def _page(database: Database, definition: Definition) -> float:
    person, organisation_id = new_id(), definition.organisation_id

    def page() -> None:
        with unit_of_work(database, organisation_id=organisation_id, readonly=True) as uow:
            assert len(tasks.open_tasks_of(uow, person, organisation_id, most=50)) == 50

    return median(page, 15)


def fill(database: Database, definition: Definition, number: int) -> None:
    """Copy one started instance with its task so many times, in the database itself."""
    first = started(database, definition, {"skip": False, "members": ["x"]})
    new = "lower(hex(randomblob(16)))" if database.is_sqlite else "gen_random_uuid()"
    many = (
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < :number) "
        if database.is_sqlite
        else "WITH n AS (SELECT generate_series(1, :number) AS i) "
    )
    like = Instance.metadata.tables["instance"], Instance.metadata.tables["task"]
    one = {"number": number, "first": first.hex if database.is_sqlite else first}
    with database.engine.begin() as connection:
        if not database.is_sqlite:
            connection.execute(sa.text("SET LOCAL statement_timeout = 0"))
        ids = f"CREATE TEMP TABLE copies AS {many} SELECT {new} AS id, {new} AS task FROM n"
        connection.execute(sa.text(ids), {"number": number})
        for table, values in zip(
            like, ({"id": "c.id"}, {"id": "c.task", "instance_id": "c.id"}), strict=True
        ):
            names = ", ".join(column.name for column in table.columns)
            given = ", ".join(values.get(column.name, f"o.{column.name}") for column in table.columns)
            key = "id" if table is like[0] else "instance_id"
            like_first = f"SELECT {given} FROM {table.name} o, copies c WHERE o.{key} = :first"
            connection.execute(
                sa.text(f"INSERT INTO {table.name} ({names}) {like_first}"), {"first": one["first"]}
            )
        connection.execute(sa.text("DROP TABLE copies"))
    with database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        if not database.is_sqlite:
            connection.execute(sa.text("ANALYZE"))


def _prepared(database: Database, bpmn: bytes) -> Definition:
    organisation_id = new_id()
    handlers.set_lookups(Everybody(organisation_id))
    return publish(database, organisation_id, bpmn)


def started(database: Database, definition: Definition, data: dict[str, Any]) -> UUID:
    organisation_id = definition.organisation_id
    with unit_of_work(database, organisation_id=organisation_id) as uow:
        return instances.start_definition(
            uow, definition, organisation_id=organisation_id, business_key=str(new_id()), data=data
        ).id


def _completion(database: Database, definition: Definition, instance_id: UUID) -> float:
    organisation_id = definition.organisation_id
    with unit_of_work(database, organisation_id=organisation_id, readonly=True) as uow:
        task = tasks.open_tasks(uow, instance_id=instance_id)[0]
    actor = task.assignee_id or new_id()

    def step() -> None:
        with unit_of_work(
            database, organisation_id=organisation_id, actor_id=actor, actor_name="Bench"
        ) as uow:
            tasks.complete_task(uow, task.id, {}, idempotency_key=str(new_id()))

    return timed(step)


def p50(times: list[float]) -> float:
    return round(statistics.median(times), 3)


def median(act: Callable[[], Any], times: int) -> float:
    return p50([timed(act) for _ in range(times)])


def main() -> None:
    """Print the curves of both databases."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--json", action="store_true")
    arguments.add_argument("--rounds", type=int, default=max(ROUNDS))
    arguments.add_argument("--million", action="store_true")
    options = arguments.parse_args()
    numbers = (*OPEN, 1_000_000) if options.million else OPEN
    folder = Path(tempfile.mkdtemp(prefix="bench"))
    found: dict[str, dict[str, Rows]] = {"library": {"loop": loop_of_library(options.rounds)}}
    try:
        with both_databases(folder) as databases:
            for name, database in databases.items():
                found[name] = {
                    "loop": loop_of_ours(database, options.rounds),
                    "votes": votes(database),
                    "open": open_instances(database, numbers),
                }
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    if options.json:
        print(json.dumps(found))
        return
    for name, curves in found.items():
        for curve, rows in curves.items():
            for row in rows:
                print(f"{name:12} {curve:6}", *(f"{key} {value:g}" for key, value in row.items()))


if __name__ == "__main__":
    main()
