"""Open work is given away, lent, given more time or sent back, one or many; a dossier is talked about."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date
from itertools import groupby
from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from engine import operations, tasks
from engine.database import UnitOfWork
from engine.errors import N_, FieldError, InvalidForm, NotAllowed, NotFound, ThiduaError
from engine.models import Task
from engine.waiting import due_moment
from webapp.batch import Result
from webapp.dossier import dossier_page
from webapp.i18n import error_text, field_errors, retell, show_moment
from webapp.request import concerns, reading, reads, writing
from webapp.sheets import once
from workflows.actions import task_operations as actions
from workflows.queries import task_operations as queries

blueprint = Blueprint("operations", __name__)


@blueprint.post("/tasks/<uuid:task_id>/<any(delegate, reassign):act>")
def hand_over(task_id: UUID, act: str) -> ResponseReturnValue:
    """Lend the task to a colleague, or give it away for good, with a reason."""
    do = actions.delegate if act == "delegate" else actions.reassign

    def change(uow: UnitOfWork) -> None:
        do(uow, task_id, _person(request.form.get("person", "")), request.form.get("reason", ""))
        flash(_("Đã giao việc; người nhận được báo tin."), "good")

    return _changed(task_id, change)


@blueprint.post("/tasks/<uuid:task_id>/take-back")
def take_back(task_id: UUID) -> ResponseReturnValue:
    """End the loan of a task, by the one who lent it or the one who has it."""

    def change(uow: UnitOfWork) -> None:
        actions.take_back(uow, task_id)
        flash(_("Việc đã về người giao."), "good")

    return _changed(task_id, change)


@blueprint.post("/tasks/<uuid:task_id>/due")
def due(task_id: UUID) -> ResponseReturnValue:
    """Another due date, with a reason; which timers went along is said."""

    def change(uow: UnitOfWork) -> None:
        moved = actions.change_due(
            uow, task_id, _day(request.form.get("due_on", "")), request.form.get("reason", "")
        )
        flash(_("Đã đổi hạn."), "good")
        for each in moved:
            flash(
                _("Hẹn giờ “%(name)s” dời đến %(at)s.", name=each.element, at=show_moment(each.after)), "good"
            )

    return _changed(task_id, change)


@blueprint.post("/tasks/<uuid:task_id>/send-back")
def send_back(task_id: UUID) -> ResponseReturnValue:
    """Back to an earlier step, with a reason; the dossier's page shows where it stands now."""
    with reading() as uow:
        task = tasks.get(uow, task_id)
        target = _page_of(task)

    def change(uow: UnitOfWork) -> None:
        actions.send_back(uow, task_id, request.form.get("step", ""), request.form.get("reason", ""))
        flash(_("Đã trả hồ sơ về bước trước; người làm bước đó được báo tin."), "good")

    return _changed(task_id, change, target)


def _page_of(task: Task) -> str:
    if task.process_id == "nomination":
        return url_for("nominations.show", nomination_id=task.business_key)
    return url_for("work.home")


def _changed(task_id: UUID, change: Callable[[UnitOfWork], None], target: str = "") -> ResponseReturnValue:
    """Do it once in one transaction and go back to the task, or to the target."""
    target = target or url_for("tasks.show", task_id=task_id)

    def act() -> str:
        change(uow)
        return target

    with writing() as uow:
        concerns(tasks.get(uow, task_id).instance_id)
        once(uow, act)
    return redirect(target)


def _person(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise InvalidForm([FieldError("person", N_("Cần chọn người nhận việc."))]) from None


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise InvalidForm([FieldError("due_on", N_("Cần chọn ngày đến hạn."))]) from None


@blueprint.post("/nominations/<uuid:nomination_id>/comment")
def comment(nomination_id: UUID) -> ResponseReturnValue:
    """Say something about a dossier; without words, or with too many, the page comes back with them."""
    target = url_for("nominations.show", nomination_id=nomination_id)
    words = request.form.get("comment", "")

    def act() -> str:
        actions.comment(uow, nomination_id, words)
        return target

    try:
        with writing() as uow:
            once(uow, act)
    except InvalidForm as error:
        problem = next(iter(field_errors(error.errors).values()))
        with reading() as look:
            typed = {"comment": words}
            return dossier_page(look, nomination_id, opened="comment", problem=problem, typed=typed), 422
    flash(_("Đã ghi ý kiến vào diễn biến của hồ sơ."), "good")
    return redirect(target)


@blueprint.get("/tasks/manage")
@reads
def manage(uow: UnitOfWork) -> ResponseReturnValue:
    """The open work that the actor looks after, to be given away or given more time together."""
    return _manage_page(uow)


@blueprint.post("/tasks/manage")
def preview() -> ResponseReturnValue:
    """What would become of each chosen task, and why not; nothing is changed yet."""
    with reading() as uow:
        try:
            planned = _planned(uow, _chosen())
        except InvalidForm as error:
            return _manage_page(uow, problem=" ".join(field_errors(error.errors).values())), 422
        return _manage_page(uow, planned=planned)


@blueprint.post("/tasks/manage/apply")
def apply() -> ResponseReturnValue:
    """Change the chosen tasks, one transaction an instance: of an instance all its tasks are changed, or none."""
    with reading() as uow:
        try:
            _planned(uow, _chosen())
        except InvalidForm as error:
            return _manage_page(uow, problem=" ".join(field_errors(error.errors).values())), 422
        rows = queries.managed_rows(uow, [tasks.get(uow, task_id) for task_id in _chosen()])
    rows.sort(key=lambda row: row.instance_id)
    results: list[Result] = []
    for instance_id, group in groupby(rows, key=lambda row: row.instance_id):
        results += _apply_one(instance_id, list(group))
    with reading() as uow:
        failed = any(result.problem for result in results)
        return _manage_page(uow, results=results), 422 if failed else 200


def _apply_one(instance_id: UUID, rows: Sequence[queries.ManagedTask]) -> list[Result]:
    problem = ""
    try:
        with writing() as uow:
            concerns(instance_id)
            for row in rows:
                _do(uow, row.id)
    except InvalidForm as error:
        problem = " ".join(retell(each.message) for each in error.errors)
    except ThiduaError as error:
        problem = error_text(error)
    return [Result(row.id, row.about or row.verb, problem) for row in rows]


def _do(uow: UnitOfWork, task_id: UUID) -> None:
    """Do to one task what the form orders. Raises InvalidForm, NotAllowed, NotReady."""
    act, reason = request.form.get("act"), request.form.get("reason", "")
    if act == "due":
        actions.change_due(uow, task_id, _day(request.form.get("due_on", "")), reason)
    elif act == "send_back":
        actions.send_back(uow, task_id, _step(request.form.get("step", "")), reason)
    else:
        actions.reassign(uow, task_id, _person(request.form.get("person", "")), reason)


def _step(text: str) -> str:
    if not text:
        raise InvalidForm([FieldError("step", N_("Cần chọn bước để trả về."))])
    return text


def _chosen() -> list[UUID]:
    chosen = request.form.getlist("task")
    if not chosen:
        raise InvalidForm([FieldError("task", N_("Chưa chọn dòng nào."))])
    try:
        return [UUID(text) for text in chosen]
    except ValueError:
        raise NotFound(N_("việc này")) from None


def _planned(uow: UnitOfWork, chosen: list[UUID]) -> list[operations.Change]:
    act = request.form.get("act")
    if not request.form.get("reason", "").strip():
        raise InvalidForm([FieldError("reason", N_("Cần nêu lý do."))])
    for task_id in chosen:
        refusal = actions.why_not_manage(uow, tasks.get(uow, task_id))
        if refusal:
            raise NotAllowed(refusal)
    if act == "send_back":
        return operations.plan_send_back(uow, chosen, _step(request.form.get("step", "")))
    if act != "due":
        return operations.plan_reassign(uow, chosen, _person(request.form.get("person", "")))
    due_at = due_moment(_day(request.form.get("due_on", "")))
    assert due_at is not None
    return operations.plan_due(uow, chosen, due_at)


def _manage_page(
    uow: UnitOfWork,
    *,
    planned: Sequence[operations.Change] = (),
    results: Sequence[Result] = (),
    problem: str = "",
) -> str:
    if not actions.managed_roles(uow):
        raise NotAllowed(N_("Trang này dành cho Thường trực Hội đồng và Phòng Nội vụ thành phố."))
    rows = queries.managed_tasks(uow)
    shown = queries.managed_rows(uow, [change.task for change in planned])
    people = queries.people_of_managed_roles(uow)
    return render_template(
        "tasks/manage.html",
        rows=rows,
        people=sorted(people.items(), key=lambda item: item[1]),
        planned=list(zip(planned, shown, strict=True)),
        results=results,
        problem=problem,
        typed={} if results else request.form,
        selected=set() if results else set(request.form.getlist("task")),
        names=people,
        steps=queries.earlier_steps(uow, rows),
    )
