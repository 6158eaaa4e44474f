"""Values of a regulation in the browser: read with their source, changed in a draft, in force from its date."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest

from engine import regulations
from workflows.quotas import capped_awards


@pytest.fixture
def draft(web: Any) -> str:
    """The address of a new draft of the commune's administrator."""
    web.sign_in("QT")
    page = web.get("/admin/regulations/new")
    sent = {"name": "Tỷ lệ của tỉnh", "citation": "Quyết định số 1/QĐ-UBND"}
    return str(web.post("/admin/regulations/new", {**page.keys(), **sent}).response.location)


def change(web: Any, draft: str, key: str, **typed: str) -> Any:
    path = f"{draft}/values/{key}"
    return web.post(path, {**web.get(path).keys(), **typed})


def test_a_regulation_shows_its_values_with_their_source_and_what_must_be_checked(
    web: Any, draft: str
) -> None:
    page = web.get(draft).text
    assert (
        "Tỷ lệ CSTĐCS so với số cá nhân đạt LĐTT; tỉnh có thể quy định thấp hơn Đặt là 15/100 "
        "Căn cứ NĐ 91/2017/NĐ-CP Điều 9 khoản 3 Sửa"
    ) in page
    assert (
        "Cách làm tròn chỉ tiêu CSTĐCS Đặt là làm tròn xuống Căn cứ Cách làm tròn chưa có nguồn cần kiểm tra"
    ) in page


def test_a_lower_share_counts_from_the_day_the_draft_says(web: Any, draft: str, commune: Any) -> None:
    source = "Quyết định số 1/QĐ-UBND Điều 2 (cần kiểm tra)"
    saved = change(web, draft, "cstdcs_share", value="10/100", citation=source)
    assert saved.response.location == draft
    assert "Sửa trong bản này Đặt là 10/100" in web.get(draft).text
    keys = web.get(draft).keys()
    assert web.post(f"{draft}/publish", {**keys, "effective_from": "2022-12-01"}).status == 302
    shares = {}
    for day in (date(2022, 11, 30), date(2022, 12, 1)):
        commune.clock.move(datetime(day.year, day.month, day.day, 5, tzinfo=UTC))
        with commune.acting("VP") as uow:
            shares[day.month] = regulations.values(uow, commune.made.commune_id, day)["cstdcs_share"]["value"]
            assert capped_awards(uow, commune.made.commune_id, day) == {"CSTDCS", "GK_GDVH"}
    assert shares == {11: "15/100", 12: "10/100"}
    assert web.get(f"{draft}/values/cstdcs_share").status == 200
    refused = change(web, draft, "cstdcs_share", value="20/100", citation="X")
    assert (refused.status, "Quy định đã công bố thì không sửa được." in refused.text) == (403, True)


@pytest.mark.parametrize(
    ("key", "typed", "said"),
    [
        ("cstdcs_share", {"value": "15", "citation": "NĐ 91"}, "Ghi tỷ lệ dạng phân số từ trên 0 đến 1"),
        ("cstdcs_share", {"value": "1/0", "citation": "NĐ 91"}, "Ghi tỷ lệ dạng phân số từ trên 0 đến 1"),
        ("cstdcs_share", {"value": "10/100", "citation": ""}, "Cần ghi căn cứ của giá trị."),
        ("gk_gdvh_share", {"value": "2", "citation": "NĐ 122"}, "Ghi tỷ lệ dạng phân số từ trên 0 đến 1"),
    ],
)
def test_a_value_that_cannot_be_counted_with_or_has_no_source_is_refused(
    web: Any, draft: str, key: str, typed: dict[str, str], said: str
) -> None:
    page = change(web, draft, key, **typed)
    assert (page.status, said in page.text) == (422, True)
    assert f'value="{typed["value"]}"' in page.response.text
    assert "Sửa trong bản này" not in web.get(draft).text


def test_a_way_of_rounding_is_chosen_and_no_other_one_is_taken(web: Any, draft: str) -> None:
    source = "Quyết định số 1/QĐ-UBND Điều 3"
    assert change(web, draft, "cstdcs_rounding", value="len", citation=source).status == 422
    assert change(web, draft, "cstdcs_rounding", value="nearest", citation=source).status == 302
    assert "Sửa trong bản này Đặt là làm tròn đến số gần nhất Căn cứ" in web.get(draft).text


def test_a_value_without_a_source_is_left_empty_and_asked_for(web: Any, draft: str) -> None:
    assert change(web, draft, "cstdcs_share", value="", citation="").status == 302
    assert "Sửa trong bản này Đặt là chưa có, sẽ hỏi khi dùng" in web.get(draft).text
    assert web.get(f"{draft}/values/khong_co").status == 404
