"""Whether a text stands in what the engine keeps: asked before something that only such a text names is removed."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import sqlalchemy as sa

from engine.database import UnitOfWork
from engine.models import Draft, History, Instance, Message, Task
from engine.spiff.serializer import text_of

_KEPT: tuple[Any, ...] = (Draft.form, Task.data, Message.payload, History.data)
_AT_ONCE = 500


def mentioned(uow: UnitOfWork, texts: Iterable[str]) -> set[str]:
    """Return those of the texts that stand in a draft, a task's row, a message, the history or an instance's state.

    Reads every state when one is found nowhere else: for the night, not for a page. Raises StateUnreadable.
    """
    found = {text for text in texts if any(_stands_in(uow, column, text) for column in _KEPT)}
    missing = set(texts) - found
    if not missing:
        return found
    states = sa.select(Instance.state).execution_options(yield_per=_AT_ONCE)
    for state in uow.session.scalars(states):
        whole = text_of(state)
        found |= {text for text in missing if text in whole}
    return found


def _stands_in(uow: UnitOfWork, column: Any, text: str) -> bool:
    within = sa.cast(column, sa.Text).contains(text, autoescape=True)
    return bool(uow.session.scalar(sa.select(sa.exists().where(within))))
