"""Which Python a diagram may contain: an allow-list of syntax, and the rewriting of what may grow.

`refusal` speaks Vietnamese because lint shows it to the administrator beside the element.
"""

from __future__ import annotations

import ast

from RestrictedPython.transformer import RestrictingNodeTransformer

from engine.errors import N_

MAX_SOURCE = 10_000
MAX_DIGITS = 60

_EXPRESSIONS: tuple[type[ast.AST], ...] = (
    ast.Expression, ast.Constant, ast.Name, ast.Load, ast.Store, ast.BoolOp, ast.And, ast.Or, ast.UnaryOp,
    ast.Not, ast.USub, ast.UAdd, ast.BinOp, ast.Add, ast.Sub, ast.Mult, ast.Div, ast.FloorDiv, ast.Mod,
    ast.Pow, ast.LShift, ast.RShift, ast.Compare, ast.Eq, ast.NotEq, ast.Lt, ast.LtE, ast.Gt, ast.GtE,
    ast.Is, ast.IsNot, ast.In, ast.NotIn, ast.IfExp, ast.Call, ast.keyword, ast.Attribute, ast.Subscript,
    ast.Slice, ast.List, ast.Tuple, ast.Set, ast.Dict, ast.ListComp, ast.SetComp, ast.DictComp,
    ast.GeneratorExp, ast.comprehension, ast.JoinedStr, ast.FormattedValue,
)  # fmt: skip
_STATEMENTS: tuple[type[ast.AST], ...] = (
    ast.Module, ast.Expr, ast.Assign, ast.AugAssign, ast.If, ast.For, ast.Break, ast.Continue, ast.Pass,
)  # fmt: skip
_NAMES = {
    ast.While: N_("vòng lặp while"),
    ast.FunctionDef: N_("định nghĩa hàm (def)"),
    ast.AsyncFunctionDef: N_("định nghĩa hàm (async def)"),
    ast.Lambda: N_("hàm lambda"),
    ast.ClassDef: N_("định nghĩa lớp (class)"),
    ast.Try: N_("khối try"),
    ast.Import: N_("lệnh import"),
    ast.ImportFrom: N_("lệnh import"),
    ast.With: N_("khối with"),
    ast.Raise: N_("lệnh raise"),
    ast.Delete: N_("lệnh del"),
    ast.NamedExpr: N_("phép gán :="),
    ast.Starred: N_("dấu * trước tham số"),
    ast.Yield: N_("lệnh yield"),
    ast.Global: N_("lệnh global"),
    ast.Assert: N_("lệnh assert"),
    ast.MatMult: N_("phép @"),
}


def refusal(source: str, mode: str) -> str | None:
    """Return None when the syntax is allowed, else the first reason in Vietnamese."""
    if len(source) > MAX_SOURCE:
        return N_("Đoạn mã dài quá %d ký tự; hãy chuyển thành bước tự động") % MAX_SOURCE
    if "\x00" in source:
        return N_("Đoạn mã chứa ký tự không hợp lệ")
    if not source.strip():
        return N_("Biểu thức để trống")
    try:
        tree = ast.parse(source, mode=mode)
    except SyntaxError as error:
        return N_("Sai cú pháp ở dòng %(line)s: %(text)s") % {"line": error.lineno or 1, "text": error.msg}
    except (RecursionError, MemoryError, ValueError):
        return N_("Biểu thức quá phức tạp")
    allowed = _EXPRESSIONS if mode == "eval" else _EXPRESSIONS + _STATEMENTS
    for node in ast.walk(tree):
        reason = _node_refusal(node, allowed)
        if reason is not None:
            line = getattr(node, "lineno", None)
            return reason if line is None or mode == "eval" else N_("Dòng %d: ") % line + reason
    return None


def _node_refusal(node: ast.AST, allowed: tuple[type[ast.AST], ...]) -> str | None:
    if not isinstance(node, allowed):
        name = _NAMES.get(type(node), type(node).__name__)
        return N_("Không được dùng %s trong sơ đồ") % name
    if isinstance(node, ast.Name):
        return _identifier_refusal(node.id)
    if isinstance(node, ast.Attribute):
        if not isinstance(node.ctx, ast.Load):
            return N_("Không được gán vào thuộc tính “.%s”") % node.attr
        return _identifier_refusal(node.attr)
    if isinstance(node, ast.Constant):
        return _constant_refusal(node.value)
    if isinstance(node, ast.FormattedValue) and (node.format_spec is not None or node.conversion != -1):
        return N_("Không được dùng định dạng trong f-string (phần sau dấu hai chấm hoặc dấu chấm than)")
    if isinstance(node, ast.AugAssign) and not isinstance(node.target, ast.Name):
        text = ast.unparse(node.target)
        return N_("Không viết “%(t)s += …” được; hãy viết “%(t)s = %(t)s + …”") % {"t": text}
    if isinstance(node, ast.keyword) and node.arg is None:
        return N_("Không được dùng ** trong lời gọi hàm")
    if isinstance(node, ast.keyword) and node.arg is not None:
        return _identifier_refusal(node.arg)
    if isinstance(node, ast.Dict) and None in node.keys:
        return N_("Không được dùng ** trong từ điển")
    if isinstance(node, ast.comprehension) and node.is_async:
        return N_("Không được dùng async")
    return None


def _identifier_refusal(name: str) -> str | None:
    if name.startswith("_") or name.endswith("__") or "__" in name:
        return N_("Không được dùng tên bắt đầu bằng gạch dưới: “%s”") % name
    return None


def _constant_refusal(value: object) -> str | None:
    if isinstance(value, int) and abs(value) >= 10**MAX_DIGITS:
        return N_("Số quá lớn")
    if value is None or isinstance(value, bool | int | float | str):
        return None
    return N_("Không được dùng giá trị kiểu %s") % type(value).__name__


_OPERATORS: dict[type[ast.operator], str] = {
    ast.Add: "+", ast.Sub: "-", ast.Mult: "*", ast.Div: "/", ast.FloorDiv: "//", ast.Mod: "%",
    ast.Pow: "**", ast.LShift: "<<", ast.RShift: ">>",
}  # fmt: skip


class Policy(RestrictingNodeTransformer):
    """RestrictedPython's transformation, plus a guard around everything whose result may be large."""

    def _guarded(self, name: str, node: ast.expr, *arguments: ast.expr) -> ast.Call:
        call = ast.Call(func=ast.Name(name, ast.Load()), args=list(arguments), keywords=[])
        ast.copy_location(call, node)
        ast.fix_missing_locations(call)
        return call

    def visit_BinOp(self, node: ast.BinOp) -> ast.AST:
        operator = ast.Constant(_OPERATORS[type(node.op)])
        node = self.node_contents_visit(node)
        return self._guarded("_binary_", node, operator, node.left, node.right)

    def visit_Compare(self, node: ast.Compare) -> ast.AST:
        node = self.node_contents_visit(node)
        node.left = self._charged(node.left)
        node.comparators = [self._charged(item) for item in node.comparators]
        return node

    def visit_List(self, node: ast.List) -> ast.AST:
        visited: ast.List = self.node_contents_visit(node)
        return self._charged(visited) if isinstance(node.ctx, ast.Load) else visited

    def visit_Tuple(self, node: ast.Tuple) -> ast.AST:
        visited = super().visit_Tuple(node)
        assert isinstance(visited, ast.expr)
        return self._charged(visited) if isinstance(node.ctx, ast.Load) else visited

    def visit_Set(self, node: ast.Set) -> ast.AST:
        return self._charged(self.node_contents_visit(node))

    def visit_Dict(self, node: ast.Dict) -> ast.AST:
        return self._charged(self.node_contents_visit(node))

    def visit_JoinedStr(self, node: ast.JoinedStr) -> ast.AST:
        return self._charged(self.node_contents_visit(node))

    def visit_FormattedValue(self, node: ast.FormattedValue) -> ast.AST:
        node = self.node_contents_visit(node)
        node.value = self._guarded("_text_", node.value, node.value)
        return node

    def _charged(self, node: ast.expr) -> ast.expr:
        return node if isinstance(node, ast.Constant) else self._guarded("_charge_", node, node)
