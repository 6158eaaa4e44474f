"""Moving running dossiers to another version of their process, as the administrator reads it.

Versions in use, what changed between two of them, and where the dossiers stand. Codes and titles only: an
administrator sees no dossier's contents.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from engine import migration, regulations
from engine.database import UnitOfWork
from engine.errors import N_, NoRegulation, NotFound
from engine.models import Definition, Regulation
from engine.spiff.differ import Aspect, Change, ChangeKind
from engine.spiff.parser import Element
from workflows import gate
from workflows.queries.regulations import title_of
from workflows.queries.running import Standing, dossiers, here
from workflows.queries.trail import PROCESSES

MOST = 500
"""So many dossiers are looked at together; those after them follow when these are done."""
KINDS = {
    ChangeKind.ADDED: N_("Bước mới"),
    ChangeKind.REMOVED: N_("Bỏ đi"),
    ChangeKind.MOVED: N_("Đổi vị trí"),
    ChangeKind.CHANGED: N_("Có sửa"),
}
ASPECTS = {
    Aspect.KIND: N_("loại bước"),
    Aspect.NAME: N_("tên"),
    Aspect.ROLE: N_("vai trò làm bước này"),
    Aspect.FORM: N_("biểu mẫu"),
    Aspect.PROPERTIES: N_("thiết lập"),
    Aspect.ACTION: N_("việc phần mềm tự làm"),
    Aspect.EVENT: N_("điều được chờ"),
    Aspect.TIMER: N_("thời hạn"),
    Aspect.LOOP: N_("cách lấy ý kiến từng người"),
    Aspect.CALLED: N_("quy trình con"),
    Aspect.CONDITIONS: N_("điều kiện rẽ nhánh"),
    Aspect.BOUNDARY: N_("sự kiện gắn kèm"),
    Aspect.POSITION: N_("vị trí"),
}
ITEM_STATES = {
    "waiting": N_("Đang chờ chuyển"),
    "migrated": N_("Đã chuyển"),
    "refused": N_("Không chuyển được"),
    "failed": N_("Gặp lỗi, đang thử lại"),
    "undone": N_("Đã hoàn tác"),
}
_NEVER_STOOD_AT = ("startEvent", "endEvent", "dataObject", "dataStore")


@dataclass(frozen=True)
class Version:
    """One frozen version of a process: by which regulation, since when it is used, how many run on it."""

    hash: str
    process_id: str
    process: str
    regulation: str
    effective_from: date | None
    used_since: datetime | None
    running: int
    in_force: bool


@dataclass(frozen=True)
class OldStep:
    """A step that the new diagram has no more: how many dossiers stand there, what may take its place."""

    id: str
    name: str
    standing: int
    added: list[tuple[str, str]]
    kept: list[tuple[str, str]]


@dataclass(frozen=True)
class Comparison:
    """Two versions side by side."""

    old: Version
    new: Version
    changes: list[Change]
    other_files: list[str]
    """Tables, forms and wordings with another content."""
    diagrams: list[dict[str, str]]
    standing: dict[str, int]
    """Element id → how many dossiers stand there."""
    old_steps: list[OldStep]
    dossiers: list[Standing]
    more: int
    """How many dossiers do not fit on the page."""


def versions(uow: UnitOfWork) -> list[tuple[Version, list[Version]]]:
    """Every version on which dossiers run, each with the versions that they could follow instead."""
    gate.require(uow, "administrator")
    used = migration.in_use(uow)
    now = {process_id: _in_force(uow, process_id) for process_id in {row.process_id for row, _ in used}}
    found = []
    for definition, running in used:
        current = now[definition.process_id]
        others = [current] if current is not None and current.hash != definition.hash else []
        others += [
            _version(uow, other, count, current)
            for other, count in used
            if other.process_id == definition.process_id
            and other.hash not in (definition.hash, current.hash if current else "")
        ]
        found.append((_version(uow, definition, running, current), others))
    return found


def left_behind(uow: UnitOfWork, regulation_id: UUID) -> int:
    """How many dossiers run on another version although this regulation gives the one in force."""
    total = 0
    current: dict[str, tuple[str, UUID] | None] = {}
    for definition, running in migration.in_use(uow):
        process_id = definition.process_id
        if process_id not in current:
            current[process_id] = _outlook(uow, process_id)
        now = current[process_id]
        if now is not None and now[1] == regulation_id and now[0] != definition.hash:
            total += running
    return total


def _outlook(uow: UnitOfWork, process_id: str) -> tuple[str, UUID] | None:
    assert uow.organisation_id is not None
    try:
        return regulations.outlook(uow, uow.organisation_id, process_id, uow.today)
    except NoRegulation:
        return None


def _in_force(uow: UnitOfWork, process_id: str) -> Version | None:
    """The version that a dossier begun today would follow, whether or not one has."""
    found = _outlook(uow, process_id)
    if found is None:
        return None
    digest, regulation_id = found
    definition = uow.session.get(Definition, digest)
    regulation = uow.session.get_one(Regulation, regulation_id)
    return Version(
        digest,
        process_id,
        PROCESSES.get(process_id, process_id),
        regulation.name,
        regulation.effective_from,
        definition.created_at if definition else None,
        len(migration.running_on(uow, digest)),
        in_force=True,
    )


def _version(uow: UnitOfWork, definition: Definition, running: int, current: Version | None) -> Version:
    regulation = uow.session.get_one(Regulation, definition.regulation_id)
    return Version(
        definition.hash,
        definition.process_id,
        PROCESSES.get(definition.process_id, definition.process_id),
        regulation.name,
        regulation.effective_from,
        definition.created_at,
        running,
        in_force=current is not None and current.hash == definition.hash,
    )


def version(uow: UnitOfWork, definition_hash: str) -> Version:
    """One version of this organisation; NotFound."""
    gate.require(uow, "administrator")
    definition = migration.definition_of(uow, definition_hash)
    running = len(migration.running_on(uow, definition_hash))
    return _version(uow, definition, running, _in_force(uow, definition.process_id))


def is_frozen(uow: UnitOfWork, definition_hash: str) -> bool:
    """Whether a dossier of anybody has begun by the version already."""
    return uow.session.get(Definition, definition_hash) is not None


def comparison(uow: UnitOfWork, old_hash: str, new_hash: str) -> Comparison:
    """What changed between two versions and who stands where; NotFound for another organisation's."""
    old, new = version(uow, old_hash), version(uow, new_hash)
    if old.process_id != new.process_id or old.hash == new.hash:
        raise NotFound(N_("hai phiên bản của cùng một quy trình"))
    changes = migration.changes(uow, old_hash, new_hash)
    running = migration.running_on(uow, old_hash)
    standing = _standing(uow, running[:MOST])
    return Comparison(
        old=old,
        new=new,
        changes=changes,
        other_files=_other_files(uow, old_hash, new_hash),
        diagrams=_diagrams(uow, old, new),
        standing=dict(standing),
        old_steps=_old_steps(uow, old_hash, new_hash, changes, standing),
        dossiers=dossiers(uow, running[:MOST]),
        more=max(0, len(running) - MOST),
    )


def _standing(uow: UnitOfWork, instance_ids: Sequence[UUID]) -> Counter[str]:
    """How many dossiers work or wait at each element; one whose state cannot be read stands nowhere."""
    counted: Counter[str] = Counter()
    for instance_id in instance_ids:
        counted.update(here(uow, instance_id))
    return counted


def _old_steps(
    uow: UnitOfWork, old_hash: str, new_hash: str, changes: Sequence[Change], standing: Mapping[str, int]
) -> list[OldStep]:
    removed = [each.before for each in changes if each.kind is ChangeKind.REMOVED and each.before]
    added = [each.after for each in changes if each.kind is ChangeKind.ADDED and each.after]
    kept = migration.elements(uow, new_hash)
    known = {element.id for element in added}
    return [
        OldStep(
            step.id,
            step.name,
            standing.get(step.id, 0),
            _choices(added, step),
            _choices([each for each in kept if each.id not in known], step),
        )
        for step in sorted(removed, key=lambda step: -standing.get(step.id, 0))
        if not step.kind.startswith(_NEVER_STOOD_AT)
    ]


def _choices(elements: Iterable[Element], step: Element) -> list[tuple[str, str]]:
    """What can stand in for a step: work for work of the same kind, or a dossier could not stay in it."""
    fit = [each for each in elements if each.kind == step.kind]
    return [(each.id, each.name) for each in fit]


def _other_files(uow: UnitOfWork, old_hash: str, new_hash: str) -> list[str]:
    old, new = (migration.definition_of(uow, each).files for each in (old_hash, new_hash))
    paths = [
        path
        for path in sorted(old.keys() | new.keys())
        if old.get(path) != new.get(path) and not path.endswith(".bpmn")
    ]
    named = {path: new.get(path) or old[path] for path in paths}
    contents = regulations.read_contents(uow, named)
    return [title_of(path, contents[path]) for path in paths]


def _diagrams(uow: UnitOfWork, old: Version, new: Version) -> list[dict[str, str]]:
    """The process's own diagram first, then those of called processes that differ."""
    before, after = (migration.definition_of(uow, each.hash).files for each in (old, new))
    name = f"{old.process_id}.bpmn"
    paths = [path for path in sorted(before.keys() | after.keys()) if path.endswith(".bpmn")]
    shown = [path for path in paths if path.rpartition("/")[2] == name or before.get(path) != after.get(path)]
    shown.sort(key=lambda path: path.rpartition("/")[2] != name)
    texts = [regulations.read_contents(uow, files) for files in (before, after)]
    return [
        {
            "title": title_of(path, texts[1].get(path) or texts[0][path]),
            "old": texts[0].get(path, b"").decode(),
            "new": texts[1].get(path, b"").decode(),
        }
        for path in shown
    ]
