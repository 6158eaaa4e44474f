"""Acting as the people of the fixture: each act in a transaction of its own, the jobs after it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any
from uuid import UUID

from engine import forms, jobs, tasks
from engine.clock import ZONE, set_clock
from engine.database import Database, UnitOfWork, new_id, unit_of_work
from engine.models import Task
from workflows.fixtures.dong_lien import Fixture
from workflows.tables.organisation import Person

Form = dict[str, Any]
Fill = Callable[[Form], Mapping[str, Any]]


@dataclass(frozen=True)
class Players:
    """The people of a fixture by their codes, e.g. "VP" for the standing office."""

    database: Database
    fixture: Fixture

    def move_clock(self, day: date, hour: int = 8) -> None:
        """Set the installation's business time and let what became due happen."""
        move_clock(self.database, day, hour)
        jobs.run_pending(self.database)

    @contextmanager
    def acting(self, code: str) -> Iterator[UnitOfWork]:
        """Open a unit of work as one person; jobs that it ordered have run when this returns."""
        person_id = self.fixture.people[code]
        with unit_of_work(self.database, readonly=True) as look:
            person = look.session.get_one(Person, person_id)
        with unit_of_work(
            self.database,
            organisation_id=person.organisation_id,
            actor_id=person.id,
            actor_name=person.full_name,
        ) as uow:
            yield uow
        jobs.run_pending(self.database)

    def complete(self, code: str, step: str, key: UUID | str, form: Mapping[str, Any] | Fill) -> None:
        """Do the open task of a step of one dossier, meeting, session, paper or package.

        `form` is what the person adds to the prefilled form, or a function from the prefilled form to it.
        Raises LookupError when no such task is open for anybody, and what `engine.tasks` raises.
        """
        with self.acting(code) as uow:
            task = open_task(uow, step, str(key))
            tasks.complete_task(uow, task.id, filled(uow, task, form), idempotency_key=str(new_id()))

    def complete_all(self, code: str, step: str, keys: list[UUID], form: Mapping[str, Any] | Fill) -> None:
        """Do the same for a list of dossiers, each in its own transaction as on the list page."""
        for key in keys:
            self.complete(code, step, key, form)


def move_clock(database: Database, day: date, hour: int = 8) -> None:
    """Set the installation's business time, in Vietnam's zone."""
    with unit_of_work(database) as uow:
        set_clock(uow, datetime.combine(day, time(hour), tzinfo=ZONE))
        uow.enqueue("fire_timers")


def filled(uow: UnitOfWork, task: Task, form: Mapping[str, Any] | Fill) -> Form:
    """The prefilled form with what the person adds, cleaned as the web does before it is posted."""
    schema = tasks.form_schema(uow, task)
    prefilled = {name: value for name, value in tasks.prefill_of(uow, task).items() if name != "$options"}
    added = form(prefilled) if callable(form) else form
    return forms.clean(schema, {**prefilled, **added})


def open_task(uow: UnitOfWork, step: str, key: str) -> Task:
    """The open task of a step for a business key; the actor's own one where there are several (votes)."""
    found = tasks.open_tasks(uow, step=step, business_key=key)
    own = [task for task in found if task.assignee_id == uow.actor_id]
    for task in own or found:
        return task
    raise LookupError(f"no open task {step!r} for {key}")
