"""`init` and `clock`."""

from __future__ import annotations

import argparse
from datetime import date, datetime, time
from uuid import UUID

import sqlalchemy as sa

from engine import regulations
from engine.clock import ZONE, fixed_time, set_clock
from engine.database import UnitOfWork, new_id, unit_of_work
from engine.errors import N_, Conflict, NoRegulation, NotFound
from engine.models import Organisation
from webapp.commands import installation
from webapp.commands.regulations import import_and_publish
from webapp.config import regulations_folder
from workflows.actions import organisation as actions
from workflows.actions.passwords import issue_password


def init(options: argparse.Namespace) -> int:
    """Create the organisation with its first administrator and put the shipped regulations in force.

    Says at once when none of them covers today, because nominations will be refused.
    """
    with installation() as (_settings, database):
        organisation_id = new_id()
        with unit_of_work(database, organisation_id=organisation_id) as uow:
            password = _create(uow, organisation_id, options)
            for folder in sorted(path.parent for path in regulations_folder().glob("*/regulation.toml")):
                import_and_publish(uow, folder, organisation_id)
            warning = uncovered_today(uow, organisation_id)
    print(f"Đã lập {options.name}.")
    print(f"Người quản trị: {options.admin_username}, mật khẩu dùng một lần: {password}")
    if warning:
        print(f"CHÚ Ý: {warning}")
    return 0


def _create(uow: UnitOfWork, organisation_id: UUID, options: argparse.Namespace) -> str:
    parent_id = organisation_of(uow, options.parent).id if options.parent else None
    actions.create_organisation(
        uow,
        code=options.code,
        name=options.name,
        level=options.level,
        parent_id=parent_id,
        organisation_id=organisation_id,
    )
    person = actions.create_person(uow, full_name=options.admin_name, username=options.admin_username)
    actions.grant_role(uow, person.id, "administrator", valid_from=uow.today)
    return issue_password(uow, person.id)


def organisation_of(uow: UnitOfWork, code: str | None) -> Organisation:
    """The organisation with the code, or the only one; NotFound, Conflict when there are several."""
    query = sa.select(Organisation).order_by(Organisation.code)
    if code:
        query = query.where(Organisation.code == code)
    found = list(uow.session.scalars(query))
    if not found:
        raise NotFound(N_("tổ chức “%s”") % (code or ""))
    if len(found) > 1:
        codes = ", ".join(each.code for each in found)
        raise Conflict(N_("Có nhiều tổ chức (%s): hãy nêu rõ bằng --organisation.") % codes)
    return found[0]


def uncovered_today(uow: UnitOfWork, organisation_id: UUID) -> str:
    """Why nominations would be refused today; empty when a regulation covers the day."""
    try:
        regulations.resolve(uow, organisation_id, "nomination", uow.today)
    except NoRegulation as error:
        return f"{error} Cho đến lúc đó, mọi đề nghị khen thưởng đều bị từ chối."
    return ""


def clock(options: argparse.Namespace) -> int:
    """Show business time, fix it at 8 o'clock of a day, or let it run again."""
    with installation() as (_settings, database):
        if options.day:
            with unit_of_work(database) as uow:
                set_clock(uow, None if options.day == "run" else _morning(options.day))
        with unit_of_work(database, readonly=True) as uow:
            fixed = fixed_time(uow.session.connection()) is not None
            print(f"{uow.now.astimezone(ZONE):%H:%M %d/%m/%Y} ({'đứng' if fixed else 'chạy theo giờ thật'})")
    return 0


def _morning(day: str) -> datetime:
    try:
        return datetime.combine(date.fromisoformat(day), time(8), ZONE)
    except ValueError:
        raise Conflict(N_("“%s” không phải ngày dạng YYYY-MM-DD.") % day) from None
