"""Moves a token back to an earlier step of its way: a token move, not the library's reset.

The library's reset throws away everything below the step, other branches' joins included, and what it drops
still counts at the joins. Here the new token knows what the old one knew, other branches stay as they are, and a
move after which a join would wait for ever is refused.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from copy import deepcopy
from dataclasses import dataclass
from typing import Any

from SpiffWorkflow.bpmn.specs.mixins.parallel_gateway import ParallelGateway
from SpiffWorkflow.bpmn.specs.mixins.unstructured_join import UnstructuredJoin
from SpiffWorkflow.task import Task
from SpiffWorkflow.util.task import TaskState

from engine.errors import N_
from engine.spiff.compaction import below
from engine.spiff.flow import CHILD, SPLIT, START, Flow
from engine.spiff.instance import Instance
from engine.spiff.parser import Element, ParsedDefinition
from engine.spiff.rebase import AT_WORK

NO_RETURN = "noReturn"
"""The property of a step behind which nothing is sent back, e.g. because a paper has left the house."""
_WORK = ("userTask", "manualTask")


class NoWayBack(Exception):
    """Why a token cannot go there, in Vietnamese."""


@dataclass(frozen=True)
class WayBack:
    """A move that is possible: the token at the level of the step, and what leaves the tree with it."""

    level: Any
    token: Any
    step: Element
    below: Any
    """The finished task that the new token hangs under; everything in `gone` hung under it."""
    gone: frozenset[Any]


def earlier_steps(parsed: ParsedDefinition, step: str) -> list[Element]:
    """Return what people do before a step, by the diagram alone, nearest (sub)process first, as drawn."""
    found: list[Element] = []
    at = parsed.element(step)
    while at is not None:
        spec = _spec(parsed, at.container)
        if spec is not None:
            before = _before(spec, at.id)
            found += [
                each
                for (container, name), each in parsed.elements.items()
                if container == at.container and name in before and each.kind in _WORK
            ]
        at = parsed.element(at.container)
    return found


def way_back(top: Instance, parsed: ParsedDefinition, task: Any, step: str, done: Iterable[str]) -> WayBack:
    """Return how the token of a task goes back to a step. Raises NoWayBack."""
    passed = set(done)
    for level, token in _around(top, task):
        target = parsed.element(step, level.spec.name)
        if target is not None and target.kind in _WORK and step in level.spec.task_specs:
            return _way(level, token, target, parsed, passed)
    raise NoWayBack(N_("Quy trình của việc này không có bước đó."))


def go_back(top: Instance, way: WayBack) -> None:
    """Take away what the step's new token makes void and put that token; nothing runs yet."""
    level, data = way.level, deepcopy(way.token.data)
    for task in [task for task in level.tasks.values() if task.id in way.gone]:
        del level.tasks[task.id]
        top.event_manager.remove_task(task)
    way.below._children = [child for child in way.below._children if child not in way.gone]
    top.forget_orphans()
    _let_joins_wait(level)
    if level.last_task is not None and level.last_task.id not in level.tasks:
        level.last_task = None
    _put(level, way, data)


def levels_left(top: Instance, way: WayBack) -> list[Any]:
    """Return the (sub)processes that go on running after the move."""
    left: list[Any] = []
    ahead: list[Any] = [top]
    while ahead:
        level = ahead.pop()
        left.append(level)
        ahead += [
            top.subprocesses[task.id]
            for task in level.tasks.values()
            if task.id in top.subprocesses and not (level is way.level and task.id in way.gone)
        ]
    return left


def _way(level: Any, token: Any, target: Element, parsed: ParsedDefinition, passed: set[str]) -> WayBack:
    flow, here = Flow(level.spec), token.task_spec.name
    if target.id not in _before(level.spec, here):
        raise NoWayBack(N_("Bước “%(step)s” không đứng trước bước này.") % {"step": target.name})
    if not passed & {target.id, *_edge(level.spec, target.id)}:
        raise NoWayBack(
            N_("Hồ sơ chưa qua bước “%(step)s” nên không trả về đó được.") % {"step": target.name}
        )
    after = flow.reach([target.id], avoiding=[here])
    for name in sorted(after & passed - {here}):
        between = parsed.element(name, level.spec.name)
        final = between is not None and between.properties.get(NO_RETURN) == "true"
        if final and between is not None and here in flow.reach([name], avoiding=[target.id]):
            said = N_("Đã qua bước “%(step)s”; theo quy trình, sau bước này không trả về được nữa.")
            raise NoWayBack(said % {"step": between.name})
    way = _found(level, token, target)
    starved = _starved(flow, way)
    if starved is not None:
        drawn = parsed.element(starved, level.spec.name)
        words = {"step": target.name, "join": drawn.name if drawn is not None and drawn.name else starved}
        said = N_(
            "Trả về “%(step)s” thì chỗ gộp nhánh “%(join)s” sẽ chờ mãi; hãy chọn bước trước chỗ rẽ nhánh."
        )
        raise NoWayBack(said % words)
    return way


def _found(level: Any, token: Any, target: Element) -> WayBack:
    """Return where the step stood in the tree; compacted away, everything that lives came after it."""
    names = {target.id, f"{target.id}{SPLIT}"}
    passed = [task for task in level.tasks.values() if task.task_spec.name == target.id]
    if not any(task.has_state(TaskState.FINISHED_MASK) for task in passed):
        if any(task.has_state(AT_WORK) for task in passed):
            raise NoWayBack(N_("Bước “%(step)s” đang được làm.") % {"step": target.name})
        return WayBack(level, token, target, level.task_tree, frozenset(level.tasks) - {level.task_tree.id})
    first = None
    at = token.parent
    while at is not None and (first is None or at.task_spec.name in names):
        if at.task_spec.name in names:
            first = at
        at = at.parent
    if first is None:
        raise NoWayBack(
            N_("Bước “%(step)s” thuộc một nhánh khác; hãy chọn bước trước chỗ rẽ nhánh.")
            % {"step": target.name}
        )
    return WayBack(level, token, target, first.parent, frozenset(below(first)))


def _starved(flow: Flow, way: WayBack) -> str | None:
    """Return a parallel join that would wait for a branch in which nothing is left, None when there is none."""
    left = [task for task in way.level.tasks.values() if task.id not in way.gone]
    tokens = {_drawn(task) for task in left if task.has_state(AT_WORK)}
    ahead = flow.reach([way.step.id])
    for name in sorted(ahead):
        join = way.level.spec.task_specs[name]
        if not isinstance(join, ParallelGateway) or len(join.inputs) < 2:
            continue
        arrived = {_drawn(task.parent) for task in left if task.task_spec is join and _has_come(task)}
        fed = {way.step.id, *flow.reach([way.step.id], avoiding=[name]), *arrived}
        fed |= tokens | flow.reach(tokens - {name}, avoiding=[name])
        if any(_name(source) not in fed for source in join.inputs):
            return str(name)
    return None


def _has_come(arrival: Any) -> bool:
    return bool(
        arrival.has_state(TaskState.WAITING | TaskState.CANCELLED)
        and arrival.parent.has_state(TaskState.COMPLETED)
    )


def _let_joins_wait(level: Any) -> None:
    """Of the tokens at a join the library keeps only the newest waiting; if it has gone, the one before waits."""
    arrivals: dict[str, list[Any]] = {}
    for task in level.tasks.values():
        if isinstance(task.task_spec, UnstructuredJoin) and _has_come(task):
            arrivals.setdefault(task.task_spec.name, []).append(task)
    for found in arrivals.values():
        if not any(task.has_state(TaskState.WAITING) for task in found):
            newest = max(found, key=lambda task: task.last_state_change)
            newest._set_state(TaskState.WAITING)
            newest.task_spec._predict(newest, mask=TaskState.NOT_FINISHED_MASK)


def _put(level: Any, way: WayBack, data: dict[str, Any]) -> None:
    specs = level.spec.task_specs
    spec = specs.get(f"{way.step.id}{SPLIT}") or specs[way.step.id]
    token = Task(level, spec, way.below, state=TaskState.FUTURE)
    token.thread_id = way.below.thread_id
    spec._predict(token, mask=TaskState.NOT_FINISHED_MASK)
    # It inherits what its parent knows: for this moment what the token knew that goes back.
    known, way.below.data = way.below.data, data
    try:
        spec._update(token)
    finally:
        way.below.data = known


def _around(top: Instance, task: Any) -> Iterator[tuple[Any, Any]]:
    """Yield each (sub)process around a task, the inner one first, with the token that stands for it there."""
    token = task
    while True:
        while token.task_spec.name.endswith(CHILD):
            token = token.parent
        yield token.workflow, token
        above = token.workflow.parent_task_id
        if above is None:
            return
        token = top.get_task_from_id(above)


def _before(spec: Any, step: str) -> set[str]:
    """Return what can be passed on the way from the start to a step and leads to it."""
    flow = Flow(spec)
    first = flow.reach([START], avoiding=[step])
    return {name for name in first - {step} if step in flow.reach([name])}


def _edge(spec: Any, step: str) -> list[str]:
    """Return the events on the edge of a step, which may have ended it in its stead."""
    split = spec.task_specs.get(f"{step}{SPLIT}")
    return [] if split is None else [name for name in split._outputs if name != step]


def _spec(parsed: ParsedDefinition, container: str) -> Any:
    return parsed.spec if parsed.spec.name == container else parsed.subprocess_specs.get(container)


def _name(step: Any) -> str:
    return str(step.name).removesuffix(SPLIT).removesuffix(CHILD)


def _drawn(task: Any) -> str:
    return _name(task.task_spec)
