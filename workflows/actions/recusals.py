"""Who gets no ballot for a nominee: what members declare, and what follows from who they are (AC-05)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import delete, select

from engine.database import UnitOfWork
from engine.errors import N_, FieldError
from engine.handlers import lookups
from workflows.queries.ballots import attendance_of, lines_of, rule_of, vote_date
from workflows.rules import recusal
from workflows.rules.voting import Rule
from workflows.tables.nominations import Nomination
from workflows.tables.sessions import CouncilSession, Recusal

Declared = dict[str, list[tuple[str, str, str]]]
"""Dossier → (member, ground, reason) as declared."""
Own = dict[tuple[UUID, UUID], Recusal]
"""(Dossier, member) → what the member has declared."""


def declared(
    uow: UnitOfWork,
    session: CouncilSession,
    rows: Sequence[Mapping[str, Any]],
    members: set[str],
    errors: list[FieldError],
) -> Declared:
    """What the rows of the attendance form declare; what is wrong with a row goes to `errors`."""
    agenda = {str(nomination.id) for _, nomination in lines_of(uow, session)}
    found: Declared = {}
    for index, row in enumerate(rows):
        nomination_id, person_id = str(row.get("nomination_id")), str(row.get("person_id"))
        ground, reason = str(row.get("ground")), str(row.get("reason") or "").strip()
        if nomination_id not in agenda:
            errors.append(FieldError(f"recusals.{index}.nomination_id", N_("Chọn hồ sơ trong chương trình.")))
        elif person_id not in members:
            errors.append(FieldError(f"recusals.{index}.person_id", N_("Chọn một thành viên Hội đồng.")))
        elif ground not in recusal.GROUND_LABELS:
            errors.append(FieldError(f"recusals.{index}.ground", N_("Chọn lý do không được biểu quyết.")))
        elif ground == "other" and not reason:
            errors.append(FieldError(f"recusals.{index}.reason", N_("Ghi rõ lý do khác.")))
        else:
            found.setdefault(nomination_id, []).append((person_id, ground, reason))
    return found


def store(uow: UnitOfWork, session: CouncilSession, members: set[str], given: Declared) -> None:
    """Replace the session's recusals by those given and those that follow from who the members are.

    What a member has declared stays, whether or not the form shows it: it may have been said while the office
    was filling in the form, and only the member takes it back (`invitations.withdraw_recusal`).
    """
    own = own_of(uow, session)
    said = {pair: each.declared_at for pair, each in own.items()}
    kept: Declared = {}
    for (dossier, member), each in own.items():
        kept.setdefault(str(dossier), []).append((str(member), each.ground, each.reason))
    uow.session.execute(delete(Recusal).where(Recusal.session_id == session.id))
    for line, nomination in lines_of(uow, session):
        nominee = str(nomination.person_id) if nomination.person_id else None
        rows = [*given.get(str(nomination.id), ()), *kept.get(str(nomination.id), ())]
        heads = _heads(uow, session, rule_of(uow, session, line, nomination), nomination)
        grounds = recusal.recused(members, nominee, [each[:2] for each in rows], heads)
        reasons = {(person, ground): reason for person, ground, reason in rows}
        line.recused = len(grounds)
        for person_id, ground in grounds.items():
            uow.session.add(
                Recusal(
                    organisation_id=session.organisation_id,
                    session_id=session.id,
                    nomination_id=nomination.id,
                    person_id=UUID(person_id),
                    ground=ground,
                    reason=reasons.get((person_id, ground), "") if ground == "other" else "",
                    declared_at=said.get((nomination.id, UUID(person_id))),
                )
            )
    uow.session.flush()


def rows(uow: UnitOfWork, session: CouncilSession) -> list[dict[str, str]]:
    """What the form of the attendance begins with: all that is known, without what is computed anew."""
    nominees = {nomination.id: nomination.person_id for _, nomination in lines_of(uow, session)}
    members = {each.person_id for each in attendance_of(uow, session)}
    query = select(Recusal).where(Recusal.session_id == session.id).order_by(Recusal.id)
    return [
        {
            "nomination_id": str(each.nomination_id),
            "person_id": str(each.person_id),
            "ground": each.ground,
            "reason": each.reason,
        }
        for each in uow.session.scalars(query)
        if each.ground != "unit_head"
        and each.person_id in members
        and nominees.get(each.nomination_id) != each.person_id
    ]


def own_of(uow: UnitOfWork, session: CouncilSession) -> Own:
    """What the members themselves have declared."""
    query = select(Recusal).where(Recusal.session_id == session.id, Recusal.declared_at.is_not(None))
    return {(each.nomination_id, each.person_id): each for each in uow.session.scalars(query)}


def _heads(uow: UnitOfWork, session: CouncilSession, rule: Rule, nomination: Nomination) -> list[str]:
    """The heads of the nominee's unit on the day of the vote, where the by-law gives them no ballot."""
    if not rule.unit_head_recused:
        return []
    on = vote_date(uow, session)
    found = lookups().holders(uow, session.organisation_id, "unit_head", nomination.unit_id, on)
    return [str(each) for each in found]
