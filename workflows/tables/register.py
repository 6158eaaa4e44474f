"""The register of awards (sổ theo dõi khen thưởng): an entry is marked, never removed."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, Date, ForeignKey, Integer, String, UniqueConstraint, Uuid
from sqlalchemy.orm import Mapped, mapped_column

from engine.database import Base, UtcDateTime, new_id


class RegisterEntry(Base):
    """One award given; `nomination_id` is empty for awards entered from before this installation."""

    __tablename__ = "register_entry"
    __table_args__ = (
        UniqueConstraint("organisation_id", "year", "running_number", name="uq_register_entry_number"),
        UniqueConstraint("nomination_id", name="uq_register_entry_nomination"),
        CheckConstraint("status IN ('valid', 'revoked')", name="ck_register_entry_status"),
        CheckConstraint("prize_amount IS NULL OR prize_amount >= 0", name="ck_register_entry_prize"),
    )

    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True, default=new_id)
    organisation_id: Mapped[UUID] = mapped_column(Uuid, ForeignKey("organisation.id"), index=True)
    year: Mapped[int] = mapped_column(Integer)
    running_number: Mapped[int] = mapped_column(Integer)
    nomination_id: Mapped[UUID | None] = mapped_column(Uuid, ForeignKey("nomination.id"), default=None)
    award: Mapped[str] = mapped_column(String(40), index=True)
    achievement_year: Mapped[int] = mapped_column(Integer)
    subject_kind: Mapped[str] = mapped_column(String(20))
    subject_name: Mapped[str] = mapped_column(String(300))
    name_folded: Mapped[str] = mapped_column(String(300), index=True)
    person_id: Mapped[UUID | None] = mapped_column(Uuid, ForeignKey("person.id"), default=None, index=True)
    unit_name: Mapped[str] = mapped_column(String(300), default="")
    decision_number: Mapped[str] = mapped_column(String(60))
    decision_date: Mapped[date] = mapped_column(Date)
    decided_by: Mapped[str] = mapped_column(String(300))
    prize_amount: Mapped[int | None] = mapped_column(BigInteger, default=None)
    prize_unverified: Mapped[bool] = mapped_column(default=False)
    prize_source: Mapped[str] = mapped_column(String(1000), default="")
    status: Mapped[str] = mapped_column(String(20), default="valid")
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
