"""Whether this installation works: for a monitor, not for people."""

from __future__ import annotations

import sqlalchemy as sa
from flask import Blueprint, jsonify
from flask.typing import ResponseReturnValue

from engine.schema import current_revision, head_revision
from webapp.config import release
from webapp.request import database

blueprint = Blueprint("health", __name__)


@blueprint.get("/healthz")
def healthz() -> ResponseReturnValue:
    """200 with the version when the database answers and stands on this version's schema, 503 otherwise."""
    answer = {"version": release(), "database": database().engine.dialect.name}
    try:
        with database().engine.connect().execution_options(readonly=True) as connection:
            revision = current_revision(connection)
    except sa.exc.SQLAlchemyError:
        return jsonify({**answer, "state": "unreachable"}), 503
    if revision != head_revision():
        return jsonify({**answer, "state": "schema out of date"}), 503
    return jsonify({**answer, "state": "ok"})
