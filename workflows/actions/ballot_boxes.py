"""Before a secret vote: three tellers, a code for each, the letters of absent members, the sealed box."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import delete, select

from engine import history
from engine.database import UnitOfWork
from engine.errors import N_, Conflict, FieldError, InvalidForm, NotAllowed
from engine.handlers import lookups
from workflows.actions.sessions import chain
from workflows.catalogue import award_name
from workflows.queries.ballot_boxes import (
    ballot_members,
    box_of,
    letter_writers,
    required_box,
    tellers_of,
)
from workflows.queries.ballots import THERE, attendance_of, lines_of, recusals_of, rule_of, session_of, voters
from workflows.secret_ballot import keeper, sealing, verifier
from workflows.secret_ballot.codes import new_code
from workflows.tables.ballot_boxes import BallotBox, BallotTeller
from workflows.tables.nominations import Nomination
from workflows.tables.sessions import Ballot, CouncilSession

TELLERS = 3


class BoxIsSealed(Conflict):
    """The box has been sealed: tellers, codes and letters can no longer change."""

    def __init__(self) -> None:
        super().__init__(
            N_("Hòm phiếu đã niêm phong; không đổi được người kiểm phiếu, mã hay ý kiến gửi đến.")
        )


def teller_candidates(uow: UnitOfWork, session: CouncilSession) -> list[tuple[str, str]]:
    """Who may be teller: members who are there and the standing office, never a nominee; (id, name)."""
    nominees = {nomination.person_id for _, nomination in lines_of(uow, session)}
    there = [each.person_id for each in attendance_of(uow, session) if each.state in THERE]
    office = lookups().holders(uow, session.organisation_id, "standing_office", None, uow.today)
    people = [each for each in dict.fromkeys([*there, *office]) if each not in nominees]
    return [(str(each), lookups().person_name(uow, each)) for each in people]


def appoint_tellers(uow: UnitOfWork, session: CouncilSession, chosen: Sequence[str]) -> list[str]:
    """Start the box of this round with three tellers; returns their ids. InvalidForm, BoxIsSealed."""
    known = dict(teller_candidates(uow, session))
    errors = [
        FieldError(f"teller_{place}", N_("Chọn một người có mặt, không phải người được xét."))
        for place, each in enumerate(chosen, 1)
        if each not in known
    ]
    if not errors and (len(chosen) != TELLERS or len(set(chosen)) != TELLERS):
        errors = [FieldError("teller_3", N_("Chọn ba người khác nhau."))]
    if errors:
        raise InvalidForm(errors)
    box = box_of(uow, session)
    if box is None:
        box = BallotBox(organisation_id=session.organisation_id, session_id=session.id, round=session.round)
        uow.session.add(box)
        uow.session.flush()
    _before_sealing(box)
    uow.session.execute(delete(BallotTeller).where(BallotTeller.box_id == box.id))
    for place, each in enumerate(chosen):
        uow.session.add(
            BallotTeller(
                organisation_id=session.organisation_id, box_id=box.id, person_id=UUID(each), place=place
            )
        )
    uow.session.flush()
    history.record(uow, chain(session), "tellers:appointed", data={"tellers": list(chosen)})
    return list(chosen)


def take_code(uow: UnitOfWork, session_id: UUID | str) -> str:
    """Draw the actor's own code as a teller of this round: returned once, kept nowhere.

    A code drawn before is void. NotAllowed (no teller of this box), BoxIsSealed.
    """
    session = session_of(uow, session_id, lock=True)
    box = required_box(uow, session)
    teller = own_seat(uow, box)
    _before_sealing(box)
    code, teller.salt = new_code(), sealing.new_salt()
    teller.public_key = sealing.teller_public_key(str(box.id), code, teller.salt)
    history.record(uow, chain(session), "teller:code", data={"person_id": teller.person_id})
    return code


def own_seat(uow: UnitOfWork, box: BallotBox) -> BallotTeller:
    """The actor's place among the tellers; NotAllowed."""
    found = next((each for each in tellers_of(uow, box) if each.person_id == uow.actor_id), None)
    if found is None or uow.actor_id is None:
        raise NotAllowed(N_("Chỉ người trong ban kiểm phiếu của lượt này làm việc này."))
    return found


def record_letters(
    uow: UnitOfWork, session: CouncilSession, rows: Sequence[Mapping[str, Any]], scan_sha256: str = ""
) -> None:
    """Keep the signed opinions of absent members, by name and apart from the box; every line needs one.

    InvalidForm names the row; BoxIsSealed. Source: NĐ 91/2017, Điều 45 khoản 8 (opinions in writing).
    """
    _before_sealing(required_box(uow, session))
    wanted = {
        f"{person}:{nomination.id}": (person, nomination) for person, nomination in letter_lines(uow, session)
    }
    errors: list[FieldError] = []
    letters: list[Ballot] = []
    for index, row in enumerate(rows):
        found = wanted.pop(str(row.get("id")), None)
        if found is None or row.get("choice") not in ("agree", "disagree"):
            errors.append(FieldError(f"lines.{index}.choice", N_("Chọn đồng ý hoặc không đồng ý.")))
            continue
        letters.append(_letter(uow, session, *found, str(row["choice"])))
    if wanted and not errors:
        text = N_("Thiếu ý kiến của %(count)d dòng.") % {"count": len(wanted)}
        errors.append(FieldError("lines", text))
    if errors:
        raise InvalidForm(errors)
    _forget_letters(uow, session)
    uow.session.add_all(letters)
    history.record(uow, chain(session), "letters:recorded", data={"count": len(letters), "scan": scan_sha256})


def letter_lines(uow: UnitOfWork, session: CouncilSession) -> list[tuple[UUID, Nomination]]:
    """Every (absent member, dossier) for which a signed opinion is expected, in order of seats."""
    writers, recusals = letter_writers(uow, session), recusals_of(uow, session)
    found = []
    for writer in writers:
        for line, nomination in lines_of(uow, session):
            rule = rule_of(uow, session, line, nomination)
            if writer.person_id in voters(rule, [writer], recusals.get(nomination.id, {})):
                found.append((writer.person_id, nomination))
    return found


def _letter(
    uow: UnitOfWork, session: CouncilSession, person_id: UUID, nomination: Nomination, choice: str
) -> Ballot:
    return Ballot(
        organisation_id=session.organisation_id,
        session_id=session.id,
        round=session.round,
        nomination_id=nomination.id,
        person_id=person_id,
        choice=choice,
        cast_at=uow.now,
    )


def _forget_letters(uow: UnitOfWork, session: CouncilSession) -> None:
    uow.session.execute(delete(Ballot).where(Ballot.session_id == session.id, Ballot.round == session.round))


def letters_by_line(uow: UnitOfWork, session: CouncilSession) -> dict[UUID, dict[str, int]]:
    """Dossier → choice → how many letters of this round say so."""
    counts: dict[UUID, dict[str, int]] = {}
    query = select(Ballot).where(Ballot.session_id == session.id, Ballot.round == session.round)
    for each in uow.session.scalars(query):
        line = counts.setdefault(each.nomination_id, {"agree": 0, "disagree": 0})
        line[each.choice] += 1
    return counts


def seal_box(uow: UnitOfWork, session: CouncilSession) -> list[str]:
    """Freeze members, recusals, nominees, letters and rule; make the key and seal it to the tellers.

    Returns the ids of the members who are issued a ballot. Conflict while a teller has no code.
    """
    from workflows.actions.session_steps import open_round

    box = required_box(uow, session)
    _before_sealing(box)
    tellers = tellers_of(uow, box)
    waiting = [each for each in tellers if not each.public_key]
    if waiting or len(tellers) != TELLERS:
        names = ", ".join(lookups().person_name(uow, each.person_id) for each in waiting)
        raise Conflict(N_("Chưa nhận mã kiểm phiếu: %(names)s.") % {"names": names})
    open_round(uow, session)
    made = keeper.make_box([each.public_key for each in tellers])
    members = ballot_members(uow, session)
    box.context = {
        "format": verifier.FORMAT,
        "box": str(box.id),
        "session": str(session.id),
        "round": box.round,
        "title": session.title,
        "held_at": _text(session.held_at),
        "members": [
            {"id": str(each.person_id), "seat": each.seat, "name": lookups().person_name(uow, each.person_id)}
            for each in members
        ],
        "lines": _lines(uow, session),
        "tellers": [
            {
                "place": each.place,
                "name": lookups().person_name(uow, each.person_id),
                "public_key": each.public_key,
            }
            for each in tellers
        ],
        "public_key": made["public_key"],
        "verify_key": made["verify_key"],
    }
    box.public_key, box.seals = made["public_key"], made["seals"]
    box.issued, box.state, box.sealed_at = len(members), "casting", uow.now
    frozen = verifier.digest(box.context)
    history.record(uow, chain(session), "box:sealed", data={"round": box.round, "context": frozen})
    return [str(each.person_id) for each in members]


def _lines(uow: UnitOfWork, session: CouncilSession) -> list[dict[str, Any]]:
    letters, recusals = letters_by_line(uow, session), recusals_of(uow, session)
    return [
        {
            "id": str(nomination.id),
            "name": nomination.subject_name,
            "award": award_name(nomination.award),
            "recused": sorted(str(each) for each in recusals.get(nomination.id, {})),
            "rule": line.rule,
            "written": letters.get(nomination.id, {"agree": 0, "disagree": 0}),
        }
        for line, nomination in lines_of(uow, session)
    ]


def _text(at: datetime | None) -> str:
    return at.isoformat() if at else ""


def _before_sealing(box: BallotBox) -> None:
    if box.state != "tellers":
        raise BoxIsSealed
