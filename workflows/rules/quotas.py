"""Quotas and shares of titles, in whole people and exact fractions."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from math import floor

from workflows.rules.voting import Selection, top_k

CSTDCS_SHARE = Fraction(15, 100)
"""At most 15 % of those with LĐTT (NĐ 91/2017 Điều 9 khoản 3); a province may set it lower."""

GK_GDVH_SHARE = Fraction(15, 100)
"""At most 15 % of families with three consecutive years (NĐ 122/2018)."""


def cap(base: int, share: Fraction) -> int:
    """The most that may be proposed: the share of `base` rounded down, so that it is never exceeded."""
    if base < 0:
        raise ValueError("a quota needs a base of zero or more")
    return floor(base * share)


def cstdcs_cap(ldtt: int, share: Fraction = CSTDCS_SHARE) -> int:
    """The most CSTĐCS for a number of LĐTT: 24 give 3, 19 give 2 (AC-03)."""
    return cap(ldtt, share)


def reaches(part: int, whole: int, share: Fraction, *, strictly: bool = False) -> bool:
    """Whether `part` of `whole` is at least (or strictly more than) the share; never for an empty whole."""
    if whole <= 0:
        return False
    reached = Fraction(part, whole)
    return reached > share if strictly else reached >= share


def cut(votes: Mapping[str, int], limit: int) -> Selection:
    """Those that fit under the cap by votes from high to low; a tie at the cut is flagged, not settled."""
    return top_k(votes, limit)
