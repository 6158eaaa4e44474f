"""Running instances follow a changed diagram, or stay: plan → preview → apply → undo.

`plan` says of each instance what moving it would mean; `apply` plans again under the instance's lock and
moves only what was previewed; `undo` gives the instance back what it was, as long as nobody has gone on.
"""

from engine.migration.batches import Progress, batch_of, batches, items, moves, order_batch, progress
from engine.migration.moving import MigrationRefused, apply, undo
from engine.migration.plans import (
    InstancePlan,
    Order,
    changes,
    definition_of,
    elements,
    in_use,
    plan,
    running_on,
)

__all__ = [
    "InstancePlan",
    "MigrationRefused",
    "Order",
    "Progress",
    "apply",
    "batch_of",
    "batches",
    "changes",
    "definition_of",
    "elements",
    "in_use",
    "items",
    "moves",
    "order_batch",
    "plan",
    "progress",
    "running_on",
    "undo",
]
