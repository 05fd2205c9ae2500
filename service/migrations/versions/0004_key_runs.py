"""Blocking keys as sorted runs; no index that no query uses"""

import numpy as np
import sqlalchemy as sa
from alembic import op

from geo.store.dialect import BigKey
from ingest.resolution.blocking_index import runs

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.drop_index("ix_place_insee", table_name="place")
    key_run = op.create_table(
        "key_run",
        sa.Column(
            "import_id", BigKey, autoincrement=False, nullable=False, comment="the import that brought the listings"
        ),
        sa.Column("part", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("size", sa.Integer(), nullable=False, comment="how many keys"),
        sa.Column(
            "block_keys",
            sa.LargeBinary(),
            nullable=False,
            comment="sorted 64-bit blocking keys: ingest.resolution.blocking",
        ),
        sa.Column("listing_ids", sa.LargeBinary(), nullable=False, comment="id of the listing under each, 64 bits"),
        sa.PrimaryKeyConstraint("import_id", "part", name=op.f("pk_key_run")),
        comment="where listings that may be the same site meet; no foreign key, ids of removed listings are harmless",
    )
    connection = op.get_bind()
    rows = connection.execute(sa.text("SELECT key, listing_id FROM listing_key")).all()
    if rows:
        keys, listings = (np.array([row[side] for row in rows], np.int64) for side in (0, 1))
        names = [column.name for column in key_run.columns]
        connection.execute(sa.insert(key_run), [dict(zip(names, row, strict=True)) for row in runs(0, keys, listings)])
    op.drop_table("listing_key")


def downgrade() -> None:
    op.create_table(
        "listing_key",
        sa.Column(
            "key", BigKey, autoincrement=False, nullable=False, comment="blocking key: ingest.resolution.blocking"
        ),
        sa.Column("listing_id", BigKey, autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("key", "listing_id", name=op.f("pk_listing_key")),
        comment="where listings that may be the same site meet; no foreign key, rows of removed listings are harmless",
        sqlite_with_rowid=False,
    )
    connection = op.get_bind()
    key_run = sa.table("key_run", sa.column("block_keys"), sa.column("listing_ids"))
    pairs = {
        pair
        for row in connection.execute(sa.select(key_run.c.block_keys, key_run.c.listing_ids)).all()
        for pair in zip(*(np.frombuffer(side, "<i8").tolist() for side in row), strict=True)
    }
    if pairs:
        old = sa.table("listing_key", sa.column("key"), sa.column("listing_id"))
        connection.execute(sa.insert(old), [{"key": key, "listing_id": listing} for key, listing in sorted(pairs)])
    op.drop_table("key_run")
    op.create_index("ix_place_insee", "place", ["insee"], unique=False)
