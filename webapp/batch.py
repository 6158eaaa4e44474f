"""Many tasks of one step with one decision: which forms allow it, and what was posted for each task."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from webapp.request import posted

FEW = 4
MOST = 200
"""So many tasks on one page; those after them follow when these are done."""


@dataclass(frozen=True)
class Result:
    """What became of one chosen task; without a problem it is done."""

    task_id: UUID
    about: str
    problem: str


def fits(schema: Mapping[str, Any]) -> bool:
    """Whether a form can be filled in once for many: a decision with its reason, no lists, no files."""
    entered = [field for field in schema.get("properties", {}).values() if not field.get("readOnly")]
    return 0 < len(entered) <= FEW and not any(
        field.get("type") == "array" or field.get("x-widget") == "file" for field in entered
    )


def editable(fields: Sequence[Any]) -> list[Any]:
    """The fields of the common decision: what is read-only differs from task to task."""
    return [field for field in fields if not field.readonly and field.widget != "hidden"]


def exceptions(fields: Sequence[Any]) -> list[Any]:
    """The fields a single row may set otherwise: the choices, and the reasons that go with them."""
    return [field for field in fields if field.options or field.show_if][:3]


def posted_for(task_id: UUID | None) -> dict[str, list[str]]:
    """The common decision, with the row's own values over it when they were given."""
    common = {
        name: values
        for name, values in posted().items()
        if name not in ("task", "step") and not name.startswith("except.")
    }
    if task_id is None:
        return common
    prefix = f"except.{task_id}."
    own = {name.removeprefix(prefix): values for name, values in posted().items() if name.startswith(prefix)}
    return {**common, **{name: values for name, values in own.items() if any(values)}}
