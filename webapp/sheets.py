"""Forms of pages that belong to no task: a schema written here, drawn and checked like a task's form."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from flask import redirect, render_template, request
from flask.typing import ResponseReturnValue

from engine import forms, idempotency
from engine.database import UnitOfWork
from engine.errors import FieldError, InvalidForm
from webapp.i18n import language, retell, translate
from webapp.request import idempotency_key, posted, reading, writing
from webapp.task_form import unplaced

Values = dict[str, Any]
_WORDS = ("title", "x-help", "x-section", "x-placeholder", "description")


@dataclass(frozen=True)
class Sheet:
    """One form: its fields, what they hold at first, what may be chosen."""

    properties: Mapping[str, Mapping[str, Any]]
    required: Sequence[str] = ()
    initial: Mapping[str, Any] = field(default_factory=dict)
    options: Mapping[str, Any] = field(default_factory=dict)

    @property
    def schema(self) -> dict[str, Any]:
        """The JSON Schema in the language of the request."""
        return {
            "type": "object",
            "properties": {name: _translated(part) for name, part in self.properties.items()},
            "required": list(self.required),
        }

    def fields(self, typed: Mapping[str, Any] | None, errors: Sequence[FieldError] = ()) -> list[Any]:
        """The fields for the page: what was typed, else what they hold at first."""
        shown = [FieldError(error.path, retell(error.message)) for error in errors]
        data = dict(self.initial) if typed is None else dict(typed)
        return list(forms.fields(self.schema, data, shown, self.options, language()))

    def check(self, flat: Mapping[str, list[str]]) -> tuple[Values, list[FieldError]]:
        """What was typed, with the right types, and what is wrong with it."""
        return forms.check(self.schema, flat, self.options)


def _translated(part: Any) -> Any:
    if isinstance(part, Mapping):
        return {
            key: translate(v) if key in _WORDS and isinstance(v, str) else _translated(v)
            for key, v in part.items()
        }
    if isinstance(part, list):
        return [_translated(item) for item in part]
    return part


@dataclass(frozen=True)
class SheetPage:
    """A page around a form: its template and everything else the template shows."""

    sheet: Sheet
    template: str
    context: Mapping[str, Any] = field(default_factory=dict)


def sheet_page(
    build: Callable[[UnitOfWork], SheetPage], act: Callable[[UnitOfWork, Values], str]
) -> ResponseReturnValue:
    """Show the form; on a post do what it asks once and go to the address that `act` returns.

    What cannot be taken comes back with everything that was typed and why, as 422.
    """
    typed: Values | None = None
    errors: Sequence[FieldError] = ()
    if request.method == "POST":
        try:
            with writing() as uow:
                typed, wrong = build(uow).sheet.check(posted())
                if wrong:
                    raise InvalidForm(wrong)
                target = once(uow, lambda: act(uow, dict(typed or {})))
            return redirect(target)
        except InvalidForm as error:
            errors = error.errors
    with reading() as uow:
        page = build(uow)
        fields = page.sheet.fields(typed, errors)
        others = unplaced(fields, errors)
        shown = {"form": fields, "failed": bool(errors), "others": others, **page.context}
        return render_template(page.template, **shown), 422 if errors else 200


def once(uow: UnitOfWork, act: Callable[[], str]) -> str:
    """Do it unless the same post was done before; returns the address to go to, the same both times."""
    body = {"path": request.path, "fields": _digest(posted())}
    key = idempotency_key()
    done = idempotency.begin(uow, key, body)
    if done is not None:
        return str(done.get("target", request.path))
    target = act()
    idempotency.finish(uow, key, {"target": target})
    return target


def _digest(fields: Mapping[str, list[str]]) -> str:
    return hashlib.sha256(json.dumps(fields, sort_keys=True).encode()).hexdigest()


def dated(typed: Values, *names: str) -> Values:
    """The values with the named ones as dates; None for those left empty."""
    found = dict(typed)
    for name in names:
        found[name] = date.fromisoformat(typed[name]) if typed.get(name) else None
    return found
