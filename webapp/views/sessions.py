"""A session of the council: its page, the member's ballot on a phone, the chair's closing of the vote."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from engine import tasks
from engine.database import UnitOfWork
from engine.errors import FieldError, InvalidForm, NotReady
from engine.models import Task
from webapp.i18n import error_text
from webapp.request import concerns, idempotency_key, posted, reading, reads, writes, writing
from webapp.starts import start_once
from webapp.task_form import form_of
from webapp.task_pages import OWN_PAGES, task_url
from webapp.views.tasks import stopped_because, task_page
from workflows.actions.sessions import AlreadyVoted, VotingClosed, cast_vote, close_voting, create_session
from workflows.queries import sessions as queries
from workflows.queries.box_pages import box_beside
from workflows.queries.invitations import invitation
from workflows.queries.session_lines import CHOICE_LABELS, LineView
from workflows.queries.sessions import SessionView
from workflows.queries.steps import open_steps

blueprint = Blueprint("sessions", __name__)
OWN_PAGES["council_appraisal", "cast_vote"] = "sessions.vote"
STATES = ("preparing", "invited", "voting", "counted", "closed")


@blueprint.post("/sessions")
@writes
def start(uow: UnitOfWork) -> ResponseReturnValue:
    """Call a session; its agenda is the first step, where everything about it is set."""
    title = _("Phiên họp Hội đồng Thi đua – Khen thưởng tháng %(month)s", month=f"{uow.today:%m/%Y}")
    url = start_once(
        uow,
        {"start": "council_appraisal"},
        lambda: create_session(uow, title=title),
        lambda session_id: url_for("sessions.show", session_id=session_id),
    )
    return redirect(url)


@blueprint.get("/sessions/<uuid:session_id>")
@reads
def show(uow: UnitOfWork, session_id: UUID) -> ResponseReturnValue:
    """The session: who is there, what each line needs, who has voted; figures and choices after closing."""
    return session_html(uow, session_id)


def session_html(
    uow: UnitOfWork,
    session_id: UUID,
    typed: Mapping[str, str] | None = None,
    errors: Mapping[str, str] | None = None,
) -> str:
    """The session's page; what was typed into the answer to the invitation, with what is wrong by field."""
    page = queries.session_page(uow, session_id)
    steps = open_steps(uow, page.instance_id)
    mine = queries.receipt(uow, session_id) if page.vote_mode == "open" else None
    return render_template(
        "sessions/show.html",
        page=page,
        groups=_groups(page),
        reached=_reached(page.state),
        steps=[step for step in steps if step.step != "cast_vote" or not mine],
        receipt=mine,
        box=box_beside(uow, session_id),
        invitation=invitation(uow, session_id),
        typed=typed or {},
        errors=errors or {},
        task_url=task_url,
    )


def _groups(page: SessionView) -> list[tuple[Any, list[LineView], str]]:
    """The agenda by award; the rule in words is said once for a group when it is the same for all of it."""
    groups = []
    for share in page.awards:
        lines = [line for line in page.lines if line.award == share.award]
        rules = {line.rule for line in lines}
        groups.append((share, lines, rules.pop() if len(rules) == 1 else ""))
    return groups


def _reached(state: str) -> int:
    """How far the session is: 0 preparing, 1 attendance, 2 voting, 3 counting, 4 announced."""
    return STATES.index("invited" if state == "no_quorum" else state)


@blueprint.get("/vote/<uuid:task_id>")
@reads
def vote(uow: UnitOfWork, task_id: UUID) -> ResponseReturnValue:
    """The member's ballot; after it was cast, its receipt."""
    task = tasks.get(uow, task_id)
    if task.assignee_id == uow.actor_id and queries.receipt(uow, task.business_key):
        return redirect(url_for("sessions.receipt", session_id=task.business_key))
    if task.state != "open":
        return _stopped(task, error_text(VotingClosed()))
    return _ballot(uow, task)


def _ballot(
    uow: UnitOfWork, task: Task, typed: Mapping[str, Any] | None = None, errors: Sequence[FieldError] = ()
) -> str:
    return task_page(
        uow, task, typed=typed, errors=errors, template="sessions/vote.html", session_id=task.business_key
    )


def _stopped(task: Task, message: str) -> ResponseReturnValue:
    page = render_template("sessions/vote_stopped.html", message=message, session_id=task.business_key)
    return page, 409


@blueprint.post("/vote/<uuid:task_id>")
def vote_post(task_id: UUID) -> ResponseReturnValue:
    """First the summary to confirm, then the ballot itself; the same ballot sent twice counts once."""
    typed: dict[str, Any] = {}
    with reading() as uow:
        task = tasks.get(uow, task_id)
    try:
        with writing() as uow:
            return _vote(uow, tasks.get(uow, task_id), typed)
    except InvalidForm as error:
        with reading() as uow:
            return _ballot(uow, tasks.get(uow, task_id), typed, error.errors), 422
    except (AlreadyVoted, VotingClosed, NotReady) as error:
        return _stopped(task, error_text(error))


def _vote(uow: UnitOfWork, task: Task, typed: dict[str, Any]) -> ResponseReturnValue:
    concerns(task.instance_id)
    cast = task.assignee_id == uow.actor_id and queries.receipt(uow, task.business_key) is not None
    if not cast and task.state != "open":
        raise VotingClosed
    if not cast and stopped_because(uow, task):
        return _ballot(uow, task), 403
    form = form_of(uow, task)
    data, errors = form.check(posted())
    typed.update(data)
    if errors:
        raise InvalidForm(errors)
    if "_edit" in request.form:
        return _ballot(uow, task, typed)
    if "_confirmed" not in request.form and not cast:
        return _summary(task, form.fields(typed), data)
    choices = {str(row["id"]): str(row["choice"]) for row in data["lines"]}
    cast_vote(uow, task.business_key, choices, idempotency_key())
    return redirect(url_for("sessions.receipt", session_id=task.business_key))


def _summary(task: Task, fields: Sequence[Any], data: Mapping[str, Any]) -> str:
    names = {row.hidden[0].value: _who(row) for field in fields for row in field.rows}
    rows = [(str(row["id"]), names.get(row["id"], ""), str(row["choice"])) for row in data["lines"]]
    return render_template("sessions/vote_confirm.html", task=task, rows=rows, words=CHOICE_LABELS)


def _who(row: Any) -> str:
    """Name and award: one person may stand on the list twice."""
    known = {field.name: field.text for field in row.fields}
    return f"{known['name']} – {known['award']}"


@blueprint.get("/sessions/<uuid:session_id>/receipt")
@reads
def receipt(uow: UnitOfWork, session_id: UUID) -> ResponseReturnValue:
    """That the ballot was taken, when, and what it said."""
    found = queries.receipt(uow, session_id)
    if found is None:
        return redirect(url_for("sessions.show", session_id=session_id))
    return render_template("sessions/receipt.html", receipt=found, session_id=session_id)


@blueprint.get("/sessions/<uuid:session_id>/close")
@reads
def close(uow: UnitOfWork, session_id: UUID) -> ResponseReturnValue:
    """Before the chair closes a vote: the names of those who have not voted yet."""
    page = queries.session_page(uow, session_id)
    if not page.can_close:
        return redirect(url_for("sessions.show", session_id=session_id))
    return render_template("sessions/close.html", page=page)


@blueprint.post("/sessions/<uuid:session_id>/close")
@writes
def close_post(uow: UnitOfWork, session_id: UUID) -> ResponseReturnValue:
    """The chair closes the vote."""
    close_voting(uow, session_id, request.form.get("note", ""))
    flash(_("Đã kết thúc biểu quyết; kết quả đang được tổng hợp."), "good")
    return redirect(url_for("sessions.show", session_id=session_id))
