"""A task's form between the browser and the engine: prefilled, read from the post, drawn again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, BinaryIO, cast

from flask import request

from engine import forms, tasks
from engine.database import UnitOfWork
from engine.errors import FieldError
from engine.models import Task
from webapp.i18n import error_text, language, retell, translate
from webapp.request import posted
from workflows import files

Options = Mapping[str, Any]


@dataclass(frozen=True)
class TaskForm:
    """A task's schema with what fills it at first: the handler's prefill and its choices."""

    schema: dict[str, Any]
    initial: dict[str, Any]
    options: Options

    def fields(self, typed: Mapping[str, Any] | None, errors: Sequence[FieldError] = ()) -> list[Any]:
        """The fields for the page, with what the person typed over what was there at first."""
        data = forms.merge(self.schema, self.initial, typed) if typed else self.initial
        shown = [FieldError(error.path, self._retold(error.message)) for error in errors]
        made = list(forms.fields(self.schema, data, shown, self.options, language()))
        for field in made:
            _say(field)
        return made

    def _retold(self, message: str) -> str:
        """The message in the language of the request, the field called by its title in that language."""
        told, titles = retell(message), _titles(self.schema)
        title, colon, rest = told.partition(":")
        return f"{titles[title]}:{rest}" if colon and language() == "en" and title in titles else told

    def check(self, flat: Mapping[str, list[str]]) -> tuple[dict[str, Any], list[FieldError]]:
        """What was typed, with the right types, and what is wrong with it."""
        return forms.check(self.schema, flat, self.options)

    def parse(self, flat: Mapping[str, list[str]]) -> dict[str, Any]:
        """What was typed so far, unchecked: a draft may be incomplete."""
        return forms.parse(self.schema, flat, self.options)[0]

    @property
    def title(self) -> str:
        """The form's title in the language of the request."""
        return str((language() == "en" and self.schema.get("x-en")) or self.schema.get("title", ""))

    @property
    def description(self) -> str:
        """What the form says before its fields."""
        return translate(self.schema.get("description"))


def _titles(part: Any) -> dict[str, str]:
    """Vietnamese title to English title, of a form and of everything in it."""
    if isinstance(part, list):
        return {key: words for item in part for key, words in _titles(item).items()}
    if not isinstance(part, dict):
        return {}
    found = {part["title"]: part["x-en"]} if isinstance(part.get("title"), str) and "x-en" in part else {}
    return found | _titles(list(part.values()))


def _say(field: forms.Field) -> None:
    """Put what a field says besides its title into the language of the request; what was typed stays."""
    field.help, field.placeholder = translate(field.help), translate(field.placeholder)
    field.section = translate(field.section)
    field.options = [(value, translate(text)) for value, text in field.options]
    if field.readonly:
        field.text = translate(field.text)
    rows = [*field.rows, field.blank] if field.blank else field.rows
    for inner in (*field.columns, *(cell for row in rows for cell in row.fields)):
        _say(inner)


def form_of(uow: UnitOfWork, task: Task) -> TaskForm:
    """The form of a task, ready to be drawn or checked."""
    initial = tasks.prefill_of(uow, task)
    options = initial.pop("$options", {})
    return TaskForm(tasks.form_schema(uow, task), initial, options)


def posted_with_files() -> tuple[dict[str, list[str]], list[FieldError]]:
    """The post with the hash of each uploaded file under its field's name; the bytes are stored first.

    A file that is not taken (its kind, its size) is an error on its field; the rest of the post stays.
    """
    flat, errors = posted(), []
    for name, upload in request.files.items():
        if not upload.filename:
            continue
        try:
            flat[name] = [files.store(cast(BinaryIO, upload.stream), upload.filename).sha256]
        except (files.FileRefused, files.FileTooLarge) as error:
            errors.append(FieldError(name, error_text(error)))
    return flat, errors


def typed_before(uow: UnitOfWork, task: Task, flat: Mapping[str, list[str]]) -> dict[str, Any]:
    """What the form of a task held that is no longer open: its lists are gone, its fields are not."""
    return forms.parse(tasks.form_schema(uow, task), flat)[0]


def unplaced(fields: Sequence[Any], errors: Sequence[FieldError]) -> list[str]:
    """Messages of errors that no field of the page shows, so that none is lost."""
    shown = set()
    for field in fields:
        shown.add(field.path)
        for row in field.rows:
            shown.update(cell.path for cell in row.fields)
            shown.add(f"{field.path}.{row.index}")
    return [error.message for error in errors if error.path not in shown]
