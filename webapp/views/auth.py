"""Sign-in, sign-out, the new password at the first sign-in, and the choice of language."""

from __future__ import annotations

from datetime import UTC, datetime
from urllib.parse import urlsplit

from flask import Blueprint, Response, flash, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_login import login_user, logout_user

from engine.errors import N_, FieldError, InvalidForm
from webapp import kept
from webapp.actor import Actor, actor_of, actor_with_id, current_actor
from webapp.i18n import LANGUAGES, field_errors
from webapp.request import writing
from webapp.security import limiter
from workflows.actions.passwords import change_password
from workflows.actions.passwords import sign_in as check_password

blueprint = Blueprint("auth", __name__)


def _local(target: str) -> str:
    """The path when it stays on this site, home else: a link must not send people away after sign-in."""
    parts = urlsplit(target)
    inside = target.startswith("/") and not target.startswith(("//", "/\\")) and not parts.netloc
    return target if inside else url_for("work.home")


def _failed(response: Response) -> bool:
    return response.status_code == 422


def _name_tried() -> str:
    return f"name:{request.form.get('username', '').strip().lower()}"


@blueprint.get("/sign-in")
def sign_in() -> ResponseReturnValue:
    """The sign-in page; somebody signed in goes on."""
    target = request.args.get("next", "")
    if current_actor() is not None:
        return redirect(_local(target))
    return render_template("auth/sign_in.html", username="", next=target, kept="", expired=False)


@blueprint.post("/sign-in")
@limiter.limit("60 per minute")
@limiter.limit("8 per 10 minutes", key_func=_name_tried, deduct_when=_failed)
def sign_in_post() -> ResponseReturnValue:
    """Sign in; what was typed before the session ended is given back."""
    username, text = request.form.get("username", ""), request.form.get("_kept", "")
    target = request.form.get("next", "")
    with writing() as uow:
        person = check_password(uow, username, request.form.get("password", ""))
        actor = actor_of(uow, person) if person else None
    if actor is None:
        wrong = _("Tên đăng nhập hoặc mật khẩu không đúng.")
        page = render_template(
            "auth/sign_in.html", username=username, next=target, kept=text, expired=False, wrong=wrong
        )
        return page, 422
    _begin_session(actor)
    found = kept.opened(text) if text else None
    if found is not None and kept.belongs_to(found, actor) and not actor.must_change_password:
        return render_template("kept.html", kept=found, resumed=True)
    return redirect(_local(target))


def _clear_session() -> None:
    """Forget everything but the language that was chosen at this browser."""
    chosen = session.get("language")
    session.clear()
    if chosen:
        session["language"] = chosen


def _begin_session(actor: Actor) -> None:
    _clear_session()  # a session prepared by somebody else ends here
    session.permanent = True
    session["signed_in_at"] = datetime.now(UTC).timestamp()
    login_user(actor)


@blueprint.post("/sign-out")
def sign_out() -> ResponseReturnValue:
    """End the session."""
    logout_user()
    _clear_session()
    flash(_("Đã đăng xuất."), "good")
    return redirect(url_for("auth.sign_in"))


@blueprint.get("/password")
def password() -> ResponseReturnValue:
    """The page for a new password."""
    return render_template("auth/password.html", errors={})


@blueprint.post("/password")
@limiter.limit("10 per minute")
def password_post() -> ResponseReturnValue:
    """Change the password; other sessions of the person end with it."""
    new = request.form.get("new_password", "")
    try:
        if new != request.form.get("repeat_password", ""):
            raise InvalidForm([FieldError("repeat", N_("Hai lần nhập mật khẩu mới không giống nhau."))])
        actor = _change(request.form.get("current_password", ""), new)
    except InvalidForm as error:
        return render_template("auth/password.html", errors=field_errors(error.errors)), 422
    _begin_session(actor)
    flash(_("Đã đổi mật khẩu."), "good")
    return redirect(url_for("work.home"))


def _change(current: str, new: str) -> Actor:
    with writing() as uow:
        change_password(uow, current=current, new=new)
        return actor_with_id(uow, uow.actor_id)


@blueprint.post("/language")
def language() -> ResponseReturnValue:
    """Remember the language and come back to the same page."""
    chosen = request.form.get("language", "vi")
    if chosen in LANGUAGES:
        session["language"] = chosen
        session.permanent = True
    return redirect(_local(request.form.get("next", "/")))
