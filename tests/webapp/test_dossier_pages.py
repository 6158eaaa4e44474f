"""The nominee's page: who may open it at which stage, what stands first, what may be done and why not."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest

RETURNED = "Ghi rõ số hộ đã được giúp đỡ."


@pytest.mark.parametrize("reader", ["X04T", "X04P", "VP", "VT", "TKV"])
def test_what_the_council_said_stands_on_the_page_of_everybody_who_may_open_it(
    web: Any, season: Any, reader: str
) -> None:
    [made] = season.passed(1)
    web.sign_in(reader)
    page = web.get(f"/nominations/{made}")
    assert page.status == 200
    assert "Hội đồng xét , 14/11/2022 Đạt 10 đồng ý, 0 không đồng ý" in page.text
    assert "Bình xét tại đơn vị , 14/11/2022 Đồng ý đề nghị 20 đồng ý, 0 không đồng ý" in page.text


def test_the_nominee_reads_the_dossier_and_may_do_nothing_in_it(web: Any, season: Any) -> None:
    row = {
        "award": "GK_XA",
        "subject_kind": "individual",
        "achievement_year": 2022,
        "merit_summary": "Cải tiến bản tin truyền thanh.",
        "person_id": season.commune.made.people["VHTT"],
    }
    [made] = season.commune.nominate("TP_HT", "CQ", row)
    web.sign_in("VHTT")
    page = web.get(f"/nominations/{made}")
    assert page.status == 200
    assert "Hiện không có việc nào cho anh/chị ở hồ sơ này." in page.text
    assert "Rút hồ sơ Chỉ đơn vị đề nghị được rút hồ sơ." in page.text
    assert "Tạm dừng xét Việc này do Thường trực Hội đồng thực hiện." in page.text


def test_a_reason_of_return_stands_before_everything_else(web: Any, season: Any) -> None:
    made = returned(season)
    web.sign_in("X04T")
    page = web.get(f"/nominations/{made}")
    main = page.text.split("Sổ khen thưởng", 1)[1]
    assert main.startswith(f" Hồ sơ được trả lại. Lý do: {RETURNED} Hồ sơ › HS-2022-0001")
    assert "Hoàn chỉnh và nộp hồ sơ" in main.split("Việc có thể làm")[1].split("Chưa làm được")[0]


def test_a_hold_needs_its_basis_and_shows_it_to_whoever_waits(web: Any, another: Any, season: Any) -> None:
    [made] = season.before_council(1)
    web.sign_in("VP")
    path = f"/nominations/{made}"
    keys = web.get(path).keys()
    empty = web.post(f"{path}/hold", {**keys, "reason": "  "})
    assert empty.status == 422
    assert "Cần ghi căn cứ tạm dừng (số, ngày văn bản)." in empty.text
    basis = "Đơn số 12/ĐT ngày 10/11/2022"
    assert web.post(f"{path}/hold", {**keys, "reason": basis}).status == 302
    another.sign_in("X04T")
    assert f"Hồ sơ đang tạm dừng xét. Căn cứ: {basis}" in another.get(path).text
    assert f"Lý do, căn cứ: {basis}" in another.get(path).text
    assert web.post(f"{path}/resume", {**keys, "reason": "Kết luận số 3/KL"}).status == 302
    assert "Hồ sơ đang tạm dừng xét" not in another.get(path).text
    assert another.post(f"{path}/hold", {**another.get(path).keys(), "reason": basis}).status == 403


def test_the_unit_withdraws_with_a_reason_and_never_after_the_end(web: Any, season: Any) -> None:
    [made] = season.waiting_for_review(1)
    web.sign_in("X04T")
    path = f"/nominations/{made}"
    keys = web.get(path).keys()
    assert "Cần nêu lý do rút hồ sơ." in web.post(f"{path}/withdraw", {**keys, "reason": ""}).text
    assert web.post(f"{path}/withdraw", {**keys, "reason": "Hộ xin rút."}).status == 302
    page = web.get(path)
    assert "Hồ sơ đã được rút. Lý do: Hộ xin rút." in page.text
    again = web.post(f"{path}/withdraw", {**keys, "reason": "Lần nữa."})
    assert (again.status, "Hồ sơ đã kết thúc." in again.text) == (403, True)


def returned(season: Any) -> UUID:
    """Received by the office and given back to its author with a reason."""
    [made] = season.reviewed(1)
    season.do("VP", "receive_dossier", made, {})
    season.do("VP", "appraise", made, {"appraisal_outcome": "return", "appraisal_reason": RETURNED})
    return UUID(str(made))
