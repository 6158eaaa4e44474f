"""Where a text stands that only what was sent names: nothing else finds it before it is removed."""

from __future__ import annotations

import hashlib
from typing import Any
from uuid import UUID

from engine import messages
from engine.database import Database, unit_of_work
from engine.mentions import mentioned


def digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def test_a_text_is_found_in_the_state_of_an_instance_and_in_a_message(
    database: Database, deploy: Any, draw: Any, begin: Any, commune: UUID
) -> None:
    body = (
        '<bpmn:process id="p" isExecutable="true"><bpmn:startEvent id="begun"/>'
        + draw.user_task("read", "Đọc")
        + '<bpmn:endEvent id="ended"/>'
        + draw.flows("begun", "read", "ended")
        + "</bpmn:process>"
    )
    form = {"type": "object", "properties": {}}
    begin(deploy("p", body, {"read": form}), "1", {"scan": digest("state")})
    with unit_of_work(database) as uow:
        messages.send(
            uow, organisation_id=commune, name="m", key="1", payload={"of": [digest("message")]}, dedup="1"
        )
    texts = [digest("state"), digest("message"), digest("nowhere")]
    with unit_of_work(database, readonly=True) as uow:
        assert mentioned(uow, texts) == set(texts[:2])
        assert mentioned(uow, []) == set()
