"""A folder of SpiffArena read, converted, and looked at by the lint as the regulation that it would be."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lxml import etree

from engine.errors import N_
from engine.lint import Finding, Known, lint_files
from engine.lint.diagram import properties_of
from engine.lint.finding import Report
from engine.manifest import NAME, ManifestRefused
from engine.spiffarena import diagram, forms
from engine.xml import BPMN, UnsafeXml, safe_parse

MODEL = "process_model.json"
_FILE_NAME = re.compile(r"^[A-Za-z0-9_][A-Za-z0-9_.-]*$")
_SHOWN = ("display_name", "description", "display_order", "primary_file_name", "primary_process_id", "files")
_MOST_BYTES = 5_000_000


@dataclass(frozen=True)
class Imported:
    """The regulation that a model became: files by path, its regulation.toml among them, and all that is wrong."""

    files: Mapping[str, bytes]
    findings: list[Finding]

    @property
    def publishable(self) -> bool:
        """Whether nothing stands against publishing it."""
        return not any(finding.level == "error" for finding in self.findings)


def import_model(folder: Path, known: Known, roles: Mapping[str, str] | None = None) -> Imported:
    """Return a process model as a regulation with what cannot come along, and the lint of the rest.

    `roles`: the name or id of a lane → our role; the key "" is for diagrams without lanes. Raises
    ManifestRefused for a folder without a diagram.
    """
    taken = _Model(folder, dict(roles or {}))
    files = taken.convert()
    own = [finding for report in taken.reports.values() for finding in report.findings]
    told = {finding.element_id for finding in own if finding.level == "error" and finding.element_id}
    rules = {path: content for path, content in files.items() if path != NAME}
    linted = [finding for finding in lint_files(rules, known) if not _named_already(finding, told)]
    found = sorted(dict.fromkeys([*own, *linted]), key=lambda one: (one.level != "error", one.file))
    return Imported(files, found)


def _named_already(finding: Finding, told: set[str]) -> bool:
    """A field that could not be converted need not be named again in the lint's words."""
    return finding.file.endswith(".form.json") and finding.element_id in told


class _Model:
    """One folder on its way."""

    def __init__(self, folder: Path, roles: dict[str, str]) -> None:
        self._folder, self._roles = folder, roles
        self._files = _read(folder)
        self._used: set[str] = set()
        self.reports: dict[str, Report] = {}
        self._made: dict[str, bytes] = {}

    def report(self, name: str) -> Report:
        return self.reports.setdefault(name, Report(name))

    def convert(self) -> dict[str, bytes]:
        roots = {name: self._parsed(name) for name in sorted(self._files) if name.endswith((".bpmn", ".dmn"))}
        diagrams = {name: root for name, root in roots.items() if root is not None and name.endswith(".bpmn")}
        if not any(name.endswith(".bpmn") for name in self._files):
            raise ManifestRefused(self._folder.name, N_("thư mục không có sơ đồ .bpmn nào"))
        about = self._about()
        for name, root in diagrams.items():
            self._diagram(name, root)
        home = self._home(about, diagrams)
        for name, root in roots.items():
            if root is not None and name.endswith(".dmn"):
                self._table(name, root, home)
        self._tell_of_unused()
        self._made[NAME] = self._manifest(about, home)
        return self._made

    def _parsed(self, name: str) -> Any:
        self._used.add(name)
        try:
            return safe_parse(self._files[name])
        except UnsafeXml as refused:
            self.report(name).error("", refused.reason, N_("lưu lại tệp từ trình vẽ sơ đồ"))
            return None

    def _about(self) -> dict[str, Any]:
        self._used.add(MODEL)
        try:
            about = json.loads(self._files.get(MODEL, b"{}"))
        except ValueError as error:
            self.report(MODEL).warning("", N_("tệp JSON sai: %s") % error, N_("không phải làm gì"))
            return {}
        about = about if isinstance(about, dict) else {}
        for key in sorted(set(about) - {*_SHOWN, "fault_or_suspend_on_exception"}):
            if about[key]:
                self.report(MODEL).warning(
                    key, N_("“%s” của mô hình không có tác dụng ở đây") % key, N_("không phải làm gì")
                )
        return about

    def _home(self, about: Mapping[str, Any], diagrams: Mapping[str, Any]) -> str:
        """The folder of the model's main process."""
        ids = [identity for root in diagrams.values() for identity in _process_ids(root)]
        wanted = str(about.get("primary_process_id") or "")
        return wanted if wanted in ids else (ids[0] if ids else "process")

    def _diagram(self, name: str, root: Any) -> None:
        report = self.report(name)
        ids = _process_ids(root)
        if not ids or not _FILE_NAME.match(ids[0]):
            report.error(
                ids[0] if ids else "",
                N_("sơ đồ không có quy trình mang mã chữ không dấu"),
                N_("đặt lại mã quy trình"),
            )
            return
        home = ids[0]
        diagram.check_extensions(root, report)
        for step in diagram.people_steps(root):
            self._step(step, home, report)
        diagram.set_roles(root, self._roles, report)
        self._made[f"{home}/{home}.bpmn"] = _text(root)

    def _step(self, step: Any, home: str, report: Report) -> None:
        identity = step.get("id", "")
        if not _FILE_NAME.match(identity):
            report.error(identity, N_("mã bước phải là chữ không dấu"), N_("đặt lại mã của bước"))
            return
        properties = properties_of(step)
        words = diagram.instructions_of(step, report)
        title = step.get("name") or identity
        form = forms.empty_form(title, words)
        if diagram.FORM in properties:
            converted = self._form(properties, identity, report)
            if converted is None:
                return
            form = {**converted, "title": converted["title"] or title}
            if told := " ".join(part for part in (words, converted.get("description", "")) if part):
                form["description"] = told
        self._made[f"{home}/{identity}.form.json"] = _json(form)
        diagram.set_form(step, f"{identity}.form.json")

    def _form(self, properties: Mapping[str, str], step: str, report: Report) -> dict[str, Any] | None:
        schema, ui = properties[diagram.FORM], properties.get(diagram.UI_FORM, "")
        self._used.update((schema, ui))
        for name, what in ((schema, diagram.FORM), (ui, diagram.UI_FORM)):
            if name and name not in self._files:
                report.error(
                    step,
                    N_("%(what)s: thiếu tệp %(file)s") % {"what": what, "file": name},
                    N_("thêm tệp này"),
                )
                return None
        looks = self._files[ui] if ui else None
        return forms.convert_form(self._files[schema], looks, self.report(schema), self.report(ui or schema))

    def _table(self, name: str, root: Any, home: str) -> None:
        decision = root.find("{*}decision")
        identity = "" if decision is None else decision.get("id", "")
        if not _FILE_NAME.match(identity):
            self.report(name).error(
                identity, N_("bảng quyết định không có mã chữ không dấu"), N_("đặt lại mã quyết định")
            )
            return
        self._made[f"{home}/{identity}.dmn"] = self._files[name]

    def _tell_of_unused(self) -> None:
        for name in sorted(set(self._files) - self._used):
            self.report(name).warning(
                "", N_("tệp không thuộc bước nào nên không được nhập"), N_("không phải làm gì")
            )

    def _manifest(self, about: Mapping[str, Any], home: str) -> bytes:
        name = str(about.get("display_name") or self._folder.name).strip() or home
        lines = [
            f"code = {json.dumps(home[:60])}",
            f"name = {json.dumps(name[:300], ensure_ascii=False)}",
            "",
        ]
        return "\n".join(lines).encode()


def _read(folder: Path) -> dict[str, bytes]:
    """The files of the folder itself. Raises ManifestRefused for one that is too large."""
    found = {}
    for path in sorted(folder.iterdir() if folder.is_dir() else []):
        if not path.is_file() or path.is_symlink() or path.name.startswith("."):
            continue
        if path.stat().st_size > _MOST_BYTES:
            raise ManifestRefused(path.name, N_("tệp quá lớn"))
        found[path.name] = path.read_bytes()
    return found


def _process_ids(root: Any) -> list[str]:
    return [process.get("id", "") for process in root.iter(f"{BPMN}process")]


def _text(root: Any) -> bytes:
    return bytes(etree.tostring(root, encoding="UTF-8", xml_declaration=True))


def _json(value: Mapping[str, Any]) -> bytes:
    return json.dumps(value, ensure_ascii=False, indent=2).encode()
