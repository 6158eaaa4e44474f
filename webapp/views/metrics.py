"""/metrics: figures for a Prometheus server, hidden from everybody else."""

from __future__ import annotations

from flask import Blueprint, Response, abort, request
from flask.typing import ResponseReturnValue

from webapp import metrics as figures
from webapp.request import database, settings

blueprint = Blueprint("metrics", __name__)


@blueprint.get("/metrics")
def metrics() -> ResponseReturnValue:
    """The figures; 404 for who may not read them, as if there were none."""
    may = figures.allowed(
        settings(),
        authorization=request.headers.get("Authorization", ""),
        address=request.remote_addr or "",
        forwarded="X-Forwarded-For" in request.headers,
    )
    if not may:
        abort(404)
    return Response(figures.exposition(database()), content_type=figures.CONTENT_TYPE)
