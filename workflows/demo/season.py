"""The season of 2022 as it was played: every dossier got where it stands by the actions of people."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from uuid import UUID

import typst

from workflows.actions import (
    evidence,
    interruptions,
    meetings,
    nominations,
    numbers,
    packages,
    papers,
    sessions,
)
from workflows.actions.issuing import delegations_on
from workflows.demo import nominees as who
from workflows.demo.players import Form, Players

COUNCIL = ("CT", "PCT1", "MTTQ", "DU", "VP", "TCKT", "CA", "ND", "PN", "CCB", "DTN")


def day(month: int, number: int) -> date:
    """A day of 2022."""
    return date(2022, month, number)


@dataclass
class Season:
    """Plays the story with the people of the fixture; dossiers are remembered by short names."""

    players: Players
    dossiers: dict[str, UUID] = field(default_factory=dict)

    def nominate(self, code: str, unit: str, rows: Mapping[str, who.Row], *, movement: str = "") -> None:
        """One person enters a list for a unit; the drafts are kept under the mapping's names."""
        fixture = self.players.fixture
        with self.players.acting(code) as uow:
            made = nominations.create_nominations(
                uow,
                [
                    {**row, "movement_id": fixture.movements[movement]}
                    if movement and row["merit_kind"] == "chuyen_de"
                    else row
                    for row in rows.values()
                ],
                unit_id=fixture.units[unit],
            )
            self.dossiers |= {name: each.id for name, each in zip(rows, made, strict=True)}

    def attach(self, code: str, name: str, kind: str, title: str, year: int | None = None) -> None:
        """Attach a real, small PDF that says what it stands for."""
        with self.players.acting(code) as uow:
            evidence.attach(
                uow,
                self.dossiers[name],
                kind=kind,
                title=title,
                filename=f"{kind}.pdf",
                stream=io.BytesIO(sheet(title)),
                issued_year=year,
            )

    def submit(self, code: str, names: Sequence[str]) -> None:
        """The author sends the drafts to the unit's review."""
        for name in names:
            with self.players.acting(code) as uow:
                nominations.submit(uow, [self.dossiers[name]], idempotency_key=f"demo-submit-{name}")

    def review(self, head: str, unit: str, names: Sequence[str], *, on: date, present: int) -> UUID:
        """One meeting of the unit over the named dossiers, from convening to the answers."""
        meeting_id = self.convene(head, unit, names, on=on, invited=present)
        self.players.complete(
            head, "record_review", meeting_id, lambda form: _reviewed(form, on=on, present=present)
        )
        self.players.complete(head, "confirm_review", meeting_id, {"confirm_choice": "confirm"})
        return meeting_id

    def convene(self, head: str, unit: str, names: Sequence[str], *, on: date, invited: int) -> UUID:
        """Open the meeting; its record is then the open task."""
        fixture = self.players.fixture
        with self.players.acting(head) as uow:
            wanted = [self.dossiers[name] for name in names]
            meeting_id = meetings.start_review(uow, fixture.units[unit], nomination_ids=wanted).id
            chair, title = uow.actor_name, f"Họp bình xét ngày {on:%d/%m/%Y}"
        place = "Nhà văn hóa xóm" if unit.startswith("X") else "Phòng họp UBND xã"
        head_of_form = {
            "title": title,
            "held_on": on.isoformat(),
            "held_time": "08:00",
            "place": place,
            "chair": chair,
            "secretary": "Thư ký cuộc họp (hư cấu)",
            "invited": invited,
        }
        self.players.complete(head, "convene_review", meeting_id, head_of_form)
        return meeting_id

    def receive(self, names: Sequence[str], *, clerk: str = "VP") -> None:
        """The standing office receives the dossiers today."""
        self.players.complete_all(clerk, "receive_dossier", self._ids(names), {})

    def appraise(self, names: Sequence[str], outcome: str, reason: str = "", *, clerk: str = "VP") -> None:
        """The standing office answers the dossiers alike."""
        form = {"appraisal_outcome": outcome} | ({"appraisal_reason": reason} if reason else {})
        self.players.complete_all(clerk, "appraise", self._ids(names), form)

    def call_session(self, title: str, names: Sequence[str], *, on: date, absent: Sequence[str] = ()) -> UUID:
        """Agenda, invitation and attendance of a council session; the vote by name is then open."""
        wanted = {str(key) for key in self._ids(names)}
        with self.players.acting("VP") as uow:
            session_id = sessions.create_session(uow, title=title, vote_mode="open").id

        def agenda(form: Form) -> Form:
            chosen = [{**row, "include": row["id"] in wanted} for row in form["lines"]]
            place = "Phòng họp tầng 2, trụ sở UBND xã"
            held = {"held_on": on.isoformat(), "held_time": "14:00", "place": place, "vote_mode": "open"}
            return {"title": title, "lines": chosen, **held}

        away = {str(self.players.fixture.people[code]) for code in absent}

        def attendance(form: Form) -> Form:
            return {
                "members": [
                    {**row, "state": "absent" if row["id"] in away else "present"} for row in form["members"]
                ]
            }

        self.players.complete("VP", "prepare_agenda", session_id, agenda)
        self.players.complete("VP", "record_attendance", session_id, attendance)
        return session_id

    def vote(
        self, session_id: UUID, members: Sequence[str], against: Mapping[str, str] | None = None
    ) -> None:
        """The members vote on their phones; `against` names who disagrees with which dossier."""
        refused = {member: str(self.dossiers[name]) for member, name in (against or {}).items()}
        for member in members:

            def choose(form: Form, no: str = refused.get(member, "")) -> Form:
                return {
                    "lines": [
                        {"id": row["id"], "choice": "disagree" if row["id"] == no else "agree"}
                        for row in form["lines"]
                    ]
                }

            self.players.complete(member, "cast_vote", session_id, choose)

    def conclude(self, session_id: UUID) -> None:
        """The chair confirms the count, the office its minutes; every nominee is answered."""
        self.players.complete("CT", "confirm_result", session_id, {"confirm_choice": "confirm"})
        self.players.complete("VP", "confirm_minutes", session_id, {})

    def paper(self, kind: str, subject: str, *, chairman: str, number: int, on: date) -> UUID:
        """One paper over all that wait for its kind: drafted, approved, numbered, issued."""
        paper_id = self.draft(kind, subject)
        self.players.complete(chairman, "review_paper", paper_id, {"paper_choice": "approve"})
        signed: Form = {"number_source": "typed", "number": number, "issued_on": on.isoformat()}
        signed |= {"signer_mode": "CT"} if chairman == "CT" else self._delegated()
        self.players.complete("VT", "issue_paper", paper_id, signed)
        return paper_id

    def draft(self, kind: str, subject: str) -> UUID:
        """The office drafts a paper; the chairman's reading is then the open task."""
        with self.players.acting("VP") as uow:
            paper_id = papers.create_paper(uow, kind, subject=subject).id
        self.players.complete("VP", "draft_paper", paper_id, {"subject": subject})
        return paper_id

    def _delegated(self) -> Form:
        with self.players.acting("VT") as uow:
            assert uow.organisation_id is not None
            delegation = delegations_on(uow, uow.organisation_id, uow.today)[0]
        return {"signer_mode": "KT", "delegation_id": str(delegation.id)}

    def send_up(self) -> UUID:
        """The office sends everything that waits for the city in one package."""
        with self.players.acting("VP") as uow:
            package_id = packages.create_package(uow).id
        self.players.complete("VP", "assemble_package", package_id, {})
        return package_id

    def reserve_numbers(self) -> None:
        """The clerk keeps numbers aside for the award papers of December."""
        with self.players.acting("VT") as uow:
            numbers.reserve_block(
                uow, year=2022, series="QĐ-UBND", first=210, last=229, note="Khen thưởng tháng 12/2022"
            )

    def hold(self, name: str, basis: str) -> None:
        """The office stops a dossier on a basis."""
        with self.players.acting("VP") as uow:
            interruptions.hold(uow, self.dossiers[name], basis)

    def withdraw(self, code: str, name: str, reason: str) -> None:
        """The unit takes a dossier back."""
        with self.players.acting(code) as uow:
            interruptions.withdraw(uow, self.dossiers[name], reason)

    def _ids(self, names: Sequence[str]) -> list[UUID]:
        return [self.dossiers[name] for name in names]


def _reviewed(form: Form, *, on: date, present: int) -> Form:
    lines = [
        {**row, "agree": present, "disagree": 0, "rank": index, "outcome": "passed"}
        for index, row in enumerate(form["lines"], start=1)
    ]
    return {
        "held_on": on.isoformat(),
        "held_time": "08:00",
        "ended_time": "10:30",
        "invited": present,
        "present": present,
        "lines": lines,
    }


_sheets: dict[str, bytes] = {}


def sheet(title: str) -> bytes:
    """A one-page PDF with a title and the word that it is invented."""
    if title not in _sheets:
        layout = (
            f"#set page(width: 148mm, height: 105mm)\n= {title}\n\nTài liệu mẫu để trình diễn (hư cấu).\n"
        )
        _sheets[title] = typst.compile(layout.encode())
    return _sheets[title]
