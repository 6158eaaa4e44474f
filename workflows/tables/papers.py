"""Papers that leave: decisions, proposals and minutes, their numbers and to whom they were sent."""

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


class Paper(Base):
    """One paper; `data` is frozen when it is issued and the PDF is rendered from it once."""

    __tablename__ = "paper"
    __table_args__ = (
        CheckConstraint(
            "kind IN ('decision', 'proposal', 'review_minutes', 'session_minutes', 'ballot_minutes')",
            name="ck_paper_kind",
        ),
        CheckConstraint(
            "state IN ('draft', 'in_review', 'approved', 'issued', 'refused')", name="ck_paper_state"
        ),
        CheckConstraint("signer_mode IS NULL OR signer_mode IN ('CT', 'KT')", name="ck_paper_signer_mode"),
        CheckConstraint(
            "signer_mode IS NULL OR signer_mode <> 'KT' OR delegation_id IS NOT NULL",
            name="ck_paper_delegation",
        ),
    )

    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True, default=new_id)
    organisation_id: Mapped[UUID] = mapped_column(Uuid, ForeignKey("organisation.id"), index=True)
    kind: Mapped[str] = mapped_column(String(20), index=True)
    subject: Mapped[str] = mapped_column(Text, default="")
    instance_id: Mapped[UUID | None] = mapped_column(Uuid, ForeignKey("instance.id"), default=None)
    owner_key: Mapped[str] = mapped_column(String(60), default="", index=True)
    state: Mapped[str] = mapped_column(String(20), default="draft", index=True)
    authority_route: Mapped[str] = mapped_column(String(20), default="")
    signature_block: Mapped[str] = mapped_column(String(200), default="")
    recipients: Mapped[list[dict[str, str]]] = mapped_column(JSON, default=list)
    review_reason: Mapped[str] = mapped_column(Text, default="")
    number: Mapped[int | None] = mapped_column(Integer, default=None)
    series: Mapped[str] = mapped_column(String(40), default="")
    year: Mapped[int | None] = mapped_column(Integer, default=None)
    issued_on: Mapped[date | None] = mapped_column(Date, default=None)
    signer_id: Mapped[UUID | None] = mapped_column(Uuid, ForeignKey("person.id"), default=None)
    signer_mode: Mapped[str | None] = mapped_column(String(2), default=None)
    delegation_id: Mapped[UUID | None] = mapped_column(Uuid, ForeignKey("delegation.id"), default=None)
    data: Mapped[dict[str, Any] | None] = mapped_column(JSON, default=None)
    pdf_sha256: Mapped[str | None] = mapped_column(String(64), default=None)
    scan_sha256: Mapped[str | None] = mapped_column(String(64), default=None)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    version: Mapped[int] = mapped_column(Integer)

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012 - SQLAlchemy reads it on the class


class PaperLine(Base):
    """One nominee on a paper and what the chairman chose for it."""

    __tablename__ = "paper_line"
    __table_args__ = (
        UniqueConstraint("paper_id", "nomination_id", name="uq_paper_line_nomination"),
        CheckConstraint(
            "decision IS NULL OR decision IN ('approve', 'return', 'refuse')", name="ck_paper_line_decision"
        ),
    )

    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True, default=new_id)
    organisation_id: Mapped[UUID] = mapped_column(Uuid, ForeignKey("organisation.id"), index=True)
    paper_id: Mapped[UUID] = mapped_column(Uuid, ForeignKey("paper.id"), index=True)
    nomination_id: Mapped[UUID] = mapped_column(Uuid, ForeignKey("nomination.id"), index=True)
    position: Mapped[int] = mapped_column(Integer)
    decision: Mapped[str | None] = mapped_column(String(20), default=None)
    reason: Mapped[str] = mapped_column(Text, default="")
    answered_at: Mapped[datetime | None] = mapped_column(UtcDateTime, default=None)


class NumberIssued(Base):
    """One number of a year's series; the UNIQUE constraint is what refuses a duplicate."""

    __tablename__ = "number_issued"
    __table_args__ = (
        UniqueConstraint("organisation_id", "year", "series", "number", name="uq_number_issued"),
        CheckConstraint("state IN ('reserved', 'issued', 'cancelled')", name="ck_number_issued_state"),
        CheckConstraint("number > 0", name="ck_number_issued_positive"),
    )

    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True, default=new_id)
    organisation_id: Mapped[UUID] = mapped_column(Uuid, ForeignKey("organisation.id"), index=True)
    year: Mapped[int] = mapped_column(Integer)
    series: Mapped[str] = mapped_column(String(40))
    number: Mapped[int] = mapped_column(Integer)
    state: Mapped[str] = mapped_column(String(20), default="reserved")
    issued_on: Mapped[date | None] = mapped_column(Date, default=None)
    paper_id: Mapped[UUID | None] = mapped_column(Uuid, ForeignKey("paper.id"), default=None)
    reason: Mapped[str] = mapped_column(Text, default="")
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)


class NumberBlock(Base):
    """Numbers the commune's clerk keeps aside for award papers in a year's series."""

    __tablename__ = "number_block"
    __table_args__ = (
        UniqueConstraint("organisation_id", "year", "series", "first", name="uq_number_block"),
        CheckConstraint("first > 0 AND last >= first", name="ck_number_block_range"),
    )

    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True, default=new_id)
    organisation_id: Mapped[UUID] = mapped_column(Uuid, ForeignKey("organisation.id"), index=True)
    year: Mapped[int] = mapped_column(Integer)
    series: Mapped[str] = mapped_column(String(40))
    first: Mapped[int] = mapped_column(Integer)
    last: Mapped[int] = mapped_column(Integer)
    note: Mapped[str] = mapped_column(Text, default="")
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)


class Distribution(Base):
    """One recipient of an issued paper, as written under "Nơi nhận", and when it was sent."""

    __tablename__ = "distribution"
    __table_args__ = (UniqueConstraint("paper_id", "recipient", name="uq_distribution_recipient"),)

    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True, default=new_id)
    organisation_id: Mapped[UUID] = mapped_column(Uuid, ForeignKey("organisation.id"), index=True)
    paper_id: Mapped[UUID] = mapped_column(Uuid, ForeignKey("paper.id"), index=True)
    position: Mapped[int] = mapped_column(Integer)
    recipient: Mapped[str] = mapped_column(String(300))
    purpose: Mapped[str] = mapped_column(String(100), default="")
    sent_at: Mapped[datetime] = mapped_column(UtcDateTime)
    by: Mapped[UUID | None] = mapped_column(Uuid, ForeignKey("person.id"), default=None)
