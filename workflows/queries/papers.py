"""The pages of papers: the list, one paper with its lines and distribution, the register of numbers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import ColumnElement, or_, select

from engine.database import UnitOfWork
from engine.errors import NotAllowed, NotFound
from engine.handlers import lookups
from workflows import gate
from workflows.actions.paper_review import why_left_out
from workflows.actions.papers import is_held
from workflows.catalogue import award_name
from workflows.labels import label
from workflows.paper_data import vote_text
from workflows.papers import KIND_NAMES
from workflows.queries import meetings, nominations, sessions
from workflows.queries.waiting import unit_name
from workflows.rules import N_
from workflows.rules.numbering import paper_number
from workflows.tables.meetings import Meeting
from workflows.tables.nominations import Nomination
from workflows.tables.organisation import Delegation
from workflows.tables.papers import Distribution, NumberBlock, NumberIssued, Paper, PaperLine

STATE_LABELS = {
    "draft": N_("Đang soạn"),
    "in_review": N_("Trình Chủ tịch xem"),
    "approved": N_("Đã duyệt để in ký"),
    "issued": N_("Đã phát hành"),
    "refused": N_("Không đồng ý"),
}
DECISION_LABELS = {
    "approve": N_("Duyệt"),
    "return": N_("Trả lại"),
    "refuse": N_("Không đồng ý"),
}
LEFT_LIST = N_("Không đưa vào văn bản")
PURPOSE_LABELS = {
    "report": N_("Báo cáo"),
    "execute": N_("Thực hiện"),
    "inform": N_("Để biết"),
    "archive": N_("Lưu"),
}

READERS = (
    "standing_office",
    "chairman",
    "clerk",
    "council_chair",
    "council_member",
    "inspector",
    "publicity",
)


@dataclass(frozen=True)
class PaperRow:
    """One paper in a list."""

    id: UUID
    kind: str
    kind_label: str
    subject: str
    number: str
    issued_on: str
    state: str
    state_label: str
    pdf_sha256: str | None
    scan_sha256: str | None


@dataclass(frozen=True)
class PaperLineView:
    """One nominee on a paper with the chairman's choice; `may_open` says whether the reader sees the dossier."""

    nomination_id: UUID
    may_open: bool
    position: int
    code: str
    name: str
    award: str
    unit: str
    votes: str
    decision: str | None
    decision_label: str
    reason: str


@dataclass(frozen=True)
class PaperView:
    """Everything the page of one paper shows; `owner_key` is its meeting's where the reader may open that."""

    paper: PaperRow
    instance_id: UUID | None
    signer: str
    review_reason: str
    owner_key: str
    recipients: list[dict[str, str]]
    lines: list[PaperLineView]
    distribution: list[Distribution]


@dataclass(frozen=True)
class PaperFile:
    """The bytes of a paper: their hash and the name to save them under."""

    sha256: str
    filename: str


def papers(uow: UnitOfWork, *, kind: str | None = None) -> list[PaperRow]:
    """The papers the actor may read, the newest first."""
    query = select(Paper).where(*visible(uow))
    if kind is not None:
        query = query.where(Paper.kind == kind)
    return [paper_row(each) for each in uow.session.scalars(query.order_by(Paper.created_at.desc()))]


def paper_row(paper: Paper) -> PaperRow:
    """A paper as a list shows it."""
    return PaperRow(
        id=paper.id,
        kind=paper.kind,
        kind_label=label(KIND_NAMES, paper.kind),
        subject=paper.subject,
        number=paper_number(paper.number, paper.series) if paper.number else "",
        issued_on=f"{paper.issued_on:%d/%m/%Y}" if paper.issued_on else "",
        state=paper.state,
        state_label=label(STATE_LABELS, paper.state),
        pdf_sha256=paper.pdf_sha256,
        scan_sha256=paper.scan_sha256,
    )


def visible(uow: UnitOfWork) -> list[ColumnElement[bool]]:
    """All papers for those who work on them or watch over them.

    Others read the minutes of their own units' meetings and the issued papers on a dossier of theirs.
    """
    own = Paper.organisation_id == uow.organisation_id
    actor = uow.actor_id
    if actor is None:
        return [own, Paper.id.is_(None)]
    if any(gate.holds(uow, actor, role) for role in READERS):
        return [own]
    met = [str(each) for each in uow.session.scalars(select(Meeting.id).where(*meetings.visible(uow)))]
    carried = (
        select(PaperLine.paper_id)
        .join(Nomination, Nomination.id == PaperLine.nomination_id)
        .where(*nominations.visible(uow))
    )
    minutes = (Paper.kind == "review_minutes") & Paper.owner_key.in_(met)
    return [own, or_(minutes, (Paper.state == "issued") & Paper.id.in_(carried))]


def readable(uow: UnitOfWork, paper_id: UUID | str) -> Paper:
    """The paper; NotFound, or NotAllowed for somebody it is no business of."""
    paper = uow.session.get(Paper, UUID(str(paper_id)))
    if paper is None or paper.organisation_id != uow.organisation_id:
        raise NotFound(N_("văn bản này"))
    if uow.session.scalars(select(Paper.id).where(Paper.id == paper.id, *visible(uow))).first() is None:
        raise NotAllowed(reason=N_("Anh/chị không được xem văn bản này."))
    return paper


def paper_file(uow: UnitOfWork, paper_id: UUID | str, which: str) -> PaperFile:
    """The paper's own PDF ("pdf") or the scan of the signed sheet ("scan"); NotFound when there is none."""
    paper = readable(uow, paper_id)
    sha256 = paper.scan_sha256 if which == "scan" else paper.pdf_sha256
    if not sha256:
        raise NotFound(N_("tệp của văn bản này"))
    row = paper_row(paper)
    name = " ".join(part for part in (row.kind_label, row.number.replace("/", "-"), row.issued_on) if part)
    return PaperFile(sha256, name.replace("/", "-"))


def paper_page(uow: UnitOfWork, paper_id: UUID | str) -> PaperView:
    """One paper with its lines and to whom it was sent; NotFound, NotAllowed."""
    paper = readable(uow, paper_id)
    lines = (
        select(PaperLine, Nomination)
        .join(Nomination, Nomination.id == PaperLine.nomination_id)
        .where(PaperLine.paper_id == paper.id)
        .order_by(PaperLine.position)
    )
    sent = select(Distribution).where(Distribution.paper_id == paper.id).order_by(Distribution.position)
    rows = [(line, nomination) for line, nomination in uow.session.execute(lines)]
    open_ones = _open_ones(uow, [nomination.id for _, nomination in rows])
    return PaperView(
        paper=paper_row(paper),
        instance_id=paper.instance_id,
        signer=_signer(uow, paper),
        review_reason=paper.review_reason,
        owner_key=paper.owner_key if _may_open_owner(uow, paper) else "",
        recipients=list(paper.recipients),
        lines=[_line(uow, paper, line, nomination, nomination.id in open_ones) for line, nomination in rows],
        distribution=list(uow.session.scalars(sent)),
    )


def _open_ones(uow: UnitOfWork, ids: Sequence[UUID]) -> set[UUID]:
    """Those of the dossiers that the actor may open: a list is read by more people than each dossier on it."""
    query = select(Nomination.id).where(Nomination.id.in_(ids), *nominations.visible(uow))
    return set(uow.session.scalars(query))


def _may_open_owner(uow: UnitOfWork, paper: Paper) -> bool:
    if paper.kind in ("session_minutes", "ballot_minutes"):
        return sessions.may_read(uow)
    query = select(Meeting.id).where(*meetings.visible(uow))
    return paper.kind == "review_minutes" and paper.owner_key in map(str, uow.session.scalars(query))


def _signer(uow: UnitOfWork, paper: Paper) -> str:
    """Who signed, and by which delegation when for the chairman."""
    if paper.signer_id is None:
        return ""
    name = lookups().person_name(uow, paper.signer_id)
    delegation = uow.session.get(Delegation, paper.delegation_id) if paper.delegation_id else None
    return f"KT. {name} – {delegation.position} ({delegation.basis})" if delegation else name


def _line(
    uow: UnitOfWork, paper: Paper, line: PaperLine, nomination: Nomination, may_open: bool
) -> PaperLineView:
    """A line as the page shows it; whoever left a list that is not signed yet says so, with why."""
    left = paper.state in ("draft", "in_review", "approved") and is_held(nomination)
    gone = left or (line.decision is None and bool(line.reason))
    return PaperLineView(
        nomination_id=nomination.id,
        may_open=may_open,
        position=line.position,
        code=nomination.code,
        name=nomination.subject_name,
        award=award_name(nomination.award),
        unit=unit_name(uow, nomination),
        votes=vote_text(uow, nomination),
        decision=None if gone else line.decision,
        decision_label=LEFT_LIST if gone else label(DECISION_LABELS, line.decision),
        reason=why_left_out(nomination) if left else line.reason,
    )


def papers_of_nomination(uow: UnitOfWork, nomination_id: UUID) -> list[PaperRow]:
    """The papers that carry one dossier and that the actor may read, oldest first."""
    query = (
        select(Paper)
        .join(PaperLine, PaperLine.paper_id == Paper.id)
        .where(PaperLine.nomination_id == nomination_id, *visible(uow))
        .order_by(Paper.created_at)
    )
    return [paper_row(each) for each in uow.session.scalars(query)]


def numbers(uow: UnitOfWork, year: int, series: str) -> list[NumberIssued]:
    """The numbers of a year's series in order."""
    query = select(NumberIssued).where(
        NumberIssued.organisation_id == uow.organisation_id,
        NumberIssued.year == year,
        NumberIssued.series == series,
    )
    return list(uow.session.scalars(query.order_by(NumberIssued.number)))


def blocks(uow: UnitOfWork) -> list[NumberBlock]:
    """The reserved blocks, newest year first."""
    query = select(NumberBlock).where(NumberBlock.organisation_id == uow.organisation_id)
    return list(uow.session.scalars(query.order_by(NumberBlock.year.desc(), NumberBlock.first)))
