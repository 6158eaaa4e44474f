"""The nominee's page: one function, because files, reasons and looks come back to it with what was typed."""

from __future__ import annotations

from collections.abc import Mapping
from uuid import UUID

from flask import render_template
from flask_babel import gettext as _

from engine.database import UnitOfWork
from webapp.actor import current_actor
from webapp.request import writing
from workflows import files
from workflows.actions.reading import note_reading
from workflows.actions.task_operations import managed_roles
from workflows.labels import AWARD_LABELS, EVIDENCE_LABELS, STAGE_LABELS
from workflows.queries.dossier import Dossier, dossier
from workflows.queries.packages import submissions_of
from workflows.queries.papers import papers_of_nomination
from workflows.queries.people import names_of
from workflows.queries.register import earlier_awards
from workflows.queries.verdicts import verdicts
from workflows.settings import current as workflow_settings
from workflows.stages import is_closed

STANDING = ("attach", "comment", "withdraw", "hold", "resume", "refuse")


def dossier_page(
    uow: UnitOfWork,
    nomination_id: UUID,
    *,
    opened: str = "",
    problem: str = "",
    typed: Mapping[str, str] | None = None,
) -> str:
    """The page; `opened` is the form that came back with a problem, `typed` what was in it."""
    found = dossier(uow, nomination_id)
    row = found.nomination
    page: str = render_template(
        "nominations/show.html",
        dossier=found,
        row=row,
        today=uow.today,
        closed=is_closed(row),
        reason_title=_reason_title(found),
        steps=[act for act in found.actions if act.key not in STANDING],
        acts={act.key: act for act in found.actions if act.key in STANDING},
        uploaders=names_of(uow, [each.uploaded_by for each in found.evidence]),
        evidence_kinds=EVIDENCE_LABELS,
        award_labels=AWARD_LABELS,
        stage_words=STAGE_LABELS,
        allowed_files=files.allowed_text(),
        accept=files.ACCEPT,
        most_bytes=workflow_settings().max_file_bytes,
        earlier=[
            entry
            for entry in earlier_awards(uow, person_id=row.person_id, name=row.subject_name)
            if entry.nomination_id != row.id
        ],
        submissions=submissions_of(uow, row.id),
        papers=papers_of_nomination(uow, row.id),
        verdicts=verdicts(uow, row.id),
        manages=bool(managed_roles(uow)),
        opened=opened,
        problem=problem,
        typed=typed or {},
    )
    return page


def _reason_title(found: Dossier) -> str:
    """What the reason at the top of the page is a reason for."""
    if found.nomination.on_hold_basis:
        return str(_("Hồ sơ đang tạm dừng xét. Căn cứ:"))
    words = {
        "draft": _("Hồ sơ được trả lại. Lý do:"),
        "supplement": _("Hồ sơ cần bổ sung. Yêu cầu:"),
        "city_returned": _("Cấp trên trả lại để bổ sung. Lý do:"),
        "appraisal": _("Hồ sơ được đưa về thẩm định lại. Lý do:"),
        "paper": _("Chủ tịch trả lại để chỉnh sửa. Lý do:"),
        "refused": _("Hồ sơ không được khen thưởng. Lý do:"),
        "not_passed": _("Hội đồng không thông qua. Lý do:"),
        "withdrawn": _("Hồ sơ đã được rút. Lý do:"),
    }
    return str(words.get(found.nomination.stage, _("Ý kiến gần nhất:")))


def note_look(what: str, key: UUID) -> None:
    """The inspector's reading is noted, in a transaction of its own; others read without writing."""
    actor = current_actor()
    if actor is not None and "inspector" in actor.roles:
        with writing() as uow:
            note_reading(uow, what, str(key))
