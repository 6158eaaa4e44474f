"""One JSON object a line on stderr: who asked for what and how it ended, never what was written in it.

An exception is told by its class, its place in our code and the element of the diagram: its text and its
locals may hold what a person typed. Of other people's libraries the words of a message stay out for the same
reason, unless they are a template whose values are left out.
"""

from __future__ import annotations

import json
import logging
import sys
import threading
import traceback
from collections.abc import Callable, Iterable, MutableMapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TextIO

import structlog

from engine.errors import StepFailed
from webapp.request import HTTP_TEXTS

_CODE = Path(__file__).parents[1]
_OURS = ("engine", "workflows", "webapp")
WSGI = Callable[..., Iterable[bytes]]


def configure(stream: TextIO | None = None) -> None:
    """Send every log line of this process through here; the library that runs diagrams speaks from WARNING up."""
    structlog.configure(
        processors=[structlog.stdlib.filter_by_level, _as_fields],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(stream or sys.stderr)
    handler.setFormatter(JsonLines())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.INFO)
    for name in ("SpiffWorkflow", "spiff", "sqlalchemy", "alembic", "dbos", "werkzeug"):
        logging.getLogger(name).setLevel(logging.WARNING)
    silence_handlers()
    logging.captureWarnings(True)
    sys.excepthook = lambda kind, error, trace: _uncaught(error)
    threading.excepthook = lambda given: _uncaught(given.exc_value)
    sys.unraisablehook = lambda given: _uncaught(given.exc_value)


def silence_handlers() -> None:
    """Take away what libraries hang on their own loggers to write beside ours (dbos, granian's children)."""
    # One handler that does nothing: DBOS puts its own on a logger that has none.
    dbos = logging.getLogger("dbos")
    dbos.handlers[:] = [logging.NullHandler()]
    dbos.propagate = True


def guarded(application: WSGI) -> WSGI:
    """Return the application; what even its error page did not survive is told by its class, not by the server."""

    def call(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        try:
            return application(environ, start_response)
        except Exception as error:
            _uncaught(error)
            start_response("500 Internal Server Error", [("Content-Type", "text/plain; charset=utf-8")])
            return [HTTP_TEXTS[500].encode()]

    return call


def error_fields(error: BaseException) -> dict[str, str]:
    """Return what a line says of an exception: its class, where in our code, the element of the diagram."""
    found = {"error": type(error).__name__, "at": _place(error)}
    if isinstance(error, StepFailed):
        found["element"] = error.element
    if error.__cause__ is not None:
        found["caused_by"] = type(error.__cause__).__name__
    return found


class JsonLines(logging.Formatter):
    """A record as one JSON object, with what the request or the job bound to it."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line."""
        ours = record.name.partition(".")[0] in _OURS
        line: dict[str, Any] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "event": record.getMessage() if ours else _template(record),
            **structlog.contextvars.get_contextvars(),
            **getattr(record, "fields", {}),
        }
        if not ours:
            line["where"] = f"{record.module}:{record.lineno}"
        if record.exc_info and record.exc_info[1] is not None:
            line.update(error_fields(record.exc_info[1]))
        return json.dumps(line, ensure_ascii=False, default=str)


def _template(record: logging.LogRecord) -> str:
    return str(record.msg) if record.args else "see where"


def _as_fields(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> dict[str, Any]:
    words = event.pop("event")
    return {"msg": words, "extra": {"fields": dict(event)}}


def _uncaught(error: BaseException | None) -> None:
    if error is not None:
        logging.getLogger("webapp.uncaught").error("uncaught", extra={"fields": error_fields(error)})


def _place(error: BaseException) -> str:
    frames = traceback.extract_tb(error.__traceback__)
    ours = [frame for frame in frames if Path(frame.filename).is_relative_to(_CODE)] or list(frames)
    if not ours:
        return "?"
    path = Path(ours[-1].filename)
    shown = path.relative_to(_CODE) if path.is_relative_to(_CODE) else Path(path.name)
    return f"{shown.as_posix()}:{ours[-1].lineno}"
