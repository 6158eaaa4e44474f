"""Lint of a set of files as it would be in force: each by itself, then together, then in the library."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping
from typing import Any

from engine.errors import N_
from engine.lint.diagram import Diagram, read_diagram
from engine.lint.events import caught_codes, check_events
from engine.lint.expressions import check_expressions
from engine.lint.finding import Finding, Known, Report
from engine.lint.forms import check_form, step_of
from engine.lint.gateways import check_gateways
from engine.lint.layout import check_layout
from engine.lint.steps import Offered, check_lanes, check_steps, form_path
from engine.lint.structure import check_structure
from engine.lint.tables import check_table
from engine.spiff.parser import content_key
from engine.spiff.probe import Probe, ProbeTimeout, probe
from engine.xml import UnsafeXml, safe_parse

MAX_TASKS = 1000
_probed: OrderedDict[str, list[Probe] | None] = OrderedDict()


def lint_files(files: Mapping[str, bytes], known: Known) -> list[Finding]:
    """Return every finding, errors first, by file. Files: path → content, as they would resolve."""
    reports = {path: Report(path) for path in sorted(files)}
    roots = _parse_all(files, reports)
    diagrams = {path: read_diagram(path, root) for path, root in roots.items() if path.endswith(".bpmn")}
    offered = _offered(files, roots, diagrams, reports)
    caught = _caught(diagrams)
    for path, diagram in diagrams.items():
        report = reports[path]
        check_structure(diagram, report)
        check_gateways(diagram, report)
        check_events(diagram, report, caught)
        check_expressions(diagram, report, known)
        check_steps(diagram, report, known, offered)
        check_lanes(diagram, report, known)
        check_layout(diagram, report)
    for path, root in roots.items():
        if path.endswith(".dmn"):
            check_table(root, reports[path], known)
    _check_forms(files, diagrams, reports)
    _check_calls(diagrams, reports)
    if not any(finding.level == "error" for report in reports.values() for finding in report.findings):
        _check_in_library(files, diagrams, reports)
    found = [finding for report in reports.values() for finding in report.findings]
    return sorted(dict.fromkeys(found), key=lambda f: (f.level != "error", f.file))


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
    probes = _probe(files, sorted(owners))
    if probes is None:
        for path in diagrams:
            reports[path].error(
                "",
                N_("đọc sơ đồ quá lâu hoặc tốn quá nhiều bộ nhớ"),
                N_("tách các khối song song vào quy trình con, bớt đối tượng dữ liệu lồng nhau"),
            )
        return
    for one in probes:
        report = reports[owners[one.process_id]]
        if one.problem is not None:
            report.error(one.process_id, one.problem, N_("sửa phần tử được nêu rồi kiểm tra lại"))
        elif one.tasks > MAX_TASKS:
            report.error(
                one.process_id,
                N_("quy trình tạo %d việc ngay khi bắt đầu, quá %d") % (one.tasks, MAX_TASKS),
                N_("đưa mỗi khối song song vào một quy trình con (subprocess)"),
            )


def _probe(files: Mapping[str, bytes], process_ids: list[str]) -> list[Probe] | None:
    """None: it had to be killed. Remembered by content: linting again and publishing ask the same."""
    if not process_ids:
        return []
    key = content_key(files)
    if key not in _probed:
        drawn = {path: content for path, content in files.items() if path.endswith((".bpmn", ".dmn"))}
        try:
            _probed[key] = probe(drawn, process_ids)
        except ProbeTimeout:
            _probed[key] = None
        while len(_probed) > 100:
            _probed.popitem(last=False)
    return _probed[key]
