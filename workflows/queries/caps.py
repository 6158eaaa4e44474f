"""Caps between the vote and the signature: the base may have changed, and more may hold a place than there are.

Source: domain.md AC-03: when the LĐTT fall from 24 to 19 before signing, the cap becomes 2 and the selection is
decided again.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select

from engine.database import UnitOfWork
from engine.errors import N_, FieldError
from workflows import gate
from workflows.queries.ballots import lines_of, session_of
from workflows.quotas import BASES, PASSED_STAGES, PLACES, Quota, quotas_of
from workflows.tables.nominations import Nomination
from workflows.tables.sessions import CouncilSession, SessionLine

Lines = list[tuple[SessionLine, Nomination]]
READERS = ("council_chair", "standing_office", "chairman")


@dataclass(frozen=True)
class Overrun:
    """More wait for the signature than a cap has places now; `lines` by votes from high to low."""

    session: CouncilSession
    quota: Quota
    places: int
    lines: Lines

    @property
    def names(self) -> str:
        """ "Lê Văn B (11 phiếu), Vũ Thị C (10 phiếu)"."""
        return ", ".join(
            N_("%(name)s (%(votes)d phiếu)") % {"name": each.subject_name, "votes": votes_of(line)}
            for line, each in self.lines
        )

    @property
    def text(self) -> str:
        """What stands in the way of the signature, with the names and the way on."""
        text = N_(
            "Chỉ tiêu đã thay đổi sau khi Hội đồng biểu quyết. %(quota)s Chờ ký %(waiting)d %(noun)s, chỉ còn "
            "%(places)d chỗ: %(names)s. Chủ tịch Hội đồng xét chọn lại ở trang phiên họp “%(session)s” trước khi ký."
        )
        return text % {
            "quota": self.quota.text,
            "waiting": len(self.lines),
            "noun": self.quota.noun,
            "places": self.places,
            "names": self.names,
            "session": self.session.title,
        }


@dataclass(frozen=True)
class SelectionPage:
    """What office and chair see when a base has changed: the caps as they are now, and who must be chosen again."""

    id: UUID
    title: str
    quotas: list[Quota]
    numbers: list[tuple[str, str, int | None]]
    overruns: list[Overrun]
    may_correct: bool
    may_decide: bool


NUMBER_LABELS = {
    "ldtt_count": N_("Số người đạt Lao động tiên tiến của năm"),
    "gdvh_count": N_("Số gia đình có ba năm liên tục đạt Gia đình văn hóa"),
    PLACES: N_("Số suất được chọn theo phiếu từ cao xuống thấp"),
}


def votes_of(line: SessionLine) -> int:
    """All who agree: in the room or in the box, and by letter."""
    return (line.agree or 0) + line.written_agree


def overruns_of(uow: UnitOfWork, session: CouncilSession) -> list[Overrun]:
    """The caps of a finished session that more nominees wait under than have a place by today's base.

    Who has been signed for keeps the place; who passed on a written basis needs none. A cap that was not known
    when the council voted is not held against it afterwards.
    """
    if session.state != "closed":
        return []
    agenda = lines_of(uow, session)
    found = []
    for quota in quotas_of(uow, session, [nomination for _, nomination in agenda]):
        holding = [
            (line, each)
            for line, each in agenda
            if (each.award, each.achievement_year) == (quota.award, quota.year) and _holds_place(line, each)
        ]
        waiting = [(line, each) for line, each in holding if each.stage == "paper"]
        if quota.places is None or not waiting:
            continue
        places = max(0, quota.places - (len(holding) - len(waiting)))
        if len(waiting) > places:
            waiting.sort(key=lambda each: -votes_of(each[0]))
            found.append(Overrun(session, quota, places, waiting))
    return found


def _holds_place(line: SessionLine, nomination: Nomination) -> bool:
    rule = line.rule or {}
    known = (rule.get("quota") or {}).get("places") is not None
    return (
        line.outcome == "passed" and known and not rule.get("over_cap") and nomination.stage in PASSED_STAGES
    )


def overruns_among(uow: UnitOfWork, nominations: Iterable[Nomination]) -> list[FieldError]:
    """An error on the list of a paper for every cap that its nominees exceed by now; [] when all is well.

    The rows of the sessions are locked: whoever chooses again and whoever signs wait for each other.
    """
    capped = [each.id for each in nominations]
    query = (
        select(SessionLine.session_id)
        .where(SessionLine.nomination_id.in_(capped), SessionLine.outcome == "passed")
        .distinct()
    )
    sessions = sorted(uow.session.scalars(query), key=str)
    found = [each for key in sessions for each in overruns_of(uow, session_of(uow, key, lock=True))]
    wanted = set(capped)
    return [
        FieldError("lines", each.text)
        for each in found
        if wanted & {nomination.id for _, nomination in each.lines}
    ]


def selection_page(uow: UnitOfWork, session_id: UUID | str) -> SelectionPage:
    """The page on which a base is corrected and the selection decided again; NotFound, NotAllowed."""
    actor = gate.require_any(uow, READERS)
    session = session_of(uow, session_id)
    quotas = quotas_of(uow, session, [nomination for _, nomination in lines_of(uow, session)])
    names = {BASES[each.award].count if each.is_share else PLACES: each.base for each in quotas}
    is_closed = session.state == "closed"
    return SelectionPage(
        id=session.id,
        title=session.title,
        quotas=quotas,
        numbers=[(name, NUMBER_LABELS[name], base) for name, base in names.items()],
        overruns=overruns_of(uow, session),
        may_correct=is_closed and gate.holds(uow, actor, "standing_office"),
        may_decide=is_closed and gate.holds(uow, actor, "council_chair"),
    )
