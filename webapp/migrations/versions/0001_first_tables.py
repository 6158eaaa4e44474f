"""First tables"""

import sqlalchemy as sa
from alembic import op
from engine.history import append_only_statements

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('clock_setting',
    sa.Column('id', sa.Integer(), autoincrement=False, nullable=False),
    sa.Column('at', sa.String(length=40), nullable=True),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_clock_setting'))
    )
    op.create_table('content',
    sa.Column('hash', sa.String(length=64), nullable=False),
    sa.Column('data', sa.LargeBinary(), nullable=False),
    sa.PrimaryKeyConstraint('hash', name=op.f('pk_content'))
    )
    op.create_table('idempotency',
    sa.Column('key', sa.String(length=200), nullable=False),
    sa.Column('organisation_id', sa.Uuid(), nullable=True),
    sa.Column('actor_id', sa.Uuid(), nullable=True),
    sa.Column('body_hash', sa.String(length=64), nullable=False),
    sa.Column('response', sa.JSON(), nullable=True),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.PrimaryKeyConstraint('key', name=op.f('pk_idempotency'))
    )
    op.create_table('organisation',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('code', sa.String(length=60), nullable=False),
    sa.Column('name', sa.String(length=300), nullable=False),
    sa.Column('level', sa.String(length=20), nullable=False),
    sa.Column('parent_id', sa.Uuid(), nullable=True),
    sa.CheckConstraint("level IN ('country', 'province', 'city', 'commune')", name='ck_organisation_level'),
    sa.ForeignKeyConstraint(['parent_id'], ['organisation.id'], name=op.f('fk_organisation_parent_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_organisation')),
    sa.UniqueConstraint('code', name=op.f('uq_organisation_code'))
    )
    op.create_table('worker_beat',
    sa.Column('executor_id', sa.String(length=100), nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.PrimaryKeyConstraint('executor_id', name=op.f('pk_worker_beat'))
    )
    op.create_table('achievement',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('organisation_id', sa.Uuid(), nullable=False),
    sa.Column('title', sa.Text(), nullable=False),
    sa.Column('subject_name', sa.String(length=300), nullable=False),
    sa.Column('year', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['organisation_id'], ['organisation.id'], name=op.f('fk_achievement_organisation_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_achievement'))
    )
    op.create_index(op.f('ix_achievement_organisation_id'), 'achievement', ['organisation_id'], unique=False)
    op.create_table('calendar_day',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('organisation_id', sa.Uuid(), nullable=False),
    sa.Column('day', sa.Date(), nullable=False),
    sa.Column('kind', sa.String(length=10), nullable=False),
    sa.Column('note', sa.String(length=200), nullable=False),
    sa.CheckConstraint("kind IN ('holiday', 'workday')", name='ck_calendar_day_kind'),
    sa.ForeignKeyConstraint(['organisation_id'], ['organisation.id'], name=op.f('fk_calendar_day_organisation_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_calendar_day')),
    sa.UniqueConstraint('organisation_id', 'day', name='uq_calendar_day')
    )
    op.create_index(op.f('ix_calendar_day_organisation_id'), 'calendar_day', ['organisation_id'], unique=False)
    op.create_table('history',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('organisation_id', sa.Uuid(), nullable=True),
    sa.Column('chain', sa.String(length=100), nullable=False),
    sa.Column('seq', sa.Integer(), nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('actor_id', sa.Uuid(), nullable=True),
    sa.Column('actor_name', sa.String(length=200), nullable=False),
    sa.Column('event', sa.String(length=60), nullable=False),
    sa.Column('element', sa.String(length=100), nullable=True),
    sa.Column('data', sa.Text(), nullable=False),
    sa.Column('prev', sa.String(length=64), nullable=False),
    sa.Column('hash', sa.String(length=64), nullable=False),
    sa.ForeignKeyConstraint(['organisation_id'], ['organisation.id'], name=op.f('fk_history_organisation_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_history')),
    sa.UniqueConstraint('chain', 'seq', name='uq_history_chain')
    )
    op.create_index('ix_history_recent', 'history', ['organisation_id', 'at'], unique=False)
    op.create_table('message',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('organisation_id', sa.Uuid(), nullable=False),
    sa.Column('sender_organisation_id', sa.Uuid(), nullable=False),
    sa.Column('name', sa.String(length=100), nullable=False),
    sa.Column('key', sa.String(length=100), nullable=False),
    sa.Column('payload', sa.JSON(), nullable=False),
    sa.Column('state', sa.String(length=20), nullable=False),
    sa.Column('reason', sa.Text(), nullable=True),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('delivered_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('dedup', sa.String(length=200), nullable=False),
    sa.CheckConstraint("state IN ('pending', 'delivered', 'waiting', 'refused')", name='ck_message_state'),
    sa.ForeignKeyConstraint(['organisation_id'], ['organisation.id'], name=op.f('fk_message_organisation_id')),
    sa.ForeignKeyConstraint(['sender_organisation_id'], ['organisation.id'], name=op.f('fk_message_sender_organisation_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_message')),
    sa.UniqueConstraint('dedup', name=op.f('uq_message_dedup'))
    )
    op.create_index('ix_message_receiver', 'message', ['organisation_id', 'name', 'key', 'state'], unique=False)
    op.create_table('movement',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('organisation_id', sa.Uuid(), nullable=False),
    sa.Column('code', sa.String(length=20), nullable=False),
    sa.Column('name', sa.String(length=300), nullable=False),
    sa.Column('themes', sa.JSON(), nullable=False),
    sa.Column('target_group', sa.Text(), nullable=False),
    sa.Column('parent_plan', sa.Text(), nullable=False),
    sa.Column('legal_basis', sa.Text(), nullable=False),
    sa.Column('launch_paper', sa.Text(), nullable=False),
    sa.Column('starts_on', sa.Date(), nullable=False),
    sa.Column('ends_on', sa.Date(), nullable=True),
    sa.CheckConstraint('ends_on IS NULL OR ends_on >= starts_on', name='ck_movement_dates'),
    sa.ForeignKeyConstraint(['organisation_id'], ['organisation.id'], name=op.f('fk_movement_organisation_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_movement')),
    sa.UniqueConstraint('organisation_id', 'code', name='uq_movement_code')
    )
    op.create_index(op.f('ix_movement_organisation_id'), 'movement', ['organisation_id'], unique=False)
    op.create_table('number_block',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('organisation_id', sa.Uuid(), nullable=False),
    sa.Column('year', sa.Integer(), nullable=False),
    sa.Column('series', sa.String(length=40), nullable=False),
    sa.Column('first', sa.Integer(), nullable=False),
    sa.Column('last', sa.Integer(), nullable=False),
    sa.Column('note', sa.Text(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.CheckConstraint('first > 0 AND last >= first', name='ck_number_block_range'),
    sa.ForeignKeyConstraint(['organisation_id'], ['organisation.id'], name=op.f('fk_number_block_organisation_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_number_block')),
    sa.UniqueConstraint('organisation_id', 'year', 'series', 'first', name='uq_number_block')
    )
    op.create_index(op.f('ix_number_block_organisation_id'), 'number_block', ['organisation_id'], unique=False)
    op.create_table('received_package',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('organisation_id', sa.Uuid(), nullable=False),
    sa.Column('package_id', sa.Uuid(), nullable=False),
    sa.Column('sender_organisation_id', sa.Uuid(), nullable=False),
    sa.Column('sender_name', sa.String(length=300), nullable=False),
    sa.Column('code', sa.String(length=40), nullable=False),
    sa.Column('papers', sa.JSON(), nullable=False),
    sa.Column('received_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('closed_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('state', sa.String(length=20), nullable=False),
    sa.CheckConstraint("state IN ('received', 'closed')", name='ck_received_package_state'),
    sa.ForeignKeyConstraint(['organisation_id'], ['organisation.id'], name=op.f('fk_received_package_organisation_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_received_package')),
    sa.UniqueConstraint('organisation_id', 'package_id', name='uq_received_package')
    )
    op.create_index(op.f('ix_received_package_organisation_id'), 'received_package', ['organisation_id'], unique=False)
    op.create_index(op.f('ix_received_package_state'), 'received_package', ['state'], unique=False)
    op.create_table('regulation',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('organisation_id', sa.Uuid(), nullable=False),
    sa.Column('code', sa.String(length=60), nullable=False),
    sa.Column('name', sa.String(length=300), nullable=False),
    sa.Column('legal_basis', sa.JSON(), nullable=False),
    sa.Column('settings', sa.JSON(), nullable=False),
    sa.Column('state', sa.String(length=20), nullable=False),
    sa.Column('effective_from', sa.Date(), nullable=True),
    sa.Column('effective_until', sa.Date(), nullable=True),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('created_by', sa.Uuid(), nullable=True),
    sa.Column('published_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('published_by', sa.Uuid(), nullable=True),
    sa.CheckConstraint("state IN ('draft', 'published')", name='ck_regulation_state'),
    sa.ForeignKeyConstraint(['organisation_id'], ['organisation.id'], name=op.f('fk_regulation_organisation_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_regulation'))
    )
    op.create_index('ix_regulation_in_force', 'regulation', ['organisation_id', 'state', 'effective_from'], unique=False)
    op.create_table('unit',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('organisation_id', sa.Uuid(), nullable=False),
    sa.Column('code', sa.String(length=20), nullable=False),
    sa.Column('name', sa.String(length=200), nullable=False),
    sa.Column('name_folded', sa.String(length=200), nullable=False),
    sa.Column('kind', sa.String(length=20), nullable=False),
    sa.Column('valid_from', sa.Date(), nullable=False),
    sa.Column('valid_to', sa.Date(), nullable=True),
    sa.CheckConstraint("kind IN ('agency', 'mass_organisation', 'force', 'medical', 'school', 'cooperative', 'hamlet', 'cluster')", name='ck_unit_kind'),
    sa.CheckConstraint('valid_to IS NULL OR valid_to >= valid_from', name='ck_unit_dates'),
    sa.ForeignKeyConstraint(['organisation_id'], ['organisation.id'], name=op.f('fk_unit_organisation_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_unit')),
    sa.UniqueConstraint('organisation_id', 'code', name='uq_unit_code')
    )
    op.create_index(op.f('ix_unit_organisation_id'), 'unit', ['organisation_id'], unique=False)
    op.create_table('definition',
    sa.Column('hash', sa.String(length=64), nullable=False),
    sa.Column('organisation_id', sa.Uuid(), nullable=False),
    sa.Column('process_id', sa.String(length=100), nullable=False),
    sa.Column('regulation_id', sa.Uuid(), nullable=False),
    sa.Column('files', sa.JSON(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['organisation_id'], ['organisation.id'], name=op.f('fk_definition_organisation_id')),
    sa.ForeignKeyConstraint(['regulation_id'], ['regulation.id'], name=op.f('fk_definition_regulation_id')),
    sa.PrimaryKeyConstraint('hash', name=op.f('pk_definition'))
    )
    op.create_table('person',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('organisation_id', sa.Uuid(), nullable=False),
    sa.Column('full_name', sa.String(length=200), nullable=False),
    sa.Column('name_folded', sa.String(length=200), nullable=False),
    sa.Column('name_sort', sa.String(length=400), nullable=False),
    sa.Column('gender', sa.String(length=10), nullable=False),
    sa.Column('born_year', sa.Integer(), nullable=True),
    sa.Column('unit_id', sa.Uuid(), nullable=True),
    sa.Column('position', sa.String(length=200), nullable=False),
    sa.Column('fictitious', sa.Boolean(), nullable=False),
    sa.Column('username', sa.String(length=60), nullable=True),
    sa.Column('password_hash', sa.String(length=300), nullable=True),
    sa.Column('must_change_password', sa.Boolean(), nullable=False),
    sa.Column('active', sa.Boolean(), nullable=False),
    sa.CheckConstraint("gender IN ('', 'male', 'female')", name='ck_person_gender'),
    sa.ForeignKeyConstraint(['organisation_id'], ['organisation.id'], name=op.f('fk_person_organisation_id')),
    sa.ForeignKeyConstraint(['unit_id'], ['unit.id'], name=op.f('fk_person_unit_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_person')),
    sa.UniqueConstraint('username', name='uq_person_username')
    )
    op.create_index(op.f('ix_person_name_folded'), 'person', ['name_folded'], unique=False)
    op.create_index(op.f('ix_person_name_sort'), 'person', ['name_sort'], unique=False)
    op.create_index(op.f('ix_person_organisation_id'), 'person', ['organisation_id'], unique=False)
    op.create_index(op.f('ix_person_unit_id'), 'person', ['unit_id'], unique=False)
    op.create_table('received_line',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('organisation_id', sa.Uuid(), nullable=False),
    sa.Column('received_package_id', sa.Uuid(), nullable=False),
    sa.Column('nomination_id', sa.Uuid(), nullable=False),
    sa.Column('position', sa.Integer(), nullable=False),
    sa.Column('submission_number', sa.Integer(), nullable=False),
    sa.Column('snapshot', sa.JSON(), nullable=False),
    sa.Column('answer', sa.String(length=20), nullable=True),
    sa.Column('reason', sa.Text(), nullable=False),
    sa.Column('decision_number', sa.String(length=60), nullable=False),
    sa.Column('decision_date', sa.Date(), nullable=True),
    sa.Column('answered_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('sent_at', sa.DateTime(timezone=True), nullable=True),
    sa.CheckConstraint("answer IS NULL OR answer IN ('decided', 'returned', 'refused')", name='ck_received_line_answer'),
    sa.ForeignKeyConstraint(['organisation_id'], ['organisation.id'], name=op.f('fk_received_line_organisation_id')),
    sa.ForeignKeyConstraint(['received_package_id'], ['received_package.id'], name=op.f('fk_received_line_received_package_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_received_line')),
    sa.UniqueConstraint('received_package_id', 'nomination_id', name='uq_received_line')
    )
    op.create_index(op.f('ix_received_line_nomination_id'), 'received_line', ['nomination_id'], unique=False)
    op.create_index(op.f('ix_received_line_organisation_id'), 'received_line', ['organisation_id'], unique=False)
    op.create_index(op.f('ix_received_line_received_package_id'), 'received_line', ['received_package_id'], unique=False)
    op.create_table('regulation_file',
    sa.Column('regulation_id', sa.Uuid(), nullable=False),
    sa.Column('path', sa.String(length=300), nullable=False),
    sa.Column('organisation_id', sa.Uuid(), nullable=False),
    sa.Column('content_hash', sa.String(length=64), nullable=True),
    sa.ForeignKeyConstraint(['content_hash'], ['content.hash'], name=op.f('fk_regulation_file_content_hash')),
    sa.ForeignKeyConstraint(['organisation_id'], ['organisation.id'], name=op.f('fk_regulation_file_organisation_id')),
    sa.ForeignKeyConstraint(['regulation_id'], ['regulation.id'], name=op.f('fk_regulation_file_regulation_id')),
    sa.PrimaryKeyConstraint('regulation_id', 'path', name=op.f('pk_regulation_file'))
    )
    op.create_table('unit_channel',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('organisation_id', sa.Uuid(), nullable=False),
    sa.Column('unit_id', sa.Uuid(), nullable=False),
    sa.Column('channel', sa.String(length=20), nullable=False),
    sa.Column('advice', sa.Text(), nullable=False),
    sa.Column('valid_from', sa.Date(), nullable=False),
    sa.Column('valid_to', sa.Date(), nullable=True),
    sa.CheckConstraint("channel IN ('commune', 'education', 'health', 'self', 'vertical', 'cluster')", name='ck_unit_channel'),
    sa.CheckConstraint('valid_to IS NULL OR valid_to >= valid_from', name='ck_unit_channel_dates'),
    sa.ForeignKeyConstraint(['organisation_id'], ['organisation.id'], name=op.f('fk_unit_channel_organisation_id')),
    sa.ForeignKeyConstraint(['unit_id'], ['unit.id'], name=op.f('fk_unit_channel_unit_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_unit_channel')),
    sa.UniqueConstraint('unit_id', 'valid_from', name='uq_unit_channel_start')
    )
    op.create_index(op.f('ix_unit_channel_organisation_id'), 'unit_channel', ['organisation_id'], unique=False)
    op.create_index(op.f('ix_unit_channel_unit_id'), 'unit_channel', ['unit_id'], unique=False)
    op.create_table('council_seat',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('organisation_id', sa.Uuid(), nullable=False),
    sa.Column('person_id', sa.Uuid(), nullable=False),
    sa.Column('seat', sa.Integer(), nullable=False),
    sa.Column('title', sa.String(length=200), nullable=False),
    sa.Column('is_chair', sa.Boolean(), nullable=False),
    sa.Column('valid_from', sa.Date(), nullable=False),
    sa.Column('valid_to', sa.Date(), nullable=True),
    sa.CheckConstraint('seat > 0', name='ck_council_seat_positive'),
    sa.CheckConstraint('valid_to IS NULL OR valid_to >= valid_from', name='ck_council_seat_dates'),
    sa.ForeignKeyConstraint(['organisation_id'], ['organisation.id'], name=op.f('fk_council_seat_organisation_id')),
    sa.ForeignKeyConstraint(['person_id'], ['person.id'], name=op.f('fk_council_seat_person_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_council_seat')),
    sa.UniqueConstraint('organisation_id', 'seat', 'valid_from', name='uq_council_seat_start')
    )
    op.create_index(op.f('ix_council_seat_organisation_id'), 'council_seat', ['organisation_id'], unique=False)
    op.create_index(op.f('ix_council_seat_person_id'), 'council_seat', ['person_id'], unique=False)
    op.create_table('delegation',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('organisation_id', sa.Uuid(), nullable=False),
    sa.Column('person_id', sa.Uuid(), nullable=False),
    sa.Column('position', sa.String(length=200), nullable=False),
    sa.Column('basis', sa.Text(), nullable=False),
    sa.Column('valid_from', sa.Date(), nullable=False),
    sa.Column('valid_to', sa.Date(), nullable=True),
    sa.CheckConstraint('valid_to IS NULL OR valid_to >= valid_from', name='ck_delegation_dates'),
    sa.ForeignKeyConstraint(['organisation_id'], ['organisation.id'], name=op.f('fk_delegation_organisation_id')),
    sa.ForeignKeyConstraint(['person_id'], ['person.id'], name=op.f('fk_delegation_person_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_delegation'))
    )
    op.create_index(op.f('ix_delegation_organisation_id'), 'delegation', ['organisation_id'], unique=False)
    op.create_index(op.f('ix_delegation_person_id'), 'delegation', ['person_id'], unique=False)
    op.create_table('instance',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('organisation_id', sa.Uuid(), nullable=False),
    sa.Column('definition_hash', sa.String(length=64), nullable=False),
    sa.Column('process_id', sa.String(length=100), nullable=False),
    sa.Column('business_key', sa.String(length=100), nullable=False),
    sa.Column('unit_id', sa.Uuid(), nullable=True),
    sa.Column('status', sa.String(length=20), nullable=False),
    sa.Column('state', sa.LargeBinary(), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.Column('started_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('ended_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('outcome', sa.String(length=100), nullable=True),
    sa.Column('suspended_basis', sa.Text(), nullable=True),
    sa.CheckConstraint("status IN ('running', 'suspended', 'completed', 'cancelled')", name='ck_instance_status'),
    sa.ForeignKeyConstraint(['definition_hash'], ['definition.hash'], name=op.f('fk_instance_definition_hash')),
    sa.ForeignKeyConstraint(['organisation_id'], ['organisation.id'], name=op.f('fk_instance_organisation_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_instance'))
    )
    op.create_index('ix_instance_business', 'instance', ['organisation_id', 'process_id', 'business_key'], unique=False)
    op.create_index('ix_instance_status', 'instance', ['organisation_id', 'status', 'started_at'], unique=False)
    op.create_table('notice',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('organisation_id', sa.Uuid(), nullable=False),
    sa.Column('person_id', sa.Uuid(), nullable=False),
    sa.Column('text', sa.Text(), nullable=False),
    sa.Column('link', sa.String(length=300), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('read_at', sa.DateTime(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['organisation_id'], ['organisation.id'], name=op.f('fk_notice_organisation_id')),
    sa.ForeignKeyConstraint(['person_id'], ['person.id'], name=op.f('fk_notice_person_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_notice'))
    )
    op.create_index(op.f('ix_notice_organisation_id'), 'notice', ['organisation_id'], unique=False)
    op.create_index(op.f('ix_notice_person_id'), 'notice', ['person_id'], unique=False)
    op.create_index('ix_notice_unread', 'notice', ['person_id', 'read_at'], unique=False)
    op.create_table('reading',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('organisation_id', sa.Uuid(), nullable=False),
    sa.Column('person_id', sa.Uuid(), nullable=False),
    sa.Column('what', sa.String(length=60), nullable=False),
    sa.Column('key', sa.String(length=100), nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['organisation_id'], ['organisation.id'], name=op.f('fk_reading_organisation_id')),
    sa.ForeignKeyConstraint(['person_id'], ['person.id'], name=op.f('fk_reading_person_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_reading'))
    )
    op.create_index(op.f('ix_reading_organisation_id'), 'reading', ['organisation_id'], unique=False)
    op.create_index(op.f('ix_reading_person_id'), 'reading', ['person_id'], unique=False)
    op.create_table('role_holding',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('organisation_id', sa.Uuid(), nullable=False),
    sa.Column('person_id', sa.Uuid(), nullable=False),
    sa.Column('role', sa.String(length=30), nullable=False),
    sa.Column('unit_id', sa.Uuid(), nullable=True),
    sa.Column('substitute', sa.Boolean(), nullable=False),
    sa.Column('valid_from', sa.Date(), nullable=False),
    sa.Column('valid_to', sa.Date(), nullable=True),
    sa.CheckConstraint("role IN ('nominator', 'unit_head', 'standing_office', 'council_chair', 'council_member', 'chairman', 'clerk', 'city_desk', 'inspector', 'administrator', 'publicity')", name='ck_role_holding_role'),
    sa.CheckConstraint('valid_to IS NULL OR valid_to >= valid_from', name='ck_role_holding_dates'),
    sa.ForeignKeyConstraint(['organisation_id'], ['organisation.id'], name=op.f('fk_role_holding_organisation_id')),
    sa.ForeignKeyConstraint(['person_id'], ['person.id'], name=op.f('fk_role_holding_person_id')),
    sa.ForeignKeyConstraint(['unit_id'], ['unit.id'], name=op.f('fk_role_holding_unit_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_role_holding'))
    )
    op.create_index(op.f('ix_role_holding_organisation_id'), 'role_holding', ['organisation_id'], unique=False)
    op.create_index(op.f('ix_role_holding_person_id'), 'role_holding', ['person_id'], unique=False)
    op.create_index('ix_role_holding_role', 'role_holding', ['organisation_id', 'role', 'unit_id'], unique=False)
    op.create_table('council_session',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('organisation_id', sa.Uuid(), nullable=False),
    sa.Column('instance_id', sa.Uuid(), nullable=True),
    sa.Column('title', sa.String(length=300), nullable=False),
    sa.Column('held_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('place', sa.String(length=300), nullable=False),
    sa.Column('vote_mode', sa.String(length=20), nullable=False),
    sa.Column('by_law', sa.JSON(), nullable=False),
    sa.Column('state', sa.String(length=20), nullable=False),
    sa.Column('round', sa.Integer(), nullable=False),
    sa.Column('written_circulation', sa.Boolean(), nullable=False),
    sa.Column('opened_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('closed_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('closed_by', sa.Uuid(), nullable=True),
    sa.Column('silent', sa.JSON(), nullable=False),
    sa.Column('silent_note', sa.Text(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.CheckConstraint("state IN ('preparing', 'invited', 'no_quorum', 'voting', 'counted', 'closed')", name='ck_council_session_state'),
    sa.CheckConstraint("vote_mode IN ('open', 'recorded')", name='ck_council_session_vote_mode'),
    sa.ForeignKeyConstraint(['closed_by'], ['person.id'], name=op.f('fk_council_session_closed_by')),
    sa.ForeignKeyConstraint(['instance_id'], ['instance.id'], name=op.f('fk_council_session_instance_id')),
    sa.ForeignKeyConstraint(['organisation_id'], ['organisation.id'], name=op.f('fk_council_session_organisation_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_council_session'))
    )
    op.create_index(op.f('ix_council_session_organisation_id'), 'council_session', ['organisation_id'], unique=False)
    op.create_index(op.f('ix_council_session_state'), 'council_session', ['state'], unique=False)
    op.create_table('incident',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('organisation_id', sa.Uuid(), nullable=True),
    sa.Column('instance_id', sa.Uuid(), nullable=True),
    sa.Column('element', sa.String(length=100), nullable=False),
    sa.Column('cause', sa.Text(), nullable=False),
    sa.Column('state', sa.String(length=20), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('resolved_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('resolved_by', sa.Uuid(), nullable=True),
    sa.CheckConstraint("state IN ('open', 'resolved')", name='ck_incident_state'),
    sa.ForeignKeyConstraint(['instance_id'], ['instance.id'], name=op.f('fk_incident_instance_id')),
    sa.ForeignKeyConstraint(['organisation_id'], ['organisation.id'], name=op.f('fk_incident_organisation_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_incident'))
    )
    op.create_index('ix_incident_state', 'incident', ['organisation_id', 'state', 'created_at'], unique=False)
    op.create_table('meeting',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('organisation_id', sa.Uuid(), nullable=False),
    sa.Column('instance_id', sa.Uuid(), nullable=True),
    sa.Column('unit_id', sa.Uuid(), nullable=False),
    sa.Column('title', sa.String(length=300), nullable=False),
    sa.Column('held_on', sa.Date(), nullable=True),
    sa.Column('held_time', sa.String(length=5), nullable=False),
    sa.Column('ended_time', sa.String(length=5), nullable=False),
    sa.Column('place', sa.String(length=300), nullable=False),
    sa.Column('chair', sa.String(length=200), nullable=False),
    sa.Column('secretary', sa.String(length=200), nullable=False),
    sa.Column('invited', sa.Integer(), nullable=False),
    sa.Column('present', sa.Integer(), nullable=False),
    sa.Column('absent', sa.JSON(), nullable=False),
    sa.Column('note', sa.Text(), nullable=False),
    sa.Column('correction_note', sa.Text(), nullable=False),
    sa.Column('scan_sha256', sa.String(length=64), nullable=True),
    sa.Column('state', sa.String(length=20), nullable=False),
    sa.CheckConstraint("state IN ('convening', 'recording', 'counted', 'closed')", name='ck_meeting_state'),
    sa.CheckConstraint('present >= 0 AND present <= invited', name='ck_meeting_present'),
    sa.ForeignKeyConstraint(['instance_id'], ['instance.id'], name=op.f('fk_meeting_instance_id')),
    sa.ForeignKeyConstraint(['organisation_id'], ['organisation.id'], name=op.f('fk_meeting_organisation_id')),
    sa.ForeignKeyConstraint(['unit_id'], ['unit.id'], name=op.f('fk_meeting_unit_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_meeting'))
    )
    op.create_index(op.f('ix_meeting_organisation_id'), 'meeting', ['organisation_id'], unique=False)
    op.create_index(op.f('ix_meeting_state'), 'meeting', ['state'], unique=False)
    op.create_index(op.f('ix_meeting_unit_id'), 'meeting', ['unit_id'], unique=False)
    op.create_table('nomination',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('organisation_id', sa.Uuid(), nullable=False),
    sa.Column('code', sa.String(length=20), nullable=False),
    sa.Column('instance_id', sa.Uuid(), nullable=True),
    sa.Column('unit_id', sa.Uuid(), nullable=False),
    sa.Column('author_id', sa.Uuid(), nullable=False),
    sa.Column('award', sa.String(length=20), nullable=False),
    sa.Column('movement_id', sa.Uuid(), nullable=True),
    sa.Column('merit_kind', sa.String(length=20), nullable=False),
    sa.Column('subject_kind', sa.String(length=20), nullable=False),
    sa.Column('subject_name', sa.String(length=300), nullable=False),
    sa.Column('name_folded', sa.String(length=300), nullable=False),
    sa.Column('name_sort', sa.String(length=600), nullable=False),
    sa.Column('person_id', sa.Uuid(), nullable=True),
    sa.Column('gender', sa.String(length=10), nullable=False),
    sa.Column('born_year', sa.Integer(), nullable=True),
    sa.Column('position', sa.String(length=200), nullable=False),
    sa.Column('address', sa.String(length=300), nullable=False),
    sa.Column('direct_worker', sa.Boolean(), nullable=False),
    sa.Column('hardship_area', sa.Boolean(), nullable=False),
    sa.Column('merit_summary', sa.Text(), nullable=False),
    sa.Column('achievement_year', sa.Integer(), nullable=False),
    sa.Column('months_in_service', sa.Integer(), nullable=True),
    sa.Column('discipline', sa.String(length=20), nullable=False),
    sa.Column('leave_days', sa.Integer(), nullable=False),
    sa.Column('initiative_name', sa.String(length=300), nullable=False),
    sa.Column('initiative_number', sa.String(length=100), nullable=False),
    sa.Column('initiative_year', sa.Integer(), nullable=True),
    sa.Column('gdvh_years', sa.Integer(), nullable=False),
    sa.Column('lttt_members', sa.Integer(), nullable=False),
    sa.Column('total_members', sa.Integer(), nullable=False),
    sa.Column('max_discipline', sa.String(length=20), nullable=False),
    sa.Column('achievement_id', sa.Uuid(), nullable=True),
    sa.Column('stage', sa.String(length=20), nullable=False),
    sa.Column('stage_since', sa.DateTime(timezone=True), nullable=False),
    sa.Column('on_hold_basis', sa.Text(), nullable=False),
    sa.Column('is_late', sa.Boolean(), nullable=False),
    sa.Column('outcome_reason', sa.Text(), nullable=False),
    sa.Column('received_on', sa.Date(), nullable=True),
    sa.Column('due_on', sa.Date(), nullable=True),
    sa.Column('supplement_count', sa.Integer(), nullable=False),
    sa.Column('submission_number', sa.Integer(), nullable=False),
    sa.Column('authority_route', sa.String(length=20), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.CheckConstraint("discipline IN ('none', 'khien_trach', 'canh_cao', 'higher')", name='ck_nomination_discipline'),
    sa.CheckConstraint("max_discipline IN ('none', 'khien_trach', 'canh_cao', 'higher')", name='ck_nomination_max_discipline'),
    sa.CheckConstraint("merit_kind IN ('thuong_xuyen', 'chuyen_de', 'dot_xuat', 'cong_hien')", name='ck_nomination_merit_kind'),
    sa.CheckConstraint("stage IN ('draft', 'unit_review', 'office_received', 'appraisal', 'supplement', 'council', 'paper', 'city', 'city_returned', 'awarded', 'not_passed', 'refused', 'withdrawn')", name='ck_nomination_stage'),
    sa.CheckConstraint("subject_kind IN ('individual', 'collective', 'household')", name='ck_nomination_subject_kind'),
    sa.CheckConstraint('submission_number >= 1', name='ck_nomination_submission_number'),
    sa.CheckConstraint('supplement_count BETWEEN 0 AND 1', name='ck_nomination_supplement_once'),
    sa.ForeignKeyConstraint(['achievement_id'], ['achievement.id'], name=op.f('fk_nomination_achievement_id')),
    sa.ForeignKeyConstraint(['author_id'], ['person.id'], name=op.f('fk_nomination_author_id')),
    sa.ForeignKeyConstraint(['instance_id'], ['instance.id'], name=op.f('fk_nomination_instance_id')),
    sa.ForeignKeyConstraint(['movement_id'], ['movement.id'], name=op.f('fk_nomination_movement_id')),
    sa.ForeignKeyConstraint(['organisation_id'], ['organisation.id'], name=op.f('fk_nomination_organisation_id')),
    sa.ForeignKeyConstraint(['person_id'], ['person.id'], name=op.f('fk_nomination_person_id')),
    sa.ForeignKeyConstraint(['unit_id'], ['unit.id'], name=op.f('fk_nomination_unit_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_nomination')),
    sa.UniqueConstraint('organisation_id', 'code', name='uq_nomination_code')
    )
    op.create_index(op.f('ix_nomination_author_id'), 'nomination', ['author_id'], unique=False)
    op.create_index(op.f('ix_nomination_award'), 'nomination', ['award'], unique=False)
    op.create_index(op.f('ix_nomination_instance_id'), 'nomination', ['instance_id'], unique=False)
    op.create_index(op.f('ix_nomination_name_folded'), 'nomination', ['name_folded'], unique=False)
    op.create_index(op.f('ix_nomination_name_sort'), 'nomination', ['name_sort'], unique=False)
    op.create_index(op.f('ix_nomination_organisation_id'), 'nomination', ['organisation_id'], unique=False)
    op.create_index(op.f('ix_nomination_person_id'), 'nomination', ['person_id'], unique=False)
    op.create_index('ix_nomination_stage', 'nomination', ['organisation_id', 'stage'], unique=False)
    op.create_index(op.f('ix_nomination_unit_id'), 'nomination', ['unit_id'], unique=False)
    op.create_index('uq_nomination_achievement', 'nomination', ['achievement_id'], unique=True, sqlite_where=sa.text("achievement_id IS NOT NULL AND stage NOT IN ('not_passed', 'refused', 'withdrawn')"), postgresql_where=sa.text("achievement_id IS NOT NULL AND stage NOT IN ('not_passed', 'refused', 'withdrawn')"))
    op.create_table('package',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('organisation_id', sa.Uuid(), nullable=False),
    sa.Column('instance_id', sa.Uuid(), nullable=True),
    sa.Column('code', sa.String(length=40), nullable=False),
    sa.Column('note', sa.Text(), nullable=False),
    sa.Column('sent_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('state', sa.String(length=20), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.CheckConstraint("state IN ('assembling', 'sent', 'closed')", name='ck_package_state'),
    sa.ForeignKeyConstraint(['instance_id'], ['instance.id'], name=op.f('fk_package_instance_id')),
    sa.ForeignKeyConstraint(['organisation_id'], ['organisation.id'], name=op.f('fk_package_organisation_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_package')),
    sa.UniqueConstraint('organisation_id', 'code', name='uq_package_code')
    )
    op.create_index(op.f('ix_package_organisation_id'), 'package', ['organisation_id'], unique=False)
    op.create_index(op.f('ix_package_state'), 'package', ['state'], unique=False)
    op.create_table('paper',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('organisation_id', sa.Uuid(), nullable=False),
    sa.Column('kind', sa.String(length=20), nullable=False),
    sa.Column('subject', sa.Text(), nullable=False),
    sa.Column('instance_id', sa.Uuid(), nullable=True),
    sa.Column('owner_key', sa.String(length=60), nullable=False),
    sa.Column('state', sa.String(length=20), nullable=False),
    sa.Column('authority_route', sa.String(length=20), nullable=False),
    sa.Column('signature_block', sa.String(length=200), nullable=False),
    sa.Column('recipients', sa.JSON(), nullable=False),
    sa.Column('review_reason', sa.Text(), nullable=False),
    sa.Column('number', sa.Integer(), nullable=True),
    sa.Column('series', sa.String(length=40), nullable=False),
    sa.Column('year', sa.Integer(), nullable=True),
    sa.Column('issued_on', sa.Date(), nullable=True),
    sa.Column('signer_id', sa.Uuid(), nullable=True),
    sa.Column('signer_mode', sa.String(length=2), nullable=True),
    sa.Column('delegation_id', sa.Uuid(), nullable=True),
    sa.Column('data', sa.JSON(), nullable=True),
    sa.Column('pdf_sha256', sa.String(length=64), nullable=True),
    sa.Column('scan_sha256', sa.String(length=64), nullable=True),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.CheckConstraint("kind IN ('decision', 'proposal', 'review_minutes', 'session_minutes')", name='ck_paper_kind'),
    sa.CheckConstraint("signer_mode IS NULL OR signer_mode <> 'KT' OR delegation_id IS NOT NULL", name='ck_paper_delegation'),
    sa.CheckConstraint("signer_mode IS NULL OR signer_mode IN ('CT', 'KT')", name='ck_paper_signer_mode'),
    sa.CheckConstraint("state IN ('draft', 'in_review', 'approved', 'issued', 'refused')", name='ck_paper_state'),
    sa.ForeignKeyConstraint(['delegation_id'], ['delegation.id'], name=op.f('fk_paper_delegation_id')),
    sa.ForeignKeyConstraint(['instance_id'], ['instance.id'], name=op.f('fk_paper_instance_id')),
    sa.ForeignKeyConstraint(['organisation_id'], ['organisation.id'], name=op.f('fk_paper_organisation_id')),
    sa.ForeignKeyConstraint(['signer_id'], ['person.id'], name=op.f('fk_paper_signer_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_paper'))
    )
    op.create_index(op.f('ix_paper_kind'), 'paper', ['kind'], unique=False)
    op.create_index(op.f('ix_paper_organisation_id'), 'paper', ['organisation_id'], unique=False)
    op.create_index(op.f('ix_paper_owner_key'), 'paper', ['owner_key'], unique=False)
    op.create_index(op.f('ix_paper_state'), 'paper', ['state'], unique=False)
    op.create_table('subscription',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('organisation_id', sa.Uuid(), nullable=False),
    sa.Column('instance_id', sa.Uuid(), nullable=False),
    sa.Column('message', sa.String(length=100), nullable=False),
    sa.Column('key', sa.String(length=100), nullable=False),
    sa.ForeignKeyConstraint(['instance_id'], ['instance.id'], name=op.f('fk_subscription_instance_id')),
    sa.ForeignKeyConstraint(['organisation_id'], ['organisation.id'], name=op.f('fk_subscription_organisation_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_subscription')),
    sa.UniqueConstraint('organisation_id', 'message', 'key', name='uq_subscription_message')
    )
    op.create_index('ix_subscription_instance', 'subscription', ['instance_id'], unique=False)
    op.create_table('task',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('organisation_id', sa.Uuid(), nullable=False),
    sa.Column('instance_id', sa.Uuid(), nullable=False),
    sa.Column('engine_task_id', sa.String(length=60), nullable=False),
    sa.Column('process_id', sa.String(length=100), nullable=False),
    sa.Column('business_key', sa.String(length=100), nullable=False),
    sa.Column('step', sa.String(length=100), nullable=False),
    sa.Column('name', sa.String(length=300), nullable=False),
    sa.Column('role', sa.String(length=100), nullable=False),
    sa.Column('unit_id', sa.Uuid(), nullable=True),
    sa.Column('assignee_id', sa.Uuid(), nullable=True),
    sa.Column('state', sa.String(length=20), nullable=False),
    sa.Column('claimed_by', sa.Uuid(), nullable=True),
    sa.Column('due_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('completed_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('completed_by', sa.Uuid(), nullable=True),
    sa.Column('form', sa.String(length=300), nullable=True),
    sa.Column('data', sa.JSON(), nullable=False),
    sa.CheckConstraint("state IN ('open', 'completed', 'cancelled')", name='ck_task_state'),
    sa.ForeignKeyConstraint(['instance_id'], ['instance.id'], name=op.f('fk_task_instance_id')),
    sa.ForeignKeyConstraint(['organisation_id'], ['organisation.id'], name=op.f('fk_task_organisation_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_task')),
    sa.UniqueConstraint('instance_id', 'engine_task_id', name='uq_task_engine')
    )
    op.create_index('ix_task_assigned', 'task', ['assignee_id', 'due_at', 'id'], unique=False, sqlite_where=sa.text("state = 'open'"), postgresql_where=sa.text("state = 'open'"))
    op.create_index('ix_task_created', 'task', ['organisation_id', 'created_at'], unique=False)
    op.create_index('ix_task_due', 'task', ['organisation_id', 'due_at'], unique=False, sqlite_where=sa.text("state = 'open'"), postgresql_where=sa.text("state = 'open'"))
    op.create_index('ix_task_free', 'task', ['organisation_id', 'role', 'due_at', 'id'], unique=False, sqlite_where=sa.text("state = 'open' AND assignee_id IS NULL"), postgresql_where=sa.text("state = 'open' AND assignee_id IS NULL"))
    op.create_index('ix_task_instance', 'task', ['instance_id'], unique=False)
    op.create_table('timer',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('organisation_id', sa.Uuid(), nullable=False),
    sa.Column('instance_id', sa.Uuid(), nullable=False),
    sa.Column('engine_task_id', sa.String(length=60), nullable=False),
    sa.Column('element', sa.String(length=100), nullable=False),
    sa.Column('due_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('fired_at', sa.DateTime(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['instance_id'], ['instance.id'], name=op.f('fk_timer_instance_id')),
    sa.ForeignKeyConstraint(['organisation_id'], ['organisation.id'], name=op.f('fk_timer_organisation_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_timer'))
    )
    op.create_index('ix_timer_due', 'timer', ['due_at'], unique=False, sqlite_where=sa.text('fired_at IS NULL'), postgresql_where=sa.text('fired_at IS NULL'))
    op.create_index('ix_timer_instance', 'timer', ['instance_id'], unique=False)
    op.create_table('attendance',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('organisation_id', sa.Uuid(), nullable=False),
    sa.Column('session_id', sa.Uuid(), nullable=False),
    sa.Column('person_id', sa.Uuid(), nullable=False),
    sa.Column('seat', sa.Integer(), nullable=False),
    sa.Column('title', sa.String(length=200), nullable=False),
    sa.Column('is_chair', sa.Boolean(), nullable=False),
    sa.Column('state', sa.String(length=20), nullable=False),
    sa.CheckConstraint("state IN ('present', 'absent', 'written')", name='ck_attendance_state'),
    sa.ForeignKeyConstraint(['organisation_id'], ['organisation.id'], name=op.f('fk_attendance_organisation_id')),
    sa.ForeignKeyConstraint(['person_id'], ['person.id'], name=op.f('fk_attendance_person_id')),
    sa.ForeignKeyConstraint(['session_id'], ['council_session.id'], name=op.f('fk_attendance_session_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_attendance')),
    sa.UniqueConstraint('session_id', 'person_id', name='uq_attendance_person')
    )
    op.create_index(op.f('ix_attendance_organisation_id'), 'attendance', ['organisation_id'], unique=False)
    op.create_index(op.f('ix_attendance_session_id'), 'attendance', ['session_id'], unique=False)
    op.create_table('ballot',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('organisation_id', sa.Uuid(), nullable=False),
    sa.Column('session_id', sa.Uuid(), nullable=False),
    sa.Column('round', sa.Integer(), nullable=False),
    sa.Column('nomination_id', sa.Uuid(), nullable=False),
    sa.Column('person_id', sa.Uuid(), nullable=False),
    sa.Column('choice', sa.String(length=20), nullable=False),
    sa.Column('cast_at', sa.DateTime(timezone=True), nullable=False),
    sa.CheckConstraint("choice IN ('agree', 'disagree')", name='ck_ballot_choice'),
    sa.ForeignKeyConstraint(['nomination_id'], ['nomination.id'], name=op.f('fk_ballot_nomination_id')),
    sa.ForeignKeyConstraint(['organisation_id'], ['organisation.id'], name=op.f('fk_ballot_organisation_id')),
    sa.ForeignKeyConstraint(['person_id'], ['person.id'], name=op.f('fk_ballot_person_id')),
    sa.ForeignKeyConstraint(['session_id'], ['council_session.id'], name=op.f('fk_ballot_session_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_ballot')),
    sa.UniqueConstraint('session_id', 'round', 'nomination_id', 'person_id', name='uq_ballot_choice')
    )
    op.create_index(op.f('ix_ballot_organisation_id'), 'ballot', ['organisation_id'], unique=False)
    op.create_index(op.f('ix_ballot_session_id'), 'ballot', ['session_id'], unique=False)
    op.create_table('distribution',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('organisation_id', sa.Uuid(), nullable=False),
    sa.Column('paper_id', sa.Uuid(), nullable=False),
    sa.Column('position', sa.Integer(), nullable=False),
    sa.Column('recipient', sa.String(length=300), nullable=False),
    sa.Column('purpose', sa.String(length=100), nullable=False),
    sa.Column('sent_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('by', sa.Uuid(), nullable=True),
    sa.ForeignKeyConstraint(['by'], ['person.id'], name=op.f('fk_distribution_by')),
    sa.ForeignKeyConstraint(['organisation_id'], ['organisation.id'], name=op.f('fk_distribution_organisation_id')),
    sa.ForeignKeyConstraint(['paper_id'], ['paper.id'], name=op.f('fk_distribution_paper_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_distribution')),
    sa.UniqueConstraint('paper_id', 'recipient', name='uq_distribution_recipient')
    )
    op.create_index(op.f('ix_distribution_organisation_id'), 'distribution', ['organisation_id'], unique=False)
    op.create_index(op.f('ix_distribution_paper_id'), 'distribution', ['paper_id'], unique=False)
    op.create_table('draft',
    sa.Column('task_id', sa.Uuid(), nullable=False),
    sa.Column('person_id', sa.Uuid(), nullable=False),
    sa.Column('organisation_id', sa.Uuid(), nullable=False),
    sa.Column('form', sa.JSON(), nullable=False),
    sa.Column('saved_at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['organisation_id'], ['organisation.id'], name=op.f('fk_draft_organisation_id')),
    sa.ForeignKeyConstraint(['task_id'], ['task.id'], name=op.f('fk_draft_task_id')),
    sa.PrimaryKeyConstraint('task_id', 'person_id', name=op.f('pk_draft'))
    )
    op.create_table('evidence',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('organisation_id', sa.Uuid(), nullable=False),
    sa.Column('nomination_id', sa.Uuid(), nullable=False),
    sa.Column('kind', sa.String(length=30), nullable=False),
    sa.Column('title', sa.String(length=300), nullable=False),
    sa.Column('number', sa.String(length=100), nullable=False),
    sa.Column('issued_year', sa.Integer(), nullable=True),
    sa.Column('sha256', sa.String(length=64), nullable=False),
    sa.Column('filename', sa.String(length=255), nullable=False),
    sa.Column('media_type', sa.String(length=100), nullable=False),
    sa.Column('size', sa.Integer(), nullable=False),
    sa.Column('uploaded_by', sa.Uuid(), nullable=False),
    sa.Column('uploaded_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('superseded', sa.Boolean(), nullable=False),
    sa.CheckConstraint("kind IN ('initiative_certificate', 'merit_report', 'association_confirmation', 'other')", name='ck_evidence_kind'),
    sa.ForeignKeyConstraint(['nomination_id'], ['nomination.id'], name=op.f('fk_evidence_nomination_id')),
    sa.ForeignKeyConstraint(['organisation_id'], ['organisation.id'], name=op.f('fk_evidence_organisation_id')),
    sa.ForeignKeyConstraint(['uploaded_by'], ['person.id'], name=op.f('fk_evidence_uploaded_by')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_evidence'))
    )
    op.create_index(op.f('ix_evidence_nomination_id'), 'evidence', ['nomination_id'], unique=False)
    op.create_index(op.f('ix_evidence_organisation_id'), 'evidence', ['organisation_id'], unique=False)
    op.create_index(op.f('ix_evidence_sha256'), 'evidence', ['sha256'], unique=False)
    op.create_table('meeting_line',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('organisation_id', sa.Uuid(), nullable=False),
    sa.Column('meeting_id', sa.Uuid(), nullable=False),
    sa.Column('nomination_id', sa.Uuid(), nullable=False),
    sa.Column('position', sa.Integer(), nullable=False),
    sa.Column('agree', sa.Integer(), nullable=True),
    sa.Column('disagree', sa.Integer(), nullable=True),
    sa.Column('outcome', sa.String(length=20), nullable=True),
    sa.Column('reason', sa.Text(), nullable=False),
    sa.Column('rank', sa.Integer(), nullable=True),
    sa.CheckConstraint("outcome IS NULL OR outcome IN ('passed', 'returned', 'refused')", name='ck_meeting_line_outcome'),
    sa.CheckConstraint('agree IS NULL OR agree >= 0', name='ck_meeting_line_agree'),
    sa.CheckConstraint('disagree IS NULL OR disagree >= 0', name='ck_meeting_line_disagree'),
    sa.ForeignKeyConstraint(['meeting_id'], ['meeting.id'], name=op.f('fk_meeting_line_meeting_id')),
    sa.ForeignKeyConstraint(['nomination_id'], ['nomination.id'], name=op.f('fk_meeting_line_nomination_id')),
    sa.ForeignKeyConstraint(['organisation_id'], ['organisation.id'], name=op.f('fk_meeting_line_organisation_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_meeting_line')),
    sa.UniqueConstraint('meeting_id', 'nomination_id', name='uq_meeting_line_nomination')
    )
    op.create_index(op.f('ix_meeting_line_meeting_id'), 'meeting_line', ['meeting_id'], unique=False)
    op.create_index(op.f('ix_meeting_line_nomination_id'), 'meeting_line', ['nomination_id'], unique=False)
    op.create_index(op.f('ix_meeting_line_organisation_id'), 'meeting_line', ['organisation_id'], unique=False)
    op.create_table('number_issued',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('organisation_id', sa.Uuid(), nullable=False),
    sa.Column('year', sa.Integer(), nullable=False),
    sa.Column('series', sa.String(length=40), nullable=False),
    sa.Column('number', sa.Integer(), nullable=False),
    sa.Column('state', sa.String(length=20), nullable=False),
    sa.Column('issued_on', sa.Date(), nullable=True),
    sa.Column('paper_id', sa.Uuid(), nullable=True),
    sa.Column('reason', sa.Text(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.CheckConstraint("state IN ('reserved', 'issued', 'cancelled')", name='ck_number_issued_state'),
    sa.CheckConstraint('number > 0', name='ck_number_issued_positive'),
    sa.ForeignKeyConstraint(['organisation_id'], ['organisation.id'], name=op.f('fk_number_issued_organisation_id')),
    sa.ForeignKeyConstraint(['paper_id'], ['paper.id'], name=op.f('fk_number_issued_paper_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_number_issued')),
    sa.UniqueConstraint('organisation_id', 'year', 'series', 'number', name='uq_number_issued')
    )
    op.create_index(op.f('ix_number_issued_organisation_id'), 'number_issued', ['organisation_id'], unique=False)
    op.create_table('package_line',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('organisation_id', sa.Uuid(), nullable=False),
    sa.Column('package_id', sa.Uuid(), nullable=False),
    sa.Column('nomination_id', sa.Uuid(), nullable=False),
    sa.Column('position', sa.Integer(), nullable=False),
    sa.Column('submission_number', sa.Integer(), nullable=False),
    sa.Column('snapshot', sa.JSON(), nullable=True),
    sa.Column('answer', sa.String(length=20), nullable=True),
    sa.Column('reason', sa.Text(), nullable=False),
    sa.Column('answered_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('decision_number', sa.String(length=60), nullable=False),
    sa.Column('decision_date', sa.Date(), nullable=True),
    sa.CheckConstraint("answer IS NULL OR answer IN ('decided', 'returned', 'refused')", name='ck_package_line_answer'),
    sa.ForeignKeyConstraint(['nomination_id'], ['nomination.id'], name=op.f('fk_package_line_nomination_id')),
    sa.ForeignKeyConstraint(['organisation_id'], ['organisation.id'], name=op.f('fk_package_line_organisation_id')),
    sa.ForeignKeyConstraint(['package_id'], ['package.id'], name=op.f('fk_package_line_package_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_package_line')),
    sa.UniqueConstraint('nomination_id', 'submission_number', name='uq_package_line_submission'),
    sa.UniqueConstraint('package_id', 'nomination_id', name='uq_package_line_nomination')
    )
    op.create_index(op.f('ix_package_line_nomination_id'), 'package_line', ['nomination_id'], unique=False)
    op.create_index(op.f('ix_package_line_organisation_id'), 'package_line', ['organisation_id'], unique=False)
    op.create_index(op.f('ix_package_line_package_id'), 'package_line', ['package_id'], unique=False)
    op.create_table('paper_line',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('organisation_id', sa.Uuid(), nullable=False),
    sa.Column('paper_id', sa.Uuid(), nullable=False),
    sa.Column('nomination_id', sa.Uuid(), nullable=False),
    sa.Column('position', sa.Integer(), nullable=False),
    sa.Column('decision', sa.String(length=20), nullable=True),
    sa.Column('reason', sa.Text(), nullable=False),
    sa.Column('answered_at', sa.DateTime(timezone=True), nullable=True),
    sa.CheckConstraint("decision IS NULL OR decision IN ('approve', 'return', 'refuse')", name='ck_paper_line_decision'),
    sa.ForeignKeyConstraint(['nomination_id'], ['nomination.id'], name=op.f('fk_paper_line_nomination_id')),
    sa.ForeignKeyConstraint(['organisation_id'], ['organisation.id'], name=op.f('fk_paper_line_organisation_id')),
    sa.ForeignKeyConstraint(['paper_id'], ['paper.id'], name=op.f('fk_paper_line_paper_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_paper_line')),
    sa.UniqueConstraint('paper_id', 'nomination_id', name='uq_paper_line_nomination')
    )
    op.create_index(op.f('ix_paper_line_nomination_id'), 'paper_line', ['nomination_id'], unique=False)
    op.create_index(op.f('ix_paper_line_organisation_id'), 'paper_line', ['organisation_id'], unique=False)
    op.create_index(op.f('ix_paper_line_paper_id'), 'paper_line', ['paper_id'], unique=False)
    op.create_table('recusal',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('organisation_id', sa.Uuid(), nullable=False),
    sa.Column('session_id', sa.Uuid(), nullable=False),
    sa.Column('nomination_id', sa.Uuid(), nullable=False),
    sa.Column('person_id', sa.Uuid(), nullable=False),
    sa.Column('ground', sa.String(length=20), nullable=False),
    sa.CheckConstraint("ground IN ('self', 'spouse', 'parent', 'child')", name='ck_recusal_ground'),
    sa.ForeignKeyConstraint(['nomination_id'], ['nomination.id'], name=op.f('fk_recusal_nomination_id')),
    sa.ForeignKeyConstraint(['organisation_id'], ['organisation.id'], name=op.f('fk_recusal_organisation_id')),
    sa.ForeignKeyConstraint(['person_id'], ['person.id'], name=op.f('fk_recusal_person_id')),
    sa.ForeignKeyConstraint(['session_id'], ['council_session.id'], name=op.f('fk_recusal_session_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_recusal')),
    sa.UniqueConstraint('session_id', 'nomination_id', 'person_id', name='uq_recusal_person')
    )
    op.create_index(op.f('ix_recusal_organisation_id'), 'recusal', ['organisation_id'], unique=False)
    op.create_index(op.f('ix_recusal_session_id'), 'recusal', ['session_id'], unique=False)
    op.create_table('register_entry',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('organisation_id', sa.Uuid(), nullable=False),
    sa.Column('year', sa.Integer(), nullable=False),
    sa.Column('running_number', sa.Integer(), nullable=False),
    sa.Column('nomination_id', sa.Uuid(), nullable=True),
    sa.Column('award', sa.String(length=40), nullable=False),
    sa.Column('achievement_year', sa.Integer(), nullable=False),
    sa.Column('subject_kind', sa.String(length=20), nullable=False),
    sa.Column('subject_name', sa.String(length=300), nullable=False),
    sa.Column('name_folded', sa.String(length=300), nullable=False),
    sa.Column('person_id', sa.Uuid(), nullable=True),
    sa.Column('unit_name', sa.String(length=300), nullable=False),
    sa.Column('decision_number', sa.String(length=60), nullable=False),
    sa.Column('decision_date', sa.Date(), nullable=False),
    sa.Column('decided_by', sa.String(length=300), nullable=False),
    sa.Column('prize_amount', sa.BigInteger(), nullable=True),
    sa.Column('prize_unverified', sa.Boolean(), nullable=False),
    sa.Column('prize_source', sa.String(length=1000), nullable=False),
    sa.Column('status', sa.String(length=20), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.CheckConstraint("status IN ('valid', 'revoked')", name='ck_register_entry_status'),
    sa.CheckConstraint('prize_amount IS NULL OR prize_amount >= 0', name='ck_register_entry_prize'),
    sa.ForeignKeyConstraint(['nomination_id'], ['nomination.id'], name=op.f('fk_register_entry_nomination_id')),
    sa.ForeignKeyConstraint(['organisation_id'], ['organisation.id'], name=op.f('fk_register_entry_organisation_id')),
    sa.ForeignKeyConstraint(['person_id'], ['person.id'], name=op.f('fk_register_entry_person_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_register_entry')),
    sa.UniqueConstraint('nomination_id', name='uq_register_entry_nomination'),
    sa.UniqueConstraint('organisation_id', 'year', 'running_number', name='uq_register_entry_number')
    )
    op.create_index(op.f('ix_register_entry_award'), 'register_entry', ['award'], unique=False)
    op.create_index(op.f('ix_register_entry_name_folded'), 'register_entry', ['name_folded'], unique=False)
    op.create_index(op.f('ix_register_entry_organisation_id'), 'register_entry', ['organisation_id'], unique=False)
    op.create_index(op.f('ix_register_entry_person_id'), 'register_entry', ['person_id'], unique=False)
    op.create_table('session_line',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('organisation_id', sa.Uuid(), nullable=False),
    sa.Column('session_id', sa.Uuid(), nullable=False),
    sa.Column('nomination_id', sa.Uuid(), nullable=False),
    sa.Column('position', sa.Integer(), nullable=False),
    sa.Column('rule', sa.JSON(), nullable=True),
    sa.Column('agree', sa.Integer(), nullable=True),
    sa.Column('disagree', sa.Integer(), nullable=True),
    sa.Column('invalid', sa.Integer(), nullable=True),
    sa.Column('abstain', sa.Integer(), nullable=True),
    sa.Column('cast', sa.Integer(), nullable=True),
    sa.Column('entitled', sa.Integer(), nullable=True),
    sa.Column('needed', sa.Integer(), nullable=True),
    sa.Column('recused', sa.Integer(), nullable=False),
    sa.Column('outcome', sa.String(length=20), nullable=True),
    sa.Column('reason', sa.Text(), nullable=False),
    sa.Column('casting_reason', sa.Text(), nullable=False),
    sa.CheckConstraint("outcome IS NULL OR outcome IN ('passed', 'failed', 'tie', 'returned')", name='ck_session_line_outcome'),
    sa.ForeignKeyConstraint(['nomination_id'], ['nomination.id'], name=op.f('fk_session_line_nomination_id')),
    sa.ForeignKeyConstraint(['organisation_id'], ['organisation.id'], name=op.f('fk_session_line_organisation_id')),
    sa.ForeignKeyConstraint(['session_id'], ['council_session.id'], name=op.f('fk_session_line_session_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_session_line')),
    sa.UniqueConstraint('session_id', 'nomination_id', name='uq_session_line_nomination')
    )
    op.create_index(op.f('ix_session_line_nomination_id'), 'session_line', ['nomination_id'], unique=False)
    op.create_index(op.f('ix_session_line_organisation_id'), 'session_line', ['organisation_id'], unique=False)
    op.create_index(op.f('ix_session_line_session_id'), 'session_line', ['session_id'], unique=False)
    op.create_table('task_bar',
    sa.Column('task_id', sa.Uuid(), nullable=False),
    sa.Column('person_id', sa.Uuid(), nullable=False),
    sa.Column('organisation_id', sa.Uuid(), nullable=False),
    sa.ForeignKeyConstraint(['organisation_id'], ['organisation.id'], name=op.f('fk_task_bar_organisation_id')),
    sa.ForeignKeyConstraint(['task_id'], ['task.id'], name=op.f('fk_task_bar_task_id')),
    sa.PrimaryKeyConstraint('task_id', 'person_id', name=op.f('pk_task_bar'))
    )
    for statement in append_only_statements(op.get_bind().dialect.name):
        op.execute(statement)

