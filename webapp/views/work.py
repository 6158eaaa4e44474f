"""Việc của tôi: what waits for the person, soonest first, one next action a row."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from uuid import UUID

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue

from engine import tasks
from engine.database import UnitOfWork
from webapp import batch
from webapp.request import reads
from webapp.starts import due_starts
from webapp.work_rows import Batch, WorkRow, groups_of
from workflows.queries.task_operations import lent_work
from workflows.queries.work import my_work, unread_notices

blueprint = Blueprint("work", __name__)
NEWEST = 5


@blueprint.get("/")
@reads
def home(uow: UnitOfWork) -> ResponseReturnValue:
    """The home page."""
    assert uow.actor_id is not None
    work = my_work(uow, uow.actor_id, after=_after())
    groups = groups_of(work)
    notices = unread_notices(uow, uow.actor_id)
    rows = [row for _group, found in groups for row in found]
    return render_template(
        "work/home.html",
        groups=groups,
        total=len(rows),
        following=work.next,
        first="after" not in request.args,
        starts=due_starts(uow),
        batches=_batches(uow, rows),
        lent=lent_work(uow),
        notices=notices[:NEWEST],
        notice_count=len(notices),
    )


def _after() -> UUID | None:
    try:
        return UUID(request.args["after"]) if "after" in request.args else None
    except ValueError:
        return None


def _batches(uow: UnitOfWork, rows: Sequence[WorkRow]) -> list[Batch]:
    """The steps of which several wait and whose form can be filled in once for all."""
    counts = Counter(row.step for row in rows)
    first = {row.step: row for row in reversed(rows)}
    return [
        Batch(step, first[step].verb, count)
        for step, count in counts.items()
        if count > 1 and batch.fits(tasks.form_schema(uow, tasks.get(uow, first[step].id)))
    ]
