"""What waits for somebody in a meeting, session, paper or package: whom it waits for, and if it is me."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from engine import tasks
from engine.database import UnitOfWork
from engine.handlers import lookups
from engine.models import Task
from workflows.labels import ROLE_LABELS, STEP_VERBS, label


@dataclass(frozen=True)
class OpenStep:
    """One open task; `reason` says why the actor may not do it, None when they may."""

    task_id: UUID
    process_id: str
    step: str
    verb: str
    who: str
    mine: bool
    reason: str | None


def open_steps(uow: UnitOfWork, instance_id: UUID | None) -> list[OpenStep]:
    """The open tasks of an instance, those the actor may do first; of personal ones only the actor's own."""
    if instance_id is None:
        return []
    found = [
        _step(uow, task)
        for task in tasks.open_tasks(uow, instance_id=instance_id)
        if task.assignee_id in (None, uow.actor_id)
    ]
    return sorted(found, key=lambda step: not step.mine)


def _step(uow: UnitOfWork, task: Task) -> OpenStep:
    reason: str | None = ""
    if uow.actor_id is not None:
        reason = tasks.may_complete(uow, task, uow.actor_id)
    holder = task.assignee_id or task.claimed_by
    who = lookups().person_name(uow, holder) if holder else label(ROLE_LABELS, task.role)
    if reason is not None:
        reason = " ".join(part for part in (reason, tasks.missing_substitute(uow, task)) if part)
    return OpenStep(
        task_id=task.id,
        process_id=task.process_id,
        step=task.step,
        verb=STEP_VERBS.get(task.step, task.name),
        who=who,
        mine=reason is None,
        reason=reason,
    )
