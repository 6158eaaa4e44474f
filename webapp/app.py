"""Builds the application: one function, no global state."""

from __future__ import annotations

from typing import Any

from flask import Flask, g
from werkzeug.middleware.proxy_fix import ProxyFix

from engine.clock import InstallationClock
from engine.database import Database
from webapp import i18n, kept, request, security, watch
from webapp.actor import Installation, current_actor, installation
from webapp.config import PACKAGE, Settings, release
from webapp.list_cells import cells
from webapp.menu import menu
from webapp.views import blueprints
from workflows import settings as workflow_settings
from workflows.handlers import register_all
from workflows.labels import ROLE_LABELS


def open_database(settings: Settings, *, background: bool = False) -> Database:
    """The installation's database, with the clock that the installation may fix; jobs may take longer."""
    limits = settings.background_limits if background else settings.limits
    database = Database(settings.database, limits=limits)
    database.clock = InstallationClock(database)
    return database


def configure(settings: Settings) -> None:
    """Tell the layers below where files and fonts are."""
    workflow_settings.configure(
        workflow_settings.Settings(files=settings.data / "files", fonts=PACKAGE / "fonts")
    )


def create_app(settings: Settings, database: Database | None = None) -> Flask:
    """The application over a database (opened from the settings when none is given); migrates nothing."""
    app = Flask("webapp", root_path=str(PACKAGE))
    app.secret_key = settings.secret
    app.testing = settings.testing
    app.json.ensure_ascii = False  # type: ignore[attr-defined]  # on Flask's default provider
    app.jinja_env.trim_blocks = True
    app.jinja_env.lstrip_blocks = True
    app.config["SEND_FILE_MAX_AGE_DEFAULT"] = 3600
    if settings.secure_cookies:
        # HTTPS ends at a proxy on the same machine; without this every visitor has the proxy's address.
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=1, x_proto=1)  # type: ignore[method-assign]
    configure(settings)
    register_all()
    watch.install(app)  # first: whatever refuses a request is seen too
    request.install(app, settings, database or open_database(settings))
    i18n.install(app)
    security.install(app, settings)
    for blueprint in blueprints():
        app.register_blueprint(blueprint)
    app.jinja_env.filters["cells"] = cells
    app.jinja_env.globals.update(
        form_keys=kept.form_keys,
        role_labels=ROLE_LABELS,
        release=release(),
        has_page=lambda endpoint: endpoint in app.view_functions,
    )
    app.context_processor(_frame)
    return app


def _frame() -> dict[str, Any]:
    """What every page shows around its content."""
    actor = current_actor()
    if g.get("busy"):
        g.setdefault("frame", Installation(today="", fixed=False))
    if "frame" not in g:
        with request.looking() as uow:
            g.frame = installation(uow)
    return {
        "actor": actor,
        "menu": menu(actor) if actor else [],
        "installation": g.frame,
        "demo": request.settings().demo or g.frame.fixed,
    }
