"""Reads a draft in a process that may be killed: the library's parser may hang, a diagram may explode.

Twelve parallel blocks of two branches in a row make 32,765 tasks at the start of an instance, and a data
object in the wrong place keeps the parser busy for ever (notes/engine.md, traps 12 and 13). Run as
`python -m engine.spiff.probe`: JSON {path: base64} on the input, JSON [[process, problem, tasks], …] out.
"""

from __future__ import annotations

import base64
import json
import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

SECONDS = 10
MEMORY_BYTES = 1_500_000_000


@dataclass(frozen=True)
class Probe:
    """What became of one process: its problem (a text of the parser's) or the tasks it starts with."""

    process_id: str
    problem: str | None
    tasks: int


class ProbeTimeout(Exception):
    """The child took longer than its time or more than its memory; nothing is known about the draft."""


def probe(files: Mapping[str, bytes], process_ids: list[str], seconds: float = SECONDS) -> list[Probe]:
    """Return what each process becomes when it is parsed and started. Raises ProbeTimeout."""
    payload = {
        "files": {path: base64.b64encode(content).decode() for path, content in files.items()},
        "processes": process_ids,
    }
    root = str(Path(__file__).resolve().parents[2])
    environment = {"PYTHONPATH": root, "PATH": os.environ.get("PATH", ""), "LANG": "C.UTF-8"}
    try:
        child = subprocess.run(
            [sys.executable, "-m", "engine.spiff.probe"],
            input=json.dumps(payload).encode(),
            capture_output=True,
            timeout=seconds,
            check=False,
            env=environment,
        )
    except subprocess.TimeoutExpired as error:
        raise ProbeTimeout from error
    if child.returncode != 0:
        last = child.stderr.decode("utf-8", "replace").strip().splitlines()[-1:]
        if child.returncode < 0 or any("MemoryError" in line for line in last):
            raise ProbeTimeout
        raise RuntimeError(f"the probe failed: {' '.join(last)}")
    return [Probe(*item) for item in json.loads(child.stdout)]


def _limit() -> None:
    try:
        import resource
    except ImportError:  # not on Windows: the time limit remains
        return
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS + 1, SECONDS + 1))


def _main() -> None:
    _limit()
    payload = json.load(sys.stdin)
    files = {path: base64.b64decode(content) for path, content in payload["files"].items()}
    json.dump([_try(files, process_id) for process_id in payload["processes"]], sys.stdout)


def _try(files: Mapping[str, bytes], process_id: str) -> tuple[str, str | None, int]:
    import engine.database  # noqa: F401 - the first import of every entry point
    from engine.spiff.instance import Instance
    from engine.spiff.parser import parse
    from engine.spiff.xml import DefinitionRefused

    try:
        parsed = parse(files, process_id)
    except DefinitionRefused as refused:
        return process_id, str(refused), 0
    spec, subprocess_specs = parsed.specs()
    # A subprocess is predicted only when it is entered: each is counted by itself.
    counts = [len(Instance(one, subprocess_specs).tasks) for one in (spec, *subprocess_specs.values())]
    return process_id, None, max(counts)


if __name__ == "__main__":
    _main()
