"""A base changed before the signature: the office corrects the number, the chair decides the selection again."""

from __future__ import annotations

from collections.abc import Mapping
from uuid import UUID

from engine import history, messages
from engine.database import UnitOfWork
from engine.errors import N_, Conflict, FieldError, InvalidForm, NotAllowed
from workflows.actions import session_quota
from workflows.actions.notices import notify_about, notify_role
from workflows.actions.sessions import chain
from workflows.gate import require
from workflows.queries.ballots import session_of
from workflows.queries.caps import Overrun, overruns_of, votes_of
from workflows.quotas import TYPED
from workflows.stages import move
from workflows.tables.nominations import Nomination
from workflows.tables.sessions import CouncilSession, SessionLine

CHOICES = ("keep", "reserve")


def correct_numbers(
    uow: UnitOfWork, session_id: UUID | str, numbers: Mapping[str, str], basis: str
) -> list[Overrun]:
    """The office replaces the numbers from which a finished session's caps are reckoned, on a written basis.

    Returns the caps that are exceeded by now; of those the chair and the office are told. NotAllowed, InvalidForm,
    Conflict (the session is not finished: the number belongs to its agenda).
    """
    require(uow, "standing_office")
    session = session_of(uow, session_id, lock=True)
    if session.state != "closed":
        raise Conflict(N_("Phiên họp chưa kết thúc: sửa số liệu ở chương trình phiên họp."))
    errors = [FieldError("basis", N_("Cần căn cứ bằng văn bản."))] if not basis.strip() else []
    new: dict[str, int] = {}
    for name in TYPED:
        text = str(numbers.get(name) or "").strip()
        if text and not (text.isdecimal() and int(text) <= 100_000):
            errors.append(FieldError(name, N_("Nhập một số nguyên từ 0 đến 100000.")))
        elif text:
            new[name] = int(text)
    if not new and not errors:
        errors.append(FieldError("basis", N_("Nhập số mới của ít nhất một chỉ tiêu.")))
    if errors:
        raise InvalidForm(errors)
    before = {name: session.by_law.get(name) for name in new}
    session.by_law = {**session.by_law, **new}
    data = {"before": before, "after": new, "basis": basis.strip()}
    history.record(uow, chain(session), "session:numbers_corrected", data=data)
    uow.session.flush()
    found = overruns_of(uow, session)
    for overrun in found:
        for role in ("council_chair", "standing_office"):
            notify_role(uow, role, overrun.text, f"/sessions/{session.id}/selection")
    return found


def decide_again(
    uow: UnitOfWork,
    session_id: UUID | str,
    choices: Mapping[str, str],
    reason: str,
    override_basis: str = "",
) -> None:
    """The chair decides again who fits under a cap that has fewer places than nominees wait for the signature.

    `choices` maps a dossier to keep | reserve. The votes stand, so nobody with fewer votes is kept before
    somebody with more; between equal votes the chair's reason decides. More than the places only on a written
    basis. Who goes into reserve leaves the papers and ends as not passed. NotAllowed, Conflict (nothing to
    decide), InvalidForm.
    """
    actor = require(uow, "council_chair")
    session = session_of(uow, session_id, lock=True)
    found = overruns_of(uow, session)
    if not found:
        raise Conflict(N_("Không có chỉ tiêu nào bị vượt: không cần xét chọn lại."))
    if any(nomination.person_id == actor for overrun in found for _, nomination in overrun.lines):
        raise NotAllowed(N_("Người được xét trong danh sách này không quyết định việc xét chọn lại."))
    errors = [] if reason.strip() else [FieldError("reason", N_("Cần nêu lý do quyết định."))]
    for overrun in found:
        errors += _wrong(overrun, choices, override_basis.strip())
    if errors:
        raise InvalidForm(errors)
    for overrun in found:
        _carry_out(uow, session, overrun, choices, reason.strip(), override_basis.strip())


def _wrong(overrun: Overrun, choices: Mapping[str, str], basis: str) -> list[FieldError]:
    errors = [
        FieldError(f"choice.{nomination.id}", N_("Chọn giữ lại hoặc đưa vào dự bị."))
        for _, nomination in overrun.lines
        if choices.get(str(nomination.id)) not in CHOICES
    ]
    if errors:
        return errors
    kept = [each for each in overrun.lines if choices[str(each[1].id)] == "keep"]
    if len(kept) > overrun.places and not basis:
        text = N_("Chỉ còn %(places)d chỗ, đã giữ lại %(kept)d: bớt đi, hoặc ghi căn cứ để vượt chỉ tiêu.")
        errors.append(FieldError("override_basis", text % {"places": overrun.places, "kept": len(kept)}))
    lowest = min((votes_of(line) for line, _ in kept), default=0)
    for line, nomination in overrun.lines:
        if choices[str(nomination.id)] == "reserve" and kept and votes_of(line) > lowest:
            text = N_("%(name)s có nhiều phiếu hơn người được giữ lại: xét theo phiếu từ cao xuống thấp.")
            words = {"name": nomination.subject_name}
            errors.append(FieldError(f"choice.{nomination.id}", text % words))
    return errors


def _carry_out(
    uow: UnitOfWork,
    session: CouncilSession,
    overrun: Overrun,
    choices: Mapping[str, str],
    reason: str,
    basis: str,
) -> None:
    kept = [each for each in overrun.lines if choices[str(each[1].id)] == "keep"]
    dropped = [each for each in overrun.lines if choices[str(each[1].id)] == "reserve"]
    for line, _ in kept:
        quota = {"text": overrun.quota.text, "places": overrun.quota.places, "noun": overrun.quota.noun}
        session_quota.mark(line, quota=quota)
    for line, _ in kept[overrun.places :]:
        session_quota.let_pass_beyond(line, basis)
    for line, nomination in dropped:
        session_quota.put_in_reserve(line, overrun.quota)
        line.casting_reason = f"{line.casting_reason} {reason}".strip()
        _leave(uow, session, line, nomination)
    data = {
        "quota": overrun.quota.text,
        "kept": [nomination.code for _, nomination in kept],
        "reserve": [nomination.code for _, nomination in dropped],
        "reason": reason,
        "override_basis": basis,
    }
    history.record(uow, chain(session), "session:selected_again", data=data)


def _leave(uow: UnitOfWork, session: CouncilSession, line: SessionLine, nomination: Nomination) -> None:
    """The dossier ends as one that the council did not pass, and every paper on its way is set without it."""
    why = f"{line.reason} {line.casting_reason}".strip()
    messages.send(
        uow,
        organisation_id=session.organisation_id,
        name="paper_result",
        key=str(nomination.id),
        payload={"paper_outcome": "reserve", "paper_reason": why},
        dedup=f"paper_result:selected_again:{session.id}:{nomination.id}",
    )
    move(uow, nomination, "not_passed", reason=why)
    text = N_("Chỉ tiêu giảm trước khi ký, hồ sơ %(code)s – %(name)s chuyển sang dự bị: %(reason)s")
    words = {"code": nomination.code, "name": nomination.subject_name, "reason": why}
    notify_about(uow, nomination, text % words)
    uow.enqueue("redraw_papers", str(nomination.organisation_id), str(nomination.id))
