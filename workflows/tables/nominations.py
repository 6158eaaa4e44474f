"""One nominee's dossier, its evidence, the merit it rests on, notices to people and the reading log."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import (
    CheckConstraint,
    Date,
    ForeignKey,
    Index,
    Integer,
    String,
    Text,
    UniqueConstraint,
    Uuid,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from engine.database import Base, UtcDateTime, new_id

STAGES = (
    "draft",
    "unit_review",
    "office_received",
    "appraisal",
    "supplement",
    "council",
    "paper",
    "city",
    "city_returned",
    "awarded",
    "not_passed",
    "refused",
    "withdrawn",
)
FAILED_STAGES = ("not_passed", "refused", "withdrawn")
CLOSED_STAGES = ("awarded", *FAILED_STAGES)
SUBJECT_KINDS = ("individual", "collective", "household")
MERIT_KINDS = ("thuong_xuyen", "chuyen_de", "dot_xuat", "cong_hien")
DISCIPLINES = ("none", "khien_trach", "canh_cao", "higher")
EVIDENCE_KINDS = ("initiative_certificate", "merit_report", "association_confirmation", "other")


def _one_of(column: str, values: tuple[str, ...]) -> str:
    return f"{column} IN ({', '.join(repr(value) for value in values)})"


class Achievement(Base):
    """One merit of one person or household in one year; it may back one award only."""

    __tablename__ = "achievement"

    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True, default=new_id)
    organisation_id: Mapped[UUID] = mapped_column(Uuid, ForeignKey("organisation.id"), index=True)
    title: Mapped[str] = mapped_column(Text)
    subject_name: Mapped[str] = mapped_column(String(300))
    year: Mapped[int] = mapped_column(Integer)


class Nomination(Base):
    """One nominee of one award: the dossier (hồ sơ) whose process instance is the spine."""

    __tablename__ = "nomination"
    __table_args__ = (
        UniqueConstraint("organisation_id", "code", name="uq_nomination_code"),
        CheckConstraint(_one_of("stage", STAGES), name="ck_nomination_stage"),
        CheckConstraint(_one_of("subject_kind", SUBJECT_KINDS), name="ck_nomination_subject_kind"),
        CheckConstraint(_one_of("merit_kind", MERIT_KINDS), name="ck_nomination_merit_kind"),
        CheckConstraint(_one_of("discipline", DISCIPLINES), name="ck_nomination_discipline"),
        CheckConstraint(_one_of("max_discipline", DISCIPLINES), name="ck_nomination_max_discipline"),
        CheckConstraint("supplement_count BETWEEN 0 AND 1", name="ck_nomination_supplement_once"),
        CheckConstraint("submission_number >= 1", name="ck_nomination_submission_number"),
        # One merit backs one award (NĐ 91/2017; AC-16): only a dossier that failed frees it again.
        Index(
            "uq_nomination_achievement",
            "achievement_id",
            unique=True,
            sqlite_where=text(
                "achievement_id IS NOT NULL AND stage NOT IN ('not_passed', 'refused', 'withdrawn')"
            ),
            postgresql_where=text(
                "achievement_id IS NOT NULL AND stage NOT IN ('not_passed', 'refused', 'withdrawn')"
            ),
        ),
        Index("ix_nomination_stage", "organisation_id", "stage"),
    )

    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True, default=new_id)
    organisation_id: Mapped[UUID] = mapped_column(Uuid, ForeignKey("organisation.id"), index=True)
    code: Mapped[str] = mapped_column(String(20))
    instance_id: Mapped[UUID | None] = mapped_column(
        Uuid, ForeignKey("instance.id"), default=None, index=True
    )
    unit_id: Mapped[UUID] = mapped_column(Uuid, ForeignKey("unit.id"), index=True)
    author_id: Mapped[UUID] = mapped_column(Uuid, ForeignKey("person.id"), index=True)
    award: Mapped[str] = mapped_column(String(20), index=True)
    movement_id: Mapped[UUID | None] = mapped_column(Uuid, ForeignKey("movement.id"), default=None)
    merit_kind: Mapped[str] = mapped_column(String(20), default="thuong_xuyen")
    subject_kind: Mapped[str] = mapped_column(String(20))
    subject_name: Mapped[str] = mapped_column(String(300))
    name_folded: Mapped[str] = mapped_column(String(300), index=True)
    name_sort: Mapped[str] = mapped_column(String(600), index=True)
    person_id: Mapped[UUID | None] = mapped_column(Uuid, ForeignKey("person.id"), default=None, index=True)
    gender: Mapped[str] = mapped_column(String(10), default="")
    born_year: Mapped[int | None] = mapped_column(Integer, default=None)
    position: Mapped[str] = mapped_column(String(200), default="")
    address: Mapped[str] = mapped_column(String(300), default="")
    direct_worker: Mapped[bool] = mapped_column(default=False)
    hardship_area: Mapped[bool] = mapped_column(default=False)
    merit_summary: Mapped[str] = mapped_column(Text, default="")
    achievement_year: Mapped[int] = mapped_column(Integer)
    months_in_service: Mapped[int | None] = mapped_column(Integer, default=None)
    discipline: Mapped[str] = mapped_column(String(20), default="none")
    leave_days: Mapped[int] = mapped_column(Integer, default=0)
    initiative_name: Mapped[str] = mapped_column(String(300), default="")
    initiative_number: Mapped[str] = mapped_column(String(100), default="")
    initiative_year: Mapped[int | None] = mapped_column(Integer, default=None)
    gdvh_years: Mapped[int] = mapped_column(Integer, default=0)
    lttt_members: Mapped[int] = mapped_column(Integer, default=0)
    total_members: Mapped[int] = mapped_column(Integer, default=0)
    max_discipline: Mapped[str] = mapped_column(String(20), default="none")
    achievement_id: Mapped[UUID | None] = mapped_column(Uuid, ForeignKey("achievement.id"), default=None)
    stage: Mapped[str] = mapped_column(String(20), default="draft")
    stage_since: Mapped[datetime] = mapped_column(UtcDateTime)
    on_hold_basis: Mapped[str] = mapped_column(Text, default="")
    is_late: Mapped[bool] = mapped_column(default=False)
    outcome_reason: Mapped[str] = mapped_column(Text, default="")
    received_on: Mapped[date | None] = mapped_column(Date, default=None)
    due_on: Mapped[date | None] = mapped_column(Date, default=None)
    supplement_count: Mapped[int] = mapped_column(Integer, default=0)
    submission_number: Mapped[int] = mapped_column(Integer, default=1)
    authority_route: Mapped[str] = mapped_column(String(20), default="")
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    version: Mapped[int] = mapped_column(Integer)

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012 - SQLAlchemy reads it on the class


class Evidence(Base):
    """One file of a dossier, named by the hash of its bytes; a newer one supersedes, never replaces it."""

    __tablename__ = "evidence"
    __table_args__ = (CheckConstraint(_one_of("kind", EVIDENCE_KINDS), name="ck_evidence_kind"),)

    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True, default=new_id)
    organisation_id: Mapped[UUID] = mapped_column(Uuid, ForeignKey("organisation.id"), index=True)
    nomination_id: Mapped[UUID] = mapped_column(Uuid, ForeignKey("nomination.id"), index=True)
    kind: Mapped[str] = mapped_column(String(30))
    title: Mapped[str] = mapped_column(String(300))
    number: Mapped[str] = mapped_column(String(100), default="")
    issued_year: Mapped[int | None] = mapped_column(Integer, default=None)
    sha256: Mapped[str] = mapped_column(String(64), index=True)
    filename: Mapped[str] = mapped_column(String(255))
    media_type: Mapped[str] = mapped_column(String(100))
    size: Mapped[int] = mapped_column(Integer)
    uploaded_by: Mapped[UUID] = mapped_column(Uuid, ForeignKey("person.id"))
    uploaded_at: Mapped[datetime] = mapped_column(UtcDateTime)
    superseded: Mapped[bool] = mapped_column(default=False)


class Notice(Base):
    """One short message to one person, with a link to what it is about."""

    __tablename__ = "notice"
    __table_args__ = (Index("ix_notice_unread", "person_id", "read_at"),)

    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True, default=new_id)
    organisation_id: Mapped[UUID] = mapped_column(Uuid, ForeignKey("organisation.id"), index=True)
    person_id: Mapped[UUID] = mapped_column(Uuid, ForeignKey("person.id"), index=True)
    text: Mapped[str] = mapped_column(Text)
    link: Mapped[str] = mapped_column(String(300), default="")
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    read_at: Mapped[datetime | None] = mapped_column(UtcDateTime, default=None)


class Reading(Base):
    """One look of the inspector at one thing: who, what, when."""

    __tablename__ = "reading"

    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True, default=new_id)
    organisation_id: Mapped[UUID] = mapped_column(Uuid, ForeignKey("organisation.id"), index=True)
    person_id: Mapped[UUID] = mapped_column(Uuid, ForeignKey("person.id"), index=True)
    what: Mapped[str] = mapped_column(String(60))
    key: Mapped[str] = mapped_column(String(100), default="")
    at: Mapped[datetime] = mapped_column(UtcDateTime)
