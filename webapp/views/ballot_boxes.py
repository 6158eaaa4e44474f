"""A secret vote: a teller's code, the member's ballot on a phone, the opening by two, the published board.

What is chosen and the tellers' codes exist only in the request that brings them; the fields that carry them
have `secret` in their name, so that nothing keeps them (`webapp.kept`).
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from uuid import UUID

from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from engine import tasks
from engine.database import UnitOfWork
from engine.errors import Conflict, FieldError, InvalidForm
from webapp.i18n import error_text
from webapp.request import idempotency_key, reading, reads, writes, writing
from webapp.security import limiter
from webapp.task_pages import OWN_PAGES
from workflows.actions import ballot_boxes, secret_ballots
from workflows.queries import box_pages
from workflows.secret_ballot import verifier
from workflows.secret_ballot.spelling import aloud

blueprint = Blueprint("ballot_boxes", __name__)
OWN_PAGES["council_appraisal", "take_code"] = "ballot_boxes.teller"
OWN_PAGES["council_appraisal", "cast_secret_ballot"] = "ballot_boxes.task_ballot"
OWN_PAGES["council_appraisal", "open_box"] = "ballot_boxes.task_opening"
CHOICE, CODE = "secret_choice.", "secret_code_"
VERIFIER = "kiem-tra-hom-phieu.py"


@blueprint.get("/teller/<uuid:task_id>")
@reads
def teller(uow: UnitOfWork, task_id: UUID) -> ResponseReturnValue:
    """Before a teller's code is drawn: what it is for, that it is shown once."""
    task = tasks.get(uow, task_id)
    page = box_pages.box_page(uow, task.business_key)
    if task.state != "open":
        return redirect(url_for("ballot_boxes.show", session_id=task.business_key))
    return render_template("ballot_boxes/teller.html", task=task, page=page, code="")


@blueprint.post("/teller/<uuid:task_id>/code")
@limiter.limit("20 per hour")
@writes
def teller_code(uow: UnitOfWork, task_id: UUID) -> ResponseReturnValue:
    """The code, in this one answer and nowhere else; a code drawn before is void."""
    task = tasks.get(uow, task_id)
    code = ballot_boxes.take_code(uow, task.business_key)
    page = box_pages.box_page(uow, task.business_key)
    return render_template("ballot_boxes/teller.html", task=task, page=page, code=code, aloud=aloud(code))


@blueprint.post("/teller/<uuid:task_id>/held")
@writes
def teller_held(uow: UnitOfWork, task_id: UUID) -> ResponseReturnValue:
    """The teller has the code on paper; when all three have, the box is sealed."""
    task = tasks.get(uow, task_id)
    tasks.complete_task(uow, task_id, {}, idempotency_key=idempotency_key())
    flash(_("Đã ghi nhận: anh/chị giữ mã kiểm phiếu. Hãy cất phiếu mã đến khi mở hòm."), "good")
    return redirect(url_for("sessions.show", session_id=task.business_key))


@blueprint.get("/secret-ballot/<uuid:task_id>")
@reads
def task_ballot(uow: UnitOfWork, task_id: UUID) -> ResponseReturnValue:
    """The ballot of a voting task."""
    return redirect(url_for("ballot_boxes.ballot", session_id=tasks.get(uow, task_id).business_key))


@blueprint.get("/box-opening/<uuid:task_id>")
@reads
def task_opening(uow: UnitOfWork, task_id: UUID) -> ResponseReturnValue:
    """The opening that a teller's task is about."""
    return redirect(url_for("ballot_boxes.opening", session_id=tasks.get(uow, task_id).business_key))


@blueprint.get("/sessions/<uuid:session_id>/ballot")
@reads
def ballot(uow: UnitOfWork, session_id: UUID) -> ResponseReturnValue:
    """An empty ballot: nothing is preselected, an earlier one is never shown again."""
    return _ballot(uow, session_id, {}, ())


def _ballot(
    uow: UnitOfWork, session_id: UUID, chosen: Mapping[str, str], errors: Sequence[FieldError]
) -> ResponseReturnValue:
    page = box_pages.ballot_page(uow, session_id)
    if page.state != "casting":
        return _stopped(page)
    found = {error.path: error.message for error in errors}
    shown = render_template("ballot_boxes/ballot.html", page=page, chosen=chosen, errors=found)
    return shown, 422 if errors else 200


def _stopped(page: box_pages.BallotView) -> ResponseReturnValue:
    return render_template("ballot_boxes/stopped.html", page=page), 409


@blueprint.post("/sessions/<uuid:session_id>/ballot")
def ballot_post(session_id: UUID) -> ResponseReturnValue:
    """First one summary to confirm, then the envelope; sent again before the closing it is replaced."""
    chosen = {
        name.removeprefix(CHOICE): value for name, value in request.form.items() if name.startswith(CHOICE)
    }
    try:
        if "_confirmed" not in request.form:
            with reading() as uow:
                if "_edit" in request.form:
                    return _ballot(uow, session_id, chosen, ())
                page = box_pages.ballot_page(uow, session_id)
                return render_template("ballot_boxes/confirm.html", page=page, chosen=chosen)
        with writing() as uow:
            secret_ballots.cast(uow, session_id, chosen)
    except InvalidForm as error:
        with reading() as uow:
            return _ballot(uow, session_id, chosen, error.errors)
    except Conflict:
        with reading() as uow:
            return _stopped(box_pages.ballot_page(uow, session_id))
    return redirect(url_for("ballot_boxes.receipt", session_id=session_id))


@blueprint.get("/sessions/<uuid:session_id>/ballot/receipt")
@reads
def receipt(uow: UnitOfWork, session_id: UUID) -> ResponseReturnValue:
    """That the envelope is in the box, and its receipt; not what it says."""
    page = box_pages.ballot_page(uow, session_id)
    if not page.receipt:
        return redirect(url_for("ballot_boxes.ballot", session_id=session_id))
    return render_template("ballot_boxes/receipt.html", page=page)


@blueprint.get("/sessions/<uuid:session_id>/box/opening")
@reads
def opening(uow: UnitOfWork, session_id: UUID) -> ResponseReturnValue:
    """Where two of the three tellers type their codes."""
    return _opening(uow, session_id, {}, ())


def _opening(
    uow: UnitOfWork, session_id: UUID, typed: Mapping[int, str], errors: Sequence[FieldError]
) -> ResponseReturnValue:
    page = box_pages.box_page(uow, session_id)
    if page.state != "closed":
        return redirect(url_for("ballot_boxes.show", session_id=session_id))
    found = {error.path: error.message for error in errors}
    shown = render_template("ballot_boxes/opening.html", page=page, typed=typed, errors=found)
    return shown, 422 if errors else 200


@blueprint.post("/sessions/<uuid:session_id>/box/opening")
@limiter.limit("30 per hour")
def opening_post(session_id: UUID) -> ResponseReturnValue:
    """Open the box: the key exists in the keeper's process only, and only while it opens."""
    given = {place: request.form.get(f"{CODE}{place}", "").strip() for place in range(ballot_boxes.TELLERS)}
    typed = {place: code for place, code in given.items() if code}
    with reading() as uow:
        closed = secret_ballots.opening(uow, session_id)
    try:
        opened = closed.opened_with(typed)
        with writing() as uow:
            secret_ballots.record_opening(uow, session_id, opened, closed.root)
    except InvalidForm as error:
        with reading() as uow:
            return _opening(uow, session_id, typed, error.errors)
    flash(_("Đã mở hòm phiếu và đếm xong; khóa của hòm đã hủy."), "good")
    return redirect(url_for("ballot_boxes.show", session_id=session_id))


@blueprint.get("/sessions/<uuid:session_id>/box")
@reads
def show(uow: UnitOfWork, session_id: UUID) -> ResponseReturnValue:
    """The box: how far it is, what it promises and what it does not, its board after the closing."""
    return render_template("ballot_boxes/show.html", page=box_pages.box_page(uow, session_id))


@blueprint.get("/sessions/<uuid:session_id>/box/board.json")
@reads
def board(uow: UnitOfWork, session_id: UUID) -> ResponseReturnValue:
    """The published board, to be checked by anybody with the verifier."""
    content = json.dumps(box_pages.board_of(uow, session_id), ensure_ascii=False, indent=1)
    return _download(content, "application/json", "bang-phieu.json")


@blueprint.get(f"/sessions/{VERIFIER}")
@reads
def verifier_file(uow: UnitOfWork) -> ResponseReturnValue:
    """The stand-alone verifier: one file that needs Python and PyNaCl only."""
    content = Path(verifier.__file__).read_text("utf-8")
    return _download(content, "text/x-python", VERIFIER)


def _download(content: str, kind: str, name: str) -> Response:
    response = Response(content, mimetype=kind)
    response.headers["Content-Disposition"] = f"attachment; filename={name}"
    return response


@blueprint.errorhandler(Conflict)
def _conflict(error: Conflict) -> ResponseReturnValue:
    """A box that cannot be opened or sealed (any more) is said on its own page."""
    session_id = (request.view_args or {}).get("session_id")
    message = error_text(error)
    return render_template("ballot_boxes/refused.html", message=message, session_id=session_id), 409
