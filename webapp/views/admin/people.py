"""People: list and search, new, changed, one-time passwords, accounts closed and opened again."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from engine.database import UnitOfWork
from engine.errors import N_
from webapp.request import reads, writes
from webapp.sheets import Sheet, SheetPage, Values, once, sheet_page
from webapp.views.admin import blueprint
from workflows.actions import amendments, organisation
from workflows.actions.absences import absences_of
from workflows.actions.passwords import issue_password
from workflows.labels import GENDER_LABELS
from workflows.queries import administration
from workflows.queries import people as people_query
from workflows.queries.choices import unit_choices

FIELDS: dict[str, dict[str, Any]] = {
    "full_name": {"type": "string", "title": N_("Họ và tên"), "maxLength": 200},
    "position": {"type": "string", "title": N_("Chức vụ, công việc"), "maxLength": 200},
    "unit_id": {"type": "string", "title": N_("Đơn vị")},
    "gender": {
        "type": "string",
        "title": N_("Giới tính"),
        "oneOf": [{"const": key, "title": words} for key, words in GENDER_LABELS.items() if key],
    },
    "born_year": {"type": "integer", "title": N_("Năm sinh"), "minimum": 1900, "maximum": 2100},
    "username": {
        "type": "string",
        "title": N_("Tên đăng nhập"),
        "maxLength": 60,
        "pattern": "^[A-Za-z0-9._-]+$",
        "x-help": N_("Chữ không dấu, số, dấu chấm. Để trống nếu người này không dùng phần mềm."),
    },
}
REASON: dict[str, dict[str, Any]] = {
    "reason": {"type": "string", "title": N_("Lý do"), "maxLength": 500, "x-widget": "textarea"}
}


@blueprint.get("/people")
@reads
def people(uow: UnitOfWork) -> ResponseReturnValue:
    """The list, searched without accents."""
    text = request.args.get("q", "")
    rows = people_query.people(uow, text=text)
    return render_template("admin/people.html", rows=rows, text=text)


@blueprint.route("/people/new", methods=["GET", "POST"])
def new_person() -> ResponseReturnValue:
    """A new person."""

    def build(uow: UnitOfWork) -> SheetPage:
        sheet = Sheet(FIELDS, ["full_name"], options={"unit_id": unit_choices(uow)})
        context = {"title": _("Thêm người"), "back": url_for("admin.people"), "button": _("Thêm người")}
        return SheetPage(sheet, "admin/form.html", context)

    def act(uow: UnitOfWork, typed: Values) -> str:
        made = organisation.create_person(uow, **_details(typed))
        flash(_("Đã thêm %(name)s.", name=made.full_name), "good")
        return url_for("admin.person", person_id=made.id)

    return sheet_page(build, act)


def _details(typed: Values) -> Values:
    return {**typed, "unit_id": UUID(typed["unit_id"]) if typed.get("unit_id") else None}


@blueprint.get("/people/<uuid:person_id>")
@reads
def person(uow: UnitOfWork, person_id: UUID) -> ResponseReturnValue:
    """One person: details, what they hold, the account."""
    return render_template("admin/person.html", **_person_page(uow, person_id))


def _person_page(uow: UnitOfWork, person_id: UUID) -> dict[str, Any]:
    found = administration.person(uow, person_id)
    return {
        "person": found,
        "holdings": people_query.holdings(uow, person_id),
        "absences": absences_of(uow, person_id),
        "units": dict(unit_choices(uow)),
        "today": uow.today,
        "self": person_id == uow.actor_id,
    }


@blueprint.route("/people/<uuid:person_id>/edit", methods=["GET", "POST"])
def edit_person(person_id: UUID) -> ResponseReturnValue:
    """Change a person's details."""

    def build(uow: UnitOfWork) -> SheetPage:
        found = administration.person(uow, person_id)
        initial = {name: getattr(found, name) for name in FIELDS}
        initial["unit_id"] = str(found.unit_id or "")
        sheet = Sheet(FIELDS, ["full_name"], initial, {"unit_id": unit_choices(uow)})
        context = {
            "title": _("Sửa thông tin: %(name)s", name=found.full_name),
            "back": url_for("admin.person", person_id=person_id),
            "button": _("Lưu"),
        }
        return SheetPage(sheet, "admin/form.html", context)

    def act(uow: UnitOfWork, typed: Values) -> str:
        found = amendments.update_person(uow, person_id, **_details(typed))
        flash(_("Đã lưu thông tin của %(name)s.", name=found.full_name), "good")
        return url_for("admin.person", person_id=person_id)

    return sheet_page(build, act)


@blueprint.post("/people/<uuid:person_id>/password")
@writes
def password(uow: UnitOfWork, person_id: UUID) -> ResponseReturnValue:
    """Issue a one-time password and show it this once: it is stored nowhere in words."""
    issued = issue_password(uow, person_id)
    return render_template("admin/person.html", issued=issued, **_person_page(uow, person_id))


@blueprint.route("/people/<uuid:person_id>/deactivate", methods=["GET", "POST"])
def deactivate(person_id: UUID) -> ResponseReturnValue:
    """Close an account, with a reason."""

    def build(uow: UnitOfWork) -> SheetPage:
        found = administration.person(uow, person_id)
        note = _(
            "Người này không đăng nhập được nữa và không còn giữ vai trò. Hồ sơ, lịch sử đã ghi vẫn còn."
        )
        context = {
            "title": _("Ngừng tài khoản: %(name)s", name=found.full_name),
            "note": note,
            "back": url_for("admin.person", person_id=person_id),
            "button": _("Ngừng tài khoản"),
        }
        return SheetPage(Sheet(REASON, ["reason"]), "admin/form.html", context)

    def act(uow: UnitOfWork, typed: Values) -> str:
        organisation.deactivate_person(uow, person_id, str(typed["reason"]))
        flash(_("Đã ngừng tài khoản."), "good")
        return url_for("admin.person", person_id=person_id)

    return sheet_page(build, act)


@blueprint.post("/people/<uuid:person_id>/reactivate")
@writes
def reactivate(uow: UnitOfWork, person_id: UUID) -> ResponseReturnValue:
    """Open an account again."""
    target = url_for("admin.person", person_id=person_id)

    def act() -> str:
        amendments.reactivate_person(uow, person_id)
        flash(_("Đã cho dùng lại tài khoản. Hãy cấp mật khẩu dùng một lần."), "good")
        return target

    return redirect(once(uow, act))
