"""A token goes back to an earlier step: by token move, other branches stay, no join starves, nothing grows."""

from __future__ import annotations

import datetime as dt
from itertools import permutations
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from engine.errors import StepNotReady
from engine.spiff.parser import parse
from engine.spiff.runner import Run
from engine.spiff.send_back import NoWayBack, earlier_steps
from tests.engine.spiff.test_differential import process


def begun(kit: Any, identity: str = "p", tag: str = "process") -> Any:
    prefix = "" if identity == "p" else f"{identity}_"
    return kit.Diagram(identity, tag=tag).add("startEvent", f"{prefix}begin").add("endEvent", f"{prefix}done")


def line(kit: Any, *steps: str) -> Any:
    at = begun(kit)
    for step in steps:
        at.user(step)
    return at.chain("begin", *steps, "done")


def fork(kit: Any, kind: str = "parallelGateway") -> Any:
    """draft → split → (ask → check | look) → join → sign"""
    condition = "wanted" if kind == "inclusiveGateway" else ""
    at = begun(kit).add(kind, "split").add(kind, "join")
    for step in ("draft", "ask", "check", "look", "sign"):
        at.user(step)
    return (
        at.chain("begin", "draft", "split")
        .flow("split", "ask", condition)
        .chain("ask", "check", "join", "sign", "done")
        .flow("split", "look", condition)
        .flow("look", "join")
    )


def back(play: Any, name: str, to: str) -> Any:
    task_id = play.step(name).engine_task_id
    play.run.send_back(task_id, to)
    return play


def refusal(play: Any, name: str, to: str) -> str:
    task_id, before = play.step(name).engine_task_id, play.run.dump()
    with pytest.raises(NoWayBack) as refused:
        play.run.send_back(task_id, to)
    assert play.run.dump() == before
    return str(refused.value)


def test_what_was_known_stays_and_the_way_is_gone_again(both: Any) -> None:
    play = both.play(line(both, "a", "b", "c"), kept=1).do("a", said="one").do("b", more=2)
    assert back(play, "c", "a").steps == ["a"]
    assert play.step("a").data == {"kept": 1, "said": "one", "more": 2}
    play.do("a", said="two")
    assert play.step("b").data["said"] == "two"
    play.do("b").do("c")
    assert play.run.completed and play.run.data == {"kept": 1, "said": "two", "more": 2}


def test_fifty_times_back_cost_what_one_did(kit: Any) -> None:
    play = kit.play(line(kit, "a", "b", "c")).do("a").do("b")
    sizes = []
    for _ in range(50):
        back(play, "c", "a").do("a").do("b")
        sizes.append(len(play.run.dump()))
    assert max(sizes[25:]) < 1.05 * max(sizes[:25]), "compressed ids and times differ by some bytes"


def test_before_the_fork_all_branches_go_back_and_join_again_in_every_order(both: Any) -> None:
    for first in (["ask"], ["look"], ["ask", "check"], ["ask", "look"]):
        for order in permutations(["ask", "check", "look"]):
            if order.index("ask") > order.index("check"):
                continue
            play = both.play(fork(both)).do("draft")
            for name in first:
                play.do(name)
            assert back(play, play.steps[0], "draft").steps == ["draft"]
            play.do("draft")
            for name in order:
                assert "sign" not in play.steps
                play.do(name)
            assert play.steps == ["sign"], (first, order)


def test_in_a_branch_the_other_branch_stays_as_it_is(both: Any) -> None:
    play = both.play(fork(both)).do("draft").do("ask", asked=1)
    assert back(play, "check", "ask").steps == ["ask", "look"]
    play.do("look").do("ask")
    assert back(play, "check", "ask").steps == ["ask"]
    play.do("ask").do("check")
    assert play.steps == ["sign"]


def test_into_a_branch_whose_others_have_joined_is_refused_by_the_join(both: Any) -> None:
    play = both.play(fork(both)).do("draft").do("ask").do("look").do("check")
    for step in ("ask", "check", "look"):
        assert "“join” sẽ chờ mãi" in refusal(play, "sign", step)
    assert back(play, "sign", "draft").steps == ["draft"]


def test_an_inclusive_join_goes_on_with_the_branch_that_was_sent_back(both: Any) -> None:
    at = fork(both, "inclusiveGateway")
    play = both.play(at, wanted=True).do("draft").do("ask").do("look").do("check")
    assert back(play, "sign", "ask").steps == ["ask"]
    assert play.do("ask").do("check").steps == ["sign"]


def test_another_branch_that_runs_and_a_step_ahead_are_no_earlier_steps(both: Any) -> None:
    play = both.play(fork(both)).do("draft").do("ask")
    assert "không đứng trước" in refusal(play, "check", "look")
    assert "không đứng trước" in refusal(play, "check", "sign")
    assert "không đứng trước" in refusal(play, "check", "check")
    assert "không có bước đó" in refusal(play, "check", "nothing")
    assert "không có bước đó" in refusal(play, "check", "split")


def test_the_newest_token_at_a_join_goes_and_the_one_before_waits_on(both: Any) -> None:
    """Three branches come to one join; of two that are there the library cancels the older one."""
    at = begun(both).add("parallelGateway", "outer").add("parallelGateway", "inner")
    at.add("parallelGateway", "join")
    for step in ("draft", "first", "second", "third", "sign"):
        at.user(step)
    at.chain("begin", "outer", "draft", "inner", "first", "join", "sign", "done")
    at.chain("inner", "second", "join").chain("outer", "third", "join")
    play = both.play(at).do("draft").do("third", third=1).do("second")
    assert back(play, "first", "draft").steps == ["draft"]
    play.do("draft").do("first").do("second")
    assert play.steps == ["sign"] and play.step("sign").data["third"] == 1


def test_a_way_not_taken_is_not_gone_back_to(both: Any) -> None:
    at = begun(both).choice("which", "other").user("a").user("b").user("c").choice("merge")
    at.flow("begin", "which").flow("which", "a", "left").flow("which", "b", identity="other")
    at.flow("a", "merge").flow("b", "merge").chain("merge", "c", "done")
    play = both.play(at, left=True).do("a")
    assert "chưa qua bước “b”" in refusal(play, "c", "b")
    assert back(play, "c", "a").steps == ["a"]


def loop(kit: Any) -> Any:
    """draft → appraise → (again: draft | sign)"""
    at = begun(kit).choice("merge").user("draft").user("appraise").choice("good", "again").user("sign")
    at.chain("begin", "merge", "draft", "appraise", "good").flow("good", "merge", identity="again")
    return at.flow("good", "sign", "good_enough").flow("sign", "done")


def test_a_return_that_the_diagram_ordered_is_not_undone(both: Any) -> None:
    play = both.play(loop(both), good_enough=False).do("draft").do("appraise")
    assert "không đứng trước" in refusal(play, "draft", "appraise")
    play.do("draft")
    assert back(play, "appraise", "draft").steps == ["draft"]


def final(kit: Any, step: str) -> str:
    inner = '<spiffworkflow:properties><spiffworkflow:property name="noReturn" value="true"/>'
    return f"<bpmn:extensionElements>{inner}</spiffworkflow:properties></bpmn:extensionElements>"


def test_behind_a_step_of_no_return_only_what_came_after_it_is_gone_back_to(both: Any) -> None:
    at = begun(both).user("draft").user("send", final(both, "send")).user("wait").user("answer")
    play = both.play(at.chain("begin", "draft", "send", "wait", "answer", "done"))
    play.do("draft")
    assert back(play, "send", "draft").do("draft").do("send").steps == ["wait"]
    assert "Đã qua bước “send”" in refusal(play, "wait", "draft")
    play.do("wait")
    assert "Đã qua bước “send”" in refusal(play, "answer", "draft")
    assert back(play, "answer", "wait").steps == ["wait"]


def test_a_step_of_no_return_of_the_round_before_does_not_stand_between(both: Any) -> None:
    at = begun(both).choice("merge").user("draft").user("appraise").choice("good", "again")
    at.user("send", final(both, "send")).chain("begin", "merge", "draft", "appraise", "send", "good")
    at.flow("good", "merge", identity="again").flow("good", "done", "good_enough")
    play = both.play(at, good_enough=False).do("draft").do("appraise").do("send").do("draft")
    assert back(play, "appraise", "draft").steps == ["draft"]


def nested(kit: Any) -> Any:
    """ask → subprocess(work → show, a deadline and a message on it) → sign"""
    inner = begun(kit, "inside", "subProcess").user("work").user("show")
    inner.chain("inside_begin", "work", "show", "inside_done")
    at = begun(kit).user("ask").raw(inner.xml()).user("sign").user("late")
    at.boundary("too_late", "inside", kit.timer("timeDuration", '"P3D"'))
    at.boundary("told", "inside", kit.message("stop")).chain("told", "late")
    return at.chain("begin", "ask", "inside", "sign", "done").flow("too_late", "late").flow("late", "done")


def test_out_of_a_subprocess_what_waited_on_it_goes_with_it(both: Any) -> None:
    play = both.play(nested(both), messages=("stop",)).do("ask").do("work", worked=1)
    assert back(play, "show", "work").steps == ["work"]
    assert [wait.element for wait in play.run.timers] == ["too_late"]
    assert back(play, "work", "ask").steps == ["ask"]
    assert play.run.timers == [] and play.run.messages == []
    play.do("ask")
    assert [wait.element for wait in play.run.timers] == ["too_late"]
    play.do("work").do("show").do("sign")
    assert play.run.completed


def test_back_onto_a_step_whose_deadline_ended_it_gives_it_a_new_one(both: Any) -> None:
    at = begun(both).user("work").user("late").boundary("over", "work", both.timer("timeDuration", '"P3D"'))
    play = both.play(at.chain("begin", "work", "done").chain("over", "late", "done"))
    assert play.wait(days=4) == ["over"] and play.steps == ["late"]
    assert back(play, "late", "work").steps == ["work"]
    (wait,) = play.run.timers
    assert wait.due_at == play.host.now + dt.timedelta(days=3)
    assert play.wait(days=4) == ["over"] and play.steps == ["late"]
    back(play, "late", "work").do("work")
    assert play.run.completed and play.run.timers == []


def test_a_vote_is_withdrawn_whole_and_begins_anew(both: Any) -> None:
    at = begun(both).user("prepare").user("vote", both.each("members", "member")).user("sign")
    play = both.play(at.chain("begin", "prepare", "vote", "sign", "done"), members=["a", "b", "c"])
    play.do("prepare").do("vote", "a")
    task_id = play.step("vote", "b").engine_task_id
    assert [step.item for step in play.run.withdrawn_by(task_id, "prepare")] == ["c"]
    play.run.send_back(task_id, "prepare")
    assert play.steps == ["prepare"] and "member" not in play.step("prepare").data
    assert play.do("prepare").steps == ["vote"] * 3
    play.do("vote", "a").do("vote", "b").do("vote", "c")
    assert back(play, "sign", "vote").steps == ["vote"] * 3


def test_what_else_would_end_is_told_before(both: Any) -> None:
    play = both.play(fork(both)).do("draft").do("ask")
    look = play.step("look").engine_task_id
    assert [step.step for step in play.run.withdrawn_by(look, "draft")] == ["check"]
    assert play.run.withdrawn_by(play.step("check").engine_task_id, "ask") == []
    outer = both.play(nested(both), messages=("stop",)).do("ask")
    assert outer.run.withdrawn_by(outer.step("work").engine_task_id, "ask") == []


def test_only_a_step_that_waits_for_a_person_is_sent_back(kit: Any) -> None:
    play = kit.play(line(kit, "a", "b")).do("a")
    with pytest.raises(StepNotReady):
        play.run.send_back("00000000-0000-0000-0000-000000000001", "a")


def test_the_diagram_alone_tells_what_may_be_earlier(kit: Any) -> None:
    def names(diagram: Any, step: str, messages: tuple[str, ...] = ()) -> list[str]:
        parsed = parse({"test/p.bpmn": kit.document(diagram, messages=messages)}, "p")
        return [each.id for each in earlier_steps(parsed, step)]

    assert names(fork(kit), "sign") == ["draft", "ask", "check", "look"]
    assert names(fork(kit), "look") == ["draft"]
    assert names(loop(kit), "draft") == []
    assert names(nested(kit), "show", ("stop",)) == ["work", "ask"]


@settings(max_examples=150, deadline=None, report_multiple_bugs=False,
          suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow,
                                 HealthCheck.data_too_large, HealthCheck.large_base_example])  # fmt: skip
@given(data=st.data())
def test_a_random_process_ends_as_if_nothing_had_been_sent_back(kit: Any, data: Any) -> None:
    _random(kit, data)


@pytest.mark.nightly
@settings(max_examples=1500, deadline=None, report_multiple_bugs=False,
          suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow,
                                 HealthCheck.data_too_large, HealthCheck.large_base_example])  # fmt: skip
@given(data=st.data())
def test_many_random_processes_end_as_if_nothing_had_been_sent_back(kit: Any, data: Any) -> None:
    _random(kit, data)


def _random(kit: Any, data: Any) -> None:
    parsed = parse({"test/p.bpmn": process(kit, data.draw)}, "p")
    values = {"members": ["a", "b", "c"], "turn": data.draw(st.integers(0, 1)),
              "k_1": data.draw(st.integers(0, 2)), "k_2": data.draw(st.integers(0, 4))}  # fmt: skip
    straight = _walk(kit, parsed, values, None)
    assert _walk(kit, parsed, values, data) == straight


def _walk(kit: Any, parsed: Any, values: dict[str, Any], data: Any) -> dict[str, Any]:
    """Do whatever is ready, one chosen at random, now and then back; return what is known at the end."""
    host = kit.Host()
    run, backs = Run.start(parsed, dict(values), host), 0
    for _ in range(400):
        run = Run.load(parsed, run.dump(), host)
        if run.completed:
            return {key: sorted(v) if isinstance(v, list) else v for key, v in run.data.items()}
        ready = sorted(run.ready, key=lambda step: (step.step, str(step.item)))
        seen = [(step.step, str(step.item)) for step in ready]
        assert len(set(seen)) == len(seen), "two tokens where one was"
        assert ready, "nothing to do and not ended"
        step = ready[data.draw(st.integers(0, len(ready) - 1)) if data is not None else 0]
        earlier = [each.id for each in earlier_steps(parsed, step.step)]
        if data is not None and backs < 6 and earlier and data.draw(st.integers(0, 3)) == 3:
            backs += 1
            to = data.draw(st.sampled_from(earlier))
            try:
                run.send_back(step.engine_task_id, to)
            except NoWayBack:
                pass
            else:
                assert to in {each.step for each in run.ready}
            continue
        run.complete(step.engine_task_id, _answer(step))
    raise AssertionError("does not end")


def _answer(step: Any) -> dict[str, Any]:
    return {f"it_{step.step}" if step.step.startswith("v") else f"d_{step.step}": str(step.item)}
