"""Every step's page opens on both databases: a page only looks, so nothing on its way may lock a row."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest

from engine import tasks
from workflows.actions.packages import create_package
from workflows.actions.papers import create_paper


def opened(web: Any, season: Any, code: str, step: str, key: UUID | str) -> Any:
    """The page of the open task of a step, as its person sees it."""
    with season.players.acting(code) as uow:
        found = tasks.open_tasks(uow, step=step, business_key=str(key))
        own = [task for task in found if task.assignee_id == uow.actor_id]
        task = (own or found)[0]
    web.client.delete_cookie("thidua")
    web.sign_in(code)
    return web.get(f"/tasks/{task.id}", follow_redirects=True)


def started_paper(season: Any, kind: str) -> UUID:
    with season.players.acting("VP") as uow:
        return UUID(str(create_paper(uow, kind, subject="Về việc khen thưởng").id))


def test_pages_of_a_dossier_open(web: Any, season: Any) -> None:
    [draft] = season.commune.nominate("X04T", "X04", {**season_row(), "subject_name": "Vũ Thị Y"})
    assert opened(web, season, "X04T", "draft_nomination", draft).status == 200
    [key] = season.reviewed(1)
    assert opened(web, season, "VP", "receive_dossier", key).status == 200
    season.do("VP", "receive_dossier", key, {})
    assert opened(web, season, "VP", "appraise", key).status == 200


def season_row() -> dict[str, Any]:
    return {"award": "GK_XA", "subject_kind": "household", "achievement_year": 2022}


@pytest.mark.parametrize("mode", ["open", "recorded"])
def test_pages_of_a_session_open(web: Any, season: Any, mode: str) -> None:
    season.before_council(1)
    session = season.session(mode, absent=())
    step, code = ("cast_vote", "CT") if mode == "open" else ("record_votes", "VP")
    page = opened(web, season, code, step, session)
    assert (page.status, "Hà Thị Ba" in page.text) == (200, True)


def test_pages_of_a_paper_open_at_each_step(web: Any, season: Any) -> None:
    season.passed(1)
    paper = started_paper(season, "decision")
    for code, step, form in (
        ("VP", "draft_paper", {}),
        ("CT", "review_paper", {"paper_choice": "approve"}),
        ("VT", "issue_paper", {}),
    ):
        page = opened(web, season, code, step, paper)
        assert (step, page.status, "Về việc khen thưởng" in page.response.text) == (step, 200, True)
        if form or step == "draft_paper":
            season.do(code, step, paper, form)


def test_pages_of_a_package_open_here_and_at_the_city(web: Any, another: Any, season: Any) -> None:
    season.passed(1, "GK_TP")
    paper = started_paper(season, "proposal")
    season.do("VP", "draft_paper", paper, {})
    season.do("CT", "review_paper", paper, {"paper_choice": "approve"})
    issued = {"number_source": "typed", "number": 87, "issued_on": "2022-11-14", "signer_mode": "CT"}
    season.do("VT", "issue_paper", paper, issued)
    with season.players.acting("VP") as uow:
        package = create_package(uow).id
    page = opened(web, season, "VP", "assemble_package", package)
    assert (page.status, "Hà Thị Ba" in page.text) == (200, True)
    season.do("VP", "assemble_package", package, {})
    with season.players.acting("PNV") as uow:
        [task] = tasks.open_tasks(uow, step="decide_package")
    sent = {"username": "phongnoivu", "password": "mot cau that dai cua rieng toi"}
    another.post("/sign-in", {**another.get("/sign-in").keys(), **sent})
    page = another.get(f"/tasks/{task.id}", follow_redirects=True)
    assert (page.status, "Hà Thị Ba" in page.text) == (200, True)
