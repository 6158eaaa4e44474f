"""Operations on open tasks: given away, lent and taken back, due later, done on leave, kept apart, talked about."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
import sqlalchemy as sa

from engine import delegation, due_dates, history, instances, jobs, operations, tasks
from engine.clock import FixedClock
from engine.database import Database, UnitOfWork, new_id, unit_of_work
from engine.errors import InvalidForm, NotAllowed, NotReady, Suspended
from engine.models import Instance, Task, Timer

ANYTHING = {"type": "object"}
NEW_YEAR = datetime(2022, 12, 31, 16, 59, 59, tzinfo=UTC)
DUE = datetime(2022, 12, 20, 16, 59, 59, tzinfo=UTC)
REMIND = (
    '<bpmn:boundaryEvent id="remind" attachedToRef="appraise" cancelActivity="false">'
    '<bpmn:timerEventDefinition id="remind_when"><bpmn:timeDate xsi:type="bpmn:tFormalExpression">'
    '"2022-12-18"</bpmn:timeDate></bpmn:timerEventDefinition></bpmn:boundaryEvent>'
    '<bpmn:endEvent id="reminded"/>'
)


@pytest.fixture
def review(deploy: Any, draw: Any) -> Any:
    """draft (nominator) → appraise (office; neither who drafted; due, with a reminder) → sign (chairman)."""
    lanes = {"nominator": "draft", "office": "appraise", "chairman": "sign"}
    body = (
        '<bpmn:process id="review" isExecutable="true"><bpmn:laneSet id="lanes">'
        + "".join(
            f'<bpmn:lane id="{role}"><bpmn:flowNodeRef>{step}</bpmn:flowNodeRef></bpmn:lane>'
            for role, step in lanes.items()
        )
        + '</bpmn:laneSet><bpmn:startEvent id="begun"/>'
        + draw.user_task("draft", "Lập hồ sơ")
        + draw.user_task(
            "appraise", "Thẩm định", dueDate="due_on", dueTimer="remind", notSamePersonAs="draft"
        )
        + draw.user_task("sign", "Ký", notSamePersonAs="draft, appraise")
        + REMIND
        + '<bpmn:endEvent id="signed"/>'
        + draw.flows("begun", "draft", "appraise", "sign", "signed")
        + draw.flows("remind", "reminded")
        + "</bpmn:process>"
    )
    return deploy("review", body, dict.fromkeys(lanes.values(), ANYTHING))


@pytest.fixture
def hoa(people: Any) -> UUID:
    """Drafts, and holds the office's role beside it."""
    person_id: UUID = people.add("Nguyễn Thị Hoa", "nominator", "office")
    return person_id


@pytest.fixture
def vinh(people: Any) -> UUID:
    person_id: UUID = people.add("Lò Văn Vinh", "office")
    return person_id


@pytest.fixture
def lan(people: Any) -> UUID:
    person_id: UUID = people.add("Hà Thị Lan", "office", substitute=True)
    return person_id


Acting = Callable[[UUID], AbstractContextManager[UnitOfWork]]


@pytest.fixture
def acting(database: Database, commune: UUID) -> Acting:
    @contextmanager
    def acting(person_id: UUID) -> Iterator[UnitOfWork]:
        with unit_of_work(database, organisation_id=commune, actor_id=person_id, actor_name="Ai đó") as uow:
            yield uow

    return acting


@pytest.fixture
def do(acting: Acting) -> Callable[[UUID, UUID], None]:
    def do(task_id: UUID, person_id: UUID) -> None:
        with acting(person_id) as uow:
            tasks.complete_task(uow, task_id, {}, idempotency_key=str(new_id()))

    return do


@pytest.fixture
def the_task(database: Database) -> Callable[[str], Task]:
    def the_task(step: str) -> Task:
        with unit_of_work(database, readonly=True) as uow:
            [task] = tasks.open_tasks(uow, step=step)
            return task

    return the_task


@pytest.fixture
def appraisal(begin: Any, review: Any, hoa: UUID, vinh: UUID, do: Any, the_task: Any) -> Task:
    """The office's task of a dossier that Hoa drafted."""
    begin(review, "1", {"due_on": "2022-12-20"})
    do(the_task("draft").id, hoa)
    task: Task = the_task("appraise")
    return task


def work_of(acting: Acting, person_id: UUID) -> list[str]:
    with acting(person_id) as uow:
        assert uow.organisation_id is not None
        return [task.step for task in tasks.open_tasks_of(uow, person_id, uow.organisation_id)]


def told(database: Database, instance_id: UUID, event: str) -> list[dict[str, Any]]:
    """What the history keeps of an event, and that the chain is whole."""
    with unit_of_work(database, readonly=True) as uow:
        chain = history.instance_chain(instance_id)
        assert history.verify(uow, chain) == []
        return [json.loads(row.data) for row in history.of(uow, chain) if row.event == event]


# -- four eyes -------------------------------------------------------------------------------------


def test_who_drafted_does_not_appraise_whatever_role_they_hold(
    appraisal: Task, acting: Acting, do: Any, hoa: UUID, vinh: UUID, the_task: Any
) -> None:
    with pytest.raises(NotAllowed, match="Bạn đã làm bước “Lập hồ sơ” nên việc này phải do người khác làm"):
        do(appraisal.id, hoa)
    with pytest.raises(NotAllowed, match="Lập hồ sơ"), acting(hoa) as uow:
        tasks.claim(uow, appraisal.id)
    assert (work_of(acting, hoa), work_of(acting, vinh)) == ([], ["appraise"])
    do(appraisal.id, vinh)
    assert the_task("sign").state == "open"


def test_another_dossiers_draft_keeps_nobody_from_this_one(
    begin: Any, review: Any, people: Any, do: Any, the_task: Any, acting: Acting, hoa: UUID, vinh: UUID
) -> None:
    other = people.add("Vàng A Páo", "nominator")
    begin(review, "1", {"due_on": "2022-12-20"})
    do(the_task("draft").id, other)
    begin(review, "2", {"due_on": "2022-12-20"})
    do(the_task("draft").id, hoa)
    assert (work_of(acting, hoa), work_of(acting, vinh)) == (["appraise"], ["appraise", "appraise"])


def test_the_substitute_does_what_the_only_holder_may_not_after_an_earlier_step(
    begin: Any, review: Any, people: Any, do: Any, the_task: Any, acting: Acting, hoa: UUID, lan: UUID
) -> None:
    begin(review, "1", {"due_on": "2022-12-20"})
    do(the_task("draft").id, hoa)
    assert work_of(acting, lan) == ["appraise"]
    do(the_task("appraise").id, lan)
    chairman = people.add("Phạm Văn Chủ", "chairman")
    assert work_of(acting, chairman) == ["sign"]


def test_where_four_eyes_leave_nobody_it_is_said_who_must_appoint(
    begin: Any, review: Any, do: Any, the_task: Any, acting: Acting, hoa: UUID
) -> None:
    begin(review, "1", {"due_on": "2022-12-20"})
    do(the_task("draft").id, hoa)
    with acting(hoa) as uow:
        missing = tasks.missing_substitute(uow, the_task("appraise"))
    assert missing is not None and missing.startswith("Chưa có ai được làm việc “Thẩm định”")


# -- given away ------------------------------------------------------------------------------------


def test_a_reassigned_task_is_its_new_persons_alone(
    database: Database, appraisal: Task, acting: Acting, do: Any, people: Any, vinh: UUID
) -> None:
    other = people.add("Hà Thị Lan", "office")
    with acting(vinh) as uow:
        delegation.reassign(uow, appraisal.id, other, "quá tải")
    with pytest.raises(NotAllowed, match="được giao cho Hà Thị Lan"):
        do(appraisal.id, vinh)
    assert told(database, appraisal.instance_id, "task:reassigned") == [
        {"task": str(appraisal.id), "from": None, "to": str(other), "reason": "quá tải"}
    ]
    do(appraisal.id, other)


def test_a_task_goes_to_nobody_barred_without_the_role_or_after_an_earlier_step(
    appraisal: Task, acting: Acting, people: Any, hoa: UUID, vinh: UUID, lan: UUID
) -> None:
    stranger = people.add("Người Lạ", "nominator")
    people.away.add(lan)
    for person_id, why in (
        (stranger, "Người Lạ không giữ vai trò của việc này"),
        (hoa, "Nguyễn Thị Hoa đã làm bước “Lập hồ sơ”"),
        (lan, "Hà Thị Lan đang nghỉ phép"),
    ):
        with pytest.raises(NotAllowed, match=why), acting(vinh) as uow:
            delegation.reassign(uow, appraisal.id, person_id, "nhầm")
    with acting(vinh) as uow:
        assert tasks.get(uow, appraisal.id).assignee_id is None
        assert delegation.colleagues(uow, appraisal) == [vinh]


def test_a_vote_of_ones_own_is_given_to_nobody(
    deploy: Any, draw: Any, begin: Any, people: Any, acting: Acting, database: Database
) -> None:
    ann, ben = people.add("Ann", "member"), people.add("Ben", "member")
    vote = draw.user_task("cast_vote", "Bỏ phiếu", assignee="member_id").replace(
        "</bpmn:userTask>",
        "<bpmn:multiInstanceLoopCharacteristics><bpmn:loopDataInputRef>member_ids</bpmn:loopDataInputRef>"
        '<bpmn:inputDataItem id="member_id" name="member_id"/></bpmn:multiInstanceLoopCharacteristics>'
        "</bpmn:userTask>",
    )
    body = (
        '<bpmn:process id="vote" isExecutable="true"><bpmn:laneSet id="lanes"><bpmn:lane id="member">'
        "<bpmn:flowNodeRef>cast_vote</bpmn:flowNodeRef></bpmn:lane></bpmn:laneSet>"
        '<bpmn:startEvent id="begun"/>'
        + vote
        + '<bpmn:endEvent id="voted"/>'
        + draw.flows("begun", "cast_vote", "voted")
        + "</bpmn:process>"
    )
    begin(deploy("vote", body, {"cast_vote": ANYTHING}), "1", {"member_ids": [str(ann)]})
    people.away.add(ann)
    with acting(ann) as uow:
        [task] = tasks.open_tasks(uow, step="cast_vote")
        assert delegation.colleagues(uow, task) == []
        with pytest.raises(NotAllowed, match="của riêng từng người"):
            delegation.delegate(uow, task.id, ben, "đi vắng")
    assert (work_of(acting, ann), work_of(acting, ben)) == (["cast_vote"], [])
    with acting(ben) as uow:
        assert tasks.may_complete(uow, task, ben) == "Việc này được giao cho Ann."


# -- lent and taken back ---------------------------------------------------------------------------


def test_a_lent_task_is_the_colleagues_until_it_is_taken_back(
    database: Database, appraisal: Task, acting: Acting, do: Any, vinh: UUID, lan: UUID
) -> None:
    with acting(vinh) as uow:
        tasks.claim(uow, appraisal.id)
    with acting(vinh) as uow:
        assert delegation.colleagues(uow, tasks.get(uow, appraisal.id)) == [lan]
        delegation.delegate(uow, appraisal.id, lan, "họp trên huyện")
    assert (work_of(acting, vinh), work_of(acting, lan)) == ([], ["appraise"])
    with acting(vinh) as uow:
        assert [task.id for task in delegation.delegated_by(uow, vinh)] == [appraisal.id]
        delegation.take_back(uow, appraisal.id)
    assert (work_of(acting, vinh), work_of(acting, lan)) == (["appraise"], [])
    with acting(vinh) as uow:
        task = tasks.get(uow, appraisal.id)
        assert (task.assignee_id, task.claimed_by) == (None, vinh)
        assert delegation.delegated_by(uow, vinh) == []
    assert told(database, appraisal.instance_id, "task:delegated") == [
        {"task": str(appraisal.id), "to": str(lan), "reason": "họp trên huyện"}
    ]
    assert told(database, appraisal.instance_id, "task:taken_back") == [
        {"task": str(appraisal.id), "from": str(lan), "to": str(vinh)}
    ]
    do(appraisal.id, vinh)


def test_a_colleague_does_the_lent_task_or_gives_it_back_but_lends_it_no_further(
    appraisal: Task, acting: Acting, do: Any, people: Any, hoa: UUID, vinh: UUID, lan: UUID
) -> None:
    third = people.add("Mùa A Tủa", "office")
    with acting(vinh) as uow:
        delegation.delegate(uow, appraisal.id, lan, "bận")
    with pytest.raises(NotAllowed, match="chỉ người đó giao lại"), acting(lan) as uow:
        delegation.delegate(uow, appraisal.id, third, "bận")
    with pytest.raises(NotAllowed, match="Chỉ người đã giao"), acting(third) as uow:
        delegation.take_back(uow, appraisal.id)
    with acting(lan) as uow:
        delegation.take_back(uow, appraisal.id)
    with acting(vinh) as uow:
        delegation.delegate(uow, appraisal.id, lan, "bận")
    do(appraisal.id, lan)
    with acting(vinh) as uow:
        done = tasks.get(uow, appraisal.id)
        assert (done.state, done.completed_by) == ("completed", lan)
        assert delegation.delegated_by(uow, vinh) == []
    with pytest.raises(NotReady), acting(vinh) as uow:
        delegation.take_back(uow, appraisal.id)


def test_only_who_may_do_a_task_lends_it(
    appraisal: Task, acting: Acting, people: Any, hoa: UUID, lan: UUID
) -> None:
    with pytest.raises(NotAllowed, match="Lập hồ sơ"), acting(hoa) as uow:
        delegation.delegate(uow, appraisal.id, lan, "bận")


def test_a_task_given_to_somebody_else_for_good_is_not_taken_back(
    appraisal: Task, acting: Acting, people: Any, vinh: UUID, lan: UUID
) -> None:
    third = people.add("Mùa A Tủa", "office")
    with acting(vinh) as uow:
        delegation.delegate(uow, appraisal.id, lan, "bận")
    with acting(third) as uow:
        delegation.reassign(uow, appraisal.id, third, "phân công lại")
    with pytest.raises(NotAllowed, match="Chỉ người đã giao"), acting(vinh) as uow:
        delegation.take_back(uow, appraisal.id)


# -- on leave --------------------------------------------------------------------------------------


def test_while_the_holder_is_on_leave_the_substitute_gets_the_work(
    appraisal: Task, acting: Acting, do: Any, people: Any, hoa: UUID, vinh: UUID, lan: UUID
) -> None:
    assert work_of(acting, lan) == []
    with pytest.raises(NotAllowed, match="còn người phụ trách chính"):
        do(appraisal.id, lan)
    people.away.add(vinh)
    assert work_of(acting, lan) == ["appraise"]
    do(appraisal.id, lan)


def test_what_somebody_on_leave_had_taken_falls_back_to_the_role(
    appraisal: Task, acting: Acting, do: Any, people: Any, vinh: UUID, lan: UUID
) -> None:
    third = people.add("Mùa A Tủa", "office")
    with acting(vinh) as uow:
        tasks.claim(uow, appraisal.id)
    assert work_of(acting, third) == []
    people.away.add(vinh)
    assert (work_of(acting, third), work_of(acting, lan)) == (["appraise"], [])
    with acting(vinh) as uow:
        delegation.reassign(uow, appraisal.id, third, "bận")
    people.away.add(third)
    assert work_of(acting, lan) == ["appraise"]
    with acting(lan) as uow:
        assert tasks.missing_substitute(uow, tasks.get(uow, appraisal.id)) is None
    people.away.add(lan)
    with acting(lan) as uow:
        assert tasks.missing_substitute(uow, tasks.get(uow, appraisal.id)) is not None


# -- due dates -------------------------------------------------------------------------------------


def timer_of(database: Database, instance_id: UUID) -> Timer:
    with unit_of_work(database, readonly=True) as uow:
        [timer] = uow.session.scalars(sa.select(Timer).where(Timer.instance_id == instance_id))
        return timer


def sweep(database: Database) -> None:
    with unit_of_work(database) as uow:
        uow.enqueue("fire_timers")
    jobs.run_pending(database)


def test_a_due_date_moves_with_its_reason_and_takes_its_reminder_along(
    database: Database, appraisal: Task, acting: Acting, do: Any, vinh: UUID, clock: FixedClock
) -> None:
    before = datetime(2022, 12, 17, 17, tzinfo=UTC)
    after = before + (NEW_YEAR - DUE)
    assert (appraisal.due_at, timer_of(database, appraisal.instance_id).due_at) == (DUE, before)
    with acting(vinh) as uow:
        foreseen = due_dates.following(uow, appraisal, NEW_YEAR)
    with acting(vinh) as uow:
        moved = due_dates.change_due(uow, appraisal.id, NEW_YEAR, "chờ xác minh")
    assert moved == foreseen == [due_dates.MovedTimer("remind", before, after)]
    timer = timer_of(database, appraisal.instance_id)
    assert (timer.due_at, timer.fired_at) == (after, None)
    assert told(database, appraisal.instance_id, "task:due_changed") == [
        {
            "task": str(appraisal.id),
            "from": DUE.isoformat(),
            "to": NEW_YEAR.isoformat(),
            "reason": "chờ xác minh",
            "timers": [{"element": "remind", "from": before.isoformat(), "to": after.isoformat()}],
        }
    ]
    clock.move(after - timedelta(seconds=1))
    sweep(database)
    assert told(database, appraisal.instance_id, "timer:fired") == []
    clock.move(after)
    sweep(database)
    assert len(told(database, appraisal.instance_id, "timer:fired")) == 1
    with acting(vinh) as uow:
        assert tasks.get(uow, appraisal.id).due_at == NEW_YEAR
    do(appraisal.id, vinh)


def test_a_timer_that_the_diagram_does_not_name_stays_where_it_is(
    database: Database, deploy: Any, draw: Any, begin: Any, people: Any, acting: Acting, the_task: Any
) -> None:
    clerk = people.add("Lò Văn Vinh", "office")
    body = (
        '<bpmn:process id="alone" isExecutable="true"><bpmn:laneSet id="lanes"><bpmn:lane id="office">'
        "<bpmn:flowNodeRef>appraise</bpmn:flowNodeRef></bpmn:lane></bpmn:laneSet>"
        '<bpmn:startEvent id="begun"/>'
        + draw.user_task("appraise", "Thẩm định", dueDate="due_on")
        + REMIND
        + '<bpmn:endEvent id="ended"/>'
        + draw.flows("begun", "appraise", "ended")
        + draw.flows("remind", "reminded")
        + "</bpmn:process>"
    )
    begin(deploy("alone", body, {"appraise": ANYTHING}), "1", {"due_on": "2022-12-20"})
    task = the_task("appraise")
    before = timer_of(database, task.instance_id).due_at
    with acting(clerk) as uow:
        assert due_dates.change_due(uow, task.id, NEW_YEAR, "chờ") == []
    assert timer_of(database, task.instance_id).due_at == before
    assert the_task("appraise").due_at == NEW_YEAR


def test_a_due_date_goes_neither_into_the_past_nor_nowhere_nor_on_a_held_dossier(
    appraisal: Task, acting: Acting, vinh: UUID, clock: FixedClock, the_task: Any
) -> None:
    far = datetime(9999, 12, 31, 16, 59, 59, tzinfo=UTC)
    for due_at, why in (
        (clock.now(), "sau thời điểm hiện tại"),
        (DUE, "trùng với hạn hiện tại"),
        (far, "xa quá mười năm"),
    ):
        with pytest.raises(NotAllowed, match=why), acting(vinh) as uow:
            due_dates.change_due(uow, appraisal.id, due_at, "nhầm")
    with acting(vinh) as uow:
        instances.suspend(uow, appraisal.instance_id, "đơn thư")
    with pytest.raises(Suspended), acting(vinh) as uow:
        due_dates.change_due(uow, appraisal.id, NEW_YEAR, "chờ")
    assert the_task("appraise").due_at == DUE


# -- many at once ----------------------------------------------------------------------------------


def test_a_preview_says_for_each_task_what_would_change_or_why_not_and_changes_nothing(
    begin: Any, review: Any, acting: Acting, do: Any, the_task: Any, people: Any, hoa: UUID, vinh: UUID
) -> None:
    other = people.add("Vàng A Páo", "nominator", "office")
    found = []
    for key, author in (("1", hoa), ("2", other), ("3", hoa)):
        begin(review, key, {"due_on": "2022-12-20"})
        do(the_task("draft").id, author)
        with acting(vinh) as uow:
            [task] = tasks.open_tasks(uow, step="appraise", business_key=key)
            found.append(task)
    with acting(vinh) as uow:
        instances.suspend(uow, found[2].instance_id, "đơn thư")
    ids = [task.id for task in found]
    held = "Hồ sơ đang tạm dừng (đơn thư). Chưa thể thực hiện cho đến khi được tiếp tục."
    with acting(vinh) as uow:
        planned = operations.plan_reassign(uow, ids, other)
        assert [change.refusal for change in planned] == [
            None,
            "Vàng A Páo đã làm bước “Lập hồ sơ” nên không được làm việc này.",
            held,
        ]
        later = operations.plan_due(uow, ids, NEW_YEAR)
        assert [(change.refusal, len(change.timers)) for change in later] == [(None, 1), (None, 1), (held, 0)]
        assert {change.refusal for change in operations.plan_due(uow, ids[:2], DUE)} == {
            "Hạn mới trùng với hạn hiện tại."
        }
    with acting(vinh) as uow:
        assert {(row.assignee_id, row.due_at) for row in tasks.open_tasks(uow)} == {(None, DUE)}


# -- comments --------------------------------------------------------------------------------------


def test_a_comment_stays_with_its_author_and_moment_also_after_the_end(
    database: Database, appraisal: Task, acting: Acting, vinh: UUID
) -> None:
    with acting(vinh) as uow:
        operations.comment(uow, appraisal.instance_id, "  Đã gọi điện cho đơn vị.\nChờ bản gốc. ")
    with acting(vinh) as uow:
        instances.cancel(uow, appraisal.instance_id, "rút")
    with acting(vinh) as uow:
        operations.comment(uow, appraisal.instance_id, "Đã trả bản gốc.")
    assert [row["comment"] for row in told(database, appraisal.instance_id, "instance:commented")] == [
        "Đã gọi điện cho đơn vị.\nChờ bản gốc.",
        "Đã trả bản gốc.",
    ]
    with acting(vinh) as uow:
        rows = history.of(uow, history.instance_chain(appraisal.instance_id))
        row = next(row for row in rows if row.event == "instance:commented")
        assert (row.actor_id, row.actor_name, row.at) == (vinh, "Ai đó", uow.now)


@pytest.mark.parametrize(("text", "why"), [("  \n", "Cần nhập"), ("x" * 2001, "dài quá 2000 ký tự")])
def test_a_comment_has_words_and_not_too_many(
    database: Database, appraisal: Task, acting: Acting, vinh: UUID, text: str, why: str
) -> None:
    with pytest.raises(InvalidForm, match=why), acting(vinh) as uow:
        operations.comment(uow, appraisal.instance_id, text)
    assert told(database, appraisal.instance_id, "instance:commented") == []


def test_a_stored_instance_keeps_a_moved_timer_over_later_steps(
    database: Database, appraisal: Task, acting: Acting, do: Any, vinh: UUID
) -> None:
    with acting(vinh) as uow:
        due_dates.change_due(uow, appraisal.id, NEW_YEAR, "chờ")
    do(appraisal.id, vinh)
    with unit_of_work(database, readonly=True) as uow:
        assert uow.session.scalar(sa.select(sa.func.count()).select_from(Timer)) == 0
        assert uow.session.get_one(Instance, appraisal.instance_id).status == "running"


def test_of_lending_and_doing_at_the_same_moment_one_happens_and_the_rows_agree(
    database: Database, appraisal: Task, acting: Acting, do: Any, vinh: UUID, lan: UUID
) -> None:
    gate = threading.Barrier(2)
    refused: list[str] = []

    def at_once(act: Callable[[], None]) -> None:
        gate.wait()
        try:
            act()
        except (NotAllowed, NotReady) as error:
            refused.append(type(error).__name__)

    def lend() -> None:
        with acting(vinh) as uow:
            delegation.delegate(uow, appraisal.id, lan, "bận")

    hands = [threading.Thread(target=at_once, args=(act,)) for act in (lend, lambda: do(appraisal.id, vinh))]
    for hand in hands:
        hand.start()
    for hand in hands:
        hand.join()
    lent = told(database, appraisal.instance_id, "task:delegated")
    done = told(database, appraisal.instance_id, "task:completed")
    with acting(vinh) as uow:
        task = tasks.get(uow, appraisal.id)
        now = (task.state, task.assignee_id, task.completed_by)
    if lent:
        assert (now, refused, len(done)) == (("open", lan, None), ["NotAllowed"], 1)
    else:
        assert (now, refused, len(done)) == (("completed", None, vinh), ["NotReady"], 2)
