"""`verify-history`: whether anything in the history was changed, taken out, put elsewhere or cut off.
`verify-box`: whether the boxes of a secret vote still are what was closed and opened.

`export-history` gives an inspector what can be checked without this program.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from engine import history
from engine.database import unit_of_work
from engine.errors import N_, Conflict
from webapp.commands import installation
from webapp.commands.regulations import parsed_day
from webapp.commands.setup import organisation_of
from workflows.actions.history_export import Scope, export_history
from workflows.queries.ballot_boxes import published_board
from workflows.queries.box_check import check_boxes
from workflows.secret_ballot import codes
from workflows.tables.ballot_boxes import BallotBox

Heads = dict[str, tuple[int, str]]


def verify_history(options: argparse.Namespace) -> int:
    """Check every chain; one line a problem, 1 when there is one, else the root over all chains.

    `--export` keeps the heads of today in a file; `--against` such a file of an earlier day also shows a
    tail that was cut off, which no chain can show of itself.
    """
    earlier = _earlier(options.against) if options.against else {}
    with installation() as (_settings, database), unit_of_work(database, readonly=True) as uow:
        now = history.heads(uow)
        problems = [problem for chain in now for problem in history.verify(uow, chain)]
        problems += history.cut_off(uow, earlier)
    for problem in problems:
        print(problem)
    if problems:
        return 1
    root = history.root(now)
    print(f"Lịch sử nguyên vẹn: {len(now)} chuỗi, {sum(seq for seq, _ in now.values())} dòng. Mã gốc: {root}")
    if options.export:
        options.export.write_text(json.dumps({"root": root, "heads": now}, ensure_ascii=False), "utf-8")
        print(f"Đã ghi vào {options.export}; hãy giữ tệp này ở máy khác.")
    return 0


def verify_box(options: argparse.Namespace) -> int:
    """Check every box of a session against its rows, its history, its count and its minutes.

    One line a problem and 1 when there is one, else one line a box with its code.
    """
    with installation() as (_settings, database), unit_of_work(database, readonly=True) as uow:
        problems, boxes = check_boxes(uow, options.session)
        lines = [_box_line(box) for box in boxes]
        closed = [box for box in boxes if box.state in ("closed", "opened")]
        if options.board and closed:
            board = json.dumps(published_board(closed[-1]), ensure_ascii=False, indent=1)
            options.board.write_text(board, "utf-8")
    print("\n".join(problems or lines))
    return 1 if problems else 0


def _box_line(box: BallotBox) -> str:
    if not box.root:
        return f"Lượt {box.round}: hòm chưa đóng, chưa có gì để kiểm tra."
    counted = "đã mở, đếm lại khớp" if box.state == "opened" else "đã đóng, chưa mở"
    words = f"phát ra {box.issued}, thu về {box.returned}, mã hòm phiếu {codes.spoken(box.root)}"
    return f"Lượt {box.round}: {words}; {counted}."


def _earlier(path: Path) -> Heads:
    """The heads of an exported file; Conflict when it is none, or was changed since."""
    try:
        kept = json.loads(path.read_text("utf-8"))
        heads = {str(chain): (int(seq), str(digest)) for chain, (seq, digest) in kept["heads"].items()}
        unchanged = history.root(heads) == kept["root"]
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise Conflict(N_("Không đọc được tệp ghi nhận %s.") % path) from error
    if not unchanged:
        raise Conflict(N_("Tệp ghi nhận %s đã bị sửa: mã gốc không khớp.") % path)
    return heads


def export(options: argparse.Namespace) -> int:
    """Write the package beside its final name first; the export is recorded in the history with its root."""
    target: Path = options.target
    if target.exists():
        raise Conflict(N_("Tệp %s đã có; hãy chọn tên khác.") % target)
    scope = Scope(options.dossier, parsed_day(options.first_day), parsed_day(options.last_day))
    part = target.with_name(target.name + ".part")
    try:
        with installation() as (_settings, database):
            with unit_of_work(database, readonly=True) as look:
                organisation_id = organisation_of(look, options.organisation).id
            with (
                unit_of_work(database, organisation_id=organisation_id, actor_name=N_("Dòng lệnh")) as uow,
                part.open("wb") as file,
            ):
                part.chmod(0o600)
                found = export_history(uow, file, scope)
        part.replace(target)
    finally:
        part.unlink(missing_ok=True)
    print(f"Đã xuất {found.chains} chuỗi, {found.rows} dòng vào {target}. Mã gốc: {found.root}")
    print("Hãy ghi mã gốc vào biên bản bàn giao. Kiểm tra: giải nén rồi chạy python3 kiem-tra.py")
    return 0
