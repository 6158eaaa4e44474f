"""Vietnamese first, English second: the catalogue is whole, and an English page says nothing in Vietnamese."""

from __future__ import annotations

import ast
import html
import io
import re
import time
from collections.abc import Iterator
from typing import Any

import pytest
import sqlalchemy as sa
from babel.messages.pofile import read_po

from engine.database import Database, unit_of_work
from engine.models import Base, Content, Regulation
from webapp.config import PACKAGE
from webapp.sentences import ANYBODYS, OURS, Sentences
from webapp.translations.texts import (
    catalogue,
    composed_below,
    entries,
    is_translated,
    languages,
    missing,
    stale,
    unlike,
    updated,
    words_of,
)
from workflows.tables.movements import Movement

VIETNAMESE = re.compile("[àáảãạăằắẳẵặâầấẩẫậèéẻẽẹêềếểễệìíỉĩịòóỏõọôồốổỗộơờớởỡợùúủũụưừứửữựỳýỷỹỵđ]", re.I)
SPOKEN_ATTRIBUTES = ("aria-label", "placeholder", "title", "alt", "data-template", "data-too-large")
# What a command prints, what a paper says, and what is read from a paper are not texts of a page.
UNMARKED = re.compile(
    "commands/|cli.py|/papers/|paper_data|minutes|fixtures/|/demo/|migrations/|rules/names|rules/money|lint/finding"
    "|secret_ballot/verifier|secret_ballot/spelling"
)
# Stored, but put together by the program: not excused as data.
SAID_BY_US = {("notice", "text"), ("session_line", "reason"), ("council_session", "silent_note")}
# Pages that show the law itself: its diagrams, its forms, its calendar.
LAW = re.compile("/admin/(regulations/|calendar)")
only_sqlite = pytest.mark.parametrize("commune", ["sqlite"], indirect=True)


@pytest.mark.parametrize("language", languages())
def test_every_text_of_the_sources_is_translated(language: str) -> None:
    assert [message.id for message in missing(language)] == []


@pytest.mark.parametrize("language", languages())
def test_no_entry_outlives_its_source(language: str) -> None:
    assert [entry.id for entry in stale(language)] == []


@pytest.mark.parametrize("language", languages())
def test_a_translation_has_the_places_of_its_source(language: str) -> None:
    assert [entry.id for entry in unlike(language)] == []


@pytest.mark.parametrize("language", languages())
def test_an_update_keeps_every_translation(language: str) -> None:
    again = read_po(io.BytesIO(updated(language)), locale=language)
    kept = {entry.id: words_of(entry) for entry in entries(again) if is_translated(entry)}
    assert kept == {
        entry.id: words_of(entry) for entry in entries(catalogue(language)) if is_translated(entry)
    }


def test_no_script_says_anything_of_its_own() -> None:
    """Scripts get their words from the page; the editors' Vietnamese has a file of its own."""
    word = re.compile(rf"\w{VIETNAMESE.pattern}|{VIETNAMESE.pattern}\w", re.I)
    scripts = (path for path in (PACKAGE / "frontend").glob("*.js") if path.name != "i18n-vi.js")
    assert [path.name for path in scripts if word.search(path.read_text(encoding="utf-8"))] == []


def test_no_template_says_anything_unmarked() -> None:
    found = []
    for path in sorted((PACKAGE / "templates").rglob("*.html")):
        text = re.sub(r"\{#.*?#\}", "", path.read_text(encoding="utf-8"), flags=re.S)
        marked = re.sub(
            r'\b(_|ngettext|replace)\(\s*("[^"]*"|\'[^\']*\')(\s*,\s*("[^"]*"|\'[^\']*\'))?', "", text
        )
        found += [f"{path.name}: {line.strip()}" for line in marked.splitlines() if VIETNAMESE.search(line)]
    assert found == []


def test_no_literal_of_a_page_is_unmarked() -> None:
    root = PACKAGE.parent
    found = []
    for path in sorted(each for part in ("workflows", "webapp") for each in (root / part).rglob("*.py")):
        if not UNMARKED.search(path.as_posix()):
            tree = ast.parse(path.read_text(encoding="utf-8"))
            found += [f"{path.name}:{line}: {text}" for line, text in _unmarked(tree)]
    assert [each for each in found if each.split(": ", 1)[1] not in ALLOWED] == []


# Beginnings that are looked for in what people wrote, the actor of a job, the name of the language itself.
ALLOWED = {
    "Hệ thống", "Tiếng Việt", "QĐ-UBND", "báo cáo", "để báo cáo", "Lưu", "Như Điều", "cần kiểm tra", "vai trò",
    "Ghi chú", "Quá hạn",
}  # fmt: skip


def _name(function: ast.expr) -> str:
    return str(getattr(function, "id", getattr(function, "attr", "")))


def _unmarked(tree: ast.Module) -> Iterator[tuple[int, str]]:
    quiet: set[ast.AST] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and _name(node.func) in ("N_", "_", "gettext", "ngettext"):
            quiet.update(inner for argument in node.args for inner in ast.walk(argument))
        elif isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            quiet.add(node.value)  # a docstring
    for node in ast.walk(tree):
        text = node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else ""
        if VIETNAMESE.search(text) and node not in quiet:
            yield node.lineno, text


@pytest.fixture(scope="module")
def english() -> Sentences:
    found = catalogue("en")
    words = {entry.id: words_of(entry)[0] for entry in entries(found) if isinstance(entry.id, str)}
    return Sentences(composed_below(found), lambda text: words.get(text, text))


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("Tạm dừng xét – Chờ Hội đồng xét", "On hold – Awaiting the Council"),
        (
            "Hồ sơ HS-2022-0028 – Ông Hoàng Văn Lợi đã quá hạn thẩm định (hạn 09/12/2022).",
            "Dossier HS-2022-0028 – Ông Hoàng Văn Lợi is past its appraisal deadline (due 09/12/2022).",
        ),
        (
            "Cần 10/11 phiếu đồng ý (ít nhất 9/10 tổng số thành viên). "
            "Chỉ có 10 phiếu: thiếu một phiếu đồng ý là không đạt.",
            "10 of 11 votes for are needed (at least 9/10 of all members). "
            "There are only 10 votes: one vote missing and it does not pass.",
        ),
        (
            "Hội đồng thông qua: HS-2022-0001 – Nguyễn Đức Hải. 10/11 phiếu đồng ý, cần 10.",
            "Passed by the Council: HS-2022-0001 – Nguyễn Đức Hải. 10 of 11 votes for, 10 needed.",
        ),
        (
            "Việc này dành cho vai trò “Người lập hồ sơ” hoặc “Lãnh đạo đơn vị” của Xóm Mẫu 4.",
            "This is for the role “Nominator” or “Head of unit” of Xóm Mẫu 4.",
        ),
        ("Số phiếu ngang nhau: 3 – 3.", "The votes are equal: 3 – 3."),
        ("Dòng 5: Số quá lớn", "Line 5: The number is too large"),
        ("Nguyễn Văn A", "Nguyễn Văn A"),
    ],
)
def test_a_sentence_put_together_below_is_said_again(english: Sentences, text: str, told: str) -> None:
    assert english.retell(text, OURS) == told


@pytest.mark.parametrize(
    "text",
    [
        "Nhận đỡ đầu 02 học sinh mồ côi, ủng hộ quỹ Vì người nghèo.",
        "Công văn số 21/CAX ngày 05/12/2022",
        "Hộ gia đình",
        "Hà Văn Mẫu – Nháp",
    ],
)
def test_the_words_of_a_person_stay_theirs(english: Sentences, text: str) -> None:
    assert english.retell(text, ANYBODYS) == text
    held = f"Hồ sơ HS-2022-0001 – Hà Văn Mẫu tạm dừng xét: {text}"
    assert english.retell(held, OURS) == f"Dossier HS-2022-0001 – Hà Văn Mẫu is on hold: {text}"


def test_a_long_text_made_to_keep_the_patterns_busy_does_not(english: Sentences) -> None:
    knot = "x năm 1: không quá 1 người (y của 1 z, "
    begun = time.monotonic()
    for text in (knot * 25, knot * 5000):
        assert english.retell(text, ANYBODYS) == text
    assert time.monotonic() - begun < 5


def speak_english(web: Any, path: str = "/sign-in") -> Any:
    """Press the button in the footer."""
    footer = web.get(path).response.text.split("<footer")[1]
    sent = {name: _value(footer, name) for name in ("_csrf", "language", "next")}
    return web.post("/language", sent).response


def _value(page: str, name: str) -> str:
    return html.unescape(re.findall(rf'name="{name}" value="([^"]*)"', page)[0])


def lang_of(web: Any, path: str) -> str:
    return str(re.findall(r'<html lang="(\w+)"', web.get(path).response.text)[0])


@only_sqlite
def test_the_language_is_chosen_before_and_after_signing_in(web: Any, commune: Any) -> None:
    assert lang_of(web, "/sign-in") == "vi"
    assert speak_english(web).location == "/sign-in"
    assert lang_of(web, "/sign-in") == "en"
    assert "User name" in web.get("/sign-in").text
    web.sign_in("VP")
    assert lang_of(web, "/") == "en"
    back = speak_english(web, "/nominations?q=mau&stage=draft")  # the button now offers Vietnamese
    assert back.location == "/nominations?q=mau&stage=draft"
    assert lang_of(web, "/") == "vi"
    speak_english(web, "/")
    web.post("/sign-out", {"_csrf": _value(web.get("/").response.text, "_csrf")})
    page = web.get("/sign-in")
    assert ('<html lang="en">' in page.response.text, "Signed out." in page.text) == (True, True)


@only_sqlite
def test_an_unknown_language_changes_nothing(web: Any, commune: Any) -> None:
    token = _value(web.get("/sign-in").response.text, "_csrf")
    web.post("/language", {"_csrf": token, "language": "xx", "next": "/sign-in"})
    assert lang_of(web, "/sign-in") == "vi"


@pytest.fixture
def a_session(season: Any) -> Any:
    """A draft, a dossier awaiting its unit, one in appraisal, two before an open vote."""
    season.before_council(2)
    season.opened = season.session("open")
    return season


def _pages(web: Any, start: str, depth: int = 40) -> Iterator[tuple[str, str]]:
    """The start page and what it leads to, two of each kind of address."""
    ahead, seen, kinds = [start], set(), dict[str, int]()
    while ahead and len(seen) < depth:
        path = ahead.pop(0)
        kind = re.sub(r"[0-9a-f-]{36}", "*", path.split("?")[0])
        if path in seen or kinds.get(kind, 0) >= 2 or LAW.match(path):
            continue
        seen.add(path)
        kinds[kind] = kinds.get(kind, 0) + 1
        answer = web.get(path).response
        if answer.status_code == 200 and answer.mimetype == "text/html":
            yield path, answer.text
            ahead += [html.unescape(link) for link in re.findall(r'href="(/[^"#]*)"', answer.text)]


def _spoken(page: str) -> Iterator[str]:
    """Every text a person reads or hears on the page; the law that a rule cites is quoted as it is."""
    body = re.sub(r'<(script|style)\b.*?</\1>|<details class="citations".*?</details>', " ", page, flags=re.S)
    found = re.findall(r">([^<]+)<", body)
    found += [text for name in SPOKEN_ATTRIBUTES for text in re.findall(rf'\b{name}="([^"]*)"', body)]
    return (part for text in found for part in " ".join(html.unescape(text).split()).split(" · "))


def _data(database: Database) -> list[str]:
    """Every Vietnamese text that people or the law put into the database, the longest first."""
    found: set[str] = set()
    with unit_of_work(database, readonly=True) as uow:
        for table in Base.metadata.sorted_tables:
            for column in table.columns:
                if isinstance(column.type, sa.String) and (table.name, column.name) not in SAID_BY_US:
                    found.update(text for text in uow.session.scalars(sa.select(column).distinct()) if text)
        for themes in uow.session.scalars(sa.select(Movement.themes)):
            found.update(themes)
        found.update(str(each.settings["number"]) for each in uow.session.scalars(sa.select(Regulation)))
        # Where a dossier waits for another process there is no task row; the diagram names the place.
        for content in uow.session.scalars(sa.select(Content.data)):
            waits = re.findall(rb'<bpmn:intermediateCatchEvent [^>]*name="([^"]+)"', content)
            found.update(html.unescape(name.decode()) for name in waits)
    return sorted(filter(VIETNAMESE.search, found), key=len, reverse=True)


@only_sqlite
@pytest.mark.parametrize("code", ["VP", "X04T", "CT", "PN", "VT", "QT", "TKV", "PNV"])
def test_no_page_in_english_says_anything_in_vietnamese(
    web: Any, commune: Any, a_session: Any, english: Sentences, code: str
) -> None:
    speak_english(web)
    web.sign_in(code)
    names = [*_quoted(), *_data(commune.database), "Tiếng Việt", "Thi đua", "QĐ-UBND"]
    found, pages = [], 0
    for path, page in _pages(web, "/"):
        pages += 1
        assert '<html lang="en">' in page
        found += [f"{path}: {text}" for text in _spoken(page) if _is_vietnamese(text, names, english)]
    assert pages >= 5
    assert not found, "\n".join(sorted(set(found)))


def _is_vietnamese(text: str, names: list[str], english: Sentences) -> bool:
    """Whether something is left of the text without names and quotations, or it is a source text itself."""
    left = text
    for name in names:
        left = left.replace(name, "")
    is_source = text not in names and len(text) > 1 and english.retell(text, ANYBODYS) != text
    return bool(VIETNAMESE.search(left)) or (is_source and left == text)


def _quoted() -> list[str]:
    """What English texts quote in Vietnamese, as examples of what to type."""
    words = [word for entry in entries(catalogue("en")) for word in words_of(entry)]
    return [word for word in words if VIETNAMESE.search(word)]
