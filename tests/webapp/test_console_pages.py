"""Theo dõi vận hành: where instances stand, what is due, who is found, and who may not look."""

from __future__ import annotations

import json
import re
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
import sqlalchemy as sa

from engine import console, incidents, instances, jobs, messages
from engine.database import unit_of_work
from engine.errors import FailedStart, StepFailed
from engine.models import Definition, Instance, Organisation, Timer
from workflows.queries import console as queries
from workflows.tables.nominations import Nomination

ADMIN = "QT"


def text_of(page: Any) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page.response.text))


def definition_of(season: Any, nomination_id: UUID) -> str:
    with unit_of_work(season.commune.database, readonly=True) as uow:
        nomination = uow.session.get_one(Nomination, nomination_id)
        return uow.session.get_one(Instance, nomination.instance_id).definition_hash


def instance_of(season: Any, nomination_id: UUID) -> UUID:
    with unit_of_work(season.commune.database, readonly=True) as uow:
        found = uow.session.get_one(Nomination, nomination_id).instance_id
        assert found is not None
        return found


def heat(page: Any) -> dict[str, dict[str, Any]]:
    found = re.search(r'id="heat-data">(.*?)</script>', page.response.text, re.S)
    assert found is not None
    shown: dict[str, dict[str, Any]] = json.loads(found[1])["heat"]
    return shown


def test_versions_are_counted_by_state(web: Any, season: Any) -> None:
    first, *_rest = season.before_council(3)
    with season.commune.acting(ADMIN) as uow:
        instances.suspend(uow, instance_of(season, first), "đơn thư")
    with season.commune.acting(ADMIN) as uow:
        [row] = next(rows for process, rows in queries.versions(uow) if process == "Hồ sơ")
    assert row.counts == {"running": 2, "suspended": 1, "completed": 0, "cancelled": 0}
    assert row.failed == 0
    web.sign_in(ADMIN)
    shown = text_of(web.get("/admin/console"))
    assert "Đang chạy 2 Tạm dừng 1 Đã xong 0 Đã rút, hủy 0 Có sự cố 0" in shown
    assert f'href="/admin/console/versions/{row.hash}"' in web.get("/admin/console").response.text


def test_more_than_the_limit_is_not_counted_on(
    web: Any, season: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = season.before_council(3)
    monkeypatch.setattr(console, "COUNTED_TO", 1)
    with unit_of_work(season.commune.database) as uow:
        ids = [uow.session.get_one(Nomination, each).instance_id for each in made]
        uow.session.execute(sa.update(Instance).where(Instance.id.in_(ids)).values(status="completed"))
    with season.commune.acting(ADMIN) as uow:
        [row] = next(rows for process, rows in queries.versions(uow) if process == "Hồ sơ")
    assert row.counts["completed"] == 2  # one more than counted to: "more than one"


def test_the_diagram_and_the_table_hold_the_same_figures_late_and_failed_ones_marked(
    web: Any, season: Any
) -> None:
    council = season.reviewed(3)
    for each in council[:2]:
        season.do("VP", "receive_dossier", each, {})
    accept = {"appraisal_outcome": "accept", "appraisal_reason": "Đủ điều kiện."}
    season.do("VP", "appraise", council[0], accept)
    failing = instance_of(season, council[0])
    error = StepFailed("register_award", "KeyError: thiếu")
    incidents.record_failure(season.commune.database, error, failing)
    season.commune.clock.move(season.commune.clock.now() + timedelta(days=60))
    web.sign_in(ADMIN)
    page = web.get(f"/admin/console/versions/{definition_of(season, council[0])}")
    assert page.status == 200
    shown = heat(page)
    figures = {step: (each["waiting"], each["late"], each["failed"]) for step, each in shown.items()}
    assert figures == {
        "register_award": (0, 0, 1),
        "receive_dossier": (1, 0, 0),
        "appraise": (1, 1, 0),
        "wait_council": (1, 0, 0),
    }
    words = text_of(page)
    for each in shown.values():
        assert f"Đang chờ {each['waiting']} " in words
    link = re.search(r'href="(/admin/console/versions/[^"]+/steps/register_award)"', page.response.text)
    assert link is not None
    step = text_of(web.get(link[1]))
    assert "HS-2022-0001" in step
    assert "HS-2022-0002" not in step


def test_a_dossier_is_found_by_code_by_name_without_marks_and_by_key(web: Any, season: Any) -> None:
    made, *_others = season.before_council(2)
    with season.commune.acting(ADMIN) as uow:
        nomination = uow.session.get_one(Nomination, made)
        name, folded = nomination.subject_name, nomination.name_folded
    web.sign_in(ADMIN)
    for wanted in ("hs-2022-0001", name, folded.upper(), str(made), str(instance_of(season, made))):
        shown = web.get("/admin/console/search", query_string={"q": wanted})
        assert "HS-2022-0001" in shown.text, wanted
        assert "chờ kết quả phiên họp Hội đồng" in shown.text
    assert "Không tìm thấy" in web.get("/admin/console/search?q=khong-co-ai").text
    assert web.get("/admin/console/search?q=%25").status == 200


def test_an_instance_shows_what_it_waits_for_what_is_kept_and_what_failed(web: Any, season: Any) -> None:
    [made] = season.before_council(1)
    identifier = instance_of(season, made)
    database = season.commune.database
    with season.commune.acting("VP") as uow:
        messages.send(
            uow,
            organisation_id=season.commune.made.commune_id,
            name="city_answer",
            key=str(made),
            payload={},
            dedup="x",
        )
        uow.enqueue("test_never", partition=jobs.lane(season.commune.made.commune_id, str(made)))
    with pytest.raises(LookupError):
        jobs.run_pending(database)
    incidents.record_failure(database, StepFailed("register_award", "KeyError: thiếu"), identifier)
    web.sign_in(ADMIN)
    page = web.get(f"/admin/console/instances/{identifier}")
    shown = text_of(page)
    assert "kết quả phiên họp Hội đồng" in shown
    assert "trả lời của cấp trên – Đang giữ, chưa có nơi nhận" in shown
    assert "test_never – Đã dừng, cần xử lý" in shown
    assert "KeyError: thiếu" in shown
    assert "Bắt đầu quy trình" in shown
    assert f"/nominations/{made}" not in page.response.text  # an administrator opens no dossier


def test_a_start_that_failed_is_read_with_process_key_and_what_to_do(web: Any, season: Any) -> None:
    error = StepFailed("compute", "KeyError: thiếu")
    error.start = FailedStart(season.commune.made.commune_id, "city_desk", "G-2022-01")
    incidents.record_failure(season.commune.database, error, None)
    web.sign_in(ADMIN)
    page = web.get("/admin/incidents")
    assert "Quy trình không bắt đầu được" in page.text
    assert "Hồ sơ nhận từ xã G-2022-01" in page.text
    link = re.search(r'href="(/admin/incidents/[0-9a-f-]{36})"', page.response.text)
    assert link is not None
    assert "người đã bấm gửi chỉ cần gửi lại" in web.get(link[1]).text


def test_timers_late_and_next_are_listed(web: Any, season: Any) -> None:
    web.sign_in(ADMIN)
    assert "Không có thời hạn nào đang chờ." in web.get("/admin/console/timers").text
    made = season.before_council(2)
    now, day = season.commune.clock.now(), timedelta(days=1)
    with season.commune.acting(ADMIN) as uow:
        for nomination_id, due_at in zip(made, (now - day, now + day), strict=True):
            nomination = uow.session.get_one(Nomination, nomination_id)
            uow.session.add(
                Timer(
                    organisation_id=nomination.organisation_id,
                    instance_id=nomination.instance_id,
                    engine_task_id="1",
                    element="wait_council",
                    due_at=due_at,
                )
            )
    late, following = text_of(web.get("/admin/console/timers")).split("Sắp đến")
    assert "HS-2022-0001" in late.partition("Đã đến lúc mà chưa xử lý")[2]
    assert "HS-2022-0002" in following
    assert "HS-2022-0002" not in late
    assert "Chờ kết quả của Hội đồng" in following


def test_another_organisations_version_and_instance_are_not_there(web: Any, season: Any) -> None:
    [made] = season.before_council(1)
    identifier, digest = instance_of(season, made), definition_of(season, made)
    with unit_of_work(season.commune.database) as uow:
        other = Organisation(code="khac", name="Xã khác", level="commune")
        uow.session.add(other)
        uow.session.flush()
        for table, key in ((Instance, Instance.id == identifier), (Definition, Definition.hash == digest)):
            uow.session.execute(sa.update(table).where(key).values(organisation_id=other.id))
    web.sign_in(ADMIN)
    assert web.get(f"/admin/console/instances/{identifier}").status == 404
    assert web.get(f"/admin/console/versions/{digest}").status == 404
    assert web.get(f"/admin/console/versions/{digest}/steps/appraise").status == 404
    assert web.get(f"/admin/console/instances/{uuid4()}").status == 404


@pytest.mark.parametrize("path", ["", "/timers", "/search?q=a", "/versions/x", f"/instances/{UUID(int=1)}"])
def test_only_the_administrator_looks(web: Any, season: Any, path: str) -> None:
    web.sign_in("VP")
    assert web.get(f"/admin/console{path}").status == 403
