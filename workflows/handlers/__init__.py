"""What stands behind the diagrams: service tasks, forms, expression functions and the people of roles."""

from __future__ import annotations

from importlib import import_module, reload
from importlib.util import find_spec
from sys import modules

from engine import handlers
from engine.lint import declare_roles
from workflows.labels import ROLE_LABELS

PROCESSES = (
    "nomination",
    "nomination_forms",
    "late",
    "award",
    "unit_review",
    "minutes",
    "council_appraisal",
    "secret_ballot",
    "session_result",
    "chairman_signature",
    "city_submission",
    "city_desk",
)


def register_all() -> None:
    """Register everything with the engine's registry in use; doing it again changes nothing.

    A registry that was swapped in empty (tests do) gets everything too: a module that was imported before is
    then run again, because registering is what its import does.
    """
    from workflows import calendar, unnamed_files
    from workflows.lookups import RoleLookups

    declare_roles(ROLE_LABELS)
    registry = handlers.registry()
    if getattr(registry, "lookups", None) is not None and "mark_submitted" in registry.services:
        return
    for name in PROCESSES:
        path = f"{__name__}.{name}"
        if find_spec(path) is None:
            continue
        if path in modules:
            reload(modules[path])
        else:
            import_module(path)
    handlers.nightly("remove_unnamed_files")(unnamed_files.order_removal)
    handlers.function("workdays_after", with_uow=True)(calendar.workdays_after)
    handlers.function("workdays", with_uow=True)(calendar.workdays)
    handlers.set_lookups(RoleLookups())
