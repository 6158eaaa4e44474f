"""After the count: who fits under a cap, by votes from high to low; what is equal at the cut the chair decides."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from engine.database import UnitOfWork
from engine.errors import N_, FieldError
from workflows.quotas import Quota, quotas_of
from workflows.rules.quotas import cut
from workflows.tables.nominations import Nomination
from workflows.tables.sessions import CouncilSession, SessionLine

Agenda = Sequence[tuple[SessionLine, Nomination]]


def apply(uow: UnitOfWork, session: CouncilSession, agenda: Agenda) -> bool:
    """Cut every capped award to its places, each line with the reason; whether a tie is left at a cut.

    The cap as it was read is kept beside the count of each of its lines, whether it cut or not.
    """
    tied = False
    for quota in quotas_of(uow, session, [nomination for _, nomination in agenda]):
        lines = _lines(agenda, quota.award, quota.year)
        for line in lines:
            line.rule = {**(line.rule or {}), "quota": {"text": quota.text, "places": quota.places}}
        tied = _cut([line for line in lines if line.outcome == "passed"], quota) or tied
    return tied


def excess(agenda: Agenda, given: Mapping[str, tuple[int, Any]]) -> list[FieldError]:
    """An error on every row of the chair's decision that lets pass more than a cap has places."""
    errors: list[FieldError] = []
    for award, year in dict.fromkeys((each.award, each.achievement_year) for _, each in agenda):
        lines = _lines(agenda, award, year)
        places = next((_places(line) for line in lines), None)
        passed = [line for line in lines if line.outcome == "passed"]
        if places is None or len(passed) <= places:
            continue
        text = N_("Chỉ tiêu chỉ còn %(places)d người, đã chọn đạt %(passed)d người.")
        words = {"places": places, "passed": len(passed)}
        rows = [given[key][0] for line in passed if (key := str(line.nomination_id)) in given]
        errors += [FieldError(f"lines.{index}.choice", text % words) for index in rows]
    return errors


def _lines(agenda: Agenda, award: str, year: int) -> list[SessionLine]:
    return [line for line, each in agenda if (each.award, each.achievement_year) == (award, year)]


def _places(line: SessionLine) -> int | None:
    quota = (line.rule or {}).get("quota") or {}
    return quota.get("places")


def _cut(passed: list[SessionLine], quota: Quota) -> bool:
    if quota.places is None:
        return False
    selection = cut({str(line.nomination_id): line.agree or 0 for line in passed}, quota.places)
    words = {"limit": quota.places}
    for line in passed:
        key = str(line.nomination_id)
        if key in selection.reserve:
            text = N_("Đủ phiếu nhưng vượt chỉ tiêu còn lại %(limit)d người, xếp sau theo số phiếu.")
            line.outcome, line.reason = "failed", f"{line.reason} {text % words}"
        elif key in selection.tied:
            text = N_("Ngang phiếu ở vị trí cuối của chỉ tiêu còn lại %(limit)d người.")
            line.outcome, line.reason = "tie", f"{line.reason} {text % words}"
            line.rule = {**(line.rule or {}), "at_cap": True}
    return bool(selection.tied)
