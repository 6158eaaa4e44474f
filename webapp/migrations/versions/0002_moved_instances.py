"""Moved instances"""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('migration_batch',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('organisation_id', sa.Uuid(), nullable=False),
    sa.Column('to_definition', sa.String(length=64), nullable=False),
    sa.Column('mapping', sa.JSON(), nullable=False),
    sa.Column('recompute_due', sa.Boolean(), nullable=False),
    sa.Column('reason', sa.Text(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('created_by', sa.Uuid(), nullable=True),
    sa.Column('created_by_name', sa.String(length=200), nullable=False),
    sa.ForeignKeyConstraint(['organisation_id'], ['organisation.id'], name=op.f('fk_migration_batch_organisation_id')),
    sa.ForeignKeyConstraint(['to_definition'], ['definition.hash'], name=op.f('fk_migration_batch_to_definition')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_migration_batch'))
    )
    op.create_index(op.f('ix_migration_batch_organisation_id'), 'migration_batch', ['organisation_id'], unique=False)
    op.create_table('migration_item',
    sa.Column('batch_id', sa.Uuid(), nullable=False),
    sa.Column('instance_id', sa.Uuid(), nullable=False),
    sa.Column('organisation_id', sa.Uuid(), nullable=False),
    sa.Column('accepted', sa.JSON(), nullable=False),
    sa.Column('state', sa.String(length=20), nullable=False),
    sa.Column('reason', sa.Text(), nullable=False),
    sa.CheckConstraint("state IN ('waiting', 'migrated', 'refused', 'failed')", name='ck_migration_item_state'),
    sa.ForeignKeyConstraint(['batch_id'], ['migration_batch.id'], name=op.f('fk_migration_item_batch_id')),
    sa.ForeignKeyConstraint(['instance_id'], ['instance.id'], name=op.f('fk_migration_item_instance_id')),
    sa.ForeignKeyConstraint(['organisation_id'], ['organisation.id'], name=op.f('fk_migration_item_organisation_id')),
    sa.PrimaryKeyConstraint('batch_id', 'instance_id', name=op.f('pk_migration_item'))
    )
    op.create_table('instance_migration',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('organisation_id', sa.Uuid(), nullable=False),
    sa.Column('instance_id', sa.Uuid(), nullable=False),
    sa.Column('batch_id', sa.Uuid(), nullable=True),
    sa.Column('from_definition', sa.String(length=64), nullable=False),
    sa.Column('to_definition', sa.String(length=64), nullable=False),
    sa.Column('state_before', sa.LargeBinary(), nullable=False),
    sa.Column('tasks_before', sa.JSON(), nullable=False),
    sa.Column('state_after_hash', sa.String(length=64), nullable=False),
    sa.Column('mapping', sa.JSON(), nullable=False),
    sa.Column('recompute_due', sa.Boolean(), nullable=False),
    sa.Column('accepted', sa.JSON(), nullable=False),
    sa.Column('reason', sa.Text(), nullable=False),
    sa.Column('migrated_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('migrated_by', sa.Uuid(), nullable=True),
    sa.Column('undone_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('undone_by', sa.Uuid(), nullable=True),
    sa.Column('undo_reason', sa.Text(), nullable=True),
    sa.ForeignKeyConstraint(['batch_id', 'instance_id'], ['migration_item.batch_id', 'migration_item.instance_id'], name='fk_instance_migration_item'),
    sa.ForeignKeyConstraint(['from_definition'], ['definition.hash'], name=op.f('fk_instance_migration_from_definition')),
    sa.ForeignKeyConstraint(['instance_id'], ['instance.id'], name=op.f('fk_instance_migration_instance_id')),
    sa.ForeignKeyConstraint(['organisation_id'], ['organisation.id'], name=op.f('fk_instance_migration_organisation_id')),
    sa.ForeignKeyConstraint(['to_definition'], ['definition.hash'], name=op.f('fk_instance_migration_to_definition')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_instance_migration'))
    )
    op.create_index('ix_instance_migration_instance', 'instance_migration', ['instance_id', 'id'], unique=False)
