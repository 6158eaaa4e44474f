"""Theo dõi vận hành: versions in use, where their instances stand, what is due, one instance, search."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import current_app, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from engine.console import COUNTED_TO
from engine.database import UnitOfWork
from webapp.request import reads
from webapp.views.admin import blueprint
from workflows.queries import console as queries


@blueprint.get("/console")
@reads
def console(uow: UnitOfWork) -> ResponseReturnValue:
    """Every process with its versions and how many follow each."""
    return render_template(
        "console/index.html", processes=queries.versions(uow), statuses=queries.STATUSES, most=COUNTED_TO
    )


@blueprint.get("/console/versions/<definition_hash>")
@reads
def console_version(uow: UnitOfWork, definition_hash: str) -> ResponseReturnValue:
    """A version's diagram, hot where many wait; the same figures in a table."""
    page = queries.version(uow, definition_hash)
    heat = {
        each.place.element: {
            "waiting": each.place.waiting,
            "late": each.place.late,
            "failed": each.place.failed,
            "label": _label(each.place.waiting, each.place.late, each.place.failed),
        }
        for each in page.places
    }
    data: dict[str, Any] = {"xml": page.xml, "heat": heat}
    return render_template("console/version.html", page=page, data=data)


def _label(waiting: int, late: int, failed: int) -> str:
    parts = [_("%(count)d đang chờ", count=waiting)]
    if late:
        parts.append(_("%(count)d quá hạn", count=late))
    if failed:
        parts.append(_("%(count)d sự cố", count=failed))
    return ", ".join(parts)


@blueprint.get("/console/versions/<definition_hash>/steps/<element>")
@reads
def console_step(uow: UnitOfWork, definition_hash: str, element: str) -> ResponseReturnValue:
    """The instances of a version that wait or failed at one step."""
    version, name, found = queries.at_place(uow, definition_hash, element)
    return render_template(
        "console/step.html", version=version, name=name, found=found, statuses=queries.STATUSES
    )


@blueprint.get("/console/timers")
@reads
def console_timers(uow: UnitOfWork) -> ResponseReturnValue:
    """What is due by itself: the late ones and the next."""
    late, following = queries.timers(uow)
    return render_template("console/timers.html", late=late, following=following)


@blueprint.get("/console/search")
@reads
def console_search(uow: UnitOfWork) -> ResponseReturnValue:
    """Instances by key, by code, or by the nominee's name with or without its marks."""
    text = request.args.get("q", "").strip()[:200]
    found = queries.search(uow, text)
    return render_template(
        "console/search.html",
        text=text,
        found=found,
        statuses=queries.STATUSES,
        most=queries.FOUND_AT_MOST,
    )


@blueprint.get("/console/instances/<uuid:instance_id>")
@reads
def console_instance(uow: UnitOfWork, instance_id: UUID) -> ResponseReturnValue:
    """One instance: its state, what it waits for, what failed, what happened."""
    page = queries.instance(uow, instance_id)
    return render_template(
        "console/instance.html",
        page=page,
        labels=queries.labels(),
        can_migrate="migration.index" in current_app.view_functions,
    )
