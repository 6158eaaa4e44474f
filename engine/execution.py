"""One step of an instance: load its run, let the engine go on, write down what then waits.

Everything here happens under the instance's row lock in the caller's transaction. The state, the task rows,
the timers, the subscriptions and the history are written together or not at all.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from copy import deepcopy
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm.attributes import set_committed_value

from engine import handlers, history, waiting
from engine.database import UnitOfWork
from engine.errors import N_, NotFound, StepFailed
from engine.history import Event, instance_chain
from engine.models import Content, Definition, Instance
from engine.spiff import cache
from engine.spiff.parser import ParsedDefinition, parse
from engine.spiff.runner import Run


@dataclass
class InstanceHost:
    """What the engine asks of us while it runs an instance; implements engine.spiff.runner.Host."""

    uow: UnitOfWork
    instance: Instance
    functions: Mapping[str, Callable[..., Any]] = field(init=False)

    def __post_init__(self) -> None:
        self.functions = handlers.bound_functions(self.uow)

    @property
    def now(self) -> datetime:
        """Return business time."""
        return self.uow.now

    def call_service(
        self, element: str, operation: str, parameters: dict[str, Any], data: dict[str, Any]
    ) -> Mapping[str, Any] | None:
        """Run the registered service; raises LookupError when there is none of that name."""
        handler = handlers.registry().services.get(operation)
        if handler is None:
            raise LookupError(f"no service is registered under {operation!r}")
        call = handlers.ServiceCall(
            uow=self.uow,
            instance_id=self.instance.id,
            organisation_id=self.instance.organisation_id,
            business_key=self.instance.business_key,
            element=element,
            parameters=parameters,
            data=deepcopy(data),
        )
        return handler(call)

    def skips(self, element: str) -> bool:
        """Return whether an administrator lets the instance pass this step undone; true once for each time."""
        if element not in (self.instance.skips or ()):
            return False
        left = list(self.instance.skips or ())
        left.remove(element)
        self.instance.skips = left or None
        record(self.uow, self.instance, Event.STEP_SKIPPED, element=element)
        return True


def parsed_definition(uow: UnitOfWork, definition_hash: str, process_id: str) -> ParsedDefinition:
    """Return the parsed closure of a definition; parsed once in a process. Raises NotFound."""
    key = f"definition:{definition_hash}:{process_id}"
    return cache.parsed(key, lambda: parse(_files(uow, definition_hash), process_id))


def _files(uow: UnitOfWork, definition_hash: str) -> dict[str, bytes]:
    definition = uow.session.get(Definition, definition_hash)
    if definition is None:
        raise NotFound(N_("quy trình của hồ sơ"))
    wanted = sa.select(Content.hash, Content.data).where(Content.hash.in_(set(definition.files.values())))
    content = {row.hash: row.data for row in uow.session.execute(wanted)}
    return {path: content[digest] for path, digest in definition.files.items()}


def load_run(uow: UnitOfWork, instance: Instance) -> Run:
    """Return the run of an instance as it was stored."""
    parsed = parsed_definition(uow, instance.definition_hash, instance.process_id)
    return Run.load(parsed, instance.state, InstanceHost(uow, instance))


def start_run(uow: UnitOfWork, instance: Instance, data: dict[str, Any]) -> Run:
    """Return a new run that has gone on until everything waits."""
    parsed = parsed_definition(uow, instance.definition_hash, instance.process_id)
    return Run.start(parsed, data, InstanceHost(uow, instance))


def store_run(uow: UnitOfWork, instance: Instance, run: Run) -> None:
    """Write the state and everything that now waits; end the instance when the run has ended."""
    passed = list(run.trace)
    if passed:
        record(uow, instance, Event.INSTANCE_ADVANCED, data={"passed": passed})
    waiting.synchronise(uow, instance, run)
    if run.completed:
        instance.status, instance.ended_at = "completed", uow.now
        instance.outcome = run.ended_at[-1] if run.ended_at else None
        record(uow, instance, Event.INSTANCE_COMPLETED, element=instance.outcome)
    _keep_state(uow, instance, run.dump())
    uow.session.flush()


_KEEP_STATE = (
    sa.update(sa.Table("instance", Instance.metadata))
    .where(
        Instance.__table__.c.id == sa.bindparam("instance_id"),
        Instance.__table__.c.version == sa.bindparam("known"),
    )
    .values(state=sa.bindparam("state"), version=sa.bindparam("next"))
)


def _keep_state(uow: UnitOfWork, instance: Instance, state: bytes) -> None:
    """Write the state over the version that was read under the instance's lock.

    A new or otherwise changed instance is left to the session. Should somebody forget the lock, a version that
    has moved on is not overwritten, and the history's UNIQUE(chain, seq) fails the transaction.
    """
    if instance not in uow.session or uow.session.is_modified(instance) or instance in uow.session.new:
        instance.state = state
        return
    known = instance.version
    values = {"instance_id": instance.id, "known": known, "state": state, "next": known + 1}
    uow.later(_KEEP_STATE, values)
    set_committed_value(instance, "state", state)
    set_committed_value(instance, "version", known + 1)


def record(
    uow: UnitOfWork,
    instance: Instance,
    event: str,
    *,
    element: str | None = None,
    data: Mapping[str, Any] | None = None,
) -> None:
    """Append to the instance's chain."""
    history.record(
        uow,
        instance_chain(instance.id),
        event,
        element=element,
        data=data,
        organisation_id=instance.organisation_id,
    )


@contextmanager
def blaming(instance_id: UUID) -> Iterator[None]:
    """Let a StepFailed that comes out say which instance it belongs to."""
    try:
        yield
    except StepFailed as error:
        error.instance_id = error.instance_id or instance_id
        raise


_LOCK = (
    sa.select(Instance)
    .where(Instance.id == sa.bindparam("instance_id"))
    .with_for_update()
    .execution_options(populate_existing=True)
)


def lock(uow: UnitOfWork, instance_id: UUID) -> Instance:
    """Return the instance with its row locked to the end of the transaction; raises NotFound."""
    instance = uow.session.scalars(_LOCK, {"instance_id": instance_id}).one_or_none()
    if instance is None or uow.organisation_id not in (None, instance.organisation_id):
        raise NotFound(N_("hồ sơ"))
    return instance
