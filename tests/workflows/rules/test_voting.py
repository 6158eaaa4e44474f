"""Counting: every size of council against fractions, and the scenarios AC-05, AC-06 and AC-07."""

from __future__ import annotations

from fractions import Fraction

import pytest

from workflows.rules.quotas import top_k
from workflows.rules.voting import (
    Body,
    Rule,
    Votes,
    can_pass,
    explain,
    explain_quorum,
    needed_votes,
    quorum_met,
    quorum_needed,
    rule_as_row,
    rule_from_row,
    spare_votes,
    tally,
)

SHARES = [Fraction(*pair) for pair in ((1, 2), (3, 5), (2, 3), (7, 10), (4, 5), (9, 10), (1, 1))]
NINETY = Rule(
    threshold=Fraction(9, 10), comparison=">=", absentee="written_ballot", quorum_counts_written=True
)


@pytest.mark.parametrize("share", SHARES)
@pytest.mark.parametrize("comparison", [">=", ">"])
def test_needed_votes_are_the_fewest_that_satisfy_the_fraction_for_1_to_30(
    share: Fraction, comparison: str
) -> None:
    rule = Rule(threshold=share, comparison=comparison)
    for n in range(1, 31):
        satisfying = [
            k
            for k in range(1, n + 2)
            if (Fraction(k, n) >= share if comparison == ">=" else Fraction(k, n) > share)
        ]
        assert needed_votes(rule, n) == satisfying[0]


@pytest.mark.parametrize("share", SHARES)
@pytest.mark.parametrize("comparison", [">=", ">"])
def test_a_line_passes_exactly_when_its_fraction_does_for_1_to_30(share: Fraction, comparison: str) -> None:
    rule = Rule(threshold=share, comparison=comparison)
    for n in range(1, 31):
        for agree in range(n + 1):
            result = tally(rule, Body(members=n, present=n), Votes(agree, n - agree))
            exact = Fraction(agree, n)
            expected = exact >= share if comparison == ">=" else exact > share
            assert (result.outcome == "passed") == expected, (n, agree)


@pytest.mark.parametrize("quorum", SHARES)
def test_quorum_is_the_fewest_members_that_reach_the_fraction_for_1_to_30(quorum: Fraction) -> None:
    rule = Rule(quorum=quorum)
    for n in range(1, 31):
        for present in range(n + 1):
            assert quorum_met(rule, n, present) == (Fraction(present, n) >= quorum), (n, present)


def test_the_table_of_integer_thresholds_is_that_of_the_domain() -> None:
    table = {
        members: [
            needed_votes(Rule(), members),
            quorum_needed(Rule(), members),
            *(
                needed_votes(Rule(threshold=Fraction(tenths, 10), comparison=">="), members)
                for tenths in (6, 7, 8, 9)
            ),
        ]
        for members in (9, 11, 13, 15)
    }
    assert table == {
        9: [5, 6, 6, 7, 8, 9],
        11: [6, 8, 7, 8, 9, 10],
        13: [7, 9, 8, 10, 11, 12],
        15: [8, 10, 9, 11, 12, 14],
    }


def test_ac05_a_recused_member_who_stays_in_the_denominator_needs_all_others() -> None:
    body = Body(members=11, present=11, recused=1)
    assert tally(NINETY, body, Votes(10, 0)).outcome == "passed"
    result = tally(NINETY, body, Votes(9, 1))
    assert (result.outcome, result.base, result.needed) == ("failed", 11, 10)


def test_ac05_a_recused_member_outside_the_denominator_lets_nine_of_ten_pass() -> None:
    body = Body(members=11, present=11, recused=1)
    for rule in (
        rule_from_row(rule_as_row(NINETY), {"denominator": "total_minus_recused"}),
        rule_from_row(rule_as_row(NINETY), {"recused_in_denominator": False}),
    ):
        result = tally(rule, body, Votes(9, 1))
        assert (result.outcome, result.base, result.needed) == ("passed", 10, 9)


def test_ac06_five_to_five_with_one_silent_reaches_the_majority_for_neither() -> None:
    result = tally(Rule(), Body(members=11, present=10), Votes(5, 5))
    assert (result.outcome, result.needed) == ("failed", 6)
    assert result.reason == "5/11 phiếu đồng ý, chưa đủ 6."


@pytest.mark.parametrize("tie", ["chair_decides", "revote"])
def test_ac06_a_tie_is_left_open_when_the_by_law_says_who_decides(tie: str) -> None:
    assert tally(Rule(tie=tie), Body(members=11, present=10), Votes(5, 5)).outcome == "tie"


def test_ac06_a_casting_vote_is_impossible_in_a_secret_ballot() -> None:
    with pytest.raises(ValueError, match="casting vote"):
        Rule(vote_mode="secret", tie="chair_decides")


def test_ac07_seven_of_eleven_cannot_open_the_ballots() -> None:
    assert not quorum_met(NINETY, 11, 7)
    assert explain_quorum(NINETY, 11, 7) == "Chưa đủ điều kiện họp: 7/11 thành viên, cần ít nhất 8."


def test_ac07_eight_present_and_two_written_warn_that_one_refusal_fails_the_line() -> None:
    body = Body(members=11, present=8, written=2)
    assert quorum_met(NINETY, 11, 8, 2)
    assert spare_votes(NINETY, body) == 0
    assert explain(NINETY, body) == (
        "Cần 10/11 phiếu đồng ý (ít nhất 9/10 tổng số thành viên). "
        "Chỉ có 10 phiếu: thiếu một phiếu đồng ý là không đạt."
    )


def test_nine_of_nine_is_out_of_reach_when_one_of_nine_is_recused() -> None:
    body = Body(members=9, present=9, recused=1)
    assert not can_pass(NINETY, body)
    assert "Không thể đạt: chỉ có 8 phiếu." in explain(NINETY, body)


def test_the_chair_must_agree_where_the_rule_says_so() -> None:
    rule = Rule(chair_must_agree=True)
    body = Body(members=11, present=11)
    assert tally(rule, body, Votes(10, 1, chair_agrees=False)).outcome == "failed"
    assert tally(rule, body, Votes(10, 1, chair_agrees=True)).outcome == "passed"


def test_more_ballots_than_voters_are_refused() -> None:
    with pytest.raises(ValueError, match="12 ballots were cast, 11 can exist"):
        tally(Rule(), Body(members=11, present=11), Votes(6, 6))


def test_ac03_a_tie_at_the_cut_is_flagged_and_never_settled_by_order() -> None:
    selection = top_k({"a": 11, "b": 11, "c": 10, "d": 10, "e": 8}, 3)
    assert (selection.chosen, selection.tied, selection.reserve) == (("a", "b"), ("c", "d"), ("e",))


def test_top_k_for_1_to_30_never_gives_more_than_k_and_loses_nobody() -> None:
    for n in range(1, 31):
        votes = {str(each): each // 2 for each in range(n)}
        for k in range(n + 2):
            found = top_k(votes, k)
            assert len(found.chosen) <= k
            assert {*found.chosen, *found.tied, *found.reserve} == set(votes)
            assert not found.tied or len(found.chosen) + len(found.tied) > k


def test_a_row_of_the_table_becomes_the_rule_it_says() -> None:
    row = {
        "threshold": "9/10",
        "comparison": ">=",
        "chair_must_agree": "false",
        "quorum": "2/3",
        "tie": "fail",
    }
    rule = rule_from_row(row)
    assert (rule.threshold, rule.comparison, rule.chair_must_agree) == (Fraction(9, 10), ">=", False)
    assert rule_from_row(rule_as_row(rule)) == rule


@pytest.mark.parametrize("row", [{"threshold": "0"}, {"threshold": "11/10"}, {"tie": "coin"}])
def test_a_row_that_makes_no_sense_is_refused(row: dict[str, str]) -> None:
    with pytest.raises(ValueError):
        rule_from_row(row)
