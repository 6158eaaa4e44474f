"""Sự cố and Công việc nền: what the administrator reads and does about what failed."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest
import sqlalchemy as sa

from engine import execution, incidents, jobs
from engine.database import Database, unit_of_work
from engine.errors import StepFailed
from engine.jobs.registry import registered
from engine.jobs.store import tables_of
from engine.models import Incident, Instance, WorkerBeat
from workflows.queries.troubles import JOB_LABELS
from workflows.tables.nominations import Nomination

ADMIN = "QT"
STEP = "register_award"  # of the spine, done by a program
ran: list[str] = []


@jobs.register("test_trouble")
def trouble_job(database: Database, instance_id: str, element: str) -> None:
    ran.append(element)
    if len(ran) == 1:
        with execution.blaming(UUID(instance_id)):
            raise StepFailed(element, "KeyError: thiếu mức thưởng")


@pytest.fixture(autouse=True)
def forget() -> Iterator[None]:
    ran.clear()
    yield


def fail(season: Any) -> tuple[UUID, Incident]:
    """Let a job of a dossier that waits for the council fail; returns the dossier and the incident."""
    [made] = season.before_council(1)
    database = season.commune.database
    with unit_of_work(database) as uow:
        instance_id = uow.session.get_one(Nomination, made).instance_id
        uow.enqueue("test_trouble", str(instance_id), STEP)
    with pytest.raises(StepFailed):
        jobs.run_pending(database)
    with unit_of_work(database, readonly=True) as uow:
        [incident] = incidents.open_incidents(uow)
    return made, incident


def kept(season: Any) -> Incident:
    with unit_of_work(season.commune.database, readonly=True) as uow:
        return uow.session.scalars(sa.select(Incident)).one()


def test_the_step_is_red_on_the_dossiers_diagram_until_it_is_dealt_with(web: Any, season: Any) -> None:
    made, incident = fail(season)
    web.sign_in("VP")

    def positions() -> dict[str, str]:
        page = web.get(f"/nominations/{made}/diagram").response.text
        found = re.search(r'id="viewer-data">(.*?)</script>', page, re.S)
        assert found is not None
        shown: dict[str, str] = json.loads(found[1])["positions"]
        return shown

    assert positions()[STEP] == "failed"
    with season.commune.acting(ADMIN) as uow:
        incidents.resolve(uow, incident.id)
    assert positions().get(STEP) != "failed"


def test_an_incident_is_read_and_run_again(web: Any, season: Any) -> None:
    _made, incident = fail(season)
    web.sign_in(ADMIN)
    shown = web.get("/admin/incidents").text
    assert "HS-2022-0001" in shown
    assert "KeyError: thiếu mức thưởng" in shown
    page = web.get(f"/admin/incidents/{incident.id}")
    assert page.status == 200
    assert web.post(f"/admin/incidents/{incident.id}/retry", page.keys()).status == 302
    assert jobs.run_pending(season.commune.database) >= 1
    assert len(ran) == 2
    assert kept(season).resolution == "retried"
    shown = web.get("/admin/incidents").text
    assert "Không có sự cố nào." in shown
    assert "Đã chạy lại" in shown


def test_a_step_is_skipped_with_a_reason(web: Any, season: Any) -> None:
    _made, incident = fail(season)
    web.sign_in(ADMIN)
    path = f"/admin/incidents/{incident.id}/skip"
    assert web.post(path, {**web.get(path).keys(), "reason": "abc"}).status == 422
    assert web.post(path, {**web.get(path).keys(), "reason": "đã ghi sổ tay"}).status == 302
    row = kept(season)
    assert (row.state, row.resolution, row.reason) == ("resolved", "skipped", "đã ghi sổ tay")
    with unit_of_work(season.commune.database, readonly=True) as uow:
        assert uow.session.get_one(Instance, row.instance_id).skips == [incident.element]


def test_data_are_corrected_and_what_is_wrong_comes_back_as_typed(web: Any, season: Any) -> None:
    _made, incident = fail(season)
    web.sign_in(ADMIN)
    path = f"/admin/incidents/{incident.id}/correct"
    page = web.get(path)
    broken = web.post(path, {**page.keys(), "values": '{"a": }', "reason": "sửa mức thưởng"})
    assert broken.status == 422
    assert "Viết sai ở dòng 1." in broken.text
    with unit_of_work(season.commune.database, readonly=True) as uow:
        before = dict(execution.load_run(uow, uow.session.get_one(Instance, incident.instance_id)).data)
    typed = json.dumps({**before, "prize_checked": True}, default=str)
    answer = web.post(path, {**web.get(path).keys(), "values": typed, "reason": "sửa mức thưởng"})
    assert answer.status == 302
    with unit_of_work(season.commune.database, readonly=True) as uow:
        after = execution.load_run(uow, uow.session.get_one(Instance, incident.instance_id)).data
    assert after == {**before, "prize_checked": True}
    assert kept(season).resolution == "corrected"


def test_the_page_of_jobs_says_who_works_what_failed_and_runs_it_again(web: Any, season: Any) -> None:
    fail(season)
    web.sign_in(ADMIN)
    page = web.get("/admin/jobs")
    assert "Không có chương trình xử lý nền nào đang chạy" in page.text
    assert "KeyError: thiếu mức thưởng" in page.text
    assert "Đã dừng, cần xử lý 1" in page.text
    [dead] = jobs.failed(season.commune.database)
    assert web.post("/admin/jobs/retry", {**page.keys(), "job_id": dead.id}).status == 302
    again = web.post("/admin/jobs/retry", {**page.keys(), "job_id": dead.id, "_key": "another-key-0001"})
    assert again.status == 404
    assert kept(season).resolution == "retried"
    with season.commune.acting(ADMIN) as uow:
        uow.session.add(WorkerBeat(executor_id="office-1", at=datetime.now(UTC)))
    page = web.get("/admin/jobs")
    assert "Không có chương trình xử lý nền nào đang chạy" not in page.text
    assert "office-1" in page.text


def test_every_job_has_a_name_that_an_administrator_understands(app: Any) -> None:
    assert {name for name in registered() if not name.startswith("test_")} <= set(JOB_LABELS)


def test_a_job_about_another_organisations_dossier_is_neither_shown_nor_run_again(
    web: Any, season: Any
) -> None:
    fail(season)
    [dead] = jobs.failed(season.commune.database)
    web.sign_in(ADMIN)
    keys = web.get("/admin/jobs").keys()
    city = season.commune.made.city_id
    with unit_of_work(season.commune.database) as uow:
        status = tables_of(uow).status
        moved = {"queue_partition_key": jobs.lane(city, "a dossier of the city")}
        uow.session.execute(sa.update(status).where(status.c.workflow_uuid == dead.id).values(**moved))
        uow.session.execute(sa.update(Incident).values(organisation_id=city))
    assert dead.id not in web.get("/admin/jobs").response.text
    assert web.post("/admin/jobs/retry", {**keys, "job_id": dead.id}).status == 404
    assert [job.id for job in jobs.failed(season.commune.database)] == [dead.id]


@pytest.mark.parametrize("path", ["/admin/jobs", "/admin/incidents"])
def test_only_the_administrator_reads_them(web: Any, season: Any, path: str) -> None:
    web.sign_in("VP")
    assert web.get(path).status == 403
