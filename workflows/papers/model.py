"""From wording and data to what the typesetter lays out: finished texts and finished tables."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from workflows.papers.fields import KIND_NAMES, values_of
from workflows.papers.tables import (
    box_paragraph,
    list_parts,
    member_table,
    paragraph,
    review_tables,
    session_tables,
    teller_lines,
)
from workflows.papers.vietnamese import padded
from workflows.papers.wording import Run, fill, plain

Data = Mapping[str, Any]
Model = dict[str, Any]

PORTRAIT_COLUMNS = 6
ON_BEHALF = {"chairman": "", "committee": "TM. Ủy ban nhân dân", "council": "TM. Hội đồng"}


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

    def open_ended(self, text: str) -> list[Run]:
        """Runs without the final sign: the layout ends grounds, recipients and last sentences itself."""
        return self(text.rstrip(" .;,/"))

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
        "recipients": [fill_text.open_ended(text) for text in wording.get("recipients", [])],
    }


def _decision(wording: Data, data: Data, fill_text: Filler) -> Model:
    *articles, last = wording["articles"]
    return {
        "authority": fill_text(wording["authority"]),
        "grounds": [fill_text.open_ended(text) for text in wording["grounds"]],
        "order": fill_text(wording["order"]),
        "articles": [fill_text.paragraphs(article) for article in (*articles, last.rstrip(" .;,/"))],
        "signature": signature_lines(data["signature"]),
        "list": _list(wording["list"], data, fill_text),
    }


def _proposal(wording: Data, data: Data, fill_text: Filler) -> Model:
    return {
        "to": fill_text.each(wording["to"]),
        "grounds": [fill_text.open_ended(text) for text in wording.get("grounds", [])],
        "opening": fill_text.each(wording.get("opening", [])),
        "sections": _sections(wording, fill_text, {}),
        "closing": fill_text.open_ended(wording["closing"]),
        "signature": signature_lines(data["signature"]),
        "list": _list(wording["list"], data, fill_text),
    }


def _minutes(kind: str, wording: Data, data: Data, fill_text: Filler) -> Model:
    inserts = {"results": review_tables(data)} if kind == "review_minutes" else _session_inserts(kind, data)
    return {
        "opening": fill_text.each(wording.get("opening", [])),
        "sections": _sections(wording, fill_text, inserts),
        "closing": fill_text.open_ended(wording["closing"]),
        "tellers": _tellers(data) if kind == "ballot_minutes" else [],
        "signers": [
            {"title": fill_text(wording["secretary_title"]), "name": data["secretary"]},
            {"title": fill_text(wording["chair_title"]), "name": data["chair"]},
        ],
    }


def _tellers(data: Data) -> list[Model]:
    """Who signs as teller, the first as head of the three."""
    titles = ["Trưởng ban kiểm phiếu", *["Ủy viên"] * (len(data["box"]["tellers"]) - 1)]
    runs = [[Run(text=title, bold=False, italic=False)] for title in titles]
    return [{"title": title, "name": name} for title, name in zip(runs, data["box"]["tellers"], strict=True)]


def _session_inserts(kind: str, data: Data) -> dict[str, list[Model]]:
    recusals = [
        f"- Ông (bà) {r['member']} không tham gia biểu quyết đối với {r['name']} ({r['ground']})."
        for r in data["recusals"]
    ]
    rules = [f"- {rule['award_name']}: {rule['text'].rstrip('.')}." for rule in data["rules"]]
    by_chair = data["quorum"].get("by_chair")
    box = data.get("box")
    return {
        "members": [member_table(data), *([paragraph(by_chair)] if by_chair else [])],
        "results": [
            *([paragraph(box_paragraph(data))] if box and kind == "session_minutes" else []),
            *session_tables(data),
        ],
        "tellers": [paragraph(f"- {text}.") for text in teller_lines(data)] if box else [],
        "rules": [paragraph(rule) for rule in rules],
        "recusals": [paragraph(recusal) for recusal in recusals or ["Không có."]],
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


def _list(wording: Data, data: Data, fill_text: Filler) -> Model:
    return {
        "title": fill_text(wording["title"]),
        "subject": fill_text(wording["subject"]),
        "attached": fill_text.open_ended(wording["attached"]),
        "landscape": len(wording["columns"]) > PORTRAIT_COLUMNS,
        "parts": list_parts(wording["columns"], data),
        "total": fill_text.open_ended(wording["total"]) if "total" in wording else None,
    }


def _lines(text: str) -> list[str]:
    return [part.strip() for part in text.split("|") if part.strip()]
