"""A step that many do, at its edges: what runs by itself, what ends it, what is drawn or written wrongly."""

from __future__ import annotations

import datetime as dt
from itertools import permutations
from typing import Any

import pytest

from engine.errors import StepFailed

MEMBERS = ["a", "b", "c"]


def begun(kit: Any) -> Any:
    return kit.Diagram("p").add("startEvent", "begin").add("endEvent", "done")


def voting(kit: Any, **more: Any) -> Any:
    return kit.each("members", "member", output="votes", output_item="said", **more)


def then_look(at: Any, step: str) -> Any:
    return at.user("look").chain("begin", step, "look", "done")


# -- what nobody does ------------------------------------------------------------------------------


@pytest.mark.parametrize("sequential", [False, True])
@pytest.mark.parametrize("enough", [1, 2, 3, 9])
def test_programs_that_are_not_needed_any_more_do_not_run(both: Any, sequential: bool, enough: int) -> None:
    host = both.Host(services={"ask": lambda given, _data: {"said": given["who"] * 2}})
    loop = voting(both, sequential=sequential, until=f"nrOfCompletedInstances == {enough}")
    at = begun(both).service("vote", "ask", who="member")
    at.parts[-1] = at.parts[-1].replace("</bpmn:serviceTask>", f"{loop}</bpmn:serviceTask>")
    play = both.play(then_look(at, "vote"), host=host, members=MEMBERS)
    assert [given["who"] for _, _, given in host.calls] == MEMBERS[:enough]
    assert play.step("look").data == {"members": MEMBERS, "votes": ["aa", "bb", "cc"][:enough]}


@pytest.mark.parametrize("sequential", [False, True])
def test_a_program_that_is_passed_over_has_no_entry(both: Any, sequential: bool) -> None:
    left = ["vote"]

    class Passing(both.Host):  # type: ignore[misc] # the host of the tests
        def skips(self, element: str) -> bool:
            return bool(element in left and left.pop())

    at = begun(both).add(
        "scriptTask", "vote", f"<bpmn:script>said = member</bpmn:script>{voting(both, sequential=sequential)}"
    )
    play = both.play(then_look(at, "vote"), host=Passing(), members=MEMBERS)
    assert play.step("look").data["votes"] == ["b", "c"]


def test_what_stands_beside_a_terminate_end_does_not_run_any_more(both: Any) -> None:
    host = both.Host(services={"ring": lambda _given, _data: None})
    at = (
        begun(both).add("parallelGateway", "fork").add("endEvent", "over", "<bpmn:terminateEventDefinition/>")
    )
    at.service("ring", "ring").chain("begin", "fork", "over").chain("fork", "ring", "done")
    play = both.play(at, host=host)
    assert play.run.completed and host.calls == []


# -- what ends it ----------------------------------------------------------------------------------


@pytest.mark.parametrize("sequential", [False, True])
@pytest.mark.parametrize("kind", ["error", "escalation"])
@pytest.mark.parametrize("before", [0, 1, 2])
def test_an_error_from_inside_keeps_what_the_others_gave(
    both: Any, sequential: bool, kind: str, before: int
) -> None:
    event = f'<bpmn:{kind}EventDefinition {kind}Ref="bad"/>'
    inner = both.Diagram("inside", tag="subProcess").raw(voting(both, sequential=sequential))
    inner.add("startEvent", "begin_in").user("speak").choice("how", "well").add("endEvent", "done_in")
    inner.add("endEvent", "broken", event).chain("begin_in", "speak", "how")
    inner.flow("how", "done_in", identity="well").flow("how", "broken", "said == 'no'")
    at = begun(both).raw(inner.xml()).boundary("caught", "inside", event).user("late")
    at.chain("caught", "late", "done")
    head = f'<bpmn:{kind} id="bad" name="bad" {kind}Code="bad"/>'
    play = both.play(then_look(at, "inside"), head=head, members=MEMBERS)
    for number in range(before + 1):
        # All at once they speak from the last to the first.
        step = play.again().ready[-1]
        play.run.complete(step.engine_task_id, {"said": "no" if number == before else step.data["member"]})
    spoken = MEMBERS[:before] if sequential else MEMBERS[3 - before :]
    assert (play.steps, play.step("late").data) == (["late"], {"members": MEMBERS, "votes": spoken})


def test_a_deadline_in_a_later_round_keeps_nothing_of_the_round_before(both: Any) -> None:
    at = begun(both).choice("merge").user("vote", voting(both)).user("look").choice("enough", "again")
    at.boundary("closed", "vote", both.timer("timeDuration", '"P3D"')).user("late")
    at.chain("begin", "merge", "vote", "look", "enough").chain("closed", "late", "done")
    at.flow("enough", "merge", identity="again").flow("enough", "done", "ended")
    for count in range(3):
        play = both.play(at, members=MEMBERS, ended=False)
        for member in MEMBERS:
            play.do("vote", member, said="old")
        play.do("look")
        for member in MEMBERS[:count]:
            play.do("vote", member, said=f"new {member}")
        assert play.wait(days=4) == ["closed"]
        assert play.step("late").data["votes"] == [f"new {member}" for member in MEMBERS[:count]]


def test_each_reminder_of_a_cycle_sees_what_was_said_until_then(both: Any) -> None:
    at = begun(both).user("vote", voting(both)).add("endEvent", "reminded").user("remind")
    at.boundary("reminder", "vote", both.timer("timeCycle", '"R3/P1D"'), interrupting=False)
    play = both.play(then_look(at.chain("reminder", "remind", "reminded"), "vote"), members=MEMBERS)
    for number, member in enumerate("ca", start=1):
        play.do("vote", member, said=member).wait(days=1, minutes=1)
        seen = [step.data["votes"] for step in play.again().ready if step.step == "remind"]
        assert sorted(seen, key=len) == [["c"], ["a", "c"]][:number]
    play.do("vote", "b", said="b")
    assert play.step("look").data["votes"] == MEMBERS


def test_a_group_whose_deadline_comes_is_left_out_and_another_has_its_part(both: Any) -> None:
    """The deadline ends one vote inside; the outer step goes on, keeps what each gave, and then ends early."""
    inner = both.Diagram("group", tag="subProcess")
    inner.raw(both.each("groups", "members", output="results", output_item="result",
                        until="nrOfCompletedInstances == 2"))  # fmt: skip
    inner.add("startEvent", "begin_in").add("endEvent", "done_in").choice("merge").script(
        "tally", "result = votes"
    )
    inner.user("vote", voting(both)).boundary("closed", "vote", both.timer("timeDuration", "term"))
    inner.chain("begin_in", "vote", "merge", "tally", "done_in").chain("closed", "merge")
    at = begun(both).raw(inner.xml())
    play = both.play(then_look(at, "group"), groups=[["a", "b"], ["c", "d"], ["e"]], term="P3D")
    play.do("vote", "b", said="B").do("vote", "e", said="E")
    assert play.wait(days=4) == ["closed", "closed"]
    # Both terms end in one turn; the first is the second group that is done and the rest is not waited for.
    assert (play.steps, play.step("look").data["results"]) == (["look"], [["B"], ["E"]])
    assert play.run.timers == []


@pytest.mark.parametrize("until", ["", "nrOfCompletedInstances == 1"])
def test_a_message_is_waited_for_by_each(both: Any, until: str) -> None:
    at = begun(both).add(
        "receiveTask", "hear", both.each("members", "member", until=until), 'messageRef="msg_m"'
    )
    play = both.play(then_look(at, "hear"), messages=("m",), members=MEMBERS)
    assert len(play.again().messages) == 3 and play.send("m")
    assert (play.steps, play.run.messages) == (["look"], [])


def test_the_others_work_is_gone_with_what_it_waited_for(both: Any) -> None:
    inner = both.Diagram("inside", tag="subProcess").raw(voting(both, until="said == 'yes'"))
    inner.add("startEvent", "begin_in").user("speak").add("endEvent", "done_in")
    inner.boundary("silent", "speak", both.timer("timeDuration", '"P3D"')).add("endEvent", "unsaid")
    inner.chain("begin_in", "speak", "done_in").chain("silent", "unsaid")
    play = both.play(then_look(begun(both).raw(inner.xml()), "inside"), members=MEMBERS)
    assert len(play.again().timers) == 3
    step = play.again().ready[1]
    play.run.complete(step.engine_task_id, {"said": "yes"})
    assert (play.steps, play.run.timers, play.step("look").data["votes"]) == (["look"], [], ["yes"])


# -- names -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("sequential", [False, True])
def test_a_variable_around_it_with_the_name_of_its_own_is_there_again(both: Any, sequential: bool) -> None:
    at = then_look(begun(both).user("vote", voting(both, sequential=sequential)), "vote")
    play = both.play(at, members=["a", "b"], member="outer", said="before", loopCounter=7)
    inside = play.step("vote", "a").data
    assert inside == {"members": ["a", "b"], "member": "a", "loopCounter": 0, "votes": []}
    play.do("vote", "a", said="yes").do("vote", "b", said="no")
    around = {"member": "outer", "said": "before", "loopCounter": 7}
    assert play.step("look").data == {"members": ["a", "b"], "votes": ["yes", "no"], **around}


@pytest.mark.parametrize("outer", [False, True])
@pytest.mark.parametrize("sequential", [False, True])
def test_one_inside_another_with_the_same_names(both: Any, outer: bool, sequential: bool) -> None:
    inner = both.Diagram("group", tag="subProcess")
    inner.raw(both.each("groups", "member", output="votes", output_item="said", sequential=outer))
    inner.add("startEvent", "begin_in").add("endEvent", "done_in")
    inner.script("tally", "said = [loopCounter, member, votes]")
    inner.user(
        "vote", both.each("member", "member", output="votes", output_item="said", sequential=sequential)
    )
    inner.chain("begin_in", "vote", "tally", "done_in")
    groups = [["a", "b"], ["c"], []]
    play = both.play(begun(both).raw(inner.xml()).chain("begin", "group", "done"), groups=groups)
    while not play.again().completed:
        step = play.run.ready[-1]
        play.run.complete(step.engine_task_id, {"said": str(step.item).upper()})
    results = [[0, ["a", "b"], ["A", "B"]], [1, ["c"], ["C"]], [2, [], []]]
    assert play.run.data == {"groups": groups, "votes": results}


@pytest.mark.parametrize("sequential", [False, True])
def test_a_list_that_is_corrected_changes_no_step_that_runs(both: Any, sequential: bool) -> None:
    members = [{"id": name, "since": dt.date(2022, 1, 1)} for name in MEMBERS]
    at = then_look(begun(both).user("vote", voting(both, sequential=sequential)), "vote")
    play = both.play(at, members=members).do("vote", members[0], said="a")
    play.run.correct({"members": members[1:2]})
    play.do("vote", members[1], said="b").do("vote", members[2], said="c")
    assert play.step("look").data == {"members": members[1:2], "votes": MEMBERS}


# -- wrong -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("sequential", [False, True])
@pytest.mark.parametrize("members", ["abc", None, 3, "missing"])
def test_what_is_no_list_is_refused_by_the_steps_name(both: Any, sequential: bool, members: Any) -> None:
    at = then_look(begun(both).user("vote", voting(both, sequential=sequential)), "vote")
    data = {} if members == "missing" else {"members": members}
    with pytest.raises(StepFailed) as failed:
        both.play(at, **data)
    assert (failed.value.element, failed.value.cause) == ("vote", "“members” không phải là danh sách")


@pytest.mark.parametrize("sequential", [False, True])
@pytest.mark.parametrize("times", [-1, 2.5, "2", None])
def test_what_is_no_number_of_times_is_refused_by_the_steps_name(
    both: Any, sequential: bool, times: Any
) -> None:
    at = begun(both).user("vote", both.each("", "", times="rounds", sequential=sequential))
    with pytest.raises(StepFailed) as failed:
        both.play(then_look(at, "vote"), rounds=times)
    cause = "số lượt “rounds” không phải số nguyên từ 0 trở lên"
    assert (failed.value.element, failed.value.cause) == ("vote", cause)


@pytest.mark.parametrize("sequential", [False, True])
def test_a_condition_that_fails_and_an_answer_without_the_output_are_refused_and_leave_all_as_it_was(
    kit: Any, sequential: bool
) -> None:
    loop = voting(kit, sequential=sequential, until="missing > 1")
    play = kit.play(then_look(begun(kit).user("vote", loop), "vote"), members=MEMBERS)
    before = play.run.dump()
    for answer, cause in (({"said": 1}, "Chưa có giá trị của tên “missing” — trong: missing > 1"),
                          ({"other": 1}, "lượt này không ghi “said”")):  # fmt: skip
        with pytest.raises(StepFailed) as failed:
            play.do("vote", "a", **answer)
        assert (failed.value.element, failed.value.cause) == ("vote", cause)
        play.run = type(play.run).load(play.parsed, before, play.host)
    assert play.step("vote", "a").data["votes"] == []


def test_a_condition_cannot_change_anything(kit: Any) -> None:
    loop = voting(kit, until="votes.append(1)")
    play = kit.play(then_look(begun(kit).user("vote", loop), "vote"), members=MEMBERS)
    with pytest.raises(StepFailed):
        play.do("vote", "a", said=1)


# -- sent back -------------------------------------------------------------------------------------


@pytest.mark.parametrize("order", list(permutations(MEMBERS)), ids="".join)
def test_a_vote_that_was_sent_back_begins_with_an_empty_box(both: Any, order: tuple[str, ...]) -> None:
    at = begun(both).user("prepare").user("vote", voting(both)).user("look")
    play = both.play(at.chain("begin", "prepare", "vote", "look", "done"), members=MEMBERS).do("prepare")
    play.do("vote", order[0], said="old")
    step = play.step("vote", order[1])
    play.run.send_back(step.engine_task_id, "prepare")
    play.do("prepare")
    assert {str(step.data["votes"]) for step in play.again().ready} == {"[]"}
    for member in order:
        play.do("vote", member, said=f"new {member}")
    assert play.step("look").data["votes"] == [f"new {member}" for member in MEMBERS]
    step = play.step("look")
    play.run.send_back(step.engine_task_id, "vote")
    for member in reversed(order):
        play.do("vote", member, said=member)
    assert play.step("look").data["votes"] == MEMBERS
