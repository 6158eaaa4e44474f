"""The only place where a box's private key exists: a child process that answers once and ends.

Its memory goes back to the system with it; it leaves no core file, and the server that started it never sees
the key. Asked by JSON on standard input, it answers by JSON on standard output.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Sequence
from typing import Any

from workflows.secret_ballot import sealing
from workflows.secret_ballot.verifier import statement

SECONDS = 120
REFUSALS: dict[str, type[Exception]] = {
    "wrong_codes": sealing.WrongCodes,
    "damaged": sealing.DamagedEnvelope,
}


class KeeperFailed(RuntimeError):
    """The child process gave no answer."""


def make_box(tellers: Sequence[str]) -> dict[str, Any]:
    """A new box for three tellers' public keys: `public_key`, `verify_key`, `seals`. KeeperFailed."""
    return _ask({"do": "make_box", "tellers": list(tellers)})


def open_box(
    box: str,
    root: str,
    tellers: Sequence[dict[str, str]],
    seals: Sequence[dict[str, Any]],
    codes: dict[int, str],
    lines: Sequence[str],
    envelopes: Sequence[tuple[str, Sequence[str], bytes]],
) -> dict[str, Any]:
    """The nameless ballots of a box as `result`, with its `signature`.

    Raises WrongCodes, DamagedEnvelope, KeeperFailed.
    """
    return _ask(
        {
            "do": "open_box",
            "box": box,
            "root": root,
            "tellers": list(tellers),
            "seals": list(seals),
            "codes": [[place, code] for place, code in codes.items()],
            "lines": list(lines),
            "envelopes": [[member, list(nominees), sealed.hex()] for member, nominees, sealed in envelopes],
        }
    )


def _ask(question: dict[str, Any]) -> dict[str, Any]:
    asked = [sys.executable, "-m", "workflows.secret_ballot.keeper"]
    try:
        done = subprocess.run(  # noqa: S603  (our own module, no shell)
            asked, input=json.dumps(question).encode(), capture_output=True, timeout=SECONDS, check=False
        )
        answer = json.loads(done.stdout)
    except (subprocess.TimeoutExpired, ValueError) as error:
        raise KeeperFailed from error
    if "refused" in answer:
        raise REFUSALS[answer["refused"]]
    assert isinstance(answer, dict)
    return answer


def _open(question: dict[str, Any]) -> dict[str, Any]:
    codes = {int(place): str(code) for place, code in question["codes"]}
    private = sealing.recover(question["box"], question["tellers"], question["seals"], codes)
    envelopes = [(member, nominees, bytes.fromhex(text)) for member, nominees, text in question["envelopes"]]
    opened = sealing.open_envelopes(private, question["box"], question["lines"], envelopes)
    result = {"lines": [{"id": line, "ballots": opened[line]} for line in question["lines"]]}
    return {"result": result, "signature": sealing.sign(private, statement(question["root"], result))}


def leave_no_core() -> None:
    """Have this process and its children leave no image of their memory on the disk when they crash."""
    try:
        import resource
    except ImportError:  # Windows writes none unless it is told to
        return
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def main() -> None:
    """Answer the one question on standard input."""
    leave_no_core()
    question = json.load(sys.stdin)
    try:
        answer = sealing.make_box(question["tellers"]) if question["do"] == "make_box" else _open(question)
    except sealing.WrongCodes:
        answer = {"refused": "wrong_codes"}
    except sealing.DamagedEnvelope:
        answer = {"refused": "damaged"}
    json.dump(answer, sys.stdout)


if __name__ == "__main__":
    main()
