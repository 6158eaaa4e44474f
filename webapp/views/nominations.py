"""Dossiers: the list with search, filters and what can be done with many at once; one nominee's page."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from engine.database import UnitOfWork
from engine.errors import N_, InvalidForm, NotFound, ThiduaError
from webapp.dossier import dossier_page, note_look
from webapp.i18n import error_text, field_errors, retell, translate
from webapp.request import concerns, idempotency_key, reading, reads, writing
from workflows.actions import interruptions
from workflows.actions import nominations as actions
from workflows.labels import AWARD_LABELS, STAGE_LABELS, SUBJECT_LABELS
from workflows.queries.choices import movement_choices, unit_choices
from workflows.queries.diagram import picture
from workflows.queries.dossier import dossier
from workflows.queries.nominations import Filter, list_nominations, stage_counts, stage_options
from workflows.stages import is_closed, nomination_of

blueprint = Blueprint("nominations", __name__)

WORDS: Mapping[str, str] = {
    "withdraw": N_("Đã rút hồ sơ."),
    "hold": N_("Đã tạm dừng xét hồ sơ."),
    "resume": N_("Hồ sơ được tiếp tục xét."),
    "refuse": N_("Hồ sơ đã kết thúc, không khen thưởng."),
}
ACTS: Mapping[str, Callable[[UnitOfWork, UUID, str], None]] = {
    "withdraw": interruptions.withdraw,
    "hold": interruptions.hold,
    "resume": interruptions.resume,
    "refuse": interruptions.refuse_held,
}


@dataclass(frozen=True)
class Submitted:
    """What became of one chosen draft; without a problem it went to the unit's review."""

    id: UUID
    name: str
    problem: str


@blueprint.get("/nominations")
@reads
def index(uow: UnitOfWork) -> ResponseReturnValue:
    """The dossiers one may see."""
    return _list(uow)


def _list(uow: UnitOfWork, *, results: Sequence[Submitted] = (), problem: str = "") -> str:
    wanted = wanted_from(request.args)
    page = list_nominations(uow, wanted, after=_key(request.args.get("after", "")))
    counts = stage_counts(uow, wanted)
    kept = {name: value for name, value in request.args.items() if value and name != "after"}
    return render_template(
        "nominations/index.html",
        page=page,
        wanted=wanted,
        kept=kept,
        counts=[(stage, text, counts[stage]) for stage, text in stage_options() if counts[stage]],
        total=sum(counts.values()),
        units=unit_choices(uow),
        movements=movement_choices(uow),
        awards=AWARD_LABELS,
        subjects=SUBJECT_LABELS,
        today=uow.today,
        stage_words=STAGE_LABELS,
        is_closed=is_closed,
        drafts=[row.id for row, _unit in page.rows if row.stage == "draft" and row.author_id == uow.actor_id],
        results=results,
        problem=problem,
        selected=set(request.form.getlist("nomination")),
    )


def wanted_from(given: Mapping[str, str]) -> Filter:
    """The filter in an address; what cannot be read narrows nothing."""
    return Filter(
        text=given.get("q", "").strip(),
        stage=given.get("stage", ""),
        award=given.get("award", ""),
        unit_id=_uuid(given.get("unit", "")),
        movement_id=_uuid(given.get("movement", "")),
        subject_kind=given.get("kind", ""),
        late=given.get("late") == "1",
        on_hold=given.get("hold") == "1",
    )


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


def _key(text: str) -> str | None:
    return text if _uuid(text) else None


@blueprint.post("/nominations/submit")
def submit() -> ResponseReturnValue:
    """Submit each chosen draft in a transaction of its own; one that is not ready stops no other."""
    chosen = [key for key in map(_uuid, request.form.getlist("nomination")) if key is not None]
    if not chosen:
        with reading() as uow:
            return _list(uow, problem=_("Chưa chọn hồ sơ nào.")), 422
    results = [_submit_one(key) for key in chosen]
    failed = any(result.problem for result in results)
    if not failed:
        flash(_("Đã nộp %(count)d hồ sơ; các hồ sơ chờ bình xét tại đơn vị.", count=len(results)), "good")
        return redirect(url_for("nominations.index", unit=request.args.get("unit"), stage="unit_review"))
    with reading() as uow:
        return _list(uow, results=results), 422


def _submit_one(nomination_id: UUID) -> Submitted:
    name, problem = "", ""
    try:
        with writing() as uow:
            nomination = nomination_of(uow, nomination_id)
            name = f"{nomination.code} – {nomination.subject_name}"
            if nomination.instance_id:
                concerns(nomination.instance_id)
            actions.submit(uow, [nomination_id], idempotency_key=idempotency_key()[:32])
    except InvalidForm as error:
        problem = " ".join(dict.fromkeys(retell(each.message) for each in error.errors))
    except ThiduaError as error:
        problem = error_text(error)
    return Submitted(nomination_id, name, problem)


@blueprint.get("/nominations/<uuid:nomination_id>")
def show(nomination_id: UUID) -> ResponseReturnValue:
    """The nominee's page."""
    with reading() as uow:
        page = dossier_page(uow, nomination_id)
    note_look("nomination", nomination_id)
    return page


@blueprint.get("/nominations/<uuid:nomination_id>/diagram")
@reads
def diagram(uow: UnitOfWork, nomination_id: UUID) -> ResponseReturnValue:
    """The way of the dossier as a picture, with where it stands; the same in words beneath."""
    found = dossier(uow, nomination_id)
    if found.nomination.instance_id is None:
        raise NotFound(N_("sơ đồ của hồ sơ này"))
    shown = picture(uow, found.nomination.instance_id)
    labels = {
        "active": _("Đang ở bước này"),
        "waiting": _("Đang chờ kết quả"),
        "failed": _("Không tự làm được; người quản trị đang xử lý"),
    }
    data: dict[str, Any] = {"xml": shown.xml, "positions": shown.positions, "labels": labels}
    return render_template("nominations/diagram.html", dossier=found, row=found.nomination, data=data)


@blueprint.post("/nominations/<uuid:nomination_id>/<any(withdraw, hold, resume, refuse):act>")
def act(nomination_id: UUID, act: str) -> ResponseReturnValue:
    """Withdraw, hold, resume or refuse, with the reason or basis; without one the page comes back as it was."""
    words = request.form.get("reason", "")
    try:
        with writing() as uow:
            ACTS[act](uow, nomination_id, words)
    except InvalidForm as error:
        problem = next(iter(field_errors(error.errors).values()))
        with reading() as uow:
            page = dossier_page(uow, nomination_id, opened=act, problem=problem, typed={"reason": words})
            return page, 422
    flash(translate(WORDS[act]), "good")
    return redirect(url_for("nominations.show", nomination_id=nomination_id))
