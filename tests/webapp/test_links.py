"""Whoever is signed in: no page leads to one that is refused, missing or broken."""

from __future__ import annotations

import html
import re
from typing import Any

import pytest

from workflows.actions.papers import create_paper

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
def test_no_link_leads_to_a_closed_door(web: Any, app: Any) -> None:
    refused = {}
    for code in ("X04T", "X04P", "X05T", "VT", "VHTT", "VP", "CT", "CA", "TKV", "QT"):
        reader = type(web)(app, web._commune)
        reader.sign_in(code)
        seen, waiting = {"/"}, ["/"]
        while waiting and len(seen) < MANY:
            path = waiting.pop(0)
            answer = reader.get(path).response
            if answer.status_code not in (200, 302):
                refused[f"{code} {path}"] = answer.status_code
            found = LINK.findall(answer.text) if answer.mimetype == "text/html" else []
            new = dict.fromkeys(html.unescape(each) for each in found)
            waiting += [each for each in new if each not in seen]
            seen.update(new)
    assert refused == {}
