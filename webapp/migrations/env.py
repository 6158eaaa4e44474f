"""Alembic's entry: runs on the connection that engine.schema has locked; knows the tables of all layers."""

import importlib
import pkgutil

from alembic import context

import workflows.tables
from engine import models  # noqa: F401  (its tables)
from engine.database import Base

for module in pkgutil.iter_modules(workflows.tables.__path__):
    importlib.import_module(f"workflows.tables.{module.name}")

context.configure(connection=context.config.attributes["connection"], target_metadata=Base.metadata)
with context.begin_transaction():
    context.run_migrations()
