"""What the server loads: the application of the environment, with its jobs inside on SQLite."""

from __future__ import annotations

import engine.database  # isort: skip  # noqa: F401  (first: it chooses the one SQLite library)

import atexit

from engine import jobs
from webapp import logs
from webapp.app import create_app, open_database
from webapp.config import Settings

logs.configure()
_settings = Settings.from_environment()
_database = open_database(_settings)
application = logs.guarded(create_app(_settings, _database))

if _database.is_sqlite:
    _worker = jobs.Worker(_database, kept_days=_settings.keep_jobs_days)
    _worker.start()
    atexit.register(_worker.stop)
