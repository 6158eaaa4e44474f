"""The tables of the papers: nominees grouped by award and kind of subject, members, results of a vote."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import groupby
from typing import Any

from workflows.papers.fields import LIST_COLUMNS, award_groups, box_sum
from workflows.papers.vietnamese import SUBJECT_KINDS, money_text, percent_text, roman

Data = Mapping[str, Any]
Model = dict[str, Any]
Columns = list[tuple[str, str]]

NAME_HEADINGS = {"individual": "Họ và tên", "collective": "Tên tập thể", "household": "Họ và tên chủ hộ"}
PLACE_HEADINGS = {"individual": "Chức vụ, đơn vị", "collective": "Đơn vị", "household": "Địa chỉ (xóm)"}
OF_PEOPLE = ("gender", "born_year")
OUTCOMES = {
    "passed": "Đạt",
    "failed": "Không đạt",
    "tie": "Ngang phiếu",
    "returned": "Trả lại để bổ sung",
    "refused": "Không đề nghị",
    "ended": "Không xét",
}
ATTENDANCE = {
    "present": "Có mặt",
    "remote": "Dự trực tuyến",
    "absent": "Vắng mặt",
    "written": "Ý kiến bằng văn bản",
}
NOMINEE = "Cá nhân, tập thể, hộ gia đình"
LETTERS_NOTE = (
    "(**) Ý kiến bằng văn bản của thành viên vắng mặt: đồng ý / không đồng ý; tính chung vào tỷ lệ."
)
OTHER_NOTE = "(*) Phiếu không hợp lệ, không chọn đồng ý hoặc không đồng ý, hoặc chưa biểu quyết."


def paragraph(text: str) -> Model:
    """Return a paragraph that stands between tables."""
    return {"paragraph": text}


def list_parts(columns: list[str], data: Data) -> list[Model]:
    """Return the annex: one part a group, with its headings and its table.

    Several awards are numbered I, II, …, their kinds of subject 1, 2, …; a single award needs no
    heading, and its kinds take the Roman numbers.
    """
    awards = award_groups(data["groups"])
    parts = []
    for number, (act, award, groups) in enumerate(awards, start=1):
        for position, group in enumerate(groups, start=1):
            kind = SUBJECT_KINDS[group["subject_kind"]].capitalize()
            headings = [f"{roman(position)}. {kind}"] if len(groups) > 1 else []
            if len(awards) > 1:
                above = [f"{roman(number)}. {act} {award}"] if position == 1 else []
                headings = above + ([f"{position}. {kind}"] if len(groups) > 1 else [])
            parts.append({"headings": headings, "table": _list_table(columns, group)})
    return parts


def member_table(data: Data) -> Model:
    """Return the council's members in order of their seats with their attendance."""
    columns = [
        ("tt", "TT"),
        ("name", "Họ và tên"),
        ("position", "Chức vụ"),
        ("seat", "Chức danh trong Hội đồng"),
        ("presence", "Tham dự"),
    ]
    rows = []
    for member in data["members"]:
        reason = f" ({member['reason']})" if member.get("reason") else ""
        rows.append([member["name"], member["title"], member["seat"], ATTENDANCE[member["state"]] + reason])
    return _table(columns, rows)


def review_tables(data: Data) -> list[Model]:
    """Return the votes of a unit's meeting, one table an award; silence is counted, not hidden."""
    columns = [
        ("tt", "TT"),
        ("nominee", NOMINEE),
        ("figure", "Đồng ý"),
        ("figure", "Không đồng ý"),
        ("figure", "Không biểu quyết"),
        ("share", "Tỷ lệ đồng ý"),
        *([("rank", "Xếp thứ")] if data["ranked"] else []),
        ("outcome", "Kết quả"),
    ]

    def row(line: Data) -> list[str]:
        voters = data["present"] - (line.get("recused") or 0)
        agree, disagree = line["agree"], line["disagree"]
        rank = [str(line.get("rank") or "")] if data["ranked"] else []
        figures = [str(agree), str(disagree), str(voters - agree - disagree), percent_text(agree, voters)]
        return [_nominee(line), *figures, *rank, _outcome(line)]

    return list(_by_award(columns, data["lines"], row))


def session_tables(data: Data) -> list[Model]:
    """Return the votes of a session, one table an award, then who had not voted when it was closed."""
    if data.get("box"):
        return _box_tables(data)
    columns = [
        ("tt", "TT"),
        ("nominee", NOMINEE),
        ("figure", "Được biểu quyết"),
        ("figure", "Đồng ý"),
        ("figure", "Không đồng ý"),
        ("figure", "Khác (*)"),
        ("share", "Tỷ lệ đồng ý"),
        ("outcome", "Kết quả"),
    ]

    def row(line: Data) -> list[str]:
        entitled, agree, disagree, whole = (
            line[key] for key in ("entitled", "agree", "disagree", "denominator")
        )
        figures = [str(entitled), str(agree), str(disagree), str(entitled - agree - disagree)]
        share = f"{agree}/{whole}\n({percent_text(agree, whole)})"
        return [_nominee(line), *figures, share, _outcome(line)]

    parts = [*_by_award(columns, data["lines"], row), {"note": OTHER_NOTE}]
    return [*parts, paragraph(_silence(data))] if data["silent"] else parts


def _box_tables(data: Data) -> list[Model]:
    """Return what came out of a sealed box, letters apart, both counted together against what is needed."""
    abstains = any(line["abstain"] for line in data["lines"])
    letters = data["box"]["letters"]
    columns = [
        ("tt", "TT"),
        ("nominee", NOMINEE),
        ("figure", "Phiếu trong hòm"),
        ("figure", "Đồng ý"),
        ("figure", "Không đồng ý"),
        *([("figure", "Không có ý kiến")] if abstains else []),
        ("figure", "Không hợp lệ"),
        *([("figure", "Ý kiến văn bản (**)")] if letters else []),
        ("share", "Tỷ lệ đồng ý"),
        ("outcome", "Kết quả"),
    ]

    def row(line: Data) -> list[str]:
        agree, whole = line["agree"] + line.get("written_agree", 0), line["denominator"]
        figures = [line["ballots"], line["agree"], line["disagree"]]
        figures += [line["abstain"]] if abstains else []
        figures.append(line["invalid"])
        written = [f"{line['written_agree']} / {line['written_disagree']}"] if letters else []
        share = f"{agree}/{whole}\n({percent_text(agree, whole)})"
        return [_nominee(line), *map(str, figures), *written, share, _outcome(line)]

    parts = [*_by_award(columns, data["lines"], row)]
    return [*parts, {"note": LETTERS_NOTE}] if letters else parts


def box_paragraph(data: Data) -> str:
    """Return the count of a sealed box in one sentence, with its code."""
    box = data["box"]
    return (
        f"Số phiếu phát ra: {box['issued']}; thu về: {box['returned']}; không thu về: {box['not_returned']}; "
        f"ý kiến bằng văn bản: {box['letters']} ({box_sum(data)}). Mã hòm phiếu: {box['code']}."
    )


def teller_lines(data: Data) -> list[str]:
    """Return the three tellers, one a line, the head first."""
    first, *others = data["box"]["tellers"]
    return [f"Trưởng ban: {first}", *(f"Ủy viên: {name}" for name in others)]


def _by_award(columns: Columns, lines: Iterable[Data], row: Any) -> Iterator[Model]:
    for award, found in groupby(lines, key=lambda line: line["award_name"]):
        yield {"heading": award[:1].upper() + award[1:]}
        yield _table(columns, [row(line) for line in found])


def _table(columns: Columns, rows: list[list[str]]) -> Model:
    return {
        "columns": [{"key": key, "heading": heading} for key, heading in columns],
        "rows": [[str(number), *row] for number, row in enumerate(rows, start=1)],
    }


def _list_table(columns: list[str], group: Data) -> Model:
    kind = group["subject_kind"]
    used = [column for column in columns if kind != "collective" or column not in OF_PEOPLE]
    headings = {**LIST_COLUMNS, "position": PLACE_HEADINGS[kind]}
    head = [("tt", "TT"), ("name", NAME_HEADINGS[kind]), *((column, headings[column]) for column in used)]
    rows = [[line["name"], *(_cell(column, line, group) for column in used)] for line in group["lines"]]
    return _table(head, rows)


def _cell(column: str, line: Data, group: Data) -> str:
    if column == "award":
        return str(group["award_name"])
    if column == "votes":
        agree = line.get("votes_agree")
        return "" if agree is None else f"{agree}/{line['votes_total']}"
    value = line.get(column)
    if value is None:
        return ""
    return money_text(value) if column == "prize" else str(value)


def _nominee(line: Data) -> str:
    return f"{line['name']}\n{line['position']}" if line["position"] else str(line["name"])


def _outcome(line: Data) -> str:
    reason = line.get("casting_reason") or line.get("reason")
    return OUTCOMES[line["outcome"]] + (f": {reason}" if reason else "")


def _silence(data: Data) -> str:
    closed = f"do {data['closed_by']} kết thúc" if data.get("closed_by") else "được kết thúc"
    note = f" {data['silent_note'].rstrip('.')}." if data.get("silent_note") else ""
    return f"Việc biểu quyết {closed} khi còn thành viên chưa biểu quyết: {'; '.join(data['silent'])}.{note}"
