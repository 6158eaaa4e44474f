"""Entering a list of nominees: choose unit and kind of subject, then one row a nominee."""

from __future__ import annotations

from collections.abc import Mapping

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import ngettext

from engine import idempotency
from engine.database import UnitOfWork
from engine.errors import N_, InvalidForm, NotAllowed, NotFound
from webapp import nominee_list
from webapp.nominee_list import ListForm
from webapp.request import idempotency_key, posted, reading, reads, writing
from workflows.actions.nominations import create_nominations
from workflows.labels import GENDER_LABELS, MERIT_LABELS, SUBJECT_LABELS
from workflows.queries.choices import movement_choices
from workflows.queries.nominating import FAMILIES, NominatingUnit, award_choices, covered, nominating_units
from workflows.queries.people import people
from workflows.rules.pasted import FLAGS, read_pasted

blueprint = Blueprint("nominate", __name__)


@blueprint.get("/nominations/new")
@reads
def new(uow: UnitOfWork) -> ResponseReturnValue:
    """First the unit and the kind of subject, with where each unit's awards go; then the list itself."""
    if not covered(uow):
        return render_template("nominations/not_covered.html", today=uow.today), 409
    units = nominating_units(uow)
    if not units:
        reason = N_("Việc lập hồ sơ dành cho người lập hồ sơ hoặc lãnh đạo của một đơn vị.")
        raise NotAllowed(reason)
    kind, unit_id = request.args.get("kind", ""), request.args.get("unit", "")
    if kind not in SUBJECT_LABELS or not unit_id:
        return render_template(
            "nominations/choose.html", units=units, unit_id=unit_id, kind=kind, subjects=SUBJECT_LABELS
        )
    return _page(uow, _chosen(units, unit_id), nominee_list.fresh(kind, uow.today.year))


@blueprint.post("/nominations/new")
def create() -> ResponseReturnValue:
    """Save the list as drafts, or change the list on the page: more rows, people chosen, rows pasted."""
    kind = request.args.get("kind", "")
    if kind not in SUBJECT_LABELS:
        raise NotFound(N_("loại đối tượng này"))
    form = nominee_list.read(kind, posted())
    with reading() as uow:
        if not covered(uow):
            return render_template("nominations/not_covered.html", today=uow.today), 409
        unit = _chosen(nominating_units(uow), request.args.get("unit", ""))
        if request.form.get("_do") != "save":
            _change(uow, unit, form, request.form)
            return _page(uow, unit, form)
        _check_channel(uow, unit, form)
    if not form.errors:
        try:
            return _created(unit, form)
        except InvalidForm as error:
            form.take(error.errors)
    with reading() as uow:
        return _page(uow, unit, form), 422


def _created(unit: NominatingUnit, form: ListForm) -> ResponseReturnValue:
    values = form.values()
    with writing() as uow:
        key = idempotency_key()
        if idempotency.begin(uow, key, {"unit": unit.id, "rows": values}) is None:
            create_nominations(uow, values, unit_id=unit.id)
            idempotency.finish(uow, key)
    text = ngettext("Đã lập %(num)d hồ sơ nháp.", "Đã lập %(num)d hồ sơ nháp.", len(values))
    flash(text + " " + _("Kiểm tra lại, thêm tệp nếu cần, rồi chọn và nộp."), "good")
    return redirect(url_for("nominations.index", stage="draft", unit=unit.id))


def _change(uow: UnitOfWork, unit: NominatingUnit, form: ListForm, given: Mapping[str, str]) -> None:
    """What the buttons beside “save” do; each works without JavaScript."""
    action = given.get("_do", "")
    if action == "paste":
        pasted = read_pasted(form.paste, form.kind)
        added = form.add(pasted.rows)
        form.remarks = [_("Đã đọc %(count)d dòng vào bảng; xin kiểm tra lại.", count=added), *pasted.remarks]
        form.paste = ""
    elif action == "pick":
        added = form.add(nominee_list.rows_of_people(uow, unit.id, request.form.getlist("pick")))
        form.remarks = [_("Đã thêm %(count)d người vào bảng.", count=added)]
    elif action.startswith("remove.") and action[7:].isdigit() and int(action[7:]) < len(form.rows):
        removed = form.rows.pop(int(action[7:]))
        form.remarks = [_("Đã bỏ dòng “%(name)s”.", name=removed.get("subject_name", ""))]
    else:
        form.more = 2 * nominee_list.BLANK_ROWS


def _check_channel(uow: UnitOfWork, unit: NominatingUnit, form: ListForm) -> None:
    """An award of another channel needs a word that it is meant: the office will have to refuse it."""
    choices = {award.code: award for award in award_choices(uow, unit.id, form.kind)}
    chosen = choices.get(form.common["award"])
    if chosen and chosen.advice and not request.form.get("channel_known"):
        form.errors["channel_known"] = _("%(award)s: %(advice)s.", award=chosen.name, advice=chosen.advice)


def _page(uow: UnitOfWork, unit: NominatingUnit, form: ListForm) -> str:
    return render_template(
        "nominations/new.html",
        unit=unit,
        form=form,
        awards=award_choices(uow, unit.id, form.kind),
        families=FAMILIES,
        merits=MERIT_LABELS,
        genders=GENDER_LABELS,
        subjects=SUBJECT_LABELS,
        movements=movement_choices(uow),
        staff=people(uow, unit_id=unit.id) if form.kind == "individual" else [],
        flags=FLAGS,
        channel_known=bool(request.form.get("channel_known")),
    )


def _chosen(units: list[NominatingUnit], unit_id: str) -> NominatingUnit:
    """The unit of the address; NotAllowed when the actor does not nominate for it."""
    for unit in units:
        if str(unit.id) == unit_id:
            return unit
    raise NotAllowed(N_("Anh/chị không lập hồ sơ cho đơn vị này."))
