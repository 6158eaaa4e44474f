"""Every trap of the engine notes as a small diagram, refused by name."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from engine.lint import Finding, Known, lint_files, lint_path
from tests.engine import bpmn_builder as build
from tests.engine.bpmn_builder import Process, between, simple

KNOWN = Known(roles={"clerk", "chairman"}, services={"store"}, functions={"workdays"})


def lint(process: Process, **files: bytes) -> list[Finding]:
    given = {"sample/sample.bpmn": process.content(), "sample/ask.form.json": build.FORM, **files}
    return [f for f in lint_files(given, KNOWN) if "không bước nào dùng" not in f.message]


def errors(process: Process, **files: bytes) -> dict[str, str]:
    return {f.element_id: f.message for f in lint(process, **files) if f.level == "error"}


def test_a_plain_process_has_no_findings() -> None:
    assert lint(simple()) == []


MESSAGE = '<bpmn:messageEventDefinition messageRef="m1"/>'
TIMER = "<bpmn:timerEventDefinition><bpmn:{kind}>{text}</bpmn:{kind}></bpmn:timerEventDefinition>"


@pytest.mark.parametrize(
    ("kind", "inside", "message"),
    [
        ("task", "", "bước không có loại (task) sẽ đứng chờ như một việc của người"),
        ("manualTask", "", "bước thủ công (manual task) không có biểu mẫu nên không ai hoàn thành được"),
        ("sendTask", "", "bước gửi (send task) không được dùng"),
        ("complexGateway", "", "cổng phức hợp (complex gateway) không được hỗ trợ"),
        (
            "intermediateCatchEvent",
            "<bpmn:linkEventDefinition name='x'/>",
            "sự kiện liên kết (link) bị bỏ qua: nhánh sau nó không chạy",
        ),
        (
            "intermediateThrowEvent",
            "<bpmn:compensateEventDefinition/>",
            "bù trừ (compensation) không được hỗ trợ",
        ),
        ("intermediateThrowEvent", MESSAGE, "sự kiện gửi tin không được dùng"),
        ("intermediateCatchEvent", MESSAGE, "“x” không có tên tin nhắn để chờ"),
        ("receiveTask", "", "“x” không có tên tin nhắn để chờ"),
        ("intermediateCatchEvent", "", "sự kiện chờ không nói chờ gì"),
        (
            "intermediateCatchEvent",
            TIMER.format(kind="timeDuration", text=""),
            "sự kiện thời gian không nói khi nào",
        ),
        (
            "intermediateCatchEvent",
            TIMER.format(kind="timeDuration", text="P3D"),
            "thời hạn P3D thiếu dấu ngoặc kép nên bị tính như một phép toán",
        ),
        (
            "intermediateCatchEvent",
            TIMER.format(kind="timeDate", text="2022-12-31"),
            "thời hạn 2022-12-31 thiếu dấu ngoặc kép nên bị tính như một phép toán",
        ),
        (
            "intermediateCatchEvent",
            TIMER.format(kind="timeDuration", text='"10 ngày"'),
            'thời hạn "10 ngày" không đúng dạng',
        ),
        ("userTask", "", "bước “x” không có biểu mẫu"),
        ("serviceTask", "", "bước tự động “x” không nói làm gì"),
        ("businessRuleTask", "", "không có bảng quyết định “”"),
        ("callActivity", "", "không có quy trình “” để gọi"),
        ("scriptTask", "", "kịch bản để trống"),
    ],
)
def test_an_element_that_cannot_run_is_refused_by_name(kind: str, inside: str, message: str) -> None:
    found = [f for f in lint(between((kind, "x", inside))) if f.level == "error" and f.element_id == "x"]
    assert message in [f.message for f in found]
    assert all(f.advice and "\n" not in str(f) for f in found)


def test_a_quoted_timer_a_variable_and_a_named_message_pass() -> None:
    process = between(
        ("intermediateCatchEvent", "wait", TIMER.format(kind="timeDuration", text='"P10D"')),
        ("intermediateCatchEvent", "until", TIMER.format(kind="timeDate", text="due_on")),
        ("intermediateCatchEvent", "answer", MESSAGE),
    ).top('<bpmn:message id="m1" name="paper_result"/>')
    assert lint(process) == []


def test_a_signal_end_event_is_refused() -> None:
    process = Process().node("startEvent", "start").flow("start", "done")
    process.node("endEvent", "done", "<bpmn:signalEventDefinition/>")
    assert errors(process) == {"done": "sự kiện kết thúc kiểu tín hiệu bị bỏ qua"}


def test_an_error_end_that_nobody_catches_is_refused() -> None:
    process = Process().top('<bpmn:error id="e1" errorCode="lost"/>').node("startEvent", "start")
    process.node("endEvent", "failed", '<bpmn:errorEventDefinition errorRef="e1"/>').flow("start", "failed")
    assert errors(process) == {"failed": "không nơi nào bắt lỗi này: hồ sơ sẽ kết thúc như thể thành công"}


def _caught(boundaries: str) -> Process:
    inner = (
        '<bpmn:startEvent id="s"/><bpmn:sequenceFlow id="f" sourceRef="s" targetRef="failed"/>'
        '<bpmn:endEvent id="failed"><bpmn:errorEventDefinition errorRef="e1"/></bpmn:endEvent>'
    )
    process = Process(drawn=False).top('<bpmn:error id="e1" errorCode="lost"/>').node("startEvent", "start")
    process.node("subProcess", "block", inner).node("endEvent", "done").flow("start", "block", "done")
    return process.raw(boundaries)


def test_an_error_end_inside_a_block_that_catches_it_passes() -> None:
    caught = (
        '<bpmn:boundaryEvent id="b" attachedToRef="block"><bpmn:errorEventDefinition errorRef="e1"/>'
        '</bpmn:boundaryEvent><bpmn:sequenceFlow id="g" sourceRef="b" targetRef="done"/>'
    )
    assert errors(_caught(caught)) == {}


def test_a_specific_and_a_catch_all_error_boundary_are_refused() -> None:
    both = "".join(
        f'<bpmn:boundaryEvent id="b{n}" attachedToRef="block"><bpmn:errorEventDefinition {ref}/>'
        f'</bpmn:boundaryEvent><bpmn:sequenceFlow id="g{n}" sourceRef="b{n}" targetRef="done"/>'
        for n, ref in enumerate(('errorRef="e1"', ""))
    )
    assert list(errors(_caught(both))) == ["b1"]


def test_a_non_interrupting_message_boundary_is_refused() -> None:
    process = simple().top('<bpmn:message id="m1" name="voting_closed"/>')
    process.node("boundaryEvent", "close", MESSAGE, attachedToRef="ask", cancelActivity="false")
    process.flow("close", "done")
    assert errors(process) == {"close": "tin nhắn ở biên không ngắt chỉ nhận được một lần"}


def test_an_event_subprocess_is_refused() -> None:
    process = simple().node("subProcess", "aside", "", triggeredByEvent="true")
    assert errors(process) == {
        "aside": "quy trình con theo sự kiện chạy sai: không ngắt được và không kết thúc"
    }


def test_an_ad_hoc_subprocess_and_compensation_are_refused() -> None:
    process = between(("adHocSubProcess", "free", ""))
    assert "quy trình con tùy biến (ad hoc) không được hỗ trợ" in [f.message for f in lint(process)]
    process = simple()
    process.body[1] = process.body[1].replace("<bpmn:userTask", '<bpmn:userTask isForCompensation="true"')
    assert errors(process) == {"ask": "bù trừ (compensation) không được hỗ trợ"}


def test_two_flows_from_an_activity_are_refused() -> None:
    process = simple().node("endEvent", "other").flow("ask", "other")
    assert errors(process) == {"ask": "có 2 đường ra từ “ask”: tất cả sẽ cùng chạy"}


def test_a_condition_on_a_flow_that_leaves_an_activity_is_refused() -> None:
    process = Process().node("startEvent", "start").user("ask").node("endEvent", "done")
    process.flow("start", "ask").flow("ask", "done", condition="choice == 1")
    assert errors(process) == {"ask__done": "điều kiện trên đường ra của “ask” bị bỏ qua"}


def _choice(**gateway: str) -> Process:
    process = Process().node("startEvent", "start").node("exclusiveGateway", "which", **gateway)
    return process.node("endEvent", "yes").node("endEvent", "no").flow("start", "which")


def test_a_gateway_without_default_flow_is_refused() -> None:
    process = _choice().flow("which", "yes", condition="a").flow("which", "no", condition="not a")
    assert errors(process) == {
        "which": "cổng “which” không có đường mặc định: hồ sơ có thể không còn đường đi"
    }


def test_a_flow_without_condition_and_a_foreign_default_are_refused() -> None:
    process = _choice(default="which__no").flow("which", "yes").flow("which", "no")
    assert errors(process) == {"which__yes": "đường ra của cổng “which” thiếu điều kiện"}
    process = (
        _choice(default="elsewhere").flow("which", "yes", condition="a").flow("which", "no", condition="b")
    )
    assert "đường mặc định “elsewhere” không đi ra từ cổng này" in [f.message for f in lint(process)]


def test_a_choice_with_default_passes_and_a_default_with_condition_does_not() -> None:
    process = _choice(default="which__no").flow("which", "yes", condition="a").flow("which", "no")
    assert lint(process) == []
    process = (
        _choice(default="which__no").flow("which", "yes", condition="a").flow("which", "no", condition="b")
    )
    assert errors(process) == {"which__no": "đường mặc định không được có điều kiện"}


def test_two_timers_behind_one_event_gateway_pass_because_each_keeps_its_own_due_date() -> None:
    process = Process().node("startEvent", "start").node("eventBasedGateway", "race").node("endEvent", "done")
    for name in ("soon", "later"):
        process.node("intermediateCatchEvent", name, TIMER.format(kind="timeDuration", text='"P1D"'))
        process.flow("race", name, "done")
    process.flow("start", "race")
    assert lint(process) == []


def test_an_input_data_item_with_the_id_of_a_node_is_refused() -> None:
    loop = (
        "<bpmn:multiInstanceLoopCharacteristics><bpmn:loopDataInputRef>people</bpmn:loopDataInputRef>"
        '<bpmn:inputDataItem id="{}"/></bpmn:multiInstanceLoopCharacteristics>'
    )
    process = Process().node("startEvent", "start").user("ask", inside=loop.format("done"))
    process.node("endEvent", "done").flow("start", "ask", "done")
    found = errors(process)
    assert found["ask"] == "biến “done” trùng mã với một phần tử của sơ đồ và che mất phần tử đó"
    process = Process().node("startEvent", "start").user("ask", inside=loop.format("person_id"))
    process.node("endEvent", "done").flow("start", "ask", "done")
    assert errors(process) == {}


@pytest.mark.parametrize("reserved", ["Start", "End", "Root", "ask.EndJoin"])
def test_reserved_ids_are_refused(reserved: str) -> None:
    assert errors(between(("scriptTask", reserved, "<bpmn:script>a = 1</bpmn:script>"))) == {
        reserved: f"mã “{reserved}” trùng với mã dành riêng của bộ máy"
    }


def test_a_join_of_a_whole_block_passes_inside_a_loop() -> None:
    process = Process().node("startEvent", "start").node("exclusiveGateway", "merge")
    process.node("parallelGateway", "split").user("ask").user("look").node("parallelGateway", "join")
    process.node("exclusiveGateway", "again", default="again__done").node("endEvent", "done")
    process.flow("start", "merge", "split", "ask", "join", "again", "done").flow("split", "look", "join")
    process.flow("again", "merge", condition="more")
    found = errors(process, **{"sample/look.form.json": build.FORM})
    assert found == {}


def _half_in_a_loop() -> Process:
    process = Process().node("startEvent", "start").node("parallelGateway", "split")
    process.user("ask").user("look").node("parallelGateway", "join")
    process.node("exclusiveGateway", "again", default="again__done").node("endEvent", "done")
    process.flow("start", "split", "ask", "join", "again", "done").flow("split", "look", "join")
    return process.flow("again", "ask", condition="more")


def _leaves_the_block() -> Process:
    process = Process().node("startEvent", "start").node("exclusiveGateway", "merge")
    process.node("parallelGateway", "split").user("ask").user("look").node("parallelGateway", "join")
    process.node("exclusiveGateway", "again", default="again__join").node("endEvent", "done")
    process.flow("start", "merge", "split", "ask", "again", "join", "done").flow("split", "look", "join")
    return process.flow("again", "merge", condition="more")


HALF = "cổng nhập “join” nằm trong vòng lặp mà không nhập trọn các nhánh của một cổng chia trong vòng đó"
LEFT = "một nhánh quay lại trước cổng chia “split” khi các nhánh khác chưa về đến cổng nhập “join”"


@pytest.mark.parametrize(("draw", "what"), [(_half_in_a_loop, HALF), (_leaves_the_block, LEFT)])
def test_a_join_that_does_not_join_a_whole_block_of_its_round_is_refused(
    draw: Callable[[], Process], what: str
) -> None:
    assert errors(draw(), **{"sample/look.form.json": build.FORM}) == {"join": what}


def test_a_parallel_join_after_an_exclusive_choice_is_refused() -> None:
    process = Process().node("startEvent", "start").node("exclusiveGateway", "which", default="which__b")
    process.service("a").service("b").node("parallelGateway", "join").node("endEvent", "done")
    process.flow("start", "which", "b", "join", "done").flow("which", "a", condition="x").flow("a", "join")
    assert errors(process) == {"join": "cổng song song “join” chờ mọi nhánh nhưng cổng “which” chỉ chọn một"}


def test_a_data_object_two_subprocesses_down_is_refused() -> None:
    deep = (
        '<bpmn:startEvent id="s2"/><bpmn:scriptTask id="deep"><bpmn:dataInputAssociation id="a">'
        "<bpmn:sourceRef>ref</bpmn:sourceRef></bpmn:dataInputAssociation><bpmn:script>x = 1</bpmn:script>"
        '</bpmn:scriptTask><bpmn:endEvent id="e2"/>'
        '<bpmn:sequenceFlow id="f3" sourceRef="s2" targetRef="deep"/>'
        '<bpmn:sequenceFlow id="f4" sourceRef="deep" targetRef="e2"/>'
    )
    middle = (
        f'<bpmn:startEvent id="s1"/><bpmn:subProcess id="inner">{deep}</bpmn:subProcess>'
        '<bpmn:endEvent id="e1"/>'
        '<bpmn:sequenceFlow id="f1" sourceRef="s1" targetRef="inner"/>'
        '<bpmn:sequenceFlow id="f2" sourceRef="inner" targetRef="e1"/>'
    )
    process = between(("subProcess", "outer", middle))
    process.raw('<bpmn:dataObject id="d"/><bpmn:dataObjectReference id="ref" dataObjectRef="d"/>')
    assert errors(process) == {
        "deep": "đối tượng dữ liệu dùng ở quy trình con lồng từ hai cấp: bộ máy đọc mãi không xong"
    }


def test_missing_ends_dead_ends_and_unreachable_nodes_are_refused() -> None:
    process = Process().node("startEvent", "start").user("ask").flow("start", "ask")
    assert errors(process) == {
        "sample": "không có sự kiện kết thúc nên hồ sơ không bao giờ kết thúc",
        "ask": "“ask” là ngõ cụt: hồ sơ dừng ở đây mãi mãi",
    }
    process = simple().service("lost").flow("lost", "done")
    assert errors(process) == {"lost": "không đường nào dẫn tới “lost”"}


def test_a_loop_without_a_way_out_is_refused() -> None:
    process = Process().node("startEvent", "start").node("exclusiveGateway", "m").user("ask")
    process.node("endEvent", "done").flow("start", "m", "ask", "m")
    assert errors(process)["ask"] == "từ “ask” không thể tới sự kiện kết thúc nào"


def test_duplicate_ids_are_refused() -> None:
    process = simple().node("endEvent", "ask")
    assert "mã “ask” được dùng 2 lần" in [f.message for f in lint(process) if f.element_id == "ask"]


def test_a_process_that_is_not_executable_or_starts_twice_is_refused() -> None:
    process = simple()
    process.attributes = ""
    assert errors(process) == {"sample": "quy trình chưa được đánh dấu là chạy được"}
    process = simple().node("startEvent", "second").flow("second", "done")
    assert errors(process) == {"second": "có nhiều hơn một sự kiện bắt đầu; tất cả sẽ cùng chạy"}


@pytest.mark.parametrize(
    "expression",
    [
        "__import__('os').system('id')",
        "().__class__.__base__.__subclasses__()",
        "(lambda: 1)()",
        "open('/etc/passwd')",
        "choice = 1",
        "${choice}",
    ],
)
def test_an_expression_that_the_sandbox_refuses_is_named_with_its_flow(expression: str) -> None:
    process = _choice(default="which__no").flow("which", "yes", condition=expression).flow("which", "no")
    found = [f for f in lint(process) if f.level == "error"]
    assert [f.element_id for f in found] == ["which__yes"]


@pytest.mark.parametrize(
    ("script", "advice"),
    [
        ("x = __import__('os')", "việc này phải là một bước tự động (service task) do người lập trình viết"),
        ("x = [for", "viết một biểu thức đơn giản trên các biến của hồ sơ"),
    ],
)
def test_the_advice_for_a_script_fits_it(script: str, advice: str) -> None:
    [found] = lint(between(("scriptTask", "x", f"<bpmn:script>{script}</bpmn:script>")))
    assert (found.element_id, found.advice) == ("x", advice)


def test_scripts_properties_and_parameters_are_compiled() -> None:
    process = Process().node("startEvent", "start").user("ask", barred="[x for", dueDate="nowhere(1)")
    process.service(
        "keep",
        inside='<spiffworkflow:parameters><spiffworkflow:parameter id="p" type="str" value="a.__b"/>'
        "</spiffworkflow:parameters>",
    )
    process.node("scriptTask", "count", "<bpmn:script>import os</bpmn:script>").node("endEvent", "done")
    process.flow("start", "ask", "keep", "count", "done")
    assert set(errors(process)) == {"ask", "keep", "count"}
    assert "thuộc tính “dueDate” gọi hàm “nowhere” không có" in [f.message for f in lint(process)]


def test_a_registered_function_passes() -> None:
    process = (
        Process().node("startEvent", "start").user("ask", dueDate="workdays(5)").node("endEvent", "done")
    )
    assert lint(process.flow("start", "ask", "done")) == []


def test_lanes_must_be_roles_and_hold_every_user_task() -> None:
    process = Process().node("startEvent", "start").user("ask", role="nobody").node("endEvent", "done")
    assert errors(process.flow("start", "ask", "done")) == {
        "nobody": "làn “nobody” không phải là vai trò nào của hệ thống"
    }
    process = Process().node("startEvent", "start").user("ask", role=None).node("endEvent", "done")
    assert errors(process.flow("start", "ask", "done")) == {
        "ask": "bước “ask” không nằm trong làn nào nên không ai được giao"
    }


def test_what_a_step_refers_to_must_exist() -> None:
    process = (
        Process().node("startEvent", "start").user("sign", role="chairman").service("keep", "unheard_of")
    )
    called = (
        "<bpmn:extensionElements><spiffworkflow:calledDecisionId>terms</spiffworkflow:calledDecisionId>"
        "</bpmn:extensionElements>"
    )
    process.node("businessRuleTask", "decide", called).node("callActivity", "call", calledElement="other")
    process.node("endEvent", "done").flow("start", "sign", "keep", "decide", "call", "done")
    assert errors(process) == {
        "sign": "thiếu tệp biểu mẫu sample/sign.form.json",
        "keep": "thao tác “unheard_of” không có trong chương trình",
        "decide": "không có bảng quyết định “terms”",
        "call": "không có quy trình “other” để gọi",
    }


def test_a_process_that_calls_itself_is_refused() -> None:
    process = Process().node("startEvent", "start").node("callActivity", "again", calledElement="sample")
    process.node("endEvent", "done").flow("start", "again", "done")
    assert errors(process) == {"again": "quy trình gọi lại chính nó qua “sample”"}


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b'<!DOCTYPE a [<!ENTITY x "y">]><a>&x;</a>', "không chấp nhận khai báo DOCTYPE"),
        (
            b'<a xmlns:xi="http://www.w3.org/2001/XInclude"><xi:include href="/etc/passwd"/></a>',
            "không chấp nhận XInclude",
        ),
        (b'<?xml version="1.0" encoding="UTF-7"?><a/>', "tệp phải dùng bảng mã UTF-8"),
        ("<a/>".encode("utf-16"), "tệp phải dùng bảng mã UTF-8"),
        (b"<a>" * 101 + b"</a>" * 101, "các phần tử lồng nhau quá 100 cấp"),
        (b"<a>" + b"<b/>" * 50_000 + b"</a>", "tệp có quá 50000 phần tử"),
        (b"<a>" + b" " * 5_000_000 + b"</a>", "tệp lớn hơn 5 MB"),
    ],
)
def test_xml_that_is_not_plain_is_refused(content: bytes, reason: str) -> None:
    [found] = lint_files({"x.bpmn": content}, KNOWN)
    assert (found.level, found.message) == ("error", reason)


def test_broken_xml_names_its_line() -> None:
    [found] = lint_files({"x.dmn": b"<a>\n<b></a>"}, KNOWN)
    assert found.element_id == "dòng 2"


def test_a_diagram_without_picture_is_only_a_warning() -> None:
    process = simple()
    process.drawn = False
    assert [(f.level, f.message) for f in lint(process)] == [
        ("warning", "sơ đồ không có hình vẽ (DI) nên không xem được")
    ]


def test_a_diagram_that_stands_alone_is_only_a_warning(tmp_path: Path) -> None:
    (tmp_path / "sample.bpmn").write_bytes(simple().content())
    (tmp_path / "ask.form.json").write_bytes(build.FORM)
    found = lint_path(tmp_path / "sample.bpmn", KNOWN)
    assert [str(f) for f in found] == [
        "cảnh báo sample.bpmn: sơ đồ đứng một mình, không thuộc quy định nào → "
        "đặt sơ đồ vào một thư mục quy định có tệp regulation.toml"
    ]


def test_a_diagram_inside_a_regulation_is_linted_with_it(tmp_path: Path) -> None:
    (tmp_path / "regulation.toml").write_text('code = "a"\nname = "A"\n')
    (tmp_path / "sample").mkdir()
    (tmp_path / "sample" / "sample.bpmn").write_bytes(simple().content())
    (tmp_path / "sample" / "ask.form.json").write_bytes(build.FORM)
    assert lint_path(tmp_path / "sample" / "sample.bpmn", KNOWN) == []
    assert lint_path(tmp_path, KNOWN) == []
    (tmp_path / "regulation.toml").write_text('code = "a"\n')
    assert [f.message for f in lint_path(tmp_path, KNOWN)] == ["thiếu mục “name”"]
