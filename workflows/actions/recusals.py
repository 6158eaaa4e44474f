"""Who gets no ballot for a nominee: what members declare, and what follows from who they are (AC-05)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import delete

from engine.database import UnitOfWork
from engine.errors import N_, FieldError
from engine.handlers import lookups
from workflows.queries.ballots import lines_of, rule_of, vote_date
from workflows.rules import recusal
from workflows.rules.voting import Rule
from workflows.tables.nominations import Nomination
from workflows.tables.sessions import CouncilSession, Recusal

Declared = dict[str, list[tuple[str, str, str]]]
"""Dossier → (member, ground, reason) as declared."""


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
    """Replace the session's recusals by those declared and those that follow from who the members are."""
    uow.session.execute(delete(Recusal).where(Recusal.session_id == session.id))
    for line, nomination in lines_of(uow, session):
        nominee = str(nomination.person_id) if nomination.person_id else None
        rows = given.get(str(nomination.id), ())
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
                )
            )
    uow.session.flush()


def _heads(uow: UnitOfWork, session: CouncilSession, rule: Rule, nomination: Nomination) -> list[str]:
    """The heads of the nominee's unit on the day of the vote, where the by-law gives them no ballot."""
    if not rule.unit_head_recused:
        return []
    on = vote_date(uow, session)
    found = lookups().holders(uow, session.organisation_id, "unit_head", nomination.unit_id, on)
    return [str(each) for each in found]
