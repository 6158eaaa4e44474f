"""A field that a change takes from a form while a condition, a script or a table still reads it."""

from __future__ import annotations

from engine.errors import N_
from engine.lint.dataflow import DataFlow
from engine.lint.finding import Report


def check_vanished(path: str, before: DataFlow, now: DataFlow, report: Report) -> None:
    """Report each expression of a diagram that reads what a step wrote before the change and none does now."""
    if path not in before.diagrams or now.lacks_a_form(path):  # a missing form is told already
        return
    gone = before.all_writes(path) - now.all_writes(path)
    for read in now.reads(path):
        if read.name in gone:
            report.error(
                read.source.element_id,
                N_("%(what)s cần “%(name)s”, nhưng sau thay đổi này không bước nào ghi giá trị đó")
                % {"what": read.source.what, "name": read.name},
                N_("giữ trường “%s” trong biểu mẫu, hoặc sửa cả chỗ dùng nó") % read.name,
            )
