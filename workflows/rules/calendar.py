"""Working days: weekdays that are no holiday, and the compensatory days that are worked."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

SATURDAY = 5


@dataclass(frozen=True)
class WorkCalendar:
    """Holidays and compensatory working days as data; a compensatory day is worked whatever else it is."""

    holidays: frozenset[date] = frozenset()
    workdays: frozenset[date] = frozenset()

    def is_working(self, day: date) -> bool:
        """Whether offices work on that day."""
        if day in self.workdays:
            return True
        return day.weekday() < SATURDAY and day not in self.holidays


def add_working_days(start: date, days: int, calendar: WorkCalendar) -> date:
    """The date `days` working days after `start`; the first day counted is the one after `start`.

    Zero gives `start` itself. ValueError for a negative count. AC-01: 2022-11-21 and 10 give 2022-12-05.
    """
    if days < 0:
        raise ValueError("a term cannot be negative")
    day = start
    while days > 0:
        day += timedelta(days=1)
        days -= calendar.is_working(day)
    return day


def add_term(start: date, days: int, unit: str, calendar: WorkCalendar) -> date:
    """The last day of a term in `working_days` or calendar `days`; ValueError for another unit.

    "Ngày" and "ngày làm việc" are different units and both occur (domain.md §4.3).
    """
    if unit == "working_days":
        return add_working_days(start, days, calendar)
    if unit == "days":
        return start + timedelta(days=days)
    raise ValueError(f"unknown unit of a term: {unit!r}")


def working_days_between(start: date, end: date, calendar: WorkCalendar) -> int:
    """How many working days lie after `start` up to and including `end`; 0 when `end` is not later."""
    span = (end - start).days
    return sum(calendar.is_working(start + timedelta(days=offset)) for offset in range(1, span + 1))
