"""History rows as sentences: who, when, what and why, and whether the chain is whole."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select

from engine import history
from engine.clock import local_date
from engine.database import UnitOfWork
from engine.errors import N_, NotFound
from engine.models import History, Instance, Task
from workflows import gate, labels
from workflows.labels import label
from workflows.stages import nomination_of
from workflows.tables.nominations import Nomination
from workflows.tables.organisation import Person, Unit

SYSTEM = N_("Hệ thống")
MESSAGES = {
    "unit_review_result": N_("kết quả bình xét tại đơn vị"),
    "council_result": N_("kết quả phiên họp Hội đồng"),
    "paper_result": N_("ý kiến của Chủ tịch UBND xã"),
    "city_answer": N_("trả lời của cấp trên"),
    "package_sent": N_("bộ hồ sơ gửi cấp trên"),
    "package_closed": N_("bộ hồ sơ đã xử lý xong"),
    "voting_closed": N_("kết thúc biểu quyết"),
}
PROCESSES = {
    "nomination": N_("Hồ sơ"),
    "unit_review": N_("Cuộc họp bình xét"),
    "council_appraisal": N_("Phiên họp Hội đồng"),
    "chairman_signature": N_("Văn bản trình ký"),
    "city_submission": N_("Bộ hồ sơ gửi cấp trên"),
    "city_desk": N_("Hồ sơ nhận từ xã"),
}
CHAINS = {
    "people": N_("Tổ chức, con người"),
    "access": N_("Truy cập"),
    "regulation": N_("Quy định"),
    "numbers": N_("Sổ số văn bản"),
    "paper": N_("Văn bản"),
    "nomination": N_("Hồ sơ"),
    "organisation": N_("Tổ chức"),
    "session": N_("Phiên họp Hội đồng"),
    "package": N_("Bộ hồ sơ gửi cấp trên"),
    "register": N_("Sổ khen thưởng"),
    "clock": N_("Ngày làm việc"),
    "inspection": N_("Giám sát"),
}
SENTENCES: Mapping[str, str] = {
    "instance:started": N_("Bắt đầu quy trình"),
    "instance:advanced": N_("Quy trình tự chuyển bước"),
    "instance:completed": N_("Kết thúc quy trình"),
    "instance:suspended": N_("Tạm dừng xét"),
    "instance:resumed": N_("Tiếp tục xét"),
    "instance:cancelled": N_("Rút hồ sơ, dừng quy trình"),
    "instance:migrated": N_("Chuyển sang sơ đồ mới"),
    "instance:migration_undone": N_("Quay lại sơ đồ trước"),
    "task:opened": N_("Giao việc: %(step)s"),
    "task:claimed": N_("Nhận việc: %(step)s"),
    "task:released": N_("Trả lại việc: %(step)s"),
    "task:reassigned": N_("Giao lại việc: %(step)s cho %(to)s"),
    "task:delegated": N_("Nhờ đồng nghiệp làm: %(step)s – %(to)s"),
    "task:taken_back": N_("Chuyển lại việc: %(step)s cho %(to)s"),
    "task:sent_back": N_("Trả hồ sơ về bước trước: từ “%(step)s” về “%(earlier)s”"),
    "task:due_changed": N_("Đổi hạn: %(step)s đến hết ngày %(to)s"),
    "instance:commented": N_("Ý kiến trao đổi"),
    "absence:recorded": N_("%(person)s nghỉ phép từ %(from)s đến %(to)s"),
    "absence:ended": N_("Kết thúc đợt nghỉ phép của %(person)s"),
    "task:completed": N_("Đã làm: %(step)s"),
    "task:cancelled": N_("Không cần làm nữa: %(step)s"),
    "message:sent": N_("Gửi %(message)s"),
    "message:delivered": N_("Nhận %(message)s"),
    "timer:fired": N_("Đến hạn đã định"),
    "incident:recorded": N_("Ghi nhận sự cố"),
    "incident:resolved": N_("Sự cố đã được xử lý"),
    "step:skipped": N_("Bỏ qua bước tự động"),
    "data:corrected": N_("Sửa dữ liệu điều hướng"),
    "job:retried": N_("Chạy lại công việc nền"),
    "jobs:moved": N_("Chuyển công việc nền sang phiên bản đang chạy"),
    "dossier:created": N_("Lập hồ sơ %(code)s"),
    "dossier:held": N_("Tạm dừng xét"),
    "dossier:resumed": N_("Tiếp tục xét"),
    "dossier:received": N_("Tiếp nhận hồ sơ ngày %(on)s"),
    "dossier:due": N_("Hạn thẩm định: %(due_on)s"),
    "dossier:late": N_("Quá hạn thẩm định (hạn %(due_on)s)"),
    "dossier:facts": N_("Đối chiếu điều kiện khen thưởng"),
    "dossier:supplemented": N_("Bổ sung, chỉnh sửa hồ sơ"),
    "dossier:moved": N_("Chuyển sang: %(stage)s"),
    "dossier:city_answered": N_("Cấp trên trả lời: %(outcome)s"),
    "evidence:attached": N_("Thêm tệp “%(title)s”"),
    "evidence:superseded": N_("Thay thế tệp “%(filename)s”"),
    "register:entered": N_("Ghi vào sổ khen thưởng"),
    "paper:issued": N_("Phát hành văn bản"),
    "paper:rendered": N_("Lập tệp PDF của văn bản"),
    "paper:confirmed": N_("Xác nhận biên bản"),
    "ballot:cast": N_("Đã biểu quyết"),
    "tellers:appointed": N_("Cử ban kiểm phiếu"),
    "teller:code": N_("Nhận mã kiểm phiếu"),
    "letters:recorded": N_("Nhập ý kiến bằng văn bản: %(count)s dòng"),
    "box:sealed": N_("Niêm phong hòm phiếu"),
    "ballot:replaced": N_("Đã bỏ phiếu lại, thay phiếu trước"),
    "box:closed": N_("Đóng hòm phiếu: thu về %(returned)s/%(issued)s, mã hòm %(box_code)s"),
    "box:opened": N_("Hai người kiểm phiếu mở hòm phiếu"),
    "session:invited": N_("Mời %(count)s thành viên"),
    "session:postponing": N_("Đề nghị hoãn phiên họp: %(reason)s"),
    "session:rescheduled": N_("Lùi phiên họp sang ngày khác: %(reason)s"),
    "invitation:answered": N_("Trả lời thư mời"),
    "recusal:declared": N_("Khai không biểu quyết hồ sơ %(nomination)s"),
    "recusal:withdrawn": N_("Rút lại điều đã khai về hồ sơ %(nomination)s"),
    "voting:opened": N_("Mở biểu quyết"),
    "voting:closed": N_("Kết thúc biểu quyết"),
    "votes:recorded": N_("Ghi kết quả biểu quyết"),
    "session:circulated": N_("Lấy ý kiến bằng văn bản"),
    "session:counted": N_("Kiểm phiếu"),
    "session:casting": N_("Chủ tịch Hội đồng quyết định khi ngang phiếu"),
    "session:revote": N_("Cho biểu quyết lại, lượt %(round)s: %(reason)s"),
    "session:confirmed": N_("Xác nhận kết quả biểu quyết"),
    "session:closed": N_("Kết thúc phiên họp"),
    "session:numbers_corrected": N_("Sửa số liệu tính chỉ tiêu, căn cứ: %(basis)s"),
    "session:selected_again": N_("Chủ tịch Hội đồng xét chọn lại theo chỉ tiêu: %(reason)s"),
    "package:sent": N_("Gửi bộ hồ sơ lên cấp trên"),
    "package:received": N_("Nhận bộ hồ sơ %(code)s"),
    "package:answered": N_("Trả lời hồ sơ do xã gửi"),
    "package:closed": N_("Xử lý xong bộ hồ sơ"),
    "block:reserved": N_("Giữ dải số %(first)s–%(last)s"),
    "number:issued": N_("Cấp số %(number)s"),
    "number:cancelled": N_("Hủy số %(number)s"),
    "access:password_issued": N_("Cấp mật khẩu dùng một lần cho %(name)s"),
    "access:password_changed": N_("%(name)s đổi mật khẩu"),
    "organisation:created": N_("Thành lập tổ chức %(name)s"),
    "unit:created": N_("Thêm đơn vị %(name)s"),
    "unit:changed": N_("Sửa đơn vị %(name)s"),
    "unit:channel_set": N_("Đổi tuyến trình khen của %(unit)s: %(channel)s"),
    "person:created": N_("Thêm người dùng %(name)s"),
    "person:changed": N_("Sửa thông tin của %(name)s"),
    "person:deactivated": N_("Ngừng tài khoản của %(person)s"),
    "person:reactivated": N_("Cho dùng lại tài khoản của %(name)s"),
    "role:granted": N_("Giao vai trò %(role)s cho %(person)s"),
    "role:ended": N_("Kết thúc vai trò ngày %(last_day)s"),
    "seat:ended": N_("Kết thúc ghế Hội đồng số %(seat)s ngày %(last_day)s"),
    "delegation:created": N_("Ủy quyền ký thay cho %(person)s"),
    "delegation:ended": N_("Kết thúc ủy quyền của %(person)s ngày %(last_day)s"),
    "calendar:set": N_("Đặt ngày %(day)s: %(note)s"),
    "calendar:cleared": N_("Bỏ ngày riêng %(day)s"),
    "movement:created": N_("Thêm phong trào thi đua “%(name)s”"),
    "regulation:drafted": N_("Lập dự thảo “%(name)s”"),
    "regulation:file_saved": N_("Lưu tệp %(path)s"),
    "regulation:value_set": N_("Đặt giá trị “%(note)s”: %(value)s (%(citation)s)"),
    "regulation:file_removed": N_("Bỏ tệp %(path)s"),
    "regulation:discarded": N_("Hủy dự thảo “%(name)s”"),
    "regulation:published": N_("Công bố quy định có hiệu lực từ %(effective_from)s"),
    "history:exported": N_("Xuất nhật ký thành gói: %(rows)s dòng, mã gốc %(root)s"),
    "clock:moved": N_("Chuyển ngày làm việc từ %(from)s sang %(to)s"),
}
OUTCOMES = {
    "decided": N_("quyết định khen thưởng"),
    "returned": N_("yêu cầu bổ sung"),
    "refused": N_("không đồng ý"),
}
_QUIET = ("instance:advanced",)


@dataclass(frozen=True)
class Line:
    """One fact: when, who, what happened, why, and what it belongs to."""

    id: UUID
    at: datetime
    who: str
    text: str
    reason: str
    about: str
    about_code: str = ""
    about_id: str = ""


def of_dossier(uow: UnitOfWork, nomination_id: UUID) -> tuple[list[Line], list[str]]:
    """Everything that happened to a dossier, oldest first, and what is wrong with its chain (nothing: whole)."""
    gate.require(uow, "inspector")
    nomination = nomination_of(uow, nomination_id)
    if nomination.instance_id is None:
        return [], []
    chain = history.instance_chain(nomination.instance_id)
    rows = [row for row in history.of(uow, chain) if row.event not in _QUIET]
    return lines_of(uow, rows), history.verify(uow, chain)


def recent(uow: UnitOfWork, *, before: UUID | None = None, limit: int = 100) -> list[Line]:
    """The newest facts of the organisation, older than `before` when given."""
    gate.require(uow, "inspector")
    query = select(History).where(
        History.organisation_id == uow.organisation_id, History.event.not_in(_QUIET)
    )
    if before is not None:
        query = query.where(History.id < before)
    return lines_of(uow, uow.session.scalars(query.order_by(History.id.desc()).limit(limit)))


def verify_all(uow: UnitOfWork) -> tuple[int, list[str]]:
    """How many chains the organisation has, and what is wrong with any of them."""
    gate.require(uow, "inspector")
    query = select(History.chain).where(History.organisation_id == uow.organisation_id).distinct()
    chains = sorted(uow.session.scalars(query))
    return len(chains), [problem for chain in chains for problem in history.verify(uow, chain)]


def head_of(uow: UnitOfWork, nomination_id: UUID) -> str:
    """The newest hash of a dossier's chain: what can be written down and compared later."""
    nomination = nomination_of(uow, nomination_id)
    if nomination.instance_id is None:
        raise NotFound(what=N_("lịch sử của hồ sơ"))
    rows = history.of(uow, history.instance_chain(nomination.instance_id))
    return rows[-1].hash if rows else ""


def lines_of(uow: UnitOfWork, rows: Iterable[History]) -> list[Line]:
    """Rows as sentences, in their order, with the words behind the ids that they name."""
    found = list(rows)
    names = _Names(uow, found)
    return [_line(row, names) for row in found]


class _Names:
    """The words behind the ids that the rows name, read once."""

    def __init__(self, uow: UnitOfWork, rows: list[History]) -> None:
        self.data = {row.id: json.loads(row.data) for row in rows}
        wanted = {str(value) for data in self.data.values() for value in data.values() if _is_id(value)}
        ids = [UUID(value) for value in wanted]
        people = select(Person.id, Person.full_name).where(Person.id.in_(ids))
        units = select(Unit.id, Unit.name).where(Unit.id.in_(ids))
        steps = select(Task.id, Task.name).where(Task.id.in_(ids))
        queries = (people, units, steps)
        self.words = {str(key): name for query in queries for key, name in uow.session.execute(query)}
        self.instances = self._instances(uow, rows)

    def _instances(self, uow: UnitOfWork, rows: list[History]) -> dict[str, tuple[str, str, str]]:
        prefix = "instance:"
        ids = [UUID(row.chain[len(prefix) :]) for row in rows if row.chain.startswith(prefix)]
        query = (
            select(Instance.id, Instance.process_id, Nomination.id, Nomination.code)
            .outerjoin(Nomination, Nomination.instance_id == Instance.id)
            .where(Instance.id.in_(set(ids)))
        )
        return {
            f"{prefix}{key}": (
                PROCESSES.get(process, process),
                code or "",
                str(nomination) if code else "",
            )
            for key, process, nomination, code in uow.session.execute(query)
        }

    def shown(self, value: Any) -> str:
        if _is_id(value):
            return self.words.get(str(value), "")
        for read in (date.fromisoformat, lambda text: local_date(datetime.fromisoformat(text))):
            try:
                return f"{read(str(value)):%d/%m/%Y}"
            except ValueError:
                continue
        return str(value if value is not None else "")


def _is_id(value: object) -> bool:
    return isinstance(value, str) and len(value) == 36 and value.count("-") == 4


def _line(row: History, names: _Names) -> Line:
    data: dict[str, Any] = names.data[row.id]
    about, code, about_id = names.instances.get(row.chain, ("", "", ""))
    if not about:
        about = CHAINS.get(row.chain.partition(":")[0], "")
    reason = (
        data.get("reason")
        or data.get("basis")
        or data.get("comment")
        or (data.get("note") if row.event != "calendar:set" else "")
    )
    return Line(
        row.id,
        row.at,
        row.actor_name or SYSTEM,
        _sentence(row, data, names),
        str(reason or ""),
        about,
        code,
        about_id,
    )


def _sentence(row: History, data: Mapping[str, Any], names: _Names) -> str:
    template = SENTENCES.get(row.event)
    if template is None:
        return N_("Ghi nhận: %(event)s") % {"event": row.event}
    if row.event == "dossier:due" and not data.get("due_on"):
        return N_("Quy định chưa có thời hạn thẩm định")
    words: dict[str, str] = {name: names.shown(value) for name, value in data.items()}
    # a step that an administrator drew has no verb of ours: it says its own name
    words["step"] = labels.STEP_VERBS.get(row.element or "") or words.get("task") or row.element or ""
    words["earlier"] = labels.STEP_VERBS.get(str(data.get("to"))) or str(data.get("name") or "")
    words["message"] = label(MESSAGES, row.element)
    words["stage"] = label(labels.STAGE_LABELS, str(data.get("to", "")))
    words["outcome"] = label(OUTCOMES, str(data.get("outcome", "")))
    words["role"] = label(labels.ROLE_LABELS, str(data.get("role", "")))
    words["channel"] = label(labels.CHANNEL_LABELS, str(data.get("channel", "")))
    return template % _Absent(words)


class _Absent(dict[str, str]):
    """An older row may lack a value that a sentence names."""

    def __missing__(self, key: str) -> str:
        return "…"
