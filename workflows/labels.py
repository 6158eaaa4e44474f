"""What people read for every code: Vietnamese, marked for translation, in one place."""

from __future__ import annotations

from engine.errors import N_

ROLE_LABELS: dict[str, str] = {
    "nominator": N_("Người lập hồ sơ"),
    "unit_head": N_("Lãnh đạo đơn vị"),
    "standing_office": N_("Thường trực Hội đồng (Văn phòng HĐND và UBND)"),
    "council_chair": N_("Chủ tịch Hội đồng"),
    "council_member": N_("Thành viên Hội đồng"),
    "chairman": N_("Chủ tịch UBND xã"),
    "clerk": N_("Văn thư"),
    "city_desk": N_("Phòng Nội vụ thành phố"),
    "inspector": N_("Thanh tra, giám sát"),
    "administrator": N_("Quản trị hệ thống"),
    "publicity": N_("Công chức Văn hóa và Thông tin"),
}

STAGE_LABELS: dict[str, str] = {
    "draft": N_("Nháp"),
    "unit_review": N_("Chờ bình xét tại đơn vị"),
    "office_received": N_("Chờ Thường trực Hội đồng tiếp nhận"),
    "appraisal": N_("Đang thẩm định"),
    "supplement": N_("Chờ bổ sung hồ sơ"),
    "council": N_("Chờ Hội đồng xét"),
    "paper": N_("Trình Chủ tịch UBND xã"),
    "city": N_("Đã đề nghị cấp trên"),
    "city_returned": N_("Cấp trên yêu cầu bổ sung"),
    "awarded": N_("Đã được khen thưởng"),
    "not_passed": N_("Hội đồng không thông qua"),
    "refused": N_("Không được khen thưởng"),
    "withdrawn": N_("Đã rút"),
}

SUBJECT_LABELS: dict[str, str] = {
    "individual": N_("Cá nhân"),
    "collective": N_("Tập thể"),
    "household": N_("Hộ gia đình"),
}

MERIT_LABELS: dict[str, str] = {
    "thuong_xuyen": N_("Thường xuyên (theo công trạng)"),
    "chuyen_de": N_("Theo chuyên đề, theo đợt"),
    "dot_xuat": N_("Đột xuất"),
    "cong_hien": N_("Quá trình cống hiến"),
}

AWARD_LABELS: dict[str, str] = {
    "LDTT": N_("Lao động tiên tiến"),
    "CSTDCS": N_("Chiến sĩ thi đua cơ sở"),
    "TTLDTT": N_("Tập thể lao động tiên tiến"),
    "TTLDXS": N_("Tập thể lao động xuất sắc"),
    "CSTDT": N_("Chiến sĩ thi đua cấp tỉnh"),
    "GK_XA": N_("Giấy khen của Chủ tịch UBND xã"),
    "GK_TP": N_("Giấy khen của Chủ tịch UBND thành phố"),
    "BK_TINH": N_("Bằng khen của Chủ tịch UBND tỉnh"),
    "CO_TINH": N_("Cờ thi đua của UBND tỉnh"),
    "GDVH": N_("Gia đình văn hóa"),
    "GK_GDVH": N_("Giấy khen Gia đình văn hóa"),
    "XOM_VH": N_("Xóm văn hóa"),
}

DISCIPLINE_LABELS: dict[str, str] = {
    "none": N_("Không bị kỷ luật"),
    "khien_trach": N_("Khiển trách"),
    "canh_cao": N_("Cảnh cáo"),
    "higher": N_("Trên mức cảnh cáo"),
}

EVIDENCE_LABELS: dict[str, str] = {
    "initiative_certificate": N_("Giấy chứng nhận sáng kiến, đề tài"),
    "merit_report": N_("Báo cáo thành tích"),
    "association_confirmation": N_("Xác nhận của hội, đoàn thể"),
    "other": N_("Tài liệu khác"),
}

UNIT_KIND_LABELS: dict[str, str] = {
    "agency": N_("Cơ quan"),
    "mass_organisation": N_("Mặt trận Tổ quốc, đoàn thể"),
    "force": N_("Lực lượng vũ trang"),
    "medical": N_("Y tế"),
    "school": N_("Trường học"),
    "cooperative": N_("Hợp tác xã"),
    "hamlet": N_("Xóm"),
    "cluster": N_("Cụm thi đua"),
}

CHANNEL_LABELS: dict[str, str] = {
    "commune": N_("Qua UBND xã"),
    "education": N_("Qua Phòng Giáo dục và Đào tạo"),
    "health": N_("Qua Trung tâm Y tế"),
    "self": N_("Đơn vị tự quyết định danh hiệu"),
    "vertical": N_("Theo ngành dọc"),
    "cluster": N_("Theo cụm thi đua"),
}

REVIEW_OUTCOME_LABELS: dict[str, str] = {
    "passed": N_("Đồng ý đề nghị"),
    "returned": N_("Trả lại để hoàn chỉnh"),
    "refused": N_("Không đề nghị"),
}

APPRAISAL_LABELS: dict[str, str] = {
    "accept": N_("Đủ điều kiện, trình Hội đồng"),
    "supplement": N_("Yêu cầu bổ sung (một lần, bằng văn bản)"),
    "return": N_("Trả lại người lập"),
    "refuse": N_("Từ chối, nêu lý do"),
}

GENDER_LABELS: dict[str, str] = {"": "", "male": N_("Nam"), "female": N_("Nữ")}

STEP_VERBS: dict[str, str] = {
    "draft_nomination": N_("Hoàn chỉnh và nộp hồ sơ"),
    "receive_dossier": N_("Tiếp nhận hồ sơ"),
    "appraise": N_("Thẩm định hồ sơ"),
    "supplement_dossier": N_("Bổ sung hồ sơ theo phiếu yêu cầu"),
    "revise_dossier": N_("Chỉnh sửa hồ sơ theo ý kiến của Chủ tịch"),
    "supplement_for_city": N_("Bổ sung hồ sơ theo yêu cầu của cấp trên"),
    "convene_review": N_("Triệu tập cuộc họp bình xét"),
    "record_review": N_("Ghi kết quả bình xét"),
    "confirm_review": N_("Xác nhận biên bản bình xét"),
    "prepare_agenda": N_("Lập chương trình phiên họp Hội đồng"),
    "record_attendance": N_("Điểm danh phiên họp Hội đồng"),
    "handle_no_quorum": N_("Quyết định khi không đủ số thành viên dự họp"),
    "cast_vote": N_("Biểu quyết"),
    "prepare_secret_vote": N_("Cử ban kiểm phiếu"),
    "take_code": N_("Nhận mã kiểm phiếu"),
    "cast_secret_ballot": N_("Bỏ phiếu kín"),
    "open_box": N_("Mở hòm phiếu"),
    "record_votes": N_("Ghi kết quả biểu quyết"),
    "casting_decision": N_("Quyết định khi số phiếu ngang nhau"),
    "confirm_result": N_("Xác nhận kết quả biểu quyết"),
    "confirm_minutes": N_("Xác nhận biên bản phiên họp"),
    "draft_paper": N_("Soạn văn bản trình ký"),
    "review_paper": N_("Xem và duyệt văn bản"),
    "issue_paper": N_("Vào số và phát hành văn bản"),
    "assemble_package": N_("Lập bộ hồ sơ gửi cấp trên"),
    "decide_package": N_("Xem xét hồ sơ do xã gửi"),
}


def label(table: dict[str, str], code: str | None) -> str:
    """The words for a code; the code itself when a regulation brought one this table does not know."""
    return table.get(code or "", code or "")
