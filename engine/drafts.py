"""Change sets before they are in force: imported from a folder or edited file by file, linted, published.

A draft says only what differs from what is in force at its effective date. Saving says which content the
editor had read, so that two administrators never overwrite each other. Who may do this is checked by the
actions that call it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import date, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from engine import history
from engine.closure import Missing, closure
from engine.database import UnitOfWork
from engine.errors import N_, Conflict, LintFailed, NotAllowed, NotFound
from engine.lint import Finding, Known, known_here, lint_files
from engine.manifest import MAX_FILE_BYTES, ManifestRefused, check_path, read_folder
from engine.models import Content, Regulation, RegulationFile
from engine.resolution import layers, look, organisations, own_files, read_contents, resolve_files

ANY = "any"
_INSERT: Mapping[str, Any] = {"sqlite": sqlite.insert, "postgresql": postgresql.insert}


def import_folder(uow: UnitOfWork, folder: Path, *, organisation_id: UUID) -> Regulation:
    """Return a new draft with the folder's files and what its regulation.toml says.

    Raises ManifestRefused naming the file that cannot be taken.
    """
    read = read_folder(folder)
    manifest = read.manifest
    settings = {"number": manifest.number, "values": manifest.values}
    draft = _add(uow, organisation_id, manifest.code, manifest.name, manifest.legal_basis, settings)
    draft.effective_from, draft.effective_until = manifest.effective_from, manifest.effective_until
    files: dict[str, bytes | None] = {**dict.fromkeys(manifest.removed), **read.files}
    for path, content in files.items():
        _put(uow, draft, path, content)
    uow.session.flush()
    return draft


def new_draft(
    uow: UnitOfWork,
    organisation_id: UUID,
    name: str,
    *,
    code: str | None = None,
    legal_basis: list[dict[str, Any]] | None = None,
    based_on: UUID | None = None,
) -> Regulation:
    """Return an empty change set over what is in force.

    `based_on` copies the own files of another regulation into it (to take up an earlier change again).
    """
    source = _get(uow, based_on, organisation_id) if based_on is not None else None
    basis = legal_basis if legal_basis is not None else (source.legal_basis if source else [])
    settings = {"values": dict(source.settings.get("values", {}))} if source else {}
    draft = _add(uow, organisation_id, code or f"sua-{uow.today:%Y%m%d}", name.strip(), basis, settings)
    if source is not None:
        for path, digest in own_files(uow, source.id).items():
            _row(uow, draft, path, digest)
    uow.session.flush()
    return draft


def _add(
    uow: UnitOfWork,
    organisation_id: UUID,
    code: str,
    name: str,
    legal_basis: list[dict[str, Any]],
    settings: dict[str, Any],
) -> Regulation:
    draft = Regulation(
        organisation_id=organisation_id,
        code=code[:60],
        name=name[:300],
        legal_basis=legal_basis,
        settings=settings,
        state="draft",
        created_at=uow.now,
        created_by=uow.actor_id,
    )
    uow.session.add(draft)
    uow.session.flush()
    _record(uow, draft, "regulation:drafted", {"code": draft.code, "name": draft.name})
    return draft


def save_file(
    uow: UnitOfWork, regulation_id: UUID, path: str, content: bytes, *, expected: str | None = ANY
) -> str:
    """Store a file of a draft; return its hash.

    `expected` is the hash the editor had read (None: there was no file). Raises Conflict when the file has
    another content by now, NotAllowed when the regulation is published, ManifestRefused for a bad path.
    """
    draft = _open_draft(uow, regulation_id)
    if len(content) > MAX_FILE_BYTES:
        raise ManifestRefused(path, N_("tệp quá lớn"))
    _expect(uow, draft, check_path(path), expected)
    digest = _put(uow, draft, path, content)
    assert digest is not None
    _record(uow, draft, "regulation:file_saved", {"path": path, "hash": digest})
    return digest


def remove_file(uow: UnitOfWork, regulation_id: UUID, path: str, *, expected: str | None = ANY) -> None:
    """Say that the change set takes a file away. Raises NotFound, Conflict, NotAllowed like save_file."""
    draft = _open_draft(uow, regulation_id)
    if path not in draft_files(uow, draft):
        raise NotFound(N_("tệp “%s”") % path)
    _expect(uow, draft, path, expected)
    if path in resolve_files(uow, draft.organisation_id, _base_date(uow, draft)):
        _put(uow, draft, path, None)
    else:
        revert_file(uow, regulation_id, path)
    _record(uow, draft, "regulation:file_removed", {"path": path})


def revert_file(uow: UnitOfWork, regulation_id: UUID, path: str) -> None:
    """Forget what the draft says about a file: it is again the one in force. Raises NotAllowed."""
    draft = _open_draft(uow, regulation_id)
    row = uow.session.get(RegulationFile, (draft.id, path))
    if row is not None:
        uow.session.delete(row)
        uow.session.flush()


def discard_draft(uow: UnitOfWork, regulation_id: UUID) -> None:
    """Throw a draft away; its history stays. Raises NotAllowed when it is published."""
    draft = _open_draft(uow, regulation_id)
    _record(uow, draft, "regulation:discarded", {"name": draft.name})
    uow.session.execute(sa.delete(RegulationFile).where(RegulationFile.regulation_id == draft.id))
    uow.session.delete(draft)
    uow.session.flush()


def draft_files(uow: UnitOfWork, regulation: Regulation, on: date | None = None) -> dict[str, str]:
    """Return path → hash as it would be in force: the base of the date with the draft over it."""
    base = resolve_files(uow, regulation.organisation_id, on or _base_date(uow, regulation))
    for path, digest in own_files(uow, regulation.id).items():
        if digest is None:
            base.pop(path, None)
        else:
            base[path] = digest
    return dict(sorted(base.items()))


def findings(
    uow: UnitOfWork, regulation_id: UUID, *, on: date | None = None, known: Known | None = None
) -> list[Finding]:
    """Return the lint of the resolved files with the draft over them. Raises NotFound."""
    regulation = _get(uow, regulation_id)
    files = draft_files(uow, regulation, on)
    base = resolve_files(uow, regulation.organisation_id, on or _base_date(uow, regulation))
    return lint_files(read_contents(uow, files), known or known_here(), read_contents(uow, base))


def publish(
    uow: UnitOfWork,
    regulation_id: UUID,
    *,
    effective_from: date,
    effective_until: date | None = None,
    allow_past: bool = False,
    known: Known | None = None,
) -> Regulation:
    """Put a draft in force from a date, for ever unchangeable; return it.

    A change set ends at the latest with the regulations whose files it builds on. Raises LintFailed with
    every finding; NotAllowed for a date that has passed (with `allow_past`: only when the
    past would resolve differently), for an end before the beginning, and for what is already published.
    """
    draft = _open_draft(uow, regulation_id)
    if effective_until is not None and effective_until < effective_from:
        raise NotAllowed(N_("Ngày hết hiệu lực phải sau ngày bắt đầu có hiệu lực."))
    if effective_from < uow.today and not allow_past:
        raise NotAllowed(N_("Không thể công bố quy định có hiệu lực từ một ngày đã qua."))
    found = findings(uow, regulation_id, on=effective_from, known=known)
    if any(finding.level == "error" for finding in found):
        raise LintFailed(found)
    if effective_from < uow.today:
        _refuse_changed_past(uow, draft, effective_from, effective_until)
    until = _until(uow, draft, effective_from, effective_until)  # before the draft counts as published
    draft.state = "published"
    draft.effective_from, draft.effective_until = effective_from, until
    draft.published_at, draft.published_by = uow.now, uow.actor_id
    uow.session.flush()
    dates = {"effective_from": effective_from, "effective_until": draft.effective_until}
    _record(uow, draft, "regulation:published", {**dates, "files": own_files(uow, draft.id)})
    return draft


def _refuse_changed_past(uow: UnitOfWork, draft: Regulation, start: date, until: date | None) -> None:
    """A past date may get rules where it had none, never other ones."""
    own = own_files(uow, draft.id)
    end = min(until or uow.today, uow.today - timedelta(days=1))
    line = organisations(uow, draft.organisation_id)
    bounds = uow.session.execute(
        sa.select(Regulation.effective_from, Regulation.effective_until).where(
            Regulation.organisation_id.in_(line), Regulation.state == "published"
        )
    )
    days = {start, end} | {d for row in bounds for d in (row[0], _next(row[1])) if d is not None}
    for day in sorted(day for day in days if start <= day <= end):
        before = resolve_files(uow, draft.organisation_id, day)
        changed = sorted(path for path, digest in own.items() if path in before and before[path] != digest)
        if changed:
            shown = {"path": changed[0], "day": f"{day:%d/%m/%Y}"}
            raise NotAllowed(
                N_("Ngày %(day)s đã có quy định cho tệp “%(path)s”; không thể thay đổi quá khứ.") % shown
            )


def _next(day: date | None) -> date | None:
    return day + timedelta(days=1) if day is not None else None


def _until(uow: UnitOfWork, draft: Regulation, start: date, until: date | None) -> date | None:
    """Never run on half a set: end with what the draft's own processes inherit."""
    base = layers(uow, draft.organisation_id, start)
    own = own_files(uow, draft.id)
    files = draft_files(uow, draft, start)
    seen = look(uow, files)
    ends = [until] if until is not None else []
    for process_id in sorted({name for path in files for name in seen(path).processes}):
        try:
            needed = closure(process_id, files, seen)
        except Missing:
            continue
        if set(needed) & set(own):
            inherited = (base[path][1].effective_until for path in needed if path not in own)
            ends.extend(end for end in inherited if end is not None)
    return min(ends, default=None)


def _base_date(uow: UnitOfWork, regulation: Regulation) -> date:
    return regulation.effective_from or uow.today


def _expect(uow: UnitOfWork, draft: Regulation, path: str, expected: str | None) -> None:
    if expected != ANY and draft_files(uow, draft).get(path) != expected:
        raise Conflict(
            N_("Tệp “%s” vừa được người khác sửa. Xin tải lại trang, xem thay đổi rồi sửa tiếp.") % path
        )


def _put(uow: UnitOfWork, draft: Regulation, path: str, content: bytes | None) -> str | None:
    digest = None
    if content is not None:
        digest = hashlib.sha256(content).hexdigest()
        _store(uow, digest, content)
    _row(uow, draft, path, digest)
    return digest


def _store(uow: UnitOfWork, digest: str, content: bytes) -> None:
    """Insert bytes once, whoever is first."""
    if uow.session.get(Content, digest) is not None:
        return
    dialect = uow.session.get_bind().dialect.name
    insert: Any = _INSERT[dialect](Content).values(hash=digest, data=content)
    uow.session.execute(insert.on_conflict_do_nothing(index_elements=["hash"]))


def _row(uow: UnitOfWork, draft: Regulation, path: str, digest: str | None) -> None:
    row = RegulationFile(
        regulation_id=draft.id, path=path, organisation_id=draft.organisation_id, content_hash=digest
    )
    uow.session.merge(row)
    uow.session.flush()


def set_value(uow: UnitOfWork, regulation_id: UUID, key: str, entry: Mapping[str, Any]) -> None:
    """Put a value into a draft: it replaces the one in force from the draft's date. NotFound, NotAllowed."""
    draft = _open_draft(uow, regulation_id)
    values = {**draft.settings.get("values", {}), key: dict(entry)}
    draft.settings = {**draft.settings, "values": values}
    _record(uow, draft, "regulation:value_set", {"key": key, **entry})


def _open_draft(uow: UnitOfWork, regulation_id: UUID) -> Regulation:
    """The draft under its row lock. Raises NotFound, NotAllowed."""
    draft = uow.session.get(Regulation, regulation_id, with_for_update=True, populate_existing=True)
    if draft is None:
        raise NotFound(N_("bản dự thảo quy định"))
    if draft.state != "draft":
        raise NotAllowed(N_("Quy định đã công bố thì không sửa được. Hãy tạo bản sửa đổi mới."))
    return draft


def _get(uow: UnitOfWork, regulation_id: UUID, organisation_id: UUID | None = None) -> Regulation:
    regulation = uow.session.get(Regulation, regulation_id)
    if regulation is None or organisation_id not in (None, regulation.organisation_id):
        raise NotFound(N_("quy định"))
    return regulation


def _record(uow: UnitOfWork, draft: Regulation, event: str, data: Mapping[str, Any]) -> None:
    chain = f"regulation:{draft.id}"
    history.record(uow, chain, event, data=data, organisation_id=draft.organisation_id)
