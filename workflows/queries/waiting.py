"""The nominees that wait for a session, a paper or a package: where a list starts."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import select

from engine.database import UnitOfWork
from engine.errors import N_
from engine.models import Instance, Message, Subscription
from workflows.labels import AWARD_LABELS, SUBJECT_LABELS, label
from workflows.tables.nominations import Nomination
from workflows.tables.organisation import Unit
from workflows.tables.packages import Package, PackageLine
from workflows.tables.papers import Paper, PaperLine
from workflows.tables.sessions import CouncilSession, SessionLine

RUNNING = ("running", "suspended")


def for_session(uow: UnitOfWork, session_id: UUID | None = None) -> list[Nomination]:
    """Nominees before the council and on no other open agenda; those of `session_id` itself are included."""
    taken = (
        select(SessionLine.nomination_id)
        .join(CouncilSession, CouncilSession.id == SessionLine.session_id)
        .join(Instance, Instance.id == CouncilSession.instance_id)
        .where(
            SessionLine.organisation_id == uow.organisation_id,
            CouncilSession.id != session_id if session_id else CouncilSession.id.is_not(None),
            CouncilSession.state != "closed",
            Instance.status.in_(RUNNING),
        )
    )
    return _waiting(uow, "council", "council_result", set(uow.session.scalars(taken)))


def for_paper(uow: UnitOfWork, kind: str, paper_id: UUID | None = None) -> list[Nomination]:
    """Nominees that passed and may go on a paper of this kind: decide here → decision, propose → proposal."""
    taken = (
        select(PaperLine.nomination_id)
        .join(Paper, Paper.id == PaperLine.paper_id)
        .join(Instance, Instance.id == Paper.instance_id)
        .where(
            PaperLine.organisation_id == uow.organisation_id,
            Paper.id != paper_id if paper_id else Paper.id.is_not(None),
            Paper.state != "refused",
            Instance.status.in_(RUNNING),
        )
    )
    route = "propose" if kind == "proposal" else "decide_here"
    found = _waiting(uow, "paper", "paper_result", set(uow.session.scalars(taken)))
    return [nomination for nomination in found if nomination.authority_route == route]


def for_package(uow: UnitOfWork, package_id: UUID | None = None) -> list[Nomination]:
    """Nominees whose proposal is signed and whose present submission is in no package yet."""
    sent = (
        select(PackageLine.nomination_id, PackageLine.submission_number)
        .join(Package, Package.id == PackageLine.package_id)
        .where(
            PackageLine.organisation_id == uow.organisation_id,
            PackageLine.package_id != package_id if package_id else PackageLine.id.is_not(None),
        )
    )
    taken = {(row.nomination_id, row.submission_number) for row in uow.session.execute(sent)}
    found = _waiting(uow, "city", "city_answer", set())
    return [nomination for nomination in found if (nomination.id, nomination.submission_number) not in taken]


def _waiting(uow: UnitOfWork, stage: str, message: str, taken: set[UUID]) -> list[Nomination]:
    """By stage, but only those whose instance listens and to whom no answer is on its way already."""
    listening = set(
        uow.session.scalars(
            select(Subscription.key).where(
                Subscription.organisation_id == uow.organisation_id, Subscription.message == message
            )
        )
    )
    answered = uow.session.scalars(
        select(Message.key).where(
            Message.organisation_id == uow.organisation_id,
            Message.name == message,
            Message.state.in_(("pending", "waiting")),
        )
    )
    listening.difference_update(answered)
    found = uow.session.scalars(
        select(Nomination).where(
            Nomination.organisation_id == uow.organisation_id,
            Nomination.stage == stage,
            Nomination.on_hold_basis == "",
        )
    )
    free = [each for each in found if str(each.id) in listening and each.id not in taken]
    return sorted(free, key=list_order)


def list_order(nomination: Nomination) -> tuple[int, str, str, str]:
    """The order of every list: awards as catalogued, then kind of subject, then given name."""
    codes = list(AWARD_LABELS)
    place = codes.index(nomination.award) if nomination.award in codes else len(codes)
    return place, nomination.award, nomination.subject_kind, nomination.name_sort


def unit_name(uow: UnitOfWork, nomination: Nomination) -> str:
    """The name of the unit that nominated."""
    unit = uow.session.get(Unit, nomination.unit_id)
    return unit.name if unit else ""


def row(uow: UnitOfWork, nomination: Nomination) -> dict[str, str]:
    """The read-only columns that every list of nominees shows."""
    return {
        "id": str(nomination.id),
        "code": nomination.code,
        "name": nomination.subject_name,
        "award": label(AWARD_LABELS, nomination.award),
        "kind": label(SUBJECT_LABELS, nomination.subject_kind),
        "unit": unit_name(uow, nomination),
        "summary": nomination.merit_summary,
        "direct_worker": N_("Có") if nomination.direct_worker else "",
        "hardship_area": N_("Có") if nomination.hardship_area else "",
    }
