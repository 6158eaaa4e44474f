"""Starting a meeting, session, paper or package: when it is due, once a form, then straight to its step."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol
from uuid import UUID

from flask import url_for

from engine import idempotency
from engine.database import UnitOfWork
from engine.errors import N_
from webapp.request import idempotency_key
from webapp.task_pages import task_url
from workflows import gate
from workflows.queries import waiting
from workflows.queries.meetings import units_waiting
from workflows.queries.steps import open_steps


class Started(Protocol):
    """What the actions return: a row with the instance that runs for it."""

    @property
    def id(self) -> UUID: ...

    @property
    def instance_id(self) -> UUID | None: ...


@dataclass(frozen=True)
class Start:
    """Something the person may open now, because so many dossiers wait for it."""

    verb: str
    count: int
    url: str


def due_starts(uow: UnitOfWork) -> list[Start]:
    """The meetings, sessions, papers and packages that dossiers wait for and the actor may open."""
    found = [
        (N_("Mở cuộc họp bình xét"), len(each.nominations), "meetings.new") for each in units_waiting(uow)
    ]
    if uow.actor_id is not None and gate.holds(uow, uow.actor_id, "standing_office"):
        found += [
            (N_("Mở phiên họp Hội đồng"), len(waiting.for_session(uow)), "meetings.index"),
            (N_("Soạn quyết định"), len(waiting.for_paper(uow, "decision")), "papers.index"),
            (N_("Soạn tờ trình"), len(waiting.for_paper(uow, "proposal")), "papers.index"),
            (N_("Lập gói gửi thành phố"), len(waiting.for_package(uow)), "papers.index"),
        ]
    return [Start(verb, count, url_for(page)) for verb, count, page in found if count]


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
