"""What changed between two diagrams of a process, element by element.

Elements are told apart by id alone: predictable, and the administrator's mapping says where an id changed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from SpiffWorkflow.bpmn.specs.event_definitions.multiple import MultipleEventDefinition
from SpiffWorkflow.bpmn.specs.event_definitions.timer import TimerEventDefinition
from SpiffWorkflow.bpmn.specs.mixins.multiinstance_task import LoopTask, StandardLoopTask
from SpiffWorkflow.bpmn.specs.mixins.subworkflow_task import SubWorkflowTask

from engine.spiff.flow import CHILD, SPLIT, Flow
from engine.spiff.parser import Element, ParsedDefinition
from engine.spiff.specs import DecisionStep, ServiceStep


class ChangeKind(StrEnum):
    """What happened to an element."""

    ADDED = "added"
    REMOVED = "removed"
    MOVED = "moved"
    CHANGED = "changed"


class Aspect(StrEnum):
    """What of an element can change."""

    KIND = "kind"
    NAME = "name"
    ROLE = "role"
    FORM = "form"
    PROPERTIES = "properties"
    ACTION = "action"
    EVENT = "event"
    TIMER = "timer"
    LOOP = "loop"
    CALLED = "called"
    CONDITIONS = "conditions"
    BOUNDARY = "boundary"
    POSITION = "position"


@dataclass(frozen=True)
class Change:
    """One changed element; `before` and `after` are None where it does not exist."""

    kind: ChangeKind
    before: Element | None
    after: Element | None
    aspects: frozenset[Aspect] = frozenset()

    @property
    def element(self) -> Element:
        """Return the element as it is named now, or was."""
        found = self.after or self.before
        assert found is not None
        return found


def diff(
    old: ParsedDefinition,
    new: ParsedDefinition,
    mapping: Mapping[str, str] | None = None,
    changed_forms: frozenset[str] = frozenset(),
) -> list[Change]:
    """Return the changes in the order of the new diagram, what was removed last.

    `mapping` names elements whose id changed, `changed_forms` the form files with another content.
    """
    pairs = _pairs(old, new, mapping or {})
    moved = _moved(old, new, pairs)
    changes = []
    for key, after in new.elements.items():
        before = pairs.get(key)
        if before is None:
            changes.append(Change(ChangeKind.ADDED, None, after))
            continue
        aspects = _aspects(old, before, new, after, changed_forms)
        if aspects - {Aspect.POSITION}:
            position = {Aspect.POSITION} if key in moved else set()
            changes.append(Change(ChangeKind.CHANGED, before, after, frozenset(aspects | position)))
        elif key in moved:
            changes.append(Change(ChangeKind.MOVED, before, after, frozenset({Aspect.POSITION})))
    return changes + [Change(ChangeKind.REMOVED, element, None) for element in _unpaired(old, pairs)]


def removed(
    old: ParsedDefinition, new: ParsedDefinition, mapping: Mapping[str, str] | None = None
) -> list[Element]:
    """Return the elements of the old diagram that the new one has no more, nor another in their place."""
    return _unpaired(old, _pairs(old, new, mapping or {}))


def _unpaired(old: ParsedDefinition, pairs: Mapping[tuple[str, str], Element]) -> list[Element]:
    found = {id(element) for element in pairs.values()}
    return [element for element in old.elements.values() if id(element) not in found]


def _pairs(
    old: ParsedDefinition, new: ParsedDefinition, mapping: Mapping[str, str]
) -> dict[tuple[str, str], Element]:
    """Return new (container, id) → old element: in the same container, else the only one of that id."""
    pairs: dict[tuple[str, str], Element] = {}
    rest: list[Element] = []
    for (container, identity), element in old.elements.items():
        key = (mapping.get(container, container), mapping.get(identity, identity))
        if key in new.elements:
            pairs[key] = element
        else:
            rest.append(element)
    for element in rest:
        name = mapping.get(element.id, element.id)
        elsewhere = [key for key in new.elements if key[1] == name and key not in pairs]
        if len(elsewhere) == 1:
            pairs[elsewhere[0]] = element
    return pairs


def _moved(
    old: ParsedDefinition, new: ParsedDefinition, pairs: Mapping[tuple[str, str], Element]
) -> set[tuple[str, str]]:
    """Return what stands in another container or follows other kept elements than before.

    An element put between two others, or taken away there, moves neither of them.
    """
    moved, names = set(), {(e.container, e.id): key for key, e in pairs.items()}
    flows = {name: Flow(spec) for name, spec in processes(new).items()}
    old_flows = {name: Flow(spec) for name, spec in processes(old).items()}
    for key, before in pairs.items():
        home = names.get(_home(old, before.container))
        if before.container != key[0] and (home is None or home[1] != key[0]):
            moved.add(key)
            continue
        inside_old = {e.id for e in pairs.values() if e.container == before.container}
        inside_new = {k[1] for k in pairs if k[0] == key[0]}
        if before.container not in old_flows or key[0] not in flows:
            continue
        was = {
            names[before.container, other][1]
            for other in old_flows[before.container].nearest(before.id, inside_old)
        }
        if was != flows[key[0]].nearest(key[1], inside_new):
            moved.add(key)
    return moved


def _home(parsed: ParsedDefinition, container: str) -> tuple[str, str]:
    """Return the key of a subprocess as an element of the process around it."""
    return next((key for key in parsed.elements if key[1] == container), ("", container))


def processes(parsed: ParsedDefinition) -> dict[str, Any]:
    """Return container → specification: the process, its subprocesses and what it calls."""
    return {parsed.spec.name: parsed.spec, **parsed.subprocess_specs}


def _aspects(
    old: ParsedDefinition,
    before: Element,
    new: ParsedDefinition,
    after: Element,
    changed_forms: frozenset[str],
) -> set[Aspect]:
    drawn = {
        Aspect.KIND: (before.kind, after.kind),
        Aspect.NAME: (before.name, after.name),
        Aspect.ROLE: (before.lane, after.lane),
        Aspect.FORM: (before.form, after.form),
        Aspect.PROPERTIES: (_other(before), _other(after)),
    }
    found = {aspect for aspect, (left, right) in drawn.items() if left != right}
    if after.form in changed_forms:
        found.add(Aspect.FORM)
    left, right = facts_of(old, before), facts_of(new, after)
    return found | {aspect for aspect in left.keys() | right.keys() if left.get(aspect) != right.get(aspect)}


def _other(element: Element) -> dict[str, str]:
    hidden = ("formJsonSchemaFilename", "calledElement")
    return {name: value for name, value in element.properties.items() if name not in hidden}


def facts_of(parsed: ParsedDefinition, element: Element) -> dict[Aspect, object]:
    """Return what the engine does at an element, comparable between two parsed definitions."""
    spec: Any = processes(parsed).get(element.container)
    step = spec.task_specs.get(element.id) if spec is not None else None
    if step is None:
        return {}
    found = facts(step)
    if isinstance(step, LoopTask):
        child = facts(spec.task_specs[step.task_spec])
        found = {**child, **found, Aspect.KIND: (child[Aspect.KIND], found[Aspect.KIND])}
    boundary = spec.task_specs.get(f"{element.id}{SPLIT}")
    if boundary is not None:
        found[Aspect.BOUNDARY] = sorted(set(boundary._outputs) - {element.id})
    return found


def facts(step: Any) -> dict[Aspect, object]:
    """Return what one step of the engine does, by aspect."""
    found: dict[Aspect, object] = {Aspect.KIND: type(step).__name__}
    definition = getattr(step, "event_definition", None)
    if definition is not None:
        found[Aspect.EVENT] = event_facts(definition), getattr(step, "cancel_activity", None)
        found[Aspect.TIMER] = timer_facts(definition)
    if isinstance(step, LoopTask):
        found[Aspect.LOOP] = _loop(step)
    if isinstance(step, SubWorkflowTask):
        found[Aspect.CALLED] = step.spec
    conditions = [
        (str(target).removesuffix(SPLIT), condition.args[0] if condition is not None else None)
        for condition, target in getattr(step, "cond_task_specs", ())
    ]
    if conditions:
        default = getattr(step, "default_task_spec", None)
        found[Aspect.CONDITIONS] = (sorted(conditions, key=str), str(default).removesuffix(SPLIT))
    action = _action(step)
    if any(part for part in action):
        found[Aspect.ACTION] = action
    return found


def _action(step: Any) -> tuple[object, ...]:
    service: tuple[object, ...] = ()
    if isinstance(step, ServiceStep):
        parameters = {name: part["value"] for name, part in step.operation_params.items()}
        service = (step.operation_name, parameters, step.result_variable)
    return (
        getattr(step, "script", None),
        getattr(step, "prescript", None),
        getattr(step, "postscript", None),
        step.table if isinstance(step, DecisionStep) else None,
        service,
    )


def _loop(step: Any) -> tuple[object, ...]:
    if isinstance(step, StandardLoopTask):
        return (step.maximum, step.condition, step.test_before)
    variables = (step.data_input, step.data_output, step.input_item, step.output_item)
    return (step.cardinality, step.condition, *(v.bpmn_id if v is not None else None for v in variables))


def event_facts(definition: Any) -> object:
    """Return what an event waits for or throws, whatever its due time."""
    if isinstance(definition, MultipleEventDefinition):
        return [event_facts(part) for part in definition.event_definitions]
    kind = type(definition).__name__
    if isinstance(definition, TimerEventDefinition):
        return kind
    return (kind, definition.name, getattr(definition, "code", None), getattr(definition, "expression", None))


def timer_facts(definition: Any) -> object:
    """Return how the due times of an event are calculated."""
    if isinstance(definition, MultipleEventDefinition):
        return [timer_facts(part) for part in definition.event_definitions]
    if isinstance(definition, TimerEventDefinition):
        return (definition.expression, getattr(definition, "is_duration", None))
    return None


def is_child(step: Any) -> bool:
    """Whether a step is one round of a step done several times."""
    return str(step.name).endswith(CHILD)
