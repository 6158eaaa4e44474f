"""The edge: opens the one transaction of a request, says who acts, and turns errors into pages."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from functools import wraps
from typing import Any, Concatenate, ParamSpec
from uuid import UUID

from flask import Flask, current_app, g, jsonify, render_template, request
from flask.typing import ResponseReturnValue
from sqlalchemy.exc import SQLAlchemyError
from werkzeug.exceptions import HTTPException

from engine import errors, incidents
from engine.database import Database, UnitOfWork, unit_of_work
from engine.limits import WaitedTooLong, busy_cause
from webapp.actor import Actor, current_actor
from webapp.config import Settings
from webapp.i18n import error_text, field_errors, translate

log = logging.getLogger(__name__)

READ_AT_MOST = 300 * 1024 * 1024
P = ParamSpec("P")
View = Callable[Concatenate[UnitOfWork, P], ResponseReturnValue]

STATUS: dict[type[errors.ThiduaError], int] = {
    errors.NotFound: 404,
    errors.NotAllowed: 403,
    errors.NotReady: 409,
    errors.StepNotReady: 409,
    errors.Conflict: 409,
    errors.Suspended: 409,
    errors.NoRegulation: 409,
    errors.DuplicateSubmission: 409,
    errors.InvalidForm: 422,
    errors.LintFailed: 422,
    errors.StepFailed: 500,
}


def status_of(error: errors.ThiduaError) -> int:
    """The HTTP status of an error; its nearest base in the table counts, 400 for any other."""
    return next((STATUS[kind] for kind in type(error).__mro__ if kind in STATUS), 400)


def database() -> Database:
    """The database of this application."""
    found = current_app.extensions["thidua.database"]
    assert isinstance(found, Database)
    return found


def settings() -> Settings:
    """The settings of this application."""
    found = current_app.extensions["thidua.settings"]
    assert isinstance(found, Settings)
    return found


@contextmanager
def _work(actor: Actor | None, *, readonly: bool) -> Iterator[UnitOfWork]:
    with unit_of_work(
        database(),
        organisation_id=actor.organisation_id if actor else None,
        actor_id=actor.id if actor else None,
        actor_name=actor.name if actor else "",
        readonly=readonly,
    ) as uow:
        g.uow = uow
        try:
            yield uow
        finally:
            g.pop("uow", None)


def reading() -> AbstractContextManager[UnitOfWork]:
    """A unit of work that cannot write, as the person signed in."""
    return _work(current_actor(), readonly=True)


def writing() -> AbstractContextManager[UnitOfWork]:
    """A unit of work that commits at its end, as the person signed in."""
    return _work(current_actor(), readonly=False)


def looking() -> AbstractContextManager[UnitOfWork]:
    """The unit of work that the request has open, else one that cannot write: a page needs one connection."""
    open_: UnitOfWork | None = g.get("uow")
    return nullcontext(open_) if open_ is not None and open_.session.is_active else reading()


def reads(view: View[P]) -> Callable[P, ResponseReturnValue]:
    """The view gets a readonly unit of work as its first argument."""

    @wraps(view)
    def wrapped(*args: P.args, **kwargs: P.kwargs) -> ResponseReturnValue:
        with reading() as uow:
            return view(uow, *args, **kwargs)

    return wrapped


def writes(view: View[P]) -> Callable[P, ResponseReturnValue]:
    """The view gets a writing unit of work; committed when it returns, lost when it raises."""

    @wraps(view)
    def wrapped(*args: P.args, **kwargs: P.kwargs) -> ResponseReturnValue:
        with writing() as uow:
            return view(uow, *args, **kwargs)

    return wrapped


def concerns(instance_id: UUID) -> None:
    """Say which instance the request works on, so that an incident can name it."""
    g.instance_id = instance_id


def wants_json() -> bool:
    """Whether our own script asks (a draft, an editor), not a person's browser."""
    best = request.accept_mimetypes.best_match(["text/html", "application/json"])
    return request.is_json or best == "application/json"


def posted() -> dict[str, list[str]]:
    """Every posted field with all its values, without the form's own keys (they start with `_`)."""
    return {name: values for name, values in request.form.lists() if not name.startswith("_")}


def idempotency_key() -> str:
    """The key of the form that was sent; InvalidForm for a post without one."""
    key = request.form.get("_key", "")
    if not 16 <= len(key) <= 64:
        raise errors.Conflict(errors.N_("Biểu mẫu thiếu khóa chống gửi trùng. Xin tải lại trang và làm lại."))
    return key


def allow_large_body() -> None:
    """Read a body off (to disk) although a file in it is too large by far, so that the page comes back whole.

    Only for somebody signed in; the limit of a file itself is that of `workflows.files.store`.
    """
    if current_actor() is not None:
        request.max_content_length = READ_AT_MOST


def typed_texts() -> list[str]:
    """The words a person typed into a form that could not be taken, to be shown for copying."""
    texts = [value.strip() for name, values in posted().items() if "password" not in name for value in values]
    return [text for text in dict.fromkeys(texts) if " " in text or len(text) > 40]


def error_page(message: str, status: int, **more: Any) -> ResponseReturnValue:
    """The error in words, as a page, or as JSON when our script asked."""
    if wants_json():
        return jsonify({"message": message, **more.get("json", {})}), status
    readable = request.method == "POST" and status != 413
    typed = typed_texts() if readable else []
    back = request.path if request.method == "POST" and _is_page(request.path) else ""
    return render_template(
        "error.html", message=message, status=status, typed=typed, back=back, **more
    ), status


def _is_page(path: str) -> bool:
    """Whether a post to this path came from a page of the same address, to which one can go back."""
    return bool(current_app.url_map.bind("").test(path, "GET"))


def _thidua_error(error: errors.ThiduaError) -> ResponseReturnValue:
    g.error = error
    if isinstance(error, errors.StepFailed):
        incidents.record_failure(database(), error, error.instance_id or g.get("instance_id"))
    found = field_errors(error.errors) if isinstance(error, errors.InvalidForm) else {}
    return error_page(
        error_text(error), status_of(error), problems=list(found.values()), json={"errors": found}
    )


HTTP_TEXTS = {
    400: errors.N_("Yêu cầu không hợp lệ. Xin quay lại trang trước và thử lại."),
    403: errors.N_("Anh/chị không có quyền xem trang này."),
    404: errors.N_("Không tìm thấy trang này. Có thể đường dẫn đã cũ hoặc gõ sai."),
    405: errors.N_("Trang này không nhận cách gửi như vậy. Xin quay lại trang trước."),
    413: errors.N_(
        "Tệp gửi lên quá lớn. Mỗi tệp được tối đa 20 MB, mỗi lần gửi tối đa 25 MB; "
        "xin giảm dung lượng rồi gửi lại."
    ),
    429: errors.N_("Đã thử quá nhiều lần. Xin đợi vài phút rồi thử lại."),
    503: errors.N_(
        "Hệ thống đang bận nên chưa thực hiện được. Thay đổi chưa được lưu; xin đợi một phút rồi thử lại."
    ),
    500: errors.N_(
        "Hệ thống gặp lỗi ngoài dự kiến. Thay đổi chưa được lưu; xin thử lại hoặc báo người quản trị."
    ),
}


def _http_error(error: HTTPException) -> ResponseReturnValue:
    if error.code is None or error.code < 400:
        return error
    text = HTTP_TEXTS.get(error.code, HTTP_TEXTS[400 if error.code < 500 else 500])
    return error_page(translate(text), error.code)


TRY_AGAIN_SECONDS = 60


def _database_error(error: Exception) -> ResponseReturnValue:
    """A database that keeps a request waiting too long is busy, not broken; anything else goes on as it came."""
    if busy_cause(error) is None:
        raise error
    g.error = error
    log.warning("the database was busy: %s", type(error).__name__)
    # The page around the message must not ask the database again, not even who is there.
    g.busy = True
    g.setdefault("_login_user", current_app.login_manager.anonymous_user())  # type: ignore[attr-defined]
    page: Any = error_page(translate(HTTP_TEXTS[503]), 503)
    answer = current_app.make_response(page)
    answer.headers["Retry-After"] = str(TRY_AGAIN_SECONDS)
    return answer


def install(app: Flask, settings: Settings, database: Database) -> None:
    """Attach the database and the error pages."""
    app.extensions["thidua.settings"] = settings
    app.extensions["thidua.database"] = database
    app.register_error_handler(errors.ThiduaError, _thidua_error)
    app.register_error_handler(HTTPException, _http_error)
    for kind in (SQLAlchemyError, WaitedTooLong):
        app.register_error_handler(kind, _database_error)
