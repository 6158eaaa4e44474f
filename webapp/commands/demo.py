"""`demo`: the commune Đồng Liên, whole or not at all."""

from __future__ import annotations

import argparse
import os
from pathlib import Path

import sqlalchemy as sa

from engine.backup import restore
from engine.clock import InstallationClock
from engine.database import Database, unit_of_work
from engine.models import Organisation
from webapp.commands import installation
from webapp.config import regulations_folder
from workflows.demo import build
from workflows.fixtures.dong_lien import Account

_WHAT_TO_TRY = """\
Thử: vanphong thẩm định, soạn văn bản; congan biểu quyết trên điện thoại; xom3 ghi biên bản bình xét;
xom5 nộp hồ sơ nháp; tuphap bổ sung hồ sơ thành phố trả lại; phongnoivu trả lời gói hồ sơ;
thanhtra giám sát; quantri sửa quy trình và chỉnh ngày làm việc của dữ liệu mẫu."""
_HALF_BUILT = """\
Lần lập dữ liệu mẫu trước bị ngắt giữa chừng nên cơ sở dữ liệu còn dở dang.
Hãy tạo lại cơ sở dữ liệu PostgreSQL trống, xóa tệp %s rồi chạy lại."""


def demo(_options: argparse.Namespace) -> int:
    """Fill an empty database with the demo commune by running the real actions; keeps a filled one.

    Prints the accounts each time: they are kept beside the database, for their owner's eyes only. Interrupted
    half way it leaves no half-filled SQLite database; on PostgreSQL the next start says so and exits with 1.
    """
    with installation() as (settings, database):
        notes, marker = settings.data / "demo-accounts.txt", settings.data / "demo.unfinished"
        if not database.is_sqlite and marker.exists():
            print(_HALF_BUILT % marker)
            return 1
        if _has_organisation(database):
            print("Cơ sở dữ liệu đã có dữ liệu: giữ nguyên, không lập dữ liệu mẫu.")
        else:
            print("Đang lập dữ liệu mẫu 2022 (hư cấu), khoảng một phút…", flush=True)
            if database.is_sqlite:
                _build_beside(database, notes)
            else:
                marker.touch()
                _build_in(database, notes)
                marker.unlink()
        if notes.exists():
            print("Tài khoản mẫu (tên đăng nhập – mật khẩu – chức vụ):")
            print(notes.read_text(encoding="utf-8"))
            print(_WHAT_TO_TRY)
    return 0


def _build_in(database: Database, notes: Path) -> None:
    fixture = build(database, regulations_folder() / "2022")
    _write_private(notes, [_account_line(account) for account in fixture.accounts])


def _build_beside(database: Database, notes: Path) -> None:
    """Build in a file beside the empty database, then put it in its place at once."""
    half = database.path.with_name(database.path.name + ".building")
    _remove(half)
    building = Database(f"sqlite:///{half}")
    building.clock = InstallationClock(building)
    try:
        building.create_schema()
        _build_in(building, notes)
    finally:
        building.close()
    restore(database, half)
    _remove(half)
    _remove(database.path.with_name(database.path.name + ".before-restore"))


def _remove(path: Path) -> None:
    for suffix in ("", "-wal", "-shm"):
        path.with_name(path.name + suffix).unlink(missing_ok=True)


def _account_line(account: Account) -> str:
    return f"  {account.username:<14} {account.password:<16} {account.position}"


def _write_private(path: Path, lines: list[str]) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write("\n".join(lines) + "\n")


def _has_organisation(database: Database) -> bool:
    with unit_of_work(database, readonly=True) as uow:
        return uow.session.scalar(sa.select(Organisation.id).limit(1)) is not None
