from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest
import sqlalchemy as sa

from engine import handlers, history, instances, tasks
from engine.database import Database, new_id, unit_of_work
from engine.errors import (
    DuplicateSubmission,
    InvalidForm,
    NotAllowed,
    NotFound,
    NotReady,
    StepFailed,
    Suspended,
    ThiduaError,
)
from engine.models import Instance, Task

OUTCOME = {
    "type": "object",
    "properties": {"outcome": {"type": "string", "enum": ["accept", "return"]}, "reason": {"type": "string"}},
    "required": ["outcome"],
    "additionalProperties": False,
}
ANYTHING = {"type": "object"}


@pytest.fixture
def review(deploy: Any, draw: Any) -> Any:
    """draft (assigned to its author) → appraise (office, barred, due) → accept: end, return: draft."""
    body = (
        '<bpmn:process id="review" isExecutable="true"><bpmn:laneSet id="lanes">'
        '<bpmn:lane id="nominator" name="Người lập"><bpmn:flowNodeRef>draft</bpmn:flowNodeRef></bpmn:lane>'
        '<bpmn:lane id="office" name="Văn phòng"><bpmn:flowNodeRef>appraise</bpmn:flowNodeRef></bpmn:lane>'
        '</bpmn:laneSet><bpmn:startEvent id="begun"/>'
        + draw.user_task("draft", "Lập hồ sơ", assignee="author_id")
        + draw.user_task("appraise", "Thẩm định", barred="barred_ids", dueDate="due_on")
        + '<bpmn:exclusiveGateway id="decide" default="decide_to_draft"/><bpmn:endEvent id="accepted"/>'
        + draw.flows("begun", "draft", "appraise", "decide", "draft")
        + '<bpmn:sequenceFlow id="yes" sourceRef="decide" targetRef="accepted"><bpmn:conditionExpression>'
        'outcome == "accept"</bpmn:conditionExpression></bpmn:sequenceFlow></bpmn:process>'
    )
    return deploy("review", body, {"draft": ANYTHING, "appraise": OUTCOME})


@pytest.fixture
def author(people: Any) -> UUID:
    person_id: UUID = people.add("Nguyễn Thị Hoa", "nominator")
    return person_id


@pytest.fixture
def officer(people: Any) -> UUID:
    person_id: UUID = people.add("Lò Văn Vinh", "office")
    return person_id


Start = Callable[..., Instance]


@pytest.fixture
def start(begin: Any, review: Any, author: UUID) -> Start:
    def start(key: str = "1", barred: list[UUID] | None = None) -> Instance:
        data = {
            "author_id": str(author),
            "barred_ids": [str(person_id) for person_id in barred or []],
            "due_on": "2022-12-20",
        }
        instance: Instance = begin(review, key, data)
        return instance

    return start


@pytest.fixture
def do(database: Database, commune: UUID) -> Callable[..., None]:
    def do(task_id: UUID, person_id: UUID, form: dict[str, Any], key: str | None = None) -> None:
        with unit_of_work(database, organisation_id=commune, actor_id=person_id, actor_name="Ai đó") as uow:
            tasks.complete_task(uow, task_id, form, idempotency_key=key or str(new_id()))

    return do


@pytest.fixture
def the_task(database: Database) -> Callable[[str], Task]:
    def the_task(step: str) -> Task:
        with unit_of_work(database, readonly=True) as uow:
            [task] = tasks.open_tasks(uow, step=step)
            return task

    return the_task


def appraised(start: Start, do: Any, the_task: Any, author: UUID, **more: Any) -> Task:
    start(**more)
    do(the_task("draft").id, author, {})
    task: Task = the_task("appraise")
    return task


def test_a_ready_step_is_a_row_with_role_assignee_and_due_date(
    start: Start, do: Any, the_task: Any, author: UUID
) -> None:
    instance = start()
    draft = the_task("draft")
    assert (draft.name, draft.role, draft.assignee_id, draft.due_at) == (
        "Lập hồ sơ",
        "nominator",
        author,
        None,
    )
    assert (draft.instance_id, draft.business_key, draft.state) == (instance.id, "1", "open")
    do(draft.id, author, {})
    appraise = the_task("appraise")
    assert (appraise.role, appraise.assignee_id) == ("office", None)
    assert appraise.due_at == datetime(2022, 12, 20, 16, 59, 59, tzinfo=UTC)


def test_a_dossier_goes_round_and_ends(
    database: Database, start: Start, do: Any, the_task: Any, author: UUID, officer: UUID
) -> None:
    instance = start()
    do(the_task("draft").id, author, {})
    do(the_task("appraise").id, officer, {"outcome": "return", "reason": "thiếu giấy"})
    do(the_task("draft").id, author, {})
    do(the_task("appraise").id, officer, {"outcome": "accept"})
    with unit_of_work(database, readonly=True) as uow:
        done = instances.get(uow, instance.id)
        assert (done.status, done.outcome) == ("completed", "accepted")
        assert done.ended_at == uow.now
        states = [task.state for task in uow.session.scalars(sa.select(Task).order_by(Task.id))]
        assert states == ["completed"] * 4
        chain = history.instance_chain(instance.id)
        assert history.verify(uow, chain) == []
        events = [row.event for row in history.of(uow, chain)]
        assert events[:4] == ["instance:started", "instance:advanced", "task:opened", "task:completed"]
        assert events[-2:] == ["instance:advanced", "instance:completed"]


def test_a_form_that_its_schema_refuses_changes_nothing(
    database: Database, start: Start, do: Any, the_task: Any, author: UUID, officer: UUID
) -> None:
    task = appraised(start, do, the_task, author)
    with pytest.raises(InvalidForm) as refused:
        do(task.id, officer, {"outcome": "perhaps"}, "same key")
    assert [error.path for error in refused.value.errors] == ["outcome"]
    do(task.id, officer, {"outcome": "accept"}, "same key")


def test_a_handler_decides_what_enters_the_instance(
    database: Database, start: Start, do: Any, the_task: Any, author: UUID, officer: UUID
) -> None:
    seen: list[tuple[dict[str, Any], str]] = []

    @handlers.on_complete("review", "appraise")
    def keep_outcome(completion: handlers.Completion) -> dict[str, Any]:
        seen.append((completion.form, completion.data["due_on"]))
        return {"outcome": completion.form["outcome"]}

    task = appraised(start, do, the_task, author)
    do(task.id, officer, {"outcome": "accept", "reason": "bí mật"})
    assert seen == [({"outcome": "accept", "reason": "bí mật"}, "2022-12-20")]
    with unit_of_work(database, readonly=True) as uow:
        data = instances.data(uow, task.instance_id)
        assert data["outcome"] == "accept"
        assert "reason" not in data


def test_a_handler_that_refuses_keeps_the_task_open(
    start: Start, do: Any, the_task: Any, author: UUID, officer: UUID
) -> None:
    @handlers.on_complete("review", "appraise")
    def refuse(completion: handlers.Completion) -> None:
        raise NotAllowed("Chưa đủ hồ sơ.")

    task = appraised(start, do, the_task, author)
    with pytest.raises(NotAllowed, match="Chưa đủ hồ sơ"):
        do(task.id, officer, {"outcome": "accept"})
    assert the_task("appraise").id == task.id


def test_a_stale_tab_is_told_that_the_task_is_done(
    start: Start, do: Any, the_task: Any, author: UUID, officer: UUID
) -> None:
    task = appraised(start, do, the_task, author)
    do(task.id, officer, {"outcome": "accept"})
    with pytest.raises(NotReady, match="Thẩm định"):
        do(task.id, officer, {"outcome": "accept"})


def test_a_repeated_post_gets_the_same_answer_and_another_body_is_refused(
    start: Start, do: Any, the_task: Any, author: UUID, officer: UUID
) -> None:
    task = appraised(start, do, the_task, author)
    do(task.id, officer, {"outcome": "return"}, "k")
    do(task.id, officer, {"outcome": "return"}, "k")
    with pytest.raises(DuplicateSubmission):
        do(task.id, officer, {"outcome": "accept"}, "k")
    with pytest.raises(DuplicateSubmission):
        do(task.id, author, {"outcome": "return"}, "k")


def test_another_organisation_finds_no_task(
    database: Database, start: Start, the_task: Any, author: UUID
) -> None:
    start()
    with (
        pytest.raises(NotFound),
        unit_of_work(database, organisation_id=new_id(), actor_id=author) as uow,
    ):
        tasks.complete_task(uow, the_task("draft").id, {}, idempotency_key="x")


def test_only_the_assignee_may_do_an_assigned_task(
    start: Start, do: Any, the_task: Any, officer: UUID
) -> None:
    start()
    with pytest.raises(NotAllowed, match=r"^Việc này được giao cho Nguyễn Thị Hoa\.$"):
        do(the_task("draft").id, officer, {})


def test_a_claimed_task_is_the_claimers_until_released(
    database: Database, people: Any, start: Start, do: Any, the_task: Any, author: UUID, officer: UUID
) -> None:
    other = people.add("Hà Thị Lan", "office")
    task = appraised(start, do, the_task, author)
    with unit_of_work(database, actor_id=officer) as uow:
        tasks.claim(uow, task.id)
        assert tasks.open_tasks_of(uow, other, task.organisation_id) == []
    with pytest.raises(NotAllowed, match=r"^Lò Văn Vinh đang nhận xử lý việc này\.$"):
        do(task.id, other, {"outcome": "accept"})
    with pytest.raises(NotAllowed), unit_of_work(database, actor_id=other) as uow:
        tasks.release(uow, task.id)
    with unit_of_work(database, actor_id=officer) as uow:
        tasks.release(uow, task.id)
    do(task.id, other, {"outcome": "accept"})


def test_a_long_list_is_read_in_pages_that_lose_and_repeat_nothing(
    database: Database, start: Start, do: Any, author: UUID, officer: UUID, commune: UUID
) -> None:
    for number in range(7):
        start(str(number))
    for task_id in open_drafts(database):
        do(task_id, author, {})
    with unit_of_work(database) as uow:
        rows = tasks.open_tasks(uow, step="appraise")
        for day, task in enumerate(rows):
            task.due_at = None if day < 2 else datetime(2022, 12, 20 + day % 2, 17, tzinfo=UTC)
        rows[6].assignee_id = officer
    with unit_of_work(database, readonly=True) as uow:
        whole = tasks.open_tasks_of(uow, officer, commune)
        assert [task.due_at for task in whole] == [
            *(datetime(2022, 12, day, 17, tzinfo=UTC) for day in (20, 20, 20, 21, 21)),
            None,
            None,
        ]
        seen: list[UUID] = []
        while page := tasks.open_tasks_of(
            uow, officer, commune, after=seen[-1] if seen else None, most=3, step="appraise"
        ):
            seen += [task.id for task in page]
        assert seen == [task.id for task in whole]
        assert tasks.open_tasks_of(uow, officer, commune, step="draft") == []


def test_a_page_is_filled_also_when_most_rows_are_for_others(
    database: Database, people: Any, start: Start, do: Any, author: UUID, officer: UUID, commune: UUID
) -> None:
    """A substitute sees what the holder is barred from, however far behind the holder's own work it stands."""
    substitute = people.add("Phạm Văn Thay", "office", substitute=True)
    for number in range(30):
        start(str(number))
    start("barred", barred=[officer])
    for task_id in open_drafts(database):
        do(task_id, author, {})
    with unit_of_work(database, readonly=True) as uow:
        found = tasks.open_tasks_of(uow, substitute, commune, most=1)
        assert [task.business_key for task in found] == ["barred"]


def test_a_barred_holder_gives_way_to_the_substitute(
    database: Database, people: Any, start: Start, do: Any, the_task: Any, author: UUID, officer: UUID
) -> None:
    substitute = people.add("Phạm Văn Thay", "office", substitute=True)
    task = appraised(start, do, the_task, author, barred=[officer])
    with unit_of_work(database, readonly=True) as uow:
        assert tasks.open_tasks_of(uow, officer, task.organisation_id) == []
        assert [row.id for row in tasks.open_tasks_of(uow, substitute, task.organisation_id)] == [task.id]
        assert tasks.missing_substitute(uow, task) is None
    with pytest.raises(NotAllowed, match="có liên quan đến hồ sơ"):
        do(task.id, officer, {"outcome": "accept"})
    do(task.id, substitute, {"outcome": "accept"})


def test_a_substitute_waits_while_a_holder_may_act(
    database: Database, people: Any, start: Start, do: Any, the_task: Any, author: UUID, officer: UUID
) -> None:
    substitute = people.add("Phạm Văn Thay", "office", substitute=True)
    task = appraised(start, do, the_task, author)
    with unit_of_work(database, readonly=True) as uow:
        assert tasks.open_tasks_of(uow, substitute, task.organisation_id) == []
        assert [row.id for row in tasks.open_tasks_of(uow, officer, task.organisation_id)] == [task.id]
    with pytest.raises(NotAllowed, match="Bạn là người thay thế"):
        do(task.id, substitute, {"outcome": "accept"})


def test_where_nobody_may_act_the_page_names_who_must_appoint(
    database: Database, people: Any, start: Start, do: Any, the_task: Any, author: UUID, officer: UUID
) -> None:
    people.add("Trần Quản Trị", "administrator")
    task = appraised(start, do, the_task, author, barred=[officer])
    with unit_of_work(database, readonly=True) as uow:
        assert tasks.missing_substitute(uow, task) == (
            "Chưa có ai được làm việc “Thẩm định”: người phụ trách vắng hoặc có liên quan đến hồ sơ. "
            "Người quản trị (Trần Quản Trị) phải cử người thay thế."
        )


def test_a_draft_is_kept_for_its_person_until_the_task_is_done(
    database: Database, start: Start, do: Any, the_task: Any, author: UUID
) -> None:
    start()
    task = the_task("draft")
    for text in ("một", "hai"):
        with unit_of_work(database, actor_id=author) as uow:
            tasks.save_draft(uow, task.id, {"summary": text})
    with unit_of_work(database, readonly=True, actor_id=author) as uow:
        assert tasks.draft_of(uow, task.id) == {"summary": "hai"}
    do(task.id, author, {})
    with unit_of_work(database, readonly=True, actor_id=author) as uow:
        assert tasks.draft_of(uow, task.id) is None


def test_a_held_dossier_refuses_with_its_basis_and_goes_on_after_it(
    database: Database, start: Start, do: Any, the_task: Any, author: UUID
) -> None:
    instance = start()
    with unit_of_work(database) as uow:
        instances.suspend(uow, instance.id, "Kết luận kiểm tra số 12")
    with pytest.raises(Suspended, match="Kết luận kiểm tra số 12"):
        do(the_task("draft").id, author, {})
    with unit_of_work(database) as uow:
        instances.resume(uow, instance.id)
    do(the_task("draft").id, author, {})
    assert the_task("appraise").state == "open"


def test_a_cancelled_dossier_has_no_open_task(
    database: Database, start: Start, do: Any, the_task: Any, author: UUID
) -> None:
    instance = start()
    task = the_task("draft")
    with unit_of_work(database) as uow:
        instances.cancel(uow, instance.id, "Tác giả rút")
    with pytest.raises(NotReady):
        do(task.id, author, {})
    with unit_of_work(database, readonly=True) as uow:
        assert tasks.open_tasks(uow) == []
        assert instances.get(uow, instance.id).status == "cancelled"
    with pytest.raises(NotAllowed, match="đã rút hoặc huỷ"), unit_of_work(database) as uow:
        instances.suspend(uow, instance.id, "muộn")


def together(count: int, act: Callable[[int], None]) -> list[ThiduaError]:
    """Run act(0 … count-1) at once; return what they were refused with."""
    gate = threading.Barrier(count)
    refused: list[ThiduaError] = []

    def run(number: int) -> None:
        gate.wait()
        try:
            act(number)
        except ThiduaError as error:
            refused.append(error)

    threads = [threading.Thread(target=run, args=(number,)) for number in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return refused


def test_fifteen_submits_of_one_task_do_it_once(
    database: Database, start: Start, do: Any, the_task: Any, author: UUID, officer: UUID
) -> None:
    task = appraised(start, do, the_task, author)
    done: list[str] = []

    @handlers.on_complete("review", "appraise")
    def count(completion: handlers.Completion) -> dict[str, Any]:
        done.append("once")
        return completion.form

    assert together(15, lambda _: do(task.id, officer, {"outcome": "return"}, "one key")) == []
    assert done == ["once"]
    draft = the_task("draft").id
    refused = together(15, lambda _: do(draft, author, {}))
    assert [type(error) for error in refused] == [NotReady] * 14
    with unit_of_work(database, readonly=True) as uow:
        assert [row.step for row in tasks.open_tasks(uow)] == ["appraise"]


def test_fifteen_members_of_one_vote_at_once_lose_and_double_nothing(
    database: Database, deploy: Any, draw: Any, begin: Any, people: Any, do: Any
) -> None:
    members = [people.add(f"Uỷ viên {number}", "council_member") for number in range(15)]
    vote = draw.user_task("cast_vote", "Bỏ phiếu", assignee="member_id").replace(
        "</bpmn:userTask>",
        "<bpmn:multiInstanceLoopCharacteristics><bpmn:loopDataInputRef>member_ids</bpmn:loopDataInputRef>"
        '<bpmn:inputDataItem id="member_id" name="member_id"/></bpmn:multiInstanceLoopCharacteristics>'
        "</bpmn:userTask>",
    )
    body = (
        '<bpmn:process id="vote" isExecutable="true"><bpmn:startEvent id="begun"/>'
        + vote
        + '<bpmn:endEvent id="voted"/>'
        + draw.flows("begun", "cast_vote", "voted")
        + "</bpmn:process>"
    )
    definition = deploy("vote", body, {"cast_vote": ANYTHING})
    instance = begin(definition, "1", {"member_ids": [str(member) for member in members]})
    with unit_of_work(database, readonly=True) as uow:
        ballots = {task.assignee_id: task for task in tasks.open_tasks(uow, step="cast_vote")}
    assert set(ballots) == set(members)
    assert {task.data["item"] for task in ballots.values()} == {str(member) for member in members}

    assert together(15, lambda number: do(ballots[members[number]].id, members[number], {})) == []

    with unit_of_work(database, readonly=True) as uow:
        done = list(uow.session.scalars(sa.select(Task)))
        assert {(task.assignee_id, task.completed_by, task.state) for task in done} == {
            (member, member, "completed") for member in members
        }
        assert instances.get(uow, instance.id).outcome == "voted"
        chain = history.instance_chain(instance.id)
        assert [row.event for row in history.of(uow, chain)].count("task:completed") == 15
        assert history.verify(uow, chain) == []


def test_others_may_write_about_an_instance_while_its_tasks_are_done(
    database: Database, start: Start, do: Any, the_task: Any, author: UUID, officer: UUID, commune: UUID
) -> None:
    """A dossier's stage is moved by the session's transaction while somebody completes its task."""
    instances_of = [start(str(number)) for number in range(4)]
    drafts = open_drafts(database)

    def act(number: int) -> None:
        if number < 4:
            do(drafts[number], author, {})
            return
        with unit_of_work(database, organisation_id=commune, actor_name="Thư ký") as uow:
            for instance in instances_of:
                history.record(uow, history.instance_chain(instance.id), "dossier:moved")

    assert together(10, act) == []
    with unit_of_work(database, readonly=True) as uow:
        for instance in instances_of:
            chain = history.instance_chain(instance.id)
            assert history.verify(uow, chain) == []
            assert [row.event for row in history.of(uow, chain)].count("dossier:moved") == 6


def test_one_key_for_two_tasks_at_the_same_moment_is_refused_once(
    database: Database, start: Start, do: Any, author: UUID
) -> None:
    for number in range(2):
        start(str(number))
    drafts = open_drafts(database)
    refused = together(2, lambda number: do(drafts[number], author, {}, key="one key"))
    assert [type(error) for error in refused] == [DuplicateSubmission]
    with unit_of_work(database, readonly=True) as uow:
        assert len(tasks.open_tasks(uow, step="draft")) == 1


def open_drafts(database: Database) -> list[UUID]:
    with unit_of_work(database, readonly=True) as uow:
        return [task.id for task in tasks.open_tasks(uow, step="draft")]


def test_an_advance_of_a_finished_task_succeeds(
    database: Database, start: Start, do: Any, the_task: Any, author: UUID
) -> None:
    start()
    task = the_task("draft")
    tasks.advance_task(database, str(task.id), str(author))
    tasks.advance_task(database, str(task.id), str(author))
    assert the_task("appraise").state == "open"
    with unit_of_work(database, readonly=True) as uow:
        done = tasks.get(uow, task.id)
        assert (done.state, done.completed_by) == ("completed", author)


SERVICE = (
    '<bpmn:serviceTask id="compute" name="Tính"><bpmn:extensionElements>'
    '<spiffworkflow:serviceTaskOperator id="compute" resultVariable="x"><spiffworkflow:parameters/>'
    "</spiffworkflow:serviceTaskOperator></bpmn:extensionElements></bpmn:serviceTask>"
)


@pytest.fixture
def computing(deploy: Any, draw: Any, begin: Any, author: UUID) -> Instance:
    """draft → the service "compute" → end."""
    body = (
        '<bpmn:process id="computing" isExecutable="true"><bpmn:startEvent id="begun"/>'
        + draw.user_task("draft", "Lập hồ sơ", assignee="author_id")
        + SERVICE
        + '<bpmn:endEvent id="ended"/>'
        + draw.flows("begun", "draft", "compute", "ended")
        + "</bpmn:process>"
    )
    instance: Instance = begin(
        deploy("computing", body, {"draft": ANYTHING}), "1", {"author_id": str(author)}
    )
    return instance


def test_what_a_service_refuses_reaches_the_person_as_it_was_said(
    computing: Instance, do: Any, the_task: Any, author: UUID
) -> None:
    @handlers.service("compute")
    def compute(call: handlers.ServiceCall) -> None:
        raise NotAllowed("Chưa có số văn bản.")

    with pytest.raises(NotAllowed, match=r"^Chưa có số văn bản\.$"):
        do(the_task("draft").id, author, {})
    assert the_task("draft").state == "open"


def test_a_broken_decision_table_behind_a_service_stays_a_failed_step(
    computing: Instance, do: Any, the_task: Any, author: UUID
) -> None:
    from engine.decisions import DecisionFailed

    @handlers.service("compute")
    def compute(call: handlers.ServiceCall) -> None:
        raise DecisionFailed("terms", "hai dòng cùng khớp")

    with pytest.raises(StepFailed) as failed:
        do(the_task("draft").id, author, {})
    assert failed.value.refusal is None


def test_an_advanced_task_works_in_its_own_organisation(
    database: Database, computing: Instance, the_task: Any, author: UUID
) -> None:
    seen: list[UUID | None] = []

    @handlers.service("compute")
    def compute(call: handlers.ServiceCall) -> None:
        seen.append(call.uow.organisation_id)

    tasks.advance_task(database, str(the_task("draft").id), str(author))
    assert seen == [computing.organisation_id]


def test_a_failing_service_rolls_back_and_is_an_incident(
    database: Database, deploy: Any, draw: Any, begin: Any, do: Any, the_task: Any, author: UUID
) -> None:
    from engine import incidents

    service = (
        '<bpmn:serviceTask id="compute" name="Tính"><bpmn:extensionElements>'
        '<spiffworkflow:serviceTaskOperator id="compute" resultVariable="x"><spiffworkflow:parameters/>'
        "</spiffworkflow:serviceTaskOperator></bpmn:extensionElements></bpmn:serviceTask>"
    )
    body = (
        '<bpmn:process id="failing" isExecutable="true"><bpmn:startEvent id="begun"/>'
        + draw.user_task("draft", "Lập hồ sơ", assignee="author_id")
        + service
        + '<bpmn:endEvent id="ended"/>'
        + draw.flows("begun", "draft", "compute", "ended")
        + "</bpmn:process>"
    )
    instance = begin(deploy("failing", body, {"draft": ANYTHING}), "1", {"author_id": str(author)})

    @handlers.service("compute")
    def compute(call: handlers.ServiceCall) -> None:
        raise ZeroDivisionError("chia cho không")

    task = the_task("draft")
    with pytest.raises(StepFailed) as failed:
        do(task.id, author, {})
    assert str(failed.value).startswith("Bước tự động “compute” không thực hiện được.")
    assert the_task("draft").id == task.id
    incidents.record_failure(database, failed.value, instance.id)
    incidents.record_failure(database, failed.value, instance.id)
    with unit_of_work(database) as uow:
        [incident] = incidents.open_incidents(uow)
        assert (incident.element, incident.instance_id) == ("compute", instance.id)
        assert "chia cho không" in incident.cause
        incidents.resolve(uow, incident.id)
        assert incidents.open_incidents(uow) == []
