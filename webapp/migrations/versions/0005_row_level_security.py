"""Row-level security by organisation on PostgreSQL"""

from alembic import op

from engine.database import Base
from engine.row_security import protect

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # Only tables that are there by now; those of later revisions get theirs after the upgrade (engine.schema).
    protect(op.get_bind(), Base.metadata.tables)
