"""Table of the bookings."""

from enum import StrEnum

from sqlalchemy import (
    Boolean,
    CheckConstraint,
    Column,
    DateTime,
    ForeignKey,
    Index,
    Integer,
    String,
    Table,
    Text,
)

from geo.store.dialect import BigKey
from geo.store.schema import metadata, one_of


class BookingState(StrEnum):
    """Life of a booking; only `held` and `confirmed` ones take seats in the busy ledger."""

    HELD = "held"
    CONFIRMED = "confirmed"
    EXPIRED = "expired"
    CANCELLED = "cancelled"
    NO_SHOW = "no_show"


booking = Table(
    "booking",
    metadata,
    Column("id", BigKey, primary_key=True, autoincrement=False, comment="taken from the table counter, never reused"),
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
