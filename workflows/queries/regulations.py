"""Regulations as the administrator reads them: what is in force, what is prepared, file by file."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import PurePosixPath
from typing import Any
from uuid import UUID

from sqlalchemy import select

from engine import handlers, regulations
from engine.closure import References, references
from engine.database import UnitOfWork
from engine.errors import N_, NotFound, ThiduaError
from engine.lint import Finding, known_here, lint_files
from engine.models import Organisation, Regulation
from engine.xml import BPMN, UnsafeXml, safe_parse
from workflows import gate
from workflows.labels import ROLE_LABELS

READERS = ("administrator", "inspector")
STATES = {
    "draft": N_("Dự thảo"),
    "in_force": N_("Đang có hiệu lực"),
    "future": N_("Sẽ có hiệu lực"),
    "past": N_("Hết hiệu lực"),
}
KINDS = {
    ".bpmn": N_("Sơ đồ quy trình"),
    ".dmn": N_("Bảng quyết định"),
    ".form.json": N_("Biểu mẫu"),
    ".json": N_("Mẫu văn bản, danh mục"),
}
ORIGINS = {
    "changed": N_("Đã sửa trong bản này"),
    "added": N_("Thêm mới trong bản này"),
    "removed": N_("Bỏ trong bản này"),
    "inherited": "",
}


@dataclass(frozen=True)
class RegulationRow:
    """One regulation in a list."""

    id: UUID
    name: str
    number: str
    owner: str
    own: bool
    state: str
    effective_from: date | None
    effective_until: date | None
    unverified: int
    legal_basis: list[dict[str, Any]]


@dataclass(frozen=True)
class FileRow:
    """One file of a regulation: what it is, what it is called, where it comes from."""

    path: str
    kind: str
    title: str
    origin: str
    digest: str | None


@dataclass(frozen=True)
class Group:
    """The files of one process, or those shared by all."""

    folder: str
    title: str
    files: list[FileRow]


def list_regulations(uow: UnitOfWork) -> dict[str, list[RegulationRow]]:
    """State → rows, those of the upper organisations included; drafts are the organisation's own."""
    gate.require_any(uow, READERS)
    line = _line(uow)
    query = select(Regulation).where(Regulation.organisation_id.in_(line))
    found: dict[str, list[RegulationRow]] = {state: [] for state in STATES}
    for regulation in uow.session.scalars(
        query.order_by(Regulation.effective_from.desc(), Regulation.id.desc())
    ):
        row = regulation_row(uow, regulation)
        if row.own or row.state != "draft":
            found[row.state].append(row)
    return found


def regulation_row(uow: UnitOfWork, regulation: Regulation) -> RegulationRow:
    """One regulation as its list and its page show it."""
    owner = uow.session.get(Organisation, regulation.organisation_id)
    return RegulationRow(
        id=regulation.id,
        name=regulation.name,
        number=str(regulation.settings.get("number", "")),
        owner=owner.name if owner else "",
        own=regulation.organisation_id == uow.organisation_id,
        state=_state(regulation, uow.today),
        effective_from=regulation.effective_from,
        effective_until=regulation.effective_until,
        unverified=sum(bool(item.get("unverified")) for item in regulation.legal_basis),
        legal_basis=list(regulation.legal_basis),
    )


def _state(regulation: Regulation, today: date) -> str:
    if regulation.state == "draft" or regulation.effective_from is None:
        return "draft"
    if regulation.effective_from > today:
        return "future"
    until = regulation.effective_until
    return "past" if until is not None and until < today else "in_force"


def readable(uow: UnitOfWork, regulation_id: UUID) -> Regulation:
    """A regulation of this organisation or, once published, of an upper one; NotFound otherwise."""
    gate.require_any(uow, READERS)
    regulation = uow.session.get(Regulation, regulation_id)
    if regulation is None or regulation.organisation_id not in _line(uow):
        raise NotFound(what=N_("quy định này"))
    if regulation.state == "draft" and regulation.organisation_id != uow.organisation_id:
        raise NotFound(what=N_("quy định này"))
    return regulation


def own_regulation(uow: UnitOfWork, regulation_id: UUID) -> Regulation:
    """A regulation of this very organisation; NotFound for one of another."""
    regulation = uow.session.get(Regulation, regulation_id)
    if regulation is None or regulation.organisation_id != uow.organisation_id:
        raise NotFound(what=N_("quy định này"))
    return regulation


def groups(uow: UnitOfWork, regulation: Regulation) -> list[Group]:
    """The files by process: for a draft all that would be in force, else what the regulation itself brings."""
    own = regulations.own_files(uow, regulation.id)
    files: dict[str, str | None] = dict(own)
    base: Mapping[str, str] = {}
    if regulation.state == "draft":
        base = regulations.resolve_files(uow, regulation.organisation_id, _base_date(uow, regulation))
        files = {**base, **own}
    contents = regulations.read_contents(uow, {path: digest for path, digest in files.items() if digest})
    rows: dict[str, list[FileRow]] = {}
    for path, digest in sorted(files.items()):
        origin = _origin(path, own, base) if regulation.state == "draft" else "inherited"
        row = FileRow(path, kind_of(path), title_of(path, contents.get(path, b"")), origin, digest)
        rows.setdefault(folder_of(path), []).append(row)
    made = [
        Group(folder, _group_title(folder, found), sorted(found, key=_rank)) for folder, found in rows.items()
    ]
    return sorted(made, key=lambda group: (not any(row.kind == ".bpmn" for row in group.files), group.folder))


def _origin(path: str, own: Mapping[str, str | None], base: Mapping[str, str]) -> str:
    if path not in own:
        return "inherited"
    if own[path] is None:
        return "removed"
    return "changed" if path in base else "added"


def _rank(row: FileRow) -> tuple[int, str]:
    return list(KINDS).index(row.kind), row.title


def kind_of(path: str) -> str:
    """What sort of file a path is: a key of KINDS."""
    return next((suffix for suffix in KINDS if path.endswith(suffix)), ".json")


def folder_of(path: str) -> str:
    """The folder of a path, empty for a file at the top."""
    parent = str(PurePosixPath(path).parent)
    return "" if parent == "." else parent


def _group_title(folder: str, files: list[FileRow]) -> str:
    diagram = next((row for row in files if row.kind == ".bpmn"), None)
    if diagram is not None:
        return diagram.title
    return N_("Dùng chung cho các quy trình")


def title_of(path: str, content: bytes) -> str:
    """What a file calls itself: the process's, the decision's or the form's name; else its file name."""
    try:
        if path.endswith((".bpmn", ".dmn")):
            wanted = f"{BPMN}process" if path.endswith(".bpmn") else "{*}decision"
            named = (element.get("name", "") for element in safe_parse(content).iterfind(wanted))
            return next((name for name in named if name), PurePosixPath(path).name)
        read = json.loads(content or b"{}")
        title = read.get("title") if isinstance(read, dict) else None
        return str(title or PurePosixPath(path).name)
    except (ValueError, ThiduaError):
        return PurePosixPath(path).name


def file_of(uow: UnitOfWork, regulation: Regulation, path: str) -> tuple[bytes, str]:
    """Content and hash of a file as the draft would have it, or as the published regulation brings it."""
    if regulation.state == "draft":
        files = regulations.draft_files(uow, regulation)
    else:
        own = regulations.own_files(uow, regulation.id)
        files = {name: digest for name, digest in own.items() if digest is not None}
    if path not in files:
        raise NotFound(what=N_("tệp “%s”") % path)
    return regulations.read_content(uow, files[path]), files[path]


def tried(uow: UnitOfWork, draft: Regulation, changed: Mapping[str, bytes]) -> list[Finding]:
    """The findings of a draft as it would be with some files changed; nothing is stored."""
    contents = regulations.read_contents(uow, regulations.draft_files(uow, draft))
    in_force = regulations.resolve_files(uow, draft.organisation_id, draft.effective_from or uow.today)
    before = regulations.read_contents(uow, in_force)
    return list(lint_files({**contents, **changed}, known_here(), before))


def blocking(found: Collection[Finding], paths: Collection[str]) -> list[Finding]:
    """The errors of some files."""
    return [finding for finding in found if finding.level == "error" and finding.file in paths]


def place_of(uow: UnitOfWork, draft: Regulation, filename: str, content: bytes) -> str:
    """Where an uploaded file belongs: at the path whose process or table it brings, else by its name.

    A diagram of a new process gets a folder of its own; a form goes beside the diagram that has its step.
    UnsafeXml for hostile XML.
    """
    name = PurePosixPath(filename.replace("\\", "/")).name
    files = regulations.draft_files(uow, draft)
    offered = references(name, content)
    contents = regulations.read_contents(uow, files)
    for path in files:
        if kind_of(path) == kind_of(name) and _same(_references(path, contents[path]), offered):
            return path
    if name.endswith(".json"):
        return next((path for path in files if PurePosixPath(path).name == name), _beside(name, contents))
    stem = PurePosixPath(name).stem
    return f"{stem}/{name}" if name.endswith(".bpmn") else f"tables/{name}"


def _same(one: References, other: References) -> bool:
    return bool(one.processes & other.processes or one.decisions & other.decisions)


def _beside(name: str, contents: Mapping[str, bytes]) -> str:
    step = name.removesuffix(".form.json")
    for path, content in contents.items():
        if path.endswith(".bpmn") and f'id="{step}"'.encode() in content:
            return str(PurePosixPath(path).parent / name)
    return name


def _references(path: str, content: bytes) -> References:
    try:
        return references(path, content)
    except UnsafeXml:
        return References()


def choices(uow: UnitOfWork, regulation: Regulation, path: str) -> dict[str, list[tuple[str, str]]]:
    """What the diagram editor offers: forms of the folder, decisions, processes, operations, roles."""
    files = regulations.draft_files(uow, regulation)
    contents = regulations.read_contents(uow, files)
    folder = folder_of(path)
    offered: dict[str, list[tuple[str, str]]] = {
        "forms": [
            (PurePosixPath(name).name, title_of(name, contents[name]))
            for name in files
            if name.endswith(".form.json") and folder_of(name) == folder
        ],
        "decisions": [],
        "processes": [],
        "services": [(name, name) for name in sorted(handlers.registry().services)],
        "roles": list(ROLE_LABELS.items()),
    }
    for name, content in contents.items():
        title, found = title_of(name, content), _references(name, content)
        offered["decisions"] += [(key, title) for key in sorted(found.decisions)]
        offered["processes"] += [(key, title) for key in sorted(found.processes)]
    return offered


def uncovered(uow: UnitOfWork, on: date) -> bool:
    """Whether no regulation covers the date: nothing can be started then."""
    assert uow.organisation_id is not None
    return not regulations.in_force(uow, uow.organisation_id, on)


def _line(uow: UnitOfWork) -> list[UUID]:
    assert uow.organisation_id is not None
    return regulations.organisations(uow, uow.organisation_id)


def _base_date(uow: UnitOfWork, regulation: Regulation) -> date:
    return regulation.effective_from or uow.today
