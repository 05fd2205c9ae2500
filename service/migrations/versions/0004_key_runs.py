"""Blocking keys as sorted runs; no index that no query uses"""

from typing import Any

import numpy as np
import numpy.typing as npt
import sqlalchemy as sa
from alembic import op

from service.migrations.frozen import BigKey, create_listing_key

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

RUN_KEYS = 200_000
"""Keys in one row of `key_run`: 3 MB with their listings."""


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
    rows = connection.execute(sa.text("SELECT key, listing_id FROM listing_key ORDER BY key, listing_id")).all()
    if rows:
        connection.execute(sa.insert(key_run), _runs(np.array(rows, np.int64)))
    op.drop_table("listing_key")


def _runs(pairs: npt.NDArray[np.int64]) -> list[dict[str, Any]]:
    """Rows of `key_run` for sorted pairs of key and listing id. No import is known for them: `import_id` is 0."""
    return [
        {
            "import_id": 0,
            "part": part,
            "size": len(run),
            "block_keys": run[:, 0].astype("<i8").tobytes(),
            "listing_ids": run[:, 1].astype("<i8").tobytes(),
        }
        for part, start in enumerate(range(0, len(pairs), RUN_KEYS))
        for run in [pairs[start : start + RUN_KEYS]]
    ]


def downgrade() -> None:
    listing_key = create_listing_key()
    connection = op.get_bind()
    key_run = sa.table("key_run", sa.column("block_keys"), sa.column("listing_ids"))
    pairs = {
        pair
        for row in connection.execute(sa.select(key_run.c.block_keys, key_run.c.listing_ids)).all()
        for pair in zip(*(np.frombuffer(side, "<i8").tolist() for side in row), strict=True)
    }
    if pairs:
        rows = [{"key": key, "listing_id": listing} for key, listing in sorted(pairs)]
        connection.execute(sa.insert(listing_key), rows)
    op.drop_table("key_run")
    op.create_index("ix_place_insee", "place", ["insee"], unique=False)
