"""Expressions and scripts of diagrams and decision tables, in a narrowed RestrictedPython.

Three walls: an allow-list of syntax (engine/spiff/syntax.py), RestrictedPython's own transformation, and
guards at run time that allow-list every method and charge every growth to a budget. What each wall is for
is in notes/engine.md, "Scripts are programs": RestrictedPython alone stops every known escape but neither
`9**9**8` nor `'a' * 10**9`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from copy import deepcopy
from functools import lru_cache
from types import CodeType

from RestrictedPython.compile import compile_restricted_eval, compile_restricted_exec

from engine.errors import N_
from engine.spiff import guards
from engine.spiff.syntax import Policy, refusal
from engine.spiff.values import ValueRefused, plain, plain_mapping

Functions = Mapping[str, Callable[..., object]]
_NONE: dict[str, object] = {}


class ScriptError(Exception):
    """An expression or a script is refused or fails; the text says why and shows the source."""

    def __init__(self, reason: str, source: str) -> None:
        self.reason = reason
        self.source = source
        super().__init__(f"{reason} — trong: {_short(source)}")


def _short(source: str) -> str:
    text = " ".join(source.split())
    return text if len(text) <= 120 else text[:117] + "…"


@lru_cache(maxsize=4096)
def _compile(source: str, mode: str) -> CodeType | str:
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
    code: CodeType = result.code
    return code


def compile_check(source: str, mode: str = "eval") -> str | None:
    """Return None when the source may be published, else why not, in Vietnamese. `mode`: eval or exec."""
    outcome = _compile(source, mode)
    return outcome if isinstance(outcome, str) else None


def _code(source: str, mode: str) -> CodeType:
    outcome = _compile(source, mode)
    if isinstance(outcome, str):
        raise ScriptError(outcome, source)
    return outcome


def _namespace(
    own: Mapping[str, object], functions: Functions, data: Mapping[str, object], extra: Mapping[str, object]
) -> dict[str, object]:
    """Guards last: a field of a form called `_getattr_` must not replace one."""
    names: dict[str, object] = {**guards.FUNCTIONS, **functions}
    for source in (data, extra):
        for key, value in source.items():
            if not key.startswith("_"):
                names[key] = value
    names.update(own)
    return names


def evaluate(
    source: str,
    data: Mapping[str, object],
    functions: Functions = _NONE,  # type: ignore[assignment] # an empty mapping of anything
    extra: Mapping[str, object] = _NONE,
) -> object:
    """Return the value of an expression over the data, which it cannot change. Raises ScriptError."""
    code = _code(source, "eval")
    names = _namespace(guards.READING, functions, data, extra)
    with guards.budget():
        try:
            return eval(code, names)  # noqa: S307 - compiled by RestrictedPython under our policy
        except Exception as error:
            raise ScriptError(_reason(error), source) from error


def value_of(
    source: str,
    data: Mapping[str, object],
    functions: Functions = _NONE,  # type: ignore[assignment] # an empty mapping of anything
    extra: Mapping[str, object] = _NONE,
) -> object:
    """`evaluate` as a plain, independent value. Raises ScriptError."""
    try:
        return plain(evaluate(source, data, functions, extra))
    except ValueRefused as error:
        raise ScriptError(str(error), source) from error


def execute(
    source: str,
    data: Mapping[str, object],
    functions: Functions = _NONE,  # type: ignore[assignment] # an empty mapping of anything
) -> dict[str, object]:
    """Run a script on a deep copy of the data; return every variable after it. Raises ScriptError.

    The copy matters: the library copies data one level deep, so a nested change would reach the sibling
    branches and the finished steps (notes/engine.md, trap 9).
    """
    code = _code(source, "exec")
    names = _namespace(guards.WRITING, functions, deepcopy(dict(data)), _NONE)
    given = {**guards.FUNCTIONS, **functions}
    with guards.budget():
        try:
            exec(code, names)  # noqa: S102 - compiled by RestrictedPython under our policy
            return plain_mapping(
                {
                    key: value
                    for key, value in names.items()
                    if not key.startswith("_") and not (key in given and value is given[key])
                }
            )
        except Exception as error:
            raise ScriptError(_reason(error), source) from error


def _reason(error: Exception) -> str:
    if isinstance(error, NameError):
        return N_("Chưa có giá trị của tên “%s”") % getattr(error, "name", None)
    if isinstance(error, RecursionError):
        return N_("Biểu thức lồng nhau quá sâu")
    return f"{type(error).__name__}: {error}"
