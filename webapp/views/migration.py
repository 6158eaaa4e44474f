"""Chuyển hồ sơ đang chạy: which version to which, step for step, what it would mean, then how far it is, and back."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from engine.database import UnitOfWork
from engine.errors import N_, InvalidForm, NotAllowed, NotFound, ThiduaError
from engine.migration import Order
from engine.spiff.verdict import Verdict
from webapp.actor import current_actor
from webapp.batch import Result
from webapp.i18n import error_text, field_errors, translate
from webapp.request import concerns, reading, reads, writes, writing
from webapp.sheets import once
from workflows.actions import migration as actions
from workflows.queries import migration as queries
from workflows.queries import migration_batches as moves
from workflows.queries.migration import Comparison

blueprint = Blueprint("migration", __name__, url_prefix="/admin/migration")

VERDICTS = {
    Verdict.SAFE: N_("An toàn"),
    Verdict.WARN: N_("Cần chú ý"),
    Verdict.REFUSE: N_("Từ chối"),
}


@blueprint.before_request
def _only_administrators() -> None:
    """The pages' own gate; each action and query has its own behind it."""
    actor = current_actor()
    if actor is not None and "administrator" not in actor.roles:
        raise NotAllowed(N_("Trang này dành cho vai trò “Quản trị hệ thống”."))


@blueprint.get("")
@reads
def index(uow: UnitOfWork) -> ResponseReturnValue:
    """The versions in use with what could be followed instead, and the last moves."""
    return render_template("migration/index.html", versions=queries.versions(uow), batches=moves.batches(uow))


@blueprint.post("/choose")
@writes
def choose(uow: UnitOfWork) -> ResponseReturnValue:
    """From one version to another: the one in force is frozen now, if nobody has begun by it yet."""
    old = queries.version(uow, request.form.get("from", ""))
    new_hash = request.form.get("to", "")
    if not any(new_hash == other.hash for _old, others in queries.versions(uow) for other in others):
        raise NotFound(N_("phiên bản này"))
    if not queries.is_frozen(uow, new_hash):
        new_hash = actions.version_in_force(uow, old.process_id).hash
    target = f"{url_for('migration.compare')}?{urlencode({'from': old.hash, 'to': new_hash})}"
    return redirect(once(uow, lambda: target))


@blueprint.route("/compare", methods=["GET", "POST"])
@reads
def compare(uow: UnitOfWork) -> ResponseReturnValue:
    """Both diagrams, the steps to be replaced, and the dossiers; posted when one comes back from a preview."""
    return _compare_page(uow)


def _compare_page(uow: UnitOfWork, problem: str = "") -> str:
    values = request.form if request.method == "POST" else request.args
    found = queries.comparison(uow, values.get("from", ""), values.get("to", ""))
    posted = request.method == "POST"
    everybody = {str(row.id) for row in found.dossiers}
    chosen = {*values.getlist("instance"), *map(str, _seen())} if posted else everybody
    return render_template(
        "migration/compare.html",
        found=found,
        chosen=chosen,
        mapping=_mapping(values) if posted else {},
        problem=problem,
        kinds=queries.KINDS,
        aspects=queries.ASPECTS,
        data=_drawn(found),
    )


def _drawn(found: Comparison) -> dict[str, Any]:
    """What the script that draws both diagrams is told."""
    old = {each.before.id: str(each.kind) for each in found.changes if each.before}
    new = {each.after.id: str(each.kind) for each in found.changes if each.after}
    return {
        "diagrams": found.diagrams,
        "marks": {"old": old, "new": new},
        "names": {step.id: step.name for step in found.old_steps},
        "standing": found.standing,
        "labels": {str(kind): translate(text) for kind, text in queries.KINDS.items()},
        "texts": {
            "choose": _("Đã chọn bước cũ “{old}”. Bấm bước thay thế trên sơ đồ mới."),
            "chosen": _("“{old}” được thay bằng “{new}”."),
            "first": _("Hãy bấm bước cũ cần thay trên sơ đồ cũ trước."),
            "kept": _("Bước này vẫn có trong sơ đồ mới, không cần chọn bước thay thế."),
            "unfit": _("Bước này không cùng loại với “{old}” nên không thay được."),
        },
    }


def _mapping(values: Any) -> dict[str, str]:
    """Old step → the step in its place, as far as one was chosen."""
    return {
        name.removeprefix("map."): value for name, value in values.items() if name[:4] == "map." and value
    }


def _chosen() -> list[UUID]:
    try:
        return list(dict.fromkeys(UUID(text) for text in request.form.getlist("instance")))[: queries.MOST]
    except ValueError:
        raise NotFound(N_("hồ sơ này")) from None


def _order() -> Order:
    return Order(
        request.form.get("to", ""),
        _mapping(request.form),
        recompute_due=request.form.get("due") == "recompute",
    )


@blueprint.post("/preview")
def preview() -> ResponseReturnValue:
    """The verdict of every chosen dossier; nothing is written."""
    with reading() as uow:
        chosen = _chosen()
        if not chosen:
            return _compare_page(uow, _("Chưa chọn hồ sơ nào.")), 422
        return _preview_page(uow, chosen)


def _preview_page(
    uow: UnitOfWork, shown: Sequence[UUID], *, ticked: set[UUID] | None = None, problem: str = ""
) -> str:
    old, order = queries.version(uow, request.form.get("from", "")), _order()
    new = queries.version(uow, order.definition_hash)
    found = moves.preview(uow, old.hash, shown, order)
    safe = {plan.instance_id for plan in found.plans if plan.verdict is Verdict.SAFE}
    return render_template(
        "migration/preview.html",
        old=old,
        new=new,
        order=order,
        found=found,
        counts=[(verdict, translate(text), found.count(verdict)) for verdict, text in VERDICTS.items()],
        verdicts=VERDICTS,
        ticked=safe if ticked is None else ticked,
        reason=request.form.get("reason", ""),
        problem=problem,
    )


@blueprint.post("/apply")
def apply() -> ResponseReturnValue:
    """Order the move of the chosen dossiers, unless something stands against one that was not shown."""
    chosen, order = _chosen(), _order()
    with reading() as uow:
        found = moves.preview(uow, request.form.get("from", ""), chosen, order)
        shown = list(dict.fromkeys([*_seen(), *chosen]))
        refused = any(plan.verdict is Verdict.REFUSE for plan in found.plans)
        if refused or moves.unseen(found.plans, _seen()):
            problem = _("Có hồ sơ vừa thay đổi sau khi xem trước. Xin xem lại rồi xác nhận lần nữa.")
            return _preview_page(uow, shown, ticked=set(chosen), problem=problem), 409
    try:
        with writing() as uow:
            target = once(uow, lambda: _ordered(uow, found, order))
    except InvalidForm as error:
        with reading() as uow:
            problem = " ".join(field_errors(error.errors).values())
            return _preview_page(uow, shown, ticked=set(chosen), problem=problem), 422
    return redirect(target)


def _ordered(uow: UnitOfWork, found: moves.Preview, order: Order) -> str:
    batch = actions.order_move(uow, found.plans, order, reason=request.form.get("reason", ""))
    return url_for("migration.batch", batch_id=batch.id)


def _seen() -> dict[UUID, set[str]]:
    """Dossier → the keys of the warnings that its preview showed; every dossier of the preview is named."""
    seen: dict[UUID, set[str]] = {}
    try:
        for text in request.form.getlist("seen"):
            instance_id, _space, key = text.partition(" ")
            seen.setdefault(UUID(instance_id), set()).add(key)
    except ValueError:
        raise NotFound(N_("hồ sơ này")) from None
    return seen


@blueprint.get("/batches/<uuid:batch_id>")
@reads
def batch(uow: UnitOfWork, batch_id: UUID) -> ResponseReturnValue:
    """How far an ordered move is; the page asks again by itself until it is done."""
    return _batch_page(uow, batch_id)


def _batch_page(uow: UnitOfWork, batch_id: UUID, *, problem: str = "", results: Sequence[Result] = ()) -> str:
    return render_template(
        "migration/batch.html",
        found=moves.batch(uow, batch_id),
        states=queries.ITEM_STATES,
        problem=problem,
        results=results,
        reason=request.form.get("reason", "") if problem else "",
        selected=set(request.form.getlist("instance")) if problem else set(),
    )


@blueprint.post("/batches/<uuid:batch_id>/undo")
def undo(batch_id: UUID) -> ResponseReturnValue:
    """Take the chosen dossiers back, one transaction each; who has gone on stays, and it is said why."""
    chosen, reason = _chosen(), request.form.get("reason", "")
    with reading() as uow:
        labels = {line.id: line.label for line in moves.batch(uow, batch_id).lines}
        if not chosen:
            return _batch_page(uow, batch_id, problem=_("Chưa chọn hồ sơ nào.")), 422
        if not set(chosen) <= labels.keys():
            raise NotFound(N_("hồ sơ này trong đợt chuyển"))
    results = []
    try:
        for instance_id in chosen:
            results.append(_take_back(batch_id, instance_id, labels[instance_id], reason))
    except InvalidForm as error:
        with reading() as uow:
            problem = " ".join(field_errors(error.errors).values())
            return _batch_page(uow, batch_id, problem=problem), 422
    if any(result.problem for result in results):
        with reading() as uow:
            return _batch_page(uow, batch_id, results=results), 422
    flash(_("Đã hoàn tác %(count)d hồ sơ.", count=len(results)), "good")
    return redirect(url_for("migration.batch", batch_id=batch_id))


def _take_back(batch_id: UUID, instance_id: UUID, label: str, reason: str) -> Result:
    try:
        with writing() as uow:
            concerns(instance_id)
            actions.take_back(uow, batch_id, instance_id, reason=reason)
    except InvalidForm:
        raise
    except ThiduaError as error:
        return Result(instance_id, label, error_text(error))
    return Result(instance_id, label, "")
