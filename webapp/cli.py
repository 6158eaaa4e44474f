"""The command `thidua`: reads the arguments and hands them to one function a command."""

from __future__ import annotations

import engine.database  # isort: skip  # noqa: F401  (first: it chooses the one SQLite library)

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from uuid import UUID

from sqlalchemy.exc import SQLAlchemyError

from engine.errors import ThiduaError
from engine.limits import WaitedTooLong, busy_cause
from webapp.commands import copies, demo, regulations, server, setup, status, verify


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; returns the exit status, 1 with a sentence for what a person can put right."""
    options = parser().parse_args(arguments)
    try:
        return int(options.run(options))
    except ThiduaError as error:
        print(error, file=sys.stderr)
    except (SQLAlchemyError, WaitedTooLong) as error:
        if busy_cause(error) is None:
            raise
        print(f"Cơ sở dữ liệu đang bận hoặc không trả lời: {error.__cause__ or error}", file=sys.stderr)
    return 1


def parser() -> argparse.ArgumentParser:
    """The commands and their arguments."""
    top = argparse.ArgumentParser(prog="thidua", description="Thi đua, khen thưởng của xã.")
    commands = top.add_subparsers(required=True, metavar="LỆNH")
    _server(commands)
    _installation(commands)
    _regulations(commands)
    _copies(commands)
    return top


def _server(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    serve = commands.add_parser("serve", help="chạy trang web (kèm xử lý nền khi dùng SQLite)")
    serve.add_argument("--host", default=os.environ.get("HOST", "127.0.0.1"))
    serve.add_argument("--port", type=int, default=int(os.environ.get("PORT", "8000")))
    serve.add_argument("--threads", type=int, default=16)
    serve.set_defaults(run=server.serve)
    worker = commands.add_parser("worker", help="chạy xử lý nền riêng (PostgreSQL)")
    worker.set_defaults(run=server.work)


def _installation(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    init = commands.add_parser("init", help="lập hệ thống mới: tổ chức và người quản trị đầu tiên")
    init.add_argument("--code", required=True, help="mã tổ chức, ví dụ dong-lien")
    init.add_argument("--name", required=True, help="tên tổ chức, ví dụ 'UBND xã Đồng Liên'")
    init.add_argument("--level", default="commune", choices=("country", "province", "city", "commune"))
    init.add_argument("--parent", help="mã tổ chức cấp trên đã có")
    init.add_argument("--admin-name", required=True, help="họ và tên người quản trị")
    init.add_argument("--admin-username", default="quantri")
    init.set_defaults(run=setup.init)
    sample = commands.add_parser("demo", help="lập dữ liệu mẫu 2022 (chỉ khi cơ sở dữ liệu còn trống)")
    sample.set_defaults(run=demo.demo)
    clock = commands.add_parser("clock", help="xem, đặt hoặc thả ngày làm việc của hệ thống")
    clock.add_argument("day", nargs="?", help="YYYY-MM-DD, hoặc 'run' để chạy theo giờ thật")
    clock.set_defaults(run=setup.clock)
    state = commands.add_parser("status", help="tình trạng hệ thống")
    state.add_argument("--json", action="store_true", help="một đối tượng JSON")
    state.set_defaults(run=status.status)


def _regulations(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    lint = commands.add_parser("lint", help="kiểm tra một thư mục quy định hoặc một tệp .bpmn")
    lint.add_argument("path", type=Path)
    lint.set_defaults(run=regulations.lint)
    publish = commands.add_parser("publish", help="nhập và công bố một thư mục quy định")
    publish.add_argument("path", type=Path)
    publish.add_argument("--organisation", help="mã tổ chức ban hành (khi có nhiều tổ chức)")
    publish.add_argument("--from", dest="effective_from", help="YYYY-MM-DD; mặc định theo regulation.toml")
    publish.add_argument("--until", dest="effective_until", help="YYYY-MM-DD; mặc định theo regulation.toml")
    publish.set_defaults(run=regulations.publish)
    model = commands.add_parser(
        "import-spiffarena", help="chuyển một mô hình quy trình của SpiffArena thành thư mục quy định"
    )
    model.add_argument("path", type=Path, help="thư mục có process_model.json, .bpmn, .dmn, biểu mẫu")
    model.add_argument("target", type=Path, help="thư mục sẽ ghi, chưa có hoặc còn trống")
    model.add_argument(
        "--role",
        action="append",
        default=[],
        metavar="LÀN=VAI_TRÒ",
        help="vai trò của một làn; chỉ VAI_TRÒ khi sơ đồ không có làn; ghi nhiều lần được",
    )
    model.set_defaults(run=regulations.import_spiffarena)


def _copies(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    history = commands.add_parser(
        "verify-history", help="kiểm tra lịch sử có bị sửa, xóa, đảo hay cắt bớt không"
    )
    history.add_argument("--export", type=Path, help="ghi mã cuối của mọi chuỗi vào một tệp JSON")
    history.add_argument("--against", type=Path, help="so với tệp đã ghi trước đây")
    history.set_defaults(run=verify.verify_history)
    box = commands.add_parser(
        "verify-box", help="kiểm tra các hòm phiếu kín của một phiên họp, đếm lại phiếu"
    )
    box.add_argument(
        "session", type=UUID, metavar="SESSION", help="mã phiên họp, như trong địa chỉ của trang"
    )
    box.add_argument("--board", type=Path, help="ghi bảng công bố của lượt sau cùng vào một tệp JSON")
    box.set_defaults(run=verify.verify_box)
    package = commands.add_parser(
        "export-history", help="xuất nhật ký kèm mã và chương trình kiểm tra thành một tệp .zip cho thanh tra"
    )
    package.add_argument("target", type=Path)
    package.add_argument("--organisation", help="mã tổ chức (khi có nhiều tổ chức)")
    package.add_argument("--dossier", default="", help="chỉ một hồ sơ, theo mã, ví dụ HS-2022-0001")
    package.add_argument("--from", dest="first_day", help="YYYY-MM-DD; chuỗi có ghi nhận từ ngày này")
    package.add_argument("--until", dest="last_day", help="YYYY-MM-DD; đến hết ngày này")
    package.set_defaults(run=verify.export)
    backup = commands.add_parser("backup", help="sao lưu cơ sở dữ liệu và tệp vào một tệp .tar")
    backup.add_argument("target", type=Path)
    backup.set_defaults(run=copies.backup)
    restore = commands.add_parser("restore", help="khôi phục từ bản sao lưu (khi hệ thống đang dừng)")
    restore.add_argument("source", type=Path)
    restore.set_defaults(run=copies.restore)


if __name__ == "__main__":
    sys.exit(main())
