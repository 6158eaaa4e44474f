#!/usr/bin/env python3
"""Kiểm tra gói nhật ký xuất từ phần mềm Thi đua. Chỉ cần Python 3.8 trở lên, không cần cài thêm gì.

    python3 kiem-tra.py                    các tệp đã giải nén, cùng thư mục với tệp này
    python3 kiem-tra.py GÓI.zip            gói chưa giải nén
    python3 kiem-tra.py … --root MÃ        so thêm với mã gốc đã ghi ở nơi khác (biên bản, giấy)

Kết thúc với mã 0 khi nguyên vẹn, 1 khi có chỗ bị sửa, thiếu, thêm hoặc đảo (mỗi chỗ một dòng), 2 khi không
đọc được gói. Tệp này không dùng mã nào của phần mềm đã xuất gói: ai cũng có thể đọc và tự viết lại.

Cách tính: mã của một dòng = SHA-256 của (mã dòng trước + nội dung dòng viết thành JSON gọn, khóa xếp theo chữ
cái); dòng đầu của mỗi chuỗi nối với 64 số 0. Mã gốc = SHA-256 của danh sách “chuỗi số-dòng-cuối mã-cuối”.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import sys
import zipfile
from pathlib import Path
from typing import Any, Dict, Tuple  # noqa: UP035  (also for a reader's older Python)

FORMAT = "thidua-history/1"
ROWS, MANIFEST = "lich-su.jsonl", "chuoi.json"
FIRST = "0" * 64
SAID = ("organisation", "chain", "seq", "at", "actor", "actor_name", "event", "element", "data")

Heads = Dict[str, Tuple[int, str]]  # noqa: UP006  (also for a reader's older Python)
"""Chain → number and hash of its last row."""


def digest_of(row: dict[str, Any]) -> str:
    """Return the hash that a row must carry."""
    said = {name: row[name] for name in SAID}
    text = json.dumps(said, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256((row["prev"] + text).encode("utf-8")).hexdigest()


def root_of(heads: Heads) -> str:
    """Return the one hash over the last rows of all chains."""
    lines = [f"{chain} {seq} {digest}" for chain, (seq, digest) in sorted(heads.items())]
    return hashlib.sha256("\n".join(lines).encode("utf-8")).hexdigest()


def check_rows(lines: list[str]) -> tuple[list[str], Heads]:
    """Return what is wrong with the rows, one sentence each, and the last row of every chain."""
    problems: list[str] = []
    heads: Heads = {}
    for number, line in enumerate(lines, 1):
        try:
            row = json.loads(line)
            chain, seq, own, digest = row["chain"], int(row["seq"]), row["hash"], digest_of(row)
        except (ValueError, KeyError, TypeError):
            problems.append(f"{ROWS}, dòng thứ {number} của tệp: không đọc được")
            continue
        before, prev = heads.get(chain, (0, FIRST))
        if seq <= before:
            problems.append(f"{chain}: dòng {seq} đứng sai chỗ hoặc bị lặp, sau dòng {before}")
        elif seq > before + 1:
            problems.append(f"{chain}: thiếu {_span(before + 1, seq - 1)} trước dòng {seq}")
        if row["prev"] != prev:
            problems.append(f"{chain}: dòng {seq} không nối với dòng đứng trước")
        if own != digest:
            problems.append(f"{chain}: dòng {seq} đã bị sửa")
        heads[chain] = (seq, own)
    return problems, heads


def _span(first: int, last: int) -> str:
    return f"dòng {first}" if first == last else f"dòng {first}–{last}"


def check_ends(heads: Heads, expected: Heads) -> list[str]:
    """Return where the rows end elsewhere than the list of chains says."""
    problems = []
    for chain in sorted(set(heads) | set(expected)):
        if chain not in heads:
            problems.append(f"{chain}: mất cả chuỗi, phải có {expected[chain][0]} dòng")
        elif chain not in expected:
            problems.append(f"{chain}: chuỗi không có trong danh sách của gói")
        elif heads[chain][0] < expected[chain][0]:
            problems.append(f"{chain}: mất phần cuối, {_span(heads[chain][0] + 1, expected[chain][0])}")
        elif heads[chain] != expected[chain]:
            problems.append(f"{chain}: dòng cuối khác với danh sách của gói")
    return problems


def problems_of(lines: list[str], manifest: dict[str, Any], root: str | None) -> tuple[list[str], Heads]:
    """Return everything that is wrong with a package, and the last row of every chain."""
    problems, heads = check_rows(lines)
    expected: Heads = {chain: (int(seq), digest) for chain, (seq, digest) in manifest["heads"].items()}
    problems += check_ends(heads, expected)
    if root_of(expected) != manifest["root"]:
        problems.append(f"{MANIFEST}: danh sách chuỗi không khớp mã gốc trong gói")
    if root and root.strip().lower() != root_of(heads):
        problems.append("mã gốc tính được khác với mã gốc đã ghi ở nơi khác")
    return problems, heads


def read(path: Path) -> tuple[list[str], dict[str, Any]]:
    """Return the lines of rows and the list of chains, of a folder or of a ZIP file."""
    if path.is_dir():
        rows, manifest = (path / ROWS).read_bytes(), (path / MANIFEST).read_bytes()
    else:
        with zipfile.ZipFile(str(path)) as package:
            rows, manifest = package.read(ROWS), package.read(MANIFEST)
    found = json.loads(manifest.decode("utf-8"))
    if found["format"] != FORMAT:
        raise ValueError(found["format"])
    return [line for line in rows.decode("utf-8").split("\n") if line], found


def main() -> int:
    """Print the verdict; returns the exit status."""
    if hasattr(sys.stdout, "reconfigure"):
        sys.stdout.reconfigure(encoding="utf-8")
    options = argparse.ArgumentParser(description="Kiểm tra gói nhật ký của phần mềm Thi đua.")
    options.add_argument("path", nargs="?", type=Path, default=Path(__file__).resolve().parent)
    options.add_argument("--root", help="mã gốc đã ghi ở nơi khác")
    given = options.parse_args()
    try:
        lines, manifest = read(given.path)
        problems, heads = problems_of(lines, manifest, given.root)
    except (OSError, ValueError, KeyError, TypeError, AttributeError, zipfile.BadZipFile) as error:
        print(f"Không đọc được gói: {error}")
        return 2
    for problem in problems:
        print(problem)
    if problems:
        print(f"KHÔNG NGUYÊN VẸN: {len(problems)} chỗ.")
        return 1
    print(f"Nguyên vẹn: {len(heads)} chuỗi, {len(lines)} dòng. Mã gốc: {root_of(heads)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
