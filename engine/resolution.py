"""What is in force: change sets of files, commune → province → country, the latest at a date.

A resolution lays the change sets of the upper organisations first and the organisation's own last, each
organisation's in order of effective date: a later change set holds only what changed. Publishing never
changes what a past date resolves to, and a definition, once frozen, never changes (DESIGN rules 5 and 10).
"""

from __future__ import annotations

import hashlib
import json
from collections import OrderedDict
from collections.abc import Callable, Iterable, Mapping
from datetime import date
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from engine.closure import NOTHING, Missing, References, closure, references
from engine.database import UnitOfWork
from engine.errors import N_, NoRegulation, NotFound
from engine.models import Content, Definition, Organisation, Regulation, RegulationFile

MAX_LEVELS = 8
_known: OrderedDict[tuple[str, str], References] = OrderedDict()
_KNOWN_SIZE = 1000


def organisations(uow: UnitOfWork, organisation_id: UUID) -> list[UUID]:
    """Return the organisation's line from the country down to itself. Raises NotFound."""
    line: list[UUID] = []
    current: UUID | None = organisation_id
    while current is not None and len(line) < MAX_LEVELS:
        organisation = uow.session.get(Organisation, current)
        if organisation is None:
            raise NotFound(N_("tổ chức"))
        line.append(current)
        current = organisation.parent_id
    return line[::-1]


def in_force(uow: UnitOfWork, organisation_id: UUID, on: date) -> list[Regulation]:
    """Return the published regulations that apply on a date, in the order in which they are laid."""
    line = organisations(uow, organisation_id)
    found = uow.session.scalars(
        sa.select(Regulation).where(
            Regulation.organisation_id.in_(line),
            Regulation.state == "published",
            Regulation.effective_from <= on,
            sa.or_(Regulation.effective_until.is_(None), Regulation.effective_until >= on),
        )
    )
    return sorted(found, key=lambda r: (line.index(r.organisation_id), *newest(r)))


def newest(regulation: Regulation) -> tuple[Any, ...]:
    """Return the key by which a later change set comes after an earlier one."""
    return (regulation.effective_from, regulation.published_at, regulation.id)


def resolve_files(uow: UnitOfWork, organisation_id: UUID, on: date) -> dict[str, str]:
    """Return path → content hash of everything in force for an organisation on a date."""
    return {path: digest for path, (digest, _) in layers(uow, organisation_id, on).items()}


def layers(uow: UnitOfWork, organisation_id: UUID, on: date) -> dict[str, tuple[str, Regulation]]:
    """Return path → (content hash, the regulation that gives it) on a date."""
    regulations = in_force(uow, organisation_id, on)
    files = _files_of(uow, [regulation.id for regulation in regulations])
    resolved: dict[str, tuple[str, Regulation]] = {}
    for regulation in regulations:
        for path, digest in files.get(regulation.id, {}).items():
            if digest is None:
                resolved.pop(path, None)
            else:
                resolved[path] = (digest, regulation)
    return dict(sorted(resolved.items()))


def _files_of(uow: UnitOfWork, regulation_ids: Iterable[UUID]) -> dict[UUID, dict[str, str | None]]:
    rows = uow.session.scalars(
        sa.select(RegulationFile).where(RegulationFile.regulation_id.in_(list(regulation_ids)))
    )
    files: dict[UUID, dict[str, str | None]] = {}
    for row in rows:
        files.setdefault(row.regulation_id, {})[row.path] = row.content_hash
    return files


def own_files(uow: UnitOfWork, regulation_id: UUID) -> dict[str, str | None]:
    """Return what one regulation itself says: path → content hash, None for a file it removes."""
    return _files_of(uow, [regulation_id]).get(regulation_id, {})


def values(uow: UnitOfWork, organisation_id: UUID, on: date) -> dict[str, Any]:
    """Return the [values] of the regulations in force on a date, the nearer organisation's last."""
    merged: dict[str, Any] = {}
    for regulation in in_force(uow, organisation_id, on):
        merged.update(regulation.settings.get("values", {}))
    return merged


def read(uow: UnitOfWork, organisation_id: UUID, path: str, on: date) -> bytes:
    """Return the content of a file in force on a date. Raises NotFound."""
    digest = resolve_files(uow, organisation_id, on).get(path)
    if digest is None:
        raise NotFound(N_("tệp “%(path)s” có hiệu lực ngày %(on)s") % {"path": path, "on": f"{on:%d/%m/%Y}"})
    return read_content(uow, digest)


def read_content(uow: UnitOfWork, digest: str) -> bytes:
    """Return bytes by their hash. Raises NotFound."""
    content = uow.session.get(Content, digest)
    if content is None:
        raise NotFound(N_("nội dung của quy định"))
    return content.data


def read_contents(uow: UnitOfWork, files: Mapping[str, str]) -> dict[str, bytes]:
    """Return path → bytes for path → hash."""
    rows = uow.session.execute(
        sa.select(Content.hash, Content.data).where(Content.hash.in_(set(files.values())))
    )
    data = {row.hash: row.data for row in rows}
    return {path: data[digest] for path, digest in files.items()}


def read_definition_file(uow: UnitOfWork, definition_hash: str, path: str) -> bytes:
    """Return a file of a frozen definition. Raises NotFound."""
    definition = uow.session.get(Definition, definition_hash)
    if definition is None or path not in definition.files:
        raise NotFound(N_("tệp “%s” của quy trình") % path)
    return read_content(uow, definition.files[path])


def resolve(uow: UnitOfWork, organisation_id: UUID, process_id: str, on: date) -> Definition:
    """Return the definition of a process on a date, frozen on first use by the hash of its closure.

    Raises NoRegulation when nothing in force has the process or something it needs.
    """
    files, source = _closed(uow, organisation_id, process_id, on)
    return _frozen(uow, organisation_id, process_id, files, source)


def outlook(uow: UnitOfWork, organisation_id: UUID, process_id: str, on: date) -> tuple[str, UUID]:
    """Return the hash of the definition that `resolve` would give and the regulation it is of; freezes nothing.

    Raises NoRegulation.
    """
    files, source = _closed(uow, organisation_id, process_id, on)
    return _definition_hash(organisation_id, process_id, files), source


def _closed(uow: UnitOfWork, organisation_id: UUID, process_id: str, on: date) -> tuple[dict[str, str], UUID]:
    """Return the files of a process on a date and the latest regulation among those that give them."""
    resolved = layers(uow, organisation_id, on)
    paths = {path: digest for path, (digest, _) in resolved.items()}
    try:
        files = closure(process_id, paths, look(uow, paths))
    except Missing as missing:
        raise NoRegulation(missing.name, on) from missing
    return files, max((resolved[path][1] for path in files), key=newest).id


def look(uow: UnitOfWork, paths: Mapping[str, str]) -> Callable[[str], References]:
    """Return what gives a path's references; they are remembered by content hash, which never changes."""
    wanted = {path: digest for path, digest in paths.items() if path.endswith((".bpmn", ".dmn"))}
    found = {path: _known[path, digest] for path, digest in wanted.items() if (path, digest) in _known}
    rest = {path: digest for path, digest in wanted.items() if path not in found}
    for path, content in read_contents(uow, rest).items():
        found[path] = _known[path, rest[path]] = references(path, content)
    while len(_known) > _KNOWN_SIZE:
        _known.popitem(last=False)
    return lambda path: found.get(path, NOTHING)


def _frozen(
    uow: UnitOfWork, organisation_id: UUID, process_id: str, files: dict[str, str], regulation_id: UUID
) -> Definition:
    digest = _definition_hash(organisation_id, process_id, files)
    found = uow.session.get(Definition, digest)
    if found is not None:
        return found
    definition = Definition(
        hash=digest,
        organisation_id=organisation_id,
        process_id=process_id,
        regulation_id=regulation_id,
        files=files,
        created_at=uow.now,
    )
    try:
        with uow.session.begin_nested():
            uow.session.add(definition)
    except IntegrityError:  # another transaction froze the same closure in between
        return uow.session.get_one(Definition, digest)
    return definition


def _definition_hash(organisation_id: UUID, process_id: str, files: Mapping[str, str]) -> str:
    """The organisation is part of the hash: a definition is a row of its tenant."""
    key = json.dumps([str(organisation_id), process_id, sorted(files.items())], separators=(",", ":"))
    return hashlib.sha256(key.encode()).hexdigest()
