"""What an operation would do to many open tasks, seen before it is done; and what people say about an instance."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from engine import delegation, due_dates, execution, send_back, tasks
from engine.database import UnitOfWork
from engine.errors import N_, FieldError, InvalidForm, NotReady, Suspended
from engine.history import Event
from engine.models import Instance, Task

MOST_LETTERS = 2000


@dataclass(frozen=True)
class Change:
    """One open task as it is and what would become of it; `refusal` says in Vietnamese why it would not."""

    task: Task
    refusal: str | None
    person_id: UUID | None = None
    due_at: datetime | None = None
    timers: tuple[due_dates.MovedTimer, ...] = ()
    step: str | None = None
    ended: tuple[Task, ...] = ()
    """The other open tasks that would end."""


def plan_reassign(uow: UnitOfWork, task_ids: Iterable[UUID], person_id: UUID) -> list[Change]:
    """Return what giving each of the tasks to a person would do, nothing changed; raises NotFound."""

    def change(task: Task) -> Change:
        return Change(task, delegation.why_not_give(uow, task, person_id), person_id=person_id)

    return _plan(uow, task_ids, change)


def plan_due(uow: UnitOfWork, task_ids: Iterable[UUID], due_at: datetime) -> list[Change]:
    """Return what another due date would do to each of the tasks, nothing changed; raises NotFound."""

    def change(task: Task) -> Change:
        refusal = due_dates.why_not_due(uow, task, due_at)
        moved = () if refusal else tuple(due_dates.following(uow, task, due_at))
        return Change(task, refusal, due_at=due_at, timers=moved)

    return _plan(uow, task_ids, change)


def plan_send_back(uow: UnitOfWork, task_ids: Iterable[UUID], step: str) -> list[Change]:
    """Return what sending each of the tasks back to a step would do, nothing changed; raises NotFound."""

    def change(task: Task) -> Change:
        target = send_back.earlier(uow, [task]).get(step)
        if target is None:
            return Change(task, N_("Sơ đồ của việc này không có bước đó ở trước."), step=step)
        [way] = send_back.ways_back(uow, task, [target])
        return Change(task, way.refusal, step=step, ended=way.ended)

    return _plan(uow, task_ids, change)


def _plan(uow: UnitOfWork, task_ids: Iterable[UUID], change: Callable[[Task], Change]) -> list[Change]:
    planned = []
    for task_id in task_ids:
        task = tasks.get(uow, task_id)
        stopped = _why_stopped(uow, task)
        planned.append(Change(task, stopped) if stopped else change(task))
    return planned


def _why_stopped(uow: UnitOfWork, task: Task) -> str | None:
    instance = uow.session.get_one(Instance, task.instance_id)
    if instance.status == "suspended":
        return str(Suspended(instance.suspended_basis or ""))
    return str(NotReady(task.name)) if task.state != "open" or instance.status != "running" else None


def comment(uow: UnitOfWork, instance_id: UUID, text: str) -> None:
    """Write down what the actor says about an instance, also one that has ended; it stays as it is for ever.

    Raises NotFound, and InvalidForm for no words or too many.
    """
    words = text.strip()
    if not words:
        raise InvalidForm([FieldError("comment", N_("Cần nhập nội dung ý kiến."))])
    if len(words) > MOST_LETTERS:
        wrong = N_("Ý kiến dài quá %(most)d ký tự; hãy viết ngắn lại hoặc thêm tệp vào hồ sơ.")
        raise InvalidForm([FieldError("comment", wrong % {"most": MOST_LETTERS})])
    instance = execution.lock(uow, instance_id)
    execution.record(uow, instance, Event.INSTANCE_COMMENTED, data={"comment": words})
