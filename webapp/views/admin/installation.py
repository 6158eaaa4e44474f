"""The first page with what needs attention; the calendar, numbers, the demo's clock, readings."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from engine import jobs
from engine.database import UnitOfWork
from engine.errors import N_
from webapp.actor import current_actor
from webapp.request import database, reads, settings, writes
from webapp.sheets import Sheet, SheetPage, Values, dated, once, sheet_page
from webapp.views.admin import blueprint
from workflows.actions import amendments, organisation
from workflows.calendar import workdays
from workflows.queries import administration, inspection, oversight, regulations, troubles

DAY: dict[str, dict[str, Any]] = {
    "day": {"type": "string", "format": "date", "title": N_("Ngày")},
    "kind": {
        "type": "string",
        "title": N_("Là"),
        "x-widget": "radio",
        "oneOf": [{"const": key, "title": words} for key, words in administration.DAY_KINDS.items()],
    },
    "note": {"type": "string", "title": N_("Lý do, văn bản"), "maxLength": 200},
}
MOVE: dict[str, dict[str, Any]] = {
    "day": {"type": "string", "format": "date", "title": N_("Chuyển đến ngày")}
}


@blueprint.get("")
@reads
def index(uow: UnitOfWork) -> ResponseReturnValue:
    """What needs attention, and the way to every page."""
    return render_template(
        "admin/index.html",
        gaps=administration.gaps(uow),
        troubles=troubles.count_open(uow),
        workers=jobs.workers(uow),
        uncovered=regulations.uncovered(uow, uow.today),
        lists=regulations.list_regulations(uow),
        clock=administration.clock_stands(uow),
    )


@blueprint.route("/calendar", methods=["GET", "POST"])
def calendar() -> ResponseReturnValue:
    """Public holidays, and the commune's own days beside them."""

    def build(uow: UnitOfWork) -> SheetPage:
        year = request.args.get("year", uow.today.year, type=int)
        year = min(max(year, 2000), 2100)
        context = {"year": year, "days": administration.days(uow, year), "kinds": administration.DAY_KINDS}
        return SheetPage(Sheet(DAY, ["day", "kind", "note"]), "admin/calendar.html", context)

    def act(uow: UnitOfWork, typed: Values) -> str:
        values = dated(typed, "day")
        organisation.set_calendar_day(uow, values.pop("day"), **values)
        flash(_("Đã ghi ngày riêng."), "good")
        return url_for("admin.calendar", year=typed["day"][:4])

    return sheet_page(build, act)


@blueprint.post("/calendar/clear")
@writes
def clear_day(uow: UnitOfWork) -> ResponseReturnValue:
    """Take one of the commune's own days away."""
    day = date.fromisoformat(request.form.get("day", ""))

    def act() -> str:
        amendments.clear_calendar_day(uow, day)
        flash(_("Đã bỏ ngày riêng."), "good")
        return url_for("admin.calendar", year=day.year)

    return redirect(once(uow, act))


@blueprint.get("/numbers")
@reads
def numbers(uow: UnitOfWork) -> ResponseReturnValue:
    """Reserved ranges; the clerk keeps them, the administrator reads them."""
    actor = current_actor()
    return render_template(
        "admin/numbers.html",
        rows=administration.blocks(uow),
        clerk=actor is not None and "clerk" in actor.roles,
    )


@blueprint.route("/clock", methods=["GET", "POST"])
def clock() -> ResponseReturnValue:
    """The business date of a demonstration, moved forward only."""

    def build(uow: UnitOfWork) -> SheetPage:
        jumps = [
            (_("Ngày mai"), uow.today + timedelta(days=1)),
            (_("Sau 5 ngày làm việc"), workdays(uow, 5)),
            (_("Sau 10 ngày làm việc"), workdays(uow, 10)),
        ]
        context = {"today": uow.today, "stands": administration.clock_stands(uow), "jumps": jumps}
        return SheetPage(Sheet(MOVE, ["day"]), "admin/clock.html", context)

    def act(uow: UnitOfWork, typed: Values) -> str:
        day = dated(typed, "day")["day"]
        amendments.move_clock(uow, day)
        flash(_("Ngày làm việc của hệ thống bây giờ là %(day)s.", day=f"{day:%d/%m/%Y}"), "good")
        return url_for("admin.clock")

    return sheet_page(build, act)


@blueprint.get("/backup")
@reads
def backup(uow: UnitOfWork) -> ResponseReturnValue:
    """How copies are made: done on the server, so that no copy leaves through a browser."""
    return render_template("admin/backup.html", data=settings().data, sqlite=database().is_sqlite)


@blueprint.get("/readings")
@reads
def readings(uow: UnitOfWork) -> ResponseReturnValue:
    """What inspectors have read."""
    labels = oversight.READ_LABELS
    return render_template("admin/readings.html", rows=inspection.readings(uow), read_labels=labels)
