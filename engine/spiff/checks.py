"""What stands against moving a running instance to another diagram, judged from its tree before it is moved.

Works on compacted trees: of what was passed only the list of finished elements is left.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import combinations
from typing import Any

from SpiffWorkflow.bpmn.specs.control import BoundaryEventJoin, BoundaryEventSplit
from SpiffWorkflow.bpmn.specs.mixins.events.event_types import CatchingEvent
from SpiffWorkflow.bpmn.specs.mixins.events.intermediate_event import BoundaryEvent
from SpiffWorkflow.bpmn.specs.mixins.multiinstance_task import LoopTask
from SpiffWorkflow.bpmn.specs.mixins.parallel_gateway import ParallelGateway
from SpiffWorkflow.bpmn.specs.mixins.subworkflow_task import CallActivity, SubWorkflowTask
from SpiffWorkflow.util.task import TaskState

from engine.spiff.deadlines import events_of
from engine.spiff.differ import Aspect, event_facts, facts, is_child, removed
from engine.spiff.flow import CHILD, Flow, is_join
from engine.spiff.instance import Instance
from engine.spiff.parser import ParsedDefinition
from engine.spiff.rebase import AT_WORK, Names
from engine.spiff.turns import Turns, Way, is_step, is_work
from engine.spiff.verdict import Code, Finding

_HIDDEN = (BoundaryEventSplit, BoundaryEventJoin)


def judge(
    workflow: Instance,
    old: ParsedDefinition,
    new: ParsedDefinition,
    mapping: Mapping[str, str],
    done: Iterable[str],
) -> list[Finding]:
    """Return what was found against moving the instance, by the mapping old id → new id; in tree order."""
    findings, passed = [], set(done)
    for level, spec in levels(workflow, new, mapping):
        findings += _Level(level, spec, old, new, mapping).findings(passed)
    return findings + _passed_and_removed(old, new, mapping, passed)


def levels(
    workflow: Instance, new: ParsedDefinition, mapping: Mapping[str, str]
) -> Iterator[tuple[Any, Any]]:
    """Yield each running (sub)process with its new specification, outer ones first.

    One whose step is gone, or starts another process now, is left out: `judge` refuses its step.
    """
    yield from _levels(workflow, new.spec, workflow, new, mapping)


def _levels(
    level: Any, spec: Any, top: Instance, new: ParsedDefinition, mapping: Mapping[str, str]
) -> Iterator[tuple[Any, Any]]:
    yield level, spec
    names = Names(mapping, level.spec.end.name, spec.end.name)
    for task in list(level.tasks.values()):
        sub = top.subprocesses.get(task.id)
        if sub is None or not task.has_state(AT_WORK):
            continue
        step = spec.task_specs.get(names(task.task_spec.name))
        below = new.subprocess_specs.get(step.spec) if isinstance(step, SubWorkflowTask) else None
        if below is not None:
            yield from _levels(sub, below, top, new, mapping)


def _passed_and_removed(
    old: ParsedDefinition, new: ParsedDefinition, mapping: Mapping[str, str], done: set[str]
) -> list[Finding]:
    return [
        Finding(Code.PASSED_REMOVED, gone.id, gone.container, {"step": gone.name})
        for gone in removed(old, new, mapping)
        if gone.id in done and is_step(gone)
    ]


class _Level:
    """One (sub)process of the instance beside its new specification."""

    def __init__(
        self,
        workflow: Any,
        spec: Any,
        old: ParsedDefinition,
        new: ParsedDefinition,
        mapping: Mapping[str, str],
    ) -> None:
        self.workflow, self.spec, self.old, self.new = workflow, spec, old, new
        self.names = Names(mapping, workflow.spec.end.name, spec.end.name)
        self.at_work = [
            task
            for task in workflow.tasks.values()
            if task.has_state(AT_WORK) and task.task_spec.bpmn_id and not isinstance(task.task_spec, _HIDDEN)
        ]
        self.flow, self.new_flow = Flow(workflow.spec), Flow(spec)

    def findings(self, done: set[str]) -> list[Finding]:
        """Return the reasons: first of each step at work, then of where they go."""
        found = [finding for task in self.at_work for finding in self._step(task)]
        unique = list({finding.key: finding for finding in found}.values())
        if any(finding.code in (Code.STEP_GONE, Code.KIND_CHANGED) for finding in unique):
            return unique
        return unique + self._joins() + self._meetings() + self._out_of_turn(done)

    def _finding(self, code: Code, task_spec: Any, **params: Any) -> Finding:
        return self._about(code, task_spec.bpmn_id or task_spec.name, **params)

    def _about(self, code: Code, element: str, **params: Any) -> Finding:
        container = self.workflow.spec.name
        return Finding(code, element, container, {"step": self._name(element), **params})

    def _name(self, element: str) -> str:
        found = self.old.element(element, self.workflow.spec.name)
        found = found or self.new.element(element, self.spec.name)
        return found.name if found is not None else element

    # -- each step at work -------------------------------------------------------------------------

    def _step(self, task: Any) -> Iterator[Finding]:
        old, new = task.task_spec, self.spec.task_specs.get(self.names(task.task_spec.name))
        if new is None:
            if is_child(old):
                return  # its loop speaks for it
            if not isinstance(old, BoundaryEvent):
                yield self._finding(Code.STEP_GONE, old)
            return
        before, after = facts(old), facts(new)
        if before[Aspect.KIND] != after[Aspect.KIND] or self._drawn_otherwise(old, new):
            yield self._finding(Code.KIND_CHANGED, old)
        elif isinstance(old, LoopTask) and before[Aspect.LOOP] != after[Aspect.LOOP]:
            yield self._finding(Code.LOOP_CHANGED, old)
        elif isinstance(old, SubWorkflowTask) and self._calls_another(old, new):
            yield self._finding(Code.CALL_CHANGED, old)
        elif isinstance(old, CatchingEvent):
            yield from self._event(old, new)

    def _drawn_otherwise(self, old: Any, new: Any) -> bool:
        """The library runs some kinds with one class, e.g. a send and a user task in a loop."""
        before = self.old.element(old.bpmn_id, self.workflow.spec.name)
        after = self.new.element(new.bpmn_id, self.spec.name)
        return before is not None and after is not None and before.kind != after.kind

    def _calls_another(self, old: Any, new: Any) -> bool:
        if isinstance(old, CallActivity):
            return bool(old.spec != new.spec)
        return new.spec not in self.new.subprocess_specs

    def _event(self, old: Any, new: Any) -> Iterator[Finding]:
        olds = {self.names(name): definition for name, definition in events_of(old).items()}
        for name, definition in events_of(new).items():
            before = olds.get(name)
            if before is None or event_facts(before) == event_facts(definition):
                continue
            if type(before) is not type(definition):
                yield self._finding(Code.KIND_CHANGED, old)
            else:
                yield self._about(
                    Code.EVENT_CHANGED, name, before=str(before.name), after=str(definition.name)
                )

    # -- where they go -----------------------------------------------------------------------------

    def _tokens(self) -> dict[str, str]:
        """Return old → new element of what moves on by itself: no boundary event, no waiting join."""
        steps = [task.task_spec for task in self.at_work]
        moving = [s for s in steps if not isinstance(s, BoundaryEvent) and not is_join(s)]
        return {s.name.removesuffix(CHILD): self.names(s.name.removesuffix(CHILD)) for s in moving}

    def _joins(self) -> list[Finding]:
        """A join must not wait for a branch that nobody is on, nor forget one that has arrived."""
        stuck = self._missing(self.workflow.spec, self.flow, set(self._tokens()), lambda name: name)
        will = self._missing(self.spec, self.new_flow, set(self._tokens().values()), self.names)
        known = {self.names(join): {self.names(name) for name in names} for join, names in stuck.items()}
        found = [join for join, names in will.items() if names - known.get(join, set())]
        for join in self._waiting_joins():
            new = self.spec.task_specs.get(self.names(join.name))
            forgotten = new is not None and not {self.names(n) for n in self._arrived(join)} <= set(
                new._inputs
            )
            if forgotten and new.name not in found:
                found.append(new.name)
        return [self._about(Code.JOIN_CHANGED, join) for join in found]

    def _waiting_joins(self) -> list[Any]:
        return list({t.task_spec.name: t.task_spec for t in self.at_work if is_join(t.task_spec)}.values())

    def _arrived(self, join: Any) -> set[str]:
        """Return the steps from which branches have come to a join that waits for others."""
        here = [task for task in self.workflow.tasks.values() if task.task_spec is join]
        waiting = [task for task in here if task.state == TaskState.WAITING]
        return {
            task.parent.task_spec.name
            for task in here
            if waiting
            and task.has_state(TaskState.WAITING | TaskState.CANCELLED)
            and task.parent.state == TaskState.COMPLETED
            and not any(other.is_descendant_of(task) for other in waiting)
        }

    def _missing(self, spec: Any, flow: Flow, tokens: set[str], names: Any) -> dict[str, set[str]]:
        """Return parallel join → its inputs that neither have arrived nor can be reached by a token."""
        arrived = {
            names(join.name): {names(n) for n in self._arrived(join)} for join in self._waiting_joins()
        }
        ahead = flow.reach(tokens) | arrived.keys()
        found = {}
        for join in spec.task_specs.values():
            if not (isinstance(join, ParallelGateway) and is_join(join) and join.name in ahead):
                continue
            coming = flow.reach(tokens, avoiding={join.name}) | tokens
            missing = set(join._inputs) - coming - arrived.get(join.name, set())
            if missing:
                found[join.name] = missing
        return found

    def _meetings(self) -> list[Finding]:
        """Branches that were brought together by a join must not meet without one."""
        tokens = self._tokens()
        found = []
        for one, other in combinations(sorted(tokens), 2):
            if tokens[one] != tokens[other] and (
                self._common(self.workflow.spec, self.flow, self.old, one, other)
            ):
                continue
            meeting = self._common(self.spec, self.new_flow, self.new, tokens[one], tokens[other])
            if meeting:
                step = self.new.element(min(meeting), self.spec.name)
                params = {"other": self._name(other), "meeting": step.name if step else min(meeting)}
                found.append(self._about(Code.BRANCHES_MEET, one, **params))
        return found

    def _common(self, spec: Any, flow: Flow, parsed: ParsedDefinition, one: str, other: str) -> set[str]:
        stops = {s.name for s in spec.task_specs.values() if is_join(s) or isinstance(s, BoundaryEvent)}
        both = (flow.reach([one], stops) | {one}) & (flow.reach([other], stops) | {other})
        return {name for name in both - stops if is_work(parsed, name, spec.name)}

    def _out_of_turn(self, done: set[str]) -> list[Finding]:
        joins = {join.name for join in self._waiting_joins()}
        way = Way(self.flow, self.new_flow, self.names, self._tokens(), joins)
        return Turns(self.old, self.new).out_of_turn(self.workflow.spec, self.spec, way, done)
