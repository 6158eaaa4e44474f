"""The form of a list of nominees: what is the same for all, one row a nominee, nothing lost on an error."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from engine.database import UnitOfWork
from engine.errors import FieldError
from webapp.i18n import retell
from workflows.queries.people import people
from workflows.rules.pasted import COLUMNS, FLAGS

COMMON = ("award", "merit_kind", "movement_id", "achievement_year")
BLANK_ROWS = 5
MOST_ROWS = 500
_CELL = re.compile(r"rows\.(\d{1,4})\.([a-z_]{1,40})")


@dataclass
class ListForm:
    """What was typed, as text; errors by path: "award" for what is common, "rows.3.born_year" for a cell."""

    kind: str
    common: dict[str, str]
    rows: list[dict[str, str]]
    paste: str = ""
    more: int = 0
    errors: dict[str, str] = field(default_factory=dict)
    remarks: list[str] = field(default_factory=list)

    @property
    def columns(self) -> tuple[str, ...]:
        """The cells of a row for this kind of subject."""
        return COLUMNS[self.kind]

    def values(self) -> list[dict[str, Any]]:
        """The rows for `create_nominations`: each with what is the same for all."""
        common = {**self.common, "subject_kind": self.kind}
        if self.common.get("merit_kind") != "chuyen_de":
            common["movement_id"] = ""
        return [{**common, **row} for row in self.rows]

    def add(self, rows: Iterable[Mapping[str, str]]) -> int:
        """Append rows and return how many; people who are in the list already are not added twice."""
        present = {row.get("person_id") for row in self.rows if row.get("person_id")}
        added = [dict(row) for row in rows if not row.get("person_id") or row["person_id"] not in present]
        self.rows += added[: MOST_ROWS - len(self.rows)]
        return len(added)

    def shown(self) -> list[dict[str, str]]:
        """The rows of the page: what was typed, then the empty ones."""
        blanks = self.more or (1 if self.rows else BLANK_ROWS)
        return [*self.rows, *({} for _ in range(blanks))]

    def take(self, errors: Sequence[FieldError]) -> None:
        """Put what the action refused beside its field; what is wrong with every row is said once."""
        for error in errors:
            cell = _CELL.fullmatch(error.path)
            name = cell.group(2) if cell else error.path
            path = error.path if cell and name not in (*COMMON, "subject_kind") else name
            self.errors.setdefault("award" if path == "subject_kind" else path, retell(error.message))

    def has_problem(self, index: int) -> bool:
        """Whether anything in a row is wrong."""
        return any(path.startswith(f"rows.{index}.") for path in self.errors)

    def mistakes(self) -> list[tuple[str, str, str]]:
        """(path, who or empty, message) for the summary, in the order of the page."""
        found = []
        for path, message in self.errors.items():
            cell = _CELL.fullmatch(path)
            index = int(cell.group(1)) if cell else -1
            who = self.rows[index].get("subject_name", "") if 0 <= index < len(self.rows) else ""
            found.append((index, path, f"{index + 1}. {who}".strip() if cell else "", message))
        return [(path, who, message) for _, path, who, message in sorted(found, key=lambda each: each[0])]


def fresh(kind: str, year: int) -> ListForm:
    """An empty list for this year's merit."""
    common = dict.fromkeys(COMMON, "") | {"merit_kind": "thuong_xuyen", "achievement_year": str(year)}
    return ListForm(kind, common, [])


def read(kind: str, posted: Mapping[str, Sequence[str]]) -> ListForm:
    """What was posted; rows without any text are left out, the others keep their order."""
    common = {name: (posted.get(name) or [""])[0].strip() for name in COMMON}
    rows: dict[int, dict[str, str]] = {}
    for path, values in posted.items():
        cell = _CELL.fullmatch(path)
        if cell and (cell.group(2) in COLUMNS[kind] or cell.group(2) == "person_id"):
            rows.setdefault(int(cell.group(1)), {})[cell.group(2)] = values[0].strip()
    kept = [rows[index] for index in sorted(rows) if any(rows[index].values())]
    return ListForm(kind, common, [_with_flags(kind, row) for row in kept], (posted.get("paste") or [""])[0])


def _with_flags(kind: str, row: dict[str, str]) -> dict[str, str]:
    """A box that is not ticked is not posted: it means no."""
    return {name: "" for name in FLAGS if name in COLUMNS[kind]} | row


def rows_of_people(uow: UnitOfWork, unit_id: UUID, chosen: Iterable[str]) -> list[dict[str, str]]:
    """A row for each chosen person of the unit, with what is known of them."""
    wanted = set(chosen)
    return [
        {
            "person_id": str(row.person.id),
            "subject_name": row.person.full_name,
            "gender": row.person.gender,
            "born_year": str(row.person.born_year or ""),
            "position": row.person.position,
        }
        for row in people(uow, unit_id=unit_id)
        if str(row.person.id) in wanted
    ]
