"""Theo dõi vận hành: what the administrator reads about running processes; names and places, no contents."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import func, or_, select
from sqlalchemy.orm import defer

from engine import console, execution, history, instances, jobs
from engine.database import UnitOfWork
from engine.errors import N_, NotFound
from engine.handlers import lookups
from engine.models import Definition, History, Instance, Regulation, Subscription, Task
from engine.regulations import read_definition_file
from workflows import gate
from workflows.queries.nominations import may_see
from workflows.queries.trail import MESSAGES, PROCESSES, Line, lines_of
from workflows.queries.troubles import JOB_LABELS
from workflows.rules.names import fold
from workflows.tables.nominations import Nomination

STATUSES = {
    "running": N_("Đang chạy"),
    "suspended": N_("Tạm dừng"),
    "completed": N_("Đã xong"),
    "cancelled": N_("Đã rút, hủy"),
}
JOB_STATES = {
    "ENQUEUED": N_("Đang chờ"),
    "DELAYED": N_("Hẹn giờ"),
    "PENDING": N_("Đang làm"),
    "ERROR": N_("Đã dừng, cần xử lý"),
    "MAX_RECOVERY_ATTEMPTS_EXCEEDED": N_("Đã dừng, cần xử lý"),
}
MESSAGE_STATES = {
    "pending": N_("Đang chuyển"),
    "waiting": N_("Đang giữ, chưa có nơi nhận"),
    "expired": N_("Quá thời gian giữ"),
    "refused": N_("Bị từ chối"),
}
FOUND_AT_MOST = 50
_NO_PLACE = N_("Bước này")


@dataclass(frozen=True)
class VersionRow:
    """One version of a process in use."""

    hash: str
    process: str
    regulation: str
    effective_from: date | None
    created_at: datetime
    counts: dict[str, int]
    failed: int


def versions(uow: UnitOfWork) -> list[tuple[str, list[VersionRow]]]:
    """Return the processes of this organisation with their versions, the newest first."""
    gate.require(uow, "administrator")
    found = console.versions(uow, _here(uow))
    names = _regulations(uow, [each.definition for each in found])
    grouped: dict[str, list[VersionRow]] = {}
    for each in found:
        row = _row(each.definition, names, each.counts, each.failed)
        grouped.setdefault(each.definition.process_id, []).append(row)
    known = list(PROCESSES)
    order = sorted(grouped, key=lambda each: (known.index(each) if each in known else len(known), each))
    return [(PROCESSES.get(process, process), grouped[process]) for process in order]


def _regulations(uow: UnitOfWork, definitions: Sequence[Definition]) -> dict[UUID, Regulation]:
    wanted = {each.regulation_id for each in definitions}
    rows = uow.session.scalars(select(Regulation).where(Regulation.id.in_(wanted)))
    return {row.id: row for row in rows}


def _row(
    definition: Definition, names: dict[UUID, Regulation], counts: dict[str, int], failed: int
) -> VersionRow:
    regulation = names.get(definition.regulation_id)
    return VersionRow(
        hash=definition.hash,
        process=PROCESSES.get(definition.process_id, definition.process_id),
        regulation=regulation.name if regulation else "",
        effective_from=regulation.effective_from if regulation else None,
        created_at=definition.created_at,
        counts=counts,
        failed=failed,
    )


@dataclass(frozen=True)
class NamedPlace:
    """A place on the diagram with the step's name."""

    place: console.Place
    name: str


@dataclass(frozen=True)
class VersionPage:
    """A version's diagram and where its instances wait."""

    version: VersionRow
    xml: str
    places: list[NamedPlace]


def version(uow: UnitOfWork, definition_hash: str) -> VersionPage:
    """Return one version's page; raises NotFound."""
    gate.require(uow, "administrator")
    definition = _definition(uow, definition_hash)
    diagram = _diagram(uow, definition)
    row = _row(definition, _regulations(uow, [definition]), {}, 0)
    found = console.places(uow, _here(uow), definition.hash, diagram)
    return VersionPage(
        row, diagram.decode(), [NamedPlace(each, _name(uow, definition, each.element)) for each in found]
    )


@dataclass(frozen=True)
class Found:
    """An instance in a list: what it is about, where it stands, by which version it runs."""

    instance: Instance
    process: str
    title: str
    steps: list[str]
    version: VersionRow
    nomination_id: UUID | None


def at_place(uow: UnitOfWork, definition_hash: str, element: str) -> tuple[VersionRow, str, list[Found]]:
    """Return a version, a step's name, and the instances that wait or failed there; raises NotFound."""
    gate.require(uow, "administrator")
    definition = _definition(uow, definition_hash)
    rows = console.at_place(uow, _here(uow), definition.hash, element, _diagram(uow, definition))
    name = _name(uow, definition, element)
    return _row(definition, _regulations(uow, [definition]), {}, 0), name, _told(uow, rows)


def search(uow: UnitOfWork, text: str) -> list[Found]:
    """Return instances by exact key or id, and nominees by code or by any words of their folded name."""
    gate.require(uow, "administrator")
    words = fold(text).split()
    if not words:
        return []
    rows = console.with_key(uow, _here(uow), text.strip(), most=FOUND_AT_MOST)
    named = select(Nomination.instance_id).where(
        Nomination.organisation_id == uow.organisation_id, Nomination.instance_id.is_not(None)
    )
    for word in words:
        pattern = f"%{word.replace('%', '').replace('_', '')}%"
        named = named.where(
            or_(Nomination.name_folded.like(pattern), func.lower(Nomination.code).like(pattern))
        )
    ids = list(uow.session.scalars(named.order_by(Nomination.id.desc()).limit(FOUND_AT_MOST)))
    of_nominees = select(Instance).where(Instance.id.in_(ids)).order_by(Instance.id.desc())
    rows += [
        row for row in uow.session.scalars(of_nominees.options(defer(Instance.state))) if row not in rows
    ]
    return _told(uow, rows[:FOUND_AT_MOST])


@dataclass(frozen=True)
class DueRow:
    """A moment that an instance waits for, with its names."""

    at: datetime
    name: str
    found: Found


def timers(uow: UnitOfWork) -> tuple[list[DueRow], list[DueRow]]:
    """Return the late timers and the next ones."""
    gate.require(uow, "administrator")
    both = [console.due(uow, _here(uow), late=late) for late in (True, False)]
    told = {each.instance.id: each for each in _told(uow, [due.instance for dues in both for due in dues])}
    late, following = (
        [
            DueRow(
                due.timer.due_at,
                _named(uow, due.instance, due.timer.element),
                told[due.instance.id],
            )
            for due in dues
        ]
        for dues in both
    )
    return late, following


@dataclass(frozen=True)
class InstancePage:
    """Everything the operator reads about one instance."""

    found: Found
    may_open: bool
    """Whether the reader may open the dossier itself; an administrator alone may not."""
    waits: console.Waits
    names: dict[str, str]
    people: dict[UUID, str]
    jobs: list[jobs.LaneJob]
    history: list[Line]


def instance(uow: UnitOfWork, instance_id: UUID) -> InstancePage:
    """Return one instance of this organisation; raises NotFound."""
    gate.require(uow, "administrator")
    row = instances.get(uow, instance_id)
    waits = console.waits(uow, row)
    elements = {each.step for each in waits.tasks} | {each.element for each in waits.timers}
    elements |= {each.element for each in waits.incidents}
    ids = {each.assignee_id or each.claimed_by for each in waits.tasks}
    chain = history.instance_chain(row.id)
    facts = select(History).where(History.chain == chain).order_by(History.seq.desc()).limit(100)
    found = _told(uow, [row])[0]
    nominee = uow.session.get(Nomination, found.nomination_id) if found.nomination_id else None
    return InstancePage(
        found=found,
        may_open=nominee is not None and may_see(uow, nominee),
        waits=waits,
        names={each: _named(uow, row, each) for each in elements},
        people={each: lookups().person_name(uow, each) for each in ids if each is not None},
        jobs=jobs.of_lane(uow, row.organisation_id, row.business_key),
        history=lines_of(uow, uow.session.scalars(facts)),
    )


def labels() -> dict[str, dict[str, Any]]:
    """Return the words for states, messages and jobs on the pages."""
    return {
        "statuses": STATUSES,
        "messages": MESSAGES,
        "message_states": MESSAGE_STATES,
        "jobs": JOB_LABELS,
        "job_states": JOB_STATES,
    }


def _told(uow: UnitOfWork, rows: Sequence[Instance]) -> list[Found]:
    ids = [row.id for row in rows]
    nominees = {
        each.instance_id: each
        for each in uow.session.scalars(select(Nomination).where(Nomination.instance_id.in_(ids)))
    }
    hashes = {row.definition_hash for row in rows}
    definitions = {
        each.hash: each for each in uow.session.scalars(select(Definition).where(Definition.hash.in_(hashes)))
    }
    names = _regulations(uow, list(definitions.values()))
    steps: dict[UUID, list[str]] = {}
    open_ = select(Task.instance_id, Task.name).where(Task.instance_id.in_(ids), Task.state == "open")
    for instance_id, name in uow.session.execute(open_.order_by(Task.id)):
        if name not in steps.setdefault(instance_id, []):
            steps[instance_id].append(name)
    heard = select(Subscription.instance_id, Subscription.message).where(Subscription.instance_id.in_(ids))
    for instance_id, message in uow.session.execute(heard.order_by(Subscription.message)):
        waited = {"what": MESSAGES.get(message, message)}
        steps.setdefault(instance_id, []).append(N_("chờ %(what)s") % waited)
    told = []
    for row in rows:
        nominee = nominees.get(row.id)
        told.append(
            Found(
                instance=row,
                process=PROCESSES.get(row.process_id, row.process_id),
                title=f"{nominee.code} – {nominee.subject_name}" if nominee else "",
                steps=steps.get(row.id, []),
                version=_row(definitions[row.definition_hash], names, {}, 0),
                nomination_id=nominee.id if nominee else None,
            )
        )
    return told


def _here(uow: UnitOfWork) -> UUID:
    if uow.organisation_id is None:
        raise NotFound(what=N_("tổ chức"))
    return uow.organisation_id


def _definition(uow: UnitOfWork, definition_hash: str) -> Definition:
    found = uow.session.get(Definition, definition_hash)
    if found is None or found.organisation_id != uow.organisation_id:
        raise NotFound(what=N_("phiên bản này của quy trình"))
    return found


def _diagram(uow: UnitOfWork, definition: Definition) -> bytes:
    name = f"{definition.process_id}.bpmn"
    path = next((path for path in definition.files if path.rpartition("/")[2] == name), None)
    if path is None:
        raise NotFound(what=N_("sơ đồ của phiên bản này"))
    return read_definition_file(uow, definition.hash, path)


def _named(uow: UnitOfWork, row: Instance, element: str) -> str:
    parsed = execution.parsed_definition(uow, row.definition_hash, row.process_id)
    found = parsed.element(element)
    return (found.name if found is not None else "") or element or _NO_PLACE


def _name(uow: UnitOfWork, definition: Definition, element: str) -> str:
    parsed = execution.parsed_definition(uow, definition.hash, definition.process_id)
    found = parsed.element(element)
    return (found.name if found is not None else "") or element or _NO_PLACE
