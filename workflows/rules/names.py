"""Vietnamese names and text: one stored form, search without diacritics, order by given name."""

from __future__ import annotations

import unicodedata

ALPHABET = "aăâbcdđeêfghijklmnoôơpqrstuưvwxyz"
TONES = {"\u0300": "1", "\u0309": "2", "\u0303": "3", "\u0301": "4", "\u0323": "5"}
"""Order of tones of Vietnamese dictionaries: ngang, huyền, hỏi, ngã, sắc, nặng."""


def nfc(text: str) -> str:
    """The text in NFC with runs of white space made one space and the ends stripped."""
    return " ".join(unicodedata.normalize("NFC", text).split())


def fold(text: str) -> str:
    """The text as it is searched: lower case, no marks, đ as d, one space between words."""
    decomposed = unicodedata.normalize("NFD", text.lower())
    bare = "".join(letter for letter in decomposed if unicodedata.category(letter) != "Mn")
    return " ".join(bare.replace("đ", "d").split())


def given_name(full_name: str) -> str:
    """The last word of the name, by which Vietnamese people are sorted and addressed."""
    words = nfc(full_name).split()
    return words[-1] if words else ""


def sort_key(full_name: str) -> str:
    """A string of digits whose order is that of a Vietnamese list of people, in any collation.

    Given name first, then family and middle names; within a word letters by the Vietnamese alphabet
    before tones. A remark in brackets does not count.
    """
    words = nfc(full_name.split("(")[0]).lower().split()
    return "".join(_word_key(word) for word in words[-1:] + words[:-1])


def _word_key(word: str) -> str:
    bases = [_without_tone(letter) for letter in word]
    return "".join(_letter_key(base) for base, _ in bases) + "10" + "".join(tone for _, tone in bases)


def _letter_key(base: str) -> str:
    place = ALPHABET.find(base)
    return f"{20 + place}" if place >= 0 else f"99{ord(base):07d}"


def _without_tone(letter: str) -> tuple[str, str]:
    """The letter without its tone mark (ă, â, ê, ô, ơ, ư keep theirs) and the tone's place in order."""
    decomposed = unicodedata.normalize("NFD", letter)
    tone = next((TONES[mark] for mark in decomposed if mark in TONES), "0")
    base = unicodedata.normalize("NFC", "".join(mark for mark in decomposed if mark not in TONES))
    return base[:1], tone
