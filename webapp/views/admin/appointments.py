"""Who holds what where with dates: roles and substitutes, council seats, delegations to sign (KT.)."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from engine.database import UnitOfWork
from engine.errors import N_
from webapp.request import reads, writes
from webapp.sheets import Sheet, SheetPage, Values, dated, once, sheet_page
from webapp.views.admin import blueprint
from workflows.actions import absences, amendments, organisation
from workflows.labels import ROLE_LABELS
from workflows.queries import administration
from workflows.queries.choices import unit_choices

PERSON: dict[str, Any] = {"type": "string", "title": N_("Người")}
DATES: dict[str, dict[str, Any]] = {
    "valid_from": {"type": "string", "format": "date", "title": N_("Từ ngày")},
    "valid_to": {
        "type": "string",
        "format": "date",
        "title": N_("Đến hết ngày"),
        "x-help": N_("Để trống khi chưa biết ngày kết thúc."),
    },
}
LAST_DAY: dict[str, dict[str, Any]] = {
    "last_day": {"type": "string", "format": "date", "title": N_("Ngày cuối cùng")}
}
ROLE: dict[str, dict[str, Any]] = {
    "person_id": PERSON,
    "role": {
        "type": "string",
        "title": N_("Vai trò"),
        "x-widget": "select",
        "oneOf": [{"const": key, "title": words} for key, words in ROLE_LABELS.items()],
    },
    "unit_id": {
        "type": "string",
        "title": N_("Trong đơn vị"),
        "x-help": N_("Chỉ cần cho Người lập hồ sơ và Lãnh đạo đơn vị; để trống là cho cả xã."),
    },
    "substitute": {
        "type": "boolean",
        "title": N_("Là người thay thế"),
        "x-help": N_("Chỉ làm thay khi người phụ trách chính có liên quan đến hồ sơ hoặc vắng mặt."),
    },
    **DATES,
}
SEAT: dict[str, dict[str, Any]] = {
    "person_id": PERSON,
    "seat": {"type": "integer", "title": N_("Số ghế"), "minimum": 1, "maximum": 99},
    "title": {"type": "string", "title": N_("Chức danh trong Hội đồng"), "maxLength": 200},
    "is_chair": {"type": "boolean", "title": N_("Là Chủ tịch Hội đồng")},
    **DATES,
}
ABSENCE: dict[str, dict[str, Any]] = {
    "first_day": {"type": "string", "format": "date", "title": N_("Nghỉ từ ngày")},
    "last_day": {"type": "string", "format": "date", "title": N_("Đến hết ngày")},
    "reason": {"type": "string", "title": N_("Lý do"), "maxLength": 500},
}
DELEGATION: dict[str, dict[str, Any]] = {
    "person_id": PERSON,
    "position": {"type": "string", "title": N_("Chức vụ ghi khi ký thay"), "maxLength": 200},
    "basis": {
        "type": "string",
        "title": N_("Văn bản ủy quyền, phân công"),
        "maxLength": 500,
        "x-help": N_("Số, ngày và tên văn bản cho phép ký thay Chủ tịch (KT.)."),
    },
    **DATES,
}


@blueprint.get("/roles")
@reads
def roles(uow: UnitOfWork) -> ResponseReturnValue:
    """Who holds what, what nobody holds, which tasks nobody may do."""
    role, ended = request.args.get("role", ""), request.args.get("ended") == "1"
    return render_template(
        "admin/roles.html",
        rows=administration.role_holdings(uow, role=role, ended=ended),
        gaps=administration.gaps(uow),
        role=role,
        ended=ended,
    )


@blueprint.route("/roles/new", methods=["GET", "POST"])
def new_role() -> ResponseReturnValue:
    """Appoint somebody."""

    def build(uow: UnitOfWork) -> SheetPage:
        initial = {"valid_from": uow.today.isoformat(), **request.args}
        options = {"person_id": administration.person_choices(uow), "unit_id": unit_choices(uow)}
        sheet = Sheet(ROLE, ["person_id", "role", "valid_from"], initial, options)
        context = {"title": _("Giao vai trò"), "back": url_for("admin.roles"), "button": _("Giao vai trò")}
        return SheetPage(sheet, "admin/form.html", context)

    def act(uow: UnitOfWork, typed: Values) -> str:
        values = dated(typed, "valid_from", "valid_to")
        unit_id = UUID(values.pop("unit_id")) if values.get("unit_id") else values.pop("unit_id", None)
        values["substitute"] = bool(values.get("substitute"))
        person_id, role = UUID(values.pop("person_id")), values.pop("role")
        organisation.grant_role(uow, person_id, role, unit_id=unit_id or None, **values)
        flash(_("Đã giao vai trò."), "good")
        return url_for("admin.roles")

    return sheet_page(build, act)


def _ending(title: str, back: str, flashed: str, act: Any) -> ResponseReturnValue:
    """The page that asks for a last day, and what it does."""

    def build(uow: UnitOfWork) -> SheetPage:
        note = _("Từ ngày hôm sau không còn hiệu lực; những gì đã làm vẫn giữ nguyên.")
        context = {"title": title, "note": note, "back": back, "button": _("Kết thúc")}
        sheet = Sheet(LAST_DAY, ["last_day"], {"last_day": uow.today.isoformat()})
        return SheetPage(sheet, "admin/form.html", context)

    def end(uow: UnitOfWork, typed: Values) -> str:
        act(uow, dated(typed, "last_day")["last_day"])
        flash(flashed, "good")
        return back

    return sheet_page(build, end)


@blueprint.route("/roles/<uuid:holding_id>/end", methods=["GET", "POST"])
def end_role(holding_id: UUID) -> ResponseReturnValue:
    """End an appointment."""
    return _ending(
        _("Kết thúc vai trò"),
        url_for("admin.roles"),
        _("Đã ghi ngày kết thúc vai trò."),
        lambda uow, day: organisation.end_role(uow, holding_id, last_day=day),
    )


@blueprint.route("/people/<uuid:person_id>/absences/new", methods=["GET", "POST"])
def new_absence(person_id: UUID) -> ResponseReturnValue:
    """Write down a person's leave."""
    back = url_for("admin.person", person_id=person_id)

    def build(uow: UnitOfWork) -> SheetPage:
        name = administration.person(uow, person_id).full_name
        note = _(
            "Trong những ngày này, việc của người nghỉ chuyển cho người cùng vai trò hoặc người thay thế."
        )
        context = {"title": _("Ghi nghỉ phép: %(name)s", name=name), "note": note, "back": back}
        sheet = Sheet(ABSENCE, list(ABSENCE), {"first_day": uow.today.isoformat()})
        return SheetPage(sheet, "admin/form.html", {**context, "button": _("Ghi nghỉ phép")})

    def act(uow: UnitOfWork, typed: Values) -> str:
        absences.record_absence(uow, person_id, **dated(typed, "first_day", "last_day"))
        flash(_("Đã ghi nghỉ phép."), "good")
        return back

    return sheet_page(build, act)


@blueprint.post("/people/<uuid:person_id>/absences/<uuid:absence_id>/end")
@writes
def end_absence(uow: UnitOfWork, person_id: UUID, absence_id: UUID) -> ResponseReturnValue:
    """The person is back, or does not go."""

    def act() -> str:
        absences.end_absence(uow, absence_id)
        flash(_("Đã kết thúc đợt nghỉ phép."), "good")
        return url_for("admin.person", person_id=person_id)

    return redirect(once(uow, act))


@blueprint.get("/council")
@reads
def council(uow: UnitOfWork) -> ResponseReturnValue:
    """The seats of the council."""
    return render_template("admin/council.html", rows=administration.seats(uow))


@blueprint.route("/council/new", methods=["GET", "POST"])
def new_seat() -> ResponseReturnValue:
    """Seat somebody."""

    def build(uow: UnitOfWork) -> SheetPage:
        options = {"person_id": administration.person_choices(uow)}
        initial = {"valid_from": uow.today.isoformat()}
        sheet = Sheet(SEAT, ["person_id", "seat", "title", "valid_from"], initial, options)
        note = _("Người được xếp ghế có luôn vai trò Thành viên Hội đồng trong thời gian đó.")
        context = {"title": _("Thêm thành viên Hội đồng"), "note": note, "button": _("Thêm thành viên")}
        return SheetPage(sheet, "admin/form.html", {**context, "back": url_for("admin.council")})

    def act(uow: UnitOfWork, typed: Values) -> str:
        values = dated(typed, "valid_from", "valid_to")
        values["is_chair"] = bool(values.get("is_chair"))
        organisation.seat_member(uow, UUID(values.pop("person_id")), **values)
        flash(_("Đã thêm thành viên Hội đồng."), "good")
        return url_for("admin.council")

    return sheet_page(build, act)


@blueprint.route("/council/<uuid:seat_id>/end", methods=["GET", "POST"])
def end_seat(seat_id: UUID) -> ResponseReturnValue:
    """End a seat."""
    return _ending(
        _("Kết thúc ghế Hội đồng"),
        url_for("admin.council"),
        _("Đã ghi ngày kết thúc."),
        lambda uow, day: amendments.end_seat(uow, seat_id, last_day=day),
    )


@blueprint.get("/delegations")
@reads
def delegations(uow: UnitOfWork) -> ResponseReturnValue:
    """Who signs for the chairman."""
    return render_template("admin/delegations.html", rows=administration.delegations(uow))


@blueprint.route("/delegations/new", methods=["GET", "POST"])
def new_delegation() -> ResponseReturnValue:
    """Let somebody sign for the chairman."""

    def build(uow: UnitOfWork) -> SheetPage:
        options = {"person_id": administration.person_choices(uow)}
        initial = {"valid_from": uow.today.isoformat()}
        sheet = Sheet(DELEGATION, ["person_id", "position", "basis", "valid_from"], initial, options)
        context = {"title": _("Thêm ủy quyền ký thay"), "button": _("Thêm ủy quyền")}
        return SheetPage(sheet, "admin/form.html", {**context, "back": url_for("admin.delegations")})

    def act(uow: UnitOfWork, typed: Values) -> str:
        values = dated(typed, "valid_from", "valid_to")
        organisation.delegate(uow, UUID(values.pop("person_id")), **values)
        flash(_("Đã thêm ủy quyền ký thay."), "good")
        return url_for("admin.delegations")

    return sheet_page(build, act)


@blueprint.route("/delegations/<uuid:delegation_id>/end", methods=["GET", "POST"])
def end_delegation(delegation_id: UUID) -> ResponseReturnValue:
    """End a delegation."""
    return _ending(
        _("Kết thúc ủy quyền"),
        url_for("admin.delegations"),
        _("Đã ghi ngày kết thúc ủy quyền."),
        lambda uow, day: amendments.end_delegation(uow, delegation_id, last_day=day),
    )
