"""What an administrator does with regulations: prepare a draft, change its files, publish it from a date.

The engine keeps the rules of drafts (engine.drafts); here is who may do it and in whose organisation.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from uuid import UUID

from engine import regulations
from engine.database import UnitOfWork
from engine.errors import N_, FieldError, InvalidForm, LintFailed, NotFound
from engine.lint import Finding
from engine.models import Regulation
from workflows import gate
from workflows.queries.regulations import blocking, own_regulation, tried
from workflows.rules.names import nfc


def start_draft(
    uow: UnitOfWork, *, name: str, citation: str = "", based_on: UUID | None = None
) -> Regulation:
    """An empty change set over what is in force, or one that takes up another one's changes again.

    InvalidForm without a name; NotFound for a `based_on` of another organisation.
    """
    organisation_id = _administer(uow)
    if not nfc(name):
        raise InvalidForm([FieldError("name", N_("Cần đặt tên cho bản sửa đổi."))])
    basis = [{"citation": nfc(citation), "note": "", "unverified": False}] if nfc(citation) else None
    return regulations.new_draft(uow, organisation_id, nfc(name), legal_basis=basis, based_on=based_on)


def save_file(uow: UnitOfWork, draft_id: UUID, path: str, content: bytes, *, expected: str | None) -> str:
    """Store a file of the draft, return its new hash; Conflict when somebody else saved in between."""
    draft = _draft(uow, draft_id)
    return regulations.save_file(uow, draft.id, path, content, expected=expected)


def save_as_other_draft(uow: UnitOfWork, draft_id: UUID, path: str, content: bytes) -> Regulation:
    """A second draft with the files of the first and this version of one file: two editors, nothing lost."""
    draft = _draft(uow, draft_id)
    name = N_("%(name)s (bản của %(who)s)") % {"name": draft.name, "who": uow.actor_name}
    other = regulations.new_draft(uow, draft.organisation_id, name, based_on=draft.id)
    regulations.save_file(uow, other.id, path, content)
    return other


def take_uploads(uow: UnitOfWork, draft_id: UUID, files: Mapping[str, bytes]) -> list[str]:
    """Store uploaded files together, return their paths.

    LintFailed with the findings when one of them may not be published: nothing is stored then, the draft stays
    as it was. Files that belong together (a diagram and its new forms) are sent together.
    """
    draft = _draft(uow, draft_id)
    found = blocking(tried(uow, draft, files), files)
    if found:
        raise LintFailed(found)
    for path, content in files.items():
        regulations.save_file(uow, draft.id, path, content)
    return sorted(files)


def remove_file(uow: UnitOfWork, draft_id: UUID, path: str) -> None:
    """The change set takes the file away; NotFound when there is none."""
    regulations.remove_file(uow, _draft(uow, draft_id).id, path)


def revert_file(uow: UnitOfWork, draft_id: UUID, path: str) -> None:
    """The draft says nothing of the file any more: it is again the one in force."""
    regulations.revert_file(uow, _draft(uow, draft_id).id, path)


def discard_draft(uow: UnitOfWork, draft_id: UUID) -> None:
    """Throw the draft away; its history stays."""
    regulations.discard_draft(uow, _draft(uow, draft_id).id)


def publish(
    uow: UnitOfWork, draft_id: UUID, *, effective_from: date, effective_until: date | None = None
) -> Regulation:
    """Put the draft in force from today or a later day; LintFailed, NotAllowed with why for a past date."""
    draft = _draft(uow, draft_id)
    if not regulations.own_files(uow, draft.id) and not draft.settings.get("values"):
        raise InvalidForm([FieldError("effective_from", N_("Bản sửa đổi chưa thay đổi tệp nào."))])
    return regulations.publish(uow, draft.id, effective_from=effective_from, effective_until=effective_until)


def check(uow: UnitOfWork, draft_id: UUID, path: str, content: bytes) -> list[Finding]:
    """The findings of the draft if this file were saved; nothing is."""
    return tried(uow, _draft(uow, draft_id), {path: content})


def _draft(uow: UnitOfWork, draft_id: UUID) -> Regulation:
    _administer(uow)
    return own_regulation(uow, draft_id)


def _administer(uow: UnitOfWork) -> UUID:
    gate.require(uow, "administrator")
    if uow.organisation_id is None:
        raise NotFound(what=N_("tổ chức đang làm việc"))
    return uow.organisation_id
