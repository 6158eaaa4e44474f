"""The texts a person may meet, read from the sources, and what a catalogue still lacks of them."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po, write_po

import engine
import workflows
from webapp.config import PACKAGE, regulations_folder

SOURCES = (engine, workflows)
KEYWORDS = {"N_": None, "_": None, "gettext": None, "ngettext": (1, 2)}
METHODS = [("fixtures/**", "ignore"), ("**.py", "python"), ("templates/**.html", "jinja2")]
OPTIONS = {"templates/**.html": {"silent": "false"}}
FORM_WORDS = ("description", "x-help", "x-placeholder", "x-section")
HEAD = """# Written by `make translations`; only msgstr is edited by hand.
msgid ""
msgstr ""
"Content-Type: text/plain; charset=utf-8\\n"
"Language: {language}\\n"

"""
PLACEHOLDER = re.compile(r"%%?\(\w+\)[sd]|%[sd%]|\{\w+\}")


def languages() -> list[str]:
    """The languages that have a catalogue; the source, Vietnamese, has none."""
    return sorted(
        path.name for path in (PACKAGE / "translations").iterdir() if (path / "LC_MESSAGES").is_dir()
    )


def path_of(language: str) -> Path:
    """Where the catalogue of a language is kept."""
    return PACKAGE / "translations" / language / "LC_MESSAGES" / "messages.po"


def source_texts() -> Catalog:
    """Every marked text with the files it is in; the demo's own data (`workflows/fixtures`) is none."""
    found = Catalog(fuzzy=False)
    for root in (*(Path(str(package.__file__)).parent for package in SOURCES), PACKAGE):
        for name, _line, text, _comments, _context in extract_from_dir(
            root, method_map=METHODS, options_map=OPTIONS, keywords=KEYWORDS
        ):
            found.add(text, locations=[(f"{root.name}/{name}", 0)])
    folder = regulations_folder()
    for path in sorted(folder.rglob("*.form.json")):
        for text in _form_texts(json.loads(path.read_text(encoding="utf-8"))):
            found.add(text, locations=[(f"bpmn/{path.relative_to(folder).as_posix()}", 0)])
    return found


def _form_texts(part: Any) -> Iterator[str]:
    """What a form says besides its titles, which bring their own English (`x-en`)."""
    if isinstance(part, list):
        for item in part:
            yield from _form_texts(item)
    elif isinstance(part, dict):
        yield from (part[key] for key in FORM_WORDS if isinstance(part.get(key), str) and part[key])
        for value in part.values():
            yield from _form_texts(value)


def catalogue(language: str) -> Catalog:
    """The catalogue as it is stored; an empty one for a language without a file."""
    path = path_of(language)
    if not path.exists():
        return Catalog(locale=language)
    with path.open("rb") as file:
        return read_po(file, locale=language)


def entries(found: Catalog) -> Iterator[Message]:
    """The messages of a catalogue without its head."""
    return (message for message in found if message.id)


def words_of(message: Message) -> list[str]:
    """The translation of the message: one text, or one a plural form; empty texts where there is none."""
    return [message.string] if isinstance(message.string, str) else list(message.string or [""])


def composed_below(found: Catalog) -> list[str]:
    """The texts of the engine and the workflows, whose values are filled in before the web sees them."""
    return [
        message.id
        for message in entries(found)
        if isinstance(message.id, str)
        and any(path.startswith(("engine/", "workflows/")) for path, _line in message.locations)
    ]


def is_translated(message: Message) -> bool:
    """Whether every form of the message has words."""
    return all(words_of(message))


def missing(language: str) -> list[Message]:
    """The source texts that the catalogue does not translate, in the order of their files."""
    known = catalogue(language)
    return [
        message
        for message in entries(source_texts())
        if (entry := known.get(message.id)) is None or not is_translated(entry)
    ]


def stale(language: str) -> list[Message]:
    """The entries whose source text is gone."""
    sources = source_texts()
    return [entry for entry in entries(catalogue(language)) if sources.get(entry.id) is None]


def unlike(language: str) -> list[Message]:
    """The translated entries with other placeholders than their source."""
    return [
        entry for entry in entries(catalogue(language)) if is_translated(entry) and not _same_places(entry)
    ]


def _same_places(entry: Message) -> bool:
    source = entry.id if isinstance(entry.id, str) else entry.id[0]
    return all(_places(text) == _places(source) for text in words_of(entry))


def _places(text: str) -> tuple[list[str], list[str]]:
    """The places filled by name, in any order, and those filled by position, in theirs."""
    found = PLACEHOLDER.findall(text)
    return sorted(place for place in found if len(place) > 2), [place for place in found if len(place) == 2]


def updated(language: str) -> bytes:
    """The catalogue as its file should be: new texts empty, stale ones dropped, translations kept."""
    known, written = catalogue(language), source_texts()
    written.locale = language
    for message in entries(written):
        entry = known.get(message.id)
        if entry is not None:
            message.string = entry.string
    file = io.BytesIO()
    # no head of babel's: its date would change at every run
    file.write(HEAD.format(language=language).encode())
    write_po(file, written, width=110, omit_header=True, include_lineno=False, sort_by_file=True)
    return file.getvalue()


def update(language: str) -> None:
    """Write the catalogue again."""
    path = path_of(language)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(updated(language))
