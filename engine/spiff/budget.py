"""The budget of one evaluation: every loop, container, comparison and concatenation is charged by its weight.

A nested list counts as often as it would be printed: thirty times `x = [x, x]` weighs a thousand million.
"""

from __future__ import annotations

import datetime as dt
import threading
from collections.abc import Iterable, Iterator
from decimal import Decimal
from types import GeneratorType
from typing import cast

from engine.errors import N_

BUDGET = 200_000
MAX_TEXT = 100_000
MAX_BITS = 512


class Refused(Exception):
    """The script asks for something that is not allowed, or for too much."""


class _State(threading.local):
    left = BUDGET


_state = _State()
_VIEWS: tuple[type, ...] = (type({}.keys()), type({}.values()), type({}.items()))
CONTAINERS = (list, tuple, set, frozenset, dict, *_VIEWS)
NUMBERS = (int, float, Decimal)


def fresh_budget() -> int:
    """Start a new budget; return what was left of the outer one (functions may evaluate too)."""
    before = _state.left
    _state.left = BUDGET
    return before


def restore_budget(before: int) -> None:
    """Go on with the outer budget."""
    _state.left = before


def spend(amount: int) -> None:
    _state.left -= amount
    if _state.left < 0:
        raise Refused(N_("vượt quá giới hạn tính toán cho một biểu thức"))


def _weight(value: object, known: dict[int, int]) -> int:
    kind = type(value)
    if kind is str:
        return 1 + len(value) // 64  # type: ignore[arg-type] # narrowed by kind
    if kind not in CONTAINERS:
        return 1
    seen = known.get(id(value))
    if seen is not None:
        if seen < 0:
            raise Refused(N_("giá trị chứa chính nó"))
        return seen
    known[id(value)] = -1
    if isinstance(value, dict):
        total = 1 + sum(_weight(k, known) + _weight(v, known) for k, v in value.items())
    else:
        total = 1 + sum(_weight(item, known) for item in cast(Iterable[object], value))
    known[id(value)] = total
    return total


def charge(value: object) -> object:
    """Charge a container or text by its weight and return it unchanged."""
    kind = type(value)
    if kind is str:
        if len(value) > MAX_TEXT:  # type: ignore[arg-type] # narrowed by kind
            raise Refused(N_("chuỗi quá dài"))
        spend(1 + len(value) // 64)  # type: ignore[arg-type] # narrowed by kind
    elif kind in CONTAINERS:
        spend(_weight(value, {}))
    elif kind is int and value.bit_length() > MAX_BITS:  # type: ignore[attr-defined] # narrowed by kind
        raise Refused(N_("số quá lớn"))
    return value


def charge_into(target: object, value: object) -> None:
    """Charge what is put into a container, which may not contain the container."""
    spend(_weight(value, {id(target): -1}))


def items_of(value: object) -> list[object]:
    """A snapshot to loop over, charged before it is made; a list that grows while looped cannot run away."""
    if isinstance(value, range):
        spend(len(value) + 1)
    elif type(value) in CONTAINERS or type(value) is str:
        spend(len(value) + 1)  # type: ignore[arg-type] # a container or text
    elif not isinstance(value, GeneratorType):
        raise Refused(N_("không lặp được trên kiểu %s") % type(value).__name__)
    return list(value)  # type: ignore[call-overload, no-any-return] # iterable by the checks above


def iterator(value: object) -> Iterator[object]:
    if isinstance(value, GeneratorType):
        return _counted(value)
    return iter(items_of(value))


def _counted(values: Iterator[object]) -> Iterator[object]:
    for value in values:
        spend(1)
        yield value


def text_of(value: object) -> str:
    """str() of a single value; a container has no text here (its text may be without limit)."""
    if isinstance(value, str | bool | int | float | Decimal | dt.date | dt.timedelta | None):
        charge(value)
        return str(value)
    raise Refused(N_("không đổi được kiểu %s thành chữ") % type(value).__name__)
