"""An administrator lets running dossiers follow a changed regulation: compared, previewed, moved, taken back."""

from __future__ import annotations

import html
import re
from datetime import date
from typing import Any
from uuid import UUID

import pytest

from engine import instances, jobs, tasks
from engine.drafts import ANY
from engine.errors import NotAllowed, NotFound
from engine.migration_models import InstanceMigration, MigrationBatch
from engine.models import Instance
from engine.regulations import read
from workflows.actions import migration as actions
from workflows.actions import regulations
from workflows.queries import migration as queries
from workflows.queries import migration_batches as moves

PATH = "nomination/nomination.bpmn"
NAME = "Sửa quy trình tiếp nhận hồ sơ"
CITY = "QTTP"
REASON = "Thực hiện quy chế mới"
GONE = "Bước “Tiếp nhận hồ sơ” đang làm không có trong sơ đồ mới: chọn bước thay thế cho nó."


def changed(xml: bytes) -> bytes:
    """The reception is another step with another name: who has not come there yet does not notice."""
    renamed = re.sub(rb"\breceive_dossier\b(?!\.form)", b"register_dossier", xml)
    return renamed.replace('name="Tiếp nhận hồ sơ"'.encode(), 'name="Vào sổ tiếp nhận"'.encode())


@pytest.fixture
def three(season: Any, household: Any) -> dict[str, UUID]:
    """One at the reception, one appraised, one not yet handed in; then the regulation changes today."""
    first, second = season.reviewed(2)
    season.do("VP", "receive_dossier", second, {})
    row = {**household, "subject_name": "Lò Thị Mẫu (hư cấu)", "award": "GK_XA"}
    [third] = season.commune.nominate("X04T", "X04", row)
    publish(season, changed)
    return {"received": first, "appraised": second, "drafted": third}


def publish(season: Any, change: Any) -> UUID:
    with season.commune.acting("QT") as uow:
        xml = read(uow, season.commune.made.commune_id, PATH, uow.today)
        draft = regulations.start_draft(uow, name=NAME, citation="Quyết định số 1 (hư cấu)")
        regulations.save_file(uow, draft.id, PATH, change(xml), expected=ANY)
        regulations.publish(uow, draft.id, effective_from=date(2022, 11, 14))
        return UUID(str(draft.id))


def instance(season: Any, key: UUID) -> Instance:
    with season.commune.acting("VP") as uow:
        found = instances.find(uow, season.commune.made.commune_id, "nomination", str(key))
        assert found is not None
        return found


def compare(web: Any) -> Any:
    """From the list to the two diagrams of the nominations."""
    page = web.get("/admin/migration")
    section = page.response.text.split("Hồ sơ</h2>")[1].split("</section>")[0]
    old = re.sub(r"<details.*?</details>", "", section, flags=re.S)  # from the one in force to an older one
    fields = dict(re.findall(r'name="(from|to)" value="([0-9a-f]{64})"', old))
    sent = web.post("/admin/migration/choose", {**page.keys(), **fields})
    assert sent.status == 302
    return web.get(sent.response.location)


def hidden(page: Any) -> dict[str, list[str]]:
    """Every hidden field of the page's last form, as a browser sends it."""
    form = page.response.text.split('<main class="page"')[-1].split("<footer")[0].split("<form")[-1]
    found: dict[str, list[str]] = {}
    for name, value in re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', form):
        found.setdefault(html.unescape(name), []).append(html.unescape(value))
    return found


def preview(web: Any, page: Any, *chosen: Instance, **more: str) -> Any:
    fields = {**hidden(page), "instance": [str(each.id) for each in chosen], **more}
    return web.post("/admin/migration/preview", fields)


def apply(web: Any, page: Any, *chosen: Instance, **more: str) -> Any:
    fields = {**hidden(page), "instance": [str(each.id) for each in chosen], **more}
    return web.post("/admin/migration/apply", fields)


def count(season: Any, table: Any) -> int:
    with season.commune.acting("QT") as uow:
        return int(uow.session.query(table).count())


def rows(season: Any, three: dict[str, UUID]) -> dict[str, Instance]:
    return {name: instance(season, key) for name, key in three.items()}


def test_the_way_leads_from_the_regulation_over_two_diagrams_to_a_preview_that_writes_nothing(
    web: Any, season: Any, three: dict[str, UUID]
) -> None:
    web.sign_in("QT")
    listed = web.get("/admin/regulations").response.text
    [link] = re.findall(rf'href="(/admin/regulations/[0-9a-f-]+)">{NAME}', listed)
    assert "3 hồ sơ đang chạy theo phiên bản cũ. Chuyển hồ sơ đang chạy" in web.get(link).text
    assert "Chuyển hồ sơ đang chạy" in web.get("/admin").text
    before = rows(season, three)
    page = compare(web)
    assert (page.status, "Tiếp nhận hồ sơ Hồ sơ đang ở đó 1 Thay bằng" in page.text) == (200, True)
    assert "Bỏ đi: Tiếp nhận hồ sơ" in page.text
    assert "Bước mới: Vào sổ tiếp nhận" in page.text
    assert 'value="register_dossier"' in page.response.text
    assert '"removed"' in page.response.text
    shown = preview(web, page, *before.values())
    assert (shown.status, "1 An toàn 1 Cần chú ý 1 Từ chối" in shown.text) == (200, True)
    assert f"Từ chối {GONE}" in shown.text
    assert "Bước mới “Vào sổ tiếp nhận” nằm trước vị trí hiện tại: hồ sơ sẽ không qua bước này." in shown.text
    assert 'aria-label="Chọn HS-2022-0001"' not in shown.response.text
    assert re.search(r'aria-label="Chọn HS-2022-0002">', shown.response.text)
    assert re.search(r'aria-label="Chọn HS-2022-0003" checked>', shown.response.text)
    mapped = preview(web, page, *before.values(), **{"map.receive_dossier": "register_dossier"})
    assert "3 An toàn 0 Cần chú ý 0 Từ chối" in mapped.text
    back = web.post("/admin/migration/compare", {**hidden(mapped), "instance": []})
    assert '<option value="register_dossier" selected>' in back.response.text
    assert len(re.findall(r'name="instance"[^>]* checked', back.response.text)) == 3
    assert (count(season, MigrationBatch), count(season, InstanceMigration)) == (0, 0)
    after = rows(season, three)
    assert {n: (r.definition_hash, r.version) for n, r in after.items()} == {
        n: (r.definition_hash, r.version) for n, r in before.items()
    }


def test_dossiers_are_moved_by_jobs_followed_and_taken_back_with_reasons_in_their_history(
    web: Any, another: Any, season: Any, three: dict[str, UUID]
) -> None:
    web.sign_in("QT")
    before = rows(season, three)
    shown = preview(web, compare(web), *before.values(), **{"map.receive_dossier": "register_dossier"})
    sent = apply(web, shown, *before.values(), reason=REASON)
    assert sent.status == 302
    url = sent.response.location
    waiting = web.get(url)
    assert "0/3 đã chuyển · 3 đang chờ" in waiting.text
    assert "“Tiếp nhận hồ sơ” → “Vào sổ tiếp nhận”" in waiting.text
    assert 'hx-trigger="every 2s"' in waiting.response.text
    assert "Hoàn tác các hồ sơ đã chọn" not in waiting.text
    jobs.run_pending(season.commune.database)
    done = web.get(url)
    assert "3/3 đã chuyển. Đã xong." in done.text
    assert "hx-trigger" not in done.response.text
    assert "“Tiếp nhận hồ sơ” → “Vào sổ tiếp nhận”" in done.text
    after = rows(season, three)
    assert len({row.definition_hash for row in after.values()}) == 1
    with season.commune.acting("VP") as uow:
        [task] = tasks.open_tasks(uow, instance_id=after["received"].id)
        assert (task.step, task.name) == ("register_dossier", "Vào sổ tiếp nhận")
    another.sign_in("VP")
    timeline = another.get(f"/nominations/{three['received']}").text
    assert (
        f"Chuyển sang phiên bản quy trình mới: từ “{before_name(season, before)}” sang “{NAME}”" in timeline
    )
    assert f"Lý do, căn cứ: {REASON}" in timeline
    silent = take_back(web, url, after["received"], reason=" ")
    assert (silent.status, "Cần nêu lý do." in silent.text) == (422, True)
    assert re.search(r'aria-label="Chọn HS-2022-0001" checked', silent.response.text)
    assert take_back(web, url, after["received"], reason="Chuyển nhầm").status == 302
    again = web.get(url).text
    assert "Đã hoàn tác 1 hồ sơ." in again
    assert "HS-2022-0001 Kết quả Đã hoàn tác" in again
    back = rows(season, three)
    assert back["received"].definition_hash == before["received"].definition_hash
    assert back["appraised"].definition_hash == after["appraised"].definition_hash
    assert "Trở lại phiên bản quy trình trước" in another.get(f"/nominations/{three['received']}").text
    season.do("VP", "receive_dossier", three["received"], {})


def before_name(season: Any, before: dict[str, Instance]) -> str:
    with season.commune.acting("QT") as uow:
        return queries.version(uow, before["received"].definition_hash).regulation


def take_back(web: Any, url: str, *chosen: Instance, reason: str) -> Any:
    fields = {**web.get(url).keys(), "instance": [str(each.id) for each in chosen], "reason": reason}
    return web.post(f"{url}/undo", fields)


def test_without_a_reason_or_a_dossier_nothing_is_ordered_and_the_choices_stay(
    web: Any, season: Any, three: dict[str, UUID]
) -> None:
    web.sign_in("QT")
    found = rows(season, three)
    page = compare(web)
    nobody = preview(web, page, **{"map.receive_dossier": "register_dossier"})
    assert (nobody.status, "Chưa chọn hồ sơ nào." in nobody.text) == (422, True)
    assert '<option value="register_dossier" selected>' in nobody.response.text
    shown = preview(web, page, *found.values())
    silent = apply(web, shown, found["appraised"], reason="  ")
    assert (silent.status, "Cần nêu lý do." in silent.text) == (422, True)
    assert re.search(r'aria-label="Chọn HS-2022-0002" checked', silent.response.text)
    assert re.search(r'aria-label="Chọn HS-2022-0003">', silent.response.text)
    none = apply(web, shown, reason=REASON)
    assert (none.status, "Chưa chọn hồ sơ nào." in none.text, REASON in none.response.text) == (
        422,
        True,
        True,
    )
    long = apply(web, shown, found["appraised"], reason="dài " * 200)
    assert (long.status, "Lý do dài quá 500 ký tự." in long.text) == (422, True)
    assert count(season, MigrationBatch) == 0


def test_a_refused_dossier_is_never_moved_and_one_that_changed_since_the_preview_is_shown_again(
    web: Any, season: Any, three: dict[str, UUID]
) -> None:
    web.sign_in("QT")
    found = rows(season, three)
    shown = preview(web, compare(web), *found.values())
    forced = apply(web, shown, found["received"], found["drafted"], reason=REASON)
    assert (forced.status, GONE in forced.text) == (409, True)
    season.do("VP", "receive_dossier", three["received"], {})  # a warning now, that nobody has seen
    unseen = apply(web, shown, found["received"], reason=REASON)
    assert (unseen.status, "Có hồ sơ vừa thay đổi sau khi xem trước." in unseen.text) == (409, True)
    assert count(season, MigrationBatch) == 0
    assert apply(web, unseen, found["received"], reason=REASON).status == 302


def test_a_dossier_that_went_on_before_its_job_is_named_with_the_reason_and_stays(
    web: Any, season: Any, three: dict[str, UUID]
) -> None:
    web.sign_in("QT")
    found = rows(season, three)
    shown = preview(web, compare(web), *found.values(), **{"map.receive_dossier": "register_dossier"})
    url = apply(web, shown, found["received"], found["drafted"], reason=REASON).response.location
    with season.commune.acting("VP") as uow:
        instances.cancel(uow, found["received"].id, "Rút theo đơn")
    jobs.run_pending(season.commune.database)
    page = web.get(url).text
    assert "1/2 đã chuyển · 1 không chuyển được. Đã xong." in page
    ended = "Hồ sơ đã kết thúc hoặc đã được rút."
    assert f"Hồ sơ HS-2022-0001 chưa chuyển sang sơ đồ mới được: {ended}" in page
    assert instance(season, three["received"]).definition_hash == found["received"].definition_hash


def test_who_has_gone_on_is_not_taken_back_but_the_others_are(
    web: Any, season: Any, three: dict[str, UUID]
) -> None:
    web.sign_in("QT")
    found = rows(season, three)
    shown = preview(web, compare(web), *found.values())
    url = apply(web, shown, found["appraised"], found["drafted"], reason=REASON).response.location
    jobs.run_pending(season.commune.database)
    accept = {"appraisal_outcome": "accept", "appraisal_reason": "Đủ điều kiện."}
    season.do("VP", "appraise", three["appraised"], accept)
    page = web.get(url)
    assert "Đã có người làm tiếp hoặc đã chuyển lần nữa, không hoàn tác được." in page.text
    both = take_back(web, url, found["appraised"], found["drafted"], reason="Chuyển nhầm")
    assert both.status == 422
    assert "Chưa xong HS-2022-0002: Không hoàn tác được: sau khi chuyển sơ đồ, hồ sơ đã qua" in both.text
    assert "Xong HS-2022-0003" in both.text
    after = rows(season, three)
    assert after["drafted"].definition_hash == found["drafted"].definition_hash
    assert after["appraised"].definition_hash != found["appraised"].definition_hash


def test_a_changed_due_date_is_kept_or_counted_anew_as_the_administrator_chooses(
    web: Any, season: Any
) -> None:
    made = season.reviewed(2)
    for each in made:
        season.do("VP", "receive_dossier", each, {})
    later = b'name="dueDate" value="\'2022-12-30\'"'
    publish(season, lambda xml: xml.replace(b'name="dueDate" value="due_on"', later, 1))
    web.sign_in("QT")
    for key, choice, moved in ((made[0], "keep", False), (made[1], "recompute", True)):
        row = instance(season, key)
        shown = preview(web, compare(web), row)
        assert "Thời hạn “Thẩm định hồ sơ” đổi cách tính" in shown.text
        assert "Giữ hạn đang chạy" in shown.text
        with season.commune.acting("QT") as uow:
            [task] = tasks.open_tasks(uow, instance_id=row.id)
        assert apply(web, shown, row, reason=REASON, due=choice).status == 302
        jobs.run_pending(season.commune.database)
        with season.commune.acting("QT") as uow:
            [after] = tasks.open_tasks(uow, instance_id=row.id)
            assert (after.due_at != task.due_at) is moved


def test_only_an_administrator_and_only_of_the_own_organisation(
    app: Any, web: Any, another: Any, season: Any, three: dict[str, UUID]
) -> None:
    clerk = type(web)(app, season.commune)
    clerk.sign_in("VP")
    assert clerk.get("/admin/migration").status == 403
    with season.commune.acting("VP") as uow:
        with pytest.raises(NotAllowed):
            queries.versions(uow)
        with pytest.raises(NotAllowed):
            actions.order_move(uow, [], None, reason=REASON)  # type: ignore[arg-type]
    web.sign_in("QT")
    found = rows(season, three)
    page = compare(web)
    shown = preview(web, page, found["drafted"])
    url = apply(web, shown, found["drafted"], reason=REASON).response.location
    jobs.run_pending(season.commune.database)
    another.sign_in(CITY)
    listed = another.get("/admin/migration")
    assert (listed.status, "Hồ sơ đề nghị" in listed.text, NAME in listed.text) == (200, False, False)
    assert another.get(url).status == 404
    address = f"/admin/migration/compare?from={hidden(page)['from'][0]}&to={hidden(page)['to'][0]}"
    assert (web.get(address).status, another.get(address).status) == (200, 404)
    fields = {
        **another.get("/password").keys(),
        **{k: hidden(page)[k] for k in ("from", "to")},
        "instance": [found["drafted"].id],
    }
    assert another.post("/admin/migration/preview", fields).status == 404
    assert another.post("/admin/migration/apply", {**fields, "reason": REASON}).status == 404
    assert another.post(f"{url}/undo", {**fields, "reason": REASON}).status == 404
    with season.players.acting(CITY) as uow, pytest.raises(NotFound):
        actions.take_back(uow, UUID(url.rsplit("/", 1)[1]), found["drafted"].id, reason=REASON)


def test_a_dossier_of_another_version_or_of_nobody_is_not_previewed(
    web: Any, season: Any, three: dict[str, UUID]
) -> None:
    web.sign_in("QT")
    page = compare(web)
    fields = {**hidden(page), "instance": ["00000000-0000-7000-8000-000000000000"]}
    assert web.post("/admin/migration/preview", fields).status == 404
    assert web.post("/admin/migration/preview", {**hidden(page), "instance": ["x"]}).status == 404
    unknown = preview(web, page, instance(season, three["drafted"]), **{"map.receive_dossier": "zz"})
    assert (unknown.status, "“zz” không có trong sơ đồ mới" in unknown.text) == (409, True)
    with season.commune.acting("QT") as uow, pytest.raises(NotFound):
        moves.batch(uow, three["drafted"])
