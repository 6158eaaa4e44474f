"""The verdict table of moving running instances: every row with a reload, then run to its end."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from engine.spiff.migrator import Migrated, migrate
from engine.spiff.parser import ParsedDefinition, parse
from engine.spiff.runner import Run
from engine.spiff.verdict import Verdict

NOON = dt.datetime(2022, 12, 12, 1, 30, tzinfo=dt.UTC)


class Mover:
    """Plays an instance on one diagram, moves it to another and plays on, reloaded before every step."""

    def __init__(self, kit: Any, old: Any, messages: tuple[str, ...] = (), **data: Any) -> None:
        self.kit, self.messages = kit, messages
        self.player = kit.play(*_list(old), messages=messages, **data)
        self.result = Migrated()

    def parsed(self, new: Any) -> ParsedDefinition:
        diagrams = _list(new)
        content = self.kit.document(*diagrams, messages=self.messages)
        return parse({"test/p.bpmn": content}, diagrams[0].identity)

    def move(self, new: Any, recompute: bool = False, **mapping: str) -> Mover:
        target, player = self.parsed(new), self.player
        before = {step.engine_task_id: step.data for step in player.again().ready}
        self.result = migrate(
            player.parsed, target, player.run.dump(), player.host, mapping=mapping, recompute=recompute
        )
        if self.result.state is not None:
            player.parsed = target
            player.run = Run.load(target, self.result.state, player.host)
            assert {step.engine_task_id: step.data for step in player.run.ready} == before
        return self

    def do(self, *steps: str, **data: Any) -> Mover:
        for step in steps:
            self.player.do(step, **data)
        return self

    @property
    def steps(self) -> list[str]:
        found: list[str] = self.player.steps
        return found

    @property
    def completed(self) -> bool:
        return bool(self.player.again().completed)

    @property
    def said(self) -> list[tuple[str, str]]:
        """Code and element of each finding."""
        return [(str(finding.code), finding.element) for finding in self.result.findings]

    def refused(self) -> list[str]:
        assert self.result.state is None
        assert self.result.verdict is Verdict.REFUSE
        return [str(f) for f in self.result.findings if f.verdict is Verdict.REFUSE]


def _list(diagrams: Any) -> list[Any]:
    return diagrams if isinstance(diagrams, list) else [diagrams]


@pytest.fixture
def mover(kit: Any) -> Any:
    return lambda old, **given: Mover(kit, old, **given)


@pytest.fixture
def line(kit: Any) -> Any:
    """line("a", "b") is start → a → b → end; steps are user tasks unless `b=lambda d: …` draws them."""

    def line(*steps: str, also: Any = None, **drawn: Any) -> Any:
        diagram = kit.Diagram().add("startEvent", "s").add("endEvent", "e")
        for step in steps:
            drawn.get(step, lambda d, step=step: d.user(step))(diagram)
        if also is not None:
            also(diagram)
        return diagram.chain("s", *steps, "e")

    return line


@pytest.fixture
def block(kit: Any) -> Any:
    """block("a", "b") is start → split → a, b → joined → c → end; `ways` draws branches otherwise."""

    def block(*branches: str, ways: Any = None, join: str = "joined", kind: str = "parallelGateway") -> Any:
        diagram = kit.Diagram().add("startEvent", "s").add("endEvent", "e")
        diagram.add("parallelGateway", "split").add(kind, join).user("c")
        for branch in branches:
            steps = (ways or {}).get(branch, (branch,))
            for step in steps:
                diagram.user(step)
            diagram.chain("split", *steps, join)
        return diagram.chain("s", "split").chain(join, "c", "e")

    return block


def named(step: str, name: str, body: str = "") -> Any:
    """A user task with another label."""
    return lambda d: d.raw(f'<bpmn:userTask id="{step}" name="{name}">{body}</bpmn:userTask>')


def form(path: str) -> str:
    return (
        "<bpmn:extensionElements><spiffworkflow:properties><spiffworkflow:property "
        f'name="formJsonSchemaFilename" value="{path}"/></spiffworkflow:properties></bpmn:extensionElements>'
    )


@pytest.fixture
def late(kit: Any) -> Any:
    """late("b", '"P1D"') hangs a deadline on b that leads to the user task `late`."""

    def late(host: str, expression: str, **given: Any) -> Any:
        def draw(diagram: Any) -> None:
            diagram.boundary("due", host, kit.timer("timeDuration", expression), **given)
            diagram.user("late").add("endEvent", "e2").chain("due", "late", "e2")

        return draw

    return late


@pytest.fixture
def posted(kit: Any) -> Any:
    """posted('"P10D"') draws a wait of ten days."""
    return lambda expression, kind="timeDuration": lambda d: d.catch("t", kit.timer(kind, expression))


@pytest.fixture
def vote(kit: Any) -> Any:
    """vote() draws one round of votes over `members`."""

    def vote(collection: str = "members", body: str = "") -> Any:
        loop = kit.each(collection, "member", output="votes", output_item="vote")
        return lambda d: d.user("v", body + loop)

    return vote


# -- safe ------------------------------------------------------------------------------------------


def test_a_step_inserted_ahead_is_done_when_its_turn_comes(mover: Any, line: Any) -> None:
    case = mover(line("a", "b", "c")).do("a").move(line("a", "b", "n", "c"))
    assert (case.result.verdict, case.said) == (Verdict.SAFE, [])
    assert case.do("b").steps == ["n"]
    assert case.do("n", "c").completed


def test_a_step_changed_ahead_is_done_as_it_is_now(mover: Any, line: Any) -> None:
    case = mover(line("a", "b")).move(line("a", "b", b=lambda d: d.script("b", "total = 2")))
    assert (case.result.verdict, case.said) == (Verdict.SAFE, [])
    assert case.do("a").completed
    assert case.player.run.data["total"] == 2


@pytest.mark.parametrize("changed", [named("a", "Tên mới"), named("a", "a", form("other.form.json"))])
def test_label_or_form_of_a_passed_step_may_change(mover: Any, line: Any, changed: Any) -> None:
    case = mover(line("a", "b")).do("a", note="kept").move(line("a", "b", a=changed))
    assert (case.result.verdict, case.said) == (Verdict.SAFE, [])
    assert case.player.step("b").data == {"note": "kept"}
    assert case.do("b").completed


def test_the_form_of_an_active_step_changes_under_the_person(mover: Any, line: Any) -> None:
    case = mover(line("a", "b")).move(line("a", "b", a=named("a", "Lập", form("new.form.json"))))
    assert (case.result.verdict, case.said) == (Verdict.SAFE, [])
    step = case.player.step("a")
    assert (step.name, step.form) == ("Lập", "test/new.form.json")
    assert case.do("a", "b").completed


def test_a_deadline_added_to_an_active_step_is_passed_in_time(mover: Any, line: Any, late: Any) -> None:
    case = mover(line("a", "b", "c")).do("a").move(line("a", "b", "c", also=late("b", '"P1D"')))
    assert (case.result.verdict, case.said) == (Verdict.SAFE, [("armed", "due")])
    assert [(t.element, t.due_at) for t in case.player.run.timers] == [("due", NOON + dt.timedelta(days=1))]
    assert case.do("b").steps == ["c"]
    assert case.player.again().timers == []
    assert case.do("c").completed


def test_a_deadline_added_to_an_active_step_fires(mover: Any, line: Any, late: Any) -> None:
    case = mover(line("a", "b", "c")).do("a").move(line("a", "b", "c", also=late("b", '"P1D"')))
    assert case.player.wait(days=1) == ["due"]
    assert case.steps == ["late"]
    assert case.do("late").completed


def test_a_reminder_added_to_an_active_step_fires_beside_it(mover: Any, line: Any, late: Any) -> None:
    added = late("b", '"P1D"', interrupting=False)
    case = mover(line("a", "b", "c")).do("a").move(line("a", "b", "c", also=added))
    case.player.wait(days=1)
    assert case.steps == ["b", "late"]
    assert case.do("b", "late", "c").completed


def test_a_deadline_removed_from_an_active_step_never_fires(mover: Any, line: Any, late: Any) -> None:
    case = mover(line("a", "b", "c", also=late("b", '"P1D"'))).do("a").move(line("a", "b", "c"))
    assert (case.result.verdict, case.said) == (Verdict.SAFE, [("disarmed", "due")])
    assert case.player.wait(days=2) == []
    assert case.steps == ["b"]
    assert case.do("b", "c").completed


def test_one_of_two_boundary_events_goes_and_a_third_comes(
    mover: Any, line: Any, kit: Any, late: Any
) -> None:
    def events(*names: str) -> Any:
        def draw(diagram: Any) -> None:
            late("b", '"P1D"')(diagram)
            for name in names:
                diagram.boundary(name, "b", kit.message(name)).add("endEvent", f"e_{name}")
                diagram.chain(name, f"e_{name}")

        return draw

    case = mover(line("b", "c", also=events("stopped")), messages=("stopped", "withdrawn"))
    case.move(line("b", "c", also=events("withdrawn")))
    assert sorted(case.said) == [("armed", "withdrawn"), ("disarmed", "stopped")]
    assert [wait.name for wait in case.player.again().messages] == ["withdrawn"]
    assert [t.due_at for t in case.player.run.timers] == [NOON + dt.timedelta(days=1)]
    assert not case.player.send("stopped")
    assert case.player.send("withdrawn")
    assert case.completed


def test_a_reminder_that_has_fired_goes_and_its_branch_lives_on(
    mover: Any, line: Any, kit: Any, late: Any
) -> None:
    def elsewhere(diagram: Any) -> None:
        diagram.boundary("other", "c", kit.message("m"), interrupting=False)
        diagram.user("late").add("endEvent", "e2").chain("other", "late", "e2")

    case = mover(line("b", "c", also=late("b", '"P1D"', interrupting=False)), messages=("m",))
    case.player.wait(days=1)
    case.move(line("b", "c", also=elsewhere))
    assert (case.result.verdict, case.said) == (Verdict.WARN, [("passed_removed", "due")])
    assert case.steps == ["b", "late"]
    assert case.do("b", "late", "c").completed


@pytest.mark.parametrize("called", [False, True], ids=["embedded", "called"])
def test_a_change_inside_an_active_subprocess(mover: Any, kit: Any, line: Any, called: bool) -> None:
    def inner(*steps: str) -> Any:
        inside = kit.Diagram("sp", "process" if called else "subProcess")
        inside.add("startEvent", "is").add("endEvent", "ie")
        for step in steps:
            inside.user(step)
        return inside.chain("is", *steps, "ie")

    def outer(inside: Any) -> Any:
        if called:
            call = '<bpmn:callActivity id="call" name="call" calledElement="sp"/>'
            return [line("a", "call", "c", call=lambda d: d.raw(call)), inside]
        return line("a", "sp", "c", sp=lambda d: d.raw(inside.xml()))

    case = mover(outer(inner("x", "y"))).do("a", "x").move(outer(inner("x", "y", "z")))
    assert (case.result.verdict, case.said) == (Verdict.SAFE, [])
    assert case.do("y").steps == ["z"]
    assert case.do("z", "c").completed


def test_an_unrelated_edit_keeps_a_waiting_timers_due_date(mover: Any, line: Any, posted: Any) -> None:
    case = mover(line("a", "t", "c", t=posted('"P10D"'))).do("a")
    case.player.host.now += dt.timedelta(days=4)
    case.move(line("a", "t", "c", t=posted('"P10D"'), c=named("c", "Tên mới")))
    assert (case.result.verdict, case.said) == (Verdict.SAFE, [])
    assert [t.due_at for t in case.player.run.timers] == [NOON + dt.timedelta(days=10)]
    assert case.player.wait(days=5) == []
    assert case.player.wait(days=1) == ["t"]
    assert case.do("c").completed


def test_an_unrelated_edit_loses_no_cast_vote(mover: Any, line: Any, vote: Any) -> None:
    members = ["x", "y", "z"]
    case = mover(line("a", "v", "c", v=vote()), members=members).do("a")
    case.player.do("v", "y", vote="yes")
    case.move(line("a", "v", "n", "c", v=vote()))
    assert (case.result.verdict, case.said) == (Verdict.SAFE, [])
    assert [step.item for step in case.player.again().ready] == ["x", "z"]
    case.player.do("v", "x", vote="no x").do("v", "z", vote="no z")
    assert case.steps == ["n"]
    assert case.player.step("n").data["votes"] == ["no x", "yes", "no z"]
    assert case.do("n", "c").completed


@pytest.mark.parametrize("interrupting", [True, False])
def test_a_deadline_added_to_a_running_vote_knows_what_was_said(
    mover: Any, line: Any, late: Any, vote: Any, interrupting: bool
) -> None:
    case = mover(line("v", "n", v=vote()), members=["x", "y", "z"])
    case.player.do("v", "z", vote="no z")
    case.move(line("v", "n", v=vote(), also=late("v", '"P1D"', interrupting=interrupting)))
    case.player.do("v", "x", vote="no x")
    assert case.player.wait(days=2) == ["due"]
    assert case.player.step("late").data["votes"] == ["no x", "no z"]
    if not interrupting:
        case.player.do("v", "y", vote="yes").do("late")
        assert case.player.step("n").data["votes"] == ["no x", "yes", "no z"]


def test_a_deadline_added_to_a_vote_fires_before_anybody_else_speaks(
    mover: Any, line: Any, late: Any, vote: Any
) -> None:
    case = mover(line("v", v=vote()), members=["x", "y", "z"])
    case.player.do("v", "y", vote="yes")
    case.move(line("v", v=vote(), also=late("v", '"P1D"')))
    assert case.player.wait(days=2) == ["due"]
    assert case.player.step("late").data["votes"] == ["yes"]


def test_a_message_that_is_waited_for_still_comes(mover: Any, line: Any, kit: Any) -> None:
    waits = {"m": lambda d: d.catch("m", kit.message("result"))}
    case = mover(line("m", "c", **waits), messages=("result",)).move(line("m", "n", "c", **waits))
    assert case.result.verdict is Verdict.SAFE
    assert case.player.send("result", outcome="passed")
    assert case.player.step("n").data == {"outcome": "passed"}
    assert case.do("n", "c").completed


# -- to be accepted --------------------------------------------------------------------------------


def test_a_step_inserted_before_the_token_is_not_done(mover: Any, line: Any) -> None:
    case = mover(line("a", "b", "c")).do("a").move(line("a", "n", "b", "c"))
    assert (case.result.verdict, case.said) == (Verdict.WARN, [("inserted_before", "n")])
    assert case.steps == ["b"]
    assert case.do("b", "c").completed


def test_a_passed_step_may_go(mover: Any, line: Any) -> None:
    case = mover(line("a", "b", "c", "d")).do("a", "b").move(line("c", "d"))
    assert case.result.verdict is Verdict.WARN
    assert case.said == [("passed_removed", "a"), ("passed_removed", "b")]
    assert "“b” đã làm xong" in str(case.result.findings[1])
    assert case.do("c", "d").completed


def test_a_passed_step_of_an_open_block_may_go(mover: Any, block: Any) -> None:
    old = block("a", "b", ways={"a": ("a1", "a2"), "b": ("b1", "b2")})
    case = mover(old).do("a1", "b1").move(block("a", "b", ways={"a": ("a2",), "b": ("b1", "b2")}))
    assert (case.result.verdict, case.said) == (Verdict.WARN, [("passed_removed", "a1")])
    assert case.do("a2", "b2", "c").completed


@pytest.mark.parametrize(("recompute", "days"), [(False, 10), (True, 15)])
def test_a_changed_term_is_kept_or_counted_from_its_old_beginning(
    mover: Any, line: Any, posted: Any, recompute: bool, days: int
) -> None:
    case = mover(line("a", "t", "c", t=posted('"P10D"'))).do("a")
    case.player.host.now += dt.timedelta(days=4)
    case.move(line("a", "t", "c", t=posted('"P15D"')), recompute=recompute)
    assert (case.result.verdict, case.said) == (Verdict.WARN, [("timer_changed", "t")])
    assert "08:30 22/12/2022" in str(case.result.findings[0])
    assert "08:30 27/12/2022" in str(case.result.findings[0])
    assert [t.due_at for t in case.player.run.timers] == [NOON + dt.timedelta(days=days)]
    assert case.player.wait(days=days - 4) == ["t"]
    assert case.do("c").completed


@pytest.mark.parametrize(("recompute", "hours"), [(False, 24), (True, 54)])
def test_a_changed_cycle_goes_on_or_begins_anew(
    mover: Any, line: Any, kit: Any, recompute: bool, hours: int
) -> None:
    def reminded(expression: str) -> Any:
        def draw(diagram: Any) -> None:
            diagram.boundary("due", "b", kit.timer("timeCycle", expression), interrupting=False)
            diagram.user("late").add("endEvent", "e2").chain("due", "late", "e2")

        return draw

    case = mover(line("b", also=reminded('"R3/P1D"')))
    case.player.host.now += dt.timedelta(hours=6)
    case.move(line("b", also=reminded('"R3/P2D"')), recompute=recompute)
    assert (case.result.verdict, case.said) == (Verdict.WARN, [("timer_changed", "due")])
    assert [t.due_at for t in case.player.run.timers] == [NOON + dt.timedelta(hours=hours)]
    case.player.wait(hours=hours)
    assert case.do("late", "b").completed


def test_another_message_is_waited_for(mover: Any, line: Any, kit: Any) -> None:
    waits = [{"m": lambda d, name=name: d.catch("m", kit.message(name))} for name in ("old", "new")]
    case = mover(line("m", "c", **waits[0]), messages=("old", "new")).move(line("m", "c", **waits[1]))
    assert (case.result.verdict, case.said) == (Verdict.WARN, [("event_changed", "m")])
    assert not case.player.send("old")
    assert case.player.send("new")
    assert case.do("c").completed


# -- refused ---------------------------------------------------------------------------------------


def test_a_live_step_that_is_gone_is_refused_by_name(mover: Any, line: Any) -> None:
    case = mover(line("a", "b", "c", b=named("b", "Thẩm định"))).do("a").move(line("a", "c"))
    assert case.refused() == [
        "Bước “Thẩm định” đang làm không có trong sơ đồ mới: chọn bước thay thế cho nó."
    ]
    assert case.do("b", "c").completed


def test_a_live_step_follows_the_administrators_mapping(mover: Any, line: Any, late: Any) -> None:
    old = line("a", "b", "c", also=late("b", '"P9D"'))
    case = mover(old).do("a").move(line("a", "b2", "c", also=late("b2", '"P9D"')), b="b2")
    assert (case.result.verdict, case.said) == (Verdict.SAFE, [])
    assert case.steps == ["b2"]
    assert case.player.again().positions() == {"s": "done", "a": "done", "b2": "active", "due": "waiting"}
    assert case.do("b2", "c").completed


def test_votes_follow_the_administrators_mapping(mover: Any, line: Any, kit: Any, vote: Any) -> None:
    renamed = kit.each("members", "member", output="votes", output_item="vote")
    case = mover(line("v", "c", v=vote()), members=["x", "y"])
    case.player.do("v", "x", vote="yes")
    case.move(line("v2", "c", v2=lambda d: d.user("v2", renamed)), v="v2")
    assert case.result.verdict is Verdict.SAFE
    case.player.do("v2", "y", vote="no")
    assert case.player.step("c").data["votes"] == ["yes", "no"]


def test_another_type_of_a_live_step_is_refused_by_name(mover: Any, line: Any) -> None:
    case = mover(line("a", "b")).do("a").move(line("a", "b", b=lambda d: d.script("b", "x = 1")))
    assert case.said == [("kind_changed", "b")]
    assert case.refused() == [
        "Bước “b” đang làm đổi loại trong sơ đồ mới: làm xong bước này trước khi chuyển."
    ]


def test_a_single_step_that_becomes_a_vote_is_refused(mover: Any, line: Any, vote: Any) -> None:
    case = mover(line("v", "c"), members=["x"]).move(line("v", "c", v=vote()))
    assert case.said == [("kind_changed", "v")]
    assert case.refused()


def test_a_timer_that_becomes_a_message_is_refused(mover: Any, line: Any, kit: Any, posted: Any) -> None:
    case = mover(line("t", "c", t=posted('"P1D"')), messages=("m",))
    case.move(line("t", "c", t=lambda d: d.catch("t", kit.message("m"))))
    assert case.said == [("kind_changed", "t")]
    assert case.refused()


def test_another_definition_of_a_running_vote_is_refused_by_name(mover: Any, line: Any, vote: Any) -> None:
    case = mover(line("v", "c", v=vote()), members=["x", "y"], others=["z"])
    case.player.do("v", "x", vote="yes")
    case.move(line("v", "c", v=vote("others")))
    assert case.said == [("loop_changed", "v")]
    assert "Bước “v” đang lấy ý kiến từng người" in case.refused()[0]
    case.player.do("v", "y", vote="no")
    assert case.player.step("c").data["votes"] == ["yes", "no"]


@pytest.mark.parametrize("passed", [(), ("a",)], ids=["nobody at the join", "one at the join"])
def test_a_branch_added_to_an_open_block_is_refused_by_name(
    mover: Any, block: Any, passed: tuple[str, ...]
) -> None:
    case = mover(block("a", "b")).do(*passed).move(block("a", "b", "k"))
    assert ("join_changed", "joined") in case.said
    assert "“joined” chờ các nhánh làm song song" in case.refused()[0]
    assert case.do(*({"a", "b"} - set(passed)), "c").completed


def test_a_branch_taken_from_an_open_block_after_it_arrived_is_refused(mover: Any, block: Any) -> None:
    case = mover(block("a", "b", "k")).do("k").move(block("a", "b"))
    assert ("join_changed", "joined") in case.said
    assert case.refused()


def test_a_step_inserted_on_an_open_branch_is_ahead(mover: Any, block: Any) -> None:
    case = mover(block("a", "b")).do("a").move(block("a", "b", ways={"b": ("b", "n")}))
    assert (case.result.verdict, case.said) == (Verdict.SAFE, [])
    assert case.do("b").steps == ["n"]
    assert case.do("n", "c").completed


def test_a_branch_added_before_the_block_is_reached_is_done(mover: Any, line: Any, kit: Any) -> None:
    def asked(*branches: str) -> Any:
        diagram = kit.Diagram().add("startEvent", "s").add("endEvent", "e").user("first")
        diagram.add("parallelGateway", "split").add("parallelGateway", "joined")
        for branch in branches:
            diagram.user(branch).chain("split", branch, "joined")
        return diagram.chain("s", "first", "split").chain("joined", "e")

    case = mover(asked("a", "b")).move(asked("a", "b", "k"))
    assert (case.result.verdict, case.said) == (Verdict.SAFE, [])
    assert case.do("first").steps == ["a", "b", "k"]
    assert case.do("a", "b", "k").completed


def test_branches_put_in_a_row_while_both_are_at_work_are_refused(mover: Any, block: Any, line: Any) -> None:
    case = mover(block("a", "b")).move(line("a", "b", "c"))
    assert ("branches_meet", "a") in case.said
    assert "“a” và “b” đang được làm song song" in case.refused()[0]


def test_a_join_that_no_longer_waits_is_refused_while_branches_are_open(mover: Any, block: Any) -> None:
    case = mover(block("a", "b")).move(block("a", "b", kind="exclusiveGateway"))
    assert case.said[0] == ("branches_meet", "a")
    assert "“c”" in case.refused()[0]


def test_another_called_process_while_inside_is_refused_by_name(mover: Any, kit: Any, line: Any) -> None:
    def calling(name: str) -> list[Any]:
        inner = kit.Diagram(name).add("startEvent", "is").user("x").add("endEvent", "ie")
        call = f'<bpmn:callActivity id="call" name="Bình xét" calledElement="{name}"/>'
        return [line("call", "c", call=lambda d: d.raw(call)), inner.chain("is", "x", "ie")]

    case = mover(calling("first")).move(calling("second"))
    assert case.said == [("call_changed", "call")]
    assert "Bước “Bình xét” đang chạy một quy trình con khác" in case.refused()[0]
    assert case.do("x", "c").completed


def test_a_deadline_whose_expression_fails_on_the_data_is_refused(mover: Any, line: Any, late: Any) -> None:
    case = mover(line("b")).move(line("b", also=late("b", "not_there")))
    assert case.said == [("expression_fails", "due")]
    assert "Không tính được thời hạn hoặc người làm của “due”" in case.refused()[0]
