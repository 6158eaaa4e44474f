"""The closure of a process: its diagram, the processes it calls, their decisions, forms and wordings.

Pure: paths and contents in, paths out. Publishing freezes it by content hash (DESIGN rule 5).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath

from engine.xml import BPMN, SPIFF, safe_parse


@dataclass(frozen=True)
class References:
    """What a file offers (process or decision ids) and what it asks for."""

    processes: frozenset[str] = frozenset()
    decisions: frozenset[str] = frozenset()
    called: frozenset[str] = frozenset()
    decided: frozenset[str] = frozenset()
    forms: frozenset[str] = frozenset()


NOTHING = References()


class Missing(LookupError):
    """A process, decision or form that the closure needs is not among the files; `name` says which."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.name = name


def references(path: str, content: bytes) -> References:
    """Return the references of one file; files that are neither diagram nor table have none.

    Raises UnsafeXml.
    """
    if path.endswith(".dmn"):
        root = safe_parse(content)
        return References(decisions=frozenset(d.get("id", "") for d in root.iterfind("{*}decision")))
    if not path.endswith(".bpmn"):
        return NOTHING
    root = safe_parse(content)
    folder = PurePosixPath(path).parent
    forms = (
        str(folder / item.get("value", ""))
        for item in root.iter(f"{SPIFF}property")
        if item.get("name") == "formJsonSchemaFilename"
    )
    return References(
        processes=frozenset(p.get("id", "") for p in root.iterfind(f"{BPMN}process")),
        called=frozenset(c.get("calledElement", "") for c in root.iter(f"{BPMN}callActivity")),
        decided=frozenset((d.text or "").strip() for d in root.iter(f"{SPIFF}calledDecisionId")),
        forms=frozenset(forms),
    )


def closure(process_id: str, paths: Mapping[str, str], look: Callable[[str], References]) -> dict[str, str]:
    """Return path → hash of everything the process needs. `look` gives the references of a path.

    Raises Missing naming the process, the called process, the decision or the form that is missing.
    """
    known = {path: look(path) for path in sorted(paths)}
    wanted, seen, found = [process_id], set[str](), set[str]()
    while wanted:
        name = wanted.pop()
        if name in seen:
            continue
        seen.add(name)
        path = next((p for p, r in known.items() if name in r.processes), None)
        if path is None:
            raise Missing(name)
        found.add(path)
        found.update(_beside(path, paths))
        wanted.extend(known[path].called)
        for form in known[path].forms:
            found.add(_require(form if form in paths else None, form))
        for decision in known[path].decided:
            table = next((p for p, r in known.items() if decision in r.decisions), None)
            found.add(_require(table, decision))
    return {path: paths[path] for path in sorted(found)}


def _beside(path: str, paths: Mapping[str, str]) -> set[str]:
    """Forms and wordings in the diagram's folder: a handler may read one that no element names."""
    folder = PurePosixPath(path).parent
    if str(folder) == ".":
        return set()
    return {p for p in paths if PurePosixPath(p).parent == folder and not p.endswith((".bpmn", ".dmn"))}


def _require(path: str | None, name: str) -> str:
    if path is None:
        raise Missing(name)
    return path
