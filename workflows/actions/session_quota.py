"""After the count: who fits under a cap, by votes from high to low; what is equal at the cut is asked.

Who has votes enough and no place is in reserve (dự bị): the line failed and says so. A written basis, and nothing
else, lets somebody pass beyond the cap.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from engine.database import UnitOfWork
from engine.errors import N_, FieldError
from workflows.queries.caps import votes_of
from workflows.quotas import Quota, quotas_of
from workflows.rules.quotas import Selection, cut
from workflows.tables.nominations import Nomination
from workflows.tables.sessions import CouncilSession, SessionLine

Agenda = Sequence[tuple[SessionLine, Nomination]]


def apply(uow: UnitOfWork, session: CouncilSession, agenda: Agenda) -> bool:
    """Cut every capped award to its places, each line with the reason; whether a tie is left at a cut.

    The cap as it was read is kept beside the count of each of its lines, whether it cut or not.
    """
    tied = False
    for quota in quotas_of(uow, session, [nomination for _, nomination in agenda]):
        lines = lines_of_award(agenda, quota.award, quota.year)
        for line in lines:
            mark(line, quota={"text": quota.text, "places": quota.places, "noun": quota.noun})
        tied = _cut([line for line in lines if line.outcome == "passed"], quota) or tied
    return tied


def mark(line: SessionLine, **marks: Any) -> None:
    """Keep something beside the rule that decided the line (a new dict: a change inside one is not seen)."""
    line.rule = {**(line.rule or {}), **marks}


def excess(agenda: Agenda, given: Mapping[str, tuple[int, Any]]) -> list[FieldError]:
    """An error on every row of the chair's decision that lets pass more than a cap has places."""
    errors: list[FieldError] = []
    for places, passed in over_places(agenda):
        text = N_("Chỉ tiêu chỉ còn %(places)d %(noun)s, đã chọn đạt %(passed)d %(noun)s.")
        words = {"places": places, "passed": len(passed), "noun": _quota_of(passed[0])["noun"]}
        rows = [given[key][0] for line in passed if (key := str(line.nomination_id)) in given]
        errors += [FieldError(f"lines.{index}.choice", text % words) for index in rows]
    return errors


def over_places(agenda: Agenda) -> list[tuple[int, list[SessionLine]]]:
    """(places, lines that passed) of every cap that more have passed than it has places."""
    found = []
    for award, year in dict.fromkeys((each.award, each.achievement_year) for _, each in agenda):
        passed = [line for line in lines_of_award(agenda, award, year) if line.outcome == "passed"]
        places = _quota_of(passed[0]).get("places") if passed else None
        if places is not None and len(passed) > places:
            found.append((places, passed))
    return found


def lines_of_award(agenda: Agenda, award: str, year: int) -> list[SessionLine]:
    """The lines of one award and year, in the order of the agenda."""
    return [line for line, each in agenda if (each.award, each.achievement_year) == (award, year)]


def _quota_of(line: SessionLine) -> dict[str, Any]:
    return (line.rule or {}).get("quota") or {}


def selection_of(lines: Sequence[SessionLine], places: int) -> Selection:
    """Who of these fits under so many places, by all votes that agree."""
    return cut({str(line.nomination_id): votes_of(line) for line in lines}, places)


def _cut(passed: list[SessionLine], quota: Quota) -> bool:
    if quota.places is None:
        return False
    selection = selection_of(passed, quota.places)
    for line in passed:
        key = str(line.nomination_id)
        if key in selection.reserve:
            put_in_reserve(line, quota)
        elif key in selection.tied:
            text = N_("Ngang phiếu ở vị trí cuối của chỉ tiêu còn lại %(limit)d %(noun)s.")
            words = {"limit": quota.places, "noun": quota.noun}
            line.outcome, line.reason = "tie", f"{line.reason} {text % words}"
            mark(line, at_cap=True)
    return bool(selection.tied)


def put_in_reserve(line: SessionLine, quota: Quota) -> None:
    """Votes enough, but others had more: the line fails, is in reserve and says why."""
    text = N_("Dự bị: đủ phiếu nhưng vượt chỉ tiêu còn lại %(limit)d %(noun)s, xếp sau theo số phiếu.")
    words = {"limit": quota.places, "noun": quota.noun}
    line.outcome, line.reason = "failed", f"{line.reason} {text % words}".strip()
    mark(line, reserve=True)


def let_pass_beyond(line: SessionLine, basis: str) -> None:
    """The line passes though its cap is full, on a written basis that minutes and history quote."""
    text = N_("Vượt chỉ tiêu, căn cứ: %(basis)s") % {"basis": basis.rstrip(". ")}
    line.outcome = "passed"
    line.casting_reason = f"{line.casting_reason} {text}.".strip()
    mark(line, over_cap=basis, reserve=False)


def moves_up(agenda: Agenda, line: SessionLine, nomination: Nomination) -> bool:
    """Whether a place is free for this one in reserve: fewer have passed than there are, nobody waits before."""
    others = lines_of_award(agenda, nomination.award, nomination.achievement_year)
    places = _quota_of(line).get("places")
    passed = sum(each.outcome == "passed" for each in others)
    before = any(
        (each.rule or {}).get("reserve") and each.outcome == "failed" and votes_of(each) > votes_of(line)
        for each in others
    )
    return places is not None and passed < places and not before


def let_move_up(line: SessionLine) -> None:
    """The line takes a place that another has left."""
    text = N_("Lên thay chỗ còn trống trong chỉ tiêu.")
    line.outcome, line.casting_reason = "passed", f"{line.casting_reason} {text}".strip()
    mark(line, reserve=False)
