"""What an administrator does about an incident: try again, pass a step undone, correct data.

Each happens under the instance's lock in the caller's one transaction, with the incident's resolution and the
job that tries again: all of it or nothing.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

from engine import execution, incidents, jobs
from engine.database import UnitOfWork
from engine.errors import N_, FieldError, InvalidForm, NotAllowed, NotFound
from engine.history import Event
from engine.models import Incident, Instance
from engine.spiff.values import ValueRefused

SKIPPABLE = ("serviceTask", "scriptTask", "businessRuleTask")
_SIMPLE = {bool: N_("đúng hoặc sai"), int: N_("số"), float: N_("số"), str: N_("chữ")}
_SIMPLE |= {list: N_("danh sách"), dict: N_("nhóm giá trị")}


def retry(uow: UnitOfWork, incident_id: UUID) -> None:
    """Try again what failed. Raises NotFound, NotAllowed for a step that only its person can send again."""
    incident = incidents.get_open(uow, incident_id)
    if incident.job_id is None:
        raise NotAllowed(
            N_(
                "Bước này chạy khi có người gửi việc trước nó; người đó chỉ cần gửi lại, thay đổi chưa bị mất."
            )
        )
    _again(uow, incident)
    incidents.resolve(uow, incident_id, resolution="retried")


def settle(uow: UnitOfWork, incident_id: UUID, reason: str) -> None:
    """Close an incident that needs nothing more; its job is not tried again. Raises NotFound, InvalidForm."""
    reason = _given(reason)
    incident = incidents.resolve(uow, incident_id, reason=reason)
    if incident.job_id is not None:
        _forget(uow, incident.job_id)


@dataclass(frozen=True)
class FailedStep:
    """Where an incident happened: the step as its author named it, and what may be done there."""

    name: str
    process_id: str
    business_key: str
    running: bool
    skippable: bool
    """Whether it may be passed undone: a step that a program does, not a fork of the way."""


def step_of(uow: UnitOfWork, incident: Incident) -> FailedStep | None:
    """Return the step of an incident, None when it belongs to no instance."""
    instance = uow.session.get(Instance, incident.instance_id) if incident.instance_id else None
    if instance is None:
        return None
    parsed = execution.parsed_definition(uow, instance.definition_hash, instance.process_id)
    found = parsed.element(incident.element)
    running = instance.status == "running"
    return FailedStep(
        name=found.name if found is not None else incident.element,
        process_id=instance.process_id,
        business_key=instance.business_key,
        running=running,
        skippable=running and found is not None and found.kind in SKIPPABLE,
    )


def skip(uow: UnitOfWork, incident_id: UUID, reason: str) -> None:
    """Let the instance pass the failed step undone, once, and try again.

    Raises NotFound, InvalidForm without a reason, NotAllowed for a step that cannot be passed.
    """
    reason = _given(reason)
    incident, instance = _locked(uow, incident_id)
    step = step_of(uow, incident)
    if step is None or not step.skippable:
        raise NotAllowed(N_("Bước này không bỏ qua được; hãy sửa dữ liệu rồi chạy lại."))
    instance.skips = [*(instance.skips or ()), incident.element]
    uow.session.flush()
    _again(uow, incident)
    incidents.resolve(uow, incident_id, resolution="skipped", reason=reason)


def variables(uow: UnitOfWork, incident_id: UUID) -> dict[str, Any]:
    """Return the routing variables of the incident's instance, dates and exact numbers as text. Raises NotFound."""
    incident = uow.session.get(Incident, incident_id)
    instance_id = incident.instance_id if incident is not None and incident.state == "open" else None
    instance = uow.session.get(Instance, instance_id) if instance_id is not None else None
    if instance is None:
        raise NotFound(N_("hồ sơ của sự cố này"))
    return _shown(execution.load_run(uow, instance).data)


def correct(uow: UnitOfWork, incident_id: UUID, values: Mapping[str, Any], reason: str) -> None:
    """Change routing variables of the instance and try again.

    A variable keeps its type and is not taken away; the history names what was changed, never its values.
    Raises NotFound, NotAllowed for an instance that does not run, InvalidForm.
    """
    reason = _given(reason)
    incident, instance = _locked(uow, incident_id)
    run = execution.load_run(uow, instance)
    known = _shown(run.data)
    errors = _wrong(known, values)
    if errors:
        raise InvalidForm(errors)
    changed = {name: value for name, value in values.items() if name not in known or known[name] != value}
    changed = {name: _converted(name, run.data.get(name), value) for name, value in changed.items()}
    if not changed:
        raise InvalidForm([FieldError("values", N_("Chưa có giá trị nào được sửa."))])
    try:
        run.correct(changed)
    except ValueRefused as error:
        raise InvalidForm([FieldError("values", str(error))]) from error
    names = {
        "changed": sorted(changed.keys() & known.keys()),
        "added": sorted(changed.keys() - known.keys()),
        "reason": reason,
    }
    execution.record(uow, instance, Event.DATA_CORRECTED, element=incident.element, data=names)
    execution.store_run(uow, instance, run)
    _again(uow, incident)
    incidents.resolve(uow, incident_id, resolution="corrected", reason=reason)


def _locked(uow: UnitOfWork, incident_id: UUID) -> tuple[Incident, Instance]:
    """The instance first, as everybody locks; then its incident, which somebody may have resolved meanwhile."""
    incident = uow.session.get(Incident, incident_id)
    if incident is None or incident.instance_id is None:
        raise NotFound(N_("hồ sơ của sự cố này"))
    instance = execution.lock(uow, incident.instance_id)
    if instance.status != "running":
        raise NotAllowed(N_("Hồ sơ này không còn đang chạy nên không sửa được."))
    return incidents.get_open(uow, incident_id), instance


def _again(uow: UnitOfWork, incident: Incident) -> None:
    """Order the job again; a step that a person set off waits for that person."""
    if incident.job_id is not None:
        jobs.order_again(uow, incident.job_id)


def _forget(uow: UnitOfWork, job_id: str) -> None:
    try:
        jobs.settle(uow, job_id)
    except NotFound:
        return  # it was tried again from the page of jobs


def _given(reason: str) -> str:
    if len(reason.strip()) < 5:
        raise InvalidForm([FieldError("reason", N_("Hãy ghi lý do, ít nhất 5 ký tự."))])
    return reason.strip()


def _wrong(known: Mapping[str, Any], values: Mapping[str, Any]) -> list[FieldError]:
    lost = [
        FieldError("values", N_("Không được bỏ “%(name)s”; muốn để trống, hãy ghi null.") % {"name": name})
        for name in sorted(known.keys() - values.keys())
    ]
    names = [
        FieldError("values", N_("“%(name)s” không dùng làm tên được.") % {"name": name})
        for name in sorted(values.keys() - known.keys())
        if not name.isidentifier() or name.startswith("_")
    ]
    other = [
        FieldError(
            "values", N_("“%(name)s” phải là %(kind)s.") % {"name": name, "kind": _SIMPLE[type(before)]}
        )
        for name, before in sorted(known.items())
        if name in values and not _same_type(before, values[name])
    ]
    return lost + names + other


def _shown(values: Mapping[str, Any]) -> dict[str, Any]:
    shown: dict[str, Any] = json.loads(json.dumps(dict(values), default=str))
    return shown


def _converted(name: str, before: Any, after: Any) -> Any:
    """Return what was typed in the type that stood there; a group that holds such types is not edited as text."""
    if isinstance(before, list | dict) and json.loads(json.dumps(before, default=str)) != before:
        raise InvalidForm(
            [FieldError("values", N_("“%(name)s” chứa ngày nên không sửa được ở đây.") % {"name": name})]
        )
    if after is None or not isinstance(before, Decimal | date):
        return after
    try:
        return Decimal(after) if isinstance(before, Decimal) else type(before).fromisoformat(after)
    except (ArithmeticError, ValueError) as error:
        message = N_("“%(name)s” không đúng dạng; giá trị cũ là %(before)s.")
        raise InvalidForm([FieldError("values", message % {"name": name, "before": before})]) from error


def _same_type(before: Any, after: Any) -> bool:
    """Whether a value stays of its type; nothing may become something, and the other way round."""
    if before is None or after is None or type(before) not in _SIMPLE:
        return True
    numbers = (int, float)
    return type(before) is type(after) or (type(before) in numbers and type(after) in numbers)
