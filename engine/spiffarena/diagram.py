"""A diagram of SpiffArena: what our engine reads under the same names stays, the rest is changed or told of."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from lxml import etree

from engine.errors import N_
from engine.lint.diagram import extension, kind_of, properties_of
from engine.lint.finding import Report
from engine.xml import BPMN, SPIFF

FORM, UI_FORM = "formJsonSchemaFilename", "formUiSchemaFilename"
INSTRUCTIONS = "instructionsForEndUser"
NO_LANE = ""
_JINJA = re.compile(r"\{\{|\{%|\{#")
_READ = frozenset(
    {"preScript", "postScript", "calledDecisionId", "properties", "serviceTaskOperator", INSTRUCTIONS}
)
_HARMLESS: Mapping[str, str] = {
    "unitTests": N_("phép thử của kịch bản không được giữ"),
    "category": N_("nhóm của dữ liệu không có tác dụng"),
    "signalButtonLabel": N_("nút gửi tín hiệu không có ở đây"),
    "guestConfirmation": N_("lời xác nhận cho khách không có ở đây"),
    "taskMetadataValues": N_("thông tin kèm theo việc không được giữ"),
}
_OTHERWISE: Mapping[str, str] = {
    "allowGuest": N_("khách không có tài khoản không làm việc ở đây được"),
    "processModelToStartOnTaskAvailable": N_("quy trình không tự khởi động khi một việc mở ra"),
    "variableName": N_("dữ liệu của biểu mẫu hay sự kiện không gom vào một biến được"),
    "messagePayload": N_("nội dung thông báo không lấy từ một biểu thức của sơ đồ"),
    "messageVariable": N_("nội dung thông báo không gom vào một biến được"),
    "payloadExpression": N_("nội dung của sự kiện không lấy từ một biểu thức của sơ đồ"),
    "processVariableCorrelation": N_("thông báo ở đây tìm người nhận theo mã hồ sơ, không theo biến"),
}
_ATTRIBUTES: Mapping[str, str] = {
    "scriptsOnInstances": N_("kịch bản trước, sau chạy một lần cho cả bước, không cho từng lượt"),
    "isMatchingCorrelation": N_("thông báo ở đây tìm người nhận theo mã hồ sơ, không theo biến"),
    "isOutputSynced": N_("kết quả nhiều lượt không tự đồng bộ"),
}
_CORRELATION = ("correlationKey", "correlationProperty", "correlationSubscription")


def check_extensions(root: Any, report: Report) -> None:
    """Report every extension by its element's id; what has no effect here is taken out of the diagram."""
    for element in list(root.iter(f"{SPIFF}*")):
        holder = element.getparent()
        if holder is None or holder.tag != f"{BPMN}extensionElements":
            continue
        _check_extension(element, holder, report)
    for element in root.iter(f"{BPMN}*"):
        for name, why in _ATTRIBUTES.items():
            if element.attrib.pop(f"{SPIFF}{name}", None) == "true":
                report.error(_id_near(element), _told(name, why), N_("bỏ thuộc tính này trong sơ đồ"))
        if kind_of(element) in _CORRELATION:
            report.error(
                element.get("id", ""),
                _told(kind_of(element), _OTHERWISE["processVariableCorrelation"]),
                N_("bỏ khóa tương quan; gửi thông báo theo mã hồ sơ"),
            )
        if kind_of(element) == "script" and "lane_owners" in (element.text or ""):
            report.error(
                _id_near(element),
                _told("lane_owners", N_("người của làn không đặt bằng kịch bản được")),
                N_("gán vai trò cho làn khi nhập (--role) và bỏ dòng này"),
            )


def _check_extension(element: Any, holder: Any, report: Report) -> None:
    name = etree.QName(element).localname
    owner = _id_near(holder)
    if name in _READ:
        if name == "serviceTaskOperator" and element.find(f"{SPIFF}retry") is not None:
            why = N_("số lần thử lại theo chương trình, không theo sơ đồ")
            report.warning(owner, _told("retry", why), N_("không phải làm gì"))
        elif name in ("preScript", "postScript") and not (element.text or "").strip():
            holder.remove(element)
        return
    if name in _OTHERWISE:
        if name != "allowGuest" or (element.text or "").strip() == "true":
            report.error(owner, _told(name, _OTHERWISE[name]), N_("sửa sơ đồ để không cần mục này"))
        return
    holder.remove(element)
    report.warning(
        owner,
        _told(name, _HARMLESS.get(name, N_("không có tác dụng ở đây"))),
        N_("đã bỏ khỏi sơ đồ"),
    )


def _told(name: str, why: str) -> str:
    return f"{name}: {why}"


def _id_near(element: Any) -> str:
    """The id of an element, or of what it belongs to."""
    while element is not None and not element.get("id"):
        element = element.getparent()
    return "" if element is None else str(element.get("id"))


def people_steps(root: Any) -> list[Any]:
    """Return the steps that people do; a manual one becomes a step with an empty form."""
    found = []
    for element in root.iter(f"{BPMN}userTask", f"{BPMN}manualTask"):
        element.tag = f"{BPMN}userTask"
        found.append(element)
    return found


def set_form(step: Any, name: str) -> None:
    """Let a step use the form of this name, and no UI schema any more."""
    extensions = step.find(f"{BPMN}extensionElements")
    if extensions is None:
        extensions = etree.Element(f"{BPMN}extensionElements")
        step.insert(0, extensions)
    properties = extensions.find(f"{SPIFF}properties")
    if properties is None:
        properties = etree.SubElement(extensions, f"{SPIFF}properties")
    for item in list(properties):
        if item.get("name") in (FORM, UI_FORM):
            properties.remove(item)
    etree.SubElement(properties, f"{SPIFF}property", name=FORM, value=name)


def instructions_of(step: Any, report: Report) -> str:
    """Return what a step tells who does it, as plain text; Jinja is told of and left out with its line."""
    text = extension(step, INSTRUCTIONS)
    lines = text.splitlines()
    kept = [line for line in lines if not _JINJA.search(line)]
    if len(kept) < len(lines):
        report.warning(
            step.get("id", ""),
            _told(INSTRUCTIONS, N_("lời dẫn điền bằng Jinja không hiện được; dòng đó đã bỏ")),
            N_("đưa dữ liệu cần xem vào một trường chỉ đọc của biểu mẫu"),
        )
    return " ".join(_plain(line) for line in kept if line.strip())


def _plain(line: str) -> str:
    """A line without the marks of Markdown."""
    line = re.sub(r"^\s*(#{1,6}|[-*+]|>)\s+", "", line)
    line = re.sub(r"\[([^\]]+)\]\(([^)]+)\)", r"\1 (\2)", line)
    return re.sub(r"(\*\*|__|`)(.+?)\1", r"\2", line).strip()


def set_roles(root: Any, roles: Mapping[str, str], report: Report) -> None:
    """Give lanes their roles by name or id, and a diagram without lanes the role of NO_LANE.

    A lane that nobody gave a role is left to the lint, which names it.
    """
    for lane in root.iter(f"{BPMN}lane"):
        role = roles.get(lane.get("name") or "", roles.get(lane.get("id") or ""))
        if role and properties_of(lane).get("role", lane.get("id")) != role:
            _set_role(lane, role)
    for process in root.iter(f"{BPMN}process"):
        if process.find(f"{BPMN}laneSet") is None and list(process.iter(f"{BPMN}userTask")):
            _one_lane(process, roles.get(NO_LANE, ""), report)


def _set_role(lane: Any, role: str) -> None:
    extensions = etree.Element(f"{BPMN}extensionElements")
    lane.insert(0, extensions)
    properties = etree.SubElement(extensions, f"{SPIFF}properties")
    etree.SubElement(properties, f"{SPIFF}property", name="role", value=role)


def _one_lane(process: Any, role: str, report: Report) -> None:
    if not role:
        report.error(
            process.get("id", ""),
            N_("quy trình không có làn: ở SpiffArena ai khởi động thì người đó làm, ở đây phải có vai trò"),
            N_("nhập lại với --role VAI_TRÒ, hoặc vẽ làn"),
        )
        return
    lanes = etree.Element(f"{BPMN}laneSet", id=f"lanes_{process.get('id')}")
    lane = etree.SubElement(lanes, f"{BPMN}lane", id=f"lane_{process.get('id')}", name=role)
    _set_role(lane, role)
    for node in process:
        if node.get("id") and kind_of(node) not in ("sequenceFlow", "laneSet", "documentation", "dataObject"):
            etree.SubElement(lane, f"{BPMN}flowNodeRef").text = node.get("id")
    first = process.find(f"{BPMN}extensionElements")
    process.insert(0 if first is None else process.index(first) + 1, lanes)
