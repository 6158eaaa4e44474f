"""Lint of a set of files as it would be in force: each by itself, then together, then in the library."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping
from typing import Any

from engine.errors import N_
from engine.lint.boundaries import caught_codes
from engine.lint.branches import check_branches
from engine.lint.dataflow import DataFlow
from engine.lint.diagram import Diagram, read_diagram
from engine.lint.events import check_events
from engine.lint.expressions import check_expressions
from engine.lint.finding import Finding, Known, Report
from engine.lint.forms import check_form, step_of
from engine.lint.gateways import check_gateways
from engine.lint.layout import check_layout
from engine.lint.many import check_many
from engine.lint.steps import Offered, check_lanes, check_steps, form_path
from engine.lint.structure import check_structure, is_readable
from engine.lint.tables import check_table
from engine.lint.vanished import check_vanished
from engine.lint.variables import check_variables
from engine.spiff.parser import content_key
from engine.spiff.probe import DEFAULT, Probe, Verdict, probe
from engine.xml import UnsafeXml, safe_parse

_KEPT = 100
_probed: OrderedDict[str, list[Probe]] = OrderedDict()


def lint_files(
    files: Mapping[str, bytes], known: Known, before: Mapping[str, bytes] | None = None
) -> list[Finding]:
    """Return every finding, errors first, by file. Files: path → content, as they would resolve.

    `before`: the files as they resolve without the change; what they wrote and is still read must not vanish.
    """
    reports = {path: Report(path) for path in sorted(files)}
    roots = _parse_all(files, reports)
    diagrams = {path: read_diagram(path, root) for path, root in roots.items() if path.endswith(".bpmn")}
    offered = _offered(files, roots, diagrams, reports)
    caught = _caught(diagrams)
    diagrams = {path: one for path, one in diagrams.items() if is_readable(one, reports[path])}
    for path, diagram in diagrams.items():
        _check_diagram(diagram, reports[path], known, offered, caught)
    for path, root in roots.items():
        if path.endswith(".dmn"):
            check_table(root, reports[path], known)
    _check_forms(files, diagrams, reports)
    _check_calls(diagrams, reports)
    _check_data(DataFlow(files, roots, diagrams), _data_of(before or {}), reports)
    if not any(finding.level == "error" for report in reports.values() for finding in report.findings):
        _check_in_library(files, diagrams, reports)
    found = [finding for report in reports.values() for finding in report.findings]
    return sorted(dict.fromkeys(found), key=lambda f: (f.level != "error", f.file))


def _check_diagram(
    diagram: Diagram, report: Report, known: Known, offered: Offered, caught: Mapping[str, set[str]]
) -> None:
    check_structure(diagram, report)
    check_gateways(diagram, report)
    check_events(diagram, report, caught)
    check_expressions(diagram, report, known)
    check_variables(diagram, report)
    check_steps(diagram, report, known, offered)
    check_lanes(diagram, report, known)
    check_layout(diagram, report)


def _parse_all(files: Mapping[str, bytes], reports: Mapping[str, Report]) -> dict[str, Any]:
    roots = {}
    for path in sorted(files):
        if path.endswith((".bpmn", ".dmn")):
            try:
                roots[path] = safe_parse(files[path])
            except UnsafeXml as refused:
                where = N_("dòng %d") % refused.line if refused.line else ""
                reports[path].error(where, refused.reason, N_("lưu lại tệp từ trình vẽ sơ đồ"))
    return roots


def _offered(
    files: Mapping[str, bytes],
    roots: Mapping[str, Any],
    diagrams: Mapping[str, Diagram],
    reports: Mapping[str, Report],
) -> Offered:
    processes: dict[str, str] = {}
    decisions: dict[str, str] = {}
    for path, diagram in diagrams.items():
        for process in diagram.processes:
            _once(processes, process.id, path, reports[path])
    for path, root in roots.items():
        if path.endswith(".dmn"):
            for decision in root.iterfind("{*}decision"):
                _once(decisions, decision.get("id", ""), path, reports[path])
    return Offered(frozenset(files), frozenset(processes), frozenset(decisions))


def _once(seen: dict[str, str], identity: str, path: str, report: Report) -> None:
    if seen.setdefault(identity, path) != path:
        report.error(
            identity,
            N_("mã “%(id)s” đã có ở tệp %(file)s") % {"id": identity, "file": seen[identity]},
            N_("đổi mã hoặc xóa một trong hai tệp"),
        )


def _caught(diagrams: Mapping[str, Diagram]) -> dict[str, set[str]]:
    """Which error codes the callers of a process catch."""
    caught: dict[str, set[str]] = {}
    for diagram in diagrams.values():
        for container, node in diagram.nodes():
            if node.kind == "callActivity":
                codes = caught_codes(diagram, container, node.id)
                caught.setdefault(node.element.get("calledElement", ""), set()).update(codes)
    return caught


def _check_forms(
    files: Mapping[str, bytes], diagrams: Mapping[str, Diagram], reports: Mapping[str, Report]
) -> None:
    used = {form_path(path, node) for path, diagram in diagrams.items() for _, node in diagram.nodes()}
    for path in sorted(files):
        if step_of(path) is not None or path in used:
            check_form(files[path], reports[path])
            if path not in used:
                reports[path].warning(
                    "", N_("không bước nào dùng biểu mẫu này"), N_("xóa tệp hoặc chọn nó ở bước cần dùng")
                )


def _data_of(files: Mapping[str, bytes]) -> DataFlow:
    roots = _parse_all(files, {path: Report(path) for path in files})
    diagrams = {path: read_diagram(path, root) for path, root in roots.items() if path.endswith(".bpmn")}
    return DataFlow(files, roots, diagrams)


def _check_data(now: DataFlow, before: DataFlow, reports: Mapping[str, Report]) -> None:
    for path in now.diagrams:
        check_branches(path, now, reports[path])
        check_many(path, now, reports[path])
        check_vanished(path, before, now, reports[path])


def _check_calls(diagrams: Mapping[str, Diagram], reports: Mapping[str, Report]) -> None:
    """A process that calls itself, over others too, never ends."""
    calls: dict[str, set[str]] = {}
    for diagram in diagrams.values():
        for container, node in diagram.nodes():
            if node.kind == "callActivity":
                calls.setdefault(container.process_id, set()).add(node.element.get("calledElement", ""))
    for path, diagram in diagrams.items():
        for container, node in diagram.nodes():
            called = node.element.get("calledElement", "") if node.kind == "callActivity" else ""
            if called and container.process_id in _reached(calls, called):
                reports[path].error(
                    node.id, N_("quy trình gọi lại chính nó qua “%s”") % called, N_("bỏ lời gọi vòng này")
                )


def _reached(calls: Mapping[str, set[str]], start: str) -> set[str]:
    seen, todo = {start}, [start]
    while todo:
        for called in calls.get(todo.pop(), set()) - seen:
            seen.add(called)
            todo.append(called)
    return seen


def _check_in_library(
    files: Mapping[str, bytes], diagrams: Mapping[str, Diagram], reports: Mapping[str, Report]
) -> None:
    """What only shows when the library reads and starts the draft, in a child that may be killed."""
    owners = {process.id: path for path, diagram in diagrams.items() for process in diagram.processes}
    for one in _probe(files, sorted(owners)):
        path = owners[one.process_id]
        if one.verdict is Verdict.EXPLODES:  # in a called process, perhaps of another file
            path = next((p for p, d in diagrams.items() if _holds(d, one.element_id)), path)
        if one.verdict is not Verdict.FINE:
            reports[path].error(one.element_id, *_about(one))


def _holds(diagram: Diagram, container_id: str) -> bool:
    return any(container.id == container_id for container in diagram.containers)


def _about(one: Probe) -> tuple[str, str]:
    split = N_("đưa mỗi khối song song vào một quy trình con (subprocess)")
    if one.verdict is Verdict.REFUSED:
        return one.problem, N_("sửa phần tử được nêu rồi kiểm tra lại")
    if one.verdict is Verdict.EXPLODES:
        return N_("quy trình tạo quá %d việc ngay khi bắt đầu") % DEFAULT.tasks, split
    if one.verdict is Verdict.TOO_BIG:
        return N_("đọc quy trình này tốn quá nhiều bộ nhớ nên đã bị dừng"), split
    return N_("đọc quy trình này quá lâu nên đã bị dừng"), N_(
        "tách phần vừa sửa thành quy trình con, bỏ đối tượng dữ liệu và các khối lồng nhau"
    )


def _probe(files: Mapping[str, bytes], process_ids: list[str]) -> list[Probe]:
    """Remembered by content: linting again and publishing ask the same. Not when it was stopped: the machine
    may only have been busy."""
    if not process_ids:
        return []
    key = content_key(files)
    found = _probed.get(key)
    if found is None:
        drawn = {path: content for path, content in files.items() if path.endswith((".bpmn", ".dmn"))}
        found = probe(drawn, process_ids)
        if not any(one.verdict in (Verdict.TOO_LONG, Verdict.TOO_BIG) for one in found):
            _probed[key] = found
        while len(_probed) > _KEPT:
            _probed.popitem(last=False)
    return found
