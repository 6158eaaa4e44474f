"""Joins wait for every token that can still come, and know afterwards what each branch found last."""

from __future__ import annotations

from itertools import combinations, permutations, product
from typing import Any

import pytest

BRANCHES = ("note", "inside", "vote", "again")


def diagram(kit: Any) -> Any:
    """A split into a step, a subprocess, a vote and a loop over a subprocess; the join; one step after it."""
    inner = kit.Diagram("sub", tag="subProcess").add("startEvent", "s1").user("inside").add("endEvent", "e1")
    inner.chain("s1", "inside", "e1")
    round_ = (
        kit.Diagram("round", tag="subProcess").add("startEvent", "s2").user("again").add("endEvent", "e2")
    )
    round_.chain("s2", "again", "e2")
    at = kit.Diagram("p").add("startEvent", "begin").add("endEvent", "done")
    at.add("inclusiveGateway", "split", attributes='default="none"').add("inclusiveGateway", "join")
    at.script("nothing", "nothing = True").user("note").user("vote", kit.each("members", "member")).user(
        "after"
    )
    at.raw(inner.xml()).raw(round_.xml()).choice("enter").choice("more", "enough")
    at.flow("begin", "split").flow("split", "nothing", identity="none").flow("nothing", "join")
    for name, first, last in (("note", "note", "note"), ("inside", "sub", "sub"), ("vote", "vote", "vote")):
        at.flow("split", first, f"'{name}' in taken").flow(last, "join")
    at.flow("split", "enter", "'again' in taken").chain("enter", "round", "more")
    at.flow("more", "enter", "more_rounds").flow("more", "counted", identity="enough")
    at.script("counted", "counted = True").flow("counted", "join")
    return at.chain("join", "after", "done")


ACTS = {
    "note": ["note"],
    "inside": ["inside"],
    "vote": ["vote a", "vote b"],
    "again": ["again", "again last"],
}


def act(play: Any, name: str) -> None:
    if name.startswith("vote"):
        play.do("vote", name[-1])
    elif name.startswith("again"):
        play.do("again", more_rounds=name == "again")
    else:
        play.do(name, **{f"said_{name}": True})


def orders(taken: tuple[str, ...]) -> list[tuple[str, ...]]:
    """Every order of what is done in the branches; a second round of the loop comes after the first."""
    acts = [one for name in taken for one in ACTS[name]]
    return [
        order
        for order in permutations(acts)
        if "again" not in taken or order.index("again") < order.index("again last")
    ]


@pytest.mark.parametrize("taken", [c for n in (2, 3, 4) for c in combinations(BRANCHES, n)], ids="-".join)
@pytest.mark.parametrize("reload", [True, False], ids=["reloaded", "in memory"])
def test_the_join_waits_for_every_branch_in_every_order(
    kit: Any, taken: tuple[str, ...], reload: bool
) -> None:
    kit.reload = reload
    for order in orders(taken):
        play = kit.play(diagram(kit), taken=list(taken), members=["a", "b"], more_rounds=False)
        for name in order:
            assert "after" not in play.steps, (order, name)
            act(play, name)
        assert play.steps == ["after"], order
        play.do("after")
        assert play.run.completed, order
        for name in {"note", "inside"} & set(taken):
            assert play.run.data[f"said_{name}"] is True


def test_a_join_in_a_loop_counts_each_round_anew(kit: Any) -> None:
    inner = kit.Diagram("sub", tag="subProcess").add("startEvent", "s1").user("inside").add("endEvent", "e1")
    inner.chain("s1", "inside", "e1")
    at = (
        kit.Diagram("p")
        .add("startEvent", "begin")
        .add("endEvent", "done")
        .choice("enter")
        .choice("more", "enough")
    )
    at.add("inclusiveGateway", "split", attributes='default="d"').add("inclusiveGateway", "join")
    at.user("note").user("check").raw(inner.xml())
    at.chain("begin", "enter", "split").flow("split", "note", identity="d").flow("split", "sub", "both")
    at.flow("note", "join").flow("sub", "join").chain("join", "check", "more")
    at.flow("more", "enter", "again").flow("more", "done", identity="enough")
    for orders in permutations(
        [("note", "inside"), ("inside", "note"), ("note", "inside"), ("inside", "note")]
    ):
        play = kit.play(at, both=True, again=True)
        for number, (first, second) in enumerate(orders):
            # The split's default flow is taken only without another; so both flows need a condition each round.
            waiting = [name for name in (first, second) if name in play.steps]
            for name in waiting:
                assert "check" not in play.steps
                play.do(name)
            assert play.steps == ["check"]
            play.do("check", again=number < 3)
        assert play.run.completed


def test_a_reminder_beside_a_branch_does_not_hold_the_join(kit: Any) -> None:
    at = kit.Diagram("p").add("startEvent", "begin").add("endEvent", "done").add("endEvent", "reminded")
    at.add("inclusiveGateway", "split", attributes='default="d"').add("inclusiveGateway", "join")
    at.user("note").user("other").user("remind").user("after").script("nothing", "nothing = True")
    at.boundary("late", "other", kit.timer("timeDuration", '"P1D"'), interrupting=False)
    at.flow("begin", "split").flow("split", "nothing", identity="d").flow("nothing", "join")
    at.flow("split", "note", "True").flow("split", "other", "True").flow("note", "join").flow("other", "join")
    at.chain("late", "remind", "reminded").chain("join", "after", "done")
    play = kit.play(at)
    play.do("note")
    assert play.steps == ["other"]
    assert play.wait(days=2) == ["late"]
    assert play.steps == ["other", "remind"]
    play.do("other")
    assert play.steps == ["after", "remind"]
    play.do("after")
    play.do("remind", reminded_by="Lan")
    assert play.run.completed


@pytest.mark.parametrize("kind", ["parallelGateway", "inclusiveGateway"])
@pytest.mark.parametrize("rounds", list(product(permutations("ab"), repeat=3)), ids=str)
def test_in_each_round_what_a_branch_found_last_is_known_after_the_join(
    both: Any, kind: str, rounds: tuple[tuple[str, str], ...]
) -> None:
    """All 8 orders of three rounds (trap 10), the join inside the bare loop; the library keeps stale values."""
    condition = "True" if kind == "inclusiveGateway" else ""
    at = both.Diagram("p").add("startEvent", "begin").add("endEvent", "done").choice("merge")
    at.add(kind, "split").add(kind, "join").user("a").user("b").user("look").choice("enough", "again")
    at.chain("begin", "merge", "split").flow("split", "a", condition).flow("split", "b", condition)
    at.flow("a", "join").flow("b", "join").chain("join", "look", "enough")
    at.flow("enough", "merge", identity="again").flow("enough", "done", "ended")
    play = both.play(at, both_wrote={"kept": 0}, listed=[0])
    for number, order in enumerate(rounds):
        for name in order:
            assert "look" not in play.steps
            group = {**play.step(name).data["both_wrote"], name: number}
            values = {f"said_{name}": number, "both_wrote": group}
            play.do(name, **values, **({"listed": [number]} if name == "a" else {}))
        assert play.steps == ["look"]
        known = play.step("look").data
        assert (known["said_a"], known["said_b"], known["listed"]) == (number, number, [number])
        assert known["both_wrote"] == {"kept": 0, "a": number, "b": number}
        play.do("look", ended=number == len(rounds) - 1)
    assert play.run.completed


@pytest.mark.parametrize("rounds", list(product(permutations("abc"), repeat=2)), ids=str)
def test_a_block_in_a_block_in_a_loop_joins_once_a_round_in_every_order(
    kit: Any, rounds: tuple[tuple[str, ...], ...]
) -> None:
    at = kit.Diagram("p").add("startEvent", "begin").add("endEvent", "done").choice("merge")
    for name in ("split", "join", "inner_split", "inner_join"):
        at.add("parallelGateway", name)
    at.user("a").user("b").user("c").user("look").choice("enough", "again")
    at.chain("begin", "merge", "split", "a", "join", "look", "enough")
    at.chain("split", "inner_split", "b", "inner_join", "join").chain("inner_split", "c", "inner_join")
    at.flow("enough", "merge", identity="again").flow("enough", "done", "ended")
    play = kit.play(at)
    for number, order in enumerate(rounds):
        for name in order:
            assert "look" not in play.steps
            play.do(name, **{f"said_{name}": number})
        assert play.steps == ["look"]
        assert {play.step("look").data[f"said_{name}"] for name in "abc"} == {number}
        play.do("look", ended=number == 1)
    assert play.run.completed
