"""A session of the council as people drive it: call it, cast a ballot by name, close the vote."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select

from engine import history, instances, jobs, messages
from engine.database import UnitOfWork
from engine.errors import N_, Conflict, FieldError, InvalidForm, NotAllowed, NotReady
from engine.handlers import lookups
from engine.models import Task
from workflows.gate import require
from workflows.queries.ballots import (
    attendance_of,
    ballots_of,
    lines_of,
    recusals_of,
    rule_of,
    session_of,
    voters,
)
from workflows.quotas import TYPED
from workflows.rules.voting import Rule, rule_from_row
from workflows.tables.nominations import Nomination
from workflows.tables.sessions import Ballot, CouncilSession


class AlreadyVoted(Conflict):
    """This member has already voted otherwise in this round."""

    def __init__(self) -> None:
        super().__init__(N_("Bạn đã biểu quyết trong lượt này; lá phiếu đã gửi không thay đổi được."))


class VotingClosed(Conflict):
    """The vote is not open: not yet, or no longer."""

    def __init__(self) -> None:
        super().__init__(N_("Việc biểu quyết chưa mở hoặc đã kết thúc; lá phiếu này không được ghi nhận."))


def create_session(
    uow: UnitOfWork,
    *,
    title: str,
    held_at: datetime | None = None,
    place: str = "",
    vote_mode: str = "open",
    by_law: Mapping[str, Any] | None = None,
) -> CouncilSession:
    """Start a session; its first task is the agenda. Returns the session. NotAllowed, InvalidForm."""
    require(uow, "standing_office")
    assert uow.organisation_id is not None
    if not title.strip():
        raise InvalidForm([FieldError("title", N_("Cần tên phiên họp."))])
    if vote_mode not in ("open", "recorded", "secret"):
        raise InvalidForm([FieldError("vote_mode", N_("Chọn hình thức biểu quyết."))])
    session = CouncilSession(
        organisation_id=uow.organisation_id,
        title=title.strip(),
        held_at=held_at,
        place=place.strip(),
        vote_mode=vote_mode,
        by_law=checked_by_law(by_law or {}),
        created_at=uow.now,
    )
    uow.session.add(session)
    uow.session.flush()
    instance = instances.start(
        uow,
        "council_appraisal",
        organisation_id=uow.organisation_id,
        business_key=str(session.id),
        data={"session_id": str(session.id), "member_ids": [], "vote_mode": vote_mode},
    )
    session.instance_id = instance.id
    return session


def checked_by_law(by_law: Mapping[str, Any]) -> dict[str, Any]:
    """The values with which a session replaces those of the rule table (and the numbers that a cap is reckoned from).

    InvalidForm for what is no rule.
    """
    kept = {key: value for key, value in by_law.items() if value not in (None, "")}
    unknown = [key for key in kept if key not in Rule.__dataclass_fields__ and key not in TYPED]
    try:
        rule_from_row({}, kept)
    except ValueError:
        unknown = unknown or list(kept)
    if unknown:
        message = N_("Giá trị quy chế không hợp lệ: %(names)s.") % {"names": ", ".join(unknown)}
        raise InvalidForm([FieldError("by_law", message)])
    return kept


def cast_vote(
    uow: UnitOfWork, session_id: UUID | str, choices: Mapping[str, str], idempotency_key: str
) -> None:
    """Cast the actor's ballot by name (dossier id → agree | disagree | abstain) for every line that is theirs.

    The ballots are written under the lock of the session's row; a job then finishes the member's task, so
    that members never wait for each other. The same ballot sent again changes nothing. Raises AlreadyVoted,
    VotingClosed, NotAllowed (no member of this vote), InvalidForm (a line without a choice).
    """
    actor = uow.actor_id
    if actor is None:
        raise NotAllowed(N_("Cần đăng nhập để biểu quyết."))
    session = session_of(uow, session_id, lock=True)
    write_ballots(uow, session, actor, choices)
    task = _open_vote_task(uow, session, actor)
    if task is not None:
        lane = jobs.lane(task.organisation_id, task.business_key)
        uow.enqueue("advance_task", str(task.id), str(actor), partition=lane)


def write_ballots(
    uow: UnitOfWork, session: CouncilSession, person_id: UUID, choices: Mapping[str, str]
) -> None:
    """Write one member's ballots of the present round; the caller holds the lock of the session's row."""
    lines = entitled_lines(uow, session, person_id)
    if not lines:
        raise NotAllowed(N_("Bạn không có phiếu biểu quyết trong phiên họp này."))
    cast = {str(each.nomination_id): each.choice for each in ballots_of(uow, session)
            if each.person_id == person_id}  # fmt: skip
    if cast:
        if cast != dict(choices):
            raise AlreadyVoted
        return
    if session.state != "voting" or session.closed_at is not None:
        raise VotingClosed
    _check_choices(uow, session, lines, choices)
    for nomination in lines:
        uow.session.add(
            Ballot(
                organisation_id=session.organisation_id,
                session_id=session.id,
                round=session.round,
                nomination_id=nomination.id,
                person_id=person_id,
                choice=choices[str(nomination.id)],
                cast_at=uow.now,
            )
        )
    history.record(uow, chain(session), "ballot:cast", element="cast_vote", data={"person_id": person_id})


def entitled_lines(uow: UnitOfWork, session: CouncilSession, person_id: UUID) -> list[Nomination]:
    """The nominees on whom this member has a ballot, in the order of the agenda."""
    members, recusals = attendance_of(uow, session), recusals_of(uow, session)
    return [
        nomination
        for line, nomination in lines_of(uow, session)
        if person_id
        in voters(rule_of(uow, session, line, nomination), members, recusals.get(nomination.id, {}))
    ]


def silent_members(uow: UnitOfWork, session: CouncilSession) -> list[UUID]:
    """The members who have a ballot and have not cast it in this round, in order of their seats."""
    members, recusals = attendance_of(uow, session), recusals_of(uow, session)
    entitled: set[UUID] = set()
    for line, nomination in lines_of(uow, session):
        rule = rule_of(uow, session, line, nomination)
        entitled.update(voters(rule, members, recusals.get(nomination.id, {})))
    voted = {each.person_id for each in ballots_of(uow, session)}
    return [each.person_id for each in members if each.person_id in entitled - voted]


def close_voting(uow: UnitOfWork, session_id: UUID | str, note: str = "") -> None:
    """The chair ends a vote while some are silent; their names go into the minutes.

    Raises NotAllowed (not the chair), VotingClosed (not open), Conflict (everybody has voted already).
    """
    from workflows.actions import secret_ballots

    actor = require(uow, "council_chair")
    session = session_of(uow, session_id, lock=True)
    if session.state != "voting" or session.closed_at is not None or session.vote_mode == "recorded":
        raise VotingClosed
    is_secret = session.vote_mode == "secret"
    silent = secret_ballots.silent_in(uow, session) if is_secret else silent_members(uow, session)
    if not silent:
        raise Conflict(N_("Mọi thành viên đã biểu quyết; kết quả đang được tổng hợp."))
    if is_secret:
        secret_ballots.close_box(uow, session)
    session.silent = [lookups().person_name(uow, each) for each in silent]
    session.closed_at, session.closed_by = uow.now, actor
    session.silent_note = N_("Chủ tịch Hội đồng kết thúc biểu quyết khi chưa có phiếu của: %(names)s.") % {
        "names": ", ".join(session.silent)
    }
    if note.strip():
        session.silent_note += f" {note.strip()}"
    history.record(uow, chain(session), "voting:closed", element="close_voting", data={"silent": silent})
    messages.send(
        uow,
        organisation_id=session.organisation_id,
        name="voting_closed",
        key=str(session.id),
        payload={},
        dedup=f"voting_closed:{session.id}:{session.round}",
    )


def chain(session: CouncilSession) -> str:
    """The name of the session's chain in the history."""
    return f"session:{session.id}"


def _check_choices(
    uow: UnitOfWork, session: CouncilSession, lines: list[Nomination], choices: Mapping[str, str]
) -> None:
    allowed = {
        nomination.id: rule_of(uow, session, line, nomination).choices
        for line, nomination in lines_of(uow, session)
    }
    errors = [
        FieldError(
            f"lines.{index}.choice",
            N_("Chọn đồng ý hoặc không đồng ý cho %(name)s.") % {"name": nomination.subject_name},
        )
        for index, nomination in enumerate(lines)
        if choices.get(str(nomination.id)) not in allowed[nomination.id]
    ]
    strange = set(choices) - {str(nomination.id) for nomination in lines}
    if strange:
        errors.append(FieldError("lines", N_("Phiếu có dòng không thuộc quyền biểu quyết của bạn.")))
    if errors:
        raise InvalidForm(errors)


def _open_vote_task(uow: UnitOfWork, session: CouncilSession, person_id: UUID) -> Task | None:
    query = select(Task).where(
        Task.instance_id == session.instance_id, Task.step == "cast_vote", Task.assignee_id == person_id
    )
    tasks = list(uow.session.scalars(query.order_by(Task.created_at)))
    if not tasks:
        raise NotReady(N_("Biểu quyết"))
    return next((task for task in tasks if task.state == "open"), None)
