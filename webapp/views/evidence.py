"""The files of a dossier: added, and given out as downloads, never shown inside the site."""

from __future__ import annotations

from typing import Any, BinaryIO, cast
from uuid import UUID

from flask import Blueprint, Response, flash, redirect, request, send_file, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from engine import idempotency
from engine.database import UnitOfWork
from engine.errors import N_, FieldError, InvalidForm, ThiduaError
from webapp.dossier import dossier_page, note_look
from webapp.i18n import error_text, field_errors
from webapp.request import allow_large_body, idempotency_key, reading, writing
from workflows import files
from workflows.actions.evidence import attach as attach_file
from workflows.actions.nomination_rows import issued_year
from workflows.queries.dossier import evidence_file

blueprint = Blueprint("evidence", __name__)

TYPED = ("kind", "title", "number", "issued_year", "supersedes")


@blueprint.url_value_preprocessor
def _take_large_bodies(endpoint: str | None, _values: dict[str, Any] | None) -> None:
    if endpoint == "evidence.attach":
        allow_large_body()


@blueprint.post("/nominations/<uuid:nomination_id>/evidence")
def attach(nomination_id: UUID) -> ResponseReturnValue:
    """Add a file, once however often the form is sent; a refused one says why, and what was typed stays."""
    typed = {name: request.form.get(name, "").strip() for name in TYPED}
    try:
        with writing() as uow:
            name = _attach(uow, nomination_id, typed)
    except (InvalidForm, files.FileRefused, files.FileTooLarge) as error:
        with reading() as uow:
            page = dossier_page(uow, nomination_id, opened="attach", problem=_said(error), typed=typed)
            return page, 422
    flash(_("Đã thêm tệp “%(name)s” vào hồ sơ.", name=name), "good")
    return redirect(url_for("nominations.show", nomination_id=nomination_id, _anchor="files"))


def _attach(uow: UnitOfWork, nomination_id: UUID, typed: dict[str, str]) -> str:
    upload = request.files.get("file")
    if upload is None or not upload.filename:
        raise InvalidForm([FieldError("file", N_("Chưa chọn tệp nào."))])
    key = idempotency_key()
    known = idempotency.begin(uow, key, {"attach": nomination_id, **typed, "filename": upload.filename})
    if known is not None:
        return str(known["title"])
    row = attach_file(
        uow,
        nomination_id,
        kind=typed["kind"],
        title=typed["title"],
        number=typed["number"],
        issued_year=issued_year(typed["issued_year"]),
        supersedes=_uuid(typed["supersedes"]),
        filename=upload.filename,
        stream=cast(BinaryIO, upload.stream),
    )
    idempotency.finish(uow, key, {"title": row.title})
    return row.title


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text) if text else None
    except ValueError:
        raise InvalidForm([FieldError("supersedes", N_("Tệp được thay không hợp lệ."))]) from None


def _said(error: ThiduaError) -> str:
    if isinstance(error, InvalidForm):
        return " ".join(field_errors(error.errors).values())
    return error_text(error)


@blueprint.get("/evidence/<uuid:evidence_id>")
def download(evidence_id: UUID) -> Response:
    """The bytes as a download; only for those who may see the dossier."""
    with reading() as uow:
        row = evidence_file(uow, evidence_id)
        path, name, media_type = files.path_of(row.sha256), row.filename, row.media_type
    note_look("evidence", evidence_id)
    return send_file(path, mimetype=media_type, as_attachment=True, download_name=name)
