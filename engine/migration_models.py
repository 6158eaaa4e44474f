"""Tables of instances that were moved to another definition: what each was before, and batches with their lines."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    JSON,
    Boolean,
    CheckConstraint,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    LargeBinary,
    String,
    Text,
    Uuid,
)
from sqlalchemy.orm import Mapped, mapped_column

from engine.database import Base, UtcDateTime, new_id


class MigrationBatch(Base):
    """Many instances ordered to follow one definition; each is moved by a job of its own."""

    __tablename__ = "migration_batch"

    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True, default=new_id)
    organisation_id: Mapped[UUID] = mapped_column(Uuid, ForeignKey("organisation.id"), index=True)
    to_definition: Mapped[str] = mapped_column(String(64), ForeignKey("definition.hash"))
    mapping: Mapped[dict[str, Any]] = mapped_column(JSON)
    recompute_due: Mapped[bool] = mapped_column(Boolean)
    reason: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    created_by: Mapped[UUID | None] = mapped_column(Uuid, default=None)
    created_by_name: Mapped[str] = mapped_column(String(200), default="")


class MigrationItem(Base):
    """One instance of a batch: which warnings were accepted for it and what became of it."""

    __tablename__ = "migration_item"
    __table_args__ = (
        CheckConstraint(
            "state IN ('waiting', 'migrated', 'refused', 'failed')", name="ck_migration_item_state"
        ),
    )

    batch_id: Mapped[UUID] = mapped_column(Uuid, ForeignKey("migration_batch.id"), primary_key=True)
    instance_id: Mapped[UUID] = mapped_column(Uuid, ForeignKey("instance.id"), primary_key=True)
    organisation_id: Mapped[UUID] = mapped_column(Uuid, ForeignKey("organisation.id"))
    accepted: Mapped[list[Any]] = mapped_column(JSON)
    state: Mapped[str] = mapped_column(String(20), default="waiting")
    reason: Mapped[str] = mapped_column(Text, default="")


class InstanceMigration(Base):
    """One instance moved to another definition, with all that is needed to move it back."""

    __tablename__ = "instance_migration"
    __table_args__ = (
        Index("ix_instance_migration_instance", "instance_id", "id"),
        ForeignKeyConstraint(
            ["batch_id", "instance_id"],
            ["migration_item.batch_id", "migration_item.instance_id"],
            name="fk_instance_migration_item",
        ),
    )

    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True, default=new_id)
    organisation_id: Mapped[UUID] = mapped_column(Uuid, ForeignKey("organisation.id"))
    instance_id: Mapped[UUID] = mapped_column(Uuid, ForeignKey("instance.id"))
    batch_id: Mapped[UUID | None] = mapped_column(Uuid, default=None)
    from_definition: Mapped[str] = mapped_column(String(64), ForeignKey("definition.hash"))
    to_definition: Mapped[str] = mapped_column(String(64), ForeignKey("definition.hash"))
    state_before: Mapped[bytes] = mapped_column(LargeBinary)
    tasks_before: Mapped[dict[str, Any]] = mapped_column(JSON)
    state_after_hash: Mapped[str] = mapped_column(String(64))
    mapping: Mapped[dict[str, Any]] = mapped_column(JSON)
    recompute_due: Mapped[bool] = mapped_column(Boolean)
    accepted: Mapped[list[Any]] = mapped_column(JSON)
    reason: Mapped[str] = mapped_column(Text)
    migrated_at: Mapped[datetime] = mapped_column(UtcDateTime)
    migrated_by: Mapped[UUID | None] = mapped_column(Uuid, default=None)
    undone_at: Mapped[datetime | None] = mapped_column(UtcDateTime, default=None)
    undone_by: Mapped[UUID | None] = mapped_column(Uuid, default=None)
    undo_reason: Mapped[str | None] = mapped_column(Text, default=None)
