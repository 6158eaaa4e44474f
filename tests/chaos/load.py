"""People at work in their browsers: hamlets review and send dossiers up, the office appraises, a clerk signs."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from itertools import count
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from engine.database import Database, unit_of_work
from engine.models import Task
from tests.chaos.browser import Browser, alone, png

HOUSEHOLD: dict[str, Any] = {
    "award": "GK_XA",
    "subject_kind": "household",
    "achievement_year": 2022,
    "merit_summary": "Sản xuất giỏi, giúp đỡ năm hộ nghèo trong xóm.",
    "address": "Xóm Mẫu",
}
ROUNDS = 3
# Signed ROUNDS times, an hour of business time between one and the next; adds up what was typed.
SIGNING = f"""<?xml version="1.0" encoding="UTF-8"?>
<bpmn:definitions xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL" id="d" targetNamespace="t"
  xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"
  xmlns:spiffworkflow="http://spiffworkflow.org/bpmn/schema/1.0/core">
<bpmn:process id="signing" name="Ký nhiều lần" isExecutable="true">
<bpmn:laneSet id="lanes"><bpmn:lane id="clerk" name="Văn thư">
{
    "".join(
        f"<bpmn:flowNodeRef>{step}</bpmn:flowNodeRef>"
        for step in ("begun", "join", "sign", "add", "enough", "rest", "ended")
    )
}
</bpmn:lane></bpmn:laneSet>
<bpmn:startEvent id="begun"/><bpmn:exclusiveGateway id="join"/>
<bpmn:userTask id="sign" name="Ký"><bpmn:extensionElements><spiffworkflow:properties>
<spiffworkflow:property name="formJsonSchemaFilename" value="sign.form.json"/>
</spiffworkflow:properties></bpmn:extensionElements></bpmn:userTask>
<bpmn:scriptTask id="add"><bpmn:script>n = n + 1
total = total + amount</bpmn:script></bpmn:scriptTask>
<bpmn:exclusiveGateway id="enough" default="again"/>
<bpmn:intermediateCatchEvent id="rest"><bpmn:timerEventDefinition id="an_hour">
<bpmn:timeDuration xsi:type="bpmn:tFormalExpression">"PT1H"</bpmn:timeDuration>
</bpmn:timerEventDefinition></bpmn:intermediateCatchEvent>
<bpmn:endEvent id="ended"/>
<bpmn:sequenceFlow id="f1" sourceRef="begun" targetRef="join"/>
<bpmn:sequenceFlow id="f2" sourceRef="join" targetRef="sign"/>
<bpmn:sequenceFlow id="f3" sourceRef="sign" targetRef="add"/>
<bpmn:sequenceFlow id="f4" sourceRef="add" targetRef="enough"/>
<bpmn:sequenceFlow id="done" sourceRef="enough" targetRef="ended">
<bpmn:conditionExpression xsi:type="bpmn:tFormalExpression">n == {ROUNDS}</bpmn:conditionExpression>
</bpmn:sequenceFlow>
<bpmn:sequenceFlow id="again" sourceRef="enough" targetRef="rest"/>
<bpmn:sequenceFlow id="f5" sourceRef="rest" targetRef="join"/>
</bpmn:process></bpmn:definitions>"""
SIGN_FORM = {
    "type": "object",
    "properties": {"amount": {"type": "integer", "title": "Số", "minimum": 1}},
    "required": ["amount"],
}


class Worker(threading.Thread):
    """Somebody who does one thing after another until told to stop; what goes wrong is kept."""

    def __init__(self, name: str, stop: threading.Event) -> None:
        super().__init__(name=name, daemon=True)
        self._stopping = stop
        self.problem: BaseException | None = None
        self.busy = True

    def turn(self) -> bool:
        """Do the next thing; False when there is nothing to do."""
        raise NotImplementedError

    def run(self) -> None:
        try:
            while not self._stopping.is_set():
                self.busy = True
                if not self.turn():
                    self.busy = False
                    time.sleep(0.1)
        except BaseException as problem:
            self.problem = problem


class Desk:
    """What waits for whom, read from the database beside the running processes."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def open_tasks(self, *steps: str, key: str | None = None) -> list[Task]:
        query = sa.select(Task).where(Task.state == "open", Task.step.in_(steps)).order_by(Task.id)
        if key is not None:
            query = query.where(Task.business_key == key)
        with unit_of_work(self._database, readonly=True) as uow:
            return list(uow.session.scalars(query))

    def task(self, task_id: str) -> Task:
        with unit_of_work(self._database, readonly=True) as uow:
            return uow.session.get_one(Task, UUID(task_id))


class Person(Worker):
    """A worker with a browser."""

    def __init__(self, name: str, stop: threading.Event, browser: Browser, desk: Desk) -> None:
        super().__init__(name, stop)
        self.browser, self.desk = browser, desk

    def complete(self, task_id: object, given: Mapping[str, str] | Callable[[str], str | None]) -> None:
        """Do a task in its page; anything but its being done is a failure."""
        page = f"/tasks/{task_id}"
        post = self.browser.post(str(task_id), page, page, given, kind="task")
        assert post.acknowledged, f"{self.name} {page}: {post.status} {alone(post.said)}"


class Hamlet(Person):
    """A hamlet's head: attaches a file to each of some drafts, sends them to review, holds the meeting."""

    _numbers = count(1)

    def __init__(self, *given: Any, unit: UUID, drafts: list[UUID], at_once: int = 2) -> None:
        super().__init__(*given)
        self._unit, self._drafts, self._at_once = unit, drafts, at_once
        self.done: list[UUID] = []

    def turn(self) -> bool:
        if not self._drafts:
            return False
        chosen = [self._drafts.pop(0) for _ in range(min(self._at_once, len(self._drafts)))]
        self.done += chosen
        for key in chosen:
            self._attach(key)
        for key in chosen:
            self._submit(key)
        self._review(chosen)
        return True

    def finish(self) -> None:
        """Begin nothing new."""
        self._drafts = []

    def _attach(self, key: UUID) -> None:
        number = next(self._numbers)
        given = {"kind": "merit_report", "title": f"Báo cáo {number}"}
        page = f"/nominations/{key}"
        upload = ("file", f"{number}.png", png(number))
        post = self.browser.post(given["title"], page, f"{page}/evidence", given, upload, "file")
        assert post.acknowledged, f"{post.status} {alone(post.said)}"

    def _submit(self, key: UUID) -> None:
        fields = [*self.browser.keys().items(), ("nomination", str(key))]
        post = self.browser.send(str(key), "/nominations/submit", fields, kind="submit")
        assert post.acknowledged, f"{post.status} {alone(post.said)}"

    def _review(self, chosen: list[UUID]) -> None:
        title = f"Họp {chosen[0]}"
        fields = [*self.browser.keys().items(), ("unit", str(self._unit)), ("title", title)]
        fields += [("nomination", str(key)) for key in chosen]
        post = self.browser.send(title, "/meetings", fields, kind="meeting")
        assert post.acknowledged, f"{post.status} {alone(post.said)}"
        task = self.desk.task(post.location.rpartition("/")[2])
        head = {"held_on": "2022-11-14", "held_time": "08:00", "place": "Nhà văn hóa", "chair": "A"}
        self.complete(task.id, {**head, "secretary": "B", "invited": "20"})
        [task] = self.desk.open_tasks("record_review", key=task.business_key)
        self.complete(task.id, _recorded)
        [task] = self.desk.open_tasks("confirm_review", key=task.business_key)
        self.complete(task.id, {"confirm_choice": "confirm"})


def _recorded(name: str) -> str | None:
    head = {
        "held_on": "2022-11-14",
        "held_time": "08:00",
        "invited": "20",
        "present": "20",
        "ended_time": "09:30",
    }
    line = {"agree": "20", "disagree": "0", "outcome": "passed"}
    return head.get(name, line.get(name.rpartition(".")[2]) if name.startswith("lines") else None)


class Standing(Person):
    """The office: receives and appraises whatever the hamlets sent."""

    def turn(self) -> bool:
        waiting = self.desk.open_tasks("receive_dossier", "appraise")
        for task in waiting[:4]:
            given = {"appraisal_outcome": "accept", "appraisal_reason": "Đủ điều kiện."}
            self.complete(task.id, given if task.step == "appraise" else {})
        return bool(waiting)


class Clerk(Person):
    """Signs what waits for a signature; several clerks share the instances, so that none takes another's."""

    def __init__(self, *given: Any, share: int, of: int) -> None:
        super().__init__(*given)
        self._share, self._of = share, of

    def turn(self) -> bool:
        mine = [
            task
            for task in self.desk.open_tasks("sign")
            if UUID(task.business_key).int % self._of == self._share
        ]
        for task in mine[:4]:
            self.complete(task.id, {"amount": "7"})
        return bool(mine)


class Calendar(Worker):
    """Business time goes on by itself: an hour every so often."""

    def __init__(self, stop: threading.Event, move: Callable[[], None], seconds: float) -> None:
        super().__init__("calendar", stop)
        self._move, self._seconds = move, seconds

    def turn(self) -> bool:
        self._move()
        self._stopping.wait(self._seconds)
        return True
