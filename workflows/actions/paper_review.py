"""The chairman reads a list: one choice for all with exceptions a line; who is on hold is not decided.

Until the paper is issued it is set again whenever a dossier leaves it or comes back.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import select

from engine import history, instances, jobs
from engine.database import Database, UnitOfWork, unit_of_work
from engine.errors import N_, FieldError, InvalidForm
from workflows.actions.papers import Lines, chain, draw, is_held, lines_of, paper_of
from workflows.queries.caps import overruns_among
from workflows.stages import is_closed
from workflows.tables.nominations import Nomination
from workflows.tables.papers import Paper, PaperLine

DECISIONS = ("approve", "return", "refuse")
ON_THE_WAY = ("in_review", "approved")


def decidable(uow: UnitOfWork, paper: Paper) -> Lines:
    """The lines that the chairman may decide: those of dossiers neither on hold nor withdrawn since the draft."""
    return [(line, nomination) for line, nomination in lines_of(uow, paper) if not is_held(nomination)]


def left_out(uow: UnitOfWork, paper: Paper) -> list[str]:
    """Who left the list since it was drafted, each with why: "Lê B – tạm dừng xét: Đơn số 12"."""
    return [
        f"{nomination.subject_name} – {why_left_out(nomination)}"
        for _, nomination in lines_of(uow, paper)
        if is_held(nomination)
    ]


def why_left_out(nomination: Nomination) -> str:
    """Why nothing is signed for the dossier now."""
    if nomination.on_hold_basis:
        return N_("tạm dừng xét: %(basis)s") % {"basis": nomination.on_hold_basis}
    return N_("không còn chờ ký: %(reason)s") % {"reason": nomination.outcome_reason}


def review(uow: UnitOfWork, paper: Paper, form: Mapping[str, Any]) -> str:
    """The chairman's choice for the whole list with exceptions a line; returns approve | return | refuse.

    Nobody can be added: rows that are not on the paper are ignored, and so are those of dossiers on hold.
    Every return and refusal has a reason. Nothing is approved while a cap is exceeded by now (AC-03).
    """
    choice, reason = str(form.get("paper_choice") or ""), str(form.get("paper_reason") or "").strip()
    errors: list[FieldError] = []
    if choice not in DECISIONS:
        errors.append(FieldError("paper_choice", N_("Chọn một ý kiến cho văn bản.")))
    elif choice != "approve" and not reason:
        errors.append(FieldError("paper_reason", N_("Cần nêu lý do.")))
    lines = {str(nomination.id): line for line, nomination in decidable(uow, paper)}
    for line in lines.values():
        line.decision, line.reason = ("refuse", reason) if choice == "refuse" else ("approve", "")
    if choice != "return":
        _exceptions(form.get("lines") or [], lines, errors, only_returns=choice == "refuse")
    if choice == "approve" and all(line.decision != "approve" for line in lines.values()):
        text = N_("Không còn hồ sơ nào được duyệt: chọn “Trả Văn phòng sửa” hoặc “Không đồng ý”.")
        errors.append(FieldError("paper_choice", text))
    if choice == "approve" and not errors:
        errors = overruns_among(uow, [nomination for _, nomination in decidable(uow, paper)])
    if errors:
        raise InvalidForm(errors)
    paper.review_reason = reason
    paper.state = {"approve": "approved", "return": "draft", "refuse": "refused"}[choice]
    history.record(uow, chain(paper), f"paper:{choice}", element="review_paper", data={"reason": reason})
    if choice == "approve":
        draw(uow, paper)
    return choice


def _exceptions(
    rows: Sequence[Mapping[str, Any]],
    lines: Mapping[str, PaperLine],
    errors: list[FieldError],
    *,
    only_returns: bool,
) -> None:
    for index, row in enumerate(rows):
        line, decision = lines.get(str(row.get("id"))), str(row.get("decision") or "approve")
        if line is None or decision == "approve" or (only_returns and decision != "return"):
            continue
        reason = str(row.get("reason") or "").strip()
        if decision not in DECISIONS:
            errors.append(FieldError(f"lines.{index}.decision", N_("Chọn duyệt, trả lại hoặc không đồng ý.")))
        elif not reason:
            errors.append(FieldError(f"lines.{index}.reason", N_("Cần nêu lý do cho dòng này.")))
        line.decision, line.reason = decision if decision in DECISIONS else "approve", reason


@jobs.register("redraw_papers")
def redraw_papers(database: Database, organisation_id: str, nomination_id: str) -> None:
    """A dossier was held, let go on or ended: the paper on its way to the signature is set again."""
    organisation = UUID(organisation_id)
    with unit_of_work(database, organisation_id=organisation, readonly=True) as uow:
        query = (
            select(Paper.id, Paper.instance_id)
            .join(PaperLine, PaperLine.paper_id == Paper.id)
            .where(Paper.state.in_(ON_THE_WAY), PaperLine.nomination_id == UUID(nomination_id))
        )
        found = [(row.id, row.instance_id) for row in uow.session.execute(query)]
    for paper_id, instance_id in found:
        with unit_of_work(database, organisation_id=organisation, actor_name=N_("Hệ thống")) as uow:
            _redraw(uow, paper_id, instance_id)


def _redraw(uow: UnitOfWork, paper_id: UUID, instance_id: UUID) -> None:
    instances.get_for_update(uow, instance_id)  # before the paper, as whoever completes a step does
    paper = paper_of(uow, paper_id)
    if paper.state not in ON_THE_WAY:
        return
    if not all(is_closed(nomination) for _, nomination in lines_of(uow, paper)):
        draw(uow, paper)
        return
    reason = N_("Mọi hồ sơ của văn bản đã rút hoặc kết thúc; văn bản không phát hành.")
    instances.cancel(uow, instance_id, reason)
    paper.state, paper.review_reason = "refused", reason
    history.record(uow, chain(paper), "paper:dropped", data={"reason": reason})
