"""The upper organisation's desk: receive copies, answer line by line, tell the sender, close."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import select

from engine import history, messages
from engine.database import UnitOfWork
from engine.errors import N_, FieldError, InvalidForm, NotFound
from workflows.actions.notices import notify_role
from workflows.actions.packages import ANSWERS
from workflows.tables.packages import ReceivedLine, ReceivedPackage


def receive(uow: UnitOfWork, package: Mapping[str, Any]) -> ReceivedPackage:
    """Store the copies that came with the message as this organisation's own rows."""
    assert uow.organisation_id is not None
    received = ReceivedPackage(
        organisation_id=uow.organisation_id,
        package_id=UUID(str(package["id"])),
        sender_organisation_id=UUID(str(package["sender_organisation_id"])),
        sender_name=str(package["sender_name"]),
        code=str(package["code"]),
        papers=list(package["papers"]),
        received_at=uow.now,
    )
    uow.session.add(received)
    uow.session.flush()
    for line in package["lines"]:
        uow.session.add(
            ReceivedLine(
                organisation_id=uow.organisation_id,
                received_package_id=received.id,
                nomination_id=UUID(str(line["nomination_id"])),
                position=int(line["position"]),
                submission_number=int(line["submission_number"]),
                snapshot=dict(line["snapshot"]),
            )
        )
    text = N_("%(sender)s gửi bộ hồ sơ %(code)s (%(count)d hồ sơ).") % {
        "sender": received.sender_name,
        "code": received.code,
        "count": len(package["lines"]),
    }
    notify_role(uow, "city_desk", text, f"/received/{received.id}")
    history.record(uow, _chain(received), "package:received", data={"code": received.code})
    return received


def received_of(uow: UnitOfWork, package_id: UUID | str, *, lock: bool = True) -> ReceivedPackage:
    """The received package by the sender's key, its row locked unless it is only looked at; NotFound."""
    query = select(ReceivedPackage).where(
        ReceivedPackage.organisation_id == uow.organisation_id,
        ReceivedPackage.package_id == UUID(str(package_id)),
    )
    found = uow.session.scalar(query.with_for_update() if lock else query)
    if found is None:
        raise NotFound(N_("bộ hồ sơ đã nhận này"))
    return found


def lines_of(uow: UnitOfWork, received: ReceivedPackage) -> list[ReceivedLine]:
    """The lines in order."""
    query = select(ReceivedLine).where(ReceivedLine.received_package_id == received.id)
    return list(uow.session.scalars(query.order_by(ReceivedLine.position)))


def decide(uow: UnitOfWork, received: ReceivedPackage, rows: Sequence[Mapping[str, Any]]) -> None:
    """Keep the desk's answers; lines may stay open, an answer that was sent is never changed.

    A decision needs number and date, a return or refusal its reason; at least one line must be answered.
    """
    lines = {str(line.nomination_id): line for line in lines_of(uow, received) if line.sent_at is None}
    errors: list[FieldError] = []
    answered = 0
    for index, row in enumerate(rows):
        line, answer = lines.get(str(row.get("id"))), str(row.get("answer") or "")
        if line is None or answer not in ANSWERS:
            continue
        answered += 1
        line.reason = str(row.get("reason") or "").strip()
        line.decision_number = str(row.get("decision_number") or "").strip()
        line.decision_date = _decision_date(row, index, uow.today, errors) if answer == "decided" else None
        if answer == "decided" and not line.decision_number:
            errors.append(FieldError(f"lines.{index}.decision_number", N_("Cần số quyết định.")))
        if answer != "decided" and not line.reason:
            errors.append(FieldError(f"lines.{index}.reason", N_("Cần nêu lý do.")))
        line.answer, line.answered_at = answer, uow.now
    if not answered:
        errors.append(FieldError("lines", N_("Trả lời ít nhất một hồ sơ; hồ sơ khác có thể để sau.")))
    if errors:
        raise InvalidForm(errors)


def _decision_date(row: Mapping[str, Any], index: int, today: date, errors: list[FieldError]) -> date | None:
    try:
        on = date.fromisoformat(str(row.get("decision_date") or ""))
    except ValueError:
        errors.append(FieldError(f"lines.{index}.decision_date", N_("Cần ngày quyết định.")))
        return None
    if on > today:
        text = N_("Ngày quyết định không được ở tương lai.")
        errors.append(FieldError(f"lines.{index}.decision_date", text))
    return on


def answer(uow: UnitOfWork, received: ReceivedPackage) -> bool:
    """Send every new answer to the nominee's own process; whether nothing is left open."""
    lines = lines_of(uow, received)
    for line in lines:
        if line.answer is None or line.sent_at is not None:
            continue
        messages.send(
            uow,
            organisation_id=received.sender_organisation_id,
            name="city_answer",
            key=str(line.nomination_id),
            payload={
                "city_outcome": line.answer,
                "city_reason": line.reason,
                "decision_number": line.decision_number,
                "decision_date": line.decision_date.isoformat() if line.decision_date else "",
            },
            dedup=f"city_answer:{received.package_id}:{line.nomination_id}",
        )
        line.sent_at = uow.now
        data = {"code": line.snapshot.get("code"), "answer": line.answer}
        history.record(uow, _chain(received), "package:answered", data=data)
    return all(line.answer is not None for line in lines)


def close(uow: UnitOfWork, received: ReceivedPackage) -> None:
    """Every line is answered: say so to the sender's package."""
    received.state, received.closed_at = "closed", uow.now
    messages.send(
        uow,
        organisation_id=received.sender_organisation_id,
        name="package_closed",
        key=str(received.package_id),
        payload={},
        dedup=f"package_closed:{received.package_id}",
    )


def _chain(received: ReceivedPackage) -> str:
    return f"received:{received.id}"
