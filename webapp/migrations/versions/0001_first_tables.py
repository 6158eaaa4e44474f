"""The first tables of the engine and the workflows, and the triggers that keep history append-only."""

from alembic import op
from engine.database import Base
from engine.history import append_only_statements

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    connection = op.get_bind()
    Base.metadata.create_all(connection)
    for statement in append_only_statements(connection.dialect.name):
        op.execute(statement)
