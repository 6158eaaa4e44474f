"""A task's page, drawn from its form; and many tasks of one step done at once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from flask import Blueprint, flash, jsonify, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from engine import tasks
from engine.clock import ZONE
from engine.database import UnitOfWork
from engine.errors import (
    N_,
    DuplicateSubmission,
    FieldError,
    InvalidForm,
    NotFound,
    NotReady,
    ThiduaError,
)
from engine.handlers import lookups
from engine.models import Task
from webapp import batch as batches
from webapp.i18n import error_text, retell, show_moment, translate
from webapp.request import (
    allow_large_body,
    concerns,
    error_page,
    idempotency_key,
    reading,
    reads,
    status_of,
    wants_json,
    writes,
    writing,
)
from webapp.task_form import form_of, posted_with_files, typed_before, unplaced
from webapp.task_pages import about_url, task_url
from webapp.work_rows import rows_of, subject_of, verb_of
from workflows.queries.task_operations import operations_of
from workflows.queries.work import my_work

blueprint = Blueprint("tasks", __name__)


@blueprint.url_value_preprocessor
def _take_large_bodies(endpoint: str | None, _values: dict[str, Any] | None) -> None:
    if endpoint in ("tasks.complete", "tasks.draft"):
        allow_large_body()


@blueprint.get("/tasks/<uuid:task_id>")
@reads
def show(uow: UnitOfWork, task_id: UUID) -> ResponseReturnValue:
    """The task's page; a step with a page of its own leads there."""
    task = tasks.get(uow, task_id)
    if _url(task) != request.path:
        return redirect(_url(task))
    return task_page(uow, task)


def task_page(
    uow: UnitOfWork,
    task: Task,
    *,
    typed: Mapping[str, Any] | None = None,
    errors: Sequence[FieldError] = (),
    template: str = "tasks/show.html",
    **more: Any,
) -> str:
    """The page of a task: what was typed, else the draft, else the prefill; for own pages too."""
    stopped = stopped_because(uow, task)
    draft = tasks.draft_of(uow, task.id) if typed is None and not stopped else None
    form = None if stopped else form_of(uow, task)
    fields = form.fields(typed if typed is not None else draft, errors) if form else []
    return render_template(
        template,
        task=task,
        form=fields,
        title=translate(verb_of(task)),
        description=form.description if form else "",
        subject="" if stopped else subject_of(uow, task),
        stopped=stopped,
        restored=draft is not None,
        failed=bool(errors),
        others=unplaced(fields, errors),
        late=task.due_at is not None and task.due_at < uow.now,
        holder=_holder(uow, task),
        mine=task.claimed_by is not None and task.claimed_by == uow.actor_id,
        about_url=about_url(task),
        operations=operations_of(uow, task, may_do=not stopped),
        **more,
    )


def stopped_because(uow: UnitOfWork, task: Task) -> str | None:
    """Why the actor cannot do the task now, in words; None when the form may be shown."""
    if task.state != "open":
        name = lookups().person_name(uow, task.completed_by) if task.completed_by else ""
        if not name:
            return str(_("Việc này không còn chờ xử lý."))
        return str(
            _("Việc này đã xong: %(name)s làm lúc %(at)s.", name=name, at=show_moment(task.completed_at))
        )
    assert uow.actor_id is not None
    reason = tasks.may_complete(uow, task, uow.actor_id)
    missing = tasks.missing_substitute(uow, task) if reason else None
    return " ".join(retell(text) for text in (reason, missing) if text) or None


def _url(task: Task) -> str:
    return task_url(task.process_id, task.step, task.id)


def _holder(uow: UnitOfWork, task: Task) -> str:
    person_id = task.assignee_id or task.claimed_by
    return lookups().person_name(uow, person_id) if person_id else ""


@blueprint.post("/tasks/<uuid:task_id>")
def complete(task_id: UUID) -> ResponseReturnValue:
    """Do the task; a form that does not pass comes back with everything that was typed.

    The same post again gets the same answer; another one for a task that is done reads who did it, and when.
    """
    typed: dict[str, Any] = {}
    flat, refused = posted_with_files()
    try:
        with writing() as uow:
            task = tasks.get(uow, task_id)
            concerns(task.instance_id)
            done = translate(verb_of(task))
            reason = stopped_because(uow, task)
            if reason is None:
                typed, errors = form_of(uow, task).check(flat)
                if refused or errors:
                    raise InvalidForm([*refused, *_without(errors, refused)])
            else:
                typed = typed_before(uow, task, flat)
            tasks.complete_task(uow, task_id, typed, idempotency_key=idempotency_key())
    except InvalidForm as error:
        with reading() as uow:
            return task_page(uow, tasks.get(uow, task_id), typed=typed, errors=error.errors), 422
    except (NotReady, DuplicateSubmission) as error:
        with reading() as uow:
            reason = stopped_because(uow, tasks.get(uow, task_id))
        return error_page(reason or error_text(error), status_of(error))
    flash(_("Đã xong: %(what)s.", what=done), "good")
    return redirect(url_for("work.home"))


def _without(errors: Sequence[FieldError], others: Sequence[FieldError]) -> list[FieldError]:
    """The errors on fields about which nothing else is said."""
    said = {error.path for error in others}
    return [error for error in errors if error.path not in said]


@blueprint.post("/tasks/<uuid:task_id>/draft")
@writes
def draft(uow: UnitOfWork, task_id: UUID) -> ResponseReturnValue:
    """Keep what was typed so far, complete or not; our script gets a sentence, a browser its page again."""
    task = tasks.get(uow, task_id)
    flat, refused = posted_with_files()
    tasks.save_draft(uow, task_id, form_of(uow, task).parse(flat))
    message = _("Đã lưu nháp lúc %(time)s.", time=f"{datetime.now(ZONE):%H:%M}")
    message = " ".join([message, *(error.message for error in refused)])
    if wants_json():
        return jsonify({"message": message})
    flash(message, "good")
    return redirect(_url(task))


@blueprint.post("/tasks/<uuid:task_id>/claim")
@writes
def claim(uow: UnitOfWork, task_id: UUID) -> ResponseReturnValue:
    """Take the task for oneself."""
    tasks.claim(uow, task_id)
    return redirect(_url(tasks.get(uow, task_id)))


@blueprint.post("/tasks/<uuid:task_id>/release")
@writes
def release(uow: UnitOfWork, task_id: UUID) -> ResponseReturnValue:
    """Give the task back to its role."""
    tasks.release(uow, task_id)
    return redirect(_url(tasks.get(uow, task_id)))


@blueprint.get("/tasks/batch")
@reads
def batch(uow: UnitOfWork) -> ResponseReturnValue:
    """Every open task of one step, to be decided together."""
    return batch_page(uow, request.args.get("step", ""))


@blueprint.post("/tasks/batch")
def batch_post() -> ResponseReturnValue:
    """Do each chosen task in a transaction of its own; what fails stays open and says why."""
    step, chosen = request.args.get("step", ""), request.form.getlist("task")
    if not chosen:
        with reading() as uow:
            return batch_page(uow, step, problem=_("Chưa chọn dòng nào.")), 422
    results = [_complete_one(step, task_id) for task_id in map(UUID, chosen)]
    failed = [result for result in results if result.problem]
    with reading() as uow:
        return batch_page(uow, step, results=results), 422 if failed else 200


def _complete_one(step: str, task_id: UUID) -> batches.Result:
    key = f"{idempotency_key()[:31]}-{task_id.hex}"
    about = ""
    try:
        with writing() as uow:
            task = tasks.get(uow, task_id)
            if task.step != step:
                raise NotFound(N_("việc này"))
            concerns(task.instance_id)
            about = subject_of(uow, task) or task.name
            if (reason := stopped_because(uow, task)) is None:
                data, errors = form_of(uow, task).check(batches.posted_for(task_id))
                if errors:
                    raise InvalidForm(errors)
                tasks.complete_task(uow, task_id, data, idempotency_key=key)
    except InvalidForm as error:
        reason = " ".join(retell(problem.message) for problem in error.errors)
    except ThiduaError as error:
        reason = error_text(error)
    return batches.Result(task_id, about, reason or "")


def batch_page(
    uow: UnitOfWork, step: str, *, results: Sequence[batches.Result] = (), problem: str = ""
) -> str:
    """The list of one step with one decision for all and room for exceptions."""
    assert uow.actor_id is not None
    rows = rows_of(my_work(uow, uow.actor_id, step=step, most=batches.MOST).items)
    form = form_of(uow, tasks.get(uow, rows[0].id)) if rows else None
    if form is not None and not batches.fits(form.schema):
        raise NotFound(N_("trang xử lý chung cho bước này"))
    typed = form.parse(batches.posted_for(None)) if form and request.method == "POST" else None
    fields = batches.editable(form.fields(typed)) if form else []
    return render_template(
        "tasks/batch.html",
        step=step,
        title=translate(rows[0].verb) if rows else _("Xử lý nhiều việc"),
        form=fields,
        exceptions=batches.exceptions(fields),
        rows=rows,
        results=results,
        problem=problem,
        selected=set(request.form.getlist("task")),
        typed=request.form,
    )
