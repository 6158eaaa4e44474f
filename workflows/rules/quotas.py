"""Quotas and shares of titles, in whole people and exact fractions. The shares themselves are law, not here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import ceil, floor

ROUNDINGS = ("floor", "nearest", "ceil")


def cap(base: int, share: Fraction, rounding: str = "floor") -> int:
    """The most that may be proposed: 15/100 of 24 rounded down is 3, of 19 is 2 (AC-03).

    `nearest` takes a half up. Raises ValueError for a negative base and a rounding that is not known.
    """
    if base < 0:
        raise ValueError("a quota needs a base of zero or more")
    if rounding not in ROUNDINGS:
        raise ValueError(f"rounding must be one of {', '.join(ROUNDINGS)}, not {rounding!r}")
    exact = base * share
    if rounding == "nearest":
        return floor(exact + Fraction(1, 2))
    return ceil(exact) if rounding == "ceil" else floor(exact)


def reaches(part: int, whole: int, share: Fraction, *, strictly: bool = False) -> bool:
    """Whether `part` of `whole` is at least (or strictly more than) the share; never for an empty whole."""
    if whole <= 0:
        return False
    reached = Fraction(part, whole)
    return reached > share if strictly else reached >= share


@dataclass(frozen=True)
class Selection:
    """The chosen, the reserve, and those whom equal votes put on the line between them."""

    chosen: tuple[str, ...]
    tied: tuple[str, ...]
    reserve: tuple[str, ...]


def top_k(votes: Mapping[str, int], k: int) -> Selection:
    """The k with most votes; a tie at the cut is returned as a tie, never settled by order (AC-03)."""
    ranked = sorted(votes, key=lambda key: -votes[key])
    if len(ranked) <= k:
        return Selection(tuple(ranked), (), ())
    if k <= 0:
        return Selection((), (), tuple(ranked))
    cut = votes[ranked[k - 1]]
    if votes[ranked[k]] < cut:
        return Selection(tuple(ranked[:k]), (), tuple(ranked[k:]))
    return Selection(
        tuple(key for key in ranked if votes[key] > cut),
        tuple(key for key in ranked if votes[key] == cut),
        tuple(key for key in ranked if votes[key] < cut),
    )


def cut(votes: Mapping[str, int], limit: int) -> Selection:
    """Those that fit under the cap by votes from high to low; a tie at the cut is flagged, not settled."""
    return top_k(votes, limit)


@dataclass(frozen=True)
class Share:
    """How many of a list have a mark: 12 of 24, exactly 1/2, in words "12/24 (50 %)"."""

    count: int
    total: int

    @property
    def exact(self) -> Fraction | None:
        """The exact share; None of an empty list."""
        return Fraction(self.count, self.total) if self.total else None

    def __str__(self) -> str:
        if not self.total:
            return ""
        tenths = floor(Fraction(self.count * 1000, self.total) + Fraction(1, 2))
        percent = f"{tenths // 10},{tenths % 10}" if tenths % 10 else str(tenths // 10)
        return f"{self.count}/{self.total} ({percent} %)"


def share_of(flags: Sequence[bool]) -> Share:
    """The share of those that are marked."""
    return Share(sum(flags), len(flags))
