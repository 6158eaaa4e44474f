"""The menu: at most five entries for any role, in the words of the office."""

from __future__ import annotations

from dataclasses import dataclass

from flask import current_app

from engine.errors import N_
from webapp.actor import Actor

WORKERS = frozenset(
    {
        "nominator",
        "unit_head",
        "standing_office",
        "council_chair",
        "council_member",
        "chairman",
        "clerk",
        "city_desk",
        "publicity",
    }
)


@dataclass(frozen=True)
class Entry:
    """One menu entry: its words, where it leads, who sees it, and the paths that it marks."""

    label: str
    endpoint: str
    roles: frozenset[str]
    prefix: tuple[str, ...]


EVERYONE = WORKERS | {"inspector", "administrator"}
ENTRIES = (
    Entry(N_("Việc của tôi"), "work.home", EVERYONE, ("/tasks",)),
    Entry(N_("Hồ sơ"), "nominations.index", WORKERS, ("/nominations", "/movements", "/progress")),
    Entry(
        N_("Cuộc họp"),
        "meetings.index",
        WORKERS - {"clerk", "city_desk", "publicity"},
        ("/meetings", "/sessions", "/vote"),
    ),
    Entry(
        N_("Văn bản"),
        "papers.index",
        frozenset({"standing_office", "chairman", "clerk", "city_desk", "council_chair"}),
        ("/papers", "/packages", "/received"),
    ),
    Entry(N_("Sổ khen thưởng"), "register.index", WORKERS | {"inspector"}, ("/register",)),
    Entry(N_("Giám sát"), "inspection.index", frozenset({"inspector"}), ("/inspection",)),
    Entry(N_("Quản trị"), "admin.index", frozenset({"administrator"}), ("/admin",)),
)


def menu(actor: Actor) -> list[Entry]:
    """The person's entries; those whose pages this installation has not are left out."""
    return [
        entry
        for entry in ENTRIES
        if actor.roles & entry.roles and entry.endpoint in current_app.view_functions
    ]
