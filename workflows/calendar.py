"""The working calendar of an organisation: Vietnam's public holidays and the organisation's own days."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from uuid import UUID

import holidays
from sqlalchemy import select

from engine.database import UnitOfWork
from workflows.rules.calendar import WorkCalendar, add_term, add_working_days
from workflows.tables.organisation import CalendarDay


def calendar_of(uow: UnitOfWork, organisation_id: UUID, years: Iterable[int]) -> WorkCalendar:
    """The calendar of the years: public holidays of PyPI `holidays`, then what `calendar_day` changes.

    A row of kind `workday` (compensatory working day) outweighs a holiday and a weekend.
    """
    wanted = set(years)
    public = holidays.country_holidays("VN", years=wanted)
    rows = uow.session.scalars(
        select(CalendarDay).where(
            CalendarDay.organisation_id == organisation_id,
            CalendarDay.day.between(date(min(wanted), 1, 1), date(max(wanted), 12, 31)),
        )
    ).all()
    own = {row.day for row in rows if row.kind == "holiday"}
    worked = frozenset(row.day for row in rows if row.kind == "workday")
    return WorkCalendar(frozenset(public) | own, worked)


def end_of_term(uow: UnitOfWork, organisation_id: UUID, start: date, days: int, unit: str) -> date:
    """The last day of a term that starts on `start`; a term never spans more than the following year."""
    calendar = calendar_of(uow, organisation_id, (start.year, start.year + 1))
    return add_term(start, days, unit, calendar)


def workdays_after(uow: UnitOfWork, start: date | str, days: int) -> date:
    """The date so many working days after `start`, for expressions in diagrams (`with_uow`)."""
    day = date.fromisoformat(start) if isinstance(start, str) else start
    assert uow.organisation_id is not None
    calendar = calendar_of(uow, uow.organisation_id, (day.year, day.year + 1))
    return add_working_days(day, int(days), calendar)


def workdays(uow: UnitOfWork, days: int) -> date:
    """The date so many working days after today, for expressions in diagrams (`with_uow`)."""
    return workdays_after(uow, uow.today, days)
