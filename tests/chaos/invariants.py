"""What must hold after everything: nothing lost, nothing doubled, every row what the instance's state says."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from pathlib import Path
from uuid import UUID

import sqlalchemy as sa

from engine import execution, history, jobs
from engine.database import Database, UnitOfWork, unit_of_work
from engine.models import History, Incident, Instance, Message, Subscription, Task, Timer
from workflows.tables.meetings import Meeting
from workflows.tables.nominations import Evidence
from workflows.tables.papers import Paper

NAMING = (Evidence.sha256, Paper.pdf_sha256, Paper.scan_sha256, Meeting.scan_sha256)


def named_files(database: Database) -> set[str]:
    """The hashes that rows name, and those of papers as they were before they were drafted anew."""
    with unit_of_work(database, readonly=True) as uow:
        queries = [sa.select(column).where(column.is_not(None)) for column in NAMING]
        now = {str(digest) for query in queries for digest in uow.session.scalars(query)}
        rendered = sa.select(History.data).where(History.event == "paper:rendered")
        return now | {str(json.loads(data)["sha256"]) for data in uow.session.scalars(rendered)}


def orphans(database: Database, folder: Path) -> set[str]:
    """The stored files that no row names."""
    return {path.name for path in folder.glob("??/??/*")} - named_files(database)


def wrong_files(database: Database, folder: Path) -> list[str]:
    """The rows whose file is missing or has other bytes."""
    found = []
    for digest in sorted(named_files(database)):
        path = folder / digest[:2] / digest[2:4] / digest
        if not path.is_file() or hashlib.sha256(path.read_bytes()).hexdigest() != digest:
            found.append(digest)
    return found


def forged(database: Database) -> list[str]:
    """What is wrong with the chains of hashes, every chain."""
    with unit_of_work(database, readonly=True) as uow:
        chains = uow.session.scalars(sa.select(History.chain).distinct()).all()
        return [str(problem) for chain in chains for problem in history.verify(uow, chain)]


def differing(database: Database) -> list[str]:
    """The instances whose rows say something else than their state, or whose state does not load."""
    with unit_of_work(database, readonly=True) as uow:
        found = []
        for instance in uow.session.scalars(sa.select(Instance)):
            said, rows = _said(uow, instance), _rows(uow, instance.id)
            if said != rows:
                found.append(f"{instance.process_id} {instance.id}: {said} / {rows}")
        return found


Waits = tuple[list[str], list[str], list[str]]


def _said(uow: UnitOfWork, instance: Instance) -> Waits:
    if instance.status in ("completed", "cancelled"):
        return [], [], []
    run = execution.load_run(uow, instance)
    return (
        sorted(f"{step.step} {step.engine_task_id}" for step in run.ready),
        sorted(f"{wait.element} {wait.due_at}" for wait in run.timers),
        sorted({wait.name for wait in run.messages}),
    )


def _rows(uow: UnitOfWork, instance_id: UUID) -> Waits:
    open_ = sa.select(Task).where(Task.instance_id == instance_id, Task.state == "open")
    coming = sa.select(Timer).where(Timer.instance_id == instance_id, Timer.fired_at.is_(None))
    waiting = sa.select(Subscription.message).where(Subscription.instance_id == instance_id)
    return (
        sorted(f"{task.step} {task.engine_task_id}" for task in uow.session.scalars(open_)),
        sorted(f"{timer.element} {timer.due_at}" for timer in uow.session.scalars(coming)),
        sorted(uow.session.scalars(waiting)),
    )


def completions(database: Database) -> Counter[str]:
    """How often the history says that each task was completed."""
    with unit_of_work(database, readonly=True) as uow:
        told = uow.session.scalars(sa.select(History.data).where(History.event == "task:completed"))
        return Counter(str(json.loads(data)["task"]) for data in told)


def check_tasks(database: Database) -> None:
    """Every completed task once in the history, every completion of a task that is completed."""
    counted = completions(database)
    with unit_of_work(database, readonly=True) as uow:
        done = {str(key) for key in uow.session.scalars(sa.select(Task.id).where(Task.state == "completed"))}
    assert [task for task, times in counted.items() if times != 1] == []
    assert set(counted) == done


def check_messages(database: Database) -> None:
    """Every message delivered, once: as often as its receiver's history says."""
    with unit_of_work(database, readonly=True) as uow:
        sent = [
            (message.key, message.name) for message in uow.session.scalars(sa.select(Message))
            if message.state == "delivered"
        ]  # fmt: skip
        others = uow.session.scalars(sa.select(Message.state).where(Message.state != "delivered")).all()
        keys = {
            history.instance_chain(instance.id): instance.business_key
            for instance in uow.session.scalars(sa.select(Instance))
        }
        told = sa.select(History.chain, History.element).where(History.event == "message:delivered")
        taken = [(keys[chain], element) for chain, element in uow.session.execute(told)]
    assert list(others) == []
    assert Counter(sent) == Counter(taken)


def check_at_rest(database: Database, files: Path) -> None:
    """All of it, when nothing waits any more."""
    assert jobs.pending_count(database) == 0
    assert jobs.failed(database) == []
    with unit_of_work(database, readonly=True) as uow:
        assert [incident.cause for incident in uow.session.scalars(sa.select(Incident))] == []
    assert forged(database) == []
    assert differing(database) == []
    check_tasks(database)
    check_messages(database)
    assert wrong_files(database, files) == []
