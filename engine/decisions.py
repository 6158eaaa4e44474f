"""Decision tables by date: the rule in force for an organisation, with the citation of each row it used.

Every use says which date it asks for (achievement, reception, vote, decision) and keeps what it read.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from functools import lru_cache
from pathlib import PurePosixPath
from uuid import UUID

from engine import handlers, regulations
from engine.database import UnitOfWork
from engine.errors import N_, NotFound
from engine.spiff.dmn import DecisionFailed, DecisionResult, DecisionTable, decide, parse_dmn

__all__ = ["DecisionFailed", "DecisionResult", "evaluate", "table"]


def evaluate(
    uow: UnitOfWork, organisation_id: UUID, decision_id: str, on: date, inputs: Mapping[str, object]
) -> DecisionResult:
    """Return the rows of the decision in force on a date that match the inputs, with their citations.

    Raises NotFound when no regulation in force has the decision, DecisionFailed when two rows of a UNIQUE
    table match (it names them) or a cell cannot be evaluated.
    """
    return decide(table(uow, organisation_id, decision_id, on), inputs, handlers.bound_functions(uow))


def table(uow: UnitOfWork, organisation_id: UUID, decision_id: str, on: date) -> DecisionTable:
    """Return the decision table in force. Raises NotFound."""
    files = regulations.resolve_files(uow, organisation_id, on)
    paths = [path for path in files if path.endswith(".dmn")]
    for path in sorted(paths, key=lambda path: (PurePosixPath(path).stem != decision_id, path)):
        found = _parsed(regulations.read(uow, organisation_id, path, on), path)
        if found.id == decision_id:
            return found
    raise NotFound(N_("bảng quyết định “%s” có hiệu lực ngày %s") % (decision_id, f"{on:%d/%m/%Y}"))


@lru_cache(maxsize=256)
def _parsed(content: bytes, path: str) -> DecisionTable:
    """Keyed by the content itself, which never changes once published."""
    return parse_dmn(content, path)
