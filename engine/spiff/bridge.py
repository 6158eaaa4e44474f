"""What the library asks of a script engine, answered by our sandbox and by the host."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from copy import deepcopy
from typing import Any, Protocol

from SpiffWorkflow.bpmn.script_engine import BasePythonScriptEngineEnvironment, PythonScriptEngine

from engine.errors import N_, StepFailed, ThiduaError
from engine.spiff import script
from engine.spiff.dmn import DecisionFailed, DecisionTable, as_variables, decide

SKIPPED = "skipped"


class Host(Protocol):
    """What runs an instance: its business time, its services, the functions of its expressions."""

    @property
    def now(self) -> dt.datetime: ...

    @property
    def functions(self) -> Mapping[str, Callable[..., object]]: ...

    def call_service(
        self, element: str, operation: str, parameters: dict[str, Any], data: dict[str, Any]
    ) -> Mapping[str, Any] | None: ...

    def skips(self, element: str) -> bool: ...


class _NoEnvironment(BasePythonScriptEngineEnvironment):  # type: ignore[misc] # the library is untyped
    """The library's own environment is plain Python; whatever would reach it is refused."""

    def evaluate(self, expression: str, context: Any, external_context: Any = None) -> object:
        raise script.ScriptError(N_("biểu thức ở chỗ không được hỗ trợ"), expression)

    def execute(self, source: str, context: Any, external_context: Any = None) -> object:
        raise script.ScriptError(N_("mã ở chỗ không được hỗ trợ"), source)


def element_of(task: Any) -> str:
    """Return the BPMN id of a task, or the library's own name for what no diagram shows."""
    return str(task.task_spec.bpmn_id or task.task_spec.name)


class Bridge(PythonScriptEngine):  # type: ignore[misc] # the library is untyped
    """Every failure leaves as StepFailed naming the element (the library makes it a NameError, trap 7)."""

    def __init__(self, host: Host) -> None:
        super().__init__(_NoEnvironment())
        self.host = host
        self.moment: dt.datetime | None = None

    @property
    def now(self) -> dt.datetime:
        return self.moment or self.host.now

    def validate(self, expression: str) -> None:
        problem = script.compile_check(expression)
        if problem is not None:
            raise script.ScriptError(problem, expression)

    def evaluate(self, task: Any, expression: str, external_context: Any = None) -> object:
        try:
            return script.evaluate(expression, task.data, self.host.functions, external_context or {})
        except script.ScriptError as error:
            raise StepFailed(element_of(task), str(error)) from error

    def value(self, task: Any, expression: str) -> object:
        """`evaluate` as a plain value that shares nothing with the data. Raises StepFailed."""
        try:
            return script.value_of(expression, task.data, self.host.functions)
        except script.ScriptError as error:
            raise StepFailed(element_of(task), str(error)) from error

    def execute(self, task: Any, source: str, external_context: Any = None) -> bool:
        if self._skips(task):
            return True
        try:
            task.data.update(script.execute(source, task.data, self.host.functions))
        except script.ScriptError as error:
            raise StepFailed(element_of(task), str(error)) from error
        return True

    def _skips(self, task: Any) -> bool:
        """Whether an administrator lets a step pass undone; it is noted at the task, for a step that many do."""
        skipped = self.host.skips(element_of(task))
        if skipped:
            task.internal_data[SKIPPED] = True
        return skipped

    def decide(self, task: Any, table: DecisionTable) -> dict[str, object]:
        if self._skips(task):
            return {}
        try:
            return as_variables(table, decide(table, task.data, self.host.functions))
        except Exception as error:
            raise StepFailed(element_of(task), str(error)) from error

    def call_service(self, task: Any, **kwargs: Any) -> Mapping[str, Any] | None:
        element = element_of(task)
        if self._skips(task):
            return None
        try:
            return self.host.call_service(
                element, kwargs["operation"], kwargs["parameters"], deepcopy(task.data)
            )
        except StepFailed:
            raise
        except DecisionFailed as error:  # a broken table is the administrator's, not the person's
            raise StepFailed(element, f"{type(error).__name__}: {error}") from error
        except ThiduaError as error:
            raise StepFailed(element, f"{type(error).__name__}: {error}", error) from error
        except Exception as error:
            raise StepFailed(element, f"{type(error).__name__}: {error}") from error
