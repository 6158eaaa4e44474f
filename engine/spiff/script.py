"""Expressions and scripts of diagrams and decision tables, in a narrowed RestrictedPython.

Three walls: an allow-list of syntax (engine/spiff/syntax.py), RestrictedPython's own transformation, and
guards at run time that allow-list every method and charge every growth to a budget. What each wall is for
is in notes/engine.md, "Scripts are programs": RestrictedPython alone stops every known escape but neither
`9**9**8` nor `'a' * 10**9`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from copy import deepcopy
from dataclasses import dataclass
from functools import lru_cache
from types import CodeType

from RestrictedPython.compile import compile_restricted_eval, compile_restricted_exec

from engine.errors import N_
from engine.spiff import budget, guards
from engine.spiff.functions import FUNCTIONS
from engine.spiff.syntax import Policy, refusal
from engine.spiff.values import ValueRefused, plain, plain_mapping

Functions = Mapping[str, Callable[..., object]]
_NO_FUNCTIONS: Functions = {}
_NOTHING: Mapping[str, object] = {}


class ScriptError(Exception):
    """An expression or a script is refused or fails; the text says why and shows the source."""

    def __init__(self, reason: str, source: str) -> None:
        self.reason = reason
        self.source = source
        super().__init__(f"{reason} — trong: {_short(source)}")


def _short(source: str) -> str:
    text = " ".join(source.split())
    return text if len(text) <= 120 else text[:117] + "…"


@dataclass(frozen=True)
class _Compiled:
    code: CodeType
    names: frozenset[str]


@lru_cache(maxsize=4096)
def _compile(source: str, mode: str) -> _Compiled | str:
    """The code, or the reason in Vietnamese why it is refused (both worth caching)."""
    text = source.strip() if mode == "eval" else source
    reason = refusal(text, mode)
    if reason is not None:
        return reason
    compiler = compile_restricted_eval if mode == "eval" else compile_restricted_exec
    try:
        result = compiler(text, filename="<diagram>", policy=Policy)
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        return N_("Biểu thức quá phức tạp hoặc sai cú pháp: ") + str(error)
    if result.errors or result.code is None:
        return N_("Không được phép: ") + "; ".join(str(error) for error in result.errors)
    return _Compiled(result.code, frozenset(_names(result.code)))


def _names(code: CodeType) -> set[str]:
    """Every global name the code may read, comprehensions included."""
    found = set(code.co_names)
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            found |= _names(constant)
    return found


def compile_check(source: str, mode: str = "eval") -> str | None:
    """Return None when the source may be published, else why not, in Vietnamese. `mode`: eval or exec."""
    outcome = _compile(source, mode)
    return outcome if isinstance(outcome, str) else None


def names_in(source: str, mode: str = "eval") -> frozenset[str]:
    """Return the data and function names a source reads (lint compares them). Empty when it is refused."""
    outcome = _compile(source, mode)
    if isinstance(outcome, str):
        return frozenset()
    return frozenset(name for name in outcome.names if not name.startswith("_"))


def _compiled(source: str, mode: str) -> _Compiled:
    outcome = _compile(source, mode)
    if isinstance(outcome, str):
        raise ScriptError(outcome, source)
    return outcome


def _namespace(
    compiled: _Compiled, own: Mapping[str, object], layers: tuple[Mapping[str, object], ...]
) -> dict[str, object]:
    """Only the names the code reads. Guards come first: a form's field `_getattr_` must not replace one."""
    names: dict[str, object] = {"__builtins__": {}}
    for name in compiled.names:
        if name.startswith("_"):
            if name in own:
                names[name] = own[name]
            continue
        for layer in layers:
            if name in layer:
                names[name] = layer[name]
                break
    return names


def evaluate(
    source: str,
    data: Mapping[str, object],
    functions: Functions = _NO_FUNCTIONS,
    extra: Mapping[str, object] = _NOTHING,
) -> object:
    """Return the value of an expression over the data, which it cannot change. Raises ScriptError."""
    compiled = _compiled(source, "eval")
    names = _namespace(compiled, guards.READING, (extra, data, functions, FUNCTIONS))
    before = budget.fresh_budget()
    try:
        return eval(compiled.code, names)  # noqa: S307 - compiled by RestrictedPython under our policy
    except Exception as error:
        raise ScriptError(_reason(error), source) from error
    finally:
        budget.restore_budget(before)


def value_of(
    source: str,
    data: Mapping[str, object],
    functions: Functions = _NO_FUNCTIONS,
    extra: Mapping[str, object] = _NOTHING,
) -> object:
    """`evaluate` as a plain, independent value. Raises ScriptError."""
    value = evaluate(source, data, functions, extra)
    try:
        return plain(value)
    except ValueRefused as error:
        raise ScriptError(str(error), source) from error


def execute(
    source: str, data: Mapping[str, object], functions: Functions = _NO_FUNCTIONS
) -> dict[str, object]:
    """Run a script on a deep copy of the data; return the variables it used or set. Raises ScriptError.

    The copy matters: the library copies data one level deep, so a nested change would reach the sibling
    branches and the finished steps (notes/engine.md, trap 9).
    """
    compiled = _compiled(source, "exec")
    copied = {name: deepcopy(data[name]) for name in compiled.names if name in data}
    names = _namespace(compiled, guards.WRITING, (copied, functions, FUNCTIONS))
    before = budget.fresh_budget()
    try:
        exec(compiled.code, names)  # noqa: S102 - compiled by RestrictedPython under our policy
        return plain_mapping(
            {name: value for name, value in names.items() if _is_data(name, value, functions)}
        )
    except Exception as error:
        raise ScriptError(_reason(error), source) from error
    finally:
        budget.restore_budget(before)


def _is_data(name: str, value: object, functions: Functions) -> bool:
    return not name.startswith("_") and value is not functions.get(name, FUNCTIONS.get(name, _NOTHING))


def _reason(error: Exception) -> str:
    if isinstance(error, NameError):
        return N_("Chưa có giá trị của tên “%s”") % getattr(error, "name", None)
    if isinstance(error, RecursionError):
        return N_("Biểu thức lồng nhau quá sâu")
    return f"{type(error).__name__}: {error}"
