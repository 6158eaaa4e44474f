"""What may live in the data of an instance: plain values that survive a reload unchanged.

Sets become sorted lists, tuples lists and UUIDs strings at the moment they enter, so that a step sees the
same data whether the instance was reloaded in between or not. A key called `typename` would be taken for
the serializer's own mark and is refused (notes/engine.md, trap 3).
"""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Mapping
from copy import deepcopy
from decimal import Decimal
from typing import Any
from uuid import UUID

from engine.errors import N_, ThiduaError

MAX_NODES = 100_000
MAX_DEPTH = 40
SCALARS = frozenset({str, int, float, bool, type(None), Decimal, dt.date, dt.datetime})


class ValueRefused(ThiduaError):
    """A value cannot be stored in the data of an instance; the reason names it."""

    template = N_("Dữ liệu không lưu được: %(reason)s")

    def __init__(self, reason: object) -> None:
        super().__init__(reason=reason)


class _Counter:
    def __init__(self) -> None:
        self.left = MAX_NODES


def plain(value: object) -> object:
    """Return an independent copy made only of plain values. Raises ValueRefused."""
    return _plain(value, _Counter(), 0)


def plain_mapping(values: Mapping[str, object]) -> dict[str, object]:
    """`plain` of every value of a mapping with text keys. Raises ValueRefused."""
    counter = _Counter()
    return _plain_dict(values, counter, 0)


def copied(value: Any) -> Any:
    """Return an independent copy of plain data; a tenth of what `deepcopy` costs."""
    kind = value.__class__
    if kind is dict:
        return {key: one if one.__class__ in SCALARS else copied(one) for key, one in value.items()}
    if kind is list:
        return [one if one.__class__ in SCALARS else copied(one) for one in value]
    return value if kind in SCALARS else deepcopy(value)


def _plain(value: object, counter: _Counter, depth: int) -> object:
    counter.left -= 1
    if counter.left < 0 or depth > MAX_DEPTH:
        raise ValueRefused(N_("quá lớn hoặc lồng nhau quá sâu"))
    kind = type(value)
    if kind is float and not math.isfinite(value):  # type: ignore[arg-type] # narrowed by kind
        raise ValueRefused(N_("số vô hạn hoặc không xác định"))
    if kind in SCALARS:
        return value
    if isinstance(value, Mapping):
        return _plain_dict(value, counter, depth)
    if isinstance(value, list | tuple):
        return [_plain(item, counter, depth + 1) for item in value]
    if isinstance(value, set | frozenset):
        items = [_plain(item, counter, depth + 1) for item in value]
        return sorted(items, key=lambda item: (type(item).__name__, str(item)))
    if isinstance(value, UUID):
        return str(value)
    if isinstance(value, str):  # StrEnum and other subclasses
        return str(value)
    raise ValueRefused(N_("kiểu %s") % kind.__name__)


def _plain_dict(
    value: Mapping[object, object] | Mapping[str, object], counter: _Counter, depth: int
) -> dict[str, object]:
    result: dict[str, object] = {}
    for key, item in value.items():
        name = str(key) if isinstance(key, int | UUID | str) else None
        if name is None or name == "typename":
            raise ValueRefused(N_("tên trường “%s”") % (key,))
        result[name] = _plain(item, counter, depth + 1)
    return result
