"""How a code is read over the telephone in Vietnamese."""

from __future__ import annotations

# Names that nobody mistakes on the telephone, one for each letter of the alphabet of codes.
_NAMES = {
    "A": "An", "B": "Bình", "C": "Cường", "D": "Dũng", "E": "Em", "F": "Pháp", "G": "Giang", "H": "Hà",
    "J": "Giôn", "K": "Kiên", "M": "Minh", "N": "Nam", "P": "Phương", "Q": "Quang", "R": "Rừng", "S": "Sơn",
    "T": "Tuấn", "U": "Uyên", "V": "Vinh", "W": "Oát", "X": "Xuân", "Y": "Yến", "Z": "Dét",
}  # fmt: skip


def aloud(code: str) -> str:
    """How to read a code over the telephone: "7, A (An), K (Kiên) …"."""
    return " – ".join(
        ", ".join(f"{sign} ({_NAMES[sign]})" if sign in _NAMES else sign for sign in group)
        for group in code.split("-")
    )
