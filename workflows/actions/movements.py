"""Emulation movements: the plan's list is open, the standing office adds what is launched later."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from sqlalchemy import select

from engine import history
from engine.database import UnitOfWork
from engine.errors import N_, FieldError, InvalidForm
from workflows import gate
from workflows.rules.names import nfc
from workflows.tables.movements import Movement

MAKERS = ("administrator", "standing_office")


def create_movement(
    uow: UnitOfWork,
    *,
    code: str,
    name: str,
    starts_on: date,
    ends_on: date | None = None,
    themes: Sequence[str] = (),
    target_group: str = "",
    parent_plan: str = "",
    legal_basis: str = "",
    launch_paper: str = "",
) -> Movement:
    """A movement of the catalogue; NotAllowed, InvalidForm for a code that is taken or dates out of order."""
    gate.require_any(uow, MAKERS)
    assert uow.organisation_id is not None
    errors = _errors(uow, code, name, starts_on, ends_on)
    if errors:
        raise InvalidForm(errors)
    row = Movement(
        organisation_id=uow.organisation_id,
        code=code,
        name=nfc(name),
        themes=[nfc(theme) for theme in themes if theme.strip()],
        target_group=nfc(target_group),
        parent_plan=nfc(parent_plan),
        legal_basis=nfc(legal_basis),
        launch_paper=nfc(launch_paper),
        starts_on=starts_on,
        ends_on=ends_on,
    )
    uow.session.add(row)
    uow.session.flush()
    data = {"movement": str(row.id), "code": code, "name": row.name}
    history.record(uow, f"people:{uow.organisation_id}", "movement:created", data=data)
    return row


def _errors(uow: UnitOfWork, code: str, name: str, starts_on: date, ends_on: date | None) -> list[FieldError]:
    errors = []
    if not nfc(name):
        errors.append(FieldError("name", N_("Cần ghi tên phong trào thi đua.")))
    taken = select(Movement.id).where(Movement.organisation_id == uow.organisation_id, Movement.code == code)
    if uow.session.scalar(taken) is not None:
        errors.append(FieldError("code", N_("Ký hiệu %(code)s đã có.") % {"code": code}))
    if ends_on is not None and ends_on < starts_on:
        errors.append(FieldError("ends_on", N_("Ngày kết thúc trước ngày bắt đầu.")))
    return errors
