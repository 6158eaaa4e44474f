"""The four papers of the award as PDF, in the layout of Nghị định 30/2020.

A paper is made once from frozen data and stored by its hash; the same wording, data and timestamp give
the same bytes, on every machine with the same fonts.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from engine.errors import N_
from workflows.papers.checks import require_data
from workflows.papers.errors import BallotMismatch, PaperDataError, PaperFailed, WordingError
from workflows.papers.fields import FIELDS, KIND_NAMES
from workflows.papers.fields import LIST_COLUMNS as COLUMNS
from workflows.papers.model import model_of
from workflows.papers.typesetting import typeset
from workflows.papers.vietnamese import clean
from workflows.papers.wording import check_wording, require_wording

KINDS = tuple(KIND_NAMES)

__all__ = [
    "COLUMNS",
    "FIELDS",
    "KINDS",
    "KIND_NAMES",
    "BallotMismatch",
    "PaperDataError",
    "PaperFailed",
    "WordingError",
    "check",
    "check_wording",
    "render",
]


def render(kind: str, payload: Mapping[str, Any], *, draft: bool, timestamp: int) -> bytes:
    """Return the PDF/A-2a of a paper from `{"wording": …, "data": …}`; a draft carries a watermark.

    `timestamp` (Unix seconds, business time) becomes the PDF's date, so freeze it with the data.

    :raises WordingError: the wording names an unknown field or lacks a part.
    :raises PaperDataError: a value is missing or of the wrong kind.
    :raises BallotMismatch: the figures of a vote contradict each other.
    :raises PaperFailed: the kind is unknown, or a letter is in none of the fonts.
    """
    return typeset(kind, _model(kind, payload, draft=draft), timestamp)


def check(kind: str, payload: Mapping[str, Any], *, draft: bool) -> None:
    """Raise what `render` would raise about wording, data and sums, without setting the paper.

    For the action that freezes the data: a wrong sum stops there, under the eyes of the person, and not
    in the job that makes the PDF later.
    """
    _model(kind, payload, draft=draft)


def _model(kind: str, payload: Mapping[str, Any], *, draft: bool) -> dict[str, Any]:
    if kind not in KINDS:
        raise PaperFailed(kind, N_("không có loại văn bản này"))
    wording, data = clean(payload.get("wording", {})), clean(payload.get("data", {}))
    require_wording(kind, wording)
    require_data(kind, data, draft=draft)
    return model_of(kind, wording, data, draft=draft)
