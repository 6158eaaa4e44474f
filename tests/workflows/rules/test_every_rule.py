"""Every rule for councils of 1 to 30 members, against an oracle that knows only the definition.

The oracle multiplies crosswise in integers: "at least p/q of b" is a·q ≥ p·b. It calls nothing of the code it
judges and takes the fewest votes needed by trying one after the other.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from itertools import product

import pytest

from workflows.rules.vote_warnings import warnings
from workflows.rules.voting import (
    COMPARISONS,
    DENOMINATORS,
    TIES,
    Body,
    ChairUnknown,
    Rule,
    Votes,
    base_of,
    can_pass,
    needed_votes,
    quorum_met,
    quorum_needed,
    rule_as_row,
    rule_from_row,
    rule_in,
    spare_votes,
    tally,
)

MEMBERS = range(1, 31)
SHARES = ((1, 2), (3, 5), (2, 3), (7, 10), (4, 5), (9, 10), (1, 1))
KEPT = (True, False)


def satisfied(agree: int, base: int, share: tuple[int, int], comparison: str) -> bool:
    """By the definition: at least one agrees, and agree/base stands to p/q as the comparison says."""
    left, right = agree * share[1], share[0] * base
    return agree > 0 and (left >= right if comparison == ">=" else left > right)


def fewest(base: int, share: tuple[int, int], comparison: str) -> int:
    agree = 0
    while not satisfied(agree, base, share, comparison):
        agree += 1
    return agree


@dataclass(frozen=True)
class Case:
    """So many members, there, written, recused (each of whom would have had a vote)."""

    members: int
    present: int
    written: int
    recused: int

    @property
    def body(self) -> Body:
        return Body(self.members, self.present, self.written, self.recused)

    def ballots(self, absentee: str) -> int:
        """Whoever is there or wrote where writing counts, less those who may not vote."""
        return self.present + (self.written if absentee == "written_ballot" else 0) - self.recused

    def base(self, denominator: str, kept: bool, absentee: str, valid: int) -> int:
        if denominator == "valid_ballots":
            return valid
        if denominator == "present":
            return self.ballots(absentee) + (self.recused if kept else 0)
        out = denominator == "total_minus_recused" or not kept
        return self.members - self.recused if out else self.members


def cases(*, few: bool = False) -> Iterator[Case]:
    """Every council, presence, writing and recusal that can be; `few`: every size, the presences that matter."""
    for n in MEMBERS:
        presences = {n, n - 1, -(-2 * n // 3), n // 2} if few else set(range(n + 1))
        for present in sorted(presences):
            letters = {0, 1, n - present} if few else set(range(n - present + 1))
            for written in sorted(each for each in letters if present + each <= n):
                for recused in range(min(3, present) + 1):
                    yield Case(n, present, written, recused)


def rules(**more: str) -> Iterator[tuple[Rule, tuple[int, int], str, str, bool]]:
    for share, comparison, denominator, kept in product(SHARES, COMPARISONS, DENOMINATORS, KEPT):
        rule = Rule(
            threshold=Fraction(*share),
            comparison=comparison,
            denominator=denominator,
            recused_in_denominator=kept,
            **more,  # type: ignore[arg-type]
        )
        yield rule, share, comparison, denominator, kept


def test_every_rule_needs_the_fewest_votes_that_satisfy_its_fraction() -> None:
    for share, comparison in product(SHARES, COMPARISONS):
        rule = Rule(threshold=Fraction(*share), comparison=comparison)
        for base in range(31):
            assert needed_votes(rule, base) == fewest(base, share, comparison), (share, comparison, base)


def test_every_rule_counts_ballots_and_denominator_for_every_presence_writing_and_recusal() -> None:
    count = 0
    for absentee, denominator, kept in product(("written_ballot", "none"), DENOMINATORS, KEPT):
        rule = Rule(absentee=absentee, denominator=denominator, recused_in_denominator=kept)
        for case in cases():
            count += 1
            ballots = case.ballots(absentee)
            assert case.body.entitled(rule) == ballots, (rule, case)
            assert base_of(rule, case.body, ballots) == case.base(denominator, kept, absentee, ballots), (
                rule,
                case,
            )
    assert count > 200_000


def test_every_rule_passes_at_exactly_the_votes_needed_and_fails_with_one_less() -> None:
    table = [(fewest(base, *key), base, key) for key in product(SHARES, COMPARISONS) for base in range(31)]
    needs = {(base, *key): needed for needed, base, key in table}
    found = list(rules(absentee="written_ballot"))
    for case in cases(few=True):
        body, ballots = case.body, case.ballots("written_ballot")
        for rule, share, comparison, denominator, kept in found:
            base = case.base(denominator, kept, "written_ballot", ballots)
            needed = needs[base, share, comparison]
            where = (rule, case)
            assert can_pass(rule, body) == (needed <= ballots), where
            assert spare_votes(rule, body) == ballots - needed, where
            if needed > ballots:
                assert tally(rule, body, Votes(ballots, 0)).outcome == "failed", where
                continue
            exact = tally(rule, body, Votes(needed, ballots - needed))
            assert (exact.outcome, exact.base, exact.needed, exact.entitled) == (
                "passed", base, needed, ballots,
            ), where  # fmt: skip
            less = tally(rule, body, Votes(needed - 1, ballots - needed + 1))
            assert less.outcome == "failed", where


def test_every_rule_fails_by_abstaining_and_invalid_ballots_unless_only_valid_ones_count() -> None:
    for n, share, comparison in product(MEMBERS, SHARES, COMPARISONS):
        of_members = Rule(threshold=Fraction(*share), comparison=comparison)
        of_valid = Rule(threshold=Fraction(*share), comparison=comparison, denominator="valid_ballots")
        for agree in range(n + 1):
            votes = Votes(agree, 0, invalid=(n - agree) // 2, abstain=n - agree - (n - agree) // 2)
            body = Body(n, n)
            assert (tally(of_members, body, votes).outcome == "passed") == satisfied(
                agree, n, share, comparison
            )
            assert (tally(of_valid, body, votes).outcome == "passed") == satisfied(
                agree, agree, share, comparison
            )


def test_every_rule_leaves_a_tie_only_where_votes_are_equal_and_somebody_may_decide() -> None:
    for n, share, comparison, tie in product(MEMBERS, SHARES, COMPARISONS, TIES):
        rule = Rule(threshold=Fraction(*share), comparison=comparison, tie=tie)
        for agree in range(n + 1):
            for disagree in {0, n - agree, min(agree, n - agree)}:
                outcome = tally(rule, Body(n, n), Votes(agree, disagree)).outcome
                if satisfied(agree, n, share, comparison):
                    expected = "passed"
                elif agree == disagree and agree > 0 and tie != "fail":
                    expected = "tie"
                else:
                    expected = "failed"
                assert outcome == expected, (rule, agree, disagree)


def test_every_rule_has_a_quorum_that_counts_writing_only_where_it_says_so() -> None:
    for share, counts in product(SHARES, KEPT):
        rule = Rule(quorum=Fraction(*share), quorum_counts_written=counts)
        for n in MEMBERS:
            fewest_there = next(k for k in range(n + 1) if k * share[1] >= share[0] * n)
            assert quorum_needed(rule, n) == fewest_there
            for present in range(n + 1):
                for written in range(n - present + 1):
                    there = present + (written if counts else 0)
                    assert quorum_met(rule, n, present, written) == (there * share[1] >= share[0] * n)


def test_every_rule_survives_the_way_into_the_store_and_back() -> None:
    for rule, *_ in rules():
        assert rule_from_row(rule_as_row(rule)) == rule
    more = Rule(abstain_allowed=True, unit_head_recused=True)
    assert rule_from_row(rule_as_row(more)) == more


def test_every_rule_of_the_domain_s_table_of_whole_votes() -> None:
    tenths = (6, 7, 8, 9)
    table = {
        n: [
            needed_votes(Rule(), n),
            quorum_needed(Rule(), n),
            *(needed_votes(Rule(threshold=Fraction(each, 10), comparison=">="), n) for each in tenths),
        ]
        for n in (9, 11, 13, 15)
    }
    assert table == {
        9: [5, 6, 6, 7, 8, 9],
        11: [6, 8, 7, 8, 9, 10],
        13: [7, 9, 8, 10, 11, 12],
        15: [8, 10, 9, 11, 12, 14],
    }


NINETY = Rule(threshold=Fraction(9, 10), comparison=">=", absentee="written_ballot")
UNANIMOUS = Rule(threshold=Fraction(1), comparison=">=")


def test_every_rule_of_ninety_percent_is_unanimity_up_to_nine_members() -> None:
    unanimous = [n for n in MEMBERS if needed_votes(NINETY, n) == n]
    assert unanimous == list(range(1, 10))
    assert warnings(NINETY, Body(9, 9), "secret") == [
        "Không giữ được bí mật nếu đạt: cần đủ 9 trên 9 phiếu đồng ý, "
        "nên kết quả đạt cho biết tất cả mọi người đều đồng ý."
    ]
    assert warnings(NINETY, Body(9, 9), "open") == []
    assert warnings(NINETY, Body(11, 11), "secret") == []


def test_every_rule_warns_when_a_recused_member_is_kept_in_and_nobody_is_left_to_fill_the_place() -> None:
    body = Body(9, 9, recused=1)
    impossible = (
        "Không thể đạt: cần 9 phiếu đồng ý nhưng chỉ có 8 phiếu, vì 1 người "
        "không được biểu quyết vẫn tính trong tổng số 9 thành viên."
    )
    for rule in (NINETY, UNANIMOUS):
        assert not can_pass(rule, body)
        assert warnings(rule, body, "open") == [impossible]
        assert warnings(rule, body, "secret") == [impossible]
    out = rule_from_row(rule_as_row(UNANIMOUS), {"recused_in_denominator": False})
    assert can_pass(out, body)
    assert warnings(out, body, "open") == []
    [secret] = warnings(out, body, "secret")
    assert secret.startswith("Không giữ được bí mật nếu đạt: cần đủ 8 trên 8 phiếu đồng ý")


def test_every_rule_warns_of_absence_without_blaming_recusal() -> None:
    text = "Không thể đạt: cần 10 phiếu đồng ý nhưng chỉ có 9 phiếu."
    assert warnings(NINETY, Body(11, 9), "open") == [text]
    assert warnings(NINETY, Body(11, 10, recused=1), "open") == [
        "Không thể đạt: cần 10 phiếu đồng ý nhưng chỉ có 9 phiếu, vì 1 người "
        "không được biểu quyết vẫn tính trong tổng số 11 thành viên."
    ]


def test_every_rule_warns_of_a_box_with_one_or_two_ballots() -> None:
    rule = Rule(absentee="written_ballot")
    assert warnings(rule, Body(5, 3), "secret") == [
        "Không giữ được bí mật nếu đạt: cần đủ 3 trên 3 phiếu đồng ý, "
        "nên kết quả đạt cho biết tất cả mọi người đều đồng ý."
    ]
    assert warnings(rule, Body(5, 2, written=3), "secret") == [
        "Không giữ được bí mật: hòm phiếu chỉ có 2 phiếu kín, cần ít nhất 3 phiếu "
        "thì mới không suy ra được ai đã chọn gì."
    ]
    recused_writer = Body(6, 3, written=3, recused=1, recused_present=1, recused_written=1)
    assert warnings(rule, recused_writer, "secret") == []
    paper_box = Rule(vote_mode="secret", threshold=Fraction(9, 10), comparison=">=")
    assert len(warnings(paper_box, Body(9, 9), "recorded")) == 1
    assert warnings(NINETY, Body(9, 9), "recorded") == []


def test_every_rule_for_a_secret_vote_knows_neither_casting_vote_nor_the_chair_s_own() -> None:
    with pytest.raises(ValueError, match="casting vote"):
        Rule(vote_mode="secret", tie="chair_decides")
    with pytest.raises(ValueError, match="how the chair voted"):
        Rule(vote_mode="secret", chair_must_agree=True)
    with pytest.raises(ChairUnknown, match="how the chair voted"):
        rule_in(Rule(chair_must_agree=True), "secret")
    held = rule_in(Rule(tie="chair_decides"), "secret")
    assert (held.vote_mode, held.tie) == ("secret", "revote")
    for tie in TIES:
        assert rule_in(Rule(tie=tie), "open") == Rule(tie=tie)
        assert rule_in(Rule(tie=tie), "recorded") == Rule(tie=tie)
