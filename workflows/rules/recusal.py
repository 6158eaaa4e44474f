"""Who gets no ballot for a nominee: the nominee, and the close relatives who declared it (AC-05)."""

from __future__ import annotations

from collections.abc import Iterable

from workflows.rules import N_

GROUND_LABELS: dict[str, str] = {
    "self": N_("là người được đề nghị"),
    "spouse": N_("là vợ hoặc chồng của người được đề nghị"),
    "parent": N_("là cha hoặc mẹ của người được đề nghị"),
    "child": N_("là con của người được đề nghị"),
}


def recused(
    members: Iterable[str], nominee: str | None, declared: Iterable[tuple[str, str]] = ()
) -> dict[str, str]:
    """Member → ground for one line; `declared` holds (member, ground) pairs.

    ValueError for a ground that is not known. Somebody outside the council is ignored. Being the nominee
    outweighs whatever else was declared.
    """
    seats = set(members)
    grounds: dict[str, str] = {}
    for member, ground in declared:
        if ground not in GROUND_LABELS:
            raise ValueError(f"unknown ground of recusal: {ground!r}")
        if member in seats:
            grounds[member] = ground
    if nominee in seats and nominee is not None:
        grounds[nominee] = "self"
    return grounds
