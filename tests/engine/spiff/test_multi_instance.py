"""A step that many do, against a model of twenty lines: every order, every vote, every moment of a deadline."""

from __future__ import annotations

from collections.abc import Callable
from itertools import permutations, product
from typing import Any

import pytest

MEMBERS = ("a", "b", "c")
UNTIL: dict[str, tuple[str, Callable[[list[str], int, int], bool]]] = {
    "nothing": ("", lambda _votes, _done, _all: False),
    "two yes": (
        "len([v for v in votes if v == 'yes']) == 2",
        lambda votes, _done, _all: votes.count("yes") == 2,
    ),
    "majority": (
        "len([v for v in votes if v == 'yes']) * 2 > nrOfInstances",
        lambda votes, _done, all_: votes.count("yes") * 2 > all_,
    ),
    "first no": ("said == 'no'", lambda votes, _done, _all: "no" in votes),
    "two done": ("nrOfCompletedInstances == 2", lambda _votes, done, _all: done == 2),
    "one left": (
        "nrOfActiveInstances <= 1 and nrOfInstances == 3",
        lambda _votes, done, all_: all_ - done <= 1,
    ),
}
VOTES = [dict(zip(MEMBERS, said, strict=True)) for said in product(("yes", "no"), repeat=3)]


def model(
    until: Callable[[list[str], int, int], bool], order: tuple[str, ...], said: dict[str, str]
) -> tuple[int, list[str]]:
    """How many of the order vote until the step ends, and the output then: in the order of the members."""
    done: list[str] = []
    for member in order:
        done.append(member)
        output = [said[name] for name in MEMBERS if name in done]
        if until(output, len(done), len(MEMBERS)):
            break
    return len(done), [said[name] for name in MEMBERS if name in done]


def voting(kit: Any, until: str = "", *, edge: Any = None, **more: Any) -> Any:
    at = kit.Diagram("p").add("startEvent", "begin").add("endEvent", "done").user("after")
    at.user("vote", kit.each("members", "member", output="votes", output_item="said", until=until, **more))
    if edge is not None:
        edge(at)
    return at.chain("begin", "vote", "after", "done")


@pytest.mark.parametrize("until", UNTIL)
@pytest.mark.parametrize("order", list(permutations(MEMBERS)), ids="".join)
def test_all_at_once_ends_when_the_condition_holds_over_what_all_have_said(
    both: Any, until: str, order: tuple[str, ...]
) -> None:
    expression, holds = UNTIL[until]
    for said in VOTES:
        play = both.play(voting(both, expression), members=list(MEMBERS))
        count, output = model(holds, order, said)
        for number, member in enumerate(order[:count]):
            assert play.steps == ["vote"] * (3 - number)
            play.do("vote", member, said=said[member])
        assert play.steps == ["after"]
        assert play.step("after").data == {"members": list(MEMBERS), "votes": output}


@pytest.mark.parametrize("until", [name for name in UNTIL if name != "one left"])
def test_one_after_the_other_ends_in_the_same_way(both: Any, until: str) -> None:
    expression, holds = UNTIL[until]
    for said in VOTES:
        play = both.play(voting(both, expression, sequential=True), members=list(MEMBERS))
        count, output = model(holds, MEMBERS, said)
        for number, member in enumerate(MEMBERS[:count]):
            step = play.step("vote")
            assert (play.steps, step.item, step.data["loopCounter"]) == (["vote"], member, number)
            play.do("vote", said=said[member])
        assert play.step("after").data == {"members": list(MEMBERS), "votes": output}


def test_one_after_the_other_has_one_active_instance(both: Any) -> None:
    until = "nrOfActiveInstances != 1 or nrOfInstances != 3"
    play = both.play(voting(both, until, sequential=True), members=list(MEMBERS))
    for _ in MEMBERS:
        play.do("vote", said="yes")
    assert play.step("after").data["votes"] == ["yes"] * 3


@pytest.mark.parametrize("kind", ["timer", "message"])
@pytest.mark.parametrize("sequential", [False, True])
def test_a_deadline_keeps_what_was_said_before_it(both: Any, kind: str, sequential: bool) -> None:
    definition = both.timer("timeDuration", '"P3D"') if kind == "timer" else both.message("close")

    def edge(at: Any) -> None:
        at.boundary("closed", "vote", definition).user("late").chain("closed", "late", "done")

    orders = [MEMBERS] if sequential else list(permutations(MEMBERS))
    for order in orders:
        for count in range(3):
            play = both.play(
                voting(both, edge=edge, sequential=sequential), messages=("close",), members=list(MEMBERS)
            )
            for member in order[:count]:
                play.do("vote", member, said=f"by {member}")
            assert play.wait(days=4) == ["closed"] if kind == "timer" else play.send("close")
            output = [f"by {name}" for name in MEMBERS if name in order[:count]]
            assert (play.steps, play.step("late").data["votes"]) == (["late"], output)
            play.do("late")
            assert play.run.completed and play.run.data["votes"] == output


def test_a_reminder_sees_what_was_said_and_the_vote_goes_on(both: Any) -> None:
    def edge(at: Any) -> None:
        at.boundary("reminder", "vote", both.timer("timeDuration", '"P1D"'), interrupting=False)
        at.user("remind").add("endEvent", "reminded").chain("reminder", "remind", "reminded")

    play = both.play(voting(both, edge=edge), members=list(MEMBERS)).do("vote", "b", said="yes")
    assert play.wait(days=2) == ["reminder"]
    assert play.step("remind").data["votes"] == ["yes"]
    play.do("vote", "a", said="no").do("vote", "c", said="yes").do("remind")
    assert play.step("after").data["votes"] == ["no", "yes", "yes"]


def test_what_others_said_is_not_in_a_members_own_data(both: Any) -> None:
    play = both.play(voting(both), members=list(MEMBERS)).do("vote", "a", said="yes")
    assert play.step("vote", "b").data == {
        "members": list(MEMBERS), "votes": [], "member": "b", "loopCounter": 1
    }  # fmt: skip


@pytest.mark.parametrize("sequential", [False, True])
def test_a_vote_again_starts_with_an_empty_box_and_no_script(both: Any, sequential: bool) -> None:
    at = both.Diagram("p").add("startEvent", "begin").add("endEvent", "done").choice("merge").user("look")
    each = both.each("members", "member", output="votes", output_item="said", sequential=sequential)
    at.user("vote", each).choice("enough", "again").chain("begin", "merge", "vote", "look", "enough")
    at.flow("enough", "merge", identity="again").flow("enough", "done", "ended")
    play = both.play(at, members=list(MEMBERS), ended=False)
    for turn in range(3):
        assert play.step("vote", "a").data["votes"] == []
        for member in MEMBERS:
            play.do("vote", member, said=f"{member}{turn}")
        assert play.step("look").data["votes"] == [f"{member}{turn}" for member in MEMBERS]
        play.do("look", ended=turn == 2)
    assert play.run.completed


def test_two_votes_after_one_another_with_the_same_names(both: Any) -> None:
    at = both.Diagram("p").add("startEvent", "begin").add("endEvent", "done")
    for name in ("first", "second"):
        at.user(name, both.each("members", "member", output="votes", output_item="said"))
    play = both.play(at.chain("begin", "first", "second", "done"), members=["a", "b"])
    play.do("first", "b", said=1).do("first", "a", said=2)
    play.do("second", "b", said=3).do("second", "a", said=4)
    assert play.run.completed and play.run.data["votes"] == [4, 3]


@pytest.mark.parametrize("sequential", [False, True])
@pytest.mark.parametrize(
    ("members", "expected"),
    [([], []), ({}, {}), ([None, "b"], [0, 1]), ({"x": "a", "y": "b"}, {"x": 0, "y": 1})],
)
def test_nobody_and_nothing_and_names_with_keys(
    both: Any, sequential: bool, members: Any, expected: Any
) -> None:
    play = both.play(voting(both, sequential=sequential), members=members)
    for _ in expected:
        step = max(play.again().ready, key=lambda one: one.data.get("loopCounter", -1))
        play.run.complete(step.engine_task_id, {"said": step.data["loopCounter"]})
    assert play.steps == ["after"]
    output = play.step("after").data["votes"]
    assert output == expected and list(output) == list(expected)


@pytest.mark.parametrize("sequential", [False, True])
@pytest.mark.parametrize("times", [0, 1, 3])
def test_so_many_times_by_number(both: Any, sequential: bool, times: int) -> None:
    at = both.Diagram("p").add("startEvent", "begin").add("endEvent", "done")
    each = both.each("", "", times="rounds", output="notes", output_item="note", sequential=sequential)
    play = both.play(at.user("write", each).chain("begin", "write", "done"), rounds=times)
    while not play.run.completed:
        step = play.again().ready[-1]
        play.run.complete(step.engine_task_id, {"note": step.data["loopCounter"]})
    assert play.run.data == {"rounds": times, "notes": list(range(times))}


@pytest.mark.parametrize("sequential", [False, True])
def test_a_program_a_subprocess_and_a_called_process_for_each(both: Any, sequential: bool) -> None:
    def each(output: str, item: str) -> str:
        return str(both.each("members", "member", output=output, output_item=item, sequential=sequential))

    inner = both.Diagram("inside", tag="subProcess").raw(each("talks", "talk"))
    inner.add("startEvent", "begin_in").user("speak").add("endEvent", "done_in").script(
        "sum", "talk = speech * 2"
    )
    inner.chain("begin_in", "speak", "sum", "done_in")
    called = both.Diagram("called").add("startEvent", "begin_called").script("shout", "loud = member * 3")
    called.add("endEvent", "done_called").chain("begin_called", "shout", "done_called")
    at = both.Diagram("p").add("startEvent", "begin").add("endEvent", "done").raw(inner.xml())
    at.add(
        "scriptTask", "count", f"<bpmn:script>size = loopCounter * 10</bpmn:script>{each('sizes', 'size')}"
    )
    at.add("callActivity", "call", each("shouts", "loud"), 'calledElement="called"')
    play = both.play(at.chain("begin", "count", "inside", "call", "done"), called, members=["x", "y"])
    for speech in ("m", "n"):
        step = play.again().ready[-1] if not sequential else play.step("speak")
        play.run.complete(step.engine_task_id, {"speech": speech})
    assert play.run.completed
    talks = ["mm", "nn"] if sequential else ["nn", "mm"]
    expected = {"members": ["x", "y"], "sizes": [0, 10], "talks": talks, "shouts": ["xxx", "yyy"]}
    assert play.run.data == expected


def test_a_vote_in_each_of_many_groups_counts_its_own(both: Any) -> None:
    inner = both.Diagram("group", tag="subProcess")
    inner.raw(both.each("groups", "members", output="results", output_item="result"))
    inner.add("startEvent", "begin_in").add("endEvent", "done_in").script(
        "tally", "result = [loopCounter, votes]"
    )
    inner.user("vote", both.each("members", "member", output="votes", output_item="said"))
    inner.chain("begin_in", "vote", "tally", "done_in")
    at = both.Diagram("p").add("startEvent", "begin").add("endEvent", "done").raw(inner.xml())
    play = both.play(at.chain("begin", "group", "done"), groups=[["a", "b"], ["c"], []])
    for member in ("b", "c", "a"):
        play.do("vote", member, said=member.upper())
    assert play.run.completed
    assert play.run.data["results"] == [[0, ["A", "B"]], [1, ["C"]], [2, []]]
