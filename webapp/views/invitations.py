"""Before a session: a member's answer, a declared recusal, the date for a calendar, a practice ballot."""

from __future__ import annotations

from urllib.parse import urlencode
from uuid import UUID

from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from engine.database import UnitOfWork
from engine.errors import InvalidForm
from webapp.calendar_file import icalendar
from webapp.i18n import retell
from webapp.request import reads, writing
from workflows.actions.invitations import answer_invitation, declare_recusal
from workflows.queries import box_pages, invitations

blueprint = Blueprint("invitations", __name__)


@blueprint.post("/sessions/<uuid:session_id>/invitation")
def answer(session_id: UUID) -> ResponseReturnValue:
    """Accept or decline; what was wrong is said on the session's page."""
    given = {name: request.form.get(name, "") for name in ("reply", "reason", "delegate")}
    try:
        with writing() as uow:
            answer_invitation(uow, session_id, **given)
        flash(_("Đã ghi nhận trả lời của anh/chị."), "good")
    except InvalidForm as error:
        flash(" ".join(retell(each.message) for each in error.errors), "bad")
        return redirect(f"{url_for('sessions.show', session_id=session_id)}?{urlencode(given)}#invitation")
    return redirect(url_for("sessions.show", session_id=session_id))


@blueprint.post("/sessions/<uuid:session_id>/recusal")
def recusal(session_id: UUID) -> ResponseReturnValue:
    """The member gives up the ballot on one nominee."""
    try:
        with writing() as uow:
            declare_recusal(
                uow, session_id, request.form.get("nomination_id", ""), request.form.get("ground", "")
            )
        flash(_("Đã ghi nhận: anh/chị không biểu quyết hồ sơ này."), "good")
    except InvalidForm as error:
        flash(" ".join(retell(each.message) for each in error.errors), "bad")
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
    """A ballot to try one's hand on: invented nominees, and nothing that is sent is kept."""
    invitations.invitation(uow, session_id)
    if request.method == "POST":
        return render_template("ballot_boxes/practised.html", session_id=session_id)
    page = box_pages.practice_page(uow, session_id)
    return render_template("ballot_boxes/ballot.html", page=page, chosen={}, errors={}, practice=True)
