"""Who gets no ballot for a nominee: the nominee, close relatives who declared it, the unit's head (AC-05)."""

from __future__ import annotations

from collections.abc import Iterable

from workflows.rules import N_

GROUND_LABELS: dict[str, str] = {
    "self": N_("là người được đề nghị"),
    "spouse": N_("là vợ hoặc chồng của người được đề nghị"),
    "parent": N_("là cha hoặc mẹ của người được đề nghị"),
    "child": N_("là con của người được đề nghị"),
    "unit_head": N_("là thủ trưởng đơn vị của người được đề nghị"),
    "other": N_("vì lý do khác"),
}
_OTHER = N_("vì lý do khác: %(reason)s")


def ground_text(ground: str, reason: str = "") -> str:
    """The ground in words; that of another kind with its reason."""
    return _OTHER % {"reason": reason} if ground == "other" and reason else GROUND_LABELS[ground]


DECLARED = ("spouse", "parent", "child")
"""What a member may say of themselves; being the nominee is computed."""


def recused(
    members: Iterable[str],
    nominee: str | None,
    declared: Iterable[tuple[str, str]] = (),
    unit_heads: Iterable[str] = (),
) -> dict[str, str]:
    """Member → ground for one line; `declared` holds (member, ground) pairs.

    `unit_heads` are the heads of the nominee's unit where the by-law recuses them. ValueError for a ground that
    is not known. Somebody outside the council is ignored. Being the nominee outweighs whatever else was
    declared, and what was declared outweighs being the head.
    """
    seats = set(members)
    grounds: dict[str, str] = {head: "unit_head" for head in unit_heads if head in seats}
    for member, ground in declared:
        if ground not in GROUND_LABELS:
            raise ValueError(f"unknown ground of recusal: {ground!r}")
        if member in seats:
            grounds[member] = ground
    if nominee in seats and nominee is not None:
        grounds[nominee] = "self"
    return grounds
