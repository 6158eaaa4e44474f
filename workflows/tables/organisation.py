"""Units, people, roles, council seats, delegations and the working calendar: all of it with dates."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from sqlalchemy import CheckConstraint, Date, ForeignKey, Index, Integer, String, Text, UniqueConstraint, Uuid
from sqlalchemy.orm import Mapped, mapped_column

from engine.database import Base, new_id

UNIT_KINDS = (
    "agency",
    "mass_organisation",
    "force",
    "medical",
    "school",
    "cooperative",
    "hamlet",
    "cluster",
)
CHANNELS = ("commune", "education", "health", "self", "vertical", "cluster")
ROLES = (
    "nominator",
    "unit_head",
    "standing_office",
    "council_chair",
    "council_member",
    "chairman",
    "clerk",
    "city_desk",
    "inspector",
    "administrator",
    "publicity",
)


def _one_of(column: str, values: tuple[str, ...]) -> str:
    return f"{column} IN ({', '.join(repr(value) for value in values)})"


class Unit(Base):
    """A unit under an organisation; a cluster (cụm thi đua) is a unit of kind `cluster`."""

    __tablename__ = "unit"
    __table_args__ = (
        UniqueConstraint("organisation_id", "code", name="uq_unit_code"),
        CheckConstraint(_one_of("kind", UNIT_KINDS), name="ck_unit_kind"),
        CheckConstraint("valid_to IS NULL OR valid_to >= valid_from", name="ck_unit_dates"),
    )

    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True, default=new_id)
    organisation_id: Mapped[UUID] = mapped_column(Uuid, ForeignKey("organisation.id"), index=True)
    code: Mapped[str] = mapped_column(String(20))
    name: Mapped[str] = mapped_column(String(200))
    name_folded: Mapped[str] = mapped_column(String(200))
    kind: Mapped[str] = mapped_column(String(20))
    valid_from: Mapped[date] = mapped_column(Date)
    valid_to: Mapped[date | None] = mapped_column(Date, default=None)


class UnitChannel(Base):
    """Where a unit's titles go (tuyến trình khen) from one date to another; `advice` says it in words."""

    __tablename__ = "unit_channel"
    __table_args__ = (
        UniqueConstraint("unit_id", "valid_from", name="uq_unit_channel_start"),
        CheckConstraint(_one_of("channel", CHANNELS), name="ck_unit_channel"),
        CheckConstraint("valid_to IS NULL OR valid_to >= valid_from", name="ck_unit_channel_dates"),
    )

    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True, default=new_id)
    organisation_id: Mapped[UUID] = mapped_column(Uuid, ForeignKey("organisation.id"), index=True)
    unit_id: Mapped[UUID] = mapped_column(Uuid, ForeignKey("unit.id"), index=True)
    channel: Mapped[str] = mapped_column(String(20))
    advice: Mapped[str] = mapped_column(Text, default="")
    valid_from: Mapped[date] = mapped_column(Date)
    valid_to: Mapped[date | None] = mapped_column(Date, default=None)


class Person(Base):
    """Somebody who signs in, is nominated, or both; `username` is empty for those without an account."""

    __tablename__ = "person"
    __table_args__ = (
        UniqueConstraint("username", name="uq_person_username"),
        CheckConstraint("gender IN ('', 'male', 'female')", name="ck_person_gender"),
    )

    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True, default=new_id)
    organisation_id: Mapped[UUID] = mapped_column(Uuid, ForeignKey("organisation.id"), index=True)
    full_name: Mapped[str] = mapped_column(String(200))
    name_folded: Mapped[str] = mapped_column(String(200), index=True)
    name_sort: Mapped[str] = mapped_column(String(400), index=True)
    gender: Mapped[str] = mapped_column(String(10), default="")
    born_year: Mapped[int | None] = mapped_column(Integer, default=None)
    unit_id: Mapped[UUID | None] = mapped_column(Uuid, ForeignKey("unit.id"), default=None, index=True)
    position: Mapped[str] = mapped_column(String(200), default="")
    fictitious: Mapped[bool] = mapped_column(default=False)
    username: Mapped[str | None] = mapped_column(String(60), default=None)
    password_hash: Mapped[str | None] = mapped_column(String(300), default=None)
    must_change_password: Mapped[bool] = mapped_column(default=False)
    active: Mapped[bool] = mapped_column(default=True)


class RoleHolding(Base):
    """One role held by one person, in one unit or in the whole organisation, for a time."""

    __tablename__ = "role_holding"
    __table_args__ = (
        Index("ix_role_holding_role", "organisation_id", "role", "unit_id"),
        CheckConstraint(_one_of("role", ROLES), name="ck_role_holding_role"),
        CheckConstraint("valid_to IS NULL OR valid_to >= valid_from", name="ck_role_holding_dates"),
    )

    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True, default=new_id)
    organisation_id: Mapped[UUID] = mapped_column(Uuid, ForeignKey("organisation.id"), index=True)
    person_id: Mapped[UUID] = mapped_column(Uuid, ForeignKey("person.id"), index=True)
    role: Mapped[str] = mapped_column(String(30))
    unit_id: Mapped[UUID | None] = mapped_column(Uuid, ForeignKey("unit.id"), default=None)
    substitute: Mapped[bool] = mapped_column(default=False)
    valid_from: Mapped[date] = mapped_column(Date)
    valid_to: Mapped[date | None] = mapped_column(Date, default=None)


class Absence(Base):
    """Days on which a person is on leave: who holds the same role or stands in gets the work."""

    __tablename__ = "absence"
    __table_args__ = (
        Index("ix_absence_days", "organisation_id", "last_day", "first_day"),
        CheckConstraint("last_day >= first_day", name="ck_absence_days"),
    )

    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True, default=new_id)
    organisation_id: Mapped[UUID] = mapped_column(Uuid, ForeignKey("organisation.id"))
    person_id: Mapped[UUID] = mapped_column(Uuid, ForeignKey("person.id"), index=True)
    first_day: Mapped[date] = mapped_column(Date)
    last_day: Mapped[date] = mapped_column(Date)
    reason: Mapped[str] = mapped_column(String(500))


class CouncilSeat(Base):
    """A numbered seat in the council and who sits on it; the chair's seat is marked."""

    __tablename__ = "council_seat"
    __table_args__ = (
        UniqueConstraint("organisation_id", "seat", "valid_from", name="uq_council_seat_start"),
        CheckConstraint("seat > 0", name="ck_council_seat_positive"),
        CheckConstraint("valid_to IS NULL OR valid_to >= valid_from", name="ck_council_seat_dates"),
    )

    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True, default=new_id)
    organisation_id: Mapped[UUID] = mapped_column(Uuid, ForeignKey("organisation.id"), index=True)
    person_id: Mapped[UUID] = mapped_column(Uuid, ForeignKey("person.id"), index=True)
    seat: Mapped[int] = mapped_column(Integer)
    title: Mapped[str] = mapped_column(String(200), default="")
    is_chair: Mapped[bool] = mapped_column(default=False)
    valid_from: Mapped[date] = mapped_column(Date)
    valid_to: Mapped[date | None] = mapped_column(Date, default=None)


class Delegation(Base):
    """The record by which somebody signs for the chairman (KT.), with its paper as the basis."""

    __tablename__ = "delegation"
    __table_args__ = (
        CheckConstraint("valid_to IS NULL OR valid_to >= valid_from", name="ck_delegation_dates"),
    )

    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True, default=new_id)
    organisation_id: Mapped[UUID] = mapped_column(Uuid, ForeignKey("organisation.id"), index=True)
    person_id: Mapped[UUID] = mapped_column(Uuid, ForeignKey("person.id"), index=True)
    position: Mapped[str] = mapped_column(String(200))
    basis: Mapped[str] = mapped_column(Text)
    valid_from: Mapped[date] = mapped_column(Date)
    valid_to: Mapped[date | None] = mapped_column(Date, default=None)


class CalendarDay(Base):
    """A day that differs from the public calendar: a local holiday, or a compensatory working day."""

    __tablename__ = "calendar_day"
    __table_args__ = (
        UniqueConstraint("organisation_id", "day", name="uq_calendar_day"),
        CheckConstraint("kind IN ('holiday', 'workday')", name="ck_calendar_day_kind"),
    )

    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True, default=new_id)
    organisation_id: Mapped[UUID] = mapped_column(Uuid, ForeignKey("organisation.id"), index=True)
    day: Mapped[date] = mapped_column(Date)
    kind: Mapped[str] = mapped_column(String(10))
    note: Mapped[str] = mapped_column(String(200), default="")
