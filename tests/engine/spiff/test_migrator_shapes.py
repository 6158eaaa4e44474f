"""Moving instances that stand in less common places: rounds, event gateways, subprocesses; and the tree itself."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from typing import Any

import pytest

from engine.spiff import serializer
from engine.spiff.migrator import Migrated, migrate
from engine.spiff.parser import ParsedDefinition, parse
from engine.spiff.runner import Run
from engine.spiff.verdict import Verdict

NOON = dt.datetime(2022, 12, 12, 1, 30, tzinfo=dt.UTC)


def parsed(kit: Any, diagram: Any, messages: tuple[str, ...] = ("m", "m2")) -> ParsedDefinition:
    return parse({"test/p.bpmn": kit.document(diagram, messages=messages)}, diagram.identity)


def move(kit: Any, player: Any, new: Any, recompute: bool = False, **mapping: str) -> Migrated:
    """Move a player's instance and go on there when it was not refused."""
    target = parsed(kit, new)
    result = migrate(
        player.parsed, target, player.again().dump(), player.host, mapping=mapping, recompute=recompute
    )
    if result.state is not None:
        player.parsed, player.run = target, Run.load(target, result.state, player.host)
    return result


def said(result: Migrated) -> list[tuple[str, str]]:
    return [(str(finding.code), finding.element) for finding in result.findings]


def tree(state: bytes) -> Any:
    """What a dump says about every task, without the ids of predicted ones."""
    top = serializer.opened(state)["state"]
    running = [level for level in top["subprocesses"].values() if not level["completed"]]
    found: Counter[Any] = Counter()
    for level in (top, *running):
        for task in level["tasks"].values():
            above = level["tasks"].get(task["parent"])
            identity = task["id"] if task["state"] >= 8 else None
            parent = above["task_spec"] if above else None
            found[identity, task["task_spec"], task["state"], parent, str(task["data"])] += 1
    return found


# -- rounds ----------------------------------------------------------------------------------------


def rework(kit: Any, *steps: str) -> Any:
    """start → steps → decide → back to the first, or end."""
    diagram = kit.Diagram().add("startEvent", "s").add("endEvent", "e").choice("decide", "out")
    for step in steps:
        diagram.user(step)
    diagram.chain("s", *steps, "decide").flow("decide", steps[0], "again")
    return diagram.flow("decide", "e", identity="out")


def test_a_step_inserted_before_the_token_is_done_in_the_next_round(kit: Any) -> None:
    player = kit.play(rework(kit, "draft", "check"))
    for _ in range(12):
        player.do("draft").do("check", again=True)
    player.do("draft")
    result = move(kit, player, rework(kit, "draft", "sign", "check"))
    assert said(result) == [("inserted_before", "sign")]
    assert player.steps == ["check"]
    player.do("check", again=True).do("draft").do("sign").do("check", again=False)
    assert player.again().completed


def test_a_step_on_the_way_back_is_ahead(kit: Any) -> None:
    def with_return(diagram: Any) -> Any:
        diagram = kit.Diagram().add("startEvent", "s").add("endEvent", "e").choice("decide", "out")
        diagram.user("draft").user("check").user("explain").chain("s", "draft", "check", "decide")
        diagram.flow("decide", "explain", "again").flow("explain", "draft")
        return diagram.flow("decide", "e", identity="out")

    player = kit.play(rework(kit, "draft", "check")).do("draft")
    result = move(kit, player, with_return(None))
    assert (result.verdict, said(result)) == (Verdict.SAFE, [])
    player.do("check", again=True).do("explain").do("draft").do("check", again=False)
    assert player.again().completed


def test_an_open_block_in_a_later_round_is_moved_like_in_the_first(kit: Any) -> None:
    def round_of(*ways: tuple[str, ...]) -> Any:
        diagram = kit.Diagram().add("startEvent", "s").add("endEvent", "e").choice("again", "out")
        diagram.choice("enter").add("parallelGateway", "split").add("parallelGateway", "joined")
        for way in ways:
            for step in way:
                diagram.user(step)
            diagram.chain("split", *way, "joined")
        diagram.chain("s", "enter", "split").chain("joined", "again").flow("again", "enter", "more")
        return diagram.flow("again", "e", identity="out")

    player = kit.play(round_of(("a",), ("b",)), more=True).do("a").do("b").do("b")
    result = move(kit, player, round_of(("a", "n"), ("b",)))
    assert (result.verdict, said(result)) == (Verdict.SAFE, [])
    player.do("a").do("n", more=True)
    assert player.steps == ["a", "b"]
    result = move(kit, player, round_of(("a", "n"), ("b",), ("k",)))
    assert result.verdict is Verdict.REFUSE
    player.do("b", more=False).do("a").do("n", more=False)
    assert player.again().completed


# -- event gateways --------------------------------------------------------------------------------


def either(kit: Any, *events: tuple[str, str]) -> Any:
    diagram = kit.Diagram().add("startEvent", "s").add("endEvent", "e").add("eventBasedGateway", "either")
    diagram.flow("s", "either")
    for name, body in events:
        diagram.catch(name, body).user(f"after_{name}").chain("either", name, f"after_{name}", "e")
    return diagram


def test_two_timers_behind_an_event_gateway_change_places_and_keep_their_due_dates(kit: Any) -> None:
    short, long = kit.timer("timeDuration", '"P2D"'), kit.timer("timeDuration", '"P5D"')
    answer = kit.message("m")
    player = kit.play(either(kit, ("short", short), ("long", long), ("answer", answer)), messages=("m", "m2"))
    player.host.now += dt.timedelta(days=1)
    result = move(kit, player, either(kit, ("answer", answer), ("long", long), ("short", short)))
    assert (result.verdict, said(result)) == (Verdict.SAFE, [])
    assert [t.due_at for t in player.again().timers] == [NOON + dt.timedelta(days=n) for n in (2, 5)]
    player.wait(days=1)
    assert player.steps == ["after_short"]


def test_the_other_event_of_a_gateway_still_comes_after_the_move(kit: Any) -> None:
    short = kit.timer("timeDuration", '"P2D"')
    old = either(kit, ("short", short), ("answer", kit.message("m")))
    player = kit.play(old, messages=("m", "m2"))
    new = either(kit, ("second", kit.message("m2")), ("short", short), ("answer", kit.message("m")))
    assert move(kit, player, new).verdict is Verdict.SAFE
    assert player.send("m2", word="x")
    assert player.steps == ["after_second"]
    assert player.step("after_second").data == {"word": "x"}


# -- subprocesses and loops ------------------------------------------------------------------------


def inside(kit: Any, name: str, *steps: str, also: Any = None, loop: str = "") -> Any:
    """start → the subprocess `name` of the steps → c → end."""
    sub = kit.Diagram(name, "subProcess").add("startEvent", f"{name}_s").add("endEvent", f"{name}_e")
    sub.raw(loop)
    for step in steps:
        sub.user(step)
    sub.chain(f"{name}_s", *steps, f"{name}_e")
    diagram = kit.Diagram().add("startEvent", "s").user("c").add("endEvent", "e").raw(sub.xml())
    if also is not None:
        also(diagram)
    return diagram.chain("s", name, "c", "e")


def test_a_deadline_added_to_an_active_subprocess_ends_it(kit: Any) -> None:
    def deadline(diagram: Any) -> None:
        diagram.boundary("due", "sp", kit.timer("timeDuration", '"P1D"')).user("late")
        diagram.chain("due", "late", "c")

    player = kit.play(inside(kit, "sp", "x", "y")).do("x")
    result = move(kit, player, inside(kit, "sp", "x", "y", also=deadline))
    assert said(result) == [("armed", "due")]
    player.wait(days=1)
    assert player.steps == ["late"]
    player.do("late").do("c")
    assert player.again().completed


def test_a_renamed_subprocess_keeps_who_is_inside(kit: Any) -> None:
    player = kit.play(inside(kit, "sp", "x", "y")).do("x")
    result = move(kit, player, inside(kit, "inner", "x", "y2", "z"), sp="inner", y="y2")
    assert result.verdict is Verdict.SAFE
    assert player.steps == ["y2"]
    player.do("y2").do("z").do("c")
    assert player.again().completed


def test_a_finished_subprocess_may_go(kit: Any) -> None:
    player = kit.play(inside(kit, "sp", "x")).do("x")
    new = kit.Diagram().add("startEvent", "s").user("c").add("endEvent", "e").chain("s", "c", "e")
    result = move(kit, player, new)
    assert result.verdict is Verdict.WARN
    assert ("passed_removed", "sp") in said(result)
    player.do("c")
    assert player.again().completed


def test_a_live_subprocess_that_is_gone_is_refused_with_its_name(kit: Any) -> None:
    player = kit.play(inside(kit, "sp", "x"))
    new = kit.Diagram().add("startEvent", "s").user("c").add("endEvent", "e").chain("s", "c", "e")
    assert said(move(kit, player, new)) == [("step_gone", "sp")]


def test_several_runs_of_one_subprocess_move_together(kit: Any) -> None:
    loop = kit.each("people", "person")
    player = kit.play(inside(kit, "sp", "x", loop=loop), people=["Hoa", "Vinh"])
    [first, _] = player.again().ready
    player.run.complete(first.engine_task_id, {})
    player.again()
    result = move(kit, player, inside(kit, "sp", "x", "y", loop=loop))
    assert (result.verdict, said(result)) == (Verdict.SAFE, [])
    player.do("x").do("y")
    assert player.steps == ["c"]


def test_a_deadline_added_to_a_running_vote_keeps_the_votes_until_it_comes(kit: Any) -> None:
    def voting(also: Any = None) -> Any:
        diagram = kit.Diagram().add("startEvent", "s").user("c").add("endEvent", "e")
        diagram.user("v", kit.each("members", "member", output="votes", output_item="vote"))
        if also is not None:
            also(diagram)
        return diagram.chain("s", "v", "c", "e")

    def deadline(diagram: Any) -> None:
        diagram.boundary("due", "v", kit.timer("timeDuration", '"P1D"')).user("late")
        diagram.chain("due", "late", "c")

    player = kit.play(voting(), members=["x", "y"]).do("v", "x", vote="yes")
    assert said(move(kit, player, voting(deadline))) == [("armed", "due")]
    assert [step.item for step in player.again().ready] == ["y"]
    player.do("v", "y", vote="no")
    assert player.step("c").data["votes"] == ["yes", "no"]
    assert player.again().timers == []


def test_a_vote_one_after_the_other_goes_on_with_the_next(kit: Any) -> None:
    def asked(*more: str) -> Any:
        diagram = kit.Diagram().add("startEvent", "s").add("endEvent", "e")
        loop = kit.each("members", "member", output="votes", output_item="vote", sequential=True)
        diagram.user("v", loop)
        for step in more:
            diagram.user(step)
        return diagram.chain("s", "v", *more, "e")

    player = kit.play(asked("c"), members=["x", "y", "z"]).do("v", "x", vote="1")
    assert move(kit, player, asked("n", "c")).verdict is Verdict.SAFE
    player.do("v", "y", vote="2").do("v", "z", vote="3")
    assert player.step("n").data["votes"] == ["1", "2", "3"]


def test_a_step_done_until_a_condition_holds_keeps_its_rounds(kit: Any) -> None:
    def repeated(maximum: int, *more: str) -> Any:
        loop = f'<bpmn:standardLoopCharacteristics loopMaximum="{maximum}"/>'
        diagram = kit.Diagram().add("startEvent", "s").add("endEvent", "e").user("r", loop)
        for step in more:
            diagram.user(step)
        return diagram.chain("s", "r", *more, "e")

    player = kit.play(repeated(3)).do("r", done=1)
    assert said(move(kit, player, repeated(4))) == [("loop_changed", "r")]
    assert move(kit, player, repeated(3, "n")).verdict is Verdict.SAFE
    player.do("r", done=2).do("r", done=3)
    assert player.steps == ["n"]
    assert player.step("n").data == {"done": 3}


def test_steps_that_change_places_around_the_token_are_told(kit: Any) -> None:
    def line(*steps: str) -> Any:
        diagram = kit.Diagram().add("startEvent", "s").add("endEvent", "e")
        for step in steps:
            diagram.user(step)
        return diagram.chain("s", *steps, "e")

    player = kit.play(line("a", "b", "c")).do("a")
    result = move(kit, player, line("c", "b", "a"))
    assert sorted(said(result)) == [("done_again", "a"), ("moved_before", "c")]
    player.do("b").do("a")
    assert player.again().completed


def test_a_step_put_before_an_inner_block_that_waits_for_its_branches_is_told(kit: Any) -> None:
    def nested(*, first: bool) -> Any:
        diagram = kit.Diagram().add("startEvent", "s").add("endEvent", "e").user("a").user("b").user("c")
        for gateway in ("outer", "inner", "inner_j", "outer_j"):
            diagram.add("parallelGateway", gateway)
        diagram.user("k").chain("s", "outer", "k", "outer_j", "e").chain("inner", "a", "inner_j")
        diagram.chain("inner", "b", "inner_j")
        if first:
            return diagram.chain("outer", "c", "inner").chain("inner_j", "outer_j")
        return diagram.chain("outer", "inner").chain("inner_j", "c", "outer_j")

    player = kit.play(nested(first=False)).do("k").do("a")
    assert ("moved_before", "c") in said(result := move(kit, player, nested(first=True)))
    assert result.verdict is Verdict.WARN
    player.do("b")
    assert player.again().completed


def test_a_passed_step_under_another_id_stays_passed(kit: Any) -> None:
    def line(*steps: str) -> Any:
        diagram = kit.Diagram().add("startEvent", "s").add("endEvent", "e")
        for step in steps:
            diagram.user(step)
        return diagram.chain("s", *steps, "e")

    player = kit.play(line("a", "b")).do("a")
    result = move(kit, player, line("a2", "b"), a="a2")
    assert (result.verdict, said(result)) == (Verdict.SAFE, [])
    assert player.again().positions() == {"s": "done", "a2": "done", "b": "active"}


def test_a_step_put_into_a_subprocess_that_is_over_is_told(kit: Any) -> None:
    player = kit.play(inside(kit, "sp", "x")).do("x")
    assert said(move(kit, player, inside(kit, "sp", "x", "n"))) == [("inserted_before", "n")]
    player.do("c")
    assert player.again().completed


def test_a_step_put_on_a_branch_that_has_ended_is_told(kit: Any) -> None:
    def split(*branch: str) -> Any:
        diagram = kit.Diagram().add("startEvent", "s").add("parallelGateway", "g").user("b")
        diagram.add("endEvent", "e1").add("endEvent", "e2").flow("s", "g").chain("g", "b", "e2")
        for step in branch:
            diagram.user(step)
        return diagram.chain("g", *branch, "e1")

    player = kit.play(split("a")).do("a")
    assert said(move(kit, player, split("a", "n"))) == [("inserted_before", "n")]
    player.do("b")
    assert player.again().completed


def test_a_deadline_that_is_no_moment_is_refused_by_name(kit: Any) -> None:
    def line(also: Any = None) -> Any:
        diagram = kit.Diagram().add("startEvent", "s").user("b").add("endEvent", "e").chain("s", "b", "e")
        if also is not None:
            diagram.boundary("due", "b", kit.timer("timeDuration", also)).flow("due", "e")
        return diagram

    result = move(kit, kit.play(line()), line("'ten days'"))
    assert (said(result), result.state) == ([("expression_fails", "due")], None)


def test_a_step_moved_into_a_subprocess_while_at_work_is_refused(kit: Any) -> None:
    old = kit.Diagram().add("startEvent", "s").user("x").user("c").add("endEvent", "e")
    player = kit.play(old.chain("s", "x", "c", "e"))
    assert said(move(kit, player, inside(kit, "sp", "x"))) == [("step_gone", "x")]


def test_a_cycle_with_open_work_is_taken_off_and_the_work_stays(kit: Any) -> None:
    def reminded(*, cycle: bool) -> Any:
        diagram = kit.Diagram().add("startEvent", "s").user("b").user("late").add("endEvent", "e")
        diagram.add("endEvent", "e2").chain("s", "b", "e").chain("late", "e2")
        event = kit.timer("timeCycle", '"R5/P1D"') if cycle else kit.message("m")
        diagram.boundary("due" if cycle else "asked", "b", event, interrupting=False)
        return diagram.flow("due" if cycle else "asked", "late")

    player = kit.play(reminded(cycle=True))
    player.wait(days=1)
    assert player.steps == ["b", "late"]
    result = move(kit, player, reminded(cycle=False))
    assert result.verdict is not Verdict.REFUSE
    assert player.wait(days=3) == []
    assert player.steps == ["b", "late"]
    player.do("late").do("b")
    assert player.again().completed


# -- the tree --------------------------------------------------------------------------------------


def everything(kit: Any) -> Any:
    """A diagram with most of what can be waited for."""
    sub = kit.Diagram("sp", "subProcess").add("startEvent", "is").user("x").user("y").add("endEvent", "ie")
    sub.chain("is", "x", "y", "ie")
    diagram = kit.Diagram().add("startEvent", "s").add("endEvent", "e").choice("decide", "out")
    diagram.add("parallelGateway", "split").add("parallelGateway", "joined").choice("enter")
    diagram.user("a").user("v", kit.each("members", "member", output="votes", output_item="vote"))
    diagram.raw(sub.xml()).catch("t", kit.timer("timeDuration", '"P3D"')).user("b")
    diagram.boundary("due", "sp", kit.timer("timeDuration", '"P9D"')).user("late")
    diagram.boundary("ping", "a", kit.timer("timeCycle", '"R2/P1D"'), interrupting=False).user("pinged")
    diagram.add("endEvent", "e2").chain("ping", "pinged", "e2").chain("due", "late", "e2")
    diagram.chain("s", "enter", "split").chain("split", "a", "joined").chain("split", "v", "joined")
    diagram.chain("split", "sp", "joined").chain("split", "t", "joined").chain("joined", "b", "decide")
    return diagram.flow("decide", "enter", "again").flow("decide", "e", identity="out")


FIRST: list[Any] = ["a", ("v", "m1"), "x", "wait", ("v", "m2"), "y", "wait", "wait", "b"]
SCRIPT: list[Any] = [*FIRST, "wait", "x", "pinged", "a", ("v", "m2")]


@pytest.mark.parametrize("at", range(len(SCRIPT) + 1))
def test_moving_to_the_same_diagram_changes_nothing(kit: Any, at: int) -> None:
    player = kit.play(everything(kit), members=["m1", "m2"])
    for step in SCRIPT[:at]:
        if step == "wait":
            player.wait(days=1)
        elif isinstance(step, tuple):
            player.do(*step, vote="yes")
        else:
            player.do(step, again=True)
    before = player.again().dump()
    same = parsed(kit, everything(kit), ("m", "m2"))
    assert same.key != player.parsed.key
    result = migrate(player.parsed, same, before, player.host)
    assert (result.verdict, said(result)) == (Verdict.SAFE, [])
    assert result.state is not None
    assert tree(result.state) == tree(before)
