"""What stands behind city_submission, and the spine's step that keeps the city's answer."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from engine.handlers import Completion, FormRequest, ServiceCall, on_complete, prefill, service
from workflows.actions import packages
from workflows.queries import waiting
from workflows.stages import nomination_of
from workflows.tables.packages import Package

PROCESS = "city_submission"


def _package(call: ServiceCall) -> Package:
    if call.uow.organisation_id is None:
        call.uow.organisation_id = call.organisation_id
    return packages.package_of(call.uow, call.business_key)


@prefill(PROCESS, "assemble_package")
def assemble_form(request: FormRequest) -> dict[str, Any]:
    """Everybody whose proposal is signed and who is in no package yet, all ticked."""
    uow, package = request.uow, packages.package_of(request.uow, request.business_key, lock=False)
    return {
        "note": package.note,
        "lines": [
            {
                **waiting.row(uow, nomination),
                "paper": ", ".join(each["number"] for each in packages.papers_of(uow, [nomination])),
                "submission": str(nomination.submission_number),
                "late": "Quá hạn" if nomination.is_late else "",
                "include": True,
            }
            for nomination in waiting.for_package(uow, package.id)
        ],
    }


@on_complete(PROCESS, "assemble_package")
def assemble_package(completion: Completion) -> Mapping[str, Any]:
    package = packages.package_of(completion.uow, completion.business_key)
    packages.assemble(completion.uow, package, completion.form)
    return {}


@service("send_package")
def send_package(call: ServiceCall) -> None:
    packages.send(call.uow, _package(call))


@service("close_submission")
def close_submission(call: ServiceCall) -> None:
    packages.close(call.uow, _package(call))


@service("record_city_answer")
def record_city_answer(call: ServiceCall) -> None:
    """In `nomination`: the answer that has just come is kept beside the submission."""
    if call.uow.organisation_id is None:
        call.uow.organisation_id = call.organisation_id
    packages.record_answer(call.uow, nomination_of(call.uow, call.business_key), call.data)
