"""The cap of Chiến sĩ thi đua cơ sở: the share of the law in force, of the LĐTT that the register holds.

A share, a way of rounding or a base that nobody has entered gives no cap: it is asked for, never invented.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from typing import Any
from uuid import UUID

from sqlalchemy import Select, func, select

from engine import regulations
from engine.database import UnitOfWork
from engine.errors import N_
from workflows.catalogue import award_name
from workflows.queries.ballots import vote_date
from workflows.rules.quotas import ROUNDINGS, cap
from workflows.tables.nominations import Nomination
from workflows.tables.register import RegisterEntry
from workflows.tables.sessions import CouncilSession, SessionLine

BASES = {"CSTDCS": "LDTT"}
"""Award whose number is capped → the award it is measured against."""
PASSED_STAGES = ("paper", "city", "city_returned", "awarded")
BASE_COUNT = "ldtt_count"
"""What the office enters for a session where the register does not hold the year's LĐTT yet."""


_CAP = N_(
    "%(award)s năm %(year)d: không quá %(limit)d người (%(share)s của %(base)d %(of)s, %(source)s; %(law)s)."
)
_CAP_LEFT = N_(
    "%(award)s năm %(year)d: không quá %(limit)d người "
    "(%(share)s của %(base)d %(of)s, %(source)s; %(law)s); đã thông qua trước đó %(taken)d."
)


@dataclass(frozen=True)
class Quota:
    """One capped award of one year: what the law says, what it is a share of, how many places are left."""

    award: str
    year: int
    share: Fraction | None
    rounding: str
    base: int | None
    typed: bool
    taken: int
    listed: int
    citation: str

    @property
    def limit(self) -> int | None:
        """The cap; None while the share, the rounding or the base is not known."""
        if self.share is None or self.rounding not in ROUNDINGS or self.base is None:
            return None
        return cap(self.base, self.share, self.rounding)

    @property
    def places(self) -> int | None:
        """How many may still pass."""
        return None if self.limit is None else max(0, self.limit - self.taken)

    @property
    def warning(self) -> str:
        """What has to be asked for, or that the list is longer than the cap; empty when all is well."""
        words = {"base": award_name(BASES[self.award]), "year": self.year}
        if self.share is None or self.rounding not in ROUNDINGS:
            return N_("Quy định đang áp dụng chưa có tỷ lệ hoặc cách làm tròn: người quản trị cần nhập.")
        if self.places is None:
            text = N_("Sổ khen thưởng chưa có %(base)s năm %(year)d: cần nhập số người đạt.")
            return text % words
        if self.listed > self.places:
            text = N_("Danh sách có %(listed)d người, nhiều hơn chỉ tiêu còn lại %(places)d.")
            return text % {"listed": self.listed, "places": self.places}
        return ""

    @property
    def text(self) -> str:
        """The cap in words, with its source."""
        words: dict[str, object] = {"award": award_name(self.award), "year": self.year}
        if self.limit is None or self.share is None:
            return N_("%(award)s năm %(year)d: chưa xác định được chỉ tiêu.") % words
        source = N_("số do Văn phòng nhập") if self.typed else N_("theo sổ khen thưởng")
        words |= {
            "limit": self.limit,
            "share": N_("%(percent)s %%") % {"percent": _number(self.share * 100)},
            "base": self.base,
            "of": award_name(BASES[self.award]),
            "source": source,
            "law": self.citation,
            "taken": self.taken,
        }
        return (_CAP_LEFT if self.taken else _CAP) % words


def _number(value: Fraction) -> str:
    """ "15" or "12,5": a percentage as it is written in Vietnamese."""
    return f"{float(value):g}".replace(".", ",")


def capped_awards(uow: UnitOfWork, organisation_id: UUID, on: date) -> set[str]:
    """The awards for which the regulation in force gives a share: a unit must rank those it puts forward."""
    values = regulations.values(uow, organisation_id, on)
    suffix = "_share"
    return {
        key.removesuffix(suffix).upper()
        for key in values
        if key.endswith(suffix) and _value(values, key) != ""
    }


def quotas_of(uow: UnitOfWork, session: CouncilSession, nominations: Iterable[Nomination]) -> list[Quota]:
    """The caps that concern a list of nominees, by the law of the day of the vote; [] when none does."""
    listed = Counter((each.award, each.achievement_year) for each in nominations if each.award in BASES)
    on = vote_date(uow, session)
    typed = session.by_law.get(BASE_COUNT)
    newest = max((year for _, year in listed), default=None)
    own = select(SessionLine.nomination_id).where(SessionLine.session_id == session.id)
    return [
        _quota(uow, award, year, on, count, typed if year == newest else None, own)
        for (award, year), count in sorted(listed.items())
    ]


def _quota(
    uow: UnitOfWork, award: str, year: int, on: date, listed: int, typed: object, own: Select[UUID]
) -> Quota:
    assert uow.organisation_id is not None
    values = regulations.values(uow, uow.organisation_id, on)
    share, rounding = _value(values, f"{award.lower()}_share"), _value(values, f"{award.lower()}_rounding")
    base = int(str(typed)) if typed not in (None, "") else _registered(uow, BASES[award], year) or None
    return Quota(
        award=award,
        year=year,
        share=Fraction(share) if share else None,
        rounding=rounding,
        base=base,
        typed=typed not in (None, ""),
        taken=_taken(uow, award, year, own),
        listed=listed,
        citation=_citation(values, f"{award.lower()}_share", f"{award.lower()}_rounding"),
    )


def _value(values: Mapping[str, Any], key: str) -> str:
    entry = values.get(key)
    return str(entry.get("value", "") if isinstance(entry, Mapping) else entry or "").strip()


def _citation(values: Mapping[str, Any], *keys: str) -> str:
    texts = [str(values[key].get("citation", "")) for key in keys if isinstance(values.get(key), Mapping)]
    return "; ".join(
        text[:1].lower() + text[1:] if index else text for index, text in enumerate(texts) if text
    )


def _registered(uow: UnitOfWork, award: str, year: int) -> int:
    query = select(func.count()).select_from(RegisterEntry).where(*_entries(uow, award, year))
    return uow.session.scalar(query) or 0


def _taken(uow: UnitOfWork, award: str, year: int, own: Select[UUID]) -> int:
    """Those that passed before: dossiers beyond the council, and entries that have no dossier here."""
    dossiers = select(func.count()).where(
        Nomination.organisation_id == uow.organisation_id,
        Nomination.award == award,
        Nomination.achievement_year == year,
        Nomination.stage.in_(PASSED_STAGES),
        Nomination.id.not_in(own),
    )
    earlier = (
        select(func.count())
        .select_from(RegisterEntry)
        .where(*_entries(uow, award, year), RegisterEntry.nomination_id.is_(None))
    )
    return (uow.session.scalar(dossiers) or 0) + (uow.session.scalar(earlier) or 0)


def _entries(uow: UnitOfWork, award: str, year: int) -> tuple[Any, ...]:
    return (
        RegisterEntry.organisation_id == uow.organisation_id,
        RegisterEntry.award == award,
        RegisterEntry.achievement_year == year,
        RegisterEntry.status == "valid",
    )
