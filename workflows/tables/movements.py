"""Emulation movements (phong trào thi đua): what is launched, for whom, and on what basis."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from sqlalchemy import JSON, CheckConstraint, Date, ForeignKey, String, Text, UniqueConstraint, Uuid
from sqlalchemy.orm import Mapped, mapped_column

from engine.database import Base, new_id


class Movement(Base):
    """One movement with its theme tags, target group, parent plan, legal basis and launch paper."""

    __tablename__ = "movement"
    __table_args__ = (
        UniqueConstraint("organisation_id", "code", name="uq_movement_code"),
        CheckConstraint("ends_on IS NULL OR ends_on >= starts_on", name="ck_movement_dates"),
    )

    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True, default=new_id)
    organisation_id: Mapped[UUID] = mapped_column(Uuid, ForeignKey("organisation.id"), index=True)
    code: Mapped[str] = mapped_column(String(20))
    name: Mapped[str] = mapped_column(String(300))
    themes: Mapped[list[str]] = mapped_column(JSON, default=list)
    target_group: Mapped[str] = mapped_column(Text, default="")
    parent_plan: Mapped[str] = mapped_column(Text, default="")
    legal_basis: Mapped[str] = mapped_column(Text, default="")
    launch_paper: Mapped[str] = mapped_column(Text, default="")
    starts_on: Mapped[date] = mapped_column(Date)
    ends_on: Mapped[date | None] = mapped_column(Date, default=None)
