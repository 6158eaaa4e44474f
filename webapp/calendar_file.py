"""A session as an iCalendar file, to be put into the calendar of a phone (RFC 5545, by the library icalendar)."""

from __future__ import annotations

from datetime import UTC, timedelta

from icalendar import Calendar, Event

from workflows.queries.invitations import Meeting

HOURS = 2
"""How long a session is taken to last: nobody says when it ends."""


def icalendar(meeting: Meeting, text: str, url: str) -> bytes:
    """The file; the sequence grows with every new invitation, so that a calendar replaces what it knew."""
    event = Event()
    event.add("uid", meeting.uid)
    event.add("sequence", meeting.sequence)
    event.add("dtstamp", meeting.invited_at.astimezone(UTC))
    event.add("dtstart", meeting.held_at.astimezone(UTC))
    event.add("duration", timedelta(hours=HOURS))
    event.add("summary", meeting.title)
    event.add("location", meeting.place)
    event.add("description", text)
    event.add("url", url)
    calendar = Calendar()
    calendar.add("version", "2.0")
    calendar.add("prodid", "-//Thi dua//Phien hop//VI")
    calendar.add_component(event)
    return bytes(calendar.to_ical())
