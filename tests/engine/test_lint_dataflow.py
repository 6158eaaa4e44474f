"""What steps write and read: branches that overwrite each other, fields that vanish, names that break."""

from __future__ import annotations

import json
from collections.abc import Mapping

import pytest

from engine.lint import Finding, Known, lint_files
from tests.engine import bpmn_builder as build
from tests.engine.bpmn_builder import Process, between, simple

KNOWN = Known(roles={"clerk"}, services={"store"})
DECISION = (
    "<bpmn:extensionElements><spiffworkflow:calledDecisionId>terms</spiffworkflow:calledDecisionId>"
    "</bpmn:extensionElements>"
)


def form(*fields: str, read_only: str = "") -> bytes:
    made: dict[str, dict[str, object]] = {name: {"type": "string", "title": "Mục"} for name in fields}
    if read_only:
        made[read_only] = {"type": "string", "title": "Mục", "readOnly": True}
    return json.dumps({"title": "Việc", "type": "object", "properties": made}).encode()


def lint(process: Process, before: Mapping[str, bytes] | None = None, **files: bytes) -> list[Finding]:
    drawn = {"sample/sample.bpmn": process.content()}
    drawn.update({f"sample/{name}.form.json": content for name, content in files.items() if name != "terms"})
    if "terms" in files:
        drawn["sample/terms.dmn"] = files["terms"]
    return lint_files(drawn, KNOWN, before)


def script(text: str) -> str:
    return f"<bpmn:script>{text}</bpmn:script>"


def side_by_side(left: tuple[str, str], right: tuple[str, str], after: str = "x = 1") -> Process:
    """A parallel block of one step a branch, then a script."""
    process = Process().node("startEvent", "start").node("parallelGateway", "fork")
    for name, (kind, inside) in (("left", left), ("right", right)):
        if kind == "userTask":
            process.user(name)
        else:
            process.node(kind, name, inside)
    process.node("parallelGateway", "join").node("scriptTask", "after", script(after)).node(
        "endEvent", "done"
    )
    process.flow("start", "fork", "left", "join", "after", "done").flow("fork", "right", "join")
    return process


SAME = "“left” và “right” ở hai nhánh song song cùng ghi “total”: ai xong sau sẽ xóa giá trị kia"


@pytest.mark.parametrize(
    ("left", "right"),
    [
        (("scriptTask", script("total = 1")), ("scriptTask", script("total = 2"))),
        (("scriptTask", script("total = {}\ntotal['a'] = 1")), ("userTask", "")),
        (("userTask", ""), ("businessRuleTask", DECISION)),
    ],
)
def test_branches_that_write_the_same_variable_are_refused_where_it_is_read_afterwards(
    left: tuple[str, str], right: tuple[str, str]
) -> None:
    files = {"left": form("total"), "right": form("total")}
    used = {name: files[name] for name, side in (("left", left), ("right", right)) if side[0] == "userTask"}
    if "businessRuleTask" in (left[0], right[0]):
        used["terms"] = build.table([(["-"], ["1"])], outputs=("total",), inputs=("1",))
    [found] = lint(side_by_side(left, right, "x = total"), None, **used)
    assert (found.level, found.element_id, found.message) == ("error", "right", SAME)
    assert found.advice == "đặt cho mỗi nhánh một tên trường riêng"
    [found] = lint(side_by_side(left, right), None, **used)
    assert (found.level, found.element_id, found.message) == ("warning", "right", SAME)


def test_a_read_only_field_a_passing_name_and_a_variable_of_one_branch_are_no_clash() -> None:
    process = side_by_side(
        ("userTask", ""), ("scriptTask", script("right_total = [total for total in [1]]")), "x = total"
    )
    assert lint(process, left=form("note", read_only="total")) == []


def test_a_variable_that_both_ways_of_an_exclusive_choice_write_is_no_clash() -> None:
    process = side_by_side(
        ("scriptTask", script("total = 1")), ("scriptTask", script("total = 2")), "x = total"
    )
    process.body = [
        part.replace("parallelGateway", "exclusiveGateway").replace(
            'id="fork"', 'id="fork" default="fork__right"'
        )
        for part in process.body
    ]
    process.body = [
        part.replace(
            "></bpmn:sequenceFlow>",
            "><bpmn:conditionExpression>a</bpmn:conditionExpression></bpmn:sequenceFlow>",
        )
        if "fork__left" in part
        else part
        for part in process.body
    ]
    assert lint(process) == []


def test_a_clash_inside_a_subprocess_is_found_and_what_is_read_after_it_counts() -> None:
    block = side_by_side(("scriptTask", script("total = 1")), ("scriptTask", script("total = 2")))
    process = Process(drawn=False).node("startEvent", "s").node("endEvent", "e")
    process.node("subProcess", "block", "".join(block.body))
    process.node("scriptTask", "use", script("x = total")).flow("s", "block", "use", "e")
    [found] = [one for one in lint(process) if one.level == "error"]
    assert (found.element_id, found.message) == ("right", SAME)


def test_a_called_process_writes_for_its_caller() -> None:
    process = side_by_side(("scriptTask", script("total = 1")), ("callActivity", ""), "x = total")
    process.body = [
        part.replace('id="right"', 'id="right" calledElement="other"', 1) for part in process.body
    ]
    other = between(("scriptTask", "count", script("total = 2")))
    other.id = "other"
    files = {"sample/sample.bpmn": process.content(), "other/other.bpmn": other.content()}
    [found] = lint_files(files, KNOWN)
    assert (found.element_id, found.message) == ("right", SAME)


def asked(condition: str) -> Process:
    process = Process().node("startEvent", "start").user("ask")
    process.node("exclusiveGateway", "which", default="which__no").node("endEvent", "yes").node(
        "endEvent", "no"
    )
    return process.flow("start", "ask", "which", "no").flow("which", "yes", condition=condition)


def test_a_field_that_a_condition_needs_may_not_vanish_from_its_form() -> None:
    process = asked("verdict == 1")
    before = {"sample/sample.bpmn": process.content(), "sample/ask.form.json": form("verdict", "note")}
    [found] = lint(process, before, ask=form("note"))
    assert (found.level, found.file, found.element_id) == ("error", "sample/sample.bpmn", "which__yes")
    assert found.message == "điều kiện cần “verdict”, nhưng sau thay đổi này không bước nào ghi giá trị đó"
    assert found.advice == "giữ trường “verdict” trong biểu mẫu, hoặc sửa cả chỗ dùng nó"
    assert lint(process, before, ask=form("verdict")) == []
    assert lint(asked("note == 1"), before, ask=form("note")) == []


def test_of_a_missing_form_only_that_is_told() -> None:
    process = asked("verdict == 1")
    before = {"sample/sample.bpmn": process.content(), "sample/ask.form.json": form("verdict")}
    assert [one.message for one in lint(process, before)] == ["thiếu tệp biểu mẫu sample/ask.form.json"]


def test_a_field_that_vanishes_from_the_input_of_a_decision_is_found_and_one_written_elsewhere_is_not() -> (
    None
):
    process = Process().node("startEvent", "start").user("ask").node("businessRuleTask", "decide", DECISION)
    process.node("endEvent", "done").flow("start", "ask", "decide", "done")
    terms = build.table([(["-"], ["1"])])
    before = {"sample/sample.bpmn": process.content(), "sample/ask.form.json": form("award")}
    before["sample/terms.dmn"] = terms
    [found] = lint(process, before, ask=form("note"), terms=terms)
    assert (found.element_id, found.message) == (
        "decide",
        "bảng quyết định cần “award”, nhưng sau thay đổi này không bước nào ghi giá trị đó",
    )
    changed = Process().node("startEvent", "start").user("ask").node("scriptTask", "set", script("award = 1"))
    changed.node("businessRuleTask", "decide", DECISION).node("endEvent", "done")
    changed.flow("start", "ask", "set", "decide", "done")
    assert lint(changed, before, ask=form("note"), terms=terms) == []


LOOP = (
    "<bpmn:multiInstanceLoopCharacteristics><bpmn:loopDataInputRef>people</bpmn:loopDataInputRef>"
    '<bpmn:inputDataItem id="typename"/></bpmn:multiInstanceLoopCharacteristics>'
)


@pytest.mark.parametrize(
    "step",
    [
        ("scriptTask", "set", script("typename = 1")),
        ("scriptTask", "set", LOOP + script("a = 1")),
        (
            "serviceTask",
            "set",
            '<bpmn:extensionElements><spiffworkflow:serviceTaskOperator id="store" resultVariable="typename"/>'
            "</bpmn:extensionElements>",
        ),
    ],
)
def test_a_variable_named_typename_is_refused_wherever_it_comes_from(step: tuple[str, str, str]) -> None:
    [found] = lint(between(step))
    assert (found.element_id, found.message) == (
        "set",
        "biến tên “typename” làm hỏng dữ liệu của hồ sơ khi lưu",
    )


@pytest.mark.parametrize(
    "name",
    [
        "loopCounter",
        "nrOfInstances",
        "nrOfCompletedInstances",
        "nrOfActiveInstances",
        "nrOfTerminatedInstances",
    ],
)
def test_a_counter_of_the_program_is_read_and_not_written(name: str) -> None:
    [found] = lint(between(("scriptTask", "set", script(f"{name} = 1"))))
    assert (found.element_id, found.message) == (
        "set",
        f"biến “{name}” do chương trình đếm trong bước nhiều lượt",
    )
    until = f"<bpmn:completionCondition>{name} == 1</bpmn:completionCondition>"
    many = LOOP.replace("typename", "person").replace("</bpmn:multi", f"{until}</bpmn:multi")
    assert lint(between(("scriptTask", "set", many + script("a = 1")))) == []


def test_a_message_that_brings_typename_is_refused() -> None:
    process = between(("intermediateCatchEvent", "wait", '<bpmn:messageEventDefinition messageRef="m1"/>'))
    process.top(
        '<bpmn:message id="m1" name="answer"><bpmn:extensionElements><spiffworkflow:messageVariable>typename'
        "</spiffworkflow:messageVariable></bpmn:extensionElements></bpmn:message>"
    )
    assert [(one.element_id, one.message) for one in lint(process)] == [
        ("m1", "biến tên “typename” làm hỏng dữ liệu của hồ sơ khi lưu")
    ]


@pytest.mark.parametrize(
    ("expression", "message", "advice"),
    [
        ("choice == true", "điều kiện không dùng được: “true” không có nghĩa ở đây", "viết True"),
        ("false", "điều kiện không dùng được: “false” không có nghĩa ở đây", "viết False"),
        ("choice != null", "điều kiện không dùng được: “null” không có nghĩa ở đây", "viết None"),
    ],
)
def test_feel_that_python_would_read_as_a_name_is_refused(expression: str, message: str, advice: str) -> None:
    [found] = lint(asked(expression), ask=form("choice"))
    assert (found.element_id, found.message, found.advice) == ("which__yes", message, advice)


@pytest.mark.parametrize(
    "expression", ["if a then b else c", "some x in y satisfies x", 'date and time("2022-01-01")', "a = 1"]
)
def test_feel_that_is_no_python_is_refused(expression: str) -> None:
    assert [one.element_id for one in lint(asked(expression), ask=form("choice"))] == ["which__yes"]


def test_a_bare_duration_is_refused_in_a_due_date_too() -> None:
    process = Process().node("startEvent", "start").user("ask", dueDate="P3D").node("endEvent", "done")
    [found] = lint(process.flow("start", "ask", "done"), ask=form("choice"))
    assert found.message == (
        "thuộc tính “dueDate” không dùng được: thời hạn P3D thiếu dấu ngoặc kép nên bị tính như một phép toán"
    )


def test_true_in_a_cell_is_refused() -> None:
    terms = build.table([(["? == true"], ["1"]), (["-"], ["null"])])
    found = [one for one in lint(simple(), ask=form("choice"), terms=terms) if one.level == "error"]
    assert {one.element_id: one.message for one in found} == {
        "r1_i0": "ô vào ở dòng 1: “true” không có nghĩa ở đây",
        "r2_o0": "ô kết quả ở dòng 2 không dùng được: “null” không có nghĩa ở đây",
    }
