"""Parsed definitions, kept in the process: parsing costs 8 ms, a lookup nothing. Bounded, thread-safe."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from engine.spiff.parser import ParsedDefinition

SIZE = 64
_kept: OrderedDict[str, ParsedDefinition] = OrderedDict()
_lock = threading.Lock()


def parsed(key: str, load: Callable[[], ParsedDefinition]) -> ParsedDefinition:
    """Return the definition kept under the key, else what `load` returns, kept from now on.

    `load` runs outside the lock: two threads may parse the same definition once each, and the first stays.
    """
    with _lock:
        found = _kept.get(key)
        if found is not None:
            _kept.move_to_end(key)
            return found
    loaded = load()
    with _lock:
        kept = _kept.setdefault(key, loaded)
        _kept.move_to_end(key)
        while len(_kept) > SIZE:
            _kept.popitem(last=False)
    return kept


def clear() -> None:
    """Forget everything (tests)."""
    with _lock:
        _kept.clear()
