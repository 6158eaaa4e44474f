"""A draft from its first day to its publication: begun, files taken and dropped, put in force from a date."""

from __future__ import annotations

import json
from datetime import date
from pathlib import PurePosixPath
from typing import Any
from uuid import UUID

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from engine.database import UnitOfWork
from engine.errors import N_, FieldError, InvalidForm, LintFailed, NotAllowed, ThiduaError
from engine.lint import Finding
from engine.manifest import ManifestRefused
from engine.xml import UnsafeXml
from webapp.i18n import error_text
from webapp.request import reading, status_of, writes, writing
from webapp.sheets import Sheet, SheetPage, Values, once, sheet_page
from webapp.views.admin import blueprint
from webapp.views.admin.regulations import regulation_page
from workflows.actions import regulations as actions
from workflows.queries import regulations as queries

NEW: dict[str, dict[str, Any]] = {
    "name": {
        "type": "string",
        "title": N_("Tên bản sửa đổi"),
        "maxLength": 200,
        "x-help": N_("Ví dụ: Bổ sung bước công khai lấy ý kiến trước phiên họp Hội đồng."),
    },
    "citation": {
        "type": "string",
        "title": N_("Căn cứ"),
        "maxLength": 500,
        "x-help": N_("Số, ngày, tên văn bản làm căn cứ sửa đổi."),
    },
}
STEP: dict[str, dict[str, Any]] = {
    "folder": {"type": "string", "title": N_("Thuộc quy trình")},
    "step": {
        "type": "string",
        "title": N_("Mã bước"),
        "pattern": "^[a-z][a-z0-9_]*$",
        "maxLength": 60,
        "x-help": N_("Trùng với mã của bước trong sơ đồ; chữ thường không dấu, số và dấu gạch dưới."),
    },
    "title": {"type": "string", "title": N_("Tên biểu mẫu"), "maxLength": 200},
}


@blueprint.route("/regulations/new", methods=["GET", "POST"])
def new_draft() -> ResponseReturnValue:
    """A draft over what is in force."""

    def build(uow: UnitOfWork) -> SheetPage:
        note = _("Bản sửa đổi bắt đầu từ các quy định đang có hiệu lực và chỉ ghi lại những gì khác đi.")
        context = {"title": _("Lập bản sửa đổi"), "note": note, "button": _("Lập bản sửa đổi")}
        sheet = Sheet(NEW, ["name"])
        return SheetPage(sheet, "admin/form.html", {**context, "back": url_for("admin.regulations")})

    def act(uow: UnitOfWork, typed: Values) -> str:
        made = actions.start_draft(uow, name=typed["name"], citation=typed.get("citation") or "")
        return url_for("admin.regulation", regulation_id=made.id)

    return sheet_page(build, act)


@blueprint.route("/regulations/<uuid:regulation_id>/form", methods=["GET", "POST"])
def new_form(regulation_id: UUID) -> ResponseReturnValue:
    """A starter form for a new step: a step of a person needs one."""

    def build(uow: UnitOfWork) -> SheetPage:
        groups = queries.groups(uow, queries.readable(uow, regulation_id))
        options = {"folder": [(group.folder, group.title) for group in groups if group.folder]}
        context = {"title": _("Thêm biểu mẫu"), "button": _("Thêm biểu mẫu")}
        back = url_for("admin.regulation", regulation_id=regulation_id)
        return SheetPage(Sheet(STEP, list(STEP), {}, options), "admin/form.html", {**context, "back": back})

    def act(uow: UnitOfWork, typed: Values) -> str:
        path = f"{typed['folder']}/{typed['step']}.form.json"
        try:
            actions.save_file(uow, regulation_id, path, _starter(typed["title"]), expected=None)
        except ThiduaError as error:
            raise InvalidForm([FieldError("step", error_text(error))]) from error
        return url_for("admin.edit_file", regulation_id=regulation_id, path=path)

    return sheet_page(build, act)


def _starter(title: str) -> bytes:
    note = {"type": "string", "title": "Ghi chú", "x-en": "Note", "maxLength": 1000, "x-widget": "textarea"}
    schema = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": title,
        "type": "object",
        "properties": {"note": note},
    }
    return json.dumps(schema, ensure_ascii=False, indent=2).encode()


@blueprint.post("/regulations/<uuid:regulation_id>/upload")
def upload(regulation_id: UUID) -> ResponseReturnValue:
    """Take files together or not at all, and say of each why not."""
    sent = [file for file in request.files.getlist("files") if file.filename]
    read = [(str(file.filename), file.read()) for file in sent]
    if not read:
        return _draft_again(regulation_id, [_("Hãy chọn tệp trước khi tải lên.")])
    try:
        with writing() as uow:
            draft = queries.own_regulation(uow, regulation_id)
            files = {_place(uow, draft, name, content): content for name, content in read}
            taken = actions.take_uploads(uow, regulation_id, files)
    except LintFailed as error:
        return _draft_again(
            regulation_id, [_("Tệp tải lên chưa dùng được; dự thảo giữ nguyên.")], error.findings
        )
    except (UnsafeXml, ManifestRefused, NotAllowed) as error:
        return _draft_again(regulation_id, [error_text(error)])
    flash(_("Đã nhận: %(files)s.", files=", ".join(taken)), "good")
    return redirect(url_for("admin.regulation", regulation_id=regulation_id))


def _place(uow: UnitOfWork, draft: Any, name: str, content: bytes) -> str:
    try:
        return queries.place_of(uow, draft, name, content)
    except UnsafeXml as error:
        finding = Finding(
            "error", PurePosixPath(name).name, "", error.reason, N_("lưu lại tệp từ trình vẽ sơ đồ")
        )
        raise LintFailed([finding]) from error


def _draft_again(
    regulation_id: UUID, problems: list[str], refused: Any = (), **more: Any
) -> ResponseReturnValue:
    """The draft's page with what could not be done and why."""
    with reading() as uow:
        page = regulation_page(uow, regulation_id)
        return render_template(
            "admin/regulation.html", problems=problems, refused=refused, **page, **more
        ), 422


@blueprint.post("/regulations/<uuid:regulation_id>/remove")
@writes
def remove_file(uow: UnitOfWork, regulation_id: UUID) -> ResponseReturnValue:
    """Take a file away from date of effect on."""
    path = request.form.get("path", "")
    target = url_for("admin.regulation", regulation_id=regulation_id)

    def act() -> str:
        actions.remove_file(uow, regulation_id, path)
        flash(_("Đã bỏ tệp %(path)s trong bản này.", path=path), "good")
        return target

    return redirect(once(uow, act))


@blueprint.post("/regulations/<uuid:regulation_id>/revert")
@writes
def revert_file(uow: UnitOfWork, regulation_id: UUID) -> ResponseReturnValue:
    """Follow the file in force again."""
    path = request.form.get("path", "")
    target = url_for("admin.regulation", regulation_id=regulation_id)

    def act() -> str:
        actions.revert_file(uow, regulation_id, path)
        flash(_("Tệp %(path)s lại theo quy định đang có hiệu lực.", path=path), "good")
        return target

    return redirect(once(uow, act))


@blueprint.post("/regulations/<uuid:regulation_id>/discard")
@writes
def discard(uow: UnitOfWork, regulation_id: UUID) -> ResponseReturnValue:
    """Throw the draft away."""

    def act() -> str:
        actions.discard_draft(uow, regulation_id)
        flash(_("Đã hủy dự thảo."), "good")
        return url_for("admin.regulations")

    return redirect(once(uow, act))


@blueprint.post("/regulations/<uuid:regulation_id>/publish")
def publish(regulation_id: UUID) -> ResponseReturnValue:
    """Put the draft in force from a date; what forbids it is shown beside the date that was chosen."""
    start, until = request.form.get("effective_from", ""), request.form.get("effective_until", "")
    chosen = {"effective_from": start, "effective_until": until}
    try:
        first, last = _day(start, needed=True), _day(until)
        assert first is not None
        with writing() as uow:

            def act() -> str:
                made = actions.publish(uow, regulation_id, effective_from=first, effective_until=last)
                said = _("Đã công bố, có hiệu lực từ %(day)s.", day=f"{made.effective_from:%d/%m/%Y}")
                flash(said, "good")
                return url_for("admin.regulation", regulation_id=regulation_id)

            target = once(uow, act)
        return redirect(target)
    except LintFailed as error:
        return _draft_again(regulation_id, [error_text(error)], error.findings, chosen=chosen)
    except InvalidForm as error:
        return _draft_again(regulation_id, [each.message for each in error.errors], chosen=chosen)
    except NotAllowed as error:
        if status_of(error) == 403 and "vai trò" in error.reason:
            raise
        return _draft_again(regulation_id, [error_text(error)], chosen=chosen)


def _day(text: str, *, needed: bool = False) -> date | None:
    if not text and not needed:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        message = (
            N_("Hãy chọn ngày bắt đầu có hiệu lực.") if needed else N_("Ngày hết hiệu lực không hợp lệ.")
        )
        raise InvalidForm([FieldError("effective_from", message)]) from None
