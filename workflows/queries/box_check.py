"""Whether a session's boxes still are what was closed and opened: rows, board, history and count side by side."""

from __future__ import annotations

import json
from uuid import UUID

from sqlalchemy import select

from engine import history
from engine.database import UnitOfWork
from engine.errors import N_, NotFound
from workflows.queries.ballot_boxes import envelopes_of, published_board, tellers_of
from workflows.queries.ballots import lines_of
from workflows.secret_ballot import board, sealing, verifier
from workflows.tables.ballot_boxes import BallotBox
from workflows.tables.papers import Paper
from workflows.tables.sessions import CouncilSession

EVENTS = {"box:sealed": N_("niêm phong"), "box:closed": N_("đóng hòm"), "box:opened": N_("mở hòm")}


def check_boxes(uow: UnitOfWork, session_id: UUID) -> tuple[list[str], list[BallotBox]]:
    """What is wrong with the boxes of all rounds of a session, one sentence each, and the boxes.

    NotFound when there is no such session, or it never voted in secret.
    """
    session = uow.session.get(CouncilSession, session_id)
    query = select(BallotBox).where(BallotBox.session_id == session_id).order_by(BallotBox.round)
    boxes = list(uow.session.scalars(query))
    if session is None or not boxes:
        raise NotFound(N_("hòm phiếu của phiên họp này"))
    problems = []
    for box in boxes:
        found = _check_box(uow, session, box)
        problems += [
            N_("Lượt %(round)d: %(problem)s") % {"round": box.round, "problem": problem} for problem in found
        ]
    return problems, boxes


def _check_box(uow: UnitOfWork, session: CouncilSession, box: BallotBox) -> list[str]:
    if box.state not in ("closed", "opened"):
        return []
    problems = verifier.check_board(published_board(box))
    problems += _check_envelopes(uow, box)
    problems += _check_history(uow, session, box)
    if box.state == "opened":
        if box.seals:
            problems.append(N_("khóa của hòm chưa bị hủy sau khi mở"))
        if box.round == session.round and session.state in ("counted", "closed"):
            problems += _check_count(uow, session, box)
            problems += _check_minutes(uow, session, box)
    return problems


def _check_envelopes(uow: UnitOfWork, box: BallotBox) -> list[str]:
    envelopes, problems = envelopes_of(uow, box), []
    if box.returned != len(box.receipts):
        problems.append(N_("số phiếu thu về không khớp với số mã biên nhận"))
    for each in envelopes:
        if sealing.receipt_of(str(box.id), each.sealed) != each.receipt:
            problems.append(N_("có phong bì bị sửa: mã biên nhận không khớp với nội dung niêm phong"))
    if sorted(each.receipt for each in envelopes) != box.receipts:
        problems.append(N_("phong bì trong cơ sở dữ liệu không khớp với bảng công bố"))
    people = [str(each.person_id) for each in envelopes]
    if board.counts_of(box.context, people) != box.counts:
        problems.append(N_("số phiếu từng hồ sơ không khớp với người đã bỏ phiếu"))
    if len(tellers_of(uow, box)) != len(box.context["tellers"]):
        problems.append(N_("ban kiểm phiếu không khớp với lúc niêm phong"))
    return problems


def _check_history(uow: UnitOfWork, session: CouncilSession, box: BallotBox) -> list[str]:
    """The chain of the session said what was frozen, closed and opened, in the order of its rounds."""
    chain = f"session:{session.id}"
    problems = [str(each) for each in history.verify(uow, chain)]
    rows = [(row.event, json.loads(row.data or "{}")) for row in history.of(uow, chain)]
    said = {name: [data for event, data in rows if event == name] for name in EVENTS}
    wanted = {
        "box:sealed": ("context", verifier.digest(box.context)),
        "box:closed": ("root", box.root),
        "box:opened": ("signature", box.signature),
    }
    for event, (key, value) in wanted.items():
        if event == "box:opened" and box.state != "opened":
            continue
        if value not in [data.get(key) for data in said[event]]:
            problems.append(N_("nhật ký không ghi việc %s như trong hòm") % EVENTS[event])
    return problems


def _check_count(uow: UnitOfWork, session: CouncilSession, box: BallotBox) -> list[str]:
    totals, problems = board.totals_of(box.result), []
    letters = {line["id"]: line["written"] for line in box.context["lines"]}
    for line, nomination in lines_of(uow, session):
        key = str(nomination.id)
        counted = (line.agree, line.disagree, line.abstain, line.invalid)
        opened = tuple(totals[key][choice] for choice in verifier.CHOICES)
        written = (line.written_agree, line.written_disagree)
        if counted != opened or written != (letters[key]["agree"], letters[key]["disagree"]):
            problems.append(N_("%s: kết quả phiên họp không bằng kết quả đếm lại") % nomination.subject_name)
    return problems


def _check_minutes(uow: UnitOfWork, session: CouncilSession, box: BallotBox) -> list[str]:
    """Every paper of the session that prints a box code prints this one."""
    code, problems = verifier.spoken(box.root), []
    query = select(Paper).where(Paper.owner_key == str(session.id), Paper.kind == "ballot_minutes")
    for paper in uow.session.scalars(query):
        printed = ((paper.data or {}).get("data") or {}).get("box", {}).get("code")
        if printed is not None and verifier.tidy(str(printed)) != verifier.tidy(code):
            problems.append(N_("mã hòm phiếu in trong biên bản kiểm phiếu khác với mã của hòm"))
    return problems
