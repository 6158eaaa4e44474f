"""Numbers of dossiers and papers: a year's series starts again at 01, numbers below ten are padded."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable

_NUMBER = re.compile(r"0*([1-9][0-9]{0,5})")


def dossier_code(year: int, number: int) -> str:
    """The code of a dossier, e.g. HS-2022-0001."""
    return f"HS-{year}-{number:04d}"


def padded(number: int) -> str:
    """The number as a paper shows it: 05, 12, 107 (NĐ 30/2020 layout)."""
    return f"{number:02d}"


def paper_number(number: int, series: str) -> str:
    """Number and symbol of a paper, e.g. 05/QĐ-UBND."""
    return f"{padded(number)}/{series}"


def parse_number(text: str) -> int:
    """The number in "05" or "05/QĐ-UBND"; ValueError when there is none above zero."""
    match = _NUMBER.fullmatch(text.split("/")[0].strip())
    if match is None:
        raise ValueError(f"not a number of a paper: {text!r}")
    return int(match[1])


def first_free(first: int, last: int, used: Collection[int]) -> int | None:
    """The lowest number of a reserved block that is not used yet; None when the block is exhausted."""
    return next((number for number in range(first, last + 1) if number not in used), None)


def gaps(used: Iterable[int]) -> list[int]:
    """The numbers below the highest used one that were never used, for the clerk's yearly check."""
    taken = set(used)
    return [number for number in range(1, max(taken, default=0)) if number not in taken]
