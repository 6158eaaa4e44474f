"""Reads a draft in a process that may be killed: the library's parser may hang, a diagram may explode.

Twelve parallel blocks of two branches in a row make 32,765 tasks at the start of an instance, and a data
object in the wrong place keeps the parser busy for ever (notes/engine.md, traps 12 and 13). Run as
`python -m engine.spiff.probe SECONDS BYTES TASKS`: JSON {files: {path: base64}, processes} on the input; one
JSON line a process on the output as soon as it is known, so that the one that had to be stopped has a name.
"""

from __future__ import annotations

import base64
import json
import os
import signal
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import astuple, dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

from engine.errors import N_


class Verdict(StrEnum):
    """What became of a process."""

    FINE = "fine"
    REFUSED = "refused"
    EXPLODES = "explodes"
    TOO_LONG = "too_long"
    TOO_BIG = "too_big"


@dataclass(frozen=True)
class Limits:
    """What a draft may cost: processor seconds (twice as many by the clock and ten to begin), memory, tasks."""

    seconds: int = 5
    memory_bytes: int = 512 * 1024 * 1024
    tasks: int = 1000

    @property
    def wall_seconds(self) -> float:
        """Return how long to wait on a busy machine before the child is killed."""
        return 2 * self.seconds + 10


@dataclass(frozen=True)
class Probe:
    """What became of one process; `element_id` is the (sub)process it is about, `problem` a parser's text."""

    process_id: str
    verdict: Verdict
    element_id: str = ""
    problem: str = ""


DEFAULT = Limits()


def probe(files: Mapping[str, bytes], process_ids: list[str], limits: Limits = DEFAULT) -> list[Probe]:
    """Return what each process becomes when it is parsed and started, up to the first that is stopped."""
    payload = {
        "files": {path: base64.b64encode(content).decode() for path, content in files.items()},
        "processes": process_ids,
    }
    returncode, lines, errors = _run(json.dumps(payload).encode(), limits)
    done = [_read(line) for line in lines]
    if len(done) == len(process_ids):
        return done
    stopped = process_ids[len(done)]
    if returncode == 0 or (returncode > 0 and "MemoryError" not in errors):
        raise RuntimeError(f"the probe failed: {errors}")
    by_time = returncode in (-signal.SIGKILL, -signal.SIGXCPU)
    return [*done, Probe(stopped, Verdict.TOO_LONG if by_time else Verdict.TOO_BIG, stopped)]


def _run(given: bytes, limits: Limits) -> tuple[int, list[bytes], str]:
    """The child's return code, its whole lines and the last one of its complaints."""
    root = str(Path(__file__).resolve().parents[2])
    numbers = [str(value) for value in astuple(limits)]
    with subprocess.Popen(  # noqa: S603 - our own interpreter and module
        [sys.executable, "-m", "engine.spiff.probe", *numbers],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env={"PYTHONPATH": root, "PATH": os.environ.get("PATH", ""), "LANG": "C.UTF-8"},
    ) as child:
        try:
            output, errors = child.communicate(given, limits.wall_seconds)
        except subprocess.TimeoutExpired:
            child.kill()
            output, errors = child.communicate()
    lines = output.splitlines(keepends=True)
    last = errors.decode("utf-8", "replace").strip().splitlines()[-1:]
    return child.returncode, [line for line in lines if line.endswith(b"\n")], " ".join(last)


def _read(line: bytes) -> Probe:
    process_id, verdict, element_id, problem = json.loads(line)
    return Probe(process_id, Verdict(verdict), element_id, problem)


def _main(seconds: int, memory_bytes: int, tasks: int) -> None:
    _limit(seconds, memory_bytes)
    payload = json.load(sys.stdin)
    files = {path: base64.b64decode(content) for path, content in payload["files"].items()}
    for process_id in payload["processes"]:
        print(json.dumps(astuple(_try(files, process_id, tasks))), flush=True)


def _limit(seconds: int, memory_bytes: int) -> None:
    try:
        import resource
    except ImportError:  # not on Windows: the time by the clock remains
        return
    resource.setrlimit(resource.RLIMIT_AS, (memory_bytes, memory_bytes))
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))


def _try(files: Mapping[str, bytes], process_id: str, tasks: int) -> Probe:
    from engine.spiff.parser import parse
    from engine.spiff.xml import DefinitionRefused

    try:
        spec, subprocess_specs = parse(files, process_id).specs()
        # A subprocess is predicted only when it is entered: each is started by itself.
        for one in (spec, *subprocess_specs.values()):
            if _explodes(one, subprocess_specs, tasks):
                return Probe(process_id, Verdict.EXPLODES, one.name)
    except MemoryError:
        raise
    except DefinitionRefused as refused:
        return Probe(process_id, Verdict.REFUSED, process_id, str(refused))
    except Exception as error:  # whatever the library fails with, the draft is what is wrong
        problem = N_("sơ đồ không đọc được: %s") % f"{type(error).__name__}: {error}"
        return Probe(process_id, Verdict.REFUSED, process_id, problem)
    return Probe(process_id, Verdict.FINE)


class _Explosion(Exception):
    """More tasks than allowed."""


class _Counted(dict[Any, Any]):
    """Tasks by id, up to a number: an explosion is stopped while it is small."""

    def __init__(self, limit: int) -> None:
        super().__init__()
        self.limit = limit

    def __setitem__(self, key: Any, value: Any) -> None:
        if len(self) >= self.limit:
            raise _Explosion
        super().__setitem__(key, value)


def _explodes(spec: Any, subprocess_specs: Mapping[str, Any], limit: int) -> bool:
    from engine.spiff.instance import Instance

    class Trial(Instance):
        """An instance that counts its tasks from the first one on."""

        def __setattr__(self, name: str, value: Any) -> None:
            super().__setattr__(name, _Counted(limit) if name == "tasks" else value)

    try:
        Trial(spec, subprocess_specs)
    except _Explosion:
        return True
    return False


if __name__ == "__main__":
    _main(*(int(number) for number in sys.argv[1:4]))
