"""The editors: diagrams and decision tables in the browser's own editor, forms and wordings as text.

A save says which version the editor had read; who comes second is told so and keeps what they drew.
"""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Any
from uuid import UUID

from flask import flash, jsonify, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_wtf.csrf import generate_csrf

from engine import forms, regulations
from engine.database import UnitOfWork
from engine.errors import Conflict
from engine.lint import Finding
from engine.xml import UnsafeXml, safe_parse
from webapp.i18n import error_text, language, retell, translate
from webapp.request import reading, reads, writes, writing
from webapp.views.admin import blueprint
from webapp.views.admin.regulations import file_context
from workflows.actions import regulations as actions
from workflows.queries import regulations as queries


@blueprint.get("/regulations/<uuid:regulation_id>/edit")
@reads
def edit_file(uow: UnitOfWork, regulation_id: UUID) -> ResponseReturnValue:
    """The editor for a file of a draft; a published one is shown to read."""
    found = queries.own_regulation(uow, regulation_id)
    path = request.args.get("path", "")
    if found.state != "draft":
        return redirect(url_for("admin.view_file", regulation_id=regulation_id, path=path))
    content, digest = queries.file_of(uow, found, path)
    if path.endswith(".json"):
        return _text_page(uow, regulation_id, path, content.decode(), digest)
    shown = file_context(uow, found, path, content)
    urls = _urls(regulation_id, path)
    data: dict[str, Any] = {
        "xml": content.decode(),
        "expected": digest,
        "csrf": generate_csrf(),
        "language": language(),
        "filename": path.rpartition("/")[2],
        "texts": _texts(),
        **urls,
    }
    if path.endswith(".dmn"):
        return render_template("admin/dmn.html", data=data, **shown)
    lint = regulations.findings(uow, regulation_id)
    data["findings"] = [_finding(each) for each in lint if each.file == path]
    data["choices"] = queries.choices(uow, found, path)
    return render_template("admin/modeler.html", data=data, **shown)


def _urls(regulation_id: UUID, path: str) -> dict[str, str]:
    endpoints = {"saveUrl": "admin.save_file", "lintUrl": "admin.check_file", "forkUrl": "admin.fork_file"}
    return {
        key: url_for(endpoint, regulation_id=regulation_id, path=path) for key, endpoint in endpoints.items()
    }


def _texts() -> dict[str, str]:
    return {
        "saving": _("Đang lưu…"),
        "saved": _("Đã lưu dự thảo."),
        "unsaved": _("Có thay đổi chưa lưu."),
        "failed": _("Chưa lưu được: mất kết nối. Nội dung vẫn còn trên màn hình; hãy thử lại."),
        "checking": _("Đang kiểm tra…"),
        "clean": _("Không có lỗi trong sơ đồ này."),
    }


def _finding(finding: Finding) -> dict[str, str]:
    return {**asdict(finding), "message": retell(finding.message), "advice": retell(finding.advice)}


def _posted_xml() -> tuple[bytes, str | None]:
    body = request.get_json(silent=True) or {}
    return str(body.get("xml", "")).encode(), body.get("expected") or None


@blueprint.post("/regulations/<uuid:regulation_id>/save")
@writes
def save_file(uow: UnitOfWork, regulation_id: UUID) -> ResponseReturnValue:
    """Store what the editor holds and say what is wrong with it: a draft may have errors, hostile XML not."""
    path = request.args.get("path", "")
    content, expected = _posted_xml()
    if refusal := _hostile(path, content):
        return jsonify({"message": refusal}), 422
    found = actions.check(uow, regulation_id, path, content)
    digest = actions.save_file(uow, regulation_id, path, content, expected=expected)
    mine = [_finding(each) for each in found if each.file == path]
    return jsonify({"message": _verdict(_("Đã lưu dự thảo."), mine), "expected": digest, "findings": mine})


def _hostile(path: str, content: bytes) -> str:
    """What to say of XML that is kept nowhere, not even in a draft; empty for what may be kept."""
    if not path.endswith((".bpmn", ".dmn")):
        return ""
    try:
        safe_parse(content)
    except UnsafeXml as error:
        words = {"reason": translate(error.reason)}
        return str(_("Chưa lưu: %(reason)s. Hãy bỏ phần đó rồi lưu lại; bản trên màn hình vẫn còn.", **words))
    return ""


def _verdict(done: str, found: list[dict[str, str]]) -> str:
    errors = sum(each["level"] == "error" for each in found)
    if errors:
        return str(_("%(done)s Còn %(count)d lỗi phải sửa trước khi công bố.", done=done, count=errors))
    if found:
        return str(_("%(done)s Có %(count)d chỗ nên xem lại.", done=done, count=len(found)))
    return str(_("%(done)s Không có lỗi.", done=done))


@blueprint.post("/regulations/<uuid:regulation_id>/check")
@reads
def check_file(uow: UnitOfWork, regulation_id: UUID) -> ResponseReturnValue:
    """The findings of what the editor holds; nothing is stored."""
    path = request.args.get("path", "")
    content, _expected = _posted_xml()
    found = actions.check(uow, regulation_id, path, content)
    mine = [_finding(each) for each in found if each.file == path]
    return jsonify({"message": _verdict(_("Đã kiểm tra."), mine), "findings": mine})


@blueprint.post("/regulations/<uuid:regulation_id>/fork")
@writes
def fork_file(uow: UnitOfWork, regulation_id: UUID) -> ResponseReturnValue:
    """Keep what the second of two editors drew as a draft of its own."""
    path = request.args.get("path", "")
    content = _posted_xml()[0] if request.is_json else request.form.get("content", "").encode()
    if refusal := _hostile(path, content):
        return jsonify({"message": refusal}), 422
    made = actions.save_as_other_draft(uow, regulation_id, path, content)
    message = _("Đã giữ bản của anh/chị thành dự thảo “%(name)s”.", name=made.name)
    target = url_for("admin.edit_file", regulation_id=made.id, path=path)
    flash(message, "good")
    return jsonify({"message": message, "goTo": target}) if request.is_json else redirect(target)


@blueprint.post("/regulations/<uuid:regulation_id>/edit")
def save_text(regulation_id: UUID) -> ResponseReturnValue:
    """Store a form or a wording; what is no JSON, or was changed by somebody else, comes back as typed."""
    path = request.args.get("path", "")
    text = request.form.get("content", "").replace("\r\n", "\n")
    expected = request.form.get("expected") or None
    try:
        json.loads(text)
        with writing() as uow:
            actions.save_file(uow, regulation_id, path, text.encode(), expected=expected)
    except json.JSONDecodeError as error:
        place = {"line": error.lineno, "column": error.colno}
        problem = _("Chưa lưu: dòng %(line)d, cột %(column)d không đúng cú pháp JSON.", **place)
        with reading() as uow:
            return _text_page(uow, regulation_id, path, text, expected, problem), 422
    except Conflict as error:
        with reading() as uow:
            return _text_page(uow, regulation_id, path, text, expected, error_text(error), clash=True), 409
    flash(_("Đã lưu dự thảo."), "good")
    return redirect(url_for("admin.edit_file", regulation_id=regulation_id, path=path))


def _text_page(
    uow: UnitOfWork,
    regulation_id: UUID,
    path: str,
    text: str,
    expected: str | None,
    problem: str = "",
    *,
    clash: bool = False,
) -> str:
    found = queries.own_regulation(uow, regulation_id)
    content = text.encode()
    lint = [each for each in queries.tried(uow, found, {path: content}) if each.file == path]
    theirs = queries.file_of(uow, found, path)[0].decode() if clash else ""
    return render_template(
        "admin/text_editor.html",
        text=text,
        expected=expected or "",
        problem=problem,
        theirs=theirs,
        findings=lint,
        preview=_preview(path, text, lint),
        **file_context(uow, found, path, content),
    )


def _preview(path: str, text: str, lint: list[Finding]) -> list[Any]:
    """The form's fields as people will see them; nothing for a wording or a form that does not pass."""
    if not path.endswith(".form.json") or any(each.level == "error" for each in lint):
        return []
    try:
        schema = json.loads(text)
    except json.JSONDecodeError:
        return []
    return list(forms.fields(schema, {}, (), None, language()))
