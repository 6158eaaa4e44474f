#!/usr/bin/env python3
"""Kiểm tra bảng công bố của một hòm phiếu kín xuất từ phần mềm Thi đua. Cần Python 3.8 trở lên và PyNaCl.

    pip install pynacl
    python3 kiem-tra-hom-phieu.py bang-phieu.json
    python3 kiem-tra-hom-phieu.py bang-phieu.json --receipt MÃ-BIÊN-NHẬN      phiếu của tôi có trong hòm không
    python3 kiem-tra-hom-phieu.py bang-phieu.json --box-code MÃ-HÒM-PHIẾU     có đúng hòm ghi trong biên bản không

Kết thúc với mã 0 khi mọi điều kiểm tra đều đúng, 1 khi có chỗ sai (mỗi chỗ một dòng), 2 khi không đọc được.
Tệp này không dùng mã nào khác của phần mềm: ai cũng có thể đọc và tự viết lại.

Cách tính: mã gốc = SHA-256 của JSON gọn {"context": mã của phần bối cảnh, "receipts": các mã biên nhận xếp theo
thứ tự, "counts": số phiếu của từng hồ sơ}. Mã hòm phiếu là mã gốc viết thành 16 ký tự dễ đọc, mỗi nhóm thêm
một ký tự kiểm tra. Kết quả được ký bằng khóa chỉ có khi hai người kiểm phiếu mở hòm.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import sys
from pathlib import Path
from typing import Any, Dict, List  # noqa: UP035  (also for a reader's older Python)

from nacl.encoding import HexEncoder
from nacl.exceptions import CryptoError
from nacl.signing import VerifyKey

FORMAT = "thidua-ballot-box/1"
CHOICES = ("agree", "disagree", "abstain", "blank")
ALPHABET = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"
GROUPS, GROUP = 4, 4

Board = Dict[str, Any]  # noqa: UP006  (also for a reader's older Python)
Problems = List[str]  # noqa: UP006


def canonical(value: object) -> bytes:
    """Return the one way in which a value is written before it is hashed or signed."""
    text = json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return text.encode("utf-8")


def digest(value: object) -> str:
    """Return the SHA-256 of a value, in hex."""
    return hashlib.sha256(canonical(value)).hexdigest()


def root_of(context: Board, receipts: list[str], counts: dict[str, int]) -> str:
    """Return the root of a closed box, in hex."""
    return digest({"context": digest(context), "receipts": sorted(receipts), "counts": counts})


def statement(root: str, result: Board) -> bytes:
    """Return what is signed when the box is opened."""
    return canonical({"root": root, "result": result})


def check_sign(group: str, place: int) -> str:
    """Return the sign that ends a group: it tells one wrong sign, or two that changed places."""
    total = sum((index + 2) * ALPHABET.index(sign) for index, sign in enumerate(group))
    return ALPHABET[(total + place) % len(ALPHABET)]


def with_checks(signs: str) -> str:
    """Return sixteen signs as four groups of five that can be read aloud."""
    groups = [signs[start : start + GROUP] for start in range(0, GROUPS * GROUP, GROUP)]
    return "-".join(group + check_sign(group, place) for place, group in enumerate(groups, 1))


def spoken(hexadecimal: str) -> str:
    """Return a hash as a code that can be read aloud and compared by eye (79 bits of it)."""
    number, signs = int(hexadecimal, 16) % len(ALPHABET) ** (GROUPS * GROUP), ""
    for _ in range(GROUPS * GROUP):
        number, rest = divmod(number, len(ALPHABET))
        signs += ALPHABET[rest]
    return with_checks(signs)


def tidy(code: str) -> str:
    """Return a code as it was meant: capitals, without blanks, dashes or dots."""
    return "".join(sign for sign in code.upper() if sign.isalnum())


def check_box(board: Board) -> Problems:
    """Return what is wrong with roll, receipts and root of a closed box."""
    context, receipts, counts = board["context"], board["receipts"], board["counts"]
    problems = []
    if board.get("format") != FORMAT or context.get("format") != FORMAT:
        problems.append("định dạng của bảng không đúng")
    if receipts != sorted(set(receipts)):
        problems.append("danh sách mã biên nhận không xếp thứ tự hoặc có mã trùng")
    if not len(receipts) == board["returned"] <= board["issued"] == len(context["members"]):
        problems.append("số phiếu phát ra, thu về và số mã biên nhận không khớp nhau")
    if board["issued"] != board["returned"] + board["not_returned"]:
        problems.append("số phiếu phát ra khác số thu về cộng số không thu về")
    for line in context["lines"]:
        least = len(receipts) - len(line["recused"])
        if not max(0, least) <= counts.get(line["id"], -1) <= len(receipts):
            problems.append(f"{line['name']}: số phiếu không khớp với số mã biên nhận")
    if set(counts) != {line["id"] for line in context["lines"]}:
        problems.append("các hồ sơ có phiếu không khớp với bối cảnh")
    if board["root"] != root_of(context, receipts, counts):
        problems.append("mã gốc không khớp: bảng đã bị sửa sau khi đóng hòm")
    if board["box_code"] != spoken(board["root"]):
        problems.append("mã hòm phiếu không khớp với mã gốc")
    return problems


def check_result(board: Board) -> Problems:
    """Return what is wrong with the ballots that came out of an opened box."""
    result, problems = board["result"], []
    try:
        key = VerifyKey(board["context"]["verify_key"], encoder=HexEncoder)
        key.verify(statement(board["root"], result), bytes.fromhex(board["signature"]))
    except (CryptoError, ValueError, TypeError, KeyError):
        problems.append("chữ ký của kết quả không đúng: kết quả không do hai người kiểm phiếu mở ra")
    if [line["id"] for line in result["lines"]] != [line["id"] for line in board["context"]["lines"]]:
        problems.append("các hồ sơ trong kết quả không khớp với bối cảnh")
        return problems
    for line, known in zip(result["lines"], board["context"]["lines"]):  # noqa: B905
        ballots = line["ballots"]
        if len(ballots) != board["counts"].get(line["id"]) or any(each not in CHOICES for each in ballots):
            problems.append(f"{known['name']}: số lá phiếu mở ra không khớp với số đã đóng")
        totals = {choice: ballots.count(choice) for choice in CHOICES}
        if board["totals"].get(line["id"]) != totals:
            problems.append(f"{known['name']}: tổng công bố không bằng tổng đếm lại")
    return problems


def check_board(board: Board) -> Problems:
    """Return what is wrong with a published board, one sentence each; empty when everything agrees.

    Raises KeyError, TypeError, ValueError or AttributeError for what is no board.
    """
    problems = check_box(board)
    if board["state"] == "opened":
        problems += check_result(board)
    return problems


def holds_receipt(board: Board, code: str) -> bool:
    """Return whether a receipt, as its code or in hex, is on the board."""
    wanted = tidy(code)
    return any(wanted in (tidy(spoken(each)), each.upper()) for each in board["receipts"])


def _say(board: Board) -> None:
    context = board["context"]
    print(f"{context['title']}, lượt {context['round']}. Mã hòm phiếu: {board['box_code']}")
    words = "Phát ra {issued}, thu về {returned}, không thu về {not_returned}."
    print(words.format(**board))
    for line in context["lines"] if board["state"] == "opened" else ():
        totals = board["totals"][line["id"]]
        print(
            f"  {line['name']} – {line['award']}: {totals['agree']} đồng ý, {totals['disagree']} không đồng ý, "
            f"{totals['abstain']} không có ý kiến, {totals['blank']} không hợp lệ"
        )


def main(arguments: list[str] | None = None) -> int:
    """Check one board; return the exit code."""
    parser = argparse.ArgumentParser(description="Kiểm tra bảng công bố của một hòm phiếu kín")
    parser.add_argument("board", metavar="BẢNG.json", type=Path)
    parser.add_argument("--receipt", metavar="MÃ", help="mã biên nhận của tôi")
    parser.add_argument("--box-code", metavar="MÃ", help="mã hòm phiếu ghi trong biên bản")
    given = parser.parse_args(arguments)
    try:
        board = json.loads(given.board.read_text(encoding="utf-8"))
        problems = check_board(board)
        _say(board)
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        print(f"Không đọc được bảng: {type(error).__name__} {error}")
        return 2
    if given.receipt and not holds_receipt(board, given.receipt):
        problems.append("mã biên nhận này không có trong hòm")
    if given.box_code and tidy(given.box_code) != tidy(board["box_code"]):
        problems.append("mã hòm phiếu khác mã trong biên bản")
    for problem in problems:
        print(f"SAI: {problem}")
    if not problems:
        print("Đúng: mọi điều kiểm tra đều khớp.")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
