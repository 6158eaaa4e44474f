"""Forms: one JSON Schema a step types, checks and draws what a person enters, without JavaScript.

Standard keywords of draft 2020-12 plus `x-` keywords (engine/forms/schema.py lists them all).
"""

from engine.forms.fields import Field, Row, fields, merge
from engine.forms.parsing import check, parse
from engine.forms.schema import Options, Schema, clean
from engine.forms.validation import validate

__all__ = ["Field", "Options", "Row", "Schema", "check", "clean", "fields", "merge", "parse", "validate"]
