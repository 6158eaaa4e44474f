"""Drafts that would hang the library or fill the memory: stopped in a child, refused by name, in seconds."""

from __future__ import annotations

import resource
import time

import pytest

from engine.lint import Finding, Known, lint_files
from engine.spiff.probe import Limits, Probe, Verdict, probe
from tests.engine import bpmn_builder as build
from tests.engine.bpmn_builder import Process, between, simple

KNOWN = Known(roles={"clerk"}, services={"store"})
SCRIPT = "<bpmn:script>a = 1</bpmn:script>"
SPLIT = "đưa mỗi khối song song vào một quy trình con (subprocess)"


def lint(*processes: Process) -> list[Finding]:
    found = lint_files({f"{one.id}/{one.id}.bpmn": one.content() for one in processes}, KNOWN)
    return [finding for finding in found if finding.level == "error"]


def blocks(process: Process, count: int) -> Process:
    """Parallel blocks of two branches in a row: two to the power of `count` tasks."""
    process.node("startEvent", "start").node("endEvent", "done")
    last = "start"
    for n in range(count):
        process.node("parallelGateway", f"s{n}").node("parallelGateway", f"j{n}")
        process.service(f"a{n}").service(f"b{n}")
        process.flow(last, f"s{n}", f"a{n}", f"j{n}").flow(f"s{n}", f"b{n}", f"j{n}")
        last = f"j{n}"
    return process.flow(last, "done")


def row(identity: str, steps: int) -> Process:
    process = Process(identity).node("startEvent", "start").node("endEvent", "done")
    for n in range(steps):
        process.node("scriptTask", f"n{n}", SCRIPT)
    return process.flow("start", *(f"n{n}" for n in range(steps)), "done")


@pytest.mark.parametrize("count", [12, 30])
def test_an_explosion_is_refused_by_name_while_it_is_small(count: int) -> None:
    began, before = time.monotonic(), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    [found] = lint(blocks(Process(), count))
    assert (found.file, found.element_id) == ("sample/sample.bpmn", "sample")
    assert (found.message, found.advice) == ("quy trình tạo quá 1000 việc ngay khi bắt đầu", SPLIT)
    assert time.monotonic() - began < Limits().wall_seconds
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 50_000  # kB, in this process


def test_an_explosion_in_a_called_process_is_named_there() -> None:
    caller = Process("caller").node("startEvent", "s").node("callActivity", "call", calledElement="sample")
    caller.node("endEvent", "e").flow("s", "call", "e")
    found = lint(caller, blocks(Process(), 12))
    assert {(one.file, one.element_id) for one in found} == {("sample/sample.bpmn", "sample")}


def test_blocks_in_subprocesses_of_their_own_pass() -> None:
    process = Process(drawn=False).node("startEvent", "start").node("endEvent", "done")
    names = [f"block{n}" for n in range(12)]
    for n, name in enumerate(names):
        process.node("subProcess", name, _block(str(n)))
    assert lint(process.flow("start", *names, "done")) == []


def _block(mark: str) -> str:
    ends = [("s", "f"), ("f", "a"), ("f", "b"), ("a", "j"), ("b", "j"), ("j", "e")]
    nodes = {"s": "startEvent", "f": "parallelGateway", "a": "scriptTask", "b": "scriptTask",
             "j": "parallelGateway", "e": "endEvent"}  # fmt: skip
    scripts = {"a": "<bpmn:script>left = 1</bpmn:script>", "b": "<bpmn:script>right = 1</bpmn:script>"}
    return "".join(
        f'<bpmn:{kind} id="{name}{mark}">{scripts.get(name, "")}</bpmn:{kind}>'
        for name, kind in nodes.items()
    ) + "".join(
        f'<bpmn:sequenceFlow id="x{n}_{mark}" sourceRef="{a}{mark}" targetRef="{b}{mark}"/>'
        for n, (a, b) in enumerate(ends)
    )


def inside(
    levels: int, declared: str, reference: str = '<bpmn:dataObjectReference id="r" dataObjectRef="d"/>'
) -> Process:
    """A script in nested subprocesses that reads a data object; `declared` stands in the process."""
    read = "<bpmn:dataInputAssociation id='a'><bpmn:sourceRef>r</bpmn:sourceRef></bpmn:dataInputAssociation>"
    text = f'<bpmn:scriptTask id="deep">{read}{SCRIPT}</bpmn:scriptTask>'
    name = "deep"
    for level in range(levels):
        text = (
            f'<bpmn:startEvent id="s{level}"/>{text}<bpmn:endEvent id="e{level}"/>'
            f'<bpmn:sequenceFlow id="f{level}" sourceRef="s{level}" targetRef="{name}"/>'
            f'<bpmn:sequenceFlow id="g{level}" sourceRef="{name}" targetRef="e{level}"/>'
        )
        name = f"block{level}"
        text = f'<bpmn:subProcess id="{name}">{text}</bpmn:subProcess>'
    process = Process(drawn=False).node("startEvent", "start").node("endEvent", "done").raw(text)
    return process.raw(declared + reference).flow("start", name, "done")


OBJECT = '<bpmn:dataObject id="d"/>'


@pytest.mark.parametrize(
    ("process", "message"),
    [
        (
            inside(2, OBJECT),
            "đối tượng dữ liệu dùng ở quy trình con lồng từ hai cấp: bộ máy đọc mãi không xong",
        ),
        (
            inside(3, OBJECT),
            "đối tượng dữ liệu dùng ở quy trình con lồng từ hai cấp: bộ máy đọc mãi không xong",
        ),
        (inside(1, ""), "không có đối tượng dữ liệu “r”"),
        (inside(1, OBJECT, ""), "không có đối tượng dữ liệu “r”"),
        (
            inside(1, f'<bpmn:subProcess id="side">{OBJECT}</bpmn:subProcess>'),
            "đối tượng dữ liệu nằm ở một quy trình con khác: bộ máy đọc mãi không xong",
        ),
    ],
)
def test_a_data_object_that_the_parser_would_look_for_without_end_is_refused(
    process: Process, message: str
) -> None:
    began = time.monotonic()
    found = [one for one in lint(process) if one.element_id == "deep"]
    assert [(one.message, one.advice) for one in found] == [
        (message, "dùng biến thường thay cho đối tượng dữ liệu")
    ]
    files = {"sample.bpmn": process.content()}
    [probed] = probe(files, ["sample"])
    assert (probed.verdict, probed.problem) == (Verdict.REFUSED, f"deep: {message}")
    assert time.monotonic() - began < Limits().wall_seconds


def test_a_data_object_one_level_up_passes() -> None:
    assert lint(inside(1, OBJECT)) == []


def test_a_draft_that_takes_too_long_is_stopped_and_named() -> None:
    many = {f"p{n}": row(f"p{n}", 240).content() for n in range(30)}
    files = {f"{name}.bpmn": content for name, content in many.items()}
    began = time.monotonic()
    found = probe(files, sorted(many), Limits(seconds=1))
    assert found[-1].verdict is Verdict.TOO_LONG
    assert found[-1].process_id == found[-1].element_id == sorted(many)[len(found) - 1]
    assert all(one.verdict is Verdict.FINE for one in found[:-1])
    assert time.monotonic() - began < Limits(seconds=1).wall_seconds + 5


def test_a_draft_that_takes_too_much_memory_is_stopped_and_named() -> None:
    padding = "<bpmn:documentation>Căn cứ kèm theo</bpmn:documentation>".encode() * 40_000
    begin = b"<bpmn:startEvent"
    files = {f"p{n}.bpmn": row(f"p{n}", 3).content().replace(begin, padding + begin) for n in range(20)}
    found = probe(files, ["p0"], Limits(memory_bytes=100 * 1024 * 1024))
    assert found == [Probe("p0", Verdict.TOO_BIG, "p0")]


def test_a_folder_is_read_by_one_child_and_read_again_by_none() -> None:
    children = resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime
    files = {f"p{n}/p{n}.bpmn": row(f"p{n}", 3).content() for n in range(8)}
    assert [f for f in lint_files(files, KNOWN) if f.level == "error"] == []
    after = resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime
    assert 0 < after - children < 3
    lint_files(files, KNOWN)
    assert resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime == after


def test_a_process_that_is_too_long_for_the_parser_is_refused_before_it() -> None:
    [found] = lint(row("sample", 900))
    assert (found.element_id, found.message) == ("sample", "quy trình có 902 phần tử, quá 250")
    assert lint(row("sample", 248)) == []


def test_a_file_with_too_many_elements_is_refused_at_once() -> None:
    process = simple()
    parts = "".join(f'<bpmn:process id="p{n}" isExecutable="true"/>' for n in range(20_000))
    content = process.content().replace(b"</bpmn:definitions>", f"{parts}</bpmn:definitions>".encode())
    began = time.monotonic()
    found = lint_files({"sample/sample.bpmn": content}, KNOWN)
    assert [f.message for f in found if f.level == "error"] == ["tệp có 20004 phần tử, quá 1000"]
    assert time.monotonic() - began < 10


def test_a_table_with_too_many_cells_is_refused_at_once() -> None:
    content = build.table([([f'"a{n}"'], [str(n)]) for n in range(4000)])
    began = time.monotonic()
    found = lint_files({"terms.dmn": content}, KNOWN)
    assert [(f.element_id, f.message) for f in found] == [("terms", "bảng có 12000 ô, quá 5000")]
    assert time.monotonic() - began < 5


def test_what_the_library_trips_over_is_a_finding_and_not_a_failure() -> None:
    process = between(("callActivity", "call", ""))
    found = probe({"sample.bpmn": process.content()}, ["sample"])
    assert found[0].verdict is Verdict.REFUSED
    assert "sơ đồ không đọc được" in found[0].problem
