"""A store has an identity, which its index names"""

import uuid

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    table = op.create_table(
        "store_identity",
        sa.Column("id", sa.String(length=36), nullable=False, comment="random UUID, made with the store"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_store_identity")),
        comment="one row, by which a store differs from all others; an index names the store it was built from",
    )
    op.bulk_insert(table, [{"id": str(uuid.uuid4())}])


def downgrade() -> None:
    op.drop_table("store_identity")
