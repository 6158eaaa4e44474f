"""Prize money of one award: the table's coefficient and the pure rule; an empty figure is never invented."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from engine import decisions
from engine.database import UnitOfWork
from engine.errors import NotFound
from workflows.rules.money import prize


@dataclass(frozen=True)
class Prize:
    """The amount in đồng, None when the table gives no coefficient; `unverified` is shown as "cần kiểm tra"."""

    amount: int | None
    unverified: bool
    source: str


def prize_on(uow: UnitOfWork, organisation_id: UUID, award: str, subject_kind: str, on: date) -> Prize:
    """The prize of an award by the DMN decision `prize` in force on the date of the decision."""
    inputs = {"award": award, "subject_kind": subject_kind}
    try:
        found = decisions.evaluate(uow, organisation_id, "prize", on, inputs)
    except NotFound:
        return Prize(None, True, "")
    row = found.first if found.rows else {}
    source = "; ".join(citation for citation in found.citations if citation)
    if not row.get("coefficient") or not row.get("base_salary"):
        return Prize(None, True, source)
    amount = prize(
        str(row["coefficient"]),
        int(row["base_salary"]),
        int(row.get("rounding_step") or 10_000),
        str(row.get("rounding") or "ceil"),
    )
    return Prize(amount, bool(found.unverified), source)
