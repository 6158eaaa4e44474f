"""A decision or a proposal over a list: drafted, read by the chairman, numbered, issued, answered."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import delete, select

from engine import decisions, history, instances, messages
from engine.database import UnitOfWork
from engine.errors import N_, FieldError, InvalidForm, NotFound
from engine.handlers import lookups
from workflows import minutes, paper_data
from workflows.actions.notices import notify_about
from workflows.facts import channel_of, reference_date
from workflows.gate import require
from workflows.queries.caps import overruns_among
from workflows.queries.waiting import for_paper
from workflows.stages import move
from workflows.tables.nominations import Nomination
from workflows.tables.papers import Distribution, Paper, PaperLine

SERIES = {"decision": "QĐ-UBND", "proposal": "TTr-UBND"}
SIGNATURE_BLOCKS = {"decision": "chairman", "proposal": "committee"}
ANSWERS = {"approve": "approved", "return": "returned", "refuse": "refused"}
PRINTED_PURPOSE = {"report": " (b/c)"}
Lines = list[tuple[PaperLine, Nomination]]


def create_paper(uow: UnitOfWork, kind: str, *, subject: str = "") -> Paper:
    """Start a paper (kind decision | proposal); its first task is the draft. NotAllowed, InvalidForm."""
    require(uow, "standing_office")
    assert uow.organisation_id is not None
    if kind not in SERIES:
        raise InvalidForm([FieldError("kind", N_("Chọn quyết định hoặc tờ trình."))])
    waiting = for_paper(uow, kind)
    if not waiting:
        raise InvalidForm([FieldError("kind", N_("Chưa có hồ sơ nào chờ loại văn bản này."))])
    paper = Paper(
        organisation_id=uow.organisation_id,
        kind=kind,
        subject=subject.strip(),
        series=SERIES[kind],
        signature_block=SIGNATURE_BLOCKS[kind],
        authority_route="propose" if kind == "proposal" else "decide_here",
        created_at=uow.now,
    )
    uow.session.add(paper)
    uow.session.flush()
    instance = instances.start(
        uow,
        "chairman_signature",
        organisation_id=uow.organisation_id,
        business_key=str(paper.id),
        data={"paper_id": str(paper.id), "barred_ids": nominee_ids(waiting)},
    )
    paper.instance_id = instance.id
    return paper


def nominee_ids(nominations: Sequence[Nomination]) -> list[str]:
    """The persons who are nominees themselves: none of them may read or sign this paper as its chairman."""
    return sorted({str(each.person_id) for each in nominations if each.person_id is not None})


def paper_of(uow: UnitOfWork, paper_id: UUID | str, *, lock: bool = True) -> Paper:
    """The paper in the organisation of the unit of work, its row locked unless it is only looked at; NotFound.

    With the lock as the last transaction left it: the page may have read it before a job has set its PDF.
    """
    if lock:
        uow.session.flush()
    key = UUID(str(paper_id))
    found = uow.session.get(Paper, key, with_for_update=lock, populate_existing=lock)
    if found is None or found.organisation_id != uow.organisation_id:
        raise NotFound(N_("văn bản này"))
    return found


def lines_of(uow: UnitOfWork, paper: Paper) -> Lines:
    """The lines in order with their dossiers."""
    query = (
        select(PaperLine, Nomination)
        .join(Nomination, Nomination.id == PaperLine.nomination_id)
        .where(PaperLine.paper_id == paper.id)
        .order_by(PaperLine.position)
    )
    return [(line, nomination) for line, nomination in uow.session.execute(query)]


def default_recipients(uow: UnitOfWork, paper: Paper) -> list[dict[str, str]]:
    """The "Nơi nhận" of the wording in force with the places named, each with its purpose taken apart."""
    wording = minutes.wording_of(uow, paper.kind, paper.instance_id)
    places = paper_data.places(uow)
    texts = [str(text) for text in wording.get("recipients", [])]
    for name, place in places.items():
        texts = [text.replace("{{" + name + "}}", place) for text in texts]
    return [_recipient(text) for text in texts]


def _recipient(text: str) -> dict[str, str]:
    """A line of "Nơi nhận" with its purpose: "(b/c)" reports, "Như Điều" executes, "Lưu" keeps."""
    name, _, bracket = text.rstrip(";. ").partition(" (")
    if bracket.lower().startswith(("b/c", "báo cáo", "để báo cáo")):
        return {"recipient": name, "purpose": "report"}
    purpose = "archive" if text.startswith("Lưu") else "execute" if text.startswith("Như Điều") else "inform"
    return {"recipient": text.rstrip(";. "), "purpose": purpose}


def write_draft(uow: UnitOfWork, paper: Paper, form: Mapping[str, Any]) -> None:
    """Store subject, recipients and the chosen nominees; only those that passed and wait may be on it.

    InvalidForm also when a cap has fewer places by now than nominees wait under it (AC-03).
    """
    waiting = {str(each.id): each for each in for_paper(uow, paper.kind, paper.id)}
    errors: list[FieldError] = []
    chosen: list[Nomination] = []
    for index, row in enumerate(form.get("lines") or []):
        if not row.get("include"):
            continue
        nomination = waiting.get(str(row.get("id")))
        if nomination is None:
            text = N_("Hồ sơ này không còn chờ ký hoặc đã ở văn bản khác.")
            errors.append(FieldError(f"lines.{index}.include", text))
        else:
            chosen.append(nomination)
    if not chosen and not errors:
        errors.append(FieldError("lines", N_("Chọn ít nhất một hồ sơ cho văn bản.")))
    blocks = {_signature_block(uow, paper, each) for each in chosen}
    if len(blocks) > 1:
        text = N_("Các hồ sơ được chọn thuộc thẩm quyền ký khác nhau; lập văn bản riêng cho từng thẩm quyền.")
        errors.append(FieldError("lines", text))
    errors = errors or overruns_among(uow, chosen)
    if errors:
        raise InvalidForm(errors)
    paper.subject = str(form.get("subject") or paper.subject).strip()
    paper.recipients = _recipients(form.get("recipients")) or default_recipients(uow, paper)
    paper.signature_block = blocks.pop()
    paper.state, paper.review_reason = "draft", ""
    uow.session.execute(delete(PaperLine).where(PaperLine.paper_id == paper.id))
    for position, nomination in enumerate(chosen, start=1):
        uow.session.add(
            PaperLine(
                organisation_id=paper.organisation_id,
                paper_id=paper.id,
                nomination_id=nomination.id,
                position=position,
            )
        )


def _recipients(rows: Sequence[Mapping[str, Any]] | None) -> list[dict[str, str]]:
    return [
        {"recipient": str(row["recipient"]).strip(), "purpose": str(row.get("purpose") or "").strip()}
        for row in rows or []
        if str(row.get("recipient") or "").strip()
    ]


def _signature_block(uow: UnitOfWork, paper: Paper, nomination: Nomination) -> str:
    """The block of the authority table (decision `authority`) on the day of drafting.

    The channel is that of the dossier's own unit on the dossier's reference date.
    """
    inputs = {
        "award": nomination.award,
        "subject_kind": nomination.subject_kind,
        "unit_channel": channel_of(uow, nomination.unit_id, reference_date(uow, nomination)),
    }
    found = decisions.evaluate(uow, paper.organisation_id, "authority", uow.today, inputs)
    block = found.first.get("signature_block") if found.rows else None
    return str(block or SIGNATURE_BLOCKS[paper.kind])


def make_draft(uow: UnitOfWork, paper: Paper) -> list[str]:
    """Freeze the draft for the chairman's reading; returns the persons who may not read it as chairman."""
    draw(uow, paper)
    paper.state = "in_review"
    return nominee_ids([nomination for _, nomination in lines_of(uow, paper)])


def draw(uow: UnitOfWork, paper: Paper) -> None:
    """Freeze the draft with those who may still be signed for; nothing changes when nobody is left.

    Once the chairman has approved the list, only those whom he approved: who was on hold then was not decided.
    """
    wanted = ("approve",) if paper.state == "approved" else (None, "approve")
    nominations = [
        nomination
        for line, nomination in lines_of(uow, paper)
        if line.decision in wanted and not is_held(nomination)
    ]
    if nominations:
        minutes.freeze(uow, paper, _wording(uow, paper), _data(uow, paper, nominations), draft=True)


def _wording(uow: UnitOfWork, paper: Paper) -> dict[str, Any]:
    wording = minutes.wording_of(uow, paper.kind, paper.instance_id)
    if paper.recipients:
        wording = {**wording, "recipients": [_address(each) for each in paper.recipients]}
    return wording


def _address(recipient: Mapping[str, str]) -> str:
    return f"{recipient['recipient']}{PRINTED_PURPOSE.get(recipient.get('purpose', ''), '')}"


def _data(uow: UnitOfWork, paper: Paper, nominations: Sequence[Nomination]) -> dict[str, Any]:
    signer = paper.signer_id
    if signer is None:
        holders = lookups().holders(uow, paper.organisation_id, "chairman", None, uow.today)
        signer = holders[0] if holders else None
    name = lookups().person_name(uow, signer) if signer else ""
    return paper_data.list_paper(uow, paper, nominations, name)


def answer(uow: UnitOfWork, paper: Paper) -> None:
    """Tell every nominee's instance what came of the paper, once.

    A dossier put on hold or withdrawn in between gets no answer: it left the list and waits where it stands.
    """
    for line, nomination in lines_of(uow, paper):
        if line.answered_at is not None or line.decision is None or is_held(nomination):
            continue
        outcome = ANSWERS[line.decision]
        messages.send(
            uow,
            organisation_id=paper.organisation_id,
            name="paper_result",
            key=str(nomination.id),
            payload={"paper_outcome": outcome, "paper_reason": line.reason, "paper_id": str(paper.id)},
            dedup=f"paper_result:{paper.id}:{nomination.id}",
        )
        line.answered_at = uow.now
        if outcome == "returned":
            move(uow, nomination, "paper", reason=line.reason)
            text = N_("Chủ tịch trả lại hồ sơ %(code)s – %(name)s: %(reason)s")
            words = {"code": nomination.code, "name": nomination.subject_name, "reason": line.reason}
            notify_about(uow, nomination, text % words)


def is_held(nomination: Nomination) -> bool:
    """Whether nothing may be signed for this dossier: on hold (AC-11), or not waiting for a paper."""
    return bool(nomination.on_hold_basis) or nomination.stage != "paper"


def freeze_paper(uow: UnitOfWork, paper: Paper) -> None:
    """The paper is issued: data frozen for good, the final PDF follows in a job."""
    nominations = [nomination for line, nomination in lines_of(uow, paper) if line.decision == "approve"]
    paper.pdf_sha256 = None
    minutes.freeze(uow, paper, _wording(uow, paper), _data(uow, paper, nominations), draft=False)
    paper.state = "issued"
    history.record(
        uow,
        chain(paper),
        "paper:issued",
        data={"number": paper.number, "series": paper.series, "issued_on": paper.issued_on},
    )


def distribute(uow: UnitOfWork, paper: Paper) -> None:
    """Log every recipient of the "Nơi nhận" with the moment of sending."""
    for position, recipient in enumerate(paper.recipients, start=1):
        uow.session.add(
            Distribution(
                organisation_id=paper.organisation_id,
                paper_id=paper.id,
                position=position,
                recipient=recipient["recipient"],
                purpose=recipient.get("purpose", ""),
                sent_at=uow.now,
                by=uow.actor_id,
            )
        )


def issue_date(form: Mapping[str, Any], today: date, errors: list[FieldError]) -> date | None:
    """The date of the paper; an error when it is missing or lies in the future."""
    try:
        on = date.fromisoformat(str(form.get("issued_on") or ""))
    except ValueError:
        errors.append(FieldError("issued_on", N_("Cần ngày của văn bản.")))
        return None
    if on > today:
        errors.append(FieldError("issued_on", N_("Ngày văn bản không được ở tương lai.")))
        return None
    return on


def chain(paper: Paper) -> str:
    """The name of the paper's chain in the history."""
    return f"paper:{paper.id}"
