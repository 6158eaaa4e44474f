"""The forms of the spine, `nomination`: what they show of the dossier and what they change in it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from engine.clock import local_date
from engine.database import UnitOfWork
from engine.errors import N_, FieldError, InvalidForm
from engine.handlers import Completion, FormRequest, on_complete, prefill
from workflows.actions.merits import check_merit, merit_title, name_merit
from workflows.actions.nomination_rows import FIELDS, MERIT, OPTIONAL, TYPED, read_row
from workflows.actions.nominations import apply_fields
from workflows.catalogue import award_name, awards_on
from workflows.handlers.late import mark_if_late
from workflows.handlers.nomination import findings, returned
from workflows.labels import SUBJECT_LABELS
from workflows.queries.choices import movement_choices
from workflows.stages import move, nomination_of, record
from workflows.tables.nominations import Nomination


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
    mark_if_late(completion.uow, nomination)
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
    # The last day may have been moved meanwhile: a dossier that comes back after a supplement keeps it.
    due_on = nomination.due_on.isoformat() if nomination.due_on else None
    return {"appraisal_outcome": outcome, "appraisal_reason": reason, "due_on": due_on}


@prefill("nomination", "draft_nomination")
@prefill("nomination", "supplement_dossier")
@prefill("nomination", "supplement_for_city")
@prefill("nomination", "revise_dossier")
def dossier_values(request: FormRequest) -> dict[str, Any]:
    """The dossier as it stands, the choices of its lists, and the reason of the return first of all."""
    nomination = nomination_of(request.uow, request.business_key)
    values = {name: _plain(getattr(nomination, name)) for name in FIELDS}
    values[MERIT] = merit_title(request.uow, nomination)
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


def _write_fields(completion: Completion) -> None:
    nomination = nomination_of(completion.uow, completion.business_key)
    # An optional field that the form no longer holds was emptied by whoever filled it in.
    given = dict.fromkeys(OPTIONAL) | {
        name: value for name, value in completion.form.items() if name in TYPED
    }
    values, errors = read_row(given, "")
    errors = [FieldError(error.path.lstrip("."), error.message) for error in errors]
    if not errors:
        name_merit(completion.uow, values, nomination)
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
