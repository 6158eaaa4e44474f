"""A form that is sent again because nobody answered, or the button was pressed twice, does nothing twice."""

from __future__ import annotations

from io import BytesIO
from typing import Any

import sqlalchemy as sa

from engine.database import unit_of_work
from tests.webapp.conftest import PNG
from workflows.tables.nominations import Evidence, Nomination


def test_a_file_sent_again_is_attached_once_and_gets_the_same_answer(
    web: Any, commune: Any, household: dict[str, Any]
) -> None:
    [key] = commune.nominate("X04T", "X04", household)
    web.sign_in("X04T")
    about = f"/nominations/{key}"
    sent = {**web.get(about).keys(), "kind": "merit_report", "title": "Báo cáo"}

    def send() -> Any:
        upload = {"file": (BytesIO(PNG), "a.png")}
        return web.post(f"{about}/evidence", {**sent, **upload}, content_type="multipart/form-data")

    answers = [(page.status, page.response.location) for page in (send(), send())]
    assert answers == [(302, f"{about}#files")] * 2
    with unit_of_work(commune.database, readonly=True) as uow:
        assert uow.session.scalars(sa.select(Evidence.title)).all() == ["Báo cáo"]
    sent["title"] = "Báo cáo khác"
    assert send().status == 409


def test_drafts_sent_to_review_again_get_the_same_answer(
    web: Any, commune: Any, household: dict[str, Any]
) -> None:
    made = commune.nominate("X04T", "X04", household)
    web.sign_in("X04T")
    about = f"/nominations/{made[0]}"
    upload = {"file": (BytesIO(PNG), "a.png"), "kind": "merit_report", "title": "Báo cáo"}
    web.post(f"{about}/evidence", {**web.get(about).keys(), **upload}, content_type="multipart/form-data")
    sent = {**web.get(about).keys(), "nomination": [str(key) for key in made]}
    answers = [web.post("/nominations/submit", sent) for _ in range(2)]
    assert [page.status for page in answers] == [302, 302]
    assert answers[0].response.location == answers[1].response.location
    with unit_of_work(commune.database, readonly=True) as uow:
        assert uow.session.scalars(sa.select(Nomination.stage)).all() == ["unit_review"]
    fresh = web.post("/nominations/submit", {**sent, **web.get(about).keys()})
    assert (fresh.status, "không còn chờ xử lý" in fresh.text) == (422, True)
