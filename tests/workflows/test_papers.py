"""The papers as PDFs: what they say, how they are laid out, and what stops them."""

from __future__ import annotations

import copy
import io
import json
import re
import unicodedata
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pikepdf
import pytest
from pypdf import PdfReader

from workflows import papers
from workflows.papers.vietnamese import (
    counts_text,
    date_text,
    joined,
    money_text,
    padded,
    percent_text,
    roman,
    time_text,
)
from workflows.settings import font_folder

SAMPLES = Path(__file__).parent / "papers"
NOON = 1670216400


def sample(kind: str, **changes: Any) -> dict[str, Any]:
    payload: dict[str, Any] = json.loads((SAMPLES / f"{kind}.json").read_text())
    payload["data"].update(changes)
    return payload


def pages(content: bytes) -> list[str]:
    """The text of each page, in NFC, every stretch of white space as one blank."""
    texts = [page.extract_text() for page in PdfReader(io.BytesIO(content)).pages]
    return [re.sub(r"\s+", " ", unicodedata.normalize("NFC", text)).strip() for text in texts]


def made(payload: dict[str, Any], kind: str = "decision", *, draft: bool = False) -> list[str]:
    return pages(papers.render(kind, payload, draft=draft, timestamp=NOON))


def vietnamese_letters() -> list[str]:
    tones = ["", "\u0300", "\u0301", "\u0303", "\u0309", "\u0323"]
    small = [unicodedata.normalize("NFC", vowel + tone) for vowel in "aăâeêioôơuưy" for tone in tones] + ["đ"]
    return [letter for letter in small + [s.upper() for s in small] if ord(letter) > 127]


# what the papers say


@pytest.mark.parametrize("kind", ["session_minutes", "review_minutes"])
def test_minutes_leave_an_hour_that_is_not_known_to_be_written(kind: str) -> None:
    assert "kết thúc hồi …… giờ …… phút cùng ngày." in " ".join(made(sample(kind, ended_at=None), kind))


def test_the_decision_says_what_is_awarded_and_by_whose_power() -> None:
    first = made(sample("decision"))[0]
    for text in (
        "ỦY BAN NHÂN DÂN XÃ ĐỒNG LIÊN",
        "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM",
        "Độc lập - Tự do - Hạnh phúc",
        "Số: 07/QĐ-UBND",
        "Đồng Liên, ngày 05 tháng 12 năm 2022",
        "CHỦ TỊCH ỦY BAN NHÂN DÂN XÃ ĐỒNG LIÊN",
        "Biên bản họp ngày 02 tháng 12 năm 2022 và của Văn phòng HĐND và UBND xã.",
        "Điều 1. Khen thưởng 02 tập thể, 05 hộ gia đình và 39 cá nhân có thành tích xuất sắc",
        "tặng Giấy khen của Chủ tịch Ủy ban nhân dân xã cho 02 tập thể, 05 hộ gia đình và 15 cá nhân; "
        "công nhận danh hiệu “Lao động tiên tiến” cho 24 cá nhân (có danh sách kèm theo).",
        "chịu trách nhiệm thi hành Quyết định này./.",
        "- Như Điều 3; - UBND thành phố Thái Nguyên (B/c);",
        "- Lưu: VT.",
        "Nguyễn Đức Hải",
    ):
        assert text in first
    assert "TM." not in first


def test_the_list_groups_households_collectives_and_individuals_under_their_award() -> None:
    text = " ".join(made(sample("decision"))[1:])
    headings = [
        "I. Tặng Giấy khen của Chủ tịch Ủy ban nhân dân xã",
        "1. Tập thể",
        "Tên tập thể",
        "2. Hộ gia đình",
        "Họ và tên chủ hộ",
        "3. Cá nhân",
        "II. Công nhận danh hiệu “Lao động tiên tiến”",
        "Danh sách này có 02 tập thể, 05 hộ gia đình và 39 cá nhân./.",
    ]
    places = [text.index(heading) for heading in headings]
    assert places == sorted(places)
    collectives = text[text.index("1. Tập thể") : text.index("2. Hộ gia đình")]
    assert "Giới tính" not in collectives


def test_a_list_of_46_names_runs_over_pages_in_order_with_its_head_on_each() -> None:
    payload = sample("decision")
    names = [line["name"] for group in payload["data"]["groups"] for line in group["lines"]]
    assert len(names) == 46
    read = made(payload)
    text, position = " ".join(read[1:]), 0
    for name in names:
        position = text.index(name, position)
    assert len(read) == 4
    assert [("Năm sinh" in page) for page in read] == [False, True, True, True]
    assert [page.startswith(f"{number} ") for number, page in enumerate(read, start=1)] == [
        False,
        True,
        True,
        True,
    ]


def test_the_proposal_is_the_committees_and_its_wide_list_lies_down() -> None:
    content = papers.render("proposal", sample("proposal"), draft=False, timestamp=NOON)
    text = " ".join(pages(content))
    assert "Số: 15/TTr-UBND" in text
    assert "Kính gửi: - Ủy ban nhân dân thành phố Thái Nguyên; - Hội đồng Thi đua - Khen thưởng" in text
    assert "họp ngày 02 tháng 12 năm 2022 và ngày 09 tháng 12 năm 2022 và thông qua 10 trường hợp" in text
    assert "TM. ỦY BAN NHÂN DÂN KT. CHỦ TỊCH PHÓ CHỦ TỊCH" in text
    sizes = [
        (round(page.mediabox.width), round(page.mediabox.height))
        for page in PdfReader(io.BytesIO(content)).pages
    ]
    assert sizes[:3] == [(595, 842), (595, 842), (842, 595)]


def test_the_units_minutes_count_silence_and_give_reasons() -> None:
    text = " ".join(made(sample("review_minutes"), "review_minutes"))
    assert "Số:" not in text
    assert "có mặt 20/22 người; vắng mặt: Hoàng Minh Tuấn (đi công tác); Đỗ Văn Long (nghỉ ốm)." in text
    assert "18 1 1 90% Trả lại để bổ sung: thiếu giấy chứng nhận sáng kiến" in text
    assert "Không đề nghị: không đạt quá nửa số người dự họp" in text
    assert "đề nghị khen thưởng 16 trường hợp; trả lại 01 trường hợp để bổ sung; không đề nghị 01" in text
    assert "THƯ KÝ Phạm Thu Hà CHỦ TRÌ Trần Thị Mai Lan" in text


def test_the_sessions_minutes_name_recusals_rules_and_who_was_silent() -> None:
    text = " ".join(made(sample("session_minutes"), "session_minutes"))
    assert "Số: 03/BB-HĐTĐKT" in text
    assert "Tổng số thành viên Hội đồng: 11; có mặt: 09; cho ý kiến bằng văn bản: 01" in text
    assert "Ông (bà) Vũ Thị Hòa không tham gia biểu quyết đối với" in text
    assert "trên 1/2 tổng số thành viên Hội đồng đồng ý." in text
    assert (
        "Việc biểu quyết do Chủ tịch Hội đồng kết thúc khi còn thành viên chưa biểu quyết: Lý Thanh Sơn."
        in text
    )
    assert "9/11 (81,8%) Đạt" in text
    assert "5/11 (45,5%) Không đạt" in text


@pytest.mark.parametrize(
    ("block", "mode", "lines"),
    [
        ("chairman", "CT", "CHỦ TỊCH"),
        ("chairman", "KT", "KT. CHỦ TỊCH PHÓ CHỦ TỊCH"),
        ("committee", "CT", "TM. ỦY BAN NHÂN DÂN CHỦ TỊCH"),
        ("committee", "KT", "TM. ỦY BAN NHÂN DÂN KT. CHỦ TỊCH PHÓ CHỦ TỊCH"),
        ("council", "CT", "TM. HỘI ĐỒNG CHỦ TỊCH"),
    ],
)
def test_the_signature_block_follows_the_power_used(block: str, mode: str, lines: str) -> None:
    signature = {"block": block, "mode": mode, "name": "Tạ Văn Ẩn"}
    assert f"- Lưu: VT. {lines} Tạ Văn Ẩn" in " ".join(made(sample("decision", signature=signature)))


@pytest.mark.parametrize(
    ("number", "shown"), [(1, "01"), ("9", "09"), (10, "10"), (118, "118"), ("12a", "12a")]
)
def test_numbers_below_ten_are_padded(number: int | str, shown: str) -> None:
    read = made(sample("decision", number=number))
    assert f"Số: {shown}/QĐ-UBND" in read[0]
    assert f"Kèm theo Quyết định số {shown}/QĐ-UBND ngày 05 tháng 12 năm 2022" in read[1]


def test_final_signs_are_the_layouts_also_when_the_wording_has_them() -> None:
    payload = sample("decision")
    payload["wording"]["grounds"] = ["Căn cứ Luật A;", "Căn cứ Luật B."]
    payload["wording"]["articles"][-1] = "Quyết định này có hiệu lực kể từ ngày ký./."
    payload["wording"]["recipients"] = ["Như Điều 3;", "Lưu: VT."]
    first = made(payload)[0]
    assert "Căn cứ Luật A; Căn cứ Luật B. QUYẾT ĐỊNH:" in first
    assert (
        "Điều 3. Quyết định này có hiệu lực kể từ ngày ký./. Nơi nhận: - Như Điều 3; - Lưu: VT. CHỦ TỊCH"
        in first
    )


def test_a_typed_subject_takes_the_place_of_the_wordings() -> None:
    read = made(sample("decision", subject="Về việc khen thưởng **đột xuất** {{commune}}"))
    assert "Về việc khen thưởng **đột xuất** {{commune}}" in read[0]


# how they are made


@pytest.mark.parametrize("kind", papers.KINDS)
def test_same_input_same_bytes(kind: str) -> None:
    first = papers.render(kind, sample(kind), draft=False, timestamp=NOON)
    assert papers.render(kind, sample(kind), draft=False, timestamp=NOON) == first
    assert papers.render(kind, sample(kind), draft=False, timestamp=NOON + 60) != first


@pytest.mark.parametrize("kind", papers.KINDS)
def test_a_paper_is_archival_accessible_and_carries_only_tinos(kind: str) -> None:
    content = papers.render(kind, sample(kind), draft=False, timestamp=NOON)
    with pikepdf.open(io.BytesIO(content)) as pdf:
        metadata = str(pdf.open_metadata())
        assert "<pdfaid:part>2</pdfaid:part>" in metadata
        assert "<pdfaid:conformance>A</pdfaid:conformance>" in metadata
        assert "<pdfuaid:part>1</pdfuaid:part>" in metadata
        assert str(pdf.Root.Lang).startswith("vi")
        fonts = {
            str(o.BaseFont) for o in pdf.objects if isinstance(o, pikepdf.Dictionary) and "/BaseFont" in o
        }
    assert fonts
    assert {font.split("+")[-1].split("-")[0] for font in fonts} == {"Tinos"}


@pytest.mark.parametrize("kind", papers.KINDS)
def test_a_draft_is_marked_and_needs_no_number_yet(kind: str) -> None:
    draft = made(sample(kind, number=None, issued_on=None), kind, draft=True)
    assert all("DỰ THẢO" in page for page in draft)
    assert "ngày tháng năm 2022" in draft[0]
    assert not any("DỰ THẢO" in page for page in made(sample(kind), kind))


def test_a_final_decision_needs_number_date_and_signer() -> None:
    nobody = {"block": "chairman", "mode": "CT", "name": " "}
    for changes, field in (
        ({"number": None}, "number"),
        ({"issued_on": None}, "issued_on"),
        ({"signature": nobody}, "signature.name"),
    ):
        with pytest.raises(papers.PaperDataError) as raised:
            made(sample("decision", **changes))
        assert raised.value.field == field


@pytest.mark.parametrize("extra", range(0, 22, 3))
def test_a_signature_never_stands_alone_on_a_page(extra: int) -> None:
    payload = sample("decision")
    payload["wording"]["articles"][1] += "\nMột dòng thêm." * extra
    read = made(payload)
    signed = next(page for page in read if "Nguyễn Đức Hải" in page)
    assert "chịu trách nhiệm thi hành Quyết định này./." in signed
    assert "Nơi nhận:" in signed


def test_all_134_vietnamese_letters_are_set_in_the_four_faces() -> None:
    letters = vietnamese_letters()
    assert len(letters) == 134
    all_of_them = "".join(letters)
    payload = sample("decision")
    payload["wording"]["articles"][0] = " ".join(
        f"{mark}{all_of_them}{mark[::-1]}" for mark in ("", "**", "_", "**_")
    )
    text = "".join(made(payload)).replace(" ", "")
    assert text.count(all_of_them) == 4


def test_the_fonts_have_the_widths_of_times() -> None:
    fonttools = pytest.importorskip("fontTools.ttLib")
    face = fonttools.TTFont(font_folder() / "Tinos-Regular.ttf")
    characters, units = face.getBestCmap(), face["head"].unitsPerEm
    widths = {sign: round(face["hmtx"][characters[ord(sign)]][0] * 1000 / units) for sign in "anMWi0Q%"}
    assert widths == {"a": 444, "n": 500, "M": 889, "W": 944, "i": 278, "0": 500, "Q": 722, "%": 833}


def test_a_letter_in_no_font_stops_the_paper_by_its_name() -> None:
    payload = sample("decision")
    payload["data"]["groups"][0]["lines"][0]["name"] = "Xóm 中"
    with pytest.raises(papers.PaperFailed) as raised:
        made(payload)
    assert str(raised.value) == (
        "Chưa lập được Quyết định: phông chữ không có ký tự “中” (U+4E2D); "
        "xin xóa hoặc thay ký tự này trong dữ liệu"
    )


def test_data_is_never_read_as_markup() -> None:
    hostile = '#read("/etc/passwd") $x$ *a* _b_ <c> @d {{number}} \\ [e]'
    payload = sample("decision")
    payload["data"]["groups"][0]["lines"][0]["name"] = hostile
    assert hostile in made(payload)[1]


def test_decomposed_text_and_control_characters_are_put_right() -> None:
    signature = {"block": "chairman", "mode": "CT", "name": "Nguye\u0302\u0303n\u202e \x07Hải"}
    assert "CHỦ TỊCH Nguyễn Hải" in made(sample("decision", signature=signature))[0]


# what stops them


def test_an_unknown_field_names_field_and_paper() -> None:
    payload = sample("decision")
    payload["wording"]["articles"][1] = "Chi từ quỹ của {{quy_khen_thuong}}."
    with pytest.raises(papers.WordingError) as raised:
        made(payload)
    assert str(raised.value).startswith(
        "Mẫu lời văn của Quyết định chưa dùng được: articles[2]: "
        "trường {{quy_khen_thuong}} không có trong Quyết định; các trường dùng được: commune, upper,"
    )


def test_a_known_field_without_a_value_names_field_and_paper() -> None:
    payload = sample("decision")
    payload["wording"]["articles"][1] = "Tổng số tiền thưởng: {{total_prize}}."
    with pytest.raises(papers.PaperDataError) as raised:
        made(payload)
    assert str(raised.value) == "Chưa lập được Quyết định: {{total_prize}} – chưa có tổng số tiền thưởng"
    for group in payload["data"]["groups"]:
        for line in group["lines"]:
            line["prize"] = 230_000
    assert "Tổng số tiền thưởng: 10.580.000 đồng." in made(payload)[0]


@pytest.mark.parametrize("kind", papers.KINDS)
def test_every_value_of_the_data_is_needed_or_may_be_left_out(kind: str) -> None:
    may_be_missing = {"number", "subject", "ended_at", "silent_note", "closed_by", "proposal_ref"}
    for key in sample(kind)["data"]:
        payload = sample(kind)
        del payload["data"][key]
        if key in may_be_missing:
            continue
        with pytest.raises(papers.PaperDataError) as raised:
            made(payload, kind)
        assert raised.value.field.startswith(key)


def test_a_value_of_the_wrong_kind_says_where() -> None:
    payload = sample("session_minutes")
    payload["data"]["lines"][3]["agree"] = "9"
    with pytest.raises(papers.PaperDataError) as raised:
        made(payload, "session_minutes")
    assert str(raised.value) == (
        "Chưa lập được Biên bản họp Hội đồng: lines.4.agree – thiếu hoặc sai kiểu dữ liệu"
    )


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"cast": 8}, "cộng các loại phiếu được 9, số phiếu thu về 8"),
        ({"entitled": 8}, "9 phiếu thu về nhưng chỉ 8 thành viên được biểu quyết"),
        ({"recused": 2}, "10 được biểu quyết + 2 không tham gia > 11 thành viên"),
        ({"denominator": 8}, "9 phiếu đồng ý trên 8"),
        ({"needed": 10}, "ghi đạt nhưng 9 phiếu đồng ý ít hơn 10 phiếu cần thiết"),
        (
            {"outcome": "failed"},
            "ghi không đạt nhưng 9 phiếu đồng ý đã đủ 6 phiếu cần thiết, không ghi lý do",
        ),
        ({"outcome": "tie"}, "kết quả ngang phiếu chưa được Chủ tịch Hội đồng quyết định"),
    ],
)
def test_a_wrong_sum_of_a_session_stops_its_minutes(changes: dict[str, Any], reason: str) -> None:
    payload = sample("session_minutes")
    line = payload["data"]["lines"][0]
    line.update(changes)
    with pytest.raises(papers.BallotMismatch) as raised:
        made(payload, "session_minutes")
    assert str(raised.value) == (
        f"Chưa lập được Biên bản họp Hội đồng: số liệu biểu quyết của {line['name']} không khớp ({reason})."
    )


def test_the_chairs_casting_vote_explains_a_pass_below_the_number() -> None:
    payload = sample("session_minutes")
    payload["data"]["lines"][0].update(needed=10, casting_reason="ý kiến quyết định của Chủ tịch Hội đồng")
    assert "Đạt: ý kiến quyết định của Chủ tịch Hội đồng" in " ".join(made(payload, "session_minutes"))


def test_minutes_may_not_call_a_quorum_met_that_was_not() -> None:
    payload = sample("session_minutes", quorum={"needed": 11, "met": True})
    with pytest.raises(papers.BallotMismatch):
        made(payload, "session_minutes")


@pytest.mark.parametrize(
    ("changes", "of_line"),
    [
        ({"present": 23}, {}),
        ({"present": 21}, {}),
        ({}, {"agree": 20, "disagree": 1}),
        ({}, {"recused": 1}),
        ({}, {"outcome": "refused", "reason": ""}),
    ],
)
def test_a_wrong_sum_of_a_units_meeting_stops_its_minutes(
    changes: dict[str, Any], of_line: dict[str, Any]
) -> None:
    payload = copy.deepcopy(sample("review_minutes", **changes))
    payload["data"]["lines"][0].update(of_line)
    with pytest.raises(papers.BallotMismatch):
        made(payload, "review_minutes")


def test_a_list_may_not_show_more_agreeing_votes_than_votes() -> None:
    payload = sample("proposal")
    payload["data"]["groups"][0]["lines"][0].update(votes_agree=12, votes_total=11)
    with pytest.raises(papers.BallotMismatch, match="12 phiếu đồng ý trên 11 phiếu"):
        made(payload, "proposal")


def test_what_stops_a_paper_can_be_known_before_it_is_set() -> None:
    payload = sample("session_minutes")
    papers.check("session_minutes", payload, draft=False)
    payload["data"]["lines"][0]["cast"] = 8
    with pytest.raises(papers.BallotMismatch):
        papers.check("session_minutes", payload, draft=True)


def test_an_unknown_kind_is_said() -> None:
    with pytest.raises(papers.PaperFailed, match="không có loại văn bản này"):
        papers.render("giay_moi", {}, draft=True, timestamp=NOON)


# wordings


@pytest.mark.parametrize("kind", papers.KINDS)
def test_the_sample_wordings_may_be_used(kind: str) -> None:
    assert papers.check_wording(kind, sample(kind)["wording"]) == []


def test_every_fault_of_a_wording_is_found_at_once() -> None:
    wording = sample("decision")["wording"]
    del wording["order"]
    wording["footer"] = "x"
    wording["subject"] = "**Về việc {{nam}}"
    wording["grounds"][0] = "_Căn cứ {{year"
    wording["list"]["columns"] = ["prize", "cccd"]
    found = papers.check_wording("decision", wording)
    assert [re.sub(r"; (các|chọn).*", "", finding) for finding in found] == [
        "list.columns.2: “cccd” không dùng được",
        "mẫu: thiếu phần “order”",
        "mẫu: không có phần nào tên “footer”",
        "subject: trường {{nam}} không có trong Quyết định",
        "subject: dấu ** (in đậm) không thành cặp",
        "grounds[1]: dấu ngoặc {{ }} không thành cặp",
        "grounds[1]: dấu _ (in nghiêng) không thành cặp",
    ]


def test_minutes_without_the_results_may_not_be_used() -> None:
    wording = sample("review_minutes")["wording"]
    for section in wording["sections"]:
        section.pop("insert", None)
    assert papers.check_wording("review_minutes", wording) == [
        'không có mục nào đặt "insert": "results" để in kết quả biểu quyết'
    ]


# Vietnamese


def test_dates_hours_money_and_counts_are_written_as_officials_do() -> None:
    assert date_text(date(2023, 1, 5)) == "ngày 05 tháng 01 năm 2023"
    assert date_text(date(2022, 3, 15)) == "ngày 15 tháng 3 năm 2022"
    assert time_text(datetime(2022, 12, 2, 8, 5)) == "08 giờ 05 phút"  # noqa: DTZ001 - a local hour as typed
    assert (padded(0), padded(9), padded(10)) == ("00", "09", "10")
    assert money_text(9_200_000) == "9.200.000"
    assert (percent_text(10, 11), percent_text(8, 8), percent_text(1, 3), percent_text(0, 0)) == (
        "90,9%",
        "100%",
        "33,3%",
        "–",
    )
    assert [joined(parts) for parts in ([], ["a"], ["a", "b"], ["a", "b", "c"])] == [
        "",
        "a",
        "a và b",
        "a, b và c",
    ]
    assert counts_text(["individual", "household", "individual"]) == "01 hộ gia đình và 02 cá nhân"
    assert [roman(number) for number in (1, 4, 9, 14, 40)] == ["I", "IV", "IX", "XIV", "XL"]
