"""The page on which a number is corrected before the signature and the chair chooses again."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest

from engine import tasks
from workflows.actions.sessions import create_session
from workflows.tables.nominations import Nomination

BASIS = "Công văn số 45/UBND-NV (hư cấu)"


@pytest.fixture
def finished(season: Any) -> tuple[UUID, list[UUID]]:
    """Three households passed with 10, 10 and 9 votes for three places."""
    made = season.before_council(3)
    by_law = {"selection": "top_k_by_votes"}
    with season.players.acting("VP") as uow:
        session = create_session(uow, title="Phiên họp thử", by_law=by_law).id
    head = {"held_on": "2022-11-14", "held_time": "08:00", "place": "Phòng họp", "vote_mode": "recorded"}
    season.do("VP", "prepare_agenda", session, {**head, "places": 3})
    season.do("VP", "record_attendance", session, lambda form: {
        "members": [{**row, "state": "absent" if row["seat"] == "11" else "present"} for row in form["members"]],
        "recusals": []})  # fmt: skip
    votes = dict(zip(map(str, made), (10, 10, 9), strict=True))
    season.do("VP", "record_votes", session, lambda form: {"lines": [
        {**line, "agree": votes[line["id"]], "disagree": 10 - votes[line["id"]], "invalid": 0}
        for line in form["lines"]]})  # fmt: skip
    season.do("CT", "confirm_result", session, {"confirm_choice": "confirm"})
    season.do("VP", "confirm_minutes", session, {})
    return UUID(str(session)), made


def stages(season: Any, made: list[UUID]) -> list[str]:
    with season.players.acting("VP") as uow:
        return [uow.session.get_one(Nomination, each).stage for each in made]


def test_the_office_corrects_a_number_and_the_chair_chooses_again(
    web: Any, another: Any, season: Any, finished: tuple[UUID, list[UUID]]
) -> None:
    session, made = finished
    path = f"/sessions/{session}/selection"
    web.sign_in("VP")
    assert path in web.get(f"/sessions/{session}").response.text
    page = web.get(path)
    assert "Số hồ sơ chờ ký vẫn trong chỉ tiêu." in page.text
    refused = web.post(f"{path}/numbers", {**page.keys(), "places": "2", "basis": ""})
    assert refused.response.status_code == 422
    assert "Cần căn cứ bằng văn bản." in refused.text
    assert 'value="2"' in refused.response.text
    web.post(f"{path}/numbers", {**refused.keys(), "places": "2", "basis": BASIS})
    assert "Chờ ký 3, chỉ còn 2 chỗ" in web.get(path).text
    assert "Giữ lại" not in web.get(path).text

    another.sign_in("CT")
    asked = another.get(path)
    keep = {f"choice.{key}": "keep" for key in made[:2]} | {f"choice.{made[2]}": "reserve"}
    wrong = another.post(path, {**asked.keys(), **keep, "reason": ""})
    assert wrong.response.status_code == 422
    assert "Cần nêu lý do quyết định." in wrong.text
    done = another.post(path, {**asked.keys(), **keep, "reason": "Chỉ còn 2 suất."})
    assert done.response.status_code == 302
    with season.players.acting("VP"):
        pass
    assert stages(season, made) == ["paper", "paper", "not_passed"]
    assert "Số hồ sơ chờ ký vẫn trong chỉ tiêu." in another.get(path).text


def test_nobody_else_sees_or_decides(web: Any, season: Any, finished: tuple[UUID, list[UUID]]) -> None:
    session, made = finished
    path = f"/sessions/{session}/selection"
    for code in ("X04T", "ND"):
        web.sign_in(code)
        assert web.get(path).response.status_code == 403
        sent = {f"choice.{key}": "keep" for key in made}
        keys = web.get("/password").keys()
        assert web.post(path, {**keys, **sent, "reason": "x"}).response.status_code == 403
        assert web.post(f"{path}/numbers", {**keys, "places": "1", "basis": "x"}).response.status_code == 403
        web.post("/sign-out", web.get("/password").keys())
    assert stages(season, made) == ["paper"] * 3


@pytest.mark.parametrize(("allowed", "offered"), [(True, True), (False, False)])
def test_a_ballot_offers_no_opinion_only_where_the_by_law_does(
    web: Any, season: Any, allowed: bool, offered: bool
) -> None:
    season.before_council(1)
    with season.players.acting("VP") as uow:
        session = create_session(uow, title="Phiên họp thử", by_law={"abstain_allowed": allowed}).id
    head = {"held_on": "2022-11-14", "held_time": "08:00", "place": "Phòng họp", "vote_mode": "open"}
    season.do("VP", "prepare_agenda", session, head)
    season.do("VP", "record_attendance", session, lambda form: {
        "members": [{**row, "state": "present"} for row in form["members"]], "recusals": []})  # fmt: skip
    with season.players.acting("PN") as uow:
        [task] = [
            each for each in tasks.open_tasks(uow, step="cast_vote") if each.assignee_id == uow.actor_id
        ]
    web.sign_in("PN")
    assert ("Không có ý kiến" in web.get(f"/vote/{task.id}").text) == offered
