"""Reading XML that a person uploaded, before anything else sees it.

A first pass builds nothing and stops at the first DOCTYPE, at too much depth or too many elements; only then
is the tree built. lxml blocks entity bombs and external entities by default; that is not relied on
(notes/engine.md, trap 19).
"""

from __future__ import annotations

import re
from typing import Any

from lxml import etree

from engine.errors import N_, ThiduaError

BPMN = "{http://www.omg.org/spec/BPMN/20100524/MODEL}"
BPMNDI = "{http://www.omg.org/spec/BPMN/20100524/DI}"
SPIFF = "{http://spiffworkflow.org/bpmn/schema/1.0/core}"
_XINCLUDE = "{http://www.w3.org/2001/XInclude}"
_DECLARATION = re.compile(rb"""^\s*<\?xml[^>]*?encoding\s*=\s*["']([A-Za-z0-9._-]+)["']""")

MAX_BYTES = 5_000_000
MAX_DEPTH = 100
MAX_NODES = 50_000


class UnsafeXml(ThiduaError):
    """The file is not plain, well-formed XML of a sane size; the reason is for the administrator."""

    template = N_("%(reason)s")

    def __init__(self, reason: object, line: int | None = None) -> None:
        super().__init__(reason=reason)
        self.reason = str(reason)
        self.line = line


class _Gate:
    """A parser target that counts and builds nothing. Names are fixed by lxml."""

    def __init__(self) -> None:
        self.depth = self.nodes = 0

    def start(self, tag: Any, _attributes: Any) -> None:
        self.depth += 1
        self.nodes += 1
        if self.depth > MAX_DEPTH:
            raise UnsafeXml(N_("các phần tử lồng nhau quá %d cấp") % MAX_DEPTH)
        if self.nodes > MAX_NODES:
            raise UnsafeXml(N_("tệp có quá %d phần tử") % MAX_NODES)
        if tag.startswith(_XINCLUDE):
            raise UnsafeXml(N_("không chấp nhận XInclude"))

    def end(self, _tag: Any) -> None:
        self.depth -= 1

    def doctype(self, *_parts: object) -> None:
        raise UnsafeXml(N_("không chấp nhận khai báo DOCTYPE"))

    def data(self, _text: Any) -> None:
        """Text is not counted."""

    def comment(self, _text: Any) -> None:
        """Comments are not counted."""

    def close(self) -> None:
        return None


def safe_parse(content: bytes) -> Any:
    """Return the root element. Raises UnsafeXml: size, encoding, DOCTYPE, depth, XInclude, form."""
    if len(content) > MAX_BYTES:
        raise UnsafeXml(N_("tệp lớn hơn %d MB") % (MAX_BYTES // 1_000_000))
    _check_encoding(content)
    options: dict[str, Any] = {
        "resolve_entities": False,
        "no_network": True,
        "load_dtd": False,
        "dtd_validation": False,
        "huge_tree": False,
        "remove_comments": True,
        "remove_pis": True,
    }
    try:
        gate = etree.XMLParser(target=_Gate(), **options)
        gate.feed(content)
        gate.close()
        root = etree.fromstring(content, etree.XMLParser(**options))
    except (etree.XMLSyntaxError, ValueError) as error:
        line = getattr(error, "lineno", None)
        raise UnsafeXml(N_("không phải XML hợp lệ: %s") % error, line) from error
    if getattr(root.getroottree().docinfo, "doctype", None):
        raise UnsafeXml(N_("không chấp nhận khai báo DOCTYPE"))
    return root


def _check_encoding(content: bytes) -> None:
    """Only UTF-8: another encoding may read as different text in the library and in our checks."""
    declared = _DECLARATION.match(content[:400].removeprefix(b"\xef\xbb\xbf"))
    if declared and declared.group(1).lower() not in (b"utf-8", b"us-ascii"):
        raise UnsafeXml(N_("tệp phải dùng bảng mã UTF-8"))
    try:
        content.decode("utf-8")
    except UnicodeDecodeError as error:
        raise UnsafeXml(N_("tệp phải dùng bảng mã UTF-8")) from error
