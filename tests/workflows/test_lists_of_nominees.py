"""The council's session, the chairman's paper and the city's package, on real instances of bpmn/2022."""

from __future__ import annotations

from engine.database import Database, UnitOfWork, unit_of_work  # isort: skip

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from threading import Barrier, Thread
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError

from engine import handlers, instances, jobs, regulations, tasks
from engine.errors import InvalidForm, NotAllowed
from engine.models import Instance, Organisation, Task
from workflows import files
from workflows import handlers as registrations
from workflows.actions import numbers
from workflows.actions.interruptions import hold, resume
from workflows.actions.nominations import create_nominations, submit
from workflows.actions.packages import create_package
from workflows.actions.papers import create_paper
from workflows.actions.sessions import AlreadyVoted, VotingClosed, cast_vote, close_voting, create_session
from workflows.queries.packages import package_page, received_packages, submissions_of
from workflows.queries.papers import paper_page, papers_of_nomination
from workflows.queries.register import earlier_awards, search
from workflows.queries.sessions import session_page
from workflows.rules.names import fold, sort_key
from workflows.settings import Settings, configure
from workflows.tables.nominations import Evidence, Nomination, Notice
from workflows.tables.organisation import CouncilSeat, Delegation, Person, RoleHolding, Unit, UnitChannel
from workflows.tables.packages import PackageLine
from workflows.tables.papers import NumberIssued, Paper
from workflows.tables.register import RegisterEntry
from workflows.tables.sessions import Ballot, CouncilSession, Recusal, SessionLine

REGULATIONS = Path(__file__).parents[2] / "bpmn" / "2022"
SINCE = date(2020, 1, 1)
SEATS = ("CT", "PCT", "MTTQ", "DU", "VP", "TCKT", "CA", "ND", "PN", "CCB", "DTN")


@dataclass
class Commune:
    """A commune with a council of eleven, its city, and the people by code."""

    database: Database
    organisation_id: UUID
    city_id: UUID
    unit_id: UUID
    people: dict[str, UUID] = field(default_factory=dict)
    counter: int = 0

    def acting(self, code: str) -> AbstractContextManager[UnitOfWork]:
        return unit_of_work(
            self.database,
            organisation_id=self.city_id if code == "TP" else self.organisation_id,
            actor_id=self.people[code],
            actor_name=code,
        )

    def do(self, code: str, process_id: str, step: str, form: dict[str, Any], key: UUID | str = "") -> None:
        """Complete the open task of a step as one person, then run every job."""
        self.counter += 1
        with self.acting(code) as uow:
            query = select(Task).where(Task.process_id == process_id, Task.step == step, Task.state == "open")
            if key:
                query = query.where(Task.business_key == str(key))
            if step == "cast_vote":
                query = query.where(Task.assignee_id == self.people[code])
            task = uow.session.scalars(query.where(Task.organisation_id == uow.organisation_id)).one()
            tasks.complete_task(uow, task.id, form, idempotency_key=f"test-{self.counter}")
        jobs.run_pending(self.database)

    def form(self, code: str, process_id: str, step: str) -> dict[str, Any]:
        """What the form of an open task shows at first."""
        with self.acting(code) as uow:
            query = select(Task).where(Task.process_id == process_id, Task.step == step, Task.state == "open")
            if step == "cast_vote":
                query = query.where(Task.assignee_id == self.people[code])
            return tasks.prefill_of(uow, uow.session.scalars(query).one())


def _person(
    uow: UnitOfWork, organisation_id: UUID, code: str, *roles: str, unit_id: UUID | None = None
) -> UUID:
    person = Person(
        organisation_id=organisation_id,
        full_name=f"Nguyễn Văn {code}",
        name_folded=fold(f"Nguyễn Văn {code}"),
        name_sort=sort_key(f"Nguyễn Văn {code}"),
        position=code,
        unit_id=unit_id,
        fictitious=True,
    )
    uow.session.add(person)
    uow.session.flush()
    for role in roles:
        uow.session.add(
            RoleHolding(
                organisation_id=organisation_id,
                person_id=person.id,
                role=role.removeprefix("~"),
                substitute=role.startswith("~"),
                valid_from=SINCE,
            )
        )
    return person.id


@pytest.fixture
def commune(database: Database, tmp_path: Path, registry: handlers.Registry) -> Iterator[Commune]:
    configure(Settings(files=tmp_path / "files"))
    registrations.register_all()
    with unit_of_work(database) as uow:
        city = Organisation(code="TPTN", name="Thành phố Thái Nguyên", level="city")
        uow.session.add(city)
        uow.session.flush()
        own = Organisation(code="DL", name="Xã Đồng Liên", level="commune", parent_id=city.id)
        uow.session.add(own)
        uow.session.flush()
        unit = Unit(
            organisation_id=own.id,
            code="CQ",
            name="Cơ quan UBND xã",
            name_folded="co quan ubnd xa",
            kind="agency",
            valid_from=SINCE,
        )
        uow.session.add(unit)
        uow.session.flush()
        uow.session.add(
            UnitChannel(organisation_id=own.id, unit_id=unit.id, channel="commune", valid_from=SINCE)
        )
        built = Commune(database, own.id, city.id, unit.id)
        roles: dict[str, tuple[str, ...]] = {
            "CT": ("chairman", "council_chair"),
            "PCT": ("~chairman",),
            "VP": ("standing_office",),
            "TCKT": ("nominator", "unit_head"),
            "VT": ("clerk",),
            "NY": (),
        }
        for code in (*SEATS, "VT", "NY"):
            extra = ("council_member",) if code in SEATS else ()
            built.people[code] = _person(uow, own.id, code, *roles.get(code, ()), *extra, unit_id=unit.id)
        built.people["TP"] = _person(uow, city.id, "TP", "city_desk")
        for seat, code in enumerate(SEATS, start=1):
            uow.session.add(
                CouncilSeat(
                    organisation_id=own.id,
                    person_id=built.people[code],
                    seat=seat,
                    title="Chủ tịch Hội đồng" if code == "CT" else "Ủy viên",
                    is_chair=code == "CT",
                    valid_from=SINCE,
                )
            )
        for organisation in (own, city):
            regulation = regulations.import_folder(uow, REGULATIONS, organisation_id=organisation.id)
            regulations.publish(
                uow,
                regulation.id,
                effective_from=date(2017, 10, 1),
                effective_until=date(2023, 12, 31),
                allow_past=True,
            )
    yield built


def nominate(commune: Commune, *rows: dict[str, Any]) -> list[UUID]:
    """Dossiers that the unit and the office have passed and that now wait for the council."""
    base = {
        "award": "GK_XA",
        "subject_kind": "individual",
        "achievement_year": 2022,
        "merit_summary": "Hoàn thành xuất sắc nhiệm vụ năm 2022.",
        "months_in_service": 60,
        "position": "Công chức",
        "address": "Xóm Mẫu 4",
        "gender": "male",
        "born_year": 1980,
    }
    with commune.acting("TCKT") as uow:
        made = create_nominations(uow, [{**base, **row} for row in rows], unit_id=commune.unit_id)
        for nomination in made:
            for kind in ("merit_report", "initiative_certificate"):
                uow.session.add(
                    Evidence(
                        organisation_id=commune.organisation_id,
                        nomination_id=nomination.id,
                        kind=kind,
                        title="Tài liệu",
                        issued_year=2022,
                        sha256="0" * 64,
                        filename="tai-lieu.pdf",
                        media_type="application/pdf",
                        size=1,
                        uploaded_by=commune.people["TCKT"],
                        uploaded_at=uow.now,
                    )
                )
        ids = [nomination.id for nomination in made]
        submit(uow, ids, idempotency_key=f"submit-{ids[0]}")
    for nomination_id in ids:
        with commune.acting("TCKT") as uow:
            instance = instances.find(uow, commune.organisation_id, "nomination", str(nomination_id))
            assert instance is not None
            passed = {"review_outcome": "passed", "review_reason": ""}
            assert instances.deliver(uow, instance.id, "unit_review_result", passed)
        commune.do("VP", "nomination", "receive_dossier", {"received_on": "2022-12-12"}, nomination_id)
        commune.do("VP", "nomination", "appraise", {"appraisal_outcome": "accept"}, nomination_id)
    return ids


def open_session(
    commune: Commune,
    *,
    vote_mode: str = "open",
    states: dict[str, str] | None = None,
    recusals: list[dict[str, str]] | None = None,
    **agenda: str,
) -> UUID:
    """A session over everybody who waits, up to its attendance; returns its id."""
    with commune.acting("VP") as uow:
        session_id = create_session(uow, title="Phiên họp Hội đồng tháng 12").id
    shown = commune.form("VP", "council_appraisal", "prepare_agenda")
    form = {
        "title": shown["title"],
        "held_on": "2022-12-12",
        "held_time": "08:00",
        "place": "Phòng họp UBND xã",
        "vote_mode": vote_mode,
        "lines": [{"id": row["id"], "include": True} for row in shown["lines"]],
        **agenda,
    }
    commune.do("VP", "council_appraisal", "prepare_agenda", form)
    attend(commune, states or {}, recusals or [])
    return session_id


def attend(commune: Commune, states: dict[str, str], recusals: list[dict[str, str]]) -> None:
    rows = [{"id": str(commune.people[code]), "state": states.get(code, "present")} for code in SEATS]
    commune.do("VP", "council_appraisal", "record_attendance", {"members": rows, "recusals": recusals})


def vote(commune: Commune, code: str, **against: bool) -> None:
    """One member agrees to everything on the ballot, or disagrees with everything."""
    choice = "disagree" if against.get("against") else "agree"
    shown = commune.form(code, "council_appraisal", "cast_vote")
    with commune.acting(code) as uow:
        session_id = uow.session.scalars(
            select(CouncilSession.id).order_by(CouncilSession.created_at.desc())
        ).first()
        assert session_id is not None
        cast_vote(uow, session_id, {row["id"]: choice for row in shown["lines"]}, f"vote-{code}")
    jobs.run_pending(commune.database)


def finish_session(commune: Commune) -> None:
    commune.do("CT", "council_appraisal", "confirm_result", {"confirm_choice": "confirm"})
    commune.do("VP", "council_appraisal", "confirm_minutes", {})


def pass_council(commune: Commune) -> None:
    open_session(commune)
    for code in SEATS:
        with commune.acting(code) as uow:
            waits = uow.session.scalars(
                select(Task).where(
                    Task.step == "cast_vote", Task.state == "open", Task.assignee_id == commune.people[code]
                )
            ).first()
        if waits is not None:
            vote(commune, code)
    finish_session(commune)


def line_of(commune: Commune, nomination_id: UUID) -> SessionLine:
    with commune.acting("VP") as uow:
        return uow.session.scalars(
            select(SessionLine).where(SessionLine.nomination_id == nomination_id)
        ).one()


def stage_of(commune: Commune, nomination_id: UUID) -> str:
    with commune.acting("VP") as uow:
        return uow.session.get_one(Nomination, nomination_id).stage


def page(commune: Commune, session_id: UUID) -> Any:
    with commune.acting("VP") as uow:
        return session_page(uow, session_id)


def test_a_session_of_eleven_votes_by_name_and_answers_each_nominee(commune: Commune) -> None:
    first, second = nominate(
        commune, {"subject_name": "Hà Văn Mẫu", "direct_worker": True}, {"subject_name": "Lê Thị Mẫu"}
    )
    session_id = open_session(commune)
    opened = page(commune, session_id)
    assert (opened.attendance_text, opened.quorum_met) == ("11/11 có mặt · cần 8", True)
    assert (opened.voted_text, str(opened.direct_share)) == ("0/11 đã biểu quyết", "1/2 (50 %)")
    vote(commune, "CT")
    half = page(commune, session_id)
    assert [member.name for member in half.members if member.has_voted] == ["Nguyễn Văn CT"]
    assert {line.agree for line in half.lines} == {None}
    assert [line.choices for line in half.lines] == [[], []]
    for code in SEATS[1:]:
        vote(commune, code, against=code in ("ND",))
    counted = page(commune, session_id)
    assert {(line.agree, line.disagree, line.outcome) for line in counted.lines} == {(10, 1, "passed")}
    assert ("Nguyễn Văn ND", "Không đồng ý") in counted.lines[0].choices
    finish_session(commune)
    assert [stage_of(commune, each) for each in (first, second)] == ["paper", "paper"]
    minutes = page(commune, session_id).minutes
    assert minutes.state == "issued"
    assert files.path_of(minutes.pdf_sha256).read_bytes().startswith(b"%PDF")
    with commune.acting("VP") as uow:
        texts = uow.session.scalars(select(Notice.text).where(Notice.person_id == commune.people["TCKT"]))
        assert any("Hội đồng thông qua" in text for text in texts)


def test_a_member_votes_once_and_the_same_ballot_again_changes_nothing(commune: Commune) -> None:
    (nomination,) = nominate(commune, {"subject_name": "Hà Văn Mẫu"})
    session_id = open_session(commune)
    vote(commune, "ND")
    with commune.acting("ND") as uow:
        cast_vote(uow, session_id, {str(nomination): "agree"}, "again")
    with commune.acting("ND") as uow, pytest.raises(AlreadyVoted):
        cast_vote(uow, session_id, {str(nomination): "disagree"}, "other")
    with commune.acting("VT") as uow, pytest.raises(NotAllowed):
        cast_vote(uow, session_id, {str(nomination): "agree"}, "stranger")
    with commune.acting("VP") as uow:
        assert uow.session.scalar(select(func.count()).select_from(Ballot)) == 1


def test_eleven_members_vote_at_the_same_moment_and_none_is_lost_or_counted_twice(commune: Commune) -> None:
    (nomination,) = nominate(commune, {"subject_name": "Hà Văn Mẫu"})
    session_id = open_session(commune)

    def cast_twice(index: int) -> int:
        for attempt in ("first", "retry"):
            with commune.acting(SEATS[index]) as uow:
                cast_vote(uow, session_id, {str(nomination): "agree"}, f"{attempt}-{index}")
        return index

    done, errors = _together(len(SEATS), cast_twice)
    assert (sorted(done), errors) == (list(range(11)), [])
    jobs.run_pending(commune.database)
    line = line_of(commune, nomination)
    assert (line.agree, line.cast, line.outcome) == (11, 11, "passed")


def test_the_generic_task_form_casts_the_same_ballot(commune: Commune) -> None:
    (nomination,) = nominate(commune, {"subject_name": "Hà Văn Mẫu"})
    open_session(commune)
    commune.do(
        "ND",
        "council_appraisal",
        "cast_vote",
        {"lines": [{"id": str(nomination), "choice": "disagree"}]},
    )
    with commune.acting("VP") as uow:
        ballot = uow.session.scalars(select(Ballot)).one()
        assert (ballot.person_id, ballot.choice) == (commune.people["ND"], "disagree")
        instance = uow.session.scalars(
            select(Instance).where(Instance.process_id == "council_appraisal")
        ).one()
        assert "disagree" not in repr(instances.data(uow, instance.id))


@pytest.mark.parametrize(("by_law", "outcome", "needed"), [("yes", "failed", 10), ("no", "passed", 9)])
def test_a_recused_member_gets_no_ballot_and_the_by_law_sets_the_denominator(
    commune: Commune, by_law: str, outcome: str, needed: int
) -> None:
    nominee = commune.people["ND"]
    own, other = nominate(
        commune,
        {"subject_name": "Nguyễn Văn ND", "person_id": str(nominee), "award": "LDTT"},
        {"subject_name": "Hà Văn Mẫu", "award": "LDTT"},
    )
    session_id = open_session(commune, recused_in_denominator=by_law)
    assert [row["id"] for row in commune.form("ND", "council_appraisal", "cast_vote")["lines"]] == [
        str(other)
    ]
    for code in SEATS:
        if code != "PN":
            vote(commune, code)
    shown = commune.form("PN", "council_appraisal", "cast_vote")
    with commune.acting("PN") as uow:
        choices = {row["id"]: "disagree" if row["id"] == str(own) else "agree" for row in shown["lines"]}
        cast_vote(uow, session_id, choices, "vote-PN")
    jobs.run_pending(commune.database)
    line = line_of(commune, own)
    assert (line.agree, line.disagree, line.entitled, line.recused) == (9, 1, 10, 1)
    assert (line.outcome, line.needed) == (outcome, needed)
    assert (line_of(commune, other).agree, line_of(commune, other).outcome) == (11, "passed")
    with commune.acting("VP") as uow:
        recusal = uow.session.scalars(select(Recusal)).one()
        assert (recusal.person_id, recusal.ground) == (nominee, "self")


def test_a_declared_spouse_gets_no_ballot_either(commune: Commune) -> None:
    (nomination,) = nominate(commune, {"subject_name": "Hà Văn Mẫu"})
    spouse = str(commune.people["PN"])
    open_session(
        commune, recusals=[{"nomination_id": str(nomination), "person_id": spouse, "ground": "spouse"}]
    )
    assert line_of(commune, nomination).entitled == 10
    with commune.acting("VP") as uow:
        voters = uow.session.scalars(select(Task.assignee_id).where(Task.step == "cast_vote"))
        assert set(voters) == {commune.people[code] for code in SEATS if code != "PN"}


def test_seven_of_eleven_cannot_open_ballots_and_the_chair_may_circulate(commune: Commune) -> None:
    (nomination,) = nominate(commune, {"subject_name": "Hà Văn Mẫu"})
    absent = dict.fromkeys(("PN", "CCB", "DTN", "ND"), "absent")
    session_id = open_session(commune, states=absent)
    shown = page(commune, session_id)
    assert (shown.state, shown.attendance_text, shown.quorum_met) == (
        "no_quorum",
        "7/11 có mặt · cần 8",
        False,
    )
    with commune.acting("CT") as uow, pytest.raises(VotingClosed):
        cast_vote_of(uow, session_id, nomination)
    commune.do(
        "CT",
        "council_appraisal",
        "handle_no_quorum",
        {"no_quorum_choice": "written", "reason": "Bốn thành viên đi công tác."},
    )
    for code in SEATS:
        vote(commune, code)
    finish_session(commune)
    assert stage_of(commune, nomination) == "paper"


def cast_vote_of(uow: UnitOfWork, session_id: UUID, nomination: UUID) -> None:
    cast_vote(uow, session_id, {str(nomination): "agree"}, "early")


def test_a_session_without_quorum_may_be_held_again_another_day(commune: Commune) -> None:
    (nomination,) = nominate(commune, {"subject_name": "Hà Văn Mẫu"})
    open_session(commune, states=dict.fromkeys(("PN", "CCB", "DTN", "ND"), "absent"))
    commune.do(
        "CT",
        "council_appraisal",
        "handle_no_quorum",
        {"no_quorum_choice": "reschedule", "reason": "Chưa đủ người."},
    )
    shown = commune.form("VP", "council_appraisal", "prepare_agenda")
    assert [row["id"] for row in shown["lines"]] == [str(nomination)]


def test_two_written_opinions_make_a_single_refusal_fatal_and_the_screen_says_so(commune: Commune) -> None:
    (nomination,) = nominate(commune, {"subject_name": "Hà Văn Mẫu", "award": "LDTT"})
    session_id = open_session(commune, states={"CCB": "written", "DTN": "written", "PN": "absent"})
    shown = page(commune, session_id)
    assert (shown.attendance_text, shown.quorum_met) == (
        "8/11 có mặt · 2 ý kiến bằng văn bản · cần 8",
        True,
    )
    assert "Chỉ có 10 phiếu: thiếu một phiếu đồng ý là không đạt." in shown.lines[0].rule
    for code in SEATS:
        if code != "PN":
            vote(commune, code, against=code == "DTN")
    line = line_of(commune, nomination)
    assert (line.agree, line.disagree, line.needed, line.outcome) == (9, 1, 10, "failed")
    finish_session(commune)
    assert stage_of(commune, nomination) == "not_passed"


def test_the_chair_closes_while_some_are_silent_and_the_minutes_name_them(commune: Commune) -> None:
    (nomination,) = nominate(commune, {"subject_name": "Hà Văn Mẫu"})
    session_id = open_session(commune)
    for code in SEATS[:9]:
        vote(commune, code)
    with commune.acting("VP") as uow, pytest.raises(NotAllowed):
        close_voting(uow, session_id)
    with commune.acting("CT") as uow:
        close_voting(uow, session_id)
    with commune.acting("DTN") as uow, pytest.raises(VotingClosed):
        cast_vote(uow, session_id, {str(nomination): "agree"}, "late")
    jobs.run_pending(commune.database)
    line = line_of(commune, nomination)
    assert (line.agree, line.cast, line.entitled) == (9, 9, 11)
    with commune.acting("VP") as uow:
        session = uow.session.get_one(CouncilSession, session_id)
        assert session.silent == ["Nguyễn Văn CCB", "Nguyễn Văn DTN"]
        assert uow.session.scalar(select(func.count()).select_from(Task).where(Task.state == "open")) == 1
    finish_session(commune)
    minutes = page(commune, session_id).minutes
    assert minutes.data["data"]["silent"] == ["Nguyễn Văn CCB", "Nguyễn Văn DTN"]


def test_recorded_totals_must_add_up_to_the_ballots_issued(commune: Commune) -> None:
    (nomination,) = nominate(commune, {"subject_name": "Hà Văn Mẫu"})
    open_session(commune, vote_mode="recorded", states={"PN": "absent"})
    row = {"id": str(nomination), "agree": 9, "disagree": 0, "invalid": 0}
    with pytest.raises(InvalidForm) as refused:
        commune.do("VP", "council_appraisal", "record_votes", {"lines": [row]})
    assert [(error.path, error.message) for error in refused.value.errors] == [
        ("lines.0.agree", "Hà Văn Mẫu: tổng số phiếu là 9, số phiếu phát ra là 10.")
    ]
    commune.do("VP", "council_appraisal", "record_votes", {"lines": [{**row, "invalid": 1}]})
    line = line_of(commune, nomination)
    assert (line.agree, line.invalid, line.outcome) == (9, 1, "passed")


def test_the_chair_orders_a_second_round_and_the_first_stays_in_the_rows(commune: Commune) -> None:
    (nomination,) = nominate(commune, {"subject_name": "Hà Văn Mẫu"})
    open_session(commune)
    for code in SEATS:
        vote(commune, code, against=True)
    commune.do(
        "CT", "council_appraisal", "confirm_result", {"confirm_choice": "revote", "reason": "Đếm lại."}
    )
    for code in SEATS:
        vote(commune, code)
    line = line_of(commune, nomination)
    assert (line.agree, line.outcome) == (11, "passed")
    with commune.acting("VP") as uow:
        rounds = uow.session.execute(
            select(Ballot.round, func.count()).group_by(Ballot.round).order_by(Ballot.round)
        )
        assert [tuple(row) for row in rounds] == [(1, 11), (2, 11)]


def test_a_tie_is_decided_by_the_chair_only_where_the_by_law_says_so(commune: Commune) -> None:
    city, own = nominate(
        commune,
        {"subject_name": "Xóm Mẫu 1", "award": "GK_TP", "subject_kind": "collective"},
        {"subject_name": "Hà Văn Mẫu", "award": "LDTT"},
    )
    session_id = open_session(commune, vote_mode="recorded", states={"PN": "absent"})
    rows = [{"id": str(each), "agree": 5, "disagree": 5, "invalid": 0} for each in (city, own)]
    commune.do("VP", "council_appraisal", "record_votes", {"lines": rows})
    assert (line_of(commune, city).outcome, line_of(commune, own).outcome) == ("tie", "failed")
    shown = commune.form("CT", "council_appraisal", "casting_decision")
    assert [row["id"] for row in shown["lines"]] == [str(city)]
    decided = [{"id": str(city), "choice": "passed", "reason": "Xóm dẫn đầu phong trào."}]
    commune.do("CT", "council_appraisal", "casting_decision", {"lines": decided})
    finish_session(commune)
    assert (stage_of(commune, city), stage_of(commune, own)) == ("paper", "not_passed")
    assert page(commune, session_id).minutes.pdf_sha256 is not None


def draft(commune: Commune, kind: str) -> UUID:
    with commune.acting("VP") as uow:
        paper_id = create_paper(uow, kind, subject="Về việc khen thưởng năm 2022").id
    shown = commune.form("VP", "chairman_signature", "draft_paper")
    form = {
        "subject": shown["subject"],
        "lines": [{"id": row["id"], "include": True} for row in shown["lines"]],
        "recipients": shown["recipients"],
    }
    commune.do("VP", "chairman_signature", "draft_paper", form)
    return paper_id


def issue(commune: Commune, number: int = 5, **changes: Any) -> None:
    form = {
        "number_source": "typed",
        "number": number,
        "issued_on": "2022-12-12",
        "signer_mode": "CT",
        "scan_sha256": "1" * 64,
        **changes,
    }
    commune.do("VT", "chairman_signature", "issue_paper", form)


def test_one_decision_carries_the_list_with_the_chairmans_exceptions(commune: Commune) -> None:
    good, back, bad = nominate(
        commune, {"subject_name": "Lê A"}, {"subject_name": "Lê B"}, {"subject_name": "Lê C"}
    )
    pass_council(commune)
    paper_id = draft(commune, "decision")
    lines = [
        {"id": str(good), "decision": "approve"},
        {"id": str(back), "decision": "return", "reason": "Bổ sung số liệu."},
        {"id": str(bad), "decision": "refuse", "reason": "Chưa nổi bật."},
    ]
    commune.do("CT", "chairman_signature", "review_paper", {"paper_choice": "approve", "lines": lines})
    issue(commune)
    assert [stage_of(commune, each) for each in (good, back, bad)] == ["awarded", "paper", "refused"]
    with commune.acting("VP") as uow:
        shown = paper_page(uow, paper_id)
        assert (shown.paper.number, shown.paper.issued_on) == ("05/QĐ-UBND", "12/12/2022")
        assert shown.signer == "Nguyễn Văn CT"
        assert shown.distribution and shown.distribution[0].by == commune.people["VT"]
        paper = uow.session.get_one(Paper, paper_id)
        names = [line["name"] for group in paper.data["data"]["groups"] for line in group["lines"]]
        assert names == ["Lê A"]
        assert paper.data["data"]["signature"]["block"] == "chairman"
        assert files.path_of(paper.pdf_sha256).read_bytes().startswith(b"%PDF")
        entry = uow.session.scalars(select(RegisterEntry)).one()
        assert (entry.running_number, entry.prize_amount, entry.decision_number) == (
            1,
            230_000,
            "05/QĐ-UBND",
        )
        assert [each.name for each in search(uow, "le a")] == ["Lê A"]
        assert [each.prize for each in earlier_awards(uow, name="Lê A")] == ["230.000 đồng"]
        assert [each.number for each in papers_of_nomination(uow, good)] == ["05/QĐ-UBND"]


def test_a_household_without_a_coefficient_is_shown_as_to_be_checked(commune: Commune) -> None:
    (household,) = nominate(
        commune, {"subject_name": "Hộ ông Hà Văn Mẫu", "subject_kind": "household", "address": "Xóm Mẫu 4"}
    )
    pass_council(commune)
    draft(commune, "decision")
    commune.do("CT", "chairman_signature", "review_paper", approve(household))
    issue(commune)
    with commune.acting("VP") as uow:
        entry = uow.session.scalars(select(RegisterEntry)).one()
        assert (entry.prize_amount, entry.prize_unverified) == (None, True)
        assert [each.prize for each in search(uow)] == ["cần kiểm tra"]
        assert uow.session.scalars(select(Paper.pdf_sha256).where(Paper.kind == "decision")).one()


def approve(*nominations: UUID) -> dict[str, Any]:
    lines = [{"id": str(each), "decision": "approve"} for each in nominations]
    return {"paper_choice": "approve", "lines": lines}


def test_the_chairman_never_adds_a_name_and_every_refusal_has_a_reason(commune: Commune) -> None:
    (nomination,) = nominate(commune, {"subject_name": "Lê A"})
    pass_council(commune)
    draft(commune, "decision")
    with pytest.raises(InvalidForm):
        commune.do("CT", "chairman_signature", "review_paper", {"paper_choice": "refuse"})
    form = {"paper_choice": "refuse", "paper_reason": "Chưa có nguồn kinh phí."}
    commune.do("CT", "chairman_signature", "review_paper", form)
    assert stage_of(commune, nomination) == "refused"


def test_a_dossier_held_after_the_vote_leaves_the_paper_and_goes_on_later_with_its_votes(
    commune: Commune,
) -> None:
    good, held = nominate(commune, {"subject_name": "Lê A"}, {"subject_name": "Lê B"})
    pass_council(commune)
    draft(commune, "decision")
    commune.do("CT", "chairman_signature", "review_paper", approve(good, held))
    with commune.acting("VP") as uow:
        hold(uow, held, "Đơn số 12/ĐT ngày 10/12/2022")
    issue(commune)
    assert (stage_of(commune, good), stage_of(commune, held)) == ("awarded", "paper")
    with commune.acting("VP") as uow:
        resume(uow, held, "Kết luận số 3/KL")
    jobs.run_pending(commune.database)
    draft(commune, "decision")
    commune.do("CT", "chairman_signature", "review_paper", approve(held))
    issue(commune, number=6)
    assert stage_of(commune, held) == "awarded"
    assert line_of(commune, held).agree == 11


def test_the_chairman_who_is_a_nominee_neither_reads_nor_signs_the_paper(commune: Commune) -> None:
    (nomination,) = nominate(
        commune, {"subject_name": "Nguyễn Văn CT", "person_id": str(commune.people["CT"])}
    )
    pass_council(commune)
    draft(commune, "decision")
    with pytest.raises(NotAllowed):
        commune.do("CT", "chairman_signature", "review_paper", approve(nomination))
    commune.do("PCT", "chairman_signature", "review_paper", approve(nomination))
    with pytest.raises(InvalidForm) as refused:
        issue(commune)
    assert [error.path for error in refused.value.errors] == ["signer_mode"]
    with commune.acting("VP") as uow:
        delegation = Delegation(
            organisation_id=commune.organisation_id,
            person_id=commune.people["PCT"],
            position="Phó Chủ tịch",
            basis="Quyết định số 01/QĐ-UBND",
            valid_from=SINCE,
        )
        uow.session.add(delegation)
    issue(commune, signer_mode="KT", delegation_id=str(delegation.id))
    with commune.acting("VP") as uow:
        paper = uow.session.scalars(select(Paper).where(Paper.kind == "decision")).one()
        assert (paper.signer_mode, paper.signer_id) == ("KT", commune.people["PCT"])


def test_a_delegation_counts_on_the_papers_own_date(commune: Commune) -> None:
    nominate(commune, {"subject_name": "Lê A"})
    pass_council(commune)
    draft(commune, "decision")
    commune.do("CT", "chairman_signature", "review_paper", {"paper_choice": "approve"})
    with commune.acting("VP") as uow:
        delegation = Delegation(
            organisation_id=commune.organisation_id,
            person_id=commune.people["PCT"],
            position="Phó Chủ tịch",
            basis="Quyết định số 01/QĐ-UBND",
            valid_from=SINCE,
            valid_to=date(2022, 12, 9),
        )
        uow.session.add(delegation)
    offered = commune.form("VT", "chairman_signature", "issue_paper")["$options"]["delegation_id"]
    assert [key for key, _words in offered] == [str(delegation.id)]
    signed = {"signer_mode": "KT", "delegation_id": str(delegation.id)}
    with pytest.raises(InvalidForm) as refused:
        issue(commune, **signed, issued_on="2022-12-12")
    assert [error.path for error in refused.value.errors] == ["delegation_id"]
    issue(commune, **signed, issued_on="2022-12-09")
    with commune.acting("VP") as uow:
        paper = uow.session.scalars(select(Paper).where(Paper.kind == "decision")).one()
        assert (paper.signer_id, paper.delegation_id) == (commune.people["PCT"], delegation.id)


def test_a_number_is_used_once_and_dates_do_not_go_back(commune: Commune) -> None:
    nominate(commune, {"subject_name": "Lê A"})
    pass_council(commune)
    draft(commune, "decision")
    with commune.acting("VP") as uow:
        other = Paper(
            organisation_id=commune.organisation_id, kind="decision", state="issued", created_at=uow.now
        )
        uow.session.add(other)
        uow.session.flush()
        numbers.issue_number(uow, series="QĐ-UBND", number=5, issued_on=date(2022, 12, 10), paper_id=other.id)
    commune.do("CT", "chairman_signature", "review_paper", {"paper_choice": "approve"})
    for changes, path, text in (
        ({"number": 5}, "number", "Số 05/QĐ-UBND năm 2022 đã cấp cho văn bản khác ngày 10/12/2022."),
        (
            {"number": 6, "issued_on": "2022-12-09"},
            "issued_on",
            "Ngày văn bản không được trước ngày của số đứng trước (10/12/2022).",
        ),
        ({"number": 6, "issued_on": "2022-12-13"}, "issued_on", "Ngày văn bản không được ở tương lai."),
        (
            {"number": 4},
            "issued_on",
            "Ngày văn bản không được sau ngày của số đứng sau (10/12/2022).",
        ),
    ):
        with pytest.raises(InvalidForm) as refused:
            issue(commune, **changes)
        assert [(error.path, error.message) for error in refused.value.errors] == [(path, text)]
    with commune.acting("VT") as uow:
        numbers.reserve_block(uow, year=2022, series="QĐ-UBND", first=20, last=22)
    issue(commune, number_source="block")
    with commune.acting("VP") as uow:
        states = uow.session.execute(
            select(NumberIssued.number, NumberIssued.state).order_by(NumberIssued.number)
        )
        assert [tuple(row) for row in states] == [(5, "issued"), (20, "issued")]


def test_eight_clerks_at_once_draw_eight_different_numbers(commune: Commune) -> None:
    with commune.acting("VT") as uow:
        numbers.reserve_block(uow, year=2022, series="TTr-UBND", first=1, last=8)
        made = [
            Paper(organisation_id=commune.organisation_id, kind="proposal", created_at=uow.now)
            for _ in range(8)
        ]
        uow.session.add_all(made)
        uow.session.flush()
        ids = [paper.id for paper in made]
    drawn, errors = _together(len(ids), lambda index: _draw(commune, ids[index]))
    assert errors == []
    assert sorted(drawn) == [1, 2, 3, 4, 5, 6, 7, 8]


def _draw(commune: Commune, paper_id: UUID) -> int:
    with commune.acting("VT") as uow:
        return numbers.draw_number(
            uow, series="TTr-UBND", issued_on=date(2022, 12, 12), paper_id=paper_id
        ).number


def _together(count: int, work: Callable[[int], int]) -> tuple[list[int], list[BaseException]]:
    results: list[int] = []
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


def test_the_database_itself_refuses_a_number_twice(commune: Commune) -> None:
    def row(at: datetime) -> NumberIssued:
        return NumberIssued(
            organisation_id=commune.organisation_id, year=2022, series="QĐ-UBND", number=7, created_at=at
        )

    with pytest.raises(IntegrityError), commune.acting("VT") as uow:
        uow.session.add_all([row(uow.now), row(uow.now)])
        uow.session.flush()


def send_package(commune: Commune) -> UUID:
    with commune.acting("VP") as uow:
        package_id = create_package(uow).id
    shown = commune.form("VP", "city_submission", "assemble_package")
    lines = [{"id": row["id"], "include": True} for row in shown["lines"]]
    commune.do("VP", "city_submission", "assemble_package", {"lines": lines})
    return package_id


def test_the_city_returns_one_dossier_and_takes_it_as_number_two(commune: Commune) -> None:
    good, back = nominate(
        commune,
        {"subject_name": "Lê A", "award": "GK_TP"},
        {"subject_name": "Lê B", "award": "GK_TP"},
    )
    pass_council(commune)
    draft(commune, "proposal")
    commune.do("CT", "chairman_signature", "review_paper", approve(good, back))
    issue(commune, number=9)
    assert [stage_of(commune, each) for each in (good, back)] == ["city", "city"]
    package_id = send_package(commune)
    with commune.acting("TP") as uow:
        (received,) = received_packages(uow)
        assert [line.name for line in received.lines] == ["Lê A", "Lê B"]
        assert received.papers[0]["number"] == "09/TTr-UBND"
        assert received.papers[0]["pdf_sha256"] is not None
        assert len(received.lines[0].snapshot["evidence"]) == 2
    first = [{"id": str(back), "answer": "returned", "reason": "Thiếu xác nhận của đơn vị."}]
    commune.do("TP", "city_desk", "decide_package", {"lines": first})
    assert [stage_of(commune, each) for each in (good, back)] == ["city", "city_returned"]
    second = [
        {
            "id": str(good),
            "answer": "decided",
            "decision_number": "345/QĐ-UBND",
            "decision_date": "2022-12-12",
        }
    ]
    commune.do("TP", "city_desk", "decide_package", {"lines": second})
    assert stage_of(commune, good) == "awarded"
    with commune.acting("VP") as uow:
        assert package_page(uow, package_id).state == "closed"
        assert [each.decision for each in search(uow, "le a")] == ["345/QĐ-UBND"]
        told = uow.session.scalars(
            select(Notice.person_id).where(Notice.text.contains("Thiếu xác nhận của đơn vị."))
        )
        assert {commune.people["VP"], commune.people["TCKT"]} <= set(told)
    values = commune.form("TCKT", "nomination", "supplement_for_city")
    answer = {name: value for name, value in values.items() if value and not name.startswith("$")}
    answer["supplement_note"] = answer["note"] = "Đã bổ sung xác nhận của đơn vị."
    commune.do("TCKT", "nomination", "supplement_for_city", answer, back)
    send_package(commune)
    with commune.acting("VP") as uow:
        assert [(each.submission_number, each.answer) for each in submissions_of(uow, back)] == [
            (1, "returned"),
            (2, None),
        ]
        lines = uow.session.scalars(
            select(PackageLine.reason)
            .where(PackageLine.nomination_id == back)
            .order_by(PackageLine.submission_number)
        )
        assert list(lines) == ["Thiếu xác nhận của đơn vị.", ""]


def test_a_list_takes_only_those_who_wait(commune: Commune) -> None:
    with commune.acting("VP") as uow:
        with pytest.raises(InvalidForm):
            create_paper(uow, "decision")
        with pytest.raises(InvalidForm):
            create_package(uow)
    nominate(commune, {"subject_name": "Lê A"})
    open_session(commune)
    with commune.acting("VP") as uow:
        create_session(uow, title="Phiên họp khác")
        shown = [
            tasks.prefill_of(uow, task)["lines"]
            for task in uow.session.scalars(
                select(Task).where(Task.step == "prepare_agenda", Task.state == "open")
            )
        ]
    assert shown == [[]]
    with commune.acting("TCKT") as uow, pytest.raises(NotAllowed):
        create_session(uow, title="Không phải Văn phòng")
