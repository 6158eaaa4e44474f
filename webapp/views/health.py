"""Whether this installation works: for a monitor, not for people."""

from __future__ import annotations

import sqlalchemy as sa
from flask import Blueprint, jsonify
from flask.typing import ResponseReturnValue

from engine import jobs
from engine.database import unit_of_work
from engine.schema import current_revision, head_revision
from webapp.config import release
from webapp.request import database

blueprint = Blueprint("health", __name__)


@blueprint.get("/healthz")
def healthz() -> ResponseReturnValue:
    """200 with the version when the database answers and stands on this version's schema, 503 otherwise.

    Without a living worker the pages still work, so it stays 200 and `state` says it."""
    answer = {"version": release(), "database": database().engine.dialect.name}
    try:
        with database().engine.connect().execution_options(readonly=True) as connection:
            revision = current_revision(connection)
    except sa.exc.SQLAlchemyError:
        return jsonify({**answer, "state": "unreachable"}), 503
    if revision != head_revision():
        return jsonify({**answer, "state": "schema out of date"}), 503
    with unit_of_work(database(), readonly=True) as uow:
        alive = sum(worker.alive for worker in jobs.workers(uow))
    return jsonify({**answer, "state": "ok" if alive else "no worker", "workers": alive})
