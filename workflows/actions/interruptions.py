"""What stops a dossier on its way: the unit withdraws it, the office holds it, lets it go on, or refuses it."""

from __future__ import annotations

from uuid import UUID

from engine import instances
from engine.database import UnitOfWork
from engine.errors import N_, FieldError, InvalidForm, NotAllowed
from workflows import gate
from workflows.actions.nominations import NOMINATORS, tell_author
from workflows.rules.names import nfc
from workflows.stages import is_closed, move, nomination_of, record
from workflows.tables.nominations import Nomination

OURS = ("draft", "unit_review", "office_received", "appraisal", "supplement", "council", "paper")
"""The stages at which the dossier is still in the commune's hands."""


def withdraw(uow: UnitOfWork, nomination_id: UUID, reason: str) -> None:
    """The unit takes the dossier back; the reason is kept. NotAllowed once it is decided or at the city."""
    nomination = _locked(uow, nomination_id)
    gate.require_any(uow, NOMINATORS, nomination.unit_id)
    _allow(why_not_withdraw(nomination))
    reason = _needed(reason, "reason", N_("Cần nêu lý do rút hồ sơ."))
    _end(uow, nomination, "withdrawn", reason)


def hold(uow: UnitOfWork, nomination_id: UUID, basis: str) -> None:
    """The office stops the dossier where it stands, on a basis (a complaint, an inspection); AC-11."""
    nomination = _locked(uow, nomination_id)
    gate.require(uow, "standing_office")
    _allow(why_not_hold(nomination))
    nomination.on_hold_basis = _needed(basis, "basis", N_("Cần ghi căn cứ tạm dừng (số, ngày văn bản)."))
    instances.suspend(uow, _instance(nomination), nomination.on_hold_basis)
    record(uow, nomination, "dossier:held", {"basis": nomination.on_hold_basis})
    tell_author(uow, nomination, N_("Hồ sơ %(code)s – %(name)s tạm dừng xét: %(reason)s"), basis)
    _redraw_paper(uow, nomination)


def resume(uow: UnitOfWork, nomination_id: UUID, basis: str) -> None:
    """The dossier goes on from where it stood, with the votes it had; the basis of that is recorded too."""
    nomination = _locked(uow, nomination_id)
    gate.require(uow, "standing_office")
    _allow(why_not_resume(nomination))
    basis = _needed(basis, "basis", N_("Cần ghi căn cứ tiếp tục xét (số, ngày văn bản)."))
    nomination.on_hold_basis = ""
    instances.resume(uow, _instance(nomination))
    record(uow, nomination, "dossier:resumed", {"basis": basis})
    tell_author(uow, nomination, N_("Hồ sơ %(code)s – %(name)s được tiếp tục xét: %(reason)s"), basis)
    _redraw_paper(uow, nomination)


def refuse_held(uow: UnitOfWork, nomination_id: UUID, basis: str) -> None:
    """What the dossier was held for is confirmed (a discipline): it ends without the award; AC-11.

    NotAllowed for a dossier that is not on hold or no longer in the commune's hands.
    """
    nomination = _locked(uow, nomination_id)
    gate.require(uow, "standing_office")
    _allow(why_not_refuse(nomination))
    basis = _needed(basis, "basis", N_("Cần ghi kết luận, quyết định làm căn cứ từ chối (số, ngày văn bản)."))
    record(uow, nomination, "dossier:refused", {"basis": basis})
    _end(uow, nomination, "refused", basis)
    tell_author(uow, nomination, N_("Hồ sơ %(code)s – %(name)s không được khen thưởng: %(reason)s"), basis)


def why_not_withdraw(nomination: Nomination) -> str | None:
    """Why the dossier cannot be withdrawn now; None when it can."""
    if is_closed(nomination):
        return N_("Hồ sơ đã kết thúc.")
    if nomination.stage not in OURS:
        return N_("Hồ sơ đã gửi cấp trên; cần đề nghị cấp trên trả lại trước khi rút.")
    return None


def why_not_hold(nomination: Nomination) -> str | None:
    """Why the dossier cannot be put on hold now; None when it can."""
    if is_closed(nomination):
        return N_("Hồ sơ đã kết thúc.")
    return N_("Hồ sơ đang tạm dừng rồi.") if nomination.on_hold_basis else None


def why_not_resume(nomination: Nomination) -> str | None:
    """Why the dossier cannot be let go on now; None when it can."""
    if is_closed(nomination):
        return N_("Hồ sơ đã kết thúc.")
    return None if nomination.on_hold_basis else N_("Hồ sơ không bị tạm dừng.")


def why_not_refuse(nomination: Nomination) -> str | None:
    """Why the held dossier cannot be refused by the office now; None when it can."""
    if reason := why_not_resume(nomination):
        return reason
    if nomination.stage not in OURS:
        return N_("Hồ sơ đã gửi cấp trên; việc không khen thưởng do cấp trên quyết định.")
    return None


def _locked(uow: UnitOfWork, nomination_id: UUID) -> Nomination:
    """The dossier as it is once nobody else changes it: its instance is locked first, as by everybody who does
    a task of it. The other way round two of them would wait for each other."""
    nomination = nomination_of(uow, nomination_id)
    instances.get_for_update(uow, _instance(nomination))
    uow.session.refresh(nomination)
    return nomination


def _allow(refusal: str | None) -> None:
    if refusal:
        raise NotAllowed(reason=refusal)


def _end(uow: UnitOfWork, nomination: Nomination, stage: str, reason: str) -> None:
    nomination.on_hold_basis = ""
    instances.cancel(uow, _instance(nomination), reason)
    move(uow, nomination, stage, reason=reason)
    _redraw_paper(uow, nomination)


def _redraw_paper(uow: UnitOfWork, nomination: Nomination) -> None:
    """A paper on its way to the signature is set again with those who may still be signed for."""
    uow.enqueue("redraw_papers", str(nomination.organisation_id), str(nomination.id))


def _instance(nomination: Nomination) -> UUID:
    assert nomination.instance_id is not None
    return nomination.instance_id


def _needed(text: str, path: str, message: str) -> str:
    if not nfc(text):
        raise InvalidForm([FieldError(path, message)])
    return nfc(text)
