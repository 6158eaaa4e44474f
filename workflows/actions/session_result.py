"""The chair's part after the count: the casting decision, the tie at a cap, the confirmation or a new round."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from engine import history
from engine.database import UnitOfWork
from engine.errors import N_, FieldError, InvalidForm
from workflows.actions import session_quota
from workflows.actions.session_steps import open_round, prepare_round
from workflows.actions.sessions import chain
from workflows.queries.ballots import lines_of
from workflows.tables.nominations import Nomination
from workflows.tables.sessions import CouncilSession, SessionLine

Agenda = list[tuple[SessionLine, Nomination]]
Rows = Sequence[Mapping[str, Any]]
CAP_TIES = ("chair", "criteria", "revote")


def tied_lines(uow: UnitOfWork, session: CouncilSession) -> Agenda:
    """The lines whose tie the chair decides: by the by-law, or because a cap has fewer places than they are."""
    return [
        (line, nomination)
        for line, nomination in lines_of(uow, session)
        if line.outcome == "tie" and ((line.rule or {}).get("tie") == "chair_decides" or is_at_cap(line))
    ]


def is_at_cap(line: SessionLine) -> bool:
    """Whether equal votes lie on the last place under a cap."""
    return bool((line.rule or {}).get("at_cap"))


def decide_ties(uow: UnitOfWork, session: CouncilSession, form: Mapping[str, Any]) -> None:
    """The chair's recorded decision, with a reason, for every tie that is the chair's to break.

    For the last place under a cap the chair first says how it is settled (AC-03): by his own decision, by a
    criterion that he names, or by voting again, which leaves the tie to the confirmation. InvalidForm also when
    more are let pass than a cap has places and no written basis is named for it.
    """
    tied, errors = tied_lines(uow, session), []
    how, criterion = str(form.get("cap_tie") or ""), str(form.get("criterion") or "").strip()
    if any(is_at_cap(line) for line, _ in tied):
        if how not in CAP_TIES:
            text = N_("Chọn cách giải quyết khi ngang phiếu ở vị trí cuối của chỉ tiêu.")
            errors.append(FieldError("cap_tie", text))
        if how == "criteria" and not criterion:
            errors.append(FieldError("criterion", N_("Nêu tiêu chí được áp dụng.")))
    decided = [each for each in tied if not (how == "revote" and is_at_cap(each[0]))]
    given = {str(row.get("id")): (index, row) for index, row in enumerate(form.get("lines") or [])}
    for line, nomination in decided:
        index, row = given.get(str(nomination.id), (0, {}))
        prefix = N_("Theo tiêu chí: %(text)s.") % {"text": criterion.rstrip(".")}
        _decide(line, index, row, prefix if how == "criteria" and is_at_cap(line) else "", errors)
    basis = str(form.get("override_basis") or "").strip()
    if not errors:
        errors = _beyond(uow, session, decided, given, basis)
    if errors:
        raise InvalidForm(errors)
    data = {"cap_tie": how, "criterion": criterion, "override_basis": basis}
    history.record(uow, chain(session), "session:casting", element="casting_decision",
                   data={name: text for name, text in data.items() if text})  # fmt: skip


def _decide(
    line: SessionLine, index: int, row: Mapping[str, Any], prefix: str, errors: list[FieldError]
) -> None:
    choice, reason = row.get("choice"), str(row.get("reason") or "").strip()
    if choice not in ("passed", "failed"):
        errors.append(FieldError(f"lines.{index}.choice", N_("Chọn đạt hoặc không đạt.")))
    if not reason:
        errors.append(FieldError(f"lines.{index}.reason", N_("Cần nêu lý do quyết định.")))
    if not errors:
        line.outcome, line.casting_reason = str(choice), f"{prefix} {reason}".strip()
        session_quota.mark(line, reserve=choice == "failed" and is_at_cap(line))


def _beyond(
    uow: UnitOfWork,
    session: CouncilSession,
    decided: Agenda,
    given: Mapping[str, tuple[int, Any]],
    basis: str,
) -> list[FieldError]:
    """Let those whom the chair chose pass beyond a cap on a written basis; without one the excess is an error."""
    agenda = lines_of(uow, session)
    if not basis:
        return session_quota.excess(agenda, given)
    chosen = {nomination.id for _, nomination in decided}
    for _, passed in session_quota.over_places(agenda):
        for line in passed:
            if line.nomination_id in chosen:
                session_quota.let_pass_beyond(line, basis)
    return []


def confirm(uow: UnitOfWork, session: CouncilSession, form: Mapping[str, Any]) -> str:
    """The chair confirms, sends single lines back to the office, or orders a new round; returns the choice.

    A tie that nobody may decide can only be voted again; a line sent back needs a reason. Who is in reserve moves
    up to a place that this leaves free, or passes beyond the cap on a written basis, which minutes and history
    quote.
    """
    choice = str(form.get("confirm_choice") or "")
    if choice == "revote":
        reason = str(form.get("reason") or "").strip()
        history.record(uow, chain(session), "session:revote", element="confirm_result",
                       data={"round": session.round + 1, "reason": reason})  # fmt: skip
        session.round += 1
        if session.vote_mode == "secret":
            prepare_round(uow, session)
        else:
            open_round(uow, session)
        return choice
    agenda = {str(nomination.id): (line, nomination) for line, nomination in lines_of(uow, session)}
    errors = [] if choice == "confirm" else [FieldError("confirm_choice", N_("Chọn xác nhận hoặc bỏ lại."))]
    rows = form.get("lines") or []
    _send_back(agenda, rows, errors)
    beyond = _take_reserves(agenda, rows, str(form.get("override_basis") or "").strip(), errors)
    ties = [nomination.subject_name for line, nomination in agenda.values() if line.outcome == "tie"]
    if ties:
        text = N_("Còn ngang phiếu: %(names)s. Cần biểu quyết lại hoặc trả lại hồ sơ.")
        errors.append(FieldError("confirm_choice", text % {"names": ", ".join(ties)}))
    if errors:
        raise InvalidForm(errors)
    data = {"override_basis": form.get("override_basis"), "beyond_cap": beyond} if beyond else None
    history.record(uow, chain(session), "session:confirmed", element="confirm_result", data=data)
    return choice


def _send_back(
    agenda: Mapping[str, tuple[SessionLine, Nomination]], rows: Rows, errors: list[FieldError]
) -> None:
    for index, row in enumerate(rows):
        found = agenda.get(str(row.get("id")))
        if found is None or not row.get("return_line"):
            continue
        reason = str(row.get("reason") or "").strip()
        if not reason:
            errors.append(FieldError(f"lines.{index}.reason", N_("Cần nêu lý do trả lại hồ sơ.")))
        found[0].outcome, found[0].reason = "returned", reason


def _take_reserves(
    agenda: Mapping[str, tuple[SessionLine, Nomination]], rows: Rows, basis: str, errors: list[FieldError]
) -> list[str]:
    """Those in reserve whom the chair lets pass on a written basis; returns their codes.

    Where a dossier that was sent back leaves a place free, the first in reserve moves up without one.
    """
    taken = []
    for index, row in enumerate(rows):
        found = agenda.get(str(row.get("id")))
        if found is None or not row.get("over_cap"):
            continue
        line, nomination = found
        if line.outcome != "failed" or not (line.rule or {}).get("reserve"):
            text = N_("Chỉ hồ sơ dự bị mới đưa vào được.")
            errors.append(FieldError(f"lines.{index}.over_cap", text))
        elif session_quota.moves_up(list(agenda.values()), line, nomination):
            session_quota.let_move_up(line)
        elif not basis:
            text = N_("Cần căn cứ bằng văn bản để vượt chỉ tiêu.")
            errors.append(FieldError("override_basis", text))
        else:
            session_quota.let_pass_beyond(line, basis)
            taken.append(nomination.code)
    return taken
