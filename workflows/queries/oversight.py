"""The inspector's overview: where dossiers stand, which are late, held or came back, and why."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlalchemy import ColumnElement, select

from engine.database import UnitOfWork
from engine.errors import N_
from workflows import gate
from workflows.catalogue import award_name
from workflows.queries.inspection import late_nominations
from workflows.queries.nominations import stage_counts
from workflows.stages import stage_label
from workflows.tables.nominations import Nomination
from workflows.tables.organisation import Unit

READ_LABELS = {
    "overview": N_("Trang tổng quan"),
    "dossiers": N_("Danh sách hồ sơ"),
    "dossier": N_("Hồ sơ"),
    "sessions": N_("Danh sách phiên họp Hội đồng"),
    "session": N_("Phiên họp Hội đồng"),
    "papers": N_("Danh sách văn bản"),
    "paper": N_("Văn bản"),
    "register": N_("Sổ khen thưởng"),
    "history": N_("Nhật ký hoạt động"),
    "export": N_("Xuất danh sách hồ sơ"),
    "history_export": N_("Xuất nhật ký hoạt động"),
    "readings": N_("Nhật ký giám sát"),
    "page": N_("Trang"),
}
RETURNED = ("draft", "supplement", "city_returned")


@dataclass(frozen=True)
class Case:
    """One dossier in a list of the inspector."""

    id: UUID
    code: str
    name: str
    award: str
    unit: str
    stage: str
    due_on: date | None
    reason: str


@dataclass(frozen=True)
class Overview:
    """Counts by stage and the dossiers that need a look."""

    counts: dict[str, int]
    total: int
    late: list[Case]
    on_hold: list[Case]
    returned: list[Case]
    refused: list[Case]


def overview(uow: UnitOfWork) -> Overview:
    """The first page of the inspection. NotAllowed for others than the inspector."""
    gate.require(uow, "inspector")
    counts = stage_counts(uow)
    with_reason = Nomination.outcome_reason != ""
    late = [nomination.id for nomination in late_nominations(uow)]
    return Overview(
        counts=counts,
        total=sum(counts.values()),
        late=_cases(uow, Nomination.id.in_(late)),
        on_hold=_cases(uow, Nomination.on_hold_basis != ""),
        returned=_cases(uow, Nomination.stage.in_(RETURNED), with_reason),
        refused=_cases(uow, Nomination.stage.in_(("refused", "not_passed", "withdrawn"))),
    )


def _cases(uow: UnitOfWork, *conditions: ColumnElement[bool]) -> list[Case]:
    query = (
        select(Nomination, Unit.name)
        .join(Unit, Unit.id == Nomination.unit_id)
        .where(Nomination.organisation_id == uow.organisation_id, *conditions)
        .order_by(Nomination.due_on, Nomination.code)
    )
    return [case_of(nomination, unit) for nomination, unit in uow.session.execute(query)]


def case_of(nomination: Nomination, unit: str) -> Case:
    """A dossier with its unit's name as a row."""
    return Case(
        id=nomination.id,
        code=nomination.code,
        name=nomination.subject_name,
        award=award_name(nomination.award),
        unit=unit,
        stage=stage_label(nomination),
        due_on=nomination.due_on,
        reason=nomination.on_hold_basis or nomination.outcome_reason,
    )
