"""The spine, `nomination`: what its service tasks do; its forms stand in `nomination_forms`."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from sqlalchemy import select

from engine import decisions
from engine.clock import local_date
from engine.database import UnitOfWork
from engine.errors import N_
from engine.handlers import SentBack, ServiceCall, on_send_back, service
from engine.models import Instance
from workflows.actions.nominations import barred_ids, tell_author
from workflows.actions.notices import notify_role
from workflows.calendar import end_of_term
from workflows.facts import channel_row, facts_of, reference_date
from workflows.stages import move, nomination_of, record
from workflows.tables.nominations import Nomination
from workflows.tables.packages import PackageLine

STAGE_OF_STEP = {
    "draft_nomination": "draft",
    "receive_dossier": "office_received",
    "appraise": "appraisal",
    "supplement_dossier": "supplement",
    "revise_dossier": "paper",
    "supplement_for_city": "city_returned",
}
"""Where a dossier stands while one of its steps waits for somebody."""
TERM_OF_MERIT = {"dot_xuat": "appraise_sudden"}


@service("mark_submitted")
def mark_submitted(call: ServiceCall) -> Mapping[str, Any]:
    """The dossier waits for its unit's review; what was asked of the author is answered."""
    nomination = nomination_of(call.uow, call.business_key)
    move(call.uow, nomination, "unit_review")
    return {"barred_ids": barred_ids(nomination), "nominee_id": str(nomination.person_id or "")}


@service("set_due_date")
def set_due_date(call: ServiceCall) -> Mapping[str, Any]:
    """The last day of the appraisal, from the table of terms and the working calendar.

    A term that the law in force does not give stays open: no date is invented.
    """
    nomination = nomination_of(call.uow, call.business_key)
    assert nomination.received_on is not None
    procedure = TERM_OF_MERIT.get(nomination.merit_kind, "appraise_award")
    row = decide(call.uow, nomination, "terms", {"procedure": procedure}).first
    days = row.get("term_days")
    nomination.due_on = (
        end_of_term(
            call.uow, call.organisation_id, nomination.received_on, int(str(days)), str(row.get("term_unit"))
        )
        if days is not None
        else None
    )
    record(
        call.uow,
        nomination,
        "dossier:due",
        {"received_on": nomination.received_on, "due_on": nomination.due_on, "days": days},
    )
    return {"due_on": nomination.due_on.isoformat() if nomination.due_on else None}


@service("load_facts")
def load_facts(call: ServiceCall) -> Mapping[str, Any]:
    """The dossier is appraised again from the facts as they stand now."""
    nomination = nomination_of(call.uow, call.business_key)
    move(call.uow, nomination, "appraisal", reason=nomination.outcome_reason)
    facts = facts_of(call.uow, nomination)
    record(call.uow, nomination, "dossier:facts", facts)
    return facts


@service("close_dossier")
def close_dossier(call: ServiceCall) -> None:
    """The dossier ends without the award; the author and the office read why."""
    nomination = nomination_of(call.uow, call.business_key)
    stage = str(call.parameters.get("stage") or "refused")
    reason = str(call.parameters.get("reason") or "")
    move(call.uow, nomination, stage, reason=reason)
    text = N_("Hồ sơ %(code)s – %(name)s không được khen thưởng: %(reason)s")
    tell_author(call.uow, nomination, text, reason)
    tell_office(call.uow, nomination, N_("Hồ sơ %(code)s – %(name)s kết thúc, không khen thưởng."))


@service("mark_passed")
def mark_passed(call: ServiceCall) -> None:
    """The council agreed: the dossier waits for its paper, a decision here or a proposal upward."""
    nomination = nomination_of(call.uow, call.business_key)
    nomination.authority_route = str(call.data.get("authority_route") or "")
    move(call.uow, nomination, "paper")
    tell_author(call.uow, nomination, N_("Hội đồng đã thông qua hồ sơ %(code)s – %(name)s."))


@service("mark_proposed")
def mark_proposed(call: ServiceCall) -> None:
    """The proposal is signed: the dossier waits for the upper organisation."""
    nomination = nomination_of(call.uow, call.business_key)
    move(call.uow, nomination, "city")
    tell_author(
        call.uow, nomination, N_("Đã ký tờ trình đề nghị cấp trên đối với hồ sơ %(code)s – %(name)s.")
    )


@service("prepare_resubmission")
def prepare_resubmission(call: ServiceCall) -> Mapping[str, Any]:
    """The supplemented dossier goes up again, as number 2 beside number 1."""
    nomination = nomination_of(call.uow, call.business_key)
    nomination.submission_number += 1
    move(call.uow, nomination, "city")
    tell_office(call.uow, nomination, N_("Hồ sơ %(code)s – %(name)s đã bổ sung xong, chờ gửi lại cấp trên."))
    return {"submission_number": nomination.submission_number}


@service("note_return")
def note_return(call: ServiceCall) -> None:
    """The dossier came back; stage and reason are the parameters of the diagram."""
    nomination = nomination_of(call.uow, call.business_key)
    stage = str(call.parameters.get("stage") or "draft")
    reason = str(call.parameters.get("reason") or "")
    returned(call.uow, nomination, stage, reason)


@on_send_back("nomination")
def sent_back(sent: SentBack) -> None:
    """The dossier stands again where its earlier step finds it, with the reason."""
    nomination = nomination_of(sent.uow, sent.business_key)
    stage = STAGE_OF_STEP.get(sent.step)
    if stage is not None:
        move(sent.uow, nomination, stage, reason=sent.reason)


@service("record_city_answer")
def record_city_answer(call: ServiceCall) -> None:
    """The upper organisation answered: its words stand beside the submission they answer."""
    uow, nomination = call.uow, nomination_of(call.uow, call.business_key)
    outcome, reason = str(call.data.get("city_outcome") or ""), str(call.data.get("city_reason") or "")
    line = uow.session.scalars(
        select(PackageLine).where(
            PackageLine.nomination_id == nomination.id,
            PackageLine.submission_number == nomination.submission_number,
        )
    ).first()
    if line is not None and line.answer is None:
        line.answer, line.reason, line.answered_at = outcome, reason, uow.now
        line.decision_number = str(call.data.get("decision_number") or "")
        day = call.data.get("decision_date")
        line.decision_date = date.fromisoformat(str(day)) if day else None
    record(uow, nomination, "dossier:city_answered", {"outcome": outcome, "reason": reason})
    if outcome == "returned":
        returned(uow, nomination, "city_returned", reason)


def returned(uow: UnitOfWork, nomination: Nomination, stage: str, reason: str) -> None:
    """The dossier stands at an earlier stage with a reason; who has to act on it is told, once."""
    if (nomination.stage, nomination.outcome_reason) == (stage, reason):
        return
    move(uow, nomination, stage, reason=reason)
    if stage in ("draft", "supplement", "city_returned"):
        text = N_("Hồ sơ %(code)s – %(name)s bị trả lại, cần hoàn chỉnh: %(reason)s")
        tell_author(uow, nomination, text, reason)
    if stage in ("appraisal", "paper", "city_returned"):
        tell_office(uow, nomination, N_("Hồ sơ %(code)s – %(name)s được trả lại: %(reason)s"), reason)


def findings(uow: UnitOfWork, nomination: Nomination) -> tuple[list[str], list[str]]:
    """What stops the dossier and what only warns, by the channel and eligibility tables on its facts now."""
    facts = facts_of(uow, nomination)
    channel = decide(uow, nomination, "channel", facts).first
    blocks: list[str] = []
    warnings: list[str] = []
    if not channel.get("channel_ok", True):
        own = channel_row(uow, nomination.unit_id, reference_date(uow, nomination))
        blocks.append(str(channel.get("channel_advice") or (own.advice if own else "")))
    for row in decide(uow, nomination, "eligibility", facts).rows:
        text = str(row.get("finding_text") or "")
        (blocks if row.get("finding_level") == "block" else warnings).append(text)
    return blocks, warnings


def decide(
    uow: UnitOfWork, nomination: Nomination, decision: str, inputs: Mapping[str, Any]
) -> decisions.DecisionResult:
    """A decision by the tables the dossier's own definition was frozen from: those of its starting day."""
    instance = uow.session.get(Instance, nomination.instance_id)
    on = local_date(instance.started_at) if instance is not None else uow.today
    return decisions.evaluate(uow, nomination.organisation_id, decision, on, inputs)


def tell_office(uow: UnitOfWork, nomination: Nomination, text: str, reason: str = "") -> None:
    """A notice to the standing office; the text may name %(code)s, %(name)s and %(reason)s."""
    words = {"code": nomination.code, "name": nomination.subject_name, "reason": reason}
    notify_role(uow, "standing_office", text % words, f"/nominations/{nomination.id}")
