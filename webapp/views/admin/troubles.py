"""Sự cố and Công việc nền: what failed, what can be done about it, how the work behind the pages stands."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from engine.database import UnitOfWork
from engine.errors import N_
from webapp.request import posted, reads, writes
from webapp.sheets import Sheet, SheetPage, Values, once, sheet_page
from webapp.views.admin import blueprint
from workflows.actions import troubles as actions
from workflows.queries import troubles as queries

REASON: dict[str, dict[str, Any]] = {
    "reason": {"type": "string", "title": N_("Lý do"), "maxLength": 500, "x-help": N_("Ghi vào lịch sử.")}
}
VALUES: dict[str, dict[str, Any]] = {
    "values": {
        "type": "string",
        "title": N_("Dữ liệu điều hướng (JSON)"),
        "maxLength": 20000,
        "x-widget": "textarea",
        "x-help": N_(
            "Chỉ sửa giá trị sai; giữ nguyên tên và kiểu của từng giá trị. Giá trị cũ không vào lịch sử."
        ),
    },
    **REASON,
}


@dataclass(frozen=True)
class Way:
    """One way to deal with an incident: its page's words and what it does."""

    title: str
    about: str
    button: str
    done: str
    act: Callable[[UnitOfWork, UUID, Values], None]


WAYS = {
    "skip": Way(
        N_("Bỏ qua bước này"),
        N_("Hồ sơ đi tiếp như thể bước này đã xong; kết quả mà bước này phải tính sẽ không có."),
        N_("Bỏ qua và chạy tiếp"),
        N_("Đã bỏ qua bước; phần còn lại đang chạy tiếp."),
        lambda uow, key, typed: actions.skip(uow, key, typed["reason"]),
    ),
    "correct": Way(
        N_("Sửa dữ liệu rồi chạy lại"),
        N_(
            "Dùng khi bước hỏng vì một giá trị sai. Hồ sơ giữ nguyên chỗ; bước hỏng được chạy lại với giá trị mới."
        ),
        N_("Sửa và chạy lại"),
        N_("Đã sửa dữ liệu; bước hỏng đang được chạy lại."),
        lambda uow, key, typed: actions.correct(uow, key, typed["values"], typed["reason"]),
    ),
    "settle": Way(
        N_("Đóng sự cố"),
        N_("Dùng khi không cần chạy lại nữa. Sự cố được giữ lại cùng lý do."),
        N_("Đóng sự cố"),
        N_("Đã đóng sự cố."),
        lambda uow, key, typed: actions.settle(uow, key, typed["reason"]),
    ),
}


@blueprint.get("/incidents")
@reads
def incidents(uow: UnitOfWork) -> ResponseReturnValue:
    """What went wrong without a person's fault, and what was done about it."""
    found, resolved = queries.troubles(uow)
    labels = queries.RESOLUTIONS
    return render_template("admin/incidents.html", troubles=found, resolved=resolved, labels=labels)


@blueprint.get("/incidents/<uuid:incident_id>")
@reads
def incident(uow: UnitOfWork, incident_id: UUID) -> ResponseReturnValue:
    """One open incident and the ways to deal with it."""
    return render_template("admin/incident.html", each=queries.trouble(uow, incident_id), ways=WAYS)


@blueprint.post("/incidents/<uuid:incident_id>/retry")
@writes
def retry_incident(uow: UnitOfWork, incident_id: UUID) -> ResponseReturnValue:
    """Run again what failed."""

    def act() -> str:
        actions.retry(uow, incident_id)
        flash(_("Đã đưa trở lại hàng chờ để chạy lại."), "good")
        return url_for("admin.incidents")

    return redirect(once(uow, act))


@blueprint.route("/incidents/<uuid:incident_id>/<any(skip, correct, settle):how>", methods=["GET", "POST"])
def repair(incident_id: UUID, how: str) -> ResponseReturnValue:
    """Pass the step undone, correct data, or close the incident; each with a reason."""
    way = WAYS[how]

    def build(uow: UnitOfWork) -> SheetPage:
        context = {"each": queries.trouble(uow, incident_id), "way": way}
        initial = {}
        if how == "correct" and request.method == "GET":
            values = queries.variables(uow, incident_id)
            initial = {"values": json.dumps(values, ensure_ascii=False, indent=2, sort_keys=True)}
        properties = VALUES if how == "correct" else REASON
        return SheetPage(Sheet(properties, list(properties), initial), "admin/repair.html", context)

    def act(uow: UnitOfWork, typed: Values) -> str:
        way.act(uow, incident_id, typed)
        flash(_(way.done), "good")
        return url_for("admin.incidents")

    return sheet_page(build, act)


@blueprint.get("/jobs")
@reads
def background(uow: UnitOfWork) -> ResponseReturnValue:
    """How the work behind the pages stands."""
    overview, failed = queries.background(uow)
    labels = queries.JOB_LABELS
    return render_template("admin/jobs.html", overview=overview, failed=failed, labels=labels)


@blueprint.post("/jobs/retry")
@writes
def retry_job(uow: UnitOfWork) -> ResponseReturnValue:
    """Put a job that was given up back into the queue."""
    job_id = posted().get("job_id", [""])[0]

    def act() -> str:
        actions.retry_job(uow, job_id)
        flash(_("Đã đưa công việc nền trở lại hàng chờ."), "good")
        return url_for("admin.background")

    return redirect(once(uow, act))


@blueprint.post("/jobs/move")
@writes
def move_jobs(uow: UnitOfWork) -> ResponseReturnValue:
    """Let this version of the program do what waits for another one."""

    def act() -> str:
        moved = actions.move_older_jobs(uow)
        flash(_("Đã chuyển %(count)d công việc sang phiên bản đang chạy.", count=moved), "good")
        return url_for("admin.background")

    return redirect(once(uow, act))
