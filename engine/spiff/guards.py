"""What a script meets at run time: allow-listed methods and functions, a budget for what grows.

Every loop, container, comparison and concatenation is charged by its weight (a nested list counts as often
as it would be printed: thirty times `x = [x, x]` weighs a thousand million). No text is made of a container.
"""

from __future__ import annotations

import datetime as dt
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from decimal import Decimal
from types import GeneratorType
from typing import cast

from RestrictedPython.Guards import guarded_iter_unpack_sequence, guarded_unpack_sequence

BUDGET = 200_000
MAX_TEXT = 100_000
MAX_BITS = 512
MAX_EXPONENT = 100


class Refused(Exception):
    """The script asks for something that is not allowed, or for too much."""


class _State(threading.local):
    left = BUDGET


_state = _State()
_VIEWS: tuple[type, ...] = (type({}.keys()), type({}.values()), type({}.items()))
_CONTAINERS = (list, tuple, set, frozenset, dict, *_VIEWS)
_NUMBERS = (int, float, Decimal)


@contextmanager
def budget() -> Iterator[None]:
    """A fresh budget for one evaluation; the outer one goes on after it (functions may evaluate)."""
    before = _state.left
    _state.left = BUDGET
    try:
        yield
    finally:
        _state.left = before


def _spend(amount: int) -> None:
    _state.left -= amount
    if _state.left < 0:
        raise Refused("vượt quá giới hạn tính toán cho một biểu thức")


def _weight(value: object, known: dict[int, int]) -> int:
    kind = type(value)
    if kind is str:
        return 1 + len(value) // 64  # type: ignore[arg-type] # narrowed by kind
    if kind not in _CONTAINERS:
        return 1
    seen = known.get(id(value))
    if seen is not None:
        if seen < 0:
            raise Refused("giá trị chứa chính nó")
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
            raise Refused("chuỗi quá dài")
        _spend(1 + len(value) // 64)  # type: ignore[arg-type] # narrowed by kind
    elif kind in _CONTAINERS:
        _spend(_weight(value, {}))
    elif kind is int and value.bit_length() > MAX_BITS:  # type: ignore[attr-defined] # narrowed by kind
        raise Refused("số quá lớn")
    return value


def _numbers(left: object, right: object) -> bool:
    return isinstance(left, _NUMBERS) and isinstance(right, _NUMBERS)


def _add(left: object, right: object) -> object:
    if type(left) in (str, list, tuple) and type(left) is type(right):
        charge(left)
        charge(right)
        return charge(left + right)  # type: ignore[operator] # same type
    return left + right  # type: ignore[operator] # dates, timedeltas, numbers; else TypeError


def _multiply(left: object, right: object) -> object:
    if _numbers(left, right) or isinstance(left, dt.timedelta) or isinstance(right, dt.timedelta):
        return left * right  # type: ignore[operator] # numbers
    sequence, times = (right, left) if isinstance(left, int) else (left, right)
    if type(sequence) not in (str, list, tuple) or not isinstance(times, int):
        raise Refused("phép nhân với kiểu không được phép")
    if len(sequence) * max(times, 0) > MAX_TEXT:  # type: ignore[arg-type] # a sequence
        raise Refused("kết quả quá lớn")
    _spend(len(sequence) * max(times, 0))  # type: ignore[arg-type] # a sequence
    return charge(sequence * times)  # type: ignore[operator] # a sequence


def _power(left: object, right: object) -> object:
    if not _numbers(left, right) or abs(right) > MAX_EXPONENT:  # type: ignore[arg-type] # a number
        raise Refused("số mũ quá lớn")
    if isinstance(left, int) and left.bit_length() * abs(right) > MAX_BITS:  # type: ignore[arg-type,operator] # numbers
        raise Refused("kết quả quá lớn")
    return left**right  # type: ignore[operator] # numbers


def _shift_left(left: object, right: object) -> object:
    if not (isinstance(left, int) and isinstance(right, int)) or right > MAX_BITS:
        raise Refused("phép dịch bit quá lớn")
    return left << right


def _modulo(left: object, right: object) -> object:
    if not _numbers(left, right):
        raise Refused("phép % chỉ dùng cho số")
    return left % right  # type: ignore[operator] # numbers


_BINARY: dict[str, Callable[[object, object], object]] = {
    "+": _add,
    "-": lambda left, right: left - right,  # type: ignore[operator] # TypeError when it has none
    "*": _multiply,
    "/": lambda left, right: left / right,  # type: ignore[operator] # TypeError when it has none
    "//": lambda left, right: left // right,  # type: ignore[operator] # TypeError when it has none
    "%": _modulo,
    "**": _power,
    "<<": _shift_left,
    ">>": lambda left, right: left >> right,  # type: ignore[operator] # TypeError when it has none
}


def _binary(operator: str, left: object, right: object) -> object:
    _spend(1)
    result = _BINARY[operator](left, right)
    if isinstance(result, int) and result.bit_length() > MAX_BITS:
        raise Refused("số quá lớn")
    return result


def _inplace(operator: str, left: object, right: object) -> object:
    return _binary(operator[:-1], left, right)


def _items(value: object) -> list[object]:
    """A snapshot to loop over, charged before it is made; a list that grows while looped cannot run away."""
    if isinstance(value, range):
        _spend(len(value) + 1)
    elif type(value) in _CONTAINERS or type(value) is str:
        _spend(len(value) + 1)  # type: ignore[arg-type] # a container or text
    elif not isinstance(value, GeneratorType):
        raise Refused(f"không lặp được trên kiểu {type(value).__name__}")
    return list(value)  # type: ignore[call-overload, no-any-return] # iterable by the checks above


def _iterator(value: object) -> Iterator[object]:
    if isinstance(value, GeneratorType):
        return _counted(value)
    return iter(_items(value))


def _counted(values: Iterator[object]) -> Iterator[object]:
    for value in values:
        _spend(1)
        yield value


def _item(container: object, index: object) -> object:
    if type(container) not in (str, list, tuple, dict, range):
        raise Refused(f"không lấy phần tử được từ kiểu {type(container).__name__}")
    return container[charge(index)]  # type: ignore[index] # narrowed above


class _Writer:
    """The target of `x[key] = value`: only lists and dictionaries, charged by the value's weight."""

    __slots__ = ("_target",)

    def __init__(self, target: object) -> None:
        if type(target) not in (list, dict):
            raise Refused(f"không ghi được vào kiểu {type(target).__name__}")
        self._target = target

    def __setitem__(self, key: object, value: object) -> None:
        charge(value)
        if type(key) is slice:
            raise Refused("không gán được cho một đoạn")
        self._target[charge(key)] = value  # type: ignore[index] # a list or dict
        charge(self._target)


def text_of(value: object) -> str:
    """str() of a single value; a container has no text here (its text may be without limit)."""
    if isinstance(value, str | bool | int | float | Decimal | dt.date | dt.timedelta | None):
        charge(value)
        return str(value)
    raise Refused(f"không đổi được kiểu {type(value).__name__} thành chữ")


_STR = frozenset(
    [
        "lower",
        "upper",
        "strip",
        "lstrip",
        "rstrip",
        "split",
        "rsplit",
        "splitlines",
        "startswith",
        "endswith",
        "title",
        "capitalize",
        "casefold",
        "count",
        "find",
        "rfind",
        "index",
        "isdigit",
        "isalpha",
        "isalnum",
        "isspace",
        "islower",
        "isupper",
        "removeprefix",
        "removesuffix",
        "partition",
        "rpartition",
    ]
)
_DATE = frozenset(["year", "month", "day", "weekday", "isoweekday", "isoformat"])
_METHODS: dict[type, frozenset[str]] = {
    str: _STR,
    list: frozenset(("count", "index", "copy")),
    tuple: frozenset(("count", "index")),
    dict: frozenset(("get", "keys", "values", "items", "copy")),
    set: frozenset(("union", "intersection", "difference", "issubset", "issuperset", "isdisjoint", "copy")),
    dt.date: _DATE,
    dt.datetime: _DATE | {"hour", "minute", "second", "date"},
    dt.timedelta: frozenset(("days", "seconds", "total_seconds")),
    float: frozenset(("is_integer",)),
}
_CLASS_METHODS: dict[object, frozenset[str]] = {
    dt.date: frozenset(("fromisoformat",)),
    dt.datetime: frozenset(("fromisoformat",)),
}


def _join(separator: str, values: object) -> str:
    parts = [text_of(item) if type(item) is not str else item for item in _items(values)]
    if sum(map(len, parts)) + len(separator) * len(parts) > MAX_TEXT:
        raise Refused("chuỗi quá dài")
    result = separator.join(parts)
    charge(result)
    return result


def _replace(text: str, old: str, new: str) -> str:
    if len(text) + text.count(old) * len(new) > MAX_TEXT:
        raise Refused("chuỗi quá dài")
    result = text.replace(old, new)
    charge(result)
    return result


def _append(target: list[object], value: object) -> None:
    charge(value)
    if value is target:
        raise Refused("giá trị chứa chính nó")
    target.append(value)


def _extend(target: list[object], values: object) -> None:
    items = _items(values)
    charge(items)
    target.extend(items)


def _insert(target: list[object], index: int, value: object) -> None:
    charge(value)
    target.insert(index, value)
    charge(target)


def _setdefault(target: dict[object, object], key: object, value: object = None) -> object:
    charge(value)
    result = target.setdefault(charge(key), value)
    charge(target)
    return result


def _update(target: dict[object, object], values: object) -> None:
    if type(values) is not dict:
        raise Refused("update cần một từ điển")
    charge(values)
    target.update(values)
    charge(target)


_Method = Callable[..., object]
_READ: dict[tuple[type, str], _Method] = {(str, "join"): _join, (str, "replace"): _replace}
_WRITE: dict[tuple[type, str], _Method] = {
    **_READ,
    (list, "append"): _append,
    (list, "extend"): _extend,
    (list, "insert"): _insert,
    (list, "pop"): list.pop,
    (list, "remove"): list.remove,
    (dict, "setdefault"): _setdefault,
    (dict, "update"): _update,
    (dict, "pop"): dict.pop,
}


def _attribute(own: Mapping[tuple[type, str], _Method]) -> Callable[..., object]:
    def guarded(value: object, name: str) -> object:
        kind = type(value)
        special = own.get((kind, name))
        if special is not None:
            return lambda *arguments: special(value, *arguments)
        allowed = _CLASS_METHODS.get(value, frozenset()) if kind is type else _METHODS.get(kind, frozenset())
        if name in allowed:
            return getattr(value, name)
        raise Refused(f"không được dùng “.{name}” trên kiểu {kind.__name__}")

    return guarded


def _listed(make: Callable[[list[object]], object]) -> Callable[..., object]:
    def guarded(values: object = ()) -> object:
        items = _items(values)
        charge(items)
        return make(items)

    return guarded


def _sorted(values: object, reverse: bool = False) -> list[object]:
    items = _items(values)
    charge(items)
    return sorted(items, reverse=bool(reverse))  # type: ignore[type-var] # TypeError when not comparable


def _extreme(choose: Callable[[list[object]], object]) -> Callable[..., object]:
    def guarded(*values: object, default: object = Refused) -> object:
        items = _items(values[0] if len(values) == 1 else values)
        charge(items)
        if not items and default is not Refused:
            return default
        return choose(items)

    return guarded


def _sum(values: object, start: object = 0) -> object:
    total = start
    for value in _iterator(values):
        if not _numbers(total, value) and not isinstance(value, dt.timedelta):
            raise Refused("sum chỉ dùng cho số")
        total = _binary("+", total, value)
    return total


def _decimal(value: object = "0") -> Decimal:
    if isinstance(value, str) and len(value) > MAX_DIGITS:
        raise Refused("số quá dài")
    if not isinstance(value, str | int | float | Decimal):
        raise Refused("không đổi được thành số thập phân")
    result = Decimal(value)
    _moderate(result)
    return result


MAX_DIGITS = 60


def _moderate(value: object) -> None:
    if isinstance(value, Decimal) and (
        not value.is_finite() or (value and abs(value.adjusted()) > MAX_DIGITS)
    ):
        raise Refused("số quá lớn")


def _int(value: object = 0) -> int:
    if isinstance(value, str) and len(value) > MAX_DIGITS:
        raise Refused("số quá dài")
    if not isinstance(value, str | int | float | Decimal):
        raise Refused("không đổi được thành số nguyên")
    _moderate(value)
    return int(value)


def _float(value: object = 0) -> float:
    if not isinstance(value, str | int | float | Decimal):
        raise Refused("không đổi được thành số")
    return float(value)


def _round(value: object, digits: int | None = None) -> object:
    if not isinstance(value, _NUMBERS) or (digits is not None and abs(digits) > MAX_DIGITS):
        raise Refused("không làm tròn được")
    _moderate(value)
    return round(value, digits)


def _range(*bounds: int) -> range:
    result = range(*bounds)
    if len(result) > BUDGET:
        raise Refused("khoảng quá dài")
    return result


def _length(value: object) -> int:
    if type(value) in _CONTAINERS or isinstance(value, str | range):
        return len(value)  # type: ignore[arg-type] # sized
    raise Refused(f"không đếm được kiểu {type(value).__name__}")


def _zip(*values: object) -> list[object]:
    return [tuple(row) for row in zip(*[_items(value) for value in values], strict=False)]


def _dict(values: object = ()) -> dict[object, object]:
    if type(values) is dict:
        charge(values)
        return dict(values)
    items = _items(values)
    charge(items)
    return dict(items)  # type: ignore[arg-type] # pairs, else TypeError


def _pad(value: object, width: int, fill: str = "0") -> str:
    """`pad(7, 3)` is "007": numbers of papers, without format specifications."""
    if width > 40 or len(fill) != 1:
        raise Refused("độ rộng quá lớn")
    return text_of(value).rjust(width, fill)


FUNCTIONS: dict[str, Callable[..., object]] = {
    "len": _length,
    "min": _extreme(min),  # type: ignore[arg-type] # TypeError when not comparable
    "max": _extreme(max),  # type: ignore[arg-type] # TypeError when not comparable
    "sum": _sum,
    "any": lambda values: any(_iterator(values)),
    "all": lambda values: all(_iterator(values)),
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
    "enumerate": lambda values, start=0: list(enumerate(_items(values), start)),
    "zip": _zip,
    "reversed": lambda values: _items(values)[::-1],
    "Decimal": _decimal,
    "date": dt.date,
    "datetime": dt.datetime,
    "timedelta": dt.timedelta,
    "pad": _pad,
}
_COMMON: dict[str, object] = {
    "__builtins__": {},
    "_getiter_": _iterator,
    "_getitem_": _item,
    "_iter_unpack_sequence_": guarded_iter_unpack_sequence,
    "_unpack_sequence_": guarded_unpack_sequence,
    "_binary_": _binary,
    "_inplacevar_": _inplace,
    "_charge_": charge,
    "_text_": text_of,
}
READING: dict[str, object] = {**_COMMON, "_getattr_": _attribute(_READ)}
WRITING: dict[str, object] = {**_COMMON, "_getattr_": _attribute(_WRITE), "_write_": _Writer}
