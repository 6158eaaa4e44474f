"""The clerk issues a paper: number, date, who signed by which delegation, scan of the signed sheet."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import or_, select

from engine.database import UnitOfWork
from engine.errors import N_, FieldError, InvalidForm
from engine.handlers import lookups
from workflows.actions import numbers
from workflows.actions.paper_review import why_left_out
from workflows.actions.papers import is_held, issue_date, lines_of, nominee_ids
from workflows.queries.caps import overruns_among
from workflows.rules.numbering import parse_number
from workflows.tables.organisation import Delegation
from workflows.tables.papers import Paper


def issue(uow: UnitOfWork, paper: Paper, form: Mapping[str, Any]) -> None:
    """Give the approved paper its number, date, signer and scan.

    Dossiers put on hold or withdrawn since the chairman read the list leave it (AC-11); the others go on.
    Nothing is issued while a cap has fewer places than nominees wait under it (AC-03).
    Whether the scan must be there is the form's matter. Raises InvalidForm (also NumberTaken) with the field
    of everything that is wrong.
    """
    errors: list[FieldError] = []
    on = issue_date(form, uow.today, errors)
    _drop_held(uow, paper, errors)
    approved = [nomination for line, nomination in lines_of(uow, paper) if line.decision == "approve"]
    errors += [FieldError("number", each.message) for each in overruns_among(uow, approved)]
    if on is not None:
        _sign(uow, paper, form, on, errors)
    scan = str(form.get("scan_sha256") or form.get("scan") or "")
    number = _typed_number(form, errors)
    if errors or on is None:
        raise InvalidForm(errors)
    if number is None:
        row = numbers.draw_number(uow, series=paper.series, issued_on=on, paper_id=paper.id)
    else:
        row = numbers.issue_number(uow, series=paper.series, number=number, issued_on=on, paper_id=paper.id)
    paper.number, paper.year, paper.issued_on = row.number, row.year, on
    paper.scan_sha256 = scan or None


def _typed_number(form: Mapping[str, Any], errors: list[FieldError]) -> int | None:
    if str(form.get("number_source") or "typed") == "block":
        return None
    try:
        return parse_number(str(form.get("number") or ""))
    except ValueError:
        errors.append(FieldError("number", N_("Nhập số văn bản, ví dụ 05.")))
        return None


def _drop_held(uow: UnitOfWork, paper: Paper, errors: list[FieldError]) -> None:
    remaining = 0
    for line, nomination in lines_of(uow, paper):
        if line.decision in (None, "approve") and is_held(nomination):
            line.decision, line.reason = None, why_left_out(nomination)
        remaining += line.decision == "approve"
    if not remaining:
        errors.append(FieldError("number", N_("Mọi hồ sơ của văn bản đang tạm dừng hoặc đã rút.")))


def delegations_on(uow: UnitOfWork, organisation_id: UUID, on: date) -> list[Delegation]:
    """The delegations in force on a date, by person's name."""
    return delegations_within(uow, organisation_id, on, on)


def delegations_within(uow: UnitOfWork, organisation_id: UUID, first: date, last: date) -> list[Delegation]:
    """The delegations in force on at least one day of a time, by person's name."""
    query = select(Delegation).where(
        Delegation.organisation_id == organisation_id,
        Delegation.valid_from <= last,
        or_(Delegation.valid_to.is_(None), Delegation.valid_to >= first),
    )
    return sorted(uow.session.scalars(query), key=lambda each: lookups().person_name(uow, each.person_id))


def _sign(uow: UnitOfWork, paper: Paper, form: Mapping[str, Any], on: date, errors: list[FieldError]) -> None:
    mode = str(form.get("signer_mode") or "")
    if mode == "CT":
        holders = lookups().holders(uow, paper.organisation_id, "chairman", None, on)
        paper.signer_id, paper.delegation_id = (holders[0] if holders else None), None
        if not holders:
            text = N_("Không có Chủ tịch UBND đương nhiệm vào ngày này; chọn ký thay (KT).")
            errors.append(FieldError("signer_mode", text))
    elif mode == "KT":
        chosen = str(form.get("delegation_id") or "")
        delegation = next(
            (each for each in delegations_on(uow, paper.organisation_id, on) if str(each.id) == chosen), None
        )
        if delegation is None:
            text = N_("Chọn giấy giao quyền ký thay còn hiệu lực vào ngày của văn bản.")
            errors.append(FieldError("delegation_id", text))
            return
        paper.signer_id, paper.delegation_id = delegation.person_id, delegation.id
    else:
        errors.append(FieldError("signer_mode", N_("Chọn người ký: Chủ tịch (CT) hoặc ký thay (KT).")))
        return
    paper.signer_mode = mode
    nominees = nominee_ids([each for line, each in lines_of(uow, paper) if line.decision == "approve"])
    if paper.signer_id is not None and str(paper.signer_id) in nominees:
        name = lookups().person_name(uow, paper.signer_id)
        text = N_("%(name)s được đề nghị khen trong văn bản này nên không ký; chọn người ký thay.")
        errors.append(FieldError("signer_mode", text % {"name": name}))
