"""When a cap has changed before the signature: the office corrects its number, the chair chooses again."""

from __future__ import annotations

from collections.abc import Mapping
from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from engine.database import UnitOfWork
from engine.errors import InvalidForm
from webapp.i18n import field_errors
from webapp.request import reading, reads, writing
from workflows.actions.session_reselect import correct_numbers, decide_again
from workflows.queries.caps import selection_page

blueprint = Blueprint("session_selection", __name__)
Texts = Mapping[str, str]


@blueprint.get("/sessions/<uuid:session_id>/selection")
@reads
def show(uow: UnitOfWork, session_id: UUID) -> ResponseReturnValue:
    """The caps of a finished session as they are today, and who must be chosen again."""
    return _page(uow, session_id)


def _page(uow: UnitOfWork, session_id: UUID, errors: Texts | None = None, typed: Texts | None = None) -> str:
    return render_template(
        "sessions/selection.html",
        page=selection_page(uow, session_id),
        errors=errors or {},
        typed=typed or {},
    )


@blueprint.post("/sessions/<uuid:session_id>/selection/numbers")
def numbers(session_id: UUID) -> ResponseReturnValue:
    """The office replaces the number that a cap is reckoned from."""
    given = request.form.to_dict()
    try:
        with writing() as uow:
            found = correct_numbers(uow, session_id, given, given.get("basis", ""))
    except InvalidForm as error:
        return _again(session_id, error, given)
    if found:
        flash(_("Đã sửa số liệu. Chỉ tiêu đã giảm: Chủ tịch Hội đồng đã được báo để xét chọn lại."), "bad")
    else:
        flash(_("Đã sửa số liệu; kết quả của Hội đồng vẫn trong chỉ tiêu."), "good")
    return redirect(url_for("session_selection.show", session_id=session_id))


@blueprint.post("/sessions/<uuid:session_id>/selection")
def decide(session_id: UUID) -> ResponseReturnValue:
    """The chair keeps some and puts the others in reserve."""
    given = request.form.to_dict()
    prefix = "choice."
    choices = {name.removeprefix(prefix): text for name, text in given.items() if name.startswith(prefix)}
    try:
        with writing() as uow:
            decide_again(uow, session_id, choices, given.get("reason", ""), given.get("override_basis", ""))
    except InvalidForm as error:
        return _again(session_id, error, given)
    flash(_("Đã xét chọn lại; hồ sơ dự bị đã rời khỏi văn bản chờ ký."), "good")
    return redirect(url_for("sessions.show", session_id=session_id))


def _again(session_id: UUID, error: InvalidForm, given: Texts) -> ResponseReturnValue:
    with reading() as uow:
        return _page(uow, session_id, field_errors(error.errors), given), 422
