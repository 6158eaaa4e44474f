"""Counting votes by a rule that an administrator edits: exact fractions, no floats.

What the rule may say: domain.md §3.3. The threshold counts against the denominator that the rule names,
by default the whole membership, so that an absent member's silence counts against (NĐ 91/2017, Điều 45
khoản 8, gives that reading for the province; a commune's own by-law decides).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from fractions import Fraction
from math import ceil, floor
from typing import Any

from workflows.rules import N_

VOTE_MODES = ("open", "recorded", "secret", "written")
DENOMINATORS = ("total_members", "total_minus_recused", "present", "valid_ballots")
COMPARISONS = (">=", ">")
ABSENTEES = ("written_ballot", "none")
TIES = ("fail", "chair_decides", "revote")
SELECTIONS = ("threshold", "top_k_by_votes")
TRUTHS = (
    "chair_must_agree",
    "quorum_counts_written",
    "recused_in_denominator",
    "abstain_allowed",
    "unit_head_recused",
)


class ChairUnknown(ValueError):
    """A secret session under a by-law, made for other ways of voting, that asks how the chair voted."""


@dataclass(frozen=True)
class Rule:
    """One by-law of voting, as the DMN decision `voting_rule` gives it."""

    vote_mode: str = "open"
    denominator: str = "total_members"
    threshold: Fraction = Fraction(1, 2)
    comparison: str = ">"
    chair_must_agree: bool = False
    quorum: Fraction = Fraction(2, 3)
    quorum_counts_written: bool = False
    absentee: str = "none"
    tie: str = "fail"
    selection: str = "threshold"
    recused_in_denominator: bool = True
    abstain_allowed: bool = False
    unit_head_recused: bool = False

    def __post_init__(self) -> None:
        _check("vote_mode", self.vote_mode, VOTE_MODES)
        _check("denominator", self.denominator, DENOMINATORS)
        _check("comparison", self.comparison, COMPARISONS)
        _check("absentee", self.absentee, ABSENTEES)
        _check("tie", self.tie, TIES)
        _check("selection", self.selection, SELECTIONS)
        if not 0 < self.threshold <= 1 or not 0 <= self.quorum <= 1:
            raise ValueError("threshold must lie in (0, 1] and quorum in [0, 1]")
        if self.vote_mode == "secret" and self.tie == "chair_decides":
            raise ValueError("a secret ballot knows no casting vote: tie must be fail or revote")
        if self.vote_mode == "secret" and self.chair_must_agree:
            raise ValueError("a secret ballot does not tell how the chair voted: chair_must_agree is void")

    @property
    def choices(self) -> tuple[str, ...]:
        """What a ballot may say."""
        return ("agree", "disagree", "abstain") if self.abstain_allowed else ("agree", "disagree")


@dataclass(frozen=True)
class Body:
    """Who may vote on one line: all members, how many are there, how many wrote, how many are recused.

    `recused_present` are those of the recused who would have had a vote, `recused_written` those who wrote.
    """

    members: int
    present: int
    written: int = 0
    recused: int = 0
    recused_present: int | None = None
    recused_written: int = 0

    def entitled(self, rule: Rule) -> int:
        """How many ballots can exist: those present and, where the rule lets them, those who wrote."""
        out = self.recused if self.recused_present is None else self.recused_present
        written = self.written if rule.absentee == "written_ballot" else 0
        return max(0, self.present + written - out)

    def letters(self, rule: Rule) -> int:
        """How many of those votes are signed letters of absent members, which are counted beside a box."""
        return max(0, self.written - self.recused_written) if rule.absentee == "written_ballot" else 0


@dataclass(frozen=True)
class Votes:
    """The ballots of one line; `chair_agrees` is None when the chair did not vote or is not known."""

    agree: int
    disagree: int
    invalid: int = 0
    abstain: int = 0
    chair_agrees: bool | None = None

    @property
    def cast(self) -> int:
        """All ballots handed in, valid or not."""
        return self.agree + self.disagree + self.invalid + self.abstain


@dataclass(frozen=True)
class Result:
    """What the count says: `passed`, `failed` or `tie` (a tie the rule leaves to somebody to decide)."""

    outcome: str
    agree: int
    disagree: int
    base: int
    needed: int
    entitled: int
    reason: str


def rule_from_row(row: Mapping[str, Any], by_law: Mapping[str, Any] | None = None) -> Rule:
    """The rule of a DMN row, single values replaced by those of `by_law`; ValueError when it is no rule."""
    merged = {**row, **{key: value for key, value in (by_law or {}).items() if value not in (None, "")}}
    fields = {name: merged[name] for name in Rule.__dataclass_fields__ if merged.get(name) not in (None, "")}
    for name in ("threshold", "quorum"):
        if name in fields:
            fields[name] = Fraction(str(fields[name]).replace(" ", ""))
    for name in TRUTHS:
        if name in fields:
            fields[name] = _truth(fields[name])
    return Rule(**fields)


def rule_in(rule: Rule, mode: str) -> Rule:
    """The rule as it holds in a session that votes in this mode.

    A secret vote knows no casting vote, so a tie that the chair would break is voted again (AC-06). ChairUnknown
    when the chair must agree: nobody may know how the chair voted.
    """
    if mode != "secret":
        return rule
    if rule.chair_must_agree:
        raise ChairUnknown("a secret ballot does not tell how the chair voted")
    tie = "revote" if rule.tie == "chair_decides" else rule.tie
    return replace(rule, vote_mode="secret", tie=tie)


def rule_as_row(rule: Rule) -> dict[str, Any]:
    """The rule as plain JSON values, to be stored beside the count that it decided."""
    row = {name: getattr(rule, name) for name in Rule.__dataclass_fields__}
    return {name: str(value) if isinstance(value, Fraction) else value for name, value in row.items()}


def base_of(rule: Rule, body: Body, valid_ballots: int = 0) -> int:
    """The denominator of one line; `valid_ballots` only matters to the rule that counts those."""
    if rule.denominator == "valid_ballots":
        return valid_ballots
    if rule.denominator == "present":
        return body.entitled(rule) if not rule.recused_in_denominator else _voting(rule, body)
    if rule.denominator == "total_minus_recused" or not rule.recused_in_denominator:
        return body.members - body.recused
    return body.members


def needed_votes(rule: Rule, base: int) -> int:
    """The fewest agreeing votes that satisfy the threshold on `base`; never fewer than one."""
    exact = rule.threshold * base
    return max(1, ceil(exact) if rule.comparison == ">=" else floor(exact) + 1)


def quorum_needed(rule: Rule, members: int) -> int:
    """The fewest members that make the meeting valid."""
    return ceil(rule.quorum * members)


def quorum_met(rule: Rule, members: int, present: int, written: int = 0) -> bool:
    """Whether enough members take part; written opinions count only where the rule says so."""
    return present + (written if rule.quorum_counts_written else 0) >= quorum_needed(rule, members)


def tally(rule: Rule, body: Body, votes: Votes) -> Result:
    """The result of one line.

    Raises ValueError when more ballots were cast than exist. A tie is only left open when the rule says who
    decides it (domain.md AC-06); otherwise it is simply not reached.
    """
    entitled = body.entitled(rule)
    if min(votes.agree, votes.disagree, votes.invalid, votes.abstain) < 0 or votes.cast > entitled:
        raise ValueError(f"{votes.cast} ballots were cast, {entitled} can exist")
    base = base_of(rule, body, votes.agree + votes.disagree)
    needed = needed_votes(rule, base)
    outcome, reason = _outcome(rule, votes, needed, base)
    return Result(outcome, votes.agree, votes.disagree, base, needed, entitled, reason)


def can_pass(rule: Rule, body: Body) -> bool:
    """Whether the line could pass if everybody who may vote agreed."""
    entitled = body.entitled(rule)
    return entitled >= needed_votes(rule, base_of(rule, body, entitled))


def spare_votes(rule: Rule, body: Body) -> int:
    """How many of those who may vote can withhold agreement before the line fails; negative: cannot pass."""
    entitled = body.entitled(rule)
    return entitled - needed_votes(rule, base_of(rule, body, entitled))


def explain(rule: Rule, body: Body) -> str:
    """The rule of one line in words, before the vote: how many votes, of what, and what one refusal does."""
    entitled = body.entitled(rule)
    base = base_of(rule, body, entitled)
    sentences = [
        _NEEDED_WORDS[rule.comparison]
        % {
            "needed": needed_votes(rule, base),
            "base": base,
            "share": f"{rule.threshold.numerator}/{rule.threshold.denominator}",
            "of": _DENOMINATOR_WORDS[rule.denominator],
        }
    ]
    if rule.chair_must_agree:
        sentences.append(N_("Chủ tịch Hội đồng phải đồng ý."))
    sentences.extend(_margin(rule, body, entitled))
    return " ".join(sentences)


def explain_quorum(rule: Rule, members: int, present: int, written: int = 0) -> str:
    """Whether the meeting may open, in words."""
    counted = present + (written if rule.quorum_counts_written else 0)
    needed = quorum_needed(rule, members)
    if counted >= needed:
        return N_("Đủ điều kiện họp: %(counted)d/%(members)d thành viên, cần ít nhất %(needed)d.") % {
            "counted": counted,
            "members": members,
            "needed": needed,
        }
    return N_("Chưa đủ điều kiện họp: %(counted)d/%(members)d thành viên, cần ít nhất %(needed)d.") % {
        "counted": counted,
        "members": members,
        "needed": needed,
    }


_NEEDED_WORDS = {
    ">=": N_("Cần %(needed)d/%(base)d phiếu đồng ý (ít nhất %(share)s %(of)s)."),
    ">": N_("Cần %(needed)d/%(base)d phiếu đồng ý (trên %(share)s %(of)s)."),
}
_DENOMINATOR_WORDS = {
    "total_members": N_("tổng số thành viên"),
    "total_minus_recused": N_("tổng số thành viên trừ người không được biểu quyết"),
    "present": N_("số người tham gia biểu quyết"),
    "valid_ballots": N_("số phiếu hợp lệ"),
}


def _margin(rule: Rule, body: Body, entitled: int) -> list[str]:
    spare = spare_votes(rule, body)
    if spare < 0:
        return [N_("Không thể đạt: chỉ có %(entitled)d phiếu.") % {"entitled": entitled}]
    if spare == 0:
        return [
            N_("Chỉ có %(entitled)d phiếu: thiếu một phiếu đồng ý là không đạt.") % {"entitled": entitled}
        ]
    return []


def _outcome(rule: Rule, votes: Votes, needed: int, base: int) -> tuple[str, str]:
    counted = {"agree": votes.agree, "base": base, "needed": needed}
    if votes.agree >= needed and rule.chair_must_agree and votes.chair_agrees is not True:
        return "failed", N_("Chủ tịch Hội đồng không đồng ý.")
    if votes.agree >= needed:
        return "passed", N_("%(agree)d/%(base)d phiếu đồng ý, cần %(needed)d.") % counted
    if votes.agree == votes.disagree and votes.agree > 0 and rule.tie != "fail":
        return "tie", N_("Số phiếu ngang nhau: %(agree)d – %(agree)d.") % counted
    return "failed", N_("%(agree)d/%(base)d phiếu đồng ý, chưa đủ %(needed)d.") % counted


def _voting(rule: Rule, body: Body) -> int:
    return body.present + (body.written if rule.absentee == "written_ballot" else 0)


def _check(name: str, value: str, known: tuple[str, ...]) -> None:
    if value not in known:
        raise ValueError(f"{name} must be one of {', '.join(known)}, not {value!r}")


def _truth(value: object) -> bool:
    return value if isinstance(value, bool) else str(value).strip().lower() in ("true", "1", "yes")
