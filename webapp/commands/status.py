"""`status`: what the installation holds, for a person or for a monitor."""

from __future__ import annotations

import argparse
import json
from typing import Any

import sqlalchemy as sa

from engine import jobs, regulations
from engine.database import Database, UnitOfWork, unit_of_work
from engine.limits import WEB, Limits
from engine.models import Instance, Organisation, Task
from webapp.commands import installation
from webapp.config import release
from workflows.labels import STAGE_LABELS
from workflows.tables.nominations import Nomination


def status(options: argparse.Namespace) -> int:
    """Print the state; with --json one object."""
    with installation() as (settings, database):
        state = state_of(database, settings.limits)
    if options.json:
        print(json.dumps(state, ensure_ascii=False))
    else:
        for line in _lines(state):
            print(line)
    return 0


def state_of(database: Database, limits: Limits = WEB) -> dict[str, Any]:
    """Version, database, dossiers and by stage, running instances, open tasks, regulations in force, jobs,
    connections with the limits of a web process."""
    with unit_of_work(database, readonly=True) as uow:
        return {
            "version": release(),
            "database": database.engine.dialect.name,
            "dossiers": _count(uow, Nomination),
            "dossiers_by_stage": _by_stage(uow),
            "running_instances": _count(uow, Instance, Instance.status == "running"),
            "open_tasks": _count(uow, Task, Task.state == "open"),
            "regulations_in_force": _in_force(uow),
            "jobs": _jobs(uow),
            "connections": _connections(uow, limits),
        }


def _count(uow: UnitOfWork, table: type[Any], *conditions: sa.ColumnElement[bool]) -> int:
    return uow.session.scalar(sa.select(sa.func.count()).select_from(table).where(*conditions)) or 0


def _by_stage(uow: UnitOfWork) -> dict[str, int]:
    query = sa.select(Nomination.stage, sa.func.count()).group_by(Nomination.stage)
    found: dict[str, int] = {row[0]: row[1] for row in uow.session.execute(query)}
    return {stage: found[stage] for stage in STAGE_LABELS if stage in found}


def _in_force(uow: UnitOfWork) -> list[dict[str, str | None]]:
    organisations = uow.session.scalars(sa.select(Organisation).order_by(Organisation.code))
    found = {
        each.id: each
        for organisation in organisations
        for each in regulations.in_force(uow, organisation.id, uow.today)
    }
    return [
        {
            "code": each.code,
            "name": each.name,
            "effective_from": each.effective_from.isoformat() if each.effective_from else None,
            "effective_until": each.effective_until.isoformat() if each.effective_until else None,
        }
        for each in found.values()
    ]


def _jobs(uow: UnitOfWork) -> dict[str, Any]:
    found = jobs.overview(uow)
    oldest = found.oldest_waiting
    return {
        "waiting": found.waiting,
        "running": found.running,
        "later": found.later,
        "retrying": found.retrying,
        "failed": found.failed,
        "of_another_version": found.older_version,
        "oldest_waiting": oldest.isoformat() if oldest else None,
        "workers_alive": sum(worker.alive for worker in found.workers),
    }


_SERVER = sa.text(
    "SELECT count(*) AS open, count(*) FILTER (WHERE state <> 'idle') AS working, "
    "current_setting('max_connections')::int AS allowed, "
    "(SELECT NOT (rolsuper OR rolbypassrls) FROM pg_roles WHERE rolname = current_user) AS held_apart "
    "FROM pg_stat_activity WHERE datname = current_database() AND backend_type = 'client backend'"
)


def _connections(uow: UnitOfWork, limits: Limits) -> dict[str, Any]:
    """The pool of one process; on PostgreSQL also what the server has, and whether its policies hold us."""
    found = {
        "pool_size": limits.pool_size,
        "pool_overflow": limits.pool_overflow,
        "statement_timeout": limits.statement,
        "lock_timeout": limits.lock,
        "idle_timeout": limits.idle,
    }
    if uow.session.get_bind().dialect.name == "postgresql":
        found.update(uow.session.execute(_SERVER).one()._asdict())
    return found


def _connection_lines(found: dict[str, Any]) -> list[str]:
    most = found["pool_size"] + found["pool_overflow"]
    lines = [f"Kết nối của một tiến trình web: giữ sẵn {found['pool_size']}, nhiều nhất {most}"]
    if "open" in found:
        lines += [
            f"Kết nối trên máy chủ: {found['open']} (đang làm việc {found['working']}), "
            f"nhiều nhất {found['allowed']}",
            f"Thời gian chờ (giây): câu lệnh {found['statement_timeout']:g}, khóa {found['lock_timeout']:g}, "
            f"giao dịch bỏ quên {found['idle_timeout']:g}",
        ]
        if not found["held_apart"]:
            lines.append(
                "CHÚ Ý: vai trò kết nối vượt qua phân quyền theo tổ chức của PostgreSQL "
                "(SUPERUSER hoặc BYPASSRLS); hãy dùng vai trò thường."
            )
    return lines


def _job_lines(found: dict[str, Any]) -> list[str]:
    alive = found["workers_alive"]
    return [
        f"Chương trình xử lý nền đang chạy: {alive}"
        if alive
        else "KHÔNG có chương trình xử lý nền nào đang chạy",
        f"Công việc nền: {found['waiting']} đang chờ, {found['retrying']} sẽ làm lại, {found['failed']} đã dừng",
    ]


def _lines(state: dict[str, Any]) -> list[str]:
    stages = [f"  {STAGE_LABELS[stage]}: {count}" for stage, count in state["dossiers_by_stage"].items()]
    rules = [f"  {each['name']}" for each in state["regulations_in_force"]] or ["  (không có)"]
    return [
        f"Thi đua {state['version']} trên {state['database']}",
        f"Hồ sơ: {state['dossiers']}",
        *stages,
        f"Quy trình đang chạy: {state['running_instances']}; việc đang chờ: {state['open_tasks']}",
        *_job_lines(state["jobs"]),
        *_connection_lines(state["connections"]),
        "Quy định đang có hiệu lực:",
        *rules,
    ]
