"""Where the installation keeps its files and fonts; set once by whoever starts the process.

workflows may not import webapp, so the edge (web, worker, command line, tests) hands the folders down.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from engine.errors import N_, ThiduaError


class NotConfigured(ThiduaError):
    """`configure` was not called before files or papers were used."""

    template = N_("Chương trình chưa được cấu hình thư mục lưu tệp. Xin báo người quản trị.")


@dataclass(frozen=True)
class Settings:
    """Folders and limits of this installation. `fonts` None means the fonts that came with the program."""

    files: Path
    fonts: Path | None = None
    max_file_bytes: int = 20 * 2**20
    inspection_seconds: int = 25


_current: Settings | None = None


def configure(settings: Settings) -> None:
    """Make `settings` those of this process; the last call wins."""
    global _current  # noqa: PLW0603 - one installation a process, set before anything reads it
    _current = settings


def current() -> Settings:
    """Return the settings of this process.

    :raises NotConfigured: nobody called `configure`.
    """
    if _current is None:
        raise NotConfigured
    return _current


def font_folder() -> Path:
    """Return the folder of the Tinos faces: the configured one, or the one beside this package.

    The build writes them to `webapp/fonts`; checkout and installed wheel have the same shape, so the
    place is found by path, without importing webapp.
    """
    if _current is not None and _current.fonts is not None:
        return _current.fonts
    return Path(__file__).parent.parent / "webapp" / "fonts"
