"""The minutes of a secret vote's counting: what they print, and that every wrong sum stops them (AC-12)."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from tests.workflows.test_papers import made, sample
from workflows import papers

FIGURES = ("agree", "disagree", "invalid", "abstain", "cast", "ballots", "written_agree", "written_disagree")


def test_the_minutes_name_tellers_sums_and_the_code_and_leave_room_for_five_signatures() -> None:
    text = " ".join(made(sample("ballot_minutes"), "ballot_minutes"))
    for words in (
        "BIÊN BẢN KIỂM PHIẾU",
        "Trưởng ban: Dương Văn Thịnh.",
        "Số phiếu phát ra: 09; thu về: 08; không thu về: 01; ý kiến bằng văn bản: 02.",
        "11 thành viên = 8 phiếu thu về + 1 phiếu không thu về + 2 ý kiến bằng văn bản",
        "Mã hòm phiếu: MYKAH-NDQMZ-YZ97M-5KQGY.",
        "BAN KIỂM PHIẾU",
        "THƯ KÝ",
        "CHỦ TRÌ",
    ):
        assert words in text, words


@pytest.mark.parametrize("count", [1, 15, 40])
def test_every_nominee_is_printed(count: int) -> None:
    payload = sample("ballot_minutes")
    known = payload["data"]["lines"]
    payload["data"]["lines"] = [
        {**known[index % len(known)], "name": f"Người Thứ {index + 1}"} for index in range(count)
    ]
    text = " ".join(made(payload, "ballot_minutes"))
    assert all(f"Người Thứ {index + 1} " in text for index in range(count))


@pytest.mark.parametrize("kind", ["ballot_minutes", "session_minutes"])
@pytest.mark.parametrize("by", [1, -1])
def test_one_figure_changed_by_one_stops_the_paper(kind: str, by: int) -> None:
    whole = sample("ballot_minutes")["data"]
    whole["lines"] = whole["lines"][:3]
    payload = {"wording": sample(kind)["wording"], "data": whole}
    papers.check(kind, payload, draft=True)
    for name in ("issued", "returned", "not_returned", "letters", "without_ballot", "receipts"):
        if whole["box"][name] + by >= 0:
            refused(kind, payload, "box", name, by)
    for index in range(3):
        for name in FIGURES:
            if whole["lines"][index][name] + by >= 0:
                refused(kind, payload, "lines", index, name, by)


def refused(kind: str, payload: dict[str, Any], *path: Any) -> None:
    *place, name, by = path
    wrong = copy.deepcopy(payload)
    at = wrong["data"]
    for part in place:
        at = at[part]
    at[name] += by
    with pytest.raises(papers.BallotMismatch):
        papers.check(kind, wrong, draft=True)


def test_a_member_too_many_or_a_teller_too_few_stops_the_paper() -> None:
    more, fewer = sample("ballot_minutes"), sample("ballot_minutes")
    more["data"]["members"].append({**more["data"]["members"][0], "name": "Người Thừa"})
    fewer["data"]["box"]["tellers"].pop()
    for payload in (more, fewer):
        with pytest.raises(papers.BallotMismatch):
            papers.check("ballot_minutes", payload, draft=True)
