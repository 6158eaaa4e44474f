"""What each command of `thidua` does, and how all of them open the installation."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from engine.database import Database
from webapp.app import configure, open_database
from webapp.config import Settings
from workflows.handlers import register_all


@contextmanager
def installation() -> Iterator[tuple[Settings, Database]]:
    """The installation of the environment, its schema brought up to date, everything registered."""
    settings = Settings.from_environment()
    configure(settings)
    register_all()
    database = open_database(settings, background=True)
    try:
        database.create_schema(settings.database_owner)
        yield settings, database
    finally:
        database.close()
