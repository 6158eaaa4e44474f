"""Short messages to the person signed in: new ones first, read when opened."""

from __future__ import annotations

from uuid import UUID

from flask import Blueprint, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from engine.database import UnitOfWork
from webapp.request import reads, writes
from workflows.actions.reading import mark_all_read, open_notice
from workflows.queries.work import read_notices, unread_notices

blueprint = Blueprint("notices", __name__)


@blueprint.get("/notices")
@reads
def index(uow: UnitOfWork) -> ResponseReturnValue:
    """All that is new and the last hundred that were read."""
    assert uow.actor_id is not None
    return render_template(
        "notices/index.html",
        unread=unread_notices(uow, uow.actor_id),
        read=read_notices(uow, uow.actor_id),
    )


@blueprint.get("/notices/<uuid:notice_id>")
@writes
def show(uow: UnitOfWork, notice_id: UUID) -> ResponseReturnValue:
    """What a notice is about; it counts as read from then on."""
    return redirect(open_notice(uow, notice_id).link or url_for("notices.index"))


@blueprint.post("/notices/read")
@writes
def read_all(uow: UnitOfWork) -> ResponseReturnValue:
    """Everything counts as read."""
    mark_all_read(uow)
    return redirect(url_for("notices.index"))
