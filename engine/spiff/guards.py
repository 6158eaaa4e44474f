"""What a script meets at run time: guarded operators, allow-listed methods, guarded writing."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping

from RestrictedPython.Guards import guarded_iter_unpack_sequence, guarded_unpack_sequence

from engine.errors import N_
from engine.spiff.budget import (
    MAX_BITS,
    MAX_TEXT,
    NUMBERS,
    Refused,
    charge,
    charge_into,
    items_of,
    iterator,
    spend,
    text_of,
)

MAX_EXPONENT = 100


def _numbers(left: object, right: object) -> bool:
    return isinstance(left, NUMBERS) and isinstance(right, NUMBERS)


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
        raise Refused(N_("phép nhân với kiểu không được phép"))
    if len(sequence) * max(times, 0) > MAX_TEXT:  # type: ignore[arg-type] # a sequence
        raise Refused(N_("kết quả quá lớn"))
    spend(len(sequence) * max(times, 0))  # type: ignore[arg-type] # a sequence
    return charge(sequence * times)  # type: ignore[operator] # a sequence


def _power(left: object, right: object) -> object:
    if not _numbers(left, right) or abs(right) > MAX_EXPONENT:  # type: ignore[arg-type] # a number
        raise Refused(N_("số mũ quá lớn"))
    exponent: float = abs(right)  # type: ignore[arg-type] # a number
    if isinstance(left, int) and left.bit_length() * exponent > MAX_BITS:
        raise Refused(N_("kết quả quá lớn"))
    return left**right  # type: ignore[operator] # numbers


def _shift_left(left: object, right: object) -> object:
    if not (isinstance(left, int) and isinstance(right, int)) or right > MAX_BITS:
        raise Refused(N_("phép dịch bit quá lớn"))
    return left << right


def _modulo(left: object, right: object) -> object:
    if not _numbers(left, right):
        raise Refused(N_("phép % chỉ dùng cho số"))
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


def binary(operator: str, left: object, right: object) -> object:
    spend(1)
    result = _BINARY[operator](left, right)
    if isinstance(result, int) and result.bit_length() > MAX_BITS:
        raise Refused(N_("số quá lớn"))
    return result


def _inplace(operator: str, left: object, right: object) -> object:
    return binary(operator[:-1], left, right)


def _item(container: object, index: object) -> object:
    if type(container) not in (str, list, tuple, dict, range):
        raise Refused(N_("không lấy phần tử được từ kiểu %s") % type(container).__name__)
    found: object = container[charge(index)]  # type: ignore[index] # narrowed above
    return charge(found) if type(index) is slice else found


class _Writer:
    """The target of `x[key] = value`: only lists and dictionaries, charged by the value's weight."""

    __slots__ = ("_target",)

    def __init__(self, target: object) -> None:
        if type(target) not in (list, dict):
            raise Refused(N_("không ghi được vào kiểu %s") % type(target).__name__)
        self._target = target

    def __setitem__(self, key: object, value: object) -> None:
        if type(key) is slice:
            raise Refused(N_("không gán được cho một đoạn"))
        charge_into(self._target, value)
        self._target[charge(key)] = value  # type: ignore[index] # a list or dict


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
    parts = [text_of(item) if type(item) is not str else item for item in items_of(values)]
    if sum(map(len, parts)) + len(separator) * len(parts) > MAX_TEXT:
        raise Refused(N_("chuỗi quá dài"))
    result = separator.join(parts)
    charge(result)
    return result


def _replace(text: str, old: str, new: str) -> str:
    if len(text) + text.count(old) * len(new) > MAX_TEXT:
        raise Refused(N_("chuỗi quá dài"))
    result = text.replace(old, new)
    charge(result)
    return result


def _append(target: list[object], value: object) -> None:
    charge_into(target, value)
    target.append(value)


def _extend(target: list[object], values: object) -> None:
    items = items_of(values)
    charge_into(target, items)
    target.extend(items)


def _insert(target: list[object], index: int, value: object) -> None:
    charge_into(target, value)
    spend(len(target))
    target.insert(index, value)


def _remove(target: list[object], value: object) -> None:
    charge(target)
    target.remove(value)


def _setdefault(target: dict[object, object], key: object, value: object = None) -> object:
    charge_into(target, value)
    return target.setdefault(charge(key), value)


def _update(target: dict[object, object], values: object) -> None:
    if type(values) is not dict:
        raise Refused(N_("update cần một từ điển"))
    charge_into(target, values)
    target.update(values)


_Method = Callable[..., object]
_READ: dict[tuple[type, str], _Method] = {(str, "join"): _join, (str, "replace"): _replace}
_WRITE: dict[tuple[type, str], _Method] = {
    **_READ,
    (list, "append"): _append,
    (list, "extend"): _extend,
    (list, "insert"): _insert,
    (list, "pop"): list.pop,
    (list, "remove"): _remove,
    (dict, "setdefault"): _setdefault,
    (dict, "update"): _update,
    (dict, "pop"): dict.pop,
}


_GROWING = frozenset((str, list, tuple, set, dict))


def _charged_call(value: object, method: _Method) -> _Method:
    """A method whose work or result grows with its object: both are charged."""

    def call(*arguments: object, **named: object) -> object:
        charge(value)
        return charge(method(*arguments, **named))

    return call


def _attribute(own: Mapping[tuple[type, str], _Method]) -> Callable[..., object]:
    def guarded(value: object, name: str) -> object:
        kind = type(value)
        special = own.get((kind, name))
        if special is not None:
            return lambda *arguments: special(value, *arguments)
        allowed = _CLASS_METHODS.get(value, frozenset()) if kind is type else _METHODS.get(kind, frozenset())
        if name in allowed:
            found = getattr(value, name)
            return _charged_call(value, found) if (kind in _GROWING and name != "get") else found
        raise Refused(N_("không được dùng “.%s” trên kiểu %s") % (name, kind.__name__))

    return guarded


_COMMON: dict[str, object] = {
    "__builtins__": {},
    "_getiter_": iterator,
    "_getitem_": _item,
    "_iter_unpack_sequence_": guarded_iter_unpack_sequence,
    "_unpack_sequence_": guarded_unpack_sequence,
    "_binary_": binary,
    "_inplacevar_": _inplace,
    "_charge_": charge,
    "_text_": text_of,
}
READING: dict[str, object] = {**_COMMON, "_getattr_": _attribute(_READ)}
WRITING: dict[str, object] = {**_COMMON, "_getattr_": _attribute(_WRITE), "_write_": _Writer}
