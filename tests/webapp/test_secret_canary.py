"""A choice planted in a secret vote is looked for everywhere that something is kept: found nowhere."""

from __future__ import annotations

# First: swaps in the one SQLite library.
from engine.database import Database  # isort: skip

import json
import logging
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
import sqlalchemy as sa
from flask import Flask

from tests.journeys import secret
from tests.journeys.conftest import Town
from tests.webapp.conftest import Commune, Web
from workflows.actions import secret_ballots
from workflows.demo.nominees import advanced_worker
from workflows.demo.players import Players
from workflows.demo.season import COUNCIL
from workflows.queries import ballot_boxes, box_pages
from workflows.queries.ballot_boxes import published_board
from workflows.secret_ballot import sealing

CANARY = "chimyenhot"
KEY = "a" * 16


@pytest.fixture
def session(app: Flask, commune: Commune) -> tuple[Town, UUID, list[UUID], dict[int, str]]:
    """Two dossiers, a sealed box, three tellers' codes; all eleven are there."""
    town = Town(commune.database, commune.made, Players(commune.database, commune.made))
    people = commune.made.people
    rows = [advanced_worker(str(people[code])) for code in ("VHTT", "CB01")]
    keys = town.before_council("TP_HT", "CQ", *rows, head="PCT1")
    session_id = town.convene(keys, vote_mode="secret")
    return town, session_id, keys, secret.prepare(town, session_id)


@pytest.fixture
def a_fifth_choice(monkeypatch: pytest.MonkeyPatch) -> None:
    """A word that is nowhere else becomes a choice: sealed and stored as every other."""
    monkeypatch.setattr(sealing, "CHOICES", (*sealing.CHOICES, CANARY))
    original = ballot_boxes.allowed_choices

    def allowed(line: Any) -> tuple[str, ...]:
        return (*original(line), CANARY)

    for module in (ballot_boxes, box_pages, secret_ballots):
        monkeypatch.setattr(module, "allowed_choices", allowed)


def test_canary_a_choice_is_in_no_table_file_log_or_cache_before_the_opening(
    app: Flask,
    web: Web,
    commune: Commune,
    session: tuple[Town, UUID, list[UUID], dict[int, str]],
    a_fifth_choice: None,
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
    request: pytest.FixtureRequest,
    tmp_path: Path,
) -> None:
    town, session_id, keys, codes = session
    caplog.set_level(logging.DEBUG)
    web.sign_in("CT")
    path = f"/sessions/{session_id}/ballot"
    choices = {f"secret_choice.{key}": CANARY for key in keys}
    summary = web.post(path, {**web.get(path).keys(), **choices})
    assert CANARY in summary.response.text and summary.response.headers["Cache-Control"] == "no-store"
    strange = {**choices, f"secret_choice.{keys[0]}": f"{CANARY}-sai"}
    assert web.post(path, {**web.get(path).keys(), **strange, "_confirmed": "1"}).status == 422
    done = web.post(path, {**web.get(path).keys(), **choices, "_confirmed": "1"}, follow_redirects=True)
    assert "đã vào hòm" in done.text and CANARY not in done.response.text
    assert CANARY not in web.get(path).response.text
    expired = Web(app, commune).post(path, {**web.get(path).keys(), **choices, "_confirmed": "1"})
    assert CANARY not in expired.response.text
    kept = dict(everything_kept(commune.database, request, tmp_path))
    # The search finds what is there: the receipt, and the words of a form that are no secret.
    assert any(b"Ho\xc3\xa0n th\xc3\xa0nh t\xe1\xbb\x91t" in content for content in kept.values())
    assert [name for name, content in kept.items() if CANARY.encode() in content] == []
    printed = capfd.readouterr()
    assert "ballot_boxes.ballot_post" in printed.out
    assert CANARY not in caplog.text + printed.out + printed.err
    assert all(not isinstance(value, str) or CANARY not in value for value in app.extensions.values())
    secret.close(town, session_id)
    assert opened_here(town, session_id, codes, keys) == {str(key): [CANARY] for key in keys}


def opened_here(
    town: Town, session_id: UUID, codes: dict[int, str], keys: list[UUID]
) -> dict[str, list[str]]:
    """What two tellers' codes bring out, with the fifth choice: it was in the envelope all the time."""
    with town.acting("VP") as uow:
        closed = secret_ballots.opening(uow, session_id)
    private = sealing.recover(closed.box_id, closed.tellers, closed.seals, {0: codes[0], 1: codes[1]})
    return sealing.open_envelopes(private, closed.box_id, [str(key) for key in keys], closed.envelopes)


def everything_kept(
    database: Database, request: pytest.FixtureRequest, tmp_path: Path
) -> Iterator[tuple[str, bytes]]:
    """Every row of every table as text, and every file of database, journal and data folder."""
    with database.engine.connect().execution_options(readonly=True) as connection:
        if database.engine.dialect.name == "postgresql":
            connection.execute(sa.text("SELECT set_config('app.organisation', '*', false)"))
        for table in sa.inspect(connection).get_table_names():
            rows = connection.execute(sa.text(f'SELECT * FROM "{table}"')).fetchall()
            yield table, "\n".join(repr(tuple(row)) for row in rows).encode()
    folders = [tmp_path]
    if database.engine.dialect.name == "postgresql":
        server = request.getfixturevalue("postgres")
        server.checkpoint()
        folders.append(server.data_folder)
    for folder in folders:
        for file in folder.rglob("*"):
            if file.is_file():
                yield str(file), file.read_bytes()


def test_canary_after_the_opening_choices_stand_in_one_nameless_row_and_in_totals(
    commune: Commune, session: tuple[Town, UUID, list[UUID], dict[int, str]]
) -> None:
    town, session_id, keys, codes = session
    for number, code in enumerate(COUNCIL):
        choice = "disagree" if number % 3 == 0 else "agree"
        secret.put_in(town, session_id, code, dict.fromkeys(keys, choice))
    secret.open_with(town, session_id, {0: codes[0], 1: codes[1]})
    members = {str(commune.made.people[code]) for code in COUNCIL}
    with commune.database.engine.connect().execution_options(readonly=True) as connection:
        if commune.database.engine.dialect.name == "postgresql":
            connection.execute(sa.text("SELECT set_config('app.organisation', '*', false)"))
        for table in sa.inspect(connection).get_table_names():
            for row in connection.execute(sa.text(f'SELECT * FROM "{table}"')):
                told = linked(table, dict(row._mapping), members)
                assert told is None, told
    board = published_board(secret.box(town, session_id))
    assert not members & set(json.dumps(board["result"]).replace('"', " ").split())


def linked(table: str, row: dict[str, Any], members: set[str]) -> str | None:
    """A row that names a member beside a choice in any column but the definitions of forms and processes."""
    if table in ("ballot_box", "regulation_file", "file", "content", "definition", "alembic_version"):
        return None
    text = " ".join(str(value) for value in row.values())
    named = [each for each in members if each in text or each.replace("-", "") in text]
    # A name before a colon is the name of a total.
    chosen = re.findall(r"""["'](?:agree|disagree|abstain|blank)["'](?!\s*:)""", text)
    chosen += [str(value) for value in row.values() if value in ("agree", "disagree", "abstain", "blank")]
    return f"{table}: {text[:300]}" if named and chosen else None
