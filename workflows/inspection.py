"""Looks into one uploaded file and prints, as JSON, its media type or why it is refused.

Run as a script in a process of its own (`workflows.files` starts and, when it takes too long, kills it),
because libraries that parse hostile files may eat memory, hang or crash. Imports nothing of ours.
"""

from __future__ import annotations

import json
import re
import sys
import warnings
import zipfile
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import Any

MAX_MEMORY = 1024 * 2**20
MAX_CPU_SECONDS = 20
MAX_PAGES = 300
MAX_PIXELS = 60_000_000
MAX_UNPACKED = 200 * 2**20
MAX_PARTS = 3000
MAX_DEPTH = 60
TRAILER_ROOM = 1024

PDF = "application/pdf"
PNG = "image/png"
JPEG = "image/jpeg"
WEBP = "image/webp"
DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"

PDF_ACTIONS = {"/JavaScript", "/Launch", "/SubmitForm", "/ImportData", "/Rendition", "/RichMediaExecute"}
OFFICE_MAIN = {
    b"wordprocessingml.document.main+xml": DOCX,
    b"spreadsheetml.sheet.main+xml": XLSX,
}
RELATIONSHIP = re.compile(rb"<(?:\w+:)?Relationship\b[^>]*>")
# programs, scripts and files that may hold macros of their own
OFFICE_REFUSED = {
    ".exe",
    ".dll",
    ".js",
    ".vbs",
    ".scr",
    ".bat",
    ".docm",
    ".xlsm",
    ".xlsb",
    ".pptm",
    ".doc",
    ".xls",
}


class Refused(Exception):
    """The file may not be kept; the code is explained to the person by `workflows.files`."""

    def __init__(self, code: str) -> None:
        self.code = code
        super().__init__(code)


def inspect(path: Path) -> str:
    """Return the media type of an acceptable file.

    :raises Refused: with the code of the reason.
    """
    kind = _kind_of(path)
    if kind == "zip":
        return _inspect_office(path)
    # a picture or a PDF that also opens as an archive carries something behind its end
    if zipfile.is_zipfile(path):
        raise Refused("polyglot")
    if kind == PDF:
        _inspect_pdf(path)
    else:
        _inspect_image(path)
    return kind


def _kind_of(path: Path) -> str:
    import filetype

    with path.open("rb") as file:
        start = file.read(8192)
    if start[:4] == b"PK\x03\x04":
        return "zip"
    found = filetype.guess_mime(start)
    if found not in (PDF, PNG, JPEG, WEBP) or (found == PDF and not start.startswith(b"%PDF-")):
        raise Refused("type")
    return str(found)


def _inspect_pdf(path: Path) -> None:
    import pikepdf

    content = path.read_bytes()
    if len(content) - content.rfind(b"%%EOF") > TRAILER_ROOM:
        raise Refused("broken")
    try:
        with pikepdf.open(path) as pdf:
            if len(pdf.pages) > MAX_PAGES:
                raise Refused("pages")
            if not len(pdf.pages):
                raise Refused("broken")
            for found in pdf.objects:
                _refuse_active(found, 0)
    except pikepdf.PasswordError as error:
        raise Refused("password") from error
    except pikepdf.PdfError as error:
        raise Refused("broken") from error


def _refuse_active(found: Any, depth: int) -> None:
    import pikepdf

    if depth > MAX_DEPTH:
        raise Refused("broken")
    if isinstance(found, pikepdf.Dictionary | pikepdf.Stream):
        entries = found.stream_dict if isinstance(found, pikepdf.Stream) else found
        if str(entries.get("/S", "")) in PDF_ACTIONS or "/JS" in entries or "/XFA" in entries:
            raise Refused("active")
        if "/EF" in entries or str(entries.get("/Type", "")) == "/EmbeddedFile":
            raise Refused("attachments")
        children: Iterator[Any] = iter([value for _, value in entries.items()])
    elif isinstance(found, pikepdf.Array):
        children = iter(list(found))
    else:
        return
    for child in children:
        # an indirect child comes by itself: the document lists all of those
        if isinstance(child, pikepdf.Object) and not child.is_indirect:
            _refuse_active(child, depth + 1)


def _inspect_image(path: Path) -> None:
    from PIL import Image

    Image.MAX_IMAGE_PIXELS = None  # our own limit below is the lower one
    warnings.simplefilter("ignore")
    try:
        with Image.open(path, formats=("PNG", "JPEG", "WEBP")) as image:
            if image.width * image.height > MAX_PIXELS:
                raise Refused("pixels")
            image.load()
    except Refused:
        raise
    except Exception as error:  # Pillow raises a dozen kinds for a damaged picture
        raise Refused("broken") from error


def _inspect_office(path: Path) -> str:
    try:
        with zipfile.ZipFile(path) as package:
            parts = package.infolist()
            if len(parts) > MAX_PARTS or sum(part.file_size for part in parts) > MAX_UNPACKED:
                raise Refused("bomb")
            if any(part.flag_bits & 1 for part in parts):
                raise Refused("password")
            _refuse_parts([part.filename for part in parts])
            media_type = _office_type(package)
            _read_parts(package, parts)
            return media_type
    except (zipfile.BadZipFile, EOFError, KeyError, NotImplementedError, OSError, ValueError) as error:
        raise Refused("broken") from error
    except zipfile.zlib.error as error:  # type: ignore[attr-defined]
        raise Refused("broken") from error


def _office_type(package: zipfile.ZipFile) -> str:
    if "[Content_Types].xml" not in package.namelist():
        raise Refused("type")
    declared = package.read("[Content_Types].xml")
    if b"macroEnabled" in declared or b"vbaProject" in declared:
        raise Refused("macros")
    for mark, media_type in OFFICE_MAIN.items():
        if mark in declared:
            return media_type
    raise Refused("type")


def _refuse_parts(names: list[str]) -> None:
    if len(set(names)) != len(names):
        raise Refused("broken")
    for name in names:
        lowered = name.lower()
        place = PurePosixPath(lowered)
        if "vba" in place.name or "macro" in place.name or "activex" in lowered:
            raise Refused("macros")
        if place.suffix in OFFICE_REFUSED or (place.suffix == ".bin" and "embeddings" in place.parts):
            raise Refused("macros")
        if place.is_absolute() or ".." in place.parts or "\\" in name:
            raise Refused("broken")


def _read_parts(package: zipfile.ZipFile, parts: list[zipfile.ZipInfo]) -> None:
    """Unpack every part into nothing: a part larger than it says fails its checksum or the sum here."""
    room = MAX_UNPACKED
    for part in parts:
        is_text = part.filename.lower().endswith((".xml", ".rels"))
        kept = bytearray()
        with package.open(part) as stream:
            while chunk := stream.read(2**18):
                room -= len(chunk)
                if room < 0:
                    raise Refused("bomb")
                if is_text and len(kept) < 2**20:
                    kept += chunk
        if is_text and (b"<!DOCTYPE" in kept or b"<!ENTITY" in kept):
            raise Refused("broken")
        if part.filename.endswith(".rels"):
            _refuse_outside(bytes(kept))


def _refuse_outside(relationships: bytes) -> None:
    for relation in RELATIONSHIP.findall(relationships):
        if b'"External"' in relation and b"/hyperlink" not in relation:
            raise Refused("outside")


def _limit_myself() -> None:
    try:
        import resource
    except ImportError:  # Windows has no rlimits; the parent's timeout still holds
        return
    resource.setrlimit(resource.RLIMIT_AS, (MAX_MEMORY, MAX_MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (MAX_CPU_SECONDS, MAX_CPU_SECONDS))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _answer(path: Path) -> dict[str, str]:
    try:
        return {"media_type": inspect(path)}
    except Refused as refusal:
        return {"refused": refusal.code}
    except (MemoryError, RecursionError):
        return {"refused": "bomb"}


if __name__ == "__main__":
    _limit_myself()
    sys.stdout.write(json.dumps(_answer(Path(sys.argv[1]))))
