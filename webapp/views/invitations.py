"""Before a session: a member's answer, a declared recusal, the date for a calendar, a practice ballot."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from engine.database import UnitOfWork
from engine.errors import InvalidForm
from webapp.calendar_file import icalendar
from webapp.i18n import retell
from webapp.request import reading, reads, writing
from webapp.views.sessions import session_html
from workflows.actions.invitations import answer_invitation, declare_recusal, withdraw_recusal
from workflows.queries import box_pages, invitations

blueprint = Blueprint("invitations", __name__)
CHOICE = "secret_choice."


@blueprint.post("/sessions/<uuid:session_id>/invitation")
def answer(session_id: UUID) -> ResponseReturnValue:
    """Accept or decline; what was wrong is said beside the field, on the session's page."""
    given = {name: request.form.get(name, "") for name in ("reply", "reason", "delegate")}
    done = _("Đã ghi nhận trả lời của anh/chị.")
    return _said(session_id, lambda uow: answer_invitation(uow, session_id, **given), done, given)


@blueprint.post("/sessions/<uuid:session_id>/recusal")
def recusal(session_id: UUID) -> ResponseReturnValue:
    """The member gives up the ballot on one nominee."""
    given = {name: request.form.get(name, "") for name in ("nomination_id", "ground")}
    done = _("Đã ghi nhận: anh/chị không biểu quyết hồ sơ này.")
    return _said(session_id, lambda uow: declare_recusal(uow, session_id, **given), done, given)


@blueprint.post("/sessions/<uuid:session_id>/recusal/<uuid:nomination_id>/withdraw")
def withdraw(session_id: UUID, nomination_id: UUID) -> ResponseReturnValue:
    """What was declared by mistake is taken back."""
    done = _("Đã rút lại; anh/chị có phiếu biểu quyết hồ sơ này.")
    return _said(session_id, lambda uow: withdraw_recusal(uow, session_id, nomination_id), done, {})


def _said(
    session_id: UUID, action: Callable[[UnitOfWork], None], done: str, typed: dict[str, str]
) -> ResponseReturnValue:
    try:
        with writing() as uow:
            action(uow)
    except InvalidForm as error:
        errors = {each.path: retell(each.message) for each in error.errors}
        with reading() as uow:
            return session_html(uow, session_id, typed, errors), 422
    flash(done, "good")
    return redirect(url_for("sessions.show", session_id=session_id))


@blueprint.get("/sessions/<uuid:session_id>/phien-hop.ics")
@reads
def calendar(uow: UnitOfWork, session_id: UUID) -> ResponseReturnValue:
    """The session for the calendar of a phone; the same event again when its date has changed."""
    found = invitations.meeting(uow, session_id)
    text = _("%(count)s hồ sơ xét khen thưởng.", count=found.dossiers)
    url = url_for("sessions.show", session_id=session_id, _external=True)
    response = Response(icalendar(found, text, url), mimetype="text/calendar")
    response.headers["Content-Disposition"] = "attachment; filename=phien-hop.ics"
    return response


@blueprint.route("/sessions/<uuid:session_id>/practice", methods=["GET", "POST"])
@reads
def practice(uow: UnitOfWork, session_id: UUID) -> ResponseReturnValue:
    """A ballot to try one's hand on: invented nominees, the same steps, and nothing that is sent is kept."""
    is_secret = invitations.own_invitation(uow, session_id).vote_mode == "secret"
    page = box_pages.practice_page(uow, session_id)
    chosen = {
        name.removeprefix(CHOICE): value for name, value in request.form.items() if name.startswith(CHOICE)
    }
    words: dict[str, Any] = {"page": page, "chosen": chosen, "practice": True, "secret": is_secret}
    if request.method == "GET" or "_edit" in request.form:
        return render_template("ballot_boxes/ballot.html", errors={}, **words)
    missing = [line for line in page.lines if chosen.get(line.id) not in line.choices]
    if missing and not is_secret:
        errors = {
            line.id: _("Chọn đồng ý hoặc không đồng ý cho %(name)s.", name=line.name) for line in missing
        }
        return render_template("ballot_boxes/ballot.html", errors=errors, **words), 422
    if "_confirmed" not in request.form:
        return render_template("ballot_boxes/confirm.html", **words)
    return render_template("ballot_boxes/practised.html", session_id=session_id, secret=is_secret)
