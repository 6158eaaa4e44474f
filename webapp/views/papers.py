"""Văn bản: decisions, proposals and minutes, their files, and the clerk's numbers."""

from __future__ import annotations

from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from engine.database import UnitOfWork
from engine.errors import N_, FieldError, InvalidForm
from webapp.actor import current_actor
from webapp.i18n import field_errors
from webapp.request import reading, reads, writes, writing
from webapp.starts import start_once
from webapp.stored_files import stored_file
from webapp.task_pages import task_url
from workflows import gate
from workflows.actions import numbers
from workflows.actions.papers import SERIES, create_paper
from workflows.queries import packages, waiting
from workflows.queries import papers as queries
from workflows.queries.steps import open_steps

blueprint = Blueprint("papers", __name__)
LEAVING = ("decision", "proposal")


@blueprint.get("/papers")
@reads
def index(uow: UnitOfWork) -> ResponseReturnValue:
    """The papers and packages; the city's desk is led to what it received."""
    actor = current_actor()
    assert actor is not None
    if actor.roles & {"city_desk"} and not actor.roles & set(queries.READERS):
        return redirect(url_for("packages.received_index"))
    found = queries.papers(uow)
    office = gate.holds(uow, actor.id, "standing_office")
    return render_template(
        "papers/index.html",
        papers=[paper for paper in found if paper.kind in LEAVING],
        minutes=[paper for paper in found if paper.kind not in LEAVING],
        packages=packages.packages(uow),
        office=office,
        clerk=gate.holds(uow, actor.id, "clerk"),
        ready={kind: len(waiting.for_paper(uow, kind)) for kind in LEAVING} if office else {},
        to_send=len(waiting.for_package(uow)) if office else 0,
    )


@blueprint.post("/papers")
@writes
def start(uow: UnitOfWork) -> ResponseReturnValue:
    """Draft a decision or a proposal over those who wait for one."""
    kind = request.form.get("kind", "")
    url = start_once(
        uow,
        {"start": "chairman_signature", "kind": kind},
        lambda: create_paper(uow, kind),
        lambda paper_id: url_for("papers.show", paper_id=paper_id),
    )
    return redirect(url)


@blueprint.get("/papers/<uuid:paper_id>")
@reads
def show(uow: UnitOfWork, paper_id: UUID) -> ResponseReturnValue:
    """One paper: where it stands, its list with exceptions, its files, who signed, to whom it went."""
    page = queries.paper_page(uow, paper_id)
    return render_template(
        "papers/show.html",
        page=page,
        paper=page.paper,
        steps=open_steps(uow, page.instance_id),
        purposes=queries.PURPOSE_LABELS,
        task_url=task_url,
    )


@blueprint.get("/papers/<uuid:paper_id>/<any(pdf, scan):which>")
@reads
def file(uow: UnitOfWork, paper_id: UUID, which: str) -> ResponseReturnValue:
    """The paper's PDF, or the scan of the signed sheet."""
    found = queries.paper_file(uow, paper_id, which)
    return stored_file(found.sha256, found.filename)


@blueprint.get("/papers/numbers")
@reads
def number_book(uow: UnitOfWork) -> ResponseReturnValue:
    """The numbers of a year: what was issued or spoiled, and the blocks kept aside."""
    return _number_book(uow, {})


def _number_book(uow: UnitOfWork, errors: dict[str, str]) -> str:
    gate.require_any(uow, ("clerk", "standing_office", "chairman", "inspector"))
    assert uow.actor_id is not None
    year = request.args.get("year", uow.today.year, type=int)
    return render_template(
        "papers/numbers.html",
        year=year,
        this_year=uow.today.year,
        series=SERIES,
        books=[(series, queries.numbers(uow, year, series)) for series in SERIES.values()],
        blocks=queries.blocks(uow),
        clerk=gate.holds(uow, uow.actor_id, "clerk"),
        errors=errors,
        form=request.form,
    )


@blueprint.post("/papers/numbers/blocks")
def reserve() -> ResponseReturnValue:
    """The clerk keeps a block of numbers aside."""
    try:
        with writing() as uow:
            block = numbers.reserve_block(
                uow,
                year=_number("year"),
                series=_series(),
                first=_number("first"),
                last=_number("last"),
                note=request.form.get("note", ""),
            )
            flash(_("Đã giữ dải số %(first)s–%(last)s.", first=block.first, last=block.last), "good")
    except InvalidForm as error:
        return _book_again(error)
    return redirect(url_for("papers.number_book"))


@blueprint.post("/papers/numbers/cancelled")
def cancel() -> ResponseReturnValue:
    """The clerk marks a number as spoiled."""
    try:
        with writing() as uow:
            row = numbers.cancel_number(
                uow,
                year=_number("cancel_year"),
                series=_series(),
                number=_number("number"),
                reason=request.form.get("reason", ""),
            )
            flash(_("Đã ghi hủy số %(number)s.", number=row.number), "good")
    except InvalidForm as error:
        return _book_again(error)
    return redirect(url_for("papers.number_book"))


def _book_again(error: InvalidForm) -> ResponseReturnValue:
    with reading() as uow:
        return _number_book(uow, field_errors(error.errors)), 422


def _number(name: str) -> int:
    text = request.form.get(name, "").strip()
    if not text.isdecimal() or len(text) > 6:
        raise InvalidForm([FieldError(name, N_("Nhập một số nguyên từ 1."))])
    return int(text)


def _series() -> str:
    series = request.form.get("series", "")
    if series not in SERIES.values():
        raise InvalidForm([FieldError("series", N_("Chọn loại văn bản."))])
    return series
