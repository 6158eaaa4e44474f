"""A commune, people with roles, and diagrams small enough to read, for tests of the engine."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from itertools import pairwise
from typing import Any
from uuid import UUID

import pytest

from engine import handlers, instances
from engine.database import Database, UnitOfWork, new_id, unit_of_work
from engine.models import Content, Definition, Instance, Organisation, Regulation, RegulationFile

HEAD = """<?xml version="1.0" encoding="UTF-8"?>
<bpmn:definitions xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL"
  xmlns:spiffworkflow="http://spiffworkflow.org/bpmn/schema/1.0/core"
  xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"
  id="definitions" targetNamespace="http://thidua.test">"""


@dataclass
class People:
    """Lookups over a list: who holds what, where, and as substitute."""

    held: dict[UUID, list[handlers.RoleHeld]] = field(default_factory=dict)
    names: dict[UUID, str] = field(default_factory=dict)
    away: set[UUID] = field(default_factory=set)
    organisation_id: UUID = field(default_factory=new_id)

    def add(self, name: str, *roles: str, unit_id: UUID | None = None, substitute: bool = False) -> UUID:
        person_id = new_id()
        self.names[person_id] = name
        self.held[person_id] = [
            handlers.RoleHeld(role, self.organisation_id, unit_id, substitute) for role in roles
        ]
        return person_id

    def holds_role(
        self,
        uow: UnitOfWork,
        person_id: UUID,
        role: str,
        organisation_id: UUID,
        unit_id: UUID | None,
        on: date,
    ) -> bool:
        return person_id in self.holders(uow, organisation_id, role, unit_id, on)

    def roles_of(self, uow: UnitOfWork, person_id: UUID, on: date) -> list[handlers.RoleHeld]:
        return self.held.get(person_id, [])

    def holders(
        self, uow: UnitOfWork, organisation_id: UUID, role: str, unit_id: UUID | None, on: date
    ) -> list[UUID]:
        return self._with(role, unit_id, substitute=False)

    def substitutes(
        self, uow: UnitOfWork, organisation_id: UUID, role: str, unit_id: UUID | None, on: date
    ) -> list[UUID]:
        return self._with(role, unit_id, substitute=True)

    def absent(self, uow: UnitOfWork, organisation_id: UUID, on: date) -> set[UUID]:
        return self.away

    def _with(self, role: str, unit_id: UUID | None, *, substitute: bool) -> list[UUID]:
        return [
            person_id
            for person_id, roles in self.held.items()
            if any(
                held.role == role
                and held.substitute == substitute
                and (unit_id is None or held.unit_id in (None, unit_id))
                for held in roles
            )
        ]

    def person_name(self, uow: UnitOfWork, person_id: UUID) -> str:
        return self.names.get(person_id, "")


@pytest.fixture
def people(registry: handlers.Registry) -> People:
    """Nobody yet; `people.add("Lò Văn Vinh", "clerk")` appoints."""
    people = People()
    handlers.set_lookups(people)
    return people


@pytest.fixture
def commune(database: Database, people: People) -> UUID:
    """The id of the one commune."""
    with unit_of_work(database) as uow:
        uow.session.add(
            Organisation(id=people.organisation_id, code="dong-lien", name="Xã Đồng Liên", level="commune")
        )
    return people.organisation_id


Deploy = Callable[..., Definition]


@pytest.fixture
def deploy(database: Database, commune: UUID) -> Deploy:
    """deploy("process_id", "<bpmn:process …>…", forms={"step": schema}) puts a definition in force."""

    def deploy(process_id: str, body: str, forms: Mapping[str, Any] | None = None) -> Definition:
        files = {f"{process_id}/{process_id}.bpmn": f"{HEAD}{body}</bpmn:definitions>".encode()}
        for step, schema in (forms or {}).items():
            files[f"{process_id}/{step}.form.json"] = json.dumps(schema).encode()
        with unit_of_work(database) as uow:
            regulation = Regulation(
                organisation_id=commune,
                code=f"2022-{process_id}",
                name="Quy định 2022",
                state="published",
                effective_from=date(2017, 10, 1),
                created_at=uow.now,
                published_at=uow.now,
            )
            uow.session.add(regulation)
            uow.session.flush()
            hashes = {path: _store(uow, content) for path, content in files.items()}
            for path, digest in hashes.items():
                uow.session.add(
                    RegulationFile(
                        regulation_id=regulation.id, path=path, organisation_id=commune, content_hash=digest
                    )
                )
            definition = Definition(
                hash=hashlib.sha256(json.dumps(hashes).encode()).hexdigest(),
                organisation_id=commune,
                process_id=process_id,
                regulation_id=regulation.id,
                files=hashes,
                created_at=uow.now,
            )
            uow.session.add(definition)
        return definition

    return deploy


def _store(uow: UnitOfWork, content: bytes) -> str:
    digest = hashlib.sha256(content).hexdigest()
    if uow.session.get(Content, digest) is None:
        uow.session.add(Content(hash=digest, data=content))
        uow.session.flush()
    return digest


@pytest.fixture
def begin(database: Database, commune: UUID) -> Callable[..., Instance]:
    """begin(definition, key, data) starts an instance in a unit of work of its own."""

    def begin(definition: Definition, key: str = "1", data: Mapping[str, Any] | None = None) -> Instance:
        with unit_of_work(database, organisation_id=commune) as uow:
            return instances.start_definition(
                uow, definition, organisation_id=commune, business_key=key, data=data or {}
            )

    return begin


def user_task(step: str, name: str, **properties: str) -> str:
    """Return the XML of a user task with its properties."""
    items = {"formJsonSchemaFilename": f"{step}.form.json", **properties}
    listed = "".join(f'<spiffworkflow:property name="{k}" value="{v}"/>' for k, v in items.items())
    return (
        f'<bpmn:userTask id="{step}" name="{name}"><bpmn:extensionElements><spiffworkflow:properties>'
        f"{listed}</spiffworkflow:properties></bpmn:extensionElements></bpmn:userTask>"
    )


def flows(*steps: str) -> str:
    """Return sequence flows from each step to the next."""
    return "".join(
        f'<bpmn:sequenceFlow id="{a}_to_{b}" sourceRef="{a}" targetRef="{b}"/>' for a, b in pairwise(steps)
    )


@pytest.fixture
def draw() -> Any:
    """The two builders of diagrams as an object: draw.user_task, draw.flows."""

    class Draw:
        user_task = staticmethod(user_task)
        flows = staticmethod(flows)

    return Draw
