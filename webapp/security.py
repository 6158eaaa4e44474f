"""Headers, CSRF, sign-in sessions and rate limits. Headers by hand: flask-talisman is ageing (notes)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from flask import Flask, Response, jsonify, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_limiter import Limiter
from flask_limiter.util import get_remote_address
from flask_login import LoginManager, logout_user
from flask_wtf.csrf import CSRFError, CSRFProtect

from engine.database import unit_of_work
from webapp import kept
from webapp.actor import Actor, current_actor, find_actor
from webapp.config import Settings
from webapp.request import database, wants_json

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=(), payment=()",
}
IDLE = timedelta(minutes=60)
AT_MOST = timedelta(hours=12)
UPLOAD_LIMIT = 25 * 1024 * 1024
PUBLIC = {"static", "auth.sign_in", "auth.sign_in_post", "auth.language", "health.healthz", "metrics.metrics"}
WITHOUT_NEW_PASSWORD = PUBLIC | {"auth.password", "auth.password_post", "auth.sign_out"}

login_manager = LoginManager()
csrf = CSRFProtect()
# Kept in memory: one process on SQLite; behind several processes each counts for itself, which is enough
# against guessing because argon2 already makes every guess slow.
limiter = Limiter(key_func=get_remote_address, storage_uri="memory://", headers_enabled=False)


def install(app: Flask, settings: Settings) -> None:
    """Protect the application."""
    app.config.update(
        SESSION_COOKIE_NAME="thidua",
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_SECURE=settings.secure_cookies,
        PERMANENT_SESSION_LIFETIME=IDLE,  # renewed by every request: an idle limit
        SESSION_REFRESH_EACH_REQUEST=True,
        MAX_CONTENT_LENGTH=UPLOAD_LIMIT,
        MAX_FORM_MEMORY_SIZE=4 * 1024 * 1024,
        MAX_FORM_PARTS=20_000,
        WTF_CSRF_FIELD_NAME="_csrf",
        WTF_CSRF_TIME_LIMIT=None,  # as long as the session
        WTF_CSRF_SSL_STRICT=False,  # a proxy may end TLS; SameSite and the token hold
        RATELIMIT_ENABLED=settings.rate_limits,
    )
    login_manager.init_app(app)
    login_manager.user_loader(_load)
    csrf.init_app(app)
    limiter.init_app(app)
    app.register_error_handler(CSRFError, _csrf_failed)
    app.before_request(_only_signed_in)
    app.after_request(_headers)


def _load(session_id: str) -> Actor | None:
    started = session.get("signed_in_at")
    if started is None or datetime.fromtimestamp(started, UTC) + AT_MOST < datetime.now(UTC):
        return None
    with unit_of_work(database(), readonly=True) as uow:
        return find_actor(uow, session_id)


def _only_signed_in() -> ResponseReturnValue | None:
    if request.endpoint is None or request.endpoint in PUBLIC:
        return None
    actor = current_actor()
    if actor is None:
        return ask_to_sign_in()
    if actor.must_change_password and request.endpoint not in WITHOUT_NEW_PASSWORD:
        return redirect(url_for("auth.password"))
    return None


def ask_to_sign_in() -> ResponseReturnValue:
    """The way to the sign-in page; a post keeps what was typed, our scripts get a sentence."""
    if wants_json():
        message = _("Phiên làm việc đã hết hạn. Nội dung trên trang vẫn còn; hãy đăng nhập lại ở thẻ khác.")
        return jsonify({"message": message}), 401
    if request.method == "POST":
        logout_user()
        found = kept.from_request()
        text = kept.sealed(found) if found else ""
        return render_template("auth/sign_in.html", kept=text, expired=True, username="", next=""), 401
    target = request.full_path.rstrip("?") if request.method == "GET" else ""
    return redirect(url_for("auth.sign_in", next=target if target != "/" else None))


def _csrf_failed(_error: CSRFError) -> ResponseReturnValue:
    actor = current_actor()
    if actor is None and request.endpoint not in PUBLIC:
        return ask_to_sign_in()
    if wants_json():
        return jsonify({"message": _("Trang đã mở quá lâu. Xin tải lại trang.")}), 400
    found = kept.from_request()
    if actor is not None and found is not None and kept.belongs_to(found, actor):
        return render_template("kept.html", kept=found, resumed=False), 400
    message = _("Trang đã mở quá lâu nên chưa gửi được. Xin tải lại trang rồi gửi lại.")
    return render_template("error.html", message=message, status=400, typed=[]), 400


def _headers(response: Response) -> Response:
    for name, value in HEADERS.items():
        response.headers.setdefault(name, value)
    if request.endpoint != "static":
        response.headers.setdefault("Cache-Control", "no-store")
    if request.is_secure:
        response.headers.setdefault("Strict-Transport-Security", "max-age=31536000")
    return response
