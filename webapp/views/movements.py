"""Phong trào thi đua: the catalogue, read by everybody, kept by the standing office."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, flash, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from engine.database import UnitOfWork
from engine.errors import N_
from webapp.request import reads
from webapp.sheets import Sheet, SheetPage, Values, dated, sheet_page
from workflows import gate
from workflows.actions.movements import MAKERS, create_movement
from workflows.queries import movements as queries

blueprint = Blueprint("movements", __name__)

LONG = {"type": "string", "maxLength": 2000, "x-widget": "textarea"}
NEW: dict[str, dict[str, Any]] = {
    "name": {"type": "string", "title": N_("Tên phong trào"), "maxLength": 300},
    "code": {"type": "string", "title": N_("Ký hiệu"), "maxLength": 20, "pattern": "^[A-Za-z0-9._-]+$"},
    "starts_on": {"type": "string", "format": "date", "title": N_("Từ ngày")},
    "ends_on": {
        "type": "string",
        "format": "date",
        "title": N_("Đến ngày"),
        "x-help": N_("Để trống khi chưa định ngày kết thúc."),
    },
    "themes": {
        "type": "string",
        "title": N_("Chủ đề"),
        "maxLength": 500,
        "x-help": N_("Cách nhau bằng dấu phẩy, ví dụ: nông thôn mới, môi trường."),
    },
    "target_group": {**LONG, "title": N_("Đối tượng tham gia")},
    "parent_plan": {**LONG, "title": N_("Kế hoạch cấp trên")},
    "legal_basis": {**LONG, "title": N_("Căn cứ")},
    "launch_paper": {
        **LONG,
        "title": N_("Văn bản phát động"),
        "x-help": N_("Tên, số, ngày của kế hoạch hoặc văn bản phát động."),
    },
}


@blueprint.get("/movements")
@reads
def index(uow: UnitOfWork) -> ResponseReturnValue:
    """The catalogue with themes, target group, plan, basis and launch paper."""
    return render_template("movements/index.html", rows=queries.movements(uow), may_add=queries.may_add(uow))


@blueprint.route("/movements/new", methods=["GET", "POST"])
def new() -> ResponseReturnValue:
    """A movement launched later than the plan."""

    def build(uow: UnitOfWork) -> SheetPage:
        gate.require_any(uow, MAKERS)
        initial = {"code": queries.next_code(uow), "starts_on": uow.today.isoformat()}
        return SheetPage(Sheet(NEW, ["name", "code", "starts_on"], initial), "movements/new.html")

    def act(uow: UnitOfWork, typed: Values) -> str:
        values = dated(typed, "starts_on", "ends_on")
        values["themes"] = (values.get("themes") or "").split(",")
        texts = {name: value for name, value in values.items() if value is not None}
        made = create_movement(uow, **texts)
        flash(_("Đã thêm phong trào “%(name)s”.", name=made.name), "good")
        return url_for("movements.index")

    return sheet_page(build, act)
