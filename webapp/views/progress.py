"""The progress list: every dossier of a year under its unit, made to be printed."""

from __future__ import annotations

from dataclasses import replace

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue

from engine.database import UnitOfWork
from webapp.request import reads
from webapp.views.nominations import wanted_from
from workflows.labels import AWARD_LABELS
from workflows.queries.choices import unit_choices
from workflows.queries.nominations import stage_options
from workflows.queries.progress import progress, years

blueprint = Blueprint("progress", __name__)


@blueprint.get("/progress")
@reads
def index(uow: UnitOfWork) -> ResponseReturnValue:
    """One year's list, narrowed as the list of dossiers is."""
    given = request.args.get("year", "")
    year = int(given) if given.isascii() and given.isdigit() else uow.today.year
    wanted = replace(wanted_from(request.args), text="")
    found = progress(uow, year, wanted)
    return render_template(
        "progress/index.html",
        units=found,
        total=sum(len(unit.rows) for unit in found),
        year=year,
        years=sorted({uow.today.year, *years(uow)}, reverse=True),
        wanted=wanted,
        unit_options=unit_choices(uow),
        stages=stage_options(),
        awards=AWARD_LABELS,
        now=uow.now,
        today=uow.today,
    )
