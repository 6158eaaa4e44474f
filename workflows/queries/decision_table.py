"""A decision table read for people: its columns and rules with their citations."""

from __future__ import annotations

from dataclasses import dataclass

from engine.xml import safe_parse

UNVERIFIED = "cần kiểm tra"


@dataclass(frozen=True)
class Rule:
    """One row: the cells of the inputs, those of the outputs, where the law says so."""

    inputs: list[str]
    outputs: list[str]
    citation: str

    @property
    def unverified(self) -> bool:
        """Whether the source still has to be checked."""
        return UNVERIFIED in self.citation.lower()


@dataclass(frozen=True)
class DecisionTable:
    """One table with the names of its columns."""

    name: str
    hit_policy: str
    inputs: list[str]
    outputs: list[str]
    rules: list[Rule]


def decision_tables(content: bytes) -> list[DecisionTable]:
    """The tables of a DMN file; raises UnsafeXml for what is no plain XML."""
    found = []
    for decision in safe_parse(content).iterfind("{*}decision"):
        for table in decision.iterfind("{*}decisionTable"):
            found.append(
                DecisionTable(
                    name=decision.get("name") or decision.get("id", ""),
                    hit_policy=table.get("hitPolicy", "UNIQUE"),
                    inputs=[column.get("label") or _text(column) for column in table.iterfind("{*}input")],
                    outputs=[_heading(column) for column in table.iterfind("{*}output")],
                    rules=[_rule(rule) for rule in table.iterfind("{*}rule")],
                )
            )
    return found


def _heading(column: object) -> str:
    return str(column.get("label") or column.get("name") or "")  # type: ignore[attr-defined]


def _rule(rule: object) -> Rule:
    cells = rule.iterfind  # type: ignore[attr-defined]
    citation = next((str(text.text or "").strip() for text in cells("{*}description")), "")
    return Rule(
        inputs=[_text(cell) for cell in cells("{*}inputEntry")],
        outputs=[_text(cell) for cell in cells("{*}outputEntry")],
        citation=citation,
    )


def _text(element: object) -> str:
    text = next((found.text for found in element.iter("{*}text") if found.text), "")  # type: ignore[attr-defined]
    return str(text).strip()
