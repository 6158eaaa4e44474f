"""What stands behind city_desk, the upper organisation's own process on its own copies."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from engine.handlers import Completion, FormRequest, ServiceCall, on_complete, prefill, service
from workflows.actions import city
from workflows.labels import EVIDENCE_LABELS, label
from workflows.tables.packages import ReceivedLine, ReceivedPackage

PROCESS = "city_desk"


def _received(call: ServiceCall) -> ReceivedPackage:
    _enter(call)
    return city.received_of(call.uow, call.business_key)


def _enter(call: ServiceCall) -> None:
    if call.uow.organisation_id is None:
        call.uow.organisation_id = call.organisation_id


@service("receive_package")
def receive_package(call: ServiceCall) -> Mapping[str, Any]:
    """Take the copies out of the message into the city's tables; the instance keeps nothing of them."""
    _enter(call)
    city.receive(call.uow, call.data["package"])
    return {"package": None, "all_answered": False}


@prefill(PROCESS, "decide_package")
def decide_form(request: FormRequest) -> dict[str, Any]:
    """The lines that still wait for an answer."""
    received = city.received_of(request.uow, request.business_key, lock=False)
    lines = city.lines_of(request.uow, received)
    return {"lines": [_row(line) for line in lines if line.answer is None]}


def _row(line: ReceivedLine) -> dict[str, Any]:
    copy = line.snapshot
    documents = [_document(label(EVIDENCE_LABELS, each["kind"]), each["title"]) for each in copy["evidence"]]
    return {
        "id": str(line.nomination_id),
        "name": copy["subject_name"],
        "award": copy["award_name"],
        "unit": copy["unit"],
        "summary": copy["merit_summary"],
        "submission": str(line.submission_number),
        "documents": "; ".join(documents) or "—",
        "answer": "",
        "reason": "",
    }


def _document(kind: str, title: str) -> str:
    return kind if title == kind else f"{kind}: {title}"


@on_complete(PROCESS, "decide_package")
def decide_package(completion: Completion) -> Mapping[str, Any]:
    received = city.received_of(completion.uow, completion.business_key)
    city.decide(completion.uow, received, completion.form.get("lines") or [])
    return {}


@service("answer_commune")
def answer_commune(call: ServiceCall) -> Mapping[str, Any]:
    return {"all_answered": city.answer(call.uow, _received(call))}


@service("close_package")
def close_package(call: ServiceCall) -> None:
    city.close(call.uow, _received(call))
