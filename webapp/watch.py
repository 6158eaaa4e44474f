"""Every request measured and written down: which page, who, how long, how it ended; nothing of what it held."""

from __future__ import annotations

import time
from uuid import UUID

import structlog
from flask import Flask, Response, g, got_request_exception, request

from engine.database import new_id
from webapp import metrics
from webapp.actor import Actor
from webapp.logs import error_fields

log = structlog.get_logger("webapp.watch")


def install(app: Flask) -> None:
    """Watch an application; call it before anything else asks to see the requests."""
    app.before_request(_begin)
    app.after_request(_end)
    got_request_exception.connect(_note_error, app)


def _begin() -> None:
    g.begun = time.perf_counter()
    g.request_id = str(new_id())
    structlog.contextvars.clear_contextvars()
    structlog.contextvars.bind_contextvars(request=g.request_id)


def _note_error(_app: Flask, exception: BaseException) -> None:
    g.error = exception


def _end(response: Response) -> Response:
    if "begun" not in g:
        return response
    seconds = time.perf_counter() - g.begun
    endpoint = request.endpoint or "none"
    metrics.observe(endpoint, request.method, response.status_code, seconds)
    response.headers["X-Request-Id"] = g.request_id
    if endpoint not in ("static", "metrics.metrics"):
        log.info("request", **_told(endpoint, response.status_code, seconds))
    return response


def _told(endpoint: str, status: int, seconds: float) -> dict[str, object]:
    actor = g.get("_login_user")  # not looked up again for a page that did not ask who is there
    who = (
        {"actor": str(actor.id), "organisation": str(actor.organisation_id)}
        if isinstance(actor, Actor)
        else {}
    )
    ids = {name: str(value) for name, value in (request.view_args or {}).items() if isinstance(value, UUID)}
    if g.get("instance_id"):
        ids["instance_id"] = str(g.instance_id)
    error = error_fields(g.error) if "error" in g else {}
    return {
        "endpoint": endpoint,
        "method": request.method if request.method in metrics.METHODS else "OTHER",
        "status": status,
        "ms": round(seconds * 1000, 1),
        **who,
        **ids,
        **error,
    }
