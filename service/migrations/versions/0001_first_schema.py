"""The store, the import journal, keys and bookings"""

import sqlalchemy as sa
from alembic import op

from service.migrations.frozen import PLACE_RTREE, BigKey, Json, Point, create_row_journal

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

COUNTERS = ("place", "space", "listing", "import_run", "booking", "api_key", "revision")


def upgrade() -> None:
    on_postgres = op.get_bind().dialect.name == "postgresql"
    if on_postgres:
        op.execute("CREATE EXTENSION IF NOT EXISTS postgis")
    op.create_table(
        "community",
        sa.Column("slug", sa.String(length=64), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("sharing", sa.String(length=16), nullable=False),
        sa.Column("colours", Json, nullable=False, comment="{brand, brand_ink, brand_wash}: CSS colours"),
        sa.Column("values", Json, nullable=False, comment="list of words the community stands for"),
        sa.Column("words", sa.Text(), nullable=False, comment="how it describes itself"),
        sa.Column("partners", Json, nullable=False, comment="list of slugs"),
        sa.Column("website", sa.Text(), nullable=True),
        sa.CheckConstraint("sharing IN ('private', 'partners', 'network')", name=op.f("ck_community_sharing")),
        sa.PrimaryKeyConstraint("slug", name=op.f("pk_community")),
    )
    op.create_table(
        "counter",
        sa.Column("name", sa.String(length=32), nullable=False),
        sa.Column("value", BigKey, nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_counter")),
        comment="next ids and the store revision; one row each so that writers queue on it",
    )
    op.create_table(
        "place",
        sa.Column("id", BigKey, autoincrement=False, nullable=False, comment="minted by geo.store.counters"),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("match_key", sa.Text(), nullable=False, comment="exact-merge key: normalised name + address + INSEE"),
        sa.Column("kind", sa.String(length=24), nullable=False),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("postcode", sa.String(length=5), nullable=False),
        sa.Column("commune", sa.Text(), nullable=False, comment="name as shown"),
        sa.Column("insee", sa.String(length=5), nullable=False),
        sa.Column("lon", sa.Float(precision=53), nullable=False),
        sa.Column("lat", sa.Float(precision=53), nullable=False),
        sa.Column("position", Point, nullable=False),
        sa.Column("h3_r5", BigKey, nullable=False),
        sa.Column("h3_r7", BigKey, nullable=False),
        sa.Column("h3_r9", BigKey, nullable=False),
        sa.Column("precision", sa.String(length=16), nullable=False),
        sa.Column("expected_m", sa.Float(precision=53), nullable=False, comment="0 unless precision is commune"),
        sa.Column("time_zone", sa.String(length=48), nullable=False),
        sa.Column("opening_hours", sa.Text(), nullable=True, comment="OSM syntax"),
        sa.Column("hours_assumed", sa.Boolean(), nullable=False, comment="by a stated rule, not from the source"),
        sa.Column("capacity", sa.Integer(), nullable=True, comment="people, as the source says"),
        sa.Column("amenities", Json, nullable=False, comment="{amenity: yes|no}; absent is unknown"),
        sa.Column("phone", sa.Text(), nullable=True),
        sa.Column("website", sa.Text(), nullable=True),
        sa.Column("checked_on", sa.Date(), nullable=True, comment="how fresh the source's facts are"),
        sa.Column("demo", sa.Boolean(), nullable=False, comment="its offer comes from the demo rule"),
        sa.CheckConstraint(
            "kind IN ('coworking', 'company', 'association', 'hotel', 'mairie', 'public_body', 'library', 'france_services', 'station', 'cafe', 'education', 'fablab', 'other')",
            name=op.f("ck_place_kind"),
        ),
        sa.CheckConstraint("precision IN ('exact', 'street', 'locality', 'commune')", name=op.f("ck_place_precision")),
        sa.CheckConstraint("status IN ('candidate', 'offered', 'closed')", name=op.f("ck_place_status")),
        sa.CheckConstraint("lon BETWEEN -180 AND 180 AND lat BETWEEN -90 AND 90", name=op.f("ck_place_position")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_place")),
    )
    op.create_index("ix_place_h3_r7", "place", ["h3_r7"], unique=False)
    op.create_index("ix_place_insee", "place", ["insee"], unique=False)
    op.create_index("ix_place_match_key", "place", ["match_key"], unique=False)
    op.create_table(
        "place_change",
        sa.Column("place_id", BigKey, autoincrement=False, nullable=False),
        sa.Column("revision", BigKey, nullable=False),
        sa.PrimaryKeyConstraint("place_id", name=op.f("pk_place_change")),
        comment="last revision that touched a place, removed places included; feeds the overlay",
    )
    op.create_index("ix_place_change_revision", "place_change", ["revision"], unique=False)
    op.create_table(
        "api_key",
        sa.Column("id", BigKey, autoincrement=False, nullable=False, comment="minted by geo.store.counters"),
        sa.Column("community", sa.String(length=64), nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False, comment="SHA-256 of the whole key, in hexadecimal"),
        sa.Column(
            "hint", sa.String(length=16), nullable=False, comment="first characters, to find it and to tell keys apart"
        ),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("length(hash) = 64", name=op.f("ck_api_key_hash")),
        sa.ForeignKeyConstraint(["community"], ["community.slug"], name=op.f("fk_api_key_community")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_api_key")),
        sa.UniqueConstraint("hash", name=op.f("uq_api_key_hash")),
    )
    op.create_index("ix_api_key_hint", "api_key", ["hint"], unique=False)
    create_row_journal()
    op.create_table(
        "listing",
        sa.Column("id", BigKey, autoincrement=False, nullable=False),
        sa.Column("source", sa.String(length=64), nullable=False),
        sa.Column("source_key", sa.Text(), nullable=False, comment="the list's own id, else normalised name + address"),
        sa.Column(
            "fingerprint", sa.String(length=64), nullable=False, comment="SHA-256 of the raw row and its mapping"
        ),
        sa.Column("raw", Json, nullable=False),
        sa.Column("place_id", BigKey, nullable=False),
        sa.Column("community", sa.String(length=64), nullable=True, comment="NULL: a public list"),
        sa.Column("licence", sa.Text(), nullable=False),
        sa.Column("import_id", BigKey, nullable=False, comment="the import that last changed it"),
        sa.Column("has_own_key", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["community"], ["community.slug"], name=op.f("fk_listing_community")),
        sa.ForeignKeyConstraint(["place_id"], ["place.id"], name=op.f("fk_listing_place_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_listing")),
        sa.UniqueConstraint("source", "source_key", name=op.f("uq_listing_source_source_key")),
    )
    op.create_index("ix_listing_place_id", "listing", ["place_id"], unique=False)
    op.create_table(
        "place_alias",
        sa.Column("alias_id", BigKey, autoincrement=False, nullable=False),
        sa.Column("place_id", BigKey, nullable=False),
        sa.ForeignKeyConstraint(["place_id"], ["place.id"], name=op.f("fk_place_alias_place_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("alias_id", name=op.f("pk_place_alias")),
    )
    op.create_table(
        "space",
        sa.Column("id", BigKey, autoincrement=False, nullable=False),
        sa.Column("place_id", BigKey, nullable=False),
        sa.Column("key", sa.Text(), nullable=False, comment="stable within its place: kind + name"),
        sa.Column("kind", sa.String(length=24), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("seats", sa.Integer(), nullable=False),
        sa.Column("price_half_day_cents", sa.Integer(), nullable=True),
        sa.Column("member_price_half_day_cents", sa.Integer(), nullable=True),
        sa.Column("opening_hours", sa.Text(), nullable=True, comment="NULL: those of the place"),
        sa.Column("amenities", Json, nullable=False),
        sa.Column("closed", sa.Boolean(), nullable=False),
        sa.Column("demo", sa.Boolean(), nullable=False),
        sa.CheckConstraint(
            "kind IN ('desk', 'open_space', 'meeting_room', 'private_office', 'event_room')", name=op.f("ck_space_kind")
        ),
        sa.CheckConstraint(
            "price_half_day_cents >= 0 AND member_price_half_day_cents >= 0", name=op.f("ck_space_price")
        ),
        sa.CheckConstraint("seats > 0", name=op.f("ck_space_seats")),
        sa.ForeignKeyConstraint(["place_id"], ["place.id"], name=op.f("fk_space_place_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_space")),
        sa.UniqueConstraint("place_id", "key", name=op.f("uq_space_place_id_key")),
    )
    op.create_table(
        "booking",
        sa.Column("id", BigKey, autoincrement=False, nullable=False, comment="minted by geo.store.counters"),
        sa.Column("space_id", BigKey, nullable=False),
        sa.Column("community", sa.String(length=64), nullable=True, comment="who booked; NULL: nobody signed in"),
        sa.Column("starts_slot", BigKey, nullable=False, comment="first UTC half-hour since 1970"),
        sa.Column("stop_slot", BigKey, nullable=False, comment="first UTC half-hour after the booking"),
        sa.Column("seats", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("idempotency_key", sa.Text(), nullable=True, comment="scoped by community, so that two cannot meet"),
        sa.Column(
            "request_hash", sa.String(length=64), nullable=False, comment="SHA-256 of what was asked under that key"
        ),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("demo", sa.Boolean(), nullable=False, comment="made by the demo rule"),
        sa.CheckConstraint(
            "state IN ('held', 'confirmed', 'expired', 'cancelled', 'no_show')", name=op.f("ck_booking_state")
        ),
        sa.CheckConstraint("seats > 0", name=op.f("ck_booking_seats")),
        sa.CheckConstraint("stop_slot > starts_slot", name=op.f("ck_booking_window")),
        sa.ForeignKeyConstraint(["community"], ["community.slug"], name=op.f("fk_booking_community")),
        sa.ForeignKeyConstraint(["space_id"], ["space.id"], name=op.f("fk_booking_space_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_booking")),
        sa.UniqueConstraint("idempotency_key", name=op.f("uq_booking_idempotency_key")),
    )
    op.create_index("ix_booking_space_id", "booking", ["space_id"], unique=False)
    op.create_table(
        "busy",
        sa.Column("space_id", BigKey, nullable=False),
        sa.Column("slot", BigKey, nullable=False),
        sa.Column("seats_taken", sa.Integer(), nullable=False),
        sa.Column("seats", sa.Integer(), nullable=False, comment="of the space, so that the CHECK can decide"),
        sa.CheckConstraint("seats_taken >= 0 AND seats_taken <= seats", name=op.f("ck_busy_seats_taken")),
        sa.ForeignKeyConstraint(["space_id"], ["space.id"], name=op.f("fk_busy_space_id"), ondelete="RESTRICT"),
        sa.PrimaryKeyConstraint("space_id", "slot", name=op.f("pk_busy")),
        comment="the busy ledger: seats taken per UTC half-hour, decided by the CHECK",
    )
    op.create_table(
        "space_community",
        sa.Column("space_id", BigKey, nullable=False),
        sa.Column("community", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(["community"], ["community.slug"], name=op.f("fk_space_community_community")),
        sa.ForeignKeyConstraint(
            ["space_id"], ["space.id"], name=op.f("fk_space_community_space_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("space_id", "community", name=op.f("pk_space_community")),
    )
    op.create_index("ix_space_community_community", "space_community", ["community"], unique=False)
    counters = sa.table("counter", sa.column("name", sa.String), sa.column("value", sa.BigInteger))
    op.bulk_insert(counters, [{"name": name, "value": 0} for name in COUNTERS])
    spatial_index = ("CREATE INDEX place_position_gist ON place USING gist (position)",) if on_postgres else PLACE_RTREE
    for statement in spatial_index:
        op.execute(statement)


def downgrade() -> None:
    raise NotImplementedError("the first migration is where every store starts")
