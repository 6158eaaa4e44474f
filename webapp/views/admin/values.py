"""The values of a draft: a share or a rounding changes with its source, in force from the draft's date."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import flash, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from engine.database import UnitOfWork
from engine.errors import N_, NotFound
from webapp.sheets import Sheet, SheetPage, Values, sheet_page
from webapp.views.admin import blueprint
from workflows.actions import regulation_values as actions
from workflows.queries import regulations as queries
from workflows.queries.regulation_values import ValueRow, value_rows

VALUE: dict[str, dict[str, Any]] = {
    "value": {"type": "string", "title": N_("Giá trị"), "maxLength": 200},
    "citation": {
        "type": "string",
        "title": N_("Căn cứ"),
        "maxLength": 500,
        "x-help": N_("Số, ngày văn bản, điều khoản. Chưa chắc thì ghi thêm “(cần kiểm tra)”."),
    },
}
ROUNDING: dict[str, Any] = {
    "type": "string",
    "title": N_("Giá trị"),
    "x-widget": "select",
    "oneOf": [
        {"const": "floor", "title": N_("làm tròn xuống")},
        {"const": "nearest", "title": N_("làm tròn đến số gần nhất")},
        {"const": "ceil", "title": N_("làm tròn lên")},
    ],
}


@blueprint.route("/regulations/<uuid:regulation_id>/values/<key>", methods=["GET", "POST"])
def edit_value(regulation_id: UUID, key: str) -> ResponseReturnValue:
    """One value of a draft with its source."""

    def build(uow: UnitOfWork) -> SheetPage:
        row = _found(uow, regulation_id, key)
        context = {
            "title": row.note,
            "note": _("Để trống giá trị khi chưa có căn cứ: hệ thống sẽ hỏi khi cần, không tự suy đoán."),
            "back": url_for("admin.regulation", regulation_id=regulation_id),
            "button": _("Lưu vào dự thảo"),
        }
        fields = {**VALUE, "value": ROUNDING} if key.endswith("_rounding") else VALUE
        sheet = Sheet(fields, [], {"value": row.value, "citation": row.citation})
        return SheetPage(sheet, "admin/form.html", context)

    def act(uow: UnitOfWork, typed: Values) -> str:
        actions.set_value(
            uow, regulation_id, key, value=typed.get("value") or "", citation=typed.get("citation") or ""
        )
        flash(_("Đã lưu giá trị vào dự thảo."), "good")
        return url_for("admin.regulation", regulation_id=regulation_id)

    return sheet_page(build, act)


def _found(uow: UnitOfWork, regulation_id: UUID, key: str) -> ValueRow:
    for row in value_rows(uow, queries.own_regulation(uow, regulation_id)):
        if row.key == key:
            return row
    raise NotFound(N_("giá trị này trong quy định"))
