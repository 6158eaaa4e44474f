"""What stands behind the diagram council_appraisal: one function a step, the work is in the actions."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from engine.clock import ZONE
from engine.database import UnitOfWork
from engine.errors import N_, NotAllowed
from engine.handlers import Completion, FormRequest, ServiceCall, lookups, on_complete, prefill, service
from workflows import minutes
from workflows.actions import recusals
from workflows.actions import session_count as count
from workflows.actions import session_steps as steps
from workflows.actions.session_agenda import set_agenda
from workflows.actions.sessions import entitled_lines, write_ballots
from workflows.queries import waiting
from workflows.queries.ballots import attendance_of, body_of, lines_of, recusals_of, rule_of, session_of
from workflows.queries.invitations import REPLY_LABELS
from workflows.quotas import TYPED, Quota, quotas_of
from workflows.rules import voting
from workflows.tables.sessions import Attendance, CouncilSession

PROCESS = "council_appraisal"


@prefill(PROCESS, "prepare_agenda")
def agenda_form(request: FormRequest) -> dict[str, Any]:
    """The session as called and everybody who waits for the council, all ticked the first time."""
    uow, session = request.uow, session_of(request.uow, request.business_key)
    chosen = {nomination.id: line.position for line, nomination in lines_of(uow, session)}
    waits = waiting.for_session(uow, session.id)
    held = session.held_at.astimezone(ZONE) if session.held_at else None
    return {
        "title": session.title,
        "held_on": held.date().isoformat() if held else "",
        "held_time": held.strftime("%H:%M") if held else "",
        "place": session.place,
        "online_link": session.online_link,
        "vote_mode": session.vote_mode,
        "recused_in_denominator": _by_law_choice(session),
        "quota": quota_text(quotas_of(uow, session, waits)),
        **{name: session.by_law.get(name) for name in TYPED},
        "lines": [
            {
                **waiting.row(uow, nomination),
                "include": not chosen or nomination.id in chosen,
                "position": chosen.get(nomination.id, index),
            }
            for index, nomination in enumerate(waits, start=1)
        ],
    }


def quota_text(quotas: list[Quota]) -> str:
    """Every cap with its warning, one a line; empty when no capped award is on the list."""
    return "\n".join(f"{quota.text} {quota.warning}".strip() for quota in quotas)


def _by_law_choice(session: CouncilSession) -> str:
    stays = session.by_law.get("recused_in_denominator")
    return "rule" if stays is None else "yes" if stays else "no"


@on_complete(PROCESS, "prepare_agenda")
def prepare_agenda(completion: Completion) -> Mapping[str, Any]:
    session = steps.held_session(completion.uow, completion.business_key)
    set_agenda(completion.uow, session, completion.form)
    return {"vote_mode": session.vote_mode}


def session_of_call(call: ServiceCall) -> CouncilSession:
    """The session of a service call; a job that advances a task knows the task, not the organisation."""
    if call.uow.organisation_id is None:
        call.uow.organisation_id = call.organisation_id
    return steps.held_session(call.uow, call.business_key)


@service("invite_members")
def invite_members(call: ServiceCall) -> Mapping[str, Any]:
    people = steps.invite(call.uow, session_of_call(call))
    return {"member_ids": [str(person) for person in people]}


@prefill(PROCESS, "record_attendance")
def attendance_form(request: FormRequest) -> dict[str, Any]:
    """Seats in order, everybody present until said otherwise; nominees and members to choose from."""
    uow, session = request.uow, session_of(request.uow, request.business_key)
    members = attendance_of(uow, session)
    names = {each.person_id: lookups().person_name(uow, each.person_id) for each in members}
    return {
        "members": [
            {
                "id": str(each.person_id),
                "seat": str(each.seat),
                "name": names[each.person_id],
                "title": each.title,
                "state": "absent" if each.reply == "declined" else "present",
                "answer": _answered(each),
            }
            for each in members
        ],
        "recusals": recusals.rows(uow, session),
        "$options": {
            "recusals.nomination_id": [
                (str(nomination.id), nomination.subject_name) for _, nomination in lines_of(uow, session)
            ],
            "recusals.person_id": [(str(person), name) for person, name in names.items()],
        },
    }


def _answered(member: Attendance) -> str:
    """What the member answered to the invitation, in words."""
    if not member.reply:
        return ""
    delegate = N_("người dự thay: %(name)s") % {"name": member.delegate} if member.delegate else ""
    parts = [REPLY_LABELS[member.reply], member.reply_reason, delegate]
    return " – ".join(part for part in parts if part)


@on_complete(PROCESS, "record_attendance")
def record_attendance(completion: Completion) -> Mapping[str, Any]:
    session = steps.held_session(completion.uow, completion.business_key)
    steps.record_attendance(completion.uow, session, completion.form)
    return {"postpone_reason": str(completion.form.get("postpone_reason") or "").strip()}


@service("check_quorum")
def check_quorum(call: ServiceCall) -> Mapping[str, Any]:
    session = session_of_call(call)
    reason = call.data.get("postpone_reason")
    if reason:
        steps.ask_to_postpone(call.uow, session, reason)
        return {"quorum_met": False, "vote_mode": session.vote_mode, "member_ids": []}
    return _open_if_quorate(call.uow, session)


def _open_if_quorate(uow: UnitOfWork, session: CouncilSession) -> dict[str, Any]:
    met = steps.check_quorum(uow, session)
    people = steps.member_ids(uow, session) if met else []
    return {"quorum_met": met, "vote_mode": session.vote_mode, "member_ids": people}


@prefill(PROCESS, "handle_no_quorum")
def no_quorum_form(request: FormRequest) -> dict[str, Any]:
    members, present, written, needed = steps.quorum_figures(
        request.uow, session_of(request.uow, request.business_key)
    )
    text = N_("%(present)d/%(members)d thành viên có mặt, %(written)d gửi ý kiến; cần ít nhất %(needed)d.")
    words = {"present": present, "members": members, "written": written, "needed": needed}
    reason = request.data.get("postpone_reason")
    asked = N_("Thường trực đề nghị hoãn: %(reason)s") % {"reason": reason} if reason else ""
    return {"quorum_text": asked or text % words}


@on_complete(PROCESS, "handle_no_quorum")
def handle_no_quorum(completion: Completion) -> Mapping[str, Any]:
    """Written circulation opens the vote at once; otherwise the office sets another date."""
    uow = completion.uow
    session = steps.held_session(uow, completion.business_key)
    choice = str(completion.form["no_quorum_choice"])
    reason = str(completion.form.get("reason") or "")
    if choice != "written":
        steps.reschedule(uow, session, reason)
        return {"no_quorum_choice": choice}
    steps.circulate(uow, session, reason)
    return {"no_quorum_choice": choice, **_open_if_quorate(uow, session)}


@prefill(PROCESS, "cast_vote")
def ballot_form(request: FormRequest) -> dict[str, Any]:
    """The lines on which this member has a ballot, with what each needs; nothing is preselected."""
    uow, session = request.uow, session_of(request.uow, request.business_key)
    person = request.task.assignee_id
    if person is None:
        return {"lines": []}
    needs = need_texts(uow, session)
    rules = {each.id: rule_of(uow, session, line, each) for line, each in lines_of(uow, session)}
    return {
        "lines": [
            {
                **waiting.row(uow, nomination),
                "rule": needs[str(nomination.id)],
                "may_abstain": "yes" if rules[nomination.id].abstain_allowed else "",
            }
            for nomination in entitled_lines(uow, session, person)
        ]
    }


def need_texts(uow: UnitOfWork, session: CouncilSession) -> dict[str, str]:
    """Dossier → the rule in words and the votes needed, as they stand before the count."""
    members, recusals = attendance_of(uow, session), recusals_of(uow, session)
    texts = {}
    for line, nomination in lines_of(uow, session):
        rule = rule_of(uow, session, line, nomination)
        body = body_of(rule, members, recusals.get(nomination.id, {}))
        texts[str(nomination.id)] = voting.explain(rule, body)
    return texts


@on_complete(PROCESS, "cast_vote")
def cast_vote(completion: Completion) -> Mapping[str, Any]:
    """The member's ballots are rows; only the fact that the task is done enters the instance."""
    uow = completion.uow
    session = steps.held_session(uow, completion.business_key)
    person = completion.task.assignee_id
    if person is None or person != uow.actor_id:
        raise NotAllowed(N_("Mỗi thành viên tự bỏ phiếu của mình."))
    rows = completion.form.get("lines") or []
    write_ballots(uow, session, person, {str(row["id"]): str(row.get("choice")) for row in rows})
    return {}


@prefill(PROCESS, "record_votes")
def votes_form(request: FormRequest) -> dict[str, Any]:
    """What was issued; the chair's own vote is asked for only on lines whose by-law needs it."""
    uow, session = request.uow, session_of(request.uow, request.business_key)
    chair_votes = count.chair_voters(uow, session)
    return {
        "lines": [
            {
                **waiting.row(uow, nomination),
                "issued": line.entitled or 0,
                "invalid": 0,
                "chair_needed": "yes"
                if nomination.id in chair_votes and (line.rule or {}).get("chair_must_agree")
                else "",
            }
            for line, nomination in lines_of(uow, session)
        ]
    }


@on_complete(PROCESS, "record_votes")
def record_votes(completion: Completion) -> Mapping[str, Any]:
    session = steps.held_session(completion.uow, completion.business_key)
    count.record_votes(completion.uow, session, completion.form.get("lines") or [])
    return {}


@service("tally_session")
def tally_session(call: ServiceCall) -> Mapping[str, Any]:
    return {"has_tie": count.tally_session(call.uow, session_of_call(call))}


@service("make_session_minutes")
def make_session_minutes(call: ServiceCall) -> None:
    minutes.make_session_minutes(call.uow, session_of_call(call), call.instance_id)


@on_complete(PROCESS, "confirm_minutes")
def confirm_minutes(completion: Completion) -> Mapping[str, Any]:
    scan = str(completion.form.get("scan_sha256") or completion.form.get("scan") or "")
    uow, key = completion.uow, completion.business_key
    minutes.confirm_minutes(uow, "session_minutes", key, scan)
    if minutes.minutes_of(uow, "ballot_minutes", key) is not None:
        minutes.confirm_minutes(uow, "ballot_minutes", key, scan)
    return {}


@service("answer_session")
def answer_session(call: ServiceCall) -> None:
    count.answer(call.uow, session_of_call(call))
