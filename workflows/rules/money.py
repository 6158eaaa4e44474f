"""Prize money: coefficient × base salary, rounded as the decree in force says."""

from __future__ import annotations

from fractions import Fraction
from math import ceil, floor


def prize(coefficient: str | Fraction, base_salary: int, step: int = 10_000, rounding: str = "ceil") -> int:
    """The prize in đồng.

    NĐ 91/2017 Điều 68 khoản 2 rounds up to ten thousand: 0.15 × 1 490 000 = 223 500 → 230 000
    (domain.md §5.2; a page that rounds down exists, hence the parameter). `nearest` takes a half up.
    ValueError for a coefficient, salary or step that is not positive, or an unknown rounding.
    """
    exact = Fraction(coefficient) * base_salary
    if exact <= 0 or step <= 0:
        raise ValueError("coefficient, base salary and step must be positive")
    steps = exact / step
    if rounding == "ceil":
        return ceil(steps) * step
    if rounding == "nearest":
        return floor(steps + Fraction(1, 2)) * step
    raise ValueError(f"unknown rounding: {rounding!r}")


def dong(amount: int) -> str:
    """The amount as Vietnamese papers write it: 230.000 đồng."""
    return f"{amount:,}".replace(",", ".") + " đồng"
