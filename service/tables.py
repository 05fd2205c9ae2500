"""Tables of the service: community keys, bookings and the search log, on the one metadata of the store."""

from enum import StrEnum

from sqlalchemy import (
    Boolean,
    CheckConstraint,
    Column,
    DateTime,
    Float,
    ForeignKey,
    Index,
    Integer,
    String,
    Table,
    Text,
)

from geo.store.dialect import BigKey
from geo.store.schema import metadata, one_of
from matching.presets import TERM_NAMES


class BookingState(StrEnum):
    """Life of a booking; only `held` and `confirmed` ones take seats in the busy ledger."""

    HELD = "held"
    CONFIRMED = "confirmed"
    EXPIRED = "expired"
    CANCELLED = "cancelled"
    NO_SHOW = "no_show"


api_key = Table(
    "api_key",
    metadata,
    Column("id", BigKey, primary_key=True, autoincrement=False, comment="minted by geo.store.counters"),
    Column("community", String(64), ForeignKey("community.slug"), nullable=False),
    Column("hash", String(64), nullable=False, unique=True, comment="SHA-256 of the whole key, in hexadecimal"),
    Column("hint", String(16), nullable=False, comment="first characters, to find it and to tell keys apart"),
    Column("created_at", DateTime(timezone=True), nullable=False),
    Column("revoked_at", DateTime(timezone=True)),
    CheckConstraint("length(hash) = 64", name="hash"),
    Index("ix_api_key_hint", "hint"),
)

booking = Table(
    "booking",
    metadata,
    Column("id", BigKey, primary_key=True, autoincrement=False, comment="minted by geo.store.counters"),
    # A space whose seats are taken cannot be removed: the busy ledger restricts it. What may cascade
    # away with a space is only the memory of bookings that were cancelled or expired.
    Column("space_id", BigKey, ForeignKey("space.id", ondelete="CASCADE"), nullable=False),
    Column("community", String(64), ForeignKey("community.slug"), comment="who booked; NULL: nobody signed in"),
    Column("starts_slot", BigKey, nullable=False, comment="first UTC half-hour since 1970"),
    Column("stop_slot", BigKey, nullable=False, comment="first UTC half-hour after the booking"),
    Column("seats", Integer, nullable=False),
    Column("state", String(16), nullable=False),
    Column("idempotency_key", Text, unique=True, comment="scoped by community, so that two cannot meet"),
    Column("request_hash", String(64), nullable=False, comment="SHA-256 of what was asked under that key"),
    Column("created_at", DateTime(timezone=True), nullable=False),
    Column("demo", Boolean, nullable=False, default=False, comment="made by the demo rule"),
    one_of("state", BookingState),
    CheckConstraint("stop_slot > starts_slot", name="window"),
    CheckConstraint("seats > 0", name="seats"),
    Index("ix_booking_space_id", "space_id"),
)

impression = Table(
    "impression",
    metadata,
    Column("id", String(32), primary_key=True, comment="random; nothing leads from it to a person"),
    Column("hour", DateTime(timezone=True), nullable=False, comment="UTC, cut to the hour"),
    Column("h3_r7", BigKey, nullable=False, comment="cell of about 5 km² searched from, never the position"),
    Column("mode", String(8)),
    Column("preset", String(16), nullable=False),
    Column("seats", Integer, nullable=False),
    Column("windowed", Boolean, nullable=False, comment="whether a time was asked for"),
    Column("candidates", Boolean, nullable=False),
    Column("lost_before", Integer, nullable=False, comment="what could not be written since the last one"),
    Index("ix_impression_hour", "hour"),
    comment="searches of visitors who agreed to it, forgotten after PLACELIBRE_SEARCH_LOG_DAYS",
)

impression_result = Table(
    "impression_result",
    metadata,
    Column("impression_id", String(32), ForeignKey("impression.id", ondelete="CASCADE"), primary_key=True),
    Column("rank", Integer, primary_key=True, autoincrement=False, comment="as shown, from 1"),
    Column("place_id", BigKey, nullable=False, comment="no foreign key: what was shown stays so"),
    Column("space_id", BigKey, comment="NULL: a candidate"),
    *(Column(name, Float(53), comment="0-1; NULL: the search could not use the term") for name in TERM_NAMES),
    Column("clicked", Boolean, nullable=False, default=False),
    Column("booked", Boolean, nullable=False, default=False),
)
