"""What the server loads: the application of the environment, with its jobs inside on SQLite."""

from __future__ import annotations

import engine.database  # isort: skip  # noqa: F401  (first: it chooses the one SQLite library)

import atexit

from engine import jobs
from webapp.app import create_app, open_database
from webapp.config import Settings

_settings = Settings.from_environment()
_database = open_database(_settings)
application = create_app(_settings, _database)

if _database.is_sqlite:
    _worker = jobs.Worker(_database)
    _worker.start()
    atexit.register(_worker.stop)
