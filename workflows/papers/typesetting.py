"""Typst behind one function: our layouts and the Tinos faces, nothing from the system or the net."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any, Literal, cast

import typst

from workflows.papers.errors import PaperFailed
from workflows.papers.fields import KIND_NAMES
from workflows.settings import font_folder

LAYOUTS = Path(__file__).parent
# archival (A-2a) and accessible (UA-1): both together need the tags that Typst writes
STANDARDS: tuple[Literal["a-2a", "ua-1"], ...] = ("a-2a", "ua-1")
MISSING_GLYPH = re.compile(r'the text `"(.+)"` could not be displayed', re.DOTALL)


def typeset(kind: str, model: Mapping[str, Any], timestamp: int) -> bytes:
    """Return the PDF (PDF/A-2a, PDF/UA-1) of a model; the same model and timestamp give the same bytes.

    :raises PaperFailed: a letter is in none of the faces, or the layout could not be set.
    """
    compiler = typst.Compiler(
        str(LAYOUTS / f"{kind}.typ"),
        root=str(LAYOUTS),
        font_paths=_fonts(str(font_folder())),
        sys_inputs={"model": json.dumps(model, ensure_ascii=False, sort_keys=True)},
    )
    try:
        made = compiler.compile(timestamp=timestamp, pdf_standards=[*STANDARDS])
    except typst.TypstError as error:
        raise PaperFailed(KIND_NAMES[kind], _reason(error)) from error
    return bytes(cast(bytes, made))


@cache
def _fonts(folder: str) -> Any:
    fonts = typst.Fonts(include_system_fonts=False, include_embedded_fonts=False, font_paths=[folder])
    if not any(font.family == "Tinos" for font in fonts.fonts()):
        raise PaperFailed("văn bản", f"không tìm thấy phông chữ Tinos trong {folder}")
    return fonts


def _reason(error: Exception) -> str:
    missing = MISSING_GLYPH.search(str(error))
    if missing is None:
        return f"lỗi dàn trang ({str(error).splitlines()[0]})"
    letter = missing.group(1)
    codes = ", ".join(f"U+{ord(sign):04X}" for sign in letter)
    return f"phông chữ không có ký tự “{letter}” ({codes}); xin xóa hoặc thay ký tự này trong dữ liệu"
