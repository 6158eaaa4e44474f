"""The agenda of a session: when and where, how it votes, which nominees in which order."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime, time
from typing import Any
from urllib.parse import urlsplit

from sqlalchemy import delete

from engine.clock import ZONE
from engine.database import UnitOfWork
from engine.errors import N_, FieldError, InvalidForm
from workflows.actions.sessions import checked_by_law
from workflows.queries.ballots import rule_row
from workflows.queries.waiting import for_session
from workflows.quotas import TYPED
from workflows.rules import voting
from workflows.tables.nominations import Nomination
from workflows.tables.sessions import CouncilSession, Recusal, SessionLine

RECUSED_IN_DENOMINATOR = {"yes": True, "no": False}


def set_agenda(uow: UnitOfWork, session: CouncilSession, form: Mapping[str, Any]) -> None:
    """Store date, place, way of voting and the chosen nominees in order; InvalidForm names what is wrong."""
    errors: list[FieldError] = []
    session.title = str(form.get("title") or session.title).strip()
    session.place = str(form.get("place") or "").strip()
    session.online_link = _link(form, errors)
    if not session.place and not session.online_link:
        errors.append(FieldError("place", N_("Cần địa điểm họp, hoặc đường dẫn họp trực tuyến.")))
    session.held_at = _moment(form, errors)
    session.vote_mode = str(form.get("vote_mode") or session.vote_mode)
    session.by_law = _by_law(session, form)
    chosen = _chosen(uow, session, form.get("lines") or [], errors)
    if not errors:
        _check_rules(uow, session, chosen, errors)
    if errors:
        raise InvalidForm(errors)
    listed = [nomination.id for nomination in chosen]
    left = Recusal.nomination_id.not_in(listed)
    uow.session.execute(delete(Recusal).where(Recusal.session_id == session.id, left))
    uow.session.execute(delete(SessionLine).where(SessionLine.session_id == session.id))
    for position, nomination in enumerate(chosen, start=1):
        uow.session.add(
            SessionLine(
                organisation_id=session.organisation_id,
                session_id=session.id,
                nomination_id=nomination.id,
                position=position,
            )
        )
    session.state = "preparing"


def _link(form: Mapping[str, Any], errors: list[FieldError]) -> str:
    link = str(form.get("online_link") or "").strip()
    if link and not _is_https(link):
        errors.append(FieldError("online_link", N_("Đường dẫn họp trực tuyến phải bắt đầu bằng https://")))
    return link


def _is_https(link: str) -> bool:
    try:
        parts = urlsplit(link)
    except ValueError:
        return False
    return parts.scheme == "https" and bool(parts.hostname) and not any(each.isspace() for each in link)


def _moment(form: Mapping[str, Any], errors: list[FieldError]) -> datetime | None:
    try:
        day = date.fromisoformat(str(form.get("held_on") or ""))
        hour = time.fromisoformat(str(form.get("held_time") or "08:00"))
    except ValueError:
        errors.append(FieldError("held_on", N_("Cần ngày họp (và giờ họp dạng 14:00).")))
        return None
    return datetime.combine(day, hour, tzinfo=ZONE)


def _by_law(session: CouncilSession, form: Mapping[str, Any]) -> dict[str, Any]:
    """What this session sets: whether a recused member stays in the denominator (AC-05; "rule" leaves it),
    the numbers that a cap is reckoned from while the register does not hold them, and the places to be filled.
    """
    by_law = dict(session.by_law)
    choice = str(form.get("recused_in_denominator") or "")
    if choice in RECUSED_IN_DENOMINATOR:
        by_law["recused_in_denominator"] = RECUSED_IN_DENOMINATOR[choice]
    elif choice == "rule":
        by_law.pop("recused_in_denominator", None)
    by_law |= {name: form.get(name) for name in TYPED}
    return checked_by_law(by_law)


def _chosen(
    uow: UnitOfWork, session: CouncilSession, rows: Sequence[Mapping[str, Any]], errors: list[FieldError]
) -> list[Nomination]:
    """The included nominees in the order asked for; rows without a number follow in the order of the list."""
    waiting = {str(each.id): each for each in for_session(uow, session.id)}
    picked: list[tuple[int, int, Nomination]] = []
    for index, row in enumerate(rows):
        if not row.get("include"):
            continue
        nomination = waiting.get(str(row.get("id")))
        if nomination is None:
            text = N_("Hồ sơ này không còn chờ Hội đồng xét hoặc đã ở phiên họp khác.")
            errors.append(FieldError(f"lines.{index}.include", text))
            continue
        picked.append((int(row.get("position") or len(rows) + 1), index, nomination))
    if not picked and not errors:
        errors.append(FieldError("lines", N_("Chọn ít nhất một hồ sơ để đưa ra Hội đồng.")))
    return [nomination for _, _, nomination in sorted(picked, key=lambda each: each[:2])]


def _check_rules(
    uow: UnitOfWork, session: CouncilSession, chosen: list[Nomination], errors: list[FieldError]
) -> None:
    for nomination in chosen:
        try:
            rule = voting.rule_from_row(rule_row(uow, session, nomination))
        except voting.ChairUnknown:
            text = N_(
                "Quy chế đòi hỏi Chủ tịch Hội đồng đồng ý với %(name)s, mà bỏ phiếu kín thì không thể biết "
                "Chủ tịch Hội đồng có đồng ý hay không: chọn cách biểu quyết khác."
            )
            errors.append(FieldError("vote_mode", text % {"name": nomination.subject_name}))
            return
        except ValueError:
            text = N_("Bảng quy tắc biểu quyết chưa có dòng hợp lệ cho %(name)s.")
            errors.append(FieldError("lines", text % {"name": nomination.subject_name}))
            continue
        if rule.vote_mode == "secret" and session.vote_mode == "open":
            text = N_(
                "Quy chế yêu cầu bỏ phiếu kín đối với %(name)s: chọn bỏ phiếu kín hoặc phiếu giấy do thư ký ghi."
            )
            errors.append(FieldError("vote_mode", text % {"name": nomination.subject_name}))
            return
