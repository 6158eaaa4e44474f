"""Stored files that nothing names any more: a crash came between file and row, or a draft was thrown away.

Looked for once a night. A file goes when no row, form, message, history or saved instance names it and it has
lain there for a week, so that no request at work and no copy restored from yesterday can miss it.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable
from datetime import timedelta
from typing import Any

import sqlalchemy as sa

from engine import jobs
from engine.database import Database, UnitOfWork, unit_of_work
from engine.mentions import mentioned
from workflows import files
from workflows.tables.meetings import Meeting
from workflows.tables.nominations import Evidence
from workflows.tables.packages import PackageLine, ReceivedLine, ReceivedPackage
from workflows.tables.papers import Paper

log = logging.getLogger(__name__)

KEPT_FOR = timedelta(days=7)
_NAMING: tuple[Any, ...] = (Evidence.sha256, Paper.pdf_sha256, Paper.scan_sha256, Meeting.scan_sha256)
_COPIES: tuple[Any, ...] = (PackageLine.snapshot, ReceivedPackage.papers, ReceivedLine.snapshot)


def order_removal(uow: UnitOfWork) -> None:
    """Order the removal."""
    uow.enqueue("remove_unnamed_files")


@jobs.register("remove_unnamed_files")
def remove_unnamed_files(database: Database) -> None:
    """Remove what nothing has named for a week; a file that is being named anew is young again and stays."""
    with unit_of_work(database, readonly=True) as uow:
        unnamed = _unnamed(uow, files.older(KEPT_FOR))
    gone = files.remove(unnamed, KEPT_FOR)
    if gone:
        log.info("removed %s files that nothing names", gone)


def _unnamed(uow: UnitOfWork, old: Iterable[str]) -> set[str]:
    """Those of the old files that nothing names, of all organisations: they share what has the same bytes."""
    rest = set(old)
    for column in _NAMING:
        rest -= set(uow.session.scalars(sa.select(column).where(column.is_not(None))))
    for column in _COPIES:
        texts = list(uow.session.scalars(sa.select(sa.cast(column, sa.Text)).where(column.is_not(None))))
        rest = {digest for digest in rest if not any(digest in text for text in texts)}
    return rest - mentioned(uow, rest) if rest else rest
