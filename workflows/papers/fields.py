"""The fields a wording may name, for each kind of paper, and their values from the paper's data."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from itertools import groupby
from typing import Any

from engine.errors import N_
from workflows.papers.vietnamese import counts_text, date_text, joined, money_text, padded, time_text

Data = Mapping[str, Any]
Values = dict[str, str | None]

KIND_NAMES = {
    "review_minutes": N_("Biên bản bình xét"),
    "session_minutes": N_("Biên bản họp Hội đồng"),
    "ballot_minutes": N_("Biên bản kiểm phiếu"),
    "proposal": N_("Tờ trình"),
    "decision": N_("Quyết định"),
}
COMMON = {
    "commune": N_("tên xã, ví dụ “xã Đồng Liên”"),
    "upper": N_("tên cấp trên, ví dụ “thành phố Thái Nguyên”"),
    "issuer": N_("cơ quan ban hành"),
    "parent": N_("cơ quan chủ quản"),
    "place": N_("địa danh"),
    "number": N_("số văn bản"),
    "symbol": N_("ký hiệu văn bản"),
    "issued_on": N_("ngày ban hành"),
    "year": N_("năm ban hành"),
    "achievement_year": N_("năm đạt thành tích"),
    "subject": N_("trích yếu của văn bản"),
    "signer": N_("người ký"),
}
LISTED = {
    "counts": N_("số tập thể, hộ gia đình, cá nhân"),
    "acts": N_("hình thức khen thưởng kèm số lượng"),
    "awards": N_("các hình thức khen thưởng, danh hiệu"),
    "total": N_("tổng số trường hợp"),
    "total_prize": N_("tổng số tiền thưởng"),
    "session_dates": N_("ngày họp Hội đồng"),
    "proposal_ref": N_("số, ngày của tờ trình hoặc văn bản đề nghị"),
}
MEETING = {
    "held_on": N_("ngày họp"),
    "start_time": N_("giờ bắt đầu"),
    "end_time": N_("giờ kết thúc"),
    "venue": N_("địa điểm họp"),
    "chair": N_("người chủ trì"),
    "secretary": N_("thư ký"),
    "present": N_("số người có mặt"),
    "absent": N_("số người vắng mặt"),
    "absent_names": N_("tên, lý do người vắng mặt"),
    "total": N_("số trường hợp được xét"),
    "passed_count": N_("số trường hợp đạt"),
    "returned_count": N_("số trường hợp trả lại để bổ sung"),
    "counts": N_("số tập thể, hộ gia đình, cá nhân được xét"),
}
SESSION = {
    "members": N_("tổng số thành viên Hội đồng"),
    "written": N_("số thành viên cho ý kiến bằng văn bản"),
    "remote": N_("số thành viên dự trực tuyến, đã tính trong số có mặt"),
    "quorum_needed": N_("số thành viên tối thiểu để họp"),
    "vote_mode": N_("cách biểu quyết"),
    "failed_count": N_("số trường hợp không đạt"),
    "silent_names": N_("thành viên chưa biểu quyết khi kết thúc"),
}
BALLOT_BOX = {
    "tellers": N_("họ tên ban kiểm phiếu"),
    "issued": N_("số phiếu phát ra"),
    "returned": N_("số phiếu thu về"),
    "not_returned": N_("số phiếu không thu về"),
    "letters": N_("số ý kiến bằng văn bản"),
    "box_code": N_("mã hòm phiếu"),
    "box_root": N_("mã gốc của bảng công bố"),
    "box_sum": N_("đối chiếu số thành viên với số phiếu"),
}
FIELDS: dict[str, dict[str, str]] = {
    "review_minutes": {
        **COMMON,
        **MEETING,
        "unit": N_("đơn vị bình xét"),
        "invited": N_("số người được mời"),
        "refused_count": N_("số trường hợp không được đề nghị"),
    },
    "session_minutes": {**COMMON, **MEETING, **SESSION},
    "ballot_minutes": {**COMMON, **MEETING, **SESSION, **BALLOT_BOX},
    "proposal": {**COMMON, **LISTED},
    "decision": {**COMMON, **LISTED},
}
LIST_COLUMNS = {
    "gender": N_("Giới tính"),
    "born_year": N_("Năm sinh"),
    "position": N_("Chức vụ, đơn vị"),
    "rating": N_("Mức xếp loại năm"),
    "achievement": N_("Tóm tắt thành tích"),
    "initiative": N_("Sáng kiến (tên, số quyết định công nhận)"),
    "earlier_awards": N_("Danh hiệu, hình thức đã được tặng"),
    "award": N_("Hình thức đề nghị"),
    "votes": N_("Số phiếu đồng ý/tổng số"),
    "prize": N_("Mức tiền thưởng (đồng)"),
    "note": N_("Ghi chú"),
}
VOTE_MODES = {
    "open": N_("biểu quyết công khai, ghi tên từng thành viên"),
    "recorded": N_("biểu quyết do thư ký ghi kết quả"),
    "secret": N_("bỏ phiếu kín trên phần mềm, phiếu niêm phong trước khi lưu"),
}
BLANK = "……"


def values_of(kind: str, data: Data) -> Values:
    """Return the value of every field of `FIELDS[kind]` but `subject`; None where the data has none."""
    values = _common(data)
    if kind in ("proposal", "decision"):
        return values | _listed(data)
    if kind == "review_minutes":
        return values | _meeting(data) | _review(data)
    return values | _meeting(data) | _session(data) | _ballot_box(data)


def award_groups(groups: Iterable[Data]) -> list[tuple[str, str, list[Data]]]:
    """Return (act, award name, groups) for each run of neighbouring groups of the same award."""
    by_award = groupby(groups, key=lambda group: (group["act"], group["award_name"]))
    return [(act, award, list(found)) for (act, award), found in by_award]


def one_line(text: str) -> str:
    """Return a head's text without the bars that mark its line breaks."""
    return " ".join(part.strip() for part in text.split("|")).strip()


def _common(data: Data) -> Values:
    head, number, issued_on = data["head"], data.get("number"), data.get("issued_on")
    year = str(data["year"])
    return {
        "commune": data["commune"],
        "upper": data["upper"],
        "issuer": one_line(head["issuer"]),
        "parent": one_line(head["parent"]),
        "place": head["place"],
        "number": BLANK if number in (None, "") else padded(number),
        "symbol": data["symbol"],
        "issued_on": _day(issued_on) if issued_on else f"ngày {BLANK} tháng {BLANK} năm {year}",
        "year": year,
        "achievement_year": str(data["achievement_year"]),
        "signer": data["signature"]["name"] if "signature" in data else data.get("chair"),
    }


def _listed(data: Data) -> Values:
    groups = data["groups"]
    lines = [line for group in groups for line in group["lines"]]
    prizes = [line.get("prize") for line in lines]
    acts = [
        f"{act[:1].lower()}{act[1:]} {award} cho {counts_text(_kinds(found))}"
        for act, award, found in award_groups(groups)
    ]
    total_prize = None if None in prizes else f"{money_text(sum(prizes))} đồng"
    return {
        "counts": counts_text(_kinds(groups)),
        "acts": "; ".join(acts),
        "awards": joined([award for _, award, _ in award_groups(groups)]),
        "total": padded(len(lines)),
        "total_prize": total_prize,
        "session_dates": joined([_day(day) for day in data["session_dates"]]) or None,
        "proposal_ref": data.get("proposal_ref") or None,
    }


def _meeting(data: Data) -> Values:
    start = datetime.fromisoformat(data["held_at"])
    end = data.get("ended_at")
    lines = data["lines"]
    return {
        "held_on": date_text(start.date()),
        "start_time": time_text(start),
        "end_time": time_text(datetime.fromisoformat(end)) if end else f"{BLANK} giờ {BLANK} phút",
        "venue": data["venue"],
        "chair": data["chair"],
        "secretary": data["secretary"],
        "total": padded(len(lines)),
        "counts": counts_text(line["subject_kind"] for line in lines),
        **{
            f"{outcome}_count": padded(sum(line["outcome"] == outcome for line in lines))
            for outcome in ("passed", "returned")
        },
    }


def _review(data: Data) -> Values:
    return {
        "unit": data["unit"],
        "invited": padded(data["invited"]),
        "present": padded(data["present"]),
        "absent": padded(data["invited"] - data["present"]),
        "absent_names": _named(data["absent"]),
        "refused_count": padded(sum(line["outcome"] == "refused" for line in data["lines"])),
    }


def _session(data: Data) -> Values:
    members = data["members"]
    states = [member["state"] for member in members]
    return {
        "members": padded(len(members)),
        "present": padded(states.count("present") + states.count("remote")),
        "remote": padded(states.count("remote")),
        "absent": padded(states.count("absent")),
        "written": padded(states.count("written")),
        "absent_names": _named([member for member in members if member["state"] == "absent"]),
        "quorum_needed": padded(data["quorum"]["needed"]),
        "vote_mode": VOTE_MODES[data["vote_mode"]],
        "failed_count": padded(sum(line["outcome"] == "failed" for line in data["lines"])),
        "silent_names": "; ".join(data["silent"]) or "không",
    }


def _ballot_box(data: Data) -> Values:
    """The figures of a sealed box; nothing of a session that did not vote in one."""
    box = data.get("box")
    if not box:
        return {}
    return {
        "tellers": "; ".join(box["tellers"]),
        **{name: padded(box[name]) for name in ("issued", "returned", "not_returned", "letters")},
        "box_code": box["code"],
        "box_root": " ".join(box["root"][start : start + 8] for start in range(0, len(box["root"]), 8)),
        "box_sum": box_sum(data),
    }


def box_sum(data: Data) -> str:
    """Where every member's voice is: "11 thành viên = 8 phiếu thu về + 1 … + 2 ý kiến bằng văn bản"."""
    box, absent = data["box"], sum(member["state"] == "absent" for member in data["members"])
    parts = [f"{box['returned']} phiếu thu về", f"{box['not_returned']} phiếu không thu về"]
    parts += [f"{box['letters']} ý kiến bằng văn bản"] if box["letters"] else []
    parts += [f"{absent} vắng mặt"] if absent else []
    parts += [f"{box['without_ballot']} không có phiếu"] if box["without_ballot"] else []
    return f"{len(data['members'])} thành viên = " + " + ".join(parts)


def _kinds(groups: Iterable[Data]) -> list[str]:
    return [group["subject_kind"] for group in groups for _ in group["lines"]]


def _named(people: Iterable[Data]) -> str:
    shown = [f"{p['name']} ({p['reason']})" if p.get("reason") else p["name"] for p in people]
    return "; ".join(shown) or "không"


def _day(text: str) -> str:
    return date_text(date.fromisoformat(text))
