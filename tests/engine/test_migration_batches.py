"""Many instances moved by jobs, one a transaction, with counts that can be read."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest

from engine import history, instances, jobs, migration, tasks
from engine.database import Database, new_id, unit_of_work
from engine.errors import NotAllowed, NotFound
from engine.migration import Order, Progress
from engine.models import Definition


@pytest.fixture
def line(deploy: Any, draw: Any) -> Any:
    """line("a", "b") is begun → a → b → ended."""

    def line(*steps: str) -> Definition:
        nodes = "".join(f"<bpmn:flowNodeRef>{step}</bpmn:flowNodeRef>" for step in steps)
        body = (
            '<bpmn:process id="case" isExecutable="true"><bpmn:laneSet id="lanes"><bpmn:lane id="office">'
            f'{nodes}</bpmn:lane></bpmn:laneSet><bpmn:startEvent id="begun"/>'
            + "".join(draw.user_task(step, f"Bước {step}") for step in steps)
            + '<bpmn:endEvent id="ended"/>'
            + draw.flows("begun", *steps, "ended")
            + "</bpmn:process>"
        )
        definition: Definition = deploy("case", body, {step: {"type": "object"} for step in steps})
        return definition

    return line


@pytest.fixture
def officer(people: Any) -> UUID:
    person_id: UUID = people.add("Lò Văn Vinh", "office")
    return person_id


@pytest.fixture
def work(database: Database, commune: UUID, officer: UUID) -> Any:
    def work(**given: Any) -> Any:
        given = {"organisation_id": commune, "actor_id": officer, "actor_name": "Vinh", **given}
        return unit_of_work(database, **given)

    return work


@pytest.fixture
def do(work: Any) -> Any:
    def do(step: str, key: str) -> None:
        with work() as uow:
            [task] = tasks.open_tasks(uow, step=step, business_key=key)
            tasks.complete_task(uow, task.id, {}, idempotency_key=str(new_id()))

    return do


@pytest.fixture
def order(work: Any) -> Any:
    """order(old, new) previews everything on a definition and orders the batch; returns its id."""

    def order(old: Definition, new: Definition) -> UUID:
        with work() as uow:
            asked = Order(new.hash)
            plans = migration.plan(uow, migration.running_on(uow, old.hash), asked)
            batch_id: UUID = migration.order_batch(uow, plans, asked, reason="Luật đổi").id
            return batch_id

    return order


def counts(work: Any, batch_id: UUID) -> Progress:
    with work(readonly=True) as uow:
        return migration.progress(uow, batch_id)


def test_a_batch_moves_what_may_move_with_the_warnings_that_were_previewed(
    database: Database, work: Any, line: Any, begin: Any, do: Any, order: Any, officer: UUID
) -> None:
    old, new = line("a", "b", "c"), line("a", "n", "b")
    begun = [begin(old, key) for key in "123"]
    do("a", "2")
    do("a", "3")
    do("b", "3")  # c has no place on the new diagram: left out
    batch_id = order(old, new)
    assert counts(work, batch_id) == Progress(waiting=2)
    assert jobs.run_pending(database) == 2
    assert counts(work, batch_id) == Progress(migrated=2)
    with work(readonly=True) as uow:
        moved = [instances.get(uow, one.id).definition_hash for one in begun]
        assert moved == [new.hash, new.hash, old.hash]
        row = history.of(uow, history.instance_chain(begun[1].id))[-1]
        assert (row.event, row.actor_id, row.actor_name) == ("instance:migrated", officer, "Vinh")


def test_an_instance_that_went_on_after_the_preview_is_refused_alone_and_says_why(
    database: Database, work: Any, line: Any, begin: Any, do: Any, order: Any
) -> None:
    old, new = line("a", "b"), line("a", "c")
    first, second = begin(old, "1"), begin(old, "2")
    batch_id = order(old, new)
    do("a", "1")
    jobs.run_pending(database)
    assert counts(work, batch_id) == Progress(migrated=1, refused=1)
    with work(readonly=True) as uow:
        told = [(key, item.state, item.reason) for item, key in migration.items(uow, batch_id)]
        assert told == [
            (
                "1",
                "refused",
                "Hồ sơ 1 chưa chuyển sang sơ đồ mới được: Bước “Bước b” đang làm không có trong sơ đồ mới: "
                "chọn bước thay thế cho nó.",
            ),
            ("2", "migrated", ""),
        ]
        assert instances.get(uow, first.id).definition_hash == old.hash
        assert instances.get(uow, second.id).definition_hash == new.hash
    do("b", "1")


def test_a_job_that_is_repeated_moves_nothing_twice(
    database: Database, work: Any, line: Any, begin: Any, order: Any
) -> None:
    old, new = line("a"), line("a", "b")
    instance = begin(old, "1")
    batch_id = order(old, new)
    jobs.run_pending(database)
    jobs.execute(database, "migrate_instance", str(batch_id), str(instance.id))
    assert counts(work, batch_id) == Progress(migrated=1)
    with work(readonly=True) as uow:
        events = [row.event for row in history.of(uow, history.instance_chain(instance.id))]
        assert events.count("instance:migrated") == 1


def test_a_job_that_is_repeated_after_an_undo_leaves_the_instance_where_it_is(
    database: Database, work: Any, line: Any, begin: Any, order: Any
) -> None:
    old, new = line("a"), line("a", "b")
    instance = begin(old, "1")
    batch_id = order(old, new)
    jobs.run_pending(database)
    with work() as uow:
        migration.undo(uow, instance.id, reason="Chuyển nhầm")
    jobs.execute(database, "migrate_instance", str(batch_id), str(instance.id))
    with work(readonly=True) as uow:
        assert instances.get(uow, instance.id).definition_hash == old.hash


def test_a_batch_of_nothing_that_may_move_is_refused(work: Any, line: Any, begin: Any, order: Any) -> None:
    old = line("a")
    begin(old, "1")
    with pytest.raises(NotAllowed, match="Không có hồ sơ nào"):
        order(old, line("b"))


def test_the_batch_of_another_organisation_is_not_found(work: Any, line: Any, begin: Any, order: Any) -> None:
    old = line("a")
    begin(old, "1")
    batch_id = order(old, line("a", "b"))
    with pytest.raises(NotFound), work(organisation_id=new_id(), readonly=True) as uow:
        migration.progress(uow, batch_id)


def test_a_batch_knows_what_can_be_taken_back_and_takes_back_only_its_own_moves(
    database: Database, work: Any, line: Any, begin: Any, do: Any, order: Any
) -> None:
    old, new, newer = line("a", "b"), line("a", "n", "b"), line("a", "n", "m", "b")
    first, second = begin(old, "1"), begin(old, "2")
    batch_id = order(old, new)
    jobs.run_pending(database)
    do("a", "2")
    with work(readonly=True) as uow:
        assert {key: may for key, (_, may) in migration.moves(uow, batch_id).items()} == {
            first.id: True,
            second.id: False,
        }
    order(new, newer)
    jobs.run_pending(database)
    with pytest.raises(NotAllowed, match="lần nữa trong một đợt khác"), work() as uow:
        migration.undo(uow, first.id, reason="Chuyển nhầm", batch_id=batch_id)
    with work(readonly=True) as uow:
        assert instances.get(uow, first.id).definition_hash == newer.hash
        assert not any(may for _, may in migration.moves(uow, batch_id).values())


def test_the_definitions_in_use_are_counted_with_what_runs_on_them(
    work: Any, line: Any, begin: Any, do: Any
) -> None:
    old, new = line("a"), line("a", "b")
    for key in "123":
        begin(old, key)
    begin(new, "4")
    do("a", "3")
    with work(readonly=True) as uow:
        assert {row.hash: count for row, count in migration.in_use(uow)} == {old.hash: 2, new.hash: 1}
    with work(organisation_id=new_id(), readonly=True) as uow:
        assert migration.in_use(uow) == []
