"""Whole processes in the demo commune, the shipped regulation of 2022 in force, fresh for every test."""

from __future__ import annotations

# First: swaps in the one SQLite library.
from engine.database import Database, UnitOfWork, unit_of_work  # isort: skip

import io
import shutil
import subprocess
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from threading import Barrier, Thread
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select

from engine import history, instances, tasks
from engine.clock import InstallationClock
from engine.models import Instance, Task
from workflows import files, settings
from workflows.actions import evidence, meetings, nominations, packages, papers, sessions
from workflows.demo.players import Form, Players, move_clock
from workflows.demo.season import COUNCIL, sheet
from workflows.demo.story import publish
from workflows.fixtures import dong_lien
from workflows.fixtures.dong_lien import Fixture
from workflows.handlers import register_all
from workflows.tables.nominations import Nomination, Notice
from workflows.tables.papers import Paper
from workflows.tables.sessions import CouncilSession, SessionLine

SHIPPED = Path(__file__).parents[2] / "bpmn" / "2022"
OPENING = date(2022, 11, 14)
Answers = Mapping[str, Mapping[str, Any]]
Refusals = Mapping[str, Sequence[UUID]]


@dataclass
class Town:
    """The commune and its city, with the verbs of a season; people are named by the codes of domain.md §12."""

    database: Database
    fixture: Fixture
    players: Players

    def acting(self, code: str) -> AbstractContextManager[UnitOfWork]:
        return self.players.acting(code)

    def reading(self) -> AbstractContextManager[UnitOfWork]:
        return unit_of_work(self.database, organisation_id=self.fixture.commune_id, readonly=True)

    def reading_all(self) -> AbstractContextManager[UnitOfWork]:
        """Across the commune and its city, as no page may."""
        return unit_of_work(self.database, readonly=True)

    def at(self, day: date, hour: int = 8) -> None:
        self.players.move_clock(day, hour)

    def do(self, code: str, step: str, key: UUID, form: Any = None) -> None:
        self.players.complete(code, step, key, form or {})

    def form(self, code: str, step: str, key: UUID) -> dict[str, Any]:
        """What the open task of a step shows to one person at first."""
        with self.acting(code) as uow:
            found = tasks.open_tasks(uow, step=step, business_key=str(key))
            own = [task for task in found if task.assignee_id == uow.actor_id]
            return tasks.prefill_of(uow, (own or found)[0])

    def nominate(self, code: str, unit: str, *rows: Mapping[str, Any]) -> list[UUID]:
        with self.acting(code) as uow:
            made = nominations.create_nominations(uow, rows, unit_id=self.fixture.units[unit])
            return [row.id for row in made]

    def attach(
        self, code: str, key: UUID, kind: str, *, year: int | None = None, replaces: UUID | None = None
    ) -> UUID:
        with self.acting(code) as uow:
            stream = io.BytesIO(sheet(kind))
            row = evidence.attach(
                uow, key, kind=kind, title=kind, filename=f"{kind}.pdf", stream=stream,
                issued_year=year, supersedes=replaces,
            )  # fmt: skip
            return row.id

    def submit(self, code: str, *keys: UUID) -> None:
        with self.acting(code) as uow:
            nominations.submit(uow, keys, idempotency_key=f"submit-{keys[0]}")

    def review(self, head: str, unit: str, keys: Sequence[UUID], answers: Answers | None = None) -> UUID:
        """One meeting: 40 invited, 35 present, 34 agree with each unless `answers` says otherwise by name."""
        with self.acting(head) as uow:
            meeting = meetings.start_review(uow, self.fixture.units[unit], nomination_ids=list(keys)).id
        head_of_form = {"place": "Nhà văn hóa", "secretary": "Thư ký (hư cấu)", "invited": 40}
        self.do(head, "convene_review", meeting, head_of_form)
        self.do(head, "record_review", meeting, lambda form: _reviewed(form, answers or {}))
        self.do(head, "confirm_review", meeting, {"confirm_choice": "confirm"})
        return meeting

    def receive(self, *keys: UUID, code: str = "VP") -> None:
        for key in keys:
            self.do(code, "receive_dossier", key)

    def appraise(self, *keys: UUID, outcome: str = "accept", reason: str = "", code: str = "VP") -> None:
        for key in keys:
            form = {"appraisal_outcome": outcome, "appraisal_reason": reason}
            self.do(code, "appraise", key, {name: value for name, value in form.items() if value})

    def before_council(
        self, author: str, unit: str, *rows: Mapping[str, Any], head: str = "", office: str = "VP"
    ) -> list[UUID]:
        """Dossiers with a merit report that unit and office have passed."""
        keys = self.nominate(author, unit, *rows)
        for key in keys:
            self.attach(author, key, "merit_report")
        self.submit(author, *keys)
        self.review(head or author, unit, keys)
        self.receive(*keys, code=office)
        self.appraise(*keys, code=office)
        return keys

    def convene(
        self, keys: Sequence[UUID], *, states: Mapping[str, str] | None = None,
        recusals: Sequence[tuple[UUID, str, str]] = (), **agenda: Any,
    ) -> UUID:  # fmt: skip
        """A session over the dossiers, its agenda and attendance; `recusals` are (dossier, member, ground)."""
        with self.acting("VP") as uow:
            session = sessions.create_session(uow, title="Họp Hội đồng Thi đua - Khen thưởng").id
        self.agenda(session, keys, **agenda)
        self.attendance(session, states, recusals)
        return session

    def agenda(self, session: UUID, keys: Sequence[UUID], **more: Any) -> None:
        wanted = {str(key) for key in keys}
        with self.reading() as uow:
            today = uow.today.isoformat()

        def fill(form: Form) -> Form:
            lines = [{**row, "include": row["id"] in wanted} for row in form["lines"]]
            return {"held_on": today, "held_time": "08:00", "place": "Phòng họp", "lines": lines, **more}

        self.do("VP", "prepare_agenda", session, fill)

    def attendance(
        self, session: UUID, states: Mapping[str, str] | None = None,
        recusals: Sequence[tuple[UUID, str, str]] = (),
    ) -> None:  # fmt: skip
        people = self.fixture.people
        state = {str(people[code]): each for code, each in (states or {}).items()}
        declared = [
            {"nomination_id": str(key), "person_id": str(people[code]), "ground": ground}
            for key, code, ground in recusals
        ]

        def fill(form: Form) -> Form:
            members = [{**row, "state": state.get(row["id"], "present")} for row in form["members"]]
            return {"members": members, "recusals": declared}

        self.do("VP", "record_attendance", session, fill)

    def vote(
        self, session: UUID, members: Sequence[str] = COUNCIL, *, against: Refusals | None = None
    ) -> None:
        """The members agree to everything; `against` maps a member to the dossiers it says no to."""
        for code in members:
            self.vote_one(session, code, set((against or {}).get(code, ())))

    def vote_one(self, session: UUID, code: str, refused: set[Any]) -> None:
        rows = self.form(code, "cast_vote", session)["lines"]
        no = {str(key) for key in refused}
        choices = {row["id"]: "disagree" if row["id"] in no else "agree" for row in rows}
        with self.acting(code) as uow:
            sessions.cast_vote(uow, session, choices, f"vote-{session}-{code}")

    def conclude(self, session: UUID) -> None:
        self.do("CT", "confirm_result", session, {"confirm_choice": "confirm"})
        self.do("VP", "confirm_minutes", session)

    def council(self, *keys: UUID, against: Refusals | None = None) -> UUID:
        """A whole session with all eleven."""
        session = self.convene(keys)
        self.vote(session, against=against)
        self.conclude(session)
        return session

    def draft(self, kind: str, subject: str = "Về việc khen thưởng năm 2022") -> UUID:
        with self.acting("VP") as uow:
            paper = papers.create_paper(uow, kind, subject=subject).id
        self.do("VP", "draft_paper", paper)
        return paper

    def issue(self, paper: UUID, number: int, **more: Any) -> None:
        self.do("VT", "issue_paper", paper, {"number_source": "typed", "number": number, **more})

    def sign(self, kind: str, number: int, chairman: str = "CT", **more: Any) -> UUID:
        """One paper over everybody who waits for its kind, from draft to number."""
        paper = self.draft(kind)
        self.do(chairman, "review_paper", paper, {"paper_choice": "approve"})
        self.issue(paper, number, **more)
        return paper

    def send_up(self) -> UUID:
        with self.acting("VP") as uow:
            package = packages.create_package(uow).id
        self.do("VP", "assemble_package", package)
        return package

    def answer(self, package: UUID, answers: Mapping[UUID, Mapping[str, str]]) -> None:
        """The city answers these lines and leaves the others open."""
        given = {str(key): dict(value) for key, value in answers.items()}

        def fill(form: Form) -> Form:
            return {"lines": [{"id": row["id"], **given.get(row["id"], {})} for row in form["lines"]]}

        self.do("PNV", "decide_package", package, fill)

    def row(self, key: UUID) -> Nomination:
        with self.reading() as uow:
            return uow.session.get_one(Nomination, key)

    def stages(self, *keys: UUID) -> list[str]:
        return [self.row(key).stage for key in keys]

    def line(self, key: UUID) -> SessionLine:
        """The dossier's line of its last session."""
        with self.reading() as uow:
            query = select(SessionLine).join(CouncilSession, CouncilSession.id == SessionLine.session_id)
            query = query.where(SessionLine.nomination_id == key).order_by(CouncilSession.created_at.desc())
            return uow.session.scalars(query).first()  # type: ignore[return-value]

    def paper(self, key: UUID) -> Paper:
        with self.reading() as uow:
            return uow.session.get_one(Paper, key)

    def text(self, key: UUID) -> str:
        """The words of a paper's PDF in the order they were set: a name wraps where its column ends."""
        digest = self.paper(key).pdf_sha256
        assert digest is not None
        command = ["pdftotext", "-raw", str(files.path_of(digest)), "-"]
        printed = subprocess.run(command, check=True, capture_output=True, text=True).stdout
        return " ".join(printed.split())

    def outcome(self, key: UUID) -> str | None:
        """The end that a dossier's instance reached."""
        with self.reading() as uow:
            return instances.get(uow, self.row(key).instance_id).outcome

    def open_steps(self, key: UUID) -> list[str]:
        with self.reading() as uow:
            return sorted(task.step for task in tasks.open_tasks(uow, business_key=str(key)))

    def work_of(self, code: str) -> list[tuple[str, str]]:
        """(step, business key) of what waits for one person."""
        with self.acting(code) as uow:
            found = tasks.open_tasks_of(uow, self.fixture.people[code], self.fixture.commune_id)
            return [(task.step, task.business_key) for task in found]

    def task(self, step: str, key: UUID) -> Task:
        with self.reading() as uow:
            [found] = tasks.open_tasks(uow, step=step, business_key=str(key))
            return found

    def notices(self, code: str) -> list[str]:
        with self.reading() as uow:
            query = select(Notice.text).where(Notice.person_id == self.fixture.people[code])
            return list(uow.session.scalars(query.order_by(Notice.id)))

    def forged(self) -> list[str]:
        """What is wrong with the chains of hashes of all that ran."""
        with self.reading_all() as uow:
            chains = uow.session.scalars(select(history.History.chain).distinct()).all()
            return [problem for chain in chains for problem in history.verify(uow, chain)]

    def events(self, key: UUID) -> list[str]:
        with self.reading() as uow:
            rows = history.of(uow, history.instance_chain(self.row(key).instance_id))
            return [row.event for row in rows]

    def instances(self, process_id: str) -> list[Instance]:
        with self.reading_all() as uow:
            query = select(Instance).where(Instance.process_id == process_id).order_by(Instance.started_at)
            return list(uow.session.scalars(query))

    def together(self, count: int, work: Callable[[int], Any]) -> tuple[list[Any], list[BaseException]]:
        """Do something in so many threads at the same moment: what they returned, what they raised."""
        return together(count, work)


def together(count: int, work: Callable[[int], Any]) -> tuple[list[Any], list[BaseException]]:
    results: list[Any] = []
    errors: list[BaseException] = []
    barrier = Barrier(count)

    def run(index: int) -> None:
        barrier.wait()
        try:
            results.append(work(index))
        except BaseException as error:
            errors.append(error)

    threads = [Thread(target=run, args=(index,)) for index in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results, errors


def _reviewed(form: Form, answers: Answers) -> Form:
    usual = {"agree": 34, "disagree": 1, "outcome": "passed"}
    lines = [{"id": row["id"], **usual, **answers.get(row["name"], {})} for row in form["lines"]]
    return {"ended_time": "10:30", "present": 35, "lines": lines}


def build(database: Database) -> Fixture:
    """The demo organisations with the shipped regulation in force in the whole country."""
    register_all()
    move_clock(database, OPENING)
    made = dong_lien.create(database)
    publish(database, made, SHIPPED)
    return made


@pytest.fixture(scope="session")
def sqlite_town(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Fixture]:
    path = tmp_path_factory.mktemp("town") / "thidua.db"
    shutil.copyfile(sqlite_template, path)
    database = _installation(f"sqlite:///{path}")
    made = build(database)
    database.close()
    return path, made


@pytest.fixture(scope="session")
def postgres_town(postgres: Any) -> tuple[str, Fixture]:
    name = postgres.create()
    database = _installation(postgres.application_url(name))
    made = build(database)
    database.close()
    return name, made


def _installation(url: str) -> Database:
    """A database whose business time is the installation's own, as it is in use."""
    database = Database(url)
    database.clock = InstallationClock(database)
    return database


@pytest.fixture(params=["sqlite", "postgresql"])
def town(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Town]:
    """Đồng Liên on the morning of Monday 14 November 2022, on SQLite and on PostgreSQL."""
    register_all()
    settings.configure(settings.Settings(files=tmp_path / "files"))
    if request.param == "sqlite":
        path, made = request.getfixturevalue("sqlite_town")
        shutil.copyfile(path, tmp_path / "town.db")
        database = _installation(f"sqlite:///{tmp_path / 'town.db'}")
        yield Town(database, made, Players(database, made))
        database.close()
        return
    template, made = request.getfixturevalue("postgres_town")
    server = request.getfixturevalue("postgres")
    name = server.create(template)
    database = _installation(server.application_url(name))
    yield Town(database, made, Players(database, made))
    database.close()
    server.drop(name)
