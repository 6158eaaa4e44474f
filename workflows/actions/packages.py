"""What goes up to the upper organisation: assembled, sent as copies, answered line by line."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import delete, func, select

from engine import history, instances, messages
from engine.database import UnitOfWork
from engine.errors import N_, FieldError, InvalidForm, NotAllowed, NotFound
from engine.models import Organisation
from workflows.actions.notices import notify_about, notify_role
from workflows.facts import evidence_of
from workflows.gate import require
from workflows.paper_data import position_of, vote_text
from workflows.queries.waiting import for_package, row
from workflows.rules.numbering import paper_number
from workflows.stages import move
from workflows.tables.nominations import Nomination
from workflows.tables.packages import Package, PackageLine
from workflows.tables.papers import Paper, PaperLine

COPIED = (
    "code",
    "award",
    "merit_kind",
    "subject_kind",
    "subject_name",
    "gender",
    "born_year",
    "position",
    "address",
    "direct_worker",
    "hardship_area",
    "merit_summary",
    "achievement_year",
    "months_in_service",
    "discipline",
    "initiative_name",
    "initiative_number",
    "initiative_year",
    "lttt_members",
    "total_members",
    "is_late",
)
ANSWERS = ("decided", "returned", "refused")


def create_package(uow: UnitOfWork, *, note: str = "") -> Package:
    """Start a package to the upper organisation; its first task is to assemble it.

    Raises NotAllowed (not the office, or no upper organisation is known) and InvalidForm (nobody waits).
    """
    require(uow, "standing_office")
    assert uow.organisation_id is not None
    upper_of(uow)
    if not for_package(uow):
        raise InvalidForm([FieldError("lines", N_("Chưa có hồ sơ nào chờ gửi cấp trên."))])
    package = Package(
        organisation_id=uow.organisation_id, code=_next_code(uow), note=note.strip(), created_at=uow.now
    )
    uow.session.add(package)
    uow.session.flush()
    instance = instances.start(
        uow,
        "city_submission",
        organisation_id=uow.organisation_id,
        business_key=str(package.id),
        data={"package_id": str(package.id)},
    )
    package.instance_id = instance.id
    return package


def upper_of(uow: UnitOfWork) -> Organisation:
    """The organisation above this one; NotAllowed when none was recorded."""
    own = uow.session.get_one(Organisation, uow.organisation_id)
    upper = uow.session.get(Organisation, own.parent_id) if own.parent_id else None
    if upper is None:
        raise NotAllowed(N_("Chưa khai báo cơ quan cấp trên nhận hồ sơ; người quản trị cần khai báo."))
    return upper


def _next_code(uow: UnitOfWork) -> str:
    """The next code of the year, e.g. BHS-2022-01; the organisation's row queues those who count."""
    uow.session.execute(
        select(Organisation.id).where(Organisation.id == uow.organisation_id).with_for_update()
    )
    prefix = f"BHS-{uow.today.year}-"
    query = select(func.count()).select_from(Package).where(
        Package.organisation_id == uow.organisation_id, Package.code.startswith(prefix)
    )  # fmt: skip
    return f"{prefix}{(uow.session.scalar(query) or 0) + 1:02d}"


def package_of(uow: UnitOfWork, package_id: UUID | str, *, lock: bool = True) -> Package:
    """The package in the organisation of the unit of work, its row locked unless it is only looked at; NotFound."""
    found = uow.session.get(Package, UUID(str(package_id)), with_for_update=lock)
    if found is None or found.organisation_id != uow.organisation_id:
        raise NotFound(N_("bộ hồ sơ này"))
    return found


def lines_of(uow: UnitOfWork, package: Package) -> list[tuple[PackageLine, Nomination]]:
    """The lines in order with their dossiers."""
    query = (
        select(PackageLine, Nomination)
        .join(Nomination, Nomination.id == PackageLine.nomination_id)
        .where(PackageLine.package_id == package.id)
        .order_by(PackageLine.position)
    )
    return [(line, nomination) for line, nomination in uow.session.execute(query)]


def assemble(uow: UnitOfWork, package: Package, form: Mapping[str, Any]) -> None:
    """Put the chosen dossiers into the package; InvalidForm when none is or one no longer waits."""
    waiting = {str(each.id): each for each in for_package(uow, package.id)}
    errors: list[FieldError] = []
    chosen: list[Nomination] = []
    for index, line in enumerate(form.get("lines") or []):
        if not line.get("include"):
            continue
        nomination = waiting.get(str(line.get("id")))
        if nomination is None:
            text = N_("Hồ sơ này không còn chờ gửi hoặc đã ở bộ hồ sơ khác.")
            errors.append(FieldError(f"lines.{index}.include", text))
        else:
            chosen.append(nomination)
    if not chosen and not errors:
        errors.append(FieldError("lines", N_("Chọn ít nhất một hồ sơ để gửi.")))
    if errors:
        raise InvalidForm(errors)
    package.note = str(form.get("note") or package.note).strip()
    uow.session.execute(delete(PackageLine).where(PackageLine.package_id == package.id))
    for position, nomination in enumerate(chosen, start=1):
        uow.session.add(
            PackageLine(
                organisation_id=package.organisation_id,
                package_id=package.id,
                nomination_id=nomination.id,
                position=position,
                submission_number=nomination.submission_number,
            )
        )


def send(uow: UnitOfWork, package: Package) -> None:
    """Freeze a copy of every dossier and send the copies to the upper organisation."""
    upper = upper_of(uow)
    own = uow.session.get_one(Organisation, package.organisation_id)
    lines = lines_of(uow, package)
    for line, nomination in lines:
        line.snapshot = snapshot(uow, nomination)
    package.state, package.sent_at = "sent", uow.now
    copies = [
        {
            "nomination_id": str(line.nomination_id),
            "position": line.position,
            "submission_number": line.submission_number,
            "snapshot": line.snapshot,
        }
        for line, _ in lines
    ]
    messages.send(
        uow,
        organisation_id=upper.id,
        name="package_sent",
        key=str(package.id),
        payload={
            "package": {
                "id": str(package.id),
                "code": package.code,
                "note": package.note,
                "sender_organisation_id": str(own.id),
                "sender_name": own.name,
                "lines": copies,
                "papers": papers_of(uow, [nomination for _, nomination in lines]),
            }
        },
        dedup=f"package_sent:{package.id}",
    )
    data = {"lines": len(lines), "upper": upper.name}
    history.record(uow, f"package:{package.id}", "package:sent", data=data)


def snapshot(uow: UnitOfWork, nomination: Nomination) -> dict[str, Any]:
    """The dossier as it stands: its fields, votes, paper and the hashes of its files."""
    listed = row(uow, nomination)
    return {
        **{name: _plain(getattr(nomination, name)) for name in COPIED},
        "award_name": listed["award"],
        "kind_name": listed["kind"],
        "unit": listed["unit"],
        "position_and_unit": position_of(uow, nomination),
        "votes": vote_text(uow, nomination),
        "evidence": [
            {
                "kind": each.kind,
                "title": each.title,
                "number": each.number,
                "issued_year": each.issued_year,
                "sha256": each.sha256,
                "filename": each.filename,
                "media_type": each.media_type,
                "size": each.size,
            }
            for each in evidence_of(uow, nomination.id)
        ],
        "papers": papers_of(uow, [nomination]),
    }


def _plain(value: object) -> object:
    return value.isoformat() if isinstance(value, date | datetime) else value


def papers_of(uow: UnitOfWork, nominations: list[Nomination]) -> list[dict[str, Any]]:
    """The issued papers that carry these dossiers, each once, with the hashes of PDF and scan."""
    query = (
        select(Paper)
        .join(PaperLine, PaperLine.paper_id == Paper.id)
        .where(
            PaperLine.nomination_id.in_([each.id for each in nominations]),
            PaperLine.decision == "approve",
            Paper.state == "issued",
            Paper.kind.in_(("proposal", "decision")),
        )
        .order_by(Paper.issued_on, Paper.number)
    )
    return [
        {
            "id": str(paper.id),
            "kind": paper.kind,
            "subject": paper.subject,
            "number": paper_number(paper.number, paper.series) if paper.number else "",
            "issued_on": paper.issued_on.isoformat() if paper.issued_on else "",
            "pdf_sha256": paper.pdf_sha256,
            "scan_sha256": paper.scan_sha256,
        }
        for paper in uow.session.scalars(query).unique()
    ]


def record_answer(uow: UnitOfWork, nomination: Nomination, answer: Mapping[str, Any]) -> None:
    """Keep the upper organisation's answer beside the submission it answers; tell nominee, author, office.

    A returned dossier stands at `city_returned` with the reason until it is supplemented.
    """
    outcome, reason = str(answer.get("city_outcome") or ""), str(answer.get("city_reason") or "")
    number, on = str(answer.get("decision_number") or ""), _date(answer.get("decision_date"))
    query = (
        select(PackageLine)
        .where(PackageLine.nomination_id == nomination.id, PackageLine.answer.is_(None))
        .order_by(PackageLine.submission_number.desc())
    )
    line = uow.session.scalars(query).first()
    if line is not None and outcome in ANSWERS:
        line.answer, line.reason, line.answered_at = outcome, reason, uow.now
        line.decision_number, line.decision_date = number, on
    if outcome == "returned":
        move(uow, nomination, "city_returned", reason=reason)
    text = _words(nomination, outcome, reason, number)
    notify_about(uow, nomination, text)
    notify_role(uow, "standing_office", text, f"/nominations/{nomination.id}")


def _date(value: object) -> date | None:
    return date.fromisoformat(str(value)) if value else None


def _words(nomination: Nomination, outcome: str, reason: str, number: str) -> str:
    texts = {
        "decided": N_("Cấp trên đã quyết định khen thưởng (%(number)s): %(code)s – %(name)s."),
        "returned": N_("Cấp trên trả hồ sơ để bổ sung: %(code)s – %(name)s. %(reason)s"),
        "refused": N_("Cấp trên không khen thưởng: %(code)s – %(name)s. %(reason)s"),
    }
    words = {
        "number": number,
        "code": nomination.code,
        "name": nomination.subject_name,
        "reason": reason,
    }
    return (texts.get(outcome, texts["refused"]) % words).strip()


def close(uow: UnitOfWork, package: Package) -> None:
    """Every line has its answer."""
    package.state = "closed"
    history.record(uow, f"package:{package.id}", "package:closed")
