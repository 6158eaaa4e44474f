"""Whoever is signed in: no page leads to one that is refused, missing or broken."""

from __future__ import annotations

import html
import re
from typing import Any

import pytest
import sqlalchemy as sa

from workflows.actions.papers import create_paper
from workflows.tables.papers import Paper

LINK = re.compile(r'<a\b[^>]*\bhref="(/[^"#]*)')
MANY = 250


@pytest.fixture
def lived_in(season: Any) -> None:
    """Two households decided, two of a session that votes, two drafts of another hamlet."""
    season.passed(2)
    with season.players.acting("VP") as uow:
        paper = create_paper(uow, "decision").id
    season.do("VP", "draft_paper", paper, {"subject": "Về việc tặng Giấy khen"})
    season.do("CT", "review_paper", paper, {"paper_choice": "approve"})
    form = {"number_source": "typed", "number": 12, "issued_on": "2022-11-14", "signer_mode": "CT"}
    season.do("VT", "issue_paper", paper, form)
    season.before_council(2, award="GK_TP")
    season.session()
    row = {"award": "GK_XA", "subject_kind": "household", "achievement_year": 2022}
    season.commune.nominate("X05T", "X05", {**row, "subject_name": "Lê Thị Sáu"})


@pytest.mark.parametrize("commune", ["sqlite"], indirect=True)
@pytest.mark.usefixtures("lived_in")
def test_no_link_leads_to_a_closed_door(web: Any, app: Any, commune: Any) -> None:
    with commune.acting("VP") as uow:
        papers = [f"/papers/{each}" for each in uow.session.scalars(sa.select(Paper.id))]
    refused = {}
    for code in ("X04T", "X04P", "X05T", "VT", "VHTT", "VP", "CT", "CA", "TKV", "QT"):
        reader = type(web)(app, commune)
        reader.sign_in(code)
        led_by: dict[str, str] = {}
        waiting = ["/", *papers]  # a letter names a paper to people whose menu does not
        for path in waiting:
            answer = reader.get(path).response
            if path in led_by and answer.status_code not in (200, 302):
                refused[f"{code}: {led_by[path]} → {path}"] = answer.status_code
            if answer.mimetype != "text/html" or answer.status_code != 200 or len(waiting) > MANY:
                continue
            for link in dict.fromkeys(html.unescape(each) for each in LINK.findall(answer.text)):
                if link not in waiting:
                    led_by[link] = path
                    waiting.append(link)
    assert refused == {}
