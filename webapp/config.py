"""What an installation sets: where its database and files are, its key, its diagrams as shipped."""

from __future__ import annotations

import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, replace
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from engine.errors import N_, Conflict
from engine.jobs.upkeep import KEPT_DAYS
from engine.limits import BACKGROUND, WEB, Limits

PACKAGE = Path(__file__).resolve().parent


@dataclass(frozen=True)
class Settings:
    """The settings of one process; `from_environment` is how every entry point gets them."""

    database: str
    data: Path
    secret: str
    database_owner: str | None = None
    demo: bool = False
    secure_cookies: bool = False
    rate_limits: bool = True
    testing: bool = False
    limits: Limits = WEB
    background_limits: Limits = BACKGROUND
    metrics_token: str | None = None
    metrics_loopback: bool = False
    worker_metrics_port: int = 0
    keep_jobs_days: int = KEPT_DAYS

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] | None = None) -> Settings:
        """Read THIDUA_DATA, THIDUA_DATABASE, THIDUA_DATABASE_OWNER, THIDUA_SECRET, THIDUA_DEMO, THIDUA_HTTPS,
        THIDUA_METRICS_TOKEN, THIDUA_METRICS_LOOPBACK, THIDUA_WORKER_METRICS_PORT, THIDUA_KEEP_JOBS_DAYS and
        the limits of `_LIMITS`.

        Without them: a SQLite file and a generated key under `var/`. Raises Conflict naming a limit that is
        no number.
        """
        given = os.environ if environment is None else environment
        data = Path(given.get("THIDUA_DATA") or "var").resolve()
        data.mkdir(parents=True, exist_ok=True)
        return cls(
            database=given.get("THIDUA_DATABASE") or f"sqlite:///{data / 'thidua.db'}",
            data=data,
            secret=given.get("THIDUA_SECRET") or _kept_secret(data / "secret.key"),
            database_owner=given.get("THIDUA_DATABASE_OWNER") or None,
            demo=given.get("THIDUA_DEMO", "") == "1",
            secure_cookies=given.get("THIDUA_HTTPS", "") == "1",
            limits=_limits(given, WEB),
            background_limits=_limits(given, BACKGROUND, "JOB_"),
            metrics_token=given.get("THIDUA_METRICS_TOKEN") or None,
            metrics_loopback=given.get("THIDUA_METRICS_LOOPBACK", "") == "1",
            worker_metrics_port=_whole(given, "THIDUA_WORKER_METRICS_PORT", 0),
            keep_jobs_days=_whole(given, "THIDUA_KEEP_JOBS_DAYS", KEPT_DAYS),
        )


def _whole(given: Mapping[str, str], variable: str, default: int) -> int:
    text = given.get(variable)
    return int(_number(variable, text, int)) if text else default


_LIMITS = {
    "POOL_SIZE": "pool_size",
    "POOL_OVERFLOW": "pool_overflow",
    "POOL_WAIT": "pool_wait",
    "POOL_RECYCLE": "pool_recycle",
    "POOL_PRE_PING": "pool_pre_ping",
    "STATEMENT_TIMEOUT": "statement",
    "LOCK_TIMEOUT": "lock",
    "IDLE_TIMEOUT": "idle",
}
"""THIDUA_… and, for `thidua worker` and other commands, THIDUA_JOB_… → the limit; times in seconds."""


def _limits(given: Mapping[str, str], limits: Limits, kind: str = "") -> Limits:
    """The limits with what the environment says instead; the pool's are one for both kinds."""
    found: dict[str, Any] = {}
    for name, field in _LIMITS.items():
        variable = f"THIDUA_{'' if name.startswith('POOL') else kind}{name}"
        if text := given.get(variable):
            found[field] = _number(variable, text, type(getattr(limits, field)))
    return replace(limits, **found)


def _number(variable: str, text: str, kind: type[int | float | bool]) -> int | float | bool:
    """The number as the limit wants it; yes and no are 1 and 0."""
    most = 1 if kind is bool else 86_400
    try:
        value = float(text) if kind is float else int(text)
    except ValueError:
        value = -1
    if not 0 <= value <= most:
        words = {"name": variable, "most": most, "text": text}
        raise Conflict(
            N_("Biến môi trường %(name)s phải là số từ 0 đến %(most)s, không phải “%(text)s”.") % words
        )
    return kind(value)


def _kept_secret(path: Path) -> str:
    """The key in the file, made at the first start; only its owner may read it."""
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return path.read_text().strip()
    with os.fdopen(descriptor, "w") as file:
        secret = secrets.token_hex(32)
        file.write(secret)
    return secret


def regulations_folder() -> Path:
    """The shipped `bpmn/`: inside the installed package, or beside it in a checkout.

    Raises FileNotFoundError when it is in neither place.
    """
    for folder in (PACKAGE / "bpmn", PACKAGE.parent / "bpmn"):
        if folder.is_dir():
            return folder
    raise FileNotFoundError("bpmn/ is neither in the package nor beside it")


def release() -> str:
    """The version of the installed distribution."""
    try:
        return version("thidua")
    except PackageNotFoundError:  # a checkout that was never installed
        return "0"
