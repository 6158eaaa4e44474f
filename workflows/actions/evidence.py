"""The files of a dossier: attached, superseded, never changed."""

from __future__ import annotations

from typing import BinaryIO
from uuid import UUID

from engine.database import UnitOfWork
from engine.errors import N_, FieldError, InvalidForm, NotAllowed, NotFound
from workflows import files, gate
from workflows.rules.names import nfc
from workflows.stages import is_closed, nomination_of, record
from workflows.tables.nominations import EVIDENCE_KINDS, Evidence, Nomination

UNIT_STAGES = ("draft", "supplement", "city_returned")
OFFICE_STAGES = (*UNIT_STAGES, "office_received", "appraisal", "council", "paper")


def attach(
    uow: UnitOfWork,
    nomination_id: UUID,
    *,
    kind: str,
    title: str,
    filename: str,
    stream: BinaryIO,
    number: str = "",
    issued_year: int | None = None,
    supersedes: UUID | None = None,
) -> Evidence:
    """One more file of the dossier; `supersedes` marks an older one as replaced, which stays readable.

    NotAllowed when the actor may not add files now; what `workflows.files.store` raises for bad bytes. The
    bytes are durable before this returns.
    """
    nomination = nomination_of(uow, nomination_id)
    actor = _require(uow, nomination)
    if kind not in EVIDENCE_KINDS:
        raise InvalidForm([FieldError("kind", N_("Loại giấy tờ không hợp lệ."))])
    stored = files.store(stream, filename)
    row = Evidence(
        organisation_id=nomination.organisation_id,
        nomination_id=nomination.id,
        kind=kind,
        title=nfc(title) or stored.filename,
        number=nfc(number),
        issued_year=issued_year,
        sha256=stored.sha256,
        filename=stored.filename,
        media_type=stored.media_type,
        size=stored.size,
        uploaded_by=actor,
        uploaded_at=uow.now,
    )
    uow.session.add(row)
    uow.session.flush()
    data = {"kind": kind, "title": row.title, "filename": row.filename, "sha256": row.sha256}
    record(uow, nomination, "evidence:attached", data)
    if supersedes is not None:
        supersede(uow, supersedes)
    return row


def supersede(uow: UnitOfWork, evidence_id: UUID) -> None:
    """The file no longer counts; it stays in the dossier, marked."""
    row = uow.session.get(Evidence, evidence_id)
    if row is None or row.organisation_id != uow.organisation_id:
        raise NotFound(what=N_("tệp này"))
    nomination = nomination_of(uow, row.nomination_id)
    _require(uow, nomination)
    row.superseded = True
    record(uow, nomination, "evidence:superseded", {"filename": row.filename, "sha256": row.sha256})


def why_not_attach(uow: UnitOfWork, nomination: Nomination) -> str | None:
    """Why the actor cannot add files to the dossier now; None when they can."""
    if is_closed(nomination):
        return N_("Hồ sơ đã kết thúc.")
    actor = uow.actor_id
    if actor is None:
        return N_("Cần đăng nhập để làm việc này.")
    if gate.holds(uow, actor, "standing_office") and nomination.stage in OFFICE_STAGES:
        return None
    mine = actor == nomination.author_id or any(
        gate.holds(uow, actor, role, unit_id=nomination.unit_id) for role in ("nominator", "unit_head")
    )
    if not mine:
        return N_("Chỉ người lập hồ sơ, đơn vị hoặc Thường trực Hội đồng được thêm tệp.")
    if nomination.stage not in UNIT_STAGES:
        return N_("Chỉ thêm tệp khi hồ sơ đang lập hoặc được yêu cầu bổ sung.")
    return None


def _require(uow: UnitOfWork, nomination: Nomination) -> UUID:
    refusal = why_not_attach(uow, nomination)
    if refusal is not None:
        raise NotAllowed(reason=refusal)
    assert uow.actor_id is not None
    return uow.actor_id
