"""The index of notes/engine.md: each trap and each element that the library does not run rightly, beside the
diagram that lint refuses by name or the test that proves it right in our layer."""

from __future__ import annotations

import ast
import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from engine.lint import Known, lint_files
from tests.engine import bpmn_builder as build
from tests.engine.bpmn_builder import Process, between, simple

TESTS = Path(__file__).resolve().parents[1]
KNOWN = Known(roles={"clerk"}, services={"store"})
SCRIPT = "<bpmn:script>a = 1</bpmn:script>"
SIGNAL = '<bpmn:signalEventDefinition signalRef="sig"/>'
MESSAGE = '<bpmn:messageEventDefinition messageRef="msg"/>'
ERROR = '<bpmn:errorEventDefinition errorRef="err"/>'
TIMER = "<bpmn:timerEventDefinition><bpmn:timeDuration>{}</bpmn:timeDuration></bpmn:timerEventDefinition>"
MANY = (
    "<bpmn:multiInstanceLoopCharacteristics><bpmn:loopDataInputRef>people</bpmn:loopDataInputRef>"
    '<bpmn:inputDataItem id="{}"/></bpmn:multiInstanceLoopCharacteristics>'
)
MANY_OUT = (
    "<bpmn:multiInstanceLoopCharacteristics><bpmn:loopDataInputRef>people</bpmn:loopDataInputRef>"
    '<bpmn:loopDataOutputRef>{}</bpmn:loopDataOutputRef><bpmn:inputDataItem id="person"/>{}'
    "</bpmn:multiInstanceLoopCharacteristics>"
)
FILES = {"sample/ask.form.json": build.FORM}


@dataclass(frozen=True)
class Refused:
    """Files in which one element must be found: with these words, and with these words of advice."""

    made: Callable[[], dict[str, bytes]]
    element: str
    message: str
    advice: str


@dataclass(frozen=True)
class Proved:
    """Tests, by file and name, that show our layer to be right."""

    file: str
    names: tuple[str, ...]


def drawn(made: Callable[[], Process], **files: bytes) -> Callable[[], dict[str, bytes]]:
    return lambda: {"sample/sample.bpmn": made().content(), **FILES, **files}


def cells(given: str, answer: str = "1", **options: str) -> Callable[[], dict[str, bytes]]:
    return lambda: {"sample/terms.dmn": build.table([([given], [answer])], **options)}  # type: ignore[arg-type]


def runner(*names: str) -> Proved:
    return Proved("engine/spiff/test_runner.py", names)


def events(*names: str) -> Proved:
    return Proved("engine/spiff/test_events.py", names)


def limits(*names: str) -> Proved:
    return Proved("engine/test_lint_limits.py", names)


def step(kind: str, inside: str = "", identity: str = "x") -> Callable[[], dict[str, bytes]]:
    return drawn(lambda: between((kind, identity, inside)).top('<bpmn:message id="msg" name="m"/>'))


def ending(definition: str) -> Callable[[], dict[str, bytes]]:
    def made() -> Process:
        process = Process().top('<bpmn:error id="err" errorCode="lost"/>').node("startEvent", "start")
        return process.node("endEvent", "x", definition).flow("start", "x")

    return drawn(made)


def edged(*definitions: str, interrupting: str = "true") -> Callable[[], dict[str, bytes]]:
    """The task with events on its edge."""

    def made() -> Process:
        process = simple().top('<bpmn:error id="err" errorCode="lost"/><bpmn:message id="msg" name="m"/>')
        for number, definition in enumerate(definitions):
            process.node(
                "boundaryEvent", f"x{number}", definition, attachedToRef="ask", cancelActivity=interrupting
            )
            process.flow(f"x{number}", "done")
        return process

    return drawn(made)


def conditional() -> Process:
    process = Process().node("startEvent", "start").user("ask").node("endEvent", "done")
    return process.flow("start", "ask").flow("ask", "done", condition="choice == 1")


def endless() -> Process:
    return Process().node("startEvent", "start").user("ask").flow("start", "ask")


def looping() -> Process:
    process = (
        Process().node("startEvent", "start").node("exclusiveGateway", "merge").service("a").service("b")
    )
    process.node("parallelGateway", "split").node("parallelGateway", "join").node("endEvent", "done")
    process.node("exclusiveGateway", "again", default="again__done").flow("split", "b", "join")
    process.flow("start", "split", "merge", "a", "join", "again", "done")
    return process.flow("again", "merge", condition="more")


def clashing() -> Process:
    process = Process().node("startEvent", "start").node("parallelGateway", "f").node("parallelGateway", "j")
    for name in ("left", "right"):
        process.node("scriptTask", name, SCRIPT).flow("f", name, "j")
    process.node("scriptTask", "use", "<bpmn:script>x = a</bpmn:script>").node("endEvent", "done")
    return process.flow("start", "f").flow("j", "use", "done")


def outside() -> Process:
    process = Process().node("startEvent", "start").user("ask", role="nobody").node("endEvent", "done")
    return process.flow("start", "ask", "done")


def undecided() -> Process:
    process = Process().node("startEvent", "start").node("exclusiveGateway", "x").node("endEvent", "done")
    return process.node("endEvent", "other").flow("start", "x", "done").flow("x", "other", condition="a")


def typename() -> dict[str, bytes]:
    field = {"typename": {"type": "string", "title": "Loại"}}
    content = json.dumps({"title": "Việc", "type": "object", "properties": field}).encode()
    return {"sample/sample.bpmn": simple().content(), "sample/ask.form.json": content}


def deep() -> Process:
    read = "<bpmn:dataInputAssociation id='a'><bpmn:sourceRef>r</bpmn:sourceRef></bpmn:dataInputAssociation>"
    nested = f'<bpmn:subProcess id="inner"><bpmn:scriptTask id="x">{read}{SCRIPT}</bpmn:scriptTask></bpmn:subProcess>'
    process = between(("subProcess", "outer", nested))
    return process.raw('<bpmn:dataObject id="d"/><bpmn:dataObjectReference id="r" dataObjectRef="d"/>')


def doctype() -> dict[str, bytes]:
    content = simple().content().replace(b"<bpmn:definitions", b"<!DOCTYPE x []><bpmn:definitions", 1)
    return {"sample/sample.bpmn": content, **FILES}


ONE_LIST = "“1,5,7” không bao giờ khớp; hãy viết “? in (1,5,7)”"
RESERVED = "mã “{}” trùng với mã dành riêng của bộ máy"
TRAPS: dict[int, list[Refused | Proved]] = {
    1: [runner("test_a_state_whose_keys_were_sorted_loses_no_data")],
    2: [
        runner(
            "test_data_survive_a_reload_with_their_types",
            "test_eight_threads_share_one_diagram_and_lose_no_vote",
        )
    ],
    3: [
        Refused(typename, "typename", "làm hỏng dữ liệu của hồ sơ khi lưu", "đổi tên"),
        runner("test_what_would_break_a_reload_is_refused_when_it_enters"),
    ],
    4: [runner("test_a_state_has_no_diagram_and_names_its_versions")],
    5: [runner("test_data_survive_a_reload_with_their_types")],
    6: [runner("test_a_double_submit_is_refused", "test_a_step_whose_turn_has_not_come_is_refused")],
    7: [runner("test_a_failing_service_names_its_element_and_cause")],
    8: [
        runner("test_a_failing_script_condition_or_parameter_names_its_element"),
        Proved(
            "engine/test_incidents.py",
            ("test_retry_goes_on_when_the_cause_is_gone_and_the_incident_is_kept",),
        ),
    ],
    9: [
        Refused(
            drawn(clashing),
            "right",
            "ở hai nhánh song song cùng ghi “a”",
            "đặt cho mỗi nhánh một tên trường riêng",
        ),
        runner("test_a_script_changes_nothing_in_the_other_branch"),
    ],
    10: [
        Refused(drawn(looping), "join", "nằm trong vòng lặp", "đưa cả khối vào một quy trình con"),
        runner("test_a_parallel_join_in_a_loop_waits_for_both_branches_every_round"),
        Proved(
            "engine/spiff/test_joins.py",
            ("test_in_each_round_what_a_branch_found_last_is_known_after_the_join",),
        ),
    ],
    11: [runner("test_three_hundred_and_fifty_rounds_stay_flat_and_do_not_stick")],
    12: [
        limits(
            "test_an_explosion_is_refused_by_name_while_it_is_small",
            "test_blocks_in_subprocesses_of_their_own_pass",
        )
    ],
    13: [
        Refused(drawn(deep), "x", "bộ máy đọc mãi không xong", "dùng biến thường"),
        limits("test_a_draft_that_takes_too_long_is_stopped_and_named"),
    ],
    14: [
        *(
            Refused(step("scriptTask", SCRIPT, name), name, RESERVED.format(name), "đổi mã")
            for name in ("Start", "End", "Root", "ask.EndJoin")
        ),
        Refused(step("scriptTask", MANY.format("done") + SCRIPT), "x", "che mất phần tử đó", "đổi tên biến"),
        Proved(
            "engine/spiff/test_parser.py",
            ("test_an_operator_or_a_loop_variable_with_the_id_of_a_node_does_not_hide_it",),
        ),
    ],
    15: [
        runner(
            "test_collected_outputs_start_fresh_each_round",
            "test_a_vote_is_reached_again_in_a_loop",
            "test_the_chair_closes_a_vote_while_some_are_silent",
        ),
        Proved(
            "engine/spiff/test_multi_instance.py",
            (
                "test_all_at_once_ends_when_the_condition_holds_over_what_all_have_said",
                "test_a_deadline_keeps_what_was_said_before_it",
                "test_a_vote_again_starts_with_an_empty_box_and_no_script",
            ),
        ),
        Proved(
            "engine/spiff/test_multi_instance_edges.py",
            ("test_programs_that_are_not_needed_any_more_do_not_run",),
        ),
        Refused(
            step("scriptTask", MANY_OUT.format("people", "<bpmn:outputDataItem id='a'/>") + SCRIPT),
            "x",
            "trùng tên với danh sách để lặp",
            "đặt tên khác",
        ),
        Refused(
            step("scriptTask", MANY_OUT.format("votes", "") + SCRIPT), "x", "luôn trống", "ghi biến kết quả"
        ),
        Refused(
            step("scriptTask", MANY_OUT.format("votes", "<bpmn:outputDataItem id='b'/>") + SCRIPT),
            "x",
            "không ghi giá trị đó",
            "chọn biến kết quả khác",
        ),
    ],
    16: [
        runner(
            "test_a_timer_is_due_in_business_time",
            "test_missed_rounds_of_a_cycle_are_made_up",
            "test_an_endless_diagram_is_stopped",
            "test_nested_blocks_that_a_deadline_cancels_leave_nothing_behind",
        ),
    ],
    17: [events("test_the_loggers_of_the_library_say_no_task_data")],
    18: [
        Refused(cells("1,5,7"), "r1_i0", ONE_LIST, "viết một giá trị"),
        Refused(cells('"a","b"'), "r1_i0", "không bao giờ khớp", "viết một giá trị"),
        Refused(cells("[1..10]"), "r1_i0", "khoảng viết là “5 < ? < 10”", "viết một giá trị"),
    ],
    19: [Refused(doctype, "", "không chấp nhận khai báo DOCTYPE", "lưu lại tệp từ trình vẽ sơ đồ")],
}

LIBRARY: dict[str, list[Refused | Proved]] = {
    "link event": [
        Refused(
            step("intermediateThrowEvent", "<bpmn:linkEventDefinition name='l'/>"),
            "x",
            "bị bỏ qua",
            "nối thẳng",
        )
    ],
    "signal end event": [
        Refused(ending(SIGNAL), "x", "tín hiệu bị bỏ qua", "đặt sự kiện phát tín hiệu trước")
    ],
    "condition on a flow that leaves an activity": [
        Refused(
            drawn(conditional),
            "ask__done",
            "điều kiện trên đường ra của “ask” bị bỏ qua",
            "đặt một cổng loại trừ",
        )
    ],
    "event subprocess": [
        Refused(
            drawn(lambda: simple().node("subProcess", "x", "", triggeredByEvent="true")),
            "x",
            "quy trình con theo sự kiện chạy sai",
            "dùng sự kiện gắn ở biên",
        )
    ],
    "uncaught error end": [
        Refused(ending(ERROR), "x", "không nơi nào bắt lỗi này", "bắt lỗi ở biên của bước gọi"),
        runner("test_an_uncaught_error_end_fails_instead_of_succeeding"),
    ],
    "specific and catch-all error boundary": [
        Refused(
            edged(ERROR, "<bpmn:errorEventDefinition/>"), "x1", "cả hai sẽ cùng chạy", "giữ một sự kiện lỗi"
        ),
        Refused(edged(ERROR, ERROR), "x1", "cùng bắt mã “lost”", "giữ một sự kiện cho mỗi mã"),
        events("test_two_error_events_on_one_edge_both_start_which_is_why_lint_refuses_them"),
    ],
    "non-interrupting message boundary": [
        Refused(edged(MESSAGE, interrupting="false"), "x0", "chỉ nhận được một lần", "dùng sự kiện ngắt")
    ],
    "non-interrupting signal or escalation boundary": [
        Refused(edged(SIGNAL, interrupting="false"), "x0", "tín hiệu ở biên không ngắt", "dùng sự kiện ngắt"),
        Refused(
            edged("<bpmn:escalationEventDefinition/>", interrupting="false"),
            "x0",
            "một lần",
            "dùng sự kiện ngắt",
        ),
        events("test_an_event_that_does_not_interrupt_is_heard_once_which_is_why_lint_refuses_it"),
    ],
    "two timers behind one event gateway": [
        runner("test_behind_an_event_gateway_the_first_event_wins_and_timers_keep_their_own_time")
    ],
    "DMN RULE ORDER": [
        Refused(cells("-", policy="RULE ORDER"), "terms", "“RULE ORDER” chạy sai", "dùng UNIQUE")
    ],
    "UNIQUE with two matches": [
        runner("test_a_single_decision_sets_its_outputs_and_two_matches_fail"),
        Proved("engine/spiff/test_dmn.py", ("test_unique_with_two_matches_names_both_rows",)),
    ],
    "plain task": [Refused(step("task"), "x", "bước không có loại (task)", "đổi thành bước người làm")],
    "no end event": [Refused(drawn(endless), "sample", "không có sự kiện kết thúc", "thêm sự kiện kết thúc")],
    "complex gateway": [Refused(step("complexGateway"), "x", "cổng phức hợp", "dùng cổng loại trừ")],
    "compensation": [
        Refused(
            step("intermediateThrowEvent", "<bpmn:compensateEventDefinition/>"),
            "x",
            "bù trừ",
            "vẽ bước sửa lại",
        )
    ],
    "ad hoc subprocess": [
        Refused(step("adHocSubProcess"), "x", "tùy biến (ad hoc)", "dùng quy trình con thường")
    ],
    "FEEL": [
        Refused(cells("? == true"), "r1_i0", "“true” không có nghĩa ở đây", "viết True"),
        Refused(cells("-", "if a then b else c"), "r1_o0", "không dùng được", "viết một biểu thức đơn giản"),
    ],
    "DMN annotation column": [
        Refused(cells("-", extra='<annotation id="note"/>'), "note", "cột chú thích", "ghi căn cứ vào mô tả")
    ],
    "bare P3D": [
        Refused(
            step("intermediateCatchEvent", TIMER.format("P3D")), "x", "P3D thiếu dấu ngoặc kép", 'viết "P3D"'
        )
    ],
    "lane that is no role": [
        Refused(drawn(outside), "nobody", "không phải là vai trò nào", "đặt mã làn là một vai trò: clerk")
    ],
    "gateway without default": [
        Refused(drawn(undecided), "x", "không có đường mặc định", "đánh dấu một đường ra")
    ],
    "missing form": [
        Refused(
            lambda: {"sample/sample.bpmn": simple().content()}, "ask", "thiếu tệp biểu mẫu", "thêm tệp này"
        )
    ],
    "field in use that vanishes": [
        Proved(
            "engine/test_lint_dataflow.py",
            ("test_a_field_that_a_condition_needs_may_not_vanish_from_its_form",),
        )
    ],
    "right in the library": [
        events(
            "test_a_signal_reaches_a_branch_that_waits_for_it",
            "test_a_signal_or_an_escalation_on_the_edge_ends_the_block",
            "test_a_caught_error_goes_its_own_way_and_none_goes_on",
            "test_terminate_ends_the_other_branch",
            "test_a_transaction_is_cancelled_or_goes_on",
            "test_a_condition_is_waited_for",
        ),
        Proved(
            "engine/spiff/test_differential.py",
            ("test_a_random_process_goes_as_in_the_library_though_reloaded_at_every_step",),
        ),
    ],
}

TABLE = [(str(name), entry) for table in (TRAPS, LIBRARY) for name, found in table.items() for entry in found]
REFUSED = [(name, entry) for name, entry in TABLE if isinstance(entry, Refused)]
PROVED = [(name, entry) for name, entry in TABLE if isinstance(entry, Proved)]


def test_every_trap_has_an_answer() -> None:
    assert sorted(TRAPS) == list(range(1, 20))
    assert all([*TRAPS.values(), *LIBRARY.values()])


@pytest.mark.parametrize(
    ("name", "entry"), REFUSED, ids=[f"{name}-{entry.element}" for name, entry in REFUSED]
)
def test_it_is_refused_by_name_with_what_to_do_instead(name: str, entry: Refused) -> None:
    found = [one for one in lint_files(entry.made(), KNOWN) if one.level == "error"]
    named = [one for one in found if one.element_id == entry.element and entry.message in one.message]
    assert named, [str(one) for one in found]
    assert all(entry.advice in one.advice for one in named)


@pytest.mark.parametrize(
    ("name", "entry"), PROVED, ids=[f"{name}-{entry.names[0]}" for name, entry in PROVED]
)
def test_the_proof_is_there(name: str, entry: Proved) -> None:
    tree = ast.parse((TESTS / entry.file).read_text(encoding="utf-8"))
    there = {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}
    assert set(entry.names) - there == set()
