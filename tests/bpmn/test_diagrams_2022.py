"""The shipped diagrams of 2022: they parse, every step has its form and lane, every road reaches its end."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from engine.manifest import read_folder
from engine.spiff.parser import parse
from engine.spiff.runner import Run
from workflows import papers
from workflows.labels import AWARD_LABELS, ROLE_LABELS

FOLDER = Path(__file__).parents[2] / "bpmn" / "2022"
FILES = read_folder(FOLDER).files
PROCESSES = (
    "nomination",
    "unit_review",
    "council_appraisal",
    "chairman_signature",
    "city_submission",
    "city_desk",
)
Step = tuple[str, dict[str, Any]]


class Office:
    """A host whose services answer with fixed values; the calls are kept."""

    now = dt.datetime(2022, 12, 12, tzinfo=dt.timezone(dt.timedelta(hours=7)))
    functions: Mapping[str, Callable[..., object]] = {}

    def __init__(self, **answers: Mapping[str, Any]) -> None:
        self.answers = answers
        self.calls: list[tuple[str, dict[str, Any]]] = []

    def call_service(
        self, element: str, operation: str, parameters: dict[str, Any], data: dict[str, Any]
    ) -> Mapping[str, Any] | None:
        self.calls.append((operation, parameters))
        return self.answers.get(operation)

    def skips(self, element: str) -> bool:
        return False


def walk(process: str, data: dict[str, Any], steps: list[Step], office: Office) -> Run:
    """Take the steps one by one, each through a saved state: a task by its id, a message by its name."""
    parsed = parse(FILES, process)
    run = Run.start(parsed, data, office)
    for name, values in steps:
        ready = {step.step: step.engine_task_id for step in run.ready}
        if name in ready:
            run.complete(ready[name], values)
        else:
            assert run.deliver(name, values), (name, sorted(ready))
        run = Run.load(parsed, run.dump(), office)
    return run


def facts(**changed: Any) -> dict[str, Any]:
    return {
        "award": "LDTT",
        "award_family": "title",
        "subject_kind": "individual",
        "unit_channel": "commune",
        "achievement_year": 2022,
        "months_in_service": 24,
        "discipline": "none",
        "leave_days": 0,
        "has_initiative_certificate": True,
        "initiative_year_ok": True,
        "has_lttt": True,
        "lttt_members": 0,
        "total_members": 0,
        "max_discipline": "none",
        "achievement_already_awarded": False,
        "has_merit_report": True,
        "gdvh_years": 0,
        "csttdcs_streak": 0,
        **changed,
    }


START = {
    "nomination_id": "n",
    "unit_id": "u",
    "author_id": "a",
    "nominee_id": "",
    "barred_ids": [],
    "award": "LDTT",
    "subject_kind": "individual",
}


def unit(outcome: str) -> list[Step]:
    return [
        ("draft_nomination", {}),
        ("unit_review_result", {"review_outcome": outcome, "review_reason": "lý do"}),
    ]


def office_says(outcome: str) -> Step:
    return ("appraise", {"appraisal_outcome": outcome, "appraisal_reason": "lý do"})


def council(outcome: str) -> Step:
    return ("council_result", {"council_outcome": outcome, "council_reason": "lý do"})


def paper(outcome: str) -> Step:
    return ("paper_result", {"paper_outcome": outcome, "paper_reason": "lý do", "paper_id": "p"})


def city(outcome: str) -> Step:
    values = {"city_outcome": outcome, "city_reason": "lý do", "decision_number": "9", "decision_date": ""}
    return ("city_answer", values)


RECEIVED: list[Step] = [*unit("passed"), ("receive_dossier", {"received_on": "2022-12-12"})]
PASSED: list[Step] = [*RECEIVED, office_says("accept"), council("passed")]


@pytest.mark.parametrize(
    ("award", "steps", "end"),
    [
        ("LDTT", [*PASSED, paper("approved")], "awarded"),
        ("LDTT", unit("refused"), "refused_by_unit"),
        ("LDTT", [*unit("returned"), *PASSED, paper("approved")], "awarded"),
        ("LDTT", [*RECEIVED, office_says("refuse")], "refused_by_office"),
        ("LDTT", [*RECEIVED, office_says("return"), *PASSED, paper("approved")], "awarded"),
        (
            "LDTT",
            [
                *RECEIVED,
                office_says("supplement"),
                ("supplement_dossier", {}),
                office_says("accept"),
                council("failed"),
            ],
            "not_passed",
        ),
        (
            "LDTT",
            [*RECEIVED, office_says("accept"), council("returned"), office_says("accept"), council("failed")],
            "not_passed",
        ),
        ("LDTT", [*PASSED, paper("refused")], "refused_by_chairman"),
        ("LDTT", [*PASSED, paper("returned"), ("revise_dossier", {}), paper("approved")], "awarded"),
        ("CSTDCS", [*PASSED, paper("approved"), city("decided")], "awarded_by_city"),
        ("CSTDCS", [*PASSED, paper("approved"), city("refused")], "refused_by_city"),
        (
            "CSTDCS",
            [*PASSED, paper("approved"), city("returned"), ("supplement_for_city", {}), city("decided")],
            "awarded_by_city",
        ),
    ],
)
def test_every_road_of_a_nomination_reaches_its_end(award: str, steps: list[Step], end: str) -> None:
    office = Office(load_facts=facts(award=award), set_due_date={"due_on": "2022-12-26"})
    run = walk("nomination", {**START, "award": award}, steps, office)
    assert run.ended_at == [end]


def test_a_teacher_of_2022_is_told_where_to_go() -> None:
    office = Office(load_facts=facts(unit_channel="education"), set_due_date={"due_on": None})
    run = walk("nomination", START, RECEIVED, office)
    assert run.data["channel_ok"] is False
    assert run.data["channel_advice"] == "không thuộc phạm vi quản lý của xã – gửi Phòng GD&ĐT"


def test_the_chair_closes_while_one_is_silent_and_a_second_round_asks_everybody_again() -> None:
    office = Office(check_quorum={"quorum_met": True}, tally_session={"has_tie": False})
    opening: list[Step] = [("prepare_agenda", {}), ("record_attendance", {})]
    vote: Step = ("cast_vote", {})
    rounds: list[Step] = [vote, vote, ("voting_closed", {}), ("confirm_result", {"confirm_choice": "revote"})]
    rounds += [vote, vote, vote, ("confirm_result", {"confirm_choice": "confirm"}), ("confirm_minutes", {})]
    data = {"session_id": "s", "member_ids": ["1", "2", "3"], "vote_mode": "open"}
    assert walk("council_appraisal", data, opening + rounds, office).ended_at == ["session_done"]


@pytest.mark.parametrize("process", PROCESSES)
def test_every_step_has_its_own_form_and_a_known_role(process: str) -> None:
    elements = [e for e in parse(FILES, process).elements.values() if e.kind == "userTask"]
    assert elements
    for element in elements:
        assert element.form == f"{process}/{element.id}.form.json"
        assert element.form in FILES
        assert element.lane in ROLE_LABELS


@pytest.mark.parametrize(
    "path",
    [
        "unit_review/review_minutes.json",
        "council_appraisal/session_minutes.json",
        "chairman_signature/decision.json",
        "chairman_signature/proposal.json",
    ],
)
def test_every_wording_names_only_fields_the_paper_has(path: str) -> None:
    assert papers.check_wording(Path(path).stem, json.loads(FILES[path])) == []


def test_the_catalogue_and_the_labels_know_the_same_awards() -> None:
    assert {award["code"] for award in json.loads(FILES["awards.json"])["awards"]} == set(AWARD_LABELS)
