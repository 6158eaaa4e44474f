"""Units: what they are, and where their titles go (tuyến trình khen) from which date on."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import flash, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from engine.database import UnitOfWork
from engine.errors import N_
from webapp.request import reads
from webapp.sheets import Sheet, SheetPage, Values, dated, sheet_page
from webapp.views.admin import blueprint
from workflows.actions import amendments, organisation
from workflows.labels import CHANNEL_LABELS, UNIT_KIND_LABELS
from workflows.queries import administration

KIND: dict[str, Any] = {
    "type": "string",
    "title": N_("Loại đơn vị"),
    "x-widget": "select",
    "oneOf": [{"const": key, "title": words} for key, words in UNIT_KIND_LABELS.items()],
}
CHANNEL: dict[str, dict[str, Any]] = {
    "channel": {
        "type": "string",
        "title": N_("Tuyến trình khen"),
        "x-widget": "select",
        "oneOf": [{"const": key, "title": words} for key, words in CHANNEL_LABELS.items()],
    },
    "advice": {
        "type": "string",
        "title": N_("Nơi nhận hồ sơ"),
        "maxLength": 500,
        "x-help": N_("Hiện cho người lập hồ sơ khi hồ sơ không đi qua UBND xã."),
    },
}
FROM: dict[str, Any] = {"type": "string", "format": "date", "title": N_("Từ ngày")}
NEW: dict[str, dict[str, Any]] = {
    "code": {"type": "string", "title": N_("Mã đơn vị"), "maxLength": 20, "pattern": "^[A-Za-z0-9._-]+$"},
    "name": {"type": "string", "title": N_("Tên đơn vị"), "maxLength": 200},
    "kind": KIND,
    **CHANNEL,
    "valid_from": FROM,
}
EDIT: dict[str, dict[str, Any]] = {
    "name": NEW["name"],
    "kind": KIND,
    "valid_to": {
        "type": "string",
        "format": "date",
        "title": N_("Ngày cuối hoạt động"),
        "x-help": N_("Để trống khi đơn vị còn hoạt động."),
    },
}


@blueprint.get("/units")
@reads
def units(uow: UnitOfWork) -> ResponseReturnValue:
    """The list."""
    text = request.args.get("q", "")
    return render_template(
        "admin/units.html", rows=administration.all_units(uow, text), text=text, today=uow.today,
        kinds=UNIT_KIND_LABELS, channels=CHANNEL_LABELS,
    )  # fmt: skip


@blueprint.route("/units/new", methods=["GET", "POST"])
def new_unit() -> ResponseReturnValue:
    """A new unit with its first channel."""

    def build(uow: UnitOfWork) -> SheetPage:
        initial = {"channel": "commune", "valid_from": uow.today.isoformat()}
        sheet = Sheet(NEW, ["code", "name", "kind", "channel", "valid_from"], initial)
        context = {"title": _("Thêm đơn vị"), "back": url_for("admin.units"), "button": _("Thêm đơn vị")}
        return SheetPage(sheet, "admin/form.html", context)

    def act(uow: UnitOfWork, typed: Values) -> str:
        advice = typed.pop("advice", "") or ""
        made = organisation.create_unit(uow, **dated(typed, "valid_from"), channel_advice=advice)
        flash(_("Đã thêm %(name)s.", name=made.name), "good")
        return url_for("admin.unit", unit_id=made.id)

    return sheet_page(build, act)


@blueprint.route("/units/<uuid:unit_id>", methods=["GET", "POST"])
def unit(unit_id: UUID) -> ResponseReturnValue:
    """One unit with its channels, and a channel from another date on."""

    def build(uow: UnitOfWork) -> SheetPage:
        found, channels = administration.unit_with_channels(uow, unit_id)
        sheet = Sheet({**CHANNEL, "valid_from": FROM}, ["channel", "valid_from"])
        context = {"unit": found, "channels": channels, "kinds": UNIT_KIND_LABELS, "labels": CHANNEL_LABELS}
        return SheetPage(sheet, "admin/unit.html", context)

    def act(uow: UnitOfWork, typed: Values) -> str:
        administration.unit_with_channels(uow, unit_id)
        organisation.set_channel(uow, unit_id, **dated(typed, "valid_from"))
        flash(_("Đã đặt tuyến trình khen mới."), "good")
        return url_for("admin.unit", unit_id=unit_id)

    return sheet_page(build, act)


@blueprint.route("/units/<uuid:unit_id>/edit", methods=["GET", "POST"])
def edit_unit(unit_id: UUID) -> ResponseReturnValue:
    """Name, kind and last day."""

    def build(uow: UnitOfWork) -> SheetPage:
        found, _channels = administration.unit_with_channels(uow, unit_id)
        last = found.valid_to.isoformat() if found.valid_to else ""
        sheet = Sheet(EDIT, ["name", "kind"], {"name": found.name, "kind": found.kind, "valid_to": last})
        context = {
            "title": _("Sửa đơn vị: %(name)s", name=found.name),
            "back": url_for("admin.unit", unit_id=unit_id),
            "button": _("Lưu"),
        }
        return SheetPage(sheet, "admin/form.html", context)

    def act(uow: UnitOfWork, typed: Values) -> str:
        amendments.update_unit(uow, unit_id, **dated(typed, "valid_to"))
        flash(_("Đã lưu đơn vị."), "good")
        return url_for("admin.unit", unit_id=unit_id)

    return sheet_page(build, act)
