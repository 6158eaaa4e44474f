"""A unit's review meeting (bình xét tại đơn vị) and what it said of each nominee."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from sqlalchemy import JSON, CheckConstraint, Date, ForeignKey, Integer, String, Text, UniqueConstraint, Uuid
from sqlalchemy.orm import Mapped, mapped_column

from engine.database import Base, new_id


class Meeting(Base):
    """One meeting; `invited` and `present` are the counts its quorum and its votes are measured against."""

    __tablename__ = "meeting"
    __table_args__ = (
        CheckConstraint("state IN ('convening', 'recording', 'counted', 'closed')", name="ck_meeting_state"),
        CheckConstraint("present >= 0 AND present <= invited", name="ck_meeting_present"),
    )

    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True, default=new_id)
    organisation_id: Mapped[UUID] = mapped_column(Uuid, ForeignKey("organisation.id"), index=True)
    instance_id: Mapped[UUID | None] = mapped_column(Uuid, ForeignKey("instance.id"), default=None)
    unit_id: Mapped[UUID] = mapped_column(Uuid, ForeignKey("unit.id"), index=True)
    title: Mapped[str] = mapped_column(String(300))
    held_on: Mapped[date | None] = mapped_column(Date, default=None)
    held_time: Mapped[str] = mapped_column(String(5), default="")
    ended_time: Mapped[str] = mapped_column(String(5), default="")
    place: Mapped[str] = mapped_column(String(300), default="")
    chair: Mapped[str] = mapped_column(String(200), default="")
    secretary: Mapped[str] = mapped_column(String(200), default="")
    invited: Mapped[int] = mapped_column(Integer, default=0)
    present: Mapped[int] = mapped_column(Integer, default=0)
    absent: Mapped[list[dict[str, str]]] = mapped_column(JSON, default=list)
    note: Mapped[str] = mapped_column(Text, default="")
    correction_note: Mapped[str] = mapped_column(Text, default="")
    scan_sha256: Mapped[str | None] = mapped_column(String(64), default=None)
    state: Mapped[str] = mapped_column(String(20), default="convening", index=True)


class MeetingLine(Base):
    """One nominee on the meeting's list with the votes and the outcome."""

    __tablename__ = "meeting_line"
    __table_args__ = (
        UniqueConstraint("meeting_id", "nomination_id", name="uq_meeting_line_nomination"),
        CheckConstraint(
            "outcome IS NULL OR outcome IN ('passed', 'returned', 'refused')", name="ck_meeting_line_outcome"
        ),
        CheckConstraint("agree IS NULL OR agree >= 0", name="ck_meeting_line_agree"),
        CheckConstraint("disagree IS NULL OR disagree >= 0", name="ck_meeting_line_disagree"),
    )

    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True, default=new_id)
    organisation_id: Mapped[UUID] = mapped_column(Uuid, ForeignKey("organisation.id"), index=True)
    meeting_id: Mapped[UUID] = mapped_column(Uuid, ForeignKey("meeting.id"), index=True)
    nomination_id: Mapped[UUID] = mapped_column(Uuid, ForeignKey("nomination.id"), index=True)
    position: Mapped[int] = mapped_column(Integer)
    agree: Mapped[int | None] = mapped_column(Integer, default=None)
    disagree: Mapped[int | None] = mapped_column(Integer, default=None)
    outcome: Mapped[str | None] = mapped_column(String(20), default=None)
    reason: Mapped[str] = mapped_column(Text, default="")
    rank: Mapped[int | None] = mapped_column(Integer, default=None)
