"""The engine's tables. Every business row carries its organisation; ids are time-ordered."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    JSON,
    CheckConstraint,
    Date,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    String,
    Text,
    UniqueConstraint,
    Uuid,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

import engine.delegation_models
import engine.migration_models  # noqa: F401 (its tables belong to the engine's)
from engine.database import Base, UtcDateTime, new_id


class Organisation(Base):
    """A tenant: a commune, a city, a province or the country; units hang under it."""

    __tablename__ = "organisation"
    __table_args__ = (
        CheckConstraint("level IN ('country', 'province', 'city', 'commune')", name="ck_organisation_level"),
    )

    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True, default=new_id)
    code: Mapped[str] = mapped_column(String(60), unique=True)
    name: Mapped[str] = mapped_column(String(300))
    level: Mapped[str] = mapped_column(String(20))
    parent_id: Mapped[UUID | None] = mapped_column(Uuid, ForeignKey("organisation.id"), default=None)


class ClockSetting(Base):
    """The one row that may fix business time; text, so that the clock needs no table of ours to read it."""

    __tablename__ = "clock_setting"

    id: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    at: Mapped[str | None] = mapped_column(String(40), default=None)


class Regulation(Base):
    """A dated change set of files with its legal basis. Once published it never changes."""

    __tablename__ = "regulation"
    __table_args__ = (
        CheckConstraint("state IN ('draft', 'published')", name="ck_regulation_state"),
        Index("ix_regulation_in_force", "organisation_id", "state", "effective_from"),
    )

    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True, default=new_id)
    organisation_id: Mapped[UUID] = mapped_column(Uuid, ForeignKey("organisation.id"))
    code: Mapped[str] = mapped_column(String(60))
    name: Mapped[str] = mapped_column(String(300))
    legal_basis: Mapped[list[Any]] = mapped_column(JSON, default=list)
    settings: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    state: Mapped[str] = mapped_column(String(20), default="draft")
    effective_from: Mapped[date | None] = mapped_column(Date, default=None)
    effective_until: Mapped[date | None] = mapped_column(Date, default=None)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    created_by: Mapped[UUID | None] = mapped_column(Uuid, default=None)
    published_at: Mapped[datetime | None] = mapped_column(UtcDateTime, default=None)
    published_by: Mapped[UUID | None] = mapped_column(Uuid, default=None)


class RegulationFile(Base):
    """A file of a regulation by content; no hash means that this regulation removes the file."""

    __tablename__ = "regulation_file"

    regulation_id: Mapped[UUID] = mapped_column(Uuid, ForeignKey("regulation.id"), primary_key=True)
    path: Mapped[str] = mapped_column(String(300), primary_key=True)
    organisation_id: Mapped[UUID] = mapped_column(Uuid, ForeignKey("organisation.id"))
    content_hash: Mapped[str | None] = mapped_column(String(64), ForeignKey("content.hash"), default=None)


class Content(Base):
    """Bytes by their sha256; shared by all organisations because the hash names nothing but itself."""

    __tablename__ = "content"

    hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    data: Mapped[bytes] = mapped_column(LargeBinary)


class Definition(Base):
    """The frozen closure of one process by content hash; `files` maps path to content hash."""

    __tablename__ = "definition"

    hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    organisation_id: Mapped[UUID] = mapped_column(Uuid, ForeignKey("organisation.id"))
    process_id: Mapped[str] = mapped_column(String(100))
    regulation_id: Mapped[UUID] = mapped_column(Uuid, ForeignKey("regulation.id"))
    files: Mapped[dict[str, Any]] = mapped_column(JSON)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)


class Instance(Base):
    """One run of a definition; its state is the engine's compressed envelope without the spec."""

    __tablename__ = "instance"
    __table_args__ = (
        CheckConstraint(
            "status IN ('running', 'suspended', 'completed', 'cancelled')", name="ck_instance_status"
        ),
        Index("ix_instance_business", "organisation_id", "process_id", "business_key"),
        Index("ix_instance_status", "organisation_id", "status", "started_at"),
        Index("ix_instance_definition", "organisation_id", "status", "definition_hash"),
    )

    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True, default=new_id)
    organisation_id: Mapped[UUID] = mapped_column(Uuid, ForeignKey("organisation.id"))
    definition_hash: Mapped[str] = mapped_column(String(64), ForeignKey("definition.hash"))
    process_id: Mapped[str] = mapped_column(String(100))
    business_key: Mapped[str] = mapped_column(String(100))
    unit_id: Mapped[UUID | None] = mapped_column(Uuid, default=None)
    status: Mapped[str] = mapped_column(String(20), default="running")
    state: Mapped[bytes] = mapped_column(LargeBinary)
    version: Mapped[int] = mapped_column(Integer)
    started_at: Mapped[datetime] = mapped_column(UtcDateTime)
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime, default=None)
    outcome: Mapped[str | None] = mapped_column(String(100), default=None)
    suspended_basis: Mapped[str | None] = mapped_column(Text, default=None)
    skips: Mapped[list[Any] | None] = mapped_column(JSON(none_as_null=True), default=None)
    """Elements that an administrator lets it pass undone, each once."""

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012  (SQLAlchemy's own declaration)


_OPEN = text("state = 'open'")
_OPEN_FREE = text("state = 'open' AND assignee_id IS NULL")


class Task(Base):
    """Work that waits for a person in an instance; `step` is its BPMN id, `role` its lane."""

    __tablename__ = "task"
    __table_args__ = (
        CheckConstraint("state IN ('open', 'completed', 'cancelled')", name="ck_task_state"),
        UniqueConstraint("instance_id", "engine_task_id", name="uq_task_engine"),
        Index(
            "ix_task_free", "organisation_id", "role", "due_at", "id",
            sqlite_where=_OPEN_FREE, postgresql_where=_OPEN_FREE,
        ),
        Index("ix_task_assigned", "assignee_id", "due_at", "id", sqlite_where=_OPEN, postgresql_where=_OPEN),
        Index("ix_task_due", "organisation_id", "due_at", sqlite_where=_OPEN, postgresql_where=_OPEN),
        Index("ix_task_instance", "instance_id"),
        Index("ix_task_created", "organisation_id", "created_at"),
    )  # fmt: skip

    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True, default=new_id)
    organisation_id: Mapped[UUID] = mapped_column(Uuid, ForeignKey("organisation.id"))
    instance_id: Mapped[UUID] = mapped_column(Uuid, ForeignKey("instance.id"))
    engine_task_id: Mapped[str] = mapped_column(String(60))
    process_id: Mapped[str] = mapped_column(String(100))
    business_key: Mapped[str] = mapped_column(String(100))
    step: Mapped[str] = mapped_column(String(100))
    name: Mapped[str] = mapped_column(String(300))
    role: Mapped[str] = mapped_column(String(100))
    unit_id: Mapped[UUID | None] = mapped_column(Uuid, default=None)
    assignee_id: Mapped[UUID | None] = mapped_column(Uuid, default=None)
    state: Mapped[str] = mapped_column(String(20), default="open")
    claimed_by: Mapped[UUID | None] = mapped_column(Uuid, default=None)
    due_at: Mapped[datetime | None] = mapped_column(UtcDateTime, default=None)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    completed_at: Mapped[datetime | None] = mapped_column(UtcDateTime, default=None)
    completed_by: Mapped[UUID | None] = mapped_column(Uuid, default=None)
    form: Mapped[str | None] = mapped_column(String(300), default=None)
    data: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)


class TaskBar(Base):
    """A person who may not do a task; a substitute of the role does it."""

    __tablename__ = "task_bar"

    task_id: Mapped[UUID] = mapped_column(Uuid, ForeignKey("task.id"), primary_key=True)
    person_id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    organisation_id: Mapped[UUID] = mapped_column(Uuid, ForeignKey("organisation.id"))


class Draft(Base):
    """What a person has typed into a task's form and not sent yet."""

    __tablename__ = "draft"

    task_id: Mapped[UUID] = mapped_column(Uuid, ForeignKey("task.id"), primary_key=True)
    person_id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    organisation_id: Mapped[UUID] = mapped_column(Uuid, ForeignKey("organisation.id"))
    form: Mapped[dict[str, Any]] = mapped_column(JSON)
    saved_at: Mapped[datetime] = mapped_column(UtcDateTime)


class Timer(Base):
    """A moment an instance waits for, written in the instance's own transaction."""

    __tablename__ = "timer"
    __table_args__ = (
        Index(
            "ix_timer_due", "due_at",
            sqlite_where=text("fired_at IS NULL"), postgresql_where=text("fired_at IS NULL"),
        ),
        Index("ix_timer_instance", "instance_id"),
    )  # fmt: skip

    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True, default=new_id)
    organisation_id: Mapped[UUID] = mapped_column(Uuid, ForeignKey("organisation.id"))
    instance_id: Mapped[UUID] = mapped_column(Uuid, ForeignKey("instance.id"))
    engine_task_id: Mapped[str] = mapped_column(String(60))
    element: Mapped[str] = mapped_column(String(100))
    due_at: Mapped[datetime] = mapped_column(UtcDateTime)
    fired_at: Mapped[datetime | None] = mapped_column(UtcDateTime, default=None)


class Subscription(Base):
    """An instance waits for a message; one receiver for a message and a key in an organisation."""

    __tablename__ = "subscription"
    __table_args__ = (
        UniqueConstraint("organisation_id", "message", "key", name="uq_subscription_message"),
        Index("ix_subscription_instance", "instance_id"),
    )

    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True, default=new_id)
    organisation_id: Mapped[UUID] = mapped_column(Uuid, ForeignKey("organisation.id"))
    instance_id: Mapped[UUID] = mapped_column(Uuid, ForeignKey("instance.id"))
    message: Mapped[str] = mapped_column(String(100))
    key: Mapped[str] = mapped_column(String(100))


class Message(Base):
    """An outbox row: a message to an instance, delivered by a job in the receiver's own transaction."""

    __tablename__ = "message"
    __table_args__ = (
        CheckConstraint(
            "state IN ('pending', 'delivered', 'waiting', 'refused', 'expired')", name="ck_message_state"
        ),
        Index("ix_message_receiver", "organisation_id", "name", "key", "state"),
        Index(
            "ix_message_kept", "organisation_id", "expires_at",
            sqlite_where=text("state = 'waiting'"), postgresql_where=text("state = 'waiting'"),
        ),
    )  # fmt: skip

    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True, default=new_id)
    organisation_id: Mapped[UUID] = mapped_column(Uuid, ForeignKey("organisation.id"))
    sender_organisation_id: Mapped[UUID] = mapped_column(Uuid, ForeignKey("organisation.id"))
    name: Mapped[str] = mapped_column(String(100))
    key: Mapped[str] = mapped_column(String(100))
    payload: Mapped[dict[str, Any]] = mapped_column(JSON)
    state: Mapped[str] = mapped_column(String(20), default="pending")
    reason: Mapped[str | None] = mapped_column(Text, default=None)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    delivered_at: Mapped[datetime | None] = mapped_column(UtcDateTime, default=None)
    expires_at: Mapped[datetime | None] = mapped_column(UtcDateTime, default=None)
    """When one that nobody has taken is put before an administrator; no moment: never."""
    dedup: Mapped[str] = mapped_column(String(200), unique=True)


class History(Base):
    """One fact. Triggers refuse every change; each row carries the hash of the one before in its chain."""

    __tablename__ = "history"
    __table_args__ = (
        UniqueConstraint("chain", "seq", name="uq_history_chain"),
        Index("ix_history_recent", "organisation_id", "at"),
    )

    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True, default=new_id)
    organisation_id: Mapped[UUID | None] = mapped_column(Uuid, ForeignKey("organisation.id"), default=None)
    chain: Mapped[str] = mapped_column(String(100))
    seq: Mapped[int] = mapped_column(Integer)
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    actor_id: Mapped[UUID | None] = mapped_column(Uuid, default=None)
    actor_name: Mapped[str] = mapped_column(String(200), default="")
    event: Mapped[str] = mapped_column(String(60))
    element: Mapped[str | None] = mapped_column(String(100), default=None)
    data: Mapped[str] = mapped_column(Text)
    prev: Mapped[str] = mapped_column(String(64))
    hash: Mapped[str] = mapped_column(String(64))


class Idempotency(Base):
    """A post that was done: its key, who sent it, what it held and what it was answered."""

    __tablename__ = "idempotency"

    key: Mapped[str] = mapped_column(String(200), primary_key=True)
    organisation_id: Mapped[UUID | None] = mapped_column(Uuid, default=None)
    actor_id: Mapped[UUID | None] = mapped_column(Uuid, default=None)
    body_hash: Mapped[str] = mapped_column(String(64))
    response: Mapped[dict[str, Any] | None] = mapped_column(JSON, default=None)
    at: Mapped[datetime] = mapped_column(UtcDateTime)


class Incident(Base):
    """Something the engine could not do; an administrator resolves it and it is kept.

    `job_id` is the dead letter it came from. One of a start that failed has no instance, but names the process
    and the business key; what belongs to neither belongs to no organisation.
    """

    __tablename__ = "incident"
    __table_args__ = (
        CheckConstraint("state IN ('open', 'resolved')", name="ck_incident_state"),
        CheckConstraint(
            "resolution IN ('retried', 'skipped', 'corrected', 'settled')", name="ck_incident_resolution"
        ),
        Index("ix_incident_instance", "instance_id"),
        Index("ix_incident_job", "job_id"),
        Index("ix_incident_state", "organisation_id", "state", "created_at"),
    )

    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True, default=new_id)
    organisation_id: Mapped[UUID | None] = mapped_column(Uuid, ForeignKey("organisation.id"), default=None)
    instance_id: Mapped[UUID | None] = mapped_column(Uuid, ForeignKey("instance.id"), default=None)
    process_id: Mapped[str | None] = mapped_column(String(100), default=None)
    business_key: Mapped[str | None] = mapped_column(String(100), default=None)
    element: Mapped[str] = mapped_column(String(100), default="")
    cause: Mapped[str] = mapped_column(Text)
    job_id: Mapped[str | None] = mapped_column(String(100), default=None)
    job_name: Mapped[str | None] = mapped_column(String(100), default=None)
    state: Mapped[str] = mapped_column(String(20), default="open")
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    resolved_at: Mapped[datetime | None] = mapped_column(UtcDateTime, default=None)
    resolved_by: Mapped[UUID | None] = mapped_column(Uuid, default=None)
    resolution: Mapped[str | None] = mapped_column(String(20), default=None)
    reason: Mapped[str | None] = mapped_column(Text, default=None)


class WorkerBeat(Base):
    """A process that runs jobs says that it lives, in real time; the others take over from a silent one."""

    __tablename__ = "worker_beat"

    executor_id: Mapped[str] = mapped_column(String(100), primary_key=True)
    at: Mapped[datetime] = mapped_column(UtcDateTime)
