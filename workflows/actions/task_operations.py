"""What is done with open work beside doing it: given away, lent to a colleague, due on another day, sent back.

The office looks after its own tasks and those of the units and the clerk; what the Council and the chairman
do is theirs to lend to each other. Everything has its reason in the dossier's history.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from uuid import UUID

from engine import delegation, due_dates, operations, tasks
from engine import send_back as engine_send_back
from engine.clock import local_date
from engine.database import UnitOfWork
from engine.errors import N_, FieldError, InvalidForm, NotAllowed
from engine.models import Task
from engine.waiting import due_moment
from workflows import gate
from workflows.actions.notices import notify
from workflows.labels import STEP_VERBS
from workflows.queries.nominations import may_see
from workflows.rules.names import nfc
from workflows.stages import nomination_of

MANAGED: Mapping[str, tuple[str, ...]] = {
    "standing_office": ("standing_office", "nominator", "unit_head", "clerk"),
    "city_desk": ("city_desk",),
}
"""Whose tasks a role may give to somebody else, give more time and send back."""
MOST_LETTERS = 500


def managed_roles(uow: UnitOfWork) -> tuple[str, ...]:
    """The roles whose tasks the actor looks after; none for most people."""
    actor = uow.actor_id
    if actor is None:
        return ()
    return tuple(role for own, roles in MANAGED.items() if gate.holds(uow, actor, own) for role in roles)


def why_not_manage(uow: UnitOfWork, task: Task) -> str | None:
    """Why the actor may not give the task away, change its due date or send it back; None when it is allowed."""
    if task.role in managed_roles(uow):
        return None
    return N_(
        "Chỉ Thường trực Hội đồng (hoặc Phòng Nội vụ thành phố) được giao lại, đổi hạn, trả về việc thuộc mình."
    )


def reassign(uow: UnitOfWork, task_id: UUID, person_id: UUID, reason: str) -> None:
    """The task is another person's from now on, who is told. NotAllowed, NotReady, InvalidForm without a reason."""
    task = _managed(uow, task_id)
    delegation.reassign(uow, task_id, person_id, _reason(reason))
    _tell(uow, task, person_id)


def change_due(uow: UnitOfWork, task_id: UUID, due_on: date, reason: str) -> list[due_dates.MovedTimer]:
    """The task is due at the end of another day; returns the timers that went along.

    The last day of a dossier's appraisal is written on the dossier too. NotAllowed, NotReady, InvalidForm.
    """
    task = _managed(uow, task_id)
    before, due_at = task.due_at, due_moment(due_on)
    assert due_at is not None
    moved = due_dates.change_due(uow, task_id, due_at, _reason(reason))
    if task.process_id == "nomination" and before is not None:
        nomination = nomination_of(uow, task.business_key)
        if nomination.due_on == local_date(before):
            nomination.due_on = due_on
    holder = task.assignee_id or task.claimed_by
    if holder is not None and holder != uow.actor_id:
        text = N_("Hạn của việc “%(step)s” đổi thành hết ngày %(day)s: %(reason)s")
        words = {"step": STEP_VERBS.get(task.step, task.name), "day": f"{due_on:%d/%m/%Y}"}
        notify(uow, [holder], text % {**words, "reason": _reason(reason)}, f"/tasks/{task.id}")
    return moved


def send_back(uow: UnitOfWork, task_id: UUID, step: str, reason: str) -> None:
    """The dossier goes back to an earlier step; who had the task, and who has it again, is told.

    NotAllowed where the diagram refuses, NotReady, InvalidForm without a reason or a step.
    """
    task, reason = _managed(uow, task_id), _reason(reason)
    if not step:
        raise InvalidForm([FieldError("step", N_("Cần chọn bước để trả về."))])
    engine_send_back.send_back(uow, task_id, step, reason)
    uow.session.flush()
    again = tasks.open_tasks(uow, step=step, instance_id=task.instance_id)
    did = engine_send_back.last_did(uow, task.instance_id, step)
    text = N_("Hồ sơ được trả về bước “%(step)s”: %(reason)s")
    words = {"step": STEP_VERBS.get(step, again[0].name if again else step), "reason": reason}
    link = f"/tasks/{again[0].id}" if again else ""
    told = {task.assignee_id or task.claimed_by, did, *(each.assignee_id for each in again)}
    notify(uow, told - {uow.actor_id}, text % words, link)


def delegate(uow: UnitOfWork, task_id: UUID, person_id: UUID, reason: str) -> None:
    """A colleague does what the actor was to do, and is told; the engine has the gate. NotAllowed, InvalidForm."""
    delegation.delegate(uow, task_id, person_id, _reason(reason))
    _tell(uow, tasks.get(uow, task_id), person_id)


def take_back(uow: UnitOfWork, task_id: UUID) -> None:
    """The lent task is the lender's again, whom the colleague tells by giving it back. NotAllowed, NotReady."""
    task = tasks.get(uow, task_id)
    lent = delegation.delegation_of(uow, task)
    delegation.take_back(uow, task_id)
    if lent is not None and lent.delegated_by != uow.actor_id:
        _tell(uow, task, lent.delegated_by)


def comment(uow: UnitOfWork, nomination_id: UUID, text: str) -> None:
    """What somebody who works on the dossier says about it. NotAllowed for a reader, InvalidForm without words."""
    nomination = nomination_of(uow, nomination_id)
    refusal = why_not_comment(uow, nomination_id)
    if refusal is not None:
        raise NotAllowed(refusal)
    assert nomination.instance_id is not None
    operations.comment(uow, nomination.instance_id, "\n".join(nfc(line) for line in text.splitlines()))


def why_not_comment(uow: UnitOfWork, nomination_id: UUID) -> str | None:
    """Why the actor may not say anything about the dossier; None when it is allowed."""
    nomination = nomination_of(uow, nomination_id)
    if nomination.instance_id is None:
        return N_("Hồ sơ chưa vào quy trình nên chưa ghi ý kiến được.")
    if not may_see(uow, nomination):
        return N_("Bạn không được xem hồ sơ này.")
    working = ("nominator", "unit_head", *MANAGED, "clerk", "chairman", "council_chair", "council_member")
    if uow.actor_id is None or not any(gate.holds(uow, uow.actor_id, role) for role in working):
        return N_("Chỉ người tham gia xử lý hồ sơ được ghi ý kiến.")
    return None


def _managed(uow: UnitOfWork, task_id: UUID) -> Task:
    task, _instance = tasks.locked(uow, task_id)
    refusal = why_not_manage(uow, task)
    if refusal is not None:
        raise NotAllowed(refusal)
    return task


def _reason(text: str) -> str:
    reason = nfc(text)
    if not reason:
        raise InvalidForm([FieldError("reason", N_("Cần nêu lý do."))])
    if len(reason) > MOST_LETTERS:
        wrong = N_("Lý do dài quá %(most)d ký tự.") % {"most": MOST_LETTERS}
        raise InvalidForm([FieldError("reason", wrong)])
    return reason


def _tell(uow: UnitOfWork, task: Task, person_id: UUID) -> None:
    if person_id == uow.actor_id:
        return
    text = N_("Anh/chị được giao việc: %(step)s") % {"step": STEP_VERBS.get(task.step, task.name)}
    notify(uow, [person_id], text, f"/tasks/{task.id}")
