"""The secret branch of the diagram council_appraisal: tellers, their codes, the box, the envelopes, the opening.

Nothing typed in it enters the instance: a step here is finished by the fact that a row says it was done.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from engine.database import UnitOfWork
from engine.errors import N_, NotReady
from engine.handlers import Completion, FormRequest, ServiceCall, lookups, on_complete, prefill, service
from workflows.actions import ballot_boxes, secret_ballots
from workflows.handlers.council_appraisal import PROCESS, session_of_call
from workflows.queries import waiting
from workflows.queries.ballot_boxes import box_of, envelope_of, required_box, tellers_of
from workflows.queries.ballots import session_of
from workflows.tables.ballot_boxes import BallotBox


@prefill(PROCESS, "prepare_secret_vote")
def tellers_form(request: FormRequest) -> dict[str, Any]:
    """Who may be teller, and a row for every opinion that an absent member sends; nothing is preselected."""
    uow, session = request.uow, session_of(request.uow, request.business_key)
    options = [*ballot_boxes.teller_candidates(uow, session)]
    return {
        "lines": [
            {
                **waiting.row(uow, nomination),
                "id": f"{person_id}:{nomination.id}",
                "member": lookups().person_name(uow, person_id),
            }
            for person_id, nomination in ballot_boxes.letter_lines(uow, session)
        ],
        "$options": {f"teller_{place}": options for place in range(1, ballot_boxes.TELLERS + 1)},
    }


@on_complete(PROCESS, "prepare_secret_vote")
def prepare_secret_vote(completion: Completion) -> Mapping[str, Any]:
    uow, form = completion.uow, completion.form
    session = session_of(uow, completion.business_key, lock=True)
    chosen = [str(form.get(f"teller_{place}") or "") for place in range(1, ballot_boxes.TELLERS + 1)]
    tellers = ballot_boxes.appoint_tellers(uow, session, chosen)
    scan = str(form.get("scan_sha256") or "")
    ballot_boxes.record_letters(uow, session, form.get("lines") or [], scan)
    return {"teller_ids": tellers}


@on_complete(PROCESS, "take_code")
def take_code(completion: Completion) -> Mapping[str, Any]:
    """Done once the teller holds a code; the code itself is nowhere."""
    uow = completion.uow
    box = required_box(uow, session_of(uow, completion.business_key))
    held = [each for each in tellers_of(uow, box) if each.person_id == completion.task.assignee_id]
    if not held or not held[0].public_key:
        raise NotReady(N_("Nhận mã kiểm phiếu"))
    return {}


@service("seal_box")
def seal_box(call: ServiceCall) -> Mapping[str, Any]:
    return {"member_ids": ballot_boxes.seal_box(call.uow, session_of_call(call))}


@on_complete(PROCESS, "cast_secret_ballot")
def cast_secret_ballot(completion: Completion) -> Mapping[str, Any]:
    """Done once the member's envelope is in the box: only the fact enters the instance."""
    uow = completion.uow
    box = _box(uow, completion.business_key)
    if box is None or envelope_of(uow, box, completion.task.assignee_id) is None:
        raise NotReady(N_("Bỏ phiếu kín"))
    return {}


@service("close_box")
def close_box(call: ServiceCall) -> None:
    secret_ballots.close_box(call.uow, session_of_call(call))


@on_complete(PROCESS, "open_box")
def open_box(completion: Completion) -> Mapping[str, Any]:
    """Done once two tellers have opened the box."""
    box = _box(completion.uow, completion.business_key)
    if box is None or box.state != "opened":
        raise NotReady(N_("Mở hòm phiếu"))
    return {}


def _box(uow: UnitOfWork, business_key: str) -> BallotBox | None:
    return box_of(uow, session_of(uow, business_key))
