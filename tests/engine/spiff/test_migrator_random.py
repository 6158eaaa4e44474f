"""Random block-structured processes, stopped anywhere, changed at random, moved and played to their end.

What must be done after the move is worked out from the blocks alone, without the engine: a token stays where
it is, everything behind it is over, everything ahead of it is done once.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from copy import deepcopy
from dataclasses import dataclass, field
from itertools import pairwise
from random import Random
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from engine.spiff.migrator import Migrated, migrate
from engine.spiff.parser import ParsedDefinition, parse
from engine.spiff.runner import Run
from engine.spiff.verdict import Code, Verdict

MEMBERS = ["x", "y"]


@dataclass
class Block:
    """A step (task, timer, vote), or branches: a subprocess has one, a parallel block several."""

    kind: str
    id: str
    branches: list[list[Block]] = field(default_factory=list)
    deadline: bool = False


class Maker:
    """Makes and changes processes; every element has a name of its own."""

    def __init__(self, random: Random) -> None:
        self.random, self.count = random, 0

    def name(self, prefix: str) -> str:
        self.count += 1
        return f"{prefix}{self.count}"

    def row(self, depth: int = 0) -> list[Block]:
        return [self.block(depth) for _ in range(self.random.randint(1, 3))]

    def block(self, depth: int) -> Block:
        kinds = ["task", "task", "task", "timer", "vote"] + ["sub", "par", "par"] * (depth < 2)
        kind = self.random.choice(kinds)
        branches = {"sub": 1, "par": self.random.randint(2, 3)}.get(kind, 0)
        deadline = kind in ("task", "vote", "sub") and self.random.random() < 0.3
        return Block(kind, self.name(kind), [self.row(depth + 1) for _ in range(branches)], deadline)

    def changed(self, row: list[Block]) -> tuple[list[Block], str]:
        new = deepcopy(row)
        target = self.random.choice(list(rows(new)))
        place = self.random.randrange(len(target) + 1)
        how = self.random.choice(["insert", "remove", "move", "branch", "deadline", "nothing"])
        if how == "insert":
            target.insert(place, Block("task", self.name("task")))
        elif how == "remove" and len(target) > 1:
            target.pop(place % len(target))
        elif how == "move" and len(target) > 1:
            target.insert(place % len(target), target.pop(self.random.randrange(len(target))))
        elif how == "branch":
            blocks = [block for block in every(new) if block.kind == "par"]
            if blocks:
                self.random.choice(blocks).branches.append([Block("task", self.name("task"))])
        elif how == "deadline":
            hosts = [block for block in every(new) if block.kind in ("task", "vote", "sub")]
            for host in hosts:
                host.deadline = not host.deadline
        return new, how


def rows(row: list[Block]) -> Iterator[list[Block]]:
    yield row
    for block in row:
        for branch in block.branches:
            yield from rows(branch)


def every(row: list[Block]) -> list[Block]:
    return [block for each in rows(row) for block in each]


def everything(row: list[Block]) -> Counter[str]:
    """How often each step of a row is done from its beginning to its end."""
    done: Counter[str] = Counter()
    for block in every(row):
        if not block.branches:
            done[block.id] += len(MEMBERS) if block.kind == "vote" else 1
    return done


def remaining(row: list[Block], live: Counter[str]) -> Counter[str]:
    """What is still to be done in a row; nothing when no token is in it: it is over."""
    for place, block in enumerate(row):
        here = everything([block]).keys() & live.keys()
        if not here:
            continue
        after = everything(row[place + 1 :])
        if not block.branches:
            return after + Counter({block.id: live[block.id]})
        return sum((remaining(branch, live) for branch in block.branches), after)
    return Counter()


def arrived(row: list[Block], live: Counter[str]) -> set[tuple[str, str]]:
    """Open block → the last step of each of its branches that has come to its end."""
    found = set()
    for block in every(row):
        at_work = [bool(everything(branch).keys() & live.keys()) for branch in block.branches]
        if any(at_work):
            ended = [branch for branch, busy in zip(block.branches, at_work, strict=True) if not busy]
            found |= {(block.id, branch[-1].id) for branch in ended}
    return found


def diagram_of(kit: Any, row: list[Block], label: str) -> ParsedDefinition:
    diagram = kit.Diagram().add("startEvent", "p_s").add("endEvent", "p_e")
    begin, end = draw(kit, diagram, row)
    diagram.flow("p_s", begin).flow(end, "p_e")
    content = kit.document(diagram) + f"<!-- {label} -->".encode()
    return parse({"test/p.bpmn": content}, "p")


def draw(kit: Any, diagram: Any, row: list[Block]) -> tuple[str, str]:
    """Draw a row with its flows; returns the ids of its first and last element."""
    ends = [draw_block(kit, diagram, block) for block in row]
    for (_, out), (into, _) in pairwise(ends):
        diagram.flow(out, into)
    return ends[0][0], ends[-1][1]


def draw_block(kit: Any, diagram: Any, block: Block) -> tuple[str, str]:
    name = block.id
    first = last = name
    if block.kind == "task":
        diagram.user(name)
    elif block.kind == "vote":
        diagram.user(name, kit.each("members", "member", output="votes", output_item="vote"))
    elif block.kind == "timer":
        diagram.catch(name, kit.timer("timeDuration", '"P1D"'))
    elif block.kind == "sub":
        inside = kit.Diagram(name, "subProcess").add("startEvent", f"{name}_s").add("endEvent", f"{name}_e")
        begin, end = draw(kit, inside, block.branches[0])
        diagram.raw(inside.flow(f"{name}_s", begin).flow(end, f"{name}_e").xml())
    else:
        last = f"{name}_j"
        diagram.add("parallelGateway", name).add("parallelGateway", last)
        for branch in block.branches:
            begin, end = draw(kit, diagram, branch)
            diagram.flow(name, begin).flow(end, last)
    if block.deadline:
        diagram.boundary(f"{name}_due", name, kit.timer("timeDuration", '"P900D"'))
        diagram.add("endEvent", f"{name}_late").flow(f"{name}_due", f"{name}_late")
    return first, last


class Play:
    """Does what waits in random order and counts what was done."""

    def __init__(self, kit: Any, row: list[Block], random: Random) -> None:
        self.player = kit.play(kit.Diagram().add("startEvent", "s").add("endEvent", "e").chain("s", "e"))
        self.parsed, self.random, self.host = diagram_of(kit, row, "old"), random, self.player.host
        self.run = Run.start(self.parsed, {"members": MEMBERS}, self.host)
        self.done: Counter[str] = Counter()

    def live(self) -> Counter[str]:
        found = Counter(step.step for step in self.run.ready)
        found.update(wait.element for wait in self.run.timers if not wait.element.endswith("_due"))
        return found

    def step(self) -> None:
        self.run = Run.load(self.parsed, self.run.dump(), self.host)
        waiting = [wait for wait in self.run.timers if not wait.element.endswith("_due")]
        ready = self.run.ready
        if ready and (not waiting or self.random.random() < 0.7):
            step = self.random.choice(ready)
            self.done[step.step] += 1
            self.run.complete(step.engine_task_id, {"vote": "yes"})
        else:
            self.done.update(self.run.fire_timers(waiting[-1].due_at))
            self.host.now = max(self.host.now, waiting[-1].due_at)

    def to_the_end(self) -> Counter[str]:
        self.done.clear()
        for _ in range(200):
            if self.run.completed:
                return self.done
            self.step()
        raise AssertionError(f"stuck at {self.live()}")

    def move(self, target: ParsedDefinition) -> Migrated:
        result = migrate(self.parsed, target, self.run.dump(), self.host)
        if result.state is not None:
            self.parsed, self.run = target, Run.load(target, result.state, self.host)
        return result


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.integers(0, 2**32))
def test_a_moved_instance_does_what_lies_ahead_once_or_is_refused(kit: Any, seed: int) -> None:
    random = Random(seed)
    maker = Maker(random)
    old = maker.row()
    play = Play(kit, old, random)
    for _ in range(random.randrange(sum(everything(old).values()))):
        if not play.run.completed:
            play.step()
    live, before = play.live(), remaining(old, play.live())
    if not live:
        return
    new, how = maker.changed(old)
    result = play.move(diagram_of(kit, new, "new"))
    if result.verdict is Verdict.REFUSE:
        gone = live.keys() - everything(new).keys()
        assert gone or arrived(old, live) != arrived(new, live)
        assert play.to_the_end() == before
        return
    expected = remaining(new, live)
    warned = {finding.element for finding in result.findings if finding.verdict is Verdict.WARN}
    told = everything([block for block in every(new) if block.id in warned])
    kept = everything(new)
    skipped = {name for name in kept if not expected[name] and (before[name] or name not in everything(old))}
    again = {name for name in expected if name in everything(old) and not before[name]}
    assert play.to_the_end() == expected
    assert skipped | again <= told.keys()
    assert how != "nothing" or result.verdict is Verdict.SAFE
    assert all(finding.code is not Code.NOT_KEPT for finding in result.findings)
