"""What a box publishes: first who was frozen in it, after closing its receipts, after opening its ballots."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from workflows.secret_ballot.verifier import CHOICES, FORMAT, root_of, spoken


def counts_of(context: Mapping[str, Any], voted: Sequence[str]) -> dict[str, int]:
    """Nominee → how many ballots lie in the box, by who has voted and who is recused."""
    return {line["id"]: sum(member not in line["recused"] for member in voted) for line in context["lines"]}


def nominees_of(context: Mapping[str, Any], member: str) -> list[str]:
    """The nominees on whom a member votes, in the order in which they are sealed."""
    return [line["id"] for line in context["lines"] if member not in line["recused"]]


def totals_of(result: Mapping[str, Any]) -> dict[str, dict[str, int]]:
    """Nominee → choice → number of ballots."""
    return {
        line["id"]: {choice: line["ballots"].count(choice) for choice in CHOICES}
        for line in result.get("lines", ())
    }


def published(
    *,
    context: dict[str, Any],
    receipts: list[str],
    counts: dict[str, int],
    issued: int,
    state: str,
    root: str,
    result: Mapping[str, Any],
    signature: str,
) -> dict[str, Any]:
    """The board of a closed or opened box as a member may take it home."""
    return {
        "format": FORMAT,
        "state": state,
        "context": context,
        "issued": issued,
        "returned": len(receipts),
        "not_returned": issued - len(receipts),
        "receipts": receipts,
        "counts": counts,
        "root": root,
        "box_code": spoken(root),
        "result": dict(result),
        "totals": totals_of(result),
        "signature": signature,
    }


__all__ = ["counts_of", "nominees_of", "published", "root_of", "totals_of"]
