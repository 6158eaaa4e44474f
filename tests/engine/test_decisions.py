"""Decisions by date: the table in force, its citation, the functions of the workflows."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from uuid import UUID

import pytest

from engine import decisions, handlers, regulations
from engine.database import Database, unit_of_work
from engine.errors import NotFound

TABLE = """<definitions xmlns="https://www.omg.org/spec/DMN/20191111/MODEL/" id="d" name="d" namespace="x">
<decision id="terms" name="Thời hạn"><decisionTable id="t" hitPolicy="UNIQUE">
<input id="i"><inputExpression id="x"><text>procedure</text></inputExpression></input>
<output id="o1" name="term_days"/><output id="o2" name="doubled"/>
<rule id="r1"><description>{citation}</description><inputEntry id="a"><text>"appraise"</text></inputEntry>
<outputEntry id="b"><text>{days}</text></outputEntry>
<outputEntry id="c"><text>twice({days})</text></outputEntry></rule>
</decisionTable></decision></definitions>"""


def published(
    database: Database, commune: UUID, folder: Path, year: int, days: int, citation: str, until: date | None
) -> None:
    place = folder / str(year)
    (place / "tables").mkdir(parents=True)
    (place / "regulation.toml").write_text(f'code = "{year}"\nname = "Quy định {year}"\n', encoding="utf-8")
    content = TABLE.format(days=days, citation=citation)
    (place / "tables" / "terms.dmn").write_text(content, encoding="utf-8")
    with unit_of_work(database, organisation_id=commune) as uow:
        draft = regulations.import_folder(uow, place, organisation_id=commune)
        regulations.publish(
            uow, draft.id, effective_from=date(year, 1, 1), effective_until=until, allow_past=True
        )


@pytest.fixture
def two_years(database: Database, commune: UUID, tmp_path: Path) -> UUID:
    handlers.function("twice")(lambda n: 2 * n)
    published(database, commune, tmp_path, 2022, 20, "NĐ 91/2017 Điều 55", date(2023, 12, 31))
    published(database, commune, tmp_path, 2024, 25, "NĐ 98/2023 — cần kiểm tra", None)
    return commune


def test_the_table_in_force_on_the_date_decides(database: Database, two_years: UUID) -> None:
    with unit_of_work(database, organisation_id=two_years) as uow:
        before = decisions.evaluate(uow, two_years, "terms", date(2022, 12, 12), {"procedure": "appraise"})
        after = decisions.evaluate(uow, two_years, "terms", date(2024, 3, 1), {"procedure": "appraise"})
    assert (before.first, before.citations) == ({"term_days": 20, "doubled": 40}, ["NĐ 91/2017 Điều 55"])
    assert (after.first, after.unverified) == ({"term_days": 25, "doubled": 50}, True)
    assert not before.unverified


def test_no_row_is_an_empty_answer(database: Database, two_years: UUID) -> None:
    with unit_of_work(database, organisation_id=two_years) as uow:
        result = decisions.evaluate(uow, two_years, "terms", date(2022, 12, 12), {"procedure": "other"})
        assert (result.rows, result.citations) == ([], [])
        with pytest.raises(decisions.DecisionFailed, match="không có dòng nào khớp"):
            _ = result.first


def test_a_decision_that_no_regulation_has_is_named(database: Database, two_years: UUID) -> None:
    with unit_of_work(database, organisation_id=two_years) as uow:
        with pytest.raises(NotFound, match="bảng quyết định “prize” có hiệu lực ngày 12/12/2022"):
            decisions.evaluate(uow, two_years, "prize", date(2022, 12, 12), {})
        with pytest.raises(NotFound):
            decisions.evaluate(uow, two_years, "terms", date(2015, 1, 1), {"procedure": "appraise"})
