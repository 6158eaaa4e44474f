"""Vietnamese is the source language; English is a catalogue read from its .po file, so none is compiled.

Texts of engine and workflows are marked there with `N_` and translated here, when they are shown.
"""

from __future__ import annotations

import io
from collections.abc import Mapping
from datetime import date, datetime
from functools import cached_property
from typing import Any

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.support import Translations
from flask import Flask, session
from flask_babel import Babel, Domain, get_locale, gettext

from engine.clock import ZONE
from engine.errors import FieldError, ThiduaError
from webapp.config import PACKAGE

LANGUAGES = {"vi": "Tiếng Việt", "en": "English"}


class PoDomain(Domain):  # type: ignore[misc]  # flask-babel has no types
    """Reads `translations/<language>/LC_MESSAGES/messages.po` as it is."""

    def get_translations(self) -> Any:
        """The catalogue of the request's language; an empty one for Vietnamese, the source."""
        language = str(get_locale())
        if language not in self.cache:
            self.cache[language] = _catalogue(language)
        return self.cache[language]


class PoBabel(Babel):  # type: ignore[misc]  # flask-babel has no types
    """flask-babel over .po files."""

    @cached_property
    def domain_instance(self) -> PoDomain:
        """The one domain of this application."""
        return PoDomain()


def _catalogue(language: str) -> Translations:
    path = PACKAGE / "translations" / language / "LC_MESSAGES" / "messages.po"
    if not path.exists():
        return Translations()
    with path.open("rb") as file:
        catalogue = read_po(file, locale=language)
    compiled = io.BytesIO()
    write_mo(compiled, catalogue)
    compiled.seek(0)
    return Translations(fp=compiled)


def language() -> str:
    """The language of the request: what the person chose, Vietnamese else."""
    chosen = session.get("language", "vi")
    return chosen if chosen in LANGUAGES else "vi"


def translate(text: str | None) -> str:
    """A text that was marked with `N_` elsewhere, in the language of the request."""
    return gettext(text) if text else ""


def error_text(error: ThiduaError) -> str:
    """What the error says, translated before its values are put in."""
    params = {
        key: translate(value) if isinstance(value, str) else value for key, value in error.params.items()
    }
    return translate(error.template) % params if params else translate(error.template)


def field_errors(errors: list[FieldError]) -> dict[str, str]:
    """Path to message, in the language of the request."""
    return {error.path: translate(error.message) for error in errors}


def show_date(value: date | datetime | str | None) -> str:
    """dd/mm/yyyy in Vietnam's zone; an ISO string is read first; empty for nothing."""
    if isinstance(value, str):
        value = date.fromisoformat(value[:10]) if value else None
    if isinstance(value, datetime):
        value = value.astimezone(ZONE)
    return f"{value:%d/%m/%Y}" if value else ""


def is_iso_date(value: str) -> bool:
    """Whether a browser's date field can show the value; a wrong one is shown as typed."""
    try:
        date.fromisoformat(value)
    except ValueError:
        return False
    return True


def show_moment(value: datetime | None) -> str:
    """HH:MM dd/mm/yyyy in Vietnam's zone."""
    return f"{value.astimezone(ZONE):%H:%M %d/%m/%Y}" if value else ""


def coded(code: str | None, table: Mapping[str, str]) -> str:
    """The words for a code, translated; the code itself when the table does not know it."""
    return translate(table.get(code or "", code or ""))


def editor_texts() -> dict[str, str]:
    """What the editors say about saving, for their page data."""
    return {
        "saving": gettext("Đang lưu…"),
        "unsaved": gettext("Có thay đổi chưa lưu."),
        "failed": gettext("Chưa lưu được; kiểm tra mạng rồi thử lại."),
        "checking": gettext("Đang kiểm tra…"),
        "clean": gettext("Không phát hiện lỗi."),
    }


def install(app: Flask) -> None:
    """Give the application its languages and the filters `tr`, `date`, `moment`, `coded`."""
    babel = PoBabel()
    babel.init_app(app, default_locale="vi", default_timezone="Asia/Ho_Chi_Minh", locale_selector=language)
    app.jinja_env.filters.update(tr=translate, date=show_date, moment=show_moment, coded=coded)
    app.jinja_env.tests["iso_date"] = is_iso_date
    app.jinja_env.globals.update(language=language, languages=LANGUAGES, editor_texts=editor_texts)
