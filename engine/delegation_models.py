"""The table of open tasks that somebody in charge has given to a colleague and may take back."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import ForeignKey, Uuid
from sqlalchemy.orm import Mapped, mapped_column

from engine.database import Base


class TaskDelegation(Base):
    """A colleague does a task for whoever was in charge of it; `assignee_before` gets it back."""

    __tablename__ = "task_delegation"

    task_id: Mapped[UUID] = mapped_column(Uuid, ForeignKey("task.id"), primary_key=True)
    organisation_id: Mapped[UUID] = mapped_column(Uuid, ForeignKey("organisation.id"))
    delegated_by: Mapped[UUID] = mapped_column(Uuid, index=True)
    assignee_before: Mapped[UUID | None] = mapped_column(Uuid, default=None)
