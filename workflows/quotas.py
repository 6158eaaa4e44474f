"""How many of an award may pass: a share of the law in force, of what the register holds, or places of a session.

Chiến sĩ thi đua cơ sở is a share of the year's LĐTT, Giấy khen Gia đình văn hóa of the families with three years
in a row before it; where the by-law chooses by votes from high to low, the office enters the number of places.
A share, a way of rounding, a base or a number that nobody has entered gives no cap: it is asked for, never
invented.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from contextlib import suppress
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
from workflows.queries.ballots import rule_row, vote_date
from workflows.rules.quotas import ROUNDINGS, cap
from workflows.tables.nominations import Nomination
from workflows.tables.register import RegisterEntry
from workflows.tables.sessions import CouncilSession, SessionLine


@dataclass(frozen=True)
class Base:
    """What a cap is a share of: an award of the same year, or of so many years in a row before it."""

    award: str
    count: str
    years: int = 0


BASES = {"CSTDCS": Base("LDTT", "ldtt_count"), "GK_GDVH": Base("GDVH", "gdvh_count", years=3)}
"""Award whose number is capped → what it is measured against, and what the office enters instead."""
PLACES = "places"
TYPED = (*(base.count for base in BASES.values()), PLACES)
"""What the office enters for a session where the register does not hold the base, or no law gives a share."""
PASSED_STAGES = ("paper", "city", "city_returned", "awarded")

_PEOPLE, _FAMILIES, _PLACES = N_("người"), N_("gia đình"), N_("suất")
_NOUNS = {"CSTDCS": _PEOPLE, "GK_GDVH": _FAMILIES}
_FAMILIES_OF_YEARS = N_("gia đình có %(years)d năm liên tục đạt %(award)s")
_CAP = N_(
    "%(award)s năm %(year)d: không quá %(limit)d %(noun)s (%(share)s của %(base)d %(of)s, %(source)s; %(law)s)."
)
_CAP_LEFT = N_(
    "%(award)s năm %(year)d: không quá %(limit)d %(noun)s "
    "(%(share)s của %(base)d %(of)s, %(source)s; %(law)s); đã thông qua trước đó %(taken)d."
)
_CAP_PLACES = N_("%(award)s năm %(year)d: %(limit)d suất, chọn theo phiếu từ cao xuống thấp.")


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
    registered: int | None = None

    @property
    def is_share(self) -> bool:
        """Whether the law gives a share; otherwise the session has so many places."""
        return self.award in BASES

    @property
    def noun(self) -> str:
        """What is counted: people, families, places."""
        return _NOUNS.get(self.award, _PLACES)

    @property
    def limit(self) -> int | None:
        """The cap; None while the share, the rounding or the base is not known."""
        if not self.is_share:
            return self.base
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
        if not self.is_share and self.limit is None:
            return N_("Quy chế chọn theo phiếu từ cao xuống thấp: cần nhập số suất.")
        if self.is_share and (self.share is None or self.rounding not in ROUNDINGS):
            return N_("Quy định đang áp dụng chưa có tỷ lệ hoặc cách làm tròn: người quản trị cần nhập.")
        if self.places is None:
            text = N_("Sổ khen thưởng chưa có %(base)s năm %(year)d: cần nhập số %(noun)s đạt.")
            return text % {"base": self.of, "year": self.year, "noun": self.noun}
        found = []
        if self.listed > self.places:
            text = N_("Danh sách có %(listed)d %(noun)s, nhiều hơn chỉ tiêu còn lại %(places)d.")
            found.append(text % {"listed": self.listed, "places": self.places, "noun": self.noun})
        if self.typed and self.registered not in (None, self.base):
            text = N_(
                "Sổ khen thưởng hiện có %(registered)d %(of)s, khác số đã nhập %(base)d: kiểm tra trước khi ký."
            )
            found.append(text % {"registered": self.registered, "of": self.of, "base": self.base})
        return " ".join(found)

    @property
    def of(self) -> str:
        """What the cap is a share of, in words."""
        base = BASES[self.award]
        name = award_name(base.award)
        return _FAMILIES_OF_YEARS % {"years": base.years, "award": name} if base.years else name

    @property
    def text(self) -> str:
        """The cap in words, with its source."""
        words: dict[str, object] = {"award": award_name(self.award), "year": self.year, "taken": self.taken}
        if self.limit is None:
            return N_("%(award)s năm %(year)d: chưa xác định được chỉ tiêu.") % words
        words["limit"] = self.limit
        if not self.is_share or self.share is None:
            return _CAP_PLACES % words
        words |= {
            "noun": self.noun,
            "share": N_("%(percent)s %%") % {"percent": _number(self.share * 100)},
            "base": self.base,
            "of": self.of,
            "source": N_("số do Văn phòng nhập") if self.typed else N_("theo sổ khen thưởng"),
            "law": self.citation,
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
    nominees = list(nominations)
    listed = Counter((each.award, each.achievement_year) for each in nominees)
    newest = {award: max(year for name, year in listed if name == award) for award, _ in listed}
    by_votes = _chosen_by_votes(uow, session, nominees)
    return [
        _quota(uow, session, award, year, count, newest=year == newest[award])
        for (award, year), count in sorted(listed.items())
        if award in BASES or award in by_votes
    ]


def _chosen_by_votes(uow: UnitOfWork, session: CouncilSession, nominees: list[Nomination]) -> set[str]:
    """The awards without a share of the law whose by-law takes those with most votes for so many places."""
    found = set()
    for nominee in {each.award: each for each in nominees if each.award not in BASES}.values():
        # An award without a rule of its own cannot be put to the vote: the agenda says so (set_agenda).
        with suppress(ValueError):
            if rule_row(uow, session, nominee)["selection"] == "top_k_by_votes":
                found.add(nominee.award)
    return found


def _quota(
    uow: UnitOfWork, session: CouncilSession, award: str, year: int, listed: int, *, newest: bool
) -> Quota:
    assert uow.organisation_id is not None
    base = BASES.get(award)
    typed = session.by_law.get(base.count if base else PLACES) if newest else None
    values = regulations.values(uow, uow.organisation_id, vote_date(uow, session))
    share, rounding = _value(values, f"{award.lower()}_share"), _value(values, f"{award.lower()}_rounding")
    registered = _known(uow, base, year)
    number = int(str(typed)) if typed not in (None, "") else registered
    own = select(SessionLine.nomination_id).where(SessionLine.session_id == session.id)
    return Quota(
        award=award,
        year=year,
        share=Fraction(share) if share and base else None,
        rounding=rounding,
        base=number,
        typed=typed not in (None, ""),
        taken=_taken(uow, award, year, own) if base else 0,
        listed=listed,
        citation=_citation(values, f"{award.lower()}_share", f"{award.lower()}_rounding"),
        registered=registered,
    )


def _known(uow: UnitOfWork, base: Base | None, year: int) -> int | None:
    """What the register holds of the base; None when it holds nothing."""
    if base is None:
        return None
    if base.years:
        return _in_a_row(uow, base, year) or None
    return _registered(uow, base.award, year) or None


def _in_a_row(uow: UnitOfWork, base: Base, year: int) -> int:
    """How many families of one hamlet and name hold the award in each of the years before this one."""
    years = func.count(RegisterEntry.achievement_year.distinct())
    query = (
        select(RegisterEntry.name_folded)
        .where(
            RegisterEntry.organisation_id == uow.organisation_id,
            RegisterEntry.award == base.award,
            RegisterEntry.status == "valid",
            RegisterEntry.achievement_year.between(year - base.years, year - 1),
        )
        .group_by(RegisterEntry.name_folded, RegisterEntry.unit_name)
        .having(years == base.years)
    )
    return uow.session.scalar(select(func.count()).select_from(query.subquery())) or 0


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
