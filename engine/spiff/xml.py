"""Reading XML that a person uploaded: no entities, no network, no DOCTYPE (notes/engine.md, trap 19)."""

from __future__ import annotations

from typing import Any

from lxml import etree

from engine.errors import N_, ThiduaError

BPMN = "{http://www.omg.org/spec/BPMN/20100524/MODEL}"


class DefinitionRefused(ThiduaError):
    """A diagram or a decision table cannot be read; the reason is for the administrator."""

    template = N_("%(file)s: %(reason)s")

    def __init__(self, file: str, reason: object) -> None:
        super().__init__(file=file, reason=reason)
        self.reason = str(reason)


def read_xml(content: bytes, file: str) -> Any:
    """Return the root element. Raises DefinitionRefused for what is not plain, well-formed XML."""
    parser = etree.XMLParser(
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
    )
    try:
        root = etree.fromstring(content, parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        raise DefinitionRefused(file, N_("tệp XML sai: %s") % error) from error
    if getattr(root.getroottree().docinfo, "doctype", None):
        raise DefinitionRefused(file, N_("không chấp nhận khai báo DOCTYPE"))
    return root
