"""Papers kept and rendered: minutes of meetings and sessions, and the job that makes every PDF once."""

from __future__ import annotations

import json
from typing import Any
from uuid import UUID

from sqlalchemy import select

from engine import history, jobs, regulations
from engine.database import Database, UnitOfWork, unit_of_work
from engine.errors import N_, Conflict, NotFound
from engine.handlers import lookups
from engine.models import Definition, Instance
from workflows import files, minutes_data, papers
from workflows.catalogue import award_name
from workflows.papers.checks import require_data
from workflows.papers.wording import require_wording
from workflows.tables.meetings import Meeting, MeetingLine
from workflows.tables.nominations import Nomination
from workflows.tables.papers import Paper
from workflows.tables.sessions import CouncilSession

FOLDERS = {
    "review_minutes": "unit_review",
    "session_minutes": "council_appraisal",
    "ballot_minutes": "council_appraisal",
    "decision": "chairman_signature",
    "proposal": "chairman_signature",
}


def wording_of(uow: UnitOfWork, kind: str, instance_id: UUID | None) -> dict[str, Any]:
    """The wording of a kind of paper: of the instance's own definition, else of the regulation in force.

    NotFound (or NoRegulation) when no regulation carries it.
    """
    assert uow.organisation_id is not None
    path = f"{FOLDERS[kind]}/{kind}.json"
    instance = uow.session.get(Instance, instance_id) if instance_id else None
    definition = uow.session.get(Definition, instance.definition_hash) if instance else None
    if definition is not None and path in definition.files:
        content = regulations.read_definition_file(uow, definition.hash, path)
    else:
        content = regulations.read(uow, uow.organisation_id, path, uow.today)
    wording = json.loads(content)
    assert isinstance(wording, dict)
    return wording


def freeze(
    uow: UnitOfWork, paper: Paper, wording: dict[str, Any], data: dict[str, Any], *, draft: bool
) -> None:
    """Keep wording, data and moment; the PDF made from exactly these follows in a job after the commit.

    A paper checks itself: WordingError, PaperDataError or BallotMismatch stop it before it is kept.
    """
    require_wording(paper.kind, wording)
    require_data(paper.kind, data, draft=draft)
    if paper.state == "issued" and paper.pdf_sha256 is not None:
        raise Conflict(N_("Văn bản đã phát hành không được thay đổi."))
    paper.data = {"wording": wording, "data": data, "timestamp": int(uow.now.timestamp()), "draft": draft}
    paper.pdf_sha256 = None
    uow.session.flush()
    uow.enqueue("render_paper", str(paper.organisation_id), str(paper.id))


@jobs.register("render_paper")
def render_paper(database: Database, organisation_id: str, paper_id: str) -> None:
    """Make the PDF of a paper from its frozen data and store it by its hash; one that exists stays."""
    organisation = UUID(organisation_id)
    with unit_of_work(database, organisation_id=organisation, readonly=True) as uow:
        paper = uow.session.get(Paper, UUID(paper_id))
        if paper is None or paper.data is None or paper.pdf_sha256 is not None:
            return
        kind, frozen = paper.kind, paper.data
    content = papers.render(
        kind,
        {"wording": frozen["wording"], "data": frozen["data"]},
        draft=bool(frozen["draft"]),
        timestamp=int(frozen["timestamp"]),
    )
    stored = files.keep(content, f"{kind}.pdf")
    with unit_of_work(database, organisation_id=organisation, actor_name="Hệ thống") as uow:
        paper = uow.session.get(Paper, UUID(paper_id), with_for_update=True)
        # Drafted anew in between: the job ordered with the newer data makes the PDF.
        if paper is not None and paper.pdf_sha256 is None and paper.data == frozen:
            paper.pdf_sha256 = stored.sha256
            history.record(uow, f"paper:{paper.id}", "paper:rendered", data={"sha256": stored.sha256})


def minutes_of(uow: UnitOfWork, kind: str, owner_key: str, *, lock: bool = False) -> Paper | None:
    """The minutes of a meeting or session, None while there are none.

    With `lock` as the last transaction left them, the row held: a job may be setting the PDF of a draft.
    """
    query = select(Paper).where(
        Paper.organisation_id == uow.organisation_id, Paper.kind == kind, Paper.owner_key == owner_key
    )
    if lock:
        query = query.with_for_update().execution_options(populate_existing=True)
    return uow.session.scalars(query.order_by(Paper.created_at.desc())).first()


def make_session_minutes(uow: UnitOfWork, session: CouncilSession, instance_id: UUID) -> Paper:
    """The minutes of a counted session as a draft, from the stored figures; returns the paper.

    A secret vote has minutes of its counting too, which the three tellers sign.
    """
    secretary = lookups().person_name(uow, uow.actor_id) if uow.actor_id else ""
    holders = lookups().holders(uow, session.organisation_id, "standing_office", None, uow.today)
    if holders:
        secretary = lookups().person_name(uow, holders[0])
    data = minutes_data.session_minutes(uow, session, secretary)
    kinds = ("ballot_minutes", "session_minutes") if data.get("box") else ("session_minutes",)
    for kind in kinds:
        paper = _minutes(uow, kind, str(session.id), session.title)
        freeze(uow, paper, wording_of(uow, kind, instance_id), data, draft=True)
    return paper


def make_review_minutes(uow: UnitOfWork, meeting: Meeting, instance_id: UUID | None) -> Paper:
    """The minutes of a unit's review meeting as a draft; made anew when the record is corrected."""
    query = (
        select(MeetingLine, Nomination)
        .join(Nomination, Nomination.id == MeetingLine.nomination_id)
        .where(MeetingLine.meeting_id == meeting.id)
        .order_by(MeetingLine.position)
    )
    rows = [(line, nomination) for line, nomination in uow.session.execute(query)]
    paper = _minutes(uow, "review_minutes", str(meeting.id), meeting.title)
    data = minutes_data.review_minutes(uow, meeting, rows)
    freeze(uow, paper, wording_of(uow, paper.kind, instance_id), data, draft=True)
    return paper


def _minutes(uow: UnitOfWork, kind: str, owner_key: str, subject: str) -> Paper:
    paper = minutes_of(uow, kind, owner_key, lock=True)
    if paper is None:
        assert uow.organisation_id is not None
        paper = Paper(
            organisation_id=uow.organisation_id,
            kind=kind,
            owner_key=owner_key,
            subject=subject,
            created_at=uow.now,
        )
        uow.session.add(paper)
    if paper.state == "issued":
        raise Conflict(N_("Biên bản đã xác nhận không được thay đổi."))
    return paper


def confirm_minutes(uow: UnitOfWork, kind: str, owner_key: str, scan_sha256: str = "") -> Paper:
    """The minutes are final: the PDF without the draft mark follows, a scan of the signed sheet is kept.

    NotFound when there are none.
    """
    paper = minutes_of(uow, kind, owner_key, lock=True)
    if paper is None or paper.data is None:
        raise NotFound(N_("biên bản"))
    paper.scan_sha256 = scan_sha256 or None
    freeze(uow, paper, paper.data["wording"], paper.data["data"], draft=False)
    paper.state = "issued"
    history.record(uow, f"paper:{paper.id}", "paper:confirmed", data={"scan": scan_sha256})
    return paper


def paper_title(paper: Paper) -> str:
    """What a list calls the paper."""
    return paper.subject or papers.KIND_NAMES.get(paper.kind, award_name(paper.kind))
