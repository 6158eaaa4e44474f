"""Every table of the award domain; importing this package registers them all on the shared metadata."""

from workflows.tables import (
    ballot_boxes,
    meetings,
    movements,
    nominations,
    organisation,
    packages,
    papers,
    register,
    sessions,
)

__all__ = [
    "ballot_boxes",
    "meetings",
    "movements",
    "nominations",
    "organisation",
    "packages",
    "papers",
    "register",
    "sessions",
]
