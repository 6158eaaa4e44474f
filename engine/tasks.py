"""Work for people: found, claimed, drafted, completed. The gate is inside."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm.attributes import set_committed_value

from engine import execution, forms, handlers, history, idempotency, jobs, metrics, waiting
from engine.candidates import may_complete, missing_substitute, open_tasks_of
from engine.database import Database, UnitOfWork, unit_of_work
from engine.driver import Look
from engine.errors import (
    N_,
    DuplicateSubmission,
    InvalidForm,
    NotAllowed,
    NotFound,
    NotReady,
    StepFailed,
    StepNotReady,
    Suspended,
)
from engine.history import Event
from engine.models import Draft, Instance, Task, TaskBar
from engine.regulations import read_definition_file
from engine.spiff.runner import Run

__all__ = [
    "claim",
    "complete_task",
    "draft_of",
    "form_schema",
    "get",
    "locked",
    "may_complete",
    "missing_substitute",
    "open_tasks",
    "open_tasks_of",
    "prefill_of",
    "release",
    "require_permission",
    "save_draft",
]


def get(uow: UnitOfWork, task_id: UUID) -> Task:
    """Return a task of the unit of work's organisation; raises NotFound."""
    task = uow.session.get(Task, task_id)
    if task is None or uow.organisation_id not in (None, task.organisation_id):
        raise NotFound(N_("việc này"))
    return task


def complete_task(uow: UnitOfWork, task_id: UUID, form: Mapping[str, Any], *, idempotency_key: str) -> None:
    """Do a task with a form: check, act, advance, write down; a repeated post changes nothing.

    Raises DuplicateSubmission, NotFound, Suspended, NotReady for a stale page, NotAllowed, InvalidForm, what
    a service of the steps that follow refuses, StepFailed when one of them broke. After any of them nothing
    is kept.
    """
    body = {"task": task_id, "form": dict(form)}
    task, instance = _locked(uow, task_id)
    seen = _look(uow, task, idempotency_key)
    if idempotency.is_repeat(uow, seen.actor_id, seen.body_hash, body):
        return
    _require_open(task, instance)
    require_permission(uow, task, barred=seen.barred)
    schema = form_schema(uow, task)
    errors = forms.validate(schema, form)
    if errors:
        raise InvalidForm(errors)
    run = execution.load_run(uow, instance)
    idempotency.keep(uow, idempotency_key, body, {"task": str(task_id)})
    try:
        with execution.blaming(instance.id), metrics.completing(instance.process_id):
            merged = _merged(uow, task, run, forms.clean(schema, form))
            _finish(uow, task, instance, run, merged, drafted=seen.drafted)
        uow.session.write()
    except StepFailed as error:
        # A service that refuses what this form led to speaks to whoever sent it; nothing is broken.
        if error.refusal is not None:
            raise error.refusal from error
        raise
    except sa.exc.IntegrityError as error:
        # The same key came with another task at the same moment; with this one it would have waited for the row.
        if idempotency.ROWS.name in str(error.orig):
            raise DuplicateSubmission() from error
        raise


_LOCK_BOTH = (
    sa.select(Task, Instance)
    .select_from(Instance)
    .join(Task, Task.instance_id == Instance.id)
    .where(Task.id == sa.bindparam("task_id"))
    .with_for_update(of=(Instance, Task))  # in this order, as everybody else: the other one deadlocks
    .execution_options(populate_existing=True)
)


def locked(uow: UnitOfWork, task_id: UUID) -> tuple[Task, Instance]:
    """Return an open task and its instance, both locked in one look, as the last transaction left them.

    Raises NotFound, Suspended, NotReady.
    """
    task, instance = _locked(uow, task_id)
    _require_open(task, instance)
    return task, instance


def _locked(uow: UnitOfWork, task_id: UUID) -> tuple[Task, Instance]:
    found = uow.session.execute(_LOCK_BOTH, {"task_id": task_id}).one_or_none()
    if found is None or uow.organisation_id not in (None, found.Task.organisation_id):
        raise NotFound(N_("việc này"))
    return found.Task, found.Instance


def _require_open(task: Task, instance: Instance) -> None:
    if instance.status == "suspended":
        raise Suspended(instance.suspended_basis or "")
    if task.state != "open" or instance.status != "running":
        raise NotReady(task.name)


_KEYS = idempotency.ROWS.c
_LOOK = Look(
    sa.select(
        *history.head_columns(sa.bindparam("chain", type_=sa.String())),
        sa.exists()
        .where(TaskBar.task_id == sa.bindparam("task_id"), TaskBar.person_id == sa.bindparam("person_id"))
        .label("barred"),
        sa.exists().where(Draft.task_id == sa.bindparam("task_id")).label("drafted"),
        _KEYS.actor_id,
        _KEYS.body_hash,
    ).select_from(
        sa.select(sa.literal(1).label("one"))
        .subquery()
        .outerjoin(idempotency.ROWS, _KEYS.key == sa.bindparam("key"))
    )
)


def _look(uow: UnitOfWork, task: Task, key: str) -> Any:
    """Read what completing a locked task needs beside its rows, in one look: whether the actor is barred and
    somebody has a draft, who has used the idempotency key and for what, and where the history goes on."""
    chain = history.instance_chain(task.instance_id)
    values = {"chain": chain, "task_id": task.id, "person_id": uow.actor_id, "key": key}
    found = _LOOK.one(uow.session.connection(), values)
    history.know_head(uow, chain, found.seq, found.hash)
    return found


def require_permission(uow: UnitOfWork, task: Task, *, barred: bool | None = None) -> None:
    """Raise NotAllowed with the reason when the actor may not do the task; `barred` when that is known already."""
    if uow.actor_id is None:
        raise NotAllowed(N_("Bạn cần đăng nhập để thực hiện việc này."))
    reason = may_complete(uow, task, uow.actor_id, is_barred=barred)
    if reason is not None:
        raise NotAllowed(reason)


def _merged(uow: UnitOfWork, task: Task, run: Run, form: dict[str, Any]) -> Mapping[str, Any]:
    handler = handlers.registry().completions.get((task.process_id, task.step))
    if handler is None:
        return form
    completion = handlers.Completion(
        uow=uow,
        task=task,
        instance_id=task.instance_id,
        business_key=task.business_key,
        form=form,
        data=_task_data(run, task),
    )
    return handler(completion) or {}


def _task_data(run: Run, task: Task) -> dict[str, Any]:
    try:
        return run.data_of(task.engine_task_id)
    except StepNotReady as error:
        raise NotReady(task.name) from error


def _finish(
    uow: UnitOfWork,
    task: Task,
    instance: Instance,
    run: Run,
    merged: Mapping[str, Any],
    *,
    drafted: bool = True,
) -> None:
    try:
        run.complete(task.engine_task_id, merged)
    except StepNotReady as error:
        raise NotReady(task.name) from error
    _mark_completed(uow, task)
    if drafted:
        waiting.forget_drafts(uow, task.id)
    execution.record(uow, instance, Event.TASK_COMPLETED, element=task.step, data={"task": task.id})
    execution.store_run(uow, instance, run)


_COMPLETE = (
    sa.update(sa.Table("task", Task.metadata))
    .where(Task.__table__.c.id == sa.bindparam("task_id"))
    .values(state="completed", completed_at=sa.bindparam("at"), completed_by=sa.bindparam("by"))
)


def _mark_completed(uow: UnitOfWork, task: Task) -> None:
    values = {"task_id": task.id, "at": uow.now, "by": uow.actor_id}
    uow.later(_COMPLETE, values)
    for name, value in (("state", "completed"), ("completed_at", uow.now), ("completed_by", uow.actor_id)):
        set_committed_value(task, name, value)


@jobs.register("advance_task")
def advance_task(database: Database, task_id: str, person_id: str) -> None:
    """Complete a task for a person whose own row (a ballot) holds what was done; the fact only.

    Finding it finished, or its instance ended, succeeds: the row is the truth. A held instance is tried
    again when the job is.
    """
    with unit_of_work(database, readonly=True) as look:
        task = get(look, UUID(task_id))
        organisation_id = task.organisation_id
    with unit_of_work(database, organisation_id=organisation_id, actor_id=UUID(person_id)) as uow:
        uow.actor_name = handlers.lookups().person_name(uow, UUID(person_id))
        try:
            task, instance = locked(uow, UUID(task_id))
        except NotReady:
            return
        with execution.blaming(instance.id), metrics.completing(instance.process_id):
            _finish(uow, task, instance, execution.load_run(uow, instance), {})


def claim(uow: UnitOfWork, task_id: UUID) -> None:
    """Take a task of a role for oneself; raises NotAllowed, NotReady. Claiming it twice is harmless."""
    task, instance = locked(uow, task_id)
    require_permission(uow, task)
    if task.claimed_by != uow.actor_id:
        task.claimed_by = uow.actor_id
        execution.record(uow, instance, Event.TASK_CLAIMED, element=task.step, data={"task": task.id})


def release(uow: UnitOfWork, task_id: UUID) -> None:
    """Give a claimed task back to its role; raises NotAllowed when somebody else has it."""
    task, instance = locked(uow, task_id)
    if task.claimed_by is None:
        return
    if task.claimed_by != uow.actor_id:
        raise NotAllowed(N_("Chỉ người đang nhận việc mới trả lại được."))
    task.claimed_by = None
    execution.record(uow, instance, Event.TASK_RELEASED, element=task.step, data={"task": task.id})


def save_draft(uow: UnitOfWork, task_id: UUID, form: Mapping[str, Any]) -> None:
    """Keep what the actor has typed so far; raises NotReady, NotAllowed."""
    task = get(uow, task_id)
    if task.state != "open":
        raise NotReady(task.name)
    require_permission(uow, task)
    assert uow.actor_id is not None
    uow.session.merge(
        Draft(
            task_id=task.id,
            person_id=uow.actor_id,
            organisation_id=task.organisation_id,
            form=dict(form),
            saved_at=uow.now,
        )
    )


def draft_of(uow: UnitOfWork, task_id: UUID) -> dict[str, Any] | None:
    """Return what the actor had typed, None when there is no draft."""
    draft = uow.session.get(Draft, (task_id, uow.actor_id)) if uow.actor_id else None
    return dict(draft.form) if draft is not None else None


def open_tasks(
    uow: UnitOfWork,
    *,
    instance_id: UUID | None = None,
    process_id: str | None = None,
    business_key: str | None = None,
    step: str | None = None,
    organisation_id: UUID | None = None,
) -> list[Task]:
    """Return open tasks that match everything given, soonest due first."""
    wanted = {
        Task.instance_id: instance_id,
        Task.process_id: process_id,
        Task.business_key: business_key,
        Task.step: step,
        Task.organisation_id: organisation_id or uow.organisation_id,
    }
    conditions = [column == value for column, value in wanted.items() if value is not None]
    query = sa.select(Task).where(Task.state == "open", *conditions)
    return list(uow.session.scalars(query.order_by(Task.due_at.is_(None), Task.due_at, Task.id)))


def form_schema(uow: UnitOfWork, task: Task) -> dict[str, Any]:
    """Return the JSON Schema of a task's form, as frozen in its definition; without one it takes nothing."""
    if task.form is None:
        return {"type": "object", "properties": {}, "additionalProperties": False}
    instance = uow.session.get(Instance, task.instance_id)
    assert instance is not None
    schema: dict[str, Any] = json.loads(read_definition_file(uow, instance.definition_hash, task.form))
    return schema


def prefill_of(uow: UnitOfWork, task: Task) -> dict[str, Any]:
    """Return the initial values, rows and "$options" of a task's form."""
    handler = handlers.registry().prefills.get((task.process_id, task.step))
    if handler is None:
        return {}
    instance = uow.session.get(Instance, task.instance_id)
    assert instance is not None
    run = execution.load_run(uow, instance)
    return handler(
        handlers.FormRequest(uow=uow, task=task, business_key=task.business_key, data=_task_data(run, task))
    )
