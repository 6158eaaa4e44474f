"""Secret ballots; members answer invitations"""

import sqlalchemy as sa
from alembic import op

from engine.database import UtcDateTime

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('ballot_box',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('organisation_id', sa.Uuid(), nullable=False),
    sa.Column('session_id', sa.Uuid(), nullable=False),
    sa.Column('round', sa.Integer(), nullable=False),
    sa.Column('state', sa.String(length=20), nullable=False),
    sa.Column('context', sa.JSON(), nullable=False),
    sa.Column('public_key', sa.String(length=64), nullable=False),
    sa.Column('seals', sa.JSON(), nullable=False),
    sa.Column('issued', sa.Integer(), nullable=False),
    sa.Column('returned', sa.Integer(), nullable=False),
    sa.Column('receipts', sa.JSON(), nullable=False),
    sa.Column('counts', sa.JSON(), nullable=False),
    sa.Column('root', sa.String(length=64), nullable=False),
    sa.Column('result', sa.JSON(), nullable=False),
    sa.Column('signature', sa.String(length=128), nullable=False),
    sa.Column('sealed_at', UtcDateTime(), nullable=True),
    sa.Column('closed_at', UtcDateTime(), nullable=True),
    sa.Column('opened_at', UtcDateTime(), nullable=True),
    sa.CheckConstraint("state IN ('tellers', 'casting', 'closed', 'opened')", name='ck_ballot_box_state'),
    sa.ForeignKeyConstraint(['organisation_id'], ['organisation.id'], name=op.f('fk_ballot_box_organisation_id')),
    sa.ForeignKeyConstraint(['session_id'], ['council_session.id'], name=op.f('fk_ballot_box_session_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_ballot_box')),
    sa.UniqueConstraint('session_id', 'round', name='uq_ballot_box_round')
    )
    op.create_index(op.f('ix_ballot_box_organisation_id'), 'ballot_box', ['organisation_id'], unique=False)
    op.create_index(op.f('ix_ballot_box_session_id'), 'ballot_box', ['session_id'], unique=False)
    op.create_table('ballot_envelope',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('organisation_id', sa.Uuid(), nullable=False),
    sa.Column('box_id', sa.Uuid(), nullable=False),
    sa.Column('person_id', sa.Uuid(), nullable=False),
    sa.Column('sealed', sa.LargeBinary(), nullable=False),
    sa.Column('receipt', sa.String(length=64), nullable=False),
    sa.Column('cast_at', UtcDateTime(), nullable=False),
    sa.ForeignKeyConstraint(['box_id'], ['ballot_box.id'], name=op.f('fk_ballot_envelope_box_id')),
    sa.ForeignKeyConstraint(['organisation_id'], ['organisation.id'], name=op.f('fk_ballot_envelope_organisation_id')),
    sa.ForeignKeyConstraint(['person_id'], ['person.id'], name=op.f('fk_ballot_envelope_person_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_ballot_envelope')),
    sa.UniqueConstraint('box_id', 'person_id', name='uq_ballot_envelope_person')
    )
    op.create_index(op.f('ix_ballot_envelope_box_id'), 'ballot_envelope', ['box_id'], unique=False)
    op.create_index(op.f('ix_ballot_envelope_organisation_id'), 'ballot_envelope', ['organisation_id'], unique=False)
    op.create_table('ballot_teller',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('organisation_id', sa.Uuid(), nullable=False),
    sa.Column('box_id', sa.Uuid(), nullable=False),
    sa.Column('person_id', sa.Uuid(), nullable=False),
    sa.Column('place', sa.Integer(), nullable=False),
    sa.Column('salt', sa.String(length=64), nullable=False),
    sa.Column('public_key', sa.String(length=64), nullable=False),
    sa.ForeignKeyConstraint(['box_id'], ['ballot_box.id'], name=op.f('fk_ballot_teller_box_id')),
    sa.ForeignKeyConstraint(['organisation_id'], ['organisation.id'], name=op.f('fk_ballot_teller_organisation_id')),
    sa.ForeignKeyConstraint(['person_id'], ['person.id'], name=op.f('fk_ballot_teller_person_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_ballot_teller')),
    sa.UniqueConstraint('box_id', 'person_id', name='uq_ballot_teller_person'),
    sa.UniqueConstraint('box_id', 'place', name='uq_ballot_teller_place')
    )
    op.create_index(op.f('ix_ballot_teller_box_id'), 'ballot_teller', ['box_id'], unique=False)
    op.create_index(op.f('ix_ballot_teller_organisation_id'), 'ballot_teller', ['organisation_id'], unique=False)
    with op.batch_alter_table("attendance") as attendance:
        attendance.add_column(sa.Column("reply", sa.String(length=20), nullable=False, server_default=""))
        attendance.add_column(sa.Column("reply_reason", sa.String(length=500), nullable=False, server_default=""))
        attendance.add_column(sa.Column("replied_at", UtcDateTime(), nullable=True))
        attendance.add_column(sa.Column("delegate", sa.String(length=200), nullable=False, server_default=""))
        attendance.drop_constraint("ck_attendance_state", type_="check")
        attendance.create_check_constraint(
            "ck_attendance_state", "state IN ('present', 'remote', 'absent', 'written')"
        )
        attendance.create_check_constraint("ck_attendance_reply", "reply IN ('', 'accepted', 'declined')")
    with op.batch_alter_table("council_session") as session:
        session.add_column(sa.Column("online_link", sa.String(length=500), nullable=False, server_default=""))
        session.drop_constraint("ck_council_session_vote_mode", type_="check")
        session.create_check_constraint(
            "ck_council_session_vote_mode", "vote_mode IN ('open', 'recorded', 'secret')"
        )
    with op.batch_alter_table("session_line") as line:
        line.add_column(sa.Column("written_agree", sa.Integer(), nullable=False, server_default="0"))
        line.add_column(sa.Column("written_disagree", sa.Integer(), nullable=False, server_default="0"))
    with op.batch_alter_table("recusal") as recusal:
        recusal.add_column(sa.Column("reason", sa.String(length=500), nullable=False, server_default=""))
        recusal.add_column(sa.Column("declared_at", UtcDateTime(), nullable=True))
        recusal.drop_constraint("ck_recusal_ground", type_="check")
        recusal.create_check_constraint(
            "ck_recusal_ground", "ground IN ('self', 'spouse', 'parent', 'child', 'unit_head', 'other')"
        )
    with op.batch_alter_table("ballot") as ballot:
        ballot.drop_constraint("ck_ballot_choice", type_="check")
        ballot.create_check_constraint("ck_ballot_choice", "choice IN ('agree', 'disagree', 'abstain')")
    with op.batch_alter_table("paper") as paper:
        paper.drop_constraint("ck_paper_kind", type_="check")
        paper.create_check_constraint(
            "ck_paper_kind",
            "kind IN ('decision', 'proposal', 'review_minutes', 'session_minutes', 'ballot_minutes')",
        )
