"""Starting a meeting, session, paper or package: once for every form sent, then straight to its step."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Protocol
from uuid import UUID

from engine import idempotency
from engine.database import UnitOfWork
from webapp.request import idempotency_key
from webapp.task_pages import task_url
from workflows.queries.steps import open_steps


class Started(Protocol):
    """What the actions return: a row with the instance that runs for it."""

    @property
    def id(self) -> UUID: ...

    @property
    def instance_id(self) -> UUID | None: ...


def start_once(
    uow: UnitOfWork, body: Mapping[str, Any], start: Callable[[], Started], page: Callable[[UUID], str]
) -> str:
    """Where to go next: the first step when it is the actor's, the page of what was started else.

    The same form sent twice starts nothing twice; the second post is led to the same place.
    """
    key = idempotency_key()
    known = idempotency.begin(uow, key, body)
    if known is not None:
        return str(known["url"])
    row = start()
    uow.session.flush()
    steps = [step for step in open_steps(uow, row.instance_id) if step.mine]
    url = task_url(steps[0].process_id, steps[0].step, steps[0].task_id) if steps else page(row.id)
    idempotency.finish(uow, key, {"url": url})
    return url
