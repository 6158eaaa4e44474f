"""The nominee's page: reason of a return first, sections, files, timeline, what I may do and why not."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select

from engine import history, tasks
from engine.clock import local_date
from engine.database import UnitOfWork
from engine.errors import N_, NotAllowed, NotFound
from engine.handlers import lookups
from engine.models import Definition, History, Regulation, Task
from workflows import gate, labels
from workflows.actions.evidence import why_not_attach
from workflows.actions.interruptions import why_not_hold, why_not_refuse, why_not_resume, why_not_withdraw
from workflows.actions.merits import merit_title
from workflows.actions.nominations import NOMINATORS
from workflows.actions.task_operations import why_not_comment
from workflows.catalogue import award_name
from workflows.facts import channel_row, reference_date
from workflows.labels import label
from workflows.queries.nominations import may_see
from workflows.stages import nomination_of, stage_label
from workflows.tables.movements import Movement
from workflows.tables.nominations import Evidence, Nomination
from workflows.tables.organisation import Person, Unit


@dataclass(frozen=True)
class Action:
    """One thing to do with the dossier; `reason` says why not, None when it may be done."""

    key: str
    label: str
    reason: str | None
    task_id: UUID | None = None


@dataclass(frozen=True)
class TimelineEntry:
    """One event in plain Vietnamese, oldest last on the page."""

    at: datetime
    who: str
    text: str
    reason: str = ""
    comment: str = ""


@dataclass(frozen=True)
class Dossier:
    """Everything the page shows of one dossier."""

    nomination: Nomination
    stage: str
    reason: str
    sections: list[tuple[str, list[tuple[str, str]]]]
    evidence: list[Evidence]
    timeline: list[TimelineEntry]
    actions: list[Action]


def dossier(uow: UnitOfWork, nomination_id: UUID) -> Dossier:
    """The page of one dossier; NotFound, or NotAllowed for somebody it is no business of."""
    nomination = nomination_of(uow, nomination_id)
    if not may_see(uow, nomination):
        raise NotAllowed(reason=N_("Bạn không được xem hồ sơ này."))
    files = select(Evidence).where(Evidence.nomination_id == nomination.id).order_by(Evidence.id)
    return Dossier(
        nomination=nomination,
        stage=stage_label(nomination),
        reason=nomination.on_hold_basis or nomination.outcome_reason,
        sections=_sections(uow, nomination),
        evidence=list(uow.session.scalars(files)),
        timeline=timeline(uow, nomination),
        actions=actions(uow, nomination),
    )


def evidence_file(uow: UnitOfWork, evidence_id: UUID) -> Evidence:
    """One file of a dossier that the actor may see; NotFound, or NotAllowed for others."""
    row = uow.session.get(Evidence, evidence_id)
    if row is None or row.organisation_id != uow.organisation_id:
        raise NotFound(N_("tệp này"))
    if not may_see(uow, nomination_of(uow, row.nomination_id)):
        raise NotAllowed(reason=N_("Anh/chị không được xem tệp của hồ sơ này."))
    return row


def actions(uow: UnitOfWork, nomination: Nomination) -> list[Action]:
    """The open steps and the standing actions, each with the reason when the actor may not."""
    found = []
    for task in tasks.open_tasks(uow, instance_id=nomination.instance_id) if nomination.instance_id else []:
        refusal = N_("Cần đăng nhập để làm việc này.")
        if uow.actor_id is not None:
            refusal = _why_not_step(uow, task, uow.actor_id)
        if nomination.on_hold_basis:
            refusal = N_("Hồ sơ đang tạm dừng xét: %(basis)s") % {"basis": nomination.on_hold_basis}
        verb = labels.STEP_VERBS.get(task.step, task.name)
        found.append(Action(task.step, verb, refusal or None, task.id))
    return [
        *found,
        Action("attach", N_("Thêm tệp vào hồ sơ"), why_not_attach(uow, nomination)),
        Action("comment", N_("Ghi ý kiến trao đổi"), why_not_comment(uow, nomination.id)),
        Action("withdraw", N_("Rút hồ sơ"), _why_not_withdraw(uow, nomination)),
        Action("hold", N_("Tạm dừng xét"), _why_not_office(uow, why_not_hold(nomination))),
        Action("resume", N_("Tiếp tục xét"), _why_not_office(uow, why_not_resume(nomination))),
        Action(
            "refuse", N_("Không khen thưởng theo kết luận"), _why_not_office(uow, why_not_refuse(nomination))
        ),
    ]


def timeline(uow: UnitOfWork, nomination: Nomination) -> list[TimelineEntry]:
    """What happened to the dossier, newest first; what the engine notes for itself is left out."""
    if nomination.instance_id is None:
        return []
    rows = history.of(uow, history.instance_chain(nomination.instance_id))
    drawn = select(Task.step, Task.name).where(Task.instance_id == nomination.instance_id)
    names = {row.step: row.name for row in uow.session.execute(drawn)} | labels.STEP_VERBS
    entries = (_entry(uow, row, names) for row in reversed(rows))
    return [entry for entry in entries if entry is not None]


def _entry(uow: UnitOfWork, row: History, steps: Mapping[str, str]) -> TimelineEntry | None:
    data: dict[str, Any] = json.loads(row.data)
    if row.event in _HANDED_OVER:
        data["person"] = lookups().person_name(uow, UUID(data["to"]))
    if row.event in _FOLLOWED:
        data |= {name: _regulation(uow, data[name]) for name in ("from", "to") if data.get(name)}
    data["step"] = steps.get(row.element or "", row.element or "")
    data["earlier"] = steps.get(str(data.get("to")), str(data.get("name") or ""))
    text = _sentence(row.event, data)
    if text is None:
        return None
    reason = str(data.get("reason") or data.get("basis") or data.get("note") or "")
    who = row.actor_name or N_("Hệ thống")
    return TimelineEntry(row.at, who, text, reason, str(data.get("comment") or ""))


_SENTENCES: Mapping[str, str] = {
    "dossier:created": N_("Lập hồ sơ %(code)s"),
    "dossier:held": N_("Tạm dừng xét"),
    "dossier:resumed": N_("Tiếp tục xét"),
    "dossier:refused": N_("Không khen thưởng theo kết luận"),
    "dossier:received": N_("Tiếp nhận hồ sơ ngày %(on)s"),
    "dossier:due": N_("Hạn thẩm định: %(due_on)s"),
    "dossier:supplemented": N_("Bổ sung, chỉnh sửa hồ sơ"),
    "evidence:attached": N_("Thêm tệp “%(title)s”"),
    "evidence:superseded": N_("Thay thế tệp “%(filename)s”"),
    "task:completed": N_("Đã làm: %(step)s"),
    "task:reassigned": N_("Giao lại việc: %(step)s cho %(person)s"),
    "task:delegated": N_("Nhờ đồng nghiệp làm: %(step)s – %(person)s"),
    "task:taken_back": N_("Chuyển lại việc: %(step)s cho %(person)s"),
    "task:sent_back": N_("Trả hồ sơ về bước trước: từ “%(step)s” về “%(earlier)s”"),
    "task:due_changed": N_("Đổi hạn: %(step)s đến hết ngày %(to)s"),
    "instance:commented": N_("Ý kiến trao đổi"),
    "instance:migrated": N_("Chuyển sang phiên bản quy trình mới: từ “%(from)s” sang “%(to)s”"),
    "instance:migration_undone": N_("Trở lại phiên bản quy trình trước: “%(to)s”"),
}
_FOLLOWED = ("instance:migrated", "instance:migration_undone")
_HANDED_OVER = ("task:reassigned", "task:delegated", "task:taken_back")


def _regulation(uow: UnitOfWork, definition_hash: str) -> str:
    """The regulation by which people know a version of a process."""
    definition = uow.session.get(Definition, definition_hash)
    found = uow.session.get(Regulation, definition.regulation_id) if definition else None
    return found.name if found else ""


def _sentence(event: str, data: Mapping[str, Any]) -> str | None:
    if event == "dossier:moved":
        return N_("Chuyển sang: %(stage)s") % {"stage": label(labels.STAGE_LABELS, str(data.get("to")))}
    if event == "dossier:city_answered":
        words = {
            "decided": N_("Cấp trên quyết định khen thưởng"),
            "returned": N_("Cấp trên yêu cầu bổ sung"),
            "refused": N_("Cấp trên không đồng ý khen thưởng"),
        }
        return words.get(str(data.get("outcome")))
    if event == "dossier:due" and not data.get("due_on"):
        return N_("Quy định chưa có thời hạn thẩm định")
    template = _SENTENCES.get(event)
    return template % {name: _shown(value) for name, value in data.items()} if template else None


def _shown(value: object) -> str:
    for read in (date.fromisoformat, lambda text: local_date(datetime.fromisoformat(text))):
        try:
            return f"{read(str(value)):%d/%m/%Y}"
        except ValueError:
            continue
    return str(value if value is not None else "")


def _sections(uow: UnitOfWork, nomination: Nomination) -> list[tuple[str, list[tuple[str, str]]]]:
    sections = [
        (N_("Đề nghị"), _proposal(uow, nomination)),
        (N_("Đối tượng"), _subject(nomination)),
        (N_("Thành tích"), _merit(uow, nomination)),
        (N_("Điều kiện"), _conditions(nomination)),
    ]
    return [(title, [(name, value) for name, value in rows if value]) for title, rows in sections]


def _proposal(uow: UnitOfWork, nomination: Nomination) -> list[tuple[str, str]]:
    unit = uow.session.get(Unit, nomination.unit_id)
    author = uow.session.get(Person, nomination.author_id)
    movement = uow.session.get(Movement, nomination.movement_id) if nomination.movement_id else None
    channel = channel_row(uow, nomination.unit_id, reference_date(uow, nomination))
    return [
        (N_("Mã hồ sơ"), nomination.code),
        (N_("Danh hiệu, hình thức"), award_name(nomination.award)),
        (N_("Loại hình"), label(labels.MERIT_LABELS, nomination.merit_kind)),
        (N_("Phong trào thi đua"), movement.name if movement else ""),
        (N_("Đơn vị đề nghị"), unit.name if unit else ""),
        (N_("Tuyến trình khen"), label(labels.CHANNEL_LABELS, channel.channel) if channel else ""),
        (N_("Người lập hồ sơ"), author.full_name if author else ""),
        (N_("Năm thành tích"), str(nomination.achievement_year)),
        (N_("Ngày tiếp nhận"), _shown(nomination.received_on)),
        (N_("Hạn thẩm định"), _shown(nomination.due_on)),
        (
            N_("Lần gửi cấp trên"),
            str(nomination.submission_number) if nomination.submission_number > 1 else "",
        ),
    ]


def _subject(nomination: Nomination) -> list[tuple[str, str]]:
    return [
        (N_("Đối tượng"), label(labels.SUBJECT_LABELS, nomination.subject_kind)),
        (N_("Tên"), nomination.subject_name),
        (N_("Giới tính"), label(labels.GENDER_LABELS, nomination.gender)),
        (N_("Năm sinh"), str(nomination.born_year or "")),
        (N_("Chức vụ, công việc"), nomination.position),
        (N_("Địa chỉ"), nomination.address),
        (N_("Người trực tiếp lao động"), N_("Có") if nomination.direct_worker else ""),
        (N_("Vùng đặc biệt khó khăn"), N_("Có") if nomination.hardship_area else ""),
    ]


def _merit(uow: UnitOfWork, nomination: Nomination) -> list[tuple[str, str]]:
    return [
        (N_("Tóm tắt thành tích"), nomination.merit_summary),
        (N_("Thành tích làm căn cứ"), merit_title(uow, nomination)),
        *_initiative(nomination),
    ]


def _initiative(nomination: Nomination) -> list[tuple[str, str]]:
    return [
        (N_("Sáng kiến, đề tài"), nomination.initiative_name),
        (N_("Số công nhận"), nomination.initiative_number),
        (N_("Năm công nhận"), str(nomination.initiative_year or "")),
    ]


def _conditions(nomination: Nomination) -> list[tuple[str, str]]:
    if nomination.subject_kind == "collective":
        share = f"{nomination.lttt_members}/{nomination.total_members}" if nomination.total_members else ""
        return [
            (N_("Lao động tiên tiến / tổng số"), share),
            (N_("Kỷ luật cao nhất"), label(labels.DISCIPLINE_LABELS, nomination.max_discipline)),
        ]
    if nomination.subject_kind == "household":
        return [(N_("Số năm liên tục Gia đình văn hóa"), str(nomination.gdvh_years or ""))]
    months = nomination.months_in_service
    return [
        (N_("Số tháng công tác"), "" if months is None else str(months)),
        (N_("Kỷ luật"), label(labels.DISCIPLINE_LABELS, nomination.discipline)),
        (N_("Số ngày nghỉ"), str(nomination.leave_days)),
    ]


def _why_not_withdraw(uow: UnitOfWork, nomination: Nomination) -> str | None:
    if uow.actor_id is None or not any(
        gate.holds(uow, uow.actor_id, role, unit_id=nomination.unit_id) for role in NOMINATORS
    ):
        return N_("Chỉ đơn vị đề nghị được rút hồ sơ.")
    return why_not_withdraw(nomination)


def _why_not_office(uow: UnitOfWork, refusal: str | None) -> str | None:
    if uow.actor_id is None or not gate.holds(uow, uow.actor_id, "standing_office"):
        return N_("Việc này do Thường trực Hội đồng thực hiện.")
    return refusal


def _why_not_step(uow: UnitOfWork, task: Task, person_id: UUID) -> str:
    """Why this person may not do the step; where nobody may, who must appoint somebody. Empty when allowed."""
    reason = tasks.may_complete(uow, task, person_id)
    missing = tasks.missing_substitute(uow, task) if reason else None
    return " ".join(text for text in (reason, missing) if text)
