"""The spine, `nomination`: what its service tasks do and what its forms change in the dossier."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from sqlalchemy import select

from engine import decisions
from engine.clock import local_date
from engine.database import UnitOfWork
from engine.errors import N_, FieldError, InvalidForm
from engine.handlers import Completion, FormRequest, ServiceCall, on_complete, prefill, service
from engine.models import Instance
from workflows.actions.nomination_rows import FIELDS, OPTIONAL, read_row
from workflows.actions.nominations import apply_fields, barred_ids, check_merit, tell_author
from workflows.actions.notices import notify_role
from workflows.calendar import end_of_term
from workflows.catalogue import award_name, awards_on
from workflows.facts import channel_row, facts_of, reference_date
from workflows.labels import SUBJECT_LABELS
from workflows.queries.choices import movement_choices
from workflows.stages import move, nomination_of, record
from workflows.tables.nominations import Nomination
from workflows.tables.packages import PackageLine

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


@on_complete("nomination", "draft_nomination")
def draft_nomination(completion: Completion) -> Mapping[str, Any]:
    """The form's fields become the dossier's; InvalidForm with the fields that make no sense together."""
    _write_fields(completion)
    return {}


@on_complete("nomination", "supplement_dossier")
@on_complete("nomination", "supplement_for_city")
@on_complete("nomination", "revise_dossier")
def supplement(completion: Completion) -> Mapping[str, Any]:
    """What the author or the office corrected becomes the dossier's."""
    _write_fields(completion)
    record(
        completion.uow,
        nomination_of(completion.uow, completion.business_key),
        "dossier:supplemented",
        {"step": completion.task.step, "note": str(completion.form.get("note") or "")},
    )
    return {}


@on_complete("nomination", "receive_dossier")
def receive_dossier(completion: Completion) -> Mapping[str, Any]:
    """The day of reception is kept; InvalidForm when it lies in the future or before the dossier began."""
    nomination = nomination_of(completion.uow, completion.business_key)
    day = date.fromisoformat(str(completion.form.get("received_on") or completion.uow.today))
    if day > completion.uow.today:
        raise _wrong("received_on", N_("Ngày tiếp nhận không được sau ngày hôm nay."))
    if day < local_date(nomination.created_at):
        raise _wrong("received_on", N_("Ngày tiếp nhận không được trước ngày lập hồ sơ."))
    nomination.received_on = day
    note = str(completion.form.get("reception_note") or "")
    record(completion.uow, nomination, "dossier:received", {"on": day, "note": note})
    return {"received_on": day.isoformat()}


@on_complete("nomination", "appraise")
def appraise(completion: Completion) -> Mapping[str, Any]:
    """The office's answer; InvalidForm when the tables in force do not let the dossier go on.

    A supplement may be asked for once, in writing (domain.md §4.3); every answer but acceptance has a reason.
    """
    nomination = nomination_of(completion.uow, completion.business_key)
    outcome = str(completion.form.get("appraisal_outcome") or "")
    reason = str(completion.form.get("appraisal_reason") or "").strip()
    if outcome == "accept":
        _require_eligible(completion.uow, nomination)
        move(completion.uow, nomination, "council")
    elif not reason:
        raise _wrong("appraisal_reason", N_("Cần nêu lý do để người lập hồ sơ biết phải làm gì."))
    elif outcome == "supplement":
        _ask_supplement(completion.uow, nomination, reason)
    elif outcome == "return":
        returned(completion.uow, nomination, "draft", reason)
    return {"appraisal_outcome": outcome, "appraisal_reason": reason}


@prefill("nomination", "draft_nomination")
@prefill("nomination", "supplement_dossier")
@prefill("nomination", "supplement_for_city")
@prefill("nomination", "revise_dossier")
def dossier_values(request: FormRequest) -> dict[str, Any]:
    """The dossier as it stands, the choices of its lists, and the reason of the return first of all."""
    nomination = nomination_of(request.uow, request.business_key)
    values = {name: _plain(getattr(nomination, name)) for name in FIELDS}
    values["reason"] = nomination.outcome_reason
    values["$options"] = _options(request.uow, nomination)
    return values


@prefill("nomination", "receive_dossier")
def reception_values(request: FormRequest) -> dict[str, Any]:
    """Today as the day of reception."""
    return {"received_on": request.uow.today.isoformat()}


@prefill("nomination", "appraise")
def appraisal_values(request: FormRequest) -> dict[str, Any]:
    """What the tables in force say about the dossier, in sentences."""
    nomination = nomination_of(request.uow, request.business_key)
    blocks, warnings = findings(request.uow, nomination)
    return {
        "findings": [{"level": "block", "text": text} for text in blocks]
        + [{"level": "warn", "text": text} for text in warnings],
        "reason": nomination.outcome_reason,
        "supplement_used": nomination.supplement_count > 0,
    }


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


def _write_fields(completion: Completion) -> None:
    nomination = nomination_of(completion.uow, completion.business_key)
    # An optional field that the form no longer holds was emptied by whoever filled it in.
    given = dict.fromkeys(OPTIONAL) | {
        name: value for name, value in completion.form.items() if name in FIELDS
    }
    values, errors = read_row(given, "")
    errors = [FieldError(error.path.lstrip("."), error.message) for error in errors]
    errors += check_merit(completion.uow, values, "", nomination.id)
    award = awards_on(completion.uow, nomination.organisation_id, completion.uow.today).get(
        values.get("award", nomination.award)
    )
    kind = values.get("subject_kind", nomination.subject_kind)
    if award is not None and kind not in award.subjects:
        words = {"award": award.name, "kind": SUBJECT_LABELS.get(kind, kind).lower()}
        errors.append(FieldError("subject_kind", N_("%(award)s không dành cho %(kind)s.") % words))
    if errors:
        raise InvalidForm(errors)
    apply_fields(nomination, values)


def _require_eligible(uow: UnitOfWork, nomination: Nomination) -> None:
    blocks, _ = findings(uow, nomination)
    if blocks:
        message = N_("Chưa thể trình Hội đồng: %(reasons)s") % {"reasons": "; ".join(blocks)}
        raise _wrong("appraisal_outcome", message)


def _ask_supplement(uow: UnitOfWork, nomination: Nomination, reason: str) -> None:
    if nomination.supplement_count >= 1:
        message = N_(
            "Chỉ được yêu cầu bổ sung một lần, bằng văn bản; hồ sơ này đã được yêu cầu bổ sung. "
            "Hãy chấp nhận, trả lại hoặc từ chối."
        )
        raise _wrong("appraisal_outcome", message)
    nomination.supplement_count += 1
    returned(uow, nomination, "supplement", reason)


def _options(uow: UnitOfWork, nomination: Nomination) -> dict[str, list[tuple[str, str]]]:
    awards = awards_on(uow, nomination.organisation_id, uow.today)
    fitting = [(a.code, a.name) for a in awards.values() if nomination.subject_kind in a.subjects]
    return {
        "award": fitting or [(nomination.award, award_name(nomination.award))],
        "movement_id": movement_choices(uow),
    }


def _plain(value: object) -> object:
    return value if isinstance(value, str | int | bool | None) else str(value)


def _wrong(path: str, message: str) -> InvalidForm:
    return InvalidForm([FieldError(path, message)])
