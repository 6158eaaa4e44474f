"""Moves a stored instance to another definition of its process: judged, moved on a copy, read back, compared.

Nothing runs while it moves: no step is completed, no timer fires, no service is called.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from SpiffWorkflow.exceptions import SpiffWorkflowException

from engine.errors import N_, StepFailed
from engine.spiff import serializer
from engine.spiff.bridge import Bridge, Host
from engine.spiff.checks import judge, levels
from engine.spiff.instance import Instance
from engine.spiff.kept import Work, not_kept, work_of
from engine.spiff.parser import ParsedDefinition
from engine.spiff.rebase import Moved, Names, rebase
from engine.spiff.timers import ZONE
from engine.spiff.verdict import Code, Finding, Verdict, worst

_ENVELOPE = ("format", "library", "definition", "state")


@dataclass(frozen=True)
class Migrated:
    """What moving an instance would do; `state` is its new dump, None when it is refused."""

    findings: list[Finding] = field(default_factory=list)
    state: bytes | None = None

    @property
    def verdict(self) -> Verdict:
        return worst(self.findings)


def migrate(
    old: ParsedDefinition,
    new: ParsedDefinition,
    state: bytes,
    host: Host,
    *,
    mapping: Mapping[str, str] | None = None,
    recompute: bool = False,
) -> Migrated:
    """Return the state of an instance on the new definition, with what was found on the way.

    `mapping` names the steps that replace others, old id → new id; `recompute` counts changed terms anew
    instead of keeping their due dates. Raises StateUnreadable when the state is not one of `old`.
    """
    names = dict(mapping or {})
    envelope = serializer.opened(state)
    if envelope["definition"] != old.key:
        raise serializer.StateUnreadable(N_("thuộc phiên bản quy trình khác"))
    beside = {key: value for key, value in envelope.items() if key not in _ENVELOPE}
    workflow = _restored(envelope, old, host)
    findings = judge(workflow, old, new, names, beside["done"])
    if worst(findings) is Verdict.REFUSE:
        return Migrated(findings)
    before = work_of(workflow, new, names)
    try:
        moved = _move(workflow, new, names, recompute)
    except StepFailed as failed:
        params = {"step": _name(old, new, failed.element), "cause": failed.cause}
        return Migrated([*findings, Finding(Code.EXPRESSION_FAILS, failed.element, "", params)])
    except SpiffWorkflowException as failed:
        return Migrated([*findings, Finding(Code.NOT_KEPT, new.process_id, "", {"step": str(failed)})])
    findings += _told(moved, old, new)
    beside["done"] = list(dict.fromkeys(names.get(name, name) for name in beside["done"]))
    dumped = serializer.dumps(workflow, new.key, beside)
    lost = _lost(before, moved, dumped, new, host)
    if lost is not None:
        return Migrated([*findings, Finding(Code.NOT_KEPT, lost, "", {"step": _name(old, new, lost)})])
    return Migrated(findings, dumped)


def _name(old: ParsedDefinition, new: ParsedDefinition, element: str, container: str | None = None) -> str:
    drawn = new.element(element, container) or old.element(element, container) or old.element(element)
    return drawn.name if drawn is not None else element


def _restored(envelope: dict[str, Any], parsed: ParsedDefinition, host: Host) -> Instance:
    spec, subprocess_specs = parsed.specs()
    workflow = serializer.restored(envelope, spec, subprocess_specs)
    workflow.script_engine = Bridge(host)
    return workflow


def _move(
    workflow: Instance, new: ParsedDefinition, mapping: Mapping[str, str], recompute: bool
) -> dict[str, Moved]:
    """Move every (sub)process that runs, drop those that have ended; returns container → what was done."""
    spec, subprocess_specs = new.specs()
    own = {spec.name: spec, **subprocess_specs}
    running = [(level, own[target.name]) for level, target in levels(workflow, new, mapping)]
    kept = {id(level) for level, _ in running}
    workflow.subprocesses = {key: sub for key, sub in workflow.subprocesses.items() if id(sub) in kept}
    moved: dict[str, Moved] = {}
    for level, target in running:
        names = Names(mapping, level.spec.end.name, target.end.name)
        done = rebase(level, target, names, recompute)
        before = moved.setdefault(target.name, done)
        if before is not done:  # several rounds of one subprocess
            before.add(done)
    workflow.subprocess_specs = subprocess_specs
    return moved


def _told(moved: Mapping[str, Moved], old: ParsedDefinition, new: ParsedDefinition) -> list[Finding]:
    """Return what the move did beside keeping everything, for the preview."""
    found = []
    for container, done in moved.items():
        for code, events in ((Code.ARMED, done.armed), (Code.DISARMED, done.disarmed)):
            for hung in events:
                step, host = (_name(old, new, part, container) for part in (hung.event, hung.activity))
                found.append(Finding(code, hung.event, container, {"step": step, "host": host}))
        for due in done.due:
            times = {"before": _shown(due.before), "after": _shown(due.after)}
            step = _name(old, new, due.element, container)
            found.append(Finding(Code.TIMER_CHANGED, due.element, container, {"step": step, **times}))
    return list({finding.key: finding for finding in found}.values())


def _shown(moment: dt.datetime) -> str:
    return f"{moment.astimezone(ZONE):%H:%M %d/%m/%Y}"


def _lost(
    before: Mapping[str, Work], moved: Mapping[str, Moved], dumped: bytes, new: ParsedDefinition, host: Host
) -> str | None:
    """Read the moved state back; return a step that is not as it was, None when all are."""
    try:
        workflow = _restored(serializer.opened(dumped), new, host)
    except (serializer.StateUnreadable, SpiffWorkflowException) as error:
        return str(error)
    armed = {hung.task_id for done in moved.values() for hung in done.armed}
    disarmed = {hung.task_id for done in moved.values() for hung in done.disarmed}
    kept = {task_id: work for task_id, work in before.items() if task_id not in disarmed}
    return not_kept(kept, workflow, new, new_tasks=armed)
