"""A session of the council: agenda, attendance, recusals, ballots by name and the counted result."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Integer, String, Text, UniqueConstraint, Uuid
from sqlalchemy.orm import Mapped, mapped_column

from engine.database import Base, UtcDateTime, new_id


class CouncilSession(Base):
    """One meeting (or written circulation) of the council; `by_law` overrides single values of the rule."""

    __tablename__ = "council_session"
    __table_args__ = (
        CheckConstraint("vote_mode IN ('open', 'recorded', 'secret')", name="ck_council_session_vote_mode"),
        CheckConstraint(
            "state IN ('preparing', 'invited', 'no_quorum', 'voting', 'counted', 'closed')",
            name="ck_council_session_state",
        ),
    )

    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True, default=new_id)
    organisation_id: Mapped[UUID] = mapped_column(Uuid, ForeignKey("organisation.id"), index=True)
    instance_id: Mapped[UUID | None] = mapped_column(Uuid, ForeignKey("instance.id"), default=None)
    title: Mapped[str] = mapped_column(String(300))
    held_at: Mapped[datetime | None] = mapped_column(UtcDateTime, default=None)
    place: Mapped[str] = mapped_column(String(300), default="")
    online_link: Mapped[str] = mapped_column(String(500), default="")
    vote_mode: Mapped[str] = mapped_column(String(20), default="open")
    by_law: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    state: Mapped[str] = mapped_column(String(20), default="preparing", index=True)
    round: Mapped[int] = mapped_column(Integer, default=1)
    written_circulation: Mapped[bool] = mapped_column(default=False)
    opened_at: Mapped[datetime | None] = mapped_column(UtcDateTime, default=None)
    closed_at: Mapped[datetime | None] = mapped_column(UtcDateTime, default=None)
    closed_by: Mapped[UUID | None] = mapped_column(Uuid, ForeignKey("person.id"), default=None)
    silent: Mapped[list[str]] = mapped_column(JSON, default=list)
    silent_note: Mapped[str] = mapped_column(Text, default="")
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)


class SessionLine(Base):
    """One nominee on the agenda, with the rule and the figures that decided it."""

    __tablename__ = "session_line"
    __table_args__ = (
        UniqueConstraint("session_id", "nomination_id", name="uq_session_line_nomination"),
        CheckConstraint(
            "outcome IS NULL OR outcome IN ('passed', 'failed', 'tie', 'returned')",
            name="ck_session_line_outcome",
        ),
    )

    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True, default=new_id)
    organisation_id: Mapped[UUID] = mapped_column(Uuid, ForeignKey("organisation.id"), index=True)
    session_id: Mapped[UUID] = mapped_column(Uuid, ForeignKey("council_session.id"), index=True)
    nomination_id: Mapped[UUID] = mapped_column(Uuid, ForeignKey("nomination.id"), index=True)
    position: Mapped[int] = mapped_column(Integer)
    rule: Mapped[dict[str, Any] | None] = mapped_column(JSON, default=None)
    agree: Mapped[int | None] = mapped_column(Integer, default=None)
    disagree: Mapped[int | None] = mapped_column(Integer, default=None)
    invalid: Mapped[int | None] = mapped_column(Integer, default=None)
    abstain: Mapped[int | None] = mapped_column(Integer, default=None)
    cast: Mapped[int | None] = mapped_column(Integer, default=None)
    written_agree: Mapped[int] = mapped_column(Integer, default=0)
    written_disagree: Mapped[int] = mapped_column(Integer, default=0)
    entitled: Mapped[int | None] = mapped_column(Integer, default=None)
    needed: Mapped[int | None] = mapped_column(Integer, default=None)
    recused: Mapped[int] = mapped_column(Integer, default=0)
    outcome: Mapped[str | None] = mapped_column(String(20), default=None)
    reason: Mapped[str] = mapped_column(Text, default="")
    casting_reason: Mapped[str] = mapped_column(Text, default="")


class Attendance(Base):
    """One council member's answer to the invitation and presence at one session.

    Seat and title are copied as they were that day. `remote` takes part online and votes as those in the room;
    `written` sent a signed opinion; `delegate` is who came instead, to speak and not to vote.
    """

    __tablename__ = "attendance"
    __table_args__ = (
        UniqueConstraint("session_id", "person_id", name="uq_attendance_person"),
        CheckConstraint("state IN ('present', 'remote', 'absent', 'written')", name="ck_attendance_state"),
        CheckConstraint("reply IN ('', 'accepted', 'declined')", name="ck_attendance_reply"),
    )

    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True, default=new_id)
    organisation_id: Mapped[UUID] = mapped_column(Uuid, ForeignKey("organisation.id"), index=True)
    session_id: Mapped[UUID] = mapped_column(Uuid, ForeignKey("council_session.id"), index=True)
    person_id: Mapped[UUID] = mapped_column(Uuid, ForeignKey("person.id"))
    seat: Mapped[int] = mapped_column(Integer)
    title: Mapped[str] = mapped_column(String(200), default="")
    is_chair: Mapped[bool] = mapped_column(default=False)
    state: Mapped[str] = mapped_column(String(20), default="absent")
    reply: Mapped[str] = mapped_column(String(20), default="")
    reply_reason: Mapped[str] = mapped_column(String(500), default="")
    replied_at: Mapped[datetime | None] = mapped_column(UtcDateTime, default=None)
    delegate: Mapped[str] = mapped_column(String(200), default="")


class Recusal(Base):
    """A member who gets no ballot for one nominee, and the ground; `reason` tells what another ground is.

    `declared_at` is when the member said so, None where the office wrote it down or it was computed.
    """

    __tablename__ = "recusal"
    __table_args__ = (
        UniqueConstraint("session_id", "nomination_id", "person_id", name="uq_recusal_person"),
        CheckConstraint(
            "ground IN ('self', 'spouse', 'parent', 'child', 'unit_head', 'other')", name="ck_recusal_ground"
        ),
    )

    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True, default=new_id)
    organisation_id: Mapped[UUID] = mapped_column(Uuid, ForeignKey("organisation.id"), index=True)
    session_id: Mapped[UUID] = mapped_column(Uuid, ForeignKey("council_session.id"), index=True)
    nomination_id: Mapped[UUID] = mapped_column(Uuid, ForeignKey("nomination.id"))
    person_id: Mapped[UUID] = mapped_column(Uuid, ForeignKey("person.id"))
    ground: Mapped[str] = mapped_column(String(20))
    reason: Mapped[str] = mapped_column(String(500), default="")
    declared_at: Mapped[datetime | None] = mapped_column(UtcDateTime, default=None)


class Ballot(Base):
    """One member's choice by name for one nominee in one round: an open vote, or an absent member's letter."""

    __tablename__ = "ballot"
    __table_args__ = (
        UniqueConstraint("session_id", "round", "nomination_id", "person_id", name="uq_ballot_choice"),
        CheckConstraint("choice IN ('agree', 'disagree', 'abstain')", name="ck_ballot_choice"),
    )

    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True, default=new_id)
    organisation_id: Mapped[UUID] = mapped_column(Uuid, ForeignKey("organisation.id"), index=True)
    session_id: Mapped[UUID] = mapped_column(Uuid, ForeignKey("council_session.id"), index=True)
    round: Mapped[int] = mapped_column(Integer)
    nomination_id: Mapped[UUID] = mapped_column(Uuid, ForeignKey("nomination.id"))
    person_id: Mapped[UUID] = mapped_column(Uuid, ForeignKey("person.id"))
    choice: Mapped[str] = mapped_column(String(20))
    cast_at: Mapped[datetime] = mapped_column(UtcDateTime)
