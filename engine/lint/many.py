"""Steps that many do: over which list, what each gives and where it goes, and where the counters mean anything."""

from __future__ import annotations

from typing import Any

from engine.errors import N_
from engine.lint.dataflow import DataFlow
from engine.lint.diagram import Node
from engine.lint.expressions import EARLY_END
from engine.lint.finding import Report
from engine.lint.steps import form_path
from engine.spiff.multi_instance import COUNTERS
from engine.xml import BPMN


def check_many(path: str, data: DataFlow, report: Report) -> None:
    """Report steps that many do whose list, item or output cannot be right, and counters read elsewhere."""
    for _, node in data.diagrams[path].nodes():
        many = node.element.find(f"{BPMN}multiInstanceLoopCharacteristics")
        if many is not None:
            _check_input(node, many, report)
            _check_output(path, data, node, many, report)
    for read in data.reads(path):
        if read.name in COUNTERS and read.source.what != EARLY_END:
            report.error(
                read.source.element_id,
                N_("“%s” chỉ có nghĩa trong điều kiện dừng sớm của bước nhiều lượt") % read.name,
                N_("đếm trên danh sách kết quả, ví dụ len(votes)"),
            )


def _check_input(node: Node, many: Any, report: Report) -> None:
    collection = _text(many, "loopDataInputRef")
    if not collection and many.find(f"{BPMN}loopCardinality") is None:
        report.error(
            node.id,
            N_("bước nhiều lượt không nói lặp theo danh sách nào"),
            N_("ghi biến danh sách hoặc số lượt"),
        )
    if collection and not _item(many, "inputDataItem"):
        report.error(
            node.id, N_("bước nhiều lượt thiếu biến cho từng phần tử"), N_("đặt tên biến, ví dụ “member_id”")
        )
    _check_names(node, many, report)


def _check_names(node: Node, many: Any, report: Report) -> None:
    """The library knows an item by its id; a name that says otherwise is what people would write."""
    for tag in ("inputDataItem", "outputDataItem"):
        item = many.find(f"{BPMN}{tag}")
        if item is not None and item.get("name", item.get("id")) != item.get("id"):
            report.error(
                node.id,
                N_("biến của từng lượt có mã “%s” nhưng tên là “%s”: chương trình chỉ dùng mã")
                % (item.get("id"), item.get("name")),
                N_("đặt mã và tên giống nhau"),
            )


def _check_output(path: str, data: DataFlow, node: Node, many: Any, report: Report) -> None:
    collection, item = _text(many, "loopDataOutputRef"), _item(many, "outputDataItem")
    if collection and not item:
        report.error(
            node.id,
            N_("không nói mỗi lượt góp biến nào vào danh sách kết quả “%s” nên danh sách luôn trống")
            % collection,
            N_("ghi biến kết quả của mỗi lượt, ví dụ “vote”"),
        )
    elif item and not collection:
        report.error(
            node.id,
            N_("biến kết quả “%s” của mỗi lượt bị bỏ vì không có danh sách kết quả") % item,
            N_("ghi tên danh sách kết quả, ví dụ “votes”, hoặc bỏ biến này"),
        )
    elif item and not _is_written(path, data, node, item):
        report.error(
            node.id,
            N_("mỗi lượt phải góp “%s” vào danh sách kết quả nhưng bước này không ghi giá trị đó") % item,
            N_("thêm trường “%s” vào biểu mẫu của bước, hoặc chọn biến kết quả khác") % item,
        )
    if collection and collection == _text(many, "loopDataInputRef"):
        report.error(
            node.id,
            N_("danh sách kết quả trùng tên với danh sách để lặp “%s” và xóa mất danh sách đó") % collection,
            N_("đặt tên khác cho danh sách kết quả"),
        )


def _is_written(path: str, data: DataFlow, node: Node, item: str) -> bool:
    """Whether a turn gives its output; what the files do not say is believed."""
    if node.kind == "userTask" and form_path(path, node) not in data.files:
        return True  # told already
    return node.kind not in ("userTask", "scriptTask") or item in data.given(path, node)


def _text(many: Any, tag: str) -> str:
    return (many.findtext(f"{BPMN}{tag}") or "").strip()


def _item(many: Any, tag: str) -> str:
    found = many.find(f"{BPMN}{tag}")
    return "" if found is None else str(found.get("id", ""))
