"""`backup` and `restore`: database and files together, in one tar file. The key is not in it."""

from __future__ import annotations

import argparse
import shutil
import tarfile
import tempfile
from pathlib import Path, PurePosixPath

from engine import backup as database_copies
from engine.errors import N_, Conflict
from webapp.app import open_database
from webapp.commands import installation
from webapp.config import Settings

DATABASE, FILES, UNFINISHED = "database", "files", "/tmp"  # noqa: S108  (a name inside the archive)
_FOREIGN = N_("%s không phải bản sao lưu của Thi đua.")


def backup(options: argparse.Namespace) -> int:
    """Write the copy, the database first: every file that it names was there before."""
    target: Path = options.target
    if target.exists():
        raise Conflict(N_("Tệp %s đã có; hãy chọn tên khác.") % target)
    with installation() as (settings, database), tempfile.TemporaryDirectory(dir=settings.data) as folder:
        copy, unfinished = Path(folder) / DATABASE, Path(folder) / "backup.tar"
        database_copies.backup(database, copy)
        with tarfile.open(unfinished, "w") as archive:
            archive.add(copy, DATABASE)
            if (settings.data / FILES).is_dir():
                archive.add(settings.data / FILES, FILES, filter=_without_unfinished)
        target.parent.mkdir(parents=True, exist_ok=True)
        _move(unfinished, target)
    print(f"Đã sao lưu vào {target} ({target.stat().st_size // 1024} kB).")
    return 0


def _without_unfinished(entry: tarfile.TarInfo) -> tarfile.TarInfo | None:
    return None if entry.name.startswith(f"{FILES}{UNFINISHED}") else entry


def _move(source: Path, target: Path) -> None:
    """Put the finished copy in place at once, also on another disk."""
    part = target.with_name(target.name + ".part")
    with source.open("rb") as read, part.open("wb") as written:
        while block := read.read(1 << 20):
            written.write(block)
    part.chmod(0o600)
    part.replace(target)


def restore(options: argparse.Namespace) -> int:
    """Put a copy in the place of the present data; what stood there is kept beside it."""
    settings = Settings.from_environment()
    with tempfile.TemporaryDirectory(dir=settings.data) as folder:
        try:
            with tarfile.open(options.source) as archive:
                _unpack(archive, Path(folder))
        except (OSError, tarfile.TarError) as error:
            raise Conflict(N_("Không đọc được bản sao lưu %s.") % options.source) from error
        if not (Path(folder) / DATABASE).is_file():
            raise Conflict(_FOREIGN % options.source)
        database_copies.restore(open_database(settings), Path(folder) / DATABASE)
        _restore_files(Path(folder) / FILES, settings.data / FILES)
    print("Đã khôi phục. Có thể chạy lại: thidua serve")
    return 0


def _unpack(archive: tarfile.TarFile, folder: Path) -> None:
    """Write the plain files of a copy; Conflict for anything else, which no copy of ours holds.

    Not `extractall(filter="data")`: Python 3.11 has it from 3.11.4 on, Debian 12 ships 3.11.2.
    """
    for entry in archive:
        path = PurePosixPath(entry.name)
        if entry.isdir():
            continue
        if not entry.isfile() or ".." in path.parts or path.parts[0] not in (DATABASE, FILES):
            raise Conflict(_FOREIGN % archive.name)
        place = folder / path
        place.parent.mkdir(parents=True, exist_ok=True)
        read = archive.extractfile(entry)
        assert read is not None  # only of what is no file
        with read, place.open("wb") as written:
            shutil.copyfileobj(read, written)


def _restore_files(source: Path, target: Path) -> None:
    """Files are named by their content: those that are there already stay, the missing ones come back."""
    for path in source.rglob("*"):
        place = target / path.relative_to(source)
        if path.is_file() and not place.exists():
            place.parent.mkdir(parents=True, exist_ok=True)
            path.replace(place)
