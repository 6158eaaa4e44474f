"""A regulation as a folder: `regulation.toml` beside diagrams, decision tables, forms and wordings."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

from engine.errors import N_, ThiduaError

NAME = "regulation.toml"
SUFFIXES = (".bpmn", ".dmn", ".json")
MAX_FILE_BYTES = 5_000_000
_PATH = re.compile(r"^[A-Za-z0-9_][A-Za-z0-9_.-]*(/[A-Za-z0-9_][A-Za-z0-9_.-]*){0,3}$")


class ManifestRefused(ThiduaError):
    """The folder or a file of it cannot become part of a regulation."""

    template = N_("%(path)s: %(reason)s")

    def __init__(self, path: object, reason: object) -> None:
        super().__init__(path=path, reason=reason)
        self.path = str(path)
        self.reason = str(reason)


@dataclass(frozen=True)
class Manifest:
    """What regulation.toml says; `removed` are paths of the base that this change set takes away."""

    code: str
    name: str
    number: str = ""
    effective_from: date | None = None
    effective_until: date | None = None
    legal_basis: list[dict[str, Any]] = field(default_factory=list)
    values: dict[str, Any] = field(default_factory=dict)
    removed: tuple[str, ...] = ()


@dataclass(frozen=True)
class Folder:
    """A regulation read from disk."""

    manifest: Manifest
    files: dict[str, bytes]


def read_folder(folder: Path) -> Folder:
    """Return manifest and files of a folder. Raises ManifestRefused naming the file and the reason."""
    path = folder / NAME
    if not path.is_file():
        raise ManifestRefused(folder.name, N_("thiếu tệp regulation.toml"))
    return Folder(read_manifest(path.read_bytes()), read_files(folder))


def read_files(folder: Path) -> dict[str, bytes]:
    """Return the files of a folder that belong to a regulation, by relative path; hidden ones are skipped."""
    files = {}
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).as_posix()
        hidden = any(part.startswith((".", "_")) for part in name.split("/"))
        if hidden or path.suffix not in SUFFIXES or path.is_symlink() or not path.is_file():
            continue
        if path.stat().st_size > MAX_FILE_BYTES:
            raise ManifestRefused(name, N_("tệp quá lớn"))
        files[check_path(name)] = path.read_bytes()
    return files


def check_path(path: str) -> str:
    """Return the path of a regulation's file when it is one. Raises ManifestRefused."""
    if not _PATH.match(path) or len(path) > 200:
        raise ManifestRefused(
            path, N_("tên tệp chỉ gồm chữ không dấu, số, “_”, “-”, “.” và tối đa ba cấp thư mục")
        )
    if not path.endswith(SUFFIXES):
        raise ManifestRefused(path, N_("chỉ nhận sơ đồ (.bpmn), bảng quyết định (.dmn) và biểu mẫu (.json)"))
    return path


def read_manifest(content: bytes) -> Manifest:
    """Return what regulation.toml says. Raises ManifestRefused naming the key."""
    try:
        raw = tomllib.loads(content.decode("utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ManifestRefused(NAME, N_("không đọc được: %s") % error) from error
    unknown = sorted(set(raw) - set(Manifest.__dataclass_fields__))
    if unknown:
        raise ManifestRefused(NAME, N_("không có mục “%s”") % unknown[0])
    return Manifest(
        code=_text(raw, "code"),
        name=_text(raw, "name"),
        number=str(raw.get("number", "")),
        effective_from=_date(raw, "effective_from"),
        effective_until=_date(raw, "effective_until"),
        legal_basis=[_basis(item) for item in raw.get("legal_basis", [])],
        values=_plain(raw.get("values", {})),
        removed=tuple(check_path(str(path)) for path in raw.get("removed", [])),
    )


def _text(raw: Mapping[str, Any], key: str) -> str:
    value = raw.get(key)
    if not isinstance(value, str) or not value.strip():
        raise ManifestRefused(NAME, N_("thiếu mục “%s”") % key)
    return value.strip()


def _date(raw: Mapping[str, Any], key: str) -> date | None:
    value = raw.get(key)
    if value is None or type(value) is date:
        return value
    raise ManifestRefused(NAME, N_("mục “%s” phải là ngày, ví dụ 2017-10-01") % key)


def _basis(item: object) -> dict[str, Any]:
    if not isinstance(item, dict) or not str(item.get("citation", "")).strip():
        raise ManifestRefused(NAME, N_("mỗi căn cứ trong legal_basis phải có “citation”"))
    return {
        "citation": str(item["citation"]).strip(),
        "note": str(item.get("note", "")),
        "unverified": bool(item.get("unverified", False)),
    }


def _plain(value: Any) -> Any:
    """TOML dates become ISO text: the values are stored as JSON."""
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_plain(item) for item in value]
    return value if isinstance(value, str | int | float | bool) else value.isoformat()
