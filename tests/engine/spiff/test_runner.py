"""Runs of small diagrams, each for one thing that the library does otherwise than we need."""

from __future__ import annotations

import datetime as dt
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest

from engine.errors import StepFailed, StepNotReady
from engine.spiff.runner import Run
from engine.spiff.serializer import StateUnreadable, opened
from engine.spiff.values import ValueRefused


def straight(kit: Any, *elements: str) -> Any:
    diagram = kit.Diagram().add("startEvent", "s").add("endEvent", "e")
    for element in elements:
        diagram.user(element)
    return diagram.chain("s", *elements, "e")


def test_a_run_goes_from_step_to_step_and_ends(both: Any) -> None:
    play = both.play(straight(both, "draft", "check"), author="an")
    assert play.run.trace == ["s"]
    assert play.step("draft").data == {"author": "an"}
    play.do("draft", title="A").do("check", accepted=True)
    assert play.run.completed
    assert play.run.ended_at == ["e"]
    assert play.again().data == {"author": "an", "title": "A", "accepted": True}
    assert play.run.positions() == {"s": "done", "draft": "done", "check": "done", "e": "done"}


def test_the_trace_is_what_completed_since_the_last_look(kit: Any) -> None:
    play = kit.play(straight(kit, "draft"))
    play.do("draft")
    assert play.run.trace == ["draft", "e"]
    assert play.run.trace == []


def test_a_double_submit_is_refused(kit: Any) -> None:
    play = kit.play(straight(kit, "draft", "check"))
    step = play.step("draft")
    play.run.complete(step.engine_task_id, {})
    with pytest.raises(StepNotReady, match="draft"):
        play.run.complete(step.engine_task_id, {})
    with pytest.raises(StepNotReady):
        play.again().complete(step.engine_task_id, {})


def test_a_step_whose_turn_has_not_come_is_refused(kit: Any) -> None:
    play = kit.play(straight(kit, "draft", "check"))
    future = next(t for t in play.run._workflow.tasks.values() if t.task_spec.name == "check")
    with pytest.raises(StepNotReady, match="check"):
        play.run.complete(str(future.id), {})
    for unknown in (str(UUID(int=1)), "no id"):
        with pytest.raises(StepNotReady):
            play.run.complete(unknown, {})


def test_data_survive_a_reload_with_their_types(kit: Any) -> None:
    play = kit.play(straight(kit, "draft", "check"), flag=1, unchanged=True)
    play.do(
        "draft",
        day=dt.date(2022, 12, 12),
        at=dt.datetime(2022, 12, 12, 8, tzinfo=dt.UTC),
        amount=Decimal("0.30"),
        who=UUID(int=7),
        tags={"b", "a"},
        pair=(1, 2),
        flag=True,
        nested={"rows": [{"n": 1.0}]},
        counted={1: "x"},
    )
    data = play.step("check").data
    assert data == {
        "flag": True,
        "unchanged": True,
        "day": dt.date(2022, 12, 12),
        "at": dt.datetime(2022, 12, 12, 8, tzinfo=dt.UTC),
        "amount": Decimal("0.30"),
        "who": "00000000-0000-0000-0000-000000000007",
        "tags": ["a", "b"],
        "pair": [1, 2],
        "nested": {"rows": [{"n": 1.0}]},
        "counted": {"1": "x"},
    }
    assert data["flag"] is True
    assert str(data["amount"]) == "0.30"


@pytest.mark.parametrize(
    "bad", [{"typename": "x"}, {"rows": [{"typename": 1}]}, {"x": float("nan")}, {"x": object()}]
)
def test_what_would_break_a_reload_is_refused_when_it_enters(kit: Any, bad: dict[str, Any]) -> None:
    play = kit.play(straight(kit, "draft"))
    with pytest.raises(ValueRefused):
        play.do("draft", **bad)
    assert play.steps == ["draft"]
    with pytest.raises(ValueRefused):
        kit.play(straight(kit, "draft"), **bad)


def test_a_state_whose_keys_were_sorted_loses_no_data(kit: Any) -> None:
    import json

    import zstandard

    play = kit.play(straight(kit, "a", "b", "c"), start="here")
    play.do("a", one=1).do("b", two=2)
    envelope = opened(play.run.dump())
    shuffled = json.dumps(envelope, sort_keys=True).encode()
    run = Run.load(play.parsed, zstandard.ZstdCompressor().compress(shuffled), play.host)
    assert run.ready[0].data == {"start": "here", "one": 1, "two": 2}


def test_a_state_has_no_diagram_and_names_its_versions(kit: Any) -> None:
    play = kit.play(straight(kit, "draft"))
    envelope = opened(play.run.dump())
    assert set(envelope) == {"format", "library", "definition", "state", "ended_at", "done"}
    assert (envelope["format"], envelope["library"]) == (1, "3.2.0")
    assert "spec" not in envelope["state"]
    assert len(play.run.dump()) < 1000


def test_a_state_of_another_definition_or_a_broken_one_is_refused(kit: Any) -> None:
    play, other = kit.play(straight(kit, "draft")), kit.play(straight(kit, "draft", "check"))
    with pytest.raises(StateUnreadable):
        Run.load(other.parsed, play.run.dump(), other.host)
    with pytest.raises(StateUnreadable):
        Run.load(play.parsed, b"broken", play.host)


# -- services, scripts, gateways ------------------------------------------------------------------------


def test_a_service_gets_its_parameters_and_its_answer_is_merged(both: Any) -> None:
    host = both.Host(
        functions={"twice": lambda n: 2 * n},
        services={"sum_up": lambda p, d: {"total": p["n"] + d["n"], "n": 0}},
    )
    diagram = both.Diagram().add("startEvent", "s").service("sum_up", "sum_up", n="twice(n)").user("u")
    play = both.play(diagram.add("endEvent", "e").chain("s", "sum_up", "u", "e"), host=host, n=4)
    assert host.calls == [("sum_up", "sum_up", {"n": 8})]
    assert play.step("u").data == {"n": 0, "total": 12}


def test_a_service_cannot_change_data_but_by_its_answer(kit: Any) -> None:
    def spoil(_parameters: Any, data: dict[str, Any]) -> None:
        data["rows"].append(2)

    diagram = kit.Diagram().add("startEvent", "s").service("x", "spoil").user("u").add("endEvent", "e")
    play = kit.play(diagram.chain("s", "x", "u", "e"), host=kit.Host(services={"spoil": spoil}), rows=[1])
    assert play.step("u").data == {"rows": [1]}


def test_a_failing_service_names_its_element_and_cause(kit: Any) -> None:
    def fail(_parameters: Any, _data: Any) -> None:
        raise RuntimeError("no paper")

    diagram = kit.Diagram().add("startEvent", "s").service("make_draft", "fail").add("endEvent", "e")
    with pytest.raises(StepFailed) as caught:
        kit.play(diagram.chain("s", "make_draft", "e"), host=kit.Host(services={"fail": fail}))
    assert (caught.value.element, caught.value.cause) == ("make_draft", "RuntimeError: no paper")
    assert isinstance(caught.value.__cause__, RuntimeError)


def test_a_failing_script_condition_or_parameter_names_its_element(kit: Any) -> None:
    begin = kit.Diagram().add("startEvent", "s").add("endEvent", "e").script("calc", "x = missing + 1")
    with pytest.raises(StepFailed) as caught:
        kit.play(begin.chain("s", "calc", "e"))
    assert caught.value.element == "calc"
    assert caught.value.cause.startswith("Chưa có giá trị của tên “missing”")
    gate = kit.Diagram().add("startEvent", "s").choice("which", "d").add("endEvent", "e").user("u")
    gate.flow("s", "which").flow("which", "u", "outcome == 1").flow("which", "e", identity="d").flow("u", "e")
    with pytest.raises(StepFailed) as caught:
        kit.play(gate)
    assert caught.value.element == "which"


def test_a_script_changes_nothing_in_the_other_branch(both: Any) -> None:
    diagram = both.Diagram().add("startEvent", "s").add("parallelGateway", "g").add("endEvent", "e").user("u")
    diagram.script("change", "row['n'] = 2\nrow['rows'].append(9)").user("v")
    diagram.chain("s", "g", "u", "e").chain("g", "change", "v", "e")
    play = both.play(diagram, row={"n": 1, "rows": []})
    assert play.step("u").data == {"row": {"n": 1, "rows": []}}
    assert play.step("v").data == {"row": {"n": 2, "rows": [9]}}


def test_an_endless_diagram_is_stopped(kit: Any) -> None:
    diagram = kit.Diagram().add("startEvent", "s").choice("m").script("again", "n = n + 1").choice("g", "out")
    diagram.add("endEvent", "e").chain("s", "m", "again", "g").flow("g", "m", "n > 0").flow(
        "g", "e", identity="out"
    )
    with pytest.raises(StepFailed, match="Bước tự động"):
        kit.play(diagram, n=1)


def test_an_uncaught_error_end_fails_instead_of_succeeding(kit: Any) -> None:
    error = '<bpmn:errorEventDefinition id="x" errorRef="err"/>'
    diagram = (
        kit.Diagram().add("startEvent", "s").user("u").add("endEvent", "bad", error).chain("s", "u", "bad")
    )
    play = kit.play(diagram, head='<bpmn:error id="err" name="wrong" errorCode="w1"/>')
    with pytest.raises(StepFailed) as caught:
        play.do("u")
    assert caught.value.element == "bad"


def test_an_expression_over_a_step_sees_its_data_and_the_functions(kit: Any) -> None:
    host = kit.Host(functions={"workdays_after": lambda day, n: day + dt.timedelta(days=n)})
    play = kit.play(straight(kit, "u"), host=host, day=dt.date(2022, 12, 12))
    step = play.step("u")
    assert play.run.evaluate(step.engine_task_id, "workdays_after(day, 3)") == dt.date(2022, 12, 15)
    with pytest.raises(StepFailed):
        play.run.evaluate(step.engine_task_id, "day.__class__")


# -- messages -------------------------------------------------------------------------------------------


def test_a_message_is_taken_only_by_an_event_that_waits_for_it(both: Any) -> None:
    diagram = both.Diagram().add("startEvent", "s").user("u").catch("wait", both.message("result")).user("v")
    play = both.play(diagram.add("endEvent", "e").chain("s", "u", "wait", "v", "e"), messages=("result",))
    assert play.again().messages == []
    assert play.send("result", outcome="early") is False
    play.do("u")
    assert [(m.element, m.name) for m in play.again().messages] == [("wait", "result")]
    assert play.run.positions()["wait"] == "waiting"
    assert play.send("other") is False
    assert play.send("result", outcome="passed", rows=[{"n": 1}]) is True
    assert play.step("v").data == {"outcome": "passed", "rows": [{"n": 1}]}
    assert play.send("result", outcome="late") is False


def test_a_message_reached_again_in_a_loop_brings_its_new_payload(both: Any) -> None:
    diagram = (
        both.Diagram().add("startEvent", "s").choice("m").catch("wait", both.message("r")).choice("g", "d")
    )
    diagram.add("endEvent", "e").chain("s", "m", "wait", "g").flow("g", "m", "o == 'no'").flow(
        "g", "e", identity="d"
    )
    play = both.play(diagram, messages=("r",))
    assert play.send("r", o="no", first=1)
    assert play.send("r", o="yes")
    assert play.again().completed
    assert play.run.data == {"o": "yes", "first": 1}


def test_a_message_start_event_begins_with_the_data(kit: Any) -> None:
    diagram = kit.Diagram().add("startEvent", "s", kit.message("package_sent")).user("u").add("endEvent", "e")
    play = kit.play(diagram.chain("s", "u", "e"), messages=("package_sent",), lines=[1, 2])
    assert play.parsed.start_message == "package_sent"
    assert play.step("u").data == {"lines": [1, 2]}
    assert play.send("package_sent") is False


def test_a_receive_task_takes_its_message(both: Any) -> None:
    diagram = both.Diagram().add("startEvent", "s").add("receiveTask", "get", "", 'messageRef="msg_r"')
    play = both.play(diagram.add("endEvent", "e").chain("s", "get", "e"), messages=("r",))
    assert play.send("r", x=1)
    assert play.run.completed
    assert play.run.data == {"x": 1}


def test_behind_an_event_gateway_the_first_event_wins_and_timers_keep_their_own_time(both: Any) -> None:
    diagram = both.Diagram().add("startEvent", "s").add("eventBasedGateway", "g").add("endEvent", "e")
    diagram.catch("m1", both.message("r")).catch("t9", both.timer("timeDuration", '"P9D"')).user("a").user(
        "b"
    )
    diagram.catch("t1", both.timer("timeDuration", '"P1D"')).user("c").flow("s", "g")
    for event, after in (("m1", "a"), ("t9", "b"), ("t1", "c")):
        diagram.chain("g", event, after, "e")
    play = both.play(diagram, messages=("r",))
    assert [t.due_at.day for t in play.again().timers] == [13, 21]
    assert [m.element for m in play.run.messages] == ["g"]
    assert play.send("r", x=1)
    assert play.steps == ["a"]
    assert play.step("a").data == {"x": 1}
    late = both.play(diagram, messages=("r",))
    assert late.wait(days=2) == ["g"]
    assert late.steps == ["c"]


# -- votes ----------------------------------------------------------------------------------------------


def vote(kit: Any) -> Any:
    diagram = (
        kit.Diagram()
        .add("startEvent", "s")
        .choice("m")
        .user("cast_vote", kit.each("member_ids", "member_id"))
    )
    diagram.boundary("close_voting", "cast_vote", kit.message("voting_closed")).choice("j").user("confirm")
    diagram.choice("g", "done").add("endEvent", "e").chain("s", "m", "cast_vote", "j", "confirm", "g")
    return (
        diagram.flow("close_voting", "j").flow("g", "m", "choice == 'revote'").flow("g", "e", identity="done")
    )


def test_each_member_has_a_step_with_an_id_and_a_name_of_its_own(both: Any) -> None:
    play = both.play(vote(both), messages=("voting_closed",), member_ids=["an", "binh"])
    steps = play.again().ready
    assert [(s.step, s.item, s.data["member_id"]) for s in steps] == [
        ("cast_vote", "an", "an"),
        ("cast_vote", "binh", "binh"),
    ]
    assert len({s.engine_task_id for s in steps}) == 2
    assert play.run.positions()["cast_vote"] == "active"
    play.do("cast_vote", "binh", choice="agree")
    assert [s.item for s in play.again().ready] == ["an"]
    play.do("cast_vote", "an")
    assert play.steps == ["confirm"]
    assert play.step("confirm").data == {"member_ids": ["an", "binh"]}


def test_the_chair_closes_a_vote_while_some_are_silent(both: Any) -> None:
    play = both.play(vote(both), messages=("voting_closed",), member_ids=["an", "binh", "cuc"])
    play.do("cast_vote", "an")
    silent = play.step("cast_vote", "binh")
    assert play.send("voting_closed", closed_by="chair")
    assert play.steps == ["confirm"]
    assert play.step("confirm").data == {"member_ids": ["an", "binh", "cuc"], "closed_by": "chair"}
    with pytest.raises(StepNotReady):
        play.run.complete(silent.engine_task_id, {})
    assert play.run.messages == []


def test_a_vote_is_reached_again_in_a_loop(both: Any) -> None:
    play = both.play(vote(both), messages=("voting_closed",), member_ids=["an", "binh"])
    for _ in range(3):
        play.do("cast_vote", "an").do("cast_vote", "binh").do("confirm", choice="revote")
    play.do("cast_vote", "an")
    play.send("voting_closed")
    play.do("confirm", choice="confirm")
    assert play.again().completed


def test_an_empty_circle_of_voters_passes_at_once(both: Any) -> None:
    play = both.play(vote(both), messages=("voting_closed",), member_ids=[])
    assert play.steps == ["confirm"]


def test_collected_outputs_start_fresh_each_round(both: Any) -> None:
    diagram = (
        both.Diagram().add("startEvent", "s").choice("m").choice("g", "out").user("look").add("endEvent", "e")
    )
    diagram.user("v", both.each("ids", "who", output="votes", output_item="ballot", sequential=True))
    diagram.chain("s", "m", "v", "look", "g").flow("g", "m", "again").flow("g", "e", identity="out")
    play = both.play(diagram, ids=["a", "b"])
    play.do("v", ballot="yes").do("v", ballot="yes")
    assert play.step("look").data["votes"] == ["yes", "yes"]
    play.do("look", again=True).do("v", ballot="no").do("v", ballot="yes")
    assert play.step("look").data == {"ids": ["a", "b"], "votes": ["no", "yes"], "again": True}


def test_eight_threads_share_one_diagram_and_lose_no_vote(kit: Any) -> None:
    members = [f"m{n}" for n in range(6)]

    def one(number: int) -> dict[str, Any]:
        play = kit.play(vote(kit), messages=("voting_closed",), member_ids=members, number=number)
        for member in members:
            play.do("cast_vote", member)
        play.do("confirm", choice="revote")
        for member in reversed(members):
            play.do("cast_vote", member)
        play.do("confirm", choice="confirm", done=number)
        assert play.again().completed
        return dict(play.run.data)

    with ThreadPoolExecutor(8) as pool:
        results = list(pool.map(one, range(48)))
    assert [(r["number"], r["done"]) for r in results] == [(n, n) for n in range(48)]


# -- timers ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "expression", "due"),
    [
        ("timeDuration", '"P10D"', "2022-12-22T01:30:00+00:00"),
        ("timeDuration", '"PT36H"', "2022-12-13T13:30:00+00:00"),
        ("timeDuration", "timedelta(hours=1)", "2022-12-12T02:30:00+00:00"),
        ("timeDate", '"2022-12-20T08:00:00"', "2022-12-20T01:00:00+00:00"),
        ("timeDate", '"2022-12-20T08:00:00+07:00"', "2022-12-20T01:00:00+00:00"),
        ("timeDate", "due_on", "2022-12-19T17:00:00+00:00"),
        ("timeDate", '"2022-12-20"', "2022-12-19T17:00:00+00:00"),
    ],
)
def test_a_timer_is_due_in_business_time(both: Any, kind: str, expression: str, due: str) -> None:
    diagram = both.Diagram().add("startEvent", "s").catch("posting", both.timer(kind, expression))
    play = both.play(diagram.add("endEvent", "e").chain("s", "posting", "e"), due_on=dt.date(2022, 12, 20))
    when = dt.datetime.fromisoformat(due)
    assert [(t.element, t.due_at) for t in play.again().timers] == [("posting", when)]
    assert play.run.fire_timers(when - dt.timedelta(seconds=1)) == []
    assert play.again().fire_timers(when) == ["posting"]
    assert play.again().completed
    assert play.run.timers == []


def test_a_deadline_on_a_step_interrupts_it_or_reminds_beside_it(both: Any) -> None:
    for interrupting, expected in ((True, ["late"]), (False, ["late", "u"])):
        diagram = both.Diagram().add("startEvent", "s").user("u").user("late").add("endEvent", "e")
        diagram.boundary("b", "u", both.timer("timeDuration", '"P3D"'), interrupting=interrupting)
        play = both.play(diagram.chain("s", "u", "e").chain("b", "late", "e"))
        assert play.wait(days=2) == []
        assert play.wait(days=1) == ["b"]
        assert play.steps == expected


def test_a_step_done_in_time_leaves_no_timer(both: Any) -> None:
    diagram = both.Diagram().add("startEvent", "s").user("u").user("late").user("n").add("endEvent", "e")
    diagram.boundary("b", "u", both.timer("timeDuration", '"P3D"')).chain("s", "u", "n", "e").chain(
        "b", "late", "e"
    )
    play = both.play(diagram)
    play.do("u")
    assert play.again().timers == []
    assert play.wait(days=9) == []


def test_missed_rounds_of_a_cycle_are_made_up(both: Any) -> None:
    diagram = both.Diagram().add("startEvent", "s").user("u").user("remind").add("endEvent", "e")
    diagram.boundary("b", "u", both.timer("timeCycle", '"R3/P1D"'), interrupting=False)
    play = both.play(diagram.chain("s", "u", "e").chain("b", "remind", "e"))
    assert play.again().timers[0].due_at == dt.datetime(2022, 12, 13, 1, 30, tzinfo=dt.UTC)
    play.wait(days=10)
    assert play.steps == ["remind", "remind", "remind", "u"]


# -- subprocesses, lanes, decisions ---------------------------------------------------------------------


def test_lanes_are_ids_and_reach_into_subprocesses_and_called_processes(both: Any) -> None:
    inner = both.Diagram("block", "subProcess").add("startEvent", "bs").user("inside").add("endEvent", "be")
    called = (
        both.Diagram("other").add("startEvent", "os").user("u").add("endEvent", "oe").chain("os", "u", "oe")
    )
    diagram = both.Diagram().raw(
        '<bpmn:laneSet id="l"><bpmn:lane id="clerk" name="Văn thư"><bpmn:flowNodeRef>u</bpmn:flowNodeRef>'
        '<bpmn:flowNodeRef>call</bpmn:flowNodeRef></bpmn:lane><bpmn:lane id="chairman" name="Chủ tịch">'
        "<bpmn:flowNodeRef>block</bpmn:flowNodeRef></bpmn:lane></bpmn:laneSet>"
    )
    diagram.add("startEvent", "s").user("u").raw(inner.chain("bs", "inside", "be").xml())
    diagram.add("callActivity", "call", "", 'calledElement="other"').add("endEvent", "e")
    play = both.play(diagram.chain("s", "u", "block", "call", "e"), called)
    assert play.step("u").lane == "clerk"
    play.do("u", a=1)
    assert (play.step("inside").lane, play.step("inside").data) == ("chairman", {"a": 1})
    assert play.run.positions()["block"] == "active"
    play.do("inside", b=2)
    assert (play.step("u").lane, play.step("u").data) == ("clerk", {"a": 1, "b": 2})
    play.do("u")
    assert play.again().ended_at == ["e"]
    assert play.parsed.lanes == {"clerk": "Văn thư", "chairman": "Chủ tịch"}
    assert play.parsed.called == ("other",)


def test_a_step_carries_its_form_and_properties(kit: Any) -> None:
    properties = (
        "<bpmn:extensionElements><spiffworkflow:properties>"
        '<spiffworkflow:property name="formJsonSchemaFilename" value="u.form.json"/>'
        '<spiffworkflow:property name="assignee" value="author_id"/>'
        "</spiffworkflow:properties></bpmn:extensionElements>"
    )
    diagram = (
        kit.Diagram().add("startEvent", "s").user("u", properties).add("endEvent", "e").chain("s", "u", "e")
    )
    step = kit.play(diagram, author_id="an").step("u")
    assert step.form == "test/u.form.json"
    assert step.properties == {"formJsonSchemaFilename": "u.form.json", "assignee": "author_id"}
    assert (step.name, step.lane, step.item) == ("u", None, None)


DMN = """<definitions xmlns="https://www.omg.org/spec/DMN/20191111/MODEL/" id="d" name="d" namespace="x">
<decision id="eligibility" name="e"><decisionTable id="t" hitPolicy="{policy}">
<input id="i"><inputExpression id="x"><text>months</text></inputExpression></input>
<output id="o1" name="finding"/><output id="o2" name="level"/>
<rule id="r1"><description>Điều 1</description><inputEntry id="a"><text>&lt; 10</text></inputEntry>
<outputEntry id="b"><text>"short"</text></outputEntry>
<outputEntry id="c"><text>"warn"</text></outputEntry></rule>
<rule id="r2"><description>Điều 2</description><inputEntry id="f"><text>&lt; 6</text></inputEntry>
<outputEntry id="g"><text>"new"</text></outputEntry>
<outputEntry id="h"><text>"warn"</text></outputEntry></rule>
</decisionTable></decision></definitions>"""


def decided(kit: Any, policy: str, **data: Any) -> Any:
    diagram = kit.Diagram().add("startEvent", "s").choice("m").decision("check", "eligibility").user("u")
    diagram.choice("g", "out").add("endEvent", "e").chain("s", "m", "check", "u", "g")
    diagram.flow("g", "m", "again").flow("g", "e", identity="out")
    return kit.play(diagram, files={"test/e.dmn": DMN.format(policy=policy).encode()}, **data)


def test_a_collecting_decision_is_one_list_and_a_second_round_replaces_it(both: Any) -> None:
    play = decided(both, "COLLECT", months=3)
    rows = [
        {"finding": "short", "level": "warn", "citation": "Điều 1"},
        {"finding": "new", "level": "warn", "citation": "Điều 2"},
    ]
    assert play.step("u").data == {"months": 3, "eligibility": rows}
    play.do("u", again=True, months=8)
    assert play.step("u").data["eligibility"] == rows[:1]
    play.do("u", again=True, months=12)
    assert play.step("u").data["eligibility"] == []
    assert play.parsed.decisions == ("eligibility",)


def test_a_single_decision_sets_its_outputs_and_two_matches_fail(both: Any) -> None:
    play = decided(both, "UNIQUE", months=8)
    assert play.step("u").data == {
        "months": 8, "finding": "short", "level": "warn", "eligibility_citation": "Điều 1",
    }  # fmt: skip
    play.do("u", again=True, months=12)
    assert play.step("u").data["finding"] is None
    with pytest.raises(StepFailed) as caught:
        play.do("u", months=3)
    assert caught.value.element == "check"
    assert caught.value.cause == "Bảng quyết định “eligibility”: các dòng 1, 2 cùng khớp, phải chỉ có một"


def test_nested_blocks_that_a_deadline_cancels_leave_nothing_behind(both: Any) -> None:
    inner = both.Diagram("inner", "subProcess").add("startEvent", "is").user("deep").add("endEvent", "ie")
    body = inner.chain("is", "deep", "ie").xml()
    block = both.Diagram("block", "subProcess").raw(both.each("ids", "who")).add("startEvent", "bs").raw(body)
    block.add("endEvent", "be").chain("bs", "inner", "be")
    diagram = (
        both.Diagram().add("startEvent", "s").choice("m").raw(block.xml()).user("after").choice("g", "out")
    )
    diagram.boundary("stop", "block", both.timer("timeDuration", '"P1D"')).add("endEvent", "e").choice("j")
    diagram.chain("s", "m", "block", "j", "after", "g").flow("stop", "j")
    play = both.play(diagram.flow("g", "m", "again").flow("g", "e", identity="out"), ids=["a", "b"])
    for _ in range(3):
        play.do("deep")
        assert play.wait(days=1) == ["stop"]
        assert play.steps == ["after"]
        play.do("after", again=True)
        assert play.steps == ["deep", "deep"]
    play.do("deep").do("deep").do("after", again=False)
    assert play.again().completed
    assert play.run.timers == []


# -- compaction -----------------------------------------------------------------------------------------


def test_three_hundred_and_fifty_rounds_stay_flat_and_do_not_stick(kit: Any) -> None:
    diagram = (
        kit.Diagram().add("startEvent", "s").choice("m").user("u").choice("g", "out").add("endEvent", "e")
    )
    diagram.chain("s", "m", "u", "g").flow("g", "m", "again").flow("g", "e", identity="out")
    kit.reload = False
    play = kit.play(diagram)
    sizes = []
    for number in range(350):
        play.do("u", again=True, number=number)
        sizes.append(len(play.run.dump()))
        if number % 50 == 0:
            play.run = Run.load(play.parsed, play.run.dump(), play.host)
    assert max(sizes[5:]) < min(sizes[5:]) * 1.1
    assert len(play.run._workflow.tasks) < 20
    play.do("u", again=False)
    assert play.run.completed


@pytest.mark.parametrize("rounds", [("x", "y"), ("y", "x")])
def test_a_parallel_join_in_a_loop_waits_for_both_branches_every_round(
    both: Any, rounds: tuple[str, str]
) -> None:
    diagram = (
        both.Diagram().add("startEvent", "s").choice("m").add("parallelGateway", "f").user("x").user("y")
    )
    diagram.add("parallelGateway", "j").user("look").choice("g", "out").add("endEvent", "e")
    diagram.chain("s", "m", "f", "x", "j", "look", "g").chain("f", "y", "j")
    play = both.play(diagram.flow("g", "m", "again").flow("g", "e", identity="out"))
    for order in (("x", "y"), rounds, rounds[::-1], rounds):
        play.do(order[0])
        assert play.steps == [order[1]]
        play.do(order[1])
        assert play.steps == ["look"]
        play.do("look", again=True)
    assert play.again().positions()["x"] == "active"
