"""The sums of a sealed box: one that does not add up stops the paper (domain.md §3.4, AC-12)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

Data = Mapping[str, Any]
TELLERS = 3


def box_faults(data: Data) -> Iterator[tuple[str, str]]:
    """What contradicts itself, as (subject, reason):

    issued = returned + not returned; receipts = returned; members = issued + letters + absent + without a ballot;
    three tellers; and of each line: agree + disagree + no opinion + invalid = ballots of the line, which lie
    between returned less the recused and returned; letters of the line <= letters; cast = ballots + letters.
    """
    box, members = data["box"], data["members"]
    if box["issued"] != box["returned"] + box["not_returned"]:
        yield (
            "hòm phiếu",
            f"phát ra {box['issued']}, thu về {box['returned']} + không thu về {box['not_returned']}",
        )
    if box["receipts"] != box["returned"]:
        yield "hòm phiếu", f"{box['receipts']} mã biên nhận nhưng thu về {box['returned']} phiếu"
    absent = sum(member["state"] == "absent" for member in members)
    total = box["issued"] + box["letters"] + absent + box["without_ballot"]
    if total != len(members):
        yield "hòm phiếu", f"phiếu, ý kiến văn bản và người vắng cộng được {total}/{len(members)} thành viên"
    if len(box["tellers"]) != TELLERS:
        yield "ban kiểm phiếu", f"có {len(box['tellers'])} người, cần {TELLERS}"
    for line in data["lines"]:
        if fault := _line_fault(line, box):
            yield line["name"], fault


def _line_fault(line: Data, box: Data) -> str | None:
    ballots = line.get("ballots", 0)
    written = line.get("written_agree", 0) + line.get("written_disagree", 0)
    counted = line["agree"] + line["disagree"] + line["abstain"] + line["invalid"]
    if counted != ballots:
        return f"cộng các loại phiếu được {counted}, trong hòm có {ballots} phiếu của hồ sơ này"
    if not box["returned"] - line["recused"] <= ballots <= box["returned"]:
        return f"{ballots} phiếu, thu về {box['returned']}, {line['recused']} người không biểu quyết"
    if written > box["letters"]:
        return f"{written} ý kiến văn bản nhưng chỉ {box['letters']} thành viên gửi"
    if line["cast"] != ballots + written:
        return f"tổng cộng {line['cast']}, trong hòm {ballots} + văn bản {written}"
    return None
