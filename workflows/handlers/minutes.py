"""The minutes of a unit's review: made when the votes are counted."""

from __future__ import annotations

from uuid import UUID

from engine.errors import N_, NotFound
from engine.handlers import ServiceCall, service
from workflows import minutes
from workflows.tables.meetings import Meeting


@service("make_review_minutes")
def make_review_minutes(call: ServiceCall) -> None:
    """A draft of the minutes from the record as it stands; a corrected record gives new minutes."""
    meeting = call.uow.session.get(Meeting, UUID(call.business_key))
    if meeting is None:
        raise NotFound(N_("cuộc họp này"))
    minutes.make_review_minutes(call.uow, meeting, call.instance_id)
