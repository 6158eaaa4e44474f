"""Re-linking, tampering, races and kills: what a secret ballot withstands, on both databases."""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
import sqlalchemy as sa

from engine.database import unit_of_work
from engine.errors import ThiduaError
from tests.journeys import secret
from webapp.cli import main
from workflows.actions import secret_ballots
from workflows.actions.sessions import VotingClosed, close_voting
from workflows.demo.nominees import advanced_worker
from workflows.demo.season import COUNCIL
from workflows.queries.ballot_boxes import published_board
from workflows.queries.box_check import check_boxes
from workflows.secret_ballot import verifier

Tamper = Callable[[str], list[str]]
FIRST = "(SELECT min(receipt) FROM ballot_envelope)"
ONE_FOR_ALL = (
    f"UPDATE ballot_envelope SET sealed = (SELECT sealed FROM ballot_envelope WHERE receipt = {FIRST})"
)
PEOPLE = ("VHTT", "CB01", "CB02", "CB03", "CB04", "CB05")


def dossiers(town: Any, people: tuple[str, ...] = PEOPLE) -> list[UUID]:
    rows = [advanced_worker(str(town.fixture.people[code])) for code in people]
    found: list[UUID] = town.before_council("TP_HT", "CQ", *rows, head="PCT1")
    return found


def orders(town: Any, session: UUID) -> dict[str, list[UUID]]:
    """Every order of the envelopes that a thief of the database may try: times, places, hidden columns."""
    with town.database.engine.connect().execution_options(readonly=True) as connection:
        is_postgres = town.database.engine.dialect.name == "postgresql"
        if is_postgres:
            connection.execute(sa.text("SELECT set_config('app.organisation', '*', false)"))
        hidden = ("xmin::text::bigint", "ctid") if is_postgres else ("rowid",)
        found = {}
        for column in (*hidden, "cast_at", "id", "receipt", "person_id"):
            query = f"SELECT person_id FROM ballot_envelope ORDER BY {column}"
            rows = connection.execute(sa.text(query)).scalars()
            found[column] = [UUID(str(each)) for each in rows]
        query = "SELECT data FROM history WHERE event = 'ballot:cast' ORDER BY seq"
        said = [
            json.loads(row) if isinstance(row, str) else row
            for row in connection.execute(sa.text(query)).scalars()
        ]
        found["history"] = [UUID(each["person_id"]) for each in said]
    return found


def test_relink_by_times_places_hidden_columns_and_history_is_no_better_than_chance(town: Any) -> None:
    keys = dossiers(town)
    session = town.convene(keys, vote_mode="secret")
    codes = secret.prepare(town, session)
    chosen: dict[UUID, dict[UUID, str]] = {}
    for code in COUNCIL:
        mine = {key: secrets.choice(("agree", "disagree")) for key in secret.own_lines(town, session, code)}
        chosen[town.fixture.people[code]] = mine
        secret.put_in(town, session, code, mine)
    secret.open_with(town, session, {0: codes[0], 1: codes[1]})
    opened = {UUID(line["id"]): line["ballots"] for line in secret.box(town, session).result["lines"]}
    for name, order in orders(town, session).items():
        assert sorted(order) == sorted(chosen), name
        for direction in (order, order[::-1]):
            # Given the totals a guesser is right as often as the two orders agree by chance.
            hits = excess = 0.0
            for key, ballots in opened.items():
                truth = [chosen[person][key] for person in direction]
                share = ballots.count("agree") / len(ballots)
                hits += sum(a == b for a, b in zip(truth, ballots, strict=True))
                excess += len(ballots) * (share**2 + (1 - share) ** 2)
            deviation = (len(COUNCIL) * len(keys) * 0.5) ** 0.5
            assert abs(hits - excess) < 5 * deviation, (name, hits, excess)
    lines = list(opened.values())
    assert len({tuple(line) for line in lines}) > 1, "each nominee's ballots are shuffled anew"


@pytest.fixture
def tamper(town: Any, request: pytest.FixtureRequest) -> Tamper:
    """Change something behind the program, as who owns the database can; returns what verify_box then says."""
    url = town.database.engine.url
    is_postgres = url.get_backend_name() == "postgresql"
    owner = request.getfixturevalue("postgres").owner_url(url.database) if is_postgres else url

    def tamper(statement: str) -> list[str]:
        engine = sa.create_engine(owner)
        with engine.begin() as connection:
            plain = statement if is_postgres else statement.replace("::text", "").replace("::json", "")
            connection.execute(sa.text(plain))
        engine.dispose()
        with town.reading() as uow:
            session = uow.session.execute(sa.text("SELECT session_id FROM ballot_box")).scalar_one()
            return check_boxes(uow, UUID(str(session)))[0]

    return tamper


def finished(town: Any, *, opened: bool = True) -> UUID:
    keys = dossiers(town, PEOPLE[:2])
    session: UUID = town.convene(keys, vote_mode="secret")
    codes = secret.prepare(town, session)
    secret.put_in_all(town, session, keys, against={"CT": keys[:1]})
    if opened:
        secret.open_with(town, session, {0: codes[0], 1: codes[1]})
    return session


def test_verify_box_finds_nothing_wrong_from_the_closing_to_the_answer(town: Any) -> None:
    session = finished(town)
    with town.reading() as uow:
        problems, [box] = check_boxes(uow, session)
    assert (problems, box.state, box.seals) == ([], "opened", [])
    town.conclude(session)
    with town.reading() as uow:
        assert check_boxes(uow, session)[0] == []


def test_the_command_verify_box_prints_each_round_or_what_is_wrong_and_writes_the_board(
    town: Any,
    tamper: Tamper,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    session = finished(town)
    url = town.database.engine.url.render_as_string(hide_password=False)
    for name, value in {"THIDUA_DATA": str(tmp_path / "data"), "THIDUA_DATABASE": url}.items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("THIDUA_DATABASE_OWNER", raising=False)
    board = tmp_path / "board.json"
    assert main(["verify-box", str(session), "--board", str(board)]) == 0
    said = capsys.readouterr().out
    assert "Lượt 1: phát ra 11, thu về 11, mã hòm phiếu" in said and "đếm lại khớp" in said
    assert verifier.main([str(board)]) == 0
    assert tamper("UPDATE session_line SET agree = agree - 1")
    assert main(["verify-box", str(session)]) == 1
    assert "kết quả phiên họp không bằng kết quả đếm lại" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("statement", "said"),
    [
        (ONE_FOR_ALL, "có phong bì bị sửa"),
        ("UPDATE ballot_envelope SET receipt = 'ab' || substr(receipt, 3)", "không khớp với bảng công bố"),
        (f"DELETE FROM ballot_envelope WHERE receipt = {FIRST}", "không khớp với bảng công bố"),
        ("UPDATE ballot_box SET returned = 10", "không khớp"),
        ("UPDATE ballot_box SET issued = 12", "số phiếu phát ra"),
        ("UPDATE ballot_box SET root = 'ab' || substr(root, 3)", "mã gốc không khớp"),
        (
            "UPDATE ballot_box SET result = replace(result::text, 'disagree', 'agree')::json",
            "chữ ký của kết quả",
        ),
        ("UPDATE ballot_box SET context = replace(context::text, '2/3', '1/3')::json", "mã gốc không khớp"),
        ("UPDATE session_line SET agree = agree + 1", "kết quả phiên họp không bằng"),
        ("UPDATE session_line SET written_agree = 1", "kết quả phiên họp không bằng"),
        ("DELETE FROM ballot_teller WHERE place = 2", "ban kiểm phiếu không khớp"),
    ],
)
def test_verify_box_names_what_was_changed_behind_the_program(
    town: Any, tamper: Tamper, statement: str, said: str
) -> None:
    finished(town)
    problems = tamper(statement)
    assert any(said in problem for problem in problems), problems


def test_a_changed_envelope_cannot_be_opened_and_nothing_is_counted(town: Any, tamper: Tamper) -> None:
    keys = dossiers(town, PEOPLE[:2])
    session = town.convene(keys, vote_mode="secret")
    codes = secret.prepare(town, session)
    secret.put_in_all(town, session, keys)
    assert tamper(ONE_FOR_ALL)
    with pytest.raises(secret_ballots.BoxDamaged):
        secret.open_with(town, session, {0: codes[0], 1: codes[1]})
    assert secret.box(town, session).state == "closed"


def test_eleven_at_the_same_moment_each_count_once_and_the_last_against_the_closing(town: Any) -> None:
    keys = dossiers(town, PEOPLE[:1])
    session = town.convene(keys, vote_mode="secret")
    codes = secret.prepare(town, session)
    people = town.fixture.people

    def act(index: int) -> str:
        who = {"actor_id": people[COUNCIL[index % 11]], "organisation_id": town.fixture.commune_id}
        with unit_of_work(town.database, actor_name="x", **who) as uow:
            if index < 22:  # everybody twice: the second press of a nervous finger
                return secret_ballots.cast(uow, session, {str(keys[0]): "agree"})
            close_voting(uow, session)
            return "closed"

    results, errors = town.together(22, act)
    assert errors == [] and len(set(results)) == 22
    with town.acting("CT"):
        pass  # the jobs run: everybody's task is done, the box closes by itself
    box = secret.box(town, session)
    assert (box.state, box.returned, len(set(box.receipts) & set(results))) == ("closed", 11, 11)
    with pytest.raises(VotingClosed):
        secret.put_in(town, session, "CT", {keys[0]: "disagree"})
    secret.open_with(town, session, {0: codes[0], 1: codes[1]})
    assert (town.line(keys[0]).agree, town.line(keys[0]).disagree) == (11, 0)
    assert verifier.check_board(published_board(secret.box(town, session))) == []


def test_the_race_of_the_last_ballots_with_the_closing_loses_and_doubles_none(town: Any) -> None:
    keys = dossiers(town, PEOPLE[:1])
    session = town.convene(keys, vote_mode="secret")
    codes = secret.prepare(town, session)
    people = town.fixture.people

    def act(index: int) -> str:
        code = "CT" if index == 10 else COUNCIL[index + 1]
        who = {"actor_id": people[code], "organisation_id": town.fixture.commune_id, "actor_name": code}
        with unit_of_work(town.database, **who) as uow:
            if code != "CT":
                return secret_ballots.cast(uow, session, {str(keys[0]): "agree"})
            close_voting(uow, session)
            return ""

    results, errors = town.together(11, act)
    assert all(isinstance(error, VotingClosed) for error in errors)
    receipts = [each for each in results if each]
    with town.acting("CT"):
        pass
    box = secret.box(town, session)
    assert box.receipts == sorted(receipts) and len(receipts) + len(errors) == 10
    secret.open_with(town, session, {0: codes[0], 2: codes[2]})
    assert town.line(keys[0]).agree == len(receipts)


@pytest.mark.parametrize("code", ["VP", "CT", "TP_HT", "CB01", "PNV", "MTTQ"])
def test_who_may_open_cast_close_count_and_see(town: Any, code: str) -> None:
    """A matrix from the fixture's roles: tellers take codes and open, members cast, the chair closes."""
    keys = dossiers(town, PEOPLE[:1])
    session = town.convene(keys, vote_mode="secret")
    secret.prepare(town, session)
    may = {
        "cast": code in COUNCIL,
        "close": code == "CT",
        "open": code in secret.TELLERS,
    }
    done = {
        "cast": lambda uow: secret_ballots.cast(uow, session, {str(keys[0]): "agree"}),
        "close": lambda uow: close_voting(uow, session),
        "open": lambda uow: secret_ballots.opening(uow, session),
    }
    for name, action in done.items():
        if name == "open" and code != "CT":
            secret.close(town, session)
        try:
            with town.acting(code) as uow:
                action(uow)
            allowed = True
        except ThiduaError as error:
            allowed = type(error).__name__ not in ("NotAllowed", "NotFound")
        assert allowed is may[name], (code, name)
