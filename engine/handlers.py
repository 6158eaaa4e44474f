"""The one seam: what is registered here gives a diagram its services, form rules, functions and people."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Protocol, TypeVar
from uuid import UUID

from engine.database import UnitOfWork
from engine.models import Task


@dataclass(frozen=True)
class ServiceCall:
    """What a service task gives its handler. `data` is a deep copy: only the returned mapping is merged."""

    uow: UnitOfWork
    instance_id: UUID
    organisation_id: UUID
    business_key: str
    element: str
    parameters: dict[str, Any]
    data: dict[str, Any]


@dataclass(frozen=True)
class Completion:
    """A person's form that passed its schema, under the instance's lock, before the engine advances."""

    uow: UnitOfWork
    task: Task
    instance_id: UUID
    business_key: str
    form: dict[str, Any]
    data: dict[str, Any]


@dataclass(frozen=True)
class FormRequest:
    """A form that is about to be shown."""

    uow: UnitOfWork
    task: Task
    business_key: str
    data: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class SentBack:
    """An open task that goes back to an earlier step, before the token moves; `step` is where it goes."""

    uow: UnitOfWork
    task: Task
    business_key: str
    step: str
    reason: str


@dataclass(frozen=True)
class RoleHeld:
    """A role that a person holds, in a unit or in the whole organisation, regularly or as substitute."""

    role: str
    organisation_id: UUID
    unit_id: UUID | None = None
    substitute: bool = False


class Lookups(Protocol):
    """Who people are and which roles they hold on a date; workflows answers from its own tables."""

    def holds_role(
        self,
        uow: UnitOfWork,
        person_id: UUID,
        role: str,
        organisation_id: UUID,
        unit_id: UUID | None,
        on: date,
    ) -> bool:
        """Return whether the person regularly holds the role (for the unit when one is given)."""
        ...

    def roles_of(self, uow: UnitOfWork, person_id: UUID, on: date) -> list[RoleHeld]:
        """Return every role the person holds on the date, those as substitute included."""
        ...

    def holders(
        self, uow: UnitOfWork, organisation_id: UUID, role: str, unit_id: UUID | None, on: date
    ) -> list[UUID]:
        """Return the regular holders of a role."""
        ...

    def substitutes(
        self, uow: UnitOfWork, organisation_id: UUID, role: str, unit_id: UUID | None, on: date
    ) -> list[UUID]:
        """Return those appointed to stand in when the holders are barred or away."""
        ...

    def absent(self, uow: UnitOfWork, organisation_id: UUID, on: date) -> set[UUID]:
        """Return everybody of the organisation who is on leave on the date."""
        ...

    def person_name(self, uow: UnitOfWork, person_id: UUID) -> str:
        """Return the name to show."""
        ...


ServiceHandler = Callable[[ServiceCall], "Mapping[str, Any] | None"]
CompletionHandler = Callable[[Completion], "Mapping[str, Any] | None"]
SentBackHandler = Callable[[SentBack], None]
PrefillHandler = Callable[[FormRequest], dict[str, Any]]
SweepHandler = Callable[[UnitOfWork], None]
AnyFunction = TypeVar("AnyFunction", bound=Callable[..., Any])


class Registry:
    """What was registered. There is one for a process; tests may swap in another with `use`."""

    def __init__(self) -> None:
        self.services: dict[str, ServiceHandler] = {}
        self.completions: dict[tuple[str, str], CompletionHandler] = {}
        self.prefills: dict[tuple[str, str], PrefillHandler] = {}
        self.sent_back: dict[str, SentBackHandler] = {}
        self.functions: dict[str, tuple[Callable[..., Any], bool]] = {}
        self.sweeps: dict[str, SweepHandler] = {}
        self.nightly: dict[str, SweepHandler] = {}
        self.lookups: Lookups | None = None


_registry = Registry()


def registry() -> Registry:
    """Return the registry in use."""
    return _registry


def use(other: Registry) -> Registry:
    """Put another registry in use; returns the one before."""
    global _registry
    before, _registry = _registry, other
    return before


def service(name: str) -> Callable[[ServiceHandler], ServiceHandler]:
    """Register the handler of service tasks with this operator id; what it returns enters the instance."""

    def register(handler: ServiceHandler) -> ServiceHandler:
        _registry.services[name] = handler
        return handler

    return register


def on_complete(process_id: str, step: str) -> Callable[[CompletionHandler], CompletionHandler]:
    """Register what a sent form does; its result enters the instance instead of the form."""

    def register(handler: CompletionHandler) -> CompletionHandler:
        _registry.completions[process_id, step] = handler
        return handler

    return register


def prefill(process_id: str, step: str) -> Callable[[PrefillHandler], PrefillHandler]:
    """Register the initial values, rows and "$options" of a step's form."""

    def register(handler: PrefillHandler) -> PrefillHandler:
        _registry.prefills[process_id, step] = handler
        return handler

    return register


def on_send_back(process_id: str) -> Callable[[SentBackHandler], SentBackHandler]:
    """Register what else follows when a task of a process is sent back; it may refuse by raising NotAllowed."""

    def register(handler: SentBackHandler) -> SentBackHandler:
        _registry.sent_back[process_id] = handler
        return handler

    return register


def function(name: str, *, with_uow: bool = False) -> Callable[[AnyFunction], AnyFunction]:
    """Register a function for expressions and DMN cells; with_uow gives it the unit of work first."""

    def register(handler: AnyFunction) -> AnyFunction:
        _registry.functions[name] = (handler, with_uow)
        return handler

    return register


def sweep(name: str) -> Callable[[SweepHandler], SweepHandler]:
    """Register what the sweep over due moments also orders, every minute and when the clock was moved.

    It gets the sweep's own unit of work, which belongs to no organisation: it only orders jobs.
    """

    def register(handler: SweepHandler) -> SweepHandler:
        _registry.sweeps[name] = handler
        return handler

    return register


def nightly(name: str) -> Callable[[SweepHandler], SweepHandler]:
    """Register what the upkeep of the night also orders; its unit of work is as that of `sweep`."""

    def register(handler: SweepHandler) -> SweepHandler:
        _registry.nightly[name] = handler
        return handler

    return register


def bound_functions(uow: UnitOfWork) -> dict[str, Callable[..., Any]]:
    """Return all expression functions, those that need it bound to the unit of work."""

    def bind(handler: Callable[..., Any]) -> Callable[..., Any]:
        return lambda *args, **kwargs: handler(uow, *args, **kwargs)

    return {
        name: bind(handler) if with_uow else handler
        for name, (handler, with_uow) in _registry.functions.items()
    }


def set_lookups(lookups: Lookups) -> None:
    """Say who answers questions about people and roles."""
    _registry.lookups = lookups


def lookups() -> Lookups:
    """Return who answers questions about people and roles; raises LookupError when nobody was registered."""
    if _registry.lookups is None:
        raise LookupError("no lookups registered: call engine.handlers.set_lookups")
    return _registry.lookups
