"""What the chair sees and does after the count: casting decision, ties at a cap, confirmation of the result."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from engine.errors import N_
from engine.handlers import Completion, FormRequest, on_complete, prefill
from workflows.actions import session_result as result
from workflows.actions import session_steps as steps
from workflows.handlers.council_appraisal import PROCESS, quota_text
from workflows.queries import waiting
from workflows.queries.ballots import lines_of, session_of
from workflows.queries.session_lines import outcome_label
from workflows.quotas import quotas_of
from workflows.tables.sessions import SessionLine


@prefill(PROCESS, "casting_decision")
def casting_form(request: FormRequest) -> dict[str, Any]:
    uow, session = request.uow, session_of(request.uow, request.business_key)
    tied = result.tied_lines(uow, session)
    return {
        "quota": quota_text(quotas_of(uow, session, [each for _, each in lines_of(uow, session)])),
        "at_cap": "yes" if any(result.is_at_cap(line) for line, _ in tied) else "",
        "lines": [
            {
                **waiting.row(uow, nomination),
                "agree": (line.agree or 0) + line.written_agree,
                "disagree": (line.disagree or 0) + line.written_disagree,
            }
            for line, nomination in tied
        ],
    }


@on_complete(PROCESS, "casting_decision")
def casting_decision(completion: Completion) -> Mapping[str, Any]:
    session = steps.held_session(completion.uow, completion.business_key)
    result.decide_ties(completion.uow, session, completion.form)
    return {}


@prefill(PROCESS, "confirm_result")
def result_form(request: FormRequest) -> dict[str, Any]:
    uow, session = request.uow, session_of(request.uow, request.business_key)
    agenda = lines_of(uow, session)
    return {
        "silent_note": session.silent_note,
        "reserves": "yes" if any((line.rule or {}).get("reserve") for line, _ in agenda) else "",
        "lines": [
            {
                **waiting.row(uow, nomination),
                "agree": line.agree,
                "disagree": line.disagree,
                "invalid": line.invalid,
                "written": _letters(line),
                "needed": line.needed,
                "result": outcome_label(line),
                "reserve": "yes" if (line.rule or {}).get("reserve") else "",
                "over_cap": False,
                "return_line": False,
            }
            for line, nomination in lines_of(uow, session)
        ],
    }


def _letters(line: SessionLine) -> str:
    """The opinions of absent members beside the ballots; empty when nobody wrote."""
    if not line.written_agree + line.written_disagree:
        return ""
    words = {"agree": line.written_agree, "disagree": line.written_disagree}
    return N_("%(agree)d đồng ý, %(disagree)d không đồng ý") % words


@on_complete(PROCESS, "confirm_result")
def confirm_result(completion: Completion) -> Mapping[str, Any]:
    uow = completion.uow
    session = steps.held_session(uow, completion.business_key)
    choice = result.confirm(uow, session, completion.form)
    people = {"member_ids": steps.member_ids(uow, session)} if choice == "revote" else {}
    return {"confirm_choice": choice, **people}
