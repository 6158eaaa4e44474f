"""Incidents with what was done about them; steps an instance passes undone"""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("instance", sa.Column("skips", sa.JSON(none_as_null=True), nullable=True))
    with op.batch_alter_table("incident") as incident:
        incident.add_column(sa.Column("job_id", sa.String(length=100), nullable=True))
        incident.add_column(sa.Column("job_name", sa.String(length=100), nullable=True))
        incident.add_column(sa.Column("resolution", sa.String(length=20), nullable=True))
        incident.add_column(sa.Column("reason", sa.Text(), nullable=True))
        incident.create_check_constraint(
            "ck_incident_resolution", "resolution IN ('retried', 'skipped', 'corrected', 'settled')"
        )
        incident.create_index("ix_incident_instance", ["instance_id"])
        incident.create_index("ix_incident_job", ["job_id"])
