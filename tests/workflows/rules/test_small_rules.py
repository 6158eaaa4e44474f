"""Working days, numbers, money, names, quotas and recusal."""

from __future__ import annotations

from datetime import date
from fractions import Fraction

import pytest

from workflows.rules.calendar import WorkCalendar, add_term, add_working_days, working_days_between
from workflows.rules.money import dong, prize
from workflows.rules.names import fold, given_name, nfc, sort_key
from workflows.rules.numbering import dossier_code, first_free, gaps, paper_number, parse_number
from workflows.rules.quotas import cap, cut, reaches, share_of
from workflows.rules.recusal import ground_text, recused

PLAIN = WorkCalendar()


def test_ac01_ten_working_days_from_monday_21_november_end_on_monday_5_december() -> None:
    assert add_working_days(date(2022, 11, 21), 10, PLAIN) == date(2022, 12, 5)


def test_ac04_five_working_days_from_thursday_11_august_end_on_thursday_18_august() -> None:
    assert add_working_days(date(2022, 8, 11), 5, PLAIN) == date(2022, 8, 18)


def test_a_holiday_is_skipped_and_a_compensatory_saturday_is_worked() -> None:
    calendar = WorkCalendar(frozenset({date(2022, 9, 2)}), frozenset({date(2022, 9, 3)}))
    assert add_working_days(date(2022, 9, 1), 1, calendar) == date(2022, 9, 3)


def test_days_and_working_days_are_different_units() -> None:
    assert add_term(date(2022, 12, 2), 7, "days", PLAIN) == date(2022, 12, 9)
    assert add_term(date(2022, 12, 2), 7, "working_days", PLAIN) == date(2022, 12, 13)
    with pytest.raises(ValueError, match="unknown unit"):
        add_term(date(2022, 12, 2), 7, "weeks", PLAIN)


def test_counting_days_back_gives_the_term_for_every_length() -> None:
    start = date(2022, 11, 21)
    for days in range(60):
        assert working_days_between(start, add_working_days(start, days, PLAIN), PLAIN) == days


@pytest.mark.parametrize(
    ("coefficient", "base", "amount"),
    [
        ("0.15", 1_490_000, 230_000),
        ("0.30", 1_490_000, 450_000),
        ("0.8", 1_490_000, 1_200_000),
        ("1.0", 1_490_000, 1_490_000),
        ("1.5", 1_490_000, 2_240_000),
        ("3.0", 1_490_000, 4_470_000),
        ("8.0", 1_490_000, 11_920_000),
        ("0.15", 1_800_000, 270_000),
        ("0.15", 2_340_000, 360_000),
        ("0.30", 2_340_000, 710_000),
        ("0.8", 2_340_000, 1_880_000),
    ],
)
def test_prizes_are_those_of_the_domain_table(coefficient: str, base: int, amount: int) -> None:
    assert prize(coefficient, base) == amount


def test_nearest_rounds_a_half_up_and_the_other_way_down() -> None:
    assert prize("0.15", 1_490_000, 10_000, "nearest") == 220_000
    assert prize(Fraction(1, 2), 10_000, 10_000, "nearest") == 10_000
    with pytest.raises(ValueError, match="unknown rounding"):
        prize("0.15", 1_490_000, 10_000, "down")


def test_money_is_written_with_points() -> None:
    assert dong(11_920_000) == "11.920.000 đồng"


def test_fold_finds_nguyen_and_dong_without_diacritics() -> None:
    assert fold("  Nguyễn Văn  ĐÔNG ") == "nguyen van dong"
    assert fold(nfc("Nguyễn")) == fold("Nguyễn") == "nguyen"


def test_people_are_sorted_by_given_name_in_the_vietnamese_alphabet() -> None:
    people = ["Trần Văn Đông", "Lê Thị Ánh", "Nguyễn Văn An", "Hoàng Thị Dung", "Nguyễn Văn Ấm", "Bùi Văn Ân"]
    assert [given_name(name) for name in sorted(people, key=sort_key)] == [
        "An",
        "Ánh",
        "Ấm",
        "Ân",
        "Dung",
        "Đông",
    ]


def test_the_same_given_name_is_sorted_by_family_name_and_remarks_do_not_count() -> None:
    people = ["Trần Hà (hư cấu)", "Lê Hà", "Lê Thị Hà"]
    assert sorted(people, key=sort_key) == ["Lê Hà", "Lê Thị Hà", "Trần Hà (hư cấu)"]


def test_tones_decide_only_between_equal_letters() -> None:
    assert sorted(["Hạ", "Hã", "Há", "Hả", "Hà", "Ha"], key=sort_key) == ["Ha", "Hà", "Hả", "Hã", "Há", "Hạ"]


def test_numbers_are_padded_and_read_back() -> None:
    assert paper_number(5, "QĐ-UBND") == "05/QĐ-UBND"
    assert parse_number("05/QĐ-UBND") == 5
    assert dossier_code(2022, 1) == "HS-2022-0001"
    for wrong in ("", "0", "-1", "a5", "5a"):
        with pytest.raises(ValueError, match="not a number"):
            parse_number(wrong)


def test_a_block_gives_its_lowest_free_number_until_it_is_exhausted() -> None:
    assert first_free(10, 12, {10, 11}) == 12
    assert first_free(10, 12, {10, 11, 12}) is None
    assert gaps([1, 2, 5]) == [3, 4]


def test_ac03_the_cap_is_fifteen_percent_of_ldtt_rounded_down() -> None:
    assert [cap(ldtt, Fraction(15, 100)) for ldtt in (24, 20, 19, 6, 0)] == [3, 3, 2, 0, 0]
    for base in range(1, 31):
        assert Fraction(cap(base, Fraction(15, 100)), base) <= Fraction(15, 100)


def test_ac14_a_hundred_families_give_fifteen_and_nineteen_are_cut_by_votes() -> None:
    votes = {str(number): 30 - number for number in range(19)}
    assert cut(votes, cap(100, Fraction(15, 100))).chosen == tuple(str(number) for number in range(15))


def test_ac19_more_than_half_is_not_half_and_seventy_percent_is_sixteen_of_twenty_two() -> None:
    half, seventy = Fraction(1, 2), Fraction(7, 10)
    assert [reaches(n, 22, half, strictly=True) for n in (11, 12)] == [False, True]
    assert [reaches(n, 22, seventy) for n in (15, 16)] == [False, True]
    assert not reaches(0, 0, half)


def test_the_nominee_and_declared_relatives_get_no_ballot_and_outsiders_are_ignored() -> None:
    found = recused(["a", "b", "c"], "a", [("b", "spouse"), ("z", "child"), ("a", "parent")])
    assert found == {"a": "self", "b": "spouse"}
    with pytest.raises(ValueError, match="unknown ground"):
        recused(["a"], None, [("a", "friend")])


def test_a_cap_rounds_as_the_regulation_says() -> None:
    assert [cap(24, Fraction(15, 100), way) for way in ("floor", "nearest", "ceil")] == [3, 4, 4]
    assert [cap(10, Fraction(15, 100), way) for way in ("floor", "nearest", "ceil")] == [1, 2, 2]
    with pytest.raises(ValueError, match="rounding"):
        cap(24, Fraction(15, 100), "")


def test_a_share_is_exact_and_readable() -> None:
    half, third = share_of([True, False] * 12), share_of([True, False, False])
    assert (half.count, half.exact, str(half)) == (12, Fraction(1, 2), "12/24 (50 %)")
    assert (third.exact, str(third)) == (Fraction(1, 3), "1/3 (33,3 %)")
    assert (share_of([]).exact, str(share_of([]))) == (None, "")


def test_the_head_of_the_nominees_unit_is_recused_unless_a_nearer_ground_holds() -> None:
    heads = ["h", "n", "s", "outside"]
    found = recused(["h", "n", "s", "x"], "n", [("s", "spouse")], heads)
    assert found == {"h": "unit_head", "n": "self", "s": "spouse"}


def test_another_ground_is_told_with_its_reason() -> None:
    assert recused(["a"], None, [("a", "other")]) == {"a": "other"}
    assert ground_text("other", "đang có đơn liên quan") == "vì lý do khác: đang có đơn liên quan"
    assert ground_text("unit_head") == "là thủ trưởng đơn vị của người được đề nghị"
