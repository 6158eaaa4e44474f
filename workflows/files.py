"""The bytes of evidence, scans and papers: stored once by their SHA-256, read-only, never changed.

A file is durable on disk before the row that names it commits; what no row names is removed later
(`workflows.unnamed_files`).
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import subprocess
import sys
import tempfile
import time
import unicodedata
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import BinaryIO

from engine.errors import N_, NotFound, ThiduaError
from workflows import inspection
from workflows.inspection import DOCX, JPEG, PDF, PNG, WEBP, XLSX
from workflows.settings import current

SUFFIXES = {
    PDF: (".pdf",),
    DOCX: (".docx",),
    XLSX: (".xlsx",),
    PNG: (".png",),
    JPEG: (".jpg", ".jpeg"),
    WEBP: (".webp",),
}
ACCEPT = ",".join(suffix for suffixes in SUFFIXES.values() for suffix in suffixes)
ALLOWED_TEXT = N_(
    "Nhận tệp PDF, Word (.docx), Excel (.xlsx) và ảnh PNG, JPEG, WebP; mỗi tệp không quá %(megabytes)s MB. "
    "Không nhận ảnh HEIC, tệp .doc, .xls đời cũ, tệp nén và tệp có macro."
)
REASONS = {
    "empty": N_("tệp trống"),
    "type": N_(
        "nội dung không phải PDF, Word (.docx), Excel (.xlsx) hay ảnh PNG, JPEG, WebP "
        "(đổi tên tệp không đổi được loại tệp)"
    ),
    "broken": N_("tệp hỏng hoặc không đúng chuẩn; hãy mở và lưu lại rồi nộp lại"),
    "polyglot": N_("tệp có dữ liệu lạ gắn phía sau; hãy lưu lại bằng phần mềm khác rồi nộp lại"),
    "password": N_("tệp đặt mật khẩu; hãy gỡ mật khẩu rồi nộp lại"),
    "pages": N_("PDF có quá nhiều trang (tối đa %(pages)s); hãy tách thành nhiều tệp"),
    "active": N_("PDF chứa mã lệnh (JavaScript) hoặc hành động tự chạy; hãy in lại thành PDF rồi nộp lại"),
    "attachments": N_("PDF chứa tệp đính kèm bên trong; hãy nộp riêng từng tệp"),
    "macros": N_(
        "tệp Office chứa macro hoặc đối tượng nhúng; hãy lưu lại thành .docx, .xlsx thường hoặc PDF"
    ),
    "outside": N_("tệp Office tự lấy nội dung từ nơi khác; hãy ngắt liên kết ngoài hoặc lưu thành PDF"),
    "bomb": N_("tệp bung ra quá lớn"),
    "pixels": N_("ảnh quá lớn (tối đa %(megapixels)s triệu điểm ảnh); hãy thu nhỏ rồi nộp lại"),
    "crash": N_("không kiểm tra được tệp; hãy lưu thành PDF rồi nộp lại"),
    "slow": N_("kiểm tra tệp quá lâu; hãy lưu thành PDF hoặc giảm dung lượng rồi nộp lại"),
}
LIMITS = {"pages": inspection.MAX_PAGES, "megapixels": inspection.MAX_PIXELS // 1_000_000}
CHUNK = 2**18
SHA256 = re.compile(r"[0-9a-f]{64}")
UNSAFE = re.compile(r'[<>:"|?*]')
LONGEST_NAME = 150


class FileTooLarge(ThiduaError):
    """The upload is larger than this installation takes; reading stopped at the limit."""

    template = N_(
        "Tệp “%(filename)s” lớn hơn %(megabytes)s MB nên chưa được nhận. "
        "Hãy giảm dung lượng (quét ở 200–300 dpi) hoặc tách thành nhiều tệp."
    )


class FileRefused(ThiduaError):
    """The content is not of an allowed type, or is dangerous; `code` is a key of `REASONS`."""

    template = N_("Tệp “%(filename)s” chưa được nhận: %(reason)s.")

    def __init__(self, filename: str, code: str) -> None:
        self.code = code
        super().__init__(filename=filename, reason=REASONS[code] % LIMITS)


@dataclass(frozen=True)
class StoredFile:
    """Where the bytes are (their hash) and what they are; `filename` is safe to show and to download."""

    sha256: str
    size: int
    media_type: str
    filename: str


def allowed_text() -> str:
    """Return the sentence that says, before an upload, what is taken and how large."""
    return ALLOWED_TEXT % {"megabytes": current().max_file_bytes // 2**20}


def store(stream: BinaryIO, filename: str) -> StoredFile:
    """Keep an upload and return what it is; the same content is kept once.

    :raises FileTooLarge: more bytes than the limit; not read to the end.
    :raises FileRefused: the content is of another type than allowed, damaged or dangerous.
    """
    name = clean_filename(filename)
    with _incoming() as scratch:
        sha256, size = _copy(stream, scratch, name)
        media_type = _inspected(scratch, name) if size else ""
        if not media_type:
            raise FileRefused(name, "empty")
        _keep(scratch, sha256)
    return StoredFile(sha256, size, media_type, _with_suffix(name, media_type))


def keep(content: bytes, filename: str, media_type: str = PDF) -> StoredFile:
    """Keep bytes that we made ourselves (a rendered paper) and return where."""
    with _incoming() as scratch:
        scratch.write_bytes(content)
        sha256 = hashlib.sha256(content).hexdigest()
        _keep(scratch, sha256)
    return StoredFile(sha256, len(content), media_type, clean_filename(filename))


def path_of(sha256: str) -> Path:
    """Return the path of stored bytes.

    :raises NotFound: not a hash, or nothing is stored under it.
    """
    path = _place(sha256) if SHA256.fullmatch(sha256) else None
    if path is None or not path.is_file():
        raise NotFound(N_("tệp đã lưu"))
    return path


def open_file(sha256: str) -> BinaryIO:
    """Return the stored bytes, open for reading.

    :raises NotFound: nothing is stored under this hash.
    """
    return path_of(sha256).open("rb")


def older(age: timedelta) -> Iterator[str]:
    """Return the names of what was stored, or begun and never finished, longer ago than that: hashes mostly.

    A file that is stored again is young again: its row may be about to commit.
    """
    # the age of a file on disk is real time, also where business time stands still
    newest = time.time() - age.total_seconds()
    for path in _everything():
        if path.is_file() and path.stat().st_mtime < newest:
            yield path.name


def remove(names: Iterable[str], age: timedelta) -> int:
    """Delete files that no row names any more and are still as old as that; return how many."""
    unwanted, still = set(names), set(older(age))
    gone = [path for path in _everything() if path.name in unwanted & still]
    for path in gone:
        path.unlink(missing_ok=True)
    return len(gone)


def _everything() -> list[Path]:
    return [*_folder().glob("??/??/*"), *_folder().glob("tmp/*")]


def clean_filename(filename: str) -> str:
    """Return the name without folders, control or direction characters, in NFC, at most 150 long."""
    last = re.split(r"[/\\]", unicodedata.normalize("NFC", filename))[-1]
    visible = "".join(sign for sign in last if unicodedata.category(sign)[0] != "C")
    name = re.sub(r"\s+", " ", UNSAFE.sub("_", visible)).strip(" .")
    stem, suffix = Path(name).stem, Path(name).suffix
    return (stem[: LONGEST_NAME - len(suffix)] + suffix)[:LONGEST_NAME] or "tep"


def _with_suffix(name: str, media_type: str) -> str:
    suffixes = SUFFIXES[media_type]
    return name if name.lower().endswith(suffixes) else name + suffixes[0]


def _folder() -> Path:
    return current().files


def _place(sha256: str) -> Path:
    return _folder() / sha256[:2] / sha256[2:4] / sha256


@contextmanager
def _incoming() -> Iterator[Path]:
    """Give a scratch file on the store's own disk (so that a rename is atomic) and remove what is left."""
    folder = _folder() / "tmp"
    folder.mkdir(parents=True, exist_ok=True)
    descriptor, name = tempfile.mkstemp(dir=folder)
    os.close(descriptor)
    scratch = Path(name)
    try:
        yield scratch
    finally:
        scratch.unlink(missing_ok=True)


def _copy(stream: BinaryIO, target: Path, name: str) -> tuple[str, int]:
    limit, size, digest = current().max_file_bytes, 0, hashlib.sha256()
    with target.open("wb") as file:
        while chunk := stream.read(CHUNK):
            size += len(chunk)
            if size > limit:
                raise FileTooLarge(filename=name, megabytes=limit // 2**20)
            digest.update(chunk)
            file.write(chunk)
    return digest.hexdigest(), size


def _inspected(scratch: Path, name: str) -> str:
    """Return the media type as the inspecting process found it."""
    inherited = {key: os.environ[key] for key in ("PATH", "SYSTEMROOT") if key in os.environ}
    command = [sys.executable, "-I", inspection.__file__, str(scratch)]
    try:
        done = subprocess.run(  # noqa: S603 - our own script, a path we made, no shell
            command,
            capture_output=True,
            timeout=current().inspection_seconds,
            env=inherited,
            start_new_session=True,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise FileRefused(name, "slow") from error
    if done.returncode:
        raise FileRefused(name, "crash")
    answer: dict[str, str] = json.loads(done.stdout)
    if "refused" in answer:
        raise FileRefused(name, answer["refused"])
    return answer["media_type"]


def _keep(scratch: Path, sha256: str) -> None:
    place = _place(sha256)
    if place.is_file():
        # young again: the removal must not take an old orphan that is just being named anew
        os.utime(place)
        return
    with scratch.open("rb+") as file:
        os.fsync(file.fileno())
    scratch.chmod(0o440)
    place.parent.mkdir(parents=True, exist_ok=True)
    scratch.replace(place)
    _sync_folder(place.parent)


def _sync_folder(folder: Path) -> None:
    if os.name == "nt":  # Windows cannot open a folder to flush it
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
