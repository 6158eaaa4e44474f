"""Short messages: the newest on the home page, read when opened, one's own only."""

from __future__ import annotations

from typing import Any

from workflows.actions.notices import notify
from workflows.queries.work import unread_notices


def tell(commune: Any, code: str, *texts: str) -> list[str]:
    """Notices to one person, each with a link to the list of dossiers; returns their paths, newest first."""
    with commune.acting("QT") as uow:
        for text in texts:
            notify(uow, [commune.made.people[code]], text, "/nominations")
    with commune.acting(code) as uow:
        return [f"/notices/{notice.id}" for notice in unread_notices(uow, commune.made.people[code])]


def test_home_shows_the_five_newest_and_says_how_many_are_new(web: Any, commune: Any) -> None:
    tell(commune, "VHTT", *(f"Tin thứ {number}" for number in range(1, 8)))
    web.sign_in("VHTT")
    home = web.get("/").text
    assert [f"Tin thứ {number}" in home for number in range(1, 8)] == [False, False, *[True] * 5]
    assert "Tất cả thông báo (7 mới)" in home
    assert "7 thông báo mới" in web.get("/notices").text


def test_a_notice_counts_as_read_once_it_is_opened(web: Any, commune: Any) -> None:
    newest, _older = tell(commune, "VHTT", "Tin cũ", "Tin mới")
    web.sign_in("VHTT")
    assert web.get(newest).response.location == "/nominations"
    home = web.get("/").text
    assert ("Tin mới" in home, "Tin cũ" in home) == (False, True)
    page = web.get("/notices")
    assert page.text.index("Tin cũ") < page.text.index("Đã đọc") < page.text.index("Tin mới")
    assert web.post("/notices/read", page.keys()).status == 302
    assert "Không có thông báo mới." in web.get("/notices").text


def test_somebody_else_s_notice_is_not_found_and_stays_unread(web: Any, commune: Any) -> None:
    [path] = tell(commune, "CT", "Chỉ Chủ tịch đọc")
    web.sign_in("VHTT")
    answer = web.get(path)
    assert answer.status == 404
    assert "Chỉ Chủ tịch đọc" not in answer.text
    with commune.acting("CT") as uow:
        assert [notice.text for notice in unread_notices(uow, commune.made.people["CT"])] == [
            "Chỉ Chủ tịch đọc"
        ]
