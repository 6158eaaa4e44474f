"""Steps that many do: the list, what each gives, where it goes, and the counters of the program."""

from __future__ import annotations

import json

import pytest

from engine.lint import Known, lint_files
from tests.engine.bpmn_builder import FORM, Process

KNOWN = Known(roles={"clerk"}, services={"store"})
PEOPLE = "<bpmn:loopDataInputRef>people</bpmn:loopDataInputRef>"
EACH = '<bpmn:inputDataItem id="person"/>'
VOTES = "<bpmn:loopDataOutputRef>votes</bpmn:loopDataOutputRef>"
CHOICE = '<bpmn:outputDataItem id="choice"/>'
SCRIPT = "<bpmn:script>{}</bpmn:script>"


def many(*parts: str, until: str = "") -> str:
    end = f"<bpmn:completionCondition>{until}</bpmn:completionCondition>" if until else ""
    inner = "".join(parts)
    return f"<bpmn:multiInstanceLoopCharacteristics>{inner}{end}</bpmn:multiInstanceLoopCharacteristics>"


def lint(process: Process, form: bytes = FORM) -> dict[str, tuple[str, str]]:
    files = {"sample/sample.bpmn": process.content()}
    if 'id="ask"' in files["sample/sample.bpmn"].decode():
        files["sample/ask.form.json"] = form
    return {one.element_id: (one.message, one.advice) for one in lint_files(files, KNOWN)}


def asked(loop: str) -> Process:
    process = Process().node("startEvent", "start").user("ask", inside=loop).node("endEvent", "done")
    return process.flow("start", "ask", "done")


def worked(kind: str, inside: str) -> Process:
    process = Process().node("startEvent", "start").node(kind, "x", inside).node("endEvent", "done")
    return process.flow("start", "x", "done")


ENDS = (
    "len([v for v in votes if v == 'yes']) * 2 &gt; nrOfInstances",
    "nrOfCompletedInstances / nrOfInstances &gt; 0.5 and nrOfActiveInstances &gt; 0",
    "choice == 'no' or nrOfTerminatedInstances &gt; 0",
    "loopCounter == 2 and person != ''",
)


@pytest.mark.parametrize("until", ENDS)
def test_a_condition_reads_the_output_the_item_and_the_counters(until: str) -> None:
    assert lint(asked(many(PEOPLE, VOTES, EACH, CHOICE, until=until))) == {}


def test_an_output_that_the_form_does_not_ask_for_is_refused() -> None:
    form = json.dumps({**json.loads(FORM), "properties": {"other": {"type": "string", "title": "Khác"}},
                       "required": ["other"]}).encode()  # fmt: skip
    assert lint(asked(many(PEOPLE, VOTES, EACH, CHOICE)), form) == {
        "ask": (
            "mỗi lượt phải góp “choice” vào danh sách kết quả nhưng bước này không ghi giá trị đó",
            "thêm trường “choice” vào biểu mẫu của bước, hoặc chọn biến kết quả khác",
        )
    }


@pytest.mark.parametrize(
    ("kind", "inside", "told"),
    [
        ("scriptTask", SCRIPT.format("other = 1"), True),
        ("scriptTask", SCRIPT.format("choice = 1"), False),
        (
            "serviceTask",
            "<bpmn:extensionElements><spiffworkflow:serviceTaskOperator id='store'/></bpmn:extensionElements>",
            False,
        ),
    ],
)
def test_a_program_must_write_its_output_where_the_diagram_says_what_it_writes(
    kind: str, inside: str, told: bool
) -> None:
    loop = many(PEOPLE, VOTES, EACH, CHOICE)
    content = loop + inside if kind == "scriptTask" else inside + loop
    assert ("x" in lint(worked(kind, content))) == told


def test_a_list_to_which_nobody_gives_and_what_goes_nowhere_are_refused() -> None:
    assert lint(asked(many(PEOPLE, VOTES, EACH))) == {
        "ask": (
            "không nói mỗi lượt góp biến nào vào danh sách kết quả “votes” nên danh sách luôn trống",
            "ghi biến kết quả của mỗi lượt, ví dụ “vote”",
        )
    }
    assert lint(asked(many(PEOPLE, EACH, CHOICE))) == {
        "ask": (
            "biến kết quả “choice” của mỗi lượt bị bỏ vì không có danh sách kết quả",
            "ghi tên danh sách kết quả, ví dụ “votes”, hoặc bỏ biến này",
        )
    }


def test_an_output_over_its_own_input_is_refused() -> None:
    onto = "<bpmn:loopDataOutputRef>people</bpmn:loopDataOutputRef>"
    assert lint(asked(many(PEOPLE, onto, EACH, CHOICE))) == {
        "ask": (
            "danh sách kết quả trùng tên với danh sách để lặp “people” và xóa mất danh sách đó",
            "đặt tên khác cho danh sách kết quả",
        )
    }


@pytest.mark.parametrize("name", ["nrOfInstances", "nrOfTerminatedInstances"])
def test_a_counter_outside_a_condition_that_ends_the_step_is_refused(name: str) -> None:
    said = (
        f"“{name}” chỉ có nghĩa trong điều kiện dừng sớm của bước nhiều lượt",
        "đếm trên danh sách kết quả, ví dụ len(votes)",
    )
    loop = many(PEOPLE, EACH)
    assert lint(worked("scriptTask", loop + SCRIPT.format(f"a = {name}"))) == {"x": said}
    assert lint(worked("scriptTask", SCRIPT.format(f"a = {name}"))) == {"x": said}


def test_a_step_over_no_list_and_without_an_element_is_refused() -> None:
    assert lint(asked(many()))["ask"][0] == "bước nhiều lượt không nói lặp theo danh sách nào"
    assert lint(asked(many(PEOPLE)))["ask"][0] == "bước nhiều lượt thiếu biến cho từng phần tử"
    assert lint(asked(many("<bpmn:loopCardinality>3</bpmn:loopCardinality>"))) == {}


def test_an_element_whose_name_is_not_its_id_is_refused() -> None:
    other = '<bpmn:inputDataItem id="person" name="other_person"/>'
    assert lint(asked(many(PEOPLE, other)))["ask"] == (
        "biến của từng lượt có mã “person” nhưng tên là “other_person”: chương trình chỉ dùng mã",
        "đặt mã và tên giống nhau",
    )
