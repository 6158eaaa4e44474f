"""Regulations read: the list, one regulation file by file, its diagrams as pictures, its tables as tables."""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import Any
from uuid import UUID

from flask import Response, render_template, request
from flask.typing import ResponseReturnValue

from engine import regulations as engine_regulations
from engine.database import UnitOfWork
from engine.models import Regulation
from webapp.request import reads
from webapp.views.admin import blueprint
from workflows.queries import regulations as queries
from workflows.queries.decision_table import decision_tables
from workflows.queries.migration import left_behind
from workflows.queries.regulation_values import value_rows


@blueprint.get("/regulations")
@reads
def regulations(uow: UnitOfWork) -> ResponseReturnValue:
    """In force, in preparation, to come, past."""
    lists = queries.list_regulations(uow)
    return render_template("admin/regulations.html", lists=lists, states=queries.STATES)


@blueprint.get("/regulations/<uuid:regulation_id>")
@reads
def regulation(uow: UnitOfWork, regulation_id: UUID) -> ResponseReturnValue:
    """One regulation with its legal basis and its files by process."""
    return render_template("admin/regulation.html", **regulation_page(uow, regulation_id))


def regulation_page(uow: UnitOfWork, regulation_id: UUID) -> dict[str, Any]:
    """What the page of a regulation shows; for a draft also the findings and the latest date to begin."""
    found = queries.readable(uow, regulation_id)
    is_draft = found.state == "draft"
    return {
        "row": queries.regulation_row(uow, found),
        "groups": queries.groups(uow, found),
        "values": value_rows(uow, found),
        "kinds": queries.KINDS,
        "origins": queries.ORIGINS,
        "states": queries.STATES,
        "findings": engine_regulations.findings(uow, regulation_id) if is_draft else [],
        "today": uow.today,
        "behind": 0 if is_draft else left_behind(uow, regulation_id),
    }


@blueprint.get("/regulations/<uuid:regulation_id>/view")
@reads
def view_file(uow: UnitOfWork, regulation_id: UUID) -> ResponseReturnValue:
    """One file to read: a picture, a table, or the text."""
    found = queries.readable(uow, regulation_id)
    path = request.args.get("path", "")
    content, _digest = queries.file_of(uow, found, path)
    shown = file_context(uow, found, path, content)
    if path.endswith(".bpmn"):
        data = {"xml": content.decode(), "positions": {}, "labels": {}}
        return render_template("admin/diagram.html", data=data, **shown)
    if path.endswith(".dmn"):
        return render_template("admin/table.html", tables=decision_tables(content), **shown)
    return render_template("admin/text.html", text=content.decode(), **shown)


def file_context(uow: UnitOfWork, found: Regulation, path: str, content: bytes) -> dict[str, Any]:
    """What every page of one file shows around it."""
    return {
        "row": queries.regulation_row(uow, found),
        "path": path,
        "title": queries.title_of(path, content),
        "kind": queries.KINDS[queries.kind_of(path)],
    }


@blueprint.get("/regulations/<uuid:regulation_id>/download")
@reads
def download_file(uow: UnitOfWork, regulation_id: UUID) -> ResponseReturnValue:
    """The file as it is, never shown by the browser: a diagram is somebody's program."""
    found = queries.readable(uow, regulation_id)
    path = request.args.get("path", "")
    content, _digest = queries.file_of(uow, found, path)
    answer = Response(content, mimetype="application/octet-stream")
    answer.headers.set("Content-Disposition", "attachment", filename=PurePosixPath(path).name)
    return answer
