"""What stands behind the diagram chairman_signature: one function a step, the work is in the actions."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from engine.handlers import (
    Completion,
    FormRequest,
    SentBack,
    ServiceCall,
    lookups,
    on_complete,
    on_send_back,
    prefill,
    service,
)
from workflows import paper_data
from workflows.actions import issuing, paper_review, papers
from workflows.queries import waiting
from workflows.tables.papers import Paper

PROCESS = "chairman_signature"
MONTH = timedelta(days=31)


def _paper(call: ServiceCall) -> Paper:
    if call.uow.organisation_id is None:
        call.uow.organisation_id = call.organisation_id
    return papers.paper_of(call.uow, call.business_key)


@prefill(PROCESS, "draft_paper")
def draft_form(request: FormRequest) -> dict[str, Any]:
    """Everybody who waits for this kind of paper, all ticked the first time, and the usual recipients."""
    uow, paper = request.uow, papers.paper_of(request.uow, request.business_key, lock=False)
    chosen = {nomination.id for _, nomination in papers.lines_of(uow, paper)}
    return {
        "subject": paper.subject,
        "review_reason": paper.review_reason,
        "lines": [
            {
                **waiting.row(uow, nomination),
                "votes": paper_data.vote_text(uow, nomination),
                "include": not chosen or nomination.id in chosen,
            }
            for nomination in waiting.for_paper(uow, paper.kind, paper.id)
        ],
        "recipients": paper.recipients or papers.default_recipients(uow, paper),
    }


@on_complete(PROCESS, "draft_paper")
def draft_paper(completion: Completion) -> Mapping[str, Any]:
    paper = papers.paper_of(completion.uow, completion.business_key)
    papers.write_draft(completion.uow, paper, completion.form)
    return {}


@service("make_draft")
def make_draft(call: ServiceCall) -> Mapping[str, Any]:
    return {"barred_ids": papers.make_draft(call.uow, _paper(call))}


@prefill(PROCESS, "review_paper")
def review_form(request: FormRequest) -> dict[str, Any]:
    """The list as drafted, every line approved until said otherwise; the choice itself is not preselected.

    Who was put on hold or withdrawn since is named beside the list, with why, and cannot be decided.
    """
    uow, paper = request.uow, papers.paper_of(request.uow, request.business_key, lock=False)
    return {
        "subject": paper.subject,
        "lines": [
            {
                **waiting.row(uow, nomination),
                "votes": paper_data.vote_text(uow, nomination),
                "decision": "approve",
                "reason": "",
            }
            for _, nomination in paper_review.decidable(uow, paper)
        ],
        "left_out": "\n".join(paper_review.left_out(uow, paper)),
    }


@on_complete(PROCESS, "review_paper")
def review_paper(completion: Completion) -> Mapping[str, Any]:
    paper = papers.paper_of(completion.uow, completion.business_key)
    return {"paper_choice": paper_review.review(completion.uow, paper, completion.form)}


@prefill(PROCESS, "issue_paper")
def issue_form(request: FormRequest) -> dict[str, Any]:
    """Today, the chairman's own signature, and who may sign in his place.

    Delegations that ended within a month are offered too: the paper's own date decides, and it may be earlier.
    """
    uow, paper = request.uow, papers.paper_of(request.uow, request.business_key, lock=False)
    options = [
        (str(each.id), f"{lookups().person_name(uow, each.person_id)} – {each.position} ({each.basis})")
        for each in issuing.delegations_within(uow, paper.organisation_id, uow.today - MONTH, uow.today)
    ]
    return {
        "subject": paper.subject,
        "series": paper.series,
        "number_source": "typed",
        "issued_on": uow.today.isoformat(),
        "signer_mode": "CT",
        "$options": {"delegation_id": options},
    }


@on_complete(PROCESS, "issue_paper")
def issue_paper(completion: Completion) -> Mapping[str, Any]:
    paper = papers.paper_of(completion.uow, completion.business_key)
    issuing.issue(completion.uow, paper, completion.form)
    return {}


@on_send_back(PROCESS)
def sent_back(sent: SentBack) -> None:
    """The paper is drafted or read again; what was approved is approved no more."""
    paper = papers.paper_of(sent.uow, sent.business_key)
    paper.state = "draft" if sent.step == "draft_paper" else "in_review"
    paper.review_reason = sent.reason
    for line, _ in papers.lines_of(sent.uow, paper):
        line.decision, line.reason = None, ""


@service("freeze_paper")
def freeze_paper(call: ServiceCall) -> None:
    papers.freeze_paper(call.uow, _paper(call))


@service("distribute_paper")
def distribute_paper(call: ServiceCall) -> None:
    papers.distribute(call.uow, _paper(call))


@service("answer_paper")
def answer_paper(call: ServiceCall) -> None:
    papers.answer(call.uow, _paper(call))
