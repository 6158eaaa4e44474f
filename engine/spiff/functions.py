"""Functions an expression may call without anybody registering them; each bounds what it makes."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from decimal import Decimal

from engine.errors import N_
from engine.spiff.budget import BUDGET, CONTAINERS, NUMBERS, Refused, charge, items_of, iterator, text_of
from engine.spiff.guards import binary

MAX_DIGITS = 60


def _listed(make: Callable[[list[object]], object]) -> Callable[..., object]:
    def guarded(values: object = ()) -> object:
        items = items_of(values)
        charge(items)
        return make(items)

    return guarded


def _sorted(values: object, reverse: bool = False) -> list[object]:
    items = items_of(values)
    charge(items)
    return sorted(items, reverse=bool(reverse))  # type: ignore[type-var] # TypeError when not comparable


def _extreme(choose: Callable[[list[object]], object]) -> Callable[..., object]:
    def guarded(*values: object, default: object = Refused) -> object:
        items = items_of(values[0] if len(values) == 1 else values)
        charge(items)
        if not items and default is not Refused:
            return default
        return choose(items)

    return guarded


def _sum(values: object, start: object = 0) -> object:
    total = start
    for value in iterator(values):
        if not isinstance(value, (*NUMBERS, dt.timedelta)) or not isinstance(total, (*NUMBERS, dt.timedelta)):
            raise Refused(N_("sum chỉ dùng cho số"))
        total = binary("+", total, value)
    return total


def _decimal(value: object = "0") -> Decimal:
    if isinstance(value, str) and len(value) > MAX_DIGITS:
        raise Refused(N_("số quá dài"))
    if not isinstance(value, str | int | float | Decimal):
        raise Refused(N_("không đổi được thành số thập phân"))
    result = Decimal(value)
    _moderate(result)
    return result


def _moderate(value: object) -> None:
    if isinstance(value, Decimal) and (
        not value.is_finite() or (value and abs(value.adjusted()) > MAX_DIGITS)
    ):
        raise Refused(N_("số quá lớn"))


def _int(value: object = 0) -> int:
    if isinstance(value, str) and len(value) > MAX_DIGITS:
        raise Refused(N_("số quá dài"))
    if not isinstance(value, str | int | float | Decimal):
        raise Refused(N_("không đổi được thành số nguyên"))
    _moderate(value)
    return int(value)


def _float(value: object = 0) -> float:
    if not isinstance(value, str | int | float | Decimal):
        raise Refused(N_("không đổi được thành số"))
    return float(value)


def _round(value: object, digits: int | None = None) -> object:
    if not isinstance(value, NUMBERS) or (digits is not None and abs(digits) > MAX_DIGITS):
        raise Refused(N_("không làm tròn được"))
    _moderate(value)
    return round(value, digits)


def _range(*bounds: int) -> range:
    result = range(*bounds)
    if len(result) > BUDGET:
        raise Refused(N_("khoảng quá dài"))
    return result


def _length(value: object) -> int:
    if type(value) in CONTAINERS or isinstance(value, str | range):
        return len(value)  # type: ignore[arg-type] # sized
    raise Refused(N_("không đếm được kiểu %s") % type(value).__name__)


def _zip(*values: object) -> list[object]:
    return [tuple(row) for row in zip(*[items_of(value) for value in values], strict=False)]


def _dict(values: object = ()) -> dict[object, object]:
    if type(values) is dict:
        charge(values)
        return dict(values)
    items = items_of(values)
    charge(items)
    return dict(items)  # type: ignore[arg-type] # pairs, else TypeError


def _pad(value: object, width: int, fill: str = "0") -> str:
    """`pad(7, 3)` is "007": numbers of papers, without format specifications."""
    if width > 40 or len(fill) != 1:
        raise Refused(N_("độ rộng quá lớn"))
    return text_of(value).rjust(width, fill)


FUNCTIONS: dict[str, Callable[..., object]] = {
    "len": _length,
    "min": _extreme(min),  # type: ignore[arg-type] # TypeError when not comparable
    "max": _extreme(max),  # type: ignore[arg-type] # TypeError when not comparable
    "sum": _sum,
    "any": lambda values: any(iterator(values)),
    "all": lambda values: all(iterator(values)),
    "sorted": _sorted,
    "abs": abs,
    "round": _round,
    "int": _int,
    "float": _float,
    "str": text_of,
    "bool": bool,
    "list": _listed(list),
    "tuple": _listed(tuple),
    "set": _listed(set),
    "dict": _dict,
    "range": _range,
    "enumerate": lambda values, start=0: list(enumerate(items_of(values), start)),
    "zip": _zip,
    "reversed": lambda values: items_of(values)[::-1],
    "Decimal": _decimal,
    "date": dt.date,
    "datetime": dt.datetime,
    "timedelta": dt.timedelta,
    "pad": _pad,
}
