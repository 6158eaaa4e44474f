"""Lent tasks and leave"""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('task_delegation',
    sa.Column('task_id', sa.Uuid(), nullable=False),
    sa.Column('organisation_id', sa.Uuid(), nullable=False),
    sa.Column('delegated_by', sa.Uuid(), nullable=False),
    sa.Column('assignee_before', sa.Uuid(), nullable=True),
    sa.ForeignKeyConstraint(['organisation_id'], ['organisation.id'], name=op.f('fk_task_delegation_organisation_id')),
    sa.ForeignKeyConstraint(['task_id'], ['task.id'], name=op.f('fk_task_delegation_task_id')),
    sa.PrimaryKeyConstraint('task_id', name=op.f('pk_task_delegation'))
    )
    op.create_index(op.f('ix_task_delegation_delegated_by'), 'task_delegation', ['delegated_by'], unique=False)
    op.create_table('absence',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('organisation_id', sa.Uuid(), nullable=False),
    sa.Column('person_id', sa.Uuid(), nullable=False),
    sa.Column('first_day', sa.Date(), nullable=False),
    sa.Column('last_day', sa.Date(), nullable=False),
    sa.Column('reason', sa.String(length=500), nullable=False),
    sa.CheckConstraint('last_day >= first_day', name='ck_absence_days'),
    sa.ForeignKeyConstraint(['organisation_id'], ['organisation.id'], name=op.f('fk_absence_organisation_id')),
    sa.ForeignKeyConstraint(['person_id'], ['person.id'], name=op.f('fk_absence_person_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_absence'))
    )
    op.create_index('ix_absence_days', 'absence', ['organisation_id', 'last_day', 'first_day'], unique=False)
    op.create_index(op.f('ix_absence_person_id'), 'absence', ['person_id'], unique=False)
