"""What goes up to the city and what the city's desk holds of it: copies, never shared rows."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    JSON,
    CheckConstraint,
    Date,
    ForeignKey,
    Integer,
    String,
    Text,
    UniqueConstraint,
    Uuid,
)
from sqlalchemy.orm import Mapped, mapped_column

from engine.database import Base, UtcDateTime, new_id

ANSWERS = "answer IS NULL OR answer IN ('decided', 'returned', 'refused')"


class Package(Base):
    """One consignment of dossiers from the commune to the upper organisation."""

    __tablename__ = "package"
    __table_args__ = (
        UniqueConstraint("organisation_id", "code", name="uq_package_code"),
        CheckConstraint("state IN ('assembling', 'sent', 'closed')", name="ck_package_state"),
    )

    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True, default=new_id)
    organisation_id: Mapped[UUID] = mapped_column(Uuid, ForeignKey("organisation.id"), index=True)
    instance_id: Mapped[UUID | None] = mapped_column(Uuid, ForeignKey("instance.id"), default=None)
    code: Mapped[str] = mapped_column(String(40))
    note: Mapped[str] = mapped_column(Text, default="")
    sent_at: Mapped[datetime | None] = mapped_column(UtcDateTime, default=None)
    state: Mapped[str] = mapped_column(String(20), default="assembling", index=True)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)


class PackageLine(Base):
    """One dossier in one package; a resubmission is number 2 beside number 1, never instead of it."""

    __tablename__ = "package_line"
    __table_args__ = (
        UniqueConstraint("nomination_id", "submission_number", name="uq_package_line_submission"),
        UniqueConstraint("package_id", "nomination_id", name="uq_package_line_nomination"),
        CheckConstraint(ANSWERS, name="ck_package_line_answer"),
    )

    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True, default=new_id)
    organisation_id: Mapped[UUID] = mapped_column(Uuid, ForeignKey("organisation.id"), index=True)
    package_id: Mapped[UUID] = mapped_column(Uuid, ForeignKey("package.id"), index=True)
    nomination_id: Mapped[UUID] = mapped_column(Uuid, ForeignKey("nomination.id"), index=True)
    position: Mapped[int] = mapped_column(Integer)
    submission_number: Mapped[int] = mapped_column(Integer, default=1)
    snapshot: Mapped[dict[str, Any] | None] = mapped_column(JSON, default=None)
    answer: Mapped[str | None] = mapped_column(String(20), default=None)
    reason: Mapped[str] = mapped_column(Text, default="")
    answered_at: Mapped[datetime | None] = mapped_column(UtcDateTime, default=None)
    decision_number: Mapped[str] = mapped_column(String(60), default="")
    decision_date: Mapped[date | None] = mapped_column(Date, default=None)


class ReceivedPackage(Base):
    """The city's own record of a package that arrived; `package_id` is only the sender's key."""

    __tablename__ = "received_package"
    __table_args__ = (
        UniqueConstraint("organisation_id", "package_id", name="uq_received_package"),
        CheckConstraint("state IN ('received', 'closed')", name="ck_received_package_state"),
    )

    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True, default=new_id)
    organisation_id: Mapped[UUID] = mapped_column(Uuid, ForeignKey("organisation.id"), index=True)
    package_id: Mapped[UUID] = mapped_column(Uuid)
    sender_organisation_id: Mapped[UUID] = mapped_column(Uuid)
    sender_name: Mapped[str] = mapped_column(String(300))
    code: Mapped[str] = mapped_column(String(40))
    papers: Mapped[list[dict[str, Any]]] = mapped_column(JSON, default=list)
    received_at: Mapped[datetime] = mapped_column(UtcDateTime)
    closed_at: Mapped[datetime | None] = mapped_column(UtcDateTime, default=None)
    state: Mapped[str] = mapped_column(String(20), default="received", index=True)


class ReceivedLine(Base):
    """The city's copy of one dossier and the city's answer to it."""

    __tablename__ = "received_line"
    __table_args__ = (
        UniqueConstraint("received_package_id", "nomination_id", name="uq_received_line"),
        CheckConstraint(ANSWERS, name="ck_received_line_answer"),
    )

    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True, default=new_id)
    organisation_id: Mapped[UUID] = mapped_column(Uuid, ForeignKey("organisation.id"), index=True)
    received_package_id: Mapped[UUID] = mapped_column(Uuid, ForeignKey("received_package.id"), index=True)
    nomination_id: Mapped[UUID] = mapped_column(Uuid, index=True)
    position: Mapped[int] = mapped_column(Integer)
    submission_number: Mapped[int] = mapped_column(Integer, default=1)
    snapshot: Mapped[dict[str, Any]] = mapped_column(JSON)
    answer: Mapped[str | None] = mapped_column(String(20), default=None)
    reason: Mapped[str] = mapped_column(Text, default="")
    decision_number: Mapped[str] = mapped_column(String(60), default="")
    decision_date: Mapped[date | None] = mapped_column(Date, default=None)
    answered_at: Mapped[datetime | None] = mapped_column(UtcDateTime, default=None)
    sent_at: Mapped[datetime | None] = mapped_column(UtcDateTime, default=None)
