"""Vietnamese is the source language; English is a catalogue read from its .po file, so none is compiled.

Texts of engine and workflows are marked there with `N_` and translated here, when they are shown.
"""

from __future__ import annotations

import io
from collections.abc import Mapping
from datetime import date, datetime
from functools import cached_property
from typing import Any

from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.support import Translations
from flask import Flask, session
from flask_babel import Babel, Domain, get_domain, gettext

from engine.clock import ZONE
from engine.errors import FieldError, ThiduaError
from webapp.sentences import ANYBODYS, OURS, Sentences
from webapp.translations.texts import catalogue, composed_below

SOURCE = "vi"
LANGUAGES = {SOURCE: "Tiếng Việt", "en": "English"}


class PoDomain(Domain):  # type: ignore[misc]  # flask-babel has no types
    """Reads `translations/<language>/LC_MESSAGES/messages.po` as it is."""

    def __init__(self) -> None:
        """Nothing is read before it is asked for."""
        super().__init__()
        self._sentences: dict[str, Sentences] = {}

    def get_translations(self) -> Any:
        """The catalogue of the request's language; an empty one for Vietnamese, the source."""
        spoken = language()
        if spoken not in self.cache:
            self.cache[spoken] = _compiled(catalogue(spoken))
        return self.cache[spoken]

    def sentence(self, text: str, least: int) -> str:
        """A text of the catalogue, or a sentence made from one, in the language of the request."""
        spoken = language()
        if spoken == SOURCE:
            return text
        if spoken not in self._sentences:
            known = self.get_translations().gettext
            self._sentences[spoken] = Sentences(composed_below(catalogue(spoken)), known)
        return self._sentences[spoken].retell(text, least)


class PoBabel(Babel):  # type: ignore[misc]  # flask-babel has no types
    """flask-babel over .po files."""

    @cached_property
    def domain_instance(self) -> PoDomain:
        """The one domain of this application."""
        return PoDomain()


def _compiled(catalogue: Catalog) -> Translations:
    compiled = io.BytesIO()
    write_mo(compiled, catalogue)
    compiled.seek(0)
    return Translations(fp=compiled)


def language() -> str:
    """The language of the request: what the person chose, Vietnamese else."""
    chosen = session.get("language", SOURCE)
    return chosen if chosen in LANGUAGES else SOURCE


def translate(text: str | None) -> str:
    """A text that was marked with `N_` elsewhere, in the language of the request."""
    if not text or language() == SOURCE:
        return text or ""
    return str(gettext(text))


def retell(text: str | None) -> str:
    """A sentence of the system whose values were filled in below the web, in the language of the request."""
    return str(get_domain().sentence(text, OURS)) if text else ""


def remark(text: str | None) -> str:
    """A reason that either a person or the system gave: only what is plainly the system's is translated."""
    return str(get_domain().sentence(text, ANYBODYS)) if text else ""


def error_text(error: ThiduaError) -> str:
    """What the error says, translated before its values are put in."""
    params = {key: retell(value) if isinstance(value, str) else value for key, value in error.params.items()}
    return translate(error.template) % params if params else translate(error.template)


def field_errors(errors: list[FieldError]) -> dict[str, str]:
    """Path to message, in the language of the request."""
    return {error.path: retell(error.message) for error in errors}


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
    """Give the application its languages and the filters `tr`, `retell`, `remark`, `date`, `moment`, `coded`."""
    babel = PoBabel()
    babel.init_app(app, default_locale=SOURCE, default_timezone="Asia/Ho_Chi_Minh", locale_selector=language)
    known = babel.domain_instance.get_translations
    # Asked hundreds of times a page: flask-babel's own way there costs thirty times as much.
    app.jinja_env.install_gettext_callables(  # type: ignore[attr-defined]  # jinja2.ext.i18n's
        lambda text: known().gettext(text),
        lambda one, many, number: known().ngettext(one, many, number),
        newstyle=True,
    )
    app.jinja_env.filters.update(
        tr=translate, retell=retell, remark=remark, date=show_date, moment=show_moment, coded=coded
    )
    app.jinja_env.tests["iso_date"] = is_iso_date
    app.jinja_env.globals.update(language=language, languages=LANGUAGES, editor_texts=editor_texts)
