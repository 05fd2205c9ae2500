"""Feeds: lists that live at a URL, imported again on a schedule"""

import sqlalchemy as sa
from alembic import op

from service.migrations.frozen import BigKey, Json

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("INSERT INTO counter (name, value) VALUES ('feed', 0)")
    op.create_table(
        "feed",
        sa.Column("id", BigKey, autoincrement=False, nullable=False, comment="minted by geo.store.counters"),
        sa.Column("source", sa.String(length=64), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("community", sa.String(length=64), nullable=True, comment="NULL: a public list"),
        sa.Column("kind", sa.String(length=32), nullable=True),
        sa.Column("column_map", Json, nullable=True, comment="{column: field}; NULL: as suggested"),
        sa.Column("offered", sa.Boolean(), nullable=False, comment="the community asserts that hosts agreed"),
        sa.Column("as_space", sa.String(length=32), nullable=True),
        sa.Column("every_hours", sa.Integer(), nullable=False),
        sa.Column("next_at", sa.DateTime(timezone=True), nullable=False, comment="UTC; due from then on"),
        sa.Column("last_at", sa.DateTime(timezone=True), nullable=True, comment="UTC; NULL: never fetched"),
        sa.Column("last_status", sa.String(length=16), nullable=True),
        sa.Column("last_import_id", BigKey, nullable=True),
        sa.Column("last_error", Json, nullable=True, comment="{fr, en}; NULL: the last run went well"),
        sa.Column(
            "last_change",
            Json,
            nullable=True,
            comment="what the last list that was read changed: service.feed_changes",
        ),
        sa.Column("etag", sa.Text(), nullable=True),
        sa.Column("last_modified", sa.Text(), nullable=True),
        sa.Column("file_sha256", sa.String(length=64), nullable=True),
        sa.Column("failures", sa.Integer(), nullable=False, comment="in a row"),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("claim", sa.String(length=32), nullable=True, comment="of the worker that is running it"),
        sa.Column(
            "claimed_until",
            sa.DateTime(timezone=True),
            nullable=True,
            comment="UTC; a worker that died holds it no longer",
        ),
        sa.CheckConstraint("state IN ('waiting', 'running')", name=op.f("ck_feed_state")),
        sa.CheckConstraint("last_status IN ('imported', 'unchanged', 'failed')", name=op.f("ck_feed_last_status")),
        sa.CheckConstraint("every_hours > 0", name=op.f("ck_feed_every_hours")),
        sa.ForeignKeyConstraint(["community"], ["community.slug"], name=op.f("fk_feed_community")),
        sa.ForeignKeyConstraint(
            ["last_import_id"], ["import_run.id"], name=op.f("fk_feed_last_import_id"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_feed")),
        sa.UniqueConstraint("source", name=op.f("uq_feed_source")),
    )
    op.create_index("ix_feed_next_at", "feed", ["next_at"], unique=False)


def downgrade() -> None:
    op.drop_table("feed")
    op.execute("DELETE FROM counter WHERE name = 'feed'")
