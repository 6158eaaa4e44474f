"""Bring every catalogue up to date and name what it lacks: `python -m webapp.translations`."""

from __future__ import annotations

import sys

from webapp.translations.texts import is_translated, languages, missing, unlike, update


def main() -> int:
    """Rewrite the catalogues; 1 when a text is not translated or has other placeholders than its source."""
    found = 0
    for language in languages():
        update(language)
        for message in (*missing(language), *unlike(language)):
            found += 1
            where = ", ".join(path for path, _line in message.locations)
            print(f"{language} {'?' if is_translated(message) else '-'} {message.id!r} {where}")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
