"""What a step says about who may not do it and which timer follows its due date names what exists."""

from __future__ import annotations

import pytest

from engine.lint import Finding, Known, lint_files
from tests.engine import bpmn_builder as build
from tests.engine.bpmn_builder import Process

KNOWN = Known(roles={"clerk", "chairman"}, services={"store"}, functions=set())
FORMS = {f"sample/{step}.form.json": build.FORM for step in ("ask", "sign")}
EACH_MEMBER = (
    "<bpmn:multiInstanceLoopCharacteristics><bpmn:loopDataInputRef>members</bpmn:loopDataInputRef>"
    '<bpmn:inputDataItem id="member" name="member"/></bpmn:multiInstanceLoopCharacteristics>'
)


def lint(process: Process) -> list[Finding]:
    return lint_files({"sample/sample.bpmn": process.content(), **FORMS}, KNOWN)


def messages(process: Process, element: str) -> list[str]:
    return [f.message for f in lint(process) if f.element_id == element and f.level == "error"]


def signed(**properties: str) -> Process:
    process = Process().node("startEvent", "begin").user("ask").user("sign", "chairman", **properties)
    return process.node("endEvent", "done").flow("begin", "ask", "sign", "done")


def timed(timer: str, inside: str = "", attached: str = "sign") -> Process:
    process = Process().node("startEvent", "begin").user("ask")
    process.user("sign", "chairman", inside, dueTimer="late").node("endEvent", "done")
    definition = f"<bpmn:timerEventDefinition>{timer}</bpmn:timerEventDefinition>"
    process.node("boundaryEvent", "late", definition, attachedToRef=attached, cancelActivity="false")
    return process.node("endEvent", "told").flow("begin", "ask", "sign", "done").flow("late", "told")


ONCE = '<bpmn:timeDuration>"P5D"</bpmn:timeDuration>'
AGAIN = '<bpmn:timeCycle>"R3/P1D"</bpmn:timeCycle>'
NOT_ONE = "“late” không phải hẹn giờ một lần đặt trên biên của bước này"


def test_a_step_says_true_or_nothing_about_the_way_back() -> None:
    assert lint(signed(noReturn="true")) == []
    assert messages(signed(noReturn="maybe"), "sign") == [
        "thuộc tính “noReturn” không nói rõ có cho trả về qua bước này không"
    ]


def test_a_step_kept_apart_from_an_existing_one_has_no_findings() -> None:
    assert lint(signed(notSamePersonAs="ask, sign")) == []


@pytest.mark.parametrize(
    ("names", "unknown"), [("draft", "draft"), ("ask, done", "done"), ("ask,begin", "begin")]
)
def test_a_step_kept_apart_from_what_no_person_does_is_refused_by_name(names: str, unknown: str) -> None:
    assert messages(signed(notSamePersonAs=names), "sign") == [
        f"bước “{unknown}” phải khác người làm, nhưng sơ đồ không có bước nào của người như vậy"
    ]


def test_a_timer_on_the_steps_own_edge_may_follow_its_due_date() -> None:
    assert lint(timed(ONCE)) == []


@pytest.mark.parametrize("process", [timed(AGAIN), timed(ONCE, attached="ask"), signed(dueTimer="late")])
def test_a_cycle_or_a_timer_elsewhere_does_not_follow_a_due_date(process: Process) -> None:
    assert messages(process, "sign") == [NOT_ONE]


def test_a_step_of_many_people_lets_no_common_timer_follow_one_persons_due_date() -> None:
    assert messages(timed(ONCE, EACH_MEMBER), "sign") == [
        "bước nhiều người cùng làm có hạn riêng của từng người nên hẹn giờ chung không theo được"
    ]
