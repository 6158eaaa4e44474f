"""What an inspector's package of the history says in words: the list to read, and how anybody checks it."""

from __future__ import annotations

import html
import io
from collections.abc import Iterable
from typing import IO

from engine import history_export
from engine.clock import ZONE
from engine.database import UnitOfWork
from engine.models import History
from workflows.queries.trail import lines_of

READ_ME, LISTING = "doc-truoc.txt", "ban-doc.html"


def read_me(manifest: history_export.Manifest) -> str:
    """What the package is and how anybody checks it."""
    organisation = manifest.about["organisation"]["name"]
    return (
        f"NHẬT KÝ HOẠT ĐỘNG – {organisation}\n\n"
        f"{len(manifest.heads)} chuỗi, {manifest.rows} dòng. Mã gốc:\n{manifest.root}\n"
        "Hãy ghi mã gốc này vào biên bản: gói bị sửa rồi tính lại mã sẽ có mã gốc khác. Mã gốc cũng được ghi\n"
        "vào nhật ký của phần mềm lúc xuất gói.\n\n"
        f"{LISTING}: bản để đọc, mở bằng trình duyệt.\n"
        f"{history_export.ROWS}: từng dòng nhật ký kèm mã của dòng và của dòng trước (mỗi dòng một đối tượng JSON).\n"
        f"{history_export.MANIFEST}: phạm vi, mã cuối của từng chuỗi, mã gốc.\n"
        f"{history_export.SCRIPT}: chương trình kiểm tra, chỉ cần Python 3.8 trở lên. Chạy trong thư mục này:\n\n"
        f"    python3 {history_export.SCRIPT} --root {manifest.root}\n\n"
        "Mỗi chuỗi được xuất trọn từ dòng đầu, kể cả khi chỉ chọn một khoảng thời gian.\n"
    )


_HEAD = """<!doctype html>
<html lang="vi"><head><meta charset="utf-8"><title>Nhật ký hoạt động</title><style>
body{font:15px/1.45 system-ui,sans-serif;margin:2rem;max-width:75rem}table{border-collapse:collapse;width:100%}
th,td{border:1px solid #bbb;padding:.3rem .5rem;text-align:left;vertical-align:top}th{background:#eee}
code{font-size:.85em}h2{font-size:1.05rem;margin:1.6rem 0 .4rem}
</style></head><body><h1>Nhật ký hoạt động</h1>
<p>Mỗi chuỗi một bảng; mã là 16 ký tự đầu của mã dòng trong tệp lich-su.jsonl.</p>
"""
_COLUMNS = "".join(f"<th>{name}</th>" for name in ("Dòng", "Lúc", "Ai", "Việc gì", "Lý do", "Mã"))


class Listing:
    """The rows as sentences in one page, a table a chain; written as they come."""

    def __init__(self, target: IO[bytes], uow: UnitOfWork) -> None:
        self._text = io.TextIOWrapper(target, encoding="utf-8", write_through=True)
        self._uow = uow
        self._chain = ""

    def __enter__(self) -> Listing:
        self._text.write(_HEAD)
        return self

    def __exit__(self, *_: object) -> None:
        self._text.write("</table></body></html>\n" if self._chain else "</body></html>\n")
        self._text.detach()

    def show(self, rows: Iterable[History]) -> None:
        """Write these rows behind those before."""
        found = list(rows)
        for row, line in zip(found, lines_of(self._uow, found), strict=True):
            if row.chain != self._chain:
                self._open(row.chain, f"{line.about} {line.about_code}".strip())
            cells = (
                row.seq,
                f"{row.at.astimezone(ZONE):%H:%M:%S %d/%m/%Y}",
                line.who,
                line.text,
                line.reason,
            )
            shown = "".join(f"<td>{html.escape(str(cell))}</td>" for cell in cells)
            self._text.write(f"<tr>{shown}<td><code>{row.hash[:16]}</code></td></tr>\n")

    def _open(self, chain: str, about: str) -> None:
        end = "</table>\n" if self._chain else ""
        title = f"<h2>{html.escape(about)} <code>{html.escape(chain)}</code></h2>"
        self._text.write(f"{end}{title}\n<table><tr>{_COLUMNS}</tr>\n")
        self._chain = chain
