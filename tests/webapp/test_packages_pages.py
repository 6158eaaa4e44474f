"""What leaves for the city and what the city's desk sees of it: copies, documents, answers, number 2."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest

from workflows.actions.packages import create_package
from workflows.actions.papers import create_paper
from workflows.queries.packages import received_packages

SUBJECT = {"subject": "Về việc đề nghị tặng Giấy khen của Chủ tịch UBND thành phố"}


@pytest.fixture
def sent(season: Any) -> UUID:
    """Two households in a package that the city has received."""
    season.passed(2, award="GK_TP")
    with season.players.acting("VP") as uow:
        paper = create_paper(uow, "proposal").id
    season.do("VP", "draft_paper", paper, SUBJECT)
    season.do("CT", "review_paper", paper, {"paper_choice": "approve"})
    form = {"number_source": "typed", "number": 7, "issued_on": "2022-11-14", "signer_mode": "CT"}
    season.do("VT", "issue_paper", paper, form)
    return send(season)


def send(season: Any) -> UUID:
    with season.players.acting("VP") as uow:
        package = create_package(uow).id
    season.do("VP", "assemble_package", package, {})
    return UUID(str(package))


def test_the_office_sees_what_was_sent_and_no_answer_yet(web: Any, season: Any, sent: UUID) -> None:
    web.sign_in("VP")
    assert "BHS-2022-01" in web.get("/papers").text
    page = web.get(f"/packages/{sent}")
    assert "0/2 hồ sơ đã có trả lời" in page.text
    assert page.text.count("Lần 1 (gói này): chưa có trả lời") == 2
    assert web.get(f"/received/{sent}").status == 403


def test_the_citys_desk_is_led_to_its_packages_and_opens_only_their_documents(
    web: Any, season: Any, sent: UUID
) -> None:
    web.sign_in("PNV")
    assert web.get("/papers").response.location == "/received"
    assert "xã Đồng Liên" in web.get("/received").text
    page = web.get(f"/received/{sent}")
    assert page.status == 200
    assert "07/TTr-UBND" in page.text
    assert "Xem xét hồ sơ do xã gửi" in page.text
    links = [part.split('"')[0] for part in page.response.text.split("/documents/")[1:]]
    base = page.response.text.split("/documents/")[0].rsplit('"', 1)[1]
    opened = [web.get(f"{base}/documents/{link}", buffered=True).response for link in links]
    assert {each.headers["Content-Type"] for each in opened} == {"application/pdf", "image/png"}
    assert web.get(f"{base}/documents/{'0' * 64}").status == 404
    assert web.get(f"/packages/{sent}").status == 403


def test_a_resubmission_stands_as_number_2_beside_number_1(web: Any, season: Any, sent: UUID) -> None:
    with season.players.acting("PNV") as uow:
        [received] = received_packages(uow)
    returned, decided = [str(line.nomination_id) for line in received.lines]
    answers = {
        returned: {"answer": "returned", "reason": "Thiếu xác nhận của xóm."},
        decided: {"answer": "decided", "decision_number": "88/QĐ-UBND", "decision_date": "2022-11-14"},
    }
    season.do(
        "PNV",
        "decide_package",
        sent,
        lambda form: {"lines": [{**line, **answers[line["id"]]} for line in form["lines"]]},
    )
    season.do("X04T", "supplement_for_city", returned, {"note": "Đã có xác nhận của xóm."})
    second = send(season)

    web.sign_in("VP")
    page = web.get(f"/packages/{second}")
    assert "Lần 1 : Trả lại để bổ sung" in page.text
    assert "Thiếu xác nhận của xóm." in page.text
    assert "Lần 2 (gói này): chưa có trả lời" in page.text
    first = web.get(f"/packages/{sent}")
    assert "2/2 hồ sơ đã có trả lời" in first.text
    assert "Quyết định số 88/QĐ-UBND ngày 14/11/2022" in first.text


def test_a_member_of_a_unit_sees_no_packages(web: Any, season: Any, sent: UUID) -> None:
    web.sign_in("X04T")
    assert web.get(f"/packages/{sent}").status == 403
    assert "BHS-2022-01" not in web.get("/papers").text
