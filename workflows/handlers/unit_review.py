"""The unit's meeting, `unit_review`: the record, the count by the by-law, the minutes, the answers."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any
from uuid import UUID

from engine import decisions, messages
from engine.database import UnitOfWork
from engine.errors import N_, FieldError, InvalidForm
from engine.handlers import (
    Completion,
    FormRequest,
    SentBack,
    ServiceCall,
    on_complete,
    on_send_back,
    prefill,
    service,
)
from workflows import minutes
from workflows.actions.meetings import lines_of, meeting_of
from workflows.catalogue import award_name
from workflows.handlers.nomination import returned, tell_office
from workflows.labels import REVIEW_OUTCOME_LABELS, SUBJECT_LABELS
from workflows.quotas import capped_awards
from workflows.rules import voting
from workflows.rules.names import nfc
from workflows.stages import move
from workflows.tables.meetings import Meeting, MeetingLine
from workflows.tables.nominations import Nomination


@on_complete("unit_review", "convene_review")
def convene_review(completion: Completion) -> Mapping[str, Any]:
    """When, where and with whom the unit meets; InvalidForm when the list of nominees ends up empty."""
    meeting = meeting_of(completion.uow, completion.business_key)
    _write_head(meeting, completion.form)
    _drop_excluded(completion.uow, meeting, completion.form)
    meeting.state = "recording"
    return {}


@on_complete("unit_review", "record_review")
def record_review(completion: Completion) -> Mapping[str, Any]:
    """Who came and how they voted on each nominee; InvalidForm with the path of every wrong figure.

    Where an award has a cap, those put forward for it are ranked, one a place.
    """
    meeting = meeting_of(completion.uow, completion.business_key)
    _write_head(meeting, completion.form)
    if errors := _attendance_errors(meeting, completion.form):
        raise InvalidForm(errors)
    rows = {str(row.get("id")): (index, row) for index, row in enumerate(completion.form.get("lines") or [])}
    for line in lines_of(completion.uow, meeting.id):
        index, row = rows.get(str(line.nomination_id), (-1, {}))
        errors += _write_line(meeting, line, index, row)
    for group in _capped(completion.uow, meeting):
        errors += _write_ranks(group, rows)
    if errors:
        raise InvalidForm(errors)
    return {}


@on_complete("unit_review", "confirm_review")
def confirm_review(completion: Completion) -> Mapping[str, Any]:
    """The head confirms the minutes, which are then final, or sends the record back to be corrected."""
    choice = str(completion.form.get("confirm_choice") or "confirm")
    meeting = meeting_of(completion.uow, completion.business_key)
    if choice == "correct":
        meeting.state = "recording"
        meeting.correction_note = nfc(str(completion.form.get("correction_note") or ""))
    else:
        meeting.scan_sha256 = completion.form.get("scan_sha256") or meeting.scan_sha256
        minutes.confirm_minutes(completion.uow, "review_minutes", str(meeting.id), meeting.scan_sha256 or "")
    return {"confirm_choice": choice}


@on_send_back("unit_review")
def sent_back(sent: SentBack) -> None:
    """The meeting is called or recorded anew, with the reason."""
    meeting = meeting_of(sent.uow, sent.business_key)
    meeting.state = "convening" if sent.step == "convene_review" else "recording"
    meeting.correction_note = sent.reason


@service("tally_review")
def tally_review(call: ServiceCall) -> None:
    """Whoever was put forward must also have the votes of the by-law; ranks are kept where there is a cap."""
    uow, meeting = call.uow, meeting_of(call.uow, call.business_key)
    lines = lines_of(uow, meeting.id)
    for line in lines:
        if line.outcome != "passed":
            continue
        result = count(uow, meeting, line)
        if result.outcome != "passed":
            line.outcome, line.reason = "refused", result.reason
    _rank(uow, meeting, lines)
    meeting.state = "counted"


@service("answer_review")
def answer_review(call: ServiceCall) -> None:
    """The meeting's answer to every nominee, each in a message of its own to the nominee's instance."""
    uow, meeting = call.uow, meeting_of(call.uow, call.business_key)
    for line in lines_of(uow, meeting.id):
        nomination = uow.session.get_one(Nomination, line.nomination_id)
        outcome = line.outcome or "refused"
        messages.send(
            uow,
            organisation_id=meeting.organisation_id,
            name="unit_review_result",
            key=str(nomination.id),
            payload={"review_outcome": outcome, "review_reason": line.reason},
            dedup=f"unit_review_result:{meeting.id}:{nomination.id}",
        )
        _foresee(uow, nomination, outcome, line.reason)
    meeting.state = "closed"


def rule_of(uow: UnitOfWork, meeting: Meeting, nomination: Nomination) -> voting.Rule:
    """The rule of the unit's review in force on the day of the meeting."""
    inputs = {"body": "unit_review", "award": nomination.award, "subject_kind": nomination.subject_kind}
    on = meeting.held_on or uow.today
    row = decisions.evaluate(uow, meeting.organisation_id, "voting_rule", on, inputs).first
    return voting.rule_from_row(row)


def count(uow: UnitOfWork, meeting: Meeting, line: MeetingLine) -> voting.Result:
    """The count of one line: those invited are the members, those present may vote."""
    nomination = uow.session.get_one(Nomination, line.nomination_id)
    rule = rule_of(uow, meeting, nomination)
    body = voting.Body(members=meeting.invited, present=meeting.present)
    result = voting.tally(rule, body, voting.Votes(line.agree or 0, line.disagree or 0))
    if not voting.quorum_met(rule, meeting.invited, meeting.present):
        reason = voting.explain_quorum(rule, meeting.invited, meeting.present)
        return voting.Result("failed", result.agree, result.disagree, result.base, result.needed, 0, reason)
    return result


@prefill("unit_review", "convene_review")
@prefill("unit_review", "record_review")
@prefill("unit_review", "confirm_review")
def meeting_values(request: FormRequest) -> dict[str, Any]:
    """The meeting as it stands and one row a nominee, with the votes it takes to pass."""
    meeting = meeting_of(request.uow, request.business_key)
    return {
        "title": meeting.title,
        "held_on": (meeting.held_on or request.uow.today).isoformat(),
        "held_time": meeting.held_time or "08:00",
        "ended_time": meeting.ended_time,
        "absent": meeting.absent,
        "correction_note": meeting.correction_note,
        "place": meeting.place,
        "chair": meeting.chair or request.uow.actor_name,
        "secretary": meeting.secretary,
        "invited": meeting.invited or None,
        "present": meeting.present or None,
        "note": meeting.note,
        "lines": [
            _row(request.uow, meeting, line, request.task.step) for line in lines_of(request.uow, meeting.id)
        ],
    }


def _row(uow: UnitOfWork, meeting: Meeting, line: MeetingLine, step: str) -> dict[str, Any]:
    nomination = uow.session.get_one(Nomination, line.nomination_id)
    shown = step == "confirm_review"
    outcome = line.outcome or "passed"
    return {
        "id": str(nomination.id),
        "include": True,
        "code": nomination.code,
        "name": nomination.subject_name,
        "award": award_name(nomination.award),
        "subject": SUBJECT_LABELS.get(nomination.subject_kind, ""),
        "summary": nomination.merit_summary,
        "agree": line.agree,
        "disagree": line.disagree or 0,
        "outcome": REVIEW_OUTCOME_LABELS.get(outcome, outcome) if shown else outcome,
        "reason": line.reason,
        "rank": line.rank,
        "rule": _rule_words(uow, meeting, nomination),
    }


def _rule_words(uow: UnitOfWork, meeting: Meeting, nomination: Nomination) -> str:
    if not meeting.present:
        return ""
    body = voting.Body(members=meeting.invited, present=meeting.present)
    return voting.explain(rule_of(uow, meeting, nomination), body)


def _write_head(meeting: Meeting, form: Mapping[str, Any]) -> None:
    for name in ("title", "place", "chair", "secretary", "note"):
        if form.get(name) is not None:
            setattr(meeting, name, nfc(str(form[name])))
    for name in ("held_time", "ended_time"):
        if form.get(name) is not None:
            setattr(meeting, name, str(form[name])[:5])
    if form.get("absent") is not None:
        meeting.absent = [
            {"name": nfc(str(row.get("name") or "")), "reason": nfc(str(row.get("reason") or ""))}
            for row in form["absent"]
        ]
    if form.get("invited"):
        meeting.invited = int(form["invited"])
    if form.get("held_on"):
        meeting.held_on = date.fromisoformat(str(form["held_on"]))


def _drop_excluded(uow: UnitOfWork, meeting: Meeting, form: Mapping[str, Any]) -> None:
    excluded = {str(row.get("id")) for row in form.get("lines") or [] if row.get("include") is False}
    kept = 0
    for line in lines_of(uow, meeting.id):
        if str(line.nomination_id) in excluded:
            uow.session.delete(line)
        else:
            kept += 1
            line.position = kept
    if not kept:
        raise InvalidForm([FieldError("lines", N_("Cuộc họp cần ít nhất một hồ sơ."))])


def _attendance_errors(meeting: Meeting, form: Mapping[str, Any]) -> list[FieldError]:
    present = int(form.get("present") or 0)
    if meeting.invited <= 0:
        return [FieldError("invited", N_("Cần ghi số người được mời họp."))]
    if not 0 < present <= meeting.invited:
        return [FieldError("present", N_("Số người có mặt phải từ 1 đến số người được mời."))]
    meeting.present = present
    if not meeting.ended_time:
        return [FieldError("ended_time", N_("Cần ghi giờ kết thúc để lập biên bản."))]
    if len(meeting.absent) > meeting.invited - present:
        return [FieldError("absent", N_("Số người vắng mặt nhiều hơn số được mời trừ số có mặt."))]
    return []


def _write_line(meeting: Meeting, line: MeetingLine, index: int, row: Mapping[str, Any]) -> list[FieldError]:
    path = f"lines.{max(index, 0)}"
    line.outcome = str(row.get("outcome") or "passed")
    line.reason = nfc(str(row.get("reason") or "")) if line.outcome != "passed" else ""
    line.agree, line.disagree = row.get("agree"), row.get("disagree")
    if line.outcome != "passed" and not line.reason:
        missing = N_("Cần nêu lý do để người lập hồ sơ biết phải làm gì.")
        return [FieldError(f"{path}.reason", missing)]
    if line.outcome == "returned" and line.agree is None:
        return []
    if line.agree is None or line.disagree is None:
        return [FieldError(f"{path}.agree", N_("Cần ghi số phiếu đồng ý và không đồng ý."))]
    if line.agree + line.disagree > meeting.present:
        message = N_("Tổng số phiếu %(cast)d nhiều hơn số người có mặt %(present)d.")
        words = {"cast": line.agree + line.disagree, "present": meeting.present}
        return [FieldError(f"{path}.agree", message % words)]
    return []


def _capped(uow: UnitOfWork, meeting: Meeting) -> list[list[MeetingLine]]:
    """Those put forward for each award whose share the law of the day of the meeting limits."""
    capped = capped_awards(uow, meeting.organisation_id, meeting.held_on or uow.today)
    groups = _passed(uow, lines_of(uow, meeting.id))
    return [group for award, group in groups.items() if award in capped]


def _write_ranks(
    group: list[MeetingLine], rows: Mapping[str, tuple[int, Mapping[str, Any]]]
) -> list[FieldError]:
    """The ranks as recorded; an error on every row without one, and on a second row with the same."""
    errors: list[FieldError] = []
    seen: set[int] = set()
    for line in group:
        index, row = rows.get(str(line.nomination_id), (0, {}))
        line.rank = row.get("rank") or (1 if len(group) == 1 else None)
        if line.rank is None:
            message = N_("Danh hiệu này có tỷ lệ khống chế: cần xếp hạng từng người được đề nghị.")
            errors.append(FieldError(f"lines.{index}.rank", message))
        elif line.rank in seen:
            message = N_("Thứ hạng %(rank)d đã ghi cho người khác; mỗi thứ hạng chỉ một người.")
            errors.append(FieldError(f"lines.{index}.rank", message % {"rank": line.rank}))
        else:
            seen.add(line.rank)
    return errors


def _passed(uow: UnitOfWork, lines: list[MeetingLine]) -> dict[str, list[MeetingLine]]:
    passed: dict[str, list[MeetingLine]] = {}
    for line in lines:
        if line.outcome == "passed":
            award = uow.session.get_one(Nomination, line.nomination_id).award
            passed.setdefault(award, []).append(line)
    return passed


def _rank(uow: UnitOfWork, meeting: Meeting, lines: list[MeetingLine]) -> None:
    """Ranks stay where there is a cap, for those put forward; elsewhere an order would decide nothing."""
    capped = capped_awards(uow, meeting.organisation_id, meeting.held_on or uow.today)
    ranked = {
        line.nomination_id
        for award, group in _passed(uow, lines).items()
        if award in capped
        for line in group
    }
    for line in lines:
        line.rank = line.rank if line.nomination_id in ranked else None


def _foresee(uow: UnitOfWork, nomination: Nomination, outcome: str, reason: str) -> None:
    """The lists show where the dossier goes at once; its own instance follows when the message arrives."""
    if nomination.stage != "unit_review" or nomination.on_hold_basis:
        return
    if outcome == "passed":
        move(uow, nomination, "office_received")
        tell_office(uow, nomination, N_("Hồ sơ %(code)s – %(name)s chờ tiếp nhận."))
    elif outcome == "returned":
        returned(uow, nomination, "draft", reason)


def line_nominations(uow: UnitOfWork, meeting_id: UUID) -> list[tuple[MeetingLine, Nomination]]:
    """The lines with their dossiers, in the meeting's order."""
    return [(line, uow.session.get_one(Nomination, line.nomination_id)) for line in lines_of(uow, meeting_id)]
