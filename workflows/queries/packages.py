"""The pages of packages: what was sent up, what came back, and the desk's own list."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select

from engine.database import UnitOfWork
from engine.errors import NotFound
from workflows import gate
from workflows.catalogue import award_name
from workflows.labels import label
from workflows.queries.waiting import unit_name
from workflows.rules import N_
from workflows.tables.nominations import Nomination
from workflows.tables.packages import Package, PackageLine, ReceivedLine, ReceivedPackage

STATE_LABELS = {
    "assembling": N_("Đang lập"),
    "sent": N_("Đã gửi, chờ trả lời"),
    "closed": N_("Đã có trả lời cho mọi hồ sơ"),
    "received": N_("Đã nhận"),
}
ANSWER_LABELS = {
    "decided": N_("Đã quyết định khen thưởng"),
    "returned": N_("Trả lại để bổ sung"),
    "refused": N_("Không khen thưởng"),
}

READERS = ("standing_office", "chairman", "clerk", "council_chair", "council_member", "inspector")
DESK = ("city_desk", "inspector")


@dataclass(frozen=True)
class DocumentFile:
    """A document that came with a package: the hash of its bytes and its name."""

    sha256: str
    filename: str


def document(uow: UnitOfWork, key: UUID | str, sha256: str) -> DocumentFile:
    """A document named in the copies of a received package; NotFound for any other hash. NotAllowed."""
    package = received_page(uow, key)
    for line in package.lines:
        for each in line.snapshot.get("evidence", ()):
            if each["sha256"] == sha256:
                return DocumentFile(sha256, str(each["filename"]))
    of_lines = [paper for line in package.lines for paper in line.snapshot.get("papers", ())]
    for paper in [*package.papers, *of_lines]:
        for name in ("pdf_sha256", "scan_sha256"):
            if paper.get(name) == sha256:
                return DocumentFile(sha256, str(paper["number"]).replace("/", "-") or "van-ban")
    raise NotFound(N_("tài liệu này trong bộ hồ sơ"))


@dataclass(frozen=True)
class AnswerView:
    """One dossier of a package and the answer to this submission of it."""

    nomination_id: UUID
    position: int
    submission_number: int
    code: str
    name: str
    award: str
    unit: str
    answer: str | None
    answer_label: str
    reason: str
    decision: str
    answered_at: datetime | None
    snapshot: dict[str, Any]


@dataclass(frozen=True)
class PackageView:
    """One package with its lines; `key` is the same on both sides."""

    id: UUID
    key: UUID
    instance_id: UUID | None
    code: str
    sender: str
    note: str
    at: datetime | None
    state: str
    state_label: str
    answered: int
    lines: list[AnswerView]
    papers: list[dict[str, Any]]


def packages(uow: UnitOfWork) -> list[PackageView]:
    """The packages this organisation sent, the newest first; none for who has no part in sending them."""
    if not may_read(uow):
        return []
    query = select(Package).where(Package.organisation_id == uow.organisation_id)
    return [_view(uow, each) for each in uow.session.scalars(query.order_by(Package.created_at.desc()))]


def may_read(uow: UnitOfWork) -> bool:
    """Whether the actor sends packages or watches over it."""
    actor = uow.actor_id
    return actor is not None and any(gate.holds(uow, actor, role) for role in READERS)


def package_page(uow: UnitOfWork, package_id: UUID | str) -> PackageView:
    """One sent package; NotFound, NotAllowed."""
    gate.require_any(uow, READERS)
    package = uow.session.get(Package, UUID(str(package_id)))
    if package is None or package.organisation_id != uow.organisation_id:
        raise NotFound(N_("bộ hồ sơ này"))
    return _view(uow, package)


def submissions_of(uow: UnitOfWork, nomination_id: UUID) -> list[AnswerView]:
    """Every submission of one dossier: number 2 stands beside number 1."""
    query = (
        select(PackageLine, Nomination)
        .join(Nomination, Nomination.id == PackageLine.nomination_id)
        .where(PackageLine.nomination_id == nomination_id, PackageLine.organisation_id == uow.organisation_id)
        .order_by(PackageLine.submission_number)
    )
    return [_sent_line(uow, line, nomination) for line, nomination in uow.session.execute(query)]


def _view(uow: UnitOfWork, package: Package) -> PackageView:
    query = (
        select(PackageLine, Nomination)
        .join(Nomination, Nomination.id == PackageLine.nomination_id)
        .where(PackageLine.package_id == package.id)
        .order_by(PackageLine.position)
    )
    lines = [_sent_line(uow, line, nomination) for line, nomination in uow.session.execute(query)]
    return PackageView(
        id=package.id,
        key=package.id,
        instance_id=package.instance_id,
        code=package.code,
        sender="",
        note=package.note,
        at=package.sent_at,
        state=package.state,
        state_label=label(STATE_LABELS, package.state),
        answered=sum(line.answer is not None for line in lines),
        lines=lines,
        papers=[],
    )


def _sent_line(uow: UnitOfWork, line: PackageLine, nomination: Nomination) -> AnswerView:
    return AnswerView(
        nomination_id=nomination.id,
        position=line.position,
        submission_number=line.submission_number,
        code=nomination.code,
        name=nomination.subject_name,
        award=award_name(nomination.award),
        unit=unit_name(uow, nomination),
        answer=line.answer,
        answer_label=label(ANSWER_LABELS, line.answer),
        reason=line.reason,
        decision=_decision(line),
        answered_at=line.answered_at,
        snapshot=line.snapshot or {},
    )


def _decision(line: PackageLine | ReceivedLine) -> str:
    if not line.decision_number:
        return ""
    if line.decision_date is None:
        return line.decision_number
    words = {"number": line.decision_number, "on": f"{line.decision_date:%d/%m/%Y}"}
    return N_("%(number)s ngày %(on)s") % words


def received_packages(uow: UnitOfWork) -> list[PackageView]:
    """The packages that reached this organisation's desk, the newest first. NotAllowed."""
    gate.require_any(uow, DESK)
    query = select(ReceivedPackage).where(ReceivedPackage.organisation_id == uow.organisation_id)
    found = uow.session.scalars(query.order_by(ReceivedPackage.received_at.desc(), ReceivedPackage.id.desc()))
    return [_received(uow, each) for each in found]


def received_page(uow: UnitOfWork, key: UUID | str) -> PackageView:
    """One received package by its own id or by the sender's key; NotFound, NotAllowed."""
    gate.require_any(uow, DESK)
    wanted = UUID(str(key))
    query = select(ReceivedPackage).where(
        ReceivedPackage.organisation_id == uow.organisation_id,
        (ReceivedPackage.id == wanted) | (ReceivedPackage.package_id == wanted),
    )
    found = uow.session.scalar(query)
    if found is None:
        raise NotFound(N_("bộ hồ sơ đã nhận này"))
    return _received(uow, found)


def _received(uow: UnitOfWork, package: ReceivedPackage) -> PackageView:
    query = select(ReceivedLine).where(ReceivedLine.received_package_id == package.id)
    lines = list(uow.session.scalars(query.order_by(ReceivedLine.position)))
    return PackageView(
        id=package.id,
        key=package.package_id,
        instance_id=None,
        code=package.code,
        sender=package.sender_name,
        note="",
        at=package.received_at,
        state=package.state,
        state_label=label(STATE_LABELS, package.state),
        answered=sum(line.answer is not None for line in lines),
        lines=[_received_line(line) for line in lines],
        papers=package.papers,
    )


def _received_line(line: ReceivedLine) -> AnswerView:
    copy = line.snapshot
    return AnswerView(
        nomination_id=line.nomination_id,
        position=line.position,
        submission_number=line.submission_number,
        code=str(copy.get("code", "")),
        name=str(copy.get("subject_name", "")),
        award=str(copy.get("award_name", "")),
        unit=str(copy.get("unit", "")),
        answer=line.answer,
        answer_label=label(ANSWER_LABELS, line.answer),
        reason=line.reason,
        decision=_decision(line),
        answered_at=line.answered_at,
        snapshot=copy,
    )
