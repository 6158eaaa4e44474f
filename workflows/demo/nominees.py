"""The nominees of the demo season of 2022. Everybody is invented and says so (domain.md §12)."""

from __future__ import annotations

from typing import Any

from workflows.fixtures.people_2022 import FICTITIOUS

Row = dict[str, Any]

YEAR = 2022
OFFICE_LDTT = ("CT", "DU", "VP", "TCKT", "VHTT", *(f"CB{number:02d}" for number in range(1, 14)))
"""The 18 of the commune's office who are put forward as advanced workers."""

BODIES_LDTT = ("ND", "PN", "CCB", "DTN")
FIGHTERS = ("VHTT", "CB01", "CB02")
"""Three grassroots emulation fighters: the cap of 15 % of 24 advanced workers."""

RECRUITED_LATE = "CB13"


def advanced_worker(person_id: str, *, months: int = 60) -> Row:
    """A row of the list for Lao động tiên tiến of a person of the commune."""
    return {
        "award": "LDTT",
        "merit_kind": "thuong_xuyen",
        "subject_kind": "individual",
        "achievement_year": YEAR,
        "person_id": person_id,
        "months_in_service": months,
        "direct_worker": False,
        "merit_summary": "Hoàn thành tốt nhiệm vụ được giao năm 2022, tích cực tham gia phong trào thi đua.",
    }


def fighter(person_id: str, initiative: str) -> Row:
    """A row for Chiến sĩ thi đua cơ sở with its initiative."""
    return {
        **advanced_worker(person_id),
        "award": "CSTDCS",
        "merit_summary": f"Lao động tiên tiến năm 2022; có sáng kiến “{initiative}” được công nhận, áp dụng.",
        "initiative_name": initiative,
        "initiative_number": "12/QĐ-HĐSK (hư cấu)",
        "initiative_year": YEAR,
    }


INITIATIVES = {
    "VHTT": "Bản tin truyền thanh số theo xóm",
    "CB01": "Phiếu theo dõi kiến nghị cử tri dùng chung",
    "CB02": "Lịch tiếp dân trực tuyến",
}


def household(name: str, hamlet: int, summary: str, *, hardship: bool = False, **more: Any) -> Row:
    """A row for a household's Giấy khen of the commune's chairman."""
    return {
        "award": "GK_XA",
        "merit_kind": "chuyen_de",
        "subject_kind": "household",
        "achievement_year": YEAR,
        "subject_name": f"{name} {FICTITIOUS}",
        "address": f"Xóm Mẫu {hamlet}, xã Đồng Liên",
        "direct_worker": True,
        "hardship_area": hardship,
        "merit_summary": summary,
        **more,
    }


def individual(name: str, position: str, summary: str, *, born: int, gender: str, **more: Any) -> Row:
    """A row for an individual's Giấy khen of the commune's chairman."""
    return {
        "award": "GK_XA",
        "merit_kind": "chuyen_de",
        "subject_kind": "individual",
        "achievement_year": YEAR,
        "subject_name": f"{name} {FICTITIOUS}",
        "position": position,
        "born_year": born,
        "gender": gender,
        "direct_worker": True,
        "merit_summary": summary,
        **more,
    }


def collective(name: str, summary: str, *, members: int, **more: Any) -> Row:
    """A row for a collective's Giấy khen of the commune's chairman."""
    return {
        "award": "GK_XA",
        "merit_kind": "chuyen_de",
        "subject_kind": "collective",
        "achievement_year": YEAR,
        "subject_name": f"{name} {FICTITIOUS}",
        "total_members": members,
        "merit_summary": summary,
        **more,
    }


FARMING = "PT18"
ROADS = "PT16"
TREES = "PT12"
FIRE = "PT13"
POOR = "PT05"
DIGITAL = "PT02"
PANDEMIC = "PT03"

FARMER_HOUSEHOLD = household(
    "Ông Hà Văn Mẫu", 4,
    "Hộ nông dân sản xuất, kinh doanh giỏi cấp xã; nuôi 2.000 gà thịt, giúp 03 hộ cùng xóm về giống và vốn.",
)  # fmt: skip
FARMER_WORKER = {
    **individual("Lương Văn Thảo", "Nông dân", "Chuyển đổi 1,2 ha lúa kém hiệu quả sang trồng rau an toàn.",
                 born=1975, gender="male"),
    "award": "LDTT", "merit_kind": "thuong_xuyen", "months_in_service": 120,
}  # fmt: skip
HAMLET_1 = (
    household("Bà Nguyễn Thị Nhàn", 1, "Hiến 120 m² đất mở rộng đường xóm, vận động 08 hộ cùng hiến đất."),
    individual("Dương Văn Tuấn", "Tổ trưởng tổ tự quản đường giao thông", "Giữ đường xóm sáng, xanh, sạch.",
               born=1970, gender="male"),
    collective("Tổ tự quản đường xóm Mẫu 1", "Hoàn thành 600 m đường bê tông trước thời hạn 02 tháng.",
               members=14),
)  # fmt: skip
HAMLET_2 = (
    household("Ông Hoàng Văn Lợi", 2, "Trồng mới 1,5 ha rừng, hướng dẫn kỹ thuật cho 05 hộ.", hardship=True),
    individual("Ngô Thị Tâm", "Cộng tác viên dân số", "Vận động 100% hộ trong xóm tham gia bảo hiểm y tế.",
               born=1984, gender="female"),
)  # fmt: skip
HAMLET_3 = (
    household("Ông Nguyễn Văn Quế", 3, "Mô hình ao – chuồng đem lại thu nhập 180 triệu đồng/năm."),
    household("Bà Trần Thị Lụa", 3, "Nuôi ong lấy mật, tạo việc làm cho 04 lao động."),
    individual("Lê Văn Sáng", "Đội viên dân phòng", "Kịp thời dập tắt 02 đám cháy nhỏ trong xóm.",
               born=1990, gender="male"),
    individual("Vũ Thị Mận", "Chi hội trưởng phụ nữ", "Giúp 06 hộ nghèo vay vốn, 02 hộ thoát nghèo.",
               born=1979, gender="female"),
)  # fmt: skip
HAMLET_5 = (
    household("Ông Lê Văn Thức", 5, "Hộ sản xuất chè an toàn, liên kết tiêu thụ cho 10 hộ."),
    individual("Phùng Thị Sen", "Chi hội trưởng nông dân", "Vận động 15 hộ chuyển đổi số trong bán hàng.",
               born=1982, gender="female"),
    collective("Chi hội Phụ nữ xóm Mẫu 5", "Duy trì đoạn đường hoa 700 m, quỹ tiết kiệm 25 triệu đồng.",
               members=46),
)  # fmt: skip
HAMLET_6 = (
    individual("Đào Văn Tiến", "Tổ trưởng tổ COVID cộng đồng", "Trực 90 ca, hỗ trợ 32 hộ cách ly tại nhà.",
               born=1968, gender="male"),
    household("Bà Triệu Thị Hương", 6, "Nhận đỡ đầu 02 học sinh mồ côi, ủng hộ quỹ Vì người nghèo."),
)  # fmt: skip
HAMLET_7 = (
    household("Ông Vi Văn Sơn", 7, "Cải tạo vườn tạp, thu nhập tăng gấp đôi."),
    individual("Hoàng Thị Yên", "Người dân xóm Mẫu 7", "Báo tin giúp Công an bắt đối tượng trộm cắp.",
               born=1988, gender="female"),
)  # fmt: skip
RESCUER = individual(
    "Phùng Văn Dũng", "Người dân xóm Mẫu 8", "Cứu 02 cháu nhỏ đuối nước tại sông Cầu ngày 11/12/2022.",
    born=1995, gender="male", merit_kind="dot_xuat",
)  # fmt: skip
TEACHER = {
    **individual("Nguyễn Thị Thu Hiền", "Giáo viên Trường Tiểu học",
                 "Lao động tiên tiến; sáng kiến dạy Tiếng Việt lớp 1.", born=1986, gender="female"),
    "award": "CSTDCS", "merit_kind": "thuong_xuyen", "months_in_service": 90, "initiative_name": "Dạy vần",
    "initiative_year": YEAR,
}  # fmt: skip
