"""Reading diagrams and decision tables: the same hardened pass as lint, refusals that name the file."""

from __future__ import annotations

from typing import Any

from engine.errors import N_, ThiduaError
from engine.xml import BPMN, UnsafeXml, safe_parse

__all__ = ["BPMN", "DefinitionRefused", "read_xml"]


class DefinitionRefused(ThiduaError):
    """A diagram or a decision table cannot be read; the reason is for the administrator."""

    template = N_("%(file)s: %(reason)s")

    def __init__(self, file: str, reason: object) -> None:
        super().__init__(file=file, reason=reason)
        self.reason = str(reason)


def read_xml(content: bytes, file: str) -> Any:
    """Return the root element. Raises DefinitionRefused for what is not plain, well-formed XML."""
    try:
        return safe_parse(content)
    except UnsafeXml as error:
        raise DefinitionRefused(file, error.reason) from error
