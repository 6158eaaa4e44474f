"""Sentences that were put together below the web, or stored long ago, said again in another language.

The engine and the workflows fill in the values of a text where they know them, so only the Vietnamese
sentence reaches a page. Here its pattern is recognised among the texts of the catalogue and its values are
put into the translation.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import lru_cache
from itertools import count

PLACE = re.compile(r"%%?\((\w+)\)[sd]|%[sd]")
# How many letters of its own a pattern must bring. Of a sentence of the system few are enough; a value inside
# one, and even more what a person may have written, is touched only where chance is out of the question.
OURS, VALUE, ANYBODYS = 3, 8, 12
# Values with a threshold of their own: what a person may have written, and rows of the system's own names.
VALUES = dict.fromkeys(("reason", "basis", "name", "title", "note"), ANYBODYS) | {
    "roles": OURS,
    "others": OURS,
}
MOST = 1000  # characters: a longer text is a person's, and patterns take their time on it
FULL_STOP = ". "
JOINTS = (FULL_STOP, "; ", " – ")

Known = Callable[[str], str]


@dataclass(frozen=True)
class _Pattern:
    whole: re.Pattern[str]
    start: str
    weight: int
    words: str


class Sentences:
    """The patterns of one catalogue; the pattern with the most words of its own wins."""

    def __init__(self, sources: Iterable[str], known: Known) -> None:
        """`sources`: the texts of the catalogue; `known` translates one of them and leaves the rest alone."""
        self._known = known
        open_ones = sorted(filter(_is_open, sources), key=_weight, reverse=True)
        self._patterns = [_Pattern(_expression(t), _start(t), _weight(t), known(t)) for t in open_ones]
        self.retell = lru_cache(maxsize=4096)(self._retell)

    def _retell(self, text: str, least: int = OURS) -> str:
        """The text in the other language; unchanged when no pattern of at least so many letters fits it."""
        if len(text) > MOST:
            return self._known(text)
        if least < ANYBODYS or _weight(text) >= least:
            found = self._known(text)
            if found != text:
                return found
        for pattern in self._patterns:
            if pattern.weight < least or not text.startswith(pattern.start):
                continue
            match = pattern.whole.fullmatch(text)
            if match is not None:
                values = {key: self._value(key, part) for key, part in match.groupdict().items()}
                return _filled(pattern.words, values)
        return self._row(text, least)

    def _value(self, key: str, text: str) -> str:
        return self.retell(text, VALUES.get(key, VALUE))

    def _row(self, text: str, least: int) -> str:
        """Several texts in a row, or sentences one after another; what nobody marked stays as it is."""
        joint = next((joint for joint in JOINTS if joint in text), None)
        if joint is None:
            return text
        ending = "." if joint == FULL_STOP else ""
        *parts, last = text.split(joint)
        told = [self.retell(part + ending, least) for part in parts]
        return joint.removeprefix(ending).join([*told, self.retell(last, least)])


def _is_open(text: str) -> bool:
    return (bool(PLACE.search(text)) or text.endswith(" ")) and _weight(text) >= OURS


def _weight(text: str) -> int:
    return sum(letter.isalpha() for letter in PLACE.sub("", text))


def _start(text: str) -> str:
    place = PLACE.search(text)
    return (text[: place.start()] if place else text).replace("%%", "%")


def _keys(text: str) -> list[str]:
    """The name of each place; a place without a name is called after its position."""
    position = count()
    return [match[1] or f"place{next(position)}" for match in PLACE.finditer(text)]


def _shapes(text: str) -> list[str]:
    """What may stand in each place: digits, or anything."""
    return [r"-?\d+" if match[0].endswith("d") else ".*?" for match in PLACE.finditer(text)]


def _expression(text: str) -> re.Pattern[str]:
    """What the filled text looks like; a name used twice has one value; an open end takes the rest."""
    fixed = [re.escape(part.replace("%%", "%")) for part in _fixed(text)]
    seen: set[str] = set()
    made = fixed[0]
    for key, shape, part in zip(_keys(text), _shapes(text), fixed[1:], strict=True):
        made += f"(?P={key})" if key in seen else f"(?P<{key}>{shape})"
        made += part
        seen.add(key)
    return re.compile(made + ("(?P<rest>.*)" if text.endswith(" ") else ""), re.DOTALL)


def _fixed(text: str) -> list[str]:
    """What stands before, between and after the places."""
    spans = [match.span() for match in PLACE.finditer(text)]
    starts = [0, *(end for _, end in spans)]
    ends = [*(start for start, _ in spans), len(text)]
    return [text[start:end] for start, end in zip(starts, ends, strict=True)]


def _filled(words: str, values: dict[str, str]) -> str:
    keys = iter(_keys(words))
    return PLACE.sub(lambda _: values[next(keys)], words).replace("%%", "%") + values.get("rest", "")
