"""Every table of the award domain; importing this package registers them all on the shared metadata."""

from workflows.tables import (
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
    "meetings",
    "movements",
    "nominations",
    "organisation",
    "packages",
    "papers",
    "register",
    "sessions",
]
