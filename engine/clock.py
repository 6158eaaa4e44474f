"""The only source of business time. Sessions, certificates and job leases use real time instead."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Protocol
from zoneinfo import ZoneInfo

import sqlalchemy as sa

if TYPE_CHECKING:
    from engine.database import Database, UnitOfWork

ZONE = ZoneInfo("Asia/Ho_Chi_Minh")

_setting = sa.table("clock_setting", sa.column("id", sa.Integer), sa.column("at", sa.String))


class Clock(Protocol):
    """Gives business time; a connection is passed when the caller has one open already."""

    def now(self, connection: sa.Connection | None = None) -> datetime: ...


class SystemClock:
    """Business time is real time."""

    def now(self, connection: sa.Connection | None = None) -> datetime:
        """Return the present moment, aware, in UTC."""
        return datetime.now(UTC)


class FixedClock:
    """Business time stands still at one moment until it is moved; for rehearsals and tests."""

    def __init__(self, at: datetime) -> None:
        self.move(at)

    def move(self, at: datetime) -> None:
        """Set the moment; refuses a naive one."""
        if at.tzinfo is None:
            raise ValueError("business time must carry a zone")
        self._at = at.astimezone(UTC)

    def now(self, connection: sa.Connection | None = None) -> datetime:
        """Return the fixed moment, aware, in UTC."""
        return self._at


class InstallationClock:
    """Reads the installation's own setting: the fixed time when one is set, real time else."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def now(self, connection: sa.Connection | None = None) -> datetime:
        """Return business time, aware, in UTC; reads through the given connection when there is one."""
        at = fixed_time(connection) if connection is not None else self._read_apart()
        return at or datetime.now(UTC)

    def _read_apart(self) -> datetime | None:
        with self._database.engine.connect().execution_options(readonly=True) as connection:
            return fixed_time(connection)


def fixed_time(connection: sa.Connection) -> datetime | None:
    """Return the moment at which the installation's clock was fixed, None when it runs."""
    text = connection.execute(sa.select(_setting.c.at).where(_setting.c.id == 1)).scalar()
    return datetime.fromisoformat(text) if text else None


def set_clock(uow: UnitOfWork, at: datetime | None) -> None:
    """Fix business time (None lets it run again); the present unit of work keeps its own."""
    if at is not None and at.tzinfo is None:
        raise ValueError("business time must carry a zone")
    text = at.astimezone(UTC).isoformat() if at else None
    connection = uow.session.connection()
    if connection.execute(sa.update(_setting).where(_setting.c.id == 1).values(at=text)).rowcount == 0:
        connection.execute(sa.insert(_setting).values(id=1, at=text))


def local_date(moment: datetime) -> date:
    """Return the legal date of a moment, in Vietnam's zone."""
    return moment.astimezone(ZONE).date()
