"""What went wrong and the work that runs behind the pages, as the administrator reads it: no dossier contents."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import select

from engine import incidents, jobs, repairs
from engine.database import UnitOfWork
from engine.errors import N_, NotFound
from engine.handlers import lookups
from engine.models import Incident
from workflows import gate
from workflows.queries.trail import PROCESSES
from workflows.tables.nominations import Nomination

JOB_LABELS = {
    "advance_task": N_("Ghi nhận phiếu đã bỏ và chuyển bước"),
    "deliver_message": N_("Chuyển kết quả giữa các quy trình"),
    "fire_instance_timers": N_("Xử lý thời hạn đã đến của một hồ sơ"),
    "fire_timers": N_("Quét các thời hạn đã đến"),
    "migrate_instance": N_("Chuyển một hồ sơ sang sơ đồ mới"),
    "mark_late": N_("Đánh dấu hồ sơ nộp muộn"),
    "redraw_papers": N_("Soạn lại danh sách trong văn bản"),
    "remove_unnamed_files": N_("Dọn tệp không thuộc hồ sơ nào"),
    "render_paper": N_("Tạo tệp văn bản"),
}
RESOLUTIONS = {
    "retried": N_("Đã chạy lại"),
    "skipped": N_("Đã bỏ qua bước"),
    "corrected": N_("Đã sửa dữ liệu rồi chạy lại"),
    "settled": N_("Đã đóng"),
}


@dataclass(frozen=True)
class Trouble:
    """One incident with the names a person knows."""

    incident: Incident
    step: repairs.FailedStep | None
    process: str
    code: str
    """The dossier's code, empty when it happened in a meeting, a session or a paper; of a start its key."""
    resolved_by: str = ""

    @property
    def what(self) -> str:
        """Return the step's name, else that of the job."""
        if self.step is not None:
            return self.step.name
        if self.incident.process_id is not None:
            return N_("Quy trình không bắt đầu được")
        return JOB_LABELS.get(self.incident.job_name or "", self.incident.job_name or self.incident.element)


def count_open(uow: UnitOfWork) -> int:
    """Return how many incidents and given-up jobs wait for the administrator, each counted once."""
    gate.require(uow, "administrator")
    found = [each for each in incidents.open_incidents(uow) if _ours(uow, each)]
    known = {each.job_id for each in found}
    given_up = jobs.failed_jobs(uow, organisation_id=uow.organisation_id)
    return len(found) + sum(job.id not in known for job in given_up)


def troubles(uow: UnitOfWork) -> tuple[list[Trouble], list[Trouble]]:
    """Return the open incidents of this organisation and of no one, and the last resolved ones."""
    gate.require(uow, "administrator")
    found = [each for each in incidents.open_incidents(uow) if _ours(uow, each)]
    resolved = [each for each in incidents.resolved_incidents(uow) if _ours(uow, each)]
    return [_told(uow, each) for each in found], [_told(uow, each) for each in resolved]


def trouble(uow: UnitOfWork, incident_id: UUID) -> Trouble:
    """Return one open incident; raises NotFound."""
    gate.require(uow, "administrator")
    incident = uow.session.get(Incident, incident_id)
    if incident is None or not _ours(uow, incident) or incident.state != "open":
        raise NotFound(what=N_("sự cố đang mở này"))
    return _told(uow, incident)


def variables(uow: UnitOfWork, incident_id: UUID) -> dict[str, Any]:
    """Return the routing variables behind an incident, to be corrected; raises NotFound."""
    trouble(uow, incident_id)
    return repairs.variables(uow, incident_id)


def background(uow: UnitOfWork) -> tuple[jobs.Overview, list[jobs.FailedJob]]:
    """Return how the work behind the pages stands, and the jobs that were given up."""
    gate.require(uow, "administrator")
    return jobs.overview(uow), jobs.failed_jobs(uow, organisation_id=uow.organisation_id)


def _ours(uow: UnitOfWork, incident: Incident) -> bool:
    """Incidents of no instance name no organisation: they are everybody's whose administrator looks."""
    return incident.organisation_id in (None, uow.organisation_id)


def _told(uow: UnitOfWork, incident: Incident) -> Trouble:
    step = repairs.step_of(uow, incident)
    where = step.process_id if step is not None else incident.process_id or ""
    process = PROCESSES.get(where, where)
    code = None
    if step is not None and step.process_id == "nomination":
        code = uow.session.scalar(
            select(Nomination.code).where(Nomination.instance_id == incident.instance_id)
        )
    if step is None and incident.business_key:
        code = _code_of(uow, incident.business_key) or incident.business_key
    who = lookups().person_name(uow, incident.resolved_by) if incident.resolved_by else ""
    return Trouble(incident, step, process, code or "", who)


def _code_of(uow: UnitOfWork, business_key: str) -> str | None:
    try:
        key = UUID(business_key)
    except ValueError:
        return None
    return uow.session.scalar(select(Nomination.code).where(Nomination.id == key))
