"""Rows copied from a spreadsheet: with or without headings, nothing disappears silently."""

from __future__ import annotations

from workflows.rules.pasted import LONGEST, read_pasted


def test_columns_are_known_by_their_headings_in_any_order() -> None:
    text = (
        "TT\tNăm sinh\tHọ và tên\tTrực tiếp lao động\tThành tích\tSố điện thoại\n"
        "1\t12/05/1980\tNguyễn Văn An\tx\tDạy giỏi\t0123\n"
    )
    pasted = read_pasted(text, "individual")
    assert pasted.rows == [
        {
            "born_year": "1980",
            "subject_name": "Nguyễn Văn An",
            "direct_worker": "true",
            "merit_summary": "Dạy giỏi",
        }
    ]
    assert pasted.remarks == ["Không dùng các cột: Số điện thoại."]


def test_without_headings_the_page_s_own_order_counts_after_a_running_number() -> None:
    numbered = read_pasted("1.\tTổ 1\t22\t12\tHoàn thành\n\n2.\tTổ 2\t10\t9\tHoàn thành\t\n", "collective")
    plain = read_pasted("Tổ 1\t22\t12\tHoàn thành\nTổ 2\t10\t9\tHoàn thành\n", "collective")
    names = ("subject_name", "total_members", "lttt_members", "merit_summary")
    wanted = [("Tổ 1", "22", "12", "Hoàn thành"), ("Tổ 2", "10", "9", "Hoàn thành")]
    for pasted in (numbered, plain):
        assert [tuple(row[name] for name in names) for row in pasted.rows] == wanted
        assert pasted.remarks == []


def test_what_cannot_be_used_is_said_with_its_line() -> None:
    pasted = read_pasted("Hà Văn A\tNam\t1970\tXóm 4\t3\tcó lẽ\t\tGiỏi\tthừa\n", "household")
    assert pasted.rows[0]["direct_worker"] == ""
    assert pasted.remarks == [
        "Dòng 1: không hiểu “có lẽ” ở cột có/không.",
        "Dòng 1: có nhiều ô hơn số cột; các ô thừa không được đọc.",
    ]


def test_a_list_beyond_the_limit_says_how_many_lines_were_left() -> None:
    pasted = read_pasted("".join(f"Hộ {number}\n" for number in range(LONGEST + 3)), "household")
    assert len(pasted.rows) == LONGEST
    assert pasted.remarks == ["Chỉ đọc 500 dòng đầu; còn 3 dòng chưa đọc."]


def test_nothing_pasted_is_no_row() -> None:
    assert read_pasted(" \n\t\t\n", "individual").rows == []
