"""Numbers of papers belong to the commune's clerk: typed or drawn from a reserved block, never twice.

NĐ 30/2020: a year's series starts again at 01; what was issued is never changed, a number that was spoiled
stays in the series with its reason.
"""

from __future__ import annotations

from datetime import date
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError

from engine import history
from engine.database import UnitOfWork
from engine.errors import N_, FieldError, InvalidForm, NotAllowed
from engine.models import Organisation
from workflows.gate import require
from workflows.rules.numbering import first_free, paper_number
from workflows.tables.papers import NumberBlock, NumberIssued


class NumberTaken(InvalidForm):
    """The number was used already in the year's series."""

    def __init__(self, path: str, message: str) -> None:
        super().__init__([FieldError(path, message)])


def reserve_block(
    uow: UnitOfWork, *, year: int, series: str, first: int, last: int, note: str = ""
) -> NumberBlock:
    """The clerk keeps numbers aside for award papers; NotAllowed, InvalidForm for a range that overlaps."""
    require(uow, "clerk")
    organisation_id = _queue(uow)
    if not 0 < first <= last:
        raise InvalidForm([FieldError("last", N_("Số cuối phải bằng hoặc lớn hơn số đầu; số đầu từ 1."))])
    overlapping = select(NumberBlock).where(
        NumberBlock.organisation_id == organisation_id,
        NumberBlock.year == year,
        NumberBlock.series == series,
        NumberBlock.first <= last,
        NumberBlock.last >= first,
    )
    other = uow.session.scalars(overlapping).first()
    if other is not None:
        text = N_("Trùng với dải số %(first)d–%(last)d đã giữ.") % {"first": other.first, "last": other.last}
        raise InvalidForm([FieldError("first", text)])
    block = NumberBlock(
        organisation_id=organisation_id,
        year=year,
        series=series,
        first=first,
        last=last,
        note=note.strip(),
        created_at=uow.now,
    )
    uow.session.add(block)
    uow.session.flush()
    _write(uow, year, series, "block:reserved", {"first": first, "last": last, "note": note})
    return block


def issue_number(
    uow: UnitOfWork, *, series: str, number: int, issued_on: date, paper_id: UUID
) -> NumberIssued:
    """Give the number to the paper for good. The same paper asking again for its own number gets it again.

    Raises NumberTaken for a duplicate of the year's series, InvalidForm for a date before that of a lower
    number or after that of a higher one.
    """
    organisation_id = _queue(uow)
    row = uow.session.scalar(
        select(NumberIssued).where(
            NumberIssued.organisation_id == organisation_id,
            NumberIssued.year == issued_on.year,
            NumberIssued.series == series,
            NumberIssued.number == number,
        )
    )
    if row is not None and row.state == "issued" and row.paper_id == paper_id:
        return row
    if row is not None and not (row.state == "reserved" and row.paper_id in (None, paper_id)):
        raise NumberTaken("number", _taken(row))
    _check_dates(uow, organisation_id, series, number, issued_on)
    return _store(uow, row, organisation_id, series, number, issued_on, paper_id)


def draw_number(uow: UnitOfWork, *, series: str, issued_on: date, paper_id: UUID) -> NumberIssued:
    """Give the paper the lowest free number of the year's reserved blocks; InvalidForm when none is left."""
    organisation_id = _queue(uow)
    blocks = uow.session.scalars(
        select(NumberBlock)
        .where(
            NumberBlock.organisation_id == organisation_id,
            NumberBlock.year == issued_on.year,
            NumberBlock.series == series,
        )
        .order_by(NumberBlock.first)
    )
    used = _used(uow, organisation_id, issued_on.year, series)
    for block in blocks:
        number = first_free(block.first, block.last, used)
        if number is not None:
            return issue_number(uow, series=series, number=number, issued_on=issued_on, paper_id=paper_id)
    text = N_("Không còn số trong dải đã giữ của sổ %(series)s năm %(year)d; nhập số hoặc giữ thêm dải số.")
    raise InvalidForm([FieldError("number", text % {"series": series, "year": issued_on.year})])


def cancel_number(uow: UnitOfWork, *, year: int, series: str, number: int, reason: str) -> NumberIssued:
    """The clerk marks a number as spoiled; it is never given again. NotAllowed for one on an issued paper."""
    require(uow, "clerk")
    organisation_id = _queue(uow)
    if not reason.strip():
        raise InvalidForm([FieldError("reason", N_("Cần nêu lý do hủy số."))])
    row = uow.session.scalar(
        select(NumberIssued).where(
            NumberIssued.organisation_id == organisation_id,
            NumberIssued.year == year,
            NumberIssued.series == series,
            NumberIssued.number == number,
        )
    )
    if row is not None and row.state == "issued":
        raise NotAllowed(N_("Số đã cấp cho văn bản phát hành thì không hủy được."))
    if row is None:
        row = NumberIssued(
            organisation_id=organisation_id, year=year, series=series, number=number, created_at=uow.now
        )
        uow.session.add(row)
    row.state, row.reason = "cancelled", reason.strip()
    uow.session.flush()
    _write(uow, year, series, "number:cancelled", {"number": number, "reason": reason})
    return row


def _queue(uow: UnitOfWork) -> UUID:
    """Those who number papers wait for each other on the organisation's row; its id is returned."""
    assert uow.organisation_id is not None
    uow.session.execute(
        select(Organisation.id).where(Organisation.id == uow.organisation_id).with_for_update()
    )
    return uow.organisation_id


def _used(uow: UnitOfWork, organisation_id: UUID, year: int, series: str) -> set[int]:
    query = select(NumberIssued.number).where(
        NumberIssued.organisation_id == organisation_id,
        NumberIssued.year == year,
        NumberIssued.series == series,
    )
    return set(uow.session.scalars(query))


def _taken(row: NumberIssued) -> str:
    words = {"number": paper_number(row.number, row.series), "year": row.year}
    if row.state == "cancelled":
        return N_("Số %(number)s năm %(year)d đã bị hủy, không dùng lại.") % words
    if row.issued_on is None:
        return N_("Số %(number)s năm %(year)d đã cấp cho văn bản khác.") % words
    words["on"] = f"{row.issued_on:%d/%m/%Y}"
    return N_("Số %(number)s năm %(year)d đã cấp cho văn bản khác ngày %(on)s.") % words


def _check_dates(uow: UnitOfWork, organisation_id: UUID, series: str, number: int, issued_on: date) -> None:
    same_series = (
        NumberIssued.organisation_id == organisation_id,
        NumberIssued.year == issued_on.year,
        NumberIssued.series == series,
        NumberIssued.state == "issued",
    )
    latest = uow.session.scalar(
        select(func.max(NumberIssued.issued_on)).where(*same_series, NumberIssued.number < number)
    )
    earliest = uow.session.scalar(
        select(func.min(NumberIssued.issued_on)).where(*same_series, NumberIssued.number > number)
    )
    if latest is not None and issued_on < latest:
        text = N_("Ngày văn bản không được trước ngày của số đứng trước (%(on)s).")
        raise InvalidForm([FieldError("issued_on", text % {"on": f"{latest:%d/%m/%Y}"})])
    if earliest is not None and issued_on > earliest:
        text = N_("Ngày văn bản không được sau ngày của số đứng sau (%(on)s).")
        raise InvalidForm([FieldError("issued_on", text % {"on": f"{earliest:%d/%m/%Y}"})])


def _store(
    uow: UnitOfWork,
    row: NumberIssued | None,
    organisation_id: UUID,
    series: str,
    number: int,
    issued_on: date,
    paper_id: UUID,
) -> NumberIssued:
    if row is None:
        row = NumberIssued(
            organisation_id=organisation_id,
            year=issued_on.year,
            series=series,
            number=number,
            created_at=uow.now,
        )
        uow.session.add(row)
    row.state, row.issued_on, row.paper_id = "issued", issued_on, paper_id
    try:
        with uow.session.begin_nested():
            uow.session.flush()
    except IntegrityError as error:
        raise NumberTaken("number", _taken(row)) from error
    _write(uow, issued_on.year, series, "number:issued", {"number": number, "paper": paper_id})
    return row


def _write(uow: UnitOfWork, year: int, series: str, event: str, data: dict[str, object]) -> None:
    history.record(uow, f"numbers:{uow.organisation_id}:{year}:{series}", event, data=data)
