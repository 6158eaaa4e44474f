"""A process that votes, closes or opens until it is killed; each acknowledgement is one line on its output."""

from __future__ import annotations

# First: swaps in the one SQLite library.
from engine.database import Database, unit_of_work  # isort: skip

import json
import sys
from uuid import UUID

from engine.clock import InstallationClock
from workflows.actions import secret_ballots
from workflows.actions.sessions import close_voting
from workflows.handlers import register_all


def main() -> None:
    asked = json.load(sys.stdin)
    register_all()
    database = Database(asked["url"])
    database.clock = InstallationClock(database)

    def acting(person: str) -> object:
        ids = {"organisation_id": UUID(asked["organisation"]), "actor_id": UUID(person)}
        return unit_of_work(database, actor_name="x", **ids)

    print("ready", flush=True)
    for number in range(asked.get("rounds", 1)):
        for person in asked["members"]:
            choices = dict.fromkeys(asked["lines"], "agree" if number % 2 else "disagree")
            with acting(person) as uow:
                receipt = secret_ballots.cast(uow, asked["session"], choices)
            print(json.dumps([person, receipt]), flush=True)
    if asked.get("close"):
        with acting(asked["close"]) as uow:
            close_voting(uow, asked["session"])
        print("closed", flush=True)
    if asked.get("open"):
        with acting(asked["open"]) as uow:
            closed = secret_ballots.opening(uow, asked["session"])
        print("opening", flush=True)
        opened = closed.opened_with({int(place): code for place, code in asked["codes"].items()})
        with acting(asked["open"]) as uow:
            secret_ballots.record_opening(uow, asked["session"], opened, closed.root)
        print("opened", flush=True)
    if asked.get("stay"):
        sys.stdin.close()
        import time

        time.sleep(600)


if __name__ == "__main__":
    main()
