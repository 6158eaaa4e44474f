"""The history for an inspector in one ZIP: the rows with their hashes, a list to read, a script that checks it.

What was exported is itself a fact of the history, with the root of what it held: a package that was changed
and calculated anew can be told from the one that left here.
"""

from __future__ import annotations

import tempfile
import zipfile
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import IO, Any

from sqlalchemy import Select, select

from engine import history, history_export
from engine.clock import ZONE
from engine.database import UnitOfWork
from engine.errors import N_, FieldError, InvalidForm, NotFound
from engine.models import Organisation
from workflows import gate
from workflows.papers.history_listing import LISTING, READ_ME, Listing, read_me
from workflows.tables.nominations import Nomination


@dataclass(frozen=True)
class Scope:
    """What is wanted: one dossier by its code, else what was touched from one day to another, else all."""

    dossier: str = ""
    first_day: date | None = None
    last_day: date | None = None


@dataclass(frozen=True)
class Exported:
    """What a package holds."""

    chains: int
    rows: int
    root: str


def export_history(uow: UnitOfWork, target: IO[bytes], scope: Scope) -> Exported:
    """Write the package of the unit of work's organisation and say what is in it.

    NotAllowed for others than the inspector (the command line acts for nobody), NotFound for an unknown
    dossier, InvalidForm for days in the wrong order or without any fact.
    """
    if uow.actor_id is not None:
        gate.require(uow, "inspector")
    if scope.first_day and scope.last_day and scope.last_day < scope.first_day:
        raise _wrong("last_day", N_("Ngày kết thúc phải từ ngày bắt đầu trở đi."))
    chains = _chains(uow, scope)
    manifest = history_export.Manifest(_about(uow, scope))
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as package, tempfile.TemporaryFile() as listing:
        with package.open(_entry(uow, history_export.ROWS), "w") as lines, Listing(listing, uow) as shown:
            for part in history_export.rows(uow, chains):
                for row in part:
                    manifest.tell(row)
                    lines.write(f"{history_export.line_of(row)}\n".encode())
                shown.show(part)
        if not manifest.rows:
            raise _wrong("first_day", N_("Không có dòng nhật ký nào trong những ngày này."))
        _add(package, uow, history_export.MANIFEST, manifest.text().encode())
        listing.seek(0)
        _add(package, uow, LISTING, listing.read())
        _add(package, uow, history_export.SCRIPT, history_export.script())
        _add(package, uow, READ_ME, read_me(manifest).encode())
    found = Exported(len(manifest.heads), manifest.rows, manifest.root)
    data = {**_scope(scope), "chains": found.chains, "rows": found.rows, "root": found.root}
    history.record(uow, f"inspection:{uow.organisation_id}", "history:exported", data=data)
    return found


def _wrong(name: str, message: str) -> InvalidForm:
    return InvalidForm([FieldError(name, message)])


def _chains(uow: UnitOfWork, scope: Scope) -> Select[str] | list[str]:
    if not scope.dossier:
        start = _midnight(scope.first_day) if scope.first_day else None
        end = _midnight(scope.last_day + timedelta(days=1)) if scope.last_day else None
        return history_export.chains_between(uow, start, end)
    query = select(Nomination.instance_id).where(
        Nomination.organisation_id == uow.organisation_id, Nomination.code == scope.dossier
    )
    instance_id = uow.session.scalar(query)
    if instance_id is None:
        raise NotFound(what=N_("nhật ký của hồ sơ “%(code)s”") % {"code": scope.dossier})
    return [history.instance_chain(instance_id)]


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), ZONE)


def _scope(scope: Scope) -> dict[str, str]:
    given = {"dossier": scope.dossier, "from": scope.first_day, "to": scope.last_day}
    return {name: str(value) for name, value in given.items() if value}


def _about(uow: UnitOfWork, scope: Scope) -> dict[str, Any]:
    organisation = uow.session.get_one(Organisation, uow.organisation_id)
    return {
        "organisation": {"code": organisation.code, "name": organisation.name},
        "exported_at": uow.now.isoformat(),
        "exported_by": uow.actor_name,
        "scope": _scope(scope),
    }


def _entry(uow: UnitOfWork, name: str) -> zipfile.ZipInfo:
    made = uow.now.astimezone(ZONE)
    entry = zipfile.ZipInfo(name, (made.year, made.month, made.day, made.hour, made.minute, made.second))
    entry.compress_type = zipfile.ZIP_DEFLATED
    entry.external_attr = 0o644 << 16
    return entry


def _add(package: zipfile.ZipFile, uow: UnitOfWork, name: str, content: bytes) -> None:
    package.writestr(_entry(uow, name), content)
