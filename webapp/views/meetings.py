"""Cuộc họp: the units' review meetings and the council's sessions, and a review meeting's own page."""

from __future__ import annotations

from uuid import UUID

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from engine.database import UnitOfWork
from engine.errors import N_, FieldError, InvalidForm
from webapp.i18n import field_errors
from webapp.request import reading, reads, writing
from webapp.starts import start_once
from webapp.stored_files import stored_file
from webapp.task_pages import task_url
from workflows import gate
from workflows.actions.meetings import start_review
from workflows.labels import AWARD_LABELS
from workflows.queries import meetings as queries
from workflows.queries import sessions, waiting
from workflows.queries.steps import open_steps

blueprint = Blueprint("meetings", __name__)


@blueprint.get("/meetings")
@reads
def index(uow: UnitOfWork) -> ResponseReturnValue:
    """All meetings the actor may see, and the buttons that open new ones."""
    assert uow.actor_id is not None
    office = gate.holds(uow, uow.actor_id, "standing_office")
    return render_template(
        "meetings/index.html",
        sessions=sessions.sessions(uow),
        meetings=queries.meetings(uow),
        council=sessions.may_read(uow),
        office=office,
        before_council=len(waiting.for_session(uow)) if office else 0,
        may_open=queries.may_open(uow),
        before_review=sum(len(unit.nominations) for unit in queries.units_waiting(uow)),
    )


@blueprint.get("/meetings/new")
@reads
def new(uow: UnitOfWork) -> ResponseReturnValue:
    """Choose whose dossiers a new review meeting takes up: all ticked, exceptions unticked."""
    return _new_page(uow, {})


def _new_page(uow: UnitOfWork, errors: dict[str, str]) -> str:
    units = queries.units_waiting(uow)
    wanted = request.values.get("unit", "")
    chosen = next((unit for unit in units if str(unit.unit_id) == wanted), units[0] if units else None)
    ticked = set(request.form.getlist("nomination")) if request.method == "POST" else None
    return render_template(
        "meetings/new.html",
        units=units,
        chosen=chosen,
        ticked=ticked,
        errors=errors,
        form=request.form,
        awards=AWARD_LABELS,
    )


@blueprint.post("/meetings")
def start() -> ResponseReturnValue:
    """Open the meeting over the ticked dossiers."""
    try:
        with writing() as uow:
            return redirect(_start(uow))
    except InvalidForm as error:
        with reading() as uow:
            return _new_page(uow, field_errors(error.errors)), 422


def _start(uow: UnitOfWork) -> str:
    ids = [UUID(value) for value in request.form.getlist("nomination")]
    unit_id, title = UUID(request.form["unit"]), request.form.get("title", "")
    if not ids:
        raise InvalidForm([FieldError("nominations", N_("Chọn ít nhất một hồ sơ để đưa ra bình xét."))])
    body = {"start": "unit_review", "unit": str(unit_id), "title": title, "ids": [str(each) for each in ids]}
    return start_once(
        uow,
        body,
        lambda: start_review(uow, unit_id, title=title, nomination_ids=ids),
        lambda meeting_id: url_for("meetings.show", meeting_id=meeting_id),
    )


@blueprint.get("/meetings/<uuid:meeting_id>")
@reads
def show(uow: UnitOfWork, meeting_id: UUID) -> ResponseReturnValue:
    """One review meeting: where it stands, its list with votes and results, its minutes."""
    page = queries.meeting_page(uow, meeting_id)
    steps = open_steps(uow, page.meeting.instance_id)
    return render_template(
        "meetings/show.html", page=page, meeting=page.meeting, steps=steps, task_url=task_url
    )


@blueprint.get("/meetings/<uuid:meeting_id>/scan")
@reads
def scan(uow: UnitOfWork, meeting_id: UUID) -> ResponseReturnValue:
    """The scan of the signed minutes of a review meeting."""
    page = queries.meeting_page(uow, meeting_id)
    return stored_file(page.meeting.scan_sha256 or "", N_("Biên bản bình xét đã ký"))
