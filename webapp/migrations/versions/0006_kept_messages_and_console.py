"""Kept messages have an expiry; an incident names the start that failed; what the console counts is indexed"""

import sqlalchemy as sa
from alembic import op

from engine.database import UtcDateTime

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("message") as message:
        message.add_column(sa.Column("expires_at", UtcDateTime(), nullable=True))
        message.drop_constraint("ck_message_state", type_="check")
        message.create_check_constraint(
            "ck_message_state", "state IN ('pending', 'delivered', 'waiting', 'refused', 'expired')"
        )
    kept = sa.text("state = 'waiting'")
    op.create_index(
        "ix_message_kept", "message", ["organisation_id", "expires_at"], sqlite_where=kept, postgresql_where=kept
    )
    op.add_column("incident", sa.Column("process_id", sa.String(length=100), nullable=True))
    op.add_column("incident", sa.Column("business_key", sa.String(length=100), nullable=True))
    op.create_index("ix_instance_definition", "instance", ["organisation_id", "status", "definition_hash"])
