"""Many hands on the same few dossiers: everybody clicks anything, also on what another one has just done."""

from __future__ import annotations

import json
import random
import threading
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from engine import history
from engine.database import Database, unit_of_work
from engine.history import Event
from engine.models import History, Instance, Task
from tests.chaos.browser import Browser, Fields
from tests.chaos.load import Worker

REFUSED = {403, 404, 409, 422}
"""What a person may be told instead: not yours, gone, done already, held, not filled in."""
REASON = "Cần người khác xem lại."


class Hand(Worker):
    """One person's window: picks one of the dossiers' tasks, mostly an open one, and does anything to it."""

    def __init__(
        self,
        name: str,
        stop: threading.Event,
        browser: Browser,
        database: Database,
        keys: list[UUID],
        people: list[UUID],
        seed: int,
    ) -> None:
        super().__init__(name, stop)
        self._browser, self._database = browser, database
        self._keys, self._people = keys, people
        self._random = random.Random(f"{seed}-{name}")
        self._lent: list[Task] = []
        self.told: Counter[tuple[str, int]] = Counter()
        acts: list[tuple[int, Callable[[Task], None]]] = [
            (8, self._complete), (4, self._twice), (5, self._claim), (3, self._release), (3, self._draft),
            (3, self._delegate), (2, self._take_back), (2, self._reassign), (4, self._send_back),
            (1, self._hold), (4, self._resume), (1, self._comment),
        ]  # fmt: skip
        self._acts = [act for weight, act in acts for _ in range(weight)]

    def turn(self) -> bool:
        task = self._task()
        self._random.choice(self._acts)(task)
        return True

    def _task(self) -> Task:
        key = str(self._random.choice(self._keys))
        late = self._random.random() < 0.15
        query = sa.select(Task).where(Task.business_key == key, Task.process_id == "nomination")
        with unit_of_work(self._database, readonly=True) as uow:
            found = list(uow.session.scalars(query.order_by(Task.id.desc()).limit(6)))
        open_ = [task for task in found if task.state == "open"]
        return self._random.choice(found if late or not open_ else open_)

    def _send(self, kind: str, about: object, path: str, **given: str) -> None:
        self._post(kind, about, path, [*self._browser.keys().items(), *given.items()])

    def _post(self, kind: str, about: object, path: str, fields: Fields) -> None:
        post = self._browser.send(str(about), path, fields, kind=kind)
        self.told[kind, post.status or 0] += 1

    def _form(self, task: Task) -> dict[str, str]:
        if task.step == "receive_dossier":
            return {"received_on": "2022-11-14"}
        if task.step != "appraise" or self._random.random() < 0.7:
            return {}
        return {"appraisal_outcome": "supplement", "appraisal_reason": REASON}

    def _complete(self, task: Task) -> None:
        self._send("complete", task.id, f"/tasks/{task.id}", **self._form(task))

    def _twice(self, task: Task) -> None:
        """The same form in two windows at the same moment."""
        fields = [*self._browser.keys().items(), *self._form(task).items()]
        windows = [self._browser, self._browser.again()]
        threads = [
            threading.Thread(
                target=self._post_from, args=(window, task.id, fields), name=f"{self.name}-{number}"
            )
            for number, window in enumerate(windows)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    def _post_from(self, window: Browser, task_id: UUID, fields: Fields) -> None:
        window.send(str(task_id), f"/tasks/{task_id}", fields, kind="complete")

    def _claim(self, task: Task) -> None:
        self._send("claim", task.id, f"/tasks/{task.id}/claim")

    def _release(self, task: Task) -> None:
        self._send("release", task.id, f"/tasks/{task.id}/release")

    def _draft(self, task: Task) -> None:
        self._send("draft", task.id, f"/tasks/{task.id}/draft", **self._form(task))

    def _delegate(self, task: Task) -> None:
        self._give("delegate", task)
        self._lent.append(task)

    def _reassign(self, task: Task) -> None:
        self._give("reassign", task)

    def _give(self, act: str, task: Task) -> None:
        person = str(self._random.choice(self._people))
        self._send(act, task.id, f"/tasks/{task.id}/{act}", person=person, reason=REASON)

    def _take_back(self, task: Task) -> None:
        task = self._lent.pop() if self._lent else task
        self._send("take-back", task.id, f"/tasks/{task.id}/take-back")

    def _send_back(self, task: Task) -> None:
        path = f"/tasks/{task.id}/send-back"
        self._send("send-back", task.id, path, step="receive_dossier", reason=REASON)

    def _hold(self, task: Task) -> None:
        self._send("hold", task.business_key, f"/nominations/{task.business_key}/hold", reason=REASON)

    def _resume(self, task: Task) -> None:
        self._send("resume", task.business_key, f"/nominations/{task.business_key}/resume", reason=REASON)

    def _comment(self, task: Task) -> None:
        self._send("comment", task.business_key, f"/nominations/{task.business_key}/comment", comment=REASON)


@dataclass
class Holding:
    """Who has a task, as its history tells it from the beginning."""

    assignee: str | None = None
    claimed: str | None = None
    lent: list[tuple[str, str | None]] = field(default_factory=list)
    over: bool = False

    def may(self, actor: str) -> bool:
        return actor == (self.assignee or self.claimed or actor)

    def apply(self, event: str, actor: str, data: dict[str, Any]) -> str | None:
        """Take the next fact in; returns what cannot have happened."""
        if self.over:
            return "after its end"
        if event in (Event.TASK_CLAIMED, Event.TASK_COMPLETED, Event.TASK_DELEGATED) and not self.may(actor):
            return "by somebody who does not have it"
        if event == Event.TASK_RELEASED and self.claimed != actor:
            return "by somebody who has not claimed it"
        self._change(event, actor, data)
        return None

    def _change(self, event: str, actor: str, data: dict[str, Any]) -> None:
        if event == Event.TASK_CLAIMED:
            self.claimed = actor
        elif event == Event.TASK_RELEASED:
            self.claimed = None
        elif event == Event.TASK_DELEGATED:
            self.lent.append((actor, self.assignee))
            self.assignee, self.claimed = data["to"], None
        elif event == Event.TASK_REASSIGNED:
            self.lent.clear()
            self.assignee, self.claimed = data["to"], None
        elif event == Event.TASK_TAKEN_BACK:
            lender, self.assignee = self.lent.pop()
            self.claimed = lender if self.assignee is None else None
        elif event in (Event.TASK_COMPLETED, Event.TASK_CANCELLED):
            self.over = True


def impossible(database: Database) -> list[str]:
    """What the histories tell that cannot have happened: two holders, a deed after the end or while held."""
    with unit_of_work(database, readonly=True) as uow:
        chains = [history.instance_chain(key) for key in uow.session.scalars(sa.select(Instance.id))]
        return [wrong for chain in chains for wrong in _wrong(history.of(uow, chain))]


def _wrong(rows: list[History]) -> list[str]:
    found: list[str] = []
    tasks: dict[str, Holding] = {}
    held = False
    for row in rows:
        if row.event in (Event.INSTANCE_SUSPENDED, Event.INSTANCE_RESUMED):
            if held == (row.event == Event.INSTANCE_SUSPENDED):
                found.append(f"{row.chain} {row.seq}: {row.event} twice")
            held = not held
        data = json.loads(row.data)
        if not row.event.startswith("task:") or "task" not in data:
            continue
        problem = tasks.setdefault(data["task"], Holding()).apply(row.event, str(row.actor_id), data)
        if problem is None and held and row.event in (Event.TASK_COMPLETED, Event.TASK_CLAIMED):
            problem = "while on hold"
        if problem is not None:
            found.append(f"{row.chain} {row.seq}: {row.event} {problem}")
    return found
