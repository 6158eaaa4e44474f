"""Decisions and proposals in the browser: drafted over those who wait, read, numbered, opened as files."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest

from engine import tasks
from workflows.actions.papers import create_paper

SUBJECT = {"subject": "Về việc tặng Giấy khen cho hộ gia đình tiêu biểu"}


@pytest.fixture
def drafted(season: Any) -> UUID:
    """A decision over two households, before the chairman."""
    season.passed(2)
    with season.players.acting("VP") as uow:
        paper = create_paper(uow, "decision").id
    season.do("VP", "draft_paper", paper, SUBJECT)
    return UUID(str(paper))


@pytest.fixture
def issued(season: Any, drafted: UUID) -> UUID:
    """Signed and numbered 12."""
    season.do("CT", "review_paper", drafted, {"paper_choice": "approve"})
    form = {"number_source": "typed", "number": 12, "issued_on": "2022-11-14", "signer_mode": "CT"}
    season.do("VT", "issue_paper", drafted, form)
    return drafted


def test_the_office_drafts_only_what_dossiers_wait_for(web: Any, season: Any) -> None:
    season.passed(2)
    web.sign_in("VP")
    page = web.get("/papers")
    assert "Soạn quyết định 2 hồ sơ đang chờ" in page.text
    assert "Soạn tờ trình : Không có hồ sơ nào chờ tờ trình." in page.text
    keys = page.keys()
    started = web.post("/papers", {**keys, "kind": "decision"})
    with season.commune.acting("VP") as uow:
        [task] = tasks.open_tasks(uow, step="draft_paper")
    assert started.response.location == f"/tasks/{task.id}"
    assert web.post("/papers", {**keys, "kind": "decision"}).response.location == started.response.location


def test_only_the_office_drafts(web: Any, season: Any) -> None:
    season.passed(1)
    web.sign_in("CT")
    page = web.get("/papers")
    assert "Soạn quyết định" not in page.text
    refused = web.post("/papers", {**web.get("/password").keys(), "kind": "decision"})
    assert refused.status == 403


def test_the_chairman_finds_the_draft_and_the_task_on_the_papers_page(
    web: Any, season: Any, drafted: UUID
) -> None:
    web.sign_in("CT")
    page = web.get(f"/papers/{drafted}")
    assert page.status == 200
    assert "Danh sách (2)" in page.text
    assert "Xem và duyệt văn bản" in page.text
    draft = web.get(f"/papers/{drafted}/pdf", buffered=True).response
    assert draft.data.startswith(b"%PDF-")
    assert draft.headers["Content-Disposition"].startswith("inline")
    kept = web.get(f"/papers/{drafted}/pdf?download=1", buffered=True).response
    assert kept.headers["Content-Disposition"].startswith("attachment")


def test_an_issued_paper_shows_number_signer_results_and_to_whom_it_went(
    web: Any, season: Any, issued: UUID
) -> None:
    web.sign_in("VT")
    page = web.get(f"/papers/{issued}")
    assert "Quyết định số 12/QĐ-UBND" in page.text
    assert "Nguyễn Đức Hải" in page.text
    assert page.text.count("Duyệt") >= 2
    assert "Gửi lúc" in page.text
    assert "Chưa có bản chụp đã ký." in page.text
    missing = web.get(f"/papers/{issued}/scan")
    assert missing.status == 404
    book = web.get("/papers/numbers")
    assert "12/QĐ-UBND" in book.text


def test_the_unit_reads_its_issued_paper_and_nobody_else_does(web: Any, season: Any, issued: UUID) -> None:
    web.sign_in("X04T")
    assert web.get(f"/papers/{issued}").status == 200
    web.client.delete_cookie("thidua")
    web.sign_in("X02T")
    refused = web.get(f"/papers/{issued}")
    assert refused.status == 403
    assert "Anh/chị không được xem văn bản này." in refused.text
    assert web.get(f"/papers/{issued}/pdf").status == 403


def test_a_draft_is_not_shown_to_the_unit(web: Any, season: Any, drafted: UUID) -> None:
    web.sign_in("X04T")
    assert web.get(f"/papers/{drafted}").status == 403


def test_the_clerk_keeps_a_block_and_a_wrong_range_loses_nothing(web: Any, season: Any) -> None:
    web.sign_in("VT")
    page = web.get("/papers/numbers")
    form = {"series": "QĐ-UBND", "year": "2022", "first": "20", "last": "15", "note": "Khen thưởng"}
    wrong = web.post("/papers/numbers/blocks", {**page.keys(), **form})
    assert wrong.status == 422
    assert "Số cuối phải bằng hoặc lớn hơn số đầu; số đầu từ 1." in wrong.text
    assert 'value="Khen thưởng"' in wrong.response.text
    kept = web.post("/papers/numbers/blocks", {**wrong.keys(), **form, "last": "25"})
    assert kept.response.location == "/papers/numbers"
    shown = web.get("/papers/numbers")
    assert "QĐ-UBND 2022: 20–25 (Khen thưởng)" in shown.text
    spoiled = {"series": "QĐ-UBND", "cancel_year": "2022", "number": "21", "reason": "In hỏng"}
    web.post("/papers/numbers/cancelled", {**shown.keys(), **spoiled})
    assert "Đã hủy: In hỏng" in web.get("/papers/numbers").text


def test_others_read_the_book_but_do_not_write_it(web: Any, season: Any) -> None:
    web.sign_in("VP")
    page = web.get("/papers/numbers")
    assert "Văn thư giữ dải số và ghi số hỏng." in page.text
    form = {"series": "QĐ-UBND", "year": "2022", "first": "1", "last": "5"}
    refused = web.post("/papers/numbers/blocks", {**web.get("/password").keys(), **form})
    assert refused.status == 403
