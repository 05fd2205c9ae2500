"""Who belongs to which community, and when communities last changed"""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # Indexes of an older store hold no members. They have another format, too, and are built again: 0 is early enough.
    op.execute("INSERT INTO counter (name, value) VALUES ('communities', 0)")
    op.create_table(
        "membership",
        sa.Column("community", sa.String(length=64), nullable=False),
        sa.Column(
            "member",
            sa.String(length=32),
            nullable=False,
            comment="pseudonym, the same in all communities: service.members",
        ),
        sa.CheckConstraint("length(member) = 32", name=op.f("ck_membership_member")),
        sa.ForeignKeyConstraint(
            ["community"], ["community.slug"], name=op.f("fk_membership_community"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("community", "member", name=op.f("pk_membership")),
        comment="who belongs to which community, for one purpose: how many members two communities share",
        sqlite_with_rowid=False,
    )


def downgrade() -> None:
    op.drop_table("membership")
    op.execute("DELETE FROM counter WHERE name = 'communities'")
