"""Moving stored instances: planned, previewed, applied under the lock, undone; on both databases."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
import sqlalchemy as sa

from engine import execution, history, instances, jobs, messages, migration, tasks
from engine.clock import FixedClock
from engine.database import Database, new_id, unit_of_work
from engine.errors import Conflict, NotAllowed, NotFound
from engine.migration import MigrationRefused, Order
from engine.migration_models import InstanceMigration
from engine.models import Definition, Draft, Instance, Subscription, Task, Timer
from engine.spiff.differ import Aspect, ChangeKind
from engine.spiff.verdict import Verdict

ANYTHING = {"type": "object"}
NOON = datetime(2022, 12, 12, 5, tzinfo=UTC)


def deadline(step: str, host: str, term: str) -> str:
    """A boundary timer of a step that leads to the end."""
    return (
        f'<bpmn:boundaryEvent id="{step}" name="Hạn" attachedToRef="{host}"><bpmn:timerEventDefinition>'
        f'<bpmn:timeDuration>"{term}"</bpmn:timeDuration></bpmn:timerEventDefinition></bpmn:boundaryEvent>'
    )


def wait(step: str, term: str) -> str:
    return (
        f'<bpmn:intermediateCatchEvent id="{step}" name="Niêm yết"><bpmn:timerEventDefinition>'
        f'<bpmn:timeDuration>"{term}"</bpmn:timeDuration></bpmn:timerEventDefinition>'
        "</bpmn:intermediateCatchEvent>"
    )


@pytest.fixture
def version(deploy: Any, draw: Any) -> Callable[..., Definition]:
    """version("a", "b") is begun → a → b → ended, all of the office.

    Steps are user tasks unless given as `a="<bpmn:…>"`; `also` adds to the diagram, `role` names the lane,
    `forms` gives schemas, `head` stands outside the process.
    """

    def version(
        *steps: str, also: str = "", role: str = "office", forms: Any = None, **drawn: Any
    ) -> Definition:
        people = "".join(f"<bpmn:flowNodeRef>{step}</bpmn:flowNodeRef>" for step in steps)
        body = (
            f'<bpmn:process id="case" isExecutable="true"><bpmn:laneSet id="lanes"><bpmn:lane id="{role}">'
            f'{people}</bpmn:lane></bpmn:laneSet><bpmn:startEvent id="begun"/>'
            + "".join(drawn.get(step, draw.user_task(step, f"Bước {step}")) for step in steps)
            + f'<bpmn:endEvent id="ended"/>{also}'
            + draw.flows("begun", *steps, "ended")
            + "</bpmn:process>"
        )
        schemas = {step: ANYTHING for step in steps if step not in drawn}
        definition: Definition = deploy("case", body, {**schemas, **(forms or {})})
        return definition

    return version


class Desk:
    """What an officer and an administrator do, each in a unit of work of its own."""

    def __init__(self, database: Database, commune: UUID, officer: UUID) -> None:
        self.database, self.commune, self.officer = database, commune, officer

    def work(self, **given: Any) -> Any:
        given = {"organisation_id": self.commune, "actor_id": self.officer, "actor_name": "Vinh", **given}
        return unit_of_work(self.database, **given)

    def do(self, step: str, key: str | None = None, **form: Any) -> None:
        task = self.task(step, key)
        with self.work() as uow:
            tasks.complete_task(uow, task.id, form, idempotency_key=str(new_id()))

    def task(self, step: str, key: str | None = None) -> Task:
        with self.work() as uow:
            [task] = tasks.open_tasks(uow, step=step, business_key=key)
            return task

    def steps(self, instance: Instance) -> list[str]:
        with self.work() as uow:
            return sorted(task.step for task in tasks.open_tasks(uow, instance_id=instance.id))

    def plan(self, *moving: Instance, to: Definition, **order: Any) -> list[migration.InstancePlan]:
        with self.work(readonly=True) as uow:
            return migration.plan(uow, [one.id for one in moving], Order(to.hash, **order))

    def move(self, instance: Instance, to: Definition, **order: Any) -> None:
        [plan] = self.plan(instance, to=to, **order)
        with self.work() as uow:
            migration.apply(
                uow, instance.id, Order(to.hash, **order), reason="Luật đổi", accepted=plan.warnings
            )

    def undo(self, instance: Instance) -> None:
        with self.work() as uow:
            migration.undo(uow, instance.id, reason="Chuyển nhầm")

    def look(self, instance: Instance) -> Instance:
        with self.work(readonly=True) as uow:
            return instances.get(uow, instance.id)

    def events(self, instance: Instance) -> list[str]:
        with self.work(readonly=True) as uow:
            chain = history.instance_chain(instance.id)
            assert history.verify(uow, chain) == []
            return [row.event for row in history.of(uow, chain)]

    def all(self, table: Any) -> list[Any]:
        with self.work(readonly=True) as uow:
            return list(uow.session.scalars(sa.select(table).order_by(table.id)))


@pytest.fixture
def desk(database: Database, commune: UUID, people: Any) -> Desk:
    return Desk(database, commune, people.add("Lò Văn Vinh", "office"))


# -- plan ------------------------------------------------------------------------------------------


def test_a_plan_gives_each_instance_its_verdict_and_changes_nothing(
    desk: Desk, version: Any, begin: Any
) -> None:
    old, new = version("a", "b", "c"), version("a", "n", "b")
    first, second, third = (begin(old, key) for key in "123")
    desk.do("a", "2")
    desk.do("a", "3")
    desk.do("b", "3")
    plans = desk.plan(first, second, third, to=new)
    assert [plan.verdict for plan in plans] == [Verdict.SAFE, Verdict.WARN, Verdict.REFUSE]
    assert [str(finding) for finding in plans[1].findings] == [
        "Bước mới “Bước n” nằm trước vị trí hiện tại: hồ sơ sẽ không qua bước này."
    ]
    assert [str(finding) for finding in plans[2].findings] == [
        "Bước “Bước c” đang làm không có trong sơ đồ mới: chọn bước thay thế cho nó."
    ]
    assert plans[1].business_key == "2"
    assert {desk.look(one).definition_hash for one in (first, second, third)} == {old.hash}


def test_the_instances_on_a_definition_are_those_that_run_or_are_on_hold(
    desk: Desk, version: Any, begin: Any
) -> None:
    old = version("a")
    running, held, ended = (begin(old, key) for key in "123")
    begin(version("b"), "4")
    desk.do("a", "3")
    with desk.work() as uow:
        instances.suspend(uow, held.id, "chờ xác minh")
    with desk.work(readonly=True) as uow:
        assert migration.running_on(uow, old.hash) == [running.id, held.id]
    [plan] = desk.plan(ended, to=version("a", "b"))
    assert [str(finding) for finding in plan.findings] == ["Hồ sơ đã kết thúc hoặc đã được rút."]


def test_the_changes_between_two_definitions_name_a_form_whose_content_changed(
    desk: Desk, version: Any
) -> None:
    old, new = version("a", "b"), version("a", "b", forms={"b": {"type": "object", "title": "Mới"}})
    with desk.work(readonly=True) as uow:
        [change] = migration.changes(uow, old.hash, new.hash)
    assert (change.kind, change.element.id, list(change.aspects)) == (
        ChangeKind.CHANGED,
        "b",
        [Aspect.FORM],
    )


def test_a_mapping_to_a_step_that_does_not_exist_is_refused_by_name(
    desk: Desk, version: Any, begin: Any
) -> None:
    instance = begin(version("a", "b"))
    with pytest.raises(Conflict, match="“zz” không có trong sơ đồ mới"):
        desk.plan(instance, to=version("b"), mapping={"a": "zz"})


def test_another_process_is_no_version_of_this_one(
    desk: Desk, version: Any, begin: Any, deploy: Any, draw: Any
) -> None:
    body = '<bpmn:process id="other" isExecutable="true"><bpmn:startEvent id="s"/><bpmn:endEvent id="e"/>'
    other = deploy("other", body + draw.flows("s", "e") + "</bpmn:process>")
    [plan] = desk.plan(begin(version("a")), to=other)
    assert [str(f) for f in plan.findings] == ["Sơ đồ này thuộc quy trình khác hoặc tổ chức khác."]


# -- apply -----------------------------------------------------------------------------------------


def test_an_applied_move_keeps_the_task_its_claim_and_its_draft(
    desk: Desk, version: Any, begin: Any, draw: Any
) -> None:
    instance = begin(version("a", "b"))
    task = desk.task("a")
    with desk.work() as uow:
        tasks.claim(uow, task.id)
        tasks.save_draft(uow, task.id, {"note": "đang gõ"})
    new = version(
        "a2",
        "n",
        "b",
        a2=draw.user_task("a2", "Thẩm định lại"),
        forms={"a2": {"type": "object", "title": "x"}},
    )
    desk.move(instance, new, mapping={"a": "a2"})
    kept = desk.task("a2")
    assert (kept.id, kept.name, kept.form) == (task.id, "Thẩm định lại", "case/a2.form.json")
    assert kept.claimed_by == desk.officer
    with desk.work() as uow:
        assert tasks.draft_of(uow, task.id) == {"note": "đang gõ"}
        assert tasks.form_schema(uow, kept)["title"] == "x"
    for step in ("a2", "n", "b"):
        desk.do(step)
    assert desk.look(instance).status == "completed"


def test_a_move_is_recorded_with_who_when_why_and_what_was_accepted(
    desk: Desk, version: Any, begin: Any
) -> None:
    old, new = version("a", "b"), version("a", "n", "b")
    instance = begin(old)
    desk.do("a")
    before = desk.look(instance).state
    desk.move(instance, new)
    with desk.work(readonly=True) as uow:
        [record] = uow.session.scalars(sa.select(InstanceMigration))
        assert (record.from_definition, record.to_definition) == (old.hash, new.hash)
        assert (record.state_before, record.migrated_by, record.migrated_at) == (before, desk.officer, NOON)
        assert (record.reason, record.accepted) == ("Luật đổi", ["inserted_before:case:n"])
    assert desk.events(instance)[-1] == "instance:migrated"
    assert desk.look(instance).definition_hash == new.hash


def test_a_warning_that_nobody_accepted_is_refused_by_name(desk: Desk, version: Any, begin: Any) -> None:
    instance = begin(version("a", "b"))
    desk.do("a")
    new = version("a", "n", "b")
    with pytest.raises(MigrationRefused, match="Bước mới “Bước n” nằm trước"), desk.work() as uow:
        migration.apply(uow, instance.id, Order(new.hash), reason="Luật đổi")
    assert desk.look(instance).definition_hash != new.hash
    assert desk.steps(instance) == ["b"]


def test_a_suspended_instance_is_moved_and_goes_on_after_it_is_resumed(
    desk: Desk, version: Any, begin: Any
) -> None:
    instance = begin(version("a"))
    with desk.work() as uow:
        instances.suspend(uow, instance.id, "chờ xác minh")
    desk.move(instance, version("a", "n"))
    with desk.work() as uow:
        instances.resume(uow, instance.id)
    desk.do("a")
    assert desk.steps(instance) == ["n"]


def test_a_step_given_to_another_role_is_given_back_by_who_had_claimed_it(
    desk: Desk, version: Any, begin: Any
) -> None:
    instance = begin(version("a"))
    task = desk.task("a")
    with desk.work() as uow:
        tasks.claim(uow, task.id)
    desk.move(instance, version("a", role="clerk"))
    task = desk.task("a")
    assert (task.role, task.claimed_by) == ("clerk", None)
    assert desk.events(instance)[-2:] == ["instance:migrated", "task:released"]


def test_whom_a_step_is_assigned_to_follows_only_where_the_diagram_says_it_otherwise(
    desk: Desk, version: Any, begin: Any, draw: Any, people: Any
) -> None:
    hoa, lan = people.add("Hoa", "office"), people.add("Lan", "office")
    assigned = {one: draw.user_task("a", "Bước a", assignee=one) for one in ("first", "second")}
    old = version("a", a=assigned["first"])
    instance = begin(old, data={"first": str(hoa), "second": str(lan)})
    desk.move(instance, version("a", "n", a=assigned["first"]))
    assert desk.task("a").assignee_id == hoa
    desk.move(instance, version("a", "n", "m", a=assigned["second"]))
    assert desk.task("a").assignee_id == lan
    desk.undo(instance)
    assert desk.task("a").assignee_id == hoa


def test_who_did_an_earlier_step_is_kept_from_a_waiting_one_as_the_new_diagram_says_and_free_when_undone(
    desk: Desk, version: Any, begin: Any, draw: Any
) -> None:
    apart = draw.user_task("b", "Bước b", notSamePersonAs="a")
    instance = begin(version("a", "b"))
    desk.do("a")
    desk.move(instance, version("a", "b", b=apart))
    with pytest.raises(NotAllowed, match="Bạn đã làm bước “Bước a”"):
        desk.do("b")
    desk.undo(instance)
    desk.do("b")
    assert desk.steps(instance) == []


@pytest.mark.parametrize(("recompute", "day"), [(False, 22), (True, 25)])
def test_a_steps_changed_due_date_is_kept_or_calculated_anew_and_comes_back_when_undone(
    desk: Desk, version: Any, begin: Any, draw: Any, recompute: bool, day: int
) -> None:
    def end_of(number: int) -> datetime:
        return datetime(2022, 12, number, 16, 59, 59, tzinfo=UTC)

    due = {one: draw.user_task("a", "Bước a", dueDate=f"'2022-12-{one}'") for one in (20, 25)}
    instance, new = begin(version("a", a=due[20])), version("a", a=due[25])
    task_id = desk.task("a").id
    with desk.work() as uow:  # somebody has moved it since
        tasks.get(uow, task_id).due_at = end_of(22)
    [plan] = desk.plan(instance, to=new)
    assert (plan.verdict, len(plan.findings)) == (Verdict.WARN, 1)
    assert "23:59 22/12/2022" in str(plan.findings[0])
    assert "23:59 25/12/2022" in str(plan.findings[0])
    desk.move(instance, new, recompute_due=recompute)
    assert desk.task("a").due_at == end_of(day)
    desk.undo(instance)
    assert desk.task("a").due_at == end_of(22)


def test_an_assignee_that_cannot_be_calculated_is_refused_by_name(
    desk: Desk, version: Any, begin: Any, draw: Any
) -> None:
    instance = begin(version("a"))
    [plan] = desk.plan(instance, to=version("a", a=draw.user_task("a", "Bước a", assignee="nobody")))
    assert plan.verdict is Verdict.REFUSE
    assert str(plan.findings[0]).startswith("Không tính được thời hạn hoặc người làm của “Bước a”")


def test_an_instance_whose_state_cannot_be_read_is_refused_and_the_others_are_planned(
    desk: Desk, version: Any, begin: Any
) -> None:
    old = version("a")
    broken, whole = begin(old, "1"), begin(old, "2")
    with desk.work() as uow:
        instances.get(uow, broken.id).state = b"?"
    plans = desk.plan(broken, whole, to=version("a", "b"))
    assert [plan.verdict for plan in plans] == [Verdict.REFUSE, Verdict.SAFE]
    assert "Không đọc được trạng thái đã lưu" in str(plans[0].findings[0])


# -- timers and messages ---------------------------------------------------------------------------


def fire(desk: Desk) -> None:
    with desk.work() as uow:
        uow.enqueue("fire_timers")
    jobs.run_pending(desk.database)


@pytest.mark.parametrize(("recompute", "days"), [(False, 10), (True, 15)])
def test_a_waiting_timer_keeps_its_row_and_its_due_date_unless_it_is_recomputed(
    desk: Desk, version: Any, begin: Any, clock: FixedClock, recompute: bool, days: int
) -> None:
    instance = begin(version("t", "b", t=wait("t", "P10D")))
    [before] = desk.all(Timer)
    clock.move(NOON + timedelta(days=4))
    desk.move(instance, version("t", "b", t=wait("t", "P15D")), recompute_due=recompute)
    [timer] = desk.all(Timer)
    assert (timer.id, timer.due_at, timer.fired_at) == (before.id, NOON + timedelta(days=days), None)
    clock.move(NOON + timedelta(days=days, minutes=-1))
    fire(desk)
    assert desk.steps(instance) == []
    clock.move(NOON + timedelta(days=days))
    fire(desk)
    assert desk.steps(instance) == ["b"]


def test_a_deadline_added_to_an_active_task_is_a_row_and_fires(
    desk: Desk, version: Any, begin: Any, draw: Any, clock: FixedClock
) -> None:
    instance = begin(version("a", "b"))
    added = deadline("due", "a", "P1D") + draw.flows("due", "ended")
    desk.move(instance, version("a", "b", also=added))
    [timer] = desk.all(Timer)
    assert (timer.element, timer.due_at) == ("due", NOON + timedelta(days=1))
    clock.move(NOON + timedelta(days=1))
    fire(desk)
    assert desk.look(instance).status == "completed"
    assert desk.all(Task)[0].state == "cancelled"


def test_a_deadline_taken_off_an_active_task_leaves_no_row_and_comes_back_when_undone(
    desk: Desk, version: Any, begin: Any, draw: Any, clock: FixedClock
) -> None:
    hung = deadline("due", "a", "P1D") + draw.flows("due", "ended")
    instance = begin(version("a", "b", also=hung))
    clock.move(NOON + timedelta(days=2))  # due, but the sweep has not come yet
    desk.move(instance, version("a", "b"))
    assert desk.all(Timer) == []
    fire(desk)
    assert desk.steps(instance) == ["a"]
    desk.undo(instance)
    [timer] = desk.all(Timer)
    assert (timer.due_at, timer.fired_at) == (NOON + timedelta(days=1), None)
    fire(desk)
    assert desk.look(instance).status == "completed"


MESSAGE = '<bpmn:intermediateCatchEvent id="m"><bpmn:messageEventDefinition messageRef="msg_{name}"/>'


@pytest.fixture
def waiting_for(deploy: Any, draw: Any) -> Callable[..., Definition]:
    """waiting_for("result", "case") waits for a message, then asks the office."""

    def waiting_for(name: str, process_id: str = "case") -> Definition:
        body = (
            f'<bpmn:message id="msg_{name}" name="{name}"/><bpmn:process id="{process_id}" '
            'isExecutable="true"><bpmn:laneSet id="lanes"><bpmn:lane id="office">'
            '<bpmn:flowNodeRef>b</bpmn:flowNodeRef></bpmn:lane></bpmn:laneSet><bpmn:startEvent id="begun"/>'
            + MESSAGE.format(name=name)
            + "</bpmn:intermediateCatchEvent>"
            + draw.user_task("b", "Bước b")
            + '<bpmn:endEvent id="ended"/>'
            + draw.flows("begun", "m", "b", "ended")
            + "</bpmn:process>"
        )
        definition: Definition = deploy(process_id, body, {"b": ANYTHING})
        return definition

    return waiting_for


def send(desk: Desk, name: str) -> None:
    with desk.work() as uow:
        messages.send(uow, organisation_id=desk.commune, name=name, key="1", payload={}, dedup=str(new_id()))
    jobs.run_pending(desk.database)


def test_another_message_is_subscribed_to_and_a_kept_one_is_delivered(
    desk: Desk, waiting_for: Any, begin: Any
) -> None:
    instance = begin(waiting_for("old"))
    send(desk, "new")
    assert desk.steps(instance) == []
    desk.move(instance, waiting_for("new"))
    assert [one.message for one in desk.all(Subscription)] == ["new"]
    jobs.run_pending(desk.database)
    assert desk.steps(instance) == ["b"]


def test_a_message_that_is_no_longer_waited_for_leaves_no_subscription(
    desk: Desk, deploy: Any, begin: Any, draw: Any
) -> None:
    def asked(event: str) -> Definition:
        body = (
            '<bpmn:message id="msg_stop" name="stop"/><bpmn:process id="case" isExecutable="true">'
            '<bpmn:laneSet id="lanes"><bpmn:lane id="office"><bpmn:flowNodeRef>a</bpmn:flowNodeRef></bpmn:lane>'
            '</bpmn:laneSet><bpmn:startEvent id="begun"/><bpmn:endEvent id="ended"/>'
            + draw.user_task("a", "Bước a")
            + event
            + draw.flows("begun", "a", "ended")
            + "</bpmn:process>"
        )
        definition: Definition = deploy("case", body, {"a": ANYTHING})
        return definition

    stop = (
        '<bpmn:boundaryEvent id="stopped" attachedToRef="a"><bpmn:messageEventDefinition '
        'messageRef="msg_stop"/></bpmn:boundaryEvent>' + draw.flows("stopped", "ended")
    )
    instance = begin(asked(stop))
    assert [one.message for one in desk.all(Subscription)] == ["stop"]
    desk.move(instance, asked(""))
    assert desk.all(Subscription) == []
    desk.undo(instance)
    assert [one.message for one in desk.all(Subscription)] == ["stop"]


def test_a_message_that_another_instance_waits_for_is_refused_by_name(
    desk: Desk, waiting_for: Any, begin: Any
) -> None:
    instance = begin(waiting_for("old"))
    begin(waiting_for("new", "other"))
    new = waiting_for("new")
    [plan] = desk.plan(instance, to=new)
    assert plan.verdict is Verdict.REFUSE
    assert "sẽ chờ thông báo “new”" in str(plan.findings[-1])
    with pytest.raises(MigrationRefused), desk.work() as uow:
        migration.apply(uow, instance.id, Order(new.hash), reason="x", accepted=plan.warnings)
    assert desk.look(instance).definition_hash != new.hash


# -- votes -----------------------------------------------------------------------------------------


def vote(draw: Any) -> str:
    loop = (
        "<bpmn:multiInstanceLoopCharacteristics><bpmn:loopDataInputRef>members</bpmn:loopDataInputRef>"
        '<bpmn:loopDataOutputRef>votes</bpmn:loopDataOutputRef><bpmn:inputDataItem id="member"/>'
        '<bpmn:outputDataItem id="vote"/></bpmn:multiInstanceLoopCharacteristics></bpmn:userTask>'
    )
    xml: str = draw.user_task("v", "Biểu quyết").replace("</bpmn:userTask>", loop)
    return xml


def test_cast_votes_are_not_lost_and_the_others_keep_their_tasks(
    desk: Desk, version: Any, begin: Any, draw: Any
) -> None:
    forms = {"v": {"type": "object", "properties": {"vote": {"type": "string"}}}}
    instance = begin(version("v", "b", v=vote(draw), forms=forms), data={"members": ["x", "y", "z"]})
    before = {task.data["item"]: task.id for task in desk.all(Task)}
    with desk.work() as uow:
        tasks.complete_task(uow, before["y"], {"vote": "yes"}, idempotency_key="1")
    desk.move(instance, version("v", "n", "b", v=vote(draw), forms=forms))
    with desk.work() as uow:
        left = {task.data["item"]: task.id for task in tasks.open_tasks(uow, step="v")}
    assert left == {item: task_id for item, task_id in before.items() if item != "y"}
    for item in "xz":
        with desk.work() as uow:
            tasks.complete_task(uow, left[item], {"vote": f"no {item}"}, idempotency_key=item)
    assert desk.steps(instance) == ["n"]
    with desk.work(readonly=True) as uow:
        assert instances.data(uow, instance.id)["votes"] == ["no x", "yes", "no z"]


# -- a plan grows old ------------------------------------------------------------------------------


def test_a_plan_that_somebody_overtook_is_made_again_under_the_lock(
    desk: Desk, version: Any, begin: Any
) -> None:
    instance, new = begin(version("a", "b")), version("a", "c")
    [plan] = desk.plan(instance, to=new)
    assert plan.verdict is Verdict.SAFE
    desk.do("a")
    with pytest.raises(MigrationRefused, match="“Bước b” đang làm không có"), desk.work() as uow:
        migration.apply(uow, instance.id, Order(new.hash), reason="x", accepted=plan.warnings)
    assert desk.steps(instance) == ["b"]
    desk.do("b")
    assert desk.look(instance).status == "completed"


def test_a_completion_and_a_move_at_the_same_moment_never_mix(desk: Desk, version: Any, begin: Any) -> None:
    old, new = version("a", "b"), version("a", "c")
    moving = [begin(old, str(number)) for number in range(6)]
    gate = threading.Barrier(2 * len(moving))
    refused: list[str] = []

    def complete(key: str) -> None:
        gate.wait()
        desk.do("a", key)

    def migrate(instance: Instance) -> None:
        gate.wait()
        try:
            with desk.work() as uow:
                migration.apply(uow, instance.id, Order(new.hash), reason="x")
        except MigrationRefused:
            refused.append(instance.business_key)

    threads = [threading.Thread(target=complete, args=(one.business_key,)) for one in moving]
    threads += [threading.Thread(target=migrate, args=(one,)) for one in moving]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for one in moving:
        stays = one.business_key in refused
        assert desk.steps(one) == ["b" if stays else "c"]
        assert desk.look(one).definition_hash == (old if stays else new).hash
        assert desk.events(one).count("instance:migrated") == (0 if stays else 1)


# -- undo ------------------------------------------------------------------------------------------


def test_undo_gives_the_instance_back_what_it_was(desk: Desk, version: Any, begin: Any, draw: Any) -> None:
    old = version("a", "b")
    instance = begin(old)
    task, before = desk.task("a"), desk.look(instance).state
    with desk.work() as uow:
        tasks.save_draft(uow, task.id, {"note": "x"})
    new = version("z", "c", z=draw.user_task("z", "Bước khác"), forms={"z": ANYTHING})
    desk.move(instance, new, mapping={"a": "z"})
    desk.undo(instance)
    back = desk.look(instance)
    assert (back.definition_hash, back.state) == (old.hash, before)
    again = desk.task("a")
    assert (again.id, again.name, again.form) == (task.id, "Bước a", "case/a.form.json")
    assert [draft.form for draft in desk_drafts(desk)] == [{"note": "x"}]
    assert desk.events(instance)[-2:] == ["instance:migrated", "instance:migration_undone"]
    desk.do("a")
    desk.do("b")
    assert desk.look(instance).status == "completed"


def desk_drafts(desk: Desk) -> list[Draft]:
    with desk.work(readonly=True) as uow:
        return list(uow.session.scalars(sa.select(Draft)))


def test_an_instance_that_has_gone_on_is_not_moved_back_and_the_step_is_named(
    desk: Desk, version: Any, begin: Any
) -> None:
    instance, new = begin(version("a", "b")), version("a", "n", "b")
    desk.move(instance, new)
    desk.do("a")
    with pytest.raises(NotAllowed, match="hồ sơ đã qua “Bước a”"):
        desk.undo(instance)
    assert desk.look(instance).definition_hash == new.hash
    assert desk.steps(instance) == ["n"]


def test_moves_are_undone_one_after_the_other_and_no_further(desk: Desk, version: Any, begin: Any) -> None:
    versions = [version("a"), version("a", "b"), version("a", "b", "c")]
    instance = begin(versions[0])
    desk.move(instance, versions[1])
    desk.move(instance, versions[2])
    desk.undo(instance)
    assert desk.look(instance).definition_hash == versions[1].hash
    desk.undo(instance)
    assert desk.look(instance).definition_hash == versions[0].hash
    with pytest.raises(NotFound, match="lần chuyển sơ đồ nào"):
        desk.undo(instance)


def test_an_ended_instance_is_not_moved_back(desk: Desk, version: Any, begin: Any) -> None:
    instance = begin(version("a"))
    desk.move(instance, version("a", also="<!-- new -->"))
    desk.do("a")
    with pytest.raises(NotAllowed, match="đã kết thúc"):
        desk.undo(instance)


def test_an_instance_of_another_organisation_is_not_found(desk: Desk, version: Any, begin: Any) -> None:
    instance, new = begin(version("a")), version("a", "b")
    with pytest.raises(NotFound), desk.work(organisation_id=new_id()) as uow:
        migration.apply(uow, instance.id, Order(new.hash), reason="x")
    with pytest.raises(NotFound), desk.work(organisation_id=new_id()) as uow:
        migration.undo(uow, instance.id, reason="x")


def test_the_moved_state_is_read_back_by_the_new_definition_only(
    desk: Desk, version: Any, begin: Any
) -> None:
    instance = begin(version("a", "b"))
    desk.move(instance, version("a", "n", "b"))
    with desk.work(readonly=True) as uow:
        run = execution.load_run(uow, desk.look(instance))
        assert [step.step for step in run.ready] == ["a"]
