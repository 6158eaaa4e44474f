"""What lint finds, and what it knows about the rest of the program."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Literal

from engine import handlers
from engine.spiff.functions import FUNCTIONS

Level = Literal["error", "warning"]


@dataclass(frozen=True)
class Finding:
    """One thing wrong with one element: what it is, and what to do instead. Errors may not be published."""

    level: Level
    file: str
    element_id: str
    message: str
    advice: str

    def __str__(self) -> str:
        mark = "LỖI" if self.level == "error" else "cảnh báo"
        where = f"{self.file}#{self.element_id}" if self.element_id else self.file
        return " ".join(f"{mark} {where}: {self.message} → {self.advice}".split())


@dataclass(frozen=True)
class Known:
    """Names the program has: roles for lanes, operations of service tasks, functions of expressions.

    `roles` None: nobody has said which roles there are, lanes are not compared.
    """

    roles: set[str] | None = None
    services: set[str] = field(default_factory=set)
    functions: set[str] = field(default_factory=set)

    def has_function(self, name: str) -> bool:
        """Return whether expressions may call this name."""
        return name in self.functions or name in FUNCTIONS


_roles: set[str] | None = None


def declare_roles(roles: Iterable[str]) -> None:
    """Say which roles there are; workflows does so where it registers its handlers."""
    global _roles  # noqa: PLW0603 - one set of roles a process, like the handlers
    _roles = set(roles)


def known_here() -> Known:
    """Return what is registered in this process."""
    registry = handlers.registry()
    return Known(roles=_roles, services=set(registry.services), functions=set(registry.functions))


@dataclass
class Report:
    """Collects the findings of one file."""

    file: str
    findings: list[Finding] = field(default_factory=list)

    def error(self, element_id: str | None, message: str, advice: str) -> None:
        """Say why this may not be published."""
        self.findings.append(Finding("error", self.file, element_id or "", message, advice))

    def warning(self, element_id: str | None, message: str, advice: str) -> None:
        """Say what should be looked at."""
        self.findings.append(Finding("warning", self.file, element_id or "", message, advice))
