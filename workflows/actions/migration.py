"""What an administrator does to let running dossiers follow a changed regulation, and to take that back."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from engine import migration, regulations
from engine.database import UnitOfWork
from engine.errors import N_, FieldError, InvalidForm, NotFound
from engine.migration import InstancePlan, Order
from engine.migration_models import MigrationBatch
from engine.models import Definition
from workflows import gate
from workflows.rules.names import nfc

LONGEST_REASON = 500


def version_in_force(uow: UnitOfWork, process_id: str) -> Definition:
    """The version of a process that a dossier begun today would follow, frozen if none has yet.

    NoRegulation when nothing in force has the process.
    """
    gate.require(uow, "administrator")
    if uow.organisation_id is None:
        raise NotFound(what=N_("tổ chức đang làm việc"))
    return regulations.resolve(uow, uow.organisation_id, process_id, uow.today)


def order_move(
    uow: UnitOfWork, plans: Sequence[InstancePlan], order: Order, *, reason: str
) -> MigrationBatch:
    """Order one job a dossier for what was previewed; those that are refused are left out.

    InvalidForm without a reason or without a dossier; NotAllowed when none may move; NotFound, Conflict.
    """
    gate.require(uow, "administrator")
    told = _reason(reason)
    if not plans:
        raise InvalidForm([FieldError("instance", N_("Chưa chọn hồ sơ nào."))])
    return migration.order_batch(uow, plans, order, reason=told)


def take_back(uow: UnitOfWork, batch_id: UUID, instance_id: UUID, *, reason: str) -> None:
    """Give a dossier back the version that it had before a batch moved it.

    InvalidForm without a reason; NotAllowed naming what was done since; NotFound.
    """
    gate.require(uow, "administrator")
    told = _reason(reason)
    batch = migration.batch_of(uow, batch_id)
    migration.undo(uow, instance_id, reason=told, batch_id=batch.id)


def _reason(text: str) -> str:
    told = nfc(text)
    if not told:
        raise InvalidForm([FieldError("reason", N_("Cần nêu lý do."))])
    if len(told) > LONGEST_REASON:
        raise InvalidForm(
            [FieldError("reason", N_("Lý do dài quá %(most)d ký tự.") % {"most": LONGEST_REASON})]
        )
    return told
