"""The sandbox: what diagrams need works, every known escape and every resource attack is refused."""

from __future__ import annotations

import datetime as dt
import time
import tracemalloc
from decimal import Decimal

import pytest

from engine.spiff.script import ScriptError, compile_check, evaluate, execute, names_in, value_of

DATA = {
    "award": "LDTT",
    "months": 9,
    "items": [3, 1, 2],
    "row": {"agree": 7, "cast": 9},
    "text": "abc",
    "none": None,
    "day": dt.date(2022, 12, 12),
    "generator": [1, 2],
}


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ('award == "LDTT" and months >= 9', True),
        ('award in ("LDTT", "CSTDCS")', True),
        ("5 < months < 10", True),
        ("none is not None and none >= 8", False),
        ("row['agree'] * 10 >= row['cast'] * 9", False),
        ("row.get('missing', 0) + 1", 1),
        ("sorted(items)", [1, 2, 3]),
        ("[n * 2 for n in items if n > 1]", [6, 4]),
        ("{n: str(n) for n in items}", {"3": "3", "1": "1", "2": "2"}),
        ("sum(n for n in items)", 6),
        ("any(n > 2 for n in items)", True),
        ("max(items) if items else 0", 3),
        ("f'{award} và {months}'", "LDTT và 9"),
        ("', '.join(str(n) for n in items)", "3, 1, 2"),
        ("text.upper().replace('A', 'x')", "xBC"),
        ("Decimal('0.15') * 1490000", Decimal("223500.00")),
        ("day + timedelta(days=3)", dt.date(2022, 12, 15)),
        ("date.fromisoformat('2022-12-05') < day", True),
        ("pad(7, 3) + '/QĐ'", "007/QĐ"),
        ("items[1:]", [1, 2]),
        ("2 ** 10 % 1000", 24),
        ("{2, 1}", [1, 2]),
        ("[(a, b) for a, b in zip(items, items)][0]", [3, 3]),
        ("round(2.5) // 1", 2),
    ],
)
def test_what_diagrams_need_is_there(source: str, expected: object) -> None:
    assert value_of(source, DATA) == expected


ESCAPES = [
    "().__class__",
    "().__class__.__bases__[0].__subclasses__()",
    "''.__class__.__mro__[1].__subclasses__()",
    "getattr(text, 'upper')",
    "__import__('os').system('id')",
    "eval('1')",
    "exec('1')",
    "compile('1', '', 'eval')",
    "open('/etc/passwd').read()",
    "type(text)",
    "globals()",
    "vars()",
    "(x for x in [1]).gi_frame",
    "(x for x in [1]).gi_frame.f_back.f_globals",
    "[x for x in [1]].append.__self__",
    "'{0.__class__}'.format(text)",
    "'{0.__class__.__init__.__globals__}'.format_map({'a': 1})",
    "f'{text.__class__}'",
    "f'{text!r}'",
    "str.format('{0.__class__}', text)",
    "date.today()",
    "datetime.now()",
    "date.__subclasses__()",
    "len.__self__",
    "sum.__globals__",
    "evaluate.__globals__",
    "(lambda: 1)()",
    "[c for c in ().__class__.__base__.__subclasses__()]",
    "{}.__class__",
    "_getattr_(text, '__class__')",
    "__builtins__",
    "(x := 1)",
    "[*items]",
    "max(*items)",
    "dict(**row)",
    "text.encode()",
    "text.translate({97: 98})",
    "print(text)",
    "breakpoint()",
    "help",
    "Decimal.__module__",
    "1j",
    "b'x'",
    "...",
    "items @ items",
    "items | items",
]


@pytest.mark.parametrize("source", ESCAPES)
def test_no_escape_from_an_expression(source: str) -> None:
    with pytest.raises(ScriptError):
        evaluate(source, DATA)


SCRIPT_ESCAPES = [
    "import os",
    "from os import path",
    "def f():\n  return 1",
    "class A:\n  pass",
    "while True:\n  pass",
    "try:\n  1 / 0\nexcept Exception as e:\n  x = e.__traceback__.tb_frame",
    "raise ValueError",
    "with x:\n  pass",
    "del items",
    "global items",
    "assert False",
    "x = lambda: 1",
    "_x = 1",
    "__builtins__ = {}",
    "_getattr_ = 1",
    "text.upper = 1",
    "items[0:1] = [9]",
    "row.__class__ = 1",
    "async def f():\n  pass",
    "x = yield 1",
    "for _ in items:\n  pass",
    "match text:\n  case 'a':\n    pass",
]


@pytest.mark.parametrize("source", SCRIPT_ESCAPES)
def test_no_escape_from_a_script(source: str) -> None:
    with pytest.raises(ScriptError):
        execute(source, DATA)


def test_a_field_of_a_form_cannot_replace_a_guard() -> None:
    data = {"_getattr_": lambda value, name: "escaped", "_charge_": None, "__builtins__": {"open": open}}
    with pytest.raises(ScriptError):
        evaluate("text.zfill(3)", {**data, "text": "a"})
    with pytest.raises(ScriptError, match="open"):
        evaluate("open('x')", data)


RESOURCES = [
    "9**9**8",
    "9**9**9**9",
    "2 ** 100000",
    "2.0 ** (10 ** 9) > 1 or 10 ** 200",
    "1 << 10**9",
    "'a' * 10**9",
    "10**9 * 'a'",
    "[0] * 10**9",
    "(0,) * 10**8",
    "f'{1:1000000000}'",
    "f'{text:>{months}00000000}'",
    "'%0900000000d' % 1",
    "'%s' % text",
    "text.ljust(10**9)",
    "text.rjust(10**9)",
    "text.center(10**9)",
    "text.zfill(10**9)",
    "'\\t'.expandtabs(10**9)",
    "(1).to_bytes(10**9, 'big')",
    "list(range(10**9))",
    "sum(range(10**9))",
    "sum(1 for a in range(10**5) for b in range(10**5))",
    "[1 for a in range(3000) for b in range(3000)]",
    "max(range(10**9))",
    "('a' * 90000).replace('a', 'b' * 90000)",
    "('a' * 90000).join(['b' for n in range(90000)])",
    "int('9' * 100)",
    "int(Decimal('1e60') ** 100)",
    "Decimal('1e999999')",
    "round(1, -10**9)",
    "pad(1, 10**9)",
    "[[0] * 90000 for n in range(90000)]",
    "[('a' * 90000).split('a') for n in range(90000)]",
    "[s[:] for s in [list(range(90000))] for n in range(90000)]",
    "[list(range(50000)).count(0) for n in range(50000)]",
    "('(' * 100)" + "+ 1" * 5000,
    "-" * 5000 + "1",
    "(" * 500 + "1" + ")" * 500,
    "x" * 20000,
    "9" * 4000,
]
DOUBLINGS = [
    "s = 'a'\nfor i in range(29):\n  s = s + s",
    "s = 'a'\nfor i in range(29):\n  s += s",
    "s = [1]\nfor i in range(29):\n  s = s + s",
    "s = [1]\nfor i in range(40):\n  s.extend(s)",
    "s = [1]\nfor i in range(40):\n  s = [s, s]",
    "s = {}\nfor i in range(40):\n  s = {'a': s, 'b': s}",
    "s = 2\nfor i in range(40):\n  s = s * s",
    "s = Decimal(9)\nfor i in range(60):\n  s = s * s\nx = int(s)",
    "s = 'a'\nfor i in range(40):\n  s = f'{s}{s}'",
    "s = 'a'\nfor i in range(40):\n  s = ''.join([s, s])",
    "s = [1]\ns.append(s)",
    "s = {}\ns['s'] = s",
    "a = []\nb = [a]\na.append(b)",
    "s = [1]\nfor x in s:\n  s.append(x)\ny = 'a' * 10**9",
    "a = [0]\nb = [0]\nfor i in range(40):\n  a = [a, a]\n  b = [b, b]\nc = a == b",
    "s = []\nfor i in range(10**6):\n  s.append(i)",
    "d = {}\nfor i in range(10**6):\n  d[i] = i",
]


def bounded(run: object) -> None:
    """A refusal, within 60 MB and a time that no unguarded run would keep."""
    assert callable(run)
    tracemalloc.start()
    began = time.process_time()
    try:
        with pytest.raises(ScriptError):
            run()
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 60_000_000
    assert time.process_time() - began < 10  # tracing slows it; without a guard these never end


@pytest.mark.parametrize("source", RESOURCES)
def test_an_expression_cannot_take_memory_or_time(source: str) -> None:
    bounded(lambda: evaluate(source, DATA))


@pytest.mark.parametrize("source", DOUBLINGS)
def test_a_script_cannot_take_memory_or_time(source: str) -> None:
    bounded(lambda: execute(source, DATA))


def test_a_script_runs_on_a_copy_and_returns_what_it_set() -> None:
    data = {"rows": [{"n": 1}], "total": 0, "other": "kept"}
    result = execute("for row in rows:\n  row['n'] = row['n'] + 1\n  total += row['n']", data)
    assert result == {"rows": [{"n": 2}], "total": 2, "row": {"n": 2}}
    assert data == {"rows": [{"n": 1}], "total": 0, "other": "kept"}


def test_an_expression_cannot_change_the_data() -> None:
    data = {"rows": [1], "row": {"a": 1}}
    for source in ("rows.append(2)", "rows.pop()", "row.update({'a': 2})", "row.setdefault('b', 1)"):
        with pytest.raises(ScriptError):
            evaluate(source, data)
    assert data == {"rows": [1], "row": {"a": 1}}


def test_functions_are_given_by_name_and_do_not_become_data() -> None:
    functions = {"workdays_after": lambda day, count: day + dt.timedelta(days=count)}
    assert evaluate("workdays_after(day, 3)", DATA, functions) == dt.date(2022, 12, 15)
    assert execute("due = workdays_after(day, 1)", DATA, functions) == {
        "day": dt.date(2022, 12, 12),
        "due": dt.date(2022, 12, 13),
    }


def test_a_result_that_cannot_be_stored_is_refused() -> None:
    with pytest.raises(ScriptError, match="kiểu generator"):
        value_of("(n for n in items)", DATA)
    with pytest.raises(ScriptError, match="số vô hạn"):
        value_of("float('inf')", DATA)


@pytest.mark.parametrize(
    ("source", "mode", "message"),
    [
        ("d['a'] += 1", "exec", "Dòng 1: Không viết “d['a'] += …” được; hãy viết “d['a'] = d['a'] + …”"),
        ("x.__class__", "eval", "Không được dùng tên bắt đầu bằng gạch dưới: “__class__”"),
        ("import os", "exec", "Dòng 1: Không được dùng lệnh import trong sơ đồ"),
        ("while True:\n  pass", "exec", "Dòng 1: Không được dùng vòng lặp while trong sơ đồ"),
        ("", "eval", "Biểu thức để trống"),
        ("a ==", "eval", "Sai cú pháp ở dòng 1: invalid syntax"),
        (
            "f'{a:>9}'",
            "eval",
            "Không được dùng định dạng trong f-string (phần sau dấu hai chấm hoặc dấu chấm than)",
        ),
    ],
)
def test_the_check_at_publish_says_in_vietnamese_what_is_wrong(source: str, mode: str, message: str) -> None:
    assert compile_check(source, mode) == message


def test_the_check_accepts_what_may_be_published() -> None:
    assert compile_check("appraisal_outcome == 'accept'") is None
    assert compile_check("total = sum(row['agree'] for row in rows)", "exec") is None


def test_a_missing_name_is_named() -> None:
    with pytest.raises(ScriptError, match="Chưa có giá trị của tên “missing” — trong: missing > 1"):
        evaluate("missing > 1", DATA)


def test_names_that_a_source_reads_are_known_to_lint() -> None:
    assert names_in("workdays_after(day, 3) if award else [x for x in items]") == {
        "workdays_after", "day", "award", "items", "x",
    } - {"x"}  # fmt: skip
