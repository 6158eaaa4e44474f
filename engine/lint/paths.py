"""Lint for the command line: a regulation's folder, or one diagram."""

from __future__ import annotations

from pathlib import Path

from engine.errors import N_
from engine.lint.files import lint_files
from engine.lint.finding import Finding, Known, known_here
from engine.manifest import NAME, ManifestRefused, read_files, read_manifest


def lint_path(path: Path, known: Known | None = None) -> list[Finding]:
    """Return the findings of a folder with regulation.toml, or of one .bpmn or .dmn file.

    A diagram inside a regulation is looked at together with the regulation's files; one that stands alone
    is a warning, and its own folder is what it may refer to. Raises ManifestRefused when there is nothing
    to look at.
    """
    known = known or known_here()
    if path.is_dir():
        return _lint_folder(path, known)
    if not path.is_file() or path.suffix not in (".bpmn", ".dmn"):
        raise ManifestRefused(path, N_("không phải thư mục quy định, sơ đồ .bpmn hay bảng .dmn"))
    home = next((folder for folder in path.resolve().parents if (folder / NAME).is_file()), None)
    if home is not None:
        name = path.resolve().relative_to(home).as_posix()
        return [finding for finding in lint_files(read_files(home), known) if finding.file == name]
    return _lint_alone(path, known)


def _lint_folder(folder: Path, known: Known) -> list[Finding]:
    found: list[Finding] = []
    manifest = folder / NAME
    if manifest.is_file():
        try:
            read_manifest(manifest.read_bytes())
        except ManifestRefused as refused:
            found.append(Finding("error", NAME, "", refused.reason, N_("sửa lại tệp regulation.toml")))
    else:
        found.append(_alone(NAME, N_("thư mục không có regulation.toml")))
    files = read_files(folder)
    if not files:
        raise ManifestRefused(folder, N_("thư mục không có sơ đồ, bảng quyết định hay biểu mẫu nào"))
    return sorted([*found, *lint_files(files, known)], key=lambda finding: finding.level != "error")


def _lint_alone(path: Path, known: Known) -> list[Finding]:
    beside = [other for other in path.parent.iterdir() if other.suffix in (".dmn", ".json")]
    files = {other.name: other.read_bytes() for other in beside if other.is_file()}
    files[path.name] = path.read_bytes()
    found = [finding for finding in lint_files(files, known) if finding.file == path.name]
    return [*found, _alone(path.name, N_("sơ đồ đứng một mình, không thuộc quy định nào"))]


def _alone(file: str, message: str) -> Finding:
    advice = N_("đặt sơ đồ vào một thư mục quy định có tệp regulation.toml")
    return Finding("warning", file, "", message, advice)
