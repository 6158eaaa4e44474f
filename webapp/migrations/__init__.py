"""Revisions of the schema, run by engine.schema in one locked transaction."""
