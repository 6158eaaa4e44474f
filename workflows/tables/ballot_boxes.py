"""The sealed box of one secret round: who holds a code, what was put in under a name, what came out without one."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Integer, LargeBinary, String, UniqueConstraint, Uuid
from sqlalchemy.orm import Mapped, mapped_column

from engine.database import Base, UtcDateTime, new_id


class BallotBox(Base):
    """One box for one secret round of a session.

    `context` says what was frozen when the box was made (members, recusals, nominees, rule, tellers, keys);
    `seals` holds the private key once per pair of tellers and is emptied when the box is opened; `counts` says
    how many ballots lie in it for each nominee when it is closed; `result` is what came out: for each nominee
    the choices in a drawn order, without owner, time or number.
    """

    __tablename__ = "ballot_box"
    __table_args__ = (
        UniqueConstraint("session_id", "round", name="uq_ballot_box_round"),
        CheckConstraint("state IN ('tellers', 'casting', 'closed', 'opened')", name="ck_ballot_box_state"),
    )

    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True, default=new_id)
    organisation_id: Mapped[UUID] = mapped_column(Uuid, ForeignKey("organisation.id"), index=True)
    session_id: Mapped[UUID] = mapped_column(Uuid, ForeignKey("council_session.id"), index=True)
    round: Mapped[int] = mapped_column(Integer)
    state: Mapped[str] = mapped_column(String(20), default="tellers")
    context: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    public_key: Mapped[str] = mapped_column(String(64), default="")
    seals: Mapped[list[dict[str, Any]]] = mapped_column(JSON, default=list)
    issued: Mapped[int] = mapped_column(Integer, default=0)
    returned: Mapped[int] = mapped_column(Integer, default=0)
    receipts: Mapped[list[str]] = mapped_column(JSON, default=list)
    counts: Mapped[dict[str, int]] = mapped_column(JSON, default=dict)
    root: Mapped[str] = mapped_column(String(64), default="")
    result: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    signature: Mapped[str] = mapped_column(String(128), default="")
    sealed_at: Mapped[datetime | None] = mapped_column(UtcDateTime, default=None)
    closed_at: Mapped[datetime | None] = mapped_column(UtcDateTime, default=None)
    opened_at: Mapped[datetime | None] = mapped_column(UtcDateTime, default=None)


class BallotTeller(Base):
    """One of the three tellers of a box; `public_key` comes from a code that only the teller has on paper."""

    __tablename__ = "ballot_teller"
    __table_args__ = (
        UniqueConstraint("box_id", "place", name="uq_ballot_teller_place"),
        UniqueConstraint("box_id", "person_id", name="uq_ballot_teller_person"),
    )

    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True, default=new_id)
    organisation_id: Mapped[UUID] = mapped_column(Uuid, ForeignKey("organisation.id"), index=True)
    box_id: Mapped[UUID] = mapped_column(Uuid, ForeignKey("ballot_box.id"), index=True)
    person_id: Mapped[UUID] = mapped_column(Uuid, ForeignKey("person.id"))
    place: Mapped[int] = mapped_column(Integer)
    salt: Mapped[str] = mapped_column(String(64), default="")
    public_key: Mapped[str] = mapped_column(String(64), default="")


class BallotEnvelope(Base):
    """One member's sealed ballots in one box: as many boxes of equal length as the member has lines."""

    __tablename__ = "ballot_envelope"
    __table_args__ = (UniqueConstraint("box_id", "person_id", name="uq_ballot_envelope_person"),)

    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True, default=new_id)
    organisation_id: Mapped[UUID] = mapped_column(Uuid, ForeignKey("organisation.id"), index=True)
    box_id: Mapped[UUID] = mapped_column(Uuid, ForeignKey("ballot_box.id"), index=True)
    person_id: Mapped[UUID] = mapped_column(Uuid, ForeignKey("person.id"))
    sealed: Mapped[bytes] = mapped_column(LargeBinary)
    receipt: Mapped[str] = mapped_column(String(64))
    cast_at: Mapped[datetime] = mapped_column(UtcDateTime)
