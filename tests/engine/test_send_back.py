"""An open task goes back to an earlier step: rows, history, handler, preview, all or nothing."""

from __future__ import annotations

import json
import threading
from typing import Any
from uuid import UUID

import pytest
import sqlalchemy as sa

from engine import handlers, history, instances, operations, send_back, tasks
from engine.database import Database, UnitOfWork, new_id, unit_of_work
from engine.errors import NotAllowed, NotReady, Suspended
from engine.handlers import SentBack
from engine.models import Draft, Instance, Subscription, Task, Timer

ANYTHING = {"type": "object"}
DEADLINE = (
    '<bpmn:boundaryEvent id="deadline" attachedToRef="check"><bpmn:timerEventDefinition id="deadline_when">'
    '<bpmn:timeDuration xsi:type="bpmn:tFormalExpression">"P5D"</bpmn:timeDuration>'
    '</bpmn:timerEventDefinition></bpmn:boundaryEvent><bpmn:endEvent id="too_late"/>'
)


@pytest.fixture
def review(deploy: Any, draw: Any) -> Any:
    """draft → fork → (ask → check with a deadline | look) → join → sign (of no return) → file"""
    steps = ("draft", "ask", "check", "look", "sign", "file")
    body = (
        '<bpmn:process id="review" isExecutable="true"><bpmn:laneSet id="lanes"><bpmn:lane id="office">'
        + "".join(f"<bpmn:flowNodeRef>{step}</bpmn:flowNodeRef>" for step in steps)
        + '</bpmn:lane></bpmn:laneSet><bpmn:startEvent id="begun"/>'
        + "".join(draw.user_task(step, f"Bước {step}") for step in steps if step != "sign")
        + draw.user_task("sign", "Bước sign", noReturn="true")
        + '<bpmn:parallelGateway id="fork"/><bpmn:parallelGateway id="joined" name="Gộp"/>'
        + DEADLINE
        + '<bpmn:endEvent id="filed"/>'
        + draw.flows("begun", "draft", "fork", "ask", "check", "joined", "sign", "file", "filed")
        + draw.flows("fork", "look", "joined")
        + draw.flows("deadline", "too_late")
        + "</bpmn:process>"
    )
    return deploy("review", body, dict.fromkeys(steps, ANYTHING))


@pytest.fixture
def vinh(people: Any) -> UUID:
    person_id: UUID = people.add("Lò Văn Vinh", "office")
    return person_id


class Office:
    """The office works on one instance; every call is a transaction of its own."""

    def __init__(self, database: Database, commune: UUID, person: UUID, instance_id: UUID) -> None:
        self.database, self.commune, self.person, self.instance_id = database, commune, person, instance_id

    def acting(self) -> Any:
        return unit_of_work(
            self.database, organisation_id=self.commune, actor_id=self.person, actor_name="Lò Văn Vinh"
        )

    @property
    def open(self) -> list[str]:
        with self.acting() as uow:
            return sorted(task.step for task in tasks.open_tasks(uow, instance_id=self.instance_id))

    def task(self, step: str) -> Task:
        with self.acting() as uow:
            [task] = tasks.open_tasks(uow, step=step, instance_id=self.instance_id)
            return task

    def do(self, *steps: str) -> None:
        for step in steps:
            task = self.task(step)
            with self.acting() as uow:
                tasks.complete_task(uow, task.id, {f"by_{step}": step}, idempotency_key=str(new_id()))

    def back(self, step: str, to: str) -> None:
        task = self.task(step)
        with self.acting() as uow:
            send_back.send_back(uow, task.id, to, "thiếu xác nhận")

    def rows(self, table: Any) -> list[Any]:
        with self.acting() as uow:
            return list(uow.session.scalars(sa.select(table).where(table.instance_id == self.instance_id)))

    def told(self, event: str) -> list[tuple[str | None, dict[str, Any]]]:
        with self.acting() as uow:
            chain = history.instance_chain(self.instance_id)
            assert history.verify(uow, chain) == []
            return [
                (row.element, json.loads(row.data)) for row in history.of(uow, chain) if row.event == event
            ]


@pytest.fixture
def office(database: Database, commune: UUID, begin: Any, review: Any, vinh: UUID) -> Office:
    begin(review, "1", {})
    with unit_of_work(database, readonly=True) as uow:
        [instance_id] = uow.session.scalars(sa.select(Instance.id))
    return Office(database, commune, vinh, instance_id)


def test_rows_and_history_say_what_came_back_and_what_ended(office: Office) -> None:
    office.do("draft", "ask")
    check, look = office.task("check"), office.task("look")
    with office.acting() as uow:
        tasks.save_draft(uow, look.id, {"note": "dở dang"})
    assert [timer.element for timer in office.rows(Timer)] == ["deadline"]
    office.back("check", "draft")
    assert office.open == ["draft"]
    assert office.rows(Timer) == [] and office.rows(Subscription) == []
    with office.acting() as uow:
        assert {tasks.get(uow, each.id).state for each in (check, look)} == {"cancelled"}
        assert uow.session.scalars(sa.select(Draft)).all() == []
    assert office.told("task:sent_back") == [
        (
            "check",
            {"task": str(check.id), "to": "draft", "name": "Bước draft", "reason": "thiếu xác nhận"},
        )
    ]
    assert sorted(element or "" for element, _ in office.told("task:cancelled")) == ["check", "look"]
    office.do("draft", "look", "ask", "check")
    assert office.open == ["sign"]


def test_fifty_times_back_leave_the_state_as_small_as_it_was(office: Office) -> None:
    office.do("draft", "ask")
    sizes = []
    for _ in range(50):
        office.back("check", "ask")
        office.do("ask")
        sizes.append(len(_instance(office).state))
    assert max(sizes[25:]) < 1.05 * max(sizes[:25]), "compressed ids and times differ by some bytes"
    assert len(office.told("task:sent_back")) == 50


def _instance(office: Office) -> Instance:
    with office.acting() as uow:
        return uow.session.get_one(Instance, office.instance_id)


def test_what_the_diagram_refuses_changes_nothing(office: Office) -> None:
    office.do("draft", "ask", "look", "check")
    state = _instance(office).state
    with pytest.raises(NotAllowed, match="chỗ gộp nhánh “Gộp” sẽ chờ mãi"):
        office.back("sign", "ask")
    assert _instance(office).state == state
    office.do("sign")
    with pytest.raises(NotAllowed, match="Đã qua bước “Bước sign”"):
        office.back("file", "draft")
    assert office.open == ["file"] and office.told("task:sent_back") == []


def test_a_handler_may_refuse_and_then_nothing_has_happened(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[SentBack] = []

    def refuse(sent: SentBack) -> None:
        seen.append(sent)
        raise NotAllowed("Đã có quyết định.")

    monkeypatch.setitem(handlers.registry().sent_back, "review", refuse)
    office.do("draft")
    with pytest.raises(NotAllowed, match="Đã có quyết định"):
        office.back("ask", "draft")
    assert office.open == ["ask", "look"] and office.told("task:sent_back") == []
    assert [(sent.business_key, sent.step, sent.reason) for sent in seen] == [
        ("1", "draft", "thiếu xác nhận")
    ]


def test_a_held_instance_and_a_stale_task_are_not_sent_back(office: Office) -> None:
    office.do("draft")
    ask = office.task("ask")
    with office.acting() as uow:
        instances.suspend(uow, office.instance_id, "Đơn số 3")
    with pytest.raises(Suspended), office.acting() as uow:
        send_back.send_back(uow, ask.id, "draft", "x")
    with office.acting() as uow:
        instances.resume(uow, office.instance_id)
    office.do("ask")
    with pytest.raises(NotReady), office.acting() as uow:
        send_back.send_back(uow, ask.id, "draft", "x")


def test_a_preview_names_what_ends_and_who_cannot_go_back(office: Office) -> None:
    office.do("draft", "ask")
    check = office.task("check").id
    with office.acting() as uow:
        [change] = operations.plan_send_back(uow, [check], "draft")
        assert (change.refusal, [task.step for task in change.ended]) == (None, ["look"])
        [change] = operations.plan_send_back(uow, [check], "ask")
        assert (change.refusal, change.ended) == (None, ())
        [change] = operations.plan_send_back(uow, [check], "sign")
        assert change.refusal == "Sơ đồ của việc này không có bước đó ở trước."
        assert list(send_back.earlier(uow, [tasks.get(uow, check)])) == ["draft", "ask"]
    assert office.open == ["check", "look"] and office.told("task:sent_back") == []


def test_who_did_a_step_last_is_known(office: Office, vinh: UUID) -> None:
    office.do("draft")
    with office.acting() as uow:
        assert send_back.last_did(uow, office.instance_id, "draft") == vinh
        assert send_back.last_did(uow, office.instance_id, "ask") is None


def test_completing_and_sending_back_at_once_only_one_happens(office: Office) -> None:
    office.do("draft")
    ask = office.task("ask").id
    start, outcomes = threading.Barrier(2), []

    def run(act: Any) -> None:
        start.wait()
        try:
            with office.acting() as uow:
                act(uow)
            outcomes.append("done")
        except NotReady:
            outcomes.append("too late")

    def complete(uow: UnitOfWork) -> None:
        tasks.complete_task(uow, ask, {}, idempotency_key="k")

    def back(uow: UnitOfWork) -> None:
        send_back.send_back(uow, ask, "draft", "x")

    threads = [threading.Thread(target=run, args=(act,)) for act in (complete, back)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert sorted(outcomes) == ["done", "too late"]
    assert office.open in (["draft"], ["check", "look"])
