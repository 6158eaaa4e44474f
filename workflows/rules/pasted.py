"""A list of nominees copied from a spreadsheet: tab separated, with or without its heading line."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Sequence
from dataclasses import dataclass

from workflows.rules import N_
from workflows.rules.names import fold, nfc

COLUMNS: dict[str, tuple[str, ...]] = {
    "individual": (
        "subject_name",
        "gender",
        "born_year",
        "position",
        "address",
        "months_in_service",
        "direct_worker",
        "hardship_area",
        "merit_summary",
    ),
    "collective": ("subject_name", "total_members", "lttt_members", "merit_summary", "hardship_area"),
    "household": (
        "subject_name",
        "gender",
        "born_year",
        "address",
        "gdvh_years",
        "direct_worker",
        "hardship_area",
        "merit_summary",
    ),
}
"""What a list asks for of each kind of subject, in the order in which it is read without headings."""

FLAGS = ("direct_worker", "hardship_area")
HEADINGS: dict[str, tuple[str, ...]] = {
    "": ("stt", "tt", "so tt", "so thu tu"),
    "subject_name": ("ho va ten", "ho ten", "ten", "ho va ten chu ho", "chu ho", "ten tap the", "tap the"),
    "gender": ("gioi tinh", "gioi", "nam/nu"),
    "born_year": ("nam sinh", "ngay sinh", "sinh nam", "ngay thang nam sinh"),
    "position": ("chuc vu", "chuc vu, cong viec", "cong viec", "chuc danh", "nghe nghiep"),
    "address": ("dia chi", "xom", "noi o", "dia chi (xom)"),
    "months_in_service": ("so thang cong tac", "thang cong tac", "so thang"),
    "direct_worker": ("truc tiep lao dong", "nguoi truc tiep lao dong", "lao dong truc tiep", "truc tiep"),
    "hardship_area": ("vung dac biet kho khan", "vung kho khan", "dac biet kho khan"),
    "merit_summary": ("tom tat thanh tich", "thanh tich", "noi dung thanh tich"),
    "total_members": ("tong so", "tong so nguoi", "tong so ca nhan"),
    "lttt_members": ("so ldtt", "so lao dong tien tien", "lao dong tien tien", "ldtt"),
    "gdvh_years": ("so nam gdvh", "so nam gia dinh van hoa", "so nam"),
}
YES = {"x", "co", "1", "v", "true", "yes"}
NO = {"", "0", "khong", "k", "false", "no", "-"}
LONGEST = 500


@dataclass(frozen=True)
class Pasted:
    """The rows as text by field name, and remarks on what could not be used."""

    rows: list[dict[str, str]]
    remarks: list[str]


def read_pasted(text: str, subject_kind: str) -> Pasted:
    """The rows of a pasted list, "x" in a yes/no column as "true"; a birth date is read as its year.

    Lines without any text are skipped; columns that are not asked for are named in the remarks, and so are
    lines beyond the limit, so that nothing disappears silently.
    """
    lines = [line for line in csv.reader(io.StringIO(text), delimiter="\t") if any(map(str.strip, line))]
    columns = COLUMNS[subject_kind]
    names, remarks = _headings(lines[0], columns) if lines else (None, [])
    if names is None:
        names = _without_headings(lines, columns)
    else:
        lines = lines[1:]
    if len(lines) > LONGEST:
        remarks.append(
            N_("Chỉ đọc %(most)d dòng đầu; còn %(rest)d dòng chưa đọc.")
            % {"most": LONGEST, "rest": len(lines) - LONGEST}
        )
    rows = []
    for number, line in enumerate(lines[:LONGEST], start=1):
        row, problems = _row(line, names)
        rows.append(row)
        remarks += [N_("Dòng %(number)d: %(problem)s") % {"number": number, "problem": p} for p in problems]
    return Pasted(rows, remarks)


def _headings(line: Sequence[str], columns: Sequence[str]) -> tuple[list[str] | None, list[str]]:
    """Which field each column is; None when the first line already is a person."""
    known = {word: name for name, words in HEADINGS.items() for word in words}
    names = [known.get(fold(cell)) for cell in line]
    if "subject_name" not in names:
        return None, []
    unused = [
        nfc(cell)
        for cell, name in zip(line, names, strict=True)
        if cell.strip() and name != "" and name not in columns
    ]
    remarks = [N_("Không dùng các cột: %(names)s.") % {"names": ", ".join(unused)}] if unused else []
    return [name if name in columns else "" for name in names], remarks  # type: ignore[misc]


def _without_headings(lines: Sequence[Sequence[str]], columns: Sequence[str]) -> list[str]:
    """The order of the page's own columns, after a running number when there is one."""
    numbered = bool(lines) and all(line[0].strip().rstrip(".").isdigit() for line in lines)
    return ["", *columns] if numbered else list(columns)


def _row(line: Sequence[str], names: Sequence[str]) -> tuple[dict[str, str], list[str]]:
    row: dict[str, str] = {}
    problems = []
    for name, cell in zip(names, line, strict=False):
        text = cell.strip()
        if name in FLAGS:
            word = fold(text)
            if word not in YES | NO:
                problems.append(N_("không hiểu “%(text)s” ở cột có/không.") % {"text": text})
            row[name] = "true" if word in YES else ""
        elif name == "born_year":
            row[name] = _year(text)
        elif name:
            row[name] = text
    if len(line) > len(names) and any(cell.strip() for cell in line[len(names) :]):
        problems.append(N_("có nhiều ô hơn số cột; các ô thừa không được đọc."))
    return row, problems


def _year(text: str) -> str:
    """The year of "12/05/1980"; the text itself when it is no date."""
    found = re.fullmatch(r"\d{1,2}[/.-]\d{1,2}[/.-](\d{4})", text)
    return found.group(1) if found else text
