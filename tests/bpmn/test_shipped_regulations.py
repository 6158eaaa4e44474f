"""Every regulation that is shipped fits the program: it lints clean, with its handlers, forms and roles."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import engine.database  # noqa: F401 - the first import of every entry point
from engine import handlers
from engine.lint import Known, lint_files
from engine.lint.diagram import Diagram, properties_of, read_diagram
from engine.lint.steps import form_path
from engine.manifest import read_folder
from engine.xml import BPMN, SPIFF, safe_parse
from workflows.handlers import register_all
from workflows.labels import ROLE_LABELS

SHIPPED = sorted(path.parent for path in Path("bpmn").resolve().glob("*/regulation.toml"))
REGULATION = pytest.mark.parametrize("folder", SHIPPED, ids=lambda path: path.name)


@pytest.fixture(scope="module")
def known() -> Known:
    register_all()
    registry = handlers.registry()
    return Known(set(ROLE_LABELS), set(registry.services), set(registry.functions))


def diagrams(folder: Path) -> dict[str, Diagram]:
    files = read_folder(folder).files
    return {path: read_diagram(path, safe_parse(files[path])) for path in files if path.endswith(".bpmn")}


def test_there_is_a_regulation_of_2022() -> None:
    assert "2022" in [folder.name for folder in SHIPPED]


@REGULATION
def test_it_lints_without_any_finding(folder: Path, known: Known) -> None:
    assert [str(finding) for finding in lint_files(read_folder(folder).files, known)] == []


@REGULATION
def test_every_service_task_has_a_handler(folder: Path, known: Known) -> None:
    wanted = {
        operator.get("id")
        for diagram in diagrams(folder).values()
        for operator in diagram.root.iter(f"{SPIFF}serviceTaskOperator")
    }
    assert wanted - known.services == set()


@REGULATION
def test_every_user_task_has_a_form_of_its_own_name(folder: Path) -> None:
    files = read_folder(folder).files
    missing = [
        (path, node.id)
        for path, diagram in diagrams(folder).items()
        for _, node in diagram.nodes()
        if node.kind == "userTask"
        and (
            form_path(path, node) not in files or not form_path(path, node).endswith(f"/{node.id}.form.json")
        )
    ]
    assert missing == []


@REGULATION
def test_every_lane_is_a_role(folder: Path) -> None:
    roles = {
        properties_of(lane).get("role") or lane.get("id")
        for diagram in diagrams(folder).values()
        for lane in diagram.root.iter(f"{BPMN}lane")
    }
    assert roles - set(ROLE_LABELS) == set()


@REGULATION
def test_every_process_lies_in_a_folder_of_its_name(folder: Path) -> None:
    wrong = [
        (path, process.id)
        for path, diagram in diagrams(folder).items()
        for process in diagram.processes
        if path != f"{process.id}/{process.id}.bpmn"
    ]
    assert wrong == []


@REGULATION
def test_every_registered_form_rule_belongs_to_a_step(folder: Path, known: Known) -> None:
    steps = {
        (process.process_id, node.id)
        for diagram in diagrams(folder).values()
        for process, node in diagram.nodes()
        if node.kind == "userTask"
    }
    registry = handlers.registry()
    assert {*registry.completions, *registry.prefills} - steps == set()


@REGULATION
def test_every_value_is_one_that_the_quotas_read_and_says_its_source(folder: Path) -> None:
    awards = {award["code"].lower() for award in json.loads((folder / "awards.json").read_text())["awards"]}
    for key, value in read_folder(folder).manifest.values.items():
        award, _, what = key.rpartition("_")
        assert (award in awards, what in ("share", "rounding")) == (True, True), key
        assert value["note"] and value["citation"], key
