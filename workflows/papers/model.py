"""From wording and data to what the typesetter lays out: finished texts, finished tables, no decisions left."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import groupby
from typing import Any

from workflows.papers.fields import KIND_NAMES, LIST_COLUMNS, award_groups, values_of
from workflows.papers.vietnamese import money_text, padded, percent_text
from workflows.papers.wording import Run, fill, plain

Data = Mapping[str, Any]
Model = dict[str, Any]

NAME_HEADINGS = {
    "individual": "Họ và tên",
    "collective": "Tên tập thể",
    "household": "Họ và tên chủ hộ",
}
PLACE_HEADINGS = {"individual": "Chức vụ, đơn vị", "collective": "Đơn vị", "household": "Địa chỉ (xóm)"}
KIND_HEADINGS = {"individual": "Cá nhân", "collective": "Tập thể", "household": "Hộ gia đình"}
OUTCOMES = {
    "passed": "Đạt",
    "failed": "Không đạt",
    "tie": "Ngang phiếu",
    "returned": "Trả lại để bổ sung",
    "refused": "Không đề nghị",
}
ATTENDANCE = {"present": "Có mặt", "absent": "Vắng mặt", "written": "Ý kiến bằng văn bản"}
ROMAN = ("I", "II", "III", "IV", "V", "VI", "VII", "VIII", "IX", "X", "XI", "XII")
ON_BEHALF = {"chairman": "", "committee": "TM. Ủy ban nhân dân", "council": "TM. Hội đồng"}
PORTRAIT_COLUMNS = 6


class Filler:
    """Fills the texts of one paper's wording."""

    def __init__(self, kind: str, wording: Data, data: Data) -> None:
        self.kind = kind
        self.values = values_of(kind, data)
        typed = (data.get("subject") or "").strip()
        self.subject = [Run(text=typed, bold=False, italic=False)] if typed else self(wording["subject"])
        self.values["subject"] = plain(self.subject)

    def __call__(self, text: str) -> list[Run]:
        return fill(self.kind, text, self.values)

    def each(self, texts: Sequence[str]) -> list[list[Run]]:
        return [self(text) for text in texts]

    def paragraphs(self, text: str) -> list[list[Run]]:
        return [self(part) for part in text.split("\n") if part.strip()]


def model_of(kind: str, wording: Data, data: Data, *, draft: bool) -> Model:
    """Return what `<kind>.typ` reads.

    :raises WordingError, PaperDataError: see `wording.fill`.
    """
    fill_text = Filler(kind, wording, data)
    model = _common(kind, wording, data, fill_text, draft=draft)
    if kind == "decision":
        return model | _decision(wording, data, fill_text)
    if kind == "proposal":
        return model | _proposal(wording, data, fill_text)
    return model | _minutes(kind, wording, data, fill_text)


def _common(kind: str, wording: Data, data: Data, fill_text: Filler, *, draft: bool) -> Model:
    title = fill_text(wording["title"])
    number, issued = data.get("number"), data.get("issued_on")
    return {
        "draft": draft,
        "document_title": f"{plain(title)} – {plain(fill_text.subject)}",
        "author": fill_text.values["issuer"],
        "head": {
            "parent": _lines(data["head"]["parent"]),
            "issuer": _lines(data["head"]["issuer"]),
            "number": None if number in (None, "") else padded(number),
            "symbol": data["symbol"],
            "place": data["head"]["place"],
            "date": fill_text.values["issued_on"] if issued else None,
            "year": str(data["year"]),
        },
        "kind_name": KIND_NAMES[kind],
        "title": title,
        "subject": fill_text.subject,
        "recipients": fill_text.each(wording.get("recipients", [])),
    }


def _decision(wording: Data, data: Data, fill_text: Filler) -> Model:
    return {
        "authority": fill_text(wording["authority"]),
        "grounds": fill_text.each(wording["grounds"]),
        "order": fill_text(wording["order"]),
        "articles": [fill_text.paragraphs(article) for article in wording["articles"]],
        "signature": signature_lines(data["signature"]),
        "list": _list(wording["list"], data, fill_text),
    }


def _proposal(wording: Data, data: Data, fill_text: Filler) -> Model:
    return {
        "to": fill_text.each(wording["to"]),
        "grounds": fill_text.each(wording.get("grounds", [])),
        "opening": fill_text.each(wording.get("opening", [])),
        "sections": _sections(wording, fill_text, {}),
        "closing": fill_text(wording["closing"]),
        "signature": signature_lines(data["signature"]),
        "list": _list(wording["list"], data, fill_text),
    }


def _minutes(kind: str, wording: Data, data: Data, fill_text: Filler) -> Model:
    if kind == "review_minutes":
        inserts = {"results": [_review_table(data)]}
    else:
        inserts = {
            "members": [_member_table(data)],
            "results": _session_tables(data),
            "rules": [_paragraph(f"- {rule['award_name']}: {rule['text']}.") for rule in data["rules"]],
            "recusals": [
                _paragraph(f"- {r['member']} không tham gia biểu quyết đối với {r['name']} ({r['ground']}).")
                for r in data["recusals"]
            ]
            or [_paragraph("Không có.")],
        }
    return {
        "opening": fill_text.each(wording.get("opening", [])),
        "sections": _sections(wording, fill_text, inserts),
        "closing": fill_text(wording["closing"]),
        "signers": [
            {"title": fill_text(wording["secretary_title"]), "name": data["secretary"]},
            {"title": fill_text(wording["chair_title"]), "name": data["chair"]},
        ],
    }


def signature_lines(signature: Data) -> Model:
    """Return the printed lines above the name, by whose power is used.

    A commendation is the chairman's own power, so it carries no "TM."; a proposal is the Committee's
    (domain.md, finding 8; council papers "TM. HỘI ĐỒNG").
    """
    on_behalf = ON_BEHALF[signature["block"]]
    own = ["Chủ tịch"] if signature["mode"] == "CT" else ["KT. Chủ tịch", "Phó Chủ tịch"]
    return {"lines": [*([on_behalf] if on_behalf else []), *own], "name": signature["name"]}


def _sections(wording: Data, fill_text: Filler, inserts: Mapping[str, list[Model]]) -> list[Model]:
    return [
        {
            "heading": fill_text(section["heading"]) if "heading" in section else None,
            "paragraphs": fill_text.each(section["paragraphs"]),
            "insert": inserts.get(section.get("insert", ""), []),
        }
        for section in wording["sections"]
    ]


def _paragraph(text: str) -> Model:
    return {"paragraph": text}


def _table(columns: list[tuple[str, str]], rows: list[list[str]]) -> Model:
    return {"columns": [{"key": key, "heading": heading} for key, heading in columns], "rows": rows}


def _list(wording: Data, data: Data, fill_text: Filler) -> Model:
    columns: list[str] = wording["columns"]
    awards = award_groups(data["groups"])
    parts: list[Model] = []
    for index, (act, award, groups) in enumerate(awards):
        title = f"{act} {award}"
        for position, group in enumerate(groups):
            kind = KIND_HEADINGS[group["subject_kind"]]
            parts.append(
                {
                    "award": f"{ROMAN[index]}. {title}" if position == 0 and len(awards) > 1 else None,
                    "award_above": len(awards) > 1,
                    "kind": f"{position + 1}. {kind}" if len(awards) > 1 else f"{ROMAN[position]}. {kind}",
                    "table": _list_table(columns, group),
                }
            )
    return {
        "title": fill_text(wording["title"]),
        "subject": fill_text(wording["subject"]),
        "attached": fill_text(wording["attached"]),
        "landscape": len(columns) > PORTRAIT_COLUMNS,
        "parts": parts,
        "total": fill_text(wording["total"]) if "total" in wording else None,
    }


def _list_table(columns: list[str], group: Data) -> Model:
    kind = group["subject_kind"]
    used = [c for c in columns if kind != "collective" or c not in ("gender", "born_year")]
    headings = {**LIST_COLUMNS, "position": PLACE_HEADINGS[kind]}
    rows = [
        [str(number), line["name"], *(_cell(column, line, group) for column in used)]
        for number, line in enumerate(group["lines"], start=1)
    ]
    head = [("tt", "TT"), ("name", NAME_HEADINGS[kind]), *((c, headings[c]) for c in used)]
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


def _review_table(data: Data) -> Model:
    columns = [
        ("tt", "TT"),
        ("name", "Cá nhân, tập thể, hộ gia đình"),
        ("award", "Hình thức đề nghị"),
        ("figure", "Đồng ý"),
        ("figure", "Không đồng ý"),
        ("figure", "Không biểu quyết"),
        ("share", "Tỷ lệ đồng ý"),
        *([("rank", "Xếp thứ")] if data["ranked"] else []),
        ("outcome", "Kết quả"),
    ]
    rows = []
    for number, line in enumerate(data["lines"], start=1):
        voters = data["present"] - (line.get("recused") or 0)
        silent = voters - line["agree"] - line["disagree"]
        rank = [str(line["rank"]) if line.get("rank") else ""] if data["ranked"] else []
        rows.append(
            [
                str(number),
                _named(line),
                line["award_name"],
                str(line["agree"]),
                str(line["disagree"]),
                str(silent),
                percent_text(line["agree"], voters),
                *rank,
                _outcome(line),
            ]
        )
    return _table(columns, rows)


def _member_table(data: Data) -> Model:
    columns = [
        ("tt", "TT"),
        ("name", "Họ và tên"),
        ("position", "Chức vụ"),
        ("seat", "Chức danh trong Hội đồng"),
        ("outcome", "Tham dự"),
    ]
    rows = [
        [
            str(number),
            member["name"],
            member["title"],
            member["seat"],
            ATTENDANCE[member["state"]] + (f" ({member['reason']})" if member.get("reason") else ""),
        ]
        for number, member in enumerate(data["members"], start=1)
    ]
    return _table(columns, rows)


def _session_tables(data: Data) -> list[Model]:
    parts: list[Model] = []
    for award, lines in groupby(data["lines"], key=lambda line: line["award_name"]):
        parts.append({"heading": award[:1].upper() + award[1:]})
        parts.append(_session_table(list(lines)))
    parts.append({"note": "(*) Không hợp lệ, không chọn đồng ý hoặc không đồng ý, hoặc chưa biểu quyết."})
    if data["silent"]:
        parts.append(_paragraph(_silence(data)))
    return parts


def _session_table(lines: list[Data]) -> Model:
    columns = [
        ("tt", "TT"),
        ("name", "Cá nhân, tập thể, hộ gia đình"),
        ("figure", "Được biểu quyết"),
        ("figure", "Đồng ý"),
        ("figure", "Không đồng ý"),
        ("figure", "Khác(*)"),
        ("share", "Tỷ lệ đồng ý"),
        ("outcome", "Kết quả"),
    ]
    rows = [
        [
            str(number),
            _named(line),
            str(line["entitled"]),
            str(line["agree"]),
            str(line["disagree"]),
            str(line["entitled"] - line["agree"] - line["disagree"]),
            f"{line['agree']}/{line['denominator']}\n({percent_text(line['agree'], line['denominator'])})",
            _outcome(line),
        ]
        for number, line in enumerate(lines, start=1)
    ]
    return _table(columns, rows)


def _silence(data: Data) -> str:
    closed_by = f" do {data['closed_by']} kết thúc" if data.get("closed_by") else " được kết thúc"
    note = f" {data['silent_note'].rstrip('.')}." if data.get("silent_note") else ""
    return f"Việc biểu quyết{closed_by} khi các thành viên sau chưa biểu quyết: {'; '.join(data['silent'])}.{note}"


def _named(line: Data) -> str:
    return f"{line['name']}\n{line['position']}" if line["position"] else str(line["name"])


def _outcome(line: Data) -> str:
    reason = line.get("casting_reason") or line.get("reason")
    return OUTCOMES[line["outcome"]] + (f": {reason}" if reason else "")


def _lines(text: str) -> list[str]:
    return [part.strip() for part in text.split("|") if part.strip()]
