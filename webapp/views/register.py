"""The register of awards: looked up over the years, and what one subject received."""

from __future__ import annotations

from uuid import UUID

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue

from engine.database import UnitOfWork
from webapp.request import reads
from workflows.labels import AWARD_LABELS
from workflows.queries import register

blueprint = Blueprint("register", __name__)


@blueprint.get("/register")
@reads
def index(uow: UnitOfWork) -> ResponseReturnValue:
    """Search by name without accents, by year, by award."""
    text, award, year = (request.args.get(name, "").strip() for name in ("q", "award", "year"))
    wanted = int(year) if year.isascii() and year.isdigit() else None
    return render_template(
        "register/index.html",
        entries=register.search(uow, text, year=wanted, award=award or None),
        years=register.years(uow),
        awards=AWARD_LABELS,
        text=text,
        award=award,
        year=wanted,
    )


@blueprint.get("/register/<uuid:entry_id>/history")
@reads
def history(uow: UnitOfWork, entry_id: UUID) -> ResponseReturnValue:
    """Everything that the subject of one entry received."""
    entry = register.entry(uow, entry_id)
    return render_template(
        "register/history.html", entry=entry, entries=register.awards_beside(uow, entry_id)
    )
