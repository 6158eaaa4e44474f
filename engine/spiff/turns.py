"""Steps that an instance would have done in their turn and no longer does on the new diagram, or does again."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from engine.spiff.flow import CHILD, START, Flow
from engine.spiff.parser import Element, ParsedDefinition
from engine.spiff.verdict import Code, Finding

_CHOICES = ("exclusiveGateway", "inclusiveGateway", "eventBasedGateway")


def is_step(element: Element) -> bool:
    """Return whether something happens there: not where a process begins, ends or divides."""
    return element.kind not in ("startEvent", "endEvent") and not element.kind.endswith("Gateway")


def is_work(parsed: ParsedDefinition, name: str, container: str) -> bool:
    """Return whether an element is a step of the flow, not one that hangs on another."""
    element = parsed.element(name, container)
    return element is not None and element.kind != "boundaryEvent" and is_step(element)


@dataclass(frozen=True)
class Way:
    """Both flows of one (sub)process and where its instance stands: old → new step, and joins that wait."""

    old: Flow
    new: Flow
    rename: Callable[[str], str]
    tokens: Mapping[str, str]
    joins: set[str]

    def renamed(self, names: set[str]) -> set[str]:
        """Return old elements under their new names."""
        return {self.rename(name) for name in names}


@dataclass(frozen=True)
class Turns:
    """Compares two definitions of one process."""

    old: ParsedDefinition
    new: ParsedDefinition

    def out_of_turn(self, old_spec: Any, spec: Any, way: Way, done: set[str]) -> list[Finding]:
        """Return what is passed over or done again in one (sub)process, in the order of the new diagram."""
        tokens = set(way.tokens.values())
        passed, known = way.renamed(done), way.renamed(set(way.old.following))
        was_behind = way.renamed(_behind(way.old, set(way.tokens), way.joins))
        behind = _behind(way.new, tokens, way.renamed(way.joins))
        ahead = way.new.reach(tokens)
        missed = (behind | (self._right_after(passed & known, known, way.new, spec) - ahead)) - known
        codes = (
            (Code.INSERTED_BEFORE, missed),
            (Code.MOVED_BEFORE, (behind & known) - was_behind - passed),
            (Code.DONE_AGAIN, (was_behind & passed & ahead) - behind),
        )
        found = [
            self._finding(code, name, spec)
            for code, names in codes
            for name in way.new.following
            if name in names - tokens and is_work(self.new, name, spec.name)
        ]
        for name in way.new.following:
            if name in (behind & known & passed) - tokens:
                found += self._put_inside(name, old_spec, spec, way.rename)
        return found

    def _finding(self, code: Code, name: str, spec: Any) -> Finding:
        drawn = self.new.element(name, spec.name)
        return Finding(code, name, spec.name, {"step": drawn.name if drawn is not None else name})

    def _right_after(self, passed: set[str], known: set[str], flow: Flow, spec: Any) -> set[str]:
        """Return what is new right after something passed; which way a choice took, nobody knows."""
        drawn = {name: self.new.element(name, spec.name) for name in passed}
        certain = [name for name, element in drawn.items() if element and element.kind not in _CHOICES]
        return {after for name in certain for after in flow.reach([name], avoiding=known)}

    def _put_inside(self, name: str, old_spec: Any, spec: Any, rename: Callable[[str], str]) -> list[Finding]:
        """A subprocess that is over will not do what was put into it."""
        before = _inside(self.old, old_spec, {rename(step): step for step in old_spec.task_specs}.get(name))
        inside = _inside(self.new, spec, name)
        if before is None or inside is None:
            return []
        kept, found = {rename(step) for step in before.task_specs}, []
        for step in Flow(inside).following:
            if step in kept:
                found += self._put_inside(step, before, inside, rename)
            elif is_work(self.new, step, inside.name):
                found.append(self._finding(Code.INSERTED_BEFORE, step, inside))
        return found


def _behind(flow: Flow, tokens: set[str], joins: set[str]) -> set[str]:
    """Return what lies between the start and where an instance stands: its tokens and the joins that wait."""
    stands = tokens | joins
    begun = flow.reach([START], avoiding=stands)
    return {name for name in begun if flow.reach([name]) & stands}


def _inside(parsed: ParsedDefinition, spec: Any, name: str | None) -> Any:
    """Return the specification behind a subprocess or call, None for any other step."""
    step = spec.task_specs.get(f"{name}{CHILD}") or spec.task_specs.get(name)
    return parsed.subprocess_specs.get(getattr(step, "spec", ""))
