"""The calendar file against RFC 5545, read by a strict reader of our own and not by the library that wrote it."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone

from hypothesis import given
from hypothesis import strategies as st

from webapp.calendar_file import icalendar
from workflows.queries.invitations import Meeting

LINE = re.compile(r"([A-Z-]+)((?:;[A-Z-]+=(?:\"[^\"]*\"|[^\";:,]*))*):(.*)", re.S)
STAMP = re.compile(r"\d{8}T\d{6}Z")
TEXTS = st.text(st.characters(exclude_categories=("Cs", "Cc")), max_size=200)
ZONES = st.sampled_from([UTC, timezone(timedelta(hours=7)), timezone(timedelta(hours=-11))])
MOMENTS = st.datetimes(datetime(2000, 1, 1), datetime(2100, 1, 1), timezones=ZONES)  # noqa: DTZ001


def read(raw: bytes) -> list[tuple[str, str, str]]:
    """Every content line as (name, parameters, value); AssertionError for what RFC 5545 §3.1 does not allow."""
    assert raw.endswith(b"\r\n")
    lines = raw.split(b"\r\n")[:-1]
    assert all(0 < len(line) <= 75 for line in lines)
    assert not any(re.search(rb"[\x00-\x08\x0a-\x1f\x7f]", line) for line in lines)
    for line in lines:
        line.decode("utf-8")  # a fold in the middle of a character would not be readable by every calendar
    unfolded: list[bytes] = []
    for line in lines:
        if line[:1] in (b" ", b"\t"):
            unfolded[-1] += line[1:]
        else:
            unfolded.append(line)
    found = []
    for line in unfolded:
        parts = LINE.fullmatch(line.decode("utf-8"))
        assert parts is not None, line
        found.append((parts[1], parts[2], parts[3]))
    return found


def plain(value: str) -> str:
    """The text that was escaped (§3.3.11); AssertionError for a bare separator."""
    assert re.fullmatch(r"(?:[^\\,;\n]|\\[\\,;nN])*", value)
    return re.sub(r"\\(.)", lambda sign: "\n" if sign[1] in "nN" else sign[1], value)


@given(
    title=TEXTS.filter(str.strip), place=TEXTS, at=MOMENTS, invited=MOMENTS, sequence=st.integers(0, 10_000)
)
def test_whatever_a_session_is_called_the_file_is_valid_and_says_the_same(
    title: str, place: str, at: datetime, invited: datetime, sequence: int
) -> None:
    at, invited = at.replace(microsecond=0), invited.replace(microsecond=0)
    meeting = Meeting("0190-x@thidua", sequence, invited, at, title, place, 18)
    url = "https://thidua.example/sessions/0190"
    lines = read(icalendar(meeting, "18 hồ sơ; xem, đọc trước\nkhi họp", url))
    names = [name for name, _, _ in lines]
    assert (names[0], names[-1], lines[0][2], lines[-1][2]) == ("BEGIN", "END", "VCALENDAR", "VCALENDAR")
    value = {name: text for name, _, text in lines if name not in ("BEGIN", "END")}
    once = [name for name in names if name not in ("BEGIN", "END")]
    assert len(once) == len(set(once))
    assert {"VERSION", "PRODID", "UID", "DTSTAMP", "DTSTART"} <= set(once)
    assert (value["VERSION"], value["UID"], value["SEQUENCE"]) == ("2.0", "0190-x@thidua", str(sequence))
    assert plain(value["SUMMARY"]) == title
    assert plain(value["LOCATION"]) == place
    assert plain(value["DESCRIPTION"]) == "18 hồ sơ; xem, đọc trước\nkhi họp"
    assert value["URL"] == url
    assert value["DURATION"] == "PT2H"
    for name, moment in (("DTSTART", at), ("DTSTAMP", invited)):
        assert STAMP.fullmatch(value[name])
        assert datetime.strptime(value[name], "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC) == moment
