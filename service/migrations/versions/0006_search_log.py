"""The search log, of those who agreed to it: what was shown, what was chosen"""

import sqlalchemy as sa
from alembic import op

from service.migrations.frozen import BigKey

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "impression",
        sa.Column("id", sa.String(length=32), nullable=False, comment="random; nothing leads from it to a person"),
        sa.Column("hour", sa.DateTime(timezone=True), nullable=False, comment="UTC, cut to the hour"),
        sa.Column("h3_r7", BigKey, nullable=False, comment="cell of about 5 km² searched from, never the position"),
        sa.Column("mode", sa.String(length=8), nullable=True),
        sa.Column("preset", sa.String(length=16), nullable=False),
        sa.Column("seats", sa.Integer(), nullable=False),
        sa.Column("windowed", sa.Boolean(), nullable=False, comment="whether a time was asked for"),
        sa.Column("candidates", sa.Boolean(), nullable=False),
        sa.Column("lost_before", sa.Integer(), nullable=False, comment="what could not be written since the last one"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_impression")),
        comment="searches of visitors who agreed to it, forgotten after PLACELIBRE_SEARCH_LOG_DAYS",
    )
    op.create_index("ix_impression_hour", "impression", ["hour"], unique=False)
    op.create_table(
        "impression_result",
        sa.Column("impression_id", sa.String(length=32), nullable=False),
        sa.Column("rank", sa.Integer(), autoincrement=False, nullable=False, comment="as shown, from 1"),
        sa.Column("place_id", BigKey, nullable=False, comment="no foreign key: what was shown stays so"),
        sa.Column("space_id", BigKey, nullable=True, comment="NULL: a candidate"),
        *(
            sa.Column(name, sa.Float(53), nullable=True, comment="0-1; NULL: the search could not use the term")
            for name in ("proximity", "wishes", "price", "affinity", "fit", "trust")
        ),
        sa.Column("clicked", sa.Boolean(), nullable=False),
        sa.Column("booked", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["impression_id"],
            ["impression.id"],
            name=op.f("fk_impression_result_impression_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("impression_id", "rank", name=op.f("pk_impression_result")),
    )


def downgrade() -> None:
    op.drop_table("impression_result")
    op.drop_index("ix_impression_hour", table_name="impression")
    op.drop_table("impression")
