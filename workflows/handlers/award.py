"""The end of the spine: the award enters the register, with its prize as the tables of the day give it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import func, select

from engine.database import UnitOfWork
from engine.errors import N_, NotFound
from engine.handlers import ServiceCall, service
from engine.models import Organisation
from workflows.actions.nominations import tell_author
from workflows.handlers.nomination import decide, tell_office
from workflows.rules.money import prize
from workflows.rules.numbering import paper_number
from workflows.stages import move, nomination_of
from workflows.tables.nominations import Nomination
from workflows.tables.organisation import Unit
from workflows.tables.papers import Paper
from workflows.tables.register import RegisterEntry


@service("register_award")
def register_award(call: ServiceCall) -> Mapping[str, Any]:
    """One register entry for the dossier; a second run finds the first and changes nothing.

    `decided_by` "commune" reads number and date from the signed paper, "upper" from the city's answer.
    """
    uow, nomination = call.uow, nomination_of(call.uow, call.business_key)
    entry = uow.session.scalars(
        select(RegisterEntry).where(RegisterEntry.nomination_id == nomination.id)
    ).first()
    if entry is None:
        entry = _enter(uow, nomination, *_decision(call, nomination))
    move(uow, nomination, "awarded")
    tell_author(uow, nomination, N_("Hồ sơ %(code)s – %(name)s đã được khen thưởng."))
    tell_office(uow, nomination, N_("Hồ sơ %(code)s – %(name)s đã vào sổ khen thưởng."))
    return {"register_entry_id": str(entry.id)}


def prize_of(uow: UnitOfWork, nomination: Nomination) -> tuple[int | None, bool, str]:
    """Amount in đồng (None when the law gives no coefficient), whether unverified, and the source."""
    inputs = {"award": nomination.award, "subject_kind": nomination.subject_kind}
    result = decide(uow, nomination, "prize", inputs)
    row, source = result.first, "; ".join(result.citations)
    if not row.get("coefficient") or not row.get("base_salary"):
        return None, True, source
    amount = prize(
        str(row["coefficient"]),
        int(str(row["base_salary"])),
        int(str(row.get("rounding_step") or 1)),
        str(row.get("rounding") or "ceil"),
    )
    return amount, result.unverified, source


def _decision(call: ServiceCall, nomination: Nomination) -> tuple[str, date, str]:
    uow = call.uow
    if call.parameters.get("decided_by") == "upper":
        own = uow.session.get(Organisation, nomination.organisation_id)
        upper = uow.session.get(Organisation, own.parent_id) if own is not None and own.parent_id else None
        number = str(call.data.get("decision_number") or "")
        day = date.fromisoformat(str(call.data.get("decision_date") or uow.today))
        return number, day, upper.name if upper is not None else N_("Cấp trên")
    paper = uow.session.get(Paper, UUID(str(call.data["paper_id"])))
    if paper is None or paper.number is None or paper.issued_on is None:
        raise NotFound(what=N_("quyết định đã phát hành của hồ sơ này"))
    own = uow.session.get(Organisation, nomination.organisation_id)
    issuer = N_("Chủ tịch UBND %(name)s") % {"name": own.name if own is not None else ""}
    return paper_number(paper.number, paper.series), paper.issued_on, issuer


def _enter(uow: UnitOfWork, nomination: Nomination, number: str, day: date, decided_by: str) -> RegisterEntry:
    amount, unverified, source = prize_of(uow, nomination)
    unit = uow.session.get(Unit, nomination.unit_id)
    uow.session.get(Organisation, nomination.organisation_id, with_for_update=True)
    last = uow.session.scalar(
        select(func.max(RegisterEntry.running_number)).where(
            RegisterEntry.organisation_id == nomination.organisation_id, RegisterEntry.year == day.year
        )
    )
    entry = RegisterEntry(
        organisation_id=nomination.organisation_id,
        year=day.year,
        running_number=(last or 0) + 1,
        nomination_id=nomination.id,
        award=nomination.award,
        achievement_year=nomination.achievement_year,
        subject_kind=nomination.subject_kind,
        subject_name=nomination.subject_name,
        name_folded=nomination.name_folded,
        person_id=nomination.person_id,
        unit_name=unit.name if unit is not None else "",
        decision_number=number,
        decision_date=day,
        decided_by=decided_by,
        prize_amount=amount,
        prize_unverified=unverified,
        prize_source=source[:1000],
        created_at=uow.now,
    )
    uow.session.add(entry)
    uow.session.flush()
    return entry
